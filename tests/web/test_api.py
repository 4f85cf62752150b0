"""The JSON API: the contract's fields, the pages' numbers, questions refused in words, described by itself."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from staff_house import BOOTSTRAP, NOON, House, entry, member, message, running, year_end
from werkzeug.test import TestResponse

from tracker.web.api_words import openapi


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(
            member("ada", NOON - timedelta(days=400), NOON + timedelta(days=5)),
            member("bo", NOON - timedelta(days=10)),
            member("cy", NOON - timedelta(days=20), NOON - timedelta(days=3)),
            entry("txn_1", 1000, 50),
            message("evt_1", NOON - timedelta(minutes=2)),
        )
        found.is_whole()
        yield found


def ask(house: House, path: str, **more: Any) -> TestResponse:
    return house.app.test_client().get(
        f"/api/v1{path}", headers={"Authorization": f"Bearer {BOOTSTRAP}"}, query_string=more or None
    )


def test_progress_has_the_contracts_fields_and_closes(house: House) -> None:
    told = ask(house, "/campaigns/year-end/progress").get_json()
    assert set(told) >= set(
        "count goal metric at as_of state opening joined returned left pending pledges_open complimentary "
        "in_grace offline unsettled possible_duplicates".split()
    )
    assert told["opening"] + told["joined"] + told["returned"] - told["left"] == told["count"] == 2
    assert told["as_of"] == "2026-11-23T12:00:00Z" and told["state"] == "running"


@pytest.mark.parametrize("at", ["2026-11-15T12:00:00Z", "2026-11-15T14:00:00+02:00", "2026-11-15 12:00Z"])
def test_progress_answers_for_an_instant_that_has_passed(house: House, at: str) -> None:
    told = ask(house, "/campaigns/year-end/progress", at=at).get_json()
    assert told["count"] == 3 and told["at"] == "2026-11-15T12:00:00Z"


def test_a_plus_that_arrived_as_a_space_is_understood(house: House) -> None:
    path = "/campaigns/year-end/progress?at=2026-11-15T14:00:00+02:00"
    assert ask(house, path).get_json()["at"] == "2026-11-15T12:00:00Z"


def test_before_the_first_sync_is_whole_the_count_is_null_and_never_zero(database_url: str) -> None:
    with running(database_url) as house:
        house.keep(campaign=year_end())
        told = ask(house, "/campaigns/year-end/progress").get_json()
        assert told["count"] is None and told["state"] == "unknown"


def test_days_come_with_both_ends(house: House) -> None:
    days = ask(house, "/campaigns/year-end/daily", **{"from": "2026-11-19", "to": "2026-11-20"}).get_json()["days"]
    assert [day["day"] for day in days] == ["2026-11-19", "2026-11-20"]
    assert set(days[0]) == {"day", "opening", "joined", "returned", "left", "closing", "inferred"}
    assert days[1]["left"] == 1 and days[1]["closing"] == 2


def test_sources_have_the_contracts_fields(house: House) -> None:
    rows = ask(house, "/campaigns/year-end/sources", by="placement").get_json()["sources"]
    assert set(rows[0]) == {"key", "views", "clicks", "pledges", "joined", "retained"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("progress?at=2026-11-15T12:00:00", "write an instant with its zone"),
        ("progress?at=1700000000", "write an instant with its zone"),
        ("progress?at=2027-01-01T00:00:00Z", "has not come yet"),
        ("daily?from=x", "write a day as YYYY-MM-DD"),
        ("daily?from=2026-02-30", "from: found '2026-02-30'"),
        ("daily?from=0001-01-01", "between 2000 and 2100"),
        ("daily?from=2026-11-02&to=2026-11-01", "write the earlier day first"),
        ("daily?from=2010-01-01&to=2020-01-05", "more than ten years"),
        ("daily?from=2010-01-01", "more than ten years"),
        ("sources?by=author", "by: found 'author'"),
    ],
)
def test_a_question_that_does_not_fit_is_refused_in_words(house: House, path: str, words: str) -> None:
    answer = ask(house, f"/campaigns/year-end/{path}")
    assert answer.status_code == 400 and words in answer.get_json()["detail"]


def test_ten_years_are_answered(house: House) -> None:
    answer = ask(house, "/campaigns/year-end/daily", **{"from": "2016-11-24", "to": "2026-11-23"})
    assert answer.status_code == 200 and len(answer.get_json()["days"]) == 3652


def test_an_unknown_campaign_names_those_that_there_are(house: House) -> None:
    answer = ask(house, "/campaigns/2025/progress")
    assert answer.status_code == 404 and "year-end" in answer.get_json()["detail"]


def test_finance_gets_its_months_in_minor_units(house: House) -> None:
    months = house.client("finance").get("/api/v1/finance/months").get_json()["months"]
    october = next(month for month in months if month["month"] == "2026-10")
    assert october["state"] == "open"
    assert october["totals"] == [
        {
            "currency": "EUR",
            "count": 1,
            "gross_minor": 1000,
            "fee_minor": 50,
            "net_minor": 950,
            "paid_out_minor": 0,
        }
    ]


def test_health_has_the_contracts_fields(house: House) -> None:
    told = ask(house, "/health/stripe").get_json()
    assert set(told) == set(
        "last_event_at lag_seconds events_stored unprocessed marked unsettled lost_last_24h drift alarms "
        "last_sync_at".split()
    )
    assert told["events_stored"] == 1 and told["lag_seconds"] == 4
    assert told["last_event_at"] == "2026-11-23T11:57:56Z"


def test_every_endpoint_of_the_api_is_described_and_every_reference_leads_somewhere(house: House) -> None:
    with house.app.app_context():
        description = openapi(house.app)
    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api.description"
    }
    assert set(description["paths"]) == served
    text = json.dumps(description)
    schemas = description["components"]["schemas"]
    for name in {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert name in schemas
    daily = description["paths"]["/api/v1/campaigns/{slug}/daily"]["get"]
    assert [one["name"] for one in daily["parameters"]] == ["slug", "from", "to"]
    assert house.client().get("/api/v1/openapi.json").get_json() == json.loads(text)
