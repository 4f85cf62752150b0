"""The pages a browser sees: Checkout, the portal, receipts. Plain forms, no script."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from werkzeug.wrappers import Request, Response

from tracker.sandbox import billing, cards, checkout, money
from tracker.sandbox.errors import StripeError
from tracker.sandbox.shapes.sessions import total
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

_HERE = Path(__file__).parent
_STYLE = (_HERE / "static" / "page.css").read_bytes()
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape(), trim_blocks=True
)
# No form-action: browsers apply it to the redirect after the form too, and that leads to the publisher.
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
COUNTRIES = {
    "UA": "Ukraine",
    "PL": "Poland",
    "DE": "Germany",
    "GB": "United Kingdom",
    "US": "United States",
    "FR": "France",
    "CZ": "Czechia",
    "CA": "Canada",
    "NL": "Netherlands",
    "IE": "Ireland",
}


def answer(world: World, request: Request) -> Response:
    """One of the pages, or 404 in words."""
    parts = [part for part in request.path.split("/") if part]
    if parts == ["page.css"]:
        return Response(_STYLE, mimetype="text/css", headers={"Cache-Control": "max-age=3600"})
    try:
        match parts:
            case ["c", "pay", identifier]:
                page = _checkout(world, request, identifier)
            case ["p", "session", identifier]:
                page = _portal(world, request, identifier)
            case ["p", "login", _]:
                page = _login(world, request)
            case ["i", identifier] | ["i", identifier, "pdf"]:
                page = _invoice(world, identifier)
            case []:
                page = _page("home.html", world=world)
            case _:
                page = _page("problem.html", 404, message=f"There is no page at {request.path}.")
    except StripeError as error:
        page = _page("problem.html", error.status, message=error.message)
    return page


def _page(name: str, status: int = 200, **values: Any) -> Response:
    body = _TEMPLATES.get_template(name).render(amount=amount, countries=COUNTRIES, **values)
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(body, status, mimetype="text/html", headers=headers)


def _to(url: str) -> Response:
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def amount(minor: int, currency: str) -> str:
    """`5.00 EUR`, with the currency's own number of digits."""
    digits = money.exponent(currency)
    sign, minor = ("−" if minor < 0 else ""), abs(minor)
    whole, rest = divmod(minor, 10**digits)
    return f"{sign}{whole}{f'.{rest:0{digits}d}' if digits else ''} {currency.upper()}"


def _checkout(world: World, request: Request, identifier: str) -> Response:
    with world.lock:
        session = world.find("checkout.session", identifier)
    if session["status"] == "complete":
        return _to(_success(session))
    if session["status"] == "expired":
        return _page("expired.html", 410, session=session)
    if request.method != "POST":
        return _form(session, {"email": session.get("customer_email", "")})
    form = {name: value.strip() for name, value in request.form.items()}
    problem, method = _read(form)
    if method is None or problem:
        return _form(session, form, problem, 400)
    try:
        with world.working():
            paid = checkout.pay(
                world,
                identifier,
                email=form["email"],
                name=form["name"],
                card=method,
                country=_country(form.get("country", "")),
            )
    except StripeError as error:
        return _form(session, form, error.message, 402 if error.status == 402 else 409)
    return _to(_success(paid))


def _country(given: str) -> str | None:
    """Two capital letters; the page offers few, a form sent by a program may hold any."""
    return given if len(given) == 2 and given.isascii() and given.isalpha() and given.isupper() else None


def _success(session: Record) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _read(form: dict[str, str]) -> tuple[str, cards.Card | cards.Account | None]:
    """What is wrong with the form, in words, and the card or bank account."""
    email = form.get("email", "")
    if "@" not in email[1:-1] or " " in email:
        return "Your email address is incomplete.", None
    if not form.get("name"):
        return "Enter the name on the card.", None
    if iban := form.get("iban"):
        account = cards.by_iban(iban)
        return ("", account) if account else ("Your IBAN is none of the test accounts listed below.", None)
    card = cards.by_number(form.get("card_number", ""))
    if card is None:
        return "Your card number is not a test card. This test server takes the cards listed below.", None
    return "", card


def _form(session: Record, form: dict[str, str], problem: str = "", status: int = 200) -> Response:
    return _page(
        "checkout.html",
        status,
        session=session,
        form=form,
        problem=problem,
        total=total(session),
        currency=session["items"][0]["price"]["currency"],
        cards=cards.CARDS.values(),
        accounts=cards.ACCOUNTS.values() if "sepa_debit" in (session.get("methods") or []) else (),
    )


def _portal(world: World, request: Request, identifier: str) -> Response:
    with world.working():
        portal = world.find("billing_portal.session", identifier)
        customer = world.find("customer", portal["customer"])
        if request.method == "POST":
            _portal_action(world, customer, request.form.get("subscription", ""), request.form.get("do", ""))
            return _to(request.path)
        subscriptions = world.store.each("subscription", customer=customer["id"])
        invoices = world.store.each("invoice", customer=customer["id"])[::-1][:12]
    return _page(
        "portal.html", portal=portal, customer=customer, subscriptions=subscriptions, invoices=invoices, day=day
    )


def _portal_action(world: World, customer: Record, identifier: str, action: str) -> None:
    subscription = world.find("subscription", identifier)
    if subscription["customer"] != customer["id"] or subscription["status"] in billing.ENDED:
        return
    updated = "customer.subscription.updated"
    if action == "now":
        billing.end(world, subscription, "cancellation_requested")
    elif action in ("period_end", "keep"):
        wanted = action == "period_end"
        fields = billing.at_period_end(world, subscription, wanted)
        world.change("subscription", subscription, updated, **fields)


def _login(world: World, request: Request) -> Response:
    email = request.form.get("email", "").strip()
    links = []
    if request.method == "POST" and email:
        with world.working():
            for customer in world.store.each("customer", email=email):
                if not customer.get("deleted"):
                    portal = world.add("billing_portal.session", {"customer": customer["id"]})
                    links.append(f"/p/session/{portal['id']}")
    return _page("login.html", email=email, links=links)


def _invoice(world: World, identifier: str) -> Response:
    with world.lock:
        invoice = world.find("invoice", identifier)
    return _page("invoice.html", invoice=invoice, day=day)


def day(instant: int | None) -> str:
    """`2026-11-23`, or a dash."""
    return datetime.fromtimestamp(instant, UTC).date().isoformat() if instant else "-"
