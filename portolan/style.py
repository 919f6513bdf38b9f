"""How our English reads: every rule that a machine can tell, each a generator of what is wrong with a text.

The docstring of a rule is the rule. What is quoted is somebody else's, and code is no English: both are left out, but for
the length of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from portolan.messages import CITATION
from portolan.problem import Problem

_LONGEST = 30  # words of a sentence
_SHOWN = 40  # characters of a sentence that is too long
_CODE = re.compile(r"`[^`]*`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_QUOTED = re.compile(r"“[^”]*”")
_SENTENCE_END = re.compile(r"(?<=[.!?:])[*”)]*\s+(?=[*“(]*[^\Wa-z_])")
_SUBJECT = r"(?:it|they|we|you|he|she|there|nobody|everybody|nothing|IANA)(?! to\b)"
_NOUN = r"(?:the|a|an|its|their|your|this|that|these|those|no|every|each|some|many)(?: (?!that\b|which\b|who\b)[\w’-]+){1,3}?"
_VERB = (
    r"(?:is|are|was|were|has|have|had|can|cannot|may|might|must|does|do|did|will|would|should|could|needs|takes|gives"
    r"|comes|goes|stands|asks|begins|makes|knows|listens|opens|sends|assigns|belongs|holds|keeps|lets)"
)
_FOR = re.compile(rf"[,;:] for (?:{_SUBJECT} \w+|{_NOUN} {_VERB}\b)")
_CERTAINTY = re.compile(r"\b(?:not|quite) sure\b", re.IGNORECASE)
_TO = re.compile(r"\b(?:advis|recommend|suggest)(?:es?|s|ed|ing)? to\b", re.IGNORECASE)
_STRAIGHT = re.compile(r"[\"']")
_AMERICAN = re.compile(
    r"\b(?:(?:un|re)?(?:recogn|author|organ|initial|synchron|custom|optim|minim|maxim|special|general|central|normal|summar"
    r"|virtual|final|real|standard|util|categor)iz(?:e[sdr]?|ing|ation|ations)"
    r"|colors?|colored|behavior|neighbors?|neighboring|favor(?:s|ed|ite)?|honor(?:s|ed)?|gray|canceled|canceling"
    r"|traveled|labeled|modeled|signaled|defense|analyz(?:e[sdr]?|ing)|center(?:s|ed)?|fulfill)\b"
)
_CONTRACTED = re.compile(r"\b(?:can not|\w+n[’']t)\b", re.IGNORECASE)

Rule = Callable[[str], Iterator[str]]


def style(messages: Iterable[tuple[str, int, tuple[str, ...]]]) -> Iterator[Problem]:
    """What reads badly in messages, each given with its path, its line and its English (with plural: both forms)."""
    for path, line, texts in messages:
        rules = (*RULES, here) if "/uses/" in path else RULES
        for text in texts:
            for rule in rules:
                yield from (Problem(path, line, "style", found, "warning") for found in rule(text))


def length(text: str) -> Iterator[str]:
    """A sentence should have at most 30 words."""
    plain = _LINK.sub(r"\1", CITATION.sub("", _CODE.sub("Code", text)))
    for sentence in _SENTENCE_END.split(plain):
        if (count := len(sentence.split())) > _LONGEST:
            yield f"a sentence should have at most {_LONGEST} words, not {count}: {sentence[:_SHOWN]}…"


def because(text: str) -> Iterator[str]:
    """A reason should be given with "because", not with "for"."""
    yield from (f'"because" should stand where "for" means it: {found}' for found in _all(_FOR, text))


def certainty(text: str) -> Iterator[str]:
    """We should not grade how sure we are: "probably" says it."""
    yield from (f'"probably" or what to do should stand where we are {found.lower()}' for found in _all(_CERTAINTY, text))


def infinitive(text: str) -> Iterator[str]:
    """To advise, recommend and suggest take "that you" or "-ing", not "to"."""
    yield from (f'"{found}" should be followed by "that you" or "-ing"' for found in _all(_TO, text))


def quotes(text: str) -> Iterator[str]:
    """Quotation marks and apostrophes should be curly."""
    if found := "".join(dict.fromkeys(_all(_STRAIGHT, text))):
        yield f"’ or “ ” should stand in prose, not {found}"


def spelling(text: str) -> Iterator[str]:
    """Words should be spelled as in Britain, and timeout as one."""
    yield from (f'"{found}" should be spelled as in Britain' for found in _all(_AMERICAN, text))
    if "time-out" in text.lower():
        yield '"timeout" should be one word'


def contraction(text: str) -> Iterator[str]:
    """Prose should say cannot and do not."""
    yield from (f'"{found}" should be "cannot" or "… not"' for found in _all(_CONTRACTED, text))


def here(text: str) -> Iterator[str]:
    """A description should neither begin nor end with "here"."""
    if re.match(r"here\b", text, re.IGNORECASE) or re.search(r"\bhere[.!?]?$", text):
        yield 'a description should neither begin nor end with "here"'


RULES: tuple[Rule, ...] = (length, because, certainty, infinitive, quotes, spelling, contraction)


def _all(pattern: re.Pattern[str], text: str) -> list[str]:
    prose = _QUOTED.sub("“”", _LINK.sub(r"\1", CITATION.sub("", _CODE.sub("", text))))
    return [found[0] for found in pattern.finditer(prose)]
