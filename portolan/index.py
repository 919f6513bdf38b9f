"""The index pages of blocks, stamped like port pages: a stencil for every kind of line, and one for the page around the lines.

What the lines tell is in ``rows``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import NamedTuple

from portolan.locales import Gaps
from portolan.pages import BLOCKS, Block, Page
from portolan.render import Sheet, Stock, context, drafted
from portolan.rows import Look, Told
from portolan.stencil import Fragment, Hole, Stencil

TEMPLATES = ("block.html", "cell.html", "line.html")
_PAGE, _CELL, _LINE = TEMPLATES


class _Each(NamedTuple):
    """What is printed once for every port; ``gaps``: what it lacks of a translation."""

    stencil: Stencil
    gaps: Gaps


class IndexPages:
    """The index pages of one locale."""

    def __init__(self, tag: str, told: Callable[[Block], Told], stocks: Mapping[str, Stock]) -> None:
        """``stocks`` are what the ``TEMPLATES`` draw on."""
        self._told, self._stocks = told, stocks
        self._page = Page("block", tag, Hole("block.key"))
        self._cells: dict[str, _Each] = {}
        self._lines: dict[Look, _Each] = {}
        self._pages: dict[tuple[object, ...], Stencil] = {}

    def page(self, block: Block) -> bytes:
        """The page of a block."""
        told = self._told(block)
        lines: dict[str, list[bytes]] = {}
        gaps = Gaps.NONE
        for range_id, look, values, numbers in told.rows:
            line = self._lines.get(look) or self._line(look)
            lines.setdefault(range_id, []).append(line.stencil.repeated(values, "number", numbers))
            gaps |= line.gaps
        cells: list[bytes] = []
        for colour, numbers in told.runs:
            cell = self._cells.get(colour) or self._cell(colour)
            cells.append(cell.stencil.repeated({}, "number", numbers))
            gaps |= cell.gaps
        shown = _with_neighbours(block)
        filled = {f"{role}.{name}": text for role, other in shown.items() for name, text in _texts(other).items()}
        filled |= {"cells": b"".join(cells)} | {_lines_of(id): b"".join(found) for id, found in lines.items()}
        return self._around(tuple(shown), tuple(lines), gaps).stamp(filled)

    def _around(self, roles: tuple[str, ...], ranges: tuple[str, ...], gaps: Gaps) -> Stencil:
        """The page around cells and lines; blocks that have the same ``roles`` and ``ranges`` share it."""
        found = self._pages.get((roles, ranges, gaps))
        if found is None:
            holes = {name: Hole(name) for name in ("cells", *map(_lines_of, ranges), *(f"{role}.{name}" for role in roles for name in _TEXTS))}
            values = {role: SimpleNamespace(**{name: holes[f"{role}.{name}"] for name in _TEXTS}) if role in roles else None for role in _ROLES}
            sections = [(id, holes[_lines_of(id)]) for id in ranges]
            stock = self._stocks[_PAGE]
            sheet = Sheet(self._page, stock, gaps=gaps)
            text = stock.environment.get_template(_PAGE).render(context(sheet, {**values, "cells": holes["cells"], "sections": sections}))
            found = self._pages[roles, ranges, gaps] = Stencil(Fragment.of(text), holes)
        return found

    def _cell(self, colour: str) -> _Each:
        self._cells[colour] = self._stencil(_CELL, {"colour": colour})
        return self._cells[colour]

    def _line(self, look: Look) -> _Each:
        holes = {name: Hole(name) for at in range(look.uses) for name in (f"name.{at}", f"url.{at}")}
        uses = [SimpleNamespace(name=holes[f"name.{at}"], url=holes[f"url.{at}"]) for at in range(look.uses)]
        holes |= {"names": Hole("names")} if look.named else {}
        self._lines[look] = self._stencil(_LINE, {"names": holes.get("names"), "status": look.status, "uses": uses}, holes)
        return self._lines[look]

    def _stencil(self, template: str, values: Mapping[str, object], holes: Iterable[str] = ()) -> _Each:
        draft = drafted(template, {"number": Hole("number"), **values}, self._page, self._stocks[template], None)
        return _Each(Stencil(Fragment.of(f"{draft.texts[0]}\n"), {"number", *holes}), draft.gaps)


_ROLES = ("previous", "block", "next")
_TEXTS = ("key", "name", "first", "last")


def _with_neighbours(block: Block) -> dict[str, Block]:
    """A block and those beside it, by the roles that they have on its page."""
    at = BLOCKS.index(block)
    around = zip(_ROLES, (BLOCKS[at - 1] if at else None, block, BLOCKS[at + 1] if at + 1 < len(BLOCKS) else None), strict=True)
    return {role: found for role, found in around if found}


def _texts(block: Block) -> dict[str, bytes]:
    """What pages print of a block."""
    texts = (str(block), f"{block.first}–{block.last}", str(block.first), str(block.last))
    return {name: text.encode() for name, text in zip(_TEXTS, texts, strict=True)}


def _lines_of(range_id: str) -> str:
    return f"lines.{range_id}"
