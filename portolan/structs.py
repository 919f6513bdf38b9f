"""From YAML values to frozen types: every wrong field is told, each with its own line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from portolan.characters import hidden, named
from portolan.entry import Entry
from portolan.hints import did_you_mean
from portolan.kinds import Field, choices, fields, items_of, rules_of, struct_of, takes_text, words
from portolan.nodes import Mapping, Sequence
from portolan.problem import Problem
from portolan.sources import CONTROL

E = TypeVar("E", bound=Entry)
Decoder = Callable[[type, Any], Any]
_LONGEST = 60  # letters of a value that a message shows


def build(
    kind: type[E], node: Any, path: str, line: int, problems: list[Problem], decode: Decoder
) -> E | None:
    """``node`` as a ``kind`` (a struct); ``None`` with every problem noted when it isn't one.

    ``decode(type, value)`` reads the types that YAML doesn't have; it raises ``ValueError`` with
    what the value must be.
    """
    return _Builder(path, problems, decode).entry(kind, node, line)


class _Builder:
    def __init__(self, path: str, problems: list[Problem], decode: Decoder) -> None:
        self.path, self.problems, self.decode = path, problems, decode

    def entry(self, kind: type[E], node: Any, line: int) -> E | None:
        if not isinstance(node, Mapping):
            self._note(
                Problem(
                    self.path,
                    line,
                    "type",
                    f"must be a mapping with the fields of {kind.__name__}, not {_shown(node)}",
                )
            )
            return None
        before, known = len(self.problems), fields(kind)
        values = {key: self._field(kind, known, node, key) for key in node}
        for name, field in known.items():
            if field.required and name not in node:
                self._note(
                    Problem(
                        self.path,
                        node.line,
                        "missing-key",
                        f"{name}: must be given for {kind.__name__}",
                    )
                )
        if len(self.problems) > before:
            return None
        lines = tuple((key, at) for key, at in node.lines.items() if at != node.line)
        return kind(**values, path=self.path, line=node.line, lines=lines)

    def _field(self, kind: type, known: dict[str, Field], node: Mapping, key: str) -> Any:
        line = node.lines[key]
        if key in known:
            return self._value(known[key].type, node[key], key, line)
        hint = did_you_mean(key, known)
        self._note(
            Problem(
                self.path,
                line,
                "unknown-key",
                f"{key}: is not a field of {kind.__name__}; known: {', '.join(known)}{hint}",
            )
        )
        return None

    def _value(self, kind: Any, value: Any, key: str, line: int) -> Any:
        items = items_of(kind)
        if items is None:
            struct = struct_of(kind)
            return (
                self.entry(struct, value, line) if struct else self._scalar(kind, value, key, line)
            )
        if not isinstance(value, Sequence):
            return self._note(
                Problem(
                    self.path, line, "value", f"{key}: must be {words(kind)}, not {_shown(value)}"
                )
            )
        if not value and items.needed:
            return self._note(
                Problem(
                    self.path, line, "value", f"{key}: must be {words(kind)}, and none is given"
                )
            )
        return tuple(self._items(items.kind, value, key))

    def _items(self, kind: Any, values: Sequence, key: str) -> list[Any]:
        found: list[Any] = []
        for value, line in zip(values, values.lines, strict=True):
            struct = struct_of(kind)
            if struct and not (isinstance(value, str) and takes_text(kind)):
                found.append(self.entry(struct, value, line))
            elif value in found:
                self._note(
                    Problem(
                        self.path,
                        line,
                        "value",
                        f"{key}: {_shown(value)} must be given once, not twice",
                    )
                )
            else:
                found.append(self._scalar(kind, value, key, line))
        return found

    def _scalar(self, kind: Any, value: Any, key: str, line: int) -> Any:
        try:
            read = msgspec.convert(value, kind, dec_hook=self.decode)
            if isinstance(value, str):
                _look(value)
            for rule in rules_of(kind) if read is not None else ():
                rule(read)
        except msgspec.ValidationError as error:
            self._note(Problem(self.path, line, "value", f"{key}: {_message(error, kind, value)}"))
        except ValueError as error:
            self._note(Problem(self.path, line, "value", f"{key}: {error}"))
        else:
            return read
        return None

    def _note(self, problem: Problem) -> None:
        self.problems.append(problem)


def _look(text: str) -> None:
    """An escape, ``"\\u202e"``, gets a character past the reading of the file; ``ValueError`` says
    which.
    """
    if control := CONTROL.search(text):
        raise ValueError(f"must not hold the control character {named(control[0])}")
    if not text.isascii() and (found := hidden(text)):
        raise ValueError(f"must not hold the hidden character {found}")


def _message(error: msgspec.ValidationError, kind: Any, value: Any) -> str:
    text = str(error).partition(" - at `$")[0]
    if text.startswith("must"):  # a decoder's own words
        return text
    hint = did_you_mean(value, choices(kind)) if isinstance(value, str) else ""
    if takes_text(kind) and isinstance(value, int):
        hint = "; quotes make it text"
    return f"must be {words(kind)}, not {_shown(value)}{hint}"


def _shown(value: Any) -> str:
    kinds = {Mapping: "a mapping", Sequence: "a list", type(None): "nothing"}
    shown = kinds.get(type(value)) or repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}… ({len(value):,} letters)"
