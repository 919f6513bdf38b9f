"""Taking in a new state of IANA's registry, and telling what it changes."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from portolan import files
from portolan.problem import Problem, ProblemsFound, errors
from portolan.registry.iana import read_iana
from portolan.registry.load import HOME, Assignments, file_kind, load_file, load_text
from portolan.registry.types import Assignment
from portolan.registry.writing import to_yaml

ASSIGNMENTS = f"{HOME}/assignments.yaml"
_LARGEST = 64 * 1024 * 1024  # bytes; IANA's XML has 5 million
_MOST_LOST = 0.01  # of the entries: a month of IANA's changes about a tenth of that
_FIELDS = ("transports", "status", "title", "references", "date", "changed", "unauthorized")
_UPDATED = re.compile(r"^updated: ([0-9-]{10})$", re.MULTILINE)

Key = tuple[object, ...]


class Current(NamedTuple):
    """What stands in ``assignments.yaml``. ``damage`` is what is wrong with it; then the date and
    the number of entries are those that can still be made out, and there are no assignments."""

    text: str
    updated: str
    size: int
    assignments: tuple[Assignment, ...]
    damage: tuple[Problem, ...] = ()


class Import(NamedTuple):
    """A state of the registry that may be taken in: its date, its assignments, and the text that
    would be written.
    """

    root: Path
    before: Current
    updated: str
    after: tuple[Assignment, ...]
    text: str

    @property
    def is_new(self) -> bool:
        """Whether it is another than the one that stands there."""
        return self.text != self.before.text

    def write(self) -> None:
        """Put it in place, in one step."""
        path = self.root / ASSIGNMENTS
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, self.text.encode())


def prepare(
    root: Path,
    file: Path,
    updated: str | None = None,
    allow_loss: bool = False,
    allow_older: bool = False,
) -> Import:
    """What ``file`` would make of ``assignments.yaml``; nothing is written.

    Raises ProblemsFound for a file that isn't IANA's or that ``check`` would refuse; and, unless it
    is allowed, for one that lacks more than 1 % of our entries or is older than they are.
    """
    day, after = read_iana(_read(file), str(file), updated)
    before = current(root)
    refused = [
        *_older(before, day, str(file), allow_older),
        *_loss(before, after, str(file), allow_loss),
    ]
    if refused:
        raise ProblemsFound(refused)
    text = to_yaml(day, after)
    if problems := errors(_problems_of(text)):
        raise ProblemsFound(problems)
    return Import(root, before, day, after, text)


def _read(file: Path) -> bytes:
    """The bytes of the file, unpacked; no more than ``_LARGEST`` are read of anything."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(file) as packed:
                data = packed.read(_LARGEST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ProblemsFound(
            [Problem(str(file), 1, "iana", f"must be a whole gzip file: {error}")]
        ) from None
    if len(data) > _LARGEST:
        raise ProblemsFound(
            [Problem(str(file), 1, "iana", f"must have {_LARGEST:,} bytes at most")]
        )
    return data


def _older(before: Current, day: str, path: str, allowed: bool) -> Iterator[Problem]:
    if day < before.updated and not allowed:
        message = f"is of {day}, older than what stands in {ASSIGNMENTS}, of {before.updated}"
        yield Problem(path, 1, "iana", f"{message}; --allow-older takes it all the same")


def _loss(
    before: Current, after: tuple[Assignment, ...], path: str, allowed: bool
) -> Iterator[Problem]:
    there = {_name(entry) for entry in after}
    lost = (
        before.size - len(after)
        if before.damage
        else sum(_name(entry) not in there for entry in before.assignments)
    )
    if lost > before.size * _MOST_LOST and not allowed:
        share = lost / before.size
        message = f"lacks {lost:,} of the {before.size:,} entries ({share:.1%})"
        hint = "is it whole? --allow-loss takes it all the same"
        yield Problem(path, 1, "iana", f"{message} that stand in {ASSIGNMENTS}: {hint}")


def current(root: Path) -> Current:
    """What stands there now; a damaged file is no dead end."""
    problems: list[Problem] = []
    kind = file_kind("assignments.yaml")
    data = files.read(root / ASSIGNMENTS)
    if data is None or kind is None:
        return Current("", "", 0, ())
    text = data.decode(errors="replace")
    found = [
        entry
        for entry in load_file(root, ASSIGNMENTS, kind, problems)
        if isinstance(entry, Assignments)
    ]
    if found and not errors(problems):
        return Current(
            text, found[0].updated.isoformat(), len(found[0].assignments), found[0].assignments
        )
    return Current(text, _date(text), text.count("\n- "), (), tuple(problems))


def _date(text: str) -> str:
    """The date that a damaged file gives, if it gives one."""
    try:
        found = _UPDATED.search(text)
        return date.fromisoformat(found[1]).isoformat() if found else ""
    except ValueError:
        return ""


def _problems_of(text: str) -> list[Problem]:
    """What ``check`` would say of the text; nothing, or an importer's mistake."""
    problems: list[Problem] = []
    kind = file_kind("assignments.yaml")
    assert kind is not None
    list(load_text(text, ASSIGNMENTS, kind, problems))
    return problems


def difference(before: Iterable[Assignment], after: Iterable[Assignment]) -> Iterator[str]:
    """What was added (+), changed field by field (~) and removed (-), by port, and the totals."""
    changes = sorted(_changes(before, after), key=lambda pair: _place(pair[1] or pair[0]))
    counts: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    for old, new in changes:
        if old and new:
            changed = [field for field in _FIELDS if getattr(old, field) != getattr(new, field)]
            fields.update(changed)
            told = "; ".join(
                f"{field} {_shown(getattr(old, field))} → {_shown(getattr(new, field))}"
                for field in changed
            )
            yield f"~ {named(new)}: {told}"
        elif new:
            yield f"+ {named(new)}"
        elif old:
            yield f"- {named(old)}"
        counts["~" if old and new else "+" if new else "-"] += 1
    which = (
        f" ({', '.join(f'{field} {count:,}' for field, count in fields.most_common())})"
        if fields
        else ""
    )
    yield f"{counts['+']:,} added, {counts['~']:,} changed{which}, {counts['-']:,} removed."


def moved(before: Iterable[Assignment], after: Iterable[Assignment]) -> Iterator[Assignment]:
    """The entries of both states that say something else of who has a port; dates and references
    are no such thing.
    """
    for old, new in _changes(before, after):
        if not (old and new) or _who(old) != _who(new):
            yield from filter(None, (old, new))


def named(entry: Assignment) -> str:
    """An entry in a line: ports, transports, name."""
    transports = "/".join(entry.transports) or "all transports"
    return f"{entry.ports} {transports} {entry.name or entry.title or entry.status}"


def _changes(
    before: Iterable[Assignment], after: Iterable[Assignment]
) -> Iterator[tuple[Assignment | None, Assignment | None]]:
    """Pairs of what an entry was and what it is. Those alike in ports, name and transports belong
    together, then those in ports and name alone."""
    old, new = _by(before, _key), _by(after, _key)
    for key in old.keys() & new.keys():
        while old[key] and new[key]:
            pair = old[key].pop(0), new[key].pop(0)
            if pair[0] != pair[1]:
                yield pair
    old, new = (
        _by((e for entries in rest.values() for e in entries), _name) for rest in (old, new)
    )
    for key in old.keys() | new.keys():
        were, are = old.get(key, []), new.get(key, [])
        for at in range(max(len(were), len(are))):
            yield were[at] if at < len(were) else None, are[at] if at < len(are) else None


def _by(
    entries: Iterable[Assignment], key: Callable[[Assignment], Key]
) -> dict[Key, list[Assignment]]:
    found: defaultdict[Key, list[Assignment]] = defaultdict(list)
    for entry in entries:
        found[key(entry)].append(msgspec.structs.replace(entry, path="", line=0, lines=()))
    return found


def _key(entry: Assignment) -> Key:
    return (*_name(entry), entry.transports)


def _name(entry: Assignment) -> Key:
    return entry.ports, entry.name or entry.status


def _who(entry: Assignment) -> Key:
    return entry.ports, entry.name, entry.title, entry.status, entry.transports


def _place(entry: Assignment | None) -> tuple[object, ...]:
    assert entry is not None
    return entry.ports, entry.name or "", entry.transports


def _shown(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value or "none")
