"""Every measure once more, in plain Python over lists of rows: slow, and written from the definitions alone.

It shares nothing with the product but the estimators, which have tests of their own: what it checks is which rows are
looked at, in which group and period, and what of them is summed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from heedful.measures import estimators
from tests.company import Cell, Tables
from tests.measures.oracle_cells import (
    FAR,
    Asked,
    Condition,
    Figure,
    Row,
    Span,
    moment,
    number,
    period_name,
    response,
    spelt,
    unit,
    whole,
)
from tests.measures.oracle_figures import FIGURES, clustered, estimated

PAID = ("order", "payment", "renewal")
BEGUN = ("signup", "order", "payment", "renewal")
ALIVE = ("order", "payment", "renewal", "visit", "referral")
Answer = dict[tuple[tuple[object, ...], date | None], Figure]


class Oracle:
    """Answers by looking at every row for every period."""

    def __init__(
        self, tables: Tables, zone: ZoneInfo, own: str, first_value: Condition, attributes: Sequence[str]
    ) -> None:
        self.tables, self.zone, self.own, self.first_value = tables, zone, own, first_value
        self.attributes = attributes

    # -- time ----------------------------------------------------------------------------------------------------

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def reach(self) -> tuple[datetime, datetime]:
        seen = [moment(r, "occurred_at") for t in ("feedback", "activity") for r in self.tables[t]]
        seen += [moment(r, "period_start") for r in self.tables["market"]]
        ends = [moment(r, "ended_at") for r in self.tables["activity"] if r["ended_at"] is not None]
        return min(seen), max(seen + ends)

    def spans(self, asked: Asked, as_of: date) -> Iterator[Span]:
        end = min(asked.end or as_of, as_of)
        if asked.over is None:
            start = self.midnight(asked.start) if asked.start else FAR
            yield Span(asked.start, end, start, self.midnight(end + timedelta(days=1)))
            return
        day = asked.start or self.reach()[0].astimezone(self.zone).date()
        while day <= end:
            last = day
            while last < end and period_name(last + timedelta(days=1), asked.over) == period_name(day, asked.over):
                last += timedelta(days=1)
            yield Span(day, last, self.midnight(day), self.midnight(last + timedelta(days=1)))
            day = last + timedelta(days=1)

    # -- customers -----------------------------------------------------------------------------------------------

    def version(self, customer: Cell, at: datetime) -> Row:
        """The customer's row that holds at `at`; the first also holds before it began."""
        versions = sorted(
            (r for r in self.tables["customers"] if r["customer_id"] == customer), key=lambda r: moment(r, "valid_from")
        )
        found = versions[:1]
        for each in versions[1:]:
            if moment(each, "valid_from") <= at:
                found = [each]
        return dict(found[0]) if found else {}

    def beginnings(self, customer: Cell, before: datetime) -> list[datetime]:
        found = [
            moment(r, "occurred_at") for r in self.done(before) if r["customer_id"] == customer and r["kind"] in BEGUN
        ]
        found += [
            moment(r, "acquired_at")
            for r in self.tables["customers"]
            if r["customer_id"] == customer and r["acquired_at"] is not None
        ]
        return sorted(b for b in found if b < before)

    def tenures(self, customer: Cell, before: datetime) -> list[tuple[datetime, datetime | None]]:
        """A walk through what begins and ends being a customer, in time."""
        ends = sorted(
            moment(r, "occurred_at")
            for r in self.done(before)
            if r["customer_id"] == customer and r["kind"] == "cancellation"
        )
        begins = self.beginnings(customer, before)
        found: list[tuple[datetime, datetime | None]] = []
        inside: datetime | None = None
        if ends and (not begins or begins[0] > ends[0]):
            inside = FAR
        for at, kind in sorted([(b, 1) for b in begins] + [(e, 0) for e in ends]):
            if kind == 1 and inside is None and (not found or at > (found[-1][1] or FAR)):
                inside = at
            elif kind == 0 and inside is not None:
                found.append((inside, at))
                inside = None
        return [*found, (inside, None)] if inside is not None else found

    def everybody(self) -> list[str]:
        named = {r["customer_id"] for t in ("activity", "customers") for r in self.tables[t]}
        return sorted(str(c) for c in named if c is not None)

    def done(self, before: datetime) -> list[Row]:
        return [r for r in self.tables["activity"] if moment(r, "occurred_at") < before]

    # -- segments ------------------------------------------------------------------------------------------------

    def facts(self, customer: Cell, ref: datetime, as_of: datetime) -> Row:
        rows = [r for r in self.done(min(ref, as_of)) if r["customer_id"] == customer]
        orders = [r for r in rows if r["kind"] == "order"]
        late = [
            r for r in rows
            if r["kind"] == "delivery" and r["due_at"] is not None and moment(r, "due_at") < ref
            and (r["ended_at"] is None or moment(r, "ended_at") > moment(r, "due_at"))
        ]  # fmt: skip
        begun = self.beginnings(customer, min(ref, as_of))
        return {
            "orders": len(orders),
            "deliveries_late": len(late),
            "spend": float(sum(number(r["amount"]) or 0 for r in rows if r["kind"] in PAID)),
            "last_order_at": max((moment(r, "occurred_at") for r in orders), default=None),
            "tenure_days": (ref - begun[0]) // timedelta(days=1) if begun else None,
        }

    def member(self, segmentation: str, customer: Cell, ref: datetime, as_of: datetime) -> list[str]:
        """The segments of tests/golden/company/segments.yaml, over again in Python."""
        country = self.version(customer, ref).get("country") if customer is not None else None
        if segmentation == "country":
            return [] if country is None else [str(country)]
        if customer is None or customer not in self.everybody():
            return []
        if segmentation == "value":
            return self.rfm(customer, ref, as_of)
        facts = self.facts(customer, ref, as_of)
        orders, tenure, late = whole(facts["orders"]), facts["tenure_days"], whole(facts["deliveries_late"])
        if segmentation == "stage":
            is_new = orders == 0 and tenure is not None and whole(tenure) < 60
            return ["regular"] if orders >= 2 else ["once"] if orders == 1 else ["new"] if is_new else []
        holds = {"late": late >= 1, "buyer": orders >= 1, "o'brien": country == "O'Brien"}
        return [name for name, held in holds.items() if held]

    def rfm(self, customer: Cell, ref: datetime, as_of: datetime) -> list[str]:
        known = {c: self.facts(c, ref, as_of) for c in self.everybody()}
        buyers = {c: f for c, f in known.items() if whole(f["orders"]) > 0}
        if customer not in buyers:
            return []

        def quintile(fact: str) -> int:
            mine = buyers[str(customer)][fact]
            worse = len([f for f in buyers.values() if f[fact] < mine])  # type: ignore[operator]
            return 1 + 5 * worse // len(buyers)

        r, f, m = quintile("last_order_at"), quintile("orders"), quintile("spend")
        fm = math.floor((f + m + 1) / 2)
        if r >= 4:
            return ["champions"] if fm >= 4 else ["loyal"] if fm >= 3 else ["recent"]
        if r == 3:
            return ["loyal"] if fm >= 3 else ["slipping"]
        return ["at risk"] if fm >= 3 else ["lost"]

    # -- the answer ----------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        as_of = asked.as_of or self.reach()[1].astimezone(self.zone).date()
        cut = self.midnight(as_of + timedelta(days=1))
        spans = list(self.spans(asked, as_of))
        found: Answer = {}
        for span in spans:
            for labels, rows in self.groups(asked, span, cut).items():
                for more, figure in self.figures(asked, rows, spans, cut):
                    found[(*labels, *more), span.first] = figure
        return self.completed(asked, found, spans)

    def completed(self, asked: Asked, found: Answer, spans: Sequence[Span]) -> Answer:
        """A group without rows in a period has no figure there, rather than none at all."""
        labels = {by for by, _ in found} or (set() if asked.by or asked.measure == "choice_share" else {()})
        zero = asked.measure in COUNTS and bool(found)
        for by in labels:
            for span in spans:
                found.setdefault((by, span.first), Figure(0.0 if zero else None, 0, 0))
        return found

    def groups(self, asked: Asked, span: Span, cut: datetime) -> dict[tuple[object, ...], list[Row]]:
        found: dict[tuple[object, ...], list[Row]] = {}
        for row in self.rows(asked, span, cut):
            if asked.where is not None and asked.where(row) is not True:
                continue
            if any(label not in map(spelt, self.labels(n, row, span, cut)) for n, label in asked.segment.items()):
                continue
            if any(label in map(spelt, self.labels(n, row, span, cut)) for n, label in asked.outside.items()):
                continue
            places: list[tuple[object, ...]] = [()]
            for name in asked.by:
                places = [(*p, label) for p in places for label in self.labels(name, row, span, cut)]
            for place in places:
                found.setdefault(place, []).append(row)
        return found

    def labels(self, name: str, row: Row, span: Span, cut: datetime) -> list[object]:
        if name in ("country", "value", "stage", "care"):
            found = self.member(name, row["customer_id"], span.ref, cut)
            return list(found) if name == "care" else list(found or ["unknown"])
        return [row[name]]

    def rows(self, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
        name = asked.measure
        for row in (SAY | DO)[name](self, asked, span, cut):
            version = self.version(row.get("customer_id"), moment(row, "occurred_at"))
            yield {**{a: version.get(a) for a in self.attributes}, **row}

    def figures(
        self, asked: Asked, rows: list[Row], spans: Sequence[Span], cut: datetime
    ) -> Iterator[tuple[tuple[object, ...], Figure]]:
        name = asked.measure
        if name == "choice_share":
            questions = {r["question"] for r in rows}
            everywhere = [
                r for s in spans for group in self.groups(replace(asked, by=()), s, cut).values() for r in group
            ]
            for option in sorted({str(r["choice"]) for r in everywhere if r["question"] in questions}):
                yield (option,), self.chosen(option, rows, asked)
        elif (figure := (FIGURES.get(name) or clustered(name))(self.own, rows, asked)) is not None:
            yield (), figure

    def chosen(self, option: str, rows: list[Row], asked: Asked) -> Figure:
        responses: dict[object, Row] = {}
        for row in rows:
            responses.setdefault(response(row), row)
        yes = {response(r) for r in rows if r["choice"] == option}
        listed = [(r, float(k in yes)) for k, r in responses.items()]
        return estimated(estimators.share, listed, asked)


Rows = Callable[[Oracle, Asked, Span, datetime], Iterator[Row]]


def _said(oracle: Oracle, asked: Asked, span: Span, cut: datetime, scale: str | None = None) -> Iterator[Row]:
    named = "brand" in asked.by or "brand" in asked.segment or asked.params.get("any_brand")
    for row in oracle.tables["feedback"]:
        is_meant = scale in (None, row["scale"]) and (named or row["brand"] == oracle.own)
        if is_meant and span.start <= moment(row, "occurred_at") < min(span.end, cut):
            yield dict(row)


def _of_scale(scale: str) -> Rows:
    return lambda oracle, asked, span, cut: _said(oracle, asked, span, cut, scale)


def _options(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    return (r for r in _said(oracle, asked, span, cut) if r["choice"] is not None)


def _public(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for row in oracle.tables["feedback"]:
        if span.start <= moment(row, "occurred_at") < min(span.end, cut) and row["channel"] in (
            "social",
            "review",
            "community",
        ):
            yield dict(row)


def _promoters(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for row in _said(oracle, asked, span, cut, "nps"):
        if row["customer_id"] is not None and (number(row["score"]) or 0) >= 9:
            later = [
                r for r in oracle.done(cut)
                if r["kind"] == "referral" and r["customer_id"] == row["customer_id"]
                and moment(r, "occurred_at") >= moment(row, "occurred_at")
            ]  # fmt: skip
            yield {**row, "referred": bool(later)}


def _did(*kinds: str) -> Rows:
    def rows(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
        for row in oracle.done(cut):
            if span.start <= moment(row, "occurred_at") < span.end and (not kinds or row["kind"] in kinds):
                ended = row["ended_at"]
                yield {**row, "ended_at": ended if ended is not None and moment(row, "ended_at") < cut else None}

    return rows


def _signs(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    only = asked.params.get("only_kind")
    return _did(*((str(only),) if only else ALIVE))(oracle, asked, span, cut)


def _members(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for customer in oracle.everybody():
        for began, left in oracle.tenures(customer, cut):
            if began < span.end and (left is None or left >= span.end):
                yield {"customer_id": customer, "occurred_at": span.end}


def _won(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for customer in oracle.everybody():
        begun = oracle.beginnings(customer, cut)
        if begun and span.start <= begun[0] < span.end:
            yield {"customer_id": customer, "occurred_at": begun[0]}


def _standing(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for customer in oracle.everybody():
        there = [(b, e) for b, e in oracle.tenures(customer, cut) if b < span.ref and (e is None or e >= span.start)]
        if there:
            left = all(e is not None and e < span.end for _, e in there)
            yield {"customer_id": customer, "occurred_at": span.ref, "left": left}


def _risked(kind: str) -> Rows:
    def rows(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
        hit = {
            r["customer_id"] for r in oracle.done(cut)
            if r["kind"] == kind and span.start <= moment(r, "occurred_at") < span.end
        }  # fmt: skip
        for row in _standing(oracle, asked, span, cut):
            yield {**row, "hit": row["customer_id"] in hit}

    return rows


def _silent(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    window = timedelta(days=whole(asked.params.get("window_days") or 90))
    only = asked.params.get("only_kind")
    kinds = (str(only),) if only else ALIVE
    for customer in oracle.everybody():
        mine = [r for r in oracle.done(cut) if r["customer_id"] == customer]
        seen = [moment(r, "occurred_at") for r in mine if r["kind"] in kinds]
        before = [s for s in seen if s < span.start]
        there = (
            any(s < span.end for s in seen)
            if span.first is None
            else bool(before) and max(before) >= span.start - window
        )
        if there:
            last = max(s for s in seen if s < span.end)
            yield {"customer_id": customer, "occurred_at": span.ref, "silent": last < span.end - window}


def _waiting(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for row in _won(oracle, asked, span, cut):
        came = []
        for r in oracle.done(cut):
            if r["customer_id"] == row["customer_id"] and oracle.first_value(r):
                at = moment(r, "ended_at") if r["ended_at"] is not None else moment(r, "occurred_at")
                came += [at] if moment(row, "occurred_at") <= at < cut else []
        until = min(came, default=cut)
        yield {**row, "days": (until - moment(row, "occurred_at")) // timedelta(days=1), "reached": bool(came)}


def _firsts(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    window = timedelta(days=whole(asked.params.get("window_days") or 7))
    for row in _did("contact")(oracle, asked, span, cut):
        before = [
            moment(r, "occurred_at") for r in oracle.done(cut)
            if r["kind"] == "contact" and unit(r) == unit(row)
            and _place(r) < _place(row)
        ]  # fmt: skip
        if not before or moment(row, "occurred_at") - max(before) >= window:
            yield row


def _place(row: Row) -> tuple[datetime, str]:
    return moment(row, "occurred_at"), str(row["activity_id"])


def _promised(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for row in _did()(oracle, asked, span, cut):
        if row["due_at"] is not None and (row["ended_at"] is not None or moment(row, "due_at") < cut):
            yield row


def _turns(oracle: Oracle, asked: Asked, span: Span, cut: datetime) -> Iterator[Row]:
    for row in _did("order")(oracle, asked, span, cut):
        if row["customer_id"] is not None:
            until = [
                r for r in oracle.done(cut)
                if r["kind"] == "order" and r["customer_id"] == row["customer_id"]
                and _place(r) <= _place(row)
            ]  # fmt: skip
            yield {**row, "nth": len(until)}


def _filtered(rows: Rows, keeps: Callable[[Row], bool]) -> Rows:
    return lambda oracle, asked, span, cut: (r for r in rows(oracle, asked, span, cut) if keeps(r))


_has_amount = _filtered(_did(*PAID), lambda r: r["amount"] is not None)
SAY: dict[str, Rows] = {
    "nps": _of_scale("nps"), "csat": _of_scale("csat"), "ces": _of_scale("ces"), "mean_score": _said, "top_box": _said,
    "bottom_box": _said, "responses": _said, "choice_share": _options, "promoters_who_referred": _promoters,
    "share_of_voice": _public,
    "service_nps": _filtered(_said, lambda r: r["touchpoint"] == "service"),
}  # fmt: skip
DO: dict[str, Rows] = {
    "customer_base": _members, "active_customers": _signs, "acquisition": _won, "orders": _did("order"),
    "purchase_frequency": _filtered(_did("order"), lambda r: r["customer_id"] is not None),
    "average_order_value": _did("order"), "revenue": _did(*PAID),
    "revenue_per_customer": _has_amount,
    "profit_per_customer": _filtered(_has_amount, lambda r: r["cost"] is not None),
    "repeat_rate": _turns, "retention_rate": _standing, "churn_rate": _standing, "inactivity_churn": _silent,
    "on_time_rate": _promised, "time_to_value": _waiting, "return_rate": _did("order", "return"),
    "contact_rate": _risked("contact"), "referral_rate": _risked("referral"), "came_by": _risked("visit"),
    "handling_time": _filtered(_did("contact"), lambda r: r["ended_at"] is not None),
    "first_contact_resolution": _firsts, "solved": _did("contact"), "delivery_cost": _did("delivery"),
    "cost_share": _did("order"), "refunded": _did("refund"),
    "complaints": _filtered(_did("contact"), lambda r: r["resolved"] is False),
    "typical_order": _did("order"), "shops_used": _did("order"),
}  # fmt: skip
COUNTS = ("customer_base", "active_customers", "acquisition", "orders", "responses", "complaints", "shops_used")
