"""RULES 7: deferred revenue of what the test server books: it closes every month, to the cent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from tests.line.conftest import House
from tracker import flow
from tracker.core.deferred import Row
from tracker.db import db
from tracker.projections.finance import deferred
from tracker.projections.finance.cut import cut

KYIV = ZoneInfo("Europe/Kyiv")


def month(house: House, name: str, now: datetime | None = None) -> dict[str, tuple[str, ...]]:
    """The file's rows by currency and product: opening, billed, recognised, refunded, closing."""
    found = deferred.rows(cut(name, KYIV, now or house.now()))
    return {f"{row[0]} {row[1]}": tuple(row[2:]) for row in found}


def later(house: House, **span: Any) -> None:
    house.sandbox.clock.advance(**span)
    flow.minute(house.line)


def test_a_month_paid_for_is_earned_by_day_and_the_rest_on_its_last(house: House) -> None:
    house.connect()
    house.join("ada@example.org")  # 3 November to 3 December: 30 days at 0.16, the last at 0.36
    later(house, days=35)
    assert month(house, "2026-11") == {"EUR prod_member": ("0.00", "5.00", "4.48", "0.00", "0.52")}
    assert month(house, "2026-12")["EUR prod_member"][:2] == ("0.52", "5.00")


def say(house: House, product: str, **metadata: str) -> None:
    house.client.v1.products.update(product, {"metadata": metadata})


def test_a_part_refund_clears_what_is_undelivered_and_one_after_the_end_is_negative_revenue(house: House) -> None:
    house.connect()
    house.join("ada@example.org", "price_yearly")
    gone = house.join("bo@example.org")
    later(house, days=40)  # 13 December
    house.refund(gone, 200)  # of the second month: 10 of its 31 days are over
    paid = house.client.v1.invoices.list({"subscription": gone, "expand": ["data.payments"]}).data[-1]
    house.client.v1.refunds.create({"payment_intent": paid.payments.data[0].payment.payment_intent, "amount": 300})
    later(house, hours=1)
    house.cancel(gone)
    later(house, days=30)
    december = month(house, "2026-12")["EUR prod_member"]
    earned = 28 * 13 + 31 * 13  # the year, 0.13 a day in 2026
    year_left = 5000 - earned
    # bo: 0.52 left of November; 5.00 - 2.00 of the second, ended on the 13th; 3.00 of the first after its end
    assert december == (
        f"{(5000 - 28 * 13 + 52) / 100:.2f}",
        "5.00",
        f"{(31 * 13 + 52 + 500 - 200 - 300) / 100:.2f}",
        "5.00",
        f"{year_left / 100:.2f}",
    )


def test_cancelled_now_without_a_refund_the_rest_is_earned_that_day(house: House) -> None:
    house.connect()
    subscription = house.join("ada@example.org", "price_yearly")
    later(house, days=4)
    house.cancel(subscription)
    later(house, days=30)
    assert month(house, "2026-11") == {"EUR prod_member": ("0.00", "50.00", "50.00", "0.00", "0.00")}


def test_a_dispute_takes_what_is_deferred_and_gives_it_back_when_it_is_won(house: House) -> None:
    house.connect()
    house.join("ada@example.org", "price_yearly")
    later(house, days=20)
    charge = house.client.v1.charges.list().data[0].id
    (dispute,) = [house.sandbox.must("POST", "/_test/disputes", {"charge": charge})]
    later(house, days=10)
    november = month(house, "2026-11")["EUR prod_member"]
    assert november == ("0.00", "50.00", "0.00", "50.00", "0.00")
    house.sandbox.must("POST", f"/_test/disputes/{dispute['id']}", {"status": "won"})
    later(house, days=30)
    december = month(house, "2026-12")["EUR prod_member"]
    left = 5000 - 59 * 13  # as if it had never been disputed
    assert december == ("0.00", "0.00", f"{59 * 13 / 100:.2f}", "-50.00", f"{left / 100:.2f}")


def test_an_upgrade_gives_the_unused_days_back_and_the_two_lines_add_up_to_the_charge(house: House) -> None:
    house.connect()
    subscription = house.join("ada@example.org")
    later(house, days=15)
    item = house.client.v1.subscriptions.retrieve(subscription)["items"].data[0].id
    house.client.v1.subscriptions.update(subscription, {"items": [{"id": item, "price": "price_yearly"}]})
    later(house, hours=2)
    assert house.scalar("SELECT sum(amount_minor) FROM entry WHERE reporting_category = 'charge'") == 5250
    later(house, days=14)
    opening, billed, recognised, refunded, closing = month(house, "2026-11")["EUR prod_member"]
    assert (opening, billed, refunded) == ("0.00", "52.50", "0.00")
    # 15 days at 0.16; the 13 that follow: 0.16 - 0.16 + 0.13
    assert recognised == f"{(15 * 16 + 13 * 13) / 100:.2f}" and closing == f"{(5250 - 240 - 169) / 100:.2f}"


def test_donations_and_contributions_are_earned_at_receipt_and_a_percentage_in_part(house: House) -> None:
    house.connect()
    say(house, "prod_member", revenue="50%")
    house.join("ada@example.org")
    later(house, days=3)
    assert month(house, "2026-11")["EUR prod_member"] == (
        "0.00",
        "5.00",
        f"{(250 + 4 * 8) / 100:.2f}",
        "0.00",
        "2.18",
    )
    say(house, "prod_member", revenue="contribution")
    later(house, hours=1)
    assert month(house, "2026-11")["EUR prod_member"] == ("0.00", "5.00", "5.00", "0.00", "0.00")


def buy(house: House, price: str, email: str = "ada@example.org", customer: str | None = None) -> str:
    """Somebody buys something once; answers the customer."""
    wish: Any = {
        "mode": "payment",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": "http://news.example/thanks",
        "cancel_url": "http://news.example/join",
        **({"customer": customer} if customer else {"customer_creation": "always"}),
    }
    session = house.client.v1.checkout.sessions.create(wish)
    house.pay(str(session.id), email)
    return str(house.client.v1.checkout.sessions.retrieve(session.id).customer)


def offer(house: House, product: str, amount: int, currency: str = "eur", **more: Any) -> str:
    """A product with one price; answers the price's id."""
    house.client.v1.products.create({"id": product, "name": product, "metadata": more.pop("metadata", {})})
    wish: Any = {"product": product, "unit_amount": amount, "currency": currency, **more}
    return str(house.client.v1.prices.create(wish).id)


def test_a_term_bought_once_is_spread_over_its_months_and_the_next_waits_for_its_end(house: House) -> None:
    half = offer(house, "prod_half", 3000, metadata={"membership_months": "6"})
    gift = offer(house, "prod_gift", 2000)
    house.connect()
    ada = buy(house, half)  # 3 November to 3 May: 181 days at 0.16
    later(house, days=2)
    buy(house, half, customer=ada)  # from 3 May on
    buy(house, gift, customer=ada)
    later(house, days=30)
    found = month(house, "2026-11")
    assert found["EUR prod_half"] == (
        "0.00",
        "60.00",
        f"{28 * 16 / 100:.2f}",
        "0.00",
        f"{(6000 - 28 * 16) / 100:.2f}",
    )
    assert found["EUR prod_gift"] == ("0.00", "20.00", "20.00", "0.00", "0.00")


def test_currencies_stand_apart_each_with_its_own_digits(house: House) -> None:
    world = house.sandbox.world
    world.settings = replace(world.settings, also_settles=("jpy", "kwd"))
    yen = offer(house, "prod_yen", 900, "jpy", recurring={"interval": "month"})
    dinar = offer(house, "prod_dinar", 1500, "kwd", recurring={"interval": "month"})
    house.connect()
    house.join("ada@example.org", yen)
    house.join("bo@example.org", dinar)
    later(house, days=30)
    assert month(house, "2026-11") == {
        "JPY prod_yen": ("0", "900", "840", "0", "60"),
        "KWD prod_dinar": ("0.000", "1.500", "1.400", "0.000", "0.100"),
    }


def alter(sql: str) -> None:
    db.session.execute(text(sql))
    db.session.commit()


def test_what_is_booked_late_catches_up_in_its_booked_month(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    later(house, days=20)
    alter("UPDATE entry SET booked_month = '2026-12'")
    january = datetime(2027, 1, 5, tzinfo=UTC)
    assert month(house, "2026-11", january) == {}
    assert month(house, "2026-12", january)["EUR prod_member"] == ("0.00", "5.00", "5.00", "0.00", "0.00")


def test_a_closed_month_hands_its_closing_on_and_what_was_learned_since_shows_in_the_next(house: House) -> None:
    house.connect()
    house.join("ada@example.org", "price_yearly")
    later(house, days=40)
    november = deferred.waterfall(cut("2026-11", KYIV, house.now()))
    frozen = {key: row.closing_minor for key, row in november.rows.items()}
    assert list(frozen.values()) == [5000 - 28 * 13]
    say(house, "prod_member", revenue="contribution")  # from now on all of it was earned at receipt
    later(house, hours=1)
    december = cut("2026-12", KYIV, house.now())
    found = deferred.waterfall(december, frozen)
    assert found.rows == {("EUR", "prod_member"): Row(5000 - 28 * 13, 0, 5000 - 28 * 13, 0, 0)}
    assert deferred.closes(found, december).is_green
    assert deferred.waterfall(december, {("EUR", "prod_old"): 7}).rows == {("EUR", "prod_old"): Row(7, 0, 7, 0, 0)}


def test_the_reader_s_tax_is_no_revenue(house: House) -> None:
    house.connect()
    subscription = house.join("ada@example.org")
    later(house, days=1)
    alter("UPDATE stripe_object SET fields = fields || '{\"tax_minor\": 83}' WHERE kind = 'invoice'")
    house.refund(subscription)
    later(house, minutes=5)
    alter("UPDATE stripe_object SET fields = fields || '{\"tax_minor\": 83}' WHERE kind = 'invoice'")
    assert month(house, "2026-11")["EUR prod_member"] == ("0.00", "4.17", "0.00", "4.17", "0.00")


def test_a_charge_that_leads_to_no_product_is_said_and_a_missing_row_is_red(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    later(house, days=1)
    november = cut("2026-11", KYIV, house.now())
    assert [(one.name, one.is_green) for one in deferred.checks(november)] == [
        ("waterfall_closes", True),
        ("revenue_unsaid", True),
    ]
    found = deferred.waterfall(november)
    alter("UPDATE entry SET amount_minor = amount_minor + 1")
    closes = deferred.closes(found, november)
    assert not closes.is_green and closes.values == {"wrong": "EUR"} and closes.cure
    alter("DELETE FROM stripe_object WHERE kind = 'invoice_payment'")
    closes = deferred.closes(deferred.waterfall(november), november)
    assert closes.is_green and closes.values == {"unknown": "5.01 EUR"}


def test_a_word_that_is_none_is_red_and_silence_is_named(house: House) -> None:
    house.connect()
    _, silent = deferred.checks(cut("2026-11", KYIV, house.now()))
    assert silent.is_green and silent.values == {"products": "prod_member"}
    say(house, "prod_member", revenue="excahnge")
    later(house, hours=1)
    _, wrong = deferred.checks(cut("2026-11", KYIV, house.now()))
    assert not wrong.is_green and "prod_member (“excahnge”)" in wrong.text % wrong.values


def test_an_invoice_paid_in_parts_is_billed_part_by_part(house: House) -> None:
    house.connect()
    house.client.v1.customers.create({"email": "ada@example.org", "payment_method": "pm_card_visa"})
    customer = house.client.v1.customers.list().data[0].id
    made = house.client.v1.subscriptions.create(
        {
            "customer": customer,
            "items": [{"price": "price_monthly"}],
            "collection_method": "send_invoice",
            "days_until_due": 30,
        }
    )
    invoice = str(made.latest_invoice)
    house.sandbox.clock.advance(hours=2)
    part: dict[str, Any] = {"amount": 200, "payment_method": "pm_card_visa"}
    house.sandbox.must("POST", f"/_test/invoices/{invoice}/part", part)
    later(house, days=10)
    assert month(house, "2026-11")["EUR prod_member"][1:3] == ("2.00", f"{6 * 11 / 100:.2f}")
    house.client.v1.invoices.pay(invoice)
    later(house, hours=1)
    # the second part catches up: 0.10 a day since the 3rd
    assert month(house, "2026-11")["EUR prod_member"][1:3] == ("5.00", f"{(6 + 10) * 11 / 100:.2f}")
