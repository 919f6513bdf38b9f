"""JSON Schemas of the registry's files, made from the types that validate them: for editors that complete and check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from portolan import files
from portolan.entry import PLACES
from portolan.problem import Problem, ProblemsFound
from portolan.registry.load import FILES, HOME, FileKind, file_kind, registry_files
from portolan.registry.types import Span
from portolan.sources import read_text

FOLDER = f"{HOME}/schema"
_MODELINE = "# yaml-language-server: $schema="


def schemas() -> Iterator[tuple[str, str]]:
    """Path and text of each schema."""
    for kind in FILES:
        schema = _tidy(msgspec.json.schema(_type(kind), schema_hook=_span))
        titled = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Portolan: {kind.kind}", **schema}
        yield schema_path(kind), json.dumps(titled, indent=1, ensure_ascii=False) + "\n"


def schema_path(kind: FileKind) -> str:
    """Where the schema of a kind of file stands."""
    return f"{FOLDER}/{kind.kind}.json"


def modeline(path: str) -> str:
    """The first line of a registry file: which schema it follows, relative to it."""
    kind = file_kind(path.removeprefix(f"{HOME}/"))
    up = "../" * path.removeprefix(f"{HOME}/").count("/")
    return f"{_MODELINE}{up}schema/{kind.kind}.json" if kind else ""


def write(root: Path, only_look: bool) -> list[str]:
    """Bring schemas and modelines up to date (or only look); the paths that were not.

    Raises ``ProblemsFound`` for registry files that can't be read, before anything is written.
    """
    wanted = {path: text.encode() for path, text in (*schemas(), *_with_modelines(root))}
    stale = [path for path, data in wanted.items() if not _same(files.read(root / path), data)]
    for path in () if only_look else stale:
        (root / path).parent.mkdir(exist_ok=True)
        files.replace(root / path, wanted[path])
    return stale


def _same(there: bytes | None, wanted: bytes) -> bool:
    """Whether a file holds what is wanted. Schemas are compared as data: how they are laid out does not matter."""
    if there is None or there == wanted or not wanted.startswith(b"{"):
        return there == wanted
    with suppress(ValueError):
        return bool(json.loads(there) == json.loads(wanted))
    return False


def _with_modelines(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of each registry file, with its modeline."""
    problems: list[Problem] = []
    there = [path for path in registry_files(root, problems) if modeline(path)]
    texts = {path: read_text(root, path, problems) or "" for path in there}
    if problems:
        raise ProblemsFound(problems)
    for path, text in texts.items():
        first, _, rest = text.partition("\n")
        yield path, f"{modeline(path)}\n{rest if first.startswith(_MODELINE) else text}"


def _type(kind: FileKind) -> Any:
    entry: Any = kind.type
    return tuple[entry, ...] if kind.many else entry


def _span(kind: type) -> dict[str, Any]:
    if kind is Span:
        port = {"type": "integer", "minimum": 0, "maximum": 65535}
        return {"description": "a port, or a span such as 6000-6063", "anyOf": [port, {"type": "string", "pattern": "^[0-9]{1,5}-[0-9]{1,5}$"}]}
    raise NotImplementedError(kind)


def _tidy(schema: Any) -> Any:
    """A part of a schema without what is not written by hand.

    Descriptions come from docstrings; some versions of msgspec and Python take their indentation away, others do not.
    """
    if isinstance(schema, list):
        return [_tidy(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(value) for key, value in schema.items()}
    if "properties" in tidy:
        tidy["properties"] = {name: value for name, value in tidy["properties"].items() if name not in PLACES}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = cleandoc(tidy["description"]).rstrip()
    return tidy
