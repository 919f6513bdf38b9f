"""What edits of the English cost, told before the catalogs are brought up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from portolan import files
from portolan.extract import POT, merged_catalogs, template
from portolan.locales import SOURCE, catalog_path
from portolan.po import Entry, PoFile, parse
from portolan.problem import Problem
from portolan.project import Project

_Key = tuple[str | None, str]


def stale(root: Path, project: Project) -> list[Problem]:
    """Warnings of messages that are others than ``messages.pot`` and the catalogs know. ``project`` is what was loaded from
    ``root``."""
    return project.cache.made("stale", project.digest, lambda: [*_stale(root, project)])


@dataclass
class _Cost:
    """What came of the edits of a file: the line of the first, the messages with a changed English, what they touch."""

    line: int = 0
    messages: set[_Key] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)
    pages: int = 0

    def __str__(self) -> str:
        one = len(self.messages) == 1
        pages = f", on {'' if one else 'up to '}{self.pages:,} port pages each" if self.pages else ""
        return (
            f"{'this edit makes 1 message' if one else f'these edits make {len(self.messages):,} messages'} fuzzy in "
            f"{_counted(len(self.languages), 'language')}{pages}; `build.py messages --typo` if the meaning stayed"
        )


def _stale(root: Path, project: Project) -> Iterator[Problem]:
    now = template(root)
    before = files.read(root / POT)
    if before != str(now).encode():
        yield from (Problem(path, cost.line, "translation", str(cost), "warning") for path, cost in _costs(root, project, now).items())
        known = {entry.key for entry in parse((before or b"").decode(errors="replace"))[0].entries}
        new = len({entry.key for entry in now.entries} - known)
        yield Problem(POT, 1, "translation", f"is stale, lacking {_counted(new, 'message')} of the sources: run `make messages`", "warning")
    else:
        yield from _lagging(root, project, {entry.key for entry in now.entries})


def _costs(root: Path, project: Project, now: PoFile) -> dict[str, _Cost]:
    """What would become of the catalogs, by the file that was edited."""
    costs: defaultdict[str, _Cost] = defaultdict(_Cost)
    for tag, (old, new) in merged_catalogs(root, now).items():
        known = {entry.key for entry in old.live}
        for at, entry in enumerate(new.live):
            if entry.fuzzy and entry.key not in known:
                _add(costs[entry.references[0]], tag, now.entries[at], project)
    return dict(sorted(costs.items()))


def _add(cost: _Cost, tag: str, entry: Entry, project: Project) -> None:
    cost.line = min(cost.line or entry.line, entry.line)
    cost.messages.add(entry.key)
    cost.languages.add(tag)
    cost.pages = max(cost.pages, project.weights.get(entry.ids, 0))


def _lagging(root: Path, project: Project, known: set[_Key]) -> Iterator[Problem]:
    """Catalogs with translations of messages that the sources don't have; messages that a catalog lacks are only untranslated."""
    for tag in project.locales:
        catalog, _ = parse((files.read(root / catalog_path(tag)) or b"").decode(errors="replace"))
        unknown = [entry for entry in catalog.live if entry.key not in known and any(entry.strings)] if tag != SOURCE else []
        if unknown:
            told = f"has translations of {_counted(len(unknown), 'message')} that the sources lack: run `make messages`"
            yield Problem(catalog_path(tag), unknown[0].line, "translation", told, "warning")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
