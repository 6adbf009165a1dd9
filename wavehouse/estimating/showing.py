"""Answers for people who type: a table for the terminal, CSV, JSON."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import csv_text, sql_name, terminal_text
from wavehouse.estimating.estimates import estimate
from wavehouse.estimating.keeping import FILE
from wavehouse.estimating.questions import CALENDAR, Question
from wavehouse.project import Project
from wavehouse.publishing.history import find_release
from wavehouse.publishing.releases import release_folder
from wavehouse.reports import aligned

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyConnection

DIGITS = 4
NUMBERS = ("estimate", "standard_error", "ci_lower", "ci_upper")


def answer(project: Project, question: Question, form: str, release: str = "") -> str:
    """Ask a release, and write what it says.

    Args:
        project: the project.
        question: what is asked.
        form: `table`, `csv` or `json`.
        release: which release is asked, as `find_release` knows it; empty for the published one.

    Raises:
        WavehouseError: the release has no answers any more, or the question cannot be answered.
    """
    file = None if release else _published(project)
    with connect(file, read_only=file is not None) as connection:
        if release:
            _open_kept(connection, project, release)
        return FORMS[form](estimate(connection, question), question)


def _published(project: Project) -> Path:
    file = release_folder(project) / FILE
    if not file.is_file():
        raise WavehouseError(
            "The published release is of an older version, which kept no answers to estimate from. "
            "Run `make`."
        )
    return file


def _open_kept(connection: "DuckDBPyConnection", project: Project, words: str) -> None:
    """Let a connection have the tables of a kept release."""
    release = find_release(project, words)
    files = release.estimation()
    if not files:
        raise WavehouseError(
            f"{release.release_id} does not have the answers that estimates are made from: its "
            "microdata are not kept any more, or it is of an older version. releases.yml says how "
            "long they are kept."
        )
    for name, file in files.items():
        connection.execute(f"create view {sql_name(name)} as from " + parquet.source(file))


def _table(table: "pyarrow.Table", question: Question) -> str:
    """Write what readers look for; what is the same in all rows is left out."""
    rows = table.to_pylist()
    labels = {
        "study_id": "study",
        "period": "period" if question.grain in CALENDAR else "wave",
        "measure_label": "measure",
        "category_label": "category",
        **{name: name[3:-6] for name in table.column_names if _is_label(name)},
        **dict.fromkeys(NUMBERS, ""),
        "estimate": "estimate",
        "standard_error": "error",
        "ci_lower": "from",
        "ci_upper": "to",
        "n_respondents": "people",
        "observation_status": "status",
        "status_reason": "",
    }
    for row in rows:
        row["period"] = _period(row)
        row["category_label"] = "" if row["category_code"] == "_Z" else row["category_label"]
    dropped = {
        name
        for name in ("study_id", "measure_label", "category_label")
        if len({row[name] for row in rows}) <= 1
    }
    shown = [name for name in labels if name not in dropped]
    lines = aligned(
        [
            [labels[name] for name in shown],
            *([terminal_text(_shown(name, row[name])) for name in shown] for row in rows),
        ]
    )
    return "\n".join(lines) + "\n"


def _is_label(name: str) -> bool:
    return name.startswith("by_") and name.endswith("_label")


def _period(row: dict[str, Any]) -> str:
    if row["period_end"] is not None:
        return f"{row['period_start']} to {row['period_end']}"
    if row["n_waves"] > 1:
        return f"{row['from_wave_id']} to {row['wave_id']} ({row['n_waves']} waves)"
    return str(row["wave_id"])


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    return f"{value:.{DIGITS}g}" if name in NUMBERS else str(value)


def _csv(table: "pyarrow.Table", _: Question) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow(
            [csv_text(value) if isinstance(value, str) else value for value in row.values()]
        )
    return written.getvalue()


def _json(table: "pyarrow.Table", _: Question) -> str:
    rows = [
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in row.items()
        }
        for row in table.to_pylist()
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


FORMS = {"table": _table, "csv": _csv, "json": _json}
