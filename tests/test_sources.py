"""What is a source, for reading, digesting and watching alike; and what can't be one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from portolan.documents import load_documents
from portolan.loading import load_project
from portolan.locales import locale_tags
from portolan.problem import Problem, ProblemsFound
from portolan.proof import prove
from portolan.registry.load import registry_files
from portolan.sources import FOLDERS, paths, read, read_text

from .conftest import ROOT
from .projects import small_project, unprivileged

# Beside a.yaml and a.md: what editors, file managers and other systems leave there.
TEMPORARY = (
    ".{}", "{}~", "#{}#", ".#{}", "._{}", ".{}.swp", "{}.swo", "{}___jb_tmp___", ".draft/{}", "4913", ".DS_Store", "Thumbs.db", "desktop.ini",
)  # fmt: skip
USES = "content/registry/uses/all.yaml"
LINK = "must lie here itself, not be a link"
NOT_A_FILE = "must be a file, not a pipe, a socket or a device"
NAME = "must have a name in UTF-8 without control characters"


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in two languages, to be copied and not to be touched."""
    root = small_project(tmp_path_factory.mktemp("sources") / "project", ("en", "de"))
    load_project(root, prove)
    return root


@pytest.fixture
def root(valid: Path, tmp_path: Path) -> Path:
    return shutil.copytree(valid, tmp_path / "project")


def told(root: Path) -> list[str]:
    """All errors and warnings, each as it is printed."""
    try:
        return [str(problem) for problem in load_project(root, prove).warnings]
    except ProblemsFound as found:
        return [str(problem) for problem in found.problems]


def seen(root: Path) -> dict[str, list[str]]:
    """What each reader finds, which is the same for all of them."""
    problems: list[Problem] = []
    found = {
        "all": paths(root, problems),
        "registry": registry_files(root, problems),
        "documents": sorted(load_documents(root, problems)),
        "locales": locale_tags(root, problems),
    }
    assert problems == []
    return found


def test_what_programs_lay_beside_a_source_is_none_for_anybody(root: Path) -> None:
    before, digest = seen(root), load_project(root, prove).digest
    for path in [
        root / path
        for path in before["all"]
        if path.endswith((".yaml", ".md", ".po", ".html", ".css"))
    ]:
        for pattern in TEMPORARY:
            beside = path.parent / pattern.format(path.name)
            beside.parent.mkdir(exist_ok=True)
            if pattern == ".#{}":
                beside.unlink(missing_ok=True)
                beside.symlink_to("somebody@somewhere.1234")  # as Emacs does
            elif not beside.exists():
                beside.write_bytes(b"\0\xff nonsense")
    assert seen(root) == before
    assert told(root) == []
    assert load_project(root, prove).digest == digest


def test_a_file_that_goes_is_gone_from_the_project_as_well(root: Path) -> None:
    before = told(root), load_project(root, prove).chart.registry.uses
    draft = root / "content/registry/uses/draft.yaml"
    draft.write_text(
        (root / USES)
        .read_text()
        .replace("AirPlay", "Draft")
        .replace("Steam", "Draft 2")
        .replace("PostgreSQL", "Draft 3")
    )
    assert len(load_project(root, prove).chart.registry.uses) == 6
    draft.unlink()
    assert (told(root), load_project(root, prove).chart.registry.uses) == before


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    path.unlink(missing_ok=True)
    here = os.getcwd()
    os.chdir(path.parent)  # the whole path may be too long for one
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def link_to(target: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return make


def folder_elsewhere(path: Path) -> None:
    shutil.move(path, path.parents[1] / f"elsewhere-{path.name}")
    path.symlink_to(path.parents[1] / f"elsewhere-{path.name}")


def touch(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    ("path", "make", "message"),
    [
        ("content/site.yaml", pipe, NOT_A_FILE),
        ("content/home.md", pipe, NOT_A_FILE),
        ("locales/de/LC_MESSAGES/portolan.po", pipe, NOT_A_FILE),
        ("templates/base.html", pipe, NOT_A_FILE),
        ("assets/style.css", unix_socket, NOT_A_FILE),
        ("content/site.yaml", link_to("/dev/zero"), LINK),
        ("content/registry/uses/more.yaml", link_to("/etc/passwd"), LINK),
        ("content/registry/uses/more.yaml", link_to("/nonexistent"), LINK),
        ("content/registry/uses/more.yaml", link_to("all.yaml"), LINK),
        ("templates/robots.txt", link_to("/etc/passwd"), LINK),
        ("assets/more.css", link_to("/etc/passwd"), LINK),
        ("locales/de", folder_elsewhere, LINK),
        ("content/articles", folder_elsewhere, LINK),
        ("content", folder_elsewhere, LINK),
        ("templates", folder_elsewhere, LINK),
        ("content/\udcff.txt", touch, NAME),
        ("templates/\udcff.html", touch, NAME),
        ("content/registry/uses/a\nb.yaml", touch, NAME),
        ("assets/a\x1bb.css", touch, NAME),
    ],
)
def test_what_can_be_no_source_is_told(
    path: str, make: Callable[[Path], None], message: str, root: Path
) -> None:
    make(root / path)
    lines = told(root)
    shown = path.replace("\udcff", "\\udcff").replace("\n", "\\n").replace("\x1b", "\\x1b")
    assert f"{shown}:1: {message} (file)" in lines
    assert not any("root:" in line or "\n" in line for line in lines)


def test_a_command_tells_names_that_are_no_text(root: Path) -> None:
    (root / "content/\udcff.txt").touch()
    command: list[str | Path] = [sys.executable, ROOT / "build.py", "--root", root, "check"]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"content/\\udcff.txt:1: {NAME} (file)\n1 problem; nothing was built.\n"


def test_a_name_may_be_long(root: Path) -> None:
    long = f"content/registry/uses/{'a' * 245}.yaml"
    (root / USES).rename(root / long)
    assert told(root) == []


def test_what_nobody_reads_is_told_as_a_warning(root: Path) -> None:
    for path in (
        "content/notes.txt",
        "locales/de/portolan.po",
        "assets/img/a.svg",
        "locales/de/LC_MESSAGES/portolan.mo",
    ):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).touch()
    shutil.rmtree(root / "content/articles")
    (root / "content/articles").touch()
    lines = told(root)
    assert [line.partition(":")[0] for line in lines] == [
        "assets/img/a.svg",
        "content/articles",
        "content/notes.txt",
        "locales/de/portolan.po",
    ]
    assert all(":1: warning: is read by nobody" in line for line in lines)


@pytest.mark.parametrize("name", ["uses", "uses/x.YAML", "notes.txt"])
def test_the_registry_holds_files_of_known_kinds_only(name: str, root: Path) -> None:
    path = root / "content/registry" / name
    if path.is_dir():
        shutil.rmtree(path)
    path.touch()
    assert f"content/registry/{name}:1: is no file of the registry" in "".join(told(root))


UNREADABLE = (
    "content/registry/uses",
    "content/articles",
    "content/about.md",
    "content/site.yaml",
    "content/notes.txt",
    "locales/de",
    "locales/de/LC_MESSAGES/portolan.po",
    "templates/base.html",
    "assets/style.css",
    "assets",
)


def test_what_can_not_be_read_is_told(root: Path) -> None:
    """All at once, also what nobody would have read, though all of it was read and kept before."""
    (root / "content/notes.txt").touch()
    (root / "locales/de/LC_MESSAGES/portolan.mo").touch()
    load_project(root, prove)
    forbidden = [root / path for path in UNREADABLE]
    modes = {path: path.stat().st_mode for path in forbidden}
    for path in reversed(forbidden):
        path.chmod(0)
    command: list[str | Path] = [
        *unprivileged(),
        sys.executable,
        ROOT / "build.py",
        "--root",
        root,
        "check",
    ]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    for path in sorted(forbidden):
        path.chmod(modes[path])
    below = {
        "locales/de/LC_MESSAGES/portolan.po",
        "assets/style.css",
    }  # of what can't be looked into
    expected = [
        f"{path}:1: cannot be read: Permission denied (file)"
        for path in UNREADABLE
        if path not in below
    ]
    lines = run.stderr.splitlines()
    assert [line for line in expected if line not in lines] == []
    assert "Traceback" not in run.stderr
    assert run.returncode == 1
    assert told(root)[0].startswith("content/notes.txt:1: warning: ")


def test_a_file_is_read_only_if_it_is_one(tmp_path: Path) -> None:
    problems: list[Problem] = []
    (tmp_path / "content").mkdir()
    (tmp_path / "content/huge").touch()
    os.truncate(tmp_path / "content/huge", 1 << 40)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").write_text("secret")
    (tmp_path / "assets").symlink_to("elsewhere")
    for path in ("content", "content/huge", "content/none"):
        assert read(tmp_path, path, problems) is None
    assert read_text(tmp_path, "assets/secret", problems) is None
    assert [problem.message for problem in problems] == [
        "must be a file, not a folder",
        "must have 67,108,864 bytes at most",
        "cannot be read: No such file or directory",
        LINK,
    ]


def test_folders_that_are_not_there_hold_nothing(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert paths(tmp_path, problems, *FOLDERS) == []
    assert problems == []
