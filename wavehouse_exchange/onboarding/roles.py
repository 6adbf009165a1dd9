"""Columns of the sample design that nobody named: found by name, label and values, and tried."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from wavehouse.codebook.tables import Row
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name, sql_text
from wavehouse_exchange.onboarding.draft import Change, Proposal
from wavehouse_exchange.onboarding.missing_labels import compared
from wavehouse_exchange.onboarding.profile import MOST_CODES, ColumnProfile, WaveProfile
from wavehouse_exchange.onboarding.wave_rows import design_column

# Beginnings of words in names and labels, as they are compared.
_WORDS = {
    "weight": re.compile(
        r"^w \||\b(weight|weights|wt|wgt|wght|pweight|withinwt|pspwght|gew|gewicht\w*"
        r"|hochrechnungsfaktor|poids|ponderation|coef|peso|ponderacion|ponderador"
        r"|factor de expansion"
        r"|ponderacao|pesi|waga|wagi|weging|weegfactor|agirlik|\u0432\u0435\u0441\w*|\u6743\u91cd"
        r"|\u6b0a\u91cd|\u30a6\u30a8\u30a4\u30c8|\u0648\u0632\u0646)\b"
    ),
    "stratum": re.compile(
        r"\b(stratum|strata|strat|stratification|schicht|schichtung|strate|strates|estrato|estratos"
        r"|strato|strati|warstwa|tabaka|\u0441\u0442\u0440\u0430\u0442\u0430|\u5c42|\u5c64)\b"
    ),
    "psu": re.compile(
        r"\b(psu|cluster|clu|sampling point|primary sampling unit|primary unit|enumeration area|ea"
        r"|klumpen|sample point|grappe|grappes|unite primaire|conglomerado|upm|upa|unidad primaria"
        r"|unidade primaria|unita primaria|kume|\u043a\u043b\u0430\u0441\u0442\u0435\u0440)\b"
    ),
    "interview_date": re.compile(
        r"\b(date|start|started|startdate|starttime|interview date|dateintr|intdate|datum"
        r"|interviewdatum|fecha|data|tarih|tarihi|\u0434\u0430\u0442\u0430|\u8bbf\u95ee\u65e5\u671f|\u65e5\u671f|\u65e5\u4ed8)\b"
    ),
}
_NOT_OF_THE_INTERVIEW = re.compile(
    r"\b(birth\w*|geburt\w*|naissance|nacimiento|nascita|nascimento)\b"
)
_BODY = re.compile(
    r"\b(kg|kilogram\w*|pounds?|lbs?|body|birth|baby|korper\w*|corporal|corporel|overweight"
    r"|lose|loss)\b"
)
_PARTS = (
    ("year", "yy", "yyyy", "jahr", "annee", "ano", "anno"),
    ("month", "mm", "monat", "mois", "mes", "mese"),
    ("day", "dd", "tag", "jour", "dia", "giorno"),
)
MOST_OF_THEM = 0.95
FEWEST_WEIGHTS, FEWEST_UNITS = 3, 2


@dataclass(frozen=True)
class Role:
    """A role of the design that columns seem to have, and what speaks for it."""

    role: str
    columns: tuple[str, ...]
    reason: str


def roles_of(wave: WaveProfile, source: Path, named: Mapping[str, str]) -> list[Role]:
    """Find columns of roles that are not named; of several that could be it, none.

    Args:
        wave: the wave.
        source: its Parquet or CSV file, in which PSUs are tried against strata.
        named: the columns that are named, by role.
    """
    found = []
    others = {n: c for n, c in wave.columns.items() if n not in named.values()}
    for role, could_be in (("weight", _weight), ("stratum", _units), ("psu", _units)):
        if role in named:
            continue
        reasons = {
            name: reason
            for name, column in others.items()
            if _says(role, column) and (reason := could_be(column))
        }
        if len(reasons) == 1:
            ((name, reason),) = reasons.items()
            found.append(Role(role, (name,), reason))
    chosen = {**named, **{each.role: each.columns[0] for each in found}}
    if {"stratum", "psu"} <= set(chosen):
        note = _nested(source, chosen["stratum"], chosen["psu"])
        found = [
            Role(each.role, each.columns, f"{each.reason}; {note}") if each.role == "psu" else each
            for each in found
        ]
    taken = {column for each in found for column in each.columns}
    date = _date({n: c for n, c in others.items() if n not in taken})
    return [*found, date] if date else found


def role_proposals(
    roles: Collection[Role], study_id: str, wave_id: str, design_id: str
) -> list[Proposal]:
    """Draft the rows of roles that were found; rejected, their columns are waived."""
    proposals = []
    for each in roles:
        rows: list[Change] = [
            design_column(design_id, each.role, column, position)
            for position, column in enumerate(each.columns, start=1)
        ]
        waivers: list[Change] = [
            {"table": "waived_columns", "add": _waiver(study_id, wave_id, column)}
            for column in each.columns
        ]
        what = each.role.replace("_", " ")
        proposals.append(
            Proposal(
                "design_column",
                each.columns[0],
                0.8,
                f"{', '.join(each.columns)} seems to be the {what} of the design: {each.reason}. "
                "Reject waives it",
                rows,
                waivers,
            )
        )
    return proposals


def _waiver(study_id: str, wave_id: str, column: str) -> Row:
    return {
        "study_id": study_id,
        "source_column": column,
        "valid_from_wave": wave_id,
        "waiver_kind": "technical",
        "reason": "Belongs to the sample design, but is not used.",
    }


def _texts(column: ColumnProfile) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)", " ", column.name)
    return f"{compared(apart)} | {compared(column.label)}"


def _says(role: str, column: ColumnProfile) -> bool:
    text = _texts(column)
    if role == "weight" and _BODY.search(text):
        return False
    # Of a long label, such words are part of a question.
    return bool(_WORDS[role].search(text)) and len(text.split()) <= 12


def _weight(column: ColumnProfile) -> str:
    """Say what speaks for a weight: numbers, none below zero, that differ."""
    numbers = column.numbers
    if numbers is None or column.value_labels or numbers.smallest < 0:
        return ""
    if column.code_count < FEWEST_WEIGHTS or numbers.smallest == numbers.largest:
        return ""
    notes = [f"numbers from {numbers.smallest:g} to {numbers.largest:g}"]
    if column.empty_count:
        notes.append(
            f"{column.empty_count} of {column.row_count} rows are empty: respondents without a "
            "weight are left out"
        )
    if numbers.smallest == 0:
        notes.append("some are 0: if that is right, set allows_zero_weights of the design")
    return ", ".join(notes)


def _units(column: ColumnProfile) -> str:
    """Say what speaks for strata or PSUs: several of them, with several people each."""
    if column.empty_count or not FEWEST_UNITS <= column.code_count <= column.row_count / 2:
        return ""
    if column.value_labels and column.code_count > MOST_CODES:
        return ""
    each = column.row_count / column.code_count
    return f"{column.code_count} of them, with {each:.0f} respondents each on average"


def _nested(source: Path, stratum: str, psu: str) -> str:
    """Say whether each PSU lies in one stratum."""
    rows = (
        parquet.source(source)
        if source.suffix == ".parquet"
        else f"read_csv({sql_text(source)}, all_varchar = true)"
    )
    with connect() as connection:
        across = connection.execute(
            f"select count(*) from (select 1 from {rows} "
            f"group by {sql_name(psu)} having count(distinct {sql_name(stratum)}) > 1)"
        ).fetchall()[0][0]
    if not across:
        return "each lies in one stratum"
    return (
        f"{across} numbers occur in several strata, so they are numbered within strata: set "
        "psu_numbering of the design"
    )


def _date(columns: Mapping[str, ColumnProfile]) -> Role | None:
    """Find the day of the interview: one column of days, or year, month and day."""
    days = [
        name
        for name, column in columns.items()
        if column.shape is not None
        and column.shape.dates >= MOST_OF_THEM
        and _WORDS["interview_date"].search(_texts(column))
        and not _NOT_OF_THE_INTERVIEW.search(_texts(column))
    ]
    if days:
        others = f", and so are {', '.join(days[1:])}" if len(days) > 1 else ""
        return Role("interview_date", (days[0],), f"its values are days or time stamps{others}")
    parts = [
        [name for name, c in columns.items() if set(_texts(c).split()) & set(words) and c.numbers]
        for words in _PARTS
    ]
    if any(len(found) != 1 for found in parts):
        return None
    year, month, day = (columns[found[0]] for found in parts)
    within = (
        (year, 1900, 2100),
        (month, 1, 12),
        (day, 1, 31),
    )
    if any(
        c.numbers is None or c.numbers.smallest < low or c.numbers.largest > high
        for c, low, high in within
    ):
        return None
    return Role(
        "interview_date", (year.name, month.name, day.name), "year, month and day in three columns"
    )
