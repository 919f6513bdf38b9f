"""Translations of an English that was edited: which are shown, and what the page says of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from portolan import extract
from portolan.blocks import Builder
from portolan.fingerprints import Fingerprints
from portolan.loading import load_project
from portolan.locales import Gaps, catalog_path
from portolan.pages import Page
from portolan.project import Project
from portolan.proof import prove
from portolan.translations import means_the_same

from .projects import small_project
from .translated import bracketed, translate

REVISED = bracketed("The English of parts of this page was edited; their translation is being revised.")
UNTRANSLATED = bracketed("Parts of this page are not translated yet; they are in English.")
ABOUT = "A *portolan* was the sailors' chart of ports. This one charts the {ports.count} ports of the Internet."
SHOWN = "⟦A <em>portolan</em> was the sailors' chart of ports."
PAGE = Page("about", "de")


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in German, complete."""
    root = small_project(tmp_path_factory.mktemp("translated") / "project")
    (root / "content/about.md").write_text(f"---\ntitle: About\n---\n{ABOUT}\n")
    (root / "content/why/temporary.md").write_text("---\ntitle: Why\n---\nAnyone can register one for a service, after a review by experts.\n")
    translate(root, "de")
    extract.update(root)
    load_project(root, prove)  # its copies know what was worked out
    return root


@pytest.fixture
def root(translated: Path, tmp_path: Path) -> Path:
    """A project to edit."""
    return shutil.copytree(translated, tmp_path / "project")


def edited(root: Path, path: str, old: str, new: str, typo: bool = False) -> Project:
    file = root / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    extract.update(root, typo)
    return load_project(root, prove)


def page(project: Project, page: Page = PAGE) -> str:
    return Builder(project, "de", project.locales).single(page).data.decode()


def test_a_small_edit_shows_the_old_translation_and_says_so(root: Path) -> None:
    before = load_project(root, prove)
    after = edited(root, "content/about.md", "was the sailors' chart of ports", "was the sailors' map of ports")
    assert SHOWN in page(after)
    assert REVISED in page(after)
    assert UNTRANSLATED not in page(after)
    assert REVISED not in page(before)
    prints = [Fingerprints(project, project.locales).locale("de").single(PAGE) for project in (before, after)]
    assert prints[0] != prints[1]  # or else the next build would leave the page as it was


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("was the sailors' chart of ports", "is the name of a book that sailors had on board with charts of all ports of the seas"),
        ("{ports.count}", "{ports.last}"),
        ("This one charts", "This one never charts"),
        ("of the Internet", "of the IPv6 Internet"),
    ],
)
def test_an_edit_that_can_change_the_meaning_shows_the_english(old: str, new: str, root: Path) -> None:
    shown = page(edited(root, "content/about.md", old, new))
    assert SHOWN not in shown
    assert UNTRANSLATED in shown
    assert REVISED not in shown
    assert bracketed(ABOUT) in (root / catalog_path("de")).read_text()


def test_a_typo_changes_nothing_for_others(root: Path) -> None:
    before = page(load_project(root, prove))
    assert page(edited(root, "content/about.md", "was the sailors' chart", "was a sailors' chart", typo=True)) == before


def test_port_pages_say_so_too_where_they_show_it(root: Path) -> None:
    project = edited(root, "content/why/temporary.md", "after a review by experts", "after a check by experts")
    builder = Builder(project, "de", project.locales)
    assert [REVISED in builder.port(port).decode() for port in (60603, 27000)] == [True, False]
    assert builder.plain_port(60603) == builder.port(60603)


def test_a_translator_who_accepts_it_changes_the_pages_that_show_it(root: Path) -> None:
    """The text stays the same, only what is said of it goes."""
    before = edited(root, "templates/feedback.html", "Was this page helpful?", "Was this page helpful??")
    path = root / catalog_path("de")
    path.write_text(re.sub(r'#, fuzzy\n#\| msgid "Was this page helpful.*\n', "", path.read_text()))
    after = load_project(root, prove)
    assert [REVISED in Builder(project, "de", project.locales).port(60603).decode() for project in (before, after)] == [True, False]
    prints = [Fingerprints(project, project.locales).locale("de").port for project in (before, after)]
    assert prints[0] != prints[1]


def test_what_is_not_sound_falls_back_and_stops_nobody(root: Path) -> None:
    path = root / catalog_path("de")
    path.write_text(path.read_text().replace(bracketed(ABOUT), bracketed(ABOUT).replace("{ports.count}", "65.536")))
    line = path.read_text().split("\n").index(f'msgid "{ABOUT}"') + 1
    project = load_project(root, prove)
    assert [(problem.line, problem.check, problem.severity) for problem in project.warnings] == [(line, "translation", "warning")]
    assert "{ports.count}" in project.warnings[0].message
    assert UNTRANSLATED in page(project)
    assert load_project(root, prove).warnings == project.warnings


def test_messages_without_words_are_nobodys_english(root: Path) -> None:
    path = root / catalog_path("de")
    path.write_text(path.read_text().replace(f'msgstr "{bracketed("{label}: {text}")}"', 'msgstr ""'))
    project = load_project(root, prove)
    locale = project.locales["de"]
    assert (locale.translate("{label}: {text}"), locale.gaps("{label}: {text}")) == ("{label}: {text}", Gaps.NONE)
    assert locale.translate("no translation of ours") is None


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("The port is open to everybody here.", "The port is open to everybody there.", True),
        ("Ports above 1023 are open to everybody here", "Ports above 1024 are open to everybody here", False),
        ("Send it by TCP to the other end of the line.", "Send it by UDP to the other end of the line.", False),
        ("It is safe to open this port to the Internet.", "It is not safe to open this port to the Internet.", False),
        ("Open the {port} of the system at your home.", "Open the {ports} of the system at your home.", False),
        ("Look with `ss -tln` at the ports of the system.", "Look with `ss -tlu` at the ports of the system.", False),
        ("This is as the standard says it is, word for word.[^rfc1]", "This is as the standard says it is, word for word.[^rfc2]", False),
        ("See [all of it](a.html), as the standard says it is.", "See [all of it](b.html), as the standard says it is.", False),
        ("It is here.", "It was over there.", False),
    ],
)
def test_what_means_the_same_as_far_as_a_program_can_tell(old: str, new: str, same: bool) -> None:
    assert means_the_same((old,), (new,)) == same
    assert means_the_same((old, old), (old, new)) == same
    assert not means_the_same((old,), (old, old))
