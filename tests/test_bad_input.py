"""Bad input of every kind ends in ``path:line: message (check)``, all problems in one run, and never in a page.

Each file below ``bad/`` is laid over a small valid project. Its first lines, comments in its own syntax, state where it
goes and which problems it must cause there, and no others anywhere:

    # at: content/registry/uses/test.yaml
    # expect: 7 value: must lie between 0 and 65535, not 70000

that is a line of this very file, the name of a check and, if it matters, a part of the message.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from portolan.loading import load_project
from portolan.problem import Problem, ProblemsFound
from portolan.proof import prove
from portolan.registry.rules import future

from .conftest import ROOT
from .projects import small_project

BAD = Path(__file__).resolve().parent / "bad"
_HEADER = re.compile(r"\ufeff?(?:# |// |/\* |<!-- |\{# )(at|expect): (.+?)(?: -->| #\}| \*/)?")
_EXPECTATION = re.compile(r"(\d+) ([a-z0-9-]+)(?:: (.+))?")
_TOLD = re.compile(r"(.+?):(\d+): (.+) \(([a-z0-9-]+)\)")

# One of each kind of file, to be told of in one run.
TOGETHER = (
    "encoding/latin-1.bin",
    "prose/unknown-citation.md",
    "prose/unknown-placeholder.md",
    "registry/assignments-duplicate.yaml",
    "registry/uses-many-errors.yaml",
    "registry/uses-unknown-reference.yaml",
    "settings/values.yaml",
    "templates/unknown-filter.html",
    "translations/lost-parts.po",
    "translations/unknown-locale.po",
)
# What templates do with the sources shows only when all else is right.
RENDERED = ("rendering/undefined-name.html", "rendering/undefined-in-system.html", "rendering/hole-compared.html")
# What looks at what was built or imported, not at what people edit; what tells of our own errors; and style, tested on its own.
_NOT_OF_SOURCES = ("verify.py", "style.py", "registry/iana_files.py", "registry/imports.py", "preview/broken.py", "preview/sources.py")

class Expected(NamedTuple):
    """A problem that must be told; ``message`` is a part of its message."""

    path: str
    line: int
    check: str
    message: str

    def fits(self, problem: Problem) -> bool:
        return self[:3] == problem[:3] and self.message in problem.message


class Bad(NamedTuple):
    """A file of ``bad/``: its name there, where it is laid, and what must be told of it."""

    name: str
    at: str
    expected: tuple[Expected, ...]

    def lay(self, root: Path) -> None:
        target = root / self.at
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BAD / self.name, target)

    @contextmanager
    def laid(self, root: Path) -> Iterator[None]:
        """Laid for a while; afterwards all is as it was."""
        target = root / self.at
        before = target.read_bytes() if target.exists() else None
        new = [folder for folder in target.parents if not folder.exists()]
        self.lay(root)
        try:
            yield
        finally:
            target.unlink() if before is None else target.write_bytes(before)
            for folder in new:
                folder.rmdir()


def read(path: Path) -> Bad:
    """A fixture with the expectations at its head. It may hold bytes that are no text."""
    lines = path.read_bytes().decode(errors="replace").splitlines()
    headers = [header.groups() for line in lines if (header := _HEADER.fullmatch(line))]
    at = next((value for key, value in headers if key == "at"), "")
    stated = [_EXPECTATION.fullmatch(value) for key, value in headers if key == "expect"]
    expected = tuple(Expected(at, int(one[1]), one[2], one[3] or "") for one in stated if one)
    return Bad(path.relative_to(BAD).as_posix(), at, expected if all(stated) else ())


FIXTURES = {bad.name: bad for bad in map(read, sorted(path for path in BAD.rglob("*") if path.is_file()))}


@pytest.fixture(scope="session")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project, to be copied, or left as it was. What was read of it is kept, and copied with it."""
    project = small_project(tmp_path_factory.mktemp("valid") / "project")
    load_project(project, prove)
    return project


@pytest.fixture
def root(valid: Path, tmp_path: Path) -> Path:
    """A small project to spoil."""
    return shutil.copytree(valid, tmp_path / "project")


def problems_of(root: Path) -> list[Problem]:
    """Everything that is told of the sources, warnings included."""
    try:
        project = load_project(root, prove)
        return [*project.warnings, *future(project.chart.registry, "2198-12-31")]
    except ProblemsFound as found:
        return found.problems


def differences(expected: Iterable[Expected], problems: Iterable[Problem]) -> list[str]:
    """What was not told, and what was told without need."""
    rest = list(problems)
    missing = []
    for one in sorted(expected, key=lambda one: -len(one.message)):
        told = next((problem for problem in rest if one.fits(problem)), None)
        if told is None:
            missing.append(f"not told: {one.path}:{one.line}: …{one.message}… ({one.check})")
        else:
            rest.remove(told)
    return missing + [f"told: {problem}" for problem in rest]


@pytest.mark.parametrize("name", FIXTURES)
def test_every_problem_is_told_with_its_line_and_nothing_else(name: str, valid: Path) -> None:
    bad = FIXTURES[name]
    assert bad.at, f"{name} must state where it is laid: `at: PATH`"
    assert bad.expected, f"{name} must state what it causes: `expect: LINE CHECK` or `expect: LINE CHECK: MESSAGE`"
    with bad.laid(valid):
        problems = problems_of(valid)
    assert differences(bad.expected, problems) == []
    assert [problem for problem in problems if not _TOLD.fullmatch(str(problem))] == []


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("content/site.yaml", "content/site.yaml:1 file"),
        ("content/registry/ranges.yaml", "content/registry/ranges.yaml:1 file"),
        ("locales/en/LC_MESSAGES/portolan.po", "locales/en/LC_MESSAGES/portolan.po:1 file"),
        ("templates/port.html", "templates/port.html:1 template"),
    ],
)
def test_a_missing_file_is_told(missing: str, told: str, root: Path) -> None:
    (root / missing).unlink()
    assert told in {f"{problem.path}:{problem.line} {problem.check}" for problem in problems_of(root)}


def test_one_run_tells_the_problems_of_all_templates(root: Path) -> None:
    for name in RENDERED:
        FIXTURES[name].lay(root)
    assert differences([one for name in RENDERED for one in FIXTURES[name].expected], problems_of(root)) == []


def test_one_run_tells_all_problems_of_all_files_and_leaves_the_site_alone(root: Path) -> None:
    site = root / "site"
    assert build(root, site).returncode == 0
    before = tree(site)
    assert before

    chosen = [FIXTURES[name] for name in TOGETHER]
    for bad in chosen:
        bad.lay(root)
    run = build(root, site)
    *lines, last = run.stderr.splitlines()
    told = [_told(line) for line in lines]

    assert differences([one for bad in chosen for one in bad.expected], told) == []
    assert told == sorted(told)
    assert last == f"{len(told)} problems; nothing was built."
    assert "Traceback" not in run.stderr
    assert run.returncode == 1
    assert tree(site) == before


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the first ports as a person would."""
    command: list[str | Path] = [sys.executable, ROOT / "build.py", "--root", root, "build", "--out", site, "--ports", "0-9", "--jobs", "1"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder: its bytes, and when it was written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def _told(line: str) -> Problem:
    form = _TOLD.fullmatch(line)
    assert form, f"not of the form path:line: message (check): {line}"
    return Problem(form[1], int(form[2]), form[4], form[3])


def test_every_check_has_a_fixture() -> None:
    seen = {one.check for bad in FIXTURES.values() for one in bad.expected}
    assert check_names() - seen == set()


def check_names() -> set[str]:
    """The names of all checks: the third argument of every ``Problem(…)`` in the code."""
    names = set()
    for path in sorted(path for path in (ROOT / "portolan").rglob("*.py") if not path.as_posix().endswith(_NOT_OF_SOURCES)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                check = node.args[2] if len(node.args) > 2 else None
                assert isinstance(check, ast.Constant), f"{path}:{node.lineno}: a check's name must be written out"
                names.add(str(check.value))
    return names
