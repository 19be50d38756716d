"""What conversations state of themselves, under the many names that it goes by."""

from __future__ import annotations

import re
from collections.abc import Mapping

KNOWN = ("call_id", "customer_id", "started_at", "ended_at", "language", "topic")
"""The columns that a conversation may fill by itself."""

_NAMES: Mapping[str, str] = {
    "call_id": """call id, callid, call, contact id, contactid, conversation id, conversationid, interaction id,
        transcript sid, recording id, meeting id, session id, session, id, номер звонка, zvana nr""",
    "customer_id": "customer id, customerid, customer, client id, clientid, account id, klant id, klienta id",
    "started_at": """started at, started, start time, starttime, start, recorded at, recording start, date, time,
        datetime, data, ora, datum, tijd, datums, laiks, дата, время, วันที่""",
    "ended_at": "ended at, ended, end time, endtime, end, recording end",
    "language": "language, lang, language code, languagecode, locale, lingua, taal, valoda, язык, ภาษา",
    "topic": "topic, title, subject, argomento, onderwerp, tēma, тема, หัวข้อ",
    "participants": "participants, respondents, partecipanti, deelnemers, dalībnieki, участники, ผู้เข้าร่วม",
    "moderator": "moderator, facilitator, interviewer, moderatore, gespreksleider, moderators, модератор, ผู้ดำเนินรายการ",
}
_BY_NAME = {" ".join(n.split()).casefold(): k for k, names in _NAMES.items() for n in names.split(",")}


def known_name(name: str) -> str | None:
    """The column that a fact called `name` fills, or `participants` or `moderator`; None for another fact."""
    return _BY_NAME.get(re.sub(r"[\s_\-]+", " ", name).strip().casefold())


def plain_name(name: str) -> str:
    """A name of a fact as a column of ours: small letters, digits and underscores."""
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")
