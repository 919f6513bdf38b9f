"""Why a run makes what it makes, in words: what changed since the last one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from portolan import files
from portolan.locales import HOME
from portolan.project import Project
from portolan.registry.types import Span
from portolan.work import Plan, Task

_SHOWN = 2  # files that are named; of more we tell how many


class State(msgspec.Struct, frozen=True):
    """How the last run left the folder: what it was asked for, what it was made from, and whether it came to its end.

    ``digest`` names all sources together, ``sources`` has the digest of each; ``code`` names the generator and its libraries.
    """

    digest: str = ""
    code: str = ""
    base_url: str = ""
    locales: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    menu: tuple[str, ...] = ()
    whole: bool = True
    sources: dict[str, str] = {}
    finished: bool = False

    @classmethod
    def of(cls, plan: Plan) -> State:
        """The state that a run of the plan leaves when it comes to its end."""
        project = plan.project
        spans = tuple(f"{span.first}-{span.last}" for span in plan.spans)
        return cls(
            project.digest.hex(), project.code.hex(), project.settings.base_url, plan.locales, spans, plan.menu, plan.whole,
            {path: digest.hex() for path, digest in project.sources.items()}, True,
        )  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> State:
        """The state that was kept at ``path``, an empty one when there is none."""
        try:
            state = msgspec.json.decode(files.read(path) or b"{}", type=cls)
            for span in state.spans:
                Span.parse(span)
        except (IsADirectoryError, msgspec.DecodeError, ValueError):  # not as we left it
            return cls()
        return state

    def plan(self, project: Project, folder: Path) -> Plan:
        """What the run was asked for, for the sources as they are now; everything, if there was none."""
        possible = project.published if self.whole else tuple(project.locales)
        locales = tuple(tag for tag in self.locales if tag in possible)
        if not locales:
            return Plan(project, folder, project.published)
        return Plan(project.published_at(self.base_url), folder, locales, tuple(Span.parse(span) for span in self.spans), whole=self.whole)

    def reached(self, after: State) -> set[str]:
        """The locales whose pages can be others in the state ``after``: a catalog changes its own language's pages only."""
        changed = _changed(self, after)
        same = msgspec.structs.replace(self, digest=after.digest, sources=after.sources) == after
        if same and changed and all(path.startswith(f"{HOME}/") for path in changed):
            return {path.split("/")[1] for path in changed}
        return set(after.locales)

    def keep(self, path: Path) -> None:
        """Keep the state at ``path``."""
        files.replace(path, msgspec.json.encode(self))


class Scope(NamedTuple):
    """How much a run has to make: the tasks, and the pages in them."""

    tasks: list[Task]
    pages: int

    def __str__(self) -> str:
        locales = dict.fromkeys(task.locale for task in self.tasks if task.locale)
        blocks = {tag: [task.block for task in self.tasks if task.locale == tag and task.block] for tag in locales}
        same = len({tuple(of_locale) for of_locale in blocks.values()}) == 1
        count = max(map(len, blocks.values()), default=0) if same else sum(map(len, blocks.values()))
        singles = sum(task.block is None for task in self.tasks)
        parts = []
        if count:
            parts.append(f"{plural(count, 'block')} {'×' if same else 'of'} {plural(len(locales), 'locale')}")
        if singles:
            parts.append(plural(singles, "other part"))
        return " and ".join(parts) or "no block"


def reason(before: State, after: State, missing: int) -> str:
    """What changed between two states: files by name, or else what a person asked for.

    ``missing`` are the files that somebody took away since.
    """
    if not before.sources:
        return "a new folder"
    changed = sorted(_named(_changed(before, after)))
    if changed:
        more = [f"{len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
        return f"{' and '.join([', '.join(changed[:_SHOWN]), *more])} changed"
    if not before.finished:
        return "the last run was not finished"
    return f"{plural(missing, 'file')} gone from the output" if missing else "other settings"


def _changed(before: State, after: State) -> list[str]:
    return [path for path in {*before.sources, *after.sources} if before.sources.get(path) != after.sources.get(path)]


def _named(paths: Iterable[str]) -> set[str]:
    """The generator's own files go by one name: they are nobody's edit but its owner's."""
    return {"the generator" if path.startswith("portolan/") else path for path in paths}


def plural(count: int, word: str) -> str:
    """``1 block``, ``2 blocks``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
