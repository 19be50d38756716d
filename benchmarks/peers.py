# ruff: noqa: E501 -- a query an analyst would write stands on one line, beside the others that it is compared with
"""Twelve measures by segment and month, each as hand-written SQL, in pandas and in polars.

The peers compute the figure and its base. None of them computes an interval with the customer as sampling unit; that
they do less is part of what the ratios say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MEASURES = (
    "nps", "csat", "ces", "mean_score", "responses", "on_time_rate", "average_order_value", "return_rate",
    "handling_time", "revenue", "orders", "active_customers",
)  # fmt: skip
ROW_WISE = ("responses", "revenue", "orders", "active_customers")
"""Complete counts, whose statistics are sums over rows; the others have the customer as sampling unit."""

_PERIOD = "cast(date_trunc('month', occurred_at at time zone 'Europe/Riga') as date)"


@dataclass(frozen=True)
class _Sql:
    stream: str
    where: str
    value: str


_SQL: Mapping[str, _Sql] = {
    "nps": _Sql("feedback", "scale = 'nps' and score is not null", "100 * (avg((score >= 9)::int) - avg((score <= 6)::int))"),
    "csat": _Sql("feedback", "scale = 'csat' and score is not null", "avg((score >= 4)::int)"),
    "ces": _Sql("feedback", "scale = 'ces' and score is not null", "avg((score >= 5)::int)"),
    "mean_score": _Sql("feedback", "score is not null", "avg(score)"),
    "responses": _Sql("feedback", "true", "count(*)"),
    "on_time_rate": _Sql("activity", "due_at is not null and (ended_at is not null or due_at < timestamptz '2026-11-01 00:00:00+02')", "avg(coalesce((ended_at <= due_at)::int, 0))"),
    "average_order_value": _Sql("activity", "kind = 'order' and amount is not null", "avg(amount::double)"),
    "return_rate": _Sql("activity", "kind in ('order', 'return')", "sum((kind = 'return')::int) / sum((kind = 'order')::int)"),
    "handling_time": _Sql("activity", "kind = 'contact' and ended_at is not null", "avg(date_diff('minute', occurred_at, ended_at))"),
    "revenue": _Sql("activity", "kind in ('order', 'payment', 'renewal') and amount is not null", "sum(amount)"),
    "orders": _Sql("activity", "kind = 'order'", "count(*)"),
    "active_customers": _Sql("activity", "kind in ('order', 'payment', 'renewal', 'visit', 'referral') and s.customer_id is not null", "count(distinct s.customer_id)"),
}  # fmt: skip


def hand_sql(name: str) -> str:
    """The query that an analyst would write: value, rows, and for counts the customers behind them."""
    q = _SQL[name]
    base = ", count(distinct s.customer_id) as customers" if name in ROW_WISE else ""
    return (
        f"select c.country, {_PERIOD} as period, {q.value} as value, count(*) as n{base} from {q.stream} as s "
        f"left join customers as c on c.customer_id = s.customer_id where {q.where.replace('s.s.', 's.')} group by 1, 2 order by 1, 2"
    )


def pandas_measures(read: Callable[..., Any]) -> Mapping[str, Callable[[], Any]]:
    """The twelve in pandas, over frames that `read(table, columns)` gives."""
    import pandas as pd

    customers = read("customers", ["customer_id", "country"])

    def keyed(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.merge(customers, on="customer_id", how="left")
        frame["period"] = frame["occurred_at"].dt.tz_convert("Europe/Riga").dt.tz_localize(None).dt.to_period("M")
        return frame

    def feedback(scale: str | None) -> pd.DataFrame:
        frame = read("feedback", ["customer_id", "occurred_at", "scale", "score"])
        return keyed(frame[frame["scale"] == scale] if scale else frame)

    def activity(kinds: list[str], *columns: str) -> pd.DataFrame:
        frame = read("activity", ["customer_id", "occurred_at", "kind", *columns])
        return keyed(frame[frame["kind"].isin(kinds)])

    def grouped(frame: pd.DataFrame, value: Any) -> Any:
        frame["v"] = value(frame)
        return frame.groupby(["country", "period"], dropna=False)["v"].agg(["mean", "count"])

    def total(frame: pd.DataFrame, column: str | None) -> Any:
        groups = frame.groupby(["country", "period"], dropna=False)
        first = groups[column].sum() if column else groups.size()
        return first, groups["customer_id"].nunique()

    def on_time() -> Any:
        frame = activity(["delivery"], "ended_at", "due_at")
        return grouped(frame, lambda f: f["ended_at"] <= f["due_at"])

    def returns() -> Any:
        frame = activity(["order", "return"])
        counts = frame.groupby(["country", "period", "kind"], dropna=False).size().unstack()
        return counts["return"] / counts["order"]

    bought = ["order", "payment", "renewal"]
    return {
        "nps": lambda: grouped(
            feedback("nps"), lambda f: (f["score"] >= 9).astype(int) - (f["score"] <= 6).astype(int)
        ),
        "csat": lambda: grouped(feedback("csat"), lambda f: f["score"] >= 4),
        "ces": lambda: grouped(feedback("ces"), lambda f: f["score"] >= 5),
        "mean_score": lambda: grouped(feedback(None), lambda f: f["score"]),
        "responses": lambda: total(feedback(None), None),
        "on_time_rate": on_time,
        "average_order_value": lambda: grouped(activity(["order"], "amount"), lambda f: f["amount"].astype(float)),
        "return_rate": returns,
        "handling_time": lambda: grouped(
            activity(["contact"], "ended_at"), lambda f: (f["ended_at"] - f["occurred_at"]).dt.total_seconds() / 60
        ),
        "revenue": lambda: total(
            activity(bought, "amount").assign(amount=lambda f: f["amount"].astype(float)), "amount"
        ),
        "orders": lambda: total(activity(["order"]), None),
        "active_customers": lambda: total(activity([*bought, "visit", "referral"]), None),
    }


def polars_measures(scan: Callable[[str], Any]) -> Mapping[str, Callable[[], Any]]:
    """The twelve in polars, over lazy frames that `scan(table)` gives."""
    import polars as pl

    customers = scan("customers").select("customer_id", "country")
    period = pl.col("occurred_at").dt.convert_time_zone("Europe/Riga").dt.truncate("1mo").dt.date().alias("period")
    score, amount = pl.col("score"), pl.col("amount").cast(pl.Float64)

    def over(table: str, rows: Any, *figures: Any) -> Callable[[], Any]:
        return lambda: (
            scan(table).filter(rows).join(customers, on="customer_id", how="left")
            .with_columns(period).group_by("country", "period").agg(*figures, pl.len()).collect()
        )  # fmt: skip

    def kinds(*names: str) -> Any:
        return pl.col("kind").is_in(list(names))

    people = pl.col("customer_id").n_unique().alias("customers")
    bought = ("order", "payment", "renewal")
    return {
        "nps": over("feedback", pl.col("scale") == "nps", (score >= 9).mean().alias("up"), (score <= 6).mean().alias("down")),
        "csat": over("feedback", pl.col("scale") == "csat", (score >= 4).mean().alias("v")),
        "ces": over("feedback", pl.col("scale") == "ces", (score >= 5).mean().alias("v")),
        "mean_score": over("feedback", score.is_not_null(), score.mean().alias("v")),
        "responses": over("feedback", pl.lit(True), people),
        "on_time_rate": over("activity", kinds("delivery"), (pl.col("ended_at") <= pl.col("due_at")).fill_null(False).mean().alias("v")),
        "average_order_value": over("activity", kinds("order"), amount.mean().alias("v")),
        "return_rate": over("activity", kinds("order", "return"), (pl.col("kind") == "return").sum().alias("v")),
        "handling_time": over("activity", kinds("contact"), (pl.col("ended_at") - pl.col("occurred_at")).dt.total_minutes().mean().alias("v")),
        "revenue": over("activity", kinds(*bought), amount.sum().alias("v"), people),
        "orders": over("activity", kinds("order"), people),
        "active_customers": over("activity", kinds(*bought, "visit", "referral"), people),
    }  # fmt: skip
