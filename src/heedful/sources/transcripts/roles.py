"""Who speaks for whom: from a speaker's name to a role.

What a source states under `speakers:` decides; then what the file itself states; then the words below, which stand for
roles in transcripts in English, Italian, Dutch, Latvian, Russian and Thai. A name that says nothing is `unknown`, and
counts as a customer's: the pull then names it, so that it can be put under `speakers:`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

Role = Literal["customer", "agent", "moderator", "participant", "unknown"]
ROLES: tuple[Role, ...] = ("customer", "agent", "moderator", "participant", "unknown")

CONTEXT: tuple[Role, ...] = ("agent", "moderator")
"""Roles whose words are kept beside the customers' and are not theirs."""

_WORDS: Mapping[Role, str] = {
    "agent": """agent, operator, representative, rep, advisor, adviser, support, customer service, customer support,
        support agent, service agent, virtual agent, call centre, call center, bot, custom_bot, ivr, system, supervisor,
        agente, operatore, operatrice, consulente, assistenza, servizio clienti,
        medewerker, medewerkster, adviseur, klantenservice,
        operators, operatore, aģents, aģente, konsultants, konsultante, darbinieks, darbiniece,
        speciālists, speciāliste, klientu apkalpošana, klientu konsultants, klientu konsultante,
        оператор, агент, консультант, сотрудник, сотрудница, специалист, служба поддержки, поддержка,
        เจ้าหน้าที่, พนักงาน, ตัวแทน, โอเปอเรเตอร์, แอดมิน""",
    "customer": """customer, client, caller, buyer,
        cliente, chiamante, acquirente, klant, beller, koper,
        klients, kliente, pircējs, pircēja, zvanītājs, zvanītāja, abonents,
        клиент, клиентка, покупатель, покупательница, абонент, заказчик, звонящий, ลูกค้า, ผู้โทร, ผู้ซื้อ""",
    "moderator": """moderator, mod, facilitator, interviewer, researcher, m,
        moderatore, moderatrice, facilitatore, facilitatrice, intervistatore, intervistatrice,
        gespreksleider, interviewster, onderzoeker, moderators, moderatore, moderatora, intervētājs, intervētāja,
        модератор, интервьюер, ведущий, ведущая, исследователь, ผู้ดำเนินรายการ, ผู้ดำเนินการสนทนา, ผู้สัมภาษณ์, พิธีกร""",
    "participant": """participant, respondent, interviewee, p, r,
        partecipante, intervistato, intervistata, deelnemer, deelneemster, respondente, geïnterviewde,
        dalībnieks, dalībniece, respondents, intervējamais, intervējamā,
        участник, участница, респондент, респондентка, ผู้เข้าร่วม, ผู้ให้สัมภาษณ์, ผู้ตอบ""",
}
_NUMBERED_ONLY = frozenset({"p", "r", "m"})
"""Letters that stand for a role with a number behind them; alone they may be somebody's initial."""


_VOCABULARY: Mapping[str, Role] = {
    " ".join(word.split()).casefold(): role for role, words in _WORDS.items() for word in words.split(",")
}


@dataclass(frozen=True, slots=True)
class Roles:
    """What a source says of its speakers: names, or patterns with * and ?, and their roles."""

    stated: Mapping[str, Role] = field(default_factory=dict)

    def of(self, name: str | None) -> Role:
        """The role of the speaker called `name`; `unknown` where nothing tells."""
        return self.said(name) or usual_role(name)

    def said(self, name: str | None) -> Role | None:
        """The role that the source states for `name`, None where it states none."""
        if name is None or not self.stated:
            return None
        folded = name.strip().casefold()
        exact = {pattern.casefold(): role for pattern, role in self.stated.items()}
        if folded in exact:
            return exact[folded]
        return next((role for pattern, role in exact.items() if fnmatchcase(folded, pattern)), None)


@cache
def usual_role(name: str | None) -> Role:
    """The role that `name` stands for by itself: Agent, Customer 2, Anna (agent), P3, Оператор."""
    if name is None:
        return "unknown"
    folded = " ".join(name.casefold().split())
    if inside := re.search(r"[(\[]([^)\]]+)[)\]]", folded):
        found = usual_role(inside[1])
        if found != "unknown":
            return found
        folded = f"{folded[: inside.start()]} {folded[inside.end() :]}".strip()
    base = re.sub(r"[\s#_.\-]*\d+$", "", folded)
    if base in _NUMBERED_ONLY and base == folded:
        return "unknown"
    return _VOCABULARY.get(base, "unknown")
