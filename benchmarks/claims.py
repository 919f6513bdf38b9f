"""What we say of our speed, each against what was measured. A claim that is not met is told as such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks import jobs
from benchmarks.jobs import Job
from benchmarks.ours import DESCRIPTION, MESSAGE, TITLE
from benchmarks.results import Results

MEGABYTES = 200


class Claim(NamedTuple):
    """``met`` is ``None`` where something was not measured."""

    text: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**not met**", None: "not measured"}[self.met]


def claims(results: Results) -> Iterator[Claim]:
    """All claims, in the order of the report."""
    pages, languages, processes = results.facts["pages"], results.facts["languages"], results.facts["processes"]
    one = Job(jobs.OURS, jobs.CLEAN, "tmpfs", pages)
    whole = one._replace(languages=languages)
    yield _against_plain(results, one)
    floor = f"one language: at most 2 times the floor with {processes} processes, start-up included"
    yield _ratio(results, floor, one, one._replace(tool=jobs.FLOOR), 2)
    yield _ratio(results, f"{languages} languages: at most 1.5 times the floor", whole, whole._replace(tool=jobs.FLOOR), 1.5)
    copied = whole._replace(tool=jobs.COPY, place="disk")
    yield _ratio(results, f"{languages} languages on tmpfs: no longer than `cp -r` of them takes on disk", whole, copied, 1)
    yield _ratio(results, f"{languages} languages on disk: no longer than `cp -r` of them takes there", whole._replace(place="disk"), copied, 1)
    again = whole._replace(what=jobs.AGAIN)
    yield _within(results, f"{languages} languages, nothing changed: at most 0.7 s", again, 0.7)
    for edit in (DESCRIPTION, TITLE):
        yield _within(results, f"{languages} languages, {edit.name}: at most 1.5 s", again._replace(what=edit.name), 1.5)
    message = f"{languages} languages, {MESSAGE.name}: no longer than a clean build of that language after such an edit,"
    for what, where in ((jobs.GERMAN_AGAIN, "where it is already (`--clean`)"), (jobs.GERMAN, "into a fresh folder")):
        yield _ratio(results, f"{message} {where}", again._replace(what=MESSAGE.name), one._replace(what=what), 1)
    yield _memory(results, languages)
    yield _memory(results, 24)
    edited = results.facts.get("random edits")
    told = f"{edited['edits']} edits, {edited['builds']} builds compared, {edited['different']} files differ" if edited else ""
    text = f"{languages} languages, random edits: builds leave the same files as clean ones"
    yield Claim(text, told, edited["different"] == 0 if edited else None)


def _against_plain(results: Results, one: Job) -> Claim:
    text = "one language, clean, on tmpfs: at least 6 times as fast as the plain Jinja loop with as many processes"
    ours, plain = results.seconds(one), results.seconds(one._replace(tool=jobs.PLAIN))
    if ours is None or plain is None:
        return Claim(text, "", None)
    return Claim(text, f"{plain / ours:.1f} times ({plain:.2f} s against {ours:.2f} s)", plain / ours >= 6)


def _ratio(results: Results, text: str, job: Job, other: Job, most: float) -> Claim:
    ours, theirs = results.seconds(job), results.seconds(other)
    if ours is None or theirs is None:
        return Claim(text, "", None)
    return Claim(text, f"{ours / theirs:.2f} times ({ours:.2f} s against {theirs:.2f} s{_cold(results, job)})", ours / theirs <= most)


def _cold(results: Results, job: Job) -> str:
    """The time with a cold cache beside the one with a warm cache, where both were measured."""
    cold = results.seconds(job._replace(what=jobs.COLD)) if job.what == jobs.CLEAN else None
    return "" if cold is None else f"; cold cache {cold:.2f} s"


def _within(results: Results, text: str, job: Job, most: float) -> Claim:
    ours = results.seconds(job)
    return Claim(text, "", None) if ours is None else Claim(text, f"{ours:.2f} s", ours <= most)


def _memory(results: Results, languages: int) -> Claim:
    found = [peak for job in results.runs if job.tool == jobs.OURS and job.languages == languages and (peak := results.peak(job))]
    text = f"{languages} languages: at most {MEGABYTES} MB of memory in any process"
    return Claim(text, f"{max(found) / 1e6:.0f} MB", max(found) <= MEGABYTES * 1e6) if found else Claim(text, "", None)
