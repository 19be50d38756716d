from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given, settings

from heedful.identity.graph import Decisions, Guards
from tests.identity.made import Link, Name, identities, linked


def test_ids_that_share_an_email_are_one_customer(link: Link) -> None:
    assert link([("crm", "crm:1", "email", "e"), ("shop", "shop:9", "email", "e")]) == {"shop:9": "crm:1"}


def test_ids_join_through_a_third_one(link: Link) -> None:
    names = [
        ("crm", "crm:1", "email", "e"),
        ("shop", "shop:9", "email", "e"),
        ("shop", "shop:9", "phone", "p"),
        ("tel", "tel:4", "phone", "p"),
    ]
    assert link(names) == {"shop:9": "crm:1", "tel:4": "crm:1"}


def test_the_rule_of_a_link_names_the_kinds_that_joined_it() -> None:
    names = [
        ("crm", "crm:1", "email", "e"),
        ("shop", "shop:9", "email", "e"),
        ("shop", "shop:9", "phone", "p"),
        ("tel", "tel:4", "phone", "p"),
    ]
    found = linked(identities(names), Decisions(joined=(("crm:1", "web:7"),)))
    assert {i: rule for i, (_, rule) in found.items()} == {
        "shop:9": "email, phone",
        "tel:4": "phone",
        "web:7": "by hand",
    }


def test_the_same_value_of_another_kind_links_nobody(link: Link) -> None:
    assert link([("crm", "crm:1", "email", "x"), ("web", "web:1", "handle", "x")]) == {}


def test_a_chain_of_ten_thousand_ids_is_one_customer(link: Link) -> None:
    ids = [f"i:{n:05d}" for n in range(10_000)]
    names = [(f"s{n % 3}", i, "email", f"e{n}") for n, pair in enumerate(pairwise(ids)) for i in pair]
    assert set(link(names).values()) == {"i:00000"}


def test_the_id_that_came_first_stands_for_the_customer_and_stays_when_others_come(link: Link) -> None:
    names = [("shop", "shop:9", "email", "e"), ("crm", "crm:1", "email", "e")]
    assert link(names, days=[0, 5]) == {"crm:1": "shop:9"}
    later = [*names, ("app", "app:0", "email", "e")]
    assert link(later, days=[0, 5, 9]) == {"crm:1": "shop:9", "app:0": "shop:9"}


def test_ids_of_the_systems_listed_first_stand_for_customers(link: Link) -> None:
    names = [("shop", "shop:9", "email", "e"), ("crm", "crm:1", "email", "e")]
    assert link(names, days=[0, 5], guards=Guards(first=("crm",))) == {"shop:9": "crm:1"}


def test_an_email_that_a_source_gives_to_500_customers_links_nobody(link: Link) -> None:
    names: list[Name] = [("shop", f"shop:{i}", "email", "till") for i in range(500)]
    names += [("crm", "crm:1", "email", "till"), ("crm", "crm:1", "phone", "p"), ("shop", "shop:3", "phone", "p")]
    assert link(names) == {"shop:3": "crm:1"}


def test_a_source_may_give_one_customer_as_many_ids_as_the_guard_allows(link: Link) -> None:
    names = [("shop", f"shop:{i}", "email", "e") for i in range(5)]
    assert set(link(names).values()) == {"shop:0"}
    assert link(names, guards=Guards(most_ids=4)) == {}


def test_a_name_on_more_records_than_one_customer_has_links_nobody(link: Link) -> None:
    names = [(f"s{i}", f"s{i}:1", "email", "e") for i in range(51)]
    assert link(names) == {}
    assert len(link(names[:50])) == 49


def test_an_email_with_four_surnames_links_nobody(link: Link) -> None:
    def names(surnames: int) -> list[Name]:
        found = [(f"s{i}", f"s{i}:1", "email", "e") for i in range(surnames)]
        return found + [(f"s{i}", f"s{i}:1", "surname", f"n{i}") for i in range(surnames)]

    assert len(link(names(3))) == 2
    assert link(names(4)) == {}


FAMILY: list[Name] = [
    ("crm", "crm:1", "phone", "home"),
    ("crm", "crm:1", "first_name", "anna"),
    ("crm", "crm:2", "phone", "home"),
    ("crm", "crm:2", "first_name", "bruno"),
    ("shop", "shop:1", "phone", "home"),
    ("shop", "shop:1", "first_name", "anna"),
    ("tel", "tel:1", "phone", "home"),
]


def test_a_family_telephone_links_each_of_the_family_to_themselves_alone(link: Link) -> None:
    assert link(FAMILY) == {"shop:1": "crm:1"}


def test_a_telephone_that_passed_to_somebody_else_does_not_join_the_two(link: Link) -> None:
    names: list[Name] = [
        ("crm", "crm:1", "phone", "p"),
        ("crm", "crm:1", "first_name", "anna"),
        ("crm", "crm:1", "surname", "ozola"),
        ("shop", "shop:1", "phone", "p"),
        ("shop", "shop:1", "first_name", "anna"),
        ("shop", "shop:1", "surname", "kalna"),
    ]
    assert link(names) == {}


def test_a_mailbox_of_a_family_joins_nobody_whom_one_source_tells_apart(link: Link) -> None:
    names = [(s, i, "email" if k == "phone" else k, v) for s, i, k, v in FAMILY]
    assert link(names) == {"shop:1": "crm:1"}


def test_two_spellings_of_a_first_name_in_two_sources_do_not_hinder_an_email(link: Link) -> None:
    names: list[Name] = [
        ("crm", "crm:1", "email", "e"),
        ("crm", "crm:1", "first_name", "robert"),
        ("shop", "shop:1", "email", "e"),
        ("shop", "shop:1", "first_name", "bob"),
    ]
    assert link(names) == {"shop:1": "crm:1"}


def test_a_shared_computer_does_not_join_those_who_logged_in_on_it(link: Link) -> None:
    names = [("web", i, "cookie", "c") for i in ("shop:1", "shop:2", "anonymous:c")]
    assert link(names) == {}
    assert link([names[0], names[2]]) == {"anonymous:c": "shop:1"}


def test_visitors_without_a_name_are_no_customer_however_many_are_joined(link: Link) -> None:
    assert link([("web", f"anonymous:{i}", "email", "e") for i in range(9)]) == {}


def test_a_decision_wins_over_names(link: Link) -> None:
    names = [
        ("crm", "crm:1", "email", "e"),
        ("shop", "shop:9", "email", "e"),
        ("shop", "shop:9", "phone", "p"),
        ("tel", "tel:4", "phone", "p"),
    ]
    assert link(names, decisions=Decisions(split=("shop:9",))) == {}
    joined = Decisions(joined=(("shop:9", "tel:4"),), split=("shop:9",))
    assert link(names, decisions=joined) == {"tel:4": "shop:9"}


def test_splitting_ids_off_never_lets_a_shared_name_link_others(link: Link) -> None:
    names = [("shop", f"shop:{i}", "email", "e") for i in range(6)]
    assert link(names, decisions=Decisions(split=("shop:0", "shop:1"))) == {}


IDS = [f"{source}:{n}" for source in ("crm", "shop", "web") for n in range(4)]
NAMES = st.lists(
    st.tuples(
        st.sampled_from(["crm", "shop"]),
        st.sampled_from(IDS),
        st.sampled_from(["email", "phone", "cookie", "first_name", "surname"]),
        st.sampled_from("abcd"),
    ),
    max_size=25,
    unique=True,
)
DECISIONS = st.builds(
    Decisions,
    joined=st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=2).map(tuple),
    split=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
)


@settings(max_examples=12, deadline=None)
@given(NAMES, DECISIONS)
def test_links_are_an_equivalence(names: list[Name], decisions: Decisions) -> None:
    found = {i: c for i, (c, _) in linked(identities(names), decisions).items()}
    assert all(customer not in found for customer in found.values())
    assert all(local_id != customer for local_id, customer in found.items())


@settings(max_examples=12, deadline=None)
@given(NAMES, DECISIONS, st.randoms(use_true_random=False))
def test_links_do_not_depend_on_the_order_of_names(names: list[Name], decisions: Decisions, random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert linked(identities(names), decisions) == linked(identities(shuffled), decisions)


@settings(max_examples=12, deadline=None)
@given(NAMES, st.sampled_from(IDS))
def test_a_split_id_is_joined_to_nobody_and_taking_it_back_restores_all(names: list[Name], split: str) -> None:
    table = identities(names)
    before = linked(table)
    apart = linked(table, Decisions(split=(split,)))
    assert split not in apart
    assert split not in {customer for customer, _ in apart.values()}
    assert linked(table, Decisions()) == before


@settings(max_examples=12, deadline=None)
@given(NAMES, NAMES)
def test_a_customer_keeps_the_id_when_later_names_come(names: list[Name], later: list[Name]) -> None:
    fresh = [n for n in later if n not in names]
    table = identities([*names, *fresh], [0] * len(names) + [9] * len(fresh))
    old = {n[1] for n in names}
    # Whatever joins an old customer later, an id that is new by then never takes the place of an old one.
    assert all(customer in old for i, (customer, _) in linked(table).items() if i in old)
