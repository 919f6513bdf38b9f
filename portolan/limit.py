"""A limit to how long something may take: what doesn't come to an end ends in an error where it is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 1.0  # seconds; somebody on the way may have taken the error for one of his own


class TookTooLong(Exception):
    """The time is over."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in what takes more than ``seconds`` of the processor's time.

    How busy the machine is doesn't matter. Within another limit that one counts. Only Python's own
    steps are stopped, and only in the main thread: elsewhere, and on Windows, there is no limit.
    """
    if not _can_stop() or signal.getitimer(signal.ITIMER_VIRTUAL)[0]:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"must come to an end: it took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _can_stop() -> bool:
    return hasattr(signal, "SIGVTALRM") and threading.current_thread() is threading.main_thread()
