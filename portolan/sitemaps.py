"""Sitemaps: every page in every language, each naming its alternates (https://www.sitemaps.org/protocol.html).

A sitemap holds at most 20,000 addresses. ``lastmod`` is honest: the day the registry was last looked at for that page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from portolan.pages import BLOCKS, Page
from portolan.ports import Chart, Segment
from portolan.registry.types import Citation, Reference

MOST = 20_000
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


def sitemaps(chart: Chart, base_url: str, locales: Sequence[str], default: str, singles: Iterable[Page]) -> Iterator[tuple[Page, bytes]]:
    """The index and its parts; ``singles`` are the pages of one locale that belong to no block."""
    entries = _entries(chart, base_url, locales, default, singles)
    parts: list[Page] = []
    while part := list(islice(entries, MOST)):
        page = Page("sitemap", None, len(parts) + 1)
        parts.append(page)
        yield page, (_HEAD + "".join(part) + "</urlset>\n").encode()
    places = "".join(f"<sitemap><loc>{page.address(base_url)}</loc></sitemap>\n" for page in parts)
    index = f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</sitemapindex>\n'
    yield Page("sitemaps"), index.encode()


def number_of_parts(locales: int, singles: int) -> int:
    """How many sitemaps there will be besides the index."""
    return -(-locales * (singles + len(BLOCKS) + sum(len(block.ports) for block in BLOCKS)) // MOST)


def _entries(chart: Chart, base_url: str, locales: Sequence[str], default: str, singles: Iterable[Page]) -> Iterator[str]:
    newest = max(_seen(chart, segment) for segment in chart.segments)
    for page in singles:
        yield from _entry(page, base_url, locales, default, newest)
    for block in BLOCKS:
        within = list(chart.within(block.first, block.last))
        yield from _entry(Page("block", default, block), base_url, locales, default, max(_seen(chart, segment) for segment in within))
        for segment in within:
            seen = _seen(chart, segment)
            for number in range(max(segment.first, block.first), min(segment.last, block.last) + 1):
                yield from _entry(Page("port", default, number), base_url, locales, default, seen)


def _entry(page: Page, base_url: str, locales: Sequence[str], default: str, seen: str) -> Iterator[str]:
    places = {tag: page.translated(tag).address(base_url) for tag in locales}
    alternates = ""
    if len(places) > 1:
        named = [*places.items(), ("x-default", places.get(default, next(iter(places.values()))))]
        alternates = "".join(f'<xhtml:link rel="alternate" hreflang="{tag}" href="{place}"/>' for tag, place in named)
    for place in places.values():
        yield f"<url><loc>{place}</loc><lastmod>{seen}</lastmod>{alternates}</url>\n"


def _seen(chart: Chart, segment: Segment) -> str:
    """The latest day on which a source of the segment's entries was looked at; days sort as text."""
    entries: tuple[Any, ...] = (segment.range, *segment.pools, *segment.uses, *segment.abuse)
    cited: list[Reference | Citation] = [chart.references[reference] for entry in entries for reference in entry.references]
    return max([chart.registry.updated, *(reference.seen for reference in cited)])


