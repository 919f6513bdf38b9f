"""What a template may call.

A ``Sheet`` is one page being written: it translates, cites, links, and remembers what the foot of the page must tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from jinja2 import Environment, TemplateRuntimeError
from markupsafe import Markup

from portolan import view
from portolan.locales import Gaps, Locale
from portolan.messages import fill
from portolan.pages import Page, relative
from portolan.prose import Prose, render
from portolan.registry.references import References, short_url
from portolan.settings import Settings
from portolan.stencil import Hole
from portolan.templates import Needs

OF_PAGES = frozenset({"cited", "gaps"})  # what parts may ask for that is no field of the port
# A place left open in text that is still to be put together, by position; control characters can't stand in a source.
OPEN = re.compile("\x11([0-9]+)\x12")


@dataclass
class Stock:
    """What the sheets of a template in one locale have in common: what they draw on, and what of it was worked out before.

    ``shared`` are further names that the template finds. ``parts`` and ``texts`` are filled as pages are written.
    """

    locale: Locale
    settings: Settings
    locales: Mapping[str, Locale]
    prose: Mapping[str, Prose]
    references: References
    assets: Mapping[str, str]
    needs: Needs
    environment: Environment
    shared: Mapping[str, Any]
    parts: dict[object, Draft] = field(default_factory=dict)
    texts: dict[str, Markup] = field(default_factory=dict)


class Called(NamedTuple):
    """A part that a page calls for: its template, and the fields of the port that it gets to see."""

    name: str
    fields: tuple[str, ...] = ()


class Source(NamedTuple):
    """What is cited. The page numbers sources by their keys."""

    key: object
    title: object
    url: object


class Draft(NamedTuple):
    """Texts, and between them the places left open: for the number of a source, or for a part. ``gaps``: see ``Gaps``."""

    texts: list[str]
    places: list[Source | Called]
    gaps: Gaps


class Cited:
    """What a page has cited so far."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[int, Source]] = {}

    def number(self, source: Source) -> int:
        """The number under which the page cites a source."""
        found = self._known.get(source.key)
        if found is None:
            found = self._known[source.key] = len(self._known) + 1, source
        return found[0]

    def told(self) -> tuple[tuple[object, object], ...]:
        """Title and URL of each source, in the order of their numbers."""
        return tuple([(source.title, source.url) for _, source in self._known.values()])


def citation(number: int) -> str:
    """The number of a source, as a link to the list at the foot."""
    return f'<sup><a href="#r{number}">[{number}]</a></sup>'


class Sheet:
    """One page being written, in one locale. Everything public is for templates."""

    def __init__(self, page: Page, stock: Stock, given: Container[str] = (), port: Any = None, gaps: Gaps = Gaps.NONE) -> None:
        """``given`` are the slugs of documents that the page gets to show besides those that its template names, ``port`` is
        the tree of a port's page (``view``)."""
        self.page, self.locale, self.settings, self.locales = page, stock.locale, stock.settings, stock.locales
        self.shared = stock.shared
        self.gaps = gaps
        self._stock, self._needs, self._given, self._port = stock, stock.needs, given, port
        self._folder = page.folder
        self._cited = Cited()

    # Words

    def text(self, message: str, **values: object) -> Markup:
        """A translated message with its placeholders filled; marked where English stands in."""
        if not values and (known := self._stock.texts.get(message)):
            return known
        self._declared((message,) in self._needs.messages, message)
        translation = self.locale.translate(message)
        gaps = self.locale.gaps(message)
        self.gaps |= gaps
        if translation is None:
            return self.locale.stand_in(fill(message, values))
        text = fill(translation, values)
        if not values and not gaps:
            self._stock.texts[message] = text
        return text

    def plain(self, message: str, **values: object) -> Markup:
        """Like ``text`` for places that hold no markup: attributes and the title."""
        self._declared((message,) in self._needs.messages, message)
        translation = self.locale.translate(message)
        self.gaps |= self.locale.gaps(message)
        return fill(translation or message, values)

    def count(self, singular: str, plural: str, n: int, **values: object) -> Markup:
        """A counted message; ``{n}`` is the number as the locale writes it."""
        self._declared((singular, plural) in self._needs.messages, singular)
        translation = self.locale.plural(singular, plural, n)
        values["n"] = self.locale.number(n)
        self.gaps |= self.locale.gaps(singular, plural)
        if translation is None:
            return self.locale.stand_in(fill(singular if n == 1 else plural, values))
        return fill(translation, values)

    def phrase(self, message: str) -> Markup:
        """A translated field of the registry."""
        self.gaps |= self.locale.gaps(message)
        return self.locale.phrase(message)

    def prose(self, slug: str, **values: object) -> Markup:
        """A document's HTML, citations numbered."""
        return self.lead(slug, **values) + self.rest(slug, **values)

    def lead(self, slug: str, **values: object) -> Markup:
        """A document's first paragraph."""
        return render(self._document(slug).lead, values, self._cite_one)

    def rest(self, slug: str, **values: object) -> Markup:
        """What comes after it."""
        return render(self._document(slug).rest, values, self._cite_one)

    def brief(self, slug: str, **values: object) -> Markup:
        """A document's first paragraph as plain text: for attributes and the title."""
        return self._document(slug).brief(values)

    def inline(self, slug: str, **values: object) -> Markup:
        """A document of one paragraph, without the paragraph: to go on in the same line."""
        return Markup(self.lead(slug, **values).removeprefix("<p>").removesuffix("</p>"))

    def title(self, slug: str) -> Markup:
        """A document's title."""
        return self._document(slug, only_title=True).title

    def _document(self, slug: str, only_title: bool = False) -> Prose:
        self._declared(slug in self._given or self._needs.document(slug), slug)
        prose = self._stock.prose[slug]
        self.gaps |= Gaps.NONE if only_title else prose.gaps
        return prose

    def _declared(self, declared: bool, what: str) -> None:
        """What can change a page must be known from its template's text: only so an edit rebuilds all that it changes."""
        if not declared:
            raise TemplateRuntimeError(f"{what!r} must stand in the template as it is, not be put together")

    def join(self, items: Iterable[object]) -> Markup:
        """A list in words: a, b and c."""
        return self.locale.join(items)

    def number(self, value: int) -> str:
        """A count as the locale writes it."""
        return self.locale.number(value)

    def command(self, command: str, port: object) -> Markup:
        """A command with the port's number laid in."""
        return fill(command, {"port": port})

    def part(self, name: str, *fields: str) -> Markup:
        """A template of its own for a part of the page. It sees of the port its number and the fields that are named here, and
        no more; so it is rendered once for all ports where those are the same. ``cited`` and ``gaps`` are no fields of the
        port, but what the page has cited so far, and what it lacks of a translation (``Gaps``)."""
        return self._laid(self._part(Called(name, fields)))

    def _part(self, called: Called) -> Draft:
        if called.fields or not isinstance(self.page.key, Hole):
            special = self.so_far()
            values = {field: special[field] if field in special else getattr(self._port, field) for field in called.fields}
            return drafted(called.name, values, self.page, self._stock, self._port)
        if (called.name,) not in self._stock.parts:
            self._stock.parts[called.name,] = drafted(called.name, {}, self.page, self._stock, self._port)
        return self._stock.parts[called.name,]

    def so_far(self) -> dict[str, object]:
        """What parts may see of the page."""
        return {"cited": self._cited.told(), "gaps": self.gaps}

    def _laid(self, draft: Draft) -> Markup:
        """A part's text, its citations numbered."""
        self.gaps |= draft.gaps
        numbers = [self._number(place) for place in draft.places if isinstance(place, Source)]
        return Markup("".join(chain.from_iterable(zip_longest(draft.texts, numbers, fillvalue=""))))

    # Sources

    def cite(self, cited: Iterable[Any]) -> Markup:
        """The numbers of references, as links to the list at the foot. Each is an id, or a node with key, title and url."""
        return Markup("".join(map(self._cite, cited)))

    def _cite_one(self, id: str) -> Markup:
        return Markup(self._cite(id))

    def _cite(self, cited: Any) -> str:
        if hasattr(cited, "key"):
            return self._number(Source(cited.key, cited.title, cited.url))
        reference = self._stock.references[cited]
        return self._number(Source(cited if isinstance(cited, str) else reference.url, reference.title, short_url(reference.url)))

    def _number(self, source: Source) -> str:
        return citation(self._cited.number(source))

    # Places

    def to(self, kind: str, key: object = None) -> str:
        """The link to a page in this language."""
        return self._link(Page(kind, self.page.locale or self.locale.tag, key).path)

    def home(self, tag: str) -> str:
        """The relative link to a language's home."""
        return self._link(Page("home", tag).path)

    def translated(self, tag: str) -> str:
        """The relative link to this page in another language; to its home where the page belongs to no language."""
        return self._link(self.page.translated(tag).path) if self.page.locale else self.home(tag)

    @property
    def others(self) -> dict[str, Locale]:
        """The other languages that pages lead to."""
        return {tag: locale for tag, locale in self.locales.items() if tag != self.locale.tag}

    def asset(self, name: str) -> str:
        """The relative link to a file of ``assets/`` under its hashed name."""
        self._declared(name in self._needs.literals, name)
        return self._link(self._stock.assets[name])

    def search_index(self) -> str:
        """The relative link to the index of the search box, whose name doesn't change with its content."""
        return self._link(Page("search").path)

    def address(self) -> str:
        """This page's canonical URL."""
        return self.page.address(self.settings.base_url)

    def _link(self, path: str) -> str:
        return f"{self.settings.root}{path}" if self.page.is_anywhere else relative(self._folder, path)


class DraftSheet(Sheet):
    """A sheet that leaves open what depends on where its text will stand: the numbers of citations."""

    def __init__(self, page: Page, stock: Stock, given: Container[str] = (), port: Any = None) -> None:
        super().__init__(page, stock, given, port)
        self._places: list[Source | Called] = []

    def draft(self, text: str) -> Draft:
        """The text that was rendered with this sheet."""
        pieces = OPEN.split(text)
        return Draft(pieces[::2], [self._places[int(at)] for at in pieces[1::2]], self.gaps)

    def _number(self, source: Source) -> str:
        return self._left_open(source)

    def _left_open(self, place: Source | Called) -> str:
        self._places.append(place)
        return f"\x11{len(self._places) - 1}\x12"


class PageSheet(DraftSheet):
    """The sheet of a port's page as many ports share it: it leaves open its parts, too."""

    def part(self, name: str, *fields: str) -> Markup:
        unknown = [field for field in fields if field not in OF_PAGES and not hasattr(self._port, field)]
        if unknown:
            raise TemplateRuntimeError(f"{unknown[0]!r} is no field of a port's page")
        return Markup(self._left_open(Called(name, fields)))


def drafted(name: str, values: Mapping[str, Any], page: Page, stock: Stock, port: Any) -> Draft:
    """A part."""
    own = view.own(port) if port else None  # what a part calls for itself sees no more
    sheet = DraftSheet(page, stock, view.named(values), own)
    seen = {"port": own} if own else {}
    return sheet.draft(stock.environment.get_template(name).render(context(sheet, {**seen, **values})).removesuffix("\n"))



def context(sheet: Sheet, values: Mapping[str, Any]) -> dict[str, Any]:
    """The names a template finds: the sheet's words under gettext's short names, the shared data, the page's own values."""
    words: dict[str, Callable[..., Any]] = {"_": sheet.text, "_plain": sheet.plain, "_n": sheet.count}
    return {**sheet.shared, **values, **words, "sheet": sheet, "locale": sheet.locale, "settings": sheet.settings}
