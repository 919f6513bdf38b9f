"""How much a run will make, and whether there is room for it."""

from __future__ import annotations

import math
from typing import NamedTuple

from portolan.manifest import Manifest
from portolan.output import Output
from portolan.reasons import Scope
from portolan.registry.types import PORTS
from portolan.work import Work

_SAMPLES = range(3575, PORTS, 7151)  # a prime stride: ports of all ranges
_SHARING = 3
_FEW = 4096  # so few pages need no estimate: they take this much at most
_MOST = 32 * 1024
_MARGIN = 1.1


class NoRoom(Exception):
    """The disk can't hold what the run would write."""


class Estimate(NamedTuple):
    """What a run will make: ``taken`` are the bytes that the new files take up on this disk."""

    pages: int
    size: int
    new: int
    taken: int


def estimate(work: Work, scope: Scope, before: Manifest) -> Estimate:
    """Pages and bytes to come.

    Of many pages from a sample of stamped ones of every locale, of few the most that they can be.
    """
    plan, output = work.plan, work.output
    _, _, unit = output.room()
    per_locale = sum(len(span) for span in plan.spans)
    samples = [port for port in _SAMPLES if any(port in span for span in plan.spans)] or [
        plan.spans[0].first
    ]
    tags = list(dict.fromkeys(task.locale for task in scope.tasks if task.block))
    apart = min(
        len(tags), _SHARING, len(samples)
    )  # locales share the samples, or else many would take long
    pages = size = new = taken = 0
    for at, tag in reversed(
        [*enumerate(tags)]
    ):  # the first comes last, and its builder goes on from here
        stale = min(
            per_locale,
            sum(len(task.block.ports) for task in scope.tasks if task.locale == tag and task.block),
        )
        missing = max(0, per_locale - before.below(tag))
        sizes = [_MOST]
        if scope.pages > _FEW:
            sizes = [len(work.builder(tag).port(port)) for port in samples[at % apart :: apart]]
        pages += stale
        new += missing
        size += int(stale * sum(sizes) / len(sizes))
        taken += int(
            missing * sum(math.ceil(s / unit) * unit for s in sizes) / len(sizes) * _MARGIN
        )
    return Estimate(pages, size, new, taken)


def refuse_without_room(expected: Estimate, output: Output) -> None:
    """Raise NoRoom when the disk can't hold what is to come."""
    free, file_count, _ = output.room()
    if expected.taken > free:
        needed, there = (f"{size / 1e6:,.0f} MB" for size in (expected.taken, free))
        raise NoRoom(
            f"{expected.new:,} new pages take about {needed}, but only {there} are free for {output.folder}"
        )
    if file_count is not None and expected.new * 1.02 > file_count:
        raise NoRoom(
            f"{expected.new:,} new files are needed, but only {file_count:,} more can be made for {output.folder} (inodes)"
        )
