"""Reading catalogs: PO files, every mistake with its line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from gettext import c2py
from pathlib import Path

from babel import Locale as Cldr
from babel import UnknownLocaleError, localedata
from babel.messages import Catalog as PoCatalog
from babel.messages import Message as PoMessage
from babel.messages.pofile import PoFileError, PoFileParser

from portolan.locales import SOURCE, Catalog, Message, catalog_path, locale_tags
from portolan.messages import lost
from portolan.problem import Problem
from portolan.sources import read_text

# A line of a PO file. Babel cuts off the first and the last character of a text, whatever they are, so we look ourselves.
_LINE = re.compile(r'(?:(?:#~ ?)?(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[[0-9]\])?) )?"(?:[^"\\]|\\.)*"|#.*)?\s*')
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
    catalog = Catalog(path, po.plural_expr, tuple(message for message in messages if all(message.strings)))
    problems += _lost(catalog)
    return catalog


def _lost(catalog: Catalog) -> Iterator[Problem]:
    """Placeholders, citations and code must survive translation byte for byte."""
    spelled = {form for form, numbers in plural_forms(catalog.plural).items() if numbers == 1}
    for message in catalog.messages:
        for at, string in enumerate(message.strings):
            original = message.ids[min(at, len(message.ids) - 1)]
            # a plural form for exactly one number may leave it out
            optional = frozenset({"n"}) if len(message.ids) > 1 and at in spelled else frozenset()
            for part in lost(original, string, optional):
                yield Problem(catalog.path, message.line, "translation", f"must keep {part} as it stands in {_short(original)}")


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


def _short(text: str) -> str:
    return repr(text if len(text) <= 50 else f"{text[:49]}…")
