"""Taking in a new state of IANA's registry, and telling what it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from portolan.problem import Problem, ProblemsFound
from portolan.registry.iana import read_iana, to_yaml
from portolan.registry.load import HOME, Assignments, file_kind, load_file
from portolan.registry.types import Assignment

ASSIGNMENTS = f"{HOME}/assignments.yaml"


def import_iana(root: Path, file: Path, updated: str | None) -> Iterator[str]:
    """Write ``assignments.yaml`` from IANA's file; yields what changed, a line each. Raises NotIana and ProblemsFound."""
    date, assignments = read_iana(file.read_bytes(), updated)
    before = _current(root)
    path = root / ASSIGNMENTS
    text = to_yaml(date, assignments)
    if path.exists() and path.read_text() == text:
        yield f"{ASSIGNMENTS}: unchanged ({len(assignments):,} entries, registry of {date})"
        return
    temporary = path.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(path)
    yield from difference(before, assignments)
    yield f"{ASSIGNMENTS}: {len(assignments):,} entries, registry of {date}"


def difference(before: Iterable[Assignment], after: Iterable[Assignment]) -> Iterator[str]:
    """What was added (+), changed (~) and removed (-), by port; an entry is known by its ports, name and transports."""
    old, new = _by_key(before), _by_key(after)
    for key in sorted(old.keys() | new.keys(), key=lambda key: (key[0], str(key[1:]))):
        if key not in old:
            yield f"+ {_told(new[key])}"
        elif key not in new:
            yield f"- {_told(old[key])}"
        elif old[key] != new[key]:
            yield f"~ {_told(new[key])}: {', '.join(_changes(old[key], new[key]))}"


def _current(root: Path) -> tuple[Assignment, ...]:
    kind = file_kind("assignments.yaml")
    if kind is None or not (root / ASSIGNMENTS).exists():
        return ()
    problems: list[Problem] = []
    entries = list(load_file(root, ASSIGNMENTS, kind, problems))
    if problems:
        raise ProblemsFound(problems)
    return entries[0].assignments if entries and isinstance(entries[0], Assignments) else ()


def _by_key(assignments: Iterable[Assignment]) -> dict[tuple[object, ...], Assignment]:
    return {(a.ports, a.name, a.transports): msgspec.structs.replace(a, path="", line=0) for a in assignments}


def _told(assignment: Assignment) -> str:
    transports = "/".join(assignment.transports) or "all transports"
    return f"{assignment.ports} {transports} {assignment.name or assignment.title or assignment.status}"


def _changes(old: Assignment, new: Assignment) -> Iterator[str]:
    for field in ("status", "title", "references", "date", "unauthorized"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield f"{field} {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value or "none")
