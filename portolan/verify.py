"""``build.py verify``: reads a built site and tells every link that leads nowhere, every title given twice, every page too heavy.

It knows nothing of how pages are made: it looks at the files, as a browser or a search engine would.
"""

from __future__ import annotations

import gzip
import html
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from portolan.files import is_file
from portolan.folder import OURS, Folder
from portolan.pages import Page
from portolan.problem import Problem
from portolan.reasons import State
from portolan.records import file_digest

# A port page of a Latin script, without and with an article or many uses; other scripts take more bytes a letter and may weigh half as
# much again.
MOST_RAW, MOST_GZIPPED = 14 * 1024, 5120
MOST_RAW_WHOLE, MOST_GZIPPED_WHOLE = 26 * 1024, 8192
MOST_ADDRESSES = 20_000
DAMAGE = "damage"  # the check of what ``build.py verify --repair`` mends
_GZIP_EVERY = 16
_LINK = re.compile(r'\s(?:href|src|action)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_LANG = re.compile(r'<html lang="([^"]*)"')
_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
_HIDDEN = '<meta name="robots" content="noindex">'  # drafts
_NEIGHBOUR = re.compile(r"\d+\.html\Z")
_ENTRY = re.compile(r"<url><loc>([^<]*)</loc><lastmod>[^<]*</lastmod>(.*?)</url>")
_ALTERNATE = re.compile(r'hreflang="([^"]*)" href="([^"]*)"')
_HEAVY_SCRIPTS = re.compile(r"(?:bn|hi|ta|te|ml|kn|mr|gu|pa|th|my|km|lo|si|ne|ar|fa|ur|he|ru|uk|el|ka|hy|am|zh|ja|ko)\b")


class Found(NamedTuple):
    """What one share of the pages showed."""

    problems: list[Problem]
    anchors: set[str]
    titles: dict[str, str]
    canonicals: dict[str, str]
    unbuilt: set[str]


class Summary(NamedTuple):
    """How much was looked at, and what is wrong.

    ``unbuilt`` counts the pages that are linked to and that a part of the site doesn't have.
    """

    pages: int
    problems: list[Problem]
    unbuilt: int = 0
    unfinished: bool = False


def verify(site: Path, jobs: int) -> Summary:
    """Every problem of the site below ``site``. Raises Damaged when what we keep there can't be read."""
    files = sorted(_walk(site))
    folder = Folder(site)
    if folder.ours.exists():
        folder.claim()
    written = dict(folder.records.digests())
    state = State.read(folder.state)
    pages = [path for path in files if path.endswith(".html")]
    shares = [pages[at : at + 2048] for at in range(0, len(pages), 2048)]
    with ProcessPoolExecutor(jobs, get_context("fork"), _begin, (site, frozenset(files), written, not state.whole)) as pool:
        found = list(pool.map(_look, shares))
    problems = [problem for part in found for problem in part.problems]
    problems += _anchors(site, {anchor for part in found for anchor in part.anchors})
    problems += _twice("title", (part.titles for part in found))
    problems += _twice("canonical", (part.canonicals for part in found))
    canonicals = {canonical: path for part in found for canonical, path in part.canonicals.items()}
    problems += _damage(site, frozenset(files), written)
    problems += _sitemaps(site, files, canonicals)
    unbuilt = {path for part in found for path in part.unbuilt}
    unfinished = folder.ours.exists() and not state.finished
    return Summary(len(pages), sorted(problems), len(unbuilt), unfinished)


def _walk(site: Path) -> Iterator[str]:
    """The regular files of the site; links are not followed."""
    for where, folders, names in os.walk(site):
        folder = Path(where).relative_to(site)
        if OURS in folders and not folder.parts:
            folders.remove(OURS)
        paths = ((folder / name).as_posix() for name in names)
        yield from (path for path in paths if is_file(site / path))


_site: Path
_files: frozenset[str]
_written: dict[str, bytes]
_is_part: bool


def _begin(site: Path, files: frozenset[str], written: dict[str, bytes], is_part: bool) -> None:
    global _site, _files, _written, _is_part
    _site, _files, _written, _is_part = site, files, written, is_part


def _look(paths: list[str]) -> Found:
    found = Found([], set(), {}, {}, set())
    resolved: dict[tuple[str, str], str | None] = {}
    for at, path in enumerate(paths):
        data = (_site / path).read_bytes()
        text = data.decode(errors="replace")
        note = partial(_note, found.problems, path, text)
        if path in _written and file_digest(data) != _written[path]:
            note(DAMAGE, "must be as it was written, and has been changed")
        _links(path, text, resolved, found, note)
        title, canonical = _TITLE.search(text), _CANONICAL.search(text)
        if not title or not title[1].strip():
            note("title", "must have a title")
        elif (first := found.titles.setdefault(f"{path.partition('/')[0]}: {html.unescape(title[1])}", path)) != path:
            note("title", f"must have a title of its own, not that of {first}")
        if canonical and _HIDDEN not in text and (first := found.canonicals.setdefault(canonical[1], path)) != path:
            note("canonical", f"must have an address of its own, not that of {first}")
        _weight(path, text, data, at, note)
    return found


def _damage(site: Path, files: frozenset[str], written: dict[str, bytes]) -> Iterator[Problem]:
    """What was written and isn't there, and files that are no pages and have been changed."""
    for path, digest in written.items():
        if path not in files:
            state = "be a file, and is none" if os.path.lexists(site / path) else "be there, and has been deleted"
            yield Problem(path, 1, DAMAGE, f"must {state}")
        elif not path.endswith(".html") and file_digest((site / path).read_bytes()) != digest:
            yield Problem(path, 1, DAMAGE, "must be as it was written, and has been changed")


def _note(problems: list[Problem], path: str, text: str, check: str, message: str, at: int = 0) -> None:
    problems.append(Problem(path, text.count("\n", 0, at) + 1, check, message))


def _links(path: str, text: str, resolved: dict[tuple[str, str], str | None], found: Found, note: partial[None]) -> None:
    folder = posixpath.dirname(path)
    ids = _ID.findall(text)
    known = set(ids)
    if len(known) != len(ids):
        note("id", f"must give an id once: {sorted({id for id in ids if ids.count(id) > 1})}")
    for link in set(_LINK.findall(text)):
        if link.startswith("#"):
            if link[1:] not in known:
                note("link", f"{link} leads nowhere", at=text.index(f'"{link}"'))
            continue
        if (folder, link) not in resolved and not _NEIGHBOUR.match(link):
            resolved[folder, link] = _target(folder, html.unescape(link))
        target = resolved.get((folder, link), f"{folder}/{link}")
        place, _, anchor = (target or "").partition("#")
        if not place:
            continue
        if _is_unbuilt(place):
            found.unbuilt.add(place)
        elif place not in _files:
            note("link", f"{link} leads nowhere", at=text.index(f'"{link}"'))
        elif anchor:
            found.anchors.add(f"{place}#{anchor}")


def _is_unbuilt(path: str) -> bool:
    """Whether what was built is a part without the page at a path: a port's, or the index of its block."""
    if not _is_part or path in _files or path in _written:
        return False
    page = Page.parse(path)
    return page is not None and page.kind in ("port", "block")


def _target(folder: str, link: str) -> str | None:
    """The path within the site that a link means; ``None`` for other places."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return None
    place, hash_, anchor = link.partition("#")
    if place.startswith("/"):  # only the page for what is not there has such links: it may stand at any address
        return posixpath.normpath(place.lstrip("/")) + hash_ + anchor if place in ("/", "") else place.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, place.partition("?")[0])) + hash_ + anchor


def _weight(path: str, text: str, data: bytes, at: int, note: partial[None]) -> None:
    if "/ports/" not in path:
        return
    lang = _LANG.search(text)
    more = 1.5 if lang and _HEAVY_SCRIPTS.match(lang[1]) else 1.0
    whole = '<article class="whole"' in text
    raw, packed = (MOST_RAW_WHOLE, MOST_GZIPPED_WHOLE) if whole else (MOST_RAW, MOST_GZIPPED)
    if len(data) > raw * more:
        note("weight", f"must weigh at most {raw * more:,.0f} bytes, not {len(data):,}")
    if more == 1.0 and (whole or at % _GZIP_EVERY == 0 or len(data) > raw * 0.8):
        gzipped = len(gzip.compress(data, 9))
        if gzipped > packed:
            note("weight", f"must weigh at most {packed:,} bytes gzipped, not {gzipped:,}")


def _anchors(site: Path, anchors: set[str]) -> Iterator[Problem]:
    for anchor in sorted(anchors):
        path, _, id = anchor.partition("#")
        if f' id="{id}"' not in (site / path).read_text(errors="replace"):
            yield Problem(path, 1, "anchor", f"must have the id {id}, which others link to")


def _twice(check: str, parts: Iterable[dict[str, str]]) -> Iterator[Problem]:
    """What is given twice, in different shares; within a share it was told already."""
    first: dict[str, str] = {}
    for part in parts:
        for value, path in part.items():
            if first.setdefault(value, path) != path:
                yield Problem(path, 1, check, f"must be its own, not that of {first[value]}: {value}")


def _sitemaps(site: Path, files: list[str], canonicals: dict[str, str]) -> Iterator[Problem]:
    """Every page stands in the sitemaps, once, and its alternates name each other."""
    parts = [path for path in files if re.fullmatch(r"sitemap-\d+\.xml", path)]
    if not parts:
        return
    listed: set[str] = set()
    groups: dict[str, str] = {}
    for part in parts:
        entries = _ENTRY.findall((site / part).read_text(errors="replace"))
        if len(entries) > MOST_ADDRESSES:
            yield Problem(part, 1, "sitemap", f"must hold at most {MOST_ADDRESSES:,} addresses, not {len(entries):,}")
        for place, alternates in entries:
            if place in listed:
                yield Problem(part, 1, "sitemap", f"must list {place} once")
            if place not in canonicals:
                yield Problem(part, 1, "sitemap", f"lists {place}, which is no page's address")
            listed.add(place)
            yield from _reciprocity(part, place, alternates, groups)
    for canonical, path in canonicals.items():
        if canonical not in listed and path != "index.html":  # the choice of languages belongs to none
            yield Problem(path, 1, "sitemap", "must stand in a sitemap")


def _reciprocity(part: str, place: str, alternates: str, groups: dict[str, str]) -> Iterator[Problem]:
    """``groups`` remembers what alternates each address was given as one of."""
    if groups.get(place) == alternates or not alternates:
        return
    others = [address for language, address in _ALTERNATE.findall(alternates) if language != "x-default"]
    if place not in others:
        yield Problem(part, 1, "sitemap", f"{place} must be among its own alternates")
    for other in others:
        if groups.setdefault(other, alternates) != alternates:
            yield Problem(part, 1, "sitemap", f"{place} and {other} must name the same alternates")
