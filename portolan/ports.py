"""What is known of a port: facts, and the shape that its page has.

Ports between two neighbouring entries of the registry share everything but their number, so facts are kept by
*segment*: the longest run of ports that the same entries cover.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from portolan.registry.references import References
from portolan.registry.types import (
    PORTS,
    TRANSPORTS,
    Abuse,
    Assignment,
    Blocked,
    Pool,
    Range,
    Reach,
    Registry,
    Span,
    Stance,
    Status,
    Transport,
    Use,
    UseKind,
)


class _Covered(NamedTuple):  # thousands are made when anything is built, and a tuple sooner than a dataclass
    first: int
    last: int
    range: Range
    assignments: tuple[Assignment, ...]
    pools: tuple[Pool, ...]
    uses: tuple[Use, ...]
    abuse: tuple[Abuse, ...]
    blocked: Blocked | None
    articles: tuple[str, ...]


class Segment(_Covered):
    """The ports ``first`` to ``last``, all covered by the same entries."""

    def within(self, first: int, last: int) -> Sequence[int]:
        """Those of the ports that lie between ``first`` and ``last``."""
        return range(max(first, self.first), min(last, self.last) + 1)

    @cached_property
    def services(self) -> tuple[Assignment, ...]:
        """The assignments that give the port to something."""
        return tuple(a for a in self.assignments if a.status == "assigned")

    @cached_property
    def states(self) -> tuple[Assignment, ...]:
        """The records that give the port to nobody. IANA's sweeping "Unassigned" rows yield to any other record."""
        states = tuple(a for a in self.assignments if a.status != "assigned")
        return tuple(a for a in states if a.transports or a.status != "unassigned" or len(self.assignments) == 1)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The service names, each once."""
        return tuple(dict.fromkeys(a.name for a in self.services if a.name))

    @cached_property
    def status(self) -> Status | None:
        """IANA's status in a word: assigned if it is for any transport; ``None`` in the dynamic range, which has none."""
        found = {"unassigned" if a.status == "used" else a.status for a in self.assignments}
        order: tuple[Status, ...] = ("assigned", "reserved", "deregistered", "unassigned")
        return next((status for status in order if status in found), None)

    @cached_property
    def keeps_parity(self) -> bool:
        """Whether a pool that treats even and odd ports differently holds the ports."""
        return any(pool.parity and pool.current for pool in self.pools)


class Said(NamedTuple):
    """What the front matter of an article says of its ports."""

    kind: UseKind | None = None
    stance: Stance | None = None
    reach: Reach | None = None


NOTHING = Said()


class Facts(NamedTuple):
    """Everything known of one port."""

    number: int
    segment: Segment

    @property
    def pool_half(self) -> str | None:
        """Which half of a parity-keeping pool the port lies in: ``even`` or ``odd``; ``None`` outside such pools."""
        return ("odd" if self.number % 2 else "even") if self.segment.keeps_parity else None


class Chart:
    """The registry by port number. Coverage is total: every integer from 0 to 65535 lies in exactly one segment."""

    def __init__(
        self, registry: Registry, articles: Mapping[str, Iterable[Span]], cited_by: Mapping[str, frozenset[str]], said: Mapping[str, Said]
    ) -> None:
        """``articles`` maps slugs to the ports that show them, ``cited_by`` every document to the references that it cites,
        ``said`` slugs of articles to what they say of their ports."""
        self._said = said
        self.registry = registry
        self.articles = {slug: tuple(spans) for slug, spans in articles.items()}
        self.references = References(registry.references)
        self.cited_by = cited_by
        self.common = frozenset[str]().union(*(cited for slug, cited in cited_by.items() if slug not in articles))

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in ("segments", "_firsts")}  # sooner made than read

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments, in order."""
        return tuple(_segments(self.registry, self.articles))

    @cached_property
    def _firsts(self) -> list[int]:
        return [segment.first for segment in self.segments]

    def facts(self, number: int) -> Facts:
        """The facts of a port; ``ValueError`` for a number that is none."""
        if not 0 <= number < PORTS:
            raise ValueError(f"a port must lie between 0 and 65535, not {number}")
        return Facts(number, self.segments[bisect_right(self._firsts, number) - 1])

    def said(self, segment: Segment) -> Said:
        """What the first article of a segment's ports says of them."""
        return self.front(segment.articles[0]) if segment.articles else NOTHING

    def front(self, slug: str) -> Said:
        """What an article says of its ports."""
        return self._said.get(slug, NOTHING)

    def within(self, first: int, last: int) -> Iterator[Segment]:
        """The segments that have a port between ``first`` and ``last``."""
        at = bisect_right(self._firsts, first) - 1
        while at < len(self.segments) and self.segments[at].first <= last:
            yield self.segments[at]
            at += 1


def _segments(registry: Registry, articles: Mapping[str, Iterable[Span]]) -> Iterator[Segment]:
    kinds: list[list[tuple[Span, Any]]] = [
        [(entry.ports, entry) for entry in entries]
        for entries in (registry.ranges, registry.assignments, registry.pools, registry.uses, registry.abuse, registry.blocked)
    ]
    kinds.append([(span, slug) for slug, spans in articles.items() for span in spans])
    spans = [span for kind in kinds for span, _ in kind]
    edges = sorted({0, PORTS, *(span.first for span in spans), *(span.last + 1 for span in spans)})
    positions = {edge: at for at, edge in enumerate(edges)}
    covers = [_covers(kind, positions) for kind in kinds]
    for first, end, ranges, assignments, pools, uses, abuse, blocked, slugs in zip(edges, edges[1:], *covers, strict=False):
        blocking = blocked[0] if blocked else None
        yield Segment(first, end - 1, ranges[0], assignments, pools, uses, abuse, blocking, slugs)


def _covers(entries: list[tuple[Span, Any]], positions: Mapping[int, int]) -> list[tuple[Any, ...]]:
    """Which entries cover the segment that begins at each edge; ``positions`` numbers the edges."""
    cover: list[tuple[Any, ...]] = [()] * (len(positions) - 1)
    for span, entry in entries:
        for at in range(positions[span.first], positions[span.last + 1]):
            cover[at] += (entry,)
    return cover


def transports(assignments: Iterable[Assignment]) -> tuple[Transport, ...]:
    """The transports that the records name, in our order; a record that names none stands for TCP and UDP."""
    named = {t for a in assignments for t in (a.transports or ("tcp", "udp"))}
    return tuple(t for t in TRANSPORTS if t in named)
