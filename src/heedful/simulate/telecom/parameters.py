"""Everything that the telecom is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

COMPANY, RIVAL = "Sakari", "Vilnis"
LANGUAGES = ("lv", "ru", "en")
NEVER = 10**6


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of customer. `leaves` is the probability of cancelling in a month, when nothing has gone wrong."""

    name: str
    share: float
    leaves: float
    asks: float  # contacts a month
    mean_answer: float
    answers: float  # probability of answering a survey


PERSONAS = (
    Persona("families", 0.4, 0.008, 0.11, 8.3, 0.3),
    Persona("students", 0.2, 0.022, 0.07, 7.6, 0.2),
    Persona("seniors", 0.25, 0.004, 0.16, 8.7, 0.42),
    Persona("small firms", 0.15, 0.012, 0.2, 7.9, 0.24),
)
REGIONS, REGION_SHARES = ("Riga", "Vidzeme", "Kurzeme", "Zemgale", "Latgale"), (0.46, 0.15, 0.14, 0.12, 0.13)
PLANS, PLAN_SHARES, PLAN_PRICES = ("mobile", "internet", "bundle"), (0.45, 0.25, 0.3), (14.9, 21.9, 32.9)
TEAMS, TEAM_SHARES = ("Technical", "Billing", "Sales"), (0.5, 0.32, 0.18)
SOLVES = {"Technical": 0.80, "Billing": 0.86, "Sales": 0.90}
CHANGED_TEAM, SOLVES_CHANGED = "Technical", 0.66
UNRESOLVED_TIMES_LEAVING = 4.0
"""An unsettled matter multiplies the probability of cancelling in the month after it."""
UNRESOLVED_ON_RECOMMENDATION = -1.6
EASY_IF_SOLVED, EASY_IF_NOT = 0.84, 0.22
SHARE, RIVAL_SHARE = 0.27, 0.34
REASONS = ("price", "moved away", "competitor's offer", "no longer needed")
SHOPS = {
    "Riga": "riga-centre",
    "Vidzeme": "valmiera",
    "Kurzeme": "liepaja",
    "Zemgale": "jelgava",
    "Latgale": "daugavpils",
}
