"""From YAML values to frozen types: every wrong field is told, each with its own line."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from portolan.entry import Entry
from portolan.nodes import Mapping, Sequence
from portolan.problem import Problem

E = TypeVar("E", bound=Entry)
_PLACES = ("path", "line")  # filled in by us, never written by hand
Decoder = Callable[[type, Any], Any]


def build(kind: type[E], node: Any, path: str, line: int, problems: list[Problem], decode: Decoder) -> E | None:
    """``node`` as a ``kind`` (a struct); ``None`` with every problem noted when it isn't one.

    ``decode(type, value)`` reads the types that YAML doesn't have; it raises ``ValueError`` with what the value must be.
    """
    if not isinstance(node, Mapping):
        problems.append(Problem(path, line, "type", f"must be a mapping with the fields of {kind.__name__}, not {_shown(node)}"))
        return None
    before = len(problems)
    fields = _fields(kind)
    values = {}
    for key, value in node.items():
        if key not in fields:
            known = ", ".join(fields)
            problems.append(Problem(path, node.lines[key], "unknown-key", f"{key}: is not a field of {kind.__name__}; known: {known}"))
            continue
        values[key] = _value(fields[key].type, value, key, path, node.lines[key], problems, decode)
    for name, field in fields.items():
        if field.required and name not in node:
            problems.append(Problem(path, node.line, "missing-key", f"{name}: must be given for {kind.__name__}"))
    return kind(**values, path=path, line=node.line) if len(problems) == before else None


@functools.cache
def _fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: field for field in msgspec.structs.fields(kind) if field.name not in _PLACES}
    return {name: _Field(hints[name], field.required) for name, field in fields.items()}


class _Field(msgspec.Struct, frozen=True):
    type: Any
    required: bool


def _value(kind: Any, value: Any, key: str, path: str, line: int, problems: list[Problem], decode: Decoder) -> Any:
    struct, many = _struct_of(kind)
    if struct and many and isinstance(value, Sequence):
        items = [_item(kind, struct, item, path, at, problems, decode) for item, at in zip(value, value.lines, strict=True)]
        if items or not _needs_items(kind):
            return tuple(items)
    elif struct and not many:
        return build(struct, value, path, line, problems, decode)
    try:
        return msgspec.convert(value, kind, dec_hook=decode)
    except msgspec.ValidationError as error:
        problems.append(Problem(path, line, "value", f"{key}: {_message(error, value)}"))
        return None


def _item(kind: Any, struct: type, item: Any, path: str, line: int, problems: list[Problem], decode: Decoder) -> Any:
    if isinstance(item, str) and str in _item_kinds(kind):
        return item
    return build(struct, item, path, line, problems, decode)


@functools.cache
def _struct_of(kind: Any) -> tuple[type | None, bool]:
    """The struct that a field's type holds, if any, and whether it holds many."""
    kind = _bare(kind)
    if get_origin(kind) is tuple:
        return next((k for k in _item_kinds(kind) if _is_struct(k)), None), True
    return (kind if _is_struct(kind) else None), False


@functools.cache
def _item_kinds(kind: Any) -> tuple[Any, ...]:
    item = _bare(get_args(_bare(kind))[0])
    members = get_args(item) if get_origin(item) in (Union, types.UnionType) else (item,)
    return tuple(_bare(member) for member in members)


def _needs_items(kind: Any) -> bool:
    return any(getattr(meta, "min_length", None) for meta in getattr(kind, "__metadata__", ()))


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _message(error: msgspec.ValidationError, value: Any) -> str:
    """msgspec's words ("Expected `int`, got `str` - at `$[0]`"), put into ours."""
    text = str(error).split(" - at ")[0]
    if text.startswith("must"):
        return text
    text = text.replace("Expected `", "must be `", 1).replace(", got `", ", not `")
    if text.startswith("must"):
        return f"{text} {_shown(value)}" if "matching regex" in text or "length" in text else text
    return f"{text[0].lower()}{text[1:]}"


def _shown(value: Any) -> str:
    kinds = {Mapping: "a mapping", Sequence: "a list", type(None): "nothing"}
    return kinds.get(type(value), repr(value))
