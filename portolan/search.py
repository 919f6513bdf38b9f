"""The index of the search box: a script that the page loads when it is first needed (so it works from a folder, too)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from portolan.ports import Chart


def index(chart: Chart, titles: Mapping[str, Iterable[str]]) -> bytes:
    """One line per port that has a name: the port, what it is called in practice, and IANA's names and titles.

    ``titles`` are the articles' titles in all languages, by slug. Lines are ``port TAB names TAB more``; ``names`` are
    shown and searched, ``more`` is only searched.
    """
    lines = []
    for segment in chart.segments:
        met = [use for use in segment.uses if use.kind != "range"]
        names = dict.fromkeys([*(use.name for use in met), *segment.names])
        more = dict.fromkeys([*(alias for use in met for alias in use.aliases)])
        more |= dict.fromkeys(title for slug in segment.articles for title in titles[slug])
        more |= dict.fromkeys(a.title for a in segment.services if a.title and a.title.casefold() not in {n.casefold() for n in names})
        if names or segment.articles:
            lines.append(f"{segment.first}\t{', '.join(names)}\t{' '.join(more)}".rstrip())
    return f"globalThis.portolanIndex={json.dumps(chr(10).join(lines), ensure_ascii=False)}\n".encode()
