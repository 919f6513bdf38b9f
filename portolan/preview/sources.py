"""The sources as they are now: looked at for every request, loaded again when a file has changed, and watched in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TypeVar

from watchfiles import awatch

from portolan.preview.broken import count
from portolan.preview.site import Answer
from portolan.preview.worker import Ended, Loaded, Worker
from portolan.problem import Problem
from portolan.sources import FOLDERS, paths

_NAMED = 3  # files that a line of the terminal names
_TOLD = 20  # problems that the terminal tells; the page tells all
_CALM = 50  # milliseconds without a change until a save is thought to be whole
_PATIENCE = 200  # milliseconds after which nobody waits for that any longer
_LONGEST = 60.0  # seconds; templates are stopped sooner (``limit``), but for what nothing but the end of a process stops

T = TypeVar("T")
State = dict[str, object]


class Sources:
    """The sources below ``root``, within one event loop. ``tell`` prints a line."""

    def __init__(self, root: Path, tell: Callable[[str], None]) -> None:
        self._root, self._tell = root, tell
        self._worker = Worker(root)
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
                loaded = await self._load()
                while (after := await asyncio.to_thread(_look, self._root)) != state:  # saved meanwhile
                    state, loaded = after, await self._load()
                self._report(state, loaded, monotonic() - started)
                self._state, self._loaded = state, loaded
                await self._wake()
            return self._loaded

    async def _load(self) -> Loaded:
        try:
            return await self._ask(Worker.load)
        except Ended:
            message = "could not be loaded: it took too long, or the memory was not enough"
            return Loaded.broken(self._root, [Problem("content", 1, "preview", message)])

    async def answer(self, path: str) -> tuple[Loaded, Answer | Problem | None]:
        """What is loaded now, and what its site answers; ``None`` if there is no site."""
        loaded = await self.now()
        if loaded.page:
            return loaded, None
        try:
            answer = await self._ask(lambda worker: worker.answer(path))
        except Ended:
            self._loaded = None  # and so it is loaded again
            return loaded, Problem("templates", 1, "preview", f"{path} took too long, or the memory was not enough")
        return (loaded, answer) if answer else await self.answer(path)  # else it was broken meanwhile

    async def _ask(self, question: Callable[[Worker], T]) -> T:
        """The worker's answer. Raises Ended, and then there is another worker."""
        worker = self._worker
        try:
            return await asyncio.wait_for(_aside(partial(question, worker)), _LONGEST)
        except (Ended, TimeoutError):
            worker.end()
            if self._worker is worker and not self._closed:
                self._worker = Worker(self._root)
            raise Ended from None

    async def watch(self) -> None:
        """Load what changes as soon as it does."""
        folders = [self._root / folder for folder in FOLDERS if (self._root / folder).is_dir()]
        changes = awatch(
            *folders, watch_filter=None, step=_CALM, debounce=_PATIENCE, ignore_permission_denied=True
        )
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
        """End all ``versions``, and whatever is being loaded or rendered."""
        self._closed = True
        self._worker.end()
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
    """When each file was written or forbidden, its size and its number on the disk: another save is another state."""
    problems: list[Problem] = []
    state: State = {}
    for path in paths(root, problems):
        with suppress(FileNotFoundError):  # gone since it was listed
            status = (root / path).stat(follow_symlinks=False)
            state[path] = status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
    return state | {problem.path: problem.message for problem in problems}


async def _aside(work: Callable[[], T]) -> T:
    """``work`` in a thread that nobody waits for at the end."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=do, daemon=True).start()
    return await asyncio.wrap_future(future)
