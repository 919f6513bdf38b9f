"""A run: find out what is stale, estimate, build with a pool of processes, publish, clean up, report."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec

from portolan.blocks import File
from portolan.estimate import estimate, refuse_without_room
from portolan.files import is_file
from portolan.manifest import Manifest, merge
from portolan.output import Output
from portolan.pool import Pool
from portolan.progress import Progress
from portolan.project import Project
from portolan.reasons import Scope, State, plural, reason
from portolan.records import NONE, file_digest
from portolan.registry.types import Span
from portolan.work import Done, Plan, Task, Work, root_files

_MANY = 20_000  # pages: so many need most of the outlines
_NOTABLE = 0.01  # the share of files that never goes unless somebody says so
_WORTH_A_POOL = 600  # pages: fewer are made sooner than processes are started


class Loss(Exception):
    """The run would remove so much that somebody has to say that it is meant."""


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
    refused: str = ""
    dry: bool = False
    seconds: float = 0.0
    started: float = field(default_factory=monotonic)

    def __str__(self) -> str:
        if not self.reason:
            return f"nothing changed, {self.seconds:,.1f} s"
        removed = f", {len(self.removed):,} removed" if self.removed else ""
        files = plural(self.written, "file")
        done = f"{plural(self.pages, 'page')} made, {files} written{removed}"
        if self.dry:
            done = f"{files} would be written{removed}; nothing was"
        return f"{self.reason}: {self.scope}, {done}, {self.seconds:,.1f} s"


def run(
    plan: Plan,
    jobs: int,
    progress: Progress,
    dry: bool = False,
    clean: bool = False,
    allow_removal: bool = False,
) -> Report:
    """Bring the plan's folder up to date. ``clean`` trusts no record and makes every page; ``dry`` only reports.

    Raises NotOurs, Damaged, Busy, NoRoom and, unless removals are allowed, Loss before anything is written; OSError when the
    disk fails, Obstacle where something stands in the way, WorkerDied.
    """
    output = Output(plan.folder, dry)
    output.claim(adopt=clean)
    choices = _Choices(dry, clean, allow_removal)
    if dry:
        return _Run(plan, output, jobs, progress, choices).report()
    if clean:
        output.set_right()
    with output.locked():
        return _Run(plan, output, jobs, progress, choices).report()


def mend(project: Project, folder: Path, paths: Iterable[str], jobs: int) -> Report:
    """Write files again that were damaged, by a run like the one before. Raises as ``run`` does."""
    output = Output(folder)
    was = State.read(output.state)
    plan = was.plan(project, folder)
    with output.locked():
        output.records.doubt(paths)
        msgspec.structs.replace(was, finished=False).keep(output.state)
    return run(plan, jobs, Progress())


class _Choices(NamedTuple):
    """What a person chose for a run."""

    dry: bool
    clean: bool
    allow_removal: bool


class _Run:
    def __init__(self, plan: Plan, output: Output, jobs: int, progress: Progress, choices: _Choices) -> None:
        self.output, self.jobs, self.progress = output, jobs, progress
        self.dry, self.clean, self.allow_removal = choices
        self.before = output.claim(adopt=self.clean)
        self.plan = _with_menu(plan, self.before)
        self.place = output.state
        self.done = Report(dry=self.dry)
        self.root: dict[str, tuple[bytes, bytes]] = {}

    def report(self) -> Report:
        """Do it all."""
        was, will_be = State.read(self.place), State.of(self.plan)
        missing = self._missing()
        if was == will_be and not self.clean and not missing:
            return self._ended()
        after = self.plan.manifest
        gone = [*(self.before - after)] if self.plan.whole else []
        gone.sort(key=lambda path: path.startswith("assets/"))  # pages that go need them to the end
        self._refuse_loss(gone, after)
        lost = self._forget_what_is_lost(missing)
        work = Work(self.plan, self.output, self.dry)
        scope = _stale(work, lost | was.reached(will_be))
        if scope.pages > _MANY:
            self.plan.project.outlines.complete()  # before the estimate: what it cuts is known again by the outlines
        self.done.reason, self.done.scope = reason(was, will_be, len(missing)), str(scope)
        self._begin(work, scope, after, was)
        files = [*root_files(self.plan)]
        assets = {*self.plan.project.asset_paths.values()}
        self._root([file for file in files if file.path in assets])  # pages need them
        self._publish(["assets"])
        with _results(work, scope, self.jobs) as results, self.progress:
            self._collect(scope, results)
        self._root([file for file in files if file.path not in assets])
        self._remove(gone)
        if not self.dry:
            self._end(after, will_be)
        return self._ended()

    def _missing(self) -> list[str]:
        """The files that somebody took away; those of trees that are on their way were never there."""
        missing = self.output.presence.missing(self.before)
        growing = {tree for path in missing if self.output.is_growing(tree := path.partition("/")[0])}
        return [path for path in missing if path.partition("/")[0] not in growing]

    def _refuse_loss(self, gone: Sequence[str], after: Manifest) -> None:
        """Raise Loss when a language or many pages would go, and nobody said that they may."""
        told = _loss(self.before, after, gone)
        if told and not self.allow_removal:
            self.done.refused = f"{told} would be removed; say --allow-removal if that is meant"
            if not self.dry:
                raise Loss(self.done.refused)

    def _begin(self, work: Work, scope: Scope, after: Manifest, was: State) -> None:
        expected = estimate(work, scope, self.before)
        if expected.pages > _WORTH_A_POOL:
            self.progress.begin(expected.pages, expected.size, len(self.plan.locales))
        if not self.dry:
            refuse_without_room(expected, self.output)
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
        self.done.changed |= Manifest.union(changed)

    def _publish(self, trees: Iterable[str]) -> None:
        if not self.dry:
            for tree in trees:
                self.output.publish(tree)

    def _root(self, made: Sequence[File]) -> None:
        """Files outside all locales."""
        changed = Manifest(file.path for file in made if self.output.differs(*file))
        self.done.size += sum(len(file.data) for file in made)
        self.done.written += len(changed)
        self.done.changed |= changed
        self.root |= {file.path: (NONE, file_digest(file.data)) for file in made}
        if not self.dry:
            self.output.pending.note(changed)
            for file in made:
                self.output.write(*file)

    def _remove(self, gone: Sequence[str]) -> None:
        if self.dry:
            self.done.removed = [path for path in gone if is_file(self.plan.folder / path)]
        elif gone:
            self.output.pending.note(Manifest(gone))
            self.done.removed = list(self.output.remove(gone))

    def _end(self, after: Manifest, will_be: State) -> None:
        records = self.output.records
        known = records.pages("root")
        root = self.root if self.plan.whole else known | self.root
        if root != known:
            records.put_pages("root", root)
        if self.plan.whole:
            names = {"root", *(task.locale or task.record for task in self.plan.tasks), *(Task(tag).record for tag in self.plan.locales)}
            self.output.forget_all_but(names)
        there = after if self.plan.whole else self.before | after
        self.output.record(there)
        self.output.presence.keep(there)
        will_be.keep(self.place)

    def _ended(self) -> Report:
        self.done.seconds = monotonic() - self.done.started
        return self.done

    def _forget_what_is_lost(self, missing: Iterable[str]) -> set[str]:
        """What somebody took away is made anew, whatever the records say. Gives the locales."""
        records = self.output.records
        lost = {tag for tag in self.plan.locales if self.clean or self.output.is_lost(tag)}
        for tag in lost:
            records.drop(tag)
            records.drop(Task(tag).record)
        for number in range(1, len(self.plan.sitemaps) + 1 if self.clean else 0):
            records.drop(Task("", None, number).record)
        trees = {path: path.partition("/")[0] for path in missing}
        records.doubt(path for path, tree in trees.items() if tree not in lost)
        return lost | {*trees.values()}


def _stale(work: Work, reached: Container[str]) -> Scope:
    """What there is to make; only the locales that are ``reached`` can have any of it."""
    work.fingerprints.complete()
    found = [(task, work.stale(task)) for task in work.plan.tasks if not task.locale or task.locale in reached]
    return Scope([task for task, pages in found if pages], sum(pages for _, pages in found))


def _loss(before: Manifest, after: Manifest, gone: Sequence[str]) -> str:
    """What a run that removes ``gone`` takes away, in words, if that is a language or many pages."""
    tags = sorted(before.trees - after.trees) if gone else []
    if tags:
        return f"{', '.join(tags)} ({sum(map(before.below, tags)):,} files)"
    if len(gone) > len(before) * _NOTABLE:
        return f"{len(gone):,} of {len(before):,} files"
    return ""


def _with_menu(plan: Plan, before: Manifest) -> Plan:
    """Pages link to the locales that are built or were built before; a whole build drops the others. Drafts are linked where
    there is nothing else."""
    there = {tag for tag in plan.project.locales if before.below(tag)} if not plan.whole else set()
    menu = tuple(tag for tag in plan.project.published if tag in plan.locales or tag in there)
    return replace(plan, menu=menu or plan.locales)


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
