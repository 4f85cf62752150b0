"""Readers' stated intentions: recorded before any money moves, followed until they are fulfilled or expire.

A pledge is never a member. Fulfilled is final; expired gives way to a payment that comes after all (RULES, words).
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.ledger import articles, objects
from tracker.ledger.tables import Pledge as Stored

SAME_FORM = timedelta(minutes=10)
"""A form sent again so soon is the same pledge: a second click, not a second intention."""
UNFOLLOWED = timedelta(hours=24)
"""A pledge that never got a Checkout session expires as a session would."""
LONGEST_ARTICLE = 2_048
LONGEST_LABEL = 40
_LABEL = re.compile(rf"[a-z0-9-]{{1,{LONGEST_LABEL}}}")
_ID = re.compile(r"plg_[A-Za-z0-9_-]{24}")


@dataclass(frozen=True, slots=True)
class Intention:
    """What a reader meant to do, and where from; nothing personal."""

    campaign: str
    price: str | None
    """The plan, None where the reader named an amount."""
    amount_minor: int | None
    currency: str | None
    interval: str | None
    """month | year | once"""
    article: str = ""
    """Origin and path alone; see canonical_article."""
    placement: str = ""
    embed: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a reader told us beside the intention itself."""

    locale: str | None = None
    """The language of the page, for a letter that may follow."""
    note: str | None = None
    """A few words with a gift: for staff, gone when nothing is paid or the person is erased."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """An intention as recorded, and what became of it."""

    id: str
    intention: Intention
    created_at: datetime
    session_id: str | None
    state: str
    """open | fulfilled | expired | cancelled"""
    settled_at: datetime | None = None
    """When we learned that it was fulfilled or expired; None while open."""


def record(
    session: Session,
    intention: Intention,
    now: datetime,
    *,
    form: bytes = b"",
    key: str = "",
    said: Said | None = None,
) -> Pledge:
    """Record an intention; the caller commits before any money can move.

    `form` is whatever makes this sending of the form what it is, with its nonce; sent again within SAME_FORM it
    gives the same pledge. `key` is the deployment's secret, so that nobody can guess an id from a form.
    `said` is kept beside the intention.
    """
    pledge_id = _id_of(form, key) if form else _fresh_id()
    while not _insert(session, pledge_id, intention, now, said or Said()):
        known = find(session, pledge_id)
        if known is not None and now - known.created_at <= SAME_FORM:
            return known
        pledge_id = _fresh_id()
    return Pledge(pledge_id, intention, now, None, "open")


def find(session: Session, pledge_id: str) -> Pledge | None:
    """The pledge of that id, or None; also for an id that cannot be one of ours."""
    return _one(session, Stored.id == pledge_id) if _ID.fullmatch(pledge_id) else None


def of_session(session: Session, session_id: str) -> Pledge | None:
    """The pledge that a Checkout session was opened for, or None."""
    return _one(session, Stored.session_id == session_id) if session_id else None


def attach_session(session: Session, pledge_id: str, session_id: str) -> None:
    """Note which Checkout session carries the pledge, and mark it: Stripe has no message for its beginning.

    The caller commits.
    """
    objects.want(session, [("checkout.session", session_id)])
    session.execute(update(Stored).where(Stored.id == pledge_id).values(session_id=session_id))


# A session is the pledge's own if either names the other; an older session's end is not the pledge's end.
SETTLE = text("""
    UPDATE pledge p SET
        session_id = coalesce(p.session_id, given.id),
        state = CASE WHEN given.is_paid THEN 'fulfilled' WHEN given.is_over AND p.state = 'open'
            AND coalesce(p.session_id, given.id) = given.id THEN 'expired' ELSE p.state END,
        settled_at = CASE WHEN given.is_paid OR (given.is_over AND p.state = 'open'
            AND coalesce(p.session_id, given.id) = given.id) THEN CAST(:now AS timestamptz) ELSE p.settled_at END,
        note = CASE WHEN NOT given.is_paid AND given.is_over AND p.state = 'open'
            AND coalesce(p.session_id, given.id) = given.id THEN NULL ELSE p.note END
    FROM unnest(CAST(:ids AS text[]), CAST(:pledges AS text[]), CAST(:paid AS boolean[]), CAST(:over AS boolean[]))
        AS given (id, pledge, is_paid, is_over)
    WHERE p.state <> 'fulfilled' AND p.id = coalesce(given.pledge,
        (SELECT own.id FROM pledge own WHERE own.session_id = given.id LIMIT 1))
    RETURNING p.id
""")


def settle(session: Session, fact: facts.CheckoutSession, now: datetime) -> None:
    """Let the pledge follow its Checkout session as Stripe tells it now; any order, any number of times."""
    settle_all(session, [fact], now)


def settle_all(session: Session, told: Iterable[facts.CheckoutSession], now: datetime) -> None:
    """As `settle`, for many sessions in one statement.

    Fulfilled: complete, and paid or nothing to pay. Complete but unpaid (bank debits) stays open until the money
    came. What was paid is written last, so that several sessions of one pledge agree in every order.
    """
    latest = {fact.id: fact for fact in told}
    for is_paid in (False, True):
        part = [fact for fact in latest.values() if _is_paid(fact) is is_paid]
        if part:
            session.execute(
                SETTLE,
                {
                    "ids": [fact.id for fact in part],
                    "pledges": [fact.pledge for fact in part],
                    "paid": [is_paid] * len(part),
                    "over": [fact.status == "expired" for fact in part],
                    "now": now,
                },
            )


def _is_paid(fact: facts.CheckoutSession) -> bool:
    return fact.status == "complete" and fact.payment_status in {"paid", "no_payment_required"}


def expire_unfollowed(session: Session, now: datetime) -> int:
    """Expire open pledges that never reached a Checkout session; the caller commits. How many they were."""
    expired = session.scalars(
        update(Stored)
        .where(Stored.state == "open", Stored.session_id.is_(None), Stored.created_at < now - UNFOLLOWED)
        .values(state="expired", settled_at=now, note=None)
        .returning(Stored.id)
    )
    return len(expired.all())


def import_pledges(session: Session, campaign: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Add pledges from elsewhere (the demo's history); known ids are left alone. How many were new.

    Each row has `id`, `created` (unix seconds) and may have `plan`, `amount`, `currency`, `interval`, `article`,
    `placement`, `embed`, `session_id`. Sessions that were read before their pledge settle it now.
    """
    if not rows:
        return 0
    values = [_imported(campaign, row) for row in rows]
    added = session.scalars(
        insert(Stored).on_conflict_do_nothing(index_elements=[Stored.id]).returning(Stored.id), values
    ).all()
    stored = session.scalars(
        text(
            "SELECT o.fields FROM stripe_object o JOIN pledge p"
            " ON p.session_id = o.id OR p.id = o.fields ->> 'pledge'"
            " WHERE o.kind = 'checkout.session' AND p.id = ANY(:ids)"
        ),
        {"ids": list(added)},
    )
    settle_all(session, map(_session_fact, stored), now)
    if added:
        articles.gather_anew(session)
    return len(added)


def canonical_article(address: str) -> str:
    """Origin and path of an article's address, lower-case host, no query, fragment or user; "" if it is none."""
    if len(address) > 2 * LONGEST_ARTICLE or not address.isprintable() or " " in address:
        return ""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or "\\" in address:
        return ""
    shown = f"[{host}]" if ":" in host else host
    found = f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path or '/'}"
    return found if len(found) <= LONGEST_ARTICLE else ""


def label(value: str) -> str:
    """A placement or an embed's name if it is one (a-z, 0-9 and hyphens, at most 40), else ""."""
    return value if _LABEL.fullmatch(value) else ""


def _insert(session: Session, pledge_id: str, intention: Intention, now: datetime, said: Said) -> bool:
    statement = (
        insert(Stored)
        .values(id=pledge_id, created_at=now, state="open", **asdict(said), **asdict(intention))
        .on_conflict_do_nothing(index_elements=[Stored.id])
        .returning(Stored.id)
    )
    return session.scalar(statement) is not None


def _one(session: Session, condition: Any) -> Pledge | None:
    row = session.scalar(select(Stored).where(condition).limit(1).execution_options(populate_existing=True))
    if row is None:
        return None
    intention = Intention(
        campaign=row.campaign,
        price=row.price,
        amount_minor=row.amount_minor,
        currency=row.currency,
        interval=row.interval,
        article=row.article,
        placement=row.placement,
        embed=row.embed,
    )
    return Pledge(row.id, intention, row.created_at, row.session_id, row.state, row.settled_at)


def _id_of(form: bytes, key: str) -> str:
    digest = hmac.new(key.encode(), form, hashlib.sha256).digest()
    return "plg_" + base64.urlsafe_b64encode(digest[:18]).decode()


def _fresh_id() -> str:
    return "plg_" + secrets.token_urlsafe(18)


def _imported(campaign: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "campaign": campaign,
        "price": row.get("plan"),
        "amount_minor": row.get("amount"),
        "currency": row.get("currency"),
        "interval": row.get("interval"),
        "article": canonical_article(row.get("article") or ""),
        "placement": label(row.get("placement") or ""),
        "embed": label(row.get("embed") or ""),
        "created_at": datetime.fromtimestamp(int(row["created"]), UTC),
        "session_id": row.get("session_id"),
        "state": "open",
    }


def _session_fact(fields: Mapping[str, Any]) -> facts.CheckoutSession:
    return msgspec.convert(fields, facts.CheckoutSession)
