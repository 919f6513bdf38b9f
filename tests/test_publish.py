"""Publishing forgets nothing.

What was not published is told again, and no page is ever published without its stylesheet.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from random import Random

import pytest

from portolan.folder import Folder
from portolan.loading import load_project
from portolan.manifest import Manifest
from portolan.pages import BLOCKS
from portolan.pending import Changes, Pending
from portolan.progress import Progress
from portolan.project import Project
from portolan.proof import prove
from portolan.registry.types import Span
from portolan.run import run
from portolan.sitemaps import Sitemap
from portolan.work import Plan

from .conftest import ROOT
from .projects import small_project
from .store import Store, running

ROUNDS = 50
SPANS = (Span(20, 24), Span(5430, 5433))


class Few(Plan):
    """A whole site of a few pages, and of sitemaps no more than their beginnings."""

    @cached_property
    def sitemaps(self) -> list[Sitemap]:
        return [sitemap._replace(listed=sitemap.listed[:9]) for sitemap in super().sitemaps[:2]]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running() as store:
        yield store


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> list[Project]:
    """The same small project after some edits."""
    root = small_project(tmp_path_factory.mktemp("publish") / "sources", ("en", "de"))
    edits: list[Callable[[], object]] = [
        lambda: None,
        lambda: _append(root / "assets/style.css", "/* harbour */"),
        lambda: (root / "content/articles/dns.md").unlink(),
        lambda: _append(root / "assets/site.js", "// beacon"),
        lambda: _replace(
            root / "content/registry/uses/all.yaml", "name: PostgreSQL\n", "name: Quay\n"
        ),
    ]
    projects = []
    for edit in edits:
        edit()
        projects.append(load_project(root, prove))
    return projects


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def _replace(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def build(
    project: Project, site: Path, locales: tuple[str, ...] = ("en", "de"), whole: bool = True
) -> None:
    run(Few(project, site, locales, SPANS, whole=whole), 1, Progress(), allow_removal=True)


def told(site: Path) -> Changes:
    found: list[Changes] = []
    Folder(site).tell_changes(found.append)
    return found[0]


def publish(site: Path, store: Store, random: Random) -> None:
    """As README says: step by step, and within a step in any order."""
    folder = Folder(site)
    folder.tell_changes(lambda changes: changes.write(site.parent / "changed"))
    steps = [(site.parent / f"changed.{end}").read_text().splitlines() for end in range(1, 6)]
    for number, paths in enumerate(steps):
        random.shuffle(paths)
        for path in paths:
            store.put(path, (site / path).read_bytes()) if number < 3 else store.delete(path)
    with folder.locked():
        folder.pending.published()


@pytest.mark.slow
def test_whatever_fails_no_published_page_lacks_its_assets_and_in_the_end_all_is_published(
    variants: list[Project], store: Store, tmp_path: Path
) -> None:
    random, site = Random(5), tmp_path / "site"
    needs: dict[str, set[str]] = {}
    cut_short = 0
    longest = 0.4
    for _ in range(ROUNDS):
        project, locales = random.choice(variants), random.choice((("en", "de"), ("en",)))
        store.left = random.choice((None, random.randrange(60), random.randrange(200)))
        delay = random.choice((60.0, random.uniform(0, longest)))
        started = time.monotonic()
        code = _in_a_process(lambda: _round(project, site, locales, store, random), delay)  # noqa: B023
        store.left = None
        cut_short += code != 0
        longest = max(longest, time.monotonic() - started)
        random = Random(random.random())
        needs |= _needs(site)
        there = store.objects()
        pages = {key: needs[digest] for key, digest in there.items() if key.endswith(".html")}
        lacking = {
            key: assets - there.keys() for key, assets in pages.items() if assets - there.keys()
        }
        assert not lacking
    assert ROUNDS / 4 < cut_short < ROUNDS
    _round(variants[0], site, ("en",), store, random)
    assert store.objects() == {path: _md5(site / path) for path in _paths(site)}
    assert not any(told(site))


def _round(
    project: Project, site: Path, locales: tuple[str, ...], store: Store, random: Random
) -> None:
    build(project, site, locales)
    publish(site, Store(store.port) if store.left is None else _failing(store), random)


def _failing(store: Store) -> Store:
    other = Store(store.port)
    other.left = store.left
    return other


def _in_a_process(what: Callable[[], None], seconds: float) -> int:
    """Do something in a process that is killed after some time. Gives its exit code."""
    process = os.fork()
    if not process:
        try:
            what()
            os._exit(0)
        except ConnectionError:
            os._exit(1)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(99)
    until = time.monotonic() + seconds
    while not (ended := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.kill(process, signal.SIGKILL)
            ended = os.waitpid(process, 0)
            break
        time.sleep(0.005)
    code = os.waitstatus_to_exitcode(ended[1])
    assert code != 99
    return code


def _paths(site: Path) -> list[str]:
    paths = (path for path in site.rglob("*") if path.is_file())
    return [
        name
        for path in paths
        if not (name := path.relative_to(site).as_posix()).startswith(".portolan/")
    ]


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _needs(site: Path) -> dict[str, set[str]]:
    """The assets that each page needs, by the page's digest."""
    pages = [path for path in _paths(site) if path.endswith(".html")] if site.exists() else []
    return {_md5(site / p): set(re.findall(r'assets/[^"]+', (site / p).read_text())) for p in pages}


def test_what_is_not_published_is_told_again_with_what_came_since(
    variants: list[Project], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    build(variants[0], site)
    first = told(site)
    assert sorted(path for step in first for path in step) == sorted(_paths(site))
    assert told(site) == first
    build(variants[1], site)  # comes after the list, so what changed is not published with it
    assert Folder(site).pending.published()
    since = told(site)
    assert [path.partition(".")[0] for path in since.assets] == ["assets/style"]
    assert [path.partition(".")[0] for path in since.unneeded] == ["assets/style"]
    assert "en/ports/22.html" in since.pages
    assert Folder(site).pending.published()
    assert not Folder(site).pending.published()
    assert not any(told(site))


def test_the_steps_hold_everything_in_the_safe_order(
    variants: list[Project], tmp_path: Path
) -> None:
    site, changed = tmp_path / "site", tmp_path / "changed.txt"
    build(variants[0], site)
    Folder(site).tell_changes(lambda changes: changes.write(changed))
    steps = [Path(f"{changed}.{number}").read_text().splitlines() for number in (1, 2, 3)]
    assert changed.read_text().splitlines() == [path for step in steps for path in step]
    assert all(path.startswith("assets/") for path in steps[0])
    assert not any(path.startswith("assets/") for path in steps[1])
    assert steps[2] == [
        "_headers",
        "robots.txt",
        "search.js",
        "sitemap-1.xml",
        "sitemap-2.xml",
        "sitemap.xml",
    ]
    assert Path(f"{changed}.removed").read_text() == ""
    build(variants[1], site, ("en",))
    Folder(site).tell_changes(lambda changes: changes.write(changed))
    removed, unneeded = (Path(f"{changed}.{number}").read_text().splitlines() for number in (4, 5))
    assert "de/ports/22.html" in removed
    assert not any(path.startswith("assets/") for path in removed)
    assert [path.partition(".")[0] for path in unneeded] == ["assets/style"]
    assert Path(f"{changed}.removed").read_text().splitlines() == [*removed, *unneeded]


def test_a_language_that_an_ended_build_left_half_made_is_told_when_it_is_there(
    variants: list[Project], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    build(variants[0], site, ("en",), whole=False)
    told(site)
    Folder(site).pending.published()
    build(variants[0], site, ("en", "de"), whole=False)
    shutil.move(
        site / "de", site / ".portolan/growing/de"
    )  # as if it had been ended before the last block
    (site / ".portolan/state").unlink()
    assert not [path for step in told(site) for path in step if path.startswith("de/")]
    Folder(site).pending.published()
    build(variants[0], site, ("en", "de"), whole=False)
    assert "de/ports/22.html" in told(site).pages
    shutil.rmtree(site / "de")  # what is not there any more is told as removed, never to be copied
    assert "de/ports/22.html" in told(site).removed


def test_pages_that_a_killed_build_removed_are_told(
    variants: list[Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    build(variants[0], site)
    told(site)
    Folder(site).pending.published()
    before = {path for path in _paths(site) if path.startswith("de/")}
    unlink, left = os.unlink, 10

    def killed(path: str, **options: int) -> None:
        nonlocal left
        left -= str(path).endswith(".html")
        if left < 0:
            raise KeyboardInterrupt
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        build(variants[0], site, ("en",))
    monkeypatch.undo()
    there = {path for path in _paths(site) if path.startswith("de/")}
    assert 0 < len(there) < len(before)
    build(variants[0], site, ("en",))
    assert {path for path in told(site).removed if path.startswith("de/")} == before


@pytest.mark.parametrize("damage", ["text", "bytes", "folder"])
def test_when_nobody_knows_what_is_pending_everything_is(
    damage: str, variants: list[Project], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    build(variants[0], site)
    pending = site / ".portolan/pending"
    told(site)
    Folder(site).pending.published()
    pending.unlink()
    pending.mkdir() if damage == "folder" else pending.write_bytes(
        b"\xff\0" if damage == "bytes" else b"../x\n"
    )
    if damage == "folder":
        run(Few(variants[0], site, ("en", "de"), SPANS), 1, Progress(), clean=True)
    assert sum(map(len, told(site))) == len(_paths(site))


def test_a_line_that_a_full_disk_cut_short_swallows_no_other(tmp_path: Path) -> None:
    path = tmp_path / "pending"
    pending = Pending(path)
    path.write_bytes(b"en/ind")
    pending.note(Manifest(["de/index.html"], {"de/ports/*.html": [Span(1, 3)]}))
    found: list[Changes] = []
    pending.tell(tmp_path, Manifest(["en/index.html"]), lambda tree: False, found.append)
    removed = ["de/index.html", *(f"de/ports/{n}.html" for n in (1, 2, 3)), "en/index.html"]
    assert found == [Changes([], [], [], removed, [])]


def test_a_list_that_could_not_be_written_is_no_list(
    variants: list[Project], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    build(variants[0], site, ("en",), whole=False)
    with pytest.raises(FileNotFoundError):
        Folder(site).tell_changes(lambda changes: changes.write(tmp_path / "nowhere/changed"))
    assert not Folder(site).pending.published()
    assert "en/index.html" in told(site).pages


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("rclone"), reason="rclone is missing")
def test_the_recipe_of_the_readme_does_it(tmp_path: Path, store: Store) -> None:
    for key in store.objects():
        store.delete(key)
    root = small_project(tmp_path / "sources")
    readme = (ROOT / "README.md").read_text()
    recipe = re.findall(r"(?m)(?:^    .*(?:changed\.txt|published).*\n)+", readme)[0]
    script = recipe.replace(
        ".venv/bin/python build.py", f"{sys.executable} {ROOT / 'build.py'} --root ."
    )
    script = script.replace(
        " build --changed-list", " build --locale en --ports 20-24 --changed-list"
    )

    def follow(port: int) -> int:
        settings = {
            "TYPE": "s3",
            "PROVIDER": "Other",
            "ACCESS_KEY_ID": "test",
            "SECRET_ACCESS_KEY": "test",
        }
        settings |= {"ENDPOINT": f"http://127.0.0.1:{port}", "NO_CHECK_BUCKET": "true"}
        remote = {f"RCLONE_CONFIG_REMOTE_{name}": value for name, value in settings.items()}
        quick = {
            "RCLONE_RETRIES": "1",
            "RCLONE_LOW_LEVEL_RETRIES": "1",
            "RCLONE_CONFIG": "/dev/null",
        }
        environment = (
            {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | remote | quick
        )
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout, done.stderr)
        return done.returncode

    site = root / "site"
    assert follow(store.port) == 0
    assert store.objects() == {path: _md5(site / path) for path in _paths(site)}
    _append(root / "assets/style.css", "/* harbour */")
    store.put("en/articles/old.html", b"old")
    with Folder(site).locked():
        Folder(site).pending.note(Manifest(["en/articles/old.html"]))
    assert follow(1) != 0  # nobody listens there
    before = store.objects()
    assert follow(store.port) == 0
    assert store.objects() == {path: _md5(site / path) for path in _paths(site)} != before


def test_many_pages_are_a_line_of_what_is_pending(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending")
    for block in BLOCKS:
        pending.note(Manifest([], {"en/ports/*.html": [Span(block.first, block.last)]}))
    found: list[Changes] = []
    pending.tell(tmp_path, Manifest(), lambda tree: False, found.append)
    assert len(found[0].removed) == 65536
    assert (tmp_path / "pending").read_text() == "en/ports/{0-65535}.html\n=\n"
