"""The tables of the lake, declared once.

Everything that a company knows comes down to `feedback` (what customers say) and `activity` (what they do), with the
tables that say who the customers are and what the market is. The reference page, the checks before each write and the
columns that a mapping may fill are all generated from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

TEXT = pa.string()
NUMBER = pa.float64()
WHOLE = pa.int64()
MONEY = pa.decimal128(18, 2)
INSTANT = pa.timestamp("us", tz="UTC")
FLAG = pa.bool_()

CHANNELS = ("survey", "review", "social", "call", "ticket", "form", "focus_group", "interview", "community")
IDENTIFIERS = ("email", "phone", "account", "cookie", "handle", "surname", "first_name")
"""Names that a source may state. The first five link; the last two only hold back links between different people."""
SCALES = ("nps", "csat", "ces", "rating", "yes_no", "choice", "open")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Arrow type, what it means, and whether it may be null.

    `default` fills a column that a mapping leaves out; `allowed` lists the values of a closed vocabulary.
    """

    type: pa.DataType
    meaning: str
    required: bool = False
    default: str | float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake. `key` identifies a row within it; `kind` says how rows come to be."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    kind: Literal["stream", "history", "fact", "derived"]
    open_ended: bool = field(default=False)
    """Whether a workspace may declare further columns (customers only)."""

    def arrow_schema(self, extra: Mapping[str, pa.DataType] | None = None) -> pa.Schema:
        """The schema on disk: declared columns, then `extra` ones in order, then the bookkeeping of `kind`."""
        own = [pa.field(name, c.type, nullable=not c.required) for name, c in self.columns.items()]
        more = [pa.field(name, t) for name, t in (extra or {}).items()]
        kept = [pa.field(n, c.type, nullable=not c.required) for n, c in self.bookkeeping.items()]
        return pa.schema([*own, *more, *kept])

    @property
    def bookkeeping(self) -> Mapping[str, Column]:
        """Columns that Heedful fills by itself."""
        return _BOOKKEEPING if self.kind == "stream" else {}


_BOOKKEEPING: Mapping[str, Column] = {
    "revision": Column(
        WHOLE, "1 for a row as first loaded, one more each time that its content changed", required=True
    ),
    "ingested_at": Column(INSTANT, "when this revision was written", required=True),
}

FEEDBACK = Table(
    "feedback",
    "one thing that a customer said",
    ("source", "feedback_id"),
    {
        "source": Column(TEXT, "the source that brought it", required=True),
        "feedback_id": Column(TEXT, "its id within the source", required=True),
        "customer_id": Column(TEXT, "who said it; null where nobody knows"),
        "occurred_at": Column(INSTANT, "when it was said", required=True),
        "channel": Column(TEXT, "where it was said", required=True, allowed=CHANNELS),
        "brand": Column(
            TEXT, "of whom it was said; the company's own brand where a source does not say", required=True
        ),
        "unit": Column(TEXT, "the shop, branch or product line concerned"),
        "touchpoint": Column(TEXT, "the moment in the journey that it is about"),
        "wave": Column(TEXT, "the survey wave"),
        "question": Column(TEXT, "the question that it answers"),
        "scale": Column(TEXT, "the kind of answer", allowed=SCALES),
        "score": Column(NUMBER, "the answer as given, on the scale from `scale_min` to `scale_max`"),
        "scale_min": Column(NUMBER, "the lowest answer that could be given"),
        "scale_max": Column(NUMBER, "the highest answer that could be given"),
        "choice": Column(TEXT, "the option chosen; a multiple choice has one row an option"),
        "text": Column(TEXT, "the words"),
        "language": Column(TEXT, "the language of the words, as a BCP 47 tag"),
        "speaker": Column(TEXT, "who speaks, in a call or a discussion"),
        "thread_id": Column(TEXT, "one response, call or discussion"),
        "weight": Column(NUMBER, "the survey weight", required=True, default=1.0),
    },
    "stream",
)

ACTIVITY = Table(
    "activity",
    "one thing that a customer did, or that was done for them",
    ("source", "activity_id"),
    {
        "source": Column(TEXT, "the source that brought it", required=True),
        "activity_id": Column(TEXT, "its id within the source", required=True),
        "customer_id": Column(TEXT, "who did it; null where nobody knows"),
        "anonymous_id": Column(TEXT, "a visitor not yet known by name"),
        "occurred_at": Column(INSTANT, "when it began", required=True),
        "ended_at": Column(INSTANT, "when it ended: the parcel arrived, the call was over"),
        "kind": Column(TEXT, "what was done: order, delivery, contact, cancellation, …", required=True),
        "unit": Column(TEXT, "the shop, branch or product line concerned"),
        "team": Column(TEXT, "the team that did it"),
        "touchpoint": Column(TEXT, "the moment in the journey"),
        "amount": Column(MONEY, "what the customer paid, in the reporting currency"),
        "cost": Column(MONEY, "what it cost the company, in the reporting currency"),
        "quantity": Column(NUMBER, "how many"),
        "reference": Column(TEXT, "the `activity_id` that it refers to, such as the order of a return"),
        "due_at": Column(INSTANT, "when it was promised for; a date lasts to the end of its local day"),
        "resolved": Column(FLAG, "whether the matter was settled"),
        "reason": Column(TEXT, "why, in the source's words"),
    },
    "stream",
)

CUSTOMERS = Table(
    "customers",
    "one customer over a span of time",
    ("customer_id", "valid_from"),
    {
        "customer_id": Column(TEXT, "the customer", required=True),
        "valid_from": Column(INSTANT, "from when the row holds", required=True),
        "valid_to": Column(INSTANT, "until when it holds, exclusive; null for the row that holds now"),
        "acquired_at": Column(INSTANT, "when they became a customer"),
        "acquired_through": Column(TEXT, "the channel that won them"),
        "source": Column(TEXT, "the source that brought it", required=True),
    },
    "history",
    open_ended=True,
)

MARKET = Table(
    "market",
    "what is known of a market over a period",
    ("source", "period_start", "segment", "brand"),
    {
        "source": Column(TEXT, "the source that brought it", required=True),
        "period_start": Column(INSTANT, "the first instant of the period", required=True),
        "period_end": Column(INSTANT, "its end, exclusive", required=True),
        "segment": Column(TEXT, "the part of the market; empty for all of it", required=True, default=""),
        "brand": Column(TEXT, "the brand", required=True),
        "sales": Column(MONEY, "sales in the reporting currency"),
        "volume": Column(NUMBER, "sales in units"),
        "awareness": Column(NUMBER, "share of people asked who know the brand, 0 to 1"),
        "searches": Column(NUMBER, "searches for the brand"),
        "base": Column(NUMBER, "how many were asked or counted, where the figures come from a sample"),
    },
    "fact",
)

SPEND = Table(
    "spend",
    "what was spent on a channel over a period",
    ("source", "period_start", "segment", "channel"),
    {
        "source": Column(TEXT, "the source that brought it", required=True),
        "period_start": Column(INSTANT, "the first instant of the period", required=True),
        "period_end": Column(INSTANT, "its end, exclusive", required=True),
        "segment": Column(TEXT, "whom it was spent on; empty for everyone", required=True, default=""),
        "channel": Column(TEXT, "the channel", required=True),
        "amount": Column(MONEY, "the amount in the reporting currency", required=True),
    },
    "fact",
)

WEIGHTS = Table(
    "weights",
    "the raked weight of one feedback row",
    ("source", "feedback_id", "wave"),
    {
        "source": Column(TEXT, "the source of the feedback row", required=True),
        "feedback_id": Column(TEXT, "its id", required=True),
        "wave": Column(TEXT, "the wave that was weighted; empty where there is none", required=True, default=""),
        "weight": Column(NUMBER, "the weight; mean 1 within a wave", required=True),
    },
    "derived",
)

IDENTITIES = Table(
    "identities",
    "one name under which a source knows somebody",
    ("source", "local_id", "kind", "value"),
    {
        "source": Column(TEXT, "the source that brought it", required=True),
        "local_id": Column(TEXT, "the id that the source's rows carry as `customer_id`", required=True),
        "kind": Column(TEXT, "what the name is", required=True, allowed=IDENTIFIERS),
        "value": Column(TEXT, "its keyed hash: never the name itself", required=True),
        "linked_at": Column(INSTANT, "when it was first brought in", required=True),
        "unlinked_at": Column(INSTANT, "since when it links nobody any more; null while it may"),
    },
    "fact",
)

LINKS = Table(
    "links",
    "one id that is another name of a customer",
    ("local_id",),
    {
        "local_id": Column(TEXT, "the id as a source's rows carry it", required=True),
        "customer_id": Column(TEXT, "the customer that it belongs to", required=True),
        "rule": Column(TEXT, "which names joined it: email, phone, …, or by hand", required=True),
    },
    "derived",
)

TABLES: Mapping[str, Table] = {
    t.name: t for t in (FEEDBACK, ACTIVITY, CUSTOMERS, MARKET, SPEND, WEIGHTS, IDENTITIES, LINKS)
}

ATTRIBUTE_TYPES: Mapping[str, pa.DataType] = {
    "string": TEXT,
    "number": NUMBER,
    "integer": WHOLE,
    "money": MONEY,
    "boolean": FLAG,
    "date": pa.date32(),
    "timestamp": INSTANT,
}
