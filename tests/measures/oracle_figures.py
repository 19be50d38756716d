"""What each measure makes of the rows of one group, once more in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median as middle

from heedful.measures import estimators
from heedful.measures.estimators import ClusterSums
from heedful.measures.intervals import median_levels
from tests.measures.oracle_cells import Asked, Figure, Row, moment, number, unit, whole


def _score(row: Row) -> float | None:
    return number(row["score"])


def _net(row: Row) -> float | None:
    score = _score(row)
    return None if score is None else 1.0 if score >= 9 else -1.0 if score <= 6 else 0.0


def _top(default: int | None) -> Callable[[Row, Asked], float | None]:
    def value(row: Row, asked: Asked) -> float | None:
        score, low, high = _score(row), number(row["scale_min"]), number(row["scale_max"])
        if score is None or high is None:
            return None
        usual = default or (2 if low is not None and high - low >= 3 else 1)
        return float(score > high - whole(asked.params.get("boxes") or usual))

    return value


def _bottom(row: Row, asked: Asked) -> float | None:
    score, low = _score(row), number(row["scale_min"])
    return None if score is None or low is None else float(score < low + whole(asked.params.get("boxes") or 1))


def _easy(row: Row, asked: Asked) -> float | None:
    score, low, high = _score(row), number(row["scale_min"]), number(row["scale_max"])
    return (
        None if score is None or low is None or high is None else float((score - low) / (high - low) >= 2 / 3 - 1e-12)
    )


def _truth(name: str, *, no: bool = False) -> Callable[[Row, Asked], float | None]:
    return lambda row, _: None if row[name] is None else float(bool(row[name]) is not no)


Value = Callable[[Row, Asked], float | None]
SHARES: dict[str, Value] = {
    "csat": _top(None), "top_box": _top(1), "bottom_box": _bottom, "ces": _easy,
    "retention_rate": _truth("left", no=True), "churn_rate": _truth("left"), "inactivity_churn": _truth("silent"),
    "on_time_rate": lambda r, _: float(r["ended_at"] is not None and moment(r, "ended_at") <= moment(r, "due_at")),
    "contact_rate": _truth("hit"), "referral_rate": _truth("hit"), "came_by": _truth("hit"),
    "first_contact_resolution": _truth("resolved"), "solved": _truth("resolved"),
}  # fmt: skip
MEANS: dict[str, Value] = {
    "mean_score": lambda r, _: _score(r), "average_order_value": lambda r, _: number(r["amount"]),
    "handling_time": lambda r, _: (moment(r, "ended_at") - moment(r, "occurred_at")) / timedelta(minutes=1),
    "delivery_cost": lambda r, _: number(r["cost"]),
}  # fmt: skip
NEVER_NEGATIVE = ("average_order_value", "handling_time")
NETS = ("nps", "service_nps")


def clustered(name: str) -> Callable[[str, list[Row], Asked], Figure | None]:
    def figure(_: str, rows: list[Row], asked: Asked) -> Figure | None:
        if name in NETS:
            listed = [(r, v) for r in rows if (v := _net(r)) is not None]
            return estimated(estimators.net_share, listed, asked, times=100) if listed else None
        value = SHARES.get(name) or MEANS[name]
        listed = [(r, v) for r in rows if (v := value(r, asked)) is not None]
        estimator = estimators.share if name in SHARES else estimators.mean
        found = estimated(estimator, listed, asked) if listed else None
        if found is not None and found.low is not None and found.value is not None and name in NEVER_NEGATIVE:
            return replace(found, low=max(found.low, min(0.0, found.value)))
        return found

    return figure


def estimated(
    estimator: estimators.Estimator, listed: Sequence[tuple[Row, float]], asked: Asked, *, times: float = 1
) -> Figure:
    weighted = asked.params.get("weighted", True)
    weights = [number(r["weight"]) or 0.0 if "weight" in r and weighted else 1.0 for r, _ in listed]
    people = sorted({unit(r) for r, _ in listed})
    sums = ClusterSums.from_rows(
        [v for _, v in listed], weights=weights, customers=[people.index(unit(r)) for r, _ in listed]
    )
    found = estimator(sums)
    value, low, high = (None if math.isnan(x[0]) else float(x[0]) * times for x in (found.value, found.low, found.high))
    return Figure(value, len(listed), len(people), low, high)


def _counted(own: str, rows: list[Row], asked: Asked) -> Figure:
    return Figure(float(len(rows)), len(rows), len({unit(r) for r in rows}))


def _people(own: str, rows: list[Row], asked: Asked) -> Figure | None:
    known = [r for r in rows if r["customer_id"] is not None]
    people = {r["customer_id"] for r in known}
    return Figure(float(len(people)), len(known), len(people)) if known else None


def _shops(own: str, rows: list[Row], asked: Asked) -> Figure | None:
    known = [r for r in rows if r["unit"] is not None]
    return Figure(float(len({r["unit"] for r in known})), len(known), len({unit(r) for r in known})) if known else None


def _summed(own: str, rows: list[Row], asked: Asked) -> Figure | None:
    known = [(r, v) for r in rows if (v := number(r["amount"])) is not None]
    return Figure(math.fsum(v for _, v in known), len(known), len({unit(r) for r, _ in known})) if known else None


def _typical(own: str, rows: list[Row], asked: Asked) -> Figure | None:
    known = [(r, v) for r in rows if (v := number(r["amount"])) is not None]
    if not known:
        return None
    value, values = middle(v for _, v in known), sorted(v for _, v in known)
    people = sorted({unit(r) for r, _ in known})
    below = ClusterSums.from_rows(
        [float(v <= value) for _, v in known], customers=[people.index(unit(r)) for r, _ in known]
    )
    levels = [float(level[0]) for level in median_levels(estimators.share(below).n_eff)]
    # The least value up to which that share of all lies.
    low, high = (
        None if math.isnan(level) else next(v for i, v in enumerate(values, 1) if i / len(values) >= level)
        for level in levels
    )
    return Figure(value, len(known), len(people), low, high)


def _divided(of: Value, per: Value) -> Callable[[str, list[Row], Asked], Figure | None]:
    def figure(_: str, rows: list[Row], asked: Asked) -> Figure | None:
        known = [(r, x, y) for r in rows if (y := of(r, asked)) is not None and (x := per(r, asked)) is not None]
        if not known:
            return None
        below = math.fsum(x for _, x, _ in known)
        value = math.fsum(y for _, _, y in known) / below if below else None
        return Figure(value, len(known), len({unit(r) for r, _, _ in known}))

    return figure


def _per_person(of: Callable[[list[Row]], float]) -> Callable[[str, list[Row], Asked], Figure | None]:
    def figure(_: str, rows: list[Row], asked: Asked) -> Figure | None:
        people: dict[object, list[Row]] = {}
        for row in rows:
            if row["customer_id"] is not None:
                people.setdefault(row["customer_id"], []).append(row)
        if not people:
            return None
        known = sum(len(p) for p in people.values())
        return Figure(math.fsum(of(p) for p in people.values()) / len(people), known, len(people))

    return figure


def _margin(rows: list[Row]) -> float:
    return math.fsum((number(r["amount"]) or 0) - (number(r["cost"]) or 0) for r in rows)


def _half_life(own: str, rows: list[Row], asked: Asked) -> Figure:
    """The product of the shares that stay at each event, from the front, until half are left."""
    left = 1.0
    for day in sorted({whole(r["days"]) for r in rows if r["reached"]}):
        at_risk = sum(1 for r in rows if whole(r["days"]) >= day)
        came = sum(1 for r in rows if whole(r["days"]) == day and r["reached"])
        left *= 1 - came / at_risk
        if left <= 0.5 + 1e-12:
            return Figure(float(day), len(rows), len(rows))
    return Figure(None, len(rows), len(rows))


def _voice(own: str, rows: list[Row], asked: Asked) -> Figure:
    return Figure(sum(1 for r in rows if r["brand"] == own) / len(rows), len(rows), len(rows))


FIGURES: dict[str, Callable[[str, list[Row], Asked], Figure | None]] = {
    "responses": _counted, "orders": _counted, "acquisition": _counted, "complaints": _counted,
    "customer_base": _people, "active_customers": _people, "shops_used": _shops,
    "revenue": _summed, "refunded": _summed,
    "purchase_frequency": _per_person(lambda p: float(len(p))),
    "revenue_per_customer": _per_person(lambda p: math.fsum(number(r["amount"]) or 0 for r in p)),
    "profit_per_customer": _per_person(_margin),
    "repeat_rate": _per_person(lambda p: float(max(whole(r["nth"]) for r in p) >= 2)),
    "promoters_who_referred": _per_person(lambda p: float(any(r["referred"] for r in p))),
    "typical_order": _typical, "time_to_value": _half_life, "share_of_voice": _voice,
    "return_rate": _divided(lambda r, _: float(r["kind"] == "return"), lambda r, _: float(r["kind"] == "order")),
    "cost_share": _divided(lambda r, _: number(r["cost"]), lambda r, _: number(r["amount"])),
}  # fmt: skip
