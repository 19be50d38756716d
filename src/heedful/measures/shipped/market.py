"""Where the company stands among its competitors. A margin only where the base of the panel is stated."""

from __future__ import annotations

from heedful.measures.registry import measure
from heedful.measures.statistic import Statistic, panel_mean, panel_share


@measure("market_share", title="Market share", stream="market", better="higher", unit="share", kind="kpi")
def market_share() -> Statistic:
    """Our sales as a share of the sales of all brands; volume where sales are not given."""
    return panel_share(of="case when brand = own_brand then coalesce(sales, volume) end", per="coalesce(sales, volume)")


@measure("brand_awareness", title="Know us", stream="market", better="higher", unit="share", kind="kpi")
def brand_awareness() -> Statistic:
    """The share of people asked who know our brand, or the brand that `where` or `by` names."""
    return panel_mean("awareness")


@measure(
    "share_of_search",
    title="Share of search",
    stream="market",
    better="higher",
    unit="share",
    kind="kpi",
    source="Binet (2020), EffWorks Global",
)
def share_of_search() -> Statistic:
    """Searches for us as a share of the searches for all brands."""
    return panel_share(of="case when brand = own_brand then searches end", per="searches")
