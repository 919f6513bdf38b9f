"""How long does it take to load and check everything, cold and when nothing changed? Whole calls, best of several."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    from portolan import checks
    from portolan.catalogs import load_catalogs
    from portolan.documents import load_documents
    from portolan.loading import load_project
    from portolan.problem import Problem
    from portolan.proof import prove
    from portolan.registry.load import load_registry

    def registry() -> None:
        problems: list[Problem] = []
        found = load_registry(ROOT, problems)
        problems += checks.sources(None, found, {}, {}, set())
        assert not problems

    def everything() -> None:
        for path in (ROOT / ".cache").glob("*"):
            if path.is_file():
                path.unlink()
        load_project(ROOT, prove)

    parts: dict[str, Callable[[], object]] = {
        "registry, loaded and checked, cold": registry,
        "prose, cold": lambda: load_documents(ROOT, []),
        "catalogs, cold": lambda: load_catalogs(ROOT, []),
        "everything, with all stencils proved, cold": everything,
        "everything, nothing changed": lambda: load_project(ROOT, prove),
    }
    for label, load in parts.items():
        times = []
        for _ in range(3):
            start = time.perf_counter()
            load()
            times.append(time.perf_counter() - start)
        print(f"{label:45} {min(times):6.2f} s")


if __name__ == "__main__":
    main()
