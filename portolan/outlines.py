"""The outlines of ports' pages: all languages share them, and so do the ports of a segment, so each is worked out once."""

from __future__ import annotations

from collections.abc import Hashable

from portolan import view
from portolan.cache import Cache
from portolan.ports import Chart, Facts, Segment
from portolan.registry.types import PORTS
from portolan.view import Outline, Shape

_EDGES = {0: -1, PORTS - 1: -2}  # the ports that lack a neighbour
_Known = dict[tuple[int, int], Outline]


class Outlines:
    """The outline of every port of a chart."""

    def __init__(self, chart: Chart, cache: Cache, digest: bytes) -> None:
        """``digest`` (16 bytes) names all that the outlines follow from: under it they are kept in ``cache``."""
        self._chart, self._cache, self._digest = chart, cache, digest
        self._known: _Known = {}
        self._shapes: dict[Shape, Shape] = {}  # each once, and so their fields: identity tells them apart
        self._fields: dict[tuple[str, Hashable], tuple[str, Hashable]] = {}
        self._complete = False

    def __call__(self, facts: Facts) -> Outline:
        """The outline of a port's page."""
        key = facts.segment.first, variant(facts.number, facts.segment.keeps_parity)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._outline(facts)
        return found

    def complete(self) -> None:
        """Have all of them at hand, from the cache if it has them: for those who need most of them."""
        if not self._complete:
            self._complete = True
            self._known = self._cache.made("outlines", self._digest, self._all)

    def _all(self) -> _Known:
        for segment in self._chart.segments:
            for number in examples(segment):
                self(Facts(number, segment))
        return self._known

    def _outline(self, facts: Facts) -> Outline:
        outline = view.outline(view.document(self._chart, facts))
        shape = view.Fields(tuple([self._fields.setdefault(field, field) for field in outline.shape.items]))
        return outline._replace(shape=self._shapes.setdefault(shape, shape))


def variant(number: int, parity: bool) -> int:
    """Which of a segment's outlines a port has: there are several where halves of a pool differ, and at both ends of all ports."""
    return _EDGES.get(number, number & parity)


def examples(segment: Segment) -> list[int]:
    """A port for every outline of a segment."""
    numbers = sorted({segment.first, segment.first + 1, segment.first + 2, segment.last})
    return sorted({variant(number, segment.keeps_parity): number for number in numbers if number <= segment.last}.values())
