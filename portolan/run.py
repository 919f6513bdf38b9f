"""A run: find out what is stale, estimate, build with a pool of processes, publish, clean up, report."""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec

from portolan.manifest import NONE, Manifest, file_digest, merge
from portolan.output import Output
from portolan.pool import Pool
from portolan.progress import Progress
from portolan.project import Project
from portolan.reasons import Scope, State, reason
from portolan.registry.types import PORTS, Span
from portolan.work import Done, Plan, Task, Work, root_files

_SAMPLES = range(3575, PORTS, 7151)  # a prime stride: ports of all ranges
_SHARING = 3
_FEW = 4096  # so few pages need no estimate: they take this much at most
_MOST = 32 * 1024
_MARGIN = 1.1
_MANY = 20_000  # pages: so many need most of the outlines
_WORTH_A_POOL = 600  # pages: fewer are made sooner than processes are started


class NoRoom(Exception):
    """The disk can't hold what the run would write."""


class Estimate(NamedTuple):
    """What a run will make: ``taken`` are the bytes that the new files take up on this disk."""

    pages: int
    size: int
    new: int
    taken: int


@dataclass
class Report:
    """What a run did, or would do."""

    reason: str = ""
    scope: str = ""
    pages: int = 0
    size: int = 0
    written: int = 0
    changed: Manifest = field(default_factory=Manifest)
    removed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    started: float = field(default_factory=monotonic)

    def __str__(self) -> str:
        if not self.reason:
            return f"nothing changed, {self.seconds:,.1f} s"
        removed = f", {len(self.removed):,} removed" if self.removed else ""
        return f"{self.reason}: {self.scope}, {self.pages:,} pages made, {self.written:,} files written{removed}, {self.seconds:,.1f} s"


def run(plan: Plan, jobs: int, progress: Progress, dry: bool = False, clean: bool = False) -> Report:
    """Bring the plan's folder up to date. ``clean`` trusts no record and makes every page; ``dry`` only reports.

    Raises NotOurs, Busy and NoRoom before anything is written, OSError when the disk fails, WorkerDied.
    """
    output = Output(plan.folder)
    output.claim()
    if dry:
        return _Run(plan, output, jobs, progress, dry, clean).report()
    with output.locked():
        return _Run(plan, output, jobs, progress, dry, clean).report()


def mend(project: Project, folder: Path, paths: Iterable[str], jobs: int) -> Report:
    """Write files again that were damaged, by a run like the one before. Raises as ``run`` does."""
    output = Output(folder)
    was = State.read(output.state)
    plan = was.plan(project, folder)
    with output.locked():
        output.doubt(paths)
        msgspec.structs.replace(was, finished=False).keep(output.state)
    return run(plan, jobs, Progress())


class _Run:
    def __init__(self, plan: Plan, output: Output, jobs: int, progress: Progress, dry: bool, clean: bool) -> None:
        self.output, self.jobs, self.progress, self.dry, self.clean = output, jobs, progress, dry, clean
        self.before = output.claim()
        self.plan = _with_menu(plan, self.before)
        self.place = output.state
        self.done = Report()

    def report(self) -> Report:
        """Do it all."""
        was, will_be = State.read(self.place), State.of(self.plan)
        if was == will_be and not self.clean:
            return self._ended()
        lost = self._forget_what_is_lost()
        work = Work(self.plan, self.output, self.dry)
        scope = _stale(work, lost | was.reached(will_be))
        if scope.pages > _MANY:
            self.plan.project.outlines.complete()  # before the estimate: what it cuts is known again by the outlines
        after = self.plan.manifest
        self.done.reason, self.done.scope = reason(was, will_be), str(scope)
        self._begin(work, scope, after, was, will_be)
        with _results(work, scope, self.jobs) as results, self.progress:
            self._collect(scope, results)
        self._root()
        if self.plan.whole:
            gone = self.before - after
            self.done.removed = [path for path in gone if (self.plan.folder / path).exists()] if self.dry else list(self.output.remove(gone))
        if not self.dry:
            self._end(after, will_be)
        return self._ended()

    def _begin(self, work: Work, scope: Scope, after: Manifest, was: State, will_be: State) -> None:
        expected = _estimate(work, scope)
        if expected.pages > _WORTH_A_POOL:
            self.progress.begin(expected.pages, expected.size, len(self.plan.locales))
        if not self.dry:
            _refuse_without_room(expected, self.output)
            self.output.record(self.before | after)
            msgspec.structs.replace(was, finished=False).keep(self.place)

    def _collect(self, scope: Scope, results: Iterator[Done]) -> None:
        left = {tag: sum(task.locale == tag for task in scope.tasks) for tag in self.plan.locales}
        changed = []
        self._publish(tag for tag, tasks in left.items() if not tasks)
        for done in results:
            self.done.pages += done.pages
            self.done.size += done.size
            self.done.written += done.written
            changed.append(done.changed)
            self.progress.advance(done.task.locale, done.pages, done.size)
            if done.task.locale:
                left[done.task.locale] -= 1
                if not left[done.task.locale]:
                    self._publish([done.task.locale])
                    self.progress.finish(done.task.locale)
        self.done.changed = Manifest.union(changed)

    def _publish(self, trees: Iterable[str]) -> None:
        if not self.dry:
            for tree in trees:
                self.output.publish(tree)

    def _root(self) -> None:
        """The files outside all locales."""
        known = self.output.records.pages("root")
        made = {}
        changed = []
        for file in root_files(self.plan):
            self.done.size += len(file.data)
            made[file.path] = NONE, file_digest(file.data)
            if self.output.differs(*file) if self.dry else self.output.write(*file):
                changed.append(file.path)
        self.done.written += len(changed)
        self.done.changed |= Manifest(changed)
        if not self.dry:
            self.output.note(Manifest(changed))
            self.output.publish("assets")
            if made != known:
                self.output.records.put_pages("root", {**known, **made} if not self.plan.whole else made)

    def _end(self, after: Manifest, will_be: State) -> None:
        if self.plan.whole:
            self.output.note(Manifest(), self.done.removed)
            names = {"root", *(task.locale or task.record for task in self.plan.tasks), *(Task(tag).record for tag in self.plan.locales)}
            self.output.forget_all_but(names)
        self.output.record(after if self.plan.whole else self.before | after)
        will_be.keep(self.place)

    def _ended(self) -> Report:
        self.done.seconds = monotonic() - self.done.started
        return self.done

    def _forget_what_is_lost(self) -> set[str]:
        """A folder that somebody deleted is made anew, whatever the records say. Gives the locales."""
        lost = {tag for tag in self.plan.locales if self.clean or self.output.is_lost(tag)}
        if not self.dry:
            for tag in lost:
                self.output.records.drop(tag)
                self.output.records.drop(Task(tag).record)
            for number in range(1, len(self.plan.sitemaps) + 1 if self.clean else 0):
                self.output.records.drop(Task("", None, number).record)
        return lost


def _stale(work: Work, reached: Container[str]) -> Scope:
    """What there is to make; only the locales that are ``reached`` can have any of it."""
    work.fingerprints.complete()
    found = [(task, work.stale(task)) for task in work.plan.tasks if not task.locale or task.locale in reached]
    return Scope([task for task, pages in found if pages], sum(pages for _, pages in found))


def _estimate(work: Work, scope: Scope) -> Estimate:
    """Pages and bytes to come: of many pages from a sample of stamped ones of every locale, of few the most that they can be."""
    plan, output = work.plan, work.output
    _, _, unit = output.room()
    before = output.claim()
    per_locale = sum(len(span) for span in plan.spans)
    samples = [port for port in _SAMPLES if any(port in span for span in plan.spans)] or [plan.spans[0].first]
    tags = list(dict.fromkeys(task.locale for task in scope.tasks if task.block))
    apart = min(len(tags), _SHARING, len(samples))  # locales share the samples, or else many would take long
    pages = size = new = taken = 0
    for at, tag in reversed([*enumerate(tags)]):  # the first comes last, and its builder goes on from here
        stale = min(per_locale, sum(len(task.block.ports) for task in scope.tasks if task.locale == tag and task.block))
        missing = max(0, per_locale - before.below(tag))
        sizes = [_MOST]
        if scope.pages > _FEW:
            sizes = [len(work.builder(tag).port(port)) for port in samples[at % apart :: apart]]
        pages += stale
        new += missing
        size += int(stale * sum(sizes) / len(sizes))
        taken += int(missing * sum(math.ceil(s / unit) * unit for s in sizes) / len(sizes) * _MARGIN)
    return Estimate(pages, size, new, taken)


def _refuse_without_room(expected: Estimate, output: Output) -> None:
    free, file_count, _ = output.room()
    if expected.taken > free:
        needed, there = (f"{size / 1e6:,.0f} MB" for size in (expected.taken, free))
        raise NoRoom(f"{expected.new:,} new pages take about {needed}, but only {there} are free for {output.folder}")
    if file_count is not None and expected.new * 1.02 > file_count:
        raise NoRoom(f"{expected.new:,} new files are needed, but only {file_count:,} more can be made for {output.folder} (inodes)")


def _with_menu(plan: Plan, before: Manifest) -> Plan:
    """Pages link to the locales that are built or were built before; a whole build drops the others."""
    published = {tag for tag in plan.project.locales if before.below(tag)} if not plan.whole else set()
    menu = tuple(tag for tag in plan.project.locales if tag in plan.locales or tag in published)
    return replace(plan, menu=menu)


@contextmanager
def _results(work: Work, scope: Scope, jobs: int) -> Iterator[Iterator[Done]]:
    """What comes of all tasks, from ``jobs`` processes; little work and one job need no process but ours."""
    if jobs == 1 or scope.pages <= _WORTH_A_POOL:
        yield map(work.do, scope.tasks)
        return
    with Pool[Task, Done](jobs, partial(_begin, work)) as pool:
        yield pool.results(_lanes(scope.tasks))


def _begin(work: Work) -> Callable[[Task], Done]:
    gc.freeze()  # what we were born with is no garbage: looking through it would only copy its memory
    return work.do


def _lanes(tasks: Iterable[Task]) -> Mapping[str, list[Task]]:
    lanes: dict[str, list[Task]] = {}
    for task in tasks:
        lanes.setdefault(task.lane, []).append(task)
    return lanes


def default_jobs() -> int:
    """A process for every processor that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def selection(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, merged."""
    return tuple(merge(spans))
