"""Everything that the shop is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

from heedful.simulate.calendar import EVEN_MONTHS, GIFT_MONTHS

COMPANY, RIVAL, OTHERS = "Nordlys", "Kaffia", "others"
LANGUAGES = ("en", "it", "nl", "lv", "ru", "th")
LANGUAGE_NAMES = {"en": "English", "it": "Italian", "nl": "Dutch", "lv": "Latvian", "ru": "Russian", "th": "Thai"}


@dataclass(frozen=True, slots=True)
class Country:
    """One country: its share of customers, who carries its parcels, how pleased people are beyond their kind."""

    code: str
    name: str
    share: float
    unit: str
    carrier: str
    promise_days: int
    delivery_cost: float
    team: str
    mood: float  # added to a customer's mean answer, 0 to 10
    languages: dict[str, float]
    market_share: float
    market_share_rival: float
    awareness: float


COUNTRIES = (
    Country("LV", "Latvia", 0.28, "riga", "Baltpasts", 3, 4.2, "CN", 0.0, {"lv": 0.66, "ru": 0.29, "en": 0.05},
            0.24, 0.31, 0.81),
    Country("LT", "Lithuania", 0.14, "vilnius", "Neris Kurjer", 4, 4.6, "CN", -0.1, {"en": 0.75, "ru": 0.25},
            0.15, 0.33, 0.62),
    Country("EE", "Estonia", 0.12, "tallinn", "Pakiauto", 4, 4.7, "CN", 0.05, {"en": 0.7, "ru": 0.3},
            0.17, 0.28, 0.64),
    Country("FI", "Finland", 0.12, "helsinki", "Matkaposti", 5, 6.1, "CN", 0.1, {"en": 0.92, "ru": 0.08},
            0.08, 0.22, 0.41),
    Country("IT", "Italy", 0.16, "milan", "Corriere Alba", 5, 5.4, "CS", -0.35, {"it": 0.96, "en": 0.04},
            0.04, 0.19, 0.28),
    Country("NL", "Netherlands", 0.12, "amsterdam", "PakketNu", 5, 5.2, "CS", 0.2, {"nl": 0.9, "en": 0.1},
            0.06, 0.26, 0.35),
    Country("TH", "Thailand", 0.06, "bangkok", "Siam Send", 8, 3.4, "CA", 0.45, {"th": 0.93, "en": 0.07},
            0.03, 0.12, 0.17),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of customer. Rates are per month of 30.44 days; the rest are probabilities."""

    name: str
    share: float
    orders: float
    basket: float
    mean_answer: float  # of a pleased one, to "would you recommend us", 0 to 10
    pleased: float
    leaves_if_pleased: float
    leaves_if_displeased: float
    returns: float
    refers: float  # weight in who brought a referred customer
    reviews: float  # probability of a review after a delivery
    in_shop: float  # share of orders bought in a shop rather than sent
    finds: float  # probability that a pleased one agrees that it is easy to find what suits them
    fair: float  # … that the price is fair
    reasons: dict[str, float]  # why they buy here: each option's probability
    months: tuple[float, ...] = EVEN_MONTHS


REASONS = ("price", "choice", "delivery", "quality", "staff", "habit")
PERSONAS = (
    Persona("busy parents", 0.34, 0.95, 54, 8.75, 0.72, 0.15, 0.42, 0.09, 1.0, 0.05, 0.12, 0.88, 0.8,
            {"price": 0.3, "choice": 0.35, "delivery": 0.72, "quality": 0.3, "staff": 0.15, "habit": 0.3}),
    Persona("bargain hunters", 0.26, 0.6, 32, 8.15, 0.6, 0.32, 0.55, 0.12, 0.7, 0.06, 0.18, 0.76, 0.84,
            {"price": 0.88, "choice": 0.3, "delivery": 0.2, "quality": 0.12, "staff": 0.05, "habit": 0.1}),
    Persona("loyalists", 0.22, 1.25, 66, 9.3, 0.84, 0.05, 0.18, 0.04, 2.2, 0.07, 0.35, 0.94, 0.82,
            {"price": 0.15, "choice": 0.4, "delivery": 0.3, "quality": 0.6, "staff": 0.5, "habit": 0.55}),
    Persona("gift buyers", 0.18, 0.3, 78, 8.6, 0.68, 0.25, 0.45, 0.08, 0.9, 0.06, 0.2, 0.92, 0.7,
            {"price": 0.15, "choice": 0.78, "delivery": 0.45, "quality": 0.4, "staff": 0.2, "habit": 0.05},
            GIFT_MONTHS),
)  # fmt: skip

DISPLEASED_MEAN = -3.0
"""How far the displeased answer below the pleased of their kind."""
OWN_SPREAD = 0.6
DISPLEASED_AGREEMENT = -0.3
"""What being displeased takes from the probability of agreeing to anything good."""
LATE_ON_RECOMMENDATION = -1.0
"""What a late parcel in the 60 days before takes from the answer to "would you recommend us"."""

ON_TIME = 0.96
ON_TIME_CHANGED = 0.88
CHANGED_COUNTRY = "LV"
COST_CHANGED = 0.91
"""A cheaper round in the changed country: what a parcel costs since, against before."""
CSAT_PLEASED, CSAT_DISPLEASED = 0.94, 0.72
LATE_ON_CSAT = -0.40
"""What lateness takes from the probability of a 4 or a 5."""
LATE_LEAVES = 0.12
"""The probability that a late parcel is a customer's last."""
LEAVERS_MEAN_DAYS = 330.0
"""Who is to leave does so after an exponential time with this mean."""
CLOSES_ACCOUNT = 0.25

REFERRED = 0.16
JOINED_THROUGH = {"search": 0.34, "social": 0.2, "shop": 0.2, "mail": 0.1, "referral": REFERRED}

TEAMS = {"CN": "Care North", "CS": "Care South", "CA": "Care Asia"}
FIRST_CONTACT = {"CN": 0.82, "CS": 0.74, "CA": 0.88}
"""The probability that the first contact solves the matter, by team."""
CONTACT_IF_LATE, CONTACT_IF_ON_TIME = 0.38, 0.045
EASY_IF_SOLVED, EASY_IF_NOT = 0.86, 0.30

ASKED_A_WAVE = 0.7
ANSWERS_PLEASED, ANSWERS_DISPLEASED = 0.32, 0.17
LEFT_ANSWER_LESS = 0.6
ASKED_AFTER_DELIVERY, ANSWERS_AFTER_DELIVERY_SATISFIED, ANSWERS_AFTER_DELIVERY_NOT = 0.5, 0.24, 0.36
ASKED_AFTER_CONTACT, ANSWERS_AFTER_CONTACT_EASY, ANSWERS_AFTER_CONTACT_NOT = 0.8, 0.34, 0.44
COMMENTS = 0.4
GOODS_COST = 0.61
CANCELLED = 0.02
