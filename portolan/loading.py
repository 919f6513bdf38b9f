"""Loading: everything below the root, checked, or every problem at once.

The whole project is kept in ``.cache/`` as long as no source changes.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import babel
import jinja2
import markupsafe

from portolan.cache import Cache
from portolan.problem import Problem, ProblemsFound
from portolan.project import Project, named
from portolan.sources import paths, read

_PACKAGE = Path(__file__).parent
_LIBRARIES = ("babel", "jinja2", "markdown", "markupsafe")  # whose versions may show in a page
_PLACE = ".cache"

Prove = Callable[[Project, Cache], list[Problem]]


def load_project(root: Path, prove: Prove) -> Project:
    """Load and check everything below ``root``; ``ProblemsFound`` with all problems of all files.

    ``prove`` tells what goes wrong when the templates are rendered, which this module knows nothing of.
    """
    cache = Cache(root / _PLACE)
    sources, problems = _digests(root)
    code = named(path + digest.hex() for path, digest in sources.items() if path.startswith(f"{_PACKAGE.name}/"))
    code = named([code.hex(), sys.version, *_libraries()])
    digest = named([code.hex(), *(path + digest.hex() for path, digest in sources.items())])
    project: Project | None = None if problems else cache.get("project", digest)
    if project is None:
        from portolan.completeness import rate
        from portolan.reading import Reading  # here, for its libraries take longer to load than an unchanged project

        project = Reading(root, cache, code, sources, digest, problems).project()
        if problems := prove(project, cache):
            raise ProblemsFound(problems)
        rate(project)
        cache.keep("project", digest, project)
        return project
    return replace(project, cache=cache)


def _libraries() -> list[str]:
    """Names and versions of the libraries that may show in a page, as their installers noted them beside them."""
    homes = {Path(module.__file__ or "").parents[1] for module in (babel, jinja2, markupsafe)}
    names = [name for home in sorted(homes) for name in sorted(os.listdir(home)) if name.endswith("-info")]
    noted = [name for name in names if name.partition("-")[0].lower() in _LIBRARIES]
    if len(noted) < len(_LIBRARIES):
        from importlib.metadata import version  # elsewhere; loading that takes longer

        return [version(name) for name in _LIBRARIES]
    return noted


def _digests(root: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """The digest of every source below ``root`` and every file of the generator, and what can't be read."""
    problems: list[Problem] = []
    digests = {path: _digest(read(root, path, problems) or b"") for path in paths(root, problems)}
    for path in sorted(_PACKAGE.rglob("*.py")):
        digests[path.relative_to(_PACKAGE.parent).as_posix()] = _digest(path.read_bytes())
    return digests, problems


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()
