"""A publisher's staff at their pages: the whole application, real rows, and the words its tests are written in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import empty
from tests.web.tallied import follow
from tracker import access, config, web
from tracker.app import create_app
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.ledger import campaigns, landmarks
from tracker.ledger.tables import Entry, Message, Pledge
from tracker.projections.tables import CoverageStretch
from tracker.web.limits import limiter

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ROLES = ("audience", "finance", "admin")
BOOTSTRAP = "bootstrap-token-of-the-environment"


def year_end(**changes: Any) -> Campaign:
    given: dict[str, Any] = {
        "slug": "year-end",
        "name": "Ten members by the end of the year",
        "goal": 10,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "timezone": "Europe/Kyiv",
        "products": ("prod_member",),
    }
    return Campaign(**{**given, **changes})


@dataclass
class House:
    """The application with its staff; every row of a test goes with the test."""

    app: Flask

    def client(self, role: str | None = None) -> FlaskClient:
        """A browser, signed in as that role; nobody's without one."""
        client = self.app.test_client()
        if role is not None:
            answer = self.sign_in(client, f"{role}@paper.example", PASSWORD)
            assert answer.status_code == 303, answer.text
        return client

    def sign_in(self, client: FlaskClient, email: str, password: str, **more: str) -> Any:
        form = {"email": email, "password": password, "csrf_token": csrf_of(client.get("/sign-in").text), **more}
        return client.post("/sign-in", data=form)

    def keep(self, *rows: Any, campaign: Campaign | None = None) -> None:
        with self.app.app_context():
            if campaign is not None:
                campaigns.put(db.session(), campaign)
            db.session.add_all(rows)
            db.session.flush()
            follow(db.session(), [row for row in rows if isinstance(row, CoverageStretch)])
            db.session.commit()

    def is_whole(self, as_of: datetime = NOON) -> None:
        """The first sync is over: there is a true number."""
        with self.app.app_context():
            for name in (landmarks.WHOLE, landmarks.LEDGER_WHOLE, landmarks.AS_OF):
                landmarks.put(db.session(), name, as_of)
            landmarks.put(db.session(), landmarks.CONNECTED, datetime(2026, 1, 1, tzinfo=UTC))
            db.session.commit()


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page carries no CSRF token"
    return found.group(1)


@cache
def hashed() -> str:
    """Hashing is slow on purpose: once is enough for all tests."""
    return PasswordHasher().hash(PASSWORD)


def somebody(role: str) -> access.StaffUser:
    return access.StaffUser(
        email=f"{role}@paper.example", role=role, password_hash=hashed(), created_at=NOON, session_epoch=0
    )


@contextmanager
def running(database_url: str, **settings: Any) -> Iterator[House]:
    """The application over the tests' database, without limits; its rows are gone afterwards."""
    given = {"secret_key": "x" * 40, "api_tokens": f"ops:audience:{BOOTSTRAP}", **settings}
    app = create_app(config.load(database_url=database_url, **given), needed={})
    web.init_app(app)
    was_enabled, limiter.enabled = limiter.enabled, False
    house = House(app)
    try:
        with app.app_context():
            db.session.add_all(somebody(role) for role in ROLES)
            db.session.commit()
        yield house
    finally:
        limiter.enabled = was_enabled
        empty(app)
        with app.app_context():
            db.engine.dispose()


def member(
    person: str, joined: datetime, left: datetime | None = None, pledge: str | None = None
) -> CoverageStretch:
    """A person covered from `joined` for a year, or until `left`."""
    ends = left or joined + timedelta(days=365)
    zone = year_end().zone
    return CoverageStretch(
        campaign="year-end",
        person_id=person,
        starts_at=joined,
        ends_at=ends,
        first_at=joined,
        starts_on=joined.astimezone(zone).date(),
        ends_on=ends.astimezone(zone).date(),
        membership_id=f"sub_{person}",
        plan="price_monthly",
        pledge_id=pledge,
        inferred=False,
    )


def pledge(name: str, article: str, placement: str = "article-end", state: str = "open") -> Pledge:
    created = NOON - timedelta(days=3)
    return Pledge(
        id=name, campaign="year-end", article=article, placement=placement, state=state, created_at=created
    )


def entry(name: str, amount: int, fee: int, month: str = "2026-10", description: str = "") -> Entry:
    """A charge of `amount` in minor units of EUR, booked in `month`."""
    return Entry(
        id=name,
        type="charge",
        reporting_category="charge",
        currency="EUR",
        amount_minor=amount,
        fee_minor=fee,
        net_minor=amount - fee,
        created_at=datetime.fromisoformat(f"{month}-10T10:00:00+00:00"),
        status="available",
        description=description,
        booked_month=month,
        digest=b"",
    )


def message(name: str, received: datetime) -> Message:
    return Message(
        id=name,
        type="invoice.paid",
        object_id="in_1",
        created_at=received - timedelta(seconds=4),
        received_at=received,
        sha256=b"",
        marked=True,
    )
