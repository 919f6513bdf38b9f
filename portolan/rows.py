"""What the index page of a block tells of its ports. It follows from the registry alone, and all languages share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from markupsafe import Markup, escape

from portolan.chart import colour
from portolan.pages import Block
from portolan.ports import Chart, Segment
from portolan.registry.references import References, short_url
from portolan.registry.types import Use


class Look(NamedTuple):
    """All that the template of a line may branch on."""

    status: str | None
    named: bool
    uses: int


class Row(NamedTuple):
    """Ports of a segment: ``values``, escaped UTF-8, fill the holes of their lines, and each of ``numbers`` the last hole."""

    range_id: str
    look: Look
    values: dict[str, bytes]
    numbers: Sequence[bytes]


class Run(NamedTuple):
    """Neighbouring ports that have a colour of the chart in common."""

    colour: str
    numbers: Sequence[bytes]


class Told(NamedTuple):
    """What a page tells, in the order of the ports."""

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
    rows, colours = [], []
    for segment in chart.within(block.first, block.last):
        within = segment.within(block.first, block.last)
        numbers = printed[within[0] - block.first : within[-1] + 1 - block.first]
        values = dict(_values(segment, chart.references))
        rows.append(Row(segment.range.id, Look(segment.status, bool(segment.names), len(_met(segment))), values, numbers))
        colours += [colour(segment)] * len(numbers)
    runs = groupby(zip(colours, printed, strict=True), key=itemgetter(0))
    return Told(tuple(rows), tuple(Run(found, [number for _, number in run]) for found, run in runs))


def _met(segment: Segment) -> list[Use]:
    """The uses that are told: no wide ranges."""
    return [use for use in segment.uses if use.kind != "range"]


def _values(segment: Segment, references: References) -> Iterator[tuple[str, bytes]]:
    """Names, and what is met there, each with its first source."""
    if segment.names:
        yield "names", Markup(", ").join(segment.names).encode()
    for at, use in enumerate(_met(segment)):
        yield f"name.{at}", escape(use.name).encode()
        yield f"url.{at}", escape(short_url(references[use.references[0]].url)).encode()
