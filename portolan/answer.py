"""What a port page answers first: what the port is, whether that is normal, and in which words.

All of it is computed from the registry's entries, by one rule for all ports; the words stand in ``content/``.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal, NamedTuple

from portolan.ports import NOTHING, Said, Segment
from portolan.registry.types import Abuse, Assignment, Reach, Stance, Use, UseKind

# Where a reader may have met a port, in the order of the page; content/seen/<situation>/ has the words.
SITUATIONS = ("listening", "local", "remote", "incoming", "outgoing", "scan", "in-use")
OWN = 64  # a use of so many ports at the most is told as the port's own; a wider one is a range that holds it
MAIN_POOLS = ("linux", "windows", "macos")

# Where the first sentence of a page comes from; from "temporary" on it is content/answer/<lead>.md.
Lead = Literal[
    "article", "uses", "registered", "temporary-dynamic", "temporary-high", "temporary-user", "nodeport", "abuse", "unassigned", "reserved",
    "deregistered", "zero",
]
# Which systems lend a port to outgoing connections: Linux alone, Windows and macOS alone, or all three.
Lent = Literal["linux", "high", "all"]
_RANKS = {"usual": 0, "common": 1, None: 1, "rare": 2}
_GRADES = ("standard", "vendor", "source", "community", "scanner")
# Kinds that are of one sort in the words of the situations.
_WORDS = {"device": "service", "media": "service", "management": "service", "range": "service"}
_MOST_CAREFUL: tuple[Stance, ...] = ("attacks", "closer", "inside", "normal")


class Answer(NamedTuple):
    """What is said of all ports of a segment.

    ``uses`` are the port's own, likeliest first, and ``wide`` those of ranges that hold it. ``stance`` is a document of
    ``content/stance/``, ``kind`` the sort of words for the situations.
    """

    lead: Lead
    kind: str
    stance: str
    reach: Reach | None
    uses: tuple[Use, ...]
    wide: tuple[Use, ...]

    @property
    def usual(self) -> tuple[Use, ...]:
        """The uses that a reader most probably met: the best of them, and those that are as common, three at the most."""
        best = _RANKS[self.uses[0].rank] if self.uses else 0
        return tuple(use for use in self.uses if _RANKS[use.rank] == best)[:3]


def answer(segment: Segment, article: Said = NOTHING) -> Answer:
    """The answer for the ports of a segment; ``article`` is what their article says of them."""
    uses = tuple(sorted((use for use in segment.uses if len(use.ports) <= OWN), key=_likeliest))
    wide = tuple(sorted((use for use in segment.uses if len(use.ports) > OWN), key=_likeliest))
    lead = _lead(segment, uses)
    first = uses[0] if uses else None
    kind = article.kind or (first.kind if first else None)
    stance = article.stance or _stance(uses)
    reach = article.reach or (first.reach if first else None)
    return Answer(lead, _words(kind, reach, lead), _stance_document(lead, stance, reach), reach, uses, wide)


def situations(kind: str, written: Container[str]) -> tuple[str, ...]:
    """The document for each situation: in the words of the kind where they are ``written``, else in those of any service."""
    found = (f"seen/{situation}/{kind}" for situation in SITUATIONS)
    return tuple(slug if slug in written else f"{slug.rpartition('/')[0]}/service" for slug in found)


def differs(answer: Answer, services: tuple[Assignment, ...]) -> bool:
    """Whether IANA's record names something else than what is met, transport by transport."""
    return bool(services) and not any(_same(use, service) for use in answer.usual for service in services)


def hunted(segment: Segment) -> tuple[Abuse, ...]:
    """The known attacks that still go on, the ones that say what they look for."""
    return tuple(abuse for abuse in segment.abuse if abuse.ongoing and abuse.looks_for)


def _likeliest(use: Use) -> tuple[object, ...]:
    return _RANKS[use.rank], len(use.ports) > 1 and len(use.ports), _GRADES.index(use.evidence), use.path, use.line


def _lead(segment: Segment, uses: tuple[Use, ...]) -> Lead:
    if segment.last == 0:
        return "zero"
    if segment.articles:
        return "article"
    if uses:
        return "uses"
    if segment.abuse:
        return "abuse"
    if segment.services:
        return "registered"
    if by := lent(segment):
        return _TEMPORARY[by]
    if any(pool.id == "kubernetes-nodeport" and pool.current for pool in segment.pools):
        return "nodeport"
    return segment.status if segment.status in ("reserved", "deregistered") else "unassigned"


_TEMPORARY: dict[Lent, Lead] = {"linux": "temporary-user", "high": "temporary-high", "all": "temporary-dynamic"}


def lent(segment: Segment) -> Lent | None:
    """Which of the common systems lend the ports of a segment to outgoing connections."""
    pools = {pool.id for pool in segment.pools if pool.current}
    if "linux" not in pools:
        return "high" if "windows" in pools else None
    return "all" if "windows" in pools else "linux"


def _stance(uses: tuple[Use, ...]) -> Stance | None:
    """The most careful stance of the uses that are likely."""
    rank = _RANKS[uses[0].rank] if uses else 0
    best = {use.stance for use in uses if _RANKS[use.rank] == rank}
    return next((stance for stance in _MOST_CAREFUL if stance in best), None)


def _stance_document(lead: Lead, stance: Stance | None, reach: Reach | None) -> str:
    if lead in ("article", "uses"):
        if stance == "normal" and reach == "internet":
            return "normal-internet"
        if stance == "inside" and reach == "machine":
            return "inside-machine"
        return stance or "known"
    if lead.startswith("temporary"):
        return "temporary"
    return "unassigned" if lead in ("reserved", "deregistered") else lead


def _words(kind: UseKind | None, reach: Reach | None, lead: Lead) -> str:
    if lead in ("article", "uses"):
        if kind == "web" and reach != "internet":
            return "web-page"  # of a device or a program, not a site of the web
        return _WORDS.get(kind or "service", kind or "service")
    if lead.startswith("temporary"):
        return "temporary"
    if lead == "nodeport":
        return lead
    return "service" if lead == "registered" else "unassigned"


def _same(use: Use, service: Assignment) -> bool:
    if service.transports and not set(use.transports) & set(service.transports):
        return False
    names = {_folded(name) for name in (use.name, *use.aliases)}
    record = {_folded(service.name or ""), _folded(service.title or "")}
    return bool(names & record) or any(word and word in name for word in record for name in names if len(word) > 3)


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
