"""How commands end when something is wrong: a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from portolan.estimate import NoRoom
from portolan.folder import Damaged, NotOurs
from portolan.lock import Busy
from portolan.output import Obstacle
from portolan.pool import WorkerDied
from portolan.problem import ProblemsFound
from portolan.run import Loss
from portolan.templates import TemplateFault


@contextmanager
def told(done: str = "built") -> Iterator[None]:
    """What a person can cause ends in a message and an exit code, never in a traceback.

    ``done``: what was not, for problems.
    """
    try:
        yield
    except TemplateFault as fault:  # one that only a page of another language runs into
        click.echo(fault, err=True)
        click.echo("1 problem. What is published is whole; the next run goes on.", err=True)
        sys.exit(1)
    except ProblemsFound as found:
        for problem in found.problems:
            click.echo(problem, err=True)
        click.echo(f"{counted(len(found.problems), 'problem')}; nothing was {done}.", err=True)
        sys.exit(1)
    except NotOurs as error:
        raise click.BadParameter(f"{error}; choose another folder", param_hint="'--out'") from None
    except (Busy, Damaged, Loss, NoRoom) as error:
        stop(f"{error}. Nothing was written.")
    except (Obstacle, WorkerDied) as error:
        stop(f"{error}. What is published is whole; the next run goes on.")
    except BrokenPipeError:
        raise  # who read our output has left, as head does; click ends without a word
    except OSError as error:
        stop(
            f"{error.strerror or error}: {error.filename or 'the output'}. What is published is whole; the next run goes on."
        )
    except KeyboardInterrupt:
        stop("interrupted. What is published is whole; the next run goes on.", code=130)


def counted(count: int, noun: str) -> str:
    """``1 problem``, ``2 problems``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def stop(message: str, code: int = 1) -> NoReturn:
    """End the command with a message."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)
