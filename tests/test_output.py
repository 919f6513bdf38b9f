"""Hands in the output folder, and several builds at once.

Nothing outside is touched, nothing is lost, and there is a way on.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portolan.folder import Damaged, Folder, NotOurs
from portolan.loading import load_project
from portolan.lock import Busy, held
from portolan.manifest import Manifest
from portolan.output import Obstacle, Output
from portolan.pages import Page, is_possible
from portolan.progress import Progress
from portolan.project import Project
from portolan.proof import prove
from portolan.registry.types import Span
from portolan.run import Loss, Report, mend, run
from portolan.verify import DAMAGE, verify
from portolan.work import Plan

from .projects import small_project
from .test_build import cli, tree

SPANS = (Span(20, 25),)
LOCK_ROUNDS, STARTS = 50, 4


def build(project: Project, site: Path, clean: bool = False, dry: bool = False) -> Report:
    return run(Plan(project, site, ("en",), SPANS, whole=False), 1, Progress(), dry, clean)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_project(tmp_path_factory.mktemp("output") / "sources", ("en", "de"))


@pytest.fixture(scope="module")
def project(root: Path) -> Project:
    return load_project(root, prove)


@pytest.fixture(scope="module")
def pristine(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("pristine") / "site"
    build(project, site)
    return site


@pytest.fixture
def site(pristine: Path, tmp_path: Path) -> Path:
    """A built site; its folders are as the build left them, to the nanosecond."""
    site = tmp_path / "site"
    shutil.copytree(pristine, site)
    return site


# What the manifest says

VICTIM = "victim/precious.html"
UNFIT = {
    "absolute": "{tmp}/victim/precious.html",
    "upwards": "../victim/precious.html",
    "upwards from a locale": "en/../../victim/precious.html",
    "upwards by an article": "en/articles/../../../victim/precious.html",
    "no page": "precious.txt",
    "a run of no ports": "../victim/{1-3}.html",
    "a run that ends before it begins": "en/ports/{9-1}.html",
    "a run beyond all ports": "en/ports/{1-99999999999}.html",
    "ours": ".portolan/state",
    "a line twice": "en/index.html\nen/index.html",
    "bytes": "\udcff",
}


@pytest.mark.parametrize("line", UNFIT.values(), ids=UNFIT.keys())
def test_a_manifest_with_a_path_of_no_page_is_damaged_and_clean_is_the_way_out(
    line: str, project: Project, site: Path, pristine: Path, tmp_path: Path
) -> None:
    victim = tmp_path / VICTIM
    victim.parent.mkdir()
    victim.write_text("mine")
    with (site / ".portolan/manifest").open("ab") as manifest:
        manifest.write(line.replace("{tmp}", str(tmp_path)).encode(errors="surrogateescape"))
    before = tree(site)
    with pytest.raises(
        Damaged, match=r"manifest is damaged: .*`build.py build --clean` takes over"
    ):
        build(project, site)
    assert tree(site) == before
    build(project, site, clean=True)
    assert "nothing changed" in str(build(project, site))
    assert tree(site) == tree(pristine)
    assert victim.read_text() == "mine"


@given(st.text(st.sampled_from("aen/.-{}*1\n\0 ports.html"), max_size=30))
def test_a_path_that_a_page_can_have_leads_nowhere_else(path: str) -> None:
    if is_possible(path):
        place = os.path.normpath(os.path.join("/site", path))
        assert place == f"/site/{path}"
        assert not any(c in path for c in "\n\0*{}")
    assert not Page.parse(path) or is_possible(path)


def test_nothing_is_removed_by_way_of_a_link(project: Project, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    run(Plan(project, site, ("en", "de"), SPANS), 1, Progress())
    shutil.move(site / "de", elsewhere)
    (site / "de").symlink_to(elsewhere)
    there = tree(elsewhere)
    report = run(Plan(project, site, ("en",), SPANS), 1, Progress(), allow_removal=True)
    assert not [path for path in report.removed if path.startswith("de/")]
    assert tree(elsewhere) == there


@pytest.mark.parametrize("place", ["en", "en/ports", "assets"])
def test_nothing_is_written_by_way_of_a_link(
    place: str, project: Project, site: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(site / place, elsewhere)
    (site / place).symlink_to(elsewhere)
    for path in elsewhere.rglob("*.*"):
        path.write_text("mine")
    there = tree(elsewhere)
    with pytest.raises(Obstacle, match=f"{site / place} is no folder, or a link to one"):
        build(project, site, clean=True)
    assert tree(elsewhere) == there


@pytest.mark.parametrize("name", ["", "/records", "/state", "/lock", "/pending", "/growing"])
def test_what_we_keep_is_kept_nowhere_else(
    name: str, project: Project, site: Path, tmp_path: Path
) -> None:
    place, elsewhere = Path(f"{site}/.portolan{name}"), tmp_path / "elsewhere"
    if place.exists():
        shutil.move(place, elsewhere)
    else:
        elsewhere.mkdir()
    place.symlink_to(elsewhere)
    there = tree(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    for clean in (False, True):
        with pytest.raises(NotOurs, match="is a link"):
            build(project, site, clean=clean)
    assert there == (tree(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes())


# What we keep is damaged


DAMAGES = {  # done in .portolan/
    "manifest gone": "rm manifest",
    "manifest empty": ": > manifest",
    "manifest a folder": "rm manifest && mkdir -p manifest/inside",
    "state a folder": "rm state && mkdir -p state/inside",
    "state with odd spans": """echo '{"spans": ["x"], "sources": {"a": "b"}}' > state""",
    "lock a folder": "rm lock && mkdir -p lock/inside",
    "pending a folder": "rm pending && mkdir -p pending/inside",
    "folders a folder": "rm folders && mkdir -p folders/inside",
    "folders foreign": "echo '[]' > folders",
    "a record a folder": "rm records/en && mkdir -p records/en/inside",
    "records a file": "rm -r records && touch records",
    "records gone": "rm -r records",
    "odd hex": """echo '{"en/index.html": ["0", "zz"]}' > records/en-singles.json""",
    "records of others' files": """echo '{"../victim": ["00", "00"]}' > records/root.json""",
    "everything but the folder": "rm -r *",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_whatever_is_damaged_of_what_we_keep_clean_mends_it(
    damage: str, project: Project, site: Path, pristine: Path
) -> None:
    subprocess.run(["sh", "-c", damage], cwd=site / ".portolan", check=True)
    done = cli("verify", "--out", str(site))
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or "--clean" in done.stderr or "was not finished" in done.stdout
    with suppress(Damaged):
        build(project, site)
    build(project, site, clean=True, dry=True)
    build(project, site, clean=True)
    assert "nothing changed" in str(build(project, site))
    assert tree(site) == tree(pristine)
    assert verify(site, 1).problems == []


def test_a_site_whose_portolan_is_lost_says_how_to_go_on(project: Project, site: Path) -> None:
    (site / "en/notes.html").write_text("mine")
    shutil.rmtree(site / ".portolan")
    with pytest.raises(
        NotOurs, match=r"make an empty folder of that name in it and build with --clean"
    ):
        build(project, site, clean=True)
    (site / ".portolan").mkdir()
    build(project, site, clean=True)
    assert (site / "en/notes.html").read_text() == "mine"


# What is there and isn't


def test_what_was_deleted_is_made_again(project: Project, site: Path, pristine: Path) -> None:
    deletions: list[tuple[Callable[[], object], int]] = [
        (lambda: (site / "en/ports/22.html").unlink(), 1),
        (lambda: shutil.rmtree(site / "en/ports"), 6),
        (lambda: (site / "en/ports/22.html").rename(site / "en/ports/23.html"), 1),
        (
            lambda: subprocess.run(["sh", "-c", "rm en/systems/*"], cwd=site, check=True),
            len(list((site / "en/systems").iterdir())),
        ),
        (lambda: shutil.rmtree(site / "assets"), len(list((site / "assets").iterdir()))),
        (lambda: (site / "robots.txt").unlink(), 1),
    ]
    build(project, site)  # copying a site changes its folders, which costs a look
    for delete, count in deletions:
        delete()
        before = tree(site)
        dry = str(build(project, site, dry=True))
        assert f"{count} file{'s' if count > 1 else ''} gone from the output" in dry
        assert tree(site) == before
        assert "gone from the output" in str(build(project, site))
        assert "nothing changed" in str(build(project, site))
        if "23.html" not in str(before):
            assert tree(site) == tree(pristine)


@pytest.mark.parametrize(
    "name", ["en/ports/22.html", "en/index.html", "robots.txt", "en/blocks/0-255.html"]
)
def test_a_folder_where_a_page_belongs_is_told_and_never_removed(
    name: str, project: Project, site: Path, pristine: Path
) -> None:
    (site / name).unlink()
    (site / name).mkdir()
    (site / name / "notes.txt").write_text("mine")
    damage = [problem.message for problem in verify(site, 1).problems if problem.check == DAMAGE]
    assert damage == ["must be a file, and is none"]
    attempts: list[Callable[[], object]] = [
        lambda: build(project, site),
        lambda: build(project, site, clean=True),
        lambda: mend(project, site, [name], 1),
    ]
    for attempt in attempts:
        with pytest.raises(
            Obstacle, match=f"{site / name} is a folder where a page belongs: move it away"
        ):
            attempt()
    (site / name).rename(site / "elsewhere")
    build(project, site)
    assert tree(site).items() >= tree(pristine).items()


@pytest.mark.parametrize("kind", ["link", "link to itself", "pipe"])
@pytest.mark.parametrize("name", ["en/ports/22.html", "search.js"])
def test_what_is_no_file_where_a_page_belongs_is_replaced(
    name: str, kind: str, project: Project, site: Path, pristine: Path
) -> None:
    page, victim = site / name, site.parent / "victim"
    victim.write_text("mine")
    page.unlink()
    if kind == "pipe":
        os.mkfifo(page)
    else:
        page.symlink_to(victim if kind == "link" else page)
    assert [p.path for p in verify(site, 1).problems if p.check == DAMAGE] == [name]
    build(project, site)
    assert tree(site) == tree(pristine)
    assert victim.read_text() == "mine"


def test_a_site_of_a_single_port_is_repaired(project: Project, root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(Plan(project, site, ("en",), (Span(0, 10), Span(22, 22)), whole=False), 1, Progress())
    sound = tree(site)
    (site / "en/ports/22.html").write_text("torn")
    done = cli("--root", str(root), "verify", "--out", str(site), "--repair")
    assert "1 files were damaged; 1 files written" in done.stdout
    assert done.returncode == 0, done.stderr
    assert tree(site) == sound


def test_what_a_part_can_not_have_is_no_problem_and_what_it_lost_is(
    project: Project, site: Path
) -> None:
    summary = verify(site, 1)
    assert summary.problems == []
    assert summary.unbuilt > 20
    (site / "en/ports/22.html").unlink()
    summary = verify(site, 1)
    problems = summary.problems
    assert {problem.check for problem in problems} == {"link", DAMAGE}
    assert all("22.html" in str(problem) for problem in problems)
    told = cli("verify", "--out", str(site))
    assert f"it links to {summary.unbuilt} pages that were not built" in told.stdout


def test_a_dry_run_says_what_would_be(site: Path, root: Path) -> None:
    (site / "en/ports/22.html").unlink()
    done = cli(
        "--root",
        str(root),
        "build",
        "--locale",
        "en",
        "--ports",
        "20-25",
        "--out",
        str(site),
        "--dry-run",
    )
    assert done.stdout.splitlines()[0] == "+ en/ports/22.html"
    assert "1 file would be written; nothing was" in done.stdout
    assert "was built" not in done.stdout
    assert not (site / "en/ports/22.html").exists()


# What never goes by itself


def test_no_language_and_no_share_of_the_pages_goes_unless_somebody_says_so(
    project: Project, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    both, fewer = (
        Plan(project, site, ("en", "de"), SPANS),
        Plan(project, site, ("en", "de"), (Span(20, 22),)),
    )
    run(both, 1, Progress())
    before, kept = tree(site), (site / ".portolan/manifest").read_bytes()
    for plan, told in ((Plan(project, site, ("en",), SPANS), "^de "), (fewer, r"^6 of \d+ files")):
        with pytest.raises(Loss, match=f"{told}.*--allow-removal"):
            run(plan, 1, Progress())
        assert tree(site) == before
        assert (site / ".portolan/manifest").read_bytes() == kept
        assert "--allow-removal" in run(plan, 1, Progress(), dry=True).refused
        assert tree(site) == before
    assert "nothing changed" in str(run(both, 1, Progress()))
    assert len(run(fewer, 1, Progress(), allow_removal=True).removed) == 6


# Where nothing is built


@pytest.mark.parametrize(
    "name",
    [
        "content",
        "templates/out",
        "assets/out",
        "locales/out/x",
        "portolan/out",
        "tests/out",
        ".git/out",
    ],
)
def test_nothing_is_built_among_the_sources(name: str) -> None:
    root = Path(__file__).parent.parent
    existed = (root / name).exists()
    done = cli("build", "--ports", "22", "--locale", "en", "--out", str(root / name))
    assert done.returncode == 2
    assert f"lies in {name.partition('/')[0]}/, among what the site is made from" in done.stderr
    assert (root / name).exists() == existed


@pytest.mark.parametrize("file", ["", ".", "nowhere/changed"])
def test_a_list_that_can_not_be_written_is_refused_first(file: str, tmp_path: Path) -> None:
    done = cli("build", "--out", str(tmp_path / "site"), "--changed-list", file)
    assert done.returncode == 2
    assert "--changed-list" in done.stderr
    assert not (tmp_path / "site").exists()


# Several at once


def _start(rounds: Path, barrier: Any, found: Any) -> None:
    """Builds, as far as the folder is concerned: nobody else may be at work meanwhile."""
    for at in range(LOCK_ROUNDS):
        folder = rounds / str(at) / "site"
        barrier.wait()
        told = "refused"
        try:
            with (output := Output(folder)).locked():
                os.close(os.open(folder.parent / "at-work", os.O_CREAT | os.O_EXCL))
                time.sleep(0.001 * (at % 3))
                if at % 2:
                    output.record(Manifest(["index.html"]))
                os.unlink(folder.parent / "at-work")
                told = "built"
        except Busy:
            pass
        except Exception as error:
            told = repr(error)
        found.put((at, told))


def test_of_builds_that_start_together_never_two_write(tmp_path: Path) -> None:
    for at in range(LOCK_ROUNDS):
        (tmp_path / str(at)).mkdir()
    context = get_context("fork")
    barrier, found = context.Barrier(STARTS), context.SimpleQueue()
    processes = [
        context.Process(target=_start, args=(tmp_path, barrier, found)) for _ in range(STARTS)
    ]
    for process in processes:
        process.start()
    told = [found.get() for _ in range(LOCK_ROUNDS * STARTS)]
    for process in processes:
        process.join()
    assert {outcome for _, outcome in told} <= {"built", "refused"}
    assert {at for at, outcome in told if outcome == "built"} == {*range(LOCK_ROUNDS)}
    assert "refused" in {outcome for _, outcome in told}
    for at in range(LOCK_ROUNDS):  # where nothing came of it, nothing is left
        assert (tmp_path / str(at) / "site/.portolan").exists() == bool(at % 2)


def test_who_is_refused_leaves_everything_to_who_is_at_work(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with Output(site).locked():
        on_its_way = site / ".portolan/way-1"
        on_its_way.mkdir()
        with (
            pytest.raises(Busy, match=f"process {os.getpid()} is building into {site}"),
            Folder(site).locked(),
        ):
            pass
        assert on_its_way.exists()
        assert (site / ".portolan/lock").exists()


def test_a_lock_file_that_its_last_holder_removed_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock = tmp_path / "lock", fcntl.flock
    opened: list[int] = []

    def slow(descriptor: int, operation: int) -> None:
        if not opened:
            path.unlink()  # between our opening it and our locking it
        opened.append(descriptor)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", slow)
    with held(path, "here"):
        assert path.exists()
        assert len(opened) == 2
