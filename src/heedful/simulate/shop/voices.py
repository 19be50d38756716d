"""What customers say: a relationship survey each quarter, questions after a delivery and a contact, reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from heedful.simulate.answers import effort, mood_of, net_promoters, net_promotion, recommend, satisfaction
from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import SHOPPING_HOURS, later
from heedful.simulate.draws import happens, pick, pick_index
from heedful.simulate.plan import Plan
from heedful.simulate.shop.customers import Customers
from heedful.simulate.shop.orders import Orders
from heedful.simulate.shop.parameters import (
    ANSWERS_AFTER_CONTACT_EASY,
    ANSWERS_AFTER_CONTACT_NOT,
    ANSWERS_AFTER_DELIVERY_NOT,
    ANSWERS_AFTER_DELIVERY_SATISFIED,
    ANSWERS_DISPLEASED,
    ANSWERS_PLEASED,
    ASKED_A_WAVE,
    ASKED_AFTER_CONTACT,
    ASKED_AFTER_DELIVERY,
    COMMENTS,
    CSAT_DISPLEASED,
    CSAT_PLEASED,
    DISPLEASED_AGREEMENT,
    EASY_IF_NOT,
    EASY_IF_SOLVED,
    LANGUAGES,
    LATE_ON_CSAT,
    LATE_ON_RECOMMENDATION,
    LEFT_ANSWER_LESS,
    PERSONAS,
    REASONS,
)
from heedful.simulate.shop.service import Contacts
from heedful.simulate.verbatims import Sentences
from heedful.simulate.waves import Waves as Everyone
from heedful.simulate.waves import within_days

RELATIONSHIP, AFTER_DELIVERY, AFTER_CONTACT = "relationship", "after delivery", "after contact"


@dataclass(frozen=True)
class Waves:
    """Everyone who could have been asked in each wave, with the answer that they would give; n_entries of each."""

    base: Everyone
    asked: Flags
    answered: Flags
    willing: Floats  # the probability of answering, once asked
    answer: Whole
    net: Floats  # the expected net promotion behind the answer, -1 to 1
    late_before: Flags
    reasons: Flags  # why they buy here; (n_entries, n_reasons)
    finds: Whole  # "it is easy to find what suits me", 1 to 5
    fair: Whole  # "the price is fair", 1 to 5


@dataclass(frozen=True)
class Deliveries:
    """The answer to "how satisfied were you with this delivery" of every parcel that arrived."""

    order: Whole
    satisfied: Flags
    likely: Floats  # the probability of being satisfied
    answer: Whole
    asked: Flags
    answered: Flags


@dataclass(frozen=True)
class Efforts:
    """The answer to "how easy was it" after every contact."""

    contact: Whole
    easy: Flags
    likely: Floats
    answer: Whole
    asked: Flags
    answered: Flags


@dataclass(frozen=True)
class Responses:
    """The survey tool's rows, one a response, in the order of time. A question that was not asked holds -1."""

    survey: Texts
    wave: Texts
    customer: Whole
    order: Whole
    submitted_at: Times
    recommend: Whole
    satisfaction: Whole
    ease: Whole
    finds: Whole
    fair: Whole
    reasons: Flags  # (n_responses, n_reasons)
    comment: Texts
    late: Flags

    def where(self, chosen: Whole | Flags) -> Responses:
        """Some of the responses."""
        return Responses(*(getattr(self, f.name)[chosen] for f in fields(self)))


@dataclass(frozen=True)
class Reviews:
    """Reviews in the open; `order` is -1 for another brand's."""

    order: Whole
    written_at: Times
    score: Whole
    language: Texts
    text: Texts
    late: Flags
    site: Texts


def draw_waves(plan: Plan, customers: Customers, orders: Orders, left_day: Whole, closed_day: Whole) -> Waves:
    """Each wave asks a share of those who joined a month before and still have an account."""
    rng, base = plan.rng("waves"), Everyone.of(plan, customers.joined_day, closed_day)
    customer = base.customer
    late = within_days(orders.customer, orders.delivered_at, base, days=60, happened=orders.late)
    mean = customers.mean_answer[customer] + np.where(late, LATE_ON_RECOMMENDATION, 0.0)
    willing = np.where(customers.pleased[customer], ANSWERS_PLEASED, ANSWERS_DISPLEASED)
    willing = willing * np.where(left_day[customer] <= base.start_day, LEFT_ANSWER_LESS, 1.0)
    asked, answered = base.answered(rng, asked=ASKED_A_WAVE, willing=willing)
    finds, fair = (satisfaction(rng, happens(rng, p, len(base))) for p in agreement(customers, customer))
    return Waves(
        base=base,
        asked=asked,
        answered=answered,
        willing=willing,
        answer=recommend(rng, mean),
        net=net_promotion(mean),
        late_before=late,
        reasons=draw_reasons(rng, customers.persona[customer]),
        finds=finds,
        fair=fair,
    )


def agreement(customers: Customers, of: Whole) -> tuple[Floats, Floats]:
    """The probability of agreeing that it is easy to find what suits one, and that the price is fair."""
    less = np.where(customers.pleased[of], 0.0, DISPLEASED_AGREEMENT)
    finds, fair = (np.array([getattr(p, f) for p in PERSONAS])[customers.persona[of]] for f in ("finds", "fair"))
    return finds + less, fair + less


def draw_deliveries(plan: Plan, customers: Customers, orders: Orders) -> Deliveries:
    """Lateness takes a stated amount from the probability of being satisfied; the dissatisfied answer more often."""
    rng = plan.rng("deliveries")
    order = np.flatnonzero(orders.parcel & (orders.delivered_at < plan.end - np.timedelta64(4, "D")))
    pleased, n = customers.pleased[orders.customer[order]], len(order)
    likely = np.where(pleased, CSAT_PLEASED, CSAT_DISPLEASED) + np.where(orders.late[order], LATE_ON_CSAT, 0.0)
    satisfied = happens(rng, likely, n)
    asked = happens(rng, ASKED_AFTER_DELIVERY, n)
    willing = np.where(satisfied, ANSWERS_AFTER_DELIVERY_SATISFIED, ANSWERS_AFTER_DELIVERY_NOT)
    return Deliveries(order, satisfied, likely, satisfaction(rng, satisfied), asked, asked & happens(rng, willing, n))


def draw_efforts(plan: Plan, contacts: Contacts) -> Efforts:
    """A matter that was solved was easy, more often than not."""
    rng = plan.rng("efforts")
    contact = np.flatnonzero(contacts.closed_at < plan.end - np.timedelta64(3, "D"))
    likely, n = np.where(contacts.solved[contact], EASY_IF_SOLVED, EASY_IF_NOT), len(contact)
    easy = happens(rng, likely, n)
    asked = happens(rng, ASKED_AFTER_CONTACT, n)
    willing = np.where(easy, ANSWERS_AFTER_CONTACT_EASY, ANSWERS_AFTER_CONTACT_NOT)
    return Efforts(contact, easy, likely, effort(rng, easy), asked, asked & happens(rng, willing, n))


def responses_of(
    plan: Plan,
    *,
    customers: Customers,
    orders: Orders,
    contacts: Contacts,
    waves: Waves,
    deliveries: Deliveries,
    efforts: Efforts,
) -> Responses:
    """The answers that came in, as one export."""
    rng = plan.rng("responses")
    w, d, e = (np.flatnonzero(x.answered) for x in (waves, deliveries, efforts))
    order, contact = deliveries.order[d], efforts.contact[e]
    after_wave = waves.base.moments(plan, rng, w)
    after_delivery = later(orders.delivered_at[order], rng.integers(1, 4, len(d)), rng, SHOPPING_HOURS)
    after_contact = later(contacts.closed_at[contact], rng.integers(0, 3, len(e)), rng, SHOPPING_HOURS)
    none = [np.full(len(x), -1) for x in (w, d, e)]
    customer = np.concatenate((waves.base.customer[w], orders.customer[order], contacts.customer[contact]))
    wave = waves.base.name_of(w)
    scores = [waves.answer[w], deliveries.answer[d], efforts.answer[e]]
    mood = np.concatenate(
        [mood_of(s, low=lo, high=hi) for s, (lo, hi) in zip(scores, ((6, 9), (2, 4), (3, 5)), strict=True)]
    )
    late = np.concatenate((waves.late_before[w], orders.late[order], orders.late[contacts.order[contact]]))
    n = len(customer)
    words = Sentences.load("shop", LANGUAGES).comments(
        rng, languages=customers.language[customer], mood=mood, late=late
    )
    reasons = np.zeros((n, len(REASONS)), dtype=bool)
    reasons[: len(w)] = waves.reasons[w]
    elsewhere = np.full(len(d) + len(e), -1)
    responses = Responses(
        survey=np.repeat(
            np.array([RELATIONSHIP, AFTER_DELIVERY, AFTER_CONTACT], dtype=object), [len(w), len(d), len(e)]
        ),
        wave=np.concatenate((wave, np.full(len(d) + len(e), None))),
        customer=customer,
        order=np.concatenate((none[0], order, contacts.order[contact])),
        submitted_at=np.concatenate((after_wave, after_delivery, after_contact)),
        recommend=np.concatenate((scores[0], none[1], none[2])),
        satisfaction=np.concatenate((none[0], scores[1], none[2])),
        ease=np.concatenate((none[0], none[1], scores[2])),
        finds=np.concatenate((waves.finds[w], elsewhere)),
        fair=np.concatenate((waves.fair[w], elsewhere)),
        reasons=reasons,
        comment=np.where(happens(rng, COMMENTS, n), words, np.array(None, dtype=object)),
        late=late,
    )
    known = np.flatnonzero(responses.submitted_at < plan.end)
    return responses.where(known[np.lexsort((customer[known], responses.submitted_at[known]))])


def reason_probabilities() -> Floats:
    """The probability of each reason (columns) for each persona (rows), before the rule that at least one is given."""
    return np.array([[p.reasons[r] for r in REASONS] for p in PERSONAS])


def draw_reasons(rng: np.random.Generator, persona: Whole) -> Flags:
    """Which reasons each gives for buying here; whoever would give none gives the likeliest."""
    likely = reason_probabilities()[persona]
    given = rng.random(likely.shape) < likely
    silent = np.flatnonzero(~given.any(axis=1))
    given[silent, likely[silent].argmax(axis=1)] = True
    return given


def draw_reviews(plan: Plan, customers: Customers, orders: Orders, deliveries: Deliveries) -> Reviews:
    """Own reviews follow a delivery; they agree with what the writer would answer in a survey."""
    rng = plan.rng("reviews")
    order = deliveries.order
    likely = np.array([p.reviews for p in PERSONAS])[customers.persona[orders.customer[order]]]
    writes = np.flatnonzero(happens(rng, likely * np.where(deliveries.satisfied, 1.0, 2.2), len(order)))
    order, score = order[writes], deliveries.answer[writes]
    late, n = orders.late[order], len(writes)
    language = customers.language[orders.customer[order]]
    when = later(orders.delivered_at[order], rng.integers(0, 12, n), rng, SHOPPING_HOURS)
    reviews = Reviews(
        order, when, score, language, _words(rng, language, score, late), late,
        pick(rng, ("plaza", "shopvoice"), (0.6, 0.4), n),
    )  # fmt: skip
    return _known(plan, reviews)


def draw_rival_reviews(plan: Plan, own: int, languages: Sequence[float]) -> Reviews:
    """Reviews of the competitor, about half as many."""
    rng = plan.rng("rival reviews")
    n = rng.poisson(own * 0.55)
    score = 1 + pick_index(rng, (0.12, 0.11, 0.17, 0.32, 0.28), n)
    late = (score <= 2) & happens(rng, 0.3, n)
    language = pick(rng, LANGUAGES, languages, n)
    when = plan.calendar.moments(rng, rng.integers(0, plan.calendar.days, n), SHOPPING_HOURS)
    text = _words(rng, language, score, late)
    # Nobody compares the competitor with itself.
    dull = np.array(["Kaffia" in each for each in text], dtype=bool)
    return _known(plan, Reviews(
        np.full(n, -1)[~dull], when[~dull], score[~dull], language[~dull], text[~dull], late[~dull],
        pick(rng, ("plaza", "shopvoice"), (0.5, 0.5), int((~dull).sum())),
    ))  # fmt: skip


def _words(rng: np.random.Generator, language: Texts, score: Whole, late: Flags) -> Texts:
    mood = mood_of(score, low=2, high=4)
    return Sentences.load("shop", LANGUAGES).comments(rng, languages=language, mood=mood, late=late)


def _known(plan: Plan, reviews: Reviews) -> Reviews:
    known = np.flatnonzero(reviews.written_at < plan.end)
    order = known[np.lexsort((reviews.order[known], reviews.written_at[known]))]
    return Reviews(*(getattr(reviews, f.name)[order] for f in fields(reviews)))


def net_promoter_values(waves: Waves) -> Floats:
    """The value of each would-be answer, 1, 0 or -1."""
    return net_promoters(waves.answer)
