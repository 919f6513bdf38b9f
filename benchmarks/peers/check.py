"""Do a peer's pages equal ours? ``python -m benchmarks.peers.check OURS THEIRS SAMPLE``: two folders of pages, and a list of ports.

Every page of the sample must have the same sequence of tags with the same attributes, and the same text, white space
collapsed; the version of the page (eight hexadecimal digits in the links for votes) is left out. The pages of both
folders must be as many, and their bytes together must not differ by more than 3 %.
"""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from benchmarks.places import tree

TOLERANCE = 0.03
_VERSION = re.compile(r"(/(?:sad|unsure|glad)/)[0-9a-f]{8}\b")


class Verdict(NamedTuple):
    """``difference`` is the first one found, in words; ``None`` when all pages of the sample are equal."""

    pages: int
    bytes_ratio: float
    difference: str | None

    @property
    def equal(self) -> bool:
        return self.difference is None and abs(self.bytes_ratio - 1) <= TOLERANCE


class Tokens(HTMLParser):
    """A page as a list of tags with their attributes, and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[object, ...]] = []
        self._text = ""
        self.feed(html)
        self.close()
        self._end_text()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._end_text()
        self.found.append((tag, *((name, _VERSION.sub(r"\1", value or "")) for name, value in attributes)))

    def handle_endtag(self, tag: str) -> None:
        self._end_text()
        self.found.append((f"/{tag}",))

    def handle_decl(self, declaration: str) -> None:
        self.found.append((declaration.lower(),))

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_text(self) -> None:
        if words := " ".join(self._text.split()):
            self.found.append(("", words))
        self._text = ""


def compare(ours: Path, theirs: Path, sample: list[int]) -> Verdict:
    """Our pages are ``<port>.html``; theirs too, or ``<port>/index.html``."""
    (count, size), (other_count, other_size) = tree(ours), tree(theirs)
    difference = f"ours has {count} pages, theirs {other_count}" if count != other_count else None
    for port in sample:
        texts = [page.read_bytes() if page.is_file() else b"" for page in (_page(ours, port), _page(theirs, port))]
        difference = difference or _difference(port, *(Tokens(text.decode()).found for text in texts))
    return Verdict(len(sample), other_size / max(1, size), difference)


def _page(folder: Path, port: int) -> Path:
    flat = folder / f"{port}.html"
    return flat if flat.is_file() else folder / str(port) / "index.html"


def _difference(port: int, ours: list[tuple[object, ...]], theirs: list[tuple[object, ...]]) -> str | None:
    for mine, other in zip_longest(ours, theirs):
        if mine != other:
            return f"port {port}: ours has {mine}, theirs {other}"
    return None


if __name__ == "__main__":
    verdict = compare(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
    json.dump({**verdict._asdict(), "equal": verdict.equal}, sys.stdout)
