"""Look for the eighteen identifiers of HIPAA's safe harbour in what is landed and published.

45 CFR 164.514(b)(2)(i) lists them as (A) to (R). Columns are known by the words of their names and
labels and by the shape of their values, which are measured and never shown. What is found is for a
person to judge: a scan knows no column that looks like nothing, and suspects some that are nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.codebook.tables import read_codebook
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name
from wavehouse.people.wave_rows import RespondentColumns, find_wave_rows
from wavehouse.project import Project
from wavehouse.publishing.history import OF_PEOPLE
from wavehouse.publishing.releases import published_manifest, release_folder
from wavehouse.publishing.retention import MICRODATA

if TYPE_CHECKING:
    from wavehouse_exchange.onboarding.profile import ColumnProfile

IDENTIFIERS = {
    "A": "names",
    "B": "places smaller than a state",
    "C": "days and months of a person, ages over 89",
    "D": "telephone numbers",
    "E": "fax numbers",
    "F": "e-mail addresses",
    "G": "social security numbers",
    "H": "medical record numbers",
    "I": "numbers of health plans",
    "J": "account numbers",
    "K": "numbers of certificates and licences",
    "L": "vehicles and their plates",
    "M": "devices and their serial numbers",
    "N": "web addresses",
    "O": "network addresses",
    "P": "biometric identifiers",
    "Q": "full-face photographs",
    "R": "any other number or code of one person",
}
# What the scan of new files calls the like.
OF_PERSONAL_DATA = {
    "e-mail address": "F",
    "telephone number": "D",
    "name": "A",
    "address": "B",
    "coordinates": "B",
    "number of an identity document": "G",
    "date of birth": "C",
    "address in a network": "O",
    "value of its own for each respondent": "R",
}
# Words of names and labels, as they are compared.
WORDS = {
    "B": ("zip", "zipcode", "postcode", "county", "city", "town", "village", "parish", "precinct"),
    "E": ("fax", "telefax"),
    "G": ("ssn", "social security number"),
    "H": ("mrn", "medical record", "patient id", "patient number", "chart number"),
    "I": ("beneficiary", "medicare", "medicaid", "insurance number", "policy number", "member id"),
    "J": ("account", "iban", "credit card"),
    "K": ("license", "licence", "certificate number", "passport"),
    "L": ("vin", "vehicle", "license plate", "number plate", "registration plate"),
    "M": ("device", "serial number", "imei", "mac"),
    "N": ("url", "website", "homepage", "web address"),
    "P": ("fingerprint", "voiceprint", "biometric", "retina", "iris scan"),
    "Q": ("photo", "photograph", "portrait", "face image"),
}
AGES = ("age", "alter", "edad", "idade", "eta", "leeftijd", "wiek")
OLDEST = 89
# Of what is filled in, so much has to look like something.
MOST = 0.5
# Fewer different values are answers to choose from.
MOST_CHOICES = 12
# Of the public tables with rows of people: the one with all answers has them below each other, and
# the wide tables have the same in a column each.
LONG = frozenset({"fct_answers", "fct_replicate_weights", "fct_respondent_weights"})


@dataclass(frozen=True)
class Suspected:
    """A column that may hold an identifier.

    Args:
        place: the file, or the table of the release.
        study_id: the study; empty for a table of several.
        wave_id: the wave; likewise.
        column: the column.
        identifier: the letter of the rule.
        reason: what speaks for it.
        is_published: whether it is in the release, and not only in what was delivered.
    """

    place: str
    study_id: str
    wave_id: str
    column: str
    identifier: str
    reason: str
    is_published: bool

    def __str__(self) -> str:
        """Say it in a line."""
        what = IDENTIFIERS[self.identifier]
        return f"{self.place}, column {self.column}: ({self.identifier}) {what}; {self.reason}."


def scan(project: Project, study_id: str | None = None) -> list[Suspected]:
    """Look at all waves and at the tables of the published release that have rows of people.

    Args:
        project: the project.
        study_id: look only at the waves of this study, and at no table of several; at all if left
            out.
    """
    return [*_in_waves(project, study_id), *_in_release(project, study_id)]


def _in_waves(project: Project, study_id: str | None) -> Iterator[Suspected]:
    from wavehouse_exchange.onboarding.profile import profile_wave

    known = RespondentColumns(project, read_codebook(project))
    for rows in find_wave_rows(project, {study_id} if study_id else None):
        profile = profile_wave(project, rows.study_id, rows.wave_id) if rows.is_current else None
        if profile is None:
            continue
        ids = known.of(rows.study_id, rows.wave_id, list(profile.columns))
        for name, column in profile.columns.items():
            found = dict(judge(column))
            if name in ids:
                found["R"] = "it is the id of the respondent"
            for letter, reason in sorted(found.items()):
                place = project.relative(rows.path)
                yield Suspected(
                    place, rows.study_id, rows.wave_id, name, letter, reason, is_published=False
                )


def _in_release(project: Project, study_id: str | None) -> Iterator[Suspected]:
    manifest = published_manifest(project)
    if manifest is None:
        return
    folder = release_folder(project) / "parquet"
    for table in manifest["tables"]:
        name = table["name"]
        of_study = study_id is None or name == f"wide_{study_id}"
        if name in LONG or not of_study:
            continue
        for column, letter, reason in _in_table(folder / f"{name}.parquet", table.get("part")):
            yield Suspected(f"marts.{name}", "", "", column, letter, reason, is_published=True)


def _in_table(file: Path, part: str) -> Iterator[tuple[str, str, str]]:
    from wavehouse_exchange.onboarding.profile import profile_source

    source = parquet.source(file)
    with connect() as connection:
        described = connection.execute(f"describe from {source}").fetchall()
    kinds: Mapping[str, str] = {row[0]: row[1] for row in described}
    if part != MICRODATA and not OF_PEOPLE & kinds.keys():
        return
    texts = ", ".join(f"{sql_name(name)}::varchar as {sql_name(name)}" for name in kinds)
    for name, column in profile_source(f"(select {texts} from {source})").items():
        found = dict(judge(column))
        if name in OF_PEOPLE:
            found = {"R": "it is made of the id by a rule that everybody can use"}
        if kinds[name].startswith(("DATE", "TIMESTAMP")) and column.answer_count:
            found["C"] = "it has days"
        for letter, reason in sorted(found.items()):
            yield name, letter, reason


def judge(column: "ColumnProfile") -> Iterator[tuple[str, str]]:
    """Give the letters of the identifiers that a column may hold, each with what speaks for it."""
    from wavehouse_exchange.onboarding.people import personal_data, words_of

    if not column.answer_count:
        return
    said = personal_data(column)
    if said is not None:
        # Texts that people wrote may name anything.
        yield OF_PERSONAL_DATA.get(said.what, "A"), f"{said.what}: {said.reason}"
    texts = words_of(column)
    summary = column.number_summary
    if _says(texts, AGES) and summary is not None and summary.largest > OLDEST:
        yield "C", f"its name or label speaks of an age, and it goes up to {summary.largest:g}"
    shape = column.shape
    if shape is not None and shape.dates >= MOST:
        yield "C", f"{shape.dates:.0%} of its values are days or times"
    if shape is not None and shape.account_numbers >= MOST:
        yield "J", f"{shape.account_numbers:.0%} of its values look like one"
    if shape is not None and shape.web_addresses >= MOST:
        yield "N", f"{shape.web_addresses:.0%} of its values look like one"
    if column.code_count <= MOST_CHOICES:
        return
    for letter, words in WORDS.items():
        if _says(texts, words):
            yield letter, "its name or label says so"


def _says(texts: Iterable[str], words: Iterable[str]) -> bool:
    return any(f" {word} " in f" {text} " for word in words for text in texts)
