"""RULES 8: every message is stored word for word, once, and is a hint; hostile ones leave no trace."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake import events, inbox
from tracker.ledger import landmarks, objects

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "whsec_ours"


def event(event_id: str = "evt_1", **changes: Any) -> dict[str, Any]:
    """A snapshot event about subscription sub_1."""
    plain = {
        "id": event_id,
        "object": "event",
        "type": "customer.subscription.updated",
        "api_version": "2026-10-28.endive",
        "created": int(NOON.timestamp()),
        "livemode": False,
        "data": {"object": {"id": "sub_1", "object": "subscription", "status": "active"}},
    }
    return plain | changes


def thin(event_id: str = "evt_thin", **changes: Any) -> dict[str, Any]:
    """The same change told by a thin event."""
    plain = {
        "id": event_id,
        "object": "v2.core.event",
        "type": "v1.customer.subscription.updated",
        "created": "2026-11-23T12:00:00.000Z",
        "livemode": False,
        "related_object": {"id": "sub_1", "type": "subscription", "url": "/v1/subscriptions/sub_1"},
    }
    return plain | changes


def halted(event_id: str, was: str, became: str, at: datetime = NOON) -> dict[str, Any]:
    data = {
        "object": {"id": "sub_1", "object": "subscription", "status": became},
        "previous_attributes": {"status": was},
    }
    return event(event_id, created=int(at.timestamp()), data=data)


def signed(body: bytes, secret: str = SECRET, at: datetime = NOON) -> str:
    seconds = int(at.timestamp())
    return f"t={seconds},v1={mark(body, secret, seconds)}"


def mark(body: bytes, secret: str, seconds: int) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def receive(session: Session, raw: dict[str, Any] | bytes, **more: Any) -> inbox.Receipt:
    body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    header = more.pop("header", None) or signed(body)
    given = {"secrets": (SECRET,), "is_live": False, "now": NOON} | more
    letter = inbox.check(body, header, given.pop("secrets"), given["now"])
    return inbox.receive(session, [letter], **given)[0]


def wanted(session: Session) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(text("SELECT id, wanted FROM stripe_object"))}


def transitions(session: Session) -> list[tuple[str, str, datetime]]:
    rows = session.execute(text("SELECT was, became, at FROM transition ORDER BY at"))
    return [(row[0], row[1], row[2]) for row in rows]


def test_a_message_is_kept_word_for_word_and_marks_its_object(session: Session) -> None:
    body = json.dumps(event(), indent=3).encode() + b"\n"
    assert receive(session, body) == inbox.Receipt("evt_1", True, None)
    kept, digest = session.execute(text("SELECT body, sha256 FROM message")).one()
    assert bytes(kept) == body and bytes(digest) == hashlib.sha256(body).digest()
    assert [m.id for m in objects.claim(session, NOON, 10)] == ["sub_1"]


def test_a_repeat_is_answered_well_and_changes_nothing(session: Session) -> None:
    receive(session, event())
    before = wanted(session)
    assert receive(session, event(api_version="2022-11-15")) == inbox.Receipt("evt_1", False, None)
    assert wanted(session) == before


def test_each_new_message_wants_its_object_anew(session: Session) -> None:
    receive(session, event("evt_1"))
    first = wanted(session)["sub_1"]
    receive(session, thin("evt_2"))
    assert wanted(session)["sub_1"] > first


@pytest.mark.parametrize(("name", "kind"), sorted(events.USED.items()))
def test_every_kind_we_use_is_marked_by_snapshot_and_by_thin_event(session: Session, name: str, kind: str) -> None:
    receive(session, event("evt_s", type="any.thing", data={"object": {"id": "obj_s", "object": name}}))
    receive(session, thin("evt_t", related_object={"id": "obj_t", "type": name}))
    found = session.execute(text("SELECT id, kind FROM stripe_object ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("obj_s", kind), ("obj_t", kind)]


@pytest.mark.parametrize(
    "raw",
    [
        event(type="balance.available", data={"object": {"object": "balance"}}),
        event(type="invoice.upcoming", data={"object": {"object": "invoice", "id": None}}),
        event(type="plan.created", data={"object": {"object": "plan", "id": "plan_1"}}),
        event(type="something.quite.new", data={"object": {"object": "novelty", "id": "nov_1"}}),
        thin(type="v2.core.event_destination.ping", related_object=None),
    ],
)
def test_what_we_do_not_use_is_stored_and_marks_nothing(session: Session, raw: dict[str, Any]) -> None:
    assert receive(session, raw).is_new
    assert not wanted(session)


def test_a_subscription_that_stops_or_resumes_leaves_its_transition_at_stripes_time(session: Session) -> None:
    later = NOON + timedelta(hours=1)
    receive(session, halted("evt_2", "unpaid", "active", later))
    receive(session, halted("evt_1", "past_due", "unpaid"))
    receive(session, halted("evt_1b", "past_due", "unpaid"))  # the same change from a second endpoint
    receive(session, halted("evt_3", "active", "past_due"))
    assert transitions(session) == [("past_due", "unpaid", NOON), ("unpaid", "active", later)]


def test_messages_of_the_other_mode_are_kept_apart(session: Session) -> None:
    receipt = receive(session, halted("evt_live", "active", "paused") | {"livemode": True})
    assert receipt.is_new and receipt.quarantine and "live mode" in receipt.quarantine
    assert not wanted(session) and not transitions(session)
    assert session.scalar(text("SELECT quarantine FROM message")) == receipt.quarantine


@pytest.mark.parametrize("make", [lambda who: event(account=who), lambda who: thin(context=who)])
def test_messages_of_another_account_are_kept_apart(session: Session, make: Any) -> None:
    landmarks.put(session, landmarks.CONNECTED, NOON, {"account": "acct_ours"})
    assert receive(session, make("acct_ours")).quarantine is None
    other = receive(session, make("acct_other") | {"id": "evt_other"})
    assert other.quarantine and "acct_other" in other.quarantine


def test_one_of_several_marks_under_one_of_several_secrets_is_enough(session: Session) -> None:
    body = json.dumps(event()).encode()
    seconds = int(NOON.timestamp())
    header = f"t={seconds},v0=old,v1={'0' * 64},v1={mark(body, 'whsec_new', seconds)}"
    assert receive(session, body, header=header, secrets=("whsec_old", "whsec_new")).is_new


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_differ_by_minutes(session: Session, minutes: int) -> None:
    body = json.dumps(event()).encode()
    assert receive(session, body, header=signed(body, at=NOON + timedelta(minutes=minutes))).is_new


BODY = json.dumps(event()).encode()
FORGED = {
    "no header": " ",
    "no mark": f"t={int(NOON.timestamp())}",
    "no time": f"v1={mark(BODY, SECRET, int(NOON.timestamp()))}",
    "two times": f"t=1,{signed(BODY)}",
    "another secret": signed(BODY, "whsec_theirs"),
    "another body": signed(BODY + b" "),
    "too old": signed(BODY, at=NOON - timedelta(seconds=301)),
    "far future": signed(BODY, at=NOON + timedelta(seconds=301)),
    "negative time": "t=-1,v1=" + "0" * 64,
    "time without end": "t=" + "9" * 3000 + ",v1=" + "0" * 64,
    "not ascii": signed(BODY).replace("v1=", "v1=\u00e9"),
    "old scheme alone": signed(BODY).replace("v1=", "v0="),
    "nonsense": ",,,===,,",
    "endless": "v1=0," * 5000,
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED.keys())
def test_a_forged_message_leaves_no_row(session: Session, header: str) -> None:
    with pytest.raises(inbox.NotVerifiedError):
        receive(session, BODY, header=header)
    assert not session.scalar(text("SELECT count(*) FROM message"))


def test_without_a_secret_nothing_is_verified_and_the_cure_is_named(session: Session) -> None:
    with pytest.raises(inbox.NotVerifiedError, match="STRIPE_WEBHOOK_SECRETS"):
        receive(session, event(), secrets=())


def plain(**changes: Any) -> bytes:
    return json.dumps(event(**changes)).encode()


HOSTILE = {
    "empty": b"",
    "bad utf-8": b'{"id": "\xff"}',
    "utf-16": json.dumps(event()).encode("utf-16"),
    "not json": b"<xml/>",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "nan": plain().replace(b'"status": "active"', b'"status": NaN'),
    "infinity": plain().replace(b'"status": "active"', b'"status": -Infinity'),
    "a number beyond all": plain().replace(b'"status": "active"', b'"status": 1e999'),
    "digits without end": plain().replace(b'"status": "active"', b'"status": ' + b"9" * 5000),
    "a key twice": plain().replace(b'"livemode": false', b'"livemode": true, "livemode": false'),
    "a key twice within": plain().replace(b'"status": "active"', b'"status": "a", "status": "b"'),
    "nested without end": b"[" * 200_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "no id": plain(id=None),
    "id a number": plain(id=7),
    "id with a zero byte": plain(id="evt_\x00"),
    "id half a character": plain(id="evt_\ud800"),
    "id without end": plain(id="e" * 256),
    "no type": plain(type=""),
    "type with a line end": plain(type="a\n"),
    "another object": plain(object="charge"),
    "object a list": plain(object=["event"]),
    "livemode a word": plain(livemode="false"),
    "created a word": plain(created="yesterday"),
    "created without zone": plain(created="2026-11-23T12:00:00"),
    "created true": plain(created=True),
    "created a fraction": plain(created=1.5),
    "created before Stripe": plain(created=-1),
    "created beyond time": plain(created=10**18),
    "no data": plain(data=None),
    "data a list": plain(data=[1]),
    "data without object": plain(data={}),
    "related a word": json.dumps(thin(related_object="sub_1")).encode(),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_signed_body_that_is_no_event_is_refused_and_leaves_no_row(session: Session, body: bytes) -> None:
    with pytest.raises(inbox.NotAnEventError):
        receive(session, body)
    assert not session.scalar(text("SELECT count(*) FROM message"))


ODD = {
    "object id with a zero byte": plain(data={"object": {"id": "sub_\x00", "object": "subscription"}}),
    "object id a dict": plain(data={"object": {"id": {}, "object": "subscription"}}),
    "kind a list": plain(data={"object": {"id": "sub_1", "object": ["subscription"]}}),
    "version odd": plain(api_version={"a": 1}),
    "previous odd": plain(data={"object": {"id": "sub_1", "object": "subscription"}, "previous_attributes": [1]}),
    "status odd": plain(
        data={
            "object": {"id": "sub_1", "object": "subscription", "status": {}},
            "previous_attributes": {"status": "unpaid"},
        }
    ),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_odd_pieces_of_a_true_event_never_break_its_storing(session: Session, body: bytes) -> None:
    assert receive(session, body).is_new
    assert not transitions(session)


def test_a_swept_event_marks_once_and_only_where_no_message_came(session: Session) -> None:
    receive(session, event("evt_told"))
    told = wanted(session)
    other = event("evt_lost", data={"object": {"id": "sub_2", "object": "subscription"}})
    unused = event("evt_unused", type="balance.available", data={"object": {"object": "balance"}})
    assert inbox.hear(session, [event("evt_told"), other, unused, {"id": "no event"}]) == 2
    assert wanted(session)["sub_1"] == told["sub_1"] and "sub_2" in wanted(session)
    again = wanted(session)
    assert inbox.hear(session, [other, event("evt_told")]) == 0
    assert wanted(session) == again
    swept = session.execute(text("SELECT id, object_id FROM swept_event ORDER BY id")).all()
    assert [tuple(r) for r in swept] == [("evt_lost", "sub_2"), ("evt_told", "sub_1"), ("evt_unused", None)]


def test_a_swept_event_tells_its_transition_too(session: Session) -> None:
    inbox.hear(session, [halted("evt_1", "active", "paused")])
    assert transitions(session) == [("active", "paused", NOON)]


def test_a_hint_frees_an_object_that_waits_after_failures(session: Session) -> None:
    receive(session, event("evt_1"))
    (marked,) = objects.claim(session, NOON, 1)
    objects.note_failure(session, marked, "no answer", NOON)
    assert not objects.claim(session, NOON, 1)
    receive(session, event("evt_2"))
    assert [m.id for m in objects.claim(session, NOON, 1)] == ["sub_1"]
