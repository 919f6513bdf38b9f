"""The plain Jinja loop: our templates rendered anew for every port. ``python -m benchmarks.plain ROOT FOLDER JOBS``.

It has what ours has: the loaded sources from the cache, facts looked up once per run of equal ports, as many processes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from portolan.blocks import Builder
from portolan.loading import load_project
from portolan.pages import BLOCKS
from portolan.ports import Facts
from portolan.proof import prove


def plain_loop(root: Path, out: Path, jobs: int) -> None:
    """Write the pages of all ports in English."""
    builder = Builder(load_project(root, prove), "en", ["en"])
    (out / "en/ports").mkdir(parents=True)
    share = next((number for number in range(1, jobs) if os.fork() == 0), 0)
    for block in BLOCKS[share::jobs]:
        for segment in builder.project.chart.within(block.first, block.last):
            outlines = {}
            for number in range(max(block.first, segment.first), min(block.last, segment.last) + 1):
                facts = Facts(number, segment)
                key = (facts.pool_half, number == 0, number == 65535)
                if key not in outlines:
                    outlines[key] = builder.project.outlines(facts)
                (out / f"en/ports/{number}.html").write_bytes(builder.plain(number, outlines[key], "00000000"))
    if share:
        os._exit(0)
    for _ in range(1, jobs):
        if os.wait()[1]:
            sys.exit(1)


if __name__ == "__main__":
    plain_loop(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
