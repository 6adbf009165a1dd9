"""The study of NHANES, from the agency's tables, which are read where they are and never kept.

All waves are landed as `wavehouse fetch` lands them. What is built are some of them with a few
measures, which is quick; and with days of examination, to try calendar periods on.

The files tell the season of an examination, not its day. Here everybody was examined in the middle
of a season: of May to October on 1 August of the wave's first year, and of November to April on 30
January of its second, so each season of a wave is one half-year.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import duckdb
from workbench import (
    ROOT,
    Row,
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    read_rows,
    set_codebook_rows,
)

from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave

# Beside the repository, or where the variable says.
FOLDER = Path(os.environ.get("WAVEHOUSE_NHANES") or ROOT.parent / "shared/landing/nhanes")
STUDY = "nhanes"
DESIGN = "nhanes_masked_areas"
# The waves that are built.
WAVES = ("1999", "2013", "2015", "2017", "2021")
MEASURES = (
    "obesity_share",
    "obesity_share_us_2000",
    "body_mass_index_mean",
    "body_mass_index_mean_us_2000",
    "depression_share",
    "depression_share_us_2000",
    "smoked_100_share",
    "self_rated_health_share",
)
SEGMENTS = ("total", "sex", "adult_age_group")
DAY = "examined"


def deliveries() -> dict[str, list[Path]]:
    """Give the tables of each wave, as the codebook lists them."""
    found: dict[str, list[Path]] = {}
    for row in read_rows(ROOT / "seeds/codebook/deliveries.csv"):
        if row["study_id"] == STUDY:
            found.setdefault(row["wave_id"], []).append(FOLDER / row["file_name"])
    return found


def missing_tables() -> list[str]:
    """Name the tables that the study needs and that are not on this machine."""
    return [path.name for paths in deliveries().values() for path in paths if not path.is_file()]


def land_nhanes(destination: Path) -> Project:
    """Copy the project and land every wave; nothing is built."""
    project = copy_project(destination)
    for wave_id, paths in deliveries().items():
        land_wave(project, STUDY, wave_id, paths, key="SEQN")
    return project


def make_nhanes(destination: Path, landed: Project) -> Project:
    """Make a project with some waves and measures of this study, and a small study of seeds."""
    project = copy_project(destination)
    keep_studies(project, [STUDY, "api"])
    keep_waves(project, WAVES)
    filter_rows(project, "measures", lambda row: row["measure_id"] in MEASURES)
    for table in ("association_tests", "measure_items"):
        filter_rows(project, table, lambda row: row["measure_id"] in MEASURES)
    keep_named(project, "scores", "score_id", ("measure_items", "derived_sums"))
    for table in ("segments", "segment_variables", "segment_contrasts", "association_tests"):
        filter_rows(project, table, lambda row: row["segment_id"] in SEGMENTS)
    add_codebook_rows(
        project,
        {
            "design_columns": [
                {
                    "design_id": DESIGN,
                    "design_role": "interview_date",
                    "position": "1",
                    "source_column": DAY,
                }
            ],
            "periods": [{"study_id": STUDY, "period_kind": "half_year"}],
        },
    )
    for wave_id in WAVES:
        folder = Path("landing") / STUDY / wave_id
        shutil.copytree(landed.root / folder, project.root / folder)
        add_days(project.root / folder, int(wave_id))
    drop_idle_patterns(project)
    generate(project)
    return project


def keep_named(project: Project, table: str, column: str, naming: Sequence[str]) -> None:
    """Keep the rows of a codebook table that rows of some other tables name."""
    named = {row[column] for name in naming for row in codebook_rows(project, name)}
    filter_rows(project, table, lambda row: row[column] in named)


def filter_rows(project: Project, table: str, is_kept: Callable[[Row], bool]) -> None:
    """Keep some rows of a codebook table."""
    set_codebook_rows(
        project, table, [row for row in codebook_rows(project, table) if is_kept(row)]
    )


def keep_waves(project: Project, kept: Iterable[str]) -> None:
    """Take the other waves of the study away; rows hold in those of their waves that stay."""
    waves = sorted(kept)

    def within(row: Row) -> bool:
        """Move the ends of a row to waves that stay, and tell whether there are any between."""
        if row["study_id"] != STUDY:
            return True
        last = row["valid_to_wave"]
        inside = [wave for wave in waves if row["valid_from_wave"] <= wave <= (last or waves[-1])]
        if inside:
            row["valid_from_wave"] = inside[0]
            row["valid_to_wave"] = inside[-1] if last else ""
        return bool(inside)

    for table in ("questions", "crosswalk", "waived_columns"):
        filter_rows(project, table, within)
    for table in ("waves", "deliveries"):
        filter_rows(project, table, lambda row: row["study_id"] != STUDY or row["wave_id"] in waves)
    # a break shows in the first wave after it
    breaks = codebook_rows(project, "breaks")
    for row in filter(lambda row: row["study_id"] == STUDY, breaks):
        row["wave_id"] = min(wave for wave in waves if wave >= row["wave_id"])
    set_codebook_rows(project, "breaks", breaks)


def drop_idle_patterns(project: Project) -> None:
    """Take away waivers of columns that only the waves have that were taken away."""
    pattern = str(project.landing / STUDY / "*/columns.parquet")
    rows = duckdb.sql(f"select distinct source_column from '{pattern}'").fetchall()
    delivered = [name for (name,) in rows]
    filter_rows(
        project,
        "waived_columns",
        lambda row: (
            row["study_id"] != STUDY
            or not row["source_column"].endswith("*")
            or any(name.startswith(row["source_column"][:-1]) for name in delivered)
        ),
    )


def add_days(folder: Path, year: int) -> None:
    """Give everybody of a landed wave a day of examination, and describe the column."""
    answers, columns = folder / "answers.parquet", folder / "columns.parquet"
    day = f"case when RIDEXMON = '1' then '{year + 1}-01-30' else '{year}-08-01' end as {DAY}"
    described = (
        f"select * replace ('{DAY}' as source_column, '{DAY}' as delivered_name, "
        f"cast(position + 1000 as integer) as position) from '{columns}' where position = 1"
    )
    for path, sql in (
        (answers, f"select *, {day} from '{answers}'"),
        (columns, f"from '{columns}' union all {described}"),
    ):
        duckdb.sql(f"copy ({sql}) to '{folder}/new.parquet' (format parquet)")
        (folder / "new.parquet").replace(path)
