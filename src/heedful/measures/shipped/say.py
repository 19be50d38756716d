"""What customers say: scores, boxes, choices."""

from __future__ import annotations

from heedful.measures.registry import Param, measure
from heedful.measures.statistic import Statistic, choices, count, customer_share, mean, net_share, panel_share, share

_BOXES = Param(None, "how many of the best answers count; by default two, one on a scale of three points or fewer", 1)
_TOP = "score > scale_max - coalesce(boxes, case when scale_max - scale_min >= 3 then 2 else 1 end)"


@measure(
    "nps",
    title="Net Promoter Score",
    stream="feedback",
    scale="nps",
    better="higher",
    unit="points",
    kind="kpi",
    source="Reichheld (2003), Harvard Business Review 81(12); interval: Rocks (2016), The American Statistician 70(4)",
)
def nps() -> Statistic:
    """Promoters (9 and 10 on the scale from 0 to 10) less detractors (0 to 6), in points of 100 answers."""
    return 100 * net_share(up="score >= 9", down="score <= 6")


@measure(
    "csat",
    title="Satisfied",
    stream="feedback",
    scale="csat",
    better="higher",
    unit="share",
    params={"boxes": _BOXES},
    source="top-two-box share; interval: Wilson (1927), JASA 22",
)
def csat() -> Statistic:
    """The share who gave one of the two best answers: 4 and 5 of five, 6 and 7 of seven, 9 and 10 of eleven."""
    return share(_TOP)


@measure(
    "ces",
    title="Easy",
    stream="feedback",
    scale="ces",
    better="higher",
    unit="share",
    source="Dixon, Freeman and Toman (2010), Harvard Business Review 88(7), as version 2.0: agreement that it was easy",
)
def ces() -> Statistic:
    """The share who found it easy, the best third of the scale: 5 to 7 of seven, 4 and 5 of five. Higher is easier."""
    return share("3 * (score - scale_min) >= 2 * (scale_max - scale_min)")


@measure("mean_score", title="Mean score", stream="feedback", better="higher", unit="score")
def mean_score() -> Statistic:
    """The mean of the answers as given; narrow it to one scale or question with `where`."""
    return mean("score")


@measure(
    "top_box", title="Best answers", stream="feedback", better="higher", unit="share",
    params={"boxes": Param(1, "how many of the best answers count", 1)},
)  # fmt: skip
def top_box() -> Statistic:
    """The share who gave the best answer, or one of the best `boxes`."""
    return share("score > scale_max - boxes")


@measure(
    "bottom_box", title="Worst answers", stream="feedback", better="lower", unit="share",
    params={"boxes": Param(1, "how many of the worst answers count", 1)},
)  # fmt: skip
def bottom_box() -> Statistic:
    """The share who gave the worst answer, or one of the worst `boxes`."""
    return share("score < scale_min + boxes")


@measure("choice_share", title="Chosen", stream="feedback", better="neither", unit="share")
def choice_share() -> Statistic:
    """For each option, the share of respondents who chose it. Who chose several counts once in the base."""
    return choices()


@measure("responses", title="Answers", stream="feedback", better="neither", unit="answers")
def responses() -> Statistic:
    """How many things customers said."""
    return count()


@measure(
    "promoters_who_referred",
    title="Promoters who then referred somebody",
    stream="feedback",
    relation="promoters",
    better="higher",
    unit="share",
    source="beside NPS: they said that they would, did they",
)
def promoters_who_referred() -> Statistic:
    """Of the customers who scored 9 or 10, the share with a referral after an answer of theirs."""
    return customer_share("max(has_referred) = 1")


@measure(
    "share_of_voice",
    title="Share of voice",
    stream="feedback",
    relation="voices",
    better="higher",
    unit="share",
    kind="kpi",
)
def share_of_voice() -> Statistic:
    """Of all public mentions of us and our competitors that were collected, the share that is about us."""
    return panel_share(of="case when brand = own_brand then 1 else 0 end", per="1")
