"""The index of the search box: a script that the page loads when it is first needed (so it works from a folder, too)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from portolan.answer import Answer, answer
from portolan.ports import Chart, Segment


def index(chart: Chart, titles: Mapping[str, Iterable[str]]) -> bytes:
    """One line per port that has a name: the port, what it is called in practice, and what else finds it.

    ``titles`` are the articles' titles in all languages, by slug. Lines are ``port TAB names TAB more``, each a list with ``|``
    between; ``names`` are shown and searched, ``more`` is only searched. What is met most comes first.
    """
    lines = []
    for segment in chart.segments:
        found = answer(segment, chart.said(segment))
        names = dict.fromkeys([*(use.name for use in found.uses), *segment.names])
        more = dict.fromkeys([alias for use in found.uses for alias in use.aliases])
        more |= dict.fromkeys(title for slug in segment.articles for title in titles[slug])
        more |= dict.fromkeys(slug.rpartition("/")[2] for slug in segment.articles)
        more |= dict.fromkeys(a.title for a in segment.services if a.title and a.title.casefold() not in {n.casefold() for n in names})
        more |= dict.fromkeys(a.name for a in segment.states if a.name)  # used, but not assigned
        if names or segment.articles:
            line = f"{segment.first}\t{_listed(names)}\t{_listed(more)}".rstrip()
            lines.append((_weight(segment, found), segment.first, line))
    text = "\n".join(line for _, _, line in sorted(lines))
    return f"globalThis.portolanIndex={json.dumps(text, ensure_ascii=False)}\n".encode()


def _listed(names: Iterable[str]) -> str:
    return "|".join(name.replace("|", "/") for name in names)


def _weight(segment: Segment, found: Answer) -> int:
    """How commonly the port is met, as far as the registry tells: the lower, the more."""
    if segment.articles:
        return 0
    return {"usual": 1, "common": 2}.get(found.uses[0].rank or "common", 3) if found.uses else 4
