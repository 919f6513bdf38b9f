"""Loads ``content/registry`` into a Registry, every problem of every file noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from portolan.entry import Entry
from portolan.nodes import Sequence, read_yaml
from portolan.problem import Problem
from portolan.registry.types import (
    Abuse,
    Assignment,
    Blocked,
    Pool,
    Range,
    Reference,
    Registry,
    Span,
    System,
    Use,
)
from portolan.sources import paths, read_text
from portolan.structs import build

HOME = "content/registry"
_OTHERS = re.compile(rf"{HOME}/schema/|.*\.md$")  # what lies there and belongs to editors, or is a document


class Assignments(Entry, frozen=True, kw_only=True):
    """The whole of ``assignments.yaml``: IANA's registry as of ``updated``."""

    updated: date
    assignments: tuple[Assignment, ...]


class FileKind(NamedTuple):
    """Which files hold what: ``pattern`` below ``content/registry``, the type, and whether a file lists many of it."""

    pattern: str
    kind: str
    type: type[Entry]
    many: bool = True


FILES = (
    FileKind("ranges.yaml", "ranges", Range),
    FileKind("assignments.yaml", "assignments", Assignments, many=False),
    FileKind("pools.yaml", "pools", Pool),
    FileKind("abuse.yaml", "abuse", Abuse),
    FileKind("blocked.yaml", "blocked", Blocked),
    FileKind("uses/*.yaml", "uses", Use),
    FileKind("systems/*.yaml", "systems", System, many=False),
    FileKind("references/*.yaml", "references", Reference),
)


def file_kind(path: str) -> FileKind | None:
    """What the file ``path`` (relative to ``content/registry``) holds."""
    return next((kind for kind in FILES if PurePosixPath(path).match(kind.pattern) and path.count("/") == kind.pattern.count("/")), None)


Remember = Callable[[str, Callable[[], list[Entry]]], list[Entry]]


def load_registry(root: Path, problems: list[Problem], remember: Remember = lambda path, load: load()) -> Registry:
    """Read every file of the registry below ``root``; what can't be used is noted and left out.

    ``remember(path, load)`` may know what ``load`` would make of the file.
    """
    found: dict[str, list[Any]] = {kind.kind: [] for kind in FILES}
    updated = ""
    for path in registry_files(root, problems):
        kind = file_kind(path.removeprefix(f"{HOME}/"))
        if kind is None:
            problems.append(Problem(path, 1, "file", f"is no file of the registry; known: {', '.join(k.pattern for k in FILES)}"))
            continue
        entries = remember(path, partial(_load_all, root, path, kind, problems))
        for entry in entries:
            if isinstance(entry, Assignments):
                updated = entry.updated.isoformat()
                found[kind.kind].extend(entry.assignments)
            else:
                found[kind.kind].append(entry)
    for name in (k.kind for k in FILES if "*" not in k.pattern):
        if not found[name] and not any(problem.path.startswith(f"{HOME}/{name}.") for problem in problems):
            problems.append(Problem(f"{HOME}/{name}.yaml", 1, "file", "must exist and hold entries"))
    return Registry(updated=updated, **{name: _in_order(entries) for name, entries in found.items()})


def _load_all(root: Path, path: str, kind: FileKind, problems: list[Problem]) -> list[Entry]:
    return list(load_file(root, path, kind, problems))


def registry_files(root: Path, problems: list[Problem]) -> list[str]:
    """All files of the registry, relative to ``root``, in order; those of no known kind, too."""
    return [path for path in paths(root, problems, HOME) if not _OTHERS.match(path)]


def load_file(root: Path, path: str, kind: FileKind, problems: list[Problem]) -> Iterator[Entry]:
    """The entries of one file that are as they must be."""
    text = read_text(root, path, problems)
    if text is not None:
        yield from load_text(text, path, kind, problems)


def load_text(text: str, path: str, kind: FileKind, problems: list[Problem]) -> Iterator[Entry]:
    """The same for the text of such a file."""
    before = len(problems)
    node = read_yaml(text, path, problems)
    if len(problems) > before:
        return
    if not kind.many:
        entry = build(kind.type, node, path, 1, problems, decode)
        yield from [entry] if entry else []
    elif isinstance(node, Sequence):
        for item, line in zip(node, node.lines, strict=True):
            if entry := build(kind.type, item, path, line, problems, decode):
                yield entry
    else:
        problems.append(Problem(path, 1, "type", f"must be a list of {kind.type.__name__} entries"))


def decode(kind: type, value: Any) -> Any:
    """Spans, for msgspec: the one type of ours that YAML doesn't know."""
    if kind is Span:
        return Span.parse(value)
    raise NotImplementedError(kind)


def _in_order(entries: list[Any]) -> tuple[Any, ...]:
    if entries and hasattr(entries[0], "ports"):
        return tuple(sorted(entries, key=lambda entry: (entry.ports, entry.path, entry.line)))
    if entries and isinstance(entries[0], System):
        return tuple(sorted(entries, key=lambda system: (system.order, system.id)))
    return tuple(entries)
