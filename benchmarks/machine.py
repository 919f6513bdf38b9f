"""What the figures were taken on: no names, no paths."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.places import file_system


def machine(tmpfs: Path, disk: Path) -> dict[str, str]:
    """The machine and the versions, by what they are."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{_find('/proc/cpuinfo', 'model name') or platform.machine()}, {len(os.sched_getaffinity(0))} processors",
        "memory": f"{int((_find('/proc/meminfo', 'MemTotal') or '0').split()[0]) / 2**20:.0f} GiB",
        "system": f"{_find('/etc/os-release', 'PRETTY_NAME') or platform.system()}, kernel {platform.release()}",
        "file systems": f"{file_system(tmpfs)}; disk: {file_system(disk)}",
        "Python": f"{platform.python_version()}, Jinja2 {version('jinja2')}",
    }


def _find(path: str, name: str) -> str | None:
    try:
        found = re.search(rf'^{name}\s*[:=]\s*"?(.*?)"?$', Path(path).read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1] if found else None
