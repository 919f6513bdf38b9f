"""Can this port serve my own program? A verdict computed from the facts, with its reasons."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from portolan.ports import Segment
from portolan.registry.types import Assignment

Level = Literal["good", "fair", "poor", "no"]

# What speaks against a port, and how much. Only the order of the sums matters: it ranks ports, it measures nothing.
# Each reason's sentence is content/verdict/<reason>.md.
_WEIGHTS = {
    "zero": 100,
    "system": 40,
    "assigned": 30,
    "dynamic": 30,
    "reserved": 25,
    "deregistered": 25,
    "blocked": 20,
    "pool-main": 20,
    "used": 20,
    "squatted": 10,
    "pool-nodeport": 15,
    "abuse": 5,
    "spread": 5,
    "pool-other": 2,
    "unassigned": 0,
}
_PORTS_IN_NOTE = re.compile(r"\b(\d{2,5})(?:-(\d{2,5}))?\b")
_MAIN_POOLS = frozenset({"linux", "windows", "macos"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reasons`` are ordered from the weightiest; ``better`` are the nearest good ports, empty for a good one."""

    level: Level
    reasons: tuple[str, ...]
    better: tuple[int, ...]


class Judge:
    """Judges segments; knows where the good ports lie."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        good = [segment for segment in segments if level(segment) == "good"]
        self._firsts = [segment.first for segment in good]
        self._lasts = [segment.last for segment in good]

    def verdict(self, segment: Segment) -> Verdict:
        """The verdict on every port of a segment."""
        found = level(segment)
        better = () if found == "good" else self.nearest(segment)
        return Verdict(found, tuple(sorted(reasons(segment), key=lambda r: (-_WEIGHTS[r], r))), better)

    def nearest(self, segment: Segment) -> tuple[int, ...]:
        """The nearest good port on either side of a segment."""
        return tuple(self._nearest(segment))

    def _nearest(self, segment: Segment) -> Iterator[int]:
        below = bisect_left(self._lasts, segment.first) - 1
        if below >= 0:
            yield self._lasts[below]
        above = bisect_left(self._firsts, segment.last + 1)
        if above < len(self._firsts):
            yield self._firsts[above]


def level(segment: Segment) -> Level:
    """The verdict in a word."""
    weight = sum(_WEIGHTS[reason] for reason in reasons(segment))
    return "good" if weight < 5 else "fair" if weight <= 25 else "poor" if weight <= 60 else "no"


def reasons(segment: Segment) -> Iterator[str]:
    """What there is to say for and against, each once."""
    if segment.last == 0:
        yield "zero"
    if segment.range.id != "user":
        yield segment.range.id
    if segment.status:
        yield segment.status
    yield from _pool_reasons(segment)
    kinds = {use.kind for use in segment.uses}
    if kinds - {"range"}:
        yield "used"
    if "range" in kinds:
        yield "spread"
    if any(_squatted(assignment, segment) for assignment in segment.assignments):
        yield "squatted"
    if segment.blocked:
        yield "blocked"
    if segment.abuse:
        yield "abuse"


def _squatted(assignment: Assignment, segment: Segment) -> bool:
    """Whether IANA's note is about these very ports: on a span it may name single ones, and once it names another port."""
    if not assignment.unauthorized:
        return False
    named = [(int(first), int(last or first)) for first, last in _PORTS_IN_NOTE.findall(assignment.unauthorized)]
    return not named or any(first <= segment.first and segment.last <= last for first, last in named)


def _pool_reasons(segment: Segment) -> Iterator[str]:
    pools = [pool for pool in segment.pools if pool.current]
    if any(pool.id in _MAIN_POOLS for pool in pools):
        yield "pool-main"
    elif any(pool.kind == "system" for pool in pools):
        yield "pool-other"
    if any(pool.id == "kubernetes-nodeport" for pool in pools):
        yield "pool-nodeport"
