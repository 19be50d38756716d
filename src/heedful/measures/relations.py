"""The rows that measures look at: the streams as known at a date, and what follows from them.

A relation is a SELECT over the logical tables (and other relations, as CTEs). It yields `customer_id` and `occurred_at`
at least. One that is marked `gridded` yields `period` too: a row for each customer and reporting period.
Placeholders: `:as_of` (instant), `:window` (an interval), `:event` (a condition on activity).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from heedful.measures.sql import EARLIEST, instant, sql
from heedful.streams.schema import ACTIVITY, FEEDBACK

STARTS = ("signup", "order", "payment", "renewal")
"""Kinds of activity that show that somebody is a customer, where `acquired_at` is not known."""

DONE_BY_CUSTOMERS = ("order", "payment", "renewal", "visit", "referral")
"""Kinds of activity that count as a sign of life."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A derived relation: its SELECT and the CTEs that it needs, by name."""

    text: str
    needs: tuple[str, ...] = ()
    gridded: bool = False
    meaning: str = ""
    own_brand: bool = False  # rows of feedback, meant of the company's own brand unless another is asked for
    columns: Mapping[str, str] | None = None  # beyond those of `like`
    like: str = ""  # the stream whose columns it has


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{v}'" for v in values)


_ACTIVITY_COLUMNS = ", ".join(c for c in ACTIVITY.columns if c != "ended_at")
_FEEDBACK_COLUMNS = ", ".join(FEEDBACK.columns)

BY_CUSTOMERS = "(speaker is null or speaker not in ('agent', 'moderator'))"
"""What agents and moderators say is kept for what customers answer to it, and is nobody's feedback."""

RELATIONS: Mapping[str, Relation] = {
    "feedback": Relation(
        f"select {_FEEDBACK_COLUMNS} from feedback where occurred_at < :as_of and {BY_CUSTOMERS}",
        meaning="what customers said",
        own_brand=True,
        like="feedback",
    ),
    "turns": Relation(
        f"select {_FEEDBACK_COLUMNS} from feedback where occurred_at < :as_of",
        meaning="what customers said, and what agents and moderators said to them",
        own_brand=True,
        like="feedback",
    ),
    "activity": Relation(
        # An end that lies after the date looked from was not known then.
        f"select {_ACTIVITY_COLUMNS}, case when ended_at < :as_of then ended_at end as ended_at "
        "from activity where occurred_at < :as_of",
        meaning="what customers did",
        like="activity",
    ),
    "market": Relation(
        # Where a source states a whole market beside its parts, sums over both would count it twice.
        "select *, period_start as occurred_at, cast(null as varchar) as customer_id, "
        "segment = '' or max(case when segment = '' then 1 else 0 end) over (partition by source, period_start) = 0 "
        "as is_summed from market where period_end <= :as_of",
        meaning="the market, by period, segment and brand",
        like="market",
    ),
    "voices": Relation(
        f"select {_FEEDBACK_COLUMNS}, cast(null as double) as base from feedback "
        f"where occurred_at < :as_of and channel in ('social', 'review', 'community') and {BY_CUSTOMERS}",
        meaning="public mentions of any brand",
        like="feedback",
    ),
    "starts": Relation(
        "select customer_id, occurred_at as began_at from activity "
        f"where kind in ({_listed(STARTS)}) and customer_id is not null and occurred_at < :as_of "
        "union all select customer_id, acquired_at as began_at from customers where acquired_at < :as_of"
    ),
    "firsts": Relation(
        "select customer_id, min(began_at) as began_at from starts group by customer_id", needs=("starts",)
    ),
    "leavings": Relation(
        "select customer_id, occurred_at as left_at, "
        "lead(occurred_at) over (partition by customer_id order by occurred_at) as next_left_at "
        "from activity where kind = 'cancellation' and customer_id is not null and occurred_at < :as_of"
    ),
    "first_leavings": Relation(
        "select customer_id, min(left_at) as left_at from leavings group by customer_id", needs=("leavings",)
    ),
    "tenures": Relation(
        # Who leaves without ever having begun was there before the data are.
        "select coalesce(f.customer_id, l.customer_id) as customer_id, "
        "case when f.began_at is null or f.began_at > l.left_at then :earliest else f.began_at end as began_at, "
        "l.left_at as left_at from firsts as f full join first_leavings as l on l.customer_id = f.customer_id "
        "union all "
        "select l.customer_id, min(s.began_at) as began_at, l.next_left_at as left_at "
        "from leavings as l join starts as s on s.customer_id = l.customer_id "
        "where s.began_at > l.left_at and (l.next_left_at is null or s.began_at < l.next_left_at) "
        "group by l.customer_id, l.left_at, l.next_left_at",
        needs=("firsts", "first_leavings"),
        meaning="spans over which somebody was a customer: from the first sign, or a return, to a cancellation",
    ),
    "acquired": Relation(
        "select customer_id, began_at as occurred_at from firsts",
        needs=("firsts",),
        meaning="customers at the moment when they became customers",
    ),
    "members": Relation(
        "select g.period, t.customer_id, g.ends_at as occurred_at from tenures as t cross join grid as g "
        "where t.began_at < g.ends_at and (t.left_at is null or t.left_at >= g.ends_at)",
        needs=("tenures",),
        gridded=True,
        meaning="customers at the end of each period",
    ),
    "standings": Relation(
        # Over a period without a start everyone who ever was a customer is at risk.
        "select g.period, t.customer_id, g.ref_at as occurred_at, "
        "min(case when t.left_at < g.ends_at then 1 else 0 end) = 1 as has_left "
        "from tenures as t cross join grid as g "
        "where t.began_at < g.ref_at and (t.left_at is null or t.left_at >= g.starts_at) "
        "group by g.period, t.customer_id, g.ref_at",
        needs=("tenures",),
        gridded=True,
        meaning="customers at the start of each period, and whether they left in it",
        columns={"has_left": "BOOLEAN"},
    ),
    "happenings": Relation(
        "select g.period, a.customer_id from activity as a cross join grid as g "
        "where a.occurred_at >= g.starts_at and a.occurred_at < g.ends_at and a.occurred_at < :as_of "
        "and a.customer_id is not null and :event group by g.period, a.customer_id"
    ),
    "at_risk": Relation(
        "select s.period, s.customer_id, s.occurred_at, h.customer_id is not null as has_happened "
        "from standings as s left join happenings as h on h.period = s.period and h.customer_id = s.customer_id",
        needs=("standings", "happenings"),
        gridded=True,
        meaning="customers at the start of each period, and whether the event happened to them in it",
        columns={"has_happened": "BOOLEAN"},
    ),
    "signs": Relation(
        "select customer_id, occurred_at as seen_at, "
        "lead(occurred_at) over (partition by customer_id order by occurred_at) as next_seen_at from activity as a "
        "where customer_id is not null and occurred_at < :as_of and :event"
    ),
    "seen": Relation(
        # One pass over spans between signs answers for all dates; asking date by date cost six times as much.
        "select b.bound_at, s.customer_id, s.seen_at from signs as s cross join "
        "(select starts_at as bound_at from grid union select ends_at as bound_at from grid) as b "
        "where s.seen_at < b.bound_at and (s.next_seen_at is null or s.next_seen_at >= b.bound_at)",
        needs=("signs",),
    ),
    "silences": Relation(
        "select g.period, e.customer_id, g.ref_at as occurred_at, "
        "e.seen_at < g.ends_at - :window as is_silent "
        "from grid as g join seen as e on e.bound_at = g.ends_at "
        "left join seen as s on s.bound_at = g.starts_at and s.customer_id = e.customer_id "
        "where g.starts_at = :earliest or s.seen_at >= g.starts_at - :window",
        needs=("seen",),
        gridded=True,
        meaning="customers active at the start of each period, and whether they had fallen silent by its end",
        columns={"is_silent": "BOOLEAN"},
    ),
    "value_events": Relation(
        # What takes its time is of value once it has ended: the parcel at the door, not the parcel sent.
        "select customer_id, coalesce(ended_at, occurred_at) as occurred_at from activity as a "
        "where customer_id is not null and coalesce(ended_at, occurred_at) < :as_of and :event"
    ),
    "first_values": Relation(
        "select f.customer_id, f.began_at as occurred_at, min(v.occurred_at) is not null as is_reached, "
        "floor((epoch(coalesce(min(v.occurred_at), :as_of)) - epoch(f.began_at)) / 86400) as days "
        "from firsts as f left join value_events as v on v.customer_id = f.customer_id and v.occurred_at >= f.began_at "
        "group by f.customer_id, f.began_at",
        needs=("firsts", "value_events"),
        meaning="customers from when they were won until the first value that they got",
        columns={"is_reached": "BOOLEAN", "days": "DOUBLE"},
    ),
    "orders_in_turn": Relation(
        f"select {_ACTIVITY_COLUMNS}, ended_at, "
        "row_number() over (partition by customer_id order by occurred_at, activity_id) as nth from activity "
        "where kind = 'order' and customer_id is not null and occurred_at < :as_of",
        meaning="orders, numbered for each customer",
        columns={"nth": "BIGINT"},
        like="activity",
    ),
    "contacts_in_turn": Relation(
        f"select {_ACTIVITY_COLUMNS}, case when ended_at < :as_of then ended_at end as ended_at, "
        # A customer, a visitor and a row may bear the same id, and so may rows of two sources.
        "lag(occurred_at) over (partition by customer_id, case when customer_id is null then anonymous_id end, "
        "case when customer_id is null and anonymous_id is null then source || '/' || activity_id end "
        "order by occurred_at, activity_id) as previous_at from activity "
        "where kind = 'contact' and occurred_at < :as_of",
        meaning="contacts, each with the time of that customer's contact before it",
        columns={"previous_at": "TIMESTAMP WITH TIME ZONE"},
        like="activity",
    ),
    "referrals": Relation(
        "select customer_id, max(occurred_at) as last_at from activity "
        "where kind = 'referral' and customer_id is not null and occurred_at < :as_of group by customer_id"
    ),
    "promoters": Relation(
        f"select {', '.join('f.' + c for c in FEEDBACK.columns)}, "
        "case when r.last_at >= f.occurred_at then 1 else 0 end as has_referred "
        "from feedback as f left join referrals as r on r.customer_id = f.customer_id "
        "where f.scale = 'nps' and f.score >= 9 and f.customer_id is not null and f.occurred_at < :as_of",
        needs=("referrals",),
        meaning="answers of promoters, and whether they referred somebody afterwards",
        own_brand=True,
        columns={"has_referred": "INTEGER"},
        like="feedback",
    ),
}  # fmt: skip


HOMES = ("unit", "team")
"""Columns of activity that customers have too: the unit and the team with which they were last seen."""


def home_rows(home: str, trees: Mapping[str, exp.Expr]) -> exp.Expr:
    """A SELECT of each customer's rows of activity with that column, and the instant from which the next one holds."""
    return _fill(
        f"select customer_id, {home}, occurred_at as seen_at, "
        "lead(occurred_at) over (partition by customer_id order by occurred_at, activity_id) as next_at from activity "
        f"where customer_id is not null and {home} is not null and occurred_at < :as_of",
        trees,
    )


ROWS = "rows_"


def relation_ctes(relation: str, trees: Mapping[str, exp.Expr], *, name: str = ROWS) -> list[tuple[str, exp.Expr]]:
    """The CTEs that make `relation`, in order, the last one being itself under `name`."""
    ordered: dict[str, exp.Expr] = {}

    def add(each: str) -> None:
        for need in RELATIONS[each].needs:
            if need not in ordered:
                add(need)
        ordered[name if each == relation else each] = _fill(RELATIONS[each].text, trees)

    add(relation)
    return list(ordered.items())


def _fill(text: str, trees: Mapping[str, exp.Expr]) -> exp.Expr:
    given = {"earliest": instant(EARLIEST), **trees}
    return sql(text, **{k: v for k, v in given.items() if f":{k}" in text})
