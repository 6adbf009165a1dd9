"""A project with people whose answers nobody else gave, and a search for these answers everywhere.

The search opens what packs its content: Parquet, DuckDB, gzip and zip files are read as well as
their bytes.
"""

import csv
import gzip
import json
import zipfile
from pathlib import Path

import duckdb
from studies.landed import LANDED, add_landed_studies
from workbench import (
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    run_wavehouse,
    set_codebook_rows,
)

from wavehouse.escapes import sql_name, sql_text
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.serving.audit import AuditLog

STUDIES = ("bsa", LANDED)
# Ids and answers of two people, one in all waves, one in the last wave only.
PANELLIST = {
    "rownames": "row-7700889",
    "respond": "77008899",
    "age": "41.7182818",
    "remark": "The zebra crossing, alas",
}
LAST_ONLY = {
    "rownames": "row-8811",
    "respond": "88113344",
    "age": "29.1415926",
    "remark": "Quagga, \u00e9t\u00e9",
}
LAST_WAVE = "1986"
SECRETS = [*PANELLIST.values(), *LAST_ONLY.values()]


def plant(project: Project) -> None:
    """Add both people to the waves of the panel, with a column of free texts in the last one."""
    for path in sorted((project.waves / "bsa").glob("*.csv")):
        is_last = path.stem.endswith(LAST_WAVE)
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        people = [PANELLIST, LAST_ONLY] if is_last else [PANELLIST]
        for place, person in enumerate(people, start=1):
            rows.insert(place * 5, {**rows[place], **person})
        columns = [name for name in rows[0] if name != "remark"] + ["remark"] * is_last
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file, columns, restval="", extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(rows)
    waves = codebook_rows(project, "waves")
    for row in waves:
        if row["study_id"] == "bsa":
            row["expected_respondents"] = str(264 + 1 + (row["wave_id"] == LAST_WAVE))
    set_codebook_rows(project, "waves", waves)


def make_planted(folder: Path) -> None:
    """Make the project: a seed and a landed study, two releases, and what else keeps answers."""
    project = copy_project(folder)
    keep_studies(project, ["bsa"])
    plant(project)
    add_landed_studies(project)
    for path in project.root.glob(f"{LANDED}_*.csv"):
        path.unlink()
    waiver = {
        "source_column": "remark",
        "valid_from_wave": LAST_WAVE,
        "waiver_kind": "free_text",
        "reason": "Free text.",
        "waived_on": "2026-11-30",
    }
    rows = [{"study_id": study_id, **waiver} for study_id in STUDIES]
    add_codebook_rows(project, {"waived_columns": rows})
    generate(project)
    (project.root / "logs").mkdir()
    for words in (["build"], ["publish"], ["export", "bsa"]):
        run = run_wavehouse(project, *words)
        assert run.exit_code == 0, run.output
    _write_down(project)


def _write_down(project: Project) -> None:
    """Put answers into logs, drafts and kept copies, as runs that go wrong leave them."""
    said = f"column age: {PANELLIST['age']} is no code, nor is {LAST_ONLY['remark']}."
    runs = project.warehouse / "operations" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    (runs / "20310101T000000000000Z-build.json").write_text(json.dumps({"message": said}))
    (project.root / "logs" / "dbt.log").write_text(said)
    (project.target / "run_results.json").write_text(said)
    (project.root / "drafts").mkdir(exist_ok=True)
    (project.root / "drafts" / "bsa_1986.yml").write_text(said)
    log = AuditLog(project.warehouse)
    log.add({"path": "/v1/answers", "query": f"filter[age]={PANELLIST['age']}"})
    log.add({"path": "/v1/studies"})
    kept = project.root / ".wavehouse" / "edits" / "000001-remove-wave"
    seed = project.waves / "bsa" / "bsa_1986.csv"
    landed = project.landed_wave(LANDED, "1986") / "answers.parquet"
    for path in (seed, landed):
        place = kept / path.relative_to(project.root)
        place.parent.mkdir(parents=True)
        place.write_bytes(path.read_bytes())


def found_in(root: Path, secrets: list[str] = SECRETS) -> dict[str, set[str]]:
    """Give each file below a folder that has one of the texts, with those that it has."""
    found = {}
    # Files that are one on the disk are read once, but for those that have something.
    clean: set[int] = set()
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_ino not in clean:
            has = _found(path, secrets)
            if has:
                found[path.relative_to(root).as_posix()] = has
            else:
                clean.add(path.stat().st_ino)
    return found


def _found(path: Path, secrets: list[str]) -> set[str]:
    """Give the texts that a file has: in its bytes, and in what they are packed from."""
    content = path.read_bytes()
    found = _in_bytes(content, secrets)
    if path.suffix == ".parquet" and not content.startswith(b"PARE"):  # encrypted
        found |= _in_cells(duckdb.connect(), f"read_parquet({sql_text(path)})", secrets)
    elif path.suffix == ".duckdb" or content[8:12] == b"DUCK":
        found |= _in_database(path, secrets)
    elif path.suffix == ".gz":
        found |= _in_bytes(gzip.decompress(content), secrets)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                found |= _in_bytes(packed.read(name), secrets)
    return found


def _in_bytes(content: bytes, secrets: list[str]) -> set[str]:
    """Look for texts as they are, and as JSON writes them."""
    return {
        secret
        for secret in secrets
        if secret.encode() in content or json.dumps(secret)[1:-1].encode() in content
    }


def _in_cells(connection: duckdb.DuckDBPyConnection, source: str, secrets: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        columns = [row[0] for row in cursor.execute(f"describe from {source}").fetchall()]
        row = " || ' ' || ".join(f"coalesce({sql_name(name)}::text, '')" for name in columns)
        counts = ", ".join(f"count_if(contains({row}, {sql_text(secret)}))" for secret in secrets)
        numbers = cursor.execute(f"select {counts} from {source}").fetchall()[0]
    return {secret for secret, number in zip(secrets, numbers, strict=True) if number}


def _in_database(path: Path, secrets: list[str]) -> set[str]:
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error:
        # Encrypted: nobody can read it, the test neither.
        return set()
    with connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()")
        return {
            secret
            for schema, table in tables.fetchall()
            for secret in _in_cells(connection, f"{sql_name(schema)}.{sql_name(table)}", secrets)
        }
