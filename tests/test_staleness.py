"""What ``check`` tells of messages that are others than the catalogs know."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from portolan import extract
from portolan.loading import load_project
from portolan.locales import catalog_path
from portolan.proof import prove
from portolan.registry.types import PORTS
from portolan.staleness import stale

from .projects import small_project
from .test_build import cli


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project, complete in two languages, its catalogs up to date."""
    root = small_project(tmp_path_factory.mktemp("staleness") / "project", ("en", "de", "pt"))
    extract.update(root)
    load_project(root, prove)  # its copies know what was worked out
    return root


@pytest.fixture
def root(sources: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sources, tmp_path / "project")


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text()
    assert old in text
    (root / path).write_text(text.replace(old, new))


def told(root: Path) -> list[str]:
    return [str(problem) for problem in stale(root, load_project(root, prove))]


def test_nothing_is_told_of_what_is_up_to_date(root: Path) -> None:
    assert told(root) == []


def test_an_edit_of_a_template_costs_all_pages(root: Path) -> None:
    edit(root, "templates/feedback.html", "Was this page helpful?", "Was this page of help?")
    line = (root / "templates/feedback.html").read_text().split("Was this")[0].count("\n") + 1
    assert told(root) == [
        f"templates/feedback.html:{line}: warning: this edit makes 1 message fuzzy in 2 languages, on {PORTS:,} port pages each; "
        "`build.py messages --typo` if the meaning stayed (translation)",
        "locales/messages.pot:1: warning: is stale, lacking 1 message of the sources: run `make messages` (translation)",
    ]
    assert told(root) == told(root)  # as it is remembered


def test_edits_of_a_file_are_told_together(root: Path) -> None:
    (root / "content/about.md").write_text("---\ntitle: About\n---\nThis is one sentence of many.\n\nThat is another one of them.\n")
    extract.update(root)
    for path in (root / catalog_path(tag) for tag in ("de", "pt")):
        path.write_text(re.sub(r'(msgid "(T[^"]*of[^"]*)"\nmsgstr) ""', r'\1 "⟦\2⟧"', path.read_text()))
    edit(root, "content/about.md", " one ", " 1 ")
    assert told(root)[0].startswith("content/about.md:4: warning: these edits make 2 messages fuzzy in 2 languages; `build.py")


def test_what_was_brought_up_to_date_costs_nothing_more(root: Path) -> None:
    edit(root, "templates/feedback.html", "Was this page helpful?", "Was this page of help?")
    extract.update(root)
    assert told(root) == []


def test_catalogs_that_were_left_behind_are_told(root: Path) -> None:
    before = (root / catalog_path("de")).read_bytes()
    edit(root, "templates/feedback.html", "Was this page helpful?", "Was this page of help?")
    extract.update(root)
    (root / catalog_path("de")).write_bytes(before)
    assert [re.sub(r":\d+:", ":", line) for line in told(root)] == [
        f"{catalog_path('de')}: warning: has translations of 1 message that the sources lack: run `make messages` (translation)"
    ]


def test_strict_checks_fail_and_builds_do_not(root: Path, tmp_path: Path) -> None:
    edit(root, "templates/feedback.html", "Was this page helpful?", "Was this page of help?")
    assert cli("--root", str(root), "check").returncode == 0
    strict = cli("--root", str(root), "check", "--strict")
    assert strict.returncode == 1
    assert "fuzzy in 2 languages" in strict.stderr
    assert cli("--root", str(root), "build", "--locale", "en", "--ports", "22", "--out", str(tmp_path / "site")).returncode == 0
