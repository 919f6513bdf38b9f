"""What a port's page says: no sentence twice, enough that is its own, and no markup that is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations

import pytest

from benchmarks.pages import PORTS, SPECIFIC, own, sentences, words
from portolan.blocks import Builder

OWN = 0.6  # of the words of a page, what must not be on another's


@pytest.fixture(scope="module")
def pages(builder: Callable[[str], Builder]) -> dict[int, str]:
    """The page of each port in English."""
    return {port: builder("en").port(port).decode() for port in (*PORTS, 54321)}


@pytest.mark.parametrize("port", PORTS)
def test_no_sentence_stands_twice_on_a_page(port: int, pages: dict[int, str]) -> None:
    found = Counter(sentences(pages[port]))
    assert len(found) > 20
    assert [sentence for sentence, times in found.items() if times > 1] == []


@pytest.mark.parametrize(("port", "other"), [*permutations(SPECIFIC, 2)])
def test_pages_of_different_services_say_different_things(port: int, other: int, pages: dict[int, str]) -> None:
    assert own(words(pages[port]), words(pages[other])) >= OWN


def test_what_is_shared_is_told_from_what_is_own() -> None:
    page = ["one", "two", "three", "four", "five", "six"]
    assert own(page, page) == 0
    assert own(page, ["six", "five", "four", "three", "two", "one"]) == 1
    assert own(page, ["zero", "one", "two", "three", "four"]) == pytest.approx(1 / 3)


def test_no_markup_is_seen(pages: dict[int, str]) -> None:
    # 54321 has a use whose text holds code
    assert "<code>supabase stop</code>" in pages[54321]
    assert [port for port, page in pages.items() if "&lt;/" in page or "&lt;code" in page] == []
