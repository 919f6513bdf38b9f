"""Links, images and automatic links of Markdown, as a browser would get to see them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from typing import NamedTuple

from markdown import Markdown

from portolan.messages import CITATION, PLACEHOLDER

SCHEMES = ("https", "mailto")
_MAYBE = re.compile(r"\]|<[^>]*[:@.]|&#|^ *\[.*\]:", re.MULTILINE)  # without these there is no link
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]*)", re.MULTILINE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20]+")  # browsers pass over these in an address


class Target(NamedTuple):
    """Where a link leads, or what an image loads."""

    address: str
    image: bool = False

    @property
    def is_forbidden(self) -> bool:
        """Whether it is neither https, mailto nor relative to the page; images come from the site itself."""
        address = _IGNORED.sub("", self.address)
        scheme = _SCHEME.match(address)
        return address.startswith(("//", "\\", "/\\")) or bool(scheme and (self.image or scheme[1].lower() not in SCHEMES))


def targets(text: str) -> Counter[Target]:
    """Where the links and images of a piece of Markdown lead; definitions of links count, too."""
    plain = CITATION.sub("", text)
    if not _MAYBE.search(plain):
        return Counter()
    finder = _Finder()
    finder.feed(_markdown().reset().convert(PLACEHOLDER.sub("0", plain)))
    finder.close()
    return Counter(finder.found) + Counter(map(Target, _DEFINITION.findall(plain)))


class _Finder(HTMLParser):
    """Finds what HTML loads or leads to; entities are resolved."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Target] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [Target(value or "", tag == "img") for name, value in attrs if name in ("href", "src")]


@cache
def _markdown() -> Markdown:
    """Markdown as documents are made with it (``documents``), as far as links go."""
    markdown = Markdown(output_format="html")
    markdown.preprocessors.deregister("html_block")
    markdown.inlinePatterns.deregister("html")
    return markdown
