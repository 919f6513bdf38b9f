"""A language need not be complete: it is a draft until most of what port pages show is translated."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from portolan.blocks import Builder
from portolan.completeness import share, weights_of
from portolan.extract import update
from portolan.loading import load_project
from portolan.locales import Catalog, Locale, Message, catalog_path
from portolan.pages import Page
from portolan.po import PoFile, parse
from portolan.preview.site import Site
from portolan.progress import Progress
from portolan.project import Project
from portolan.proof import prove
from portolan.registry.types import PORTS, Span
from portolan.run import Loss, Report, run
from portolan.verify import verify
from portolan.work import Plan

from .projects import small_project
from .test_build import cli, tree
from .translated import translate

SPANS = (Span(0, 30), Span(49150, 49160))
HIDDEN = '<meta name="robots" content="noindex">'
A_DOZEN = 12


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in English, German and a dozen messages of French."""
    root = small_project(tmp_path_factory.mktemp("drafts") / "project", ("en", "de"))
    path = translate(root, "fr")
    whole, _ = parse(path.read_text())
    chosen = [entry for entry in whole.entries if entry.ids[0] in ("Facts", "Source", "Ports", "No", "Yes")]
    dozen = [*chosen, *(entry for entry in whole.entries if entry not in chosen)][:A_DOZEN]
    path.write_text(str(PoFile(whole.header, dozen)))
    load(root)  # its copies know what was worked out
    return root


@pytest.fixture
def root(sources: Path, tmp_path: Path) -> Path:
    """A project to be changed."""
    return shutil.copytree(sources, tmp_path / "project")


def load(root: Path) -> Project:
    return load_project(root, prove)


def build(project: Project, folder: Path, locales: tuple[str, ...] = ()) -> Report:
    plan = Plan(project, folder, locales or project.published, SPANS, whole=not locales)
    return run(plan, 1, Progress(), allow_removal=True)


def set_threshold(root: Path, share: str) -> None:
    path = root / "content/site.yaml"
    path.write_text(re.sub(r"(?m)^publish_at: \S+", f"publish_at: {share}", path.read_text()))


def test_a_dozen_messages_make_a_draft_that_nothing_leads_to(root: Path, tmp_path: Path) -> None:
    project = load(root)
    assert project.published == ("en", "de")
    assert not project.warnings
    assert 0 < project.completeness["fr"] < 0.2
    assert (project.completeness["en"], project.completeness["de"]) == (1, 1)
    build(project, tmp_path / "site")
    assert not list((tmp_path / "site").glob("fr*"))
    named = re.compile(rb"\bfr/|lang=\"fr\"|Fran\xc3\xa7ais")
    assert [path for path in tree(tmp_path / "site") if named.search((tmp_path / "site" / path).read_bytes())] == []
    assert HIDDEN not in (tmp_path / "site/de/ports/22.html").read_text()


def test_a_draft_is_built_when_asked_for_and_not_linked(root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = cli("--root", str(root), "build", "--locale", "fr", "--locale", "en", "--ports", "0-30", "--out", str(site))
    assert "drafts" not in done.stdout
    pages = list((site / "fr").rglob("*.html"))
    assert len(pages) > 31
    assert [path for path in pages if HIDDEN not in path.read_text()] == []
    assert [path for path in (site / "en").rglob("*.html") if HIDDEN in path.read_text() or "/fr/" in path.read_text()] == []
    assert 'hreflang="en"' in (site / "fr/ports/22.html").read_text()
    assert [problem for problem in verify(site, 1).problems if problem.check in ("sitemap", "canonical", "title")] == []
    alone = cli("--root", str(root), "build", "--locale", "fr", "--ports", "0-30", "--out", str(tmp_path / "alone"))
    assert "A part of the site" in alone.stdout
    assert 'href="fr/index.html"' in (tmp_path / "alone/index.html").read_text()


def test_the_commands_tell_how_complete_languages_are(root: Path, tmp_path: Path) -> None:
    told = cli("--root", str(root), "check").stdout
    assert re.search(r"Port pages translated: de 100 %, fr \d{1,2} % \(draft\)\.", told)
    told = cli("--root", str(root), "build", "--ports", "0-30", "--out", str(tmp_path / "site")).stdout
    assert re.search(r"Not built, for they are drafts: fr \d{1,2} % \(draft\)", told)


def test_the_preview_shows_drafts_as_drafts(root: Path) -> None:
    site = Site(load(root))
    assert site.answer("fr/ports/22.html").status == 200
    assert HIDDEN in site.answer("fr/ports/22.html").data.decode()
    assert "fr/" not in site.answer("en/ports/22.html").data.decode()
    assert b"/fr/" not in site.answer("sitemap-1.xml").data


_SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "locales", [(), pytest.param(("en", "fr"), marks=_SLOW), pytest.param(("fr",), marks=_SLOW)]
)
def test_what_becomes_published_and_a_draft_again_is_what_a_clean_build_makes(locales: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    trees = []
    for at, threshold in enumerate(("0.8", "0.01", "0.8")):
        set_threshold(root, threshold)
        build(load(root), site, locales)
        build(load(root), tmp_path / f"clean-{at}", locales)
        trees.append(tree(site))
        assert trees[-1] == tree(tmp_path / f"clean-{at}")
    assert trees[0] == trees[2] != trees[1]
    assert "fr/ports/22.html" in trees[1]


def test_a_draft_becomes_published_by_translating(root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build(load(root), site)
    translate(root, "fr")
    assert load(root).published == ("en", "de", "fr")
    build(load(root), site)
    build(load(root), tmp_path / "clean")
    assert tree(site) == tree(tmp_path / "clean")
    assert "fr/" in (site / "index.html").read_text()


def test_a_published_language_goes_only_when_told_to(root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    set_threshold(root, "0.01")
    build(load(root), site)
    set_threshold(root, "0.8")
    project = load(root)
    with pytest.raises(Loss, match="fr"):
        run(Plan(project, site, project.published, SPANS), 1, Progress())
    assert (site / "fr/ports/22.html").exists()


def test_a_threshold_that_changes_nothing_makes_no_page_anew(root: Path, tmp_path: Path) -> None:
    build(load(root), tmp_path / "site")
    set_threshold(root, "0.9")
    assert build(load(root), tmp_path / "site").pages == 0


def test_the_default_language_is_never_a_draft(root: Path) -> None:
    path = root / "content/site.yaml"
    path.write_text(path.read_text().replace("default_locale: en", "default_locale: fr"))
    assert "fr" in load(root).published


def test_messages_weigh_as_many_pages_as_show_them(root: Path) -> None:
    project = load(root)
    weights = weights_of(project)
    assert weights == project.weights
    assert weights["Was this page helpful?",] == PORTS
    assert weights["Games talk to their servers here.",] == 101
    assert max(weights.values()) == PORTS
    assert ("{label}: {text}",) not in weights
    shown = Builder(project, "en", ["en"]).port(60603).decode()
    assert all(weights[text,] > 0 for text in ("Facts", "Look for yourself") if f">{text}<" in shown)


def test_a_share_is_of_weights(root: Path) -> None:
    catalog = Catalog(catalog_path("fr"), "n > 1", (Message(("a",), ("A",), 1), Message(("b",), ("B",), 2, revised=True)))
    assert share(Locale("fr", catalog), {("a",): 6, ("b",): 1, ("c",): 3}) == 0.7
    assert share(Locale("fr", catalog), {}) == 1


def test_bringing_a_draft_up_to_date_keeps_its_dozen(root: Path) -> None:
    assert any(line.startswith(f"fr: {A_DOZEN} of ") for line in update(root))
    assert load(root).published == ("en", "de")
    assert Builder(load(root), "fr", ["en"]).single(Page("about", "fr")).data
