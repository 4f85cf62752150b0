"""What every command of the command line starts from, and how it ends."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tracker import config, demo, flow
from tracker.db import is_away
from tracker.intake import article_file, csv_import
from tracker.intake.stripe.gateway import StripeRefusedError, StripeUnreachableError
from tracker.local import postgres
from tracker.local.server import LocalServerError

STRIPE_KEY = {"STRIPE_SECRET_KEY": "set the key of the Stripe account, sk_... or rk_..."}
COMMAND_LINE = "command line"
"""Who did it, where nobody signed in."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a command starts from."""

    root: Path
    make_app: Callable[..., Flask]

    def settings(self) -> config.Settings:
        """The environment's settings; without a DATABASE_URL those of the demo under VAR_DIR."""
        given = config.load()
        if given.database_url or given.stripe_secret_key:
            return given
        known = demo.known_environment(given.var_dir)
        missing = {name.lower(): value for name, value in known.items() if not os.environ.get(name)}
        return config.load(**missing | {"database_url": ""})

    @contextmanager
    def app(self, needed: dict[str, str] | None = None) -> Iterator[flow.Line]:
        """The application's context over the given or the embedded database, which is stopped if it was not up."""
        settings = self.settings()
        config.require(settings, needed or {})
        server = None
        try:
            if not settings.database_url:
                server = postgres.ensure(settings.var_dir.resolve())
                settings = settings.model_copy(update={"database_url": server.url})
            app = self.make_app(settings, needed={})
            with app.app_context():
                yield app.extensions["line"]
        except LocalServerError as error:
            fail(str(error), 2)
        except (StripeUnreachableError, StripeRefusedError) as error:
            fail(str(error))
        except DBAPIError as error:
            if not is_away(error):
                raise
            fail(f"the database does not answer, or went away meanwhile ({_first_line(error)}): try again")
        finally:
            if server is not None:
                server.stop()


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]


def fail(words: str, code: int = 1) -> None:
    click.echo(words, err=True)
    sys.exit(code)


def show(value: Any, as_json: bool, words: str) -> None:
    click.echo(msgspec.json.encode(value).decode() if as_json else words)


as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def tell_import(file: Path, report: csv_import.Report | article_file.Report, as_json: bool, dry_run: bool) -> None:
    """Say what the file came to, and exit."""
    if as_json:
        errors = [{"line": e.line, "column": e.finding.column, "message": str(e.finding)} for e in report.errors]
        told = {**report.figures, "dry_run": dry_run, "errors": errors}
        click.echo(msgspec.json.encode(told).decode())
        sys.exit(1 if report.errors else 0)
    for error in report.errors:
        click.echo(str(error), err=True)
    if report.errors:
        fail(f"{file}: nothing was changed, {len(report.errors)} errors")
    words = ", ".join(f"{count:,} {name}" for name, count in report.figures.items())
    click.echo(f"{file}: {words}" + (" (a dry run: nothing was changed)" if dry_run else ""))
