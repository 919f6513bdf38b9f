"""Translation: nothing stale, nothing lost, and honest where something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from portolan.blocks import Builder
from portolan.extract import POT, is_stale, update
from portolan.loading import load_project
from portolan.locales import SOURCE, catalog_path, locale_tags
from portolan.messages import fill, lost
from portolan.pages import Block
from portolan.project import Project
from portolan.proof import prove

from .conftest import ROOT
from .projects import small_project
from .translated import bracketed

NOTE = bracketed("Parts of this page are not translated yet; they are in English.")
TRANSLATED = [tag for tag in locale_tags(ROOT) if tag != SOURCE]


def test_the_six_languages_are_there() -> None:
    assert {"en", "bn", "de", "id", "pt", "zh-Hans"} <= set(locale_tags(ROOT))


def test_messages_pot_is_fresh() -> None:
    assert not is_stale(ROOT), f"{POT} is stale: run `make messages`"


@pytest.mark.parametrize("tag", locale_tags(ROOT))
def test_catalog_passes_msgfmt(tag: str) -> None:
    assert shutil.which("msgfmt"), "install gettext"
    subprocess.run(["msgfmt", "--check", "--output-file=/dev/null", ROOT / catalog_path(tag)], check=True, capture_output=True)


def test_a_new_language_is_an_empty_file_and_one_command(tmp_path: Path) -> None:
    root = small_project(tmp_path / "project")
    catalog = root / catalog_path("ar")
    catalog.parent.mkdir(parents=True)
    catalog.touch()
    assert any(line.startswith("ar: 0 of") for line in update(root))
    text = catalog.read_text()
    assert '"Language: ar\\n"' in text
    assert "nplurals=6" in text
    text = text.replace('msgid "Facts"\nmsgstr ""', 'msgid "Facts"\nmsgstr "حقائق"')
    catalog.write_text(text)
    project = load_project(root, prove)
    page = Builder(project, "ar", project.locales).port(60603).decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert '<h2 id="facts">حقائق</h2>' in page
    assert '<span lang="en" dir="ltr">Was this page helpful?</span>' in page
    assert "Parts of this page are not translated yet" in page
    assert re.search(r'<p dir="ltr" lang="en">Port <strong>60603</strong>', page)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_commands_numbers_and_names_survive_translation(project: Project, tag: str) -> None:
    english, other = (Builder(project, one, project.locales) for one in (SOURCE, tag))
    for port in (22, 443, 8080, 60603):
        pages = [builder.port(port).decode() for builder in (english, other)]
        commands = [re.findall(r"<pre><code>.*?</code></pre>", page) for page in pages]
        assert commands[0] == commands[1]
        assert commands[0]
        links = [sorted(re.findall(r'href="(\d+\.html)"', page)) for page in pages]
        assert links[0] == links[1]


def test_a_page_in_english_needs_no_excuse(project: Project) -> None:
    builder = Builder(project, SOURCE, project.locales)
    assert not any(b"not translated yet" in builder.port(port) for port in (22, 80, 9092, 60603))


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in German, complete."""
    root = small_project(tmp_path_factory.mktemp("translated") / "project", ("en", "de"))
    load_project(root, prove)  # its copies know what was worked out
    return root


@pytest.fixture
def root(translated: Path, tmp_path: Path) -> Path:
    """A small project to be changed."""
    return shutil.copytree(translated, tmp_path / "project")


def test_untranslated_parts_are_marked_and_told(root: Path) -> None:
    _untranslate(root, "Macs accept pictures and sound from other devices here.")
    project = load_project(root, prove)
    page = Builder(project, "de", project.locales).port(5000).decode()
    assert '<span lang="en">Macs accept pictures and sound from other devices here.</span>' in page
    assert NOTE in page
    assert NOTE not in Builder(project, "de", project.locales).port(31050).decode()


def test_blocks_tell_of_untranslated_lines_where_they_stand(root: Path) -> None:
    _untranslate(root, "reserved")
    project = load_project(root, prove)
    builder = Builder(project, "de", project.locales)
    told = {str(block): NOTE in builder.index(block).data.decode() for block in (Block(0), Block(49152), Block(512))}
    assert told == {"0-255": True, "49152-49407": False, "512-767": False}
    assert '<span lang="en">reserved</span>' in builder.index(Block(0)).data.decode()


def _untranslate(root: Path, text: str) -> None:
    """Empty the German translation of a message."""
    path = root / catalog_path("de")
    assert f'msgid "{text}"\nmsgstr "{bracketed(text)}"' in path.read_text()
    path.write_text(path.read_text().replace(f'msgstr "{bracketed(text)}"', 'msgstr ""'))


def test_numbers_follow_the_locale(project: Project) -> None:
    counts = {tag: project.locales[tag].number(16384) for tag in ("en", "de", "bn", "zh-Hans")}
    assert counts == {"en": "16,384", "de": "16.384", "bn": "১৬,৩৮৪", "zh-Hans": "16,384"}


def test_filling_escapes_text_and_values() -> None:
    assert fill("a < {name} & {n}", {"name": "<b>", "n": 1}) == "a &lt; &lt;b&gt; &amp; 1"
    assert fill("nft { tcp } {port}", {"port": 5}) == "nft { tcp } 5"


@pytest.mark.parametrize(
    ("original", "translation", "parts"),
    [
        ("Port {port}", "Hafen", ["{port}"]),
        ("Port {port}", "Port {prot}", ["{port}", "{prot}"]),
        ("a[^rfc1] b[^rfc1]", "a[^rfc1] b", ["[^rfc1]"]),
        ("run `ss -t`", "führe `ss  -t` aus", ["`ss -t`", "`ss  -t`"]),
        ("{a} and {b}", "{b} und {a}", []),
    ],
)
def test_what_is_lost_in_translation_is_found(original: str, translation: str, parts: list[str]) -> None:
    assert lost(original, translation) == parts
