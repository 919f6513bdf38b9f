"""What the types of fields say: in words for people, and in parts for those who build values of
them.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from portolan.entry import PLACES

_WORDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    date: "a day as YYYY-MM-DD",
}
_NOTHING = type(None)


class Field(NamedTuple):
    """The type of a field, and whether it must be given."""

    type: Any
    required: bool


class Items(NamedTuple):
    """The type of a list's items, and whether it needs one at least."""

    kind: Any
    needed: bool


@functools.cache
def fields(kind: type) -> dict[str, Field]:
    """The fields of a struct that are written by hand."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.name: Field(hints[field.name], field.required)
        for field in msgspec.structs.fields(kind)
        if field.name not in PLACES
    }


@functools.cache
def lists_of_entries(kind: type) -> tuple[str, ...]:
    """The fields of a struct that list other structs."""
    items = {name: items_of(field.type) for name, field in fields(kind).items()}
    return tuple(name for name, found in items.items() if found and struct_of(found.kind))


@functools.cache
def items_of(kind: Any) -> Items | None:
    """What a list holds; ``None`` for a type that is no list."""
    bare = _bare(kind)
    if get_origin(bare) is not tuple:
        return None
    return Items(get_args(bare)[0], any(getattr(meta, "min_length", None) for meta in _metas(kind)))


@functools.cache
def struct_of(kind: Any) -> type[Any] | None:
    """The struct that a type allows, if it does."""
    return next((member for member in map(_bare, _members(kind)) if _is_struct(member)), None)


@functools.cache
def takes_text(kind: Any) -> bool:
    """Whether a type allows text of some kind."""
    return any(_bare(member) is str for member in _members(kind))


@functools.cache
def choices(kind: Any) -> tuple[str, ...]:
    """The words that a type allows, if it allows just a few."""
    return tuple(
        word
        for member in _members(kind)
        if get_origin(member) is Literal
        for word in get_args(member)
    )


@functools.cache
def rules_of(kind: Any) -> tuple[Callable[[Any], None], ...]:
    """What else a value has to fulfil; each raises ``ValueError`` with what it must be."""
    metas = [meta for member in _members(kind) for meta in _metas(member)]
    return tuple(meta.extra["rule"] for meta in metas if meta.extra and "rule" in meta.extra)


@functools.cache
def words(kind: Any) -> str:
    """What a value of the type must be: "one of tcp, udp", "an https URL", "a list, each item an
    id".
    """
    if items := items_of(kind):
        least = "with one item at least, each " if items.needed else "each item "
        return f"a list, {least}{words(items.kind)}"
    return " or ".join(
        dict.fromkeys(_words(member) for member in _members(kind) if member is not _NOTHING)
    )


def _words(kind: Any) -> str:
    for meta in reversed(_metas(kind)):
        if meta.description:
            return str(meta.description)
        if meta.ge is not None and meta.le is not None:
            return f"a whole number from {meta.ge} to {meta.le}"
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return f"one of {', '.join(get_args(bare))}"
    if _is_struct(bare):
        return f"a mapping with the fields of {bare.__name__}"
    return _WORDS.get(bare) or f"a {bare.__name__}"


def _members(kind: Any) -> tuple[Any, ...]:
    """The types of a union; the type itself if it is none."""
    bare = _bare(kind)
    if get_origin(bare) not in (Union, types.UnionType):
        return (kind,)
    return tuple(_flat(get_args(bare)))


def _flat(kinds: tuple[Any, ...]) -> Iterator[Any]:
    for kind in kinds:
        yield from _members(kind)


def _metas(kind: Any) -> list[msgspec.Meta]:
    return [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
