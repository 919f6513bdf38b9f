"""Locales: a BCP 47 tag, its catalog, and what CLDR knows of it.

A locale exists because ``locales/<tag>/LC_MESSAGES/portolan.po`` exists. English is the language of the sources:
its catalog is empty, and every other catalog falls back to it.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable, Mapping
from enum import IntFlag
from functools import cached_property
from gettext import c2py
from pathlib import Path
from typing import Literal, NamedTuple

from babel import Locale as Cldr
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from portolan.messages import is_wordless
from portolan.problem import Problem
from portolan.sources import paths

HOME = "locales"
# Where the digits of CLDR's numbering systems begin in Unicode; Latin digits need no entry.
_ZEROS = {
    "arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "cakm": 0x11136, "deva": 0x966, "mtei": 0xABF0, "mymr": 0x1040, "olck": 0x1C50, "tibt": 0xF20,
}  # fmt: skip
DOMAIN = "portolan"
_CODE = re.compile("`([^`]+)`")
SOURCE = "en"
_CATALOG = re.compile(rf"{HOME}/[^/]+/LC_MESSAGES/{DOMAIN}\.po")


class Gaps(IntFlag):
    """What a text, or a page, lacks of a translation: some of it is in English, or translates an English of before."""

    NONE = 0
    UNTRANSLATED = 1
    REVISED = 2


class Message(NamedTuple):
    """One translated message: its English forms (singular, or singular and plural), its translations, its line.

    ``revised``: the English was changed a little since, and nobody has looked at the translation yet.
    """

    ids: tuple[str, ...]
    strings: tuple[str, ...]
    line: int
    revised: bool = False


class Catalog(NamedTuple):
    """A PO file: its path, its rule of plural forms, and the messages whose translation can be shown."""

    path: str
    plural: str
    messages: tuple[Message, ...]


class Locale:
    """Everything that depends on the language and nothing that depends on a page."""

    def __init__(self, tag: str, catalog: Catalog) -> None:
        self.tag = tag
        self.plural_rule = catalog.plural
        self.__dict__["_strings"] = {message.ids: message.strings for message in catalog.messages}
        self._revised = frozenset(message.ids for message in catalog.messages if message.revised)
        self._pickle = b""
        self.draft = False  # whether too little of it is translated to be published

    def __repr__(self) -> str:
        return f"Locale({self.tag})"

    def __getstate__(self) -> dict[str, object]:
        # menus show name and direction of all locales, and need neither CLDR's data for that nor the strings
        kept = {field: getattr(self, field) for field in ("tag", "plural_rule", "name", "direction", "_revised", "draft")}
        return {**kept, "_pickle": pickle.dumps(self._strings, pickle.HIGHEST_PROTOCOL)}

    @cached_property
    def _strings(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        found: Mapping[tuple[str, ...], tuple[str, ...]] = pickle.loads(self._pickle)
        return found

    @cached_property
    def cldr(self) -> Cldr:
        return Cldr.parse(self.tag, sep="-")

    @property
    def is_source(self) -> bool:
        return self.tag == SOURCE

    @cached_property
    def direction(self) -> Literal["ltr", "rtl"]:
        return "rtl" if self.cldr.text_direction == "rtl" else "ltr"

    @cached_property
    def name(self) -> str:
        """What the language calls itself, as it stands in a menu."""
        own = self.cldr.languages.get(str(self.cldr)) or self.cldr.get_display_name(self.cldr) or self.tag
        return own[0].upper() + own[1:]

    def translate(self, text: str) -> str | None:
        """The translation of ``text``; ``None`` where there is none and the English has to stand in."""
        if self.is_source:
            return text
        strings = self._strings.get((text,))
        return strings[0] if strings else text if is_wordless(text) else None

    def plural(self, singular: str, plural: str, count: int) -> str | None:
        """The form of a counted message for ``count``; ``None`` where it isn't translated."""
        if self.is_source:
            return singular if count == 1 else plural
        strings = self._strings.get((singular, plural))
        return strings[self._form(count)] if strings else None

    @cached_property
    def _form(self) -> Callable[[int], int]:
        return c2py(self.plural_rule)

    def message(self, forms: tuple[str, ...]) -> tuple[str, ...] | None:
        """All that is translated of a message, its English forms given."""
        return self._strings.get(forms)

    def gaps(self, *forms: str) -> Gaps:
        """What is missing of the translation of a message, its English forms given."""
        if self.is_source or (len(forms) == 1 and is_wordless(forms[0])):
            return Gaps.NONE
        if forms in self._revised:
            return Gaps.REVISED
        return Gaps.NONE if forms in self._strings else Gaps.UNTRANSLATED

    def phrase(self, text: str) -> Markup:
        """``text`` translated and escaped, code between backquotes marked; English that stands in is marked, too."""
        translation = self.translate(text)
        return _marked_up(translation) if translation is not None else self.stand_in(_marked_up(text))

    def attribute(self, text: str) -> Markup:
        """``text`` translated and escaped for a place that holds no markup."""
        return escape((self.translate(text) or text).replace("`", ""))

    def stand_in(self, english: Markup) -> Markup:
        """English within a page of another language."""
        return Markup('<span lang="en"%s>%s</span>') % (self.english_direction, english)

    @property
    def english_direction(self) -> Markup:
        return Markup(' dir="ltr"') if self.direction == "rtl" else Markup("")

    def number(self, value: int) -> str:
        """A counted number in the locale's own digits and grouping: 16,384, 16.384, ১৬,৩৮৪."""
        return self.digits(format_decimal(value, locale=self.cldr, numbering_system="default"))

    def digits(self, text: str) -> str:
        """``text`` with the digits of the locale's default numbering system, which Babel does not put in."""
        zero = _ZEROS.get(self.cldr.default_numbering_system)
        return text.translate({ord("0") + digit: zero + digit for digit in range(10)}) if zero else text

    def join(self, items: Iterable[object]) -> Markup:
        """``a, b and c``, each item escaped; printing holes is fine, for only their number matters."""
        return Markup(format_list([str(escape(item)) for item in items], locale=self.cldr))


def _marked_up(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def locale_tags(root: Path, problems: list[Problem] | None = None) -> list[str]:
    """The locales that exist: English first, then by tag; what can't be looked into is noted."""
    there = paths(root, [] if problems is None else problems, HOME)
    found = [tag for _, tag, *_ in (path.split("/") for path in there if _CATALOG.fullmatch(path))]
    return sorted(found, key=lambda tag: (tag != SOURCE, tag))


def catalog_path(tag: str) -> str:
    return f"{HOME}/{tag}/LC_MESSAGES/{DOMAIN}.po"
