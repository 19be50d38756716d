"""Every file of a workspace: what is wrong in it is told with its file and line, and with what would be right."""

from __future__ import annotations

import pytest

from heedful.errors import DefinitionError
from heedful.workspace import Workspace
from tests.workspace.conftest import Write

SETTINGS = "company: Nordlys\ntimezone: Europe/Riga\n"
OBJECTIVE = """\
unit: Shop
objectives:
  - voice: My order comes when you said it would.
    attribute: availability
    say: {measure: csat, target: 0.85}
    do: {measure: on_time_rate, target: 0.95}
    owner: Logistics
"""


def problems(write: Write, **files: str) -> list[str]:
    """What `heedful check` finds, each without the folder's name."""
    folder = write(**files)
    try:
        found = [str(p) for p in Workspace(folder).check()]
    except DefinitionError as error:
        found = [str(p) for p in error.problems]
    return [text.replace(f"{folder}/", "") for text in found]


def test_the_small_workspace_that_these_tests_spoil_is_sound(write: Write) -> None:
    assert problems(write, scorecard=OBJECTIVE) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezone: Europe/Riga\n", 'heedful.yaml:1: the field "company" is missing.'),
        (
            "company: Nordlys\ntimezone: Europe/Rga\n",
            'heedful.yaml:2: there is no time zone "Europe/Rga". Closest: Europe/Riga.',
        ),
        (
            SETTINGS + "currency: euro\n",
            'heedful.yaml:3: "euro" is no currency; write its three capital letters (ISO 4217), such as EUR.',
        ),
        (SETTINGS + "currencies: EUR\n", 'heedful.yaml:3: there is no field "currencies" here. Closest: currency.'),
        (
            SETTINGS + "attributes:\n  country: string\n  unit: string\n",
            'heedful.yaml:5: the attribute "unit" bears the name of a column of the streams; rename it.',
        ),
        (
            SETTINGS + "attributes:\n  country: string\n  orders: integer\n",
            (
                'heedful.yaml:5: the attribute "orders" bears the name of a fact that segments know of each customer; '
                "rename it."
            ),
        ),
        (
            SETTINGS + "attributes:\n  as_of: date\n",
            (
                'heedful.yaml:4: the attribute "as_of" bears the name of something that conditions know already; '
                "rename it."
            ),
        ),
        (
            SETTINGS + "attributes: {Country: string}\n",
            'heedful.yaml:3: the attribute "Country" has to be lower_snake_case, such as country.',
        ),
        (
            SETTINGS + "attributes: {country: text}\n",
            (
                'heedful.yaml:3: an attribute cannot be a "text"; types: string, number, integer, money, boolean, '
                "date, timestamp."
            ),
        ),
        (
            SETTINGS + "first_value: kid = 'order'\n",
            "heedful.yaml:3: There is no column \"kid\". Closest: kind.\n  kid = 'order'\n  ^",
        ),
        (
            SETTINGS + "first_value: amount + 1\n",
            (
                "heedful.yaml:3: A condition is true or false, and this is a number; compare it, as in `score >= 9`.\n"
                "  amount + 1\n  ^"
            ),
        ),
        ("company: Nordlys\ncompany: Kaffia\n", 'heedful.yaml:2: "company" stands here a second time; first in line 1'),
        (
            "company: [Nordlys\n",
            (
                "heedful.yaml:2: this is not valid YAML: while parsing a flow sequence expected ',' or ']', but got "
                "'<stream end>'"
            ),
        ),
    ],
)
def test_a_fault_in_the_settings(write: Write, text: str, said: str) -> None:
    assert said in problems(write, heedful=text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "m:\n  stream: feedback\n  mean: score\n  share: score > 3\n",
            (
                "measures.yaml:1: a measure has one of share, net_share, mean, ratio, sum, count, median, distinct, "
                "rate; this one has share and mean."
            ),
        ),
        (
            "m: {stream: feedback}\n",
            (
                "measures.yaml:1: a measure has one of share, net_share, mean, ratio, sum, count, median, distinct, "
                "rate; this one has none."
            ),
        ),
        (
            "m:\n  stream: feedback\n  kind: cpi\n  mean: score\n",
            'measures.yaml:1: a cpi needs `voice`, such as "You solve it the first time I ask", and `outcome`.',
        ),
        (
            "m:\n  stream: feedback\n  mean: scor\n",
            'measures.yaml:3: There is no column "scor". Closest: score.\n  scor\n  ^',
        ),
        (
            "m:\n  stream: feedback\n  net_share:\n    up: score >= 9\n    down: scre <= 6\n",
            'measures.yaml:5: There is no column "scre". Closest: score.\n  scre <= 6\n  ^',
        ),
        (
            "m:\n  stream: feedback\n  mean: text\n",
            (
                "measures.yaml:3: A mean needs a number, and this is text. For how many different ones there are, "
                "write distinct.\n  text\n  ^"
            ),
        ),
        (
            "m:\n  stream: activity\n  sum: resolved\n",
            (
                "measures.yaml:3: A sum needs a number, and this is true or false. For the rows in which it is true, "
                "write share.\n  resolved\n  ^"
            ),
        ),
        (
            "m:\n  stream: feedback\n  where: \"score > 3 and read_csv('/etc/passwd') is not null\"\n  mean: score\n",
            (
                'measures.yaml:3: There is no function "read_csv" here. The functions are listed in the manual.\n'
                "  score > 3 and read_csv('/etc/passwd') is not null\n                ^"
            ),
        ),
        (
            "m:\n  stream: activity\n  rate: {event: kin = 'order'}\n",
            "measures.yaml:3: There is no column \"kin\". Closest: kind.\n  kin = 'order'\n  ^",
        ),
        (
            "nps: {stream: feedback, mean: score}\n",
            'measures.yaml:1: "nps" is a measure that ships with Heedful; choose another name.',
        ),
        ("Mine: {stream: feedback, mean: score}\n", 'measures.yaml:1: "Mine" has to be lower_snake_case.'),
        (
            "m: {strem: feedback, mean: score}\n",
            'measures.yaml:1: the field "stream" is missing.',
        ),
        (
            "m: &m\n  stream: feedback\n  share: *m\n",
            "measures.yaml:1: this anchor contains itself",
        ),
    ],
)
def test_a_fault_in_a_measure(write: Write, text: str, said: str) -> None:
    assert problems(write, measures=text)[0] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "land:\n  exclusive: true\n  by: contry\n",
            (
                'segments.yaml:3: customers have no attribute "contry". Closest: country. Declare it under '
                "attributes in heedful.yaml."
            ),
        ),
        (
            "care:\n  exclusive: false\n  segments:\n    late: deliveries_late >= 1\n    loyal: ordrs >= 3\n",
            'segments.yaml:5: There is no column "ordrs". Closest: orders.\n  ordrs >= 3\n  ^',
        ),
        (
            "care: {exclusive: true, by: country, rfm: quintiles}\n",
            "segments.yaml:1: a segmentation says one of by, rfm and segments; this one says by and rfm.",
        ),
        (
            "land: {exclusive: false, by: country}\n",
            "segments.yaml:1: a segmentation by an attribute or by rfm is exclusive; write exclusive: true.",
        ),
        (
            "My groups: {exclusive: true, by: country}\n",
            'segments.yaml:1: the segmentation "My groups" has to be lower_snake_case, such as by_value.',
        ),
        (
            "unit: {exclusive: true, by: country}\n",
            'segments.yaml:1: the segmentation "unit" bears the name of a column of the streams; rename it.',
        ),
        ("care: &c\n  exclusive: true\n  segments: {late: *c}\n", "segments.yaml:1: this anchor contains itself"),
    ],
)
def test_a_fault_in_a_segmentation(write: Write, text: str, said: str) -> None:
    assert problems(write, segments=text)[0] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "s:\n  margins:\n    contry: {LV: 0.5, LT: 0.5}\n",
            'weights.yaml:3: there is no column or attribute "contry". Closest: country.',
        ),
        (
            "s:\n  margins:\n    country: {LV: 0.5, LT: 0.6}\n",
            "weights.yaml:3: the shares sum to 1.1; they have to sum to 1.",
        ),
        (
            "s:\n  margins:\n    country:\n      LV: 1.0\n      LT: 0\n",
            'weights.yaml:5: the share of "LT" is 0; shares lie above 0 and up to 1.',
        ),
        (
            "s:\n  where: scal = 'nps'\n  margins:\n    country: {LV: 0.5, LT: 0.5}\n",
            "weights.yaml:2: There is no column \"scal\". Closest: scale.\n  scal = 'nps'\n  ^",
        ),
        (
            "s:\n  margins: {country: {LV: 0.5, LT: 0.5}}\n  bounds: [5, 0.2]\n",
            "weights.yaml:3: bounds on weights stand below and above their mean of 1, such as [0.2, 5].",
        ),
        (
            "s: {margins: {}}\n",
            "weights.yaml:1: margins: dictionary should have at least 1 item after validation, not 0; found {}.",
        ),
    ],
)
def test_a_fault_in_the_weights(write: Write, text: str, said: str) -> None:
    assert problems(write, weights=text)[0] == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "measure: on_time_rate",
            "measure: on_time_rat",
            (
                'scorecard.yaml:6: objective "My order comes when you said it would." uses measure "on_time_rat", '
                "which does not exist. Closest: on_time_rate. List all: heedful measures"
            ),
        ),
        (
            "target: 0.95",
            "target: 95",
            (
                'scorecard.yaml:6: the target 95 cannot be reached: "on_time_rate" runs from 0 to 1. Percent are '
                "written as shares: 0.95 for 95 %."
            ),
        ),
        (
            "target: 0.95",
            "where: kid = 'order', target: 0.95",
            "scorecard.yaml:6: There is no column \"kid\". Closest: kind.\n  kid = 'order'\n  ^",
        ),
        (
            "measure: on_time_rate, target: 0.95",
            "measure: inactivity_churn, params: {window_days: -3}, target: 0.1",
            (
                'scorecard.yaml:6: window_days of "inactivity_churn" is -3; it has to be a whole number, at least 1. '
                "For example: --param window_days=90"
            ),
        ),
        (
            "target: 0.95",
            "params: {boxes: 2}, target: 0.95",
            'scorecard.yaml:6: There is no parameter "boxes" of "on_time_rate".',
        ),
        (
            "owner: Logistics",
            "segment: {contry: LV}",
            (
                'scorecard.yaml:7: objective "My order comes when you said it would." is for the segment "contry: '
                'LV", but there is no segmentation or attribute "contry". Closest: country. Declare it in '
                "segments.yaml."
            ),
        ),
        (
            "say: {measure: csat, target: 0.85}",
            "say: &a {measure: csat, params: *a}",
            "scorecard.yaml:5: this anchor contains itself",
        ),
    ],
)
def test_a_fault_in_the_scorecard(write: Write, before: str, after: str, said: str) -> None:
    assert problems(write, scorecard=OBJECTIVE.replace(before, after)) == [said]


def test_a_cycle_in_a_source_is_told_and_does_not_run_for_ever(write: Write) -> None:
    said = problems(write, sources__orders="files: &f\n  orders: *f\nrows: []\n")
    assert "sources/orders.yaml:1: this anchor contains itself" in said


def test_no_and_yes_stay_text_wherever_they_stand(write: Write) -> None:
    folder = write(
        heedful="company: NO\nattributes: {country: string}\nvariables: {land: NO, answer: yes}\n",
        weights="s: {margins: {country: {NO: 0.5, LV: 0.5}}}\n",
        scorecard=OBJECTIVE + "    segment: {country: NO}\n",
    )
    workspace = Workspace(folder)
    assert workspace.check() == []
    assert (workspace.settings.company, workspace.settings.variables) == ("NO", {"land": "NO", "answer": "yes"})
    assert workspace.scorecard.objectives[0].segment == {"country": "NO"}
    list(workspace.pull("people"))
    assert [row.by["country"] for row in workspace.measure("customer_base", by="country")] == []
    list(workspace.pull("orders"))
    assert [row.by["country"] for row in workspace.measure("customer_base", by="country")] == ["LV", "NO"]


def test_an_attribute_may_bear_a_word_of_sql_or_of_results(write: Write) -> None:
    folder = write(
        heedful="company: N\nattributes: {order: string, value: string, at: string, period: string}\n",
        sources__people="""
            files: {people: people.csv}
            rows: [{into: customers, customer_id: whom, order: land, value: land, at: land, period: land}]
        """,
        segments="worth: {exclusive: true, by: order}\nrules: {exclusive: true, segments: {a: value = 'NO'}}\n",
    )
    with Workspace(folder) as workspace:
        assert workspace.check() == []
        list(workspace.pull())
        for name in ("order", "value", "at", "period", "worth"):
            found = workspace.measure("orders", by=name)
            assert [(row.by[name], row.value) for row in found] == [("LV", 2.0), ("NO", 1.0)], name
        assert workspace.measure("orders", by="value").to_arrow().column("by_value").to_pylist() == ["LV", "NO"]
        assert workspace.measure("orders", where="period = 'NO'")[0].value == 1
        assert [row.by["rules"] for row in workspace.measure("orders", by="rules")] == ["a", "unknown"]


def test_the_problems_of_all_files_are_told_at_once(write: Write) -> None:
    said = problems(
        write,
        sources__orders="files: {orders: orders.csv}\nrows: [{into: activty}]\n",
        segments="land: {exclusive: true, by: contry}\n",
        heedful="company: N\nattributes: {country: string}\nfirst_value: kid = 1\n",
    )
    assert {text.partition(":")[0] for text in said} == {"sources/orders.yaml", "heedful.yaml", "segments.yaml"}


def test_asking_a_workspace_with_a_broken_file_raises_what_check_would_say(write: Write) -> None:
    folder = write(measures="m:\n  stream: feedback\n  mean: scor\n")
    with Workspace(folder) as workspace, pytest.raises(DefinitionError, match=r"measures\.yaml:3"):
        workspace.measure("orders")
