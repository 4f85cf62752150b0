"""Read-only links: staff make them, change their password, revoke them; who holds one opens it. Callers commit."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from tracker.core.annotations import day_of
from tracker.core.calendar import day_start, local_day
from tracker.core.campaign import Campaign
from tracker.core.findings import N_, Finding, is_one_line, is_storable, shown
from tracker.ledger import shares
from tracker.ledger.shares import Share as Share

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 512
LONGEST_LABEL = 100
PERIODS = ("7", "30", "90", "date", "never")
"""The choices of the form: days from today, a day of one's own, no end."""
MOST_DAYS = 3660


def read(
    fields: Mapping[str, str], campaign: Campaign, now: datetime
) -> tuple[str, str | None, datetime | None] | list[Finding]:
    """(label, password or None, end or None) of a form, or everything that is wrong with it.

    The fields are label, password, period (PERIODS) and last_on; the end is 00:00 after the last day in the
    campaign's zone, for a period as for a day.
    """
    found: list[Finding] = []
    label = _label(fields.get("label", "").strip(), found)
    password = fields.get("password", "") or None
    found += wrong_password(password)
    last_on = _last_day(fields, local_day(now, campaign.zone), found)
    if found:
        return found
    ends = None if last_on is None else day_start(last_on + timedelta(days=1), campaign.zone)
    return label, password, ends


def wrong_password(password: str | None) -> list[Finding]:
    """Why this cannot be a link's password; None is no password, and fits."""
    if password is None:
        return []
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        sizes = {"found": len(password), "least": SHORTEST_PASSWORD, "most": LONGEST_PASSWORD}
        text = N_("the password has %(found)s characters: take %(least)s to %(most)s, or leave it empty")
        return [Finding("password", text, sizes)]
    if not is_storable(password):
        return [Finding("password", N_("a character in it is none; write it anew"))]
    return []


def create(
    session: Session,
    campaign: str,
    told: tuple[str, str | None, datetime | None],
    who: str,
    now: datetime,
) -> tuple[int, str]:
    """(its number, its token) of a new link, of what `read` answered; the only time the token can be read."""
    label, password, ends = told
    token = secrets.token_urlsafe(32)
    new = shares.NewShare(campaign, _hash(token), label, _hashed(password), ends)
    return shares.add(session, new, who, now), token


def every(session: Session, campaign: str) -> list[Share]:
    """All links of a campaign, also those that are over; the newest first."""
    return shares.every(session, campaign)


def find(session: Session, campaign: str, number: int) -> Share | None:
    """The link of that number, if it is the campaign's."""
    found = shares.find(session, number)
    return found if found is not None and found.campaign == campaign else None


def set_password(session: Session, share: Share, password: str | None) -> None:
    """Another password, or with None no more password; whoever came in with the old one is out."""
    shares.set_password(session, share.id, _hashed(password))


def revoke(session: Session, share: Share, now: datetime) -> bool:
    """End the link at once; False where somebody did before."""
    return shares.revoke(session, share.id, now)


def opened(session: Session, token: str, now: datetime) -> Share | None:
    """The link of that token; None for one that is unknown, expired or revoked, and nobody is told which."""
    found = shares.by_hash(session, _hash(token))
    return found if found is not None and found.is_open(now) else None


def check(share: Share, password: str) -> bool:
    """Whether that is the link's password."""
    if share.password_hash is None or not is_storable(password):
        return False
    try:
        return _hasher().verify(share.password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def fingerprint(share: Share) -> str:
    """What a pass for this link is bound to: another token or password makes it worthless."""
    return hashlib.sha256(share.token_hash + (share.password_hash or "").encode()).hexdigest()


def seen(session: Session, share: Share, now: datetime) -> None:
    """Count that the page behind the link was shown."""
    shares.seen(session, share.id, now)


def _label(given: str, found: list[Finding]) -> str:
    if not given:
        found.append(Finding("label", N_("there is no name; say whom the link is for")))
    elif len(given) > LONGEST_LABEL:
        sizes = {"found": len(given), "most": LONGEST_LABEL}
        found.append(Finding("label", N_("%(found)s characters; at most %(most)s"), sizes))
    elif not is_one_line(given):
        found.append(
            Finding("label", N_("there is a control character or a line break in it; write it on one line"))
        )
    return given


def _last_day(fields: Mapping[str, str], today: date, found: list[Finding]) -> date | None:
    """The last day on which the link opens, whole; None for never ending, and where it does not fit."""
    period = fields.get("period", "")
    if period == "never":
        return None
    if period != "date":
        if period in PERIODS:
            return today + timedelta(days=int(period))
        found.append(Finding("period", N_("choose how long the link shall open")))
        return None
    written = fields.get("last_on", "").strip()
    last_on = day_of(written)
    if last_on is None:
        text = N_("“%(found)s” is no day; write it as 2026-11-03")
        found.append(Finding("last_on", text, {"found": shown(written)}))
        return None
    if not today <= last_on <= today + timedelta(days=MOST_DAYS):
        values = {"found": last_on, "first": today, "last": today + timedelta(days=MOST_DAYS)}
        text = N_("%(found)s is over or too far away; take a day from %(first)s to %(last)s")
        found.append(Finding("last_on", text, values))
    return last_on


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _hashed(password: str | None) -> str | None:
    return None if password is None else _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()
