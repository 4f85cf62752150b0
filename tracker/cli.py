"""The command `tracker`: exit 0 well, 1 a problem was found, 2 wrong use. `--json` wherever there is a result."""

import secrets
import sys
from datetime import datetime
from pathlib import Path

import click
import flask_migrate
import msgspec

from tracker import access, cli_finance, cli_pages, cli_stripe, clock, config, demo, demo_history, flow
from tracker.command import COMMAND_LINE, STRIPE_KEY, Context, as_json_option, fail, show, tell_import
from tracker.core import accent
from tracker.core.campaign import Campaign
from tracker.core.findings import shown
from tracker.core.progress import Progress
from tracker.db import db
from tracker.intake import campaign_file, csv_import
from tracker.projections import queries


@click.group()
@click.version_option(package_name="tracker")
def tracker() -> None:
    """Membership campaign tracker: one true number from the article to the books."""


@tracker.group("db")
def database() -> None:
    """The database."""


@database.command()
@click.pass_obj
def upgrade(context: Context) -> None:
    """Bring the database to this version's tables."""
    with context.app():
        flask_migrate.upgrade()


@tracker.group("campaign")
def campaign_group() -> None:
    """Campaigns."""


@campaign_group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def campaign_apply(context: Context, file: Path) -> None:
    """Create or change a campaign from a TOML file; the same file twice changes nothing."""
    try:
        found = campaign_file.read(file.read_text(encoding="utf-8"), context.settings().timezone)
    except (campaign_file.CampaignFileError, UnicodeDecodeError) as error:
        fail(f"{file}:\n{error}", 2)
        return
    with context.app() as line:
        what = flow.apply(line, found)
    click.echo(f"{found.slug}: {what}")
    shade = accent.adjusted(found.publisher.accent)
    if shade is not None:
        click.echo(f"publisher.accent: {shade}")


@campaign_group.command("list")
@as_json_option
@click.pass_obj
def campaign_list(context: Context, as_json: bool) -> None:
    """All campaigns, the latest first."""
    with context.app():
        found = queries.campaigns()
    lines = [f"{one.slug}  {one.starts_on} to {one.ends_on}  {one.metric} {one.goal}  {one.name}" for one in found]
    show(found, as_json, "\n".join(lines) or "no campaign yet: tracker campaign apply FILE.toml")


@campaign_group.command("show")
@click.argument("slug")
@as_json_option
@click.pass_obj
def campaignshow(context: Context, slug: str, as_json: bool) -> None:
    """One campaign as it is kept."""
    with context.app():
        found = _campaign(slug)
    show(found, as_json, msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def _campaign(slug: str) -> Campaign:
    found = queries.campaign(slug)
    if found is None:
        known = ", ".join(one.slug for one in queries.campaigns()) or "none yet"
        fail(f"there is no campaign {slug!r}; there is: {known}", 2)
        raise LookupError(slug)
    return found


@tracker.command()
@as_json_option
@click.pass_obj
def process(context: Context, as_json: bool) -> None:
    """Refresh every marked object and bring the read models up to date, now, in this process."""
    with context.app(STRIPE_KEY) as line:
        done = flow.process(line, all_marked=True)
    words = f"{done.objects} objects refreshed, {done.persons} persons worked out, {done.marked} still marked"
    show(done, as_json, words)


@tracker.command()
@click.option("--full", is_flag=True, help="Read all of Stripe's lists, not only the last 45 days.")
@as_json_option
@click.pass_obj
def sync(context: Context, full: bool, as_json: bool) -> None:
    """Run the sweeps now, then process. Exit 1 only when drift remains."""
    with context.app(STRIPE_KEY) as line:
        found = flow.sync(line, full=full)
    words = f"lost {len(found.lost)}, repaired {len(found.repaired)}, drift {len(found.drift)}"
    show(found, as_json, "\n".join([words, *found.drift]))
    sys.exit(1 if found.drift else 0)


@tracker.command()
@click.option("--verify", is_flag=True, help="Only compare with the live projection.")
@as_json_option
@click.pass_obj
def rebuild(context: Context, verify: bool, as_json: bool) -> None:
    """Rebuild the projections from the ledger; --verify exits 1 where the live ones differ."""
    with context.app() as line:
        made, live = flow.verify(line) if verify else (flow.rebuild(line),) * 2
    equal = made == live
    show(
        {"hash": made, "live_hash": live, "equal": equal},
        as_json,
        f"{made}\n{live}\n{'equal' if equal else 'DIFFERENT'}",
    )
    sys.exit(0 if equal else 1)


@tracker.command()
@click.argument("slug")
@click.option("--at", "at_text", help="An instant such as 2026-06-30T21:00:00Z; default: now.")
@as_json_option
@click.pass_obj
def progress(context: Context, slug: str, at_text: str | None, as_json: bool) -> None:
    """The count with its neighbours and its bridge since the campaign began."""
    at = _instant(at_text) if at_text else None
    with context.app():
        campaign = _campaign(slug)
        found = queries.progress(campaign, at) if at else queries.live_progress(campaign, clock.now())
    show(found, as_json, _progress_words(found))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"{text!r} is no instant with its offset; write one such as 2026-06-30T21:00:00Z")
    return at


def _progress_words(found: Progress) -> str:
    if found.count is None:
        return f"{found.campaign}: {found.state}, no number yet (the account is still being read)"
    return (
        f"{found.campaign}: {found.count:,} of {found.goal:,}, {found.state}, at {found.at:%Y-%m-%d %H:%M:%SZ}\n"
        f"opening {found.opening:,} + joined {found.joined:,} + returned {found.returned:,}"
        f" - left {found.left:,}\n"
        f"in grace {found.in_grace:,}, pending {found.pending:,}, pledges open {found.pledges_open:,}, "
        f"complimentary {found.complimentary:,}, unsettled {found.unsettled:,}, "
        f"possible duplicates {found.possible_duplicates:,}\nas of {found.as_of}"
    )


for part in (cli_finance, cli_pages, cli_stripe):
    for command in part.COMMANDS:
        tracker.add_command(command)


@tracker.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what it would change.")
@as_json_option
@click.pass_obj
def import_file(context: Context, file: Path, dry_run: bool, as_json: bool) -> None:
    """Record offline memberships, receipts and pledges from a CSV: all or nothing, the same file twice once."""
    if file.stat().st_size > csv_import.LARGEST:
        fail(f"{file} has more than 50 MiB: part it into several files")
    data = file.read_bytes()
    with context.app() as line:
        now = clock.now()
        report = csv_import.run(db.session(), data, COMMAND_LINE, now, line.settings.zone, dry_run=dry_run)
        if not report.errors and not dry_run:
            access.record(COMMAND_LINE, "imported offline file", {"file": shown(file.name)} | report.figures, now)
        if report.is_news and not dry_run:
            flow.follow(line)
    tell_import(file, report, as_json, dry_run)


@tracker.group("user")
def user_group() -> None:
    """Staff."""


role_option = click.option("--role", required=True, type=click.Choice(config.ROLES))


@user_group.command("add")
@click.argument("email")
@role_option
@click.option("--password", envvar="TRACKER_PASSWORD", help="Default: asked for, or one is made and shown.")
@click.pass_obj
def user_add(context: Context, email: str, role: str, password: str | None) -> None:
    """Let somebody sign in with a password."""
    made = None
    if password is None and sys.stdin.isatty():
        password = click.prompt("password", hide_input=True, confirmation_prompt=True)
    if password is None:
        password = made = secrets.token_urlsafe(12)
    with context.app():
        try:
            access.add_user(email, role, password, clock.now())
        except access.AccessError as error:
            fail(str(error), 2)
        db.session.commit()
    click.echo(f"{email}: {role}" + (f", password {made}" if made else ""))


@tracker.group("token")
def token_group() -> None:
    """Bearer tokens of the API."""


@token_group.command("add")
@click.argument("name")
@role_option
@click.pass_obj
def token_add(context: Context, name: str, role: str) -> None:
    """Make a token; it is shown once."""
    with context.app():
        try:
            secret = access.add_token(name, role, clock.now())
        except access.AccessError as error:
            fail(str(error), 2)
            return
        db.session.commit()
    click.echo(secret)


@tracker.command()
@click.option(
    "--year", type=click.IntRange(2000, 2100), help="The demo campaign's year; default: the present one."
)
@click.option("--members", type=click.IntRange(1, 100_000), hidden=True)
@click.option("--readers/--no-readers", "has_readers", default=True, hidden=True)
@click.pass_obj
def run(context: Context, year: int | None, members: int | None, has_readers: bool) -> None:
    """Start everything with the demo campaign, on embedded defaults; what `make run` calls."""
    wish = demo.Wish(year, members, has_readers)
    sys.exit(demo.run(context.root, context.make_app, config.load(), wish))


@tracker.command("demo-load", hidden=True)
@click.pass_obj
def demo_load(context: Context) -> None:
    """Record the demo's past pledges and tell how far the account is read."""
    with context.app(STRIPE_KEY) as line:
        demo_history.load(line.settings, demo.SLUG, click.echo)
