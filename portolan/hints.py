"""Guesses at what a person meant to write."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """``; did you mean tcp?`` when one of the known words is near, and nothing otherwise."""
    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(str(word).lower(), by_lower, n=1)
    return f"; did you mean {by_lower[near[0]]}?" if near else ""
