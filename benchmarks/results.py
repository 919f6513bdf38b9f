"""What was measured: runs by job, and notes. Kept as JSON, so that the report can be written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.jobs import Job
from benchmarks.measure import Failed, Measurement, measure

_FOLDERS = re.compile(r"(?:/[\w.+@-]+)+/")  # a report names no folder of the machine


@dataclass
class Results:
    """All runs of one session."""

    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    runs: dict[Job, list[Measurement]] = field(default_factory=dict)
    tell: Callable[[str], None] = print

    def run(self, job: Job, command: Sequence[str | Path], cwd: Path | None = None) -> bool:
        """Measure once more. A failure becomes a note, and the tool is left out of the job."""
        try:
            found = measure(command, cwd)
        except Failed as failure:
            self.note(f"{job}: not measured; {_FOLDERS.sub('', str(failure).splitlines()[0])[:200]}")
            self.tell(str(failure))
            return False
        self.runs.setdefault(job, []).append(found)
        self.tell(f"{job}: {found.seconds:.2f} s, CPU {found.cpu:.2f} s, {found.peak / 1e6:.0f} MB")
        return True

    def note(self, text: str) -> None:
        """Tell, and put into the report, once."""
        if text not in self.notes:
            self.notes.append(text)
            self.tell(text)

    def seconds(self, job: Job) -> float | None:
        """The median wall time; ``None`` for what was not measured."""
        return median(run.seconds for run in self.runs[job]) if job in self.runs else None

    def cpu(self, job: Job) -> float | None:
        """The median processor time."""
        return median(run.cpu for run in self.runs[job]) if job in self.runs else None

    def peak(self, job: Job) -> int | None:
        """The most memory that one process had in any run, in bytes."""
        return max(run.peak for run in self.runs[job]) if job in self.runs else None

    def save(self, path: Path) -> None:
        """Write everything as JSON, a line for each job."""
        lines = [json.dumps({**job._asdict(), "runs": list(map(_rounded, runs))}) for job, runs in self.runs.items()]
        head = json.dumps({"facts": self.facts, "notes": self.notes}, ensure_ascii=False, indent=1)
        path.write_text(head[:-2] + ',\n "runs": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        """What ``save`` wrote."""
        kept = json.loads(path.read_text())
        runs = {Job(**{name: job[name] for name in Job._fields}): [Measurement(*run) for run in job["runs"]] for job in kept["runs"]}
        return cls(kept["facts"], kept["notes"], runs)


def _rounded(run: Measurement) -> list[float]:
    return [round(run.seconds, 3), round(run.cpu, 3), run.peak]
