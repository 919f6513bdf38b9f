"""Every page of the site: its kind, its path, its address. Nothing else composes a URL.

A page's ``key`` may be a number, an id or a hole: paths only ever print it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from portolan.registry.types import PORTS

BLOCK = 256
_PATHS = {
    "languages": "index.html",
    "missing": "404.html",
    "robots": "robots.txt",
    "headers": "_headers",
    "search": "search.js",
    "sitemaps": "sitemap.xml",
    "sitemap": "sitemap-{key}.xml",
    "asset": "assets/{key}",
    "home": "{locale}/index.html",
    "opensearch": "{locale}/opensearch.xml",
    "manifest": "{locale}/manifest.webmanifest",
    "about": "{locale}/about.html",
    "range": "{locale}/ranges/{key}.html",
    "article": "{locale}/{key}.html",
    "block": "{locale}/blocks/{key}.html",
    "system": "{locale}/systems/{key}.html",
    "port": "{locale}/ports/{key}.html",
}


class Block(NamedTuple):
    """256 consecutive ports, the unit of work and of the browsable index."""

    first: int

    @classmethod
    def of(cls, port: int) -> Block:
        return cls(port - port % BLOCK)

    @property
    def last(self) -> int:
        return self.first + BLOCK - 1

    @property
    def ports(self) -> range:
        return range(self.first, self.last + 1)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


BLOCKS = tuple(Block(first) for first in range(0, PORTS, BLOCK))


class Page(NamedTuple):
    """One file of the site. ``locale`` and ``key`` are ``None`` where the kind has none."""

    kind: str
    locale: str | None = None
    key: object = None

    @classmethod
    def parse(cls, path: str) -> Page | None:
        """The page at a path, ``None`` where there can be none: the inverse of ``path``. Nobody is asked whether locale and id exist."""
        for kind, pattern in _patterns():
            if found := pattern.fullmatch(path):
                parts = found.groupdict()
                try:
                    page = cls(kind, parts.get("locale"), _KEYS.get(kind, _Key()).read(parts["key"]) if "key" in parts else None)
                except ValueError:
                    return None
                return page if page.path == path else None  # 007 is no number of ours
        return None

    @property
    def path(self) -> str:
        """Relative to the site's root."""
        return _PATHS[self.kind].format(locale=self.locale, key=self.key)

    @property
    def is_html(self) -> bool:
        """Whether people read it, rather than their programs."""
        return _PATHS[self.kind].endswith(".html")

    def address(self, base_url: str) -> str:
        """The absolute URL under which the page is published; ``…/index.html`` is its folder."""
        return base_url + self.path.removesuffix("index.html")

    @property
    def is_anywhere(self) -> bool:
        """Whether it may be shown at any address, so that its links must begin at the site's root."""
        return self.kind == "missing"

    @property
    def folder(self) -> str:
        """Where it lies."""
        return self.path.rpartition("/")[0]

    def translated(self, locale: str) -> Page:
        """The same page in another locale."""
        return self._replace(locale=locale)


class _Key(NamedTuple):
    """How the key of a kind of page looks in a path, and what it stands for; ``read`` raises ValueError."""

    pattern: str = "[a-z0-9]+(?:-[a-z0-9]+)*"
    read: Callable[[str], object] = str


def _port(text: str) -> int:
    return range(PORTS).index(int(text))


_KEYS = {
    "sitemap": _Key("[0-9]{1,4}", int),
    "asset": _Key(r"[^/{}*\x00-\x1f\x7f]+\.[0-9a-f]{10}\.[^/{}*\x00-\x1f\x7f]+"),
    "article": _Key(f"articles/{_Key().pattern}"),
    "block": _Key("[0-9]+-[0-9]+", lambda text: Block.of(_port(text.partition("-")[0]))),
    "port": _Key("[0-9]{1,5}", _port),
}


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What the path of each kind of page looks like."""
    return tuple(
        (kind, re.compile(_pattern(kind, "(?P<locale>{})", "(?P<key>{})"))) for kind in _PATHS
    )


def _pattern(kind: str, locale: str, key: str) -> str:
    """A kind's regular expression; the groups of locale and key are given as ``(?:{})`` or such."""
    parts = locale.format("[A-Za-z][A-Za-z0-9-]*"), key.format(_KEYS.get(kind, _Key()).pattern)
    return _PATHS[kind].replace(".", r"\.").format(locale=parts[0], key=parts[1])


def is_possible(path: str) -> bool:
    """Whether a page could have this path: what can't be ours is never touched, whoever says so.

    Such a path is relative and stays below the folder that it is relative to.
    """
    return bool(_any_path().fullmatch(path))


@cache
def _any_path() -> re.Pattern[str]:
    return re.compile("|".join(_pattern(kind, "{}", "(?:{})") for kind in _PATHS))


def relative(here: str, path: str) -> str:
    """The relative link from pages in the folder ``here`` to a path of the site."""
    folder, _, name = path.rpartition("/")
    return f"{_between(here, folder)}{name}"


@cache
def _between(here: str, there: str) -> str:
    """The way from one folder of the site to another, with a slash at its end unless it is no way at all."""
    way = posixpath.relpath(f"/{there}", f"/{here}")
    return "" if way == "." else f"{way}/"


def singles(locale: str, ranges: Iterable[str], systems: Iterable[str], articles: Iterable[str]) -> Iterator[Page]:
    """The pages of a locale that belong to no block."""
    yield Page("home", locale)
    yield Page("about", locale)
    yield Page("opensearch", locale)
    yield Page("manifest", locale)
    yield from (Page("range", locale, id) for id in ranges)
    yield from (Page("system", locale, id) for id in systems)
    yield from (Page("article", locale, slug) for slug in articles)
