"""The telecom and the city: what was planted stands in the raw files."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.simulate.conftest import RIGA, Company, end_of


def test_payments_stop_when_the_contract_does(telecom: Company) -> None:
    ended = {
        row["customer"]: row["at"].date()
        for row in telecom.parquet("contracts.parquet").to_pylist()
        if row["event"] == "CAN"
    }
    assert len(ended) > 50
    paid = telecom.csv("billing.csv", ";").to_pylist()
    late = [p for p in paid if p["customer"] in ended and _date(p["paid on"].replace(".", "/")) > ended[p["customer"]]]
    assert late == []


def test_every_cancellation_has_a_reason_and_nothing_else_has(telecom: Company) -> None:
    journal = telecom.parquet("contracts.parquet").to_pylist()
    assert {row["event"] for row in journal} == {"NEW", "REN", "CAN"}
    assert {row["reason"] is None for row in journal if row["event"] == "CAN"} == {False}
    assert {row["reason"] for row in journal if row["event"] != "CAN"} == {None}


def test_students_leave_more_often_than_seniors(telecom: Company) -> None:
    students, seniors = (telecom.truth.known("churn_per_month", persona=p).realised for p in ("students", "seniors"))
    assert students is not None
    assert seniors is not None
    assert students > 2.5 * seniors


def test_more_leave_in_the_month_after_an_unsettled_matter(telecom: Company) -> None:
    lines = (telecom.folder / "data" / "contacts.jsonl").read_text("utf-8").splitlines()
    calls = [
        (c["customer"]["id"], c["contact"]["started"][:7])
        for c in map(json.loads, lines)
        if c["outcome"]["settled"] == "N"
    ]
    journal = telecom.parquet("contracts.parquet").to_pylist()
    gone = {row["customer"]: row["at"].astimezone(RIGA).strftime("%Y-%m") for row in journal if row["event"] == "CAN"}
    after = {(customer, _next_month(month)) for customer, month in calls if gone.get(customer, "9999") > month}
    leaving = sum(gone.get(customer) == month for customer, month in after) / len(after)
    usual = telecom.truth.known("churn_per_month").realised
    assert usual is not None
    assert leaving > 2 * usual


def test_a_second_call_follows_an_unsettled_one_of_the_same_customer(telecom: Company) -> None:
    lines = (telecom.folder / "data" / "contacts.jsonl").read_text("utf-8").splitlines()
    calls = {c["id"]: c for c in map(json.loads, lines)}
    second = [c for c in calls.values() if c["outcome"]["follows"]]
    assert len(second) > 100
    for call in second:
        first = calls[call["outcome"]["follows"]]
        assert first["customer"] == call["customer"]
        assert first["outcome"]["settled"] == "N"
        assert first["contact"]["started"] < call["contact"]["started"]


def test_one_team_settles_less_since_the_change(telecom: Company) -> None:
    change = telecom.truth.changes[0]
    for period, drawn in (("before", change.before), ("after", change.after)):
        known = telecom.truth.known("first_contact_resolution", period=period, team="Technical")
        assert known.parameter == pytest.approx(drawn, abs=0.02)


@pytest.mark.parametrize("period", ["before", "after"])
def test_requests_show_the_on_time_rate_that_the_truth_states(city: Company, period: str) -> None:
    since = city.truth.changes[0].since
    found = []
    for row in city.csv("requests.csv", ";").to_pylist():
        day = _date(row["received"])
        due = _date(row["promised"])
        if row["team"] != "Roads" or (day >= since) != (period == "after"):
            continue
        if end_of(due) <= end_of(city.truth.until):
            found.append(row["closed"] is not None and _date(row["closed"]) <= due)
    known = city.truth.known("on_time_rate", period=period, team="Roads")
    assert len(found) == known.n
    assert sum(found) / len(found) == pytest.approx(known.realised)


def test_waiting_fell_at_the_office_that_introduced_appointments(city: Company) -> None:
    before, after = (
        city.truth.known("waiting_minutes", period=p, unit="Harbour").realised for p in ("before", "after")
    )
    assert before is not None
    assert after is not None
    assert after < 0.65 * before


def test_an_open_request_has_neither_an_end_nor_an_outcome(city: Company) -> None:
    rows = city.csv("requests.csv", ";").to_pylist()
    assert {row["outcome"] for row in rows if row["closed"] is None} == {"open"}
    assert {row["outcome"] for row in rows if row["closed"] is not None} == {"solved", "not solved"}


def test_the_city_takes_no_money(city: Company) -> None:
    text = (city.folder / "measures.yaml").read_text() + (city.folder / "scorecard.yaml").read_text()
    assert "revenue" not in text
    assert "amount" not in text


def _date(text: str) -> date:
    day, month, year = text.split(maxsplit=1)[0].split("/")
    return date(int(year), int(month), int(day))


def _next_month(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02}"
