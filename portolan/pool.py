"""Processes that work off *lanes* of tasks. A process stays in its lane as long as there is work in it.

What a process learns in a lane (a locale's stencils) it needs not learn twice, and two processes in two lanes don't get in
each other's way on the disk. Only when all lanes are taken does a second process enter one, from its far end.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_BATCH = 4  # tasks that are sent at once
_AHEAD = 2  # batches that a process has at hand, so that it never waits for us


class WorkerDied(Exception):
    """A process of the pool was killed."""

    def __str__(self) -> str:
        return "a process of the build was killed (out of memory?)"


class Pool(Generic[T, R]):
    """``jobs`` processes that each call ``begin()`` once, for a function that turns a task into a result."""

    def __init__(self, jobs: int, begin: Callable[[], Callable[[T], R]]) -> None:
        """Fork the processes; what the parent holds at that time, they hold too."""
        context = multiprocessing.get_context("fork")
        self._connections: list[Connection[Any, Any]] = []
        self._processes = []
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            self._connections.append(ours)
            process = context.Process(target=_serve, args=(theirs, list(self._connections), begin), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)

    def __enter__(self) -> Pool[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the processes finish the task in hand, and end."""
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            process.join()

    def results(self, lanes: Mapping[str, Sequence[T]]) -> Iterator[R]:
        """The result of every task, as they come. Raises what a task raised, and WorkerDied."""
        schedule = _Schedule(lanes, len(self._connections))
        waiting = dict.fromkeys(range(len(self._connections)), 0)
        for worker in waiting:
            waiting[worker] += self._send(worker, schedule)
        while busy := {self._connections[worker]: worker for worker, batches in waiting.items() if batches}:
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                try:
                    results, error = self._connections[worker].recv()
                except (EOFError, ConnectionError):
                    raise WorkerDied from None
                waiting[worker] -= 1
                waiting[worker] += self._send(worker, schedule, _AHEAD - waiting[worker])
                yield from results
                if error:
                    raise error

    def _send(self, worker: int, schedule: _Schedule[T], batches: int = _AHEAD) -> int:
        """Send as many batches as there are; how many there were."""
        for sent in range(batches):
            batch = schedule.batch(worker)
            if not batch:
                return sent
            try:
                self._connections[worker].send(batch)
            except ConnectionError:
                raise WorkerDied from None
        return batches


class _Schedule(Generic[T]):
    """Who does what next."""

    def __init__(self, lanes: Mapping[str, Sequence[T]], workers: int) -> None:
        self._lanes = {name: deque(tasks) for name, tasks in lanes.items() if tasks}
        self._lane_of: dict[int, str] = {}
        self._first_in: dict[str, int] = {}
        total = sum(map(len, self._lanes.values()))
        self._size = max(1, min(_BATCH, total // (workers * _AHEAD * 4)))

    def batch(self, worker: int) -> list[T]:
        """The next tasks for a worker, nothing when all are given away."""
        name = self._lane_of.pop(worker, None)
        if name not in self._lanes:
            name = self._free_lane()
        if name is None:
            return []
        self._lane_of[worker] = name
        tasks = self._lanes[name]
        take = tasks.popleft if self._first_in.setdefault(name, worker) == worker else tasks.pop
        taken = [take() for _ in range(min(self._size, len(tasks)))]
        if not tasks:
            del self._lanes[name]
        return taken

    def _free_lane(self) -> str | None:
        """The first lane that nobody is in, or else the longest."""
        taken = set(self._lane_of.values())
        free = (name for name in self._lanes if name not in taken)
        return next(free, max(self._lanes, key=lambda name: len(self._lanes[name]), default=None))


def _serve(connection: Connection[Any, Any], others: list[Connection[Any, Any]], begin: Callable[[], Callable[[Any], Any]]) -> None:
    """A process of the pool: it ends when the parent hangs up, or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    for other in others:
        other.close()  # or else the parent's end would outlive the parent
    work = begin()
    try:
        while True:
            results: list[Any] = []
            error: Exception | None = None
            for task in connection.recv():
                try:
                    results.append(work(task))
                except Exception as caught:
                    error = caught
                    break
            connection.send((results, error))
    except (EOFError, ConnectionError):
        pass
