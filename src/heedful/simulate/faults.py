"""Rows with named faults, added to the raw files of a company: what a reader has to reject, and how many."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from heedful.simulate.plan import Plan

Faults = Mapping[str, Mapping[str, int]]


def append_lines(path: Path, lines: Sequence[str]) -> int:
    """Add `lines` to the end of a text file; returns how many."""
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)
    return len(lines)


def shop_faults(plan: Plan) -> Faults:
    """Faults in the shop's orders, survey export and reviews. Every faulty row has an id of its own."""
    orders, survey, reviews = (plan.data / name for name in ("orders.csv", "survey.csv", "reviews.jsonl"))
    day = plan.calendar.until.isoformat()
    noon = f"{day}T10:00:00Z"
    bad_dates = ("31.02.2026", "yesterday", "2026-13-01 10:00:00")
    return {
        "orders": {
            "bad_date": append_lines(orders, [_order(f"X1{i:06}", d, "20.00") for i, d in enumerate(bad_dates)]),
            "bad_amount": append_lines(
                orders, [_order(f"X2{i:06}", f"{day} 10:00:00", a) for i, a in enumerate(("twenty", "12.3.4"))]
            ),
            "no_id": append_lines(orders, [_order("", f"{day} 10:00:00", "20.00")]),
        },
        "survey": {
            "score_out_of_range": append_lines(
                survey, [_response(f"X3{i:04}", day, "Latvian", score) for i, score in enumerate((11, 15, -3, 99))]
            ),
            "unknown_code": append_lines(
                survey, [_response(f"X4{i:04}", day, tongue, 9) for i, tongue in enumerate(("Klingon", "Lettisch"))]
            ),
        },
        "reviews": {
            "no_date": append_lines(reviews, [_review(8_000_000 + i, None, 4) for i in range(2)]),
            "score_out_of_range": append_lines(
                reviews, [_review(8_000_010 + i, noon, score) for i, score in enumerate((0, 55))]
            ),
        },
    }


def _order(number: str, placed: str, total: str) -> str:
    return f"{number},C000001,online,{placed},done,1,{total},12.00"


def _response(number: str, day: str, language: str, score: int) -> str:
    # The score is out of its column's range, or the language is none: everything else is as it should be.
    first = [number, f"{day} 12:00", "relationship", "", "C000001", "", language, str(score)]
    return ";".join([*first, *[""] * 4, *["0"] * 5, "1", ""])


def _review(number: int, when: str | None, score: int) -> str:
    review = {
        "id": str(number),
        "site": "plaza",
        "brand": "Nordlys",
        "created_at": when,
        "rating": {"value": score, "best": 5},
        "author": {"customer_no": None, "verified": False},
        "body": {"text": "Fine.", "language": "en"},
    }
    return json.dumps(review, ensure_ascii=False, separators=(",", ":"))
