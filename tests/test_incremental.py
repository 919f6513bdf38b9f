"""Incremental equals clean: whatever is edited, the next build leaves what a clean build would, and touches nothing else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from portolan.loading import load_project
from portolan.output import Output
from portolan.pages import BLOCKS
from portolan.problem import ProblemsFound
from portolan.progress import Progress
from portolan.project import Project
from portolan.proof import prove
from portolan.records import NOTHING
from portolan.registry.types import Span
from portolan.run import Report, run
from portolan.work import Plan

from .conftest import ROOT
from .edits import Editor
from .projects import small_project
from .test_build import cli, tree

SPANS = (Span(0, 40), Span(100, 125), Span(5428, 5436), Span(32764, 32770), Span(49148, 49156))
SEQUENCES = 200
SHARES = 100  # of the sequences, for several processes; each goes on from where its last sequence ended


def build(project: Project, folder: Path, **options: bool) -> Report:
    plan = Plan(project, folder, project.published, SPANS)
    return run(plan, 1, Progress(), allow_removal=True, **options)


def content(folder: Path) -> dict[Path, tuple[int, bytes]]:
    paths = [path for path in folder.rglob("*") if path.is_file() and ".portolan" not in path.parts]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


@pytest.mark.parametrize("share", [0, *(pytest.param(share, marks=pytest.mark.slow) for share in range(1, SHARES))])
def test_after_any_edits_an_incremental_build_leaves_what_a_clean_one_does(share: int, tmp_path: Path) -> None:
    random = Random(share)
    root = small_project(tmp_path / "sources", ("en", "de"))
    editor = Editor(root, random)
    site = tmp_path / "site"
    build(load_project(root, prove), site)
    for _ in range(SEQUENCES // SHARES):
        done = []
        for _ in range(random.randrange(1, 4)):
            done.append(editor.edit())
            try:
                project = load_project(root, prove)
            except ProblemsFound:
                editor.undo()
                continue
            before = content(site)
            report = build(project, site)
            after = content(site)
            assert not [path for path, (time, data) in after.items() if path in before and before[path][1] == data and before[path][0] != time], done
            assert report.written == sum(path not in before or before[path][1] != data for path, (_, data) in after.items()), done
        build(load_project(root, prove), tmp_path / "clean")
        assert tree(site) == tree(tmp_path / "clean"), done
        shutil.rmtree(tmp_path / "clean")


def command(root: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "build.py"), "--root", str(root), "build", "--ports", "0-2047", "--jobs", "2", "--quiet", *arguments]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_killed_at_any_moment_no_file_is_torn_and_the_next_run_goes_on(kind: str, tmp_path: Path) -> None:
    random, site = Random(kind), tmp_path / "site"
    variants = [small_project(tmp_path / name, ("en", "de")) for name in ("a", "b")]
    base = variants[1] / "templates/base.html"
    base.write_text(base.read_text().replace("</main>", "<!-- b --></main>"))
    trees = []
    for root in variants:
        subprocess.run(command(root, "--out", str(tmp_path / f"{root.name}-clean")), check=True)
        trees.append(tree(tmp_path / f"{root.name}-clean"))
    if kind == "incremental":
        shutil.copytree(tmp_path / "a-clean", site)
    started = time.monotonic()
    subprocess.run(command(variants[0], "--out", str(tmp_path / "timed")), check=True)
    seconds = time.monotonic() - started
    aim, torn = 1 if kind == "incremental" else 0, []
    for at in range(25):
        process = subprocess.Popen(command(variants[aim], "--out", str(site)), start_new_session=True)
        try:
            process.wait(random.uniform(0.3, 1.1) * seconds)
            assert process.returncode == 0
            assert tree(site) == trees[aim]
            if kind == "full":
                shutil.rmtree(site)
            else:
                aim = 1 - aim
        except subprocess.TimeoutExpired:
            # every other time only the parent is killed: its processes must end by themselves
            os.kill(process.pid, signal.SIGKILL) if at % 2 else os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        known = [trees[aim], trees[1 - aim]] if kind == "incremental" else [trees[aim]]
        torn += [path for path, digest in (tree(site) if site.exists() else {}).items() if digest not in [one.get(path) for one in known]]
    assert torn == []
    finished = _finished(site)
    done = subprocess.run([*command(variants[aim], "--out", str(site))[:-3], "--out", str(site)], capture_output=True, text=True, check=True)
    assert tree(site) == trees[aim]
    assert _made(done.stdout) <= len(trees[aim]) - (256 * finished if kind == "full" else 0)


def _finished(site: Path) -> int:
    """How many blocks are recorded as done."""
    records = Output(site).records
    return sum(records.block(tag, block) is not NOTHING for tag in ("en", "de") for block in BLOCKS[:8])


def _made(told: str) -> int:
    found = re.search(r"([\d,]+) pages made", told)
    return int(found[1].replace(",", "")) if found else 0


def test_it_says_why_and_lists_what_changed(tmp_path: Path) -> None:
    root = small_project(tmp_path / "sources", ("en", "de"))
    site, changes = tmp_path / "site", tmp_path / "changes"
    arguments = ("--root", str(root), "build", "--ports", "5400-5500", "--out", str(site), "--changed-list", str(changes))
    assert "a new folder: 1 block × 2 locales" in cli(*arguments).stdout
    first = sorted(changes.read_text().splitlines())
    assert sorted(tree(site)) == first
    assert "nothing changed" in cli(*arguments).stdout
    assert sorted(changes.read_text().splitlines()) == first  # until it is published
    assert cli("--root", str(root), "published", "--out", str(site)).returncode == 0
    cli(*arguments)
    assert changes.read_text() == ""
    uses = root / "content/registry/uses/all.yaml"
    uses.write_text(uses.read_text().replace("name: PostgreSQL\n", "name: PostgreSQL and friends\n"))
    before = tree(site)
    dry = cli(*arguments[:-2], "--dry-run")
    assert tree(site) == before
    listed = {line[2:] for line in dry.stdout.splitlines() if line.startswith("+ ")}
    told = cli(*arguments).stdout
    assert "content/registry/uses/all.yaml changed: 1 block × 2 locales" in told
    after = tree(site)
    changed = {path for path in after if before.get(path) != after[path]}
    assert {"en/ports/5432.html", "de/ports/5432.html", "search.js"} <= changed
    assert changed == listed == set(changes.read_text().splitlines())
    (root / "locales/de/LC_MESSAGES/portolan.po").unlink()
    cli("--root", str(root), "build", "--out", str(site), "--changed-list", str(changes), "--ports", "5400-5500")
    assert not (tmp_path / "changes.removed").read_text()  # a part takes nothing away


def test_two_builds_keep_out_of_one_folder_and_a_stale_lock_holds_nobody(tmp_path: Path) -> None:
    site = tmp_path / "site"
    build_it = command(small_project(tmp_path / "sources"), "--ports", "0-9", "--out", str(site))
    with Output(site).locked():
        done = subprocess.run(build_it, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"process {os.getpid()} is building into {site}" in done.stderr
    subprocess.run(build_it, check=True)
    (site / ".portolan/lock").write_text("1 elsewhere")
    subprocess.run([*build_it, "--clean"], check=True)


def test_ctrl_c_ends_in_a_line_and_the_next_run_goes_on(tmp_path: Path) -> None:
    root = small_project(tmp_path / "sources", ("en", "de"))
    site, clean = tmp_path / "site", tmp_path / "clean"
    subprocess.run(command(root, "--out", str(clean)), check=True)
    process = subprocess.Popen(command(root, "--out", str(site)), stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not list(site.glob(".portolan/growing/en/ports/*")) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate()[1].splitlines() == ["Error: interrupted. What is published is whole; the next run goes on."]
    assert process.returncode == 130
    subprocess.run(command(root, "--out", str(site)), check=True)
    assert tree(site) == tree(clean)


def test_what_stands_in_the_way_is_told_and_costs_nothing(tmp_path: Path) -> None:
    site = tmp_path / "site"
    build_it = command(small_project(tmp_path / "sources"), "--ports", "0-99", "--out", str(site))
    subprocess.run(build_it, check=True)
    whole = tree(site)
    shutil.rmtree(site / "en")
    (site / "en").write_text("mine")
    done = subprocess.run([*build_it, "--clean"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    assert str(site / "en") in done.stderr
    (site / "en").unlink()
    subprocess.run(build_it, check=True)
    assert tree(site) == whole
