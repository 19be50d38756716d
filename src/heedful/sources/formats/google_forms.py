"""Google Forms' CSV, downloaded from the form or from its sheet: the question is the name, the first column the time.

Answers of a multiple choice stand in one cell, joined by a semicolon from the form and by a comma and a blank from the
sheet. The form writes times as `2024/01/15 10:23:45 AM GMT+2`, which become ISO; the sheet as its locale does.
"""

from __future__ import annotations

from dataclasses import replace

from heedful.sources.delimited_files import read_delimited, text_of
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging, identifier, literal
from heedful.sources.survey_headers import distinct_names, first_rows, named

_TIME = r"(\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2} [AP]M) (?:GMT|UTC)([+-]\d{1,2})?(?::?(\d{2}))?"
_AMERICAN = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


@file_format(
    "google_forms", about="CSV downloaded from Google Forms", options=("encoding", "separator", "decimal"),
    by_lines=True,
)  # fmt: skip
def read(staging: Staging, original: Original) -> StagedFile:
    """A column a question."""
    text = text_of(staging, original)
    begun = first_rows(text, original, 1)
    names = distinct_names(begun.rows[0])
    staged = read_delimited(
        staging,
        original,
        text,
        begun.layout(names, 1),
        kind="a Google Forms export",
        labels=named(names, begun.rows[0]),
    )
    target = staging.folder / f"{original.name}.times.parquet"
    time = identifier(names[0])
    staging.execute(
        f"copy (select * replace ({_iso(time)} as {time}) from read_parquet({literal(str(staged.parquet))})) "
        f"to {literal(str(target))} (format parquet, compression lz4)"
    )
    return replace(staged, parquet=target)


def _iso(time: str) -> str:
    """SQL for the time in ISO, and for the text as it is where it is written otherwise."""
    whens = " ".join(f"when '{zone}' then 'GMT{hours:+d}'" for zone, hours in _AMERICAN.items())
    last = f"regexp_extract({time}, '[A-Z]+$')"
    text = f"(regexp_replace({time}, '[A-Z]+$', '') || case {last} {whens} else {last} end)"

    def part(group: int) -> str:
        return f"regexp_extract({text}, {literal(_TIME)}, {group})"

    hours = f"coalesce(try_cast({part(2)} as integer), 0)"
    sign = f"case when {hours} < 0 then '-' else '+' end"
    offset = f"{sign} || lpad(cast(abs({hours}) as varchar), 2, '0') || ':' || coalesce(nullif({part(3)}, ''), '00')"
    clock = f"strftime(try_strptime({part(1)}, '%Y/%m/%d %I:%M:%S %p'), '%Y-%m-%d %H:%M:%S')"
    return f"case when regexp_full_match({text}, {literal(_TIME)}) then {clock} || {offset} else {time} end"
