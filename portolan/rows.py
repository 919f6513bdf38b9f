"""What the index page of a block tells of each port: it follows from the port's segment alone, and all languages share it."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup, escape

from portolan.chart import colour
from portolan.ports import Chart, Segment
from portolan.registry.references import short_url


class Look(NamedTuple):
    """All that the template of a line may branch on."""

    status: str | None
    named: bool
    uses: int


class Row(NamedTuple):
    """What a block's page tells of each port of a segment: ``values``, escaped UTF-8, fill the holes of their lines."""

    colour: str
    look: Look
    values: dict[str, bytes]


class Rows:
    """The row of every segment of a chart."""

    def __init__(self, chart: Chart) -> None:
        self._references = chart.references
        self._known: dict[int, Row] = {}

    def __call__(self, segment: Segment) -> Row:
        """The row of a segment; of what is met there each with its first source, no wide ranges."""
        found = self._known.get(segment.first)
        if found is None:
            uses = [use for use in segment.uses if use.kind != "range"]
            values = {"names": Markup(", ").join(segment.names).encode()} if segment.names else {}
            for at, use in enumerate(uses):
                url = short_url(self._references[use.references[0]].url)
                values |= {f"name.{at}": escape(use.name).encode(), f"url.{at}": escape(url).encode()}
            found = self._known[segment.first] = Row(colour(segment), Look(segment.status, bool(segment.names), len(uses)), values)
        return found
