"""The data that a peer's templates need, as JSON: ``python -m benchmarks.peers.export ROOT FOLDER``.

* ``ports.json``: the 65,536 ports, each with what follows from its number, and the position of its record;
* ``records.json``: the plain facts and values of a page; neighbouring ports that share all but the number share a record;
* ``fragments.json``: prose in HTML, its citations numbered as the page's shape has them, with ``{port}`` and the like where a
  value goes, by the names that records hold;
* ``site.json``: what is the same on every page;
* ``sample.json``: for the comparison of pages, a port of every shape and others spread over the whole.

The prose is recorded while our own templates are rendered, so the numbers of citations are right by construction.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, ClassVar

from markupsafe import Markup, escape

import portolan.blocks
import portolan.render
from portolan import view
from portolan.blocks import Builder
from portolan.loading import load_project
from portolan.pages import Page, relative
from portolan.ports import Facts
from portolan.proof import prove
from portolan.registry.types import PORTS
from portolan.render import OPEN, DraftSheet, Sheet, Source, citation

LOCALE = "en"
_STRIDE = 131
_CITATION = "\x11"  # where one goes in a part's text, when it is noted
_UNUSED = frozenset({"names", "held_by", "half", "transports", "first"})  # what the other fields are made of


class PartRecorder(DraftSheet):
    """A part of a page that notes its prose, and what it cites; the page that it is laid into will number that."""

    noted: ClassVar[list[tuple[str, str, list[object]]]] = []

    def prose(self, slug: str, **values: object) -> Markup:
        html = super().prose(slug, **values)
        self._note(slug, lambda: super(PartRecorder, self).prose(slug, **{name: Markup(f"{{{name}}}") for name in values}))
        return html

    def lead(self, slug: str) -> Markup:
        html = super().lead(slug)
        self._note(slug, lambda: super(PartRecorder, self).lead(slug))
        return html

    def inline(self, slug: str, **values: object) -> Markup:
        html = super().inline(slug, **values)
        _, text, keys = self.noted[-1]
        self.noted[-1] = slug, text.removeprefix("<p>").removesuffix("</p>"), keys
        return html

    def _note(self, slug: str, write: Callable[[], Markup]) -> None:
        before = len(self._places)
        text = OPEN.sub(_CITATION, str(write()))
        self.noted.append((slug, text, [place.key for place in self._places[before:] if isinstance(place, Source)]))
        del self._places[before:]


class Recorder(Sheet):
    """A page being written that notes its prose. The latest one is ``Recorder.last``."""

    last: Recorder

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.texts: dict[str, str] = {}
        Recorder.last = self

    def part(self, name: str, *fields: str) -> Markup:
        PartRecorder.noted.clear()
        html = super().part(name, *fields)
        for slug, text, keys in PartRecorder.noted:
            for key in keys:
                text = text.replace(_CITATION, citation(self.number_of(key)), 1)
            self.texts[slug] = text
        return html

    @property
    def cited(self) -> tuple[tuple[object, object], ...]:
        """Title and URL of all that the page cites."""
        return self._cited.told()

    def number_of(self, key: object) -> int:
        """The number under which a reference is cited."""
        return self._cited._known[key][0]


class Fragments:
    """Texts by name, each once. Names are digits as text, for Go reads every number of JSON as a float."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        return self.names.setdefault(text, str(len(self.names)))


def export(root: Path, folder: Path) -> None:
    """Write the files."""
    builder = Builder(load_project(root, prove), LOCALE, [LOCALE])
    vars(portolan.blocks)["Sheet"] = Recorder
    vars(portolan.render)["DraftSheet"] = PartRecorder
    fragments = Fragments()
    records: list[dict[str, Any]] = []
    ports: list[dict[str, Any]] = []
    shapes: dict[view.Shape, int] = {}
    for segment in builder.project.chart.segments:
        known: dict[object, int] = {}
        for number in range(segment.first, segment.last + 1):
            facts = Facts(number, segment)
            key = (facts.pool_half, number == 0, number == PORTS - 1)
            if key not in known:
                known[key] = len(records)
                records.append(record(builder, facts, fragments))
                shapes.setdefault(builder.project.outlines(facts).shape, number)
            ports.append(row(number, known[key]))
    folder.mkdir(parents=True, exist_ok=True)
    sample = sorted({*shapes.values(), *range(0, PORTS, _STRIDE)})
    texts = {name: text for text, name in fragments.names.items()}
    everything = {"ports": ports, "records": records, "fragments": texts, "site": site(builder), "sample": sample}
    for name, value in everything.items():
        (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def row(number: int, record: int) -> dict[str, Any]:
    """What follows from a port's number alone."""
    own = view.own_values(number)
    own["previous"] *= number > 0
    own["next"] *= number < PORTS - 1
    return {**own, "record": record}


def record(builder: Builder, facts: Facts, fragments: Fragments) -> dict[str, Any]:
    """The facts and values of a page, and its fragments. Texts are plain: escaping them is the template's job."""
    tree = view.document(builder.project.chart, builder.project.judge, facts)
    builder.plain(facts.number, view.outline(tree), "00000000")
    page = Recorder.last
    registry = builder.project.chart.registry
    found = _plain(tree, page)
    holders = builder._stock("port", "port.html").shared["holders_of"](tree["held_by"])
    return {
        **{name: value for name, value in found.items() if name not in _UNUSED},
        "verdict": {"level": tree["verdict"]["level"], "better": found["verdict"]["better"]},
        "version": builder.cut(facts).version,
        "first": facts.segment.range.ports.first,
        "last": facts.segment.range.ports.last,
        "title": next(r.title for r in registry.ranges if r.id == found["range"]),
        "holders": holders.names,
        "systems": holders.systems,
        "main": holders.main,
        "windows": "windows" in tree["held_by"],
        **_words(builder, found),
        "rfc6335": page.number_of("rfc6335"),
        "statused": page.number_of("iana-ports" if found["status"] else "rfc6335"),
        "blocked_cite": page.number_of("whatwg-fetch") if found["blocked_since"] else None,
        "cited": [{"title": unescape(str(title)), "url": unescape(str(url))} for title, url in page.cited],
        "articles": [
            {"id": slug.replace("/", "-"), "slug": slug, "title": str(page.title(slug)), "lead": fragments(page.texts[slug])}
            for slug in facts.segment.articles
        ],
        "reasons": [fragments(page.texts[f"verdict/{reason}"]) for reason in tree["verdict"]["reasons"]],
        "texts": {_name(slug): fragments(text) for slug, text in page.texts.items() if _name(slug)},
    }


def _plain(value: Any, page: Recorder) -> Any:
    """A tree of the view as JSON has it; references as the numbers that they are cited by."""
    if isinstance(value, (view.Value, view.Phrase)):
        return value.text
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not isinstance(item, view.Own)}
        cites = ("references", "first")
        return {key: [page.number_of(r["key"]) for r in item] if key in cites else _plain(item, page) for key, item in kept.items()}
    if isinstance(value, tuple):
        return [_plain(item, page) for item in value]
    return value


def _words(builder: Builder, found: dict[str, Any]) -> dict[str, Any]:
    """Lists in words, as the language has them."""

    def join(items: list[str]) -> str:
        return unescape(str(builder.locale.join(items)))

    return {
        "known": join(found["known"]),
        "named": join(found["named"]),
        "practice": join(found["practice"]),
        "carried": join([name.upper() for name in found["transports"]]),
        # the template prints the sources of the first use, or a link to them when that use is a range
        "practice_cites": found["first"] or None,
    }


def _name(slug: str) -> str:
    """The field under which a record holds a fragment; "" for those of a list."""
    kind, _, name = slug.partition("/")
    if kind in ("answer", "why"):
        return kind
    return "parity" if name.startswith("parity-") else re.sub(r"\W", "_", name) if kind in ("seen", "notes") else ""


def site(builder: Builder) -> dict[str, Any]:
    """What is the same on every page."""
    project, page = builder.project, Page("port", LOCALE, 0)
    registry, shared, titles = project.chart.registry, builder._stock("port", "port.html").shared, project.prose[LOCALE]
    files = {**project.asset_paths, "search.js": Page("search").path}
    strip = [pool for pool in registry.pools if pool.id in shared["strip_pools"]]
    return {
        "title": project.settings.title,
        "base_url": project.settings.base_url,
        "contact": project.settings.feedback.contact,
        "assets": {name.partition(".")[0]: relative(page.folder, path) for name, path in files.items()},
        "ranges": [{"id": r.id, "first": r.ports.first, "length": len(r.ports)} for r in registry.ranges],
        "strip": [{"first": pool.ports.first, "length": len(pool.ports), "top": at * 80} for at, pool in enumerate(strip)],
        "situations": [{"id": id, "title": str(titles[f"seen/{id}"].title)} for id in shared["situations"]],
        "titles": {_title(slug): str(prose.title) for slug, prose in titles.items() if slug.startswith(("notes/", "why/"))},
        "systems": [{"id": s.id, "name": s.name, "commands": list(_commands(s))} for s in registry.systems],
    }


def _title(slug: str) -> str:
    return re.sub(r"\W", "_", slug)


def _commands(system: Any) -> Iterator[dict[str, str]]:
    """The commands of a system that stand on the pages of ports; ``{port}`` is where the number goes."""
    shells = {"powershell": "PowerShell", "cmd": "cmd"}
    for command in system.commands:
        if command.primary:
            yield {"label": command.label, "shell": shells.get(command.shell, ""), "command": str(escape(command.command))}


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
