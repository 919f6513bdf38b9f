"""Measuring a command: wall time, processor time of the whole process tree, memory of its largest process.

Run as a script this is a small launcher. The kernel counts the memory of a process from its fork on, so a child of the
harness would never seem smaller than the harness; one of the launcher starts at a few megabytes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LIMIT = 900.0  # seconds, after which a command is killed


class Failed(Exception):
    """A command ended badly or took too long."""


class Measurement(NamedTuple):
    """``seconds`` of wall time, ``cpu`` seconds (user and system, all processes), ``peak`` bytes of the largest process."""

    seconds: float
    cpu: float
    peak: int


def measure(command: Sequence[str | Path], cwd: Path | None = None, limit: float = LIMIT) -> Measurement:
    """Run a command to its end, after everything written before has reached the disk. Raises Failed."""
    os.sync()
    launcher = [sys.executable, "-I", "-S", __file__, str(limit), *map(str, command)]
    # Python keeps compiled modules unless it is told not to; what we measure is told nothing
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(launcher, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        found, complaint = process.communicate()
    except BaseException:
        process.terminate()  # and the launcher ends the command
        process.wait()
        raise
    if process.returncode:
        raise Failed(f"{Path(command[0]).name} failed: {complaint.strip()[-2000:] or process.returncode}")
    return Measurement(**json.loads(found))


def _launch(limit: float, command: list[str]) -> int:
    report = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    start = time.perf_counter()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(error, file=sys.stderr)
            os._exit(127)
    signal.signal(signal.SIGALRM, lambda *_: _end(child))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        _, status, usage = os.wait4(child, 0)
    except BaseException:
        _end(child)
        raise
    seconds = time.perf_counter() - start
    if seconds >= limit:
        print(f"took more than {limit:.0f} s", file=sys.stderr)
    json.dump({"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}, report)
    return 1 if status else 0


def _end(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(_launch(float(sys.argv[1]), sys.argv[2:]))
