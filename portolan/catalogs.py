"""Reading catalogs: PO files, every mistake with its line.

What makes a file useless is an error. One translation that can't be used is none: it is told as a warning, the pages show
the English, and nothing else is held up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from gettext import c2py
from pathlib import Path

from babel import Locale as Cldr
from babel import UnknownLocaleError, localedata
from babel.core import get_global
from babel.plural import to_gettext

from portolan.locales import SOURCE, Catalog, Message, catalog_path, locale_tags
from portolan.merging import MOVED
from portolan.po import FUZZY, Entry, PoFile, parse
from portolan.problem import Problem, errors
from portolan.registry.types import PORTS
from portolan.sources import read_text
from portolan.translations import Fault, faults, means_the_same

_PLURAL_FORMS = re.compile(r"\s*nplurals\s*=\s*([0-9]+)\s*;\s*plural\s*=\s*([^;]+?)\s*;?\s*")
_MOST_FORMS = 6  # Arabic has six, and no language more
_CHARSET = re.compile(r"charset=([^\s;]+)")
Remember = Callable[[str, Callable[[], Catalog | None]], Catalog | None]


def load_catalogs(root: Path, problems: list[Problem], remember: Remember = lambda path, load: load()) -> dict[str, Catalog]:
    """Each locale's catalog by tag; broken ones are noted. ``remember(path, load)`` may know what ``load`` would make of the file."""
    tags = locale_tags(root, problems)
    if SOURCE not in tags:
        problems.append(Problem(catalog_path(SOURCE), 1, "file", "must exist: English is the language of the sources"))
    catalogs = {tag: remember(catalog_path(tag), partial(_load, root, tag, problems)) for tag in tags if _is_known(tag, problems)}
    return {tag: catalog for tag, catalog in catalogs.items() if catalog is not None}


def _is_known(tag: str, problems: list[Problem]) -> bool:
    """A folder must be named by a BCP 47 tag that CLDR knows, spelled as the standard spells it."""
    canonical = _canonical(tag)
    if canonical == tag:
        return True
    hint = f"; did you mean {canonical}?" if canonical else ""
    problems.append(Problem(catalog_path(tag), 1, "locale", f"must lie in a folder named by a BCP 47 tag that CLDR knows, not {tag}{hint}"))
    return False


def _canonical(tag: str) -> str | None:
    """The tag as BCP 47 spells it, its language's code the one in use; ``None`` for what names no language."""
    try:
        language, *subtags = tag.replace("_", "-").split("-")
        locale = Cldr.parse("-".join([_current(language.lower()), *subtags]), sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    if locale.language in ("root", "und") or not localedata.exists(str(locale)):
        return None
    return str(locale).replace("_", "-")


def _current(language: str) -> str:
    """The code in use for a language that had another: he for iw."""
    return str(get_global("language_aliases").get(language, language))


def _load(root: Path, tag: str, problems: list[Problem]) -> Catalog | None:
    path = catalog_path(tag)
    text = read_text(root, path, problems)
    if text is None:
        return None
    po, mistakes = parse(text)
    found = [Problem(path, mistake.line, "po", str(mistake)) for mistake in mistakes]
    rule, forms = "", 0
    if not mistakes:
        lines = text.split("\n")
        rule, forms, wrong = _plural(po, tag)
        found += (Problem(path, _line_of(lines, word), "po", message) for word, message in [*_header(po, tag), *wrong])
    problems += found
    if errors(found):
        return None
    catalog = Catalog(path, rule, tuple(_messages(po)))
    sound, told = _sound(catalog, forms, po)
    problems += told
    return catalog._replace(messages=tuple(sound))


def _line_of(lines: list[str], word: str) -> int:
    """Where a word of the header stands."""
    return next((at for at, line in enumerate(lines, 1) if line.startswith('"') and word in line), 1)


# The header


def _header(po: PoFile, tag: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the header: the word that tells the line, and the message."""
    charset = _CHARSET.search(po.fields.get("Content-Type", "charset=utf-8"))
    if charset and charset[1].lower() not in ("utf-8", "utf8", "charset"):  # CHARSET stands in templates of gettext
        yield "charset=", f"charset: must be utf-8, not {charset[1]}"
    language = po.fields.get("Language")
    if language and not _is_same_language(language, tag):
        yield "Language:", f"Language: must be {tag.replace('-', '_')}, as the folder says, not {language}"


def _is_same_language(language: str, tag: str) -> bool:
    """Whether a header's language can be that of a folder: pt_BR in pt, zh_CN in zh-Hans; subtags that both name are the same."""
    try:
        parsed = Cldr.parse(language.partition("@")[0].replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    one, other = (_maximal(locale) for locale in (parsed, Cldr.parse(tag, sep="-")))
    territories = {parsed.territory, Cldr.parse(tag, sep="-").territory} - {None}
    return one == other and len(territories) < 2


def _maximal(locale: Cldr) -> tuple[str, str | None]:
    """Language and script, the likely one where none is named."""
    likely = get_global("likely_subtags")
    names = ("_".join(filter(None, parts)) for parts in ((locale.language, locale.territory), (locale.language,)))
    script = next((likely[name].split("_")[1] for name in names if name in likely), None)
    return _current(locale.language), locale.script or script


def _plural(po: PoFile, tag: str) -> tuple[str, int, list[tuple[str, str]]]:
    """The rule of plural forms and their number, and what is wrong with them; without any, CLDR's."""
    declared = po.fields.get("Plural-Forms") or cldr_plural_forms(tag)
    found = _PLURAL_FORMS.fullmatch(declared)
    if not found:
        return "0", 1, [("Plural-Forms:", "must have the form nplurals=2; plural=(n != 1);")]
    forms, rule = int(found[1]), found[2]
    if not 1 <= forms <= _MOST_FORMS:
        return rule, 1, [("nplurals=", f"nplurals: must be from 1 to {_MOST_FORMS}, not {forms}")]
    try:
        chosen = plural_forms(rule)
    except ValueError as error:
        return rule, forms, [("plural=", str(error))]
    outside = [form for form in chosen if not 0 <= form < forms]
    return rule, forms, [("plural=", f"plural: must choose among nplurals={forms} forms, not {outside[0] + 1}")] if outside else []


@cache
def plural_forms(rule: str) -> Counter[int]:
    """The forms that a rule of plurals gives, and to how many of the numbers that pages count. ``ValueError`` for a rule that is none."""
    try:
        return Counter(map(c2py(rule), range(PORTS + 1)))
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"plural: {error}") from None


def cldr_plural_forms(tag: str) -> str:
    """The header field for a language, by CLDR's rule; English's for the few that can't be said in gettext's terms."""
    with suppress(ValueError):
        field = to_gettext(Cldr.parse(tag, sep="-").plural_form)
        found = _PLURAL_FORMS.fullmatch(field)
        if found and plural_forms(found[2]):
            return field
    return "nplurals=2; plural=(n != 1);"


# The messages


def _messages(po: PoFile) -> Iterator[Message]:
    """What is translated, and what was until its English changed a little."""
    for entry in po.live:
        if any(entry.strings) and (not entry.fuzzy or _may_be_shown(entry)):
            yield Message(entry.ids, entry.strings, entry.line, entry.fuzzy)


def _may_be_shown(entry: Entry) -> bool:
    """Whether a fuzzy translation still says what its message says, as far as a program can tell."""
    previous = entry.previous
    if previous is None or previous[0] != entry.context or MOVED in entry.extracted:
        return False
    return means_the_same(previous[1], entry.ids)


def _sound(catalog: Catalog, forms: int, po: PoFile) -> tuple[list[Message], list[Problem]]:
    """The messages that can be shown, and all that is wrong with any."""
    sound, told = [], []
    spelled = {form for form, numbers in plural_forms(catalog.plural).items() if numbers == 1}

    def warn(line: int, message: str) -> None:
        told.append(Problem(catalog.path, line, "translation", message, "warning"))

    for entry in po.live:
        if entry.fuzzy and FUZZY not in entry.flags:
            warn(entry.line, f"must spell its flag {FUZZY}")
    for message in catalog.messages:
        wanted = forms if len(message.ids) > 1 else 1
        if len(message.strings) != wanted or not all(message.strings):
            filled = sum(map(bool, message.strings))
            warn(message.line, f"must have {wanted} plural forms, as nplurals says, and all of them translated, not {filled}")
            continue
        wrong: list[Fault] = []
        for at, string in enumerate(message.strings):
            # a plural form for exactly one number may leave it out
            optional = frozenset({"n"}) if wanted > 1 and at in spelled else frozenset()
            wrong += faults(message.ids[min(at, len(message.ids) - 1)], string, optional)
        for fault in wrong:
            warn(message.line, fault.message)
        if not any(fault.grave for fault in wrong):
            sound.append(message)
    return sound, told
