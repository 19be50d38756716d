from __future__ import annotations

import numpy as np
import pyarrow as pa

from heedful.identity.names import Names
from heedful.simulate.stack import stack
from tests.identity.made import linked
from tests.identity.scores import scored, stored


def test_systems_of_20_000_customers_are_linked_with_a_precision_of_995_in_1000() -> None:
    made = stack(20_000, np.random.default_rng(7))
    links = linked(stored(made.names, Names("LV")))
    everyone = scored(made.truth, {i: customer for i, (customer, _) in links.items()})
    assert everyone.precision >= 0.995
    # Of pairs of records that are one person's; a bare cookie or a mistyped e-mail shares no key with any other.
    assert everyone.recall >= 0.5
    is_named = pa.compute.invert(pa.compute.starts_with(made.truth["local_id"], "anonymous:"))
    named = scored(made.truth.filter(is_named), {i: customer for i, (customer, _) in links.items()})
    assert named.precision >= 0.995
    assert named.recall >= 0.8


def test_guards_are_what_keeps_the_stack_apart() -> None:
    made = stack(4_000, np.random.default_rng(7))
    names = stored(made.names, Names("LV"))
    is_linking = pa.compute.invert(pa.compute.is_in(names["kind"], pa.array(["first_name", "surname"])))
    links = linked(names.filter(is_linking))
    unguarded = scored(made.truth, {i: customer for i, (customer, _) in links.items()})
    assert unguarded.precision < 0.95
