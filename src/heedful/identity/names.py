"""The names under which sources know people, each in one form, so that two ways of writing one are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from heedful.errors import InputError, did_you_mean
from heedful.identity.keys import keyed_hash
from heedful.identity.phones import PLANS, e164, lacks_country

Fault = Literal["", "empty", "malformed", "placeholder", "shared mailbox", "no country"]
"""Why a text names nobody; empty where it does."""

LINKING = ("email", "phone", "account", "cookie", "handle")
"""Kinds of names that link. The others only hold back links between different people."""

_ROLES = """
abuse accounting accounts admin administration administrator amministrazione assistance billing birojs boekhouding
booking bookings buchhaltung client clients commercial company contact contacts customer customers customerservice
enquiries enquiry feedback finance frontdesk gramatvediba hello help helpdesk hi hostmaster hr info infos
information inkoop invoice invoices jobs kantoor klantenservice kontakt kontakti mail marketing media news
newsletter office offers order orders payments post postmaster press privacy purchasing reception reservation
reservations root sales security segreteria service servizioclienti shop staff store support team ufficio vendite
verkauf verkoop web webmaster
"""
ROLES = frozenset(_ROLES.split())
"""Mailboxes of a role, which several people read."""

_NOBODYS = "donotreply dummy example fake na nan nobody nomail noemail none noone noreply null test"
_NOBODY = frozenset(_NOBODYS.split())
_NOTHING = frozenset(
    ["", "-", "--", "0", "?", "(not set)", "anonymous", "guest", "n/a", "na", "nan", "nil", "none", "null", "test",
     "undefined", "unknown"]
)  # fmt: skip
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"\\]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_IN_ANGLES = re.compile(r"^[^<>]*<([^<>]+)>$")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_COUNTING = "01234567890123456789"


@dataclass(frozen=True, slots=True)
class Names:
    """How names are brought into one form. `country` (two letters) is that of telephone numbers that state none.

    `plus_tags` says whether anna+shop@example.lv is another mailbox than anna@example.lv.
    """

    country: str | None = None
    plus_tags: bool = False

    def normal(self, kind: str, text: str | None) -> tuple[str | None, Fault]:
        """`text` in its one form, or None and why not."""
        text = unicodedata.normalize("NFC", text or "").strip()
        if text.lower() in _NOTHING:
            return None, "empty"
        match kind:
            case "email":
                return self._email(text)
            case "phone":
                return self._phone(text)
            case "account":
                value = re.sub(r"[\s\-]+", "", text).upper()
            case "handle":
                value = text.lower().removeprefix("@")
            case "surname" | "first_name":
                value = _folded(text, first=kind == "first_name")
                # An initial fits several people.
                value = value if len(value) > 1 else ""
            case _:
                value = text
        return (value, "") if value else (None, "malformed")

    def _email(self, text: str) -> tuple[str | None, Fault]:
        text = text.lower().removeprefix("mailto:")
        if found := _IN_ANGLES.match(text):
            text = found[1].strip()
        local, _, domain = text.rpartition("@")
        if not domain.isascii():
            try:
                domain = domain.encode("idna").decode("ascii")
            except UnicodeError:
                return None, "malformed"
        if not self.plus_tags:
            local = local.partition("+")[0] or local
        value = f"{local}@{domain}"
        if not _EMAIL.fullmatch(value):
            return None, "malformed"
        role = re.sub(r"[._\-]", "", local)
        if role in _NOBODY:
            return None, "placeholder"
        return (None, "shared mailbox") if role in ROLES else (value, "")

    def _phone(self, text: str) -> tuple[str | None, Fault]:
        number = e164(text, self.country)
        if number is None:
            return None, "no country" if self.country is None and lacks_country(text) else "malformed"
        tail = number[-7:]
        if len(set(tail)) == 1 or tail in _COUNTING or tail in _COUNTING[::-1]:
            return None, "placeholder"
        return number, ""


@dataclass(frozen=True, slots=True)
class Hashing:
    """Names to their keyed hashes: what a pull needs to know of identity."""

    key: bytes
    names: Names

    def __call__(self, kind: str, texts: Iterable[str | None]) -> Iterator[tuple[str | None, Fault]]:
        """The hash of each of `texts`, or None and why it names nobody."""
        for text in texts:
            value, fault = self.names.normal(kind, text)
            yield (keyed_hash(self.key, kind, value) if value is not None else None), fault


def known_country(code: str) -> str:
    """`code` in capitals. Raises `InputError` for a country whose numbers are not known here."""
    if code.upper() not in PLANS:
        raise InputError(
            f'"{code}" is no country whose telephone numbers are known. Write its two letters (ISO 3166-1), such as '
            f"LV.{did_you_mean(code.upper(), PLANS)}"
        )
    return code.upper()


def masked(kind: str, value: str) -> str:
    """How a stored name is shown: enough to see that two are the same, nothing of what it says."""
    return f"{kind} #{value[:8]}"


def _folded(text: str, *, first: bool) -> str:
    """Small letters without accents: ĀBELE and Abele are one; of a first name, the first word."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words = [w for w in _NOT_LETTERS.split(plain) if w]
    return "".join(words[:1] if first else words)
