"""Bringing a catalog up to date with the messages of the sources, and losing nothing of it.

Like GNU msgmerge: a message keeps its translation, one whose English changed keeps it as fuzzy with the previous English, and
what is in the sources no more becomes obsolete until it returns. Each translation is used once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from portolan.messages import lost
from portolan.po import FUZZY, Entry, PoFile
from portolan.similarity import candidates, similarity

# How much of the English must be alike for a translation to be of use to the next translator.
_SAME_PLACE, _SAME_FILE, _ANYWHERE = 0.45, 0.6, 0.8
_TYPO = 0.6
MOVED = "The previous text stood at another place."


@dataclass
class Counts:
    """How far a catalog is."""

    translated: int = 0
    fuzzy: int = 0
    untranslated: int = 0
    obsolete: int = 0

    @classmethod
    def of(cls, catalog: PoFile) -> Counts:
        """Count the messages of a catalog."""
        kinds = [_kind(entry) for entry in catalog.entries]
        return cls(*map(kinds.count, ("translated", "fuzzy", "untranslated", "obsolete")))

    def __str__(self) -> str:
        total = self.translated + self.fuzzy + self.untranslated
        more = {"fuzzy": self.fuzzy, "untranslated": self.untranslated, "obsolete": self.obsolete}
        rest = "".join(f", {count:,} {name}" for name, count in more.items() if count)
        return f"{self.translated:,} of {total:,} messages translated{rest}"


def _kind(entry: Entry) -> str:
    if entry.obsolete:
        return "obsolete"
    return "translated" if entry.translated else "fuzzy" if entry.fuzzy else "untranslated"


def merge(old: PoFile, template: PoFile, forms: int, typo: bool = False) -> PoFile:
    """``old`` with the messages of ``template``, in their order; ``old`` itself stays as it is.

    ``forms`` is the number of plural forms. ``typo``: the maintainer says that what changed means the same as before. Where
    the old and the new English are edits of one another, the translation then stays as good as it was.
    """
    return _Merge(old, template.entries, forms, typo).merged()


class _Merge:
    """One merge. Old messages that found no new one yet are left; what is found is known by the place of the new one."""

    def __init__(self, old: PoFile, news: list[Entry], forms: int, typo: bool) -> None:
        self._old, self._news, self._forms, self._typo = old, news, forms, typo
        self._left = {id(entry): entry for entry in old.entries}
        self._found: dict[int, Entry] = {}
        self._places: dict[int, int] = {}  # of the new message, by the id() of the old one

    def merged(self) -> PoFile:
        """The new catalog. The surest way for a translation to find its message comes first."""
        self._same_message()
        for old, at in self._same_place():
            self._adopt(old, at)
        for old, at in self._most_alike():
            self._adopt(old, at, moved=True)
        entries = [self._found[at] if at in self._found else self._blank(new) for at, new in enumerate(self._news)]
        return PoFile(self._header(), [*entries, *self._obsolete({entry.key for entry in entries})], self._old.tail)

    # Which message is which

    def _same_message(self) -> None:
        """A message stays itself, returns from among the obsolete, or is changed back into what was translated."""
        by_key = {entry.key: entry for entry in sorted(self._left.values(), key=lambda entry: not entry.obsolete)}
        changed = {entry.previous: entry for entry in self._left.values() if entry.fuzzy and entry.previous}
        for at, new in enumerate(self._news):
            old = by_key.get(new.key)
            if old and old.ids == new.ids:
                self._keep(old, at)
            elif old:
                self._adopt(old, at)
        for at, new in self._open():
            back = changed.get((new.context, new.ids))
            if back and id(back) in self._left:
                flags = [flag for flag in back.flags if flag != FUZZY]
                self._keep(back, at, replace(back, flags=flags, previous=None))

    def _same_place(self) -> Iterator[tuple[Entry, int]]:
        """What stands between the same neighbours in a file, in the same order."""
        live = self._old.live
        before, after = _by_file(live), _by_file(self._news)
        for name in sorted(before.keys() & after.keys()):
            olds, news = [live[at] for at in before[name]], after[name]
            # a pair that is known is the same in both; any other thing is itself alone
            old_names = [self._places.get(id(old), -1 - at) for at, old in enumerate(olds)]
            new_names = [at if at in self._found else len(self._news) + at for at in news]
            for kind, a, b, c, d in SequenceMatcher(None, old_names, new_names, autojunk=False).get_opcodes():
                if kind == "replace":
                    yield from self._in_order([old for old in olds[a:b] if self._useful(old)], [at for at in news[c:d] if at not in self._found])

    def _in_order(self, olds: Sequence[Entry], places: Sequence[int]) -> list[tuple[Entry, int]]:
        """The pairs of olds and news that keep the order of both and are most alike in all."""
        best: list[list[tuple[float, list[tuple[Entry, int]]]]] = [[(0.0, [])] * (len(places) + 1)]
        for old in olds:
            row: list[tuple[float, list[tuple[Entry, int]]]] = [(0.0, [])]
            for column, at in enumerate(places):
                options = [best[-1][column + 1], row[-1]]
                alike = _alike(old, self._news[at])
                if alike >= _SAME_PLACE:
                    total, pairs = best[-1][column]
                    options.append((total + alike, [*pairs, (old, at)]))
                row.append(max(options, key=lambda option: option[0]))
            best.append(row)
        return best[-1][-1][1]

    def _most_alike(self) -> Iterator[tuple[Entry, int]]:
        """What is alike wherever it stands, in the same file first."""
        olds = [old for old in self._left.values() if self._useful(old)]
        nearest = candidates(_text(old) for old in olds)
        pairs = []
        for at, new in self._open():
            for old in (olds[place] for place in nearest(_text(new))):
                apart = not set(old.references) & set(new.references)
                alike = _alike(old, new)
                if alike >= (_ANYWHERE if apart else _SAME_FILE):
                    pairs.append((apart, -alike, at, old))
        for _, _, at, old in sorted(pairs, key=lambda pair: pair[:3]):
            if id(old) in self._left and at not in self._found:
                yield old, at

    def _open(self) -> Iterator[tuple[int, Entry]]:
        return ((at, new) for at, new in enumerate(self._news) if at not in self._found)

    def _useful(self, old: Entry) -> bool:
        """Whether there is something in it that must not be lost, and it found no message yet."""
        return id(old) in self._left and (any(old.strings) or bool(old.comments))

    # What becomes of them

    def _keep(self, old: Entry, at: int, kept: Entry | None = None) -> None:
        """The message is the same: so is all that the translator wrote."""
        entry = kept or old
        previous = entry.previous if entry.fuzzy else None
        self._put(old, at, replace(self._like(entry, at), strings=self._formed(entry, at), previous=previous), entry.fuzzy)

    def _adopt(self, old: Entry, at: int, moved: bool = False) -> None:
        """The English is another: somebody has to look whether the translation still says it."""
        new = self._news[at]
        strings = self._formed(old, at)
        doubtful = old.fuzzy or not (self._typo and not moved and _edited(old.ids, new.ids))
        entry = replace(self._like(old, at), strings=strings)
        if len(old.strings) > 1 and len(strings) == 1:
            entry.comments = [*entry.comments, *(f"# {old.ids[0]!r} [{at}]: {text}" for at, text in enumerate(old.strings[:-1]))]
        if any(strings) and doubtful:
            entry.previous = old.previous if old.fuzzy else (old.context, old.ids)
            if moved and MOVED not in entry.extracted:
                entry.extracted = [*entry.extracted, MOVED]
        self._put(old, at, entry, any(strings) and doubtful)

    def _put(self, old: Entry, at: int, entry: Entry, fuzzy: bool) -> None:
        entry.flags = [FUZZY] * fuzzy + [flag for flag in entry.flags if flag.lower() != FUZZY]
        if fuzzy and MOVED in old.extracted and MOVED not in entry.extracted:
            entry.extracted = [*entry.extracted, MOVED]
        self._found[at] = entry
        self._places[id(old)] = at
        del self._left[id(old)]

    def _like(self, old: Entry, at: int) -> Entry:
        """The new message with the comments of the old one."""
        return replace(self._blank(self._news[at]), comments=old.comments)

    def _blank(self, new: Entry) -> Entry:
        """The message as it is before anybody translates it."""
        return replace(new, strings=("",) * (self._forms if len(new.ids) > 1 else 1), comments=[])

    def _formed(self, old: Entry, at: int) -> tuple[str, ...]:
        """The translation in as many forms as the new message has: of one form each, of several the last."""
        plural = len(self._news[at].ids) > 1
        if plural == (len(old.ids) > 1):
            return (*old.strings, *[""] * (self._forms - len(old.strings))) if plural else old.strings
        return old.strings * self._forms if plural else old.strings[-1:]

    def _obsolete(self, taken: set[tuple[str | None, str]]) -> Iterator[Entry]:
        """What found no message. It stays for the day on which its own comes back."""
        for old in self._left.values():
            if self._useful(old) and old.key not in taken:
                taken.add(old.key)
                yield replace(old, obsolete=True, references=[], extracted=[text for text in old.extracted if text == MOVED])

    def _header(self) -> Entry:
        return self._old.header


def _by_file(entries: Iterable[Entry]) -> dict[str, list[int]]:
    """The places of the messages of each file, in order."""
    places: dict[str, list[int]] = {}
    for at, entry in enumerate(entries):
        for name in dict.fromkeys(entry.references):
            places.setdefault(name, []).append(at)
    return places


def _text(entry: Entry) -> str:
    return "\0".join(entry.ids)


def _alike(old: Entry, new: Entry) -> float:
    """How alike the English is to that of the old message, or to that which its translation was made for."""
    text = _text(new)
    found = similarity(_text(old), text)
    return max(found, similarity("\0".join(old.previous[1]), text)) if old.previous else found


def _edited(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether an edit can have left the meaning as it was: placeholders, citations and code are the same."""
    same = len(old) == len(new) and not any(lost(one, other) for one, other in zip(old, new, strict=True))
    return same and similarity("\0".join(old), "\0".join(new)) >= _TYPO
