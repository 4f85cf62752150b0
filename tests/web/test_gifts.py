"""Gifts on the join page over real HTTP: offered beside the plans, paid through Checkout, never a membership."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import reader_site
import requests
from reader_site import ARTICLE, Site
from test_join import checkout_session, headline, hidden, session_of

from tracker.core.campaign import Plan
from tracker.core.gifts import Gifts
from tracker.db import db
from tracker.intake import gift_notes
from tracker.intake.stripe.gateway import Gateway
from tracker.web.limits import limiter

FORM_ID = "form-id-of-one-showing"
GIFTS = Gifts(
    product="prod_gift",
    amounts={"EUR": (500, 1000, 2500), "JPY": (500, 1000), "KWD": (1500, 3000)},
    limits={"EUR": (100, 500_000), "JPY": (100, 1_000_000), "KWD": (1000, 900_000)},
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with reader_site.running(tmp_path_factory.mktemp("gifts")) as found:
        found.keep(reader_site.year_end(donation_products=("prod_gift",), gifts=GIFTS))
        found.is_whole()
        yield found


@pytest.fixture
def site(running: Site) -> Site:
    with running.app.app_context():
        limiter.reset()
    return running


def give(site: Site, **fields: str) -> requests.Response:
    """Send the gift's form as a browser without script does."""
    return site.send("/join/year-end", **{"amount": "10", "currency": "EUR", "interval": "once", **fields})


def pledge_of(site: Site, checkout_url: str) -> Any:
    (row,) = site.rows(
        "SELECT state, price, amount_minor, currency, interval, note FROM pledge"
        f" WHERE session_id = '{session_of(checkout_url)}'"
    )
    return row


def stripe_items(site: Site, checkout_url: str) -> Any:
    gateway = Gateway(site.sandbox.api_key, site.sandbox.url)
    (item,), _ = gateway.page(f"/v1/checkout/sessions/{session_of(checkout_url)}/line_items", {})
    return item


def said_at(page: str, field: str) -> str:
    """The words that stand beside a field, which its `aria-describedby` leads to."""
    found = re.search(rf'id="{field}-wrong" role="alert">([^<]+)<', page)
    assert found and re.search(rf'aria-describedby="[^"]*{field}-wrong', page)
    return unescape(found[1])


def test_gifts_stand_beside_the_plans_folded_away_and_none_where_the_campaign_takes_none(site: Site) -> None:
    page = site.get("/join/year-end").text
    assert '<details class="gift">' in page and 'value="price_monthly" required checked' in page
    assert re.findall(r'name="amount" value="([\d.]+)"( checked)?><span>([^<]+)', page) == [
        ("5", "", "€5"),
        ("10", " checked", "€10"),
        ("25", "", "€25"),
    ]
    assert "From €1 to €5,000." in page and "does not make you a member" in page
    site.keep(reader_site.year_end(slug="plain", name="No gifts"))
    assert "gift" not in site.get("/join/plain").text


def test_a_gift_given_once_is_a_payment_of_the_donation_product_with_the_pledge_on_it(site: Site) -> None:
    answer = give(site, amount="25", article=ARTICLE, note="For the river story.\r\nThank you")
    where = answer.headers["Location"]
    assert pledge_of(site, where) == ("open", None, 2500, "EUR", "once", "For the river story.\nThank you")
    session, item = checkout_session(site, session_of(where)), stripe_items(site, where)
    assert (session["mode"], session["amount_total"], session["submit_type"]) == ("payment", 2500, "donate")
    assert session["customer_creation"] == "always" and session["metadata"]["campaign"] == "year-end"
    assert item["price"]["product"] == "prod_gift" and item["price"]["recurring"] is None
    assert "river story" not in str(session), "what a reader writes to the newsroom stays with the newsroom"


def test_a_monthly_gift_is_a_subscription_of_the_donation_product(site: Site) -> None:
    answer = give(site, interval="month", other="7,50")
    session, item = (one(site, session_of(answer.headers["Location"])) for one in (checkout_session, stripe_items))
    assert (session["mode"], session["amount_total"], session["submit_type"]) == ("subscription", 750, None)
    assert item["price"]["recurring"]["interval"] == "month" and item["price"]["product"] == "prod_gift"


def test_the_whole_way_of_a_gift_moves_no_count_and_thanks_for_what_it_is(site: Site) -> None:
    opened = give(site, article=ARTICLE, interval="month")
    back = site.pay(opened.headers["Location"]).headers["Location"].removeprefix(site.url)
    waiting = site.get(back)
    assert headline(waiting) == "Your payment is being confirmed" and "counted" not in waiting.text
    before = site.rows("SELECT count(*) FROM stretch")
    site.settle()
    thanks = site.get(back)
    assert headline(thanks) == "Thank you for your gift." and "repeats by itself" in thanks.text
    assert f'href="{ARTICLE}"' in thanks.text and "counted" not in thanks.text
    assert site.rows("SELECT count(*) FROM stretch") == before
    assert pledge_of(site, opened.headers["Location"])[0] == "fulfilled"


def test_a_gift_once_says_nothing_of_repeating(site: Site) -> None:
    opened = give(site)
    back = site.pay(opened.headers["Location"]).headers["Location"].removeprefix(site.url)
    site.settle()
    thanks = site.get(back)
    assert headline(thanks) == "Thank you for your gift." and "repeats" not in thanks.text


def test_a_second_click_is_one_gift_and_any_other_choice_is_another(site: Site) -> None:
    first = give(site, form_id=FORM_ID).headers["Location"]
    assert give(site, form_id=FORM_ID).headers["Location"] == first
    changes = [
        {"amount": "5"},
        {"other": "11"},
        {"interval": "year"},
        {"note": "x"},
        {"currency": "JPY", "amount": "500"},
    ]
    others = [give(site, form_id=FORM_ID, **change).headers["Location"] for change in changes]
    assert len({first, *others}) == 6


@pytest.mark.parametrize(
    ("fields", "minor"),
    [
        ({"other": "12,50"}, 1250),
        ({"other": "1,250.00"}, 125_000),
        ({"amount": "7.5"}, 750),
        ({"amount": "5", "other": "€40"}, 4000),
        ({"currency": "JPY", "amount": "", "other": "1,500"}, 1500),
        ({"currency": "kwd", "amount": "1.500"}, 1500),
        ({"lang": "uk", "other": "1 250,5"}, 125_050),
    ],
    ids=str,
)
def test_an_amount_is_read_as_the_reader_writes_it(site: Site, fields: dict[str, str], minor: int) -> None:
    answer = give(site, **fields)
    assert answer.status_code == 303, answer.text
    assert pledge_of(site, answer.headers["Location"])[2] == minor


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"other": "ten"}, "amount", "does not read as an amount: write one such as €25"),
        ({"amount": ""}, "amount", "Choose an amount, or write one."),
        ({"other": "0.99"}, "amount", "smallest gift that can be paid here is €1"),
        ({"other": "5000.01"}, "amount", "largest gift that can be paid here is €5,000"),
        ({"other": "-5"}, "amount", "does not read as an amount"),
        ({"other": "9" * 39}, "amount", "does not read as an amount"),
        ({"other": "10.505"}, "amount", "finer than can be paid in EUR"),
        ({"currency": "JPY", "other": "10.5"}, "amount", "finer than can be paid in JPY"),
        ({"currency": "KWD", "other": "2.505"}, "amount", "finer than can be paid in KWD"),
        ({"currency": "USD"}, "amount", "not taken in this currency"),
        ({"currency": ""}, "amount", "not taken in this currency"),
        ({"interval": "week"}, "interval", "how often"),
        ({"interval": ""}, "interval", "how often"),
        ({"note": "x" * 301}, "note", "longer than 300 characters"),
        ({"email": "ada@"}, "gift-email", "does not look like an e-mail address"),
    ],
    ids=str,
)
def test_what_cannot_be_given_is_said_beside_its_field_and_leaves_no_pledge(
    site: Site, fields: dict[str, str], field: str, words: str
) -> None:
    before = site.rows("SELECT count(*) FROM pledge")
    answer = give(site, **fields)
    assert answer.status_code == 400 and words in said_at(answer.text, field)
    assert '<details class="gift" open>' in answer.text, "what is to be mended is in sight"
    assert site.rows("SELECT count(*) FROM pledge") == before


def test_what_was_typed_is_still_there_when_something_is_to_be_mended(site: Site) -> None:
    page = give(site, other="0.10", interval="year", note="Keep <this>", email="ada@example.org").text
    assert 'value="0.10"' in page and "Keep &lt;this&gt;" in page and 'value="ada@example.org"' in page
    assert re.search(r'value="year" required checked', page)


@pytest.mark.parametrize("price", ["1", "0", "999999"])
def test_a_price_from_a_form_is_never_believed(site: Site, price: str) -> None:
    answer = site.send("/join/year-end", plan="price_yearly", amount=price, currency="EUR", interval="month")
    assert checkout_session(site, session_of(answer.headers["Location"]))["amount_total"] == 4800


def test_a_campaign_that_takes_no_gifts_takes_none_by_a_form_either(site: Site) -> None:
    site.keep(reader_site.year_end(slug="plain", name="No gifts", donation_products=("prod_gift",)))
    answer = site.send("/join/plain", amount="10", currency="EUR", interval="once")
    assert answer.status_code == 400 and "Choose one of the memberships" in answer.text


def test_a_gift_in_a_currency_that_only_plans_have_is_refused_in_sight(site: Site) -> None:
    price = {"id": "price_dollars", "product": "prod_member", "currency": "usd", "unit_amount": 500}
    make(site, "prices", **price, **{"recurring[interval]": "month"})
    plans = (Plan("price_dollars", {"en": "Monthly"}),)
    site.keep(reader_site.year_end(slug="usd", name="Dollars", plans=plans, gifts=GIFTS))
    answer = site.send("/join/usd", amount="10", currency="USD", interval="once")
    assert answer.status_code == 400 and "not taken in this currency" in said_at(answer.text, "plan")


def test_whoever_leaves_checkout_finds_the_gift_again_but_not_the_note(site: Site) -> None:
    opened = give(site, other="12.50", interval="month", note="secret words", email="ada@example.org")
    cancel = checkout_session(site, session_of(opened.headers["Location"]))["cancel_url"]
    page = site.get(cancel.removeprefix(site.url)).text
    assert '<details class="gift" open>' in page and 'name="other"' in page and 'value="12.50"' in page
    assert re.search(r'value="month" required checked', page) and "Nothing was charged." in page
    assert "secret words" not in page and "ada@example.org" not in page


def test_a_gift_that_ran_out_of_time_leads_back_to_its_choice_and_its_note_is_gone(site: Site) -> None:
    session = session_of(give(site, amount="25", note="unsent").headers["Location"])
    gateway = Gateway(site.sandbox.api_key, site.sandbox.url)
    gateway.post(f"/v1/checkout/sessions/{session}/expire", {}, "e" + session)
    site.settle()
    page = site.get(f"/join/year-end/thanks?session_id={session}")
    assert headline(page) == "Nothing was paid"
    again = re.search(r'class="button" href="([^"]+)">Back to your choice', page.text)
    assert again and re.search(r'value="25" checked', site.get(unescape(again[1])).text)
    assert site.rows(f"SELECT state, note FROM pledge WHERE session_id = '{session}'") == [("expired", None)]


def test_what_a_person_wrote_can_be_erased_and_the_pledge_stays(site: Site) -> None:
    opened = give(site, note="my words")
    site.pay(opened.headers["Location"], email="erase@example.org")
    site.settle()
    customer = checkout_session(site, session_of(opened.headers["Location"]))["customer"]
    with site.app.app_context():
        assert gift_notes.forget_of(db.session(), [customer]) == 1
        db.session.commit()
    assert pledge_of(site, opened.headers["Location"]) == ("fulfilled", None, 1000, "EUR", "once", None)


def test_while_stripe_is_away_the_gift_is_kept_and_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = site.app.extensions["line"]
    away = type(line)(line.settings, Gateway(site.sandbox.api_key, "http://127.0.0.1:9"), line.clock)
    with monkeypatch.context() as while_away:
        while_away.setitem(site.app.extensions, "line", away)
        answer = give(site, form_id="form-while-stripe-is-away", other="33.30", note="kept")
    assert answer.status_code == 503
    retried = site.send("/join/year-end", **hidden(answer.text))
    assert pledge_of(site, retried.headers["Location"])[2:] == (3330, "EUR", "once", "kept")


def test_another_currency_is_one_link_away_and_shows_what_is_offered_in_it(site: Site) -> None:
    page = site.get(f"/join/year-end?article={ARTICLE}").text
    links = dict(re.findall(r'<li><a href="([^"]+)">(JPY|KWD)</a>', page))
    (yen,) = (unescape(href) for href, code in links.items() if code == "JPY")
    shown = site.get(yen).text
    assert "¥500" in shown and "From ¥100 to ¥1,000,000." in shown and "price_monthly" not in shown
    assert hidden(shown)["article"] == ARTICLE and hidden(shown)["currency"] == "JPY"
    assert re.search(r'href="[^"]*currency=EUR[^"]*">EUR', shown)


def test_plans_in_several_currencies_are_offered_one_currency_at_a_time_the_campaigns_first(site: Site) -> None:
    price = {"id": "price_uah", "product": "prod_member", "currency": "uah", "unit_amount": 20_000}
    make(site, "prices", **price, **{"recurring[interval]": "month"})
    plans = (*reader_site.year_end().plans, Plan("price_uah", {"en": "Monthly"}))
    site.keep(reader_site.year_end(slug="two", name="Two", plans=plans))
    amounts = r'plan-amount">([^<]+)<'
    assert re.findall(amounts, site.get("/join/two").text) == ["€5", "€48"]
    assert re.findall(amounts, site.get("/join/two?currency=uah").text) == ["UAH\N{NO-BREAK SPACE}200"]
    assert re.findall(amounts, site.get("/join/two?currency=SEK").text) == ["€5", "€48"]
    opened = site.send("/join/two", plan="price_uah")
    assert checkout_session(site, session_of(opened.headers["Location"]))["currency"] == "uah"


def make(site: Site, what: str, **fields: Any) -> None:
    ask = {"Authorization": f"Bearer {site.sandbox.api_key}"}
    requests.post(f"{site.sandbox.url}/v1/{what}", fields, headers=ask, timeout=5).raise_for_status()
    site.settle()


def test_a_membership_bought_once_is_a_plan_where_its_product_says_for_how_long(site: Site) -> None:
    make(site, "products", id="prod_year", name="A year", **{"metadata[membership_months]": "12"})
    make(site, "prices", id="price_once", product="prod_year", currency="eur", unit_amount=5000)
    make(site, "prices", id="price_vague", product="prod_gift", currency="eur", unit_amount=5000)
    make(
        site,
        "prices",
        id="price_quarter",
        product="prod_member",
        currency="eur",
        unit_amount=1400,
        **{"recurring[interval]": "month", "recurring[interval_count]": "3"},
    )
    names = {"en": "A"}
    plans = tuple(Plan(price, names) for price in ("price_once", "price_vague", "price_quarter"))
    site.keep(reader_site.year_end(slug="once", name="Once", plans=plans, products=("prod_member", "prod_year")))
    page = site.get("/join/once").text
    assert re.findall(r'plan-each">([^<]+)<', page) == ["once, for 12 months", "every 3 months"]
    opened = site.send("/join/once", plan="price_once")
    session = checkout_session(site, session_of(opened.headers["Location"]))
    assert session["mode"] == "payment" and session["submit_type"] is None and session["amount_total"] == 5000
    back = site.pay(opened.headers["Location"]).headers["Location"].removeprefix(site.url)
    site.settle()
    site.settle()
    assert headline(site.get(back)) == "You are in. Thank you."
