"""Read this first: it joins the parts in the order of the flow.

A message comes in at web/stripe_webhook, is kept by intake/inbox, fetched anew by intake/stripe/refresh into the
ledger, worked out by projections/coverage, and drawn by the banner, the dashboard and the books.
"""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging, worker_ready
from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker import cli, clock, command, config, flow, logs, tasks
from tracker.db import db, engine_options
from tracker.intake.stripe.gateway import Gateway
from tracker.nudge import Nudge

ROOT = Path(__file__).resolve().parent.parent
NEEDED = {
    "DATABASE_URL": "set the PostgreSQL to use, or start everything with `make run`",
    "STRIPE_SECRET_KEY": "set the key of the Stripe account, sk_... or rk_...",
    "SECRET_KEY": "set 32 random characters or more; they sign the sessions",
}
log = structlog.get_logger()


def create_app(settings: config.Settings | None = None, *, needed: dict[str, str] = NEEDED) -> Flask:
    """The application over one database; SettingError where a needed setting is missing."""
    settings = settings or config.load()
    config.require(settings, needed)
    if settings.mail_url:
        config.require(settings, {"MAIL_FROM": "set who mails come from, such as The News <members@news.example>"})
    logs.configure(settings.log_format)
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "tracker" / "static"))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(),
        SECRET_KEY=settings.secret_key,
        TRACKER=settings,
    )
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "tracker" / "migrations"), compare_type=True)
    app.extensions["line"] = flow.Line(
        settings, Gateway(settings.stripe_secret_key, settings.stripe_api_base), clock.now
    )
    app.extensions["nudge"] = Nudge(lambda: tasks.process.apply_async(retry=False))
    app.extensions["compare"] = lambda: tasks.compare.apply_async(retry=False)
    app.extensions["post"] = Nudge(lambda: tasks.mail.apply_async(retry=False))
    app.extensions["books"] = Nudge(lambda: tasks.books.apply_async(retry=False))
    app.extensions["celery"] = _celery(app, settings)
    return app


def create_wsgi() -> Any:
    """What the web server calls: the embed's bytes from memory first, then the pages."""
    from tracker import web

    settings = config.load()
    config.require(settings, {"REDIS_URL": "set the Redis or Valkey to use, or start everything with `make run`"})
    app = create_app(settings)
    web.init_app(app)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    _yield_less()
    _set_aside()
    return web.embed_first(app)


def _yield_less() -> None:
    """Ask Linux not to push a running thread aside for each one that wakes.

    A request for the embed crosses two threads; some 7 % more of them are answered so. Threads started later
    inherit it; elsewhere nothing changes.
    """
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _set_aside() -> None:
    """Tell Python that what stands after the start is there to stay.

    Else every tenth page or so waits a tenth of a second while the collector walks all modules once more.
    """
    gc.collect()
    gc.freeze()


def create_celery() -> Celery:
    """The Celery application of the worker and of beat; its tasks run within the application."""
    settings = config.load()
    config.require(settings, {"REDIS_URL": "set the Redis or Valkey to use, or start everything with `make run`"})
    found: Celery = create_app(settings).extensions["celery"]
    worker_ready.connect(_begin, weak=False)
    setup_logging.connect(_keep_our_logs, weak=False)
    return found


def _begin(**_: Any) -> None:
    """A worker that comes up goes on at once with what there is to do, before beat's first minute."""
    tasks.minute.apply_async()


def _keep_our_logs(**_: Any) -> None:
    """Celery would set logging up for itself."""


def _celery(app: Flask, settings: config.Settings) -> Celery:
    class WithinApp(Task):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("tracker", task_cls=WithinApp)
    celery.conf.update(
        broker_url=settings.redis_url or "memory://",
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            # Longer than the longest task; a task whose worker died comes back after it, and before it beat's
            # sweep has long found what the task was about.
            "visibility_timeout": 3600,
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
        },
        beat_schedule=tasks.SCHEDULE,
        beat_schedule_filename=str(settings.var_dir / "beat"),
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_soft_time_limit=1500,
        task_time_limit=1800,
        task_default_queue="stripe",
        worker_prefetch_multiplier=1,
        timezone="UTC",
    )
    celery.set_default()
    return celery


def main() -> None:
    """The command `tracker`; a wrong setting ends it with one line and exit code 2."""
    try:
        cli.tracker(obj=command.Context(ROOT, create_app), standalone_mode=True)
    except config.SettingError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
