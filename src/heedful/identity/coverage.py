"""How much of what was said and done is known to be of which customer: figures that join them speak of that part."""

from __future__ import annotations

from dataclasses import dataclass

from heedful.streams.engine import Engine


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of rows, 0 to 1; None where there are no rows.

    `feedback` and `activity`: with a customer. `joined`: of feedback, with a customer who also has activity.
    """

    feedback: float | None
    activity: float | None
    joined: float | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a pull says of it."""
        parts = [
            f"{_percent(share)} of {what}"
            for share, what in ((self.feedback, "feedback"), (self.activity, "activity"))
            if share is not None
        ]
        said = [f"linked to a customer: {' and '.join(parts)}"] if parts else []
        if self.joined is not None and self.activity is not None:
            said.append(f"of a customer who also has activity: {_percent(self.joined)} of feedback")
        return tuple(said)


def joined_note(share: float) -> str:
    """What a figure says that joins the two streams."""
    return f"joins what customers said with what they did: {_percent(share)} of feedback is of a customer with activity"


def coverage(engine: Engine) -> Coverage:
    """The shares at this moment. Raises `EngineError`."""
    return Coverage(_named_share(engine, "feedback"), _named_share(engine, "activity"), joined_share(engine))


def joined_share(engine: Engine) -> float | None:
    """The share of feedback whose customer also has activity; None where there is no feedback."""
    return _share(
        engine,
        "select count(*) as n, count(a.customer_id) as k from feedback as f left join "
        "(select distinct customer_id from activity where customer_id is not null) as a "
        "on a.customer_id = f.customer_id",
    )


def _named_share(engine: Engine, stream: str) -> float | None:
    return _share(engine, f"select count(*) as n, count(customer_id) as k from {stream}")


def _share(engine: Engine, query: str) -> float | None:
    row = engine.query(query).to_pylist()[0]
    return row["k"] / row["n"] if row["n"] else None


def _percent(share: float) -> str:
    # A part that is not all must not read as all, nor a little as nothing.
    if 0 < share < 0.001 or 0.999 < share < 1:
        return "less than 0.1 %" if share < 0.5 else "more than 99.9 %"
    return f"{share:.1%}".replace("%", " %").replace(".0 %", " %")
