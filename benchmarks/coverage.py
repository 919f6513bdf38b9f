"""How much of what people meet the registry answers: ``python -m benchmarks.coverage [NMAP_SERVICES]``.

Measured with the frequencies of Debian's ``nmap-common``; none of its data is taken over. A port counts as answered when it
has an article or a use of its own. Then how many entries rest on weak sources alone.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from portolan.answer import OWN
from portolan.cache import Cache
from portolan.loading import load_project
from portolan.ports import Chart
from portolan.problem import Problem
from portolan.project import Project
from portolan.registry.types import Use

NMAP = Path("/usr/share/nmap/nmap-services")
WEAK = (
    "firewalld", "nmap-services", "gist", "linuxgsm", "linuxserver.io", "wiki", "testcontainers", "blog", "dev.to", "reddit", "forum",
)  # fmt: skip
_WEAK = re.compile("|".join(rf"\b{re.escape(word)}" for word in WEAK))  # at the start of a word: no registry, no weblogic


class Seen(NamedTuple):
    """A port that scans found open, and how often, as a share of the hosts."""

    port: int
    frequency: float


def most_frequent(path: Path, transport: str, count: int) -> list[Seen]:
    """The ports most often found open over a transport, from an nmap-services file."""
    found = []
    for line in path.read_text(errors="replace").splitlines():
        fields = line.split("\t")
        if len(fields) >= 3 and fields[1].endswith(f"/{transport}"):
            found.append(Seen(int(fields[1].split("/")[0]), float(fields[2])))
    return sorted(found, key=lambda seen: -seen.frequency)[:count]


def answered(chart: Chart, port: int, transport: str) -> bool:
    """Whether a port has an article or a use of its own for a transport."""
    segment = chart.facts(port).segment
    own = (use for use in segment.uses if len(use.ports) <= OWN)
    return bool(segment.articles) or any(transport in use.transports for use in own)


def weak(use: Use, project: Project) -> bool:
    """Whether nothing but weak sources stands behind a use."""
    cited = [project.chart.references[reference] for reference in use.references]
    return all(_WEAK.search(f"{source.title} {source.url}".casefold()) for source in cited)


def main(path: Path) -> None:
    """Print the figures, and what is missing."""
    project = load_project(Path.cwd(), _no_proof)
    for transport, count in (("tcp", 1000), ("udp", 200)):
        seen = most_frequent(path, transport, count)
        found = [one for one in seen if answered(project.chart, one.port, transport)]
        share = sum(one.frequency for one in found) / sum(one.frequency for one in seen)
        print(f"{transport}: {len(found)} of {len(seen)} ports, {share:.1%} by frequency")
        missing = [f"{one.port} ({one.frequency:.4f})" for one in seen if one not in found]
        print(f"  missing, most frequent first: {', '.join(missing[:60])}")
    uses = project.chart.registry.uses
    on_weak = [use for use in uses if weak(use, project)]
    grades = Counter(use.evidence for use in uses)
    print(f"uses: {len(uses)}; {', '.join(f'{grade} {number}' for grade, number in grades.most_common())}")
    print(f"resting on weak sources alone: {len(on_weak)}")
    for use in on_weak:
        print(f"  {use.origin}: {use.name}")


def _no_proof(project: Project, cache: Cache) -> list[Problem]:
    return []  # the templates are not looked at


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else NMAP)
