"""What the browser shows while sources are broken: every problem with the lines of its file. Needs no template of the site."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from markupsafe import Markup

from portolan.problem import Problem
from portolan.sources import read
from portolan.templates import HOME

_HOUSE = Path(__file__).resolve().parent.parent.parent
_AROUND = 3  # lines of context before and after
STYLE = """
.source { white-space: pre; overflow-x: auto; overflow-wrap: normal; padding-inline: 0; border-inline-start-color: var(--mark); }
.source span, .source mark { display: block; inline-size: fit-content; min-inline-size: 100%; padding-inline: .8rem; }
.source mark { color: inherit; background: light-dark(#ffdcc4, #5a2f14); font-weight: 700; }
.source i { display: inline-block; inline-size: 6ch; color: var(--faded); font-style: normal; user-select: none; }
"""
_PAGE = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – preview</title>
<link rel="stylesheet" href="/.preview/style.css">
</head>
<body>
<main id="main">
<h1>{title}</h1>
<p>Mend and save: this page then becomes the one you asked for.</p>
{problems}
</main>
</body>
</html>
""")
_PROBLEM = Markup("""\
<section>
<h2><code>{path}:{line}</code></h2>
<p class="verdict">{message} <small>({check})</small></p>
{source}
</section>
""")


def unexpected(error: Exception) -> Problem:
    """An error that no check foresaw, at the last line of a template or else of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_HOUSE / "portolan")]
    found = ([frame for frame in frames if frame.filename.startswith(f"{HOME}/")] or ours or list(frames))[-1]
    path = Path(found.filename)
    name = path.relative_to(_HOUSE).as_posix() if path.is_relative_to(_HOUSE) else path.as_posix()
    return Problem(name, found.lineno or 1, "unexpected", f"{type(error).__name__}: {error}")


def count(problems: Sequence[Problem]) -> str:
    """How many they are, in words."""
    return "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"


def error_page(root: Path, problems: Sequence[Problem]) -> bytes:
    """The page that lists problems of the sources below ``root``."""
    lines = cache(lambda path: _lines(root, path))
    listed = Markup("").join(
        _PROBLEM.format(path=p.path, line=p.line, message=p.message, check=p.check, source=_source(lines(p.path), p.line)) for p in problems
    )
    return _PAGE.format(title=count(problems), problems=listed).encode(errors="replace")


def _lines(root: Path, path: str) -> list[str]:
    data = read(root, path, [])
    if data is None:
        data = read(_HOUSE, path, []) or b""  # a bug of ours is told as well
    return data.decode(errors="replace").split("\n")


def _source(lines: list[str], at: int) -> Markup:
    """The line that is wrong, and those around it."""
    shown = range(max(1, at - _AROUND), min(len(lines), at + _AROUND) + 1)
    return Markup('<pre class="source">{}</pre>').format(Markup("").join(_numbered(shown, lines, at))) if at in shown else Markup("")


def _numbered(shown: Iterable[int], lines: list[str], at: int) -> Iterator[Markup]:
    for number in shown:
        row = Markup("<mark>{}</mark>") if number == at else Markup("<span>{}</span>")
        yield row.format(Markup("<i>{}</i>{}").format(number, lines[number - 1] or " "))
