"""The lint of objectives: says why one would not do, and how to mend it.

An objective is good if a customer could say it, if it says something that not every company would say, if it names a
need and not the company's idea of a cure, and if both what customers say and what happens will show whether it is
reached, by a target that somebody answers for. The wording is read in English only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from heedful.errors import UnknownNameError
from heedful.measures.question import MeasureInfo
from heedful.scorecard.definition import Objective, Scorecard
from heedful.scorecard.wording import Sign, WordingCode, is_english, signs

Code = WordingCode | Literal["no_say", "no_do", "no_target", "no_owner", "company_side"]
Info = Callable[[str], MeasureInfo]

_WHY: Mapping[WordingCode, str] = {
    "company_subject": 'It speaks for the company ("{}"): what you want or do, not what a customer gets.',
    "third_person": 'It speaks about customers ("{}") and not in their voice.',
    "jargon": '"{}" is the language of meetings; no customer says it.',
    "wish": 'Every company wishes for this ("{}"): it does not say what to do better, nor for whom.',
    "solution": 'It asks for a solution ("{}") and not for what the customer needs it for.',
    "compound": 'It holds two objectives ("{}"), so that one may be met and the other missed.',
}
_MEND: Mapping[WordingCode, str] = {
    "company_subject": """Say it as a customer would to you. Instead of "Deliver on time": \
"My order comes when you said it would.\"""",
    "third_person": """Let them say I and you. Instead of "Customers find what they need": \
"It is easy to find what suits me.\"""",
    "jargon": """Name what the customer notices, and put figures into `target`. Instead of "NPS > 50": \
"When something goes wrong, you make it right the first time." with `say: {measure: nps, target: 50}`.""",
    "wish": """Ask what would have to be true for it to happen. Instead of "Keep customers longer": \
"If I move house, my contract moves with me.\"""",
    "solution": """Write down the need, and keep the solution under `initiatives`. Instead of "I want an app": \
"I always know where my order is.\"""",
    "compound": """Make two of it. Instead of "My order comes on time and the price is fair": \
"My order comes when you said it would." and "The price is fair.\"""",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against an objective: why, and how to mend it with an example."""

    code: Code
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Linted:
    """The findings of a whole scorecard, one entry an objective, in its order; `notes` qualify them all."""

    findings: tuple[tuple[Finding, ...], ...]
    notes: tuple[str, ...]


def lint(objective: Objective, info: Info, *, read_wording: bool = True) -> tuple[Finding, ...]:
    """What speaks against `objective`; nothing if it is good.

    `info` is `Answers.info`. A measure that does not exist is `check_scorecard`'s to report and is passed over here.
    `read_wording` is False for a voice that is not in English.
    """
    worded = (_of_wording(sign) for sign in signs(objective.voice)) if read_wording else ()
    return (*worded, *_of_measures(objective, info))


def lint_scorecard(scorecard: Scorecard, info: Info, *, languages: Sequence[str]) -> Linted:
    """What speaks against each objective of `scorecard`.

    `languages` are those of the workspace's customers; where English is not the only one, an objective's language is
    told by its words. What is not in English has its measures looked at but not its wording; `notes` says so once.
    """
    tags = {tag.split("-")[0].lower() for tag in languages} or {"en"}
    readable = [tags == {"en"} or is_english(objective.voice) for objective in scorecard.objectives]
    found = tuple(
        lint(objective, info, read_wording=read)
        for objective, read in zip(scorecard.objectives, readable, strict=True)
    )  # fmt: skip
    return Linted(found, _unread_note(readable.count(False), len(readable)))


def _unread_note(unread: int, of: int) -> tuple[str, ...]:
    if not unread:
        return ()
    which = "the objectives" if unread == of else f"{unread} of {of} objectives"
    return (f"The wording of {which} was not linted: only English can be read so far. Their measures were looked at.",)


def _of_wording(sign: Sign) -> Finding:
    return Finding(sign.code, _WHY[sign.code].format(sign.seen), _MEND[sign.code])


def _of_measures(objective: Objective, info: Info) -> Iterator[Finding]:
    if objective.say is None:
        yield Finding(
            "no_say",
            "It has no say measure: nobody asks customers whether they find it so.",
            "Add what they answer, such as `say: {measure: csat, where: \"touchpoint = 'delivery'\", target: 0.85}`.",
        )
    if objective.do is None:
        yield Finding(
            "no_do",
            "It has no do measure: words alone do not show whether it happens.",
            "Add what happens to customers or what they do, such as `do: {measure: on_time_rate, target: 0.95}`.",
        )
    bare = [role for role, spec in objective.readings() if role != "kpi" and spec.target is None]
    if bare:
        yield Finding(
            "no_target",
            f"{_list(bare)} {'has' if len(bare) == 1 else 'have'} no target, so that nobody can say when it is met.",
            "State the figure that customers would call kept, and by when: `target: 0.95, by: 2026-12-31`.",
        )
    if not (objective.owner or "").strip():
        yield Finding(
            "no_owner",
            "Nobody owns it: an objective of everyone is pursued by no one.",
            "Name the team or person who answers for it, such as `owner: Logistics`.",
        )
    if _is_company_side(objective, info):
        yield Finding(
            "company_side",
            "Its measures are the company's only (KPIs): it could be met while customers fare worse.",
            "Under `say` and `do` put what customers care about, such as csat and on_time_rate; the company's own "
            "measure goes beside them as `kpi: revenue`.",
        )


def _is_company_side(objective: Objective, info: Info) -> bool:
    kinds = []
    for _, spec in objective.readings():
        try:
            kinds.append(info(spec.measure).kind)
        except UnknownNameError:
            return False
    return bool(kinds) and all(kind == "kpi" for kind in kinds)


def _list(roles: Sequence[str]) -> str:
    return " and ".join(f"`{role}`" for role in roles)
