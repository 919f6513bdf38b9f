"""What can be wrong with a translation, and which of those that are in doubt may be shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from portolan.links import targets
from portolan.messages import LONGEST, bare, lost, unwieldy

_MOST = 1000
ALIKE = 0.9  # how much of the English must be as it was for its translation to be shown
# Numbers, and names such as TCP and IPv6: a text that has others tells of other things.
_NAMES = re.compile(r"\w*(?:\d|[^\W\da-z_]\w*[^\W\da-z_])\w*")
_NEGATIONS = re.compile(r"\b(?:no|not|never|none|nothing|without|cannot|only|unless|except|\w+n[’']t)\b", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")
_EMPHASIS = re.compile(r"\*\*")


class Fault(NamedTuple):
    """What is wrong with a translation. A ``grave`` one would show on the page, so the English is shown instead."""

    message: str
    grave: bool = True


def faults(original: str, translation: str, optional: frozenset[str]) -> Iterator[Fault]:
    """All that is wrong with a translation; placeholders that are ``optional`` may be left out."""
    short = shortened(original)
    if reason := unwieldy(translation, min(2 * LONGEST, _MOST + 4 * len(original))):
        yield Fault(f"{reason}, for {short}")
        return
    for part in lost(original, translation, optional):
        yield Fault(f"must keep {part} as it stands in {short}")
    before, after = targets(original), targets(translation)
    for target in after - before:
        yield Fault(f"must not link to {shortened(target.address)}, which {short} doesn't")
    for target in before - after:
        yield Fault(f"must link to {shortened(target.address)}, as {short} does")
    if _odd(translation) and not _odd(original):
        yield Fault(f"must close every ** that it opens, as {short} does")
    for tag in Counter(_TAG.findall(bare(translation))) - Counter(_TAG.findall(bare(original))):
        if not any(tag.strip("<>") in target.address for target in after):
            yield Fault(f"must not hold HTML: {shortened(tag)} would show as it is")
    yield from _blanks(original, translation)


def _odd(text: str) -> bool:
    return len(_EMPHASIS.findall(bare(text))) % 2 == 1


def _blanks(original: str, translation: str) -> Iterator[Fault]:
    """Blanks and line breaks that got in by accident."""
    if translation.count("\n") > original.count("\n"):
        yield Fault("must not break lines, for its English doesn't")
    elif translation != translation.strip() and original == original.strip():
        yield Fault("must not begin or end with a blank", grave=False)
    elif "  " in translation and "  " not in original:
        yield Fault("must not hold two blanks in a row", grave=False)


def means_the_same(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether a translation of ``old`` may be shown for ``new`` until somebody has looked at it: nine tenths are alike, and
    placeholders, citations, code, links, numbers, names and negations are the same."""
    return len(old) == len(new) and all(_same(*pair) for pair in zip(old, new, strict=True))


def _same(old: str, new: str) -> bool:
    if lost(old, new) or lost(new, old) or targets(old) != targets(new):
        return False
    if any(Counter(words.findall(bare(old))) != Counter(words.findall(bare(new))) for words in (_NAMES, _NEGATIONS)):
        return False
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def shortened(text: str) -> str:
    """A text for a message."""
    return repr(text if len(text) <= 50 else f"{text[:49]}…")
