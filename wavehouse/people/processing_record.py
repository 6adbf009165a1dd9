"""The record of processing activities (GDPR, article 30), as far as a project knows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from wavehouse.audiences.grants import ANSWERS, ESTIMATES
from wavehouse.codebook.tables import Codebook, Row, read_codebook, wave_number
from wavehouse.encryption.key import encrypted_for
from wavehouse.errors import ProblemsError
from wavehouse.operations.configuration import Backup, Operations, read_operations
from wavehouse.people.erasure_list import read_erased
from wavehouse.people.keeping_times import last_days
from wavehouse.people.protections import PSEUDONYMS, TABLE
from wavehouse.project import Project
from wavehouse.publishing.retention import MICRODATA, Retention, read_retention
from wavehouse.reports import text

OPEN = "**to be filled in**"
PERSONAL = "personal_data"
REPLACED = "replaced by pseudonyms (HMAC-SHA256); the key is kept outside of the project"
# What tables with rows of people begin with.
OF_PEOPLE = ("fct_answers", "fct_resp", "wide_")


@dataclass(frozen=True)
class StudyRecord:
    """What is said of a study; all are texts for cells of Markdown, empty where nothing is known.

    Args:
        study_id: its id.
        label: its label.
        waves: how many waves, and of which time.
        description: what the study is, as the codebook describes it.
        people: whose answers they are: the universe.
        source: who collected them.
        terms: under which terms they may be used.
        variables: what is kept of people, by labels.
        ids: what stands for a respondent.
        kept: how long rows of people are kept.
        left_out: columns that tell who somebody is, and were not kept.
        readers_of_people: audiences that read rows of people.
        readers_of_estimates: audiences that read estimates.
        deliverers: audiences that may deliver waves.
    """

    study_id: str
    label: str
    waves: str
    description: str
    people: str
    source: str
    terms: str
    variables: str
    ids: str
    kept: str
    left_out: str
    readers_of_people: str
    readers_of_estimates: str
    deliverers: str


def processing_record(project: Project, controller: str = "", contact: str = "") -> str:
    """Write the record, as Markdown.

    Args:
        project: the project.
        controller: who decides what the data are for.
        contact: how they, and their data protection officer, are reached.

    Raises:
        ProblemsError: the codebook, `releases.yml` or `operations.yml` cannot be read.
    """
    codebook = read_codebook(project)
    if codebook.problems:
        raise ProblemsError("The codebook cannot be read:", codebook.problems)
    operations = read_operations(project)
    days = last_days(project)
    retention = read_retention(project)[MICRODATA]
    n_erased = len(read_erased(project).people)
    return text(
        "processing_record.md",
        written_on=f"{datetime.now(UTC):%Y-%m-%d}",
        project=project.root.name,
        open=OPEN,
        controller=_cell(controller),
        contact=_cell(contact),
        studies=[_study(codebook, row, days) for row in codebook.rows("studies")],
        releases=_kept(retention),
        backups=_kept_in_backups(operations, retention),
        audiences=_audiences(codebook),
        has_backup=operations.backup is not None,
        is_encrypted=encrypted_for(project) is not None,
        erased=f"{n_erased} on the list that keeps them out" if n_erased else "none yet",
    )


def _study(codebook: Codebook, study: Row, days: Mapping[str, date]) -> StudyRecord:
    own = study["study_id"]
    waves = sorted(
        (row for row in codebook.rows("waves") if row["study_id"] == own), key=wave_number
    )
    asked = dict.fromkeys(
        row["variable_id"] for row in codebook.rows("questions") if row["study_id"] == own
    )
    labels = {row["variable_id"]: row["variable_label"] for row in codebook.rows("variables")}
    personal = (
        f"{row['source_column']} ({row['reason']})" if row["reason"] else row["source_column"]
        for row in codebook.rows("waived_columns")
        if row["study_id"] == own and row["waiver_kind"] == PERSONAL
    )
    replaced = {
        row["study_id"] for row in codebook.rows(TABLE) if row["respondent_ids"] == PSEUDONYMS
    }
    return StudyRecord(
        own,
        _cell(study["study_label"] or own),
        _of_waves(waves),
        _cell(study["description"]),
        _cell(study["universe"]),
        _cell(study["producer"]),
        _cell(study["terms_of_use"]),
        _listed(labels.get(name) or name for name in asked),
        REPLACED if own in replaced else "as they are delivered",
        f"until {days[own]}" if own in days else "until somebody removes them; a day should be set",
        _listed(dict.fromkeys(personal)),
        _listed(_readers(codebook, own, ANSWERS)),
        _listed(_readers(codebook, own, ESTIMATES)),
        _listed(
            _label(codebook, row["audience_id"])
            for row in codebook.rows("audience_deliveries")
            if row["study_id"] == own
        ),
    )


def _of_waves(waves: Sequence[Row]) -> str:
    if not waves:
        return "no wave"
    first, last = (wave["wave_label"] or wave["wave_id"] for wave in (waves[0], waves[-1]))
    if len(waves) == 1:
        return f"one wave, {_cell(first)}"
    return f"{len(waves)} waves, {_cell(first)} to {_cell(last)}"


def _readers(codebook: Codebook, study: str, group: str) -> Iterable[str]:
    """Give the audiences that may read something of a study, and of a group of tables."""
    granted = {
        row["audience_id"]
        for row in codebook.rows("audience_columns")
        if row["table_or_group"] == group
        # A table by its name counts as its group, so that no reader is missing.
        or (group == ANSWERS and row["table_or_group"].startswith(OF_PEOPLE))
    }
    for audience in codebook.rows("audiences"):
        rows = [
            row
            for row in codebook.rows("audience_rows")
            if (row["audience_id"], row["study_id"]) == (audience["audience_id"], study)
        ]
        if rows and audience["audience_id"] in granted:
            limited = any(row["wave_id"] or row["measure_id"] or row["segment_id"] for row in rows)
            yield _label(codebook, audience["audience_id"]) + (" (a part)" if limited else "")


def _label(codebook: Codebook, audience_id: str) -> str:
    labels = {row["audience_id"]: row["audience_label"] for row in codebook.rows("audiences")}
    return labels.get(audience_id) or audience_id


def _audiences(codebook: Codebook) -> str:
    return _listed(
        f"{row['audience_label'] or row['audience_id']} "
        + ("(open to everybody)" if row["needs_key"] == "false" else "(encrypted, opened by keys)")
        for row in codebook.rows("audiences")
    )


def _kept(retention: Retention) -> str:
    parts = []
    for number, unit in (
        (retention.days, "days"),
        (retention.months, "months"),
        (retention.quarters, "quarters"),
        (retention.years, "years"),
    ):
        if number == float("inf"):
            return "without an end; `releases.yml` should set one"
        if number:
            parts.append(f"{number:g} {unit}")
    kept = ", ".join(parts) or "no day"
    return f"{kept}; those of the release that counts and of the one before it always"


def _kept_in_backups(operations: Operations, retention: Retention) -> str:
    backup: Backup | None = operations.backup
    if backup is None:
        return "there are no backups"
    keep = backup.keep_microdata
    if keep is None:
        return f"{retention.days:g} days, as in `releases.yml`"
    return ", ".join(
        f"{number} {unit}"
        for number, unit in (
            (keep.daily, "days"),
            (keep.weekly, "weeks"),
            (keep.monthly, "months"),
            (keep.yearly, "years"),
        )
        if number
    )


def _listed(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(map(_cell, words)))


def _cell(words: str) -> str:
    """Write a text for a cell of a table of Markdown, where it can be nothing else."""
    one_line = " ".join(words.split())
    for mark in "\\`*_[]<>|#":
        one_line = one_line.replace(mark, f"\\{mark}")
    return one_line
