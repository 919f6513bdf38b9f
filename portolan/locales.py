"""Locales: a BCP 47 tag, its catalog, and what CLDR knows of it.

A locale exists because ``locales/<tag>/LC_MESSAGES/portolan.po`` exists. English is the language of the sources:
its catalog is empty, and every other catalog falls back to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from gettext import c2py
from pathlib import Path
from typing import Literal, NamedTuple

from babel import Locale as Cldr
from babel import UnknownLocaleError, localedata
from babel.lists import format_list
from babel.messages import Catalog as PoCatalog
from babel.messages import Message as PoMessage
from babel.messages.pofile import PoFileError, PoFileParser
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from portolan.problem import Problem
from portolan.sources import read_text

HOME = "locales"
# Where the digits of CLDR's numbering systems begin in Unicode; Latin digits need no entry.
_ZEROS = {
    "arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "cakm": 0x11136, "deva": 0x966, "mtei": 0xABF0, "mymr": 0x1040, "olck": 0x1C50, "tibt": 0xF20,
}  # fmt: skip
DOMAIN = "portolan"
SOURCE = "en"
# A line of a PO file. Babel cuts off the first and the last character of a text, whatever they are, so we look ourselves.
_LINE = re.compile(r'(?:(?:#~ ?)?(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[[0-9]\])?) )?"(?:[^"\\]|\\.)*"|#.*)?\s*')


class Message(NamedTuple):
    """One translated message: its English forms (singular, or singular and plural), its translations, its line."""

    ids: tuple[str, ...]
    strings: tuple[str, ...]
    line: int


class Catalog(NamedTuple):
    """A PO file: its path, its rule of plural forms, and the messages that are translated (fuzzy ones are not)."""

    path: str
    plural: str
    messages: tuple[Message, ...]


class Locale:
    """Everything that depends on the language and nothing that depends on a page."""

    def __init__(self, tag: str, catalog: Catalog) -> None:
        self.tag = tag
        self.plural_rule = catalog.plural
        self._strings = {message.ids: message.strings for message in catalog.messages}

    def __repr__(self) -> str:
        return f"Locale({self.tag})"

    def __getstate__(self) -> dict[str, object]:
        return {"tag": self.tag, "plural_rule": self.plural_rule, "_strings": self._strings}  # what is cached is derived

    @cached_property
    def cldr(self) -> Cldr:
        return Cldr.parse(self.tag, sep="-")

    @property
    def is_source(self) -> bool:
        return self.tag == SOURCE

    @property
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
        return strings[0] if strings else None

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

    def phrase(self, text: str) -> Markup:
        """``text`` translated and escaped; English that stands in is marked."""
        translation = self.translate(text)
        return escape(translation) if translation is not None else self.stand_in(escape(text))

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


def locale_tags(root: Path) -> list[str]:
    """The locales that exist: English first, then by tag."""
    found = [path.parent.parent.name for path in (root / HOME).glob(f"*/LC_MESSAGES/{DOMAIN}.po")]
    return sorted(found, key=lambda tag: (tag != SOURCE, tag))


def catalog_path(tag: str) -> str:
    return f"{HOME}/{tag}/LC_MESSAGES/{DOMAIN}.po"


Remember = Callable[[str, Callable[[], Catalog | None]], Catalog | None]


def load_catalogs(root: Path, problems: list[Problem], remember: Remember = lambda path, load: load()) -> dict[str, Catalog]:
    """Each locale's catalog by tag; broken ones are noted. ``remember(path, load)`` may know what ``load`` would make of the file."""
    tags = locale_tags(root)
    if SOURCE not in tags:
        problems.append(Problem(catalog_path(SOURCE), 1, "file", "must exist: English is the language of the sources"))
    catalogs = {tag: remember(catalog_path(tag), partial(_load, root, tag, problems)) for tag in tags if _known(tag, problems)}
    return {tag: catalog for tag, catalog in catalogs.items() if catalog is not None}


def _known(tag: str, problems: list[Problem]) -> bool:
    try:
        known = localedata.exists(str(Cldr.parse(tag, sep="-")))
    except (UnknownLocaleError, ValueError):
        known = False
    if not known:
        problems.append(Problem(catalog_path(tag), 1, "locale", f"must lie in a folder named by a BCP 47 tag that CLDR knows, not {tag}"))
    return known


def _load(root: Path, tag: str, problems: list[Problem]) -> Catalog | None:
    path = catalog_path(tag)
    text = read_text(root, path, problems)
    if text is None:
        return None
    before = len(problems)
    lines = text.split("\n")
    problems += (Problem(path, at, "po", f"must be a line of a PO file, not {line}") for at, line in enumerate(lines, 1) if not _LINE.fullmatch(line))
    if len(problems) > before:
        return None
    po = _Once(locale=str(Cldr.parse(tag, sep="-")), charset="utf-8")
    try:
        PoFileParser(po, abort_invalid=True).parse(lines)
        if (last := max(plural_forms(po.plural_expr))) >= po.num_plurals:
            raise ValueError(f"plural: must choose among nplurals={po.num_plurals} forms, not {last + 1}")
    except PoFileError as error:
        problems.append(Problem(path, error.lineno + 1, "po", f"must be a PO file: {error.args[0].rpartition(' on ')[0]}"))
    except ValueError as error:
        line = next((at for at, line in enumerate(lines, 1) if "plural=" in line), 1) if "plural" in str(error) else 1
        problems.append(Problem(path, line, "po", f"must be a PO file: {error}"))
    if po.charset != "utf-8":
        line = next((at for at, line in enumerate(lines, 1) if "charset=" in line), 1)
        problems.append(Problem(path, line, "po", f"charset: must be utf-8, not {po.charset}"))
    if len(problems) > before:
        return None
    messages = [_message(m.id, m.string, m.lineno or 1) for m in po if m.id and not m.fuzzy and m.string]
    return Catalog(path, po.plural_expr, tuple(message for message in messages if all(message.strings)))


class _Once(PoCatalog):
    """Babel's catalog lets the later of two translations win in silence; this one tells of it."""

    def __setitem__(self, id: str | list[str] | tuple[str, ...], message: PoMessage) -> None:
        if id and id in self:
            raise PoFileError(f"{id!r} must be translated once, not twice", self, "", (message.lineno or 1) - 1)
        super().__setitem__(id, message)


def plural_forms(rule: str) -> Counter[int]:
    """The forms that a rule of plurals gives, and to how many of the first thousand numbers. ``ValueError`` for a rule that is none."""
    try:
        return Counter(map(c2py(rule), range(1000)))
    except (ValueError, ArithmeticError) as error:
        raise ValueError(f"plural: {error}") from None


def _message(ids: object, strings: object, line: int) -> Message:
    return Message(
        tuple(ids) if isinstance(ids, (tuple, list)) else (str(ids),),
        tuple(strings) if isinstance(strings, (tuple, list)) else (str(strings),),
        line,
    )
