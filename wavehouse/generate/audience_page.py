"""A page of the docs site that says which audience may read what, as the codebook grants it."""

from pathlib import PurePosixPath

from wavehouse.codebook.tables import Row
from wavehouse.codebook.wave_files import Inspection
from wavehouse.generate.markdown import code, plain, table
from wavehouse.generate.text import MARKER, Texts, sentence

PAGE = PurePosixPath("docs/audiences.md")
TABLES = ("audiences", "audience_rows", "audience_columns", "audience_deliveries")
LIMITS = ("wave_id", "measure_id", "segment_id")
INTRODUCTION = (
    "An audience reads the rows and columns that are listed here, and nothing else. The groups of "
    "tables are `estimates` (figures), `dictionary` (what describes them) and `answers` (rows of "
    "people); each has the tables `dim_` too. Whoever may deliver has a line that says so."
)


def generate_audience_page(found: Inspection) -> Texts:
    """Write the page; there is none where the codebook has no audience."""
    tables = found.codebook.tables
    audiences = tables.get("audiences", [])
    if not audiences:
        return {}
    lines = [f"<!-- {MARKER} -->", "", "# Who may read what", "", INTRODUCTION]
    for audience in audiences:
        audience_id = audience["audience_id"]
        own = [
            [row for row in tables.get(name, []) if row.get("audience_id") == audience_id]
            for name in TABLES[1:]
        ]
        lines += [*([] if lines[-1] == "" else [""]), *_section(audience, *own)]
    return {PAGE: "\n".join(lines).rstrip("\n") + "\n"}


def _section(
    audience: Row, rows: list[Row], columns: list[Row], deliveries: list[Row]
) -> list[str]:
    key = "Without a key." if audience.get("needs_key") == "false" else "With a key."
    described = plain(sentence(audience["description"])) if audience.get("description") else ""
    lines = [f"## {plain(audience['audience_label'])}", ""]
    lines += [f"Audience {code(audience['audience_id'])}. {described} {key}".replace("  ", " "), ""]
    if deliveries:
        waves = ", ".join(
            f"{code(row['study_id'])} "
            + (f"(wave {code(row['wave_id'])})" if row.get("wave_id") else "(all waves)")
            for row in deliveries
        )
        lines += [f"It may deliver waves of {waves}.", ""]
    if not (rows and columns):
        return [*lines, "It may read nothing yet."]
    lines += table(
        ("study", "wave", "measure", "segment", "provisional figures", "from"),
        [
            (
                code(row["study_id"]),
                *(code(row[limit]) if row.get(limit) else "all" for limit in LIMITS),
                "no" if row.get("with_provisional") == "false" else "yes",
                plain(row.get("not_before") or ""),
            )
            for row in rows
        ],
    )
    lines += table(
        ("table or group", "column"),
        [
            (
                code(row["table_or_group"]),
                code(row["column_name"]) if row.get("column_name") else "all",
            )
            for row in columns
        ],
    )
    return lines
