"""RULES 1: an offline record is told once by its reference, fulfilled, withdrawn, never changed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.facts import Offline
from tracker.core.offline import Told
from tracker.db import db
from tracker.intake import offline, offline_list

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
NOV_3 = date(2026, 11, 3)
ADA = Offline("R-1", "year-end", "ada", date(2026, 11, 1), date(2027, 10, 31), 5000, "EUR", NOV_3, "Yearly")
PROMISED = replace(ADA, paid_on=None)


def tell(session: Session, *facts: Offline, email: str = "", by: str = "eve@paper.example") -> offline.Judged:
    judged = offline.record(session, [Told(fact, email) for fact in facts], by, NOON, KYIV)
    session.commit()
    return judged


def stale(session: Session) -> dict[str, str]:
    rows = session.execute(text("DELETE FROM stale_person RETURNING person_id, reason")).all()
    return {row.person_id: row.reason for row in rows}


def email_of(session: Session, person: str) -> str | None:
    return session.scalar(text("SELECT email FROM contact WHERE customer_id = :id"), {"id": person})


def refused(session: Session, *facts: Offline) -> str:
    with pytest.raises(offline.OfflineError) as error:
        tell(session, *facts)
    session.rollback()
    return str(error.value)


def test_a_record_stands_as_told_with_who_and_when_and_its_person_is_stale(session: Session) -> None:
    assert len(tell(session, ADA).new) == 1
    assert offline.find(session, "R-1") == offline.Record(ADA, NOON, "eve@paper.example", None)
    assert stale(session) == {"ada": "Offline"}


def test_telling_the_same_again_changes_nothing(session: Session) -> None:
    tell(session, ADA)
    stale(session)
    again = tell(session, ADA, by="mallory@paper.example")
    assert (len(again.new), len(again.unchanged)) == (0, 1) and stale(session) == {}
    found = offline.find(session, "R-1")
    assert found is not None and found.recorded_by == "eve@paper.example"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (replace(ADA, amount_minor=6000), "“60.00”, while R-1 is recorded with “50.00”"),
        (replace(ADA, person_ref="bob"), "“bob”, while R-1 is recorded with “ada”"),
        (replace(ADA, campaign="spring"), "“spring”, while R-1 is recorded with “year-end”"),
        (replace(ADA, paid_on=None), "“”, while R-1 is recorded with “2026-11-03”"),
        (replace(ADA, plan=""), "“”, while R-1 is recorded with “Yearly”"),
    ],
)
def test_anything_else_under_a_known_reference_is_refused_with_the_cure(
    session: Session, other: Offline, words: str
) -> None:
    tell(session, ADA)
    said = refused(session, other, replace(ADA, reference="R-2"))
    assert words in said and "withdraw it first" in said
    assert offline.find(session, "R-2") is None


def test_two_who_tell_the_same_at_once_record_it_once(session: Session, ledger: Flask) -> None:
    offline.record(session, [Told(ADA, "")], "eve@paper.example", NOON, KYIV)
    second: list[offline.Judged] = []

    def tell_too() -> None:
        with ledger.app_context(), Session(db.engine) as other:
            second.append(offline.record(other, [Told(ADA, "")], "bob@paper.example", NOON, KYIV))
            other.commit()

    waiting = Thread(target=tell_too)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive() and not second
    session.commit()
    waiting.join(10)
    assert len(second[0].unchanged) == 1 and not second[0].new


def test_a_pledge_is_fulfilled_by_its_day_of_payment(session: Session) -> None:
    tell(session, PROMISED)
    stale(session)
    assert len(tell(session, ADA).fulfilled) == 1 and stale(session) == {"ada": "Offline"}
    found = offline.find(session, "R-1")
    assert found is not None and found.fact == ADA
    assert len(tell(session, ADA).unchanged) == 1
    assert "recorded with “2026-11-03”" in refused(session, PROMISED)


def test_a_withdrawn_record_stays_and_its_reference_is_spent(session: Session) -> None:
    tell(session, ADA)
    stale(session)
    assert offline.withdraw(session, "R-1", NOON, KYIV).withdrawn_at == NOON
    assert stale(session) == {"ada": "OfflineWithdrawn"}
    later = offline.withdraw(session, "R-1", NOON + timedelta(days=1), KYIV)
    assert later.withdrawn_at == NOON and stale(session) == {}
    assert "was withdrawn on 2026-11-23; record it anew under another reference" in refused(session, ADA)


def test_what_was_never_recorded_cannot_be_withdrawn(session: Session) -> None:
    for reference in ("R-9", "", "\x00"):
        with pytest.raises(offline.OfflineError, match="there is no record"):
            offline.withdraw(session, reference, NOON, KYIV)


def test_the_one_whom_a_linked_person_is_counted_as_is_stale_too(session: Session) -> None:
    session.execute(text("INSERT INTO person_link VALUES ('ada', 'aaa', now(), 'eve')"))
    tell(session, ADA)
    assert set(stale(session)) == {"ada", "aaa"}


def test_the_e_mail_goes_to_the_contacts_alone_and_the_last_told_stands(session: Session) -> None:
    tell(session, ADA, email="ada@old.example")
    tell(session, replace(ADA, reference="R-2"), email="ada@new.example")
    assert email_of(session, "ada") == "ada@new.example"
    tell(session, ADA, email="ada@old.example")
    assert email_of(session, "ada") == "ada@new.example", "an old file told again takes nothing back"
    whole = session.scalar(text("SELECT string_agg(o::text, '') FROM offline_record o"))
    assert "@new" not in str(whole)


def test_an_erased_person_stays_erased(session: Session) -> None:
    session.execute(text("INSERT INTO contact (customer_id, erased_at) VALUES ('ada', now())"))
    tell(session, ADA, email="ada@news.example")
    tell(session, ADA, email="ada@news.example")
    assert email_of(session, "ada") is None


def test_what_stripe_says_of_its_customer_stands_and_only_a_gap_is_filled(session: Session) -> None:
    session.execute(
        text("INSERT INTO stripe_object (id, kind) VALUES ('cus_1', 'customer'), ('cus_2', 'customer')")
    )
    session.execute(
        text("INSERT INTO contact (customer_id, email) VALUES ('cus_1', 'own@s.example'), ('cus_2', NULL)")
    )
    for number in ("1", "2"):
        fact = replace(ADA, reference=f"R-{number}", person_ref=f"cus_{number}")
        tell(session, fact, email="told@news.example")
    assert (email_of(session, "cus_1"), email_of(session, "cus_2")) == ("own@s.example", "told@news.example")


def listed(session: Session, **asked: str) -> list[str]:
    return [row.record.fact.reference for row in offline_list.listing(session, **asked).rows]


def test_the_list_is_searched_and_parted_by_what_the_records_are(session: Session) -> None:
    receipt = replace(ADA, reference="D_1", person_ref="bob", starts_on=None, ends_on=None)
    free = replace(ADA, reference="F-1", amount_minor=None, currency=None, paid_on=None)
    tell(session, receipt, free, replace(PROMISED, reference="P%1"), replace(ADA, reference="W-1"))
    tell(session, ADA, email="Ada@news.example")
    offline.withdraw(session, "W-1", NOON, KYIV)
    assert listed(session, state="membership") == ["F-1", "R-1"]
    assert listed(session, state="receipt") == ["D_1"]
    assert listed(session, state="pledge") == ["P%1"]
    assert listed(session, state="withdrawn") == ["W-1"]
    assert listed(session, search="bob") == ["D_1"]
    assert listed(session, search="ada@NEWS.example", state="pledge") == ["P%1"]
    assert listed(session, search="%") == ["P%1"] and listed(session, search="_") == ["D_1"]
    counts = offline_list.listing(session, search="bob").counts
    assert counts == {"membership": 2, "receipt": 1, "pledge": 1, "withdrawn": 1}
    for row in offline_list.listing(session).rows:
        assert row.record.fact.reference in listed(session, state=row.state)
