"""How fast is a build? Ours against the plain Jinja loop over the same templates, and against the floor.

All figures are of whole processes, start-up included, taken in one run and compared as ratios:

* ours: ``build.py build --locale en`` into a fresh folder, sources loaded before (the cache is warm);
* plain: the same pages by rendering the same templates for each port, with the same number of processes;
* floor: the same bytes into the same files by a bare loop, with one process and with as many as ours.

Every round writes into a fresh folder and deletes it later, after a sync: right after deleting, ext4 is slow to make files.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--tmpfs", type=Path, default=Path("/dev/shm"))
    parser.add_argument("--disk", type=Path, default=ROOT)
    parser.add_argument("--plain", nargs=2, metavar=("FOLDER", "JOBS"), help=argparse.SUPPRESS)
    parser.add_argument("--floor", nargs=3, metavar=("PACK", "FOLDER", "JOBS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        plain_loop(Path(options.plain[0]), int(options.plain[1]))
    elif options.floor:
        floor_loop(Path(options.floor[0]), Path(options.floor[1]), int(options.floor[2]))
    else:
        report(options)


def report(options: argparse.Namespace) -> None:
    subprocess.run([sys.executable, ROOT / "build.py", "check"], check=True, stdout=subprocess.DEVNULL)  # warms the cache
    with scratch(options.tmpfs) as work:
        site = work / "site"
        ours(site, options.jobs)
        pack = packed(site, work)
        shutil.rmtree(site)
        for name, place in (("tmpfs", options.tmpfs), ("disk", options.disk)):
            with scratch(place) as folder:
                compare(name, folder, pack, options)


def compare(name: str, folder: Path, pack: Path, options: argparse.Namespace) -> None:
    jobs = options.jobs
    me = [sys.executable, __file__]
    runs: dict[str, Callable[[Path], None]] = {
        f"ours, {jobs} processes": lambda out: ours(out, jobs),
        "ours, 1 process": lambda out: ours(out, 1),
        f"floor, {jobs} processes": lambda out: run([*me, "--floor", str(pack), str(out), str(jobs)]),
        "floor, 1 process": lambda out: run([*me, "--floor", str(pack), str(out), "1"]),
    }
    seconds: dict[str, list[float]] = {label: [] for label in runs}
    for at in range(options.rounds):
        for label, build in runs.items():  # in turn, so that a slow spell of the machine hits all
            seconds[label].append(timed(build, folder / f"{label}-{at}"))
    plain = f"plain loop, {jobs} processes"
    seconds[plain] = [timed(lambda out: run([*me, "--plain", str(out), str(jobs)]), folder / plain)]
    print(f"\n{name} ({folder.parent}), median of {options.rounds}")
    medians = {label: statistics.median(values) for label, values in seconds.items()}
    for label, values in seconds.items():
        print(f"  {label:26} {medians[label]:7.2f} s   ({min(values):.2f} to {max(values):.2f})")
    mine = medians[f"ours, {jobs} processes"]
    print(f"  plain loop / ours, both {jobs} processes: {medians[plain] / mine:.1f} times")
    for label in ("floor, 1 process", f"floor, {jobs} processes"):
        print(f"  ours / {label}: {mine / medians[label]:.2f} times")
    print(f"  ours / floor, both 1 process: {medians['ours, 1 process'] / medians['floor, 1 process']:.2f} times")
    print(f"  largest process of our build: {peak(folder / 'peak', jobs) / 1e6:.0f} MB")


def peak(out: Path, jobs: int) -> int:
    """The most memory that one process of our build had, in bytes."""
    command = [sys.executable, str(ROOT / "build.py"), "build", "--locale", "en", "--out", str(out), "--jobs", str(jobs), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    return os.wait4(process.pid, 0)[2].ru_maxrss * 1024


def timed(build: Callable[[Path], None], out: Path) -> float:
    os.sync()
    start = time.perf_counter()
    build(out)
    return time.perf_counter() - start


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def ours(out: Path, jobs: int) -> None:
    run([sys.executable, str(ROOT / "build.py"), "build", "--locale", "en", "--out", str(out), "--jobs", str(jobs), "--quiet"])


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".benchmark-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def packed(site: Path, work: Path) -> Path:
    """All files of a site in one, with an index, so that the floor reads nothing from thousands of files."""
    pack, index = work / "pack", []
    with open(pack, "wb") as file:
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            data = path.read_bytes()
            index.append((path.relative_to(site).as_posix(), len(data)))
            file.write(data)
    pack.with_suffix(".json").write_text(json.dumps(index))
    return pack


def floor_loop(pack: Path, out: Path, jobs: int) -> None:
    """Write every file, and nothing else."""
    index = json.loads(pack.with_suffix(".json").read_text())
    for folder in {os.path.dirname(path) for path, _ in index}:
        (out / folder).mkdir(parents=True, exist_ok=True)
    share = next((number for number in range(1, jobs) if os.fork() == 0), 0)
    source, at = os.open(pack, os.O_RDONLY), 0
    for position, (path, size) in enumerate(index):
        if position % jobs == share:
            data = os.pread(source, size, at)
            descriptor = os.open(f"{out}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            os.write(descriptor, data)
            os.close(descriptor)
        at += size
    if share:
        os._exit(0)
    for _ in range(1, jobs):
        os.wait()


def plain_loop(out: Path, jobs: int) -> None:
    """The pages of all ports by rendering the template for each; facts are looked up once per segment, as in our build."""
    from portolan.blocks import Builder
    from portolan.pages import BLOCKS
    from portolan.ports import Facts
    from portolan.project import load_project
    from portolan.proof import prove

    builder = Builder(load_project(ROOT, prove), "en", ["en"])
    (out / "en/ports").mkdir(parents=True)
    share = next((number for number in range(1, jobs) if os.fork() == 0), 0)
    for block in BLOCKS[share::jobs]:
        for segment in builder.project.chart.within(block.first, block.last):
            outlines = {}
            for number in range(max(block.first, segment.first), min(block.last, segment.last) + 1):
                facts = Facts(number, segment)
                key = (facts.pool_half, number == 0, number == 65535)
                if key not in outlines:
                    outlines[key] = builder.outline(facts)
                (out / f"en/ports/{number}.html").write_bytes(builder.plain(number, outlines[key], "00000000"))
    if share:
        os._exit(0)
    for _ in range(1, jobs):
        os.wait()


if __name__ == "__main__":
    main()
