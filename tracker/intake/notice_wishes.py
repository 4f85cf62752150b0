"""What staff ask of notices: who wants them by mail, and where the campaign's chat is; the caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from tracker import chat
from tracker.ledger import letters as outbox
from tracker.ledger import notices as kept
from tracker.ledger.letters import Noted
from tracker.ledger.notices import Chat

SHOWN = 20

__all__ = ["Chat", "Noted", "choose", "latest", "room", "set_room", "take_room_away", "wanted"]


def wanted(session: Session, campaign: str, staff_id: int) -> str | None:
    """The language in which one of the staff gets notices; None for who gets none."""
    return next((one.locale for one in kept.wishes(session, campaign) if one.staff_id == staff_id), None)


def choose(session: Session, campaign: str, staff_id: int, locale: str | None, now: datetime) -> bool:
    """Sign up in a language, or off (None); whether that changed anything."""
    if wanted(session, campaign, staff_id) == locale:
        return False
    if locale is None:
        return kept.unwish(session, campaign, staff_id)
    kept.wish(session, campaign, staff_id, locale, now)
    return True


def room(session: Session, campaign: str) -> Chat | None:
    """The campaign's chat, if one was named."""
    return kept.chat(session, campaign)


def set_room(session: Session, campaign: str, url: str, locale: str, now: datetime) -> None:
    """Name the chat. chat.WrongAddressError for an address that may not be asked."""
    chat.checked(url)
    kept.set_chat(session, campaign, url, locale, now)


def take_room_away(session: Session, campaign: str) -> bool:
    """Forget the chat's address; whether there was one."""
    return kept.remove_chat(session, campaign)


def latest(session: Session, campaign: str, kinds: tuple[str, ...]) -> list[Noted]:
    """What left lately, or did not, the newest first."""
    return outbox.latest(session, campaign, kinds, SHOWN)
