"""Can this port serve my own program? A verdict computed from the facts, and free ports to take instead."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from portolan.answer import MAIN_POOLS, Answer, answer
from portolan.ports import Segment
from portolan.registry.types import PORTS, Assignment

Level = Literal["yes", "only", "better-not", "no"]
SUGGESTED = 3  # numbers a port
STRIDE = 4  # of the table that holds them: with a zero behind them they fill eight bytes
_RANGE = 1000  # products that take one of so many ports don't make a number unfit
_LAST = 29_999  # nothing higher is suggested: NodePorts and the pools of Linux begin there
_NEAR = 100
_OFFSETS = (0, *(sign * step for step in (10, 20, 30, 50, 100, *range(1, 10)) for sign in (1, -1)))
_PORTS_IN_NOTE = re.compile(r"\b(\d{2,5})(?:-(\d{2,5}))?\b")


class Verdict(NamedTuple):
    """The verdict in a word, and the reason: ``content/verdict/<reason>.md`` says it in a sentence."""

    level: Level
    reason: str


class _Case(NamedTuple):
    """A segment, with what the rules ask of it."""

    segment: Segment
    answer: Answer
    pools: frozenset[str]

    @property
    def is_assigned(self) -> bool:
        return bool(self.segment.services or (self.segment.articles and self.answer.uses))


def verdict(segment: Segment) -> Verdict:
    """The verdict on every port of a segment: that of the first rule that holds."""
    case = _Case(segment, answer(segment), frozenset(pool.id for pool in segment.pools if pool.current))
    return next(found for found, holds in _RULES if holds(case))


# From the weightiest reason to none.
_RULES: tuple[tuple[Verdict, Callable[[_Case], object]], ...] = (
    (Verdict("no", "zero"), lambda case: case.segment.last == 0),
    (Verdict("only", "development"), lambda case: case.answer.uses and case.answer.uses[0].kind == "development"),
    (Verdict("only", "assigned"), lambda case: case.is_assigned),
    (Verdict("no", "system"), lambda case: case.segment.range.id == "system"),
    (Verdict("only", "used"), lambda case: case.answer.uses),
    (Verdict("better-not", "dynamic"), lambda case: case.segment.range.id == "dynamic"),
    (Verdict("better-not", "reserved"), lambda case: case.segment.status == "reserved"),
    (Verdict("better-not", "deregistered"), lambda case: case.segment.status == "deregistered"),
    (Verdict("better-not", "blocked"), lambda case: case.segment.blocked),
    (Verdict("better-not", "pool"), lambda case: case.pools & set(MAIN_POOLS)),
    (Verdict("better-not", "nodeport"), lambda case: "kubernetes-nodeport" in case.pools),
    (Verdict("better-not", "squatted"), lambda case: any(squatted(a, case.segment) for a in case.segment.assignments)),
    (Verdict("better-not", "abuse"), lambda case: case.segment.abuse),
    (Verdict("yes", "spanned"), lambda case: case.answer.wide),
    (Verdict("yes", "free"), lambda case: True),
)


def squatted(assignment: Assignment, segment: Segment) -> bool:
    """Whether IANA's note of unauthorized use is about these very ports: it may name single ones, or none."""
    if not assignment.unauthorized:
        return False
    found = _PORTS_IN_NOTE.findall(assignment.unauthorized)
    named = [(int(first), int(last or first)) for first, last in found]
    return not named or any(first <= segment.first and segment.last <= last for first, last in named)


class Suggestions:
    """Three free numbers for each port: the nearest with free neighbours, and those that share its last digits."""

    def __init__(self, free: bytes) -> None:
        """``free`` has a byte for each port (``free_ports``)."""
        roomy = bytes(a & b & c for a, b, c in zip(b"\0" + free[:-1], free, free[1:] + b"\0", strict=True))
        rounds = bytes(flag and not at % 10 for at, flag in enumerate(roomy))
        near = [of_round or of_any for of_round, of_any in zip(_nearest(rounds), _nearest(roomy), strict=True)]
        alike = [_alike(number, free) for number in range(10_000)]
        self.numbers = array("H")
        for number in range(PORTS):
            found = [near[number], *(at for at in alike[number % 10_000] if at != number)]
            chosen = [at for at in dict.fromkeys(found) if at][:SUGGESTED]
            self.numbers.extend(chosen + [0] * (STRIDE - len(chosen)))

    def of(self, number: int) -> tuple[int, ...]:
        """The numbers suggested on the page of a port; zeros in the end where so few are free at all."""
        return tuple(self.numbers[number * STRIDE : number * STRIDE + SUGGESTED])


def free_ports(segments: Sequence[Segment]) -> bytes:
    """A byte for each port: 1 where nothing that we know of has it."""
    free = bytearray(PORTS)
    for segment in segments:
        if _free(segment):
            free[segment.first : segment.last + 1] = bytes([1]) * (segment.last - segment.first + 1)
    return bytes(free)


def _free(segment: Segment) -> bool:
    """Whether nothing that we know of has the ports of a segment."""
    return (
        segment.range.id == "user"
        and segment.last <= _LAST
        and segment.status == "unassigned"
        and not segment.services
        and not segment.abuse
        and not segment.blocked
        and not segment.articles
        and not any(len(use.ports) < _RANGE for use in segment.uses)
        and not any(squatted(assignment, segment) for assignment in segment.assignments)
        and not any(pool.id in MAIN_POOLS for pool in segment.pools)
    )


def _alike(digits: int, free: bytes) -> list[int]:
    """Free numbers with the same last four digits and 1 or 2 in front, as administrators choose them, or near those; then,
    should these be the number itself or its nearest, as many more of the same."""
    first: list[int] = []
    more: list[int] = []
    for base in (10_000 + digits, 20_000 + digits):
        found = [base + offset for offset in _OFFSETS if 1024 <= base + offset <= _LAST and free[base + offset]][: SUGGESTED + 1]
        first += found[:1]
        more += found[1:]
    if len(first + more) <= SUGGESTED:  # a crowded neighbourhood: the next ones up, then down
        more += islice(_up(10_000 + digits, free), SUGGESTED + 1)
        more += islice(_down(10_000 + digits, free), SUGGESTED + 1)
    return first + more


def _up(number: int, free: bytes) -> Iterator[int]:
    """The free numbers from ``number`` on."""
    while (number := free.find(1, number, _LAST + 1)) >= 0:
        yield number
        number += 1


def _down(number: int, free: bytes) -> Iterator[int]:
    """The free numbers from ``number`` down."""
    while (number := free.rfind(1, 1025, number + 1)) >= 0:
        yield number
        number -= 1


def _nearest(flags: bytes) -> list[int]:
    """For each port the nearest other one with a flag, no farther than ``_NEAR``; 0 where there is none."""
    below, above = _last_flag(flags), [-at for at in reversed(_last_flag(flags[::-1], -(PORTS - 1)))]
    found = []
    for number, (low, high) in enumerate(zip(below, above, strict=True)):
        choices = [at for at in (low, high) if at > 0 and abs(at - number) <= _NEAR]
        found.append(min(choices, key=lambda at: abs(at - number), default=0))
    return found


def _last_flag(flags: bytes, offset: int = 0) -> list[int]:
    """For each place the last flag before it, counted from ``offset``; 0 where there was none."""
    found, last = [], 0
    for at, flag in enumerate(flags):
        found.append(last)
        if flag:
            last = at + offset
    return found
