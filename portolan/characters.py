"""What nobody can see in a text, and what was never meant to be in one: told wherever text is read.

Hidden characters let a line say other than it shows ("Trojan source",
https://www.unicode.org/reports/tr55/): those that turn the direction of what follows, tags, fillers
and blanks without width. Translations need a few of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from portolan.problem import Problem

# Soft hyphen, joiners, fillers, marks and overrides of direction, blanks without width,
# annotations, tags.
_HIDDEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
HIDDEN = re.compile(f"[{_HIDDEN}]")
# Right-to-left scripts need marks, Indic and Arabic ones joiners, and Khmer or Thai places to break
# a line.
_IN_TRANSLATIONS = re.compile(rf"(?![\u00ad\u061c\u200b-\u200f\u2060])[{_HIDDEN}]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}) .*$", re.MULTILINE)


def hidden(text: str, translated: bool = False) -> str | None:
    """What the first hidden character in ``text`` is called, if there is one: "U+202E
    (RIGHT-TO-LEFT OVERRIDE)".
    """
    found = None if text.isascii() else _hidden(translated).search(text)
    return named(found[0]) if found else None


def named(character: str) -> str:
    """A character by its number, and by its name if it has one."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' ({name})' if name else ''}"


def faults(text: str, path: str) -> Iterator[Problem]:
    """The lines of a source with a hidden character, or what Git leaves where two edits meet."""
    looked_for = _hidden(translated=path.endswith(".po"))
    for line, found in _by_line(looked_for, text) if not text.isascii() else ():
        yield Problem(path, line, "hidden", f"must not hold the hidden character {named(found)}")
    for line, found in _by_line(_CONFLICT, text):
        yield Problem(
            path,
            line,
            "conflict",
            f"must not hold what Git leaves where two edits meet: {found[:40]}",
        )


def _hidden(translated: bool) -> re.Pattern[str]:
    return _IN_TRANSLATIONS if translated else HIDDEN


def _by_line(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    """The first match on each line that has one."""
    first = {
        text.count("\n", 0, found.start()) + 1: found[0]
        for found in reversed([*pattern.finditer(text)])
    }
    yield from sorted(first.items())
