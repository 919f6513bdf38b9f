"""How alike two texts are, and which of many are worth comparing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache

_SHORT = 120  # characters: longer texts are compared by words, which takes a tenth of the time
_CANDIDATES = 6
_COMMON = 100  # texts that share a word: more make it a word that tells nothing
_WORD = re.compile(r"\w+|[^\w\s]")


@cache
def similarity(one: str, other: str) -> float:
    """From 0, nothing in common, to 1, the same: twice what they share, divided by all there is."""
    short = len(one) + len(other) <= 2 * _SHORT
    pieces: tuple[Sequence[str], Sequence[str]] = (one, other) if short else (_WORD.findall(one), _WORD.findall(other))
    return SequenceMatcher(None, *pieces, autojunk=False).ratio()


def candidates(texts: Iterable[str]) -> Callable[[str], list[int]]:
    """A function that gives, for a text, the places of those of ``texts`` that share the most words with it."""
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(texts):
        for word in set(_WORD.findall(text.lower())):
            by_word[word].append(at)

    def nearest(text: str) -> list[int]:
        words = set(_WORD.findall(text.lower()))
        shared = Counter(at for word in sorted(words) if len(by_word.get(word, ())) <= _COMMON for at in by_word.get(word, ()))
        return [at for at, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:_CANDIDATES]]

    return nearest
