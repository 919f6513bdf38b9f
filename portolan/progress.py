"""What a person sees while a run goes on: a bar on a terminal, a line now and then elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """Quiet: it shows nothing. The others build on it."""

    def begin(self, pages: int, size: int, locales: int) -> None:
        """What the run is going to make."""

    def advance(self, locale: str, pages: int, size: int) -> None:
        """Some pages of a locale are done."""

    def finish(self, locale: str) -> None:
        """All pages of a locale are done."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass


def progress_for(stream: TextIO, quiet: bool) -> Progress:
    """The kind of progress that suits a stream."""
    if quiet:
        return Progress()
    return BarProgress() if stream.isatty() else LineProgress(stream)


def announcement(pages: int, size: int, locales: int) -> str:
    """The estimate in a line."""
    return f"about {pages:,} port pages in {locales} {'locale' if locales == 1 else 'locales'}, {size / 1e6:,.0f} MB"


class LineProgress(Progress):
    """A line every ten seconds, and one when a locale is done; a run that never begins is too short for any."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream
        self.total = self.pages = 0
        self.started = self.told = monotonic()

    def begin(self, pages: int, size: int, locales: int) -> None:
        self.total = pages
        print(announcement(pages, size, locales), file=self.stream, flush=True)

    def advance(self, locale: str, pages: int, size: int) -> None:
        self.pages += pages
        if monotonic() - self.told > 10:
            left = max(0, self.total - self.pages) / self._rate()
            self._tell(f"{left:,.0f} s left")

    def finish(self, locale: str) -> None:
        if self.total:
            self._tell(f"{locale} done")

    def _rate(self) -> float:
        return max(self.pages, 1) / max(monotonic() - self.started, 1e-3)

    def _tell(self, what: str) -> None:
        self.told = monotonic()
        print(f"{self.pages:,} pages, {self._rate():,.0f} pages/s: {what}", file=self.stream, flush=True)


class BarProgress(Progress):
    """A bar with pages per second and the time left."""

    bar: Bar | None = None
    task: TaskID

    def begin(self, pages: int, size: int, locales: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console()
        console.print(announcement(pages, size, locales))
        self.bar = Bar(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
            console=console,
        )  # fmt: skip
        self.task = self.bar.add_task("", total=pages, rate="")
        self.started = monotonic()

    def advance(self, locale: str, pages: int, size: int) -> None:
        if not self.bar:
            return
        done = self.bar.tasks[0].completed + pages
        rate = done / max(monotonic() - self.started, 1e-3)
        self.bar.update(self.task, advance=pages, description=locale, rate=f"{rate:,.0f} pages/s")

    def __enter__(self) -> Progress:
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.stop()
