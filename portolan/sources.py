"""Reading what people write: which files are sources, and their UTF-8 text.

One rule for everybody who reads, digests or watches: a source is a regular file below one of
``FOLDERS``, unless its name, or that of a folder on the way, says that a program laid it there for
a while. What can't be read, and what is no file of its own (links, pipes, devices), is a problem
and not a smaller site.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from portolan.characters import faults
from portolan.problem import Problem

FOLDERS = ("content", "locales", "templates", "assets")
# What editors and systems lay beside a file: hidden files (AppleDouble's ._name and Emacs' .#name
# among them), backups, lock and swap files, Vim's test for room, 4913, and what Windows keeps of a
# folder.
_TEMPORARY = re.compile(
    r"\..*|.*~|#.*#|4913|.*\.sw[a-p]|.*___jb_(?:tmp|old)___|thumbs\.db|desktop\.ini", re.IGNORECASE
)
# What no text of ours may hold: control characters, and so the stencils' marks of holes (U+000E,
# U+000F).
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# Python's reading of a name that isn't UTF-8 has surrogates in it. A message is one line, and so is
# a list of files.
_BAD_NAME = re.compile(rf"[\t\n\ud800-\udfff]|{CONTROL.pattern}")
_LARGEST = 64 * 1024 * 1024  # bytes; the largest source that we know has 2 % of that
# A pipe that nobody writes to must not keep us waiting. Windows has neither flag.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_LINK = "must lie here itself, not be a link"
_NOT_A_FILE = "must be a file, not a pipe, a socket or a device"


def paths(root: Path, problems: list[Problem], *folders: str) -> list[str]:
    """The sources below ``folders`` (all ``FOLDERS`` if none is given), in order.

    They are relative to ``root``. What lies there and can't be a source is noted.
    """
    found: list[str] = []
    for folder in folders or FOLDERS:
        if linked := _first_link(root, folder):
            problems.append(Problem(linked, 1, "file", _LINK))
        else:
            found += _walk(root, folder, problems)
    return sorted(found)


def _first_link(root: Path, path: str) -> str | None:
    """The link that leads to ``path``, if one does."""
    ways = [*reversed(Path(path).parents), Path(path)][1:]
    return next((way.as_posix() for way in ways if (root / way).is_symlink()), None)


def _walk(root: Path, folder: str, problems: list[Problem]) -> Iterator[str]:
    try:
        with os.scandir(root / folder) as entries:
            there = [entry for entry in entries if not _TEMPORARY.fullmatch(entry.name)]
    except (
        FileNotFoundError
    ):  # there is none, or it went just now; who needs what was in it says so
        return
    except OSError as error:
        problems.append(Problem(folder, 1, "file", f"cannot be read: {error.strerror}"))
        return
    for entry in there:
        path = f"{folder}/{entry.name}"
        if reason := _refusal(entry):
            problems.append(Problem(path, 1, "file", reason))
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path, problems)
        else:
            yield path


def _refusal(entry: os.DirEntry[str]) -> str | None:
    """Why an entry of a folder can be neither a source nor a folder of sources."""
    if _BAD_NAME.search(entry.name):
        return "must have a name in UTF-8 without control characters"
    if entry.is_symlink():
        return _LINK
    is_one = entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
    return None if is_one else _NOT_A_FILE


def read(root: Path, path: str, problems: list[Problem]) -> bytes | None:
    """The bytes of ``root/path``; ``None`` with a problem noted when they can't be read."""
    try:
        descriptor = os.open(root / path, _FLAGS)
        try:
            reason = _unfit(os.fstat(descriptor))
            data = b"" if reason else _all(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = _LINK if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
    if reason:
        problems.append(Problem(path, 1, "file", reason))
        return None
    return data


def _all(descriptor: int) -> bytes:
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        return file.read()


def _unfit(status: os.stat_result) -> str | None:
    if stat.S_ISDIR(status.st_mode):
        return "must be a file, not a folder"
    if not stat.S_ISREG(status.st_mode):
        return _NOT_A_FILE
    return f"must have {_LARGEST:,} bytes at most" if status.st_size > _LARGEST else None


def read_text(root: Path, path: str, problems: list[Problem]) -> str | None:
    """The text of ``root/path``.

    ``None`` with a problem noted when it can't be read or isn't clean UTF-8.
    """
    if linked := _first_link(root, path):
        problems.append(Problem(linked, 1, "file", _LINK))
        return None
    data = read(root, path, problems)
    return None if data is None else decoded(data, path, problems)


def decoded(data: bytes, path: str, problems: list[Problem]) -> str | None:
    """What was read from ``path``, as clean text; ``None`` with a problem noted when it is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(
            Problem(path, line, "utf-8", f"must be UTF-8, not byte 0x{data[error.start]:02x}")
        )
        return None
    text = text.replace("\r\n", "\n")
    if control := CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        problems.append(
            Problem(
                path, line, "utf-8", f"must not hold the control character U+{ord(control[0]):04X}"
            )
        )
        return None
    unseen = [*faults(text, path)]
    problems += unseen
    return None if unseen else text
