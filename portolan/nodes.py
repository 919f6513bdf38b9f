"""YAML as nodes: mappings, sequences and scalars that know their lines.

Scalars follow the JSON schema (integers, true/false, null; all else is text), so that ``no``, ``22:22`` or ``2024-12-20``
stay what they look like.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from portolan.problem import Problem

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")  # what is longer stays text: Python refuses to read 4,300 digits
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Mapping(dict[str, Any]):
    """A YAML mapping that knows its line and the line of each of its values."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Sequence(list[Any]):
    """A YAML sequence that knows its line and the line of each of its items."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def read_yaml(text: str, path: str, problems: list[Problem], first_line: int = 1) -> Any:
    """The one document in ``text`` as Mapping, Sequence and scalars; ``None`` with a problem noted when broken.

    ``first_line`` is the line of ``path`` on which ``text`` begins (front matter).
    """
    reader = _Reader(path, problems, first_line)
    try:
        return reader.document(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark and error.context_mark and mark.line >= text.count("\n"):
            mark = error.context_mark  # the end of the file is no place to look at: what was never closed is
        line = first_line + mark.line if mark else first_line
        context = f" ({error.context})" if error.context and error.problem else ""
        problems.append(Problem(path, line, "yaml", f"must be valid YAML: {error.problem or error.context}{context}"))
    except RecursionError:
        problems.append(Problem(path, reader.at, "yaml", "must not be nested so deeply"))
    except yaml.YAMLError as error:
        problems.append(Problem(path, first_line, "yaml", f"must be valid YAML: {error}"))
    return None


class _Reader:
    """Builds values from parser events: much faster than nodes, and duplicate keys can be told."""

    def __init__(self, path: str, problems: list[Problem], first_line: int) -> None:
        self.path, self.problems, self.first_line = path, problems, first_line
        self.at = first_line

    def document(self, text: str) -> Any:
        events = yaml.parse(text, Loader=_LOADER)
        value = None
        for event in events:
            if type(event) is yaml.DocumentStartEvent and value is not None:
                self._note(event, "must hold one YAML document")
            elif type(event) in (yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.ScalarEvent):
                value = self._value(event, events)
            elif type(event) is yaml.AliasEvent:
                self._note(event, "must not use YAML aliases")
        return value

    def _note(self, event: Any, message: str) -> None:
        self.problems.append(Problem(self.path, self._line(event), "yaml", message))

    def _line(self, event: Any) -> int:
        return self.first_line + int(event.start_mark.line)

    def _value(self, event: Any, events: Any) -> Any:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return _scalar(event)
        self.at = self._line(event)
        if kind is yaml.MappingStartEvent:
            return self._mapping(event, events)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(event, events)
        self._note(event, "must not use YAML aliases")
        return None

    def _mapping(self, start: Any, events: Any) -> Mapping:
        mapping = Mapping(self._line(start))
        for event in events:
            if type(event) is yaml.MappingEndEvent:
                break
            key = event.value if type(event) is yaml.ScalarEvent else self._odd_key(event, events)
            line = self._line(event)
            if key in mapping:
                self._note(event, f"{key}: must stand once, not twice")
            value = next(events)
            mapping[key] = self._value(value, events)
            mapping.lines[key] = line
        return mapping

    def _odd_key(self, event: Any, events: Any) -> str:
        self._note(event, "a key must be plain text")
        self._value(event, events)
        return ""

    def _sequence(self, start: Any, events: Any) -> Sequence:
        sequence = Sequence(self._line(start))
        for event in events:
            if type(event) is yaml.SequenceEndEvent:
                break
            sequence.lines.append(self._line(event))
            sequence.append(self._value(event, events))
        return sequence


def _scalar(event: Any) -> Any:
    value = event.value
    if not event.implicit[0]:
        return value
    if value in _WORDS:
        return _WORDS[value]
    return int(value) if _INTEGER.match(value) else value
