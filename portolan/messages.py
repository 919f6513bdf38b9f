"""Messages: the texts that are translated, and the placeholders in them.

A placeholder is ``{port}``, ``{range.dynamic.count}``: lower-case words joined by ``.``, ``-`` or ``_``. Any other
brace is itself, so commands need no escaping. A citation is ``[^rfc6335]``; a code span stands between backquotes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from markupsafe import Markup, escape

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9]*(?:[._-][a-z0-9]+)*)\}")
CITATION = re.compile(r"\[\^([^\]\s]+)\]")
LONGEST = 1500  # characters of a paragraph: Markdown takes four times as long over one that is twice as long
_DEEP = re.compile(r"\s*(?:(?:\d+\.|[-*+>])\s*){12}")  # markers of items and quotations in one another
_CODE = re.compile(r"`([^`]+)`")


def placeholders(text: str) -> list[str]:
    """The names of the placeholders in ``text``, in order."""
    return PLACEHOLDER.findall(text)


def unwieldy(text: str, longest: int = LONGEST) -> str | None:
    """Why a text can't be given to Markdown, which would take minutes over it, or stumble; ``None`` if it can."""
    if len(text) > longest:
        return f"must not be {len(text):,} characters long, but {longest:,} at most"
    return "must not be nested so deeply" if _DEEP.match(text) else None


def fill(text: str, values: Mapping[str, object]) -> Markup:
    """``text`` escaped, with each placeholder replaced by its escaped value. Raises ``KeyError`` for one without value."""
    parts = _escaped_parts(text)
    if len(parts) == 1:
        return Markup(parts[0])
    out = list(parts)
    out[1::2] = [escape(values[name]) for name in parts[1::2]]
    return Markup("".join(out))


@cache
def _escaped_parts(text: str) -> tuple[str, ...]:
    """What stands between the placeholders, escaped, and their names, in turn."""
    return tuple(PLACEHOLDER.split(str(escape(text))))


def bare(text: str) -> str:
    """``text`` without what stays as it is in every language: placeholders, citations and code."""
    return PLACEHOLDER.sub("", CITATION.sub("", _CODE.sub("", text)))


@cache
def is_wordless(text: str) -> bool:
    """Whether there is nothing in it to translate, as in ``{label}: {text}``."""
    return not any(map(str.isalpha, bare(text)))


def lost(original: str, translation: str, optional: frozenset[str] = frozenset()) -> list[str]:
    """What must survive translation byte for byte and didn't: placeholders, citations and code spans, as written."""
    return [*_differences(original, translation, optional)]


def _differences(original: str, translation: str, optional: frozenset[str]) -> list[str]:
    before, after = _fixed(original), _fixed(translation)
    missing = [part for part in before if after[part] < before[part] and part.strip("{}") not in optional]
    return [*missing, *(part for part in after if part not in before)]


def _fixed(text: str) -> Counter[str]:
    parts = [f"{{{name}}}" for name in placeholders(_CODE.sub("", text))]
    parts += [f"[^{name}]" for name in CITATION.findall(text)]
    parts += [f"`{code}`" for code in _CODE.findall(text)]
    return Counter(parts)
