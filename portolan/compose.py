"""Pages of ports put together from drafts: one of the page around its parts, and one of each part.

Hundreds of shapes differ in a part or two. A draft is rendered once for all shapes that look the same to its template, and
a shape's page is the drafts that it needs, laid into one another, with the citations numbered as they come.

The fields of shapes are told apart by identity, for ``outlines`` has each of them once; comparing them would take longer than
putting a page together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any

from portolan import view
from portolan.locales import Gaps
from portolan.pages import Page
from portolan.render import OF_PAGES, Called, Cited, Draft, PageSheet, Source, Stock, citation, context, drafted
from portolan.stencil import Fragment, Hole
from portolan.view import Shape

_NOTHING = Fragment((b"",))
_OWN = view.own(SimpleNamespace(**{name: Hole(name) for name in view.OWN}))


class Composer:
    """Puts the pages of ports together in one locale."""

    def __init__(self, stock: Stock, template: str) -> None:
        self._stock, self._template = stock, stock.environment.get_template(template)
        self._page = Page("port", stock.locale.tag, Hole("number"))
        self._pages: dict[tuple[str, ...], dict[object, _Cut]] = {}  # by the fields that the template looked at, and what they were
        self._parts: dict[object, _Cut] = {}
        self._shapes: list[Shape] = []  # as long as they live, nothing else can be taken for them

    def page(self, shape: Shape, gaps: Gaps = Gaps.NONE) -> Fragment:
        """The page of a shape, with holes where values go. ``gaps`` is what the values lack of a translation."""
        self._shapes.append(shape)
        fields = dict(shape.items)
        return _Assembly(fields, self._part, gaps).assembled(self._around(shape, fields))

    def _around(self, shape: Shape, fields: dict[str, Any]) -> _Cut:
        for seen, drafts in self._pages.items():
            found = drafts.get(tuple([id(fields[name]) for name in seen]))
            if found:
                return found
        port = _Watched(view.thaw(shape, Hole))
        sheet = PageSheet(self._page, self._stock, view.named(fields), port.tree_)
        made = self._settled(self._cut(sheet.draft(self._template.render(context(sheet, {"port": port})))))
        seen = tuple(sorted(port.seen_))
        self._pages.setdefault(seen, {})[tuple([id(fields[name]) for name in seen])] = made
        return made

    def _settled(self, around: _Cut) -> _Cut:
        """A page with the parts in it that are the same on all pages and cite nothing."""
        fragments, places = around.fragments[:1], []
        for place, after in zip(around.places, around.fragments[1:], strict=True):
            part = self._part(place, {}, {}) if isinstance(place, Called) and not place.fields else None
            if part and not part.places:
                fragments[-1] = Fragment.joined((fragments[-1], part.fragments[0], after))
                around.gaps |= part.gaps
            else:
                fragments.append(after)
                places.append(place)
        around.fragments, around.places = fragments, places
        return around

    def _part(self, called: Called, fields: Mapping[str, Any], special: Mapping[str, Any]) -> _Cut:
        """A part; ``special`` are what it may see besides fields of the port."""
        key = called, *[_key(special[name]) if name in special else id(fields[name]) for name in called.fields]
        found = self._parts.get(key)
        if found is None:
            values = {name: special[name] if name in special else view.thaw(fields[name], Hole) for name in called.fields}
            found = self._parts[key] = self._cut(drafted(called.name, values, self._page, self._stock, _OWN))
        return found

    def _cut(self, draft: Draft) -> _Cut:
        return _Cut(draft, self._stock.settings.base_url)


class _Watched:
    """The tree of a port's page, which notes what a template looks at."""

    def __init__(self, tree: Any) -> None:
        self.tree_, self.seen_ = tree, set[str]()

    def __getattr__(self, name: str) -> object:
        self.seen_.add(name)
        return getattr(self.tree_, name)


class _Cut:
    """A draft, its texts cut up."""

    def __init__(self, draft: Draft, base_url: str) -> None:
        self.places, self.gaps = draft.places, draft.gaps
        self.fragments = [Fragment.of(text, base_url) for text in draft.texts]
        self._laid: dict[tuple[int, ...], Fragment] = {}

    def laid(self, cited: Cited) -> Fragment:
        """The whole of a part, its citations numbered."""
        if not self.places:
            return self.fragments[0]
        numbers = tuple([cited.number(place) for place in self.places if isinstance(place, Source)])
        found = self._laid.get(numbers)
        if found is None:
            row = [fragment for pair in zip_longest(self.fragments, map(_citation, numbers)) for fragment in pair if fragment]
            found = self._laid[numbers] = Fragment.joined(row)
        return found


class _Assembly:
    """The drafts of one page coming together."""

    def __init__(self, fields: dict[str, Any], part: Callable[[Called, Mapping[str, Any], Mapping[str, Any]], _Cut], gaps: Gaps) -> None:
        self._fields, self._part, self._gaps = fields, part, gaps
        self._cited = Cited()

    def assembled(self, around: _Cut) -> Fragment:
        """The page with all that it leaves open."""
        row, late = [around.fragments[0]], []
        for place, after in zip(around.places, around.fragments[1:], strict=True):
            if isinstance(place, Source):
                row.append(_citation(self._cited.number(place)))
            elif "gaps" in place.fields:  # only the whole page knows that
                late.append((len(row), place))
                row.append(_NOTHING)
            else:
                row.append(self._laid(place))
            row.append(after)
        self._gaps |= around.gaps
        for at, called in late:
            row[at] = self._laid(called)
        return Fragment.joined(row)

    def _laid(self, called: Called) -> Fragment:
        part = self._part(called, self._fields, {} if OF_PAGES.isdisjoint(called.fields) else self._so_far())
        if part.gaps:
            self._gaps |= part.gaps
        return part.laid(self._cited)

    def _so_far(self) -> dict[str, Any]:
        return {"cited": self._cited.told(), "gaps": self._gaps}


@cache
def _citation(number: int) -> Fragment:
    return Fragment.of(citation(number))


def _key(value: object) -> object:
    """What tells values apart: a hole is known by its name."""
    if isinstance(value, Hole):
        return value.mark
    return tuple(map(_key, value)) if isinstance(value, tuple) else value
