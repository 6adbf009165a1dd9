"""A small project with people to erase, which is published without dbt."""

import gzip
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish

# Nobody else has these.
ID, WORDS, WEIGHT = "id-990011", "Told of the okapi", "7.1234567"
SECRETS = [ID, WORDS, WEIGHT]
TABLES = ["fct_respondents", "fct_weight_quality"]
HEADER = ["person", "weight", "said", "sex"]
WAVES = ("2030", "2031")


def make_small(root: Path) -> Project:
    """Make the project: a seed with one wave, a landed one, and a wave that a command keeps."""
    root.mkdir()
    write(root / "dbt_project.yml", "name: wavehouse\n")
    write(root / "operations.yml", "backup:\n  repository: ../repository\n")
    codebook = root / "seeds" / "codebook"
    rows = "".join(f"panel,{wave},{n},Wave,by_id,landing,4\n" for n, wave in enumerate(WAVES))
    write(
        codebook / "waves.csv",
        "study_id,wave_id,wave_number,wave_label,design_id,delivered_as,expected_respondents\n"
        + rows.replace("landing", "seed", 1),
    )
    write(
        codebook / "design_columns.csv",
        "design_id,design_role,weight_id,position,source_column,replicate_factor\n"
        "by_id,respondent,,1,person,\nby_id,weight,,1,weight,\n",
    )
    people = people_of(4)
    lines = [",".join(HEADER), *(",".join(f'"{value}"' for value in row) for row in people)]
    write(root / "seeds" / "waves" / "panel" / "panel_2030.csv", "\r\n".join(lines) + "\r\n")
    for place in (root / "landing", root / ".wavehouse/edits/000001-apply/landing"):
        land(place / "panel" / "2031" / "answers.parquet", people)
    return Project(root)


def people_of(number: int) -> list[list[str]]:
    """Give rows of people; the second is the one to erase."""
    rows = [[f"id-{n}", f"{n / 8}", "Nothing to add", "f"] for n in range(number)]
    rows[1] = [ID, WEIGHT, WORDS, "f"]
    return rows


def land(place: Path, people: list[list[str]]) -> None:
    """Write rows of people as landing does."""
    place.parent.mkdir(parents=True, exist_ok=True)
    columns = [pa.array(column, pa.string()) for column in zip(*people, strict=True)]
    pq.write_table(pa.table(columns, names=HEADER), place, compression="zstd")


def write(path: Path, text: str) -> None:
    """Write a file and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def release(project: Project, *, version: int = 1) -> str:
    """Publish what the waves have now; figures name the largest weight. Give the release's id."""
    project.target.mkdir(exist_ok=True)
    project.working_database.unlink(missing_ok=True)
    seed = project.waves / "panel" / "panel_2030.csv"
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_respondents as select 'panel' as study_id, '2030' as wave_id, "
            f"md5(person) as respondent_key, said, weight::double as weight from '{seed}'"
        )
        connection.execute(
            f"create table marts.fct_weight_quality as select {version} as version, 'panel' as "
            "study_id, max(weight) as max_weight, 'Heaviest said: ' || max_by(said, weight) || '.' "
            "as note, 0.25 as other from marts.fct_respondents"
        )
    build = PassedBuild.of(project, f"version {version}", TABLES)
    build.save(project)
    name: str = publish(project, build)["release"]
    return name


def write_down(project: Project) -> None:
    """Put answers where runs and commands leave them."""
    said = f"wave 2030, column weight: {WEIGHT} is too large; said: {WORDS}."
    runs = project.warehouse / "operations" / "runs"
    write(runs / "20310101T000000000000Z-build.json", json.dumps({"message": said}))
    write(project.warehouse / "exports" / "panel" / "panel.csv", said)
    write(project.root / "logs" / "dbt.log", said)
    packed = project.target / "run_results.json.gz"
    packed.write_bytes(gzip.compress(said.encode()))
