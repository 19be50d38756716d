"""What is known of each customer at an instant: counts, sums and spans that rules of segments are written in.

All instants that are asked for are answered in one pass: each row falls into the gap before the first instant that sees
it, and running totals over the gaps give the state at each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from heedful.measures.relations import BY_CUSTOMERS
from heedful.measures.sql import sql


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: rows of activity that meet `where`, known at `known_at`; `of` is summed, or the newest instant kept."""

    meaning: str
    type: str
    where: str
    of: str = "1"
    known_at: str = "occurred_at"
    newest: bool = False


_PAID = "kind in ('order', 'payment', 'renewal')"
_LATE = "kind = 'delivery' and due_at is not null and (ended_at is null or ended_at > due_at)"

COUNTED: Mapping[str, Fact] = {
    "orders": Fact("orders placed", "BIGINT", "kind = 'order'"),
    "deliveries": Fact("deliveries begun", "BIGINT", "kind = 'delivery'"),
    "deliveries_late": Fact("deliveries that missed their promise", "BIGINT", _LATE, known_at="due_at"),
    "contacts": Fact("contacts", "BIGINT", "kind = 'contact'"),
    "contacts_unresolved": Fact("contacts that settled nothing", "BIGINT", "kind = 'contact' and not resolved"),
    "returns": Fact("returns", "BIGINT", "kind = 'return'"),
    "referrals": Fact("referrals made", "BIGINT", "kind = 'referral'"),
    "renewals": Fact("renewals", "BIGINT", "kind = 'renewal'"),
    "cancellations": Fact("cancellations", "BIGINT", "kind = 'cancellation'"),
    "visits": Fact("visits", "BIGINT", "kind = 'visit'"),
    "spend": Fact("sum of what orders, payments and renewals brought", "DECIMAL(18, 2)", _PAID, "coalesce(amount, 0)"),
    "last_order_at": Fact(
        "when the last order was placed", "TIMESTAMP WITH TIME ZONE", "kind = 'order'", "occurred_at", newest=True
    ),
    "last_activity_at": Fact(
        "when anything was last done", "TIMESTAMP WITH TIME ZONE", "true", "occurred_at", newest=True
    ),
}


def _days(since: str) -> str:
    """Whole days gone by: `date_diff` would count the midnights of UTC."""
    return f"cast(floor((epoch(ref_at) - epoch({since})) / 86400) as bigint)"


DERIVED: Mapping[str, tuple[str, str, tuple[str, ...], str]] = {
    "days_since_order": ("BIGINT", _days("last_order_at"), ("last_order_at",), "days since the last order"),
    "days_since_activity": ("BIGINT", _days("last_activity_at"), ("last_activity_at",), "days since anything was done"),
}  # fmt: skip

SAID: dict[str, tuple[str, str]] = {
    "last_nps": ("DOUBLE", "the last answer to the recommendation question, 0 to 10"),
    "answers": ("BIGINT", "answers given"),
}
TENURE: dict[str, tuple[str, str]] = {"tenure_days": ("BIGINT", "days since they became a customer")}

FACT_TYPES: Mapping[str, str] = {
    **{n: f.type for n, f in COUNTED.items()},
    **{n: d[0] for n, d in DERIVED.items()},
    **{n: t for n, (t, _) in (SAID | TENURE).items()},
}
FACT_MEANINGS: Mapping[str, str] = {
    **{n: f.meaning for n, f in COUNTED.items()},
    **{n: d[3] for n, d in DERIVED.items()},
    **{n: m for n, (_, m) in (SAID | TENURE).items()},
}


def fact_ctes(names: Iterable[str], trees: Mapping[str, exp.Expr]) -> list[tuple[str, exp.Expr]]:
    """CTEs that end in `facts (period, ref_at, customer_id, <names…>)`, a row for each customer known at each instant.

    Needs the CTE `grid`, and `firsts` where `tenure_days` is asked for. Counts are 0 for who did nothing; spans and
    answers are null.
    """
    wanted = set(names)
    for name in list(wanted):
        wanted |= set(DERIVED[name][2]) if name in DERIVED else set()
    ctes: list[tuple[str, exp.Expr]] = [("gaps", sql(_GAPS))]
    running, joins, known = [], [], []
    for known_at in sorted({f.known_at for n, f in COUNTED.items() if n in wanted}):
        group = {n: f for n, f in COUNTED.items() if n in wanted and f.known_at == known_at}
        cte = f"changes_{known_at}"
        ctes.append((cte, sql(_changes(group, known_at), as_of=trees["as_of"])))
        joins.append(f"left join {cte} on {cte}.customer_id = k.customer_id and {cte}.period = k.period")
        window = "over (partition by k.customer_id order by k.ref_at rows unbounded preceding)"
        for name, fact in group.items():
            inner = f"max({cte}.{name}) {window}" if fact.newest else f"coalesce(sum({cte}.{name}) {window}, 0)"
            running.append(f"{inner} as {name}")
    for name in sorted(wanted & SAID.keys()):
        cte = f"said_{name}"
        ctes.append((cte, sql(_LAST_NPS if name == "last_nps" else _ANSWERS, as_of=trees["as_of"])))
        joins.append(f"left join {cte} on {cte}.customer_id = k.customer_id and {cte}.period = k.period")
        running.append(f"{cte}.{name}" if name == "last_nps" else f"coalesce({cte}.{name}, 0) as {name}")
    if "tenure_days" in wanted:
        joins.append("left join firsts on firsts.customer_id = k.customer_id and firsts.began_at < k.ref_at")
        running.append("cast(floor((epoch(k.ref_at) - epoch(firsts.began_at)) / 86400) as bigint) as tenure_days")
    known += ["select customer_id from customers where valid_to is null", "select distinct customer_id from activity"]
    people = " union ".join(f"{k} {'and' if 'where' in k else 'where'} customer_id is not null" for k in known)
    columns = ", ".join(["k.period", "k.ref_at", "k.customer_id", *running])
    state = (
        f"select {columns} from "
        f"(select p.customer_id, g.period, g.ref_at from ({people}) as p cross join grid as g) as k " + " ".join(joins)
    )
    ctes.append(("states", sql(state)))
    extra = "".join(f", {DERIVED[n][1]} as {n}" for n in sorted(wanted & DERIVED.keys()))
    ctes.append(("facts", sql(f"select *{extra} from states")))
    return ctes


_GAPS = "select period, ref_at, lag(ref_at) over (order by ref_at) as before_at from grid"


def _changes(group: Mapping[str, Fact], known_at: str) -> str:
    columns = []
    for name, fact in group.items():
        value = f"case when {fact.where} then {fact.of} end"
        columns.append(f"{'max' if fact.newest else 'sum'}({value}) as {name}")
    # What was due before it even began is known of from its beginning.
    known = "a.occurred_at" if known_at == "occurred_at" else f"greatest(a.occurred_at, a.{known_at})"
    return (
        f"select g.period, a.customer_id, {', '.join(columns)} from activity as a cross join gaps as g "
        f"where a.customer_id is not null and a.occurred_at < :as_of and {known} < g.ref_at "
        f"and (g.before_at is null or {known} >= g.before_at) group by g.period, a.customer_id"
    )


_LAST_NPS = (
    "select g.period, f.customer_id, max(f.score) as last_nps from (select customer_id, occurred_at, score, "
    "lead(occurred_at) over (partition by customer_id order by occurred_at) as next_at from feedback "
    "where scale = 'nps' and score is not null and customer_id is not null and occurred_at < :as_of) as f "
    "cross join grid as g where f.occurred_at < g.ref_at and (f.next_at is null or f.next_at >= g.ref_at) "
    "group by g.period, f.customer_id"
)
_ANSWERS = (
    "select g.period, f.customer_id, count(*) as answers from feedback as f cross join grid as g "
    f"where {BY_CUSTOMERS} and f.customer_id is not null and f.occurred_at < g.ref_at and f.occurred_at < :as_of "
    "group by g.period, f.customer_id"
)
