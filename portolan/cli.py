"""The command line. Exit 0: fine; 1: problems in the sources, or a build that could not be finished; 2: wrong usage."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from pathlib import Path

import click

from portolan import __version__
from portolan.endings import counted, stop, told
from portolan.folder import Folder
from portolan.hints import did_you_mean
from portolan.loading import load_project
from portolan.locales import SOURCE
from portolan.options import list_file, no_source, ports_type, url_type
from portolan.progress import progress_for
from portolan.proof import prove
from portolan.registry.rules import future
from portolan.registry.types import PORTS, Span
from portolan.run import Report, default_jobs, mend, run
from portolan.style import style
from portolan.work import Plan

_ONE = r"\{(\d+)-\1\}"  # a run of one
ROOT = Path(__file__).resolve().parent.parent


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=ROOT, hidden=True, help="The project's folder.")
@click.version_option(__version__, prog_name="portolan")
@click.pass_context
def main(ctx: click.Context, root: Path) -> None:
    """Portolan: a page for each of the 65,536 ports, in every language.

    Without a command everything is built into site/.
    """
    ctx.obj = root
    if ctx.invoked_subcommand is None:
        ctx.invoke(build)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="The folder to build into; empty, new or ours.  [default: site]")
@click.option("--locale", "tags", multiple=True, metavar="TAG", help="Build this locale only; may be given again.")
@click.option("--ports", type=ports_type, metavar="PORTS", help="Build only these ports, such as 0-1023,8080.")
@click.option("--base-url", type=url_type, metavar="URL", help="Where the site is published, instead of site.yaml's base_url.")
@click.option("--jobs", type=click.IntRange(1, 512), help="Processes to work with.  [default: one per processor]")
@click.option("--clean", is_flag=True, help="Make every page anew, whatever was made before.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list the files that would be written (+) or removed (-).")
@click.option("--allow-removal", is_flag=True, help="Let a language go, or more than 1 % of the files.")
@click.option(
    "--changed-list", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", callback=list_file,
    help="Write the paths to be copied to FILE, in order (in steps: FILE.1 to FILE.3), "
    "and those to be deleted then to FILE.removed (FILE.4 and FILE.5).",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
@click.pass_obj
def build(
    root: Path,
    out: Path | None = None,
    tags: tuple[str, ...] = (),
    ports: tuple[Span, ...] | None = None,
    base_url: str | None = None,
    jobs: int | None = None,
    clean: bool = False,
    dry_run: bool = False,
    allow_removal: bool = False,
    changed_list: Path | None = None,
    quiet: bool = False,
) -> None:
    """Build the site, or a part of it: what changed since the last time, and nothing else."""
    with told():
        folder = no_source(root, out or root / "site")
        project = load_project(root, prove)
        unknown = [tag for tag in tags if tag not in project.locales]
        if unknown:
            hint = did_you_mean(unknown[0], project.locales)
            raise click.BadParameter(f"{unknown[0]!r} is not a locale; there are {', '.join(project.locales)}{hint}", param_hint="'--locale'")
        if base_url:
            project = project.published_at(base_url)
        chosen = tuple(tag for tag in project.locales if tag in tags) if tags else project.published
        plan = Plan(project, folder, chosen, ports or (Span(0, PORTS - 1),), whole=not tags and ports is None)
        progress = progress_for(sys.stdout, quiet or dry_run)
        report = run(plan, jobs or default_jobs(), progress, dry_run, clean, allow_removal)
        if changed_list and not dry_run:
            Folder(folder).tell_changes(lambda changes: changes.write(changed_list))
    if dry_run:
        _list(report)
    if not quiet:
        _tell_outcome(plan, report, dry_run)


def _tell_outcome(plan: Plan, report: Report, dry_run: bool) -> None:
    """What a run did, and what else there is to know."""
    project = plan.project
    if project.warnings:
        click.echo(f"{counted(len(project.warnings), 'warning')} in the sources; `build.py check` tells.", err=True)
    click.echo(f"{plan.folder}: {report}")
    if drafts := [tag for tag in project.locales if tag not in project.published and tag not in plan.locales]:
        click.echo(f"Not built, for they are drafts: {project.completeness_of(drafts)}; --locale builds them all the same.")
    if not plan.whole and not dry_run:
        click.echo("A part of the site was built: links to other pages lead nowhere until `build.py` builds the whole.")


def _list(report: Report) -> None:
    """What a run would do."""
    for line in report.changed.lines():
        click.echo("+ " + re.sub(_ONE, r"\1", line))
    for path in report.removed:
        click.echo(f"- {path}")
    if report.refused:
        click.echo(f"It would be refused: {report.refused}.", err=True)


@main.command()
@click.option("--out", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The site.  [default: site]")
@click.pass_obj
def published(root: Path, out: Path | None) -> None:
    """Say that what the last --changed-list told is published: it is not told again."""
    folder = Folder(out or root / "site")
    with told():
        folder.claim()
        with folder.locked():
            done = folder.pending.published()
    click.echo("The last list is done with." if done else "There is no list that is not done with.")


@main.command()
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@click.pass_obj
def check(root: Path, strict: bool) -> None:
    """Check all sources; build nothing."""
    from portolan.extract import english  # Babel takes its time to load
    from portolan.staleness import stale

    with told():
        project = load_project(root, prove)
        tomorrow = date.today() + timedelta(days=1)  # which is today elsewhere
        written = project.cache.made("style", project.digest, lambda: [*style(english(root))])
        warnings = sorted({
            *project.warnings, *stale(root, project), *written, *future(project.chart.registry, tomorrow.isoformat())
        })  # fmt: skip
        for warning in warnings:
            click.echo(warning, err=True)
        if strict and warnings:
            stop(f"{counted(len(warnings), 'warning')}, and --strict allows none.")
    registry = project.chart.registry
    entries = sum(len(getattr(registry, kind)) for kind in registry.kinds)
    found = counted(len(warnings), "warning") if warnings else "No problems"
    click.echo(f"{found}: {entries:,} registry entries, {len(project.chart.segments):,} segments, {len(project.locales)} locales.")
    click.echo(f"Port pages translated: {project.completeness_of(tag for tag in project.locales if tag != SOURCE)}.")


@main.command()
@click.option("--out", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The site to look at.  [default: site]")
@click.option("--jobs", type=click.IntRange(1, 512), help="Processes to work with.  [default: one per processor]")
@click.option("--repair", is_flag=True, help="Write again what was deleted or changed since it was built.")
@click.pass_obj
def verify(root: Path, out: Path | None, jobs: int | None, repair: bool) -> None:
    """Read a built site and tell every damaged file, dead link, double title, heavy page and gap in the sitemaps."""
    from portolan.verify import DAMAGE
    from portolan.verify import verify as look

    folder, jobs = out or root / "site", jobs or default_jobs()
    with told():
        summary = look(folder, jobs)
        damaged = [problem for problem in summary.problems if problem.check == DAMAGE]
        if repair and damaged:
            for problem in damaged:
                click.echo(problem, err=True)
            report = mend(load_project(root, prove), folder, [problem.path for problem in damaged], jobs)
            click.echo(f"{len(damaged):,} files were damaged; {report.written:,} files written.")
            summary = look(folder, jobs)
    for problem in summary.problems:
        click.echo(problem, err=True)
    click.echo(f"{summary.pages:,} pages, {len(summary.problems):,} problems")
    if summary.unfinished:
        click.echo("The last build was not finished: run it again.")
    if summary.unbuilt:
        click.echo(f"It is a part of the site: it links to {summary.unbuilt:,} pages that were not built.")
    sys.exit(1 if summary.problems else 0)


@main.command()
@click.argument("port", type=click.IntRange(0, PORTS - 1))
@click.pass_obj
def explain(root: Path, port: int) -> None:
    """Print the facts of PORT, the shape of its page, and the registry entries behind them."""
    from portolan.explain import explanation

    with told():
        project = load_project(root, prove)
    click.echo(explanation(project, port))


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 when messages.pot is stale.")
@click.option("--typo", is_flag=True, help="What changed means the same as before: its translations stay good.")
@click.pass_obj
def messages(root: Path, only_check: bool, typo: bool) -> None:
    """Extract the messages into locales/messages.pot and bring every catalog up to date.

    A translation whose English changed stays, marked as fuzzy, with the previous English beside it.
    """
    from portolan.extract import POT, is_stale, update

    with told():
        load_project(root, prove)  # a source that can't be read has no messages: their translations would go
        if not only_check:
            for line in update(root, typo):
                click.echo(line)
        elif is_stale(root):
            raise click.ClickException(f"{POT} is stale: run `make messages`")


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 when a schema is stale.")
@click.pass_obj
def schemas(root: Path, only_check: bool) -> None:
    """Write the JSON Schemas that editors read, and the line that leads to them in each registry file."""
    from portolan.registry.schemas import write

    with told():
        stale = write(root, only_check)
    for path in stale:
        click.echo(f"{path} {'is stale' if only_check else 'written'}")
    if only_check and stale:
        raise click.ClickException("schemas are stale: run `make schemas`")


@main.group(name="import")
def import_() -> None:
    """Take in registries that others publish."""


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--updated", metavar="YYYY-MM-DD", help="The registry's date, which IANA's CSV does not tell.")
@click.option("--dry-run", is_flag=True, help="Write nothing; tell what would change.")
@click.option("--allow-loss", is_flag=True, help="Take it in even if it lacks more than 1 % of the entries.")
@click.option("--allow-older", is_flag=True, help="Take it in even if it is older than what was taken in before.")
@click.pass_obj
def iana(root: Path, file: Path, updated: str | None, dry_run: bool, allow_loss: bool, allow_older: bool) -> None:
    """Write content/registry/assignments.yaml from FILE: IANA's service names and port numbers, XML or CSV, also as .gz."""
    from portolan.effects import effects
    from portolan.registry.imports import ASSIGNMENTS, difference, prepare

    with told("written"):
        found = prepare(root, file, updated, allow_loss, allow_older)
        before = found.before.assignments
        if found.before.damage:
            click.echo(f"What stands there is damaged, so what changes can't be told: {found.before.damage[0]}")
            lines = []
        else:
            lines = [*difference(before, found.after), *effects(root, before, found.after)] if found.is_new else []
        if found.is_new and not dry_run:
            found.write()
        for line in lines:
            click.echo(line)
        state = "unchanged" if not found.is_new else "would be written" if dry_run else "written"
        click.echo(f"{ASSIGNMENTS}: {state}: {len(found.after):,} entries, registry of {found.updated}")


@main.command()
@click.option("--port", type=click.IntRange(0, PORTS - 1), default=8000, show_default=True, help="The TCP port to listen on; 0: any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; others than loopback let the network in.")
@click.pass_obj
def preview(root: Path, port: int, host: str) -> None:
    """Show the site in a browser, rendered from the sources as they are, and reload pages when a source is saved."""
    try:
        from portolan.preview.server import CannotListen, serve
    except ModuleNotFoundError as error:
        stop(f"the preview needs {error.name}: pip install -e '.[preview]'")
    try:
        serve(root, host, port, click.echo)
    except CannotListen as error:
        stop(str(error))
