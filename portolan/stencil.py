"""Stencils: a page rendered once with holes in it, and stamped with a port's values in bytes.

A hole can be printed and nothing else. Whatever a template wants to branch on belongs into the shape (``view``); testing,
comparing, iterating, filtering or computing with a hole raises ``HoleError``, and Jinja tells the template and line.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NoReturn

from jinja2 import Environment, TemplateRuntimeError
from markupsafe import Markup

# A hole in rendered text: SO name SI. Control characters can't stand in a source (sources.read_text).
_MARK = re.compile("\x0e([^\x0e\x0f]*)\x0f")
_ASSET = re.compile(rb"[\w./]*assets/[\w.]+")
_PRINTING_FILTERS = frozenset({"e", "escape", "safe", "join"})
_PRINTING_TESTS = frozenset({"defined", "undefined", "none"})  # whether there is a value at all is in the shape


class HoleError(TemplateRuntimeError):
    """A template did more with a hole than print it."""


def _refuse(doing: str) -> Callable[..., NoReturn]:
    def refuse(self: Hole, *args: object) -> NoReturn:
        raise HoleError(f"{self.name} can only be printed here, not {doing}; what a template branches on belongs into the shape")

    return refuse


class Hole:
    """Stands for a value that differs from port to port."""

    __slots__ = ("mark", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.mark = Markup(f"\x0e{name}\x0f")

    def __html__(self) -> str:
        return self.mark

    def __format__(self, spec: str) -> str:
        """Plain ``{}`` only: URLs (``pages``) are formed so."""
        if spec:
            raise HoleError(f"{self.name} can only be printed as it is, not formatted as {spec!r}")
        return str(self.mark)

    __str__ = __repr__ = _refuse("turned into text")
    __bool__ = _refuse("tested")
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse("compared")
    __hash__ = _refuse("used as a key")
    __iter__ = __len__ = __contains__ = __getitem__ = _refuse("looked into")
    __int__ = __float__ = __index__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse("computed with")
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _refuse("computed with")
    __neg__ = __pos__ = __abs__ = __call__ = _refuse("computed with")


def guard(environment: Environment) -> None:
    """Make every filter and test of a Jinja environment refuse holes, but for those that merely print."""
    for kind, functions, allowed in (("filtered by", environment.filters, _PRINTING_FILTERS), ("tested with", environment.tests, _PRINTING_TESTS)):
        for name, function in list(functions.items()):
            if name not in allowed:
                functions[name] = _guarded(function, f"{kind} {name!r}")


def _guarded(function: Callable[..., Any], doing: str) -> Callable[..., Any]:
    @functools.wraps(function)  # keeps Jinja's mark of what the function wants passed first
    def guarded(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if isinstance(value, Hole):
                _refuse(doing)(value)
        return function(*args, **kwargs)

    return guarded


class Stencil:
    """Bytes with holes."""

    __slots__ = ("_parts", "_values", "names")

    def __init__(self, text: str) -> None:
        parts = _MARK.split(text)
        self.names: tuple[str, ...] = tuple(parts[1::2])
        self._parts = [part.encode() for part in parts]
        # itemgetter of one name gives no tuple; asking for the first twice keeps the form, and zip below stops in time
        self._values = itemgetter(*self.names, self.names[0]) if self.names else None

    @classmethod
    def cut(cls, render: Callable[[Callable[[str], Hole]], str]) -> Stencil:
        """``render(hole)`` gives the page's text, with ``hole(name)`` in the place of every value. Raises HoleError."""
        made: dict[str, Hole] = {}
        stencil = cls(render(lambda name: made.setdefault(name, Hole(name))))
        for name in stencil.names:
            if name not in made:
                raise HoleError(f"a hole was changed after it was printed: {name!r}")
        return stencil

    def digest(self, ignoring: str) -> bytes:
        """A name for the text between the holes, ``ignoring`` the base URL and the assets: neither changes what a page says."""
        text = _ASSET.sub(b"", b"\x0e".join(self._parts[::2]).replace(ignoring.encode(), b""))
        return hashlib.blake2b(text, digest_size=16).digest()

    def stamp(self, values: Mapping[str, bytes]) -> bytes:
        """The page with the values laid in: escaped UTF-8, one per name. ``KeyError`` when one is missing."""
        if self._values is None:
            return self._parts[0]
        self._parts[1::2] = self._values(values)[:-1]
        return b"".join(self._parts)
