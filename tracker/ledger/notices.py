"""Who of the staff wants notices of a campaign, its address in a chat, and which milestones were told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Text, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model


class NoticeWish(Model):
    """One of the staff who signed up for a campaign's notices by mail."""

    __tablename__ = "notice_wish"
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    staff_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    locale: Mapped[str] = mapped_column(Text)
    since_at: Mapped[datetime] = mapped_column(Instant)


class ChatAddress(Model):
    """Where a campaign's notices go in a chat; whoever knows the address can write there."""

    __tablename__ = "chat_address"
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    since_at: Mapped[datetime] = mapped_column(Instant)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the last message was taken."""
    problem: Mapped[str | None] = mapped_column(Text)
    """What went wrong since: an HTTP status or a word of chat.py; null while all is well."""
    problem_at: Mapped[datetime | None] = mapped_column(Instant)


class Milestone(Model):
    """A milestone that a campaign has passed, told or noted; falling below it takes nothing back."""

    __tablename__ = "milestone"
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    """core/milestones.py gives the names."""
    noted_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants notices by mail, and in which language."""

    staff_id: int
    address: str
    role: str
    locale: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Chat:
    """A campaign's chat, and how it took the last message."""

    url: str
    locale: str
    since_at: datetime
    arrived_at: datetime | None
    problem: str | None
    problem_at: datetime | None


# A wish is for as long as its owner is of the staff; who lost the role keeps the row and is sent nothing.
WISHES = text("""
    SELECT w.staff_id, u.email AS address, u.role, w.locale, w.since_at
    FROM notice_wish w JOIN staff_user u ON u.id = w.staff_id WHERE w.campaign = :campaign ORDER BY w.staff_id
""")


def wishes(session: Session, campaign: str) -> list[Wish]:
    """All who want a campaign's notices by mail."""
    return [Wish(**row) for row in session.execute(WISHES, {"campaign": campaign}).mappings()]


def wish(session: Session, campaign: str, staff_id: int, locale: str, now: datetime) -> None:
    """Sign up, or choose another language; the caller commits."""
    given = insert(NoticeWish).values(campaign=campaign, staff_id=staff_id, locale=locale, since_at=now)
    session.execute(given.on_conflict_do_update(index_elements=["campaign", "staff_id"], set_={"locale": locale}))


def unwish(session: Session, campaign: str, staff_id: int) -> bool:
    """Sign off; whether somebody was signed up. The caller commits."""
    gone = delete(NoticeWish).where(NoticeWish.campaign == campaign, NoticeWish.staff_id == staff_id)
    return session.scalar(gone.returning(NoticeWish.staff_id)) is not None


def chat(session: Session, campaign: str) -> Chat | None:
    """Where a campaign's notices go in a chat; None where nobody named an address."""
    row = session.get(ChatAddress, campaign, populate_existing=True)
    if row is None:
        return None
    return Chat(row.url, row.locale, row.since_at, row.arrived_at, row.problem, row.problem_at)


def set_chat(session: Session, campaign: str, url: str, locale: str, now: datetime) -> None:
    """Name the address, another one in place of the last; the caller commits."""
    fresh = {
        "url": url,
        "locale": locale,
        "since_at": now,
        "arrived_at": None,
        "problem": None,
        "problem_at": None,
    }
    given = insert(ChatAddress).values(campaign=campaign, **fresh)
    session.execute(given.on_conflict_do_update(index_elements=["campaign"], set_=fresh))


def remove_chat(session: Session, campaign: str) -> bool:
    """Forget the address; whether there was one. The caller commits."""
    gone = delete(ChatAddress).where(ChatAddress.campaign == campaign).returning(ChatAddress.campaign)
    return session.scalar(gone) is not None


def chat_took(session: Session, campaign: str, url: str, problem: str | None, now: datetime) -> None:
    """Note how that address took a message; the caller commits."""
    told: dict[str, object] = {"problem": problem, "problem_at": now if problem else None}
    if problem is None:
        told["arrived_at"] = now
    session.execute(
        update(ChatAddress).where(ChatAddress.campaign == campaign, ChatAddress.url == url).values(**told)
    )


def passed(session: Session, campaign: str) -> dict[str, datetime]:
    """Name -> when it was noted, of every milestone."""
    rows = session.execute(select(Milestone.name, Milestone.noted_at).where(Milestone.campaign == campaign))
    return {row.name: row.noted_at for row in rows}


def note(session: Session, campaign: str, name: str, now: datetime) -> bool:
    """Note a milestone; False where another process was first. The caller commits, its telling with it."""
    given = insert(Milestone).values(campaign=campaign, name=name, noted_at=now)
    done = given.on_conflict_do_nothing(index_elements=["campaign", "name"]).returning(Milestone.name)
    return session.scalar(done) is not None
