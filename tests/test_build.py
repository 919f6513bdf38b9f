"""Builds: the same bytes every time, nothing half-written, nothing of yours deleted."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portolan import files
from portolan.estimate import NoRoom
from portolan.folder import NotOurs
from portolan.manifest import Manifest
from portolan.output import Output
from portolan.progress import Progress
from portolan.project import Project
from portolan.registry.types import Span
from portolan.run import Loss, Report, run
from portolan.verify import verify
from portolan.work import Plan

from .conftest import ROOT
from .projects import small_project

FEW = (Span(0, 300), Span(60500, 60700))


def tree(folder: Path) -> dict[str, str]:
    """Every published file below ``folder`` with the hash of its bytes."""
    paths = [path for path in folder.rglob("*") if path.is_file() and ".portolan" not in path.parts]
    return {path.relative_to(folder).as_posix(): hashlib.blake2b(path.read_bytes()).hexdigest() for path in paths}


def plan(project: Project, folder: Path, locales: tuple[str, ...] = ("en",), spans: tuple[Span, ...] = FEW, whole: bool = False) -> Plan:
    return Plan(project, folder, locales, spans, whole=whole)


def build(project: Project, folder: Path, jobs: int = 1, **kwargs: object) -> Report:
    return run(plan(project, folder, **kwargs), jobs, Progress())  # type: ignore[arg-type]


def cli(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "build.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, env={**os.environ, **environment})


@pytest.mark.slow
def test_a_whole_locale_has_all_pages_and_is_sound(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = cli("build", "--locale", "en", "--out", str(site), "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list((site / "en/ports").iterdir())) == 65536
    summary = verify(site, jobs=2)
    assert summary.problems == []
    assert summary.pages == sum(1 for _ in site.rglob("*.html"))


def test_the_bytes_depend_on_the_sources_alone(tmp_path: Path) -> None:
    """Not on the number of processes, nor on the place, the order of sets, the time zone or the language of the machine."""
    root = small_project(tmp_path / "sources", ("en", "bn", "de"))
    elsewhere = {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata"}, {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8"}
    trees = []
    for jobs, environment in enumerate([{}, *elsewhere], 1):
        out = tmp_path / str(jobs)
        done = cli("--root", str(root), "build", "--ports", "0-600,65000", "--out", str(out), "--jobs", str(jobs), "--quiet", **environment)
        assert done.returncode == 0, done.stderr
        trees.append(tree(out))
    assert len(trees[0]) > 3 * 600
    assert trees[0] == trees[1] == trees[2]


def test_a_second_build_writes_nothing(project: Project, tmp_path: Path) -> None:
    build(project, tmp_path / "site")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("*.html")}
    report = build(project, tmp_path / "site")
    assert (report.written, report.removed) == (0, [])
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_verify_tells_damage_and_repairs_it_and_nothing_else(project: Project, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build(project, site)
    sound = tree(site)
    times = {path: path.stat().st_mtime_ns for path in site.rglob("*.html")}
    damaged = {"en/ports/22.html": "changed", "en/ports/80.html": "deleted", "en/ranges/user.html": "changed", "en/blocks/0-255.html": "deleted"}
    for path, how in {**damaged, "robots.txt": "changed"}.items():
        (site / path).unlink() if how == "deleted" else (site / path).write_bytes(b"\xfftorn")
    told = cli("verify", "--out", str(site))
    assert told.returncode == 1
    for path, how in {**damaged, "robots.txt": "changed"}.items():
        assert any(line.startswith(f"{path}:1: ") and line.endswith(f"has been {how} (damage)") for line in told.stderr.splitlines()), path
    done = cli("verify", "--out", str(site), "--repair")
    assert "5 files were damaged; 5 files written." in done.stdout
    assert tree(site) == sound
    assert all(path.stat().st_mtime_ns == time for path, time in times.items() if path.relative_to(site).as_posix() not in damaged)


def test_what_is_no_longer_made_is_removed_and_nothing_else(project: Project, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build(project, site, locales=("en", "de"), whole=True)
    (site / "de/notes.txt").write_text("mine")
    (site / "CNAME").write_text("ports.example")
    with pytest.raises(Loss, match=r"^de \(\d{3} files\) would be removed"):
        build(project, site, locales=("en",), whole=True)
    report = run(plan(project, site, whole=True), 1, Progress(), allow_removal=True)
    assert len(report.removed) > 500
    assert sorted(path.name for path in (site / "de").rglob("*")) == ["notes.txt"]
    assert (site / "CNAME").exists()
    fresh = tmp_path / "fresh"
    build(project, fresh, locales=("en",), whole=True)
    assert {path: data for path, data in tree(site).items() if path not in ("CNAME", "de/notes.txt")} == tree(fresh)


def test_a_part_leaves_the_rest_alone(project: Project, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build(project, site, locales=("en", "de"), whole=True)
    before = tree(site)
    build(project, site, locales=("de",), spans=(Span(22, 22),))
    assert tree(site) == before


def test_a_folder_that_is_not_ours_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(NotOurs, match="thesis"):
        build(project, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    done = cli("build", "--ports", "22", "--locale", "en", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "thesis.txt" in done.stderr


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "room", lambda self: (1_000_000, None, 4096))
    with pytest.raises(NoRoom, match="only 1 MB are free"):
        build(project, tmp_path / "site")
    monkeypatch.setattr(Output, "room", lambda self: (10**12, 100, 4096))
    with pytest.raises(NoRoom, match="only 100 more can be made"):
        build(project, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_disk_that_fills_up_tears_nothing_and_the_next_run_goes_on(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, fresh = tmp_path / "site", tmp_path / "fresh"
    build(project, site, spans=(Span(0, 100),))
    before = tree(site)
    build(project, fresh, locales=("en", "de"), whole=True)
    after = tree(fresh)
    written, write_all = 0, files.write_all

    def fail_later(descriptor: int, data: bytes) -> None:
        nonlocal written
        written += 1
        if written > 40:
            os.write(descriptor, data[: len(data) // 2])
            os.close(descriptor)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_all(descriptor, data)

    monkeypatch.setattr(files, "write_all", fail_later)
    with pytest.raises(OSError, match="No space left"):
        build(project, site, locales=("en", "de"))
    halfway = tree(site)
    assert halfway.keys() >= before.keys()
    assert all(digest in (before.get(path), after.get(path)) for path, digest in halfway.items())
    monkeypatch.undo()
    build(project, site, locales=("en", "de"), whole=True)
    assert tree(site) == after


def test_manifest_reads_what_it_wrote_and_knows_the_difference() -> None:
    old = Manifest(["index.html", "en/index.html"], {"en/ports/*.html": (Span(0, 9), Span(8, 20), Span(30, 30))})
    assert str(Manifest.parse(str(old))) == str(old)
    assert "en/ports/{0-20}.html" in str(old)
    new = Manifest(["index.html"], {"en/ports/*.html": (Span(0, 18), Span(30, 30))})
    assert list(old - new) == ["en/index.html", "en/ports/19.html", "en/ports/20.html"]
    assert len(old) == 24
    assert old.below("en") == 23


def test_a_path_can_not_be_written_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Manifest(["a.html", "b.html", "a.html"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "--ports", "70000"], "must lie between 0 and 65535, not 70000"),
        (["build", "--ports", "1024-80"], "must run upwards"),
        (["build", "--ports", "ssh"], "must be a port or a range"),
        (["build", "--locale", "xx"], "'xx' is not a locale; there are en, bn, de"),
        (["build", "--jobs", "0"], "0 is not in the range"),
        (["build", "--base-url", "ftp://x"], "must be an http(s) URL"),
        (["build", "--base-url", "https:"], "must be an http(s) URL"),
        (["explain", "70000"], "70000 is not in the range"),
        (["explain", "ssh"], "'ssh' is not a valid integer"),
        (["sail"], "No such command"),
        (["import", "iana", "nowhere.xml"], "does not exist"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(arguments: list[str], told: str) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_explain_names_the_entries(project: Project) -> None:
    done = cli("explain", "9092")
    assert done.returncode == 0
    for part in ("XmlIpcRegSvc", "Apache Kafka", "content/registry/assignments.yaml:", "content/articles/kafka.md", "verdict", "range = 'user'"):
        assert part in done.stdout


def test_base_url_is_the_only_thing_that_it_changes(project: Project, tmp_path: Path) -> None:
    page = "en/ports/22.html"
    for name, url in (("a", "https://a.example"), ("b", "https://b.example/ports")):
        assert cli("build", "--locale", "en", "--ports", "22", "--base-url", url, "--out", str(tmp_path / name), "--quiet").returncode == 0
    first, second = ((tmp_path / name / page).read_text() for name in "ab")
    assert first.replace("https://a.example/", "https://b.example/ports/") == second
