"""Our generator, run through its command line on a copy of the sources, so that edits never touch the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCES = ("content", "locales", "templates", "assets")
CATALOG = "LC_MESSAGES/portolan.po"
# Languages to measure memory with: copies of the folder of the tag's first part, under tags that CLDR knows.
COPIES = (
    "de-AT", "de-BE", "de-CH", "de-IT", "de-LI", "de-LU", "bn-IN", "bn-BD", "id-ID", "pt-AO", "pt-CV", "pt-MZ", "pt-TL", "pt-BR",
    "zh-Hans-CN", "zh-Hans-HK", "zh-Hans-MO", "zh-Hans-SG",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """A change to a source: ``text``, which must stand there once, gets another form each time."""

    name: str
    path: str
    text: str
    form: str

    def make(self, root: Path, count: int) -> None:
        """Edit the copy of the sources in ``root``; ``count`` tells this edit from the last one. 0 undoes it."""
        source = (CHECKOUT / self.path).read_text()
        if source.count(self.text) != 1:
            raise LookupError(f"benchmarks/ours.py edits {self.text!r}, which must stand once in {self.path}, not {source.count(self.text)} times")
        (root / self.path).write_text(source.replace(self.text, self.form.format(count)) if count else source)


DESCRIPTION = Edit(
    "a use's description edited", "content/registry/uses/databases.yaml",
    "Clients read and write keys here; in Kubernetes the API server does.",
    "Clients read and write keys here; in Kubernetes the API server does, {}.",
)  # fmt: skip
TITLE = Edit(
    "an assignment's title edited", "content/registry/assignments.yaml",
    "name: msp, title: Message Send", "name: msp, title: Message {} Send",
)  # fmt: skip
MESSAGE = Edit(
    "a PO message of a shared text edited", f"locales/de/{CATALOG}",
    'msgstr "War diese Seite hilfreich?"', 'msgstr "War diese Seite hilfreich {}?"',
)  # fmt: skip
TEMPLATE = Edit("the port template edited", "templates/port.html", "<article{% if", '<article id="edited-{}"{% if')
EDITS = (DESCRIPTION, TITLE, MESSAGE, TEMPLATE)


class Ours:
    """A copy of the sources, and the commands that build from it."""

    def __init__(self, root: Path, copies: Iterable[str] = ()) -> None:
        self.root = root
        for name in SOURCES:
            shutil.copytree(CHECKOUT / name, root / name)
        for tag in copies:
            original = next(home for home in sorted((CHECKOUT / "locales").iterdir(), reverse=True) if tag.startswith(f"{home.name}-"))
            shutil.copytree(original, root / "locales" / tag)

    @property
    def tags(self) -> list[str]:
        """All languages; first English, then German, which is edited."""
        found = sorted(path.parent.parent.name for path in (self.root / "locales").glob(f"*/{CATALOG}"))
        return sorted(found, key=lambda tag: (tag != "en", tag != "de", tag))

    def build(self, out: Path, jobs: int, tags: Iterable[str] = (), pages: int = 65536) -> list[str]:
        """The command that builds into ``out``: all languages, or those of ``tags``."""
        chosen = [option for tag in tags for option in ("--locale", tag)]
        ports = ["--ports", f"0-{pages - 1}"] if pages < 65536 else []
        return [*self._program, "build", "--out", str(out), "--jobs", str(jobs), "--quiet", *chosen, *ports]

    def warm(self) -> None:
        """Load and check the sources, so that the next build finds them in its cache."""
        subprocess.run([*self._program, "check"], check=True, stdout=subprocess.DEVNULL)

    def is_sound(self) -> bool:
        """Whether the sources can be built from."""
        return subprocess.run([*self._program, "check"], capture_output=True, check=False).returncode == 0

    def cool(self) -> None:
        """Forget all that was kept from earlier runs."""
        shutil.rmtree(self.root / ".cache", ignore_errors=True)

    @property
    def _program(self) -> list[str]:
        return [sys.executable, str(CHECKOUT / "build.py"), "--root", str(self.root)]
