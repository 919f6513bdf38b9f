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
from portolan.rows import Look, Row, Told
from portolan.stencil import Fragment, Hole, Stencil

TEMPLATES = ("block.html", "cell.html", "line.html", "run.html", "number.html")
_PAGE, _CELL, _LINE, _RUN, _NUMBER = TEMPLATES


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
        self._each: dict[tuple[object, ...], _Each] = {}
        self._pages: dict[tuple[object, ...], Stencil] = {}

    def page(self, block: Block) -> bytes:
        """The page of a block."""
        told = self._told(block)
        gaps = Gaps.NONE
        lines: list[bytes] = []
        for row in told.rows:
            text, lacking = self._run(row) if row.folded else self._lines(row)
            lines.append(text)
            gaps |= lacking
        cells = [self._cell(run.colour).stencil.repeated({}, "number", run.numbers) for run in told.runs]
        shown = _with_neighbours(block)
        filled = {f"{role}.{name}": text for role, other in shown.items() for name, text in _texts(other).items()}
        filled |= {"cells": b"".join(cells), "lines": b"".join(lines)}
        return self._around(tuple(shown), told.range_id, gaps).stamp(filled)

    def _around(self, roles: tuple[str, ...], range_id: str, gaps: Gaps) -> Stencil:
        """The page around cells and lines; blocks that have the same ``roles`` and range share it."""
        found = self._pages.get((roles, range_id, gaps))
        if found is None:
            holes = {name: Hole(name) for name in ("cells", "lines", *(f"{role}.{name}" for role in roles for name in _TEXTS))}
            values = {role: SimpleNamespace(**{name: holes[f"{role}.{name}"] for name in _TEXTS}) if role in roles else None for role in _ROLES}
            stock = self._stocks[_PAGE]
            sheet = Sheet(self._page, stock, gaps=gaps)
            more = {"cells": holes["cells"], "lines": holes["lines"], "range": range_id}
            text = stock.environment.get_template(_PAGE).render(context(sheet, {**values, **more}))
            found = self._pages[roles, range_id, gaps] = Stencil(Fragment.of(text), holes)
        return found

    def _lines(self, row: Row) -> tuple[bytes, Gaps]:
        """A line for each port."""
        line = self._found(_LINE, row.look, ("number",))
        return line.stencil.repeated(row.values, "number", row.numbers), line.gaps

    def _run(self, row: Row) -> tuple[bytes, Gaps]:
        """One line for all the ports, which opens on their numbers."""
        line = self._found(_RUN, row.look, ("first", "last", "numbers"))
        number = self._found(_NUMBER, None, ("number",))
        values = {
            **row.values,
            "first": row.numbers[0],
            "last": row.numbers[-1],
            "numbers": number.stencil.repeated({}, "number", row.numbers),
        }
        return line.stencil.stamp(values), line.gaps

    def _cell(self, colour: str) -> _Each:
        if (_CELL, colour) not in self._each:
            self._each[_CELL, colour] = self._stencil(_CELL, {"colour": colour}, ("number",))
        return self._each[_CELL, colour]

    def _found(self, template: str, look: Look | None, holes: Iterable[str]) -> _Each:
        """What ports of the same look have in common."""
        found = self._each.get((template, look))
        if found is None:
            values: dict[str, object] = {}
            if look:
                there = {"names": look.named, "uses": look.used}
                values = {name: Hole(name) if is_there else None for name, is_there in there.items()}
                values |= {"status": look.status, "articles": look.articles}
            found = self._each[template, look] = self._stencil(template, values, (*holes, "names", "uses"))
        return found

    def _stencil(self, template: str, values: Mapping[str, object], holes: Iterable[str]) -> _Each:
        given = {name: Hole(name) for name in holes}
        draft = drafted(template, {**given, **values}, self._page, self._stocks[template], None)
        return _Each(Stencil(Fragment.of(f"{draft.texts[0]}\n"), given), draft.gaps)


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
