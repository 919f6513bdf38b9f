"""The sources as they are now: looked at for every request, loaded again when a file has changed, and watched in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import NamedTuple, TypeVar

from watchfiles import awatch

from portolan.loading import load_project
from portolan.preview.broken import count, error_page, unexpected
from portolan.preview.site import Site
from portolan.problem import Problem, ProblemsFound
from portolan.proof import prove
from portolan.sources import FOLDERS, files

_NAMED = 3  # files that a line of the terminal names
_TOLD = 20  # problems that the terminal tells; the page tells all
_CALM = 50  # milliseconds without a change until a save is thought to be whole
_PATIENCE = 200  # milliseconds after which nobody waits for that any longer

T = TypeVar("T")
State = dict[str, tuple[int, int, int]]


class Loaded(NamedTuple):
    """What the sources make: a site, or a page that tells what is wrong. Pages of another ``version`` are stale."""

    version: str
    site: Site | None
    page: bytes = b""
    problems: tuple[Problem, ...] = ()


class Sources:
    """The sources below ``root``, within one event loop. ``tell`` prints a line."""

    def __init__(self, root: Path, tell: Callable[[str], None]) -> None:
        self._root, self._tell = root, tell
        self._state: State = {}
        self._loaded: Loaded | None = None
        self._closed = False
        self._loading = asyncio.Lock()
        self._news = asyncio.Condition()

    async def now(self) -> Loaded:
        """What the files make as they are now, never as they were: who asks while they are loaded waits."""
        async with self._loading:
            state = await asyncio.to_thread(_look, self._root)
            if self._loaded is None or state != self._state:
                started = monotonic()
                loaded = await _aside(partial(_load, self._root))
                while (after := await asyncio.to_thread(_look, self._root)) != state:  # saved meanwhile
                    state, loaded = after, await _aside(partial(_load, self._root))
                self._report(state, loaded, monotonic() - started)
                self._state, self._loaded = state, loaded
                await self._wake()
            return self._loaded

    async def watch(self) -> None:
        """Load what changes as soon as it does."""
        folders = [self._root / folder for folder in FOLDERS if (self._root / folder).is_dir()]
        changes = awatch(*folders, watch_filter=None, step=_CALM, debounce=_PATIENCE)
        await self.now()
        try:
            async for _ in changes:
                await self.now()
        except OSError as error:
            self._tell(f"Changes can't be watched ({error}): reload pages by hand.")

    async def versions(self) -> AsyncIterator[str]:
        """The version that is loaded, and every one that follows, until all is closed."""
        last = None
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._closed or (self._loaded and self._loaded.version != last))  # noqa: B023
            if self._closed or self._loaded is None:
                return
            last = self._loaded.version
            yield last

    async def close(self) -> None:
        """End all ``versions``."""
        self._closed = True
        await self._wake()

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _report(self, state: State, loaded: Loaded, seconds: float) -> None:
        changed = sorted({path for path, _ in state.items() ^ self._state.items()}) if self._loaded else []
        outcome = count(loaded.problems) if loaded.problems else f"reloaded in {seconds:.1f} s"
        if changed:
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            self._tell(f"{', '.join(changed[:_NAMED])}{more} changed: {outcome}")
        for problem in loaded.problems[:_TOLD]:
            self._tell(str(problem))
        if len(loaded.problems) > _TOLD:
            self._tell(f"… and {len(loaded.problems) - _TOLD:,} more: the page tells them all.")


def _look(root: Path) -> State:
    """When each file was written, its size and its number on the disk: another save is another state."""
    state = {}
    for path in files(root, *FOLDERS):
        try:
            status = path.stat()
        except FileNotFoundError:  # gone since it was listed
            continue
        state[path.relative_to(root).as_posix()] = status.st_mtime_ns, status.st_size, status.st_ino
    return state


def _load(root: Path) -> Loaded:
    try:
        project = load_project(root, prove)
    except ProblemsFound as found:
        problems = tuple(found.problems)
    except Exception as error:  # whatever a source makes us stumble over: the next save may mend it
        problems = (unexpected(error),)
    else:
        return Loaded(project.digest.hex(), Site(project))
    page = error_page(root, problems)
    return Loaded(blake2b(page, digest_size=16).hexdigest(), None, page, problems)


async def _aside(work: Callable[[], T]) -> T:
    """``work`` in a thread that nobody waits for at the end: Ctrl-C must not wait for a project to load."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=do, daemon=True).start()
    return await asyncio.wrap_future(future)
