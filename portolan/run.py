"""A run: plan, estimate, build with a pool of processes, publish, clean up, report."""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from portolan import sitemaps
from portolan.blocks import Builder, File, single_pages
from portolan.output import Manifest, Output, merge
from portolan.pages import BLOCKS, Block, Page
from portolan.progress import Progress
from portolan.project import Project
from portolan.registry.types import PORTS, Span

_SAMPLES = range(0, PORTS, 3571)  # a prime stride: ports of all ranges
_MARGIN = 1.1


class NoRoom(Exception):
    """The disk can't hold what the run would write."""


class Task(NamedTuple):
    """A block of a locale; ``block`` is ``None`` for the locale's other pages. The unit of work."""

    locale: str
    block: Block | None


class Done(NamedTuple):
    """What came of a task: pages made, and how many of them differed from what was there."""

    task: Task
    pages: int
    changed: int
    size: int


class Estimate(NamedTuple):
    """What a run will make: ``taken`` are the bytes that the new files take up on this disk."""

    pages: int
    size: int
    new: int
    taken: int


@dataclass(frozen=True)
class Plan:
    """What to build: locales, and the ports as spans. ``menu`` are the locales that pages link to."""

    project: Project
    folder: Path
    locales: tuple[str, ...]
    spans: tuple[Span, ...] = (Span(0, PORTS - 1),)
    menu: tuple[str, ...] = ()
    whole: bool = True

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(b for b in BLOCKS if any(span.overlaps(Span(b.first, b.last)) for span in self.spans))

    @property
    def tasks(self) -> list[Task]:
        """Locale by locale, so that a process needs the stencils of one at a time."""
        return [Task(tag, block) for tag in self.locales for block in (None, *self.blocks)]

    @property
    def sitemaps(self) -> Iterator[tuple[Page, bytes]]:
        """The sitemaps of a whole site."""
        settings = self.project.settings
        singles = [page for page in single_pages(self.project, settings.default_locale) if page.is_html]
        return sitemaps.sitemaps(self.project.chart, settings.base_url, self.locales, settings.default_locale, singles)

    @property
    def manifest(self) -> Manifest:
        """Every path that the plan writes."""
        pages = [Page("languages"), Page("missing"), Page("robots"), Page("headers")]
        for tag in self.locales:
            pages += single_pages(self.project, tag)
            pages += [Page("block", tag, block) for block in self.blocks]
        if self.whole:
            parts = sitemaps.number_of_parts(len(self.locales), sum(page.is_html for page in single_pages(self.project, self.locales[0])))
            pages += [Page("sitemaps"), *(Page("sitemap", None, at + 1) for at in range(parts))]
        runs = {Page("port", tag, "*").path: self.spans for tag in self.locales}
        return Manifest([*(page.path for page in pages), *self.project.asset_paths.values()], runs)


@dataclass
class Report:
    """What a run did."""

    pages: int = 0
    changed: int = 0
    removed: int = 0
    size: int = 0
    seconds: float = 0.0
    started: float = field(default_factory=monotonic)

    def __str__(self) -> str:
        removed = f", {self.removed:,} removed" if self.removed else ""
        return f"{self.pages:,} files, {self.size / 1e6:,.0f} MB, {self.changed:,} written{removed}, {self.seconds:,.1f} s"

    def add(self, done: Done) -> None:
        self.pages += done.pages
        self.changed += done.changed
        self.size += done.size


def run(plan: Plan, jobs: int, progress: Progress) -> Report:
    """Build the plan into its folder. Raises NotOurs and NoRoom before anything is written, OSError when the disk fails."""
    report = Report()
    output = Output(plan.folder)
    before = output.claim()
    plan = _with_menu(plan, before)
    after = plan.manifest
    expected = estimate(plan, output, before)
    progress.begin(expected.pages, expected.size, len(plan.locales))
    _refuse_without_room(expected, output)
    output.record(before | after)
    with _pool(plan, jobs) as results, progress:
        for done in results:
            report.add(done)
            progress.advance(done.task.locale, done.pages, done.size)
            if done.task == Task(done.task.locale, plan.blocks[-1]):
                output.publish(done.task.locale)
    for file in Builder(plan.project, plan.project.settings.default_locale, plan.menu).root():
        report.add(Done(Task("", None), 1, output.write(*file), len(file.data)))
    output.publish("assets")
    if plan.whole:
        for page, data in plan.sitemaps:
            report.add(Done(Task("", None), 1, output.write(page.path, data), len(data)))
    if plan.whole:
        report.removed = output.remove(before - after)
    output.record(after if plan.whole else before | after)
    report.seconds = monotonic() - report.started
    return report


def estimate(plan: Plan, output: Output, before: Manifest) -> Estimate:
    """Pages and bytes to come, from a sample of stamped pages of every locale."""
    per_locale = sum(len(span) for span in plan.spans)
    _, _, unit = output.room()
    pages = size = new = taken = 0
    for tag in plan.locales:
        builder = Builder(plan.project, tag, plan.menu)
        ports = [port for port in _SAMPLES if any(port in span for span in plan.spans)] or [plan.spans[0].first]
        sizes = [len(builder.port(port)) for port in ports]
        sizes_on_disk = sum(math.ceil(s / unit) * unit for s in sizes) / len(sizes)
        missing = max(0, per_locale - before.below(tag))
        pages += per_locale
        new += missing
        size += int(per_locale * sum(sizes) / len(sizes))
        taken += int(missing * sizes_on_disk * _MARGIN)
    return Estimate(pages, size, new, taken)


def _refuse_without_room(expected: Estimate, output: Output) -> None:
    free, files, _ = output.room()
    if expected.taken > free:
        needed, there = (f"{size / 1e6:,.0f} MB" for size in (expected.taken, free))
        raise NoRoom(f"{expected.new:,} new pages take about {needed}, but only {there} are free for {output.folder}")
    if files is not None and expected.new * 1.02 > files:
        raise NoRoom(f"{expected.new:,} new files are needed, but only {files:,} more can be made for {output.folder} (inodes)")


def _with_menu(plan: Plan, before: Manifest) -> Plan:
    """Pages link to the locales that are built or were built before; a whole build drops the others."""
    published = {tag for tag in plan.project.locales if before.below(tag)} if not plan.whole else set()
    menu = tuple(tag for tag in plan.project.locales if tag in plan.locales or tag in published)
    return Plan(plan.project, plan.folder, plan.locales, plan.spans, menu, plan.whole)


# Work in processes. A process keeps one builder: tasks come locale by locale.

_plan: Plan
_output: Output
_builder: Builder | None


def _begin(plan: Plan, in_child: bool = True) -> None:
    global _plan, _output, _builder
    _plan, _output, _builder = plan, Output(plan.folder), None
    gc.freeze()  # the project is no garbage, and there is a lot of it to look through
    if in_child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C


def _work(task: Task) -> Done:
    global _builder
    if _builder is None or _builder.locale.tag != task.locale:
        _builder = Builder(_plan.project, task.locale, _plan.menu)
    files: Iterable[File] = _builder.block(task.block, _plan.spans) if task.block else _builder.singles()
    pages = changed = size = 0
    for path, data in files:
        changed += _output.write(path, data)
        pages += 1
        size += len(data)
    return Done(task, pages, changed, size)


@contextmanager
def _pool(plan: Plan, jobs: int) -> Iterator[Iterator[Done]]:
    """Results of all tasks in order, from ``jobs`` processes; one job needs no process but ours."""
    if jobs == 1:
        _begin(plan, in_child=False)
        yield map(_work, plan.tasks)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    executor = ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _begin, (plan,))
    try:
        yield executor.map(_work, plan.tasks, chunksize=2)
    finally:
        executor.shutdown(cancel_futures=True)


def default_jobs() -> int:
    """A process for every processor that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def selection(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, merged."""
    return tuple(merge(spans))
