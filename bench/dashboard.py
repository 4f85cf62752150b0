"""The dashboard over a large readership: the whole page, and how long each of its questions takes."""

import gc
import os
import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from flask import Flask

from bench import readership
from bench.figure import Figure, percentile
from tracker import access, clock, config, flow, web
from tracker.app import create_app
from tracker.core.campaign import Campaign
from tracker.core.tally import DIMENSIONS
from tracker.db import db
from tracker.local import postgres
from tracker.projections import growth, queries, renewals, revenue

MEMBERS = 100_000
ROUNDS = 15
TARGETS = {100_000: 0.150, 1_000_000: 0.300}
"""Members -> seconds in which the server answers with the page, at most (p95)."""
PASSWORD = "a long password of the bench"


def campaign(today: date) -> Campaign:
    """The last three months of it, as on its busiest day."""
    first = today - timedelta(days=75)
    ends = today + timedelta(days=30)
    return Campaign("year-end", "Year end", 2_000_000, first, ends, "Europe/Kyiv", ("prod_member",))


def figures(folder: Path, members: int | None = None, messages: int = readership.MESSAGES) -> list[Figure]:
    """Fill a database of its own and put each question so often; BENCH_MEMBERS says for how many members."""
    import flask_migrate

    members = members or int(os.environ.get("BENCH_MEMBERS", MEMBERS))
    database = postgres.ensure(folder)
    try:
        app = create_app(config.load(database_url=database.url, secret_key="x" * 40), needed={})
        web.init_app(app)
        with app.app_context():
            flask_migrate.upgrade()
            found = _measured(app, members, messages)
            db.session.remove()
            db.engine.dispose()
    finally:
        database.stop()
    return found


def _measured(app: Flask, members: int, messages: int) -> list[Figure]:
    now = clock.now()
    running = campaign(now.date())
    started = time.perf_counter()
    readership.fill(db.session(), running, members, messages, now)
    filled = time.perf_counter() - started
    known = queries.campaign(running.slug)
    assert known is not None
    found = [Figure("dashboard: members written", members, "", note=f"in {filled:.0f} s")]
    found.append(_page(app, members, now))
    for name, ask in questions(known).items():
        took = []
        for _ in range(ROUNDS):
            db.session.rollback()
            begun = time.perf_counter()
            ask()
            took.append(time.perf_counter() - begun)
        found.append(Figure(f"dashboard: {name}", percentile(took, 0.95) * 1000, "ms (p95)"))
    return found


def _page(app: Flask, members: int, now: datetime) -> Figure:
    """The page as signed-in staff get it, packing left out."""
    access.add_user("audience@bench.example", "audience", PASSWORD, now)
    flow.foresee(app.extensions["line"])
    gc.collect()
    gc.freeze()  # as the web process does at its start
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    form = {"email": "audience@bench.example", "password": PASSWORD, "csrf_token": token[1]}
    assert client.post("/sign-in", data=form).status_code == 303
    took = []
    for _ in range(ROUNDS + 2):
        begun = time.perf_counter()
        assert client.get("/dashboard/year-end").status_code == 200
        took.append(time.perf_counter() - begun)
    target = next((limit for most, limit in sorted(TARGETS.items()) if members <= most), None)
    at_most = None if target is None else target * 1000
    return Figure("dashboard: the page", percentile(took[2:], 0.95) * 1000, "ms (p95)", at_most=at_most)


def questions(known: Campaign) -> dict[str, Callable[[], object]]:
    """Each as the page puts it."""
    now = clock.now()
    today = now.date()
    first, year = known.starts_on, today - timedelta(days=365)
    asked: dict[str, Callable[[], object]] = {
        "the number and its neighbours": lambda: queries.live_progress(known, now),
        "a count a year ago": lambda: queries.count_at(known, now - timedelta(days=365)),
        "days of the campaign": lambda: queries.daily(known, first, today, now),
        "days of one article": lambda: growth.daily_of(known, {"article": "/9"}, first, today, now),
        "days of one plan and country": lambda: growth.daily_of(
            known, {"plan": "price_4", "country": "C2"}, first, today, now
        ),
        "cohorts": lambda: renewals.cohorts(known, now),
        "renewals due": lambda: renewals.due(known, now),
        "at risk": lambda: renewals.at_risk(known, now),
        "rows of late payments": lambda: renewals.at_risk_rows(known, "late", now),
        "rows of what is due": lambda: renewals.at_risk_rows(known, "due", now),
        "renewed in a year": lambda: renewals.renewed(known, year, today, now),
        "recurring revenue by day": lambda: revenue.by_day(known, first, today, now),
        "recurring revenue by month": lambda: revenue.by_month(known, year, today, now),
        "joins of all years": lambda: growth.joins_history(known, today),
    }
    for dimension in DIMENSIONS:
        asked[f"bridge by {dimension}"] = lambda by=dimension: growth.bridge_by(known, by, first, today, now)
    for by in ("article", "placement", "embed"):
        asked[f"sources by {by}"] = lambda by=by: queries.sources(known, first, today, by, now)
    return asked
