"""What the registry holds: one frozen type per concept of DESIGN's words.

The same types validate the YAML, make the JSON Schemas and tell which fields are translated.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from functools import total_ordering
from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

import msgspec

from portolan.entry import Entry
from portolan.fields import Date, Id, Line, Name, Sentence, Text, Url
from portolan.kinds import lists_of_entries

PORTS = 65_536

Transport = Literal["tcp", "udp", "sctp", "dccp"]
# "used": IANA records a widespread use that was never assigned.
Status = Literal["assigned", "used", "unassigned", "reserved", "deregistered"]
Shell = Literal["sh", "powershell", "cmd"]

# What the program behind a port is for: it decides the words of the page's situations.
UseKind = Literal[
    "web", "database", "remote-access", "mail", "files", "discovery", "game", "peer-to-peer", "development", "industrial", "system",
    "device", "media", "management", "proxy", "service", "range",
]
# How commonly the use is met on its port, against the other uses of that port.
Rank = Literal["usual", "common", "rare"]
# What the page says of worry: normal; inside only (normal inside the network, closed to the Internet); look closer; known from attacks.
Stance = Literal["normal", "inside", "closer", "attacks"]
# From how far away the service is meant to be reached: this machine only, the local network, the Internet.
Reach = Literal["machine", "network", "internet"]

TRANSPORTS: tuple[Transport, ...] = ("tcp", "udp", "sctp", "dccp")


@total_ordering
class Span:
    """The ports ``first`` to ``last``, both included. Written ``80`` or ``6000-6063``."""

    __slots__ = ("first", "last")
    _FORM = re.compile(r"(\d{1,7})-(\d{1,7})\Z", re.ASCII)

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    @classmethod
    def parse(cls, value: Any) -> Span:
        """Read a port or a range of ports; ``ValueError`` says what it must be."""
        if isinstance(value, int) and not isinstance(value, bool):
            first = last = value
        elif isinstance(value, str) and (form := cls._FORM.match(value)):
            first, last = int(form[1]), int(form[2])
        else:
            raise ValueError(f"must be a port or a range such as 6000-6063, not {value!r}")
        for port in (first, last):
            if not 0 <= port < PORTS:
                raise ValueError(f"must lie between 0 and 65535, not {port}")
        if first > last:
            raise ValueError(f"must run upwards, not {value}")
        return cls(first, last)

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def __repr__(self) -> str:
        return f"Span({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and (self.first, self.last) == (other.first, other.last)

    def __lt__(self, other: Span) -> bool:
        return (self.first, self.last) < (other.first, other.last)

    def __hash__(self) -> int:
        return hash((self.first, self.last))

    def __reduce__(self) -> tuple[Any, ...]:
        return Span, (self.first, self.last)

    def overlaps(self, other: Span) -> bool:
        """Whether the two have a port in common."""
        return self.first <= other.last and other.first <= self.last


class Reference(Entry, frozen=True, kw_only=True):
    """A citable source."""

    id: Id
    title: Line
    url: Url
    seen: Date


class Citation(Entry, frozen=True, kw_only=True):
    """A source that only one entry needs, written out there instead of in the references."""

    title: Line
    url: Url
    seen: Date


Cited = Annotated[tuple[Id | Citation, ...], msgspec.Meta(min_length=1)]


class Range(Entry, frozen=True, kw_only=True):
    """One of IANA's three ranges (RFC 6335 section 6)."""

    id: Literal["system", "user", "dynamic"]
    ports: Span
    title: Text
    references: Cited


class Assignment(Entry, frozen=True, kw_only=True):
    """IANA's record of a port or span of ports: a service by name, or a status.

    No transports means that the record names none: it holds for all of them.
    """

    ports: Span
    transports: tuple[Transport, ...] = ()
    status: Status = "assigned"
    name: Name | None = None
    title: Line | None = None
    references: tuple[Id, ...] = ()
    date: Date | None = None
    changed: Date | None = None
    unauthorized: Line | None = None


class Recipe(Entry, frozen=True, kw_only=True):
    """A command that reads or changes a setting; capitals (FIRST, LAST, COUNT) stand for the reader's numbers."""

    shell: Shell
    command: Line


class Pool(Entry, frozen=True, kw_only=True):
    """The ports that a system or platform hands out by default."""

    id: Id
    name: Name
    kind: Literal["system", "platform"]
    ports: Span
    current: bool = True
    evidence: Literal["verified", "inferred", "community"]
    parity: bool = False
    read: tuple[Recipe, ...] = ()
    change: tuple[Recipe, ...] = ()
    note: Text | None = None
    references: Cited

    @property
    def everywhere(self) -> bool:
        """Whether the pool holds so many ports that it says nothing about any of them."""
        return len(self.ports) > PORTS * 0.9


class Command(Entry, frozen=True, kw_only=True):
    """One command of a system. ``{port}`` stands for the port; words in capitals are the reader's to fill in."""

    id: Id
    purpose: Literal["listening", "connected", "program", "end", "reachable", "allow", "block", "reserved", "pool"]
    label: Text
    shell: Shell
    command: Line
    transports: tuple[Transport, ...] = ()
    privileges: Literal["none", "names", "root"]
    primary: bool = False
    answer: str | None = None
    shows: Text
    pitfall: Text | None = None
    undo: Line | None = None
    tested: bool = False
    references: Cited


class System(Entry, frozen=True, kw_only=True):
    """An operating system (or container platform) and its commands."""

    id: Id
    name: Name
    order: int
    commands: tuple[Command, ...]


class Use(Entry, frozen=True, kw_only=True):
    """What is really seen on a port, assigned or not.

    ``programs`` are process names as ``ss``, ``lsof``, ``netstat -b`` and task managers print them; ``off`` says how to
    switch the program off, or to move it to another port.
    """

    ports: Span
    transports: Annotated[tuple[Transport, ...], msgspec.Meta(min_length=1)]
    name: Name
    kind: UseKind
    rank: Rank | None = None
    evidence: Literal["standard", "vendor", "source", "scanner", "community"]
    description: Sentence
    stance: Stance | None = None
    reach: Reach | None = None
    programs: tuple[Name, ...] = ()
    off: Sentence | None = None
    aliases: tuple[Name, ...] = ()
    references: Cited


class Abuse(Entry, frozen=True, kw_only=True):
    """Malware or abuse known on a port, never a diagnosis. ``ongoing``: a source of the last years says that it still happens.

    ``looks_for`` says what strangers who send packets to the port are after.
    """

    ports: Span
    transports: Annotated[tuple[Transport, ...], msgspec.Meta(min_length=1)]
    name: Name
    year: Annotated[int, msgspec.Meta(ge=1970, le=2100)]
    ongoing: bool = False
    looks_for: Sentence | None = None
    references: Cited


class Blocked(Entry, frozen=True, kw_only=True):
    """A port that browsers refuse for http(s) URLs."""

    ports: Span
    since: Date | None = None
    references: Cited


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known, each kind in the order of its ports (or of its file, where it has no ports)."""

    kinds: ClassVar[tuple[str, ...]]

    updated: str = ""
    ranges: tuple[Range, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    pools: tuple[Pool, ...] = ()
    uses: tuple[Use, ...] = ()
    abuse: tuple[Abuse, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    systems: tuple[System, ...] = ()
    references: tuple[Reference, ...] = ()


Registry.kinds = tuple(name for name in Registry.__struct_fields__ if name != "updated")


def all_entries(registry: Registry) -> Iterator[Entry]:
    """The entries of all kinds, and those within them: commands, recipes, citations."""
    for kind in Registry.kinds:
        for entry in getattr(registry, kind):
            yield from _with_parts(entry)


def _with_parts(entry: Entry) -> Iterator[Entry]:
    yield entry
    for name in lists_of_entries(type(entry)):
        for part in getattr(entry, name):
            if isinstance(part, Entry):
                yield from _with_parts(part)


def translated(entry: Entry) -> Iterator[tuple[int, str]]:
    """Line and text of every field of an entry that is translated, entries within it included."""
    for name in translated_fields(type(entry)):
        if text := getattr(entry, name):
            yield entry.line, text
    for name in entry.__struct_fields__:
        value = getattr(entry, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Entry):
                yield from translated(part)


@functools.cache
def translated_fields(kind: type[Entry]) -> tuple[str, ...]:
    """The fields of a kind of entry whose text is translated."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name, hint in hints.items() if any(_is_text(part) for part in (hint, *get_args(hint))))


def _is_text(hint: Any) -> bool:
    return any((meta.extra or {}).get("translated") for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
