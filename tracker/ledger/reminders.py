"""Who is reminded by mail that a month is over: finance unless they say no, others when they say yes."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Model

ASKED = "finance"
"""The role that is reminded without asking for it."""


class ReminderWish(Model):
    """What one of the staff said about the reminder."""

    __tablename__ = "reminder_wish"
    staff_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    locale: Mapped[str | None] = mapped_column(Text)
    """The language it is written in; null where it is not wanted."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """Somebody who is to be reminded."""

    staff_id: int
    address: str
    role: str
    locale: str | None
    """Null where none was chosen."""


REMINDED = text("""
    SELECT u.id AS staff_id, u.email AS address, u.role, w.locale
    FROM staff_user u LEFT JOIN reminder_wish w ON w.staff_id = u.id
    WHERE w.locale IS NOT NULL OR (w.staff_id IS NULL AND u.role = :asked) ORDER BY u.id
""")


def reminded(session: Session) -> list[Reminded]:
    """All who are to be reminded, whatever their role lets them see."""
    return [Reminded(**row) for row in session.execute(REMINDED, {"asked": ASKED}).mappings()]


def choose(session: Session, staff_id: int, locale: str | None) -> None:
    """Be reminded in a language, or not (None); the caller commits."""
    given = insert(ReminderWish).values(staff_id=staff_id, locale=locale)
    session.execute(given.on_conflict_do_update(index_elements=["staff_id"], set_={"locale": locale}))
