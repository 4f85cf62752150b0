"""The one door for mail: SMTP where MAIL_URL names a server, else files under VAR_DIR that the demo can show.

The standard library does it, step by step: an extension would hide the one thing we must know when something
breaks, whether the letter may have left.
"""

import os
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from tracker.config import Settings

TIMEOUT_SECONDS = 15
_ON_THE_WIRE = SMTP.clone(cte_type="7bit")
_IN_A_FILE = SMTP.clone(max_line_length=998)
"""Lines as they are, so that a link can be copied from the file."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_Answer = TypeVar("_Answer")


class MailLaterError(Exception):
    """The letter has not left, and may be tried again: no connection, a busy server, a full mailbox."""


class MailRefusedError(Exception):
    """The letter has not left, and trying again will not help."""


class MailUnknownError(Exception):
    """The connection broke after the words were handed over: it may have left, so it must not be sent again."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that comes with a letter and is shown in it: nothing is loaded from anywhere."""

    name: str
    """What the HTML names it by: `cid:NAME`."""
    png: bytes
    alt: str
    width: int
    height: int
    """CSS pixels."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in words; nothing loaded from anywhere, nothing that tells whether it was read."""

    to: str
    subject: str
    text: str
    html: str
    locale: str
    name: str
    """Unique to the letter, the same however often it is tried: a receiver can tell a repeated one."""
    stop: str = ""
    """Where a mail program ends letters of this kind with one click (RFC 8058); empty for letters asked for."""
    picture: Picture | None = None


def send(settings: Settings, letter: Letter, now: datetime) -> None:
    """Hand the letter over. MailLaterError, MailRefusedError or MailUnknownError where that did not go well."""
    sender = settings.mail_from or f"tracker@{_host(settings)}"
    policy = _ON_THE_WIRE if settings.mail_url else _IN_A_FILE
    try:
        message = _message(sender, letter, now, policy)
    except (ValueError, MessageError, UnicodeError) as error:
        raise MailRefusedError(f"it cannot be written as mail: {type(error).__name__}") from None
    if settings.mail_url:
        _by_smtp(urlsplit(settings.mail_url), message)
    else:
        _into_folder(folder(settings), message, f"{now:%Y%m%dT%H%M%S}-{letter.name}.eml")


def folder(settings: Settings) -> Path:
    """Where letters are kept that no server takes."""
    return settings.var_dir / "mail"


def _host(settings: Settings) -> str:
    return urlsplit(settings.site).hostname or "localhost"


def _message(sender: str, letter: Letter, now: datetime, policy: "EmailPolicy[Any]") -> EmailMessage:
    name, address = parseaddr(sender)
    if not letter.to.isascii():
        raise ValueError("few servers take an address beyond ASCII")
    message = EmailMessage(policy=policy)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.name}@{address.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.stop:
        message["List-Unsubscribe"] = f"<{letter.stop}>"
        if letter.stop.startswith("https://"):  # RFC 8058 knows no other
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.picture:
        _show(message, letter.picture)
    message["Content-Language"] = letter.locale  # earlier it would go down to the first part
    return message


def _show(message: EmailMessage, picture: Picture) -> None:
    """Beside the HTML and for it alone, so that programs list no attachment."""
    html = message.get_body(("html",))
    if isinstance(html, EmailMessage):
        name = f"{picture.name}.png"
        html.add_related(picture.png, "image", "png", cid=f"<{picture.name}>", filename=name, disposition="inline")


def _into_folder(place: Path, message: EmailMessage, name: str) -> None:
    """Whole or not at all, for its owner alone: the letter may hold a link that opens something."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place / f".{name}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(message.as_bytes())
    unfinished.rename(place / name)


def _by_smtp(server: SplitResult, message: EmailMessage) -> None:
    """Step by step, because what a failure means depends on the step it came in."""
    connection = _early(lambda: _connected(server))
    try:
        _hand_over(connection, message)
    finally:
        with suppress(smtplib.SMTPException, OSError):  # a goodbye that fails changes nothing
            connection.quit()


def _hand_over(connection: smtplib.SMTP, message: EmailMessage) -> None:
    sender, receiver = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    body = message.as_bytes()
    _agreed(*_early(lambda: connection.mail(sender)))
    _agreed(*_early(lambda: connection.rcpt(receiver)))
    try:
        code, words = connection.data(body)
    except smtplib.SMTPDataError as error:  # the server would not take the words at all
        _agreed(error.smtp_code, error.smtp_error)
        return
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnknownError(type(error).__name__) from None
    _agreed(code, words)


def _connected(server: SplitResult) -> smtplib.SMTP:
    """Signed in, and encrypted unless the server is on this machine; no password goes in the clear."""
    host, is_near = server.hostname or "", server.hostname in _LOOPBACK
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(host, server.port or 587, timeout=TIMEOUT_SECONDS)
        connection.ehlo()
        if not is_near and connection.has_extn("starttls"):
            connection.starttls(context=context)
        elif not is_near and server.username:
            raise MailLaterError(f"{host} offers no STARTTLS: a password is not sent in the clear; use smtps://")
    if server.username:
        connection.login(unquote(server.username), unquote(server.password or ""))
    return connection


def _early(step: Callable[[], _Answer]) -> _Answer:
    """A step before the words: whatever breaks here, the letter has not left."""
    try:
        return step()
    except smtplib.SMTPResponseException as error:
        raise MailLaterError(f"the mail server answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailLaterError(f"the mail server does not answer: {type(error).__name__}") from None


def _agreed(code: int, _words: bytes | str) -> None:
    """2xx goes on; 4xx is for later; the server's words are not told: they may hold the address."""
    if 200 <= code < 300:
        return
    problem = MailLaterError if 400 <= code < 500 else MailRefusedError
    raise problem(f"the mail server answered {code}")
