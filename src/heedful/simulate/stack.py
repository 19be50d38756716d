"""A company's systems, each with a name of its own for the same people: a CRM, a shop, a survey, calls and web cookies.

What makes linking hard is planted: households with one telephone or one mailbox, guest orders, mistyped e-mails, an
e-mail that the tills fill in for everybody, shared computers, records without any key. The truth comes with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Named = tuple[list[str], Ids]
"""Local ids, and the person that each belongs to."""

SYLLABLES = ("an", "be", "da", "el", "ga", "in", "ka", "li", "ma", "ne", "ol", "pe", "ra", "si", "ta", "va", "zu", "ro")
SOURCES = ("crm", "shop", "survey", "calls", "web")


@dataclass(frozen=True)
class Stack:
    """`names`: source, local_id, kind, text, as the systems hold them. `truth`: local_id, person."""

    names: pa.Table
    truth: pa.Table


@dataclass
class _Draft:
    """Columns of the two tables as they grow."""

    names: list[pa.Table] = field(default_factory=list)
    truth: list[pa.Table] = field(default_factory=list)

    def people(self, local_ids: list[str], persons: Ids) -> None:
        self.truth.append(pa.table({"local_id": local_ids, "person": pa.array(persons, pa.int64())}))

    def add(self, source: str, local_ids: list[str], kind: str, texts: list[str], given: Flags) -> None:
        """Names of the ids that are `given` one."""
        at = np.flatnonzero(given)
        columns = {"local_id": [local_ids[i] for i in at], "text": [texts[i] for i in at]}
        table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        for name, value in (("source", source), ("kind", kind)):
            table = table.append_column(name, pa.repeat(pa.scalar(value), len(at)))
        self.names.append(table.select(["source", "local_id", "kind", "text"]))


@dataclass(frozen=True)
class _Population:
    """People and what they are called; a household shares the surname, and often a telephone."""

    household: Ids
    first: list[str]
    surname: list[str]
    email: list[str]
    phone: list[str]


def stack(customers: int, rng: np.random.Generator) -> Stack:
    """The systems of a company with so many customers."""
    people = _population(customers, rng)
    draft = _Draft()
    _crm(draft, people, rng)
    shop = _shop(draft, people, rng)
    _survey(draft, people, rng)
    _calls(draft, people, rng)
    _web(draft, people, shop, rng)
    return Stack(pa.concat_tables(draft.names), pa.concat_tables(draft.truth))


def _population(n: int, rng: np.random.Generator) -> _Population:
    sizes = rng.choice([1, 2, 3, 4], n, p=[0.62, 0.2, 0.1, 0.08])
    household = np.repeat(np.arange(n), sizes)[:n]
    surnames = _words(rng, 6000, 3)
    of_household = (rng.pareto(0.9, n) * 8).astype(np.int64) % len(surnames)
    firsts = _words(rng, 400, 2)
    # Two of a household seldom bear the same first name.
    place = np.arange(n) - np.searchsorted(household, household)
    drawn = (rng.pareto(1.1, n) * 12).astype(np.int64) % len(firsts)
    named = np.where(rng.random(n) < 0.03, drawn, drawn[household] + 41 * place) % len(firsts)
    first = [firsts[i] for i in named]
    surname = [surnames[of_household[h]] for h in household]
    email = [f"{f}.{s}{i}@post{i % 7}.lv" for i, (f, s) in enumerate(zip(first, surname, strict=True))]
    family = rng.random(n) < 0.4
    own = 20_000_000 + rng.permutation(9_900_000)[:n]
    shared = 60_000_000 + household
    phone = [f"{s if f else o}" for f, o, s in zip(family, own.tolist(), shared.tolist(), strict=True)]
    return _Population(household, first, surname, email, phone)


def _words(rng: np.random.Generator, count: int, syllables: int) -> list[str]:
    parts = rng.choice(SYLLABLES, (count * 3, syllables))
    return list(dict.fromkeys("".join(p) for p in parts))[:count]


def _crm(draft: _Draft, people: _Population, rng: np.random.Generator) -> None:
    n = len(people.first)
    persons = np.flatnonzero(rng.random(n) < 0.9)
    persons = np.concatenate([persons, persons[rng.random(len(persons)) < 0.02]])  # entered twice
    ids = [f"crm:{i}" for i in range(len(persons))]
    draft.people(ids, persons)
    k = len(persons)
    of_family = rng.random(k) < 0.04
    family = [f"family{people.household[p]}@home.lv" for p in persons]
    email = [f if is_ else people.email[p] for f, is_, p in zip(family, of_family, persons, strict=True)]
    draft.add("crm", ids, "email", email, rng.random(k) < 0.85)
    draft.add("crm", ids, "phone", [f"+371 {people.phone[p]}" for p in persons], rng.random(k) < 0.8)
    draft.add("crm", ids, "account", [f"LV{p:08d}" for p in persons], rng.random(k) < 0.95)
    _called(draft, "crm", (ids, persons), people, np.ones(k, bool))


def _called(draft: _Draft, source: str, persons: Named, people: _Population, given: Flags) -> None:
    ids, of = persons
    draft.add(source, ids, "first_name", [people.first[p] for p in of], given)
    draft.add(source, ids, "surname", [people.surname[p].upper() for p in of], given)


def _shop(draft: _Draft, people: _Population, rng: np.random.Generator) -> Named:
    n = len(people.first)
    registered = np.flatnonzero(rng.random(n) < 0.5)
    guests = np.repeat(buyers := np.flatnonzero(rng.random(n) < 0.2), rng.integers(1, 4, len(buyers)))
    tills = rng.choice(n, min(500, n // 4), replace=False)  # no e-mail asked for: the till fills in its own
    persons = np.concatenate([registered, guests, tills])
    ids = [f"shop:{i}" for i in range(len(persons))]
    draft.people(ids, persons)
    k, at_till = len(persons), np.arange(len(persons)) >= len(registered) + len(guests)
    style, typo = rng.random(k), rng.random(k) < 0.02
    email = []
    for i, p in enumerate(persons):
        text = people.email[p]
        text = text.replace("@", "+shop@") if style[i] < 0.03 else text.upper() if style[i] < 0.1 else text
        text = text.replace(".", "", 1) if typo[i] else text
        text = "info@partner.lv" if style[i] > 0.997 else text
        email.append("till4@shop.lv" if at_till[i] else text)
    draft.add("shop", ids, "email", email, np.ones(k, bool))
    draft.add("shop", ids, "phone", [people.phone[p] for p in persons], rng.random(k) < 0.5)
    _called(draft, "shop", (ids, persons), people, rng.random(k) < 0.95)
    return ids[: len(registered)], registered


def _survey(draft: _Draft, people: _Population, rng: np.random.Generator) -> None:
    persons = np.flatnonzero(rng.random(len(people.first)) < 0.2)
    ids = [f"survey:{i}" for i in range(len(persons))]
    draft.people(ids, persons)
    k = len(persons)
    draft.add("survey", ids, "email", [f" {people.email[p]} " for p in persons], rng.random(k) < 0.75)
    draft.add("survey", ids, "account", [f"lv-{p:08d}" for p in persons], rng.random(k) < 0.3)
    _called(draft, "survey", (ids, persons), people, rng.random(k) < 0.4)


def _calls(draft: _Draft, people: _Population, rng: np.random.Generator) -> None:
    persons = np.flatnonzero(rng.random(len(people.first)) < 0.25)
    ids = [f"calls:{i}" for i in range(len(persons))]
    draft.people(ids, persons)
    k = len(persons)
    draft.add("calls", ids, "phone", [f"00371{people.phone[p]}" for p in persons], rng.random(k) < 0.95)
    _called(draft, "calls", (ids, persons), people, rng.random(k) < 0.7)


def _web(draft: _Draft, people: _Population, shop: Named, rng: np.random.Generator) -> None:
    """Browsers: some seen logged in as a customer of the shop, some come by a newsletter's link, most by neither."""
    n = len(people.first)
    persons = np.repeat(np.arange(n), rng.choice([0, 1, 2, 3], n, p=[0.3, 0.4, 0.2, 0.1]))
    k = len(persons)
    # On a shared computer, the browser of one is that of the household's first.
    is_shared = rng.random(k) < 0.05
    first_of = {int(h): i for i, h in reversed(list(enumerate(people.household)))}
    cookies = [
        f"c{first_of[int(people.household[p])]:07d}s" if s else f"c{p:07d}n{i}"
        for i, (p, s) in enumerate(zip(persons, is_shared, strict=True))
    ]
    ids = [f"anonymous:{c}" for c in cookies]
    seen: dict[str, int] = {}
    for i, p in zip(ids, persons, strict=True):
        seen.setdefault(i, int(p))
    draft.people(list(seen), np.array(list(seen.values()), np.int64))
    draft.add("web", ids, "cookie", cookies, np.ones(k, bool))
    draft.add("web", ids, "email", [people.email[p] for p in persons], (rng.random(k) < 0.1) & ~is_shared)
    of_person = dict(zip(shop[1].tolist(), shop[0], strict=True))
    logged_in = np.array([int(p) in of_person for p in persons]) & (rng.random(k) < 0.6)
    draft.add("web", [of_person.get(int(p), "") for p in persons], "cookie", cookies, logged_in)
