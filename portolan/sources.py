"""Reading what people write: which files are sources, and their UTF-8 text."""

from __future__ import annotations

import os
import re
from itertools import chain
from pathlib import Path

from portolan.problem import Problem

FOLDERS = ("content", "locales", "templates", "assets")
# What editors lay beside a file while somebody writes: hidden, backup, lock and swap files, and Vim's test for room, 4913.
_TEMPORARY = re.compile(r"\..*|.*~|#.*#|4913|.*\.sw[a-p]|.*___jb_(?:tmp|old)___")
# What no text of ours may hold: control characters, the stencils' hole marks (U+000E, U+000F) among them.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def files(root: Path, *folders: str) -> list[Path]:
    """All files below the folders of ``root`` that people mean to be there, in order."""
    walks = chain.from_iterable(os.walk(root / folder) for folder in folders)
    found = [os.path.join(where, name) for where, _, names in walks for name in names if not _TEMPORARY.fullmatch(name)]
    return sorted(Path(path) for path in found if os.path.isfile(path))


def read_text(root: Path, path: str, problems: list[Problem]) -> str | None:
    """The text of ``root/path``; ``None`` with a problem noted when it can't be read or isn't clean UTF-8."""
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        problems.append(Problem(path, 1, "file", f"cannot be read: {error.strerror}"))
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(Problem(path, line, "utf-8", f"must be UTF-8, not byte 0x{data[error.start]:02x}"))
        return None
    text = text.replace("\r\n", "\n")
    if control := CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        problems.append(Problem(path, line, "utf-8", f"must not hold the control character U+{ord(control[0]):04X}"))
        return None
    return text
