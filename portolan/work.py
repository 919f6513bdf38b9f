"""What one process does: bring a task up to date. What is stale is made, what differs is written, what is there is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from portolan import sitemaps
from portolan.blocks import Builder, File, single_pages
from portolan.fingerprints import SIZE, Fingerprints
from portolan.manifest import Manifest
from portolan.output import Output
from portolan.pages import BLOCKS, Block, Page
from portolan.project import Project
from portolan.records import NONE, NOTHING, SINGLES, Record, file_digest
from portolan.registry.types import PORTS, Span
from portolan.sitemaps import Sitemap


class Task(NamedTuple):
    """The unit of work: a block of a locale, a locale's other pages (no block), or a sitemap (its number, no locale)."""

    locale: str
    block: Block | None = None
    sitemap: int = 0

    @property
    def lane(self) -> str:
        """Tasks of a lane have much in common."""
        return self.locale or "sitemaps"

    @property
    def record(self) -> str:
        """The name of the record of single pages."""
        return f"{self.locale}{SINGLES}" if self.locale else f"sitemap-{self.sitemap}"


class Done(NamedTuple):
    """What came of a task: pages made, their bytes, files written, and the paths that may have changed since they were told."""

    task: Task
    pages: int
    size: int
    written: int
    changed: Manifest


@dataclass(frozen=True)
class Plan:
    """What to build: locales, and the ports as spans. ``menu`` are the locales that pages link to."""

    project: Project
    folder: Path
    locales: tuple[str, ...]
    spans: tuple[Span, ...] = (Span(0, PORTS - 1),)
    menu: tuple[str, ...] = ()
    whole: bool = True

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(b for b in BLOCKS if any(span.overlaps(Span(b.first, b.last)) for span in self.spans))

    @property
    def tasks(self) -> list[Task]:
        """Locale by locale; the sitemaps of a whole site last."""
        tasks = [Task(tag, block) for tag in self.locales for block in (None, *self.blocks)]
        return tasks + [Task("", None, number) for number in range(1, len(self.sitemaps) + 1)]

    @cached_property
    def sitemaps(self) -> list[Sitemap]:
        """The sitemaps of a whole site."""
        if not self.whole:
            return []
        settings = self.project.settings
        singles = [page for page in single_pages(self.project, settings.default_locale) if page.is_html]
        published = tuple(tag for tag in self.locales if tag in self.project.published)
        return sitemaps.sitemaps(self.project.chart, settings.base_url, published, settings.default_locale, singles)

    @property
    def manifest(self) -> Manifest:
        """Every path that the plan writes."""
        pages = [Page("languages"), Page("missing"), Page("robots"), Page("headers"), Page("search")]
        for tag in self.locales:
            pages += single_pages(self.project, tag)
            pages += [Page("block", tag, block) for block in self.blocks]
        if self.whole:
            pages += [Page("sitemaps"), *(sitemap.page for sitemap in self.sitemaps)]
        runs = {Page("port", tag, "*").path: self.spans for tag in self.locales}
        return Manifest([*(page.path for page in pages), *self.project.asset_paths.values()], runs)


class Work:
    """Does the tasks of a plan. ``dry`` finds out what would be written, and writes nothing."""

    def __init__(self, plan: Plan, output: Output, dry: bool = False) -> None:
        self.plan, self.output, self.dry = plan, output, dry
        self.fingerprints = Fingerprints(plan.project, plan.menu)
        self._builder: Builder | None = None
        self._ports = cache(lambda block: [number for number in block.ports if any(number in span for span in plan.spans)])

    def stale(self, task: Task) -> int:
        """How many pages of a task must be made. The index page counts with ports' pages, whether it must be or not."""
        if task.block is None:
            nothing_known = not self.output.records.pages(task.record)
            return len(self._singles(task)) if nothing_known else len(self._stale_singles(task))
        old = self.output.records.block(task.locale, task.block)
        ports = len(self._stale_ports(task.locale, task.block, old))
        return ports + (ports > 0 or self._is_index_stale(task.locale, task.block, old))

    def do(self, task: Task) -> Done:
        """Bring a task up to date."""
        return self._do_block(task, task.block) if task.block else self._do_singles(task)

    def builder(self, locale: str) -> Builder:
        """The builder of a locale; a process keeps one, for tasks come locale by locale."""
        if self._builder is None or self._builder.locale.tag != locale:
            self._builder = None  # what was made for one locale goes before the next needs as much: memory stays flat
            self._builder = Builder(self.plan.project, locale, self.plan.menu)
        return self._builder

    # Blocks

    def _stale_ports(self, locale: str, block: Block, old: Record) -> list[int]:
        of_locale = self.fingerprints.locale(locale)
        if old is NOTHING or old.common != of_locale.port:
            return self._ports(block)
        common, own = of_locale.port, of_locale.ports(block)
        if old.same(common, own):
            return []
        return [number for number in self._ports(block) if not old.made_from(number - block.first, common, own)]

    def _is_index_stale(self, locale: str, block: Block, old: Record) -> bool:
        return old is NOTHING or old.index_page != self.fingerprints.locale(locale).block(block)

    def _do_block(self, task: Task, block: Block) -> Done:
        locale, records = task.locale, self.output.records
        old = records.block(locale, block)
        numbers = self._stale_ports(locale, block, old)
        of_locale = self.fingerprints.locale(locale)
        known = old is not NOTHING
        if self.dry and self.output.is_fresh(locale):
            return self._all_new(task, block, numbers)
        if known and not self.dry:
            records.forget(locale, block)
        ports, digests = self._kept(old, of_locale.port)
        own = of_locale.ports(block)
        index, index_digest = old.index_page, old.index_digest
        changed: list[str] = []
        changed_ports: list[int] = []
        size = written = 0
        unknown = not known and not self.dry  # a run was killed here: nobody knows what it wrote
        builder = self.builder(locale)
        if self._is_index_stale(locale, block, old):
            file = builder.index(block)
            index, index_digest, size = of_locale.block(block), file_digest(file.data), len(file.data)
            wrote = self._write(file)
            written += wrote
            if wrote or unknown:
                changed.append(file.path)
        write, before = self._writer(Page("port", locale, "").folder), old.by_port
        for first, last in _runs(numbers):
            made = []
            for number, page in builder.ports(first, last):
                made.append(file_digest(page))
                size += len(page)
                was = before[number - block.first]
                wrote = was != made[-1] and write(f"{number}.html", page, was != NONE)
                written += wrote
                if wrote or unknown:
                    changed_ports.append(number)
            places = slice((first - block.first) * SIZE, (last + 1 - block.first) * SIZE)
            ports[places], digests[places] = own[places], b"".join(made)
        done = Manifest(changed, {Page("port", locale, "*").path: [Span(*run) for run in _runs(changed_ports)]})
        if not self.dry:
            self.output.pending.note(done)
            records.put(locale, block, Record(of_locale.port, index, index_digest, bytes(ports), bytes(digests)))
        return Done(task, len(numbers) + (index is not old.index_page), size, written, done)

    def _all_new(self, task: Task, block: Block, numbers: list[int]) -> Done:
        runs = {Page("port", task.locale, "*").path: [Span(*run) for run in _runs(numbers)]}
        return Done(task, len(numbers) + 1, 0, len(numbers) + 1, Manifest([Page("block", task.locale, block).path], runs))

    def _kept(self, old: Record, common: bytes) -> tuple[bytearray, bytearray]:
        """What stays of an old record: all of it, unless what the pages share is another now."""
        if old.common == common:
            return bytearray(old.ports), bytearray(old.digests)
        return bytearray(NOTHING.ports), bytearray(old.digests)

    # Single pages

    def _stale_singles(self, task: Task) -> dict[Page, bytes]:
        known = self.output.records.pages(task.record)
        made_from = {page: self._made_from(task, page) for page in self._singles(task)}
        return {page: digest for page, digest in made_from.items() if known.get(page.path, (NONE,))[0] != digest}

    def _singles(self, task: Task) -> list[Page]:
        return [self.plan.sitemaps[task.sitemap - 1].page] if task.sitemap else [*single_pages(self.plan.project, task.locale)]

    def _made_from(self, task: Task, page: Page) -> bytes:
        if task.sitemap:
            return self.fingerprints.sitemap(self.plan.sitemaps[task.sitemap - 1])
        return self.fingerprints.locale(task.locale).single(page)

    def _do_singles(self, task: Task) -> Done:
        records = self.output.records
        known = records.pages(task.record)
        stale = self._stale_singles(task)
        kept = {page.path: known[page.path] for page in self._singles(task) if page not in stale}
        if known and not self.dry:
            records.put_pages(task.record, kept)
        changed: list[str] = []
        size = written = 0
        for page, made_from in stale.items():
            file = self._single(task, page)
            size += len(file.data)
            wrote = self._write(file)
            written += wrote
            if wrote or (file.path not in known and not self.dry):
                changed.append(file.path)
            kept[file.path] = made_from, file_digest(file.data)
        done = Manifest(changed)
        if not self.dry:
            self.output.pending.note(done)
            records.put_pages(task.record, kept)
        return Done(task, len(stale), size, written, done)

    def _single(self, task: Task, page: Page) -> File:
        if not task.sitemap:
            return self.builder(task.locale).single(page)
        self._builder = None
        return File(page.path, self.plan.sitemaps[task.sitemap - 1].data())

    def _write(self, file: File) -> bool:
        return self.output.differs(*file) if self.dry else self.output.write(*file)

    def _writer(self, folder: str) -> Callable[[str, bytes, bool], bool]:
        """``_write`` for many files of a folder, by name. Where the last argument is true, something else is known to be there."""
        return (lambda name, data, other: other or self.output.differs(f"{folder}/{name}", data)) if self.dry else self.output.writer(folder)


def root_files(plan: Plan) -> Iterator[File]:
    """The files outside all locales: they are few, and always made."""
    settings = plan.project.settings
    yield from Builder(plan.project, settings.default_locale, plan.menu).root()
    if plan.whole:
        yield File(Page("sitemaps").path, sitemaps.index(plan.sitemaps, settings.base_url))


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as runs of consecutive ones: first and last."""
    if numbers and numbers[-1] - numbers[0] == len(numbers) - 1:
        yield numbers[0], numbers[-1]
        return
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield found[0], found[-1]
