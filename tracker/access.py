"""Who may see what: staff, their passwords, bearer tokens, and the log of what they did. Knows no HTTP.

One table says which role opens which area; every face asks it, none decides by itself.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracker.config import ROLES, BootstrapToken
from tracker.db import Instant, Model, db

ALLOWED: dict[str, frozenset[str]] = {
    "audience": frozenset({"audience", "admin"}),
    "offline": frozenset({"audience", "admin"}),
    "finance": frozenset({"finance", "admin"}),
    "health": frozenset({"audience", "finance", "admin"}),
    "account": frozenset({"audience", "finance", "admin"}),
    "admin": frozenset({"admin"}),
}
"""Area -> the roles that may enter it. The audience team sees no books, finance no readers' paths."""

_OF_A_MONTH = "(detail ->> 'month') IS NOT NULL"
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 512
_TOKEN_SEEN_EVERY = timedelta(minutes=1)


class AccessError(Exception):
    """A user or token cannot be made as asked; the text says what was found and what to do."""


class StaffUser(Model):
    """Somebody of the staff; `email` is kept in lower case."""

    __tablename__ = "staff_user"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    """argon2id; null where only an identity provider lets this person in."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    """Raised by one to end every session that this person has open."""
    __table_args__ = (CheckConstraint("email = lower(email)", name="lower"),)


class ApiToken(Model):
    """A bearer token: shown once, stored as its SHA-256, revocable."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    """To the minute: a busy token must not write a row on every request."""
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Audit(Model):
    """What a member of staff or a token did, kept for ever."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    __table_args__ = (
        Index("ix_audit_month", text("(detail ->> 'month')"), "at", postgresql_where=text(_OF_A_MONTH)),
    )


@dataclass(frozen=True, slots=True)
class Staff:
    """Who asks: a signed-in person (with `user_id`) or the holder of a token (without)."""

    name: str
    """The e-mail address, or `token:NAME`."""
    role: str
    user_id: int | None = None
    session_epoch: int = 0

    def may(self, area: str) -> bool:
        return self.role in ALLOWED[area]


def add_user(email: str, role: str, password: str | None, now: datetime) -> Staff:
    """A new member of staff; AccessError where the address is taken or something does not fit. Commits."""
    address, role = _address(email), _role(role)
    if db.session.scalar(select(StaffUser.id).where(StaffUser.email == address)) is not None:
        raise AccessError(f"{address} is there already: give that person another role or password instead")
    hashed = _hasher().hash(_fitting(password)) if password is not None else None
    user = StaffUser(email=address, role=role, password_hash=hashed, created_at=now, session_epoch=0)
    db.session.add(user)
    db.session.commit()
    return _staff(user)


def set_password(email: str, password: str) -> None:
    """Another password; every open session of that person ends with it. Commits."""
    hashed = _hasher().hash(_fitting(password))
    _change(email, password_hash=hashed, session_epoch=StaffUser.session_epoch + 1)


def set_role(email: str, role: str) -> None:
    """Another role; open sessions end, for they were begun with the old one. Commits."""
    _change(email, role=_role(role), session_epoch=StaffUser.session_epoch + 1)


def end_sessions(email: str) -> None:
    """Sign that person out everywhere. Commits."""
    _change(email, session_epoch=StaffUser.session_epoch + 1)


def verify_password(email: str, password: str) -> Staff | None:
    """The member of staff whose password this is, else None; an unknown address costs as much as a known one."""
    user = db.session.scalar(select(StaffUser).where(StaffUser.email == email.strip().lower()))
    known = user.password_hash if user is not None and user.password_hash else _nobodys_hash()
    try:
        _hasher().verify(known, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    return _staff(user) if user is not None and user.password_hash else None


def user(user_id: int, session_epoch: int) -> Staff | None:
    """The person behind a session, or None once it was ended."""
    found = db.session.get(StaffUser, user_id)
    return _staff(found) if found is not None and found.session_epoch == session_epoch else None


def add_token(name: str, role: str, now: datetime) -> str:
    """A new bearer token: the only time its secret can be read. Commits."""
    name, role = name.strip(), _role(role)
    if not name or len(name) > 100:
        raise AccessError("a token needs a name of 1 to 100 characters that says who will use it")
    secret = "trk_" + secrets.token_urlsafe(32)
    db.session.add(ApiToken(name=name, role=role, token_sha256=_sha256(secret), created_at=now))
    db.session.commit()
    return secret


def revoke_token(name: str, now: datetime) -> int:
    """End every token of that name; how many there were. Commits."""
    ended = update(ApiToken).where(ApiToken.name == name, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    ids = db.session.scalars(ended.returning(ApiToken.id)).all()
    db.session.commit()
    return len(ids)


def token_holder(secret: str, bootstrap: Iterable[BootstrapToken], now: datetime) -> Staff | None:
    """Whose bearer token this is: one of the environment (API_TOKENS) or a stored one; None for any other."""
    given = _sha256(secret)
    for token in bootstrap:
        if hmac.compare_digest(_sha256(token.token), given):
            return Staff(f"token:{token.name}", token.role)
    found = db.session.scalar(
        select(ApiToken).where(ApiToken.token_sha256 == given, ApiToken.revoked_at.is_(None))
    )
    if found is None:
        return None
    holder = Staff(f"token:{found.name}", found.role)
    _seen(found.id, now)
    return holder


def token_role(secret: str, bootstrap: Iterable[BootstrapToken], now: datetime) -> str | None:
    """The role that this bearer token gives, or None."""
    holder = token_holder(secret, bootstrap, now)
    return holder.role if holder else None


def record(who: str, action: str, detail: dict[str, Any], now: datetime) -> None:
    """One line of the log; `detail` holds no secrets and no reader's data. Commits."""
    db.session.add(Audit(at=now, who=who, action=action, detail=detail))
    db.session.commit()


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the log."""

    at: datetime
    who: str
    action: str
    detail: dict[str, Any]


def history(month: str, most: int) -> list[Deed]:
    """What was done to a month of the books and taken of it, the latest first."""
    asked = select(Audit).where(Audit.detail["month"].astext == month)
    rows = db.session.scalars(asked.order_by(Audit.at.desc(), Audit.id.desc()).limit(most))
    return [Deed(row.at, row.who, row.action, row.detail) for row in rows]


def latest(actions: Iterable[str], campaign: str) -> tuple[str, datetime] | None:
    """(who, when) did the last of `actions` to a campaign; None where nobody did."""
    asked = select(Audit.who, Audit.at).where(
        Audit.action.in_(list(actions)), Audit.detail["campaign"].astext == campaign
    )
    row = db.session.execute(asked.order_by(Audit.at.desc(), Audit.id.desc()).limit(1)).first()
    return (row.who, row.at) if row else None


def _seen(token_id: int, now: datetime) -> None:
    long_ago = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now - _TOKEN_SEEN_EVERY)
    db.session.execute(update(ApiToken).where(ApiToken.id == token_id, long_ago).values(last_used_at=now))
    db.session.commit()


def _change(email: str, **values: Any) -> None:
    address = _address(email)
    changed = db.session.scalars(
        update(StaffUser).where(StaffUser.email == address).values(**values).returning(StaffUser.id)
    ).all()
    db.session.commit()
    if not changed:
        raise AccessError(f"nobody here has the address {address}: look at the spelling, or add the person first")


def _staff(user: StaffUser) -> Staff:
    return Staff(user.email, user.role, user.id, user.session_epoch)


def _address(email: str) -> str:
    address = email.strip().lower()
    name, at, host = address.partition("@")
    if not (name and at and host) or any(c.isspace() for c in address) or "@" in host or len(address) > 254:
        raise AccessError(f"{email!r} is no e-mail address: write it as name@news.example")
    return address


def _role(role: str) -> str:
    if role not in ROLES:
        raise AccessError(f"there is no role {role!r}: choose one of {', '.join(ROLES)}")
    return role


def _fitting(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccessError(
            f"the password has {len(password)} characters: take {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
        )
    return password


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """What an unknown address is checked against, so that the answer's time betrays nobody."""
    return _hasher().hash(secrets.token_urlsafe(32))
