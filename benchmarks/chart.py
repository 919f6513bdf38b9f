"""The chart: seconds of a clean build of one language, and of the next build, as bars. Light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks import jobs
from benchmarks.jobs import Job
from benchmarks.ours import DESCRIPTION
from benchmarks.results import Results

_WIDTH, _LEFT, _RIGHT = 760, 170, 70
_BAR, _GAP, _HEAD = 18, 9, 44
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2933 }
.title { font-weight: 600; font-size: 15px }
.note { fill: #52606d; font-size: 12px }
.back { fill: #ffffff }
.ours { fill: #2a7fb8 } .peer { fill: #9aa5b1 } .floor { fill: #d9c79a } .line { stroke: #cbd2d9 }
@media (prefers-color-scheme: dark) {
text { fill: #e4e7eb } .note { fill: #9aa5b1 } .back { fill: #14181d }
.ours { fill: #5aaee0 } .peer { fill: #616e7c } .floor { fill: #8d7f57 } .line { stroke: #3e4c59 }
}
"""
_KINDS = {jobs.OURS: "ours", jobs.COPY: "floor", jobs.FLOOR: "floor"}


def chart(results: Results) -> str:
    """An SVG document."""
    pages = results.facts["pages"]
    panels = [
        (f"Clean build of one language, {pages:,} port pages, on tmpfs", _seconds(results, jobs.CLEAN)),
        ("One registry entry edited, built again", _seconds(results, DESCRIPTION.name)),
    ]
    panels = [(title, bars) for title, bars in panels if bars]
    height = sum(_HEAD + len(bars) * (_BAR + _GAP) for _, bars in panels) + 34
    longest = max((seconds for _, bars in panels for _, seconds in bars), default=1.0)
    size = f'width="{_WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(_summary(panels))}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="back" width="{_WIDTH}" height="{height}" rx="8"/>',
    ]
    top = 0
    for title, bars in panels:
        parts.append(f'<text class="title" x="16" y="{top + 28}">{escape(title)}</text>')
        parts += _bars(bars, top + _HEAD, longest)
        top += _HEAD + len(bars) * (_BAR + _GAP)
    facts = results.facts
    note = f"Seconds, start-up included; shorter is better. {facts['processor']}, {facts['date']}"
    parts.append(f'<text class="note" x="16" y="{height - 12}">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _seconds(results: Results, what: str) -> list[tuple[str, float]]:
    """Tools with their medians, the fastest first."""
    tools = (jobs.FLOOR, jobs.COPY, jobs.OURS, jobs.PLAIN)
    pages = results.facts["pages"]
    found = [(tool, seconds) for tool in tools if (seconds := results.seconds(Job(tool, what, "tmpfs", pages))) is not None]
    return sorted(found, key=lambda bar: bar[1])


def _bars(bars: list[tuple[str, float]], top: int, longest: float) -> Iterator[str]:
    bottom = top + len(bars) * (_BAR + _GAP)
    yield f'<line class="line" x1="{_LEFT}" y1="{top - 4}" x2="{_LEFT}" y2="{bottom - 4}"/>'
    for at, (tool, seconds) in enumerate(bars):
        y = top + at * (_BAR + _GAP)
        width = max(1.0, (_WIDTH - _LEFT - _RIGHT) * seconds / longest)
        label = "floor (writes only)" if tool == jobs.FLOOR else tool
        yield f'<text x="{_LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(label)}</text>'
        yield f'<rect class="{_KINDS.get(tool, "peer")}" x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
        yield f'<text x="{_LEFT + width + 7:.1f}" y="{y + 13}">{seconds:.2f}</text>'


def _summary(panels: list[tuple[str, list[tuple[str, float]]]]) -> str:
    """The chart in words, for those who can't see it."""
    return " ".join(f"{title}: {', '.join(f'{tool} {seconds:.2f} s' for tool, seconds in bars)}." for title, bars in panels)
