"""The process that loads the sources and renders pages: the preview can end it whatever it does."""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from hashlib import blake2b
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from portolan.loading import load_project
from portolan.preview.broken import error_page, unexpected
from portolan.preview.site import Answer, Site
from portolan.problem import Problem, ProblemsFound
from portolan.proof import prove


class Ended(Exception):
    """The process is no more."""


class Loaded(NamedTuple):
    """What came of the sources: a site, or a ``page`` that tells its ``problems``.

    What another ``version`` made is stale.
    """

    version: str
    page: bytes = b""
    problems: tuple[Problem, ...] = ()

    @classmethod
    def broken(cls, root: Path, problems: list[Problem]) -> Loaded:
        """No site."""
        page = error_page(root, problems)
        return cls(blake2b(page, digest_size=16).hexdigest(), page, tuple(problems))


class Worker:
    """A process that does one thing at a time.

    Its methods block, may be called by any thread, and raise Ended.
    """

    def __init__(self, root: Path) -> None:
        context = multiprocessing.get_context(
            "spawn"
        )  # a fork of a process with threads can't be trusted
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(root, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._turn = Lock()

    def load(self) -> Loaded:
        """Load the sources as they are now."""
        loaded: Loaded = self._ask(None)
        return loaded

    def answer(self, path: str) -> Answer | Problem | None:
        """What the site that was loaded last answers, or what goes wrong; ``None`` if there is none."""
        answer: Answer | Problem | None = self._ask(path)
        return answer

    def end(self) -> None:
        """End it at once; whoever waits for it gets Ended."""
        self._process.kill()

    def _ask(self, question: str | None) -> Any:
        with self._turn:
            try:
                self._connection.send(question)
                return self._connection.recv()
            except (EOFError, OSError):
                raise Ended from None


def _work(root: Path, connection: Connection[Any, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the preview answers Ctrl-C
    site = None
    with suppress(EOFError, OSError):  # the preview is gone
        while True:
            path = connection.recv()
            if path is None:
                loaded, site = _load(root)
                connection.send(loaded)
            else:
                connection.send(_answer(site, path) if site else None)


def _load(root: Path) -> tuple[Loaded, Site | None]:
    try:
        project = load_project(root, prove)
    except ProblemsFound as found:
        return Loaded.broken(root, found.problems), None
    except Exception as error:  # whatever a source makes us stumble over: the next save may mend it
        return Loaded.broken(root, [unexpected(error)]), None
    return Loaded(project.digest.hex()), Site(project)


def _answer(site: Site, path: str) -> Answer | Problem:
    try:
        return site.answer(path)
    except ProblemsFound as found:  # what the proof of the templates, in one language, didn't find
        return found.problems[0]
    except Exception as error:
        return unexpected(error)
