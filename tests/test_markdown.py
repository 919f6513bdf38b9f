"""No text of a document or of a translation keeps Markdown busy, or makes it stumble."""

from __future__ import annotations

from time import process_time

import pytest
from markupsafe import Markup

from portolan.documents import Translated, render
from portolan.locales import Catalog, Gaps, Locale
from portolan.messages import LONGEST, unwieldy
from portolan.translations import faults

COSTLY = (
    "[",
    "[a](",
    "***a** b*",
    "![",
    "**a ",
    "`a ",
    "<a",
    "[a][",
    "_a*b",
    '[a](b "',
    "\\*",
    "&",
    "<https://",
)
DEEP = ("1. ", "- ", "* ", "> ", ">", "1. > ", "  - ")


@pytest.mark.parametrize("piece", COSTLY)
def test_the_longest_paragraph_is_done_in_a_moment(piece: str) -> None:
    text = (piece * LONGEST)[:LONGEST]
    assert unwieldy(text) is None
    started = process_time()
    render(Translated(Markup("Title"), text, Gaps.NONE), Locale("en", Catalog("", "n != 1", ())))
    assert process_time() - started < 2


@pytest.mark.parametrize("piece", COSTLY + DEEP)
def test_what_is_too_much_is_told_before_markdown_sees_it(piece: str) -> None:
    text = piece * 5000
    started = process_time()
    assert unwieldy(text)
    found = [
        fault.message for fault in faults("A [link](https://portolan.example/).", text, frozenset())
    ]
    assert len(found) == 1
    assert "characters long, but " in found[0] or "nested" in found[0]
    assert process_time() - started < 0.2


@pytest.mark.parametrize("piece", DEEP)
def test_what_is_nested_deeply_is_told_although_it_is_short(piece: str) -> None:
    assert unwieldy(f"{piece * 30}text") == "must not be nested so deeply"
    assert unwieldy(f"{piece * 3}text") is None
