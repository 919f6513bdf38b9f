"""The report: claims and tables in Markdown, and a chart; the claims stand in the README, too.

``python -m benchmarks.report`` writes all of it anew from results.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import jobs
from benchmarks.chart import chart
from benchmarks.claims import claims
from benchmarks.jobs import Job
from benchmarks.ours import DESCRIPTION, EDITS
from benchmarks.results import Results

_TOOLS = (jobs.OURS, jobs.OURS_ALONE, jobs.PLAIN, jobs.COPY, jobs.FLOOR, jobs.FLOOR_ALONE)
_NONE = "–"
_BEGIN, _END = "<!-- figures: written by benchmarks.report -->", "<!-- end of figures -->"


def write(results: Results, folder: Path) -> None:
    """Write results.md, chart.svg and results.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    results.save(folder / "results.json")
    (folder / "results.md").write_text("\n".join(_report(results)) + "\n")
    (folder / "chart.svg").write_text(chart(results))


def show(results: Results, readme: Path) -> None:
    """Put the claims into the README, between the two comments that mark their place."""
    facts = results.facts
    machine = f"{facts['processor']}, {facts['memory']}, {facts['processes']} processes, Python {facts['Python']}"
    told = "[benchmarks/results/results.md](benchmarks/results/results.md)"
    lines = [f"Measured on {facts['date']}: {machine}. All of it: {told}.\n", *_claims(results)]
    before, _, rest = readme.read_text().partition(_BEGIN)
    readme.write_text("\n".join((f"{before}{_BEGIN}", *lines, _END)) + rest.partition(_END)[2])


def _claims(results: Results) -> Iterator[str]:
    yield from _table(("claim", "measured", ""), [(claim.text, claim.measured or _NONE, claim.verdict) for claim in claims(results)])


def _report(results: Results) -> Iterator[str]:
    facts = results.facts
    yield "# What was measured\n"
    yield "Written by `make bench`; what each term means and how the tools are kept equal: [benchmarks/README.md](../README.md).\n"
    if facts["quick"]:
        yield "**A quick trial of the harness**: few pages, one round. The claims are about more than this.\n"
    yield from _machine(results)
    yield "\n## Claims\n"
    yield from _claims(results)
    yield f"\n## One language, {facts['pages']:,} port pages\n"
    if "one language" in facts:
        yield f"{_size(facts['one language'])}; the other generators and the plain loop write the {facts['pages']:,} port pages only.\n"
    yield from _one_language(results)
    yield "\n## Again into the same folder, on tmpfs\n"
    yield from _repeated(results)
    if any(job.pages < facts["pages"] for job in results.runs):
        yield "\n## Fewer pages, clean, on tmpfs (seconds)\n"
        yield from _sizes(results)
    if facts["languages"] > 1:
        yield "\n## Several languages, clean, on tmpfs\n"
        yield from _languages(results)
    if "all languages" in facts:
        yield f"\n## The whole site: {facts['languages']} languages\n"
        yield f"{_size(facts['all languages'])}\n"
        yield from _whole(results)
    if results.notes:
        yield "\n## Notes\n"
        yield from (f"* {note}" for note in results.notes)


def _machine(results: Results) -> Iterator[str]:
    facts = results.facts
    rows: list[tuple[str, str]] = [
        (name, facts[name]) for name in ("date", "processor", "memory", "system", "file systems", "Python") if name in facts
    ]
    rounds = f"{facts['rounds']}, fewer where a build is large; figures are medians"
    rows += [("rounds", rounds), ("processes", f"{facts['processes']} unless said otherwise; the other generators take what they like")]
    if "minutes" in facts:
        rows.append(("the whole run", f"{facts['minutes']} minutes"))
    yield from _table(("", ""), rows)


def _one_language(results: Results) -> Iterator[str]:
    rows = []
    base = Job(jobs.OURS, jobs.CLEAN, "tmpfs", results.facts["pages"])
    ours = results.seconds(base)
    for tool, what in [(jobs.OURS, jobs.CLEAN), (jobs.OURS, jobs.COLD), *((tool, jobs.CLEAN) for tool in _TOOLS[1:])]:
        job = base._replace(tool=tool, what=what)
        disk = job._replace(place="disk")
        if job in results.runs:
            seconds = results.seconds(job)
            ratio = f"{seconds / ours:.1f}" if seconds and ours else _NONE
            label = f"{tool}, cold cache" if what == jobs.COLD else tool
            rows.append((label, _spread(results, job), ratio, _spread(results, disk), _cpu(results, job), _peak(results, job)))
    yield from _table(("", "tmpfs s", "ours = 1", "disk s", "CPU s", "peak MB"), rows)


def _repeated(results: Results) -> Iterator[str]:
    pages = results.facts["pages"]
    rows = []
    for tool in jobs.OURS:
        found = [Job(tool, what, "tmpfs", pages) for what in (jobs.AGAIN, DESCRIPTION.name)]
        if any(job in results.runs for job in found):
            rows.append((tool, *(_spread(results, job) for job in found), _peak(results, found[0])))
    yield from _table(("", "nothing changed, s", "one entry edited, s", "peak MB"), rows)


def _sizes(results: Results) -> Iterator[str]:
    sizes = sorted({job.pages for job in results.runs if job.languages == 1 and job.place == "tmpfs"})
    rows = []
    for tool in jobs.OURS:
        found = [Job(tool, jobs.CLEAN, "tmpfs", pages) for pages in sizes]
        if any(job in results.runs for job in found):
            rows.append((tool, *(_spread(results, job) for job in found)))
    yield from _table(("", *(f"{pages:,} pages" for pages in sizes)), rows)


def _languages(results: Results) -> Iterator[str]:
    rows = []
    for languages in range(1, results.facts["languages"] + 1):
        job = Job(jobs.OURS, jobs.CLEAN, "tmpfs", results.facts["pages"], languages)
        if seconds := results.seconds(job):
            rate = f"{languages * job.pages / seconds:,.0f}"
            rows.append((str(languages), _spread(results, job), _cpu(results, job), _peak(results, job), rate))
    yield from _table(("languages", "s", "CPU s", "peak MB", "port pages/s"), rows)


def _whole(results: Results) -> Iterator[str]:
    languages = results.facts["languages"]
    base = Job(jobs.OURS, jobs.CLEAN, "tmpfs", results.facts["pages"], languages)
    kinds = [base._replace(what=what) for what in (jobs.CLEAN, jobs.COLD, jobs.AGAIN, *(edit.name for edit in EDITS))]
    kinds += [base._replace(tool=tool) for tool in (jobs.COPY, jobs.FLOOR, jobs.FLOOR_ALONE)]
    kinds += [Job(jobs.OURS, what, "tmpfs", results.facts["pages"]) for what in (jobs.GERMAN, jobs.GERMAN_AGAIN)]
    rows = []
    for job in kinds:
        disk = job._replace(place="disk")
        if job in results.runs or disk in results.runs:
            label = f"{jobs.OURS}, {job.what}" if job.tool == jobs.OURS else job.tool
            measured = job if job in results.runs else disk
            rows.append((label, _spread(results, job), _spread(results, disk), _cpu(results, measured), _peak(results, measured)))
    for job in results.runs:
        if job.languages > languages:
            pages = "" if job.pages == results.facts["pages"] else f", {job.pages:,} pages each"
            label = f"{job.tool}, {job.what}, {job.languages} languages{pages}"
            rows.append((label, _NONE, _spread(results, job), _cpu(results, job), _peak(results, job)))
    yield from _table(("", "tmpfs s", "disk s", "CPU s", "peak MB"), rows)


def _spread(results: Results, job: Job) -> str:
    """The median, and from where to where the rounds went."""
    seconds = results.seconds(job)
    if seconds is None:
        return _NONE
    found = [run.seconds for run in results.runs[job]]
    return f"{seconds:.2f}" if len(found) == 1 else f"{seconds:.2f} ({min(found):.2f}–{max(found):.2f})"


def _cpu(results: Results, job: Job) -> str:
    seconds = results.cpu(job)
    return _NONE if seconds is None else f"{seconds:.1f}"


def _peak(results: Results, job: Job) -> str:
    peak = results.peak(job)
    return _NONE if peak is None else f"{peak / 1e6:,.0f}"


def _size(found: tuple[int, int]) -> str:
    return f"{found[0]:,} files, {found[1] / 1e6:,.0f} MB"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent / "results"
    found = Results.load(here / "results.json")
    write(found, here)
    show(found, here.parent.parent / "README.md")
