"""The real orders of Olist, by the mapping that the design gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

OLIST = """
    files:
      orders: "${data}/orders.parquet"
      customers: "${data}/customers.parquet"
      items: "${data}/order_items.parquet"
    identity: named
    timezone: America/Sao_Paulo
    query: |
      select o.*, c.customer_unique_id, i.amount
      from orders o join customers c using (customer_id)
      left join (select order_id, sum(price + freight_value) as amount from items group by order_id) i using (order_id)
    rows:
      - into: activity
        activity_id: order_id
        customer_id: customer_unique_id
        kind: "'order'"
        occurred_at: order_purchase_timestamp
        amount: amount
      - into: activity
        when: order_status not in ('canceled', 'unavailable')
        activity_id: order_id || ':delivery'
        customer_id: customer_unique_id
        kind: "'delivery'"
        occurred_at: order_purchase_timestamp
        ended_at: order_delivered_customer_date
        due_at: order_estimated_delivery_date::date
"""
REVIEWS = """
    files:
      reviews: "${data}/order_reviews.parquet"
      orders: "${data}/orders.parquet"
      customers: "${data}/customers.parquet"
    timezone: America/Sao_Paulo
    query: |
      select r.*, c.customer_unique_id
      from reviews r join orders o using (order_id) join customers c on c.customer_id = o.customer_id
    rows:
      - into: feedback
        feedback_id: review_id || ':' || order_id
        customer_id: customer_unique_id
        occurred_at: review_creation_date
        channel: "'review'"
        touchpoint: "'delivery'"
        scale: "'csat'"
        score: review_score
        text: concat_ws('. ', review_comment_title, review_comment_message)
        language: "'pt'"
"""


def test_orders_deliveries_and_reviews_of_olist_come_in_whole(workspace: Any, real_data: Callable[[str], Path]) -> None:
    variables = {"data": str(real_data("olist"))}
    report = workspace.pull(OLIST, variables=variables)
    assert report.rejected == 0
    assert workspace.rows("select kind, count(*) as n from activity group by kind order by kind") == [
        {"kind": "delivery", "n": 6_807},
        {"kind": "order", "n": 6_887},
    ]
    assert workspace.column("select sum(amount)::varchar from activity") == ["1085334.73"]
    on_time = "select sum((ended_at <= due_at)::int) / count(*) from activity where kind = 'delivery'"
    assert round(workspace.column(on_time)[0], 5) == 0.91509
    assert workspace.pull(REVIEWS, variables=variables).tables["feedback"].new == 6_866
    assert round(workspace.column("select avg((score >= 4)::int) from feedback")[0], 5) == 0.76799
    again = workspace.pull(OLIST, variables=variables).tables["activity"]
    assert (again.new, again.changed, again.unchanged) == (0, 0, 13_694)
