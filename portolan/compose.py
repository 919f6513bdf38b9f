"""Pages of ports put together from drafts: one of the page around its parts, and one of each part.

Hundreds of shapes differ in a part or two. A draft is rendered once for all shapes that look the same to its template, and
a shape's page is the drafts that it needs, laid into one another, with the citations numbered as they come.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from portolan import view
from portolan.pages import Page
from portolan.render import CITATION, Called, Draft, PageSheet, Sheet, Stock, context, drafted
from portolan.stencil import Hole
from portolan.view import Shape

_OWN = view.own(SimpleNamespace(**{name: Hole(name) for name in view.OWN}))


class Composer:
    """Puts the pages of ports together in one locale."""

    def __init__(self, stock: Stock, template: str) -> None:
        self._stock, self._template = stock, stock.environment.get_template(template)
        self._page = Page("port", stock.locale.tag, Hole("number"))
        self._drafts: dict[tuple[str, ...], dict[object, Draft]] = {}  # of the page, by the fields that it looked at, and what they were

    def text(self, shape: Shape, stood_in: bool = False) -> str:
        """The page of a shape, with holes where values go. ``stood_in``: whether some of the values stand in English."""
        fields = dict(shape.items)
        return _Assembly(self._page, self._stock, fields, stood_in).assembled(self._draft(shape, fields))

    def _draft(self, shape: Shape, fields: dict[str, Any]) -> Draft:
        for seen, drafts in self._drafts.items():
            found = drafts.get(tuple([fields[name] for name in seen]))
            if found:
                return found
        port = _Watched(view.thaw(shape, Hole))
        sheet = PageSheet(self._page, self._stock, fields["articles"], port.tree_)
        draft = sheet.draft(self._template.render(context(sheet, {"port": port})))
        seen = tuple(sorted(port.seen_))
        self._drafts.setdefault(seen, {})[tuple([fields[name] for name in seen])] = draft
        return draft


class _Watched:
    """The tree of a port's page, which notes what a template looks at."""

    def __init__(self, tree: Any) -> None:
        self.tree_, self.seen_ = tree, set[str]()

    def __getattr__(self, name: str) -> object:
        self.seen_.add(name)
        return getattr(self.tree_, name)


class _Assembly(Sheet):
    """The sheet on which the drafts of a shape come together."""

    def __init__(self, page: Page, stock: Stock, fields: dict[str, Any], stood_in: bool) -> None:
        super().__init__(page, stock, stood_in=stood_in)
        self._fields = fields

    def assembled(self, draft: Draft) -> str:
        """The draft with all that it leaves open."""
        pieces, late = draft.pieces.copy(), []
        for at in range(1, len(pieces), 3):
            mark, which = pieces[at], int(pieces[at + 1])
            pieces[at + 1] = ""
            if mark == CITATION:
                pieces[at] = self._number(*draft.cited[which])
            elif "stood_in" in draft.called[which].fields:
                late.append((at, draft.called[which]))
            else:
                pieces[at] = self._laid(self._part(draft.called[which]))
        self.stood_in = self.stood_in or draft.stood_in
        for at, called in late:
            pieces[at] = self._laid(self._part(called))
        return "".join(pieces)

    def _part(self, called: Called) -> Draft:
        special = self.so_far()
        key = called.name, *(_key(special[name]) if name in special else self._fields[name] for name in called.fields)
        found = self._stock.parts.get(key)
        if found is None:
            values = {name: special[name] if name in special else view.thaw(self._fields[name], Hole) for name in called.fields}
            found = self._stock.parts[key] = drafted(called.name, values, self.page, self._stock, _OWN)
        return found


def _key(value: object) -> object:
    """What tells values apart: a hole is known by its name."""
    if isinstance(value, Hole):
        return value.mark
    return tuple(map(_key, value)) if isinstance(value, tuple) else value
