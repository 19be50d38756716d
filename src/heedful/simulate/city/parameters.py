"""Everything that the city is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

COMPANY = "City of Ostvik"
LANGUAGES = ("en", "lv", "ru")
DISTRICTS, DISTRICT_SHARES = ("Harbour", "Old Town", "Hillside", "Mills"), (0.22, 0.18, 0.34, 0.26)
AGES, AGE_SHARES = ("under 30", "30 to 59", "60 and over"), (0.24, 0.48, 0.28)
REQUESTS_A_MONTH = (0.05, 0.09, 0.12)
"""By age."""


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of request: the days promised for it, who sees to it, how often in time and at the first try."""

    name: str
    share: float
    team: str
    days: int
    on_time: float
    solved: float
    touchpoint: str


SERVICES = (
    Service("pothole", 0.2, "Roads", 10, 0.90, 0.84, "street"),
    Service("street light", 0.18, "Roads", 5, 0.90, 0.90, "street"),
    Service("waste", 0.24, "Cleaning", 3, 0.95, 0.82, "street"),
    Service("building permit", 0.12, "Permits", 30, 0.82, 0.70, "permit"),
    Service("noise", 0.1, "Order", 7, 0.88, 0.60, "street"),
    Service("certificate", 0.16, "Registry", 4, 0.97, 0.93, "counter"),
)
CHANGED_TEAM, ON_TIME_CHANGED = "Roads", 0.74
CHANGED_OFFICE, WAIT, WAIT_CHANGED = "Harbour", 22.0, 11.0
"""Minutes at the counter, median: appointments came to one office on the day of the change."""
TRUSTS = 0.68
LATE_ON_TRUST = -0.22
"""What a late answer in the 180 days before takes from the probability of trusting the city."""
SATISFIED, LATE_ON_CSAT = 0.82, -0.45
