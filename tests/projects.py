"""Projects to try things on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from portolan import extract
from portolan.locales import SOURCE

from .conftest import ROOT
from .translated import translate

# The parts of the content that are many: left out of the small project, but for these.
_THINNED = ("articles", "registry/systems", "registry/uses")
_KEPT = frozenset({
    "articles/dns.md", "articles/postgresql.md", "articles/ssh.md",
    "registry/systems/linux.yaml", "registry/systems/macos.yaml", "registry/systems/windows.yaml",
})  # fmt: skip

_ASSIGNMENTS = """\
updated: 2026-08-17
assignments:
- {ports: 0, transports: [tcp, udp], status: reserved, references: [rfc6335]}
- {ports: 4, transports: [tcp, udp], status: unassigned}
- {ports: 22, transports: [tcp, udp], name: ssh, title: The Secure Shell (SSH) Protocol, references: [rfc4251]}
- {ports: 22, transports: [sctp], name: ssh, title: SSH, references: [rfc9260]}
- {ports: 25, transports: [tcp], name: smtp, title: Simple Mail Transfer, references: [rfc5321]}
- {ports: 53, transports: [tcp, udp], name: domain, title: Domain Name Server}
- {ports: 80, transports: [tcp, udp], name: http, title: World Wide Web HTTP}
- {ports: 1027, transports: [tcp], status: deregistered, date: 2006-08}
- {ports: 5000, transports: [tcp], name: commplex-main, unauthorized: Unauthorized use known on port 5000}
- {ports: 5431, transports: [tcp, udp], name: park-agent, title: PARK AGENT, references: [rfc6335]}
- {ports: 5432, transports: [tcp, udp], name: postgresql, title: PostgreSQL Database}
- {ports: 5433, transports: [tcp], name: pyrrho, title: Pyrrho DBMS}
- {ports: 6000-6063, transports: [tcp, udp], name: x11, title: X Window System}
- {ports: 7002-7005, status: unassigned}
- {ports: 49151, status: reserved}
"""

_USES = """\
- ports: 5000
  transports: [tcp]
  name: AirPlay Receiver
  kind: service
  evidence: community
  description: Macs accept pictures and sound from other devices here.
  aliases: [airplay]
  references: [iana-ports]
- ports: 5432
  transports: [tcp]
  name: PostgreSQL
  kind: service
  evidence: vendor
  description: Clients of the database connect here.
  references: [iana-ports]
- ports: 27000-27100
  transports: [udp]
  name: Steam
  kind: range
  evidence: vendor
  description: Games talk to their servers here.
  references: [iana-ports]
"""

_ABUSE = """\
- {ports: 80, transports: [tcp], name: Code Red, year: 2001, references: [iana-ports]}
- {ports: 5000, transports: [tcp], name: Sockets de Troie, year: 1998, references: [iana-ports]}
"""

_BLOCKED = """\
- {ports: 0, since: 2025-08-11, references: [whatwg-fetch]}
- {ports: 22, references: [whatwg-fetch]}
"""


def copy_of(root: Path, folder: Path) -> Path:
    """The sources of ``root`` in ``folder``, to be changed freely."""
    for name in ("assets", "content", "locales", "templates"):
        shutil.copytree(root / name, folder / name)
    return folder


def small_project(folder: Path, locales: Iterable[str] = ("en",)) -> Path:
    """A valid project that loads in a moment, in ``folder``, which must not exist yet.

    It has our templates and texts, three articles, three systems, and a few entries of every kind. What is told in other
    languages than English is translated, in a way: tests must not wait for translators.
    """
    for name in ("assets", "content", "templates", "locales/en"):
        shutil.copytree(ROOT / name, folder / name)
    content = folder / "content"
    for path in [path for part in _THINNED for path in (content / part).iterdir()]:
        if path.relative_to(content).as_posix() not in _KEPT:
            path.unlink()
    registry = {"assignments": _ASSIGNMENTS, "uses/all": _USES, "abuse": _ABUSE, "blocked": _BLOCKED}
    for name, text in registry.items():
        (content / "registry" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for tag in locales:
        if tag != SOURCE:
            translate(folder, tag)
    (folder / extract.POT).write_text(str(extract.template(folder)), encoding="utf-8")
    return folder


def unprivileged() -> list[str]:
    """What takes from a command root's right to read and write everything."""
    if os.getuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("nothing is forbidden to root, and setpriv is missing")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
