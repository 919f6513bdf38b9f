"""Building a block: a pure function of the project, a locale and the language menu."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
from jinja2 import Template
from markupsafe import Markup
from xxhash import xxh32_hexdigest

from portolan import index, view
from portolan.answer import MAIN_POOLS, OWN
from portolan.compose import Composer
from portolan.index import IndexPages
from portolan.locales import Gaps
from portolan.outlines import variant
from portolan.pages import BLOCK, BLOCKS, Block, Page, singles
from portolan.ports import Facts
from portolan.project import Project
from portolan.registry.types import PORTS, Pool, Span
from portolan.render import Sheet, Stock, context
from portolan.stencil import Stencil
from portolan.templates import NO_NEEDS
from portolan.verdict import STRIDE
from portolan.view import Outline

# The order in which the page of a system tells its commands.
_PURPOSES = ("listening", "connected", "program", "end", "reachable", "block", "allow", "reserved", "pool")
_TEMPLATES = {"opensearch": "opensearch.xml", "manifest": "manifest.webmanifest"}
# The pools that the page of a range tells first, in this order.
_BEST_KNOWN = ("windows", "macos", "linux", "android", "ios")
_HOLDERS = 4  # the systems that a port page names; the page of the range has them all
SAMPLE_PORT = 60603  # the number that guide pages use in their commands


class File(NamedTuple):
    """A path of the site and its bytes."""

    path: str
    data: bytes


class Cut(NamedTuple):
    """The stencil for ports of a block that share an outline, and the values for all holes but those of the port's own number."""

    stencil: Stencil
    values: dict[str, bytes]

    @property
    def version(self) -> str:
        """The version of the pages."""
        return self.values["version"].decode()


class Builder:
    """Builds the pages of one locale. ``menu`` are the locales that pages link to."""

    def __init__(self, project: Project, tag: str, menu: Iterable[str]) -> None:
        self.project = project
        self.locale = project.locales[tag]
        self._locales = {other: project.locales[other] for other in menu}
        self._assets = project.asset_paths
        self._stocks: dict[tuple[str, str], Stock] = {}
        self._stencils: dict[tuple[int, Gaps], tuple[Stencil, bytes]] = {}

    @cached_property
    def _composer(self) -> Composer:
        return Composer(self._stock("port", "port.html"), "port.html")

    @cached_property
    def _index_pages(self) -> IndexPages:
        stocks = {template: self._stock("block", template) for template in index.TEMPLATES}
        return IndexPages(self.locale.tag, self.project.told, stocks)

    # Blocks

    def ports(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """The pages of the ports ``first`` to ``last``, stamped."""
        for segment in self.project.chart.within(first, last):
            numbers, parity = segment.within(first, last), segment.keeps_parity
            if len(numbers) == 1:  # not worth a stencil of its own
                cut = self.cut(Facts(numbers[0], segment))
                yield numbers[0], cut.stencil.stamp(cut.values | next(self._own(numbers)))
                continue
            stencils: dict[int, Stencil] = {}
            for number, own in zip(numbers, self._own(numbers), strict=True):
                if number % BLOCK == 0:
                    stencils.clear()
                which = variant(number, parity)
                stencil = stencils.get(which)
                if stencil is None:
                    cut = self.cut(Facts(number, segment))
                    stencil = stencils[which] = cut.stencil.filled(cut.values)
                yield number, stencil.stamp(own)

    def _own(self, numbers: Sequence[int]) -> Iterator[dict[str, bytes]]:
        """``view.own_values`` of consecutive ports in bytes, the block's excepted, the fast way: this runs for every page."""
        before, this = b"%d" % (numbers[0] - 1), b"%d" % numbers[0]
        free = self.project.suggestions.numbers[STRIDE * numbers[0] : STRIDE * (numbers[-1] + 1)]
        for number, one, two, three, _ in zip(numbers, *[iter(free)] * STRIDE, strict=True):
            after = b"%d" % (number + 1)
            yield {
                "number": this, "hex": b"0x" + _HEX[number >> 8] + _HEX[number & 255], "previous": before, "next": after,
                "free_1": b"%d" % one, "free_2": b"%d" % two, "free_3": b"%d" % three,
            }  # fmt: skip
            before, this = this, after

    def port(self, number: int) -> bytes:
        """One port's page, stamped."""
        return next(self.ports(number, number))[1]

    def plain_port(self, number: int) -> bytes:
        """One port's page by rendering its template with the values themselves: what stamping must equal."""
        facts = self.project.chart.facts(number)
        return self.plain(number, self.project.outlines(facts), self.cut(facts).version)

    def plain(self, number: int, outline: Outline, version: str) -> bytes:
        """A port's page rendered plainly from its outline."""
        values = {name: Markup(text.decode()) for name, text in view.values(outline, self.locale).items()}
        values |= {name: Markup(text) for name, text in {**view.own_values(number, self.project.suggestions.of(number)), "version": version}.items()}
        port = view.thaw(outline.shape, values.__getitem__)
        page = Page("port", self.locale.tag, port.number)
        return self._render("port.html", page, gaps=self._gaps(outline), port=port).encode()

    def cut(self, facts: Facts) -> Cut:
        """The stencil for a port and those of its block that share its outline."""
        outline = self.project.outlines(facts)
        gaps = self._gaps(outline)
        found = self._stencils.get((id(outline.shape), gaps))  # the outlines have each shape once
        if found is None:
            fragment = self._composer.page(outline.shape, gaps)
            found = Stencil(fragment, {*outline.names, *view.OWN}), fragment.said
            self._stencils[id(outline.shape), gaps] = found
        stencil, said = found
        values = view.values(outline, self.locale)
        version = xxh32_hexdigest(b"\0".join((said, *values.values())))
        values |= _of_block(facts.number // BLOCK)
        values["version"] = version.encode()
        return Cut(stencil, values)

    def _gaps(self, outline: Outline) -> Gaps:
        """What the values lack of a translation."""
        gaps = Gaps.NONE
        for text in outline.phrases.values():
            gaps |= self.locale.gaps(text)
        return gaps

    def fresh(self) -> None:
        """Forget which texts were asked for before."""
        for stock in self._stocks.values():
            stock.texts.clear()

    def index(self, block: Block) -> File:
        """The block's index page."""
        return File(Page("block", self.locale.tag, block).path, self._index_pages.page(block))

    # Pages outside blocks

    def singles(self) -> Iterator[File]:
        """The locale's pages that belong to no block."""
        for page in single_pages(self.project, self.locale.tag):
            yield self.single(page)

    def single(self, page: Page) -> File:
        """One page that belongs to no block."""
        return self._file(page, template_of(page), **values_of(self.project, page))

    def root(self) -> Iterator[File]:
        """The pages outside all locales, in this one's language, and the assets."""
        yield self._file(Page("languages"), "languages.html")
        yield self._file(Page("missing"), "404.html")
        yield self._file(Page("robots"), "robots.txt")
        yield self._file(Page("headers"), "headers.txt")
        yield File(Page("search").path, self.project.search)
        yield from (File(path, self.project.assets[name]) for name, path in self._assets.items())

    def _file(self, page: Page, template: str, **values: Any) -> File:
        return File(page.path, self._render(template, page, **values).encode())

    def _render(self, template: str, page: Page, gaps: Gaps = Gaps.NONE, **values: Any) -> str:
        found: Template = self.project.environment.get_template(template)
        sheet = Sheet(page, self._stock(page.kind, template), given(values), values.get("port"), gaps)
        return found.render(context(sheet, values))

    def _stock(self, kind: str, template: str) -> Stock:
        """What the pages of a kind share."""
        if (kind, template) not in self._stocks:
            self._stocks[kind, template] = self._new_stock(kind, template)
        return self._stocks[kind, template]

    def _new_stock(self, kind: str, template: str) -> Stock:
        registry = registry_for(kind, self.project)
        more = {"holders_of": _holders(registry.get("pools", ())), "last": PORTS - 1}
        project = self.project
        return Stock(
            self.locale, project.settings, self._locales, project.prose[self.locale.tag], project.chart.references, self._assets,
            project.needs.get(template, NO_NEEDS), project.environment, {**registry, **more},
        )  # fmt: skip


def single_pages(project: Project, tag: str) -> Iterator[Page]:
    """The pages of a locale that belong to no block."""
    chart = project.chart
    return singles(tag, [r.id for r in chart.registry.ranges], [s.id for s in chart.registry.systems], chart.articles)


def given(values: Mapping[str, Any]) -> Collection[str]:
    """The documents that a page gets to show besides those that its template names: articles, by slug."""
    port, slug, articles = values.get("port"), values.get("slug"), values.get("articles")
    return view.named(vars(port)) if port else (slug,) if slug else articles or ()


def template_of(page: Page) -> str:
    """The name of a page's template."""
    return _TEMPLATES.get(page.kind, f"{page.kind}.html")


def values_of(project: Project, page: Page) -> dict[str, Any]:
    """What the template of a page outside blocks gets to see of the registry, besides what all of its kind get (``registry_for``)."""
    registry, articles = project.chart.registry, project.chart.articles
    if page.kind == "range":
        found = next(r for r in registry.ranges if r.id == page.key)
        return {
            "range": found,
            "blocks": [b for b in BLOCKS if found.ports.overlaps(Span(b.first, b.last))],
            "wide": [use for use in registry.uses if len(use.ports) > OWN and use.ports.overlaps(found.ports)],
        }
    if page.kind == "system":
        return {"system": next(s for s in registry.systems if s.id == page.key), "purposes": _PURPOSES, "sample": SAMPLE_PORT}
    if page.kind == "article":
        spans = articles[str(page.key)]
        return {"slug": page.key, "ports": [port for span in spans for port in range(span.first, span.last + 1)]}
    if page.kind == "home":
        in_order = sorted(articles.items(), key=lambda item: item[1])
        topics = [
            SimpleNamespace(slug=slug, kind=project.chart.front(slug).kind, port=str(spans[0].first))
            for slug, spans in in_order
        ]
        return {"blocks": BLOCKS, "articles": [slug for slug, _ in in_order], "topics": topics}
    return {}


def registry_for(kind: str, project: Project) -> dict[str, Any]:
    """What the templates of a kind of page get to see of ranges, pools and systems; those of port pages no more than they show."""
    registry = project.chart.registry
    ranges = {r.id: r for r in registry.ranges}
    more: dict[str, dict[str, Any]] = {
        "range": {"pools": sorted(registry.pools, key=_fame), "best_known": _BEST_KNOWN},
        "home": {"systems": registry.systems},
    }
    if kind != "port":
        return {"ranges": ranges, **more.get(kind, {})}
    brief = msgspec.structs.replace
    systems = [brief(system, commands=tuple(command for command in system.commands if command.primary)) for system in registry.systems]
    return {
        "ranges": {id: brief(r, references=()) for id, r in ranges.items()},
        "pools": [brief(pool, read=(), change=(), note=None, references=()) for pool in registry.pools],
        "systems": [
            brief(system, commands=tuple(brief(c, answer=None, shows="", pitfall=None, undo=None, references=()) for c in system.commands))
            for system in systems
        ],
    }


def _fame(pool: Pool) -> int:
    return _BEST_KNOWN.index(pool.id) if pool.id in _BEST_KNOWN else len(_BEST_KNOWN)


def _holders(pools: Iterable[Pool]) -> Callable[[tuple[str, ...]], SimpleNamespace]:
    """By the ids of a port's pools: who hands the port out now, the best known first, and whether systems are among them."""

    @cache
    def holders(ids: tuple[str, ...]) -> SimpleNamespace:
        found = [pool for pool in pools if pool.id in ids and pool.current and not (pool.kind == "platform" and pool.everywhere)]
        found.sort(key=lambda pool: (pool.id not in MAIN_POOLS, pool.kind == "platform"))
        return SimpleNamespace(
            names=tuple(pool.name for pool in found[:_HOLDERS]),
            more=len(found) > _HOLDERS,
            systems=any(pool.kind == "system" for pool in found),
            main=any(pool.id in MAIN_POOLS for pool in found),
        )

    return holders


_HEX = tuple(f"{byte:02X}".encode() for byte in range(256))


@cache
def _of_block(at: int) -> dict[str, bytes]:
    return {name: text.encode() for name, text in view.block_values(BLOCKS[at]).items()}
