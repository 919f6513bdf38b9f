"""``build.py explain``: a port's facts, the shape of its page, and the entries that made them."""

from __future__ import annotations

from collections.abc import Iterator

from portolan import view
from portolan.answer import Answer, answer
from portolan.locales import SOURCE
from portolan.pages import Block, Page
from portolan.ports import Segment
from portolan.project import Project
from portolan.verdict import verdict


def explanation(project: Project, number: int) -> str:
    """The whole answer, as text."""
    return "\n".join(_lines(project, number))


def _lines(project: Project, number: int) -> Iterator[str]:
    facts = project.chart.facts(number)
    segment = facts.segment
    own = view.own_values(number, project.suggestions.of(number))
    yield f"Port {number}   {own['hex']}   {_title(project, segment)}"
    found = answer(segment, project.chart.said(segment))
    yield f"answer    {_said(project, found, segment)}"
    yield f"stance    {found.stance}; kind {found.kind}; reach {found.reach or 'unknown'}"
    yield f"range     {segment.range.id} {segment.range.ports}   ({segment.range.origin})"
    yield f"segment   {segment.first}-{segment.last}: the ports that share everything but their number"
    yield f"block     {Block.of(number)}"
    yield f"status    {segment.status or 'none (dynamic)'}"
    yield f"page      {Page('port', '<locale>', number).path}"
    yield from _entries(segment)
    judged = verdict(segment)
    yield f"verdict   {judged.level}: {judged.reason}; free instead: {', '.join(map(str, project.suggestions.of(number)))}"
    shape = project.outlines(facts).shape
    yield "shape"
    yield from (f"  {name} = {_short(value)}" for name, value in shape.items)


def _title(project: Project, segment: Segment) -> str:
    """What the port is called in English."""
    if segment.articles:
        return str(project.prose[SOURCE][segment.articles[0]].title.striptags())
    found = answer(segment)
    return ", ".join(use.name for use in found.usual) or ", ".join(a.title or a.name or "" for a in segment.services) or found.lead


def _said(project: Project, found: Answer, segment: Segment) -> str:
    """The first sentences of the page, in English, or which document has them."""
    if found.lead == "article":
        return str(project.prose[SOURCE][segment.articles[0]].brief({}))
    return " ".join(use.description for use in found.usual) or f"content/answer/{found.lead}.md"


def _entries(segment: Segment) -> Iterator[str]:
    for a in segment.assignments:
        transports = "/".join(a.transports) or "all"
        yield f"assigned  {a.ports} {transports} {a.name or '-'}: {a.title or a.status}   ({a.origin})"
    for pool in segment.pools:
        yield f"pool      {pool.ports} {pool.id}{'' if pool.current else ' (historic)'}   ({pool.origin})"
    for use in segment.uses:
        yield f"use       {use.ports} {'/'.join(use.transports)} {use.name} [{use.kind}, {use.evidence}]   ({use.origin})"
    for abuse in segment.abuse:
        yield f"abuse     {abuse.ports} {'/'.join(abuse.transports)} {abuse.name}, {abuse.year}   ({abuse.origin})"
    if segment.blocked:
        yield f"blocked   by browsers   ({segment.blocked.origin})"
    yield from (f"article   content/{slug}.md" for slug in segment.articles)


def _short(value: object) -> str:
    if isinstance(value, view.Fields):
        return "{" + ", ".join(f"{name}: {_short(item)}" for name, item in value.items) + "}"
    if isinstance(value, view.Slot):
        return f"<{value}>"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_short, value)) + "]"
    return repr(value)
