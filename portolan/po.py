"""PO files as GNU gettext writes them (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html).

Reading keeps all that a translator or an editor put into a file: comments, previous texts, obsolete messages, every field of
the header. Writing gives the bytes that ``msgcat --no-wrap`` gives. Babel drops previous texts (``#|``) and polib those of
obsolete messages (``#~|``), so neither can be trusted with other people's work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_TEXT = re.compile(
    r"(?P<prefix>#~\||#~|#\|)?[ \t]*(?P<word>msgctxt|msgid_plural|msgid|msgstr(?:\[(?P<at>[0-9])\])?)?"
    r'[ \t]*"(?P<text>(?:[^"\\]|\\[ntr"\\])*)"'
)
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPES = str.maketrans({value: f"\\{key}" for key, value in _ESCAPED.items()})
_REFERENCES_WIDTH = 79
FUZZY = "fuzzy"


@dataclass(slots=True)
class Entry:
    """A message: its English forms ``ids`` (singular, or singular and plural), its translations, and what is noted of it.

    ``line`` is that of ``msgid``, ``previous`` the context and the English forms that the translation was made for, if the
    English was changed since. ``comments`` are the translators' own, with the ``#``.
    """

    ids: tuple[str, ...]
    strings: tuple[str, ...]
    line: int = 0
    context: str | None = None
    comments: list[str] = field(default_factory=list)
    extracted: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    previous: tuple[str | None, tuple[str, ...]] | None = None
    obsolete: bool = False

    @property
    def key(self) -> tuple[str | None, str]:
        """What tells messages of a file apart."""
        return self.context, self.ids[0]

    @property
    def fuzzy(self) -> bool:
        """Whether somebody has to look at the translation before it can be relied on."""
        return any(flag.lower() == FUZZY for flag in self.flags)

    @property
    def translated(self) -> bool:
        """Whether there is a translation, every form of it, that nobody has to look at."""
        return all(self.strings) and not self.fuzzy


class PoError(ValueError):
    """What a line of a file has that no PO file may have."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class PoFile:
    """A catalog: the entry of its header, its messages in their order, and comments after the last of them."""

    header: Entry
    entries: list[Entry]
    tail: list[str] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        """The header's fields, by name."""
        lines = self.header.strings[0].split("\n")
        return {name: value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}

    @property
    def live(self) -> list[Entry]:
        """The messages that aren't obsolete."""
        return [entry for entry in self.entries if not entry.obsolete]

    def __str__(self) -> str:
        entries = [self.header, *self.live, *(entry for entry in self.entries if entry.obsolete)]
        text = "\n".join("".join(f"{line}\n" for line in _written(entry)) for entry in entries)
        return text + "".join(["\n", *(f"{line}\n" for line in self.tail)] if self.tail else [])


def parse(text: str) -> tuple[PoFile, list[PoError]]:
    """The catalog in ``text``, and everything that is wrong with it. An empty text is a catalog without a header."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.read(number, line.strip())
    reader.end()
    return reader.file(), sorted(reader.errors, key=lambda error: error.line)


class _Reader:
    """Reads line by line. What is wrong is noted, and the rest read on."""

    def __init__(self) -> None:
        self.errors: list[PoError] = []
        self._entries: list[Entry] = []
        self._begin()

    def _begin(self) -> None:
        self._entry = Entry((), ())
        self._texts: dict[tuple[bool, str], list[str]] = {}  # by whether it is of the previous text, and keyword
        self._lines: dict[str, int] = {}
        self._open: list[str] | None = None
        self._spoiled = False  # of a message that has a line that can't be read no more is said

    def read(self, number: int, line: str) -> None:
        """Take in a line."""
        if not line or line == "#~":
            self._open = None
        elif found := _TEXT.fullmatch(line):
            self._text(number, found["prefix"] or "", found["word"], _ESCAPE.sub(lambda e: _ESCAPED[e[1]], found["text"]))
        elif line.startswith("#") and line[:2] not in ("#~", "#|"):
            self._comment(line)
        else:
            self._spoiled = True
            self.errors.append(PoError(number, f"must be a line of a PO file, not {line}"))

    def _text(self, number: int, prefix: str, word: str | None, text: str) -> None:
        if word is None:
            if self._open is None and not self._spoiled:
                self.errors.append(PoError(number, "must follow msgid, msgstr or another such word"))
            elif self._open is not None:
                self._open.append(text)
            return
        previous = prefix.endswith("|")
        if self._complete and not word.startswith("msgstr"):
            self.end()
        if (previous, word) in self._texts:
            if not self._spoiled:
                line = self._lines.get("msgid", number)
                self.errors.append(PoError(line, f"must have a msgstr before the next {word}; missing msgstr"))
            self._spoiled = True
            self.end()
        self._open = self._texts[previous, word] = [text]
        if not previous:
            self._lines.setdefault(word, number)
            self._entry.obsolete = prefix == "#~"

    def _comment(self, line: str) -> None:
        if self._complete:
            self.end()
        self._open = None
        kinds = {"#:": self._entry.references, "#.": self._entry.extracted, "#,": self._entry.flags}
        kind = kinds.get(line[:2], self._entry.comments)
        if kind is self._entry.comments:
            kind.append(line)
        elif kind is self._entry.extracted:
            kind.append(line[2:].strip())
        else:
            kind += filter(None, map(str.strip, re.split(r"," if line[1] == "," else r"\s+", line[2:])))

    @property
    def _complete(self) -> bool:
        return any(not previous and word.startswith("msgstr") for previous, word in self._texts)

    def end(self) -> None:
        """Put the message together that was read."""
        if not self._texts and not self._spoiled:
            return  # comments so far: they are the next message's
        entry, problem = self._entry, None if self._spoiled else self._missing()
        if problem:
            self.errors.append(problem)
        elif not self._spoiled:
            entry.line, entry.context = self._lines["msgid"], self._value("msgctxt")
            entry.ids, entry.strings = self._ids(previous=False), tuple(self._strings())
            if self._value("msgid", previous=True) is not None:
                entry.previous = self._value("msgctxt", previous=True), self._ids(previous=True)
            self._entries.append(entry)
        self._begin()

    def _missing(self) -> PoError | None:
        """What the message lacks that every message has."""
        line = min(self._lines.values(), default=1)
        if "msgid" not in self._lines:
            return PoError(line, "must follow a msgid")
        if not self._complete:
            return PoError(self._lines["msgid"], "must be followed by a msgstr; missing msgstr")
        forms = [word for word in self._lines if word.startswith("msgstr")]
        if "msgid_plural" not in self._lines and forms != ["msgstr"]:
            return PoError(self._lines[forms[-1]], "must be one msgstr, for there is no msgid_plural")
        if "msgid_plural" in self._lines and forms != [f"msgstr[{at}]" for at in range(len(forms))]:
            return PoError(self._lines[forms[0]], "must be msgstr[0], msgstr[1] and so on, for there is a msgid_plural")
        return None

    def _value(self, word: str, previous: bool = False) -> str | None:
        found = self._texts.get((previous, word))
        return None if found is None else "".join(found)

    def _ids(self, previous: bool) -> tuple[str, ...]:
        return tuple(id for word in ("msgid", "msgid_plural") if (id := self._value(word, previous)) is not None)

    def _strings(self) -> Iterator[str]:
        yield from ("".join(text) for (previous, word), text in self._texts.items() if not previous and word.startswith("msgstr"))

    def file(self) -> PoFile:
        """All that was read."""
        header = Entry(("",), ("",), 1)
        entries, seen = [], dict[tuple[str | None, str], int]()
        for entry in self._entries:
            if not entry.ids[0] and not entry.obsolete:
                header = entry
                continue
            if not entry.obsolete and seen.setdefault(entry.key, entry.line) != entry.line:
                self.errors.append(PoError(entry.line, f"{entry.ids[0]!r} must be translated once, not twice; see line {seen[entry.key]}"))
            entries.append(entry)
        return PoFile(header, entries, self._entry.comments)


def _written(entry: Entry) -> Iterator[str]:
    """The lines of a message."""
    yield from entry.comments
    yield from (f"#. {text}".rstrip() for text in entry.extracted)
    yield from _references(entry.references)
    if entry.flags:
        yield f"#, {', '.join(sorted(entry.flags, key=lambda flag: flag != FUZZY))}"
    if entry.previous:
        yield from _quoted(*entry.previous, "#~| " if entry.obsolete else "#| ")
    prefix = "#~ " if entry.obsolete else ""
    yield from _quoted(entry.context, entry.ids, prefix)
    for at, string in enumerate(entry.strings):
        yield from _text(f"{prefix}msgstr[{at}]" if len(entry.ids) > 1 else f"{prefix}msgstr", string, prefix)


def _references(references: Iterable[str]) -> Iterator[str]:
    line = "#:"
    for reference in references:
        if line != "#:" and len(line) + 1 + len(reference) > _REFERENCES_WIDTH:
            yield line
            line = "#:"
        line += f" {reference}"
    if line != "#:":
        yield line


def _quoted(context: str | None, ids: tuple[str, ...], prefix: str) -> Iterator[str]:
    if context is not None:
        yield from _text(f"{prefix}msgctxt", context, prefix)
    for word, id in zip(("msgid", "msgid_plural"), ids, strict=False):
        yield from _text(f"{prefix}{word}", id, prefix)


def _text(word: str, text: str, prefix: str) -> Iterator[str]:
    """A text of one line beside its word, one of several below it."""
    if "\n" not in text[:-1]:
        yield f'{word} "{text.translate(_ESCAPES)}"'
        return
    yield f'{word} ""'
    yield from (f'{prefix}"{line.translate(_ESCAPES)}"' for line in _LINES.findall(text))
