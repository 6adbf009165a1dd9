"""All that is held of one respondent, for that person: as delivered and as harmonised."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavehouse.codebook.tables import read_codebook
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import csv_text
from wavehouse.people.releases_of_people import releases_with_people
from wavehouse.people.replaced_ids import replaced_ids
from wavehouse.people.wave_rows import (
    ANSWERS,
    RespondentColumns,
    WaveRows,
    find_wave_rows,
    ids_of,
    respondent_key,
)
from wavehouse.project import Project
from wavehouse.publishing.releases import published_manifest

COLUMNS = (
    *("study_id", "wave_id", "source_column", "column_label", "value", "value_label", "used_as"),
    *("variable_id", "variable_label", "question_text", "category_code", "category_label"),
    *("numeric_value", "missing_kind"),
)

Answer = dict[str, Any]


@dataclass
class Held:
    """What is held of a respondent.

    Args:
        study_id: the study.
        respondent_id: the id, as delivered.
        answers: all values of all waves, each with what is known of it.
        published: the rows of the public tables of respondents, by wave.
        files: where rows of theirs are, from the root of the project on.
        releases: ids of releases that have rows of people of these waves.
        release_id: the release that `answers` and `published` are harmonised by; None if none.
    """

    study_id: str
    respondent_id: str
    answers: list[Answer] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    release_id: str | None = None

    def as_json(self) -> str:
        """Write all of it as JSON."""
        said = {
            "study_id": self.study_id,
            "respondent_id": self.respondent_id,
            "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "harmonised_by_release": self.release_id,
            "answers": self.answers,
            "published_rows": self.published,
            "files": self.files,
            "releases_with_rows_of_people": self.releases,
        }
        return json.dumps(said, indent=1, ensure_ascii=False, default=str) + "\n"

    def as_csv(self) -> str:
        """Write the answers as CSV, a row each; a spreadsheet that opens it runs no formula."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for answer in self.answers:
            values = ("" if answer[name] is None else str(answer[name]) for name in COLUMNS)
            writer.writerow([csv_text(value) for value in values])
        return text.getvalue()


def held_of(project: Project, study_id: str, respondent_id: str) -> Held:
    """Collect what the project holds of a respondent.

    Args:
        project: the project.
        study_id: the study.
        respondent_id: the id, as it is delivered, or its pseudonym.

    Raises:
        WavehouseError: no wave of the study has this id.
    """
    codebook = read_codebook(project)
    columns = RespondentColumns(project, codebook)
    roles = {
        (row["design_id"], row["source_column"]): row["design_role"]
        for row in codebook.rows("design_columns")
    }
    waves = {row["wave_id"]: row for row in codebook.waves() if row["study_id"] == study_id}
    held = Held(study_id, respondent_id)
    new = replaced_ids(project, study_id, columns)
    # A kept copy of a wave may be of before ids were replaced.
    names = list(dict.fromkeys([new.of_id(respondent_id) if new else respondent_id, respondent_id]))
    for rows in find_wave_rows(project, {study_id}):
        table = rows.read()
        ids = ids_of(table, columns.of(study_id, rows.wave_id, table.column_names))
        places = [place for place, each in enumerate(ids) if each in names]
        if places:
            held.files.append(project.relative(rows.path))
        for place in places if rows.is_current else ():
            labels = _labels(rows)
            design = waves.get(rows.wave_id, {}).get("design_id", "")
            for name in table.column_names:
                value = table[name][place].as_py()
                label, of_values = labels.get(name, (None, {}))
                answer = dict.fromkeys(COLUMNS) | {
                    "study_id": study_id,
                    "wave_id": rows.wave_id,
                    "source_column": name,
                    "column_label": label,
                    "value": value,
                    "value_label": of_values.get(value),
                    "used_as": roles.get((design, name)),
                }
                held.answers.append(answer)
    if not held.files:
        raise WavehouseError(
            f"study {study_id}: no wave that is here has a respondent {respondent_id}. Write the "
            "id as the file has it; one of several columns is joined by hyphens."
        )
    _harmonise(project, held, names)
    held.releases = releases_with_people(project, {(study_id, wave) for wave in waves})
    return held


def _labels(rows: WaveRows) -> dict[str, tuple[str | None, dict[str, str]]]:
    """Give the label of each column of a wave, and of its codes, as the delivered file has them."""
    if rows.path.name != ANSWERS:
        file = rows.path.with_suffix(".labels.json")
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return {
            name: (each.get("label"), each.get("value_labels", {})) for name, each in known.items()
        }
    labels: dict[str, tuple[str | None, dict[str, str]]] = {}
    for row in _rows(rows.path.with_name("columns.parquet")):
        labels[row["source_column"]] = (row["column_label"], {})
    for row in _rows(rows.path.with_name("value_labels.parquet")):
        labels.setdefault(row["source_column"], (None, {}))[1][row["source_code"]] = row[
            "value_label"
        ]
    return labels


def _rows(file: Path) -> list[dict[str, Any]]:
    return parquet.read_table(file).to_pylist() if file.is_file() else []


def _harmonise(project: Project, held: Held, names: Sequence[str]) -> None:
    """Add what the published release made of the values: variables, categories, weights."""
    manifest = published_manifest(project)
    if manifest is None:
        return
    held.release_id = manifest["release"]
    keys = [
        (wave, respondent_key(held.study_id, wave, name))
        for wave in dict.fromkeys(answer["wave_id"] for answer in held.answers)
        for name in names
    ]
    with connect(project.warehouse / "wavehouse.duckdb", read_only=True) as connection:
        for wave, key in keys:
            held.published += _as_rows(
                connection, "from marts.fct_respondents where respondent_key = ?", [key]
            )
            harmonised = _as_rows(
                connection,
                "select answers.*, questions.variable_label, questions.question_text "
                "from marts.fct_answers as answers left join marts.dictionary_questions as "
                "questions using (study_id, wave_id, variable_id) "
                "where answers.respondent_key = ? order by variable_id",
                [key],
            )
            _add(held, wave, harmonised)


def _add(held: Held, wave: str, harmonised: list[dict[str, Any]]) -> None:
    """Put harmonised answers beside the values that they are made of; derived ones at the end."""
    names = COLUMNS[COLUMNS.index("variable_id") :]
    for row in harmonised:
        told = {name: row[name] for name in names}
        same = [
            answer
            for answer in held.answers
            if answer["wave_id"] == wave and answer["source_column"] == row["source_column"]
        ]
        free = next((answer for answer in same if answer["variable_id"] is None), None)
        if free is not None:
            free |= told
        else:
            delivered = same[0] if same else dict.fromkeys(COLUMNS)
            own = {"study_id": held.study_id, "wave_id": wave}
            held.answers.append({**delivered, **own, **told})


def _as_rows(connection: Any, query: str, values: list[str]) -> list[dict[str, Any]]:  # noqa: ANN401
    result = connection.execute(query, values)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
