"""The product's web process as the Procfile starts it, over a real PostgreSQL with fsync, and one campaign."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate

from bench.processes import running, wait_for
from tracker import clock, config, demo, flow
from tracker.app import create_app
from tracker.db import db
from tracker.ledger import campaigns, landmarks
from tracker.local import postgres, valkey
from tracker.local.children import answers
from tracker.local.ports import LOOPBACK, any_port

ROOT = Path(__file__).resolve().parents[1]
SECRET = "whsec_bench"
EMBED = f"/e/{demo.SLUG}.en.json"


@dataclass(frozen=True, slots=True)
class House:
    """A running web process."""

    port: int
    database: str
    """The database's address, as psycopg takes it."""
    pid: int
    """The web process and leader of its group."""


def environment(folder: Path, database: str, broker: str, port: int) -> dict[str, str]:
    """All settings, so that neither the caller's environment nor a `.env` decides anything."""
    return {
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_WEBHOOK_SECRETS": SECRET,
        "STRIPE_API_BASE": f"http://{LOOPBACK}:9",
        "SECRET_KEY": "x" * 32,
        "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "VAR_DIR": str(folder),
        "PORT": str(port),
        "GRANIAN_HOST": LOOPBACK,
    }


@contextmanager
def web(folder: Path) -> Iterator[House]:
    """Database, broker and web process in `folder`, with a number in the banner; all ended after."""
    database = postgres.ensure(folder)
    try:
        broker = valkey.ensure(folder)
        try:
            port = any_port()
            env = environment(folder, database.url, broker.url, port)
            _prepare(env)
            settings = config.load(database_url=database.url, port=port)
            command = demo.procfile(ROOT, settings)["web"]
            with running(command, folder, env) as process:
                site = f"http://{LOOPBACK}:{port}"
                wait_for(process, lambda: answers(f"{site}/readyz") and answers(site + EMBED), folder, 60)
                yield House(port, database.url.replace("+psycopg", ""), process.pid)
        finally:
            broker.stop()
    finally:
        database.stop()


def _prepare(env: dict[str, str]) -> None:
    """Tables, the demo's campaign, and the account read: nobody in it, so the true number is 0."""
    settings = config.load(**{name.lower(): value for name, value in env.items() if name != "GRANIAN_HOST"})
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        now = clock.now()
        campaigns.put(db.session(), demo.campaign(settings, None))
        for name in (landmarks.CONNECTED, landmarks.WHOLE, landmarks.LEDGER_WHOLE, landmarks.AS_OF):
            landmarks.put(db.session(), name, now)
        db.session.commit()
        flow.publish(app.extensions["line"])
        db.session.remove()
        db.engine.dispose()
