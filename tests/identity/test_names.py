from __future__ import annotations

import stat
from pathlib import Path

import pytest

from heedful.errors import InputError
from heedful.identity.keys import keyed_hash, workspace_key
from heedful.identity.names import Hashing, Names, known_country
from heedful.identity.phones import e164

RIGA = "+37129123456"


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("29123456", "LV", RIGA),
        ("+371 29 123 456", "LV", RIGA),
        ("+371 29 123 456", None, RIGA),
        ("00371 29-123-456", "DE", RIGA),
        ("37129123456", "LV", RIGA),
        ("tel: 29123456 ext. 12", "LV", RIGA),
        ("8 612 34567", "LT", "+37061234567"),
        ("+31 (0)6 12345678", None, "+31612345678"),
        ("+49 0171 1234567", None, "+491711234567"),
        ("06 30 123 4567", "HU", "+36301234567"),
        ("02 1234567", "IT", "+39021234567"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("011 371 29123456", "US", RIGA),
        ("8 912 345 67 89", "RU", "+79123456789"),
        ("๐๘๑ ๒๓๔ ๕๖๗๘", "TH", "+66812345678"),
    ],
)
def test_a_telephone_number_has_one_form_however_it_is_written(written: str, country: str | None, number: str) -> None:
    assert e164(written, country) == number


@pytest.mark.parametrize("written", ["", "abc", "12", "+", "29123456 or 29654321", "291234567890123456789", "0x1F"])
def test_what_is_no_telephone_number_is_none(written: str) -> None:
    assert e164(written, "LV") is None


def test_a_number_without_a_country_says_so_where_none_is_set() -> None:
    assert Names().normal("phone", "29123456") == (None, "no country")
    assert Names().normal("phone", "call me") == (None, "malformed")


@pytest.mark.parametrize(
    ("written", "email"),
    [
        (" Anna.Ozola@Example.LV ", "anna.ozola@example.lv"),
        ("Anna Ozola <anna@post.lv>", "anna@post.lv"),
        ("mailto:anna@post.lv", "anna@post.lv"),
        ("anna+shop@post.lv", "anna@post.lv"),
        ("anna@müller.de", "anna@xn--mller-kva.de"),
    ],
)
def test_an_email_has_one_form_however_it_is_written(written: str, email: str) -> None:
    assert Names().normal("email", written) == (email, "")


def test_tags_after_a_plus_are_kept_where_the_workspace_says_so() -> None:
    assert Names(plus_tags=True).normal("email", "anna+shop@post.lv") == ("anna+shop@post.lv", "")


@pytest.mark.parametrize(
    ("kind", "written", "fault"),
    [
        ("email", "info@post.lv", "shared mailbox"),
        ("email", "Customer.Service@post.lv", "shared mailbox"),
        ("email", "no-reply@post.lv", "placeholder"),
        ("email", "anna@post", "malformed"),
        ("email", "anna@@post.lv", "malformed"),
        ("email", "a@b.lv; c@d.lv", "malformed"),
        ("email", "  ", "empty"),
        ("email", None, "empty"),
        ("phone", "20000000", "placeholder"),
        ("phone", "21234567", "placeholder"),
        ("cookie", "(not set)", "empty"),
        ("account", "N/A", "empty"),
        ("first_name", "J.", "malformed"),
    ],
)
def test_what_names_nobody_says_why(kind: str, written: str | None, fault: str) -> None:
    assert Names("LV").normal(kind, written) == (None, fault)


def test_names_of_people_are_compared_without_case_and_accents() -> None:
    names = Names()
    assert names.normal("surname", "ĀBELE-Bērziņa") == names.normal("surname", "Abele Berzina")
    assert names.normal("first_name", "Anna Marija") == names.normal("first_name", "ANNA")
    assert names.normal("first_name", "Анна")[0] == "анна"


def test_an_unknown_country_is_refused_with_the_closest() -> None:
    with pytest.raises(InputError, match=r"\"LX\" is no country .* Write its two letters"):
        known_country("LX")


def test_the_key_of_a_workspace_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    key = workspace_key(tmp_path)
    assert len(key) == 32
    assert workspace_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / ".heedful" / "key").stat().st_mode) == 0o600
    assert sorted(p.name for p in (tmp_path / ".heedful").iterdir()) == ["key"]


def test_git_is_told_to_leave_the_key_alone_and_keeps_its_other_lines(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("/lake/", encoding="utf-8")
    workspace_key(tmp_path)
    workspace_key(tmp_path)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "/lake/\n/.heedful/\n"


def test_a_damaged_key_is_named_rather_than_used(tmp_path: Path) -> None:
    workspace_key(tmp_path)
    (tmp_path / ".heedful" / "key").write_bytes(b"short")
    with pytest.raises(InputError, match=r"holds 5 bytes, where a key has 32\. Put the key back from a backup"):
        workspace_key(tmp_path)


def test_a_hash_depends_on_the_key_the_kind_and_the_value() -> None:
    key, other = bytes(32), bytes([1]) * 32
    found = {keyed_hash(k, kind, v) for k in (key, other) for kind in ("email", "handle") for v in ("a", "b")}
    assert len(found) == 8
    assert keyed_hash(key, "email", "a") == keyed_hash(key, "email", "a")


def test_two_ways_of_writing_a_name_have_one_hash() -> None:
    hashing = Hashing(bytes(32), Names("LV"))
    values = [value for value, _ in hashing("phone", ["29123456", "+371 29 123 456", None])]
    assert values[0] == values[1] is not None
    assert values[2] is None
