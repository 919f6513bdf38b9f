"""The benchmarks, in one command: ``python -m benchmarks.run``. What each figure means: benchmarks/README.md.

Tools take turns round by round, so that a slow spell of the machine hits all of them.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import click

from benchmarks import floor, jobs, report
from benchmarks.jobs import PORTS, Job
from benchmarks.machine import machine
from benchmarks.ours import CHECKOUT, COPIES, DESCRIPTION, MESSAGE, TEMPLATE, TITLE, Edit, Ours
from benchmarks.places import differences, fresh, remove, room, scratch, tree
from benchmarks.results import Results
from portolan.run import default_jobs
from tests.edits import Editor

HOME = CHECKOUT / ".cache" / "bench"
RESULTS = CHECKOUT / "benchmarks" / "results"
SIZES = (4096, 16384)
WHOLE = 8e9  # bytes that a whole site may take
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ENGLISH = ("en",)
_SEED = 60603
_EDITS_AT_ONCE = 4
_edits = count(1)


@dataclass(frozen=True)
class Bench:
    """One session: where it works, how often, and what it has found."""

    results: Results
    ours: Ours
    work: Path  # on tmpfs
    disk: Path
    processes: int
    pages: int
    languages: int
    rounds: int

    def ours_job(self, what: str, place: str = "tmpfs", languages: int = 1, pages: int = 0) -> Job:
        return Job(jobs.OURS, what, place, pages or self.pages, languages)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="A trial of the harness: 4,096 pages, one round, results into .cache/bench/quick.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Rounds of ours and of the floor.")
@click.option("--jobs", "processes", type=click.IntRange(1), default=default_jobs(), show_default="processors", help="Processes of ours.")
@click.option("--tmpfs", type=FOLDER, default=Path("/dev/shm"), show_default=True, help="A folder in memory.")
@click.option("--disk", type=FOLDER, default=CHECKOUT, show_default="the checkout", help="A folder on disk.")
def main(quick: bool, rounds: int, processes: int, tmpfs: Path, disk: Path) -> None:
    """Measure builds, and write a table and a chart into benchmarks/results/."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that scratch folders are removed
    started = time.monotonic()
    results = Results(machine(tmpfs, disk), tell=lambda text: click.echo(f"{time.monotonic() - started:6.0f} s  {text}"))
    with scratch(tmpfs) as work, scratch(disk) as slow:
        ours = Ours(work / "sources")
        bench = Bench(
            results, ours, work, slow, processes,
            pages=4096 if quick else PORTS,
            languages=2 if quick else len(ours.tags),
            rounds=1 if quick else rounds,
        )  # fmt: skip
        results.facts |= {name: getattr(bench, name) for name in ("pages", "languages", "rounds", "processes")}
        results.facts["quick"] = quick
        target = HOME / "quick" if quick else RESULTS
        for _ in stages(bench):  # a run that is stopped leaves what it has measured
            results.facts["minutes"] = round((time.monotonic() - started) / 60)
            report.write(results, target)
    if not quick:
        report.show(results, CHECKOUT / "README.md")
    click.echo((target / "results.md").read_text())


def stages(bench: Bench) -> Iterator[str]:
    """Measures everything, from the smallest to what needs the most room. What fails is told, and the rest measured."""
    found: dict[str, Callable[[], None]] = {
        "reading the sources": bench.ours.warm,
        "one language on tmpfs": lambda: one_language(bench, "tmpfs", bench.work, bench.rounds),
        "building again": lambda: repeated(bench),
        "fewer pages": lambda: sizes(bench),
        "one language on disk": lambda: one_language(bench, "disk", bench.disk, bench.rounds // 2 + 1),
        "several languages": lambda: numbers_of_languages(bench),
        "the whole site": lambda: whole_site(bench),
        "random edits of the whole site": lambda: random_edits(bench),
        "24 languages": lambda: many_languages(bench),
    }
    for name, stage in found.items():
        bench.results.tell(name)
        try:
            stage()
        except (subprocess.CalledProcessError, LookupError, OSError, ValueError):
            traceback.print_exc()
            bench.results.note(f"Not finished: {name}.")
        yield name


def one_language(bench: Bench, place: str, where: Path, rounds: int) -> None:
    """Clean builds of one language by every tool; on disk what was written is deleted at the end only."""
    with scratch(where) as folder, scratch(bench.disk) as packs:
        built, pack = fresh(folder, "site"), packs / "pack"
        subprocess.run(bench.ours.build(built, bench.processes, ENGLISH, bench.pages), check=True)
        floor.pack(built, pack)
        bench.results.facts["one language"] = tree(built)
        turns = Turns(bench, place, folder, built, pack)
        for at in range(rounds):
            turns.ours()
            turns.bare()
            if at == 0 and bench.pages == PORTS:
                turns.plain()


@dataclass(frozen=True)
class Turns:
    """A turn of each tool at a clean build of one language, into a fresh folder below ``folder``."""

    bench: Bench
    place: str
    folder: Path
    built: Path
    pack: Path

    def ours(self) -> None:
        """Cold, warm, and with one process."""
        build, processes, pages = self.bench.ours.build, self.bench.processes, self.bench.pages
        self.bench.ours.cool()
        self._once(jobs.OURS, lambda out: build(out, processes, ENGLISH, pages), jobs.COLD)
        self._once(jobs.OURS, lambda out: build(out, processes, ENGLISH, pages))
        self._once(jobs.OURS_ALONE, lambda out: build(out, 1, ENGLISH, pages))

    def bare(self) -> None:
        """What only writes."""
        floor.warm(self.pack)
        self._once(jobs.FLOOR, lambda out: floor_command(self.pack, out, self.bench.processes))
        floor.warm(self.pack)
        self._once(jobs.FLOOR_ALONE, lambda out: floor_command(self.pack, out, 1))
        self._once(jobs.COPY, lambda out: ["cp", "-r", str(self.built), str(out)])

    def plain(self) -> None:
        """The plain Jinja loop."""
        start = [sys.executable, "-m", "benchmarks.plain", str(self.bench.ours.root)]
        self._once(jobs.PLAIN, lambda out: [*start, str(out), str(self.bench.processes)])

    def _once(self, tool: str, command: Callable[[Path], list[str]], what: str = jobs.CLEAN) -> None:
        out = fresh(self.folder)
        self.bench.results.run(Job(tool, what, self.place, self.bench.pages), command(out), CHECKOUT)
        if self.place == "tmpfs":
            remove(out)


def floor_command(pack: Path, out: Path, processes: int) -> list[str]:
    """The bare loop as a process of its own."""
    return [sys.executable, "-I", "-S", floor.__file__, str(pack), str(out), str(processes)]


def repeated(bench: Bench) -> None:
    """Builds of one language into the folder of the last one: with nothing changed, and with one entry edited."""
    results, ours = bench.results, bench.ours
    with scratch(bench.work) as folder:
        command = ours.build(folder / "ours", bench.processes, ENGLISH, bench.pages)
        results.run(bench.ours_job(jobs.CLEAN), command)
        for _ in range(bench.rounds):
            results.run(bench.ours_job(jobs.AGAIN), command)
            DESCRIPTION.make(ours.root, next(_edits))
            results.run(bench.ours_job(DESCRIPTION.name), command)
        DESCRIPTION.make(ours.root, 0)
        ours.warm()


def sizes(bench: Bench) -> None:
    """Clean builds of fewer pages."""
    for pages in (size for size in SIZES if size < bench.pages):
        with scratch(bench.work) as folder:
            for at in range(max(1, bench.rounds // 2)):
                bench.results.run(bench.ours_job(jobs.CLEAN, pages=pages), bench.ours.build(folder / f"ours-{at}", bench.processes, ENGLISH, pages))


def numbers_of_languages(bench: Bench) -> None:
    """Clean builds of two languages and more; one and all are measured elsewhere."""
    for languages in range(2, bench.languages):
        if room(bench.work) < WHOLE:
            bench.results.note("Several languages were not built one by one: too little memory is free.")
            return
        for _ in range(max(1, bench.rounds // 2)):
            with scratch(bench.work) as folder:
                command = bench.ours.build(folder / "site", bench.processes, bench.ours.tags[:languages], bench.pages)
                bench.results.run(bench.ours_job(jobs.CLEAN, languages=languages), command)


def whole_site(bench: Bench) -> None:
    """All languages: clean and cold, beside the floor and a copy, on tmpfs and on disk; then edits."""
    results = bench.results
    if room(bench.disk) < 4 * WHOLE or room(bench.work) < WHOLE:
        results.note("The whole site was not built: too little room.")
        return
    with scratch(bench.disk) as packs:
        pack = packs / "pack"
        rounds = max(1, (bench.rounds + 1) // 2)
        for at in range(rounds):
            _whole_clean(bench, pack, first=at == 0, last=at == rounds - 1)
        _whole_on_disk(bench, pack, max(1, rounds - 1))


def _whole_clean(bench: Bench, pack: Path, first: bool, last: bool) -> None:
    """A round on tmpfs, where there is room for one site at a time."""
    results, ours = bench.results, bench.ours
    job = bench.ours_job(jobs.CLEAN, languages=bench.languages)
    with scratch(bench.work) as folder:
        ours.cool()
        results.run(job._replace(what=jobs.COLD), whole(bench, folder / "cold"))
        remove(folder / "cold")
        results.run(job, whole(bench, folder / "site"))
        if first:
            results.facts["all languages"] = tree(folder / "site")
            floor.pack(folder / "site", pack)
        if last:
            _edited(bench, folder / "site")
    for tool, share in ((jobs.FLOOR, bench.processes), (jobs.FLOOR_ALONE, 1)):
        with scratch(bench.work) as folder:
            floor.warm(pack)
            results.run(job._replace(tool=tool), floor_command(pack, folder / "out", share))


def whole(bench: Bench, out: Path) -> list[str]:
    """The build of all languages. Of a quick trial only, they are named: a whole site needs no choice."""
    tags = bench.ours.tags[: bench.languages] if bench.languages < len(bench.ours.tags) else []
    return bench.ours.build(out, bench.processes, tags, bench.pages)


def _edited(bench: Bench, site: Path) -> None:
    """Builds into a whole site: with nothing changed, and after each kind of edit."""
    job = bench.ours_job(jobs.AGAIN, languages=bench.languages)
    for _ in range(bench.rounds):
        bench.results.run(job, whole(bench, site))
    for edit in (DESCRIPTION, TITLE, TEMPLATE):
        for _ in range(max(1, bench.rounds // 2)):
            edit.make(bench.ours.root, next(_edits))
            bench.results.run(job._replace(what=edit.name), whole(bench, site))
        _undo(bench, edit, site)
    if "de" in bench.ours.tags:
        with scratch(bench.work) as folder:
            for at in range(max(3, bench.rounds)):  # in turn, for they are compared
                _message_edited(bench, site, folder / f"out-{at}")
        _undo(bench, MESSAGE, site)


def _message_edited(bench: Bench, site: Path, out: Path) -> None:
    """A message edited three times: for the whole site, for its language in a fresh folder, and for that folder again."""
    german = bench.ours.build(out, bench.processes, ["de"], bench.pages)
    runs = [
        (bench.ours_job(MESSAGE.name, languages=bench.languages), whole(bench, site)),
        (bench.ours_job(jobs.GERMAN), german),
        (bench.ours_job(jobs.GERMAN_AGAIN), [*german, "--clean"]),
    ]
    for job, command in runs:
        MESSAGE.make(bench.ours.root, next(_edits))
        bench.results.run(job, command)
    remove(out)


def _undo(bench: Bench, edit: Edit, site: Path) -> None:
    edit.make(bench.ours.root, 0)
    subprocess.run(whole(bench, site), check=True)


def _whole_on_disk(bench: Bench, pack: Path, rounds: int) -> None:
    """Rounds on disk; what they wrote is deleted at the end."""
    job = Job(jobs.OURS, jobs.CLEAN, "disk", bench.pages, bench.languages)
    with scratch(bench.disk) as folder:
        for _ in range(rounds):
            if room(bench.disk) < 3 * WHOLE:
                bench.results.note("Fewer rounds of the whole site on disk: too little room.")
                break
            site = fresh(folder, "site")
            bench.results.run(job, whole(bench, site))
            bench.results.run(job._replace(tool=jobs.COPY), ["cp", "-r", str(site), str(fresh(folder))])
            floor.warm(pack)
            bench.results.run(job._replace(tool=jobs.FLOOR), floor_command(pack, fresh(folder), bench.processes))


def random_edits(bench: Bench) -> None:
    """Random edits of a whole site, and a build after each few: what they leave must be what a clean build writes."""
    if bench.pages < PORTS or room(bench.work) < 2 * WHOLE:
        bench.results.note("No random edits of the whole site: too little room, or too few pages.")
        return
    made, different = 0, 0
    with scratch(bench.work) as folder:
        ours, site = Ours(folder / "sources"), folder / "site"
        editor = Editor(ours.root, Random(_SEED))
        subprocess.run(ours.build(site, bench.processes), check=True)
        for _ in range(bench.rounds):
            for _ in range(_EDITS_AT_ONCE):
                editor.edit()
                if ours.is_sound():
                    made += 1
                else:
                    editor.undo()
            subprocess.run([*ours.build(site, bench.processes), "--allow-removal"], check=True)
            with scratch(bench.work) as other:
                subprocess.run(ours.build(other / "site", bench.processes), check=True)
                different += differences(site, other / "site")
    bench.results.facts["random edits"] = {"edits": made, "builds": bench.rounds, "different": different}


def many_languages(bench: Bench) -> None:
    """The memory of a build of 24 languages, on disk. Where it would not fit, of their first blocks."""
    with scratch(bench.work) as sources, scratch(bench.disk) as folder:
        ours = Ours(sources / "sources", COPIES)
        pages = bench.pages
        if room(bench.disk) < WHOLE / 6 * len(ours.tags):
            pages = min(pages, 4096)
            bench.results.note(f"24 languages were built with {pages:,} pages each: too little room on disk.")
        ours.warm()
        tags = [] if pages == PORTS else ours.tags
        job = Job(jobs.OURS, jobs.CLEAN, "disk", pages, len(ours.tags))
        bench.results.run(job, ours.build(folder / "site", bench.processes, tags, pages))


if __name__ == "__main__":
    main()
