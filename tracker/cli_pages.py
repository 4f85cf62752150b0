"""The commands of the publisher's own pages: what articles say of themselves, and how they embed the banner."""

import sys
from pathlib import Path

import click

from tracker import access, clock, doctor, flow
from tracker.command import COMMAND_LINE, Context, as_json_option, fail, show, tell_import
from tracker.core.findings import shown
from tracker.db import db
from tracker.intake import article_file, articles, csv_rows, pages
from tracker.projections import queries


@click.group("articles", invoke_without_command=True)
@click.option("--again", is_flag=True, help="Also those that could not be read, whenever they are due.")
@click.option(
    "--seconds", type=click.FloatRange(1, 86_400), default=600, show_default=True, help="Stop after so many."
)
@as_json_option
@click.pass_context
def articles_group(click_context: click.Context, again: bool, seconds: float, as_json: bool) -> None:
    """Look now at the pages of articles that bring views or pledges: title, section, authors, day."""
    if click_context.invoked_subcommand:
        return
    with click_context.obj.app() as line:
        session = db.session()
        with flow.alone(session, articles.ONE_LOOKS) as granted:
            if not granted:
                fail("a worker or another command is looking at articles just now: try again in a minute")
            walk = articles.Walk(line.settings, tuple(queries.campaigns()), line.clock, seconds)
            found = articles.run(session, walk, again=again)
    words = f"{found.known} read, {found.gone} gone, {found.unreadable} not readable, {found.waiting} still due"
    show(found, as_json, words)


@articles_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@as_json_option
@click.pass_obj
def articles_import(context: Context, file: Path, dry_run: bool, as_json: bool) -> None:
    """Tell articles' titles, sections and authors from a CSV: all or nothing; it wins over what pages tell."""
    if file.stat().st_size > csv_rows.LARGEST:
        fail(f"{file} has more than 50 MiB: part it into several files")
    with context.app():
        now = clock.now()
        report = article_file.run(db.session(), file.read_bytes(), COMMAND_LINE, now, dry_run=dry_run)
        if not report.errors and not dry_run:
            access.record(COMMAND_LINE, "imported articles", {"file": shown(file.name), **report.figures}, now)
    tell_import(file, report, as_json, dry_run)


@click.command("embed-doctor")
@click.argument("url")
@as_json_option
@click.pass_obj
def embed_doctor(context: Context, url: str, as_json: bool) -> None:
    """Say how the article at URL embeds the banner and what blocks it."""
    with context.app() as line:
        known = tuple(queries.campaigns())
        db.session.rollback()  # the page may take its time; the database waits for nobody
        try:
            found = doctor.visit(url, known, line.settings)
        except pages.UnfetchedError as error:
            fail(str(error), 2)
            return
    remarks = [{"level": one.level, "name": one.name, "text": str(one)} for one in found.remarks]
    told = {
        "url": found.url,
        "hops": found.hops,
        "status": found.status,
        "well": found.is_well,
        "remarks": remarks,
    }
    show(told, as_json, "\n".join([found.url, *(f"{one.level}: {one}" for one in found.remarks)]))
    sys.exit(0 if found.is_well else 1)


COMMANDS = (articles_group, embed_doctor)
