"""Sitemaps: every page in every language, each naming its alternates (https://www.sitemaps.org/protocol.html).

A sitemap holds at most 20,000 addresses, and fewer where many languages make for many alternates: it is made in memory.
``lastmod`` is honest: the day the registry was last looked at for that page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from portolan.pages import BLOCKS, Block, Page
from portolan.ports import Chart, Segment
from portolan.registry.types import Citation, Reference

MOST = 20_000
_LINKS = 100_000  # about 10 MB
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)
_NUMBER = "\0"  # stands for the port's number in the entry of a whole segment


class Listed(NamedTuple):
    """Pages that were last looked at on the same day: ``page`` itself, or with each of the numbers ``first`` to ``last`` for its key."""

    page: Page
    seen: str
    first: int = 0
    last: int = 0


class Sitemap(NamedTuple):
    """One file: its page, and everything that its content depends on."""

    page: Page
    base_url: str
    locales: tuple[str, ...]
    default: str
    listed: tuple[Listed, ...]

    def data(self) -> bytes:
        """The bytes of the file."""
        pieces = cache(lambda page, seen: self._entry(page, seen).split(_NUMBER.encode()))  # ports that were looked at on one day share theirs
        entries = [_HEAD.encode()]
        for page, seen, first, last in self.listed:
            if page.key == _NUMBER:
                shared = pieces(page, seen)
                entries += [(b"%d" % number).join(shared) for number in range(first, last + 1)]
            else:
                entries.append(self._entry(page, seen))
        return b"".join((*entries, b"</urlset>\n"))

    def _entry(self, page: Page, seen: str) -> bytes:
        """The page in all languages."""
        places = {tag: escape(page.translated(tag).address(self.base_url)) for tag in self.locales}
        alternates = ""
        if len(places) > 1:
            named = [*places.items(), ("x-default", places.get(self.default, next(iter(places.values()))))]
            alternates = "".join(f'<xhtml:link rel="alternate" hreflang="{tag}" href="{place}"/>' for tag, place in named)
        return "".join(f"<url><loc>{place}</loc><lastmod>{seen}</lastmod>{alternates}</url>\n" for place in places.values()).encode()


def sitemaps(chart: Chart, base_url: str, locales: tuple[str, ...], default: str, singles: Iterable[Page]) -> list[Sitemap]:
    """All of them. ``singles`` are the pages of one locale that belong to no block; a block is never divided."""
    seen = _seen_by(chart)
    newest = max(map(seen, chart.segments))
    groups = [tuple(Listed(page, newest) for page in singles)]
    addresses = len(locales) * (1 + len(BLOCKS[0].ports))
    together = max(1, min(MOST // addresses, _LINKS // (addresses * (1 + len(locales)))))
    for at in range(0, len(BLOCKS), together):
        groups.append(tuple(listed for block in BLOCKS[at : at + together] for listed in _of_block(chart, seen, block, default)))
    return [Sitemap(Page("sitemap", None, at), base_url, locales, default, group) for at, group in enumerate(groups, 1)]


def index(all_sitemaps: Iterable[Sitemap], base_url: str) -> bytes:
    """The file that names the others."""
    places = "".join(f"<sitemap><loc>{escape(sitemap.page.address(base_url))}</loc></sitemap>\n" for sitemap in all_sitemaps)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</sitemapindex>\n'
    return text.encode()


def _of_block(chart: Chart, seen: Callable[[Segment], str], block: Block, default: str) -> Iterator[Listed]:
    segments = list(chart.within(block.first, block.last))
    yield Listed(Page("block", default, block), max(map(seen, segments)))
    for day, together in groupby(segments, seen):
        ports = list(together)
        yield Listed(Page("port", default, _NUMBER), day, max(ports[0].first, block.first), min(ports[-1].last, block.last))


def _seen_by(chart: Chart) -> Callable[[Segment], str]:
    """The latest day on which a source of a segment's entries was looked at; days sort as text."""
    registry = chart.registry
    entries: list[Any] = [*registry.ranges, *registry.pools, *registry.uses, *registry.abuse]
    cited: dict[int, list[Reference | Citation]] = {id(entry): [chart.references[reference] for reference in entry.references] for entry in entries}
    days = {entry: max((reference.seen for reference in references), default="") for entry, references in cited.items()}

    known: dict[int, str] = {}

    def seen(segment: Segment) -> str:
        if segment.first not in known:
            entries = (segment.range, *segment.pools, *segment.uses, *segment.abuse)
            known[segment.first] = max(registry.updated, *[days[id(entry)] for entry in entries])
        return known[segment.first]

    return seen
