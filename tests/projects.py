"""Projects to try things on."""

from __future__ import annotations

import shutil
from pathlib import Path

from portolan.locales import catalog_path
from portolan.po import parse


def copy_of(root: Path, folder: Path) -> Path:
    """The sources of ``root`` in ``folder``, to be changed freely."""
    for name in ("assets", "content", "locales", "templates"):
        shutil.copytree(root / name, folder / name)
    return folder


def complete(root: Path, tag: str) -> None:
    """Give every message of a catalog a translation: where it lacks one, the English itself."""
    path = root / catalog_path(tag)
    catalog, _ = parse(path.read_text())
    for entry in catalog.live:
        if not entry.translated:
            entry.strings = tuple(entry.ids[min(at, len(entry.ids) - 1)] for at in range(len(entry.strings)))
            entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
            entry.previous = None
    path.write_text(str(catalog))
