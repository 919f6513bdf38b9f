"""Stencils: a page rendered once with holes in it, and stamped with a port's values in bytes.

A hole can be printed and nothing else. Whatever a template wants to branch on belongs into the shape (``view``); testing,
comparing, iterating, filtering or computing with a hole raises ``HoleError``, and Jinja tells the template and line.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

from jinja2 import Environment, TemplateRuntimeError
from markupsafe import Markup

# A hole in rendered text: SO name SI. Control characters can't stand in a source (sources.read_text).
_MARK = re.compile("\x0e([^\x0e\x0f]*)\x0f")
_ASSET = re.compile(rb"assets/[\w.]+")
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


class Fragment(NamedTuple):
    """Text with holes, cut up: ``texts`` in UTF-8, and the holes' ``names`` between them. ``said`` (16 bytes) names the texts, but
    for the base URL and the assets: neither changes what a page says."""

    texts: tuple[bytes, ...]
    names: tuple[str, ...] = ()
    said: bytes = b""

    @classmethod
    def of(cls, text: str, base_url: str = "") -> Fragment:
        """A fragment of rendered text."""
        pieces = _MARK.split(text)
        texts = tuple([piece.encode() for piece in pieces[::2]])
        said = _ASSET.sub(b"", b"\x0e".join(texts).replace(base_url.encode(), b"") if base_url else b"\x0e".join(texts))
        return cls(texts, tuple(pieces[1::2]), hashlib.blake2b(said, digest_size=16).digest())

    @classmethod
    def joined(cls, fragments: Iterable[Fragment]) -> Fragment:
        """Fragments in a row as one."""
        texts, names, said = [b""], list[str](), list[bytes]()
        for fragment in fragments:
            texts[-1] += fragment.texts[0]
            texts += fragment.texts[1:]
            names += fragment.names
            said.append(fragment.said)
        return cls(tuple(texts), tuple(names), hashlib.blake2b(b"".join(said), digest_size=16).digest())


class Stencil:
    """Bytes with holes: texts and values in turn, and one join makes a page of them."""

    __slots__ = ("_names", "_page", "_pick")

    def __init__(self, fragment: Fragment, known: Collection[str]) -> None:
        """``known`` are the names that its holes can have. Raises HoleError for another: a hole was changed after it was printed."""
        for name in set(fragment.names).difference(known):
            raise HoleError(f"a hole was changed after it was printed: {name!r}")
        self._lay(fragment.texts, fragment.names)

    def filled(self, values: Mapping[str, bytes]) -> Stencil:
        """A stencil with the values laid in for good; holes without one are left."""
        texts, names, text = [], [], [self._page[0]]
        for name, after in zip(self._names, self._page[2::2], strict=True):
            if name in values:
                text += (values[name], after)
            else:
                texts.append(b"".join(text))
                names.append(name)
                text = [after]
        filled = Stencil.__new__(Stencil)
        filled._lay((*texts, b"".join(text)), tuple(names))
        return filled

    def stamp(self, values: Mapping[str, bytes]) -> bytes:
        """The page with the values laid in: escaped UTF-8, one per name. ``KeyError`` when one is missing."""
        self._page[1::2] = self._pick(values)
        return b"".join(self._page)

    def repeated(self, values: Mapping[str, bytes], name: str, each: Sequence[bytes]) -> bytes:
        """The page over and over, with ``values`` laid in and for the hole ``name`` one of ``each`` at a time."""
        if len(each) == 1:
            return self.stamp({**values, name: each[0]})
        filled = self.filled(values)
        if set(filled._names) == {name}:
            texts = filled._page[::2]
            return b"".join([value.join(texts) for value in each])
        return b"".join([filled.stamp({name: value}) for value in each])

    def _lay(self, texts: tuple[bytes, ...], names: tuple[str, ...]) -> None:
        self._names = names
        self._page = [b""] * (2 * len(texts) - 1)
        self._page[::2] = texts
        self._pick = _picker(names)


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, bytes]], Iterable[bytes]]:
    """Gives the values of names, in their order."""
    return itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]
