"""Stripe's customer portal: the address of its login page, who has an address, a session for one customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake.stripe.gateway import Gateway, StripeRefusedError
from tracker.ledger import landmarks

STRIPES_OWN = "https://billing.stripe.com"
LOGIN = "portal_login"
"""The landmark that keeps the login page's address."""
ASKED_EVERY = timedelta(hours=1)
MOST_CUSTOMERS = 5
_OVER = ("canceled", "incomplete", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of an address, with the newest subscription that is not over; None where all are."""

    customer: str
    price: str | None
    product: str | None
    since: datetime | None


def look(session: Session, gateway: Gateway, now: datetime) -> None:
    """Ask once an hour where the login page is; commits. Raises what the gateway raises."""
    asked = landmarks.at(session, LOGIN)
    if asked is not None and now - asked < ASKED_EVERY:
        return
    # Written before the answer: an account whose key may not ask is not asked each minute.
    landmarks.put(session, LOGIN, now, landmarks.value(session, LOGIN))
    session.commit()
    found, _ = gateway.page("/v1/billing_portal/configurations", {"active": True, "is_default": True})
    login = next((one.get("login_page") or {} for one in found if one.get("is_default")), {})
    url = str(login.get("url") or "") if login.get("enabled") else ""
    landmarks.put(session, LOGIN, now, {"url": url if _origin(url) else ""})
    session.commit()


def login_url(session: Session) -> str:
    """The portal's own login page, empty where there is none or it is not known yet."""
    return str(landmarks.value(session, LOGIN).get("url", ""))


def origins(session: Session, api_base: str) -> str:
    """Where a session's page may be: Stripe's own, or a compatible server's, or the account's own domain."""
    found = {_origin(api_base) or STRIPES_OWN, _origin(login_url(session))}
    return " ".join(sorted(found - {""}))


ACCOUNTS = text("""
    SELECT DISTINCT ON (c.customer_id) c.customer_id AS customer, s.fields -> 'items' -> 0 ->> 'price' AS price,
        s.fields -> 'items' -> 0 ->> 'product' AS product,
        CAST(s.fields ->> 'created_at' AS timestamptz) AS since,
        CAST(known.fields ->> 'created_at' AS timestamptz) AS known_since
    FROM contact c
    LEFT JOIN stripe_object known ON known.id = c.customer_id AND known.kind = 'customer'
    LEFT JOIN stripe_object s ON s.customer_id = c.customer_id AND s.kind = 'subscription'
        AND NOT s.fields ->> 'status' = ANY(:over)
    WHERE lower(c.email) = lower(:email) AND c.erased_at IS NULL AND starts_with(c.customer_id, 'cus_')
        AND NOT coalesce(CAST(known.fields ->> 'is_deleted' AS boolean), false)
    ORDER BY c.customer_id, since DESC NULLS LAST
""")


def accounts(session: Session, email: str) -> list[Account]:
    """Whose portal an address may open: all its customers with a subscription that runs, the newest first.

    Somebody with two memberships has two customers, and needs both to end one. Where nothing runs, the newest.
    """
    rows = session.execute(ACCOUNTS, {"email": email, "over": list(_OVER)}).mappings().all()
    running = sorted((row for row in rows if row["since"]), key=lambda row: row["since"], reverse=True)
    others = sorted(rows, key=lambda row: (str(row["known_since"] or ""), row["customer"]), reverse=True)[:1]
    chosen = running[:MOST_CUSTOMERS] or others
    return [Account(row["customer"], row["price"], row["product"], row["since"]) for row in chosen]


def open_session(gateway: Gateway, customer: str, back: str, key: str) -> str:
    """The address of a portal page for the customer; raises StripeUnreachableError or StripeRefusedError."""
    wanted = {"customer": customer, "return_url": back, "locale": "auto"}
    raw = gateway.post("/v1/billing_portal/sessions", wanted, key)
    if not raw.get("url"):
        raise StripeRefusedError(f"portal session {raw.get('id')} has no page")
    return str(raw["url"])


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""
