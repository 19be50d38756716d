"""The shop: what was planted stands in the raw files."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from heedful.simulate import simulate
from heedful.simulate.shop.parameters import LANGUAGES, LATE_ON_CSAT, ON_TIME, ON_TIME_CHANGED
from heedful.simulate.verbatims import Sentences
from tests.simulate.conftest import RIGA, Company, end_of

COUNTRY_CODES = {
    "Latvia": "LV",
    "Lithuania": "LT",
    "Estonia": "EE",
    "Finland": "FI",
    "Italy": "IT",
    "Netherlands": "NL",
    "Thailand": "TH",
}


def reviews_of(shop: Company) -> list[dict[str, object]]:
    """The reviews as they stand in the file."""
    return [json.loads(line) for line in (shop.folder / "data" / "reviews.jsonl").read_text("utf-8").splitlines()]


def countries(shop: Company) -> dict[str, str]:
    """The country of each customer."""
    table = shop.csv("customers.csv")
    return {
        n: COUNTRY_CODES[c] for n, c in zip(table["customer_no"].to_pylist(), table["country"].to_pylist(), strict=True)
    }


def promises(shop: Company) -> list[tuple[str, str, date, bool]]:
    """Order, country, local day of handing over and whether the promise was kept, of what is due."""
    country, found = countries(shop), []
    now = end_of(shop.truth.until)
    for parcel in shop.parquet("deliveries.parquet").to_pylist():
        due = end_of(parcel["promised_on"])
        if due <= now:
            kept = parcel["delivered_at"] is not None and parcel["delivered_at"] <= due
            day = parcel["handed_over_at"].astimezone(RIGA).date()
            found.append((parcel["order_no"], country[parcel["customer_no"]], day, kept))
    return found


@pytest.mark.parametrize("country", ["LV", "IT", "TH"])
@pytest.mark.parametrize("period", ["before", "after"])
def test_the_parcels_show_the_on_time_rate_that_the_truth_states(shop: Company, country: str, period: str) -> None:
    since = shop.truth.changes[0].since
    kept = [k for _, c, day, k in promises(shop) if c == country and (day >= since) == (period == "after")]
    known = shop.truth.known("on_time_rate", period=period, country=country)
    assert len(kept) == known.n
    assert sum(kept) / len(kept) == pytest.approx(known.realised)


def test_parcels_of_one_country_come_late_more_often_since_the_change(shop: Company) -> None:
    change = shop.truth.changes[0]
    assert (change.segment, change.before, change.after) == ({"country": "LV"}, ON_TIME, ON_TIME_CHANGED)
    before, after = (shop.truth.known("on_time_rate", period=p, country="LV").realised for p in ("before", "after"))
    assert before == pytest.approx(ON_TIME, abs=0.015)
    assert after == pytest.approx(ON_TIME_CHANGED, abs=0.03)


def test_their_delivery_has_become_cheaper_at_the_customers_cost(shop: Company) -> None:
    before, after = (shop.truth.known("delivery_cost", period=p, country="LV").realised for p in ("before", "after"))
    assert before is not None
    assert after is not None
    assert 0.88 < after / before < 0.94


def test_lateness_takes_the_stated_amount_from_satisfaction_among_those_who_answered(shop: Company) -> None:
    kept = {order: k for order, _, _, k in promises(shop)}
    survey = shop.csv("survey.csv", ";")
    answers = zip(survey["Order no"].to_pylist(), survey["Satisfaction (1-5)"].to_pylist(), strict=True)
    by_promise: dict[bool, list[bool]] = defaultdict(list)
    for order, score in answers:
        if score is not None:
            by_promise[kept[order]].append(int(score) >= 4)
    share = {k: sum(v) / len(v) for k, v in by_promise.items()}
    assert len(by_promise[False]) > 40
    assert share[False] - share[True] == pytest.approx(LATE_ON_CSAT, abs=0.15)


def test_the_displeased_answer_the_relationship_survey_less_so_that_answers_flatter(shop: Company) -> None:
    willing = {mood: shop.truth.known("response_rate", mood=mood).realised for mood in ("pleased", "displeased")}
    assert willing["pleased"] is not None
    assert willing["displeased"] is not None
    assert willing["pleased"] > 1.5 * willing["displeased"]
    everyone, answered = (shop.truth.known(m).realised for m in ("nps", "nps_answered"))
    assert everyone is not None
    assert answered is not None
    assert answered > everyone + 8


def test_most_of_those_asked_do_not_answer_and_the_files_agree_on_who_did(shop: Company) -> None:
    invited = shop.csv("invitations.csv")
    answered = Counter(invited["answered"].to_pylist())
    assert 0.15 < answered["yes"] / len(invited) < 0.4
    survey = shop.csv("survey.csv", ";")
    scores = [s for s in survey["Recommend (0-10)"].to_pylist() if s is not None]
    assert len(scores) == answered["yes"]


def test_the_same_people_answer_again_and_alike(shop: Company) -> None:
    survey = shop.csv("survey.csv", ";")
    by_customer: dict[str, list[int]] = defaultdict(list)
    for customer, score in zip(survey["Customer no"].to_pylist(), survey["Recommend (0-10)"].to_pylist(), strict=True):
        if score is not None:
            by_customer[customer].append(int(score))
    again = [scores for scores in by_customer.values() if len(scores) > 1]
    assert len(again) > 100
    everyone = [s for scores in by_customer.values() for s in scores]
    spread = sum((s - sum(everyone) / len(everyone)) ** 2 for s in everyone) / len(everyone)
    within = [(a - b) ** 2 / 2 for scores in again for a, b in pairwise(scores)]
    assert sum(within) / len(within) < 0.6 * spread


def test_who_is_asked_why_names_at_least_one_reason_and_some_name_several(shop: Company) -> None:
    survey = shop.csv("survey.csv", ";")
    reasons = [c for c in survey.column_names if c.startswith("Why: ")]
    asked = [row for row in survey.to_pylist() if row["Recommend (0-10)"] is not None]
    given = Counter(sum(row[r] == "1" for r in reasons) for row in asked)
    assert given[0] == 0
    assert sum(given[k] for k in given if k > 1) > len(asked) / 3


def test_every_language_comes_in_its_own_script(shop: Company) -> None:
    script = {"ru": "CYRILLIC", "th": "THAI"}
    own = [r for r in reviews_of(shop) if r["brand"] == "Nordlys"]
    seen: Counter[str] = Counter()
    for review in own:
        body = review["body"]
        assert isinstance(body, dict)
        seen[body["language"]] += 1
        letters = {unicodedata.name(c).split()[0] for c in body["text"].replace("Kaffia", "") if c.isalpha()}
        assert letters == {script.get(body["language"], "LATIN")}, body
    assert set(seen) == set(LANGUAGES)


def test_nobody_complains_of_delivery_whose_parcel_came_in_time(shop: Company) -> None:
    sentences = Sentences.load("shop", LANGUAGES)
    delivery = sentences.themes.index("delivery")
    complaints = {
        text
        for language in range(len(LANGUAGES))
        for text in sentences.texts[
            sentences.start[language, delivery, 0] : sentences.start[language, delivery, 0]
            + sentences.count[language, delivery, 0]
        ]
    }
    kept = {order: k for order, _, _, k in promises(shop)}
    survey = shop.csv("survey.csv", ";")
    about = [
        (kept[row["Order no"]], any(c in row["Comment"] for c in complaints))
        for row in survey.to_pylist()
        if row["Comment"] and row["Satisfaction (1-5)"] is not None
    ]
    assert [complains for in_time, complains in about if in_time and complains] == []
    assert [in_time for in_time, complains in about if complains] != []


def test_the_competitor_is_reviewed_too_by_people_whom_we_do_not_know(shop: Company) -> None:
    rival = [r for r in reviews_of(shop) if r["brand"] == "Kaffia"]
    assert len(rival) > 100
    assert {r["author"]["customer_no"] for r in rival if isinstance(r["author"], dict)} == {None}
    assert [r for r in rival if isinstance(r["body"], dict) and "Kaffia" in str(r["body"]["text"])] == []


def test_every_order_contact_and_return_belongs_to_somebody(shop: Company) -> None:
    customers = set(countries(shop))
    orders = set(shop.csv("orders.csv")["order_no"].to_pylist())
    assert set(shop.csv("orders.csv")["customer_no"].to_pylist()) <= customers
    for table in (shop.parquet("deliveries.parquet"), shop.parquet("contacts.parquet"), shop.csv("returns.csv", ";")):
        assert set(table["customer_no"].to_pylist()) <= customers
        assert set(table["order_no"].to_pylist()) <= orders
    cases = set(shop.parquet("contacts.parquet")["case_no"].to_pylist())
    assert set(shop.parquet("contacts.parquet")["follows"].to_pylist()) - {None} <= cases


def test_nobody_orders_before_joining_nor_after_the_last_day(shop: Company) -> None:
    table = shop.csv("customers.csv")
    joined = dict(zip(table["customer_no"].to_pylist(), table["joined"].to_pylist(), strict=True))
    orders = shop.csv("orders.csv").to_pylist()
    assert [o for o in orders if o["placed"] < joined[o["customer_no"]]] == []
    assert max(o["placed"] for o in orders) < f"{shop.truth.until} 24"


def test_people_shop_in_the_evening_and_before_christmas(shop: Company) -> None:
    placed = [datetime.fromisoformat(t) for t in shop.csv("orders.csv")["placed"].to_pylist()]
    hours = Counter(p.hour for p in placed)
    assert hours[20] > 2 * hours[7] > 0
    assert hours.keys().isdisjoint({1, 2, 3, 4})
    gifts = {c["customer_no"] for c in shop.csv("customers.csv").to_pylist() if c["persona"] == "gift buyers"}
    months = Counter(o["placed"][:7] for o in shop.csv("orders.csv").to_pylist() if o["customer_no"] in gifts)
    assert months["2025-12"] > 1.2 * (months["2025-09"] + months["2026-02"]) / 2


def test_the_four_groups_share_out_all_customers(shop: Company) -> None:
    for measure in ("say_do_share", "say_do_outcome"):
        shares = [f.realised for f in shop.truth.facts if f.measure == measure]
        assert len(shares) == 4
        assert sum(s for s in shares if s is not None) == pytest.approx(1)


def test_own_sales_in_the_market_are_those_of_the_orders(shop: Company) -> None:
    market = [r for r in shop.csv("market.csv").to_pylist() if r["quarter"] == "2026-07-01" and r["brand"] == "Nordlys"]
    orders = [o for o in shop.csv("orders.csv").to_pylist() if "2026-07" <= o["placed"] < "2026-10"]
    sold = sum(float(o["total"]) for o in orders if o["status"] == "done")
    assert sum(float(r["sales_eur"]) for r in market) == pytest.approx(sold, abs=0.05)


def test_every_planted_fault_is_rejected_and_nothing_else(tmp_path: Path) -> None:
    from heedful.workspace import Workspace

    truth = simulate("shop", tmp_path, customers=600, months=12, mess=True)
    assert set(truth.faults) == {"orders", "survey", "reviews"}
    for report in Workspace(tmp_path).pull(*truth.faults):
        assert report.rejected == sum(truth.faults[report.source].values())


def test_a_larger_company_has_more_of_everything_and_the_same_truth(tmp_path: Path, shop: Company) -> None:
    truth = simulate("shop", tmp_path, customers=12_000, seed=3)
    assert truth.rows["orders.csv"] > 9 * shop.truth.rows["orders.csv"]
    small, large = shop.truth.known("nps"), truth.known("nps")
    assert small.parameter == pytest.approx(large.parameter, abs=4)
