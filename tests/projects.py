"""Projects to try things on."""

from __future__ import annotations

import shutil
from pathlib import Path


def copy_of(root: Path, folder: Path) -> Path:
    """The sources of ``root`` in ``folder``, to be changed freely."""
    for name in ("assets", "content", "locales", "templates"):
        shutil.copytree(root / name, folder / name)
    return folder
