from __future__ import annotations

import pytest

from heedful.streams.linked import follows_links


@pytest.mark.parametrize(
    "sql",
    [
        "select count(distinct customer_id) from activity",
        'SELECT "customer_id" FROM feedback',
        "select count(*) from customers",
        "select * from feedback",
        "SELECT\n  *\nFROM activity",
        "select 1, * from feedback",
        "select f.* from feedback as f",
    ],
)
def test_links_are_followed_where_an_answer_may_depend_on_who_is_whose(sql: str) -> None:
    assert follows_links(sql)


@pytest.mark.parametrize("sql", ["select count(*) from feedback", "SELECT SUM(amount) * 2 FROM activity"])
def test_links_are_left_alone_where_no_customer_is_asked_for(sql: str) -> None:
    assert not follows_links(sql)
