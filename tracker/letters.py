"""What goes out by mail and chat: noted in the outbox with the act that asks for it, sent by a worker, once.

Whatever a reader types, the web process only notes it: whether the address is known is looked up here, where
nobody can watch how long it takes.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from flask import current_app
from itsdangerous import BadSignature, Signer
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker import chat, mail, notices
from tracker.core import accent
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.flow import Line
from tracker.intake import portal
from tracker.intake.stripe.gateway import StripeRefusedError, StripeUnreachableError
from tracker.ledger import letters as outbox
from tracker.ledger import notices as kept
from tracker.ledger import portal_links
from tracker.ledger.letters import CHAT, Claimed, Effect
from tracker.ledger.portal_links import Link
from tracker.projections import letter_words, queries
from tracker.projections.digest_words import Notice, addressed
from tracker.projections.letter_words import Door, Words
from tracker.projections.locales import direction

log = structlog.get_logger()

PORTAL, TWICE = "portal", "twice"
LINK_LIVES = timedelta(minutes=30)
ONE_EACH = timedelta(minutes=10)
"""Whoever types somebody's address again and again has them mailed once in this time."""
PATIENCE = {PORTAL: timedelta(hours=1)}
"""A link that was asked for is no use tomorrow; everything else is tried for a day."""
MOST_PATIENCE = timedelta(days=1)
LOOK_BACK = timedelta(days=2)
"""Second memberships are noticed among pledges that are no older; older ones were noticed, or came as history."""


def ask_for_portal(campaign: Campaign, address: str, locale: str, now: datetime, key: str) -> None:
    """Note that somebody would like a link to the portal sent to an address, known or not; the caller commits."""
    digest = hmac.new(key.encode(), address.lower().encode(), hashlib.sha256).hexdigest()
    window = str(int(now.timestamp() // ONE_EACH.total_seconds()))
    outbox.put(db.session(), Effect(PORTAL, digest, window, campaign.slug, locale, address), now)


def is_open(token: str, campaign: Campaign, now: datetime, key: str) -> bool:
    """Whether a link would still open the portal; it is not used up by asking."""
    digest = _digest(token, key)
    return digest is not None and portal_links.is_open(db.session(), digest, campaign.slug, now)


def use(token: str, campaign: Campaign, now: datetime, key: str) -> str | None:
    """The customer whom a link is for, once; the caller commits when the portal has opened, else rolls back."""
    digest = _digest(token, key)
    return None if digest is None else portal_links.use(db.session(), digest, campaign.slug, now)


def post(line: Line, room: chat.Door | None = None) -> int:
    """Note what is wanted of itself, then send everything that is due; answers how many letters left.

    `room`: how chats are asked, where it is another way than in production.
    """
    session = db.session()
    try:
        portal.look(session, line.gateway, line.clock())
    except (StripeUnreachableError, StripeRefusedError) as error:
        session.rollback()
        log.warning("the portal's login page could not be asked for", problem=str(error))
    _notice_second_memberships(session, line.clock())
    notices.note(session, line.clock())
    notices.remind(session, line.settings.zone, line.clock())
    for letter_id in outbox.lost(session, line.clock()):
        log.error(
            "nobody knows whether this letter left: its process ended. It is not sent again", letter=letter_id
        )
    outbox.purge(session, line.clock())
    portal_links.purge(session, line.clock())
    session.commit()
    count = 0
    while (letter := outbox.claim(session, line.clock())) is not None:
        count += _deliver(line, letter, room or notices.door(line)) == "sent"
    return count


def _deliver(line: Line, letter: Claimed, room: chat.Door) -> str:
    """Write and send one letter; answers its state."""
    session, now = db.session(), line.clock()
    campaign = queries.campaign(letter.effect.campaign)
    write = WRITERS.get(letter.effect.kind)
    words = write(line, letter, campaign) if write and campaign else None
    session.commit()  # the links stand before they are sent
    if words is None or campaign is None:
        state = "needless"
    elif letter.effect.channel == CHAT:
        state = _said(line, letter, words.chat, room) if isinstance(words, Notice) else "needless"
    else:
        written = _drawn(line, letter, campaign, words)
        state = _tried(line, letter, lambda: mail.send(line.settings, written, now))
    if state == "waiting":
        outbox.postpone(session, letter, now)
    else:
        outbox.settle(session, letter.id, state, now)
    session.commit()
    return state


def _said(line: Line, letter: Claimed, told: str, room: chat.Door) -> str:
    """The message's state; how the chat took it is kept beside its address. An address taken away ends it."""
    session, slug = db.session(), letter.effect.campaign
    there = kept.chat(session, slug)
    session.commit()
    if there is None:
        return "needless"
    problem: str | None = None

    def say() -> None:
        nonlocal problem
        try:
            chat.say(there.url, told, room)
        except chat.ChatError as error:
            problem = error.why
            raise

    state = _tried(line, letter, say)
    kept.chat_took(session, slug, there.url, problem, line.clock())
    return state


def _tried(line: Line, letter: Claimed, step: Callable[[], None]) -> str:
    """What a letter's state is after the step that hands it over."""
    now = line.clock()
    told = {
        "letter": letter.id,
        "kind": letter.effect.kind,
        "channel": letter.effect.channel,
        "attempts": letter.attempts,
    }
    try:
        step()
    except (mail.MailLaterError, chat.ChatLaterError) as error:
        if now - letter.created_at < PATIENCE.get(letter.effect.kind, MOST_PATIENCE):
            log.warning("a letter could not be sent, it is tried again", problem=str(error), **told)
            return "waiting"
        log.error("a letter is given up: look at MAIL_URL and the server", problem=str(error), **told)
        return "given up"
    except (mail.MailRefusedError, chat.ChatRefusedError) as error:
        log.error("a letter was refused for good", problem=str(error), **told)
        return "refused"
    except (mail.MailUnknownError, chat.ChatUnknownError) as error:
        log.error("nobody knows whether this letter left. It is not sent again", problem=str(error), **told)
        return "unknown"
    return "sent"


def _drawn(line: Line, letter: Claimed, campaign: Campaign, words: Words | Notice) -> mail.Letter:
    """The words as text and as HTML; a notice with its picture and the way to have no more of them."""
    locale = letter.effect.locale
    paint = accent.on_light(campaign.publisher.accent)
    ink = max(("#ffffff", "#1b1a17"), key=lambda one: accent.contrast(one, paint))
    look: dict[str, object] = {
        "lang": locale,
        "direction": direction(locale),
        "accent": paint,
        "ink": ink,
    }
    name = f"{letter.effect.kind}-{letter.id}-{int(letter.created_at.timestamp())}".replace(" ", "-")
    stop, shown = "", None
    if isinstance(words, Notice):
        stop, shown = notices.stop_link(line, letter), notices.picture(line, words)
        words = addressed(words, stop, locale)
    # The template alone: what pages are given besides needs a request, and a worker has none.
    sheet = "mail/notice.html" if isinstance(words, Notice) else "mail/letter.html"
    html = current_app.jinja_env.get_template(sheet).render(words=words, picture=shown, **look)
    return mail.Letter(letter.effect.address, words.subject, words.plain, html, locale, name, stop, shown)


def _portal_letter(line: Line, letter: Claimed, campaign: Campaign) -> Words | None:
    """Links for every customer of the address; None where nobody is known by it."""
    session, now, effect = db.session(), line.clock(), letter.effect
    accounts = portal.accounts(session, effect.address)
    if not accounts:
        return None
    portal_links.withdraw(session, letter.id)  # those of a try before that failed
    doors = []
    for account in accounts:
        token = _token(line.settings.secret_key)
        link = Link(_hash(token), account.customer, campaign.slug, letter.id, now + LINK_LIVES)
        portal_links.put(session, link)
        address = f"{line.settings.site}/join/{campaign.slug}/manage/{token}?lang={effect.locale}"
        known = account.price, account.product, account.since
        doors.append(Door(letter_words.account_name(campaign, *known, effect.locale), address))
    minutes = int(LINK_LIVES.total_seconds() // 60)
    return letter_words.portal(campaign, doors, minutes, effect.locale)


def _twice_letter(line: Line, letter: Claimed, campaign: Campaign) -> Words | None:
    manage = f"{line.settings.site}/join/{campaign.slug}/manage?lang={letter.effect.locale}"
    return letter_words.twice(campaign, manage, letter.effect.locale)


Writer = Callable[[Line, Claimed, Campaign], Words | Notice | None]
WRITERS: dict[str, Writer] = {PORTAL: _portal_letter, TWICE: _twice_letter, **notices.WRITERS}
"""Every kind of letter, and who writes it."""


# Both run now, and are two customers of one address: equal addresses are no link between persons (RULES, words),
# so the count stays as it is, and only whoever reads that mailbox is told.
SECOND = text("""
    SELECT p.session_id, p.campaign, c.email AS address, p.locale
    FROM pledge p
    JOIN stripe_object o ON o.id = p.session_id AND o.kind = 'checkout.session'
    JOIN stretch mine ON mine.campaign = p.campaign AND mine.pledge_id = p.id
        AND mine.starts_at < :now AND mine.ends_at >= :now
    JOIN contact c ON c.customer_id = o.customer_id AND c.email IS NOT NULL
    WHERE p.state = 'fulfilled' AND p.price IS NOT NULL AND p.created_at >= :since AND EXISTS (
        SELECT 1 FROM contact other JOIN stretch before ON before.person_id = other.customer_id
        WHERE lower(other.email) = lower(c.email) AND other.customer_id <> c.customer_id
            AND before.campaign = p.campaign AND before.ends_at >= :now
            AND (before.starts_at, before.person_id) < (mine.starts_at, mine.person_id))
""")


def _notice_second_memberships(session: Session, now: datetime) -> None:
    for row in session.execute(SECOND, {"now": now, "since": now - LOOK_BACK}).mappings().all():
        where = row["campaign"], row["locale"] or "en", row["address"]
        outbox.put(session, Effect(TWICE, row["session_id"], "fulfilled", *where), now)
    session.commit()


def _token(key: str) -> str:
    return _signer(key).sign(secrets.token_urlsafe(24)).decode()


def _digest(token: str, key: str) -> bytes | None:
    """The hash of a token of ours; None for what we never signed, which no table is asked about."""
    try:
        _signer(key).unsign(token.encode())
    except (BadSignature, UnicodeEncodeError):
        return None
    return _hash(token)


def _signer(key: str) -> Signer:
    return Signer(key, salt="portal link", digest_method=hashlib.sha256)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
