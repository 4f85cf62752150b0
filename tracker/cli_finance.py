"""The commands of the books: take a month's files away, close a month, reopen it."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tracker import access, clock, flow
from tracker.command import COMMAND_LINE, Context, as_json_option, fail, show
from tracker.ledger.months import FrozenDamagedError, Version
from tracker.projections import queries
from tracker.projections.finance import closing, manifest, outgoing
from tracker.projections.finance.check import Check
from tracker.projections.finance.closing import RefusedError
from tracker.projections.finance.cut import UnknownMonthError, cut

_UNFINISHED = ".unfinished-"


@click.command()
@click.argument("month")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@click.option("--version", type=click.IntRange(1), help="An earlier closing of the month; default: as it stands.")
@click.pass_obj
def export(context: Context, month: str, out: Path, version: int | None) -> None:
    """Write the finance files of a month (YYYY-MM) to a folder, manifest.json last: whole, or nothing."""
    with context.app() as line, _told_in_words():
        asked = cut(month, line.settings.zone, clock.now())
        if queries.ledger_loading() is not None:
            fail("the ledger is still being read from Stripe; export when it is whole (see `tracker sync`)")
        with outgoing.month_files(asked, version) as (state, files):
            names = _write(out, files)
        access.record(COMMAND_LINE, "exported month", {"month": month, "state": state}, clock.now())
    for name in names:
        click.echo(str(out / name))
    if state in ("open", "running"):
        click.echo(f"{month} is {state}, not closed: its figures may still change", err=True)


def _write(out: Path, files: outgoing.Files) -> list[str]:
    """Every file beside its place first; only when all are whole they take their places, the last one last.

    A folder without a manifest is no export: an earlier one goes first, so that it never tells of other files.
    """
    was_there = out.exists()
    names = []
    try:
        with _beside(out) as beside:
            for name, pieces in files:
                with (beside / name).open("wb") as written:
                    written.writelines(pieces)
                    written.flush()
                    os.fsync(written.fileno())
                names.append(name)
            (out / names[-1]).unlink(missing_ok=True)
            for name in names:
                (beside / name).replace(out / name)
    except OSError as error:
        fail(f"{out}: {error.strerror}: name a folder that can be written to, with room for the files", 2)
    finally:
        if not was_there and out.is_dir() and not any(out.iterdir()):
            out.rmdir()
    return names


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder in `out` for files that are not whole yet, gone afterwards; so are those of killed exports.

    The lock is the system's: it ends with its process, however that ends, so what lies there is nobody's.
    """
    out.mkdir(parents=True, exist_ok=True)
    own = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"{out}: another export is writing there just now: wait for it, or name another folder")
        for left in out.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        beside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=out))
        try:
            yield beside
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    finally:
        os.close(own)


@click.command("close-month")
@click.argument("month")
@as_json_option
@click.pass_obj
def close_month(context: Context, month: str, as_json: bool) -> None:
    """Freeze a month's files for ever, once everything is green; a closed month stays as it is."""

    def close(line: flow.Line) -> Version:
        return closing.close(month, line.settings.zone, COMMAND_LINE, clock.now())

    _move(context, "closed month", close, as_json)


@click.command("reopen-month")
@click.argument("month")
@click.option("--reason", required=True, help="Why: it is kept for ever.")
@as_json_option
@click.pass_obj
def reopen_month(context: Context, month: str, reason: str, as_json: bool) -> None:
    """Open the last closed month again; the closed version is kept, and closing it anew makes another."""

    def reopen(line: flow.Line) -> Version:
        return closing.reopen(month, line.settings.zone, COMMAND_LINE, reason, clock.now())

    _move(context, "reopened month", reopen, as_json)


def _move(context: Context, action: str, do: Callable[[flow.Line], Version], as_json: bool) -> None:
    """Do it, log it and say what the month is now; exit 1 with the red checks where it may not be."""
    with context.app() as line, _told_in_words(as_json=as_json):
        version = do(line)
        detail = {"month": version.month, "version": version.version}
        detail |= {"reason": version.reopened_reason} if version.reopened_reason else {}
        access.record(COMMAND_LINE, action, detail, clock.now())
        state = "closed" if version.stands else "open"
        files = outgoing.figures(version)
    told = {"month": version.month, "state": state, "version": version.version, "closed_at": version.closed_at}
    words = f"{version.month}: {state}, version {version.version} of {version.closed_at:%Y-%m-%d %H:%MZ}"
    rows = [f"{one.sha256}  {one.rows:>9,}  {one.name}" for one in files]
    show(told | {"closed_by": version.closed_by, "files": files}, as_json, "\n".join([words, *rows]))


@contextmanager
def _told_in_words(*, as_json: bool = False) -> Iterator[None]:
    """A month that is none is wrong use; what is not ready, or not whole, is a problem."""
    try:
        yield
    except UnknownMonthError as error:
        fail(str(error), 2)
    except (FrozenDamagedError, outgoing.NoVersionError) as error:
        fail(str(error))
    except RefusedError as error:
        red = [_told(check) for check in error.red]
        if as_json:
            show({"error": str(error), "red": red}, as_json=True, words="")
            sys.exit(1)
        fail("\n".join([str(error), *(f"{one['name']}: {one['text']} {one['cure']}" for one in red)]))


def _told(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "text": manifest.worded(check.text, check.values),
        "cure": manifest.worded(check.cure, check.values),
    }


COMMANDS = (export, close_month, reopen_month)
