"""Golden pages: what the site looks like as text, reviewed like code. `make golden` writes them anew.

In other languages than English every message is ⟦in brackets⟧ in the place of its translation, so translators change no golden page.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from portolan.blocks import Builder, File
from portolan.pages import Block, Page
from portolan.project import Project

from .conftest import MENU
from .translated import all_translated

GOLDEN = Path(__file__).parent / "golden"
# One port of every kind: reserved, with an article, a span, blocked, abused, squatted, unassigned, dynamic, the last one.
PORTS = (0, 22, 443, 3128, 6001, 9092, 31050, 49152, 60603, 65535)
PAGES = {
    **{f"en/ports/{port}.html": ("en", port) for port in PORTS},
    "de/ports/60603.html": ("de", 60603),
    "bn/ports/443.html": ("bn", 443),
    "zh-Hans/ports/60603.html": ("zh-Hans", 60603),
}


@pytest.fixture(scope="module")
def builder(project: Project) -> Callable[[str], Builder]:
    """A builder by locale, every language complete."""
    complete = all_translated(project)
    return cache(lambda tag: Builder(complete, tag, MENU))


def made(builder: Builder) -> dict[str, bytes]:
    """Pages of the other kinds."""
    files = [*builder.singles(), *builder.root(), builder.index(Block(768))]
    kinds = (("range", "dynamic"), ("system", "openbsd"), ("block", "768-1023"), ("article", "articles/ssh"))
    wanted = {Page(kind, "en", key).path for kind, key in kinds}
    return {file.path: file.data for file in files if file.path in wanted or file.path == "404.html"}


def check(file: File, regenerate: bool) -> None:
    golden = GOLDEN / file.path
    file = file._replace(data=re.sub(rb"(assets/\w+)\.[0-9a-f]{10}\.", rb"\1.HASH.", file.data))  # a new stylesheet changes no page
    if regenerate:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(file.data)
        return
    assert golden.exists(), f"{golden.name} is new: run `make golden`"
    if golden.read_bytes() != file.data:
        lines = difflib.unified_diff(golden.read_text().splitlines(), file.data.decode().splitlines(), "golden", "now", lineterm="", n=1)
        pytest.fail("\n".join(["if this is meant, run `make golden`", *lines]), pytrace=False)


@pytest.mark.parametrize("path", PAGES)
def test_port_page(builder: Callable[[str], Builder], path: str, regenerate: bool) -> None:
    tag, port = PAGES[path]
    check(File(path, builder(tag).port(port)), regenerate)


def test_pages_of_the_other_kinds(builder: Callable[[str], Builder], regenerate: bool) -> None:
    pages = made(builder("en"))
    assert len(pages) == 5
    for path, data in pages.items():
        check(File(path, data), regenerate)


def test_nothing_golden_is_left_over() -> None:
    there = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.html")}
    assert {path for path in there if "/ports/" in path} == set(PAGES)
