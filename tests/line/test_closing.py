"""RULES 7: a closed month is the same bytes for ever, and what comes late lands in a later month, once."""

import csv
import hashlib
import io
import json
import zlib
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.line.conftest import House, year_end
from tracker import flow
from tracker.core import facts
from tracker.core.money import decimal_text
from tracker.db import db
from tracker.ledger import books, campaigns, months
from tracker.projections import books as totals
from tracker.projections.finance import checks, closing, files, manifest, outgoing
from tracker.projections.finance.closing import RefusedError
from tracker.projections.finance.cut import UnknownMonthError, cut


@pytest.fixture
def over(house: House) -> House:
    """November is over: two joined, one asked for the money back, and Stripe's lists were read in December."""
    house.connect()
    house.refund(house.join("ada@example.org"), 200)
    house.join("bo@example.org")
    to_the_night_of(house, days=30)
    return house


def to_the_night_of(house: House, *, days: int) -> None:
    house.sandbox.clock.advance(days=days)
    flow.sync(house.line, full=False)
    flow.minute(house.line)


def close(house: House, month: str = "2026-11") -> months.Version:
    return closing.close(month, house.line.settings.zone, "fin@paper.example", house.now())


def reopen(house: House, month: str = "2026-11", reason: str = "the wrong products") -> months.Version:
    return closing.reopen(month, house.line.settings.zone, "admin@paper.example", reason, house.now())


def forget_balances() -> None:
    """No reading of Stripe's balance: it does not know the bookings that a test makes by itself."""
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    db.session.execute(text("DELETE FROM balance"))
    db.session.commit()


def taken(house: House, month: str = "2026-11", version: int | None = None) -> dict[str, bytes]:
    """Every file of the month and its manifest, as an export writes them."""
    asked = cut(month, house.line.settings.zone, house.now())
    with outgoing.month_files(asked, version) as (_, found):
        return {name: b"".join(pieces) for name, pieces in found}


def entries_of(house: House, month: str) -> dict[str, dict[str, str]]:
    written = taken(house, month)["transactions.csv"].decode()
    rows = csv.DictReader(io.StringIO(written, newline=""))
    return {row["balance_transaction_id"]: row for row in rows}


def all_entries(house: House) -> dict[str, dict[str, str]]:
    """Of every month's file together; no entry stands in two."""
    found: dict[str, dict[str, str]] = {}
    for month in house.scalar("SELECT array_agg(DISTINCT booked_month) FROM entry"):
        rows = entries_of(house, month)
        assert not set(rows) & set(found)
        found |= rows
    return found


def in_the_ledger(house: House) -> set[str]:
    return set(house.scalar("SELECT array_agg(id) FROM entry"))


def booking(name: str, created: str = "2026-11-10T10:00:00+00:00") -> facts.Entry:
    """A correction of one euro that Stripe made at that instant."""
    at = datetime.fromisoformat(created)
    return facts.Entry(
        name, "adjustment", "other_adjustment", "eur", 100, 0, 100, at, at, "available", None, None, ""
    )


def store(house: House, *bookings: facts.Entry) -> None:
    books.add_entries(db.session(), bookings, house.line.settings.zone, house.now())
    db.session.commit()


def listed_late(house: House, name: str) -> None:
    """Stripe lists a November booking that it had not listed before."""
    world = house.sandbox.world
    record = world.find("balance_transaction", house.scalar("SELECT min(id) FROM entry WHERE type = 'charge'"))
    with world.working():
        world.store.put("balance_transaction", {**record, "id": name})
    flow.sync(house.line, full=False)


def ask_back(house: House) -> None:
    """A euro of each November charge goes back."""
    for charge in house.scalar(
        "SELECT array_agg(source_id) FROM entry WHERE booked_month = '2026-11' AND type = 'charge'"
    ):
        house.client.v1.refunds.create({"charge": charge, "amount": 100})


def red(house: House, month: str = "2026-11") -> list[str]:
    """The names of the checks that hold the month up."""
    with pytest.raises(RefusedError) as refused:
        close(house, month)
    assert all(one.cure for one in refused.value.red)
    return [one.name for one in refused.value.red]


def test_a_closed_month_tells_who_closed_it_when_and_by_which_rules(over: House) -> None:
    before = taken(over)
    version = close(over)
    told = json.loads(taken(over)["manifest.json"])
    assert (version.version, version.closed_by) == (1, "fin@paper.example")
    assert (told["state"], told["version"], told["closed_by"]) == ("closed", 1, "fin@paper.example")
    assert told["closed_at"] == f"{version.closed_at:%Y-%m-%dT%H:%M:%SZ}" and told["rules_version"]
    assert told["inputs"]["zone"] == "Europe/Kyiv"
    assert told["inputs"]["campaigns"][0]["products"] == ["prod_member"]
    assert told["inputs"]["products"][0]["id"] == "prod_member"
    assert all(one["green"] for one in told["checks"])
    for one in told["files"]:
        written = taken(over)[one["name"]]
        assert written == before[one["name"]]
        assert one["sha256"] == hashlib.sha256(written).hexdigest() and one["length"] == len(written)
        assert one["rows"] == written.count(b"\r\n") - 1
    assert json.loads(before["manifest.json"])["files"] == told["files"]


def test_the_manifest_adds_up_to_the_ledger(over: House) -> None:
    close(over)
    sums = json.loads(taken(over)["manifest.json"])["files"][0]["sums"]["EUR"]
    for column, name in (("gross", "amount"), ("fee", "fee"), ("net", "net")):
        minor = over.scalar(f"SELECT sum({name}_minor) FROM entry WHERE booked_month = '2026-11'")
        assert sums[column] == decimal_text(minor, "EUR")


def test_a_closed_month_is_the_same_bytes_whatever_comes_after(over: House) -> None:
    """Thousands of bookings, a refund, a late entry, other products, another zone, a rebuild."""
    close(over)
    frozen = taken(over)
    subscription = over.scalar("SELECT min(id) FROM stripe_object WHERE kind = 'subscription'")
    ask_back(over)
    over.cancel(subscription)
    listed_late(over, "txn_late")
    over.client.v1.products.update("prod_member", {"metadata": {"revenue": "contribution"}, "name": "Other"})
    campaigns.put(db.session(), year_end(products=("prod_other",), donation_products=("prod_member",)))
    db.session.commit()
    to_the_night_of(over, days=2)
    flow.rebuild(over.line)
    store(over, *(booking(f"txn_many{n}", f"2026-1{1 + n % 2}-0{1 + n % 9}T10:00:00Z") for n in range(10_000)))
    assert taken(over) == frozen
    changed = over.line.settings.model_copy(update={"timezone": "Pacific/Auckland"})
    over.app.extensions["line"] = flow.Line(changed, over.line.gateway, over.line.clock)
    assert taken(over) == frozen
    assert (
        b"".join(files.pieces(files.FILES[0], cut("2026-11", changed.zone, over.now())))
        == (frozen["transactions.csv"])
    )
    assert set(all_entries(over)) == in_the_ledger(over)


def test_what_comes_late_is_in_the_running_month_and_says_so(over: House) -> None:
    close(over)
    listed_late(over, "txn_late")
    row = entries_of(over, "2026-12")["txn_late"]
    assert (row["prior_period"], row["created_utc"][:7]) == ("yes", "2026-11")
    assert {row["prior_period"] for row in entries_of(over, "2026-11").values()} == {"no"}
    assert "txn_late" not in entries_of(over, "2026-11")


def test_a_refund_after_the_closing_is_of_its_own_month_and_names_the_charge_s(over: House) -> None:
    close(over)
    ask_back(over)
    to_the_night_of(over, days=0)
    back = [row for row in entries_of(over, "2026-12").values() if row["reporting_category"] == "refund"]
    told = [(row["original_month"], row["prior_period"], row["gross"]) for row in back]
    assert told == [("2026-11", "no", "-1.00")] * 2


def test_what_is_older_than_the_first_closed_month_is_late_too(over: House) -> None:
    """Its opening balances are frozen: nothing may come before them any more."""
    close(over)
    store(over, booking("txn_old", "2026-06-30T20:59:59+00:00"))
    assert entries_of(over, "2026-12")["txn_old"]["prior_period"] == "yes"
    store(over, booking("txn_new", "2026-12-01T10:00:00+00:00"))
    assert entries_of(over, "2026-12")["txn_new"]["prior_period"] == "no"


def test_an_entry_of_a_closed_month_that_went_missing_here_comes_back_to_where_it_was(over: House) -> None:
    close(over)
    listed_late(over, "txn_late")
    over.sandbox.clock.advance(days=30)
    to_the_night_of(over, days=1)
    close(over, "2026-12")
    before, frozen = all_entries(over), (taken(over), taken(over, "2026-12"))
    db.session.execute(text("DELETE FROM entry"))
    db.session.commit()
    flow.sync(over.line, full=True)
    assert all_entries(over) == before and in_the_ledger(over) == set(before)
    assert over.scalar("SELECT booked_month FROM entry WHERE id = 'txn_late'") == "2026-12"
    assert (taken(over), taken(over, "2026-12")) == frozen


def test_closing_twice_is_the_same(over: House) -> None:
    first, frozen = close(over), taken(over)
    over.sandbox.clock.advance(hours=5)
    assert close(over) == first and taken(over) == frozen
    assert over.scalar("SELECT count(*) FROM month_version") == 1


def test_a_month_reopened_is_open_and_its_closing_stays_beside_the_next(over: House) -> None:
    close(over)
    first = taken(over)
    listed_late(over, "txn_late")
    assert not reopen(over).stands
    assert json.loads(taken(over)["manifest.json"])["state"] == "open"
    store(over, booking("txn_more"))
    forget_balances()
    assert {*entries_of(over, "2026-11")} >= {"txn_more"} and "txn_late" not in entries_of(over, "2026-11")
    assert "txn_late" in entries_of(over, "2026-12"), "what is booked stays where it was booked"
    assert close(over).version == 2
    second = taken(over)
    told = json.loads(second["manifest.json"])
    assert [(one["version"], one["reopened_by"], one["reason"]) for one in told["earlier_versions"]] == [
        (1, "admin@paper.example", "the wrong products")
    ]
    assert taken(over, version=1) == first and taken(over, version=2) == second != first


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines"])
def test_a_month_is_not_reopened_without_a_reason_in_a_line(over: House, reason: str) -> None:
    close(over)
    with pytest.raises(RefusedError, match="reason"):
        reopen(over, reason=reason)
    assert months.standing(db.session(), "2026-11")


def test_months_are_closed_in_their_order_and_reopened_in_the_reverse(over: House) -> None:
    close(over)
    over.sandbox.clock.advance(days=62)
    to_the_night_of(over, days=1)
    assert red(over, "2027-01") == ["in_order"]
    assert red(over, "2026-10") == ["in_order"]
    close(over, "2026-12")
    close(over, "2027-01")
    with pytest.raises(RefusedError, match="reopen 2027-01 first"):
        reopen(over)
    reopen(over, "2027-01")
    reopen(over, "2026-12")
    assert red(over, "2027-01") == ["in_order"]
    assert close(over, "2026-12").version == 2
    with pytest.raises(RefusedError, match="nothing to reopen"):
        reopen(over, "2027-01")


def test_a_month_that_runs_or_is_to_come_or_is_none_is_not_closed(over: House) -> None:
    assert red(over, "2026-12") == ["month_over", "all_heard", "compared"]
    for month, words in (("2027-01", "has not begun"), ("2026-13", "no month")):
        with pytest.raises(UnknownMonthError, match=words):
            close(over, month)


def test_a_half_read_account_is_not_closed(house: House) -> None:
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=30)
    assert red(house) == ["ledger_whole", "all_heard", "compared"]


def test_a_month_is_closed_only_after_stripe_s_lists_were_read_beyond_its_end(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    flow.sync(house.line, full=False)
    house.sandbox.clock.advance(days=30)
    assert red(house) == ["all_heard", "compared"]
    flow.minute(house.line)
    assert red(house) == ["compared"]
    flow.sync(house.line, full=False)
    assert close(house).version == 1


def test_what_stripe_tells_otherwise_holds_its_month_up_and_no_later_one(over: House) -> None:
    entry = over.scalar("SELECT min(id) FROM entry WHERE type = 'charge'")
    alarm = text("UPDATE entry SET alarm = :words WHERE id = :id")
    db.session.execute(alarm, {"words": "a later read differs", "id": entry})
    db.session.commit()
    assert red(over) == ["no_drift"]
    with pytest.raises(RefusedError) as refused:
        close(over)
    assert entry in manifest.worded(refused.value.red[0].text, refused.value.red[0].values)
    db.session.execute(alarm, {"words": None, "id": entry})
    db.session.commit()
    close(over)
    db.session.execute(alarm, {"words": "a later read differs", "id": entry})
    db.session.commit()
    over.sandbox.clock.advance(days=30)
    asked = cut("2026-12", over.line.settings.zone, over.now())
    assert [one.is_green for one in checks.every(asked) if one.name == "no_drift"] == [True]


def test_what_is_unsettled_and_may_be_of_the_month_holds_it_up(over: House) -> None:
    older = (
        "UPDATE stripe_object SET problem = :words WHERE id = (SELECT min(id) FROM stripe_object WHERE kind = :k)"
    )
    db.session.execute(text(older), {"words": "unknown status", "k": "invoice"})
    db.session.commit()
    assert red(over) == ["all_settled"]
    db.session.execute(text(older), {"words": None, "k": "invoice"})
    db.session.commit()
    over.join("cy@example.org")
    flow.minute(over.line)
    newer = "UPDATE stripe_object SET problem = 'unknown' WHERE fields ->> 'created_at' > '2026-12-01'"
    db.session.execute(text(newer))
    db.session.commit()
    assert over.progress().unsettled > 0 and close(over).version == 1


def test_a_refused_closing_leaves_nothing_behind(over: House) -> None:
    red(over, "2026-12")
    for table in ("month_version", "month_file", "month_part", "closed_entry"):
        assert over.scalar(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE month_part SET packed = '\\x00'",
        "DELETE FROM month_part",
        "UPDATE month_file SET rows = rows + 1",
        "DELETE FROM month_file",
        "DELETE FROM month_version",
        "UPDATE month_version SET closed_by = 'nobody'",
        "UPDATE month_version SET reopened_at = now(), reopened_by = 'x', reopened_reason = 'y', closed_by = 'z'",
        "UPDATE month_version SET reopened_at = now()",
    ],
)
def test_the_database_refuses_to_change_what_is_frozen(over: House, change: str) -> None:
    close(over)
    with pytest.raises(DBAPIError):
        db.session.execute(text(change))
    db.session.rollback()


def test_a_reopening_is_not_taken_back(over: House) -> None:
    close(over)
    reopen(over)
    for change in ("reopened_at = NULL, reopened_by = NULL, reopened_reason = NULL", "reopened_reason = 'other'"):
        with pytest.raises(DBAPIError, match="once"):
            db.session.execute(text(f"UPDATE month_version SET {change}"))
        db.session.rollback()


def test_a_frozen_file_that_was_damaged_is_never_handed_out_as_whole(over: House) -> None:
    close(over)
    with db.session.begin_nested():
        db.session.execute(text("ALTER TABLE month_part DISABLE TRIGGER written_once"))
        forged = zlib.compress(b"balance_transaction_id\r\n")
        db.session.execute(text("UPDATE month_part SET packed = :forged WHERE name LIKE 't%'"), {"forged": forged})
        db.session.execute(text("ALTER TABLE month_part ENABLE TRIGGER written_once"))
    db.session.commit()
    with pytest.raises(months.FrozenDamagedError, match="restore it from a backup"):
        taken(over)


def test_the_months_say_their_state(over: House) -> None:
    store(over, booking("txn_june", "2026-06-10T10:00:00+00:00"))
    forget_balances()
    states = lambda: {one.month: one.state for one in totals.months(over.line.settings.zone, over.now())}  # noqa: E731
    assert states() == {"2026-06": "open", "2026-11": "open", "2026-12": "running"}
    close(over)
    assert states() == {"2026-06": "carried", "2026-11": "closed", "2026-12": "running"}
    reopen(over)
    assert states() == {"2026-06": "open", "2026-11": "open", "2026-12": "running"}
