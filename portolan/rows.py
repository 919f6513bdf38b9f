"""What the index page of a block tells of its ports. It follows from the registry alone, and all languages share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from markupsafe import Markup, escape

from portolan.answer import answer
from portolan.chart import colour
from portolan.pages import Block
from portolan.ports import Chart, Segment

_FOLDED = 3  # so many neighbours of which the same is to be told share a line
_USES = 3  # the likeliest programs that a line names


class Look(NamedTuple):
    """All that the template of a line may branch on; ``articles`` are slugs."""

    status: str | None
    named: bool
    used: bool
    articles: tuple[str, ...]


class Row(NamedTuple):
    """Neighbouring ports of which the same is told: ``values``, escaped UTF-8, fill the holes of their lines, and each of
    ``numbers`` the last hole. Many neighbours are ``folded`` into one line."""

    look: Look
    values: dict[str, bytes]
    numbers: Sequence[bytes]

    @property
    def folded(self) -> bool:
        return len(self.numbers) >= _FOLDED


class Run(NamedTuple):
    """Neighbouring ports that have a colour of the chart in common."""

    colour: str
    numbers: Sequence[bytes]


class Told(NamedTuple):
    """What a page tells, in the order of the ports. All ports of a block lie in the same range."""

    range_id: str
    rows: tuple[Row, ...]
    runs: tuple[Run, ...]


def told_by(chart: Chart) -> Callable[[Block], Told]:
    """What the page of each block of a chart tells; worked out once."""
    known: dict[Block, Told] = {}

    def told(block: Block) -> Told:
        if block not in known:
            known[block] = _told(chart, block)
        return known[block]

    return told


def _told(chart: Chart, block: Block) -> Told:
    printed = [b"%d" % number for number in block.ports]
    rows: list[Row] = []
    colours = []
    for segment in chart.within(block.first, block.last):
        within = segment.within(block.first, block.last)
        numbers = printed[within[0] - block.first : within[-1] + 1 - block.first]
        row = Row(*_said(chart, segment), numbers)
        if rows and rows[-1][:2] == row[:2]:
            rows[-1] = row._replace(numbers=[*rows[-1].numbers, *numbers])
        else:
            rows.append(row)
        colours += [colour(segment)] * len(numbers)
    runs = groupby(zip(colours, printed, strict=True), key=itemgetter(0))
    shown = tuple(Run(found, [number for _, number in run]) for found, run in runs)
    return Told(next(chart.within(block.first, block.last)).range.id, tuple(rows), shown)


def _said(chart: Chart, segment: Segment) -> tuple[Look, dict[str, bytes]]:
    """What a line tells of the ports of a segment."""
    values = dict(_values(chart, segment))
    look = Look(segment.status, "names" in values, "uses" in values, segment.articles)
    return look, values


def _values(chart: Chart, segment: Segment) -> Iterator[tuple[str, bytes]]:
    """IANA's names, and the programs that are met, likeliest first."""
    if segment.names:
        yield "names", Markup(", ").join(segment.names).encode()
    if segment.uses and (uses := answer(segment, chart.said(segment)).uses):
        names = dict.fromkeys(use.name for use in uses)
        more = ", …" if len(names) > _USES else ""
        yield "uses", (Markup(", ").join(list(names)[:_USES]) + escape(more)).encode()
