"""The codebook's CSV files as plain rows, with the few questions that the generator has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.ids import inside
from wavehouse.errors import WavehouseError
from wavehouse.migrations.codebook_state import refuse_other_versions
from wavehouse.project import Project

# The tables that generated files are made of, with what the generator cannot do without. Their
# content is tested by dbt.
NEEDED_COLUMNS = {
    "studies": ["study_id", "study_label", "is_optional"],
    "waves": ["study_id", "wave_id", "wave_number", "wave_label", "design_id", "delivered_as"],
    "design_columns": ["design_id", "design_role", "source_column"],
    "variables": ["variable_id", "variable_label"],
    "questions": [
        "study_id",
        "variable_id",
        "valid_from_wave",
        "valid_to_wave",
        "source_column",
        "question_text",
        "universe",
    ],
    "waived_columns": [
        "study_id",
        "source_column",
        "valid_from_wave",
        "valid_to_wave",
        "waiver_kind",
        "reason",
    ],
    "segments": ["segment_id", "segment_label"],
    "segment_variables": ["segment_id", "variable_id"],
}

DESCRIPTIONS = "_codebook__seeds.yml"
# Of the tables that come with the warehouse: publication rules and thresholds.
LIBRARY_DESCRIPTIONS = "_library__seeds.yml"

Row = dict[str, str]


@dataclass
class Codebook:
    """The rows of each codebook table, by table name, and what is wrong with the files.

    The two kinds of problems are those of `CsvFile`.
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)

    def rows(self, table: str) -> list[Row]:
        """Give the rows of a table; none if its file is missing, which is noted as a problem."""
        return self.tables.get(table, [])

    def study_label(self, study_id: str) -> str:
        """Give the label of a study, or its id where it has no row."""
        labels = {row["study_id"]: row["study_label"] for row in self.rows("studies")}
        return labels.get(study_id) or study_id

    def named_columns(self, wave: Row) -> list[str]:
        """Give the delivered columns that questions and design of a wave name, in that order."""
        named = [row["source_column"] for row in self.valid_rows("questions", wave)]
        named += [
            row["source_column"]
            for row in self.rows("design_columns")
            if row["design_id"] == wave["design_id"]
        ]
        return list(dict.fromkeys(column for column in named if column))

    def optional_studies(self) -> set[str]:
        """Give the studies that may be absent."""
        return {row["study_id"] for row in self.rows("studies") if row["is_optional"] == "true"}

    def waves(self) -> list[Row]:
        """Give the declared waves by study, in the order of their numbers."""
        return sorted(
            self.rows("waves"), key=lambda row: (row["study_id"], wave_number(row), row["wave_id"])
        )

    def valid_rows(self, table: str, wave: Row) -> Iterator[Row]:
        """Give the rows of a table with a validity that cover one wave.

        A bound that names no wave of the study is left open: dbt's tests report it.
        """
        numbers = {
            row["wave_id"]: wave_number(row)
            for row in self.rows("waves")
            if row["study_id"] == wave["study_id"]
        }
        here = wave_number(wave)
        for row in self.rows(table):
            if (
                row["study_id"] == wave["study_id"]
                and numbers.get(row["valid_from_wave"], here) <= here
                and numbers.get(row["valid_to_wave"], here) >= here
            ):
                yield row


def wave_number(wave: Row) -> int:
    """Give a wave's place in its study; 0 where it is not a number, which dbt's tests report."""
    return whole_number(wave["wave_number"])


def whole_number(text: str, otherwise: int = 0) -> int:
    """Give the number in a cell, or another where there is none, which dbt's tests report."""
    return int(text) if text.isdecimal() else otherwise


def read_codebook(project: Project) -> Codebook:
    """Read every codebook file, noting all problems instead of stopping at the first.

    Raises:
        WavehouseError: the codebook is of another version; nothing else is said of its files then.
    """
    refuse_other_versions(project)
    codebook = Codebook()
    described = {
        folder: described_columns(folder / name)
        for folder, name in (
            (project.codebook, DESCRIPTIONS),
            (project.library, LIBRARY_DESCRIPTIONS),
        )
    }
    expected = {**NEEDED_COLUMNS, **described[project.codebook], **described[project.library]}
    tops = {project.codebook: project.root, project.library: project.product}
    for path in sorted([*project.codebook.glob("*.csv"), *project.library.glob("*.csv")]):
        name = project.relative(path)
        try:
            inside(tops[path.parent], path, name)
        except WavehouseError as error:
            codebook.problems.append(str(error))
            continue
        content = read_csv(path, keep_rows=True)
        codebook.problems += [f"{name}: {problem}" for problem in content.problems]
        codebook.ambiguous += [f"{name}: {problem}" for problem in content.ambiguous]
        missing = [c for c in expected.get(path.stem, []) if c not in content.columns]
        if missing and not content.problems:
            codebook.problems += [
                f"{name}: column {column} is missing. Add it to the header." for column in missing
            ]
        if not missing:
            codebook.tables[path.stem] = content.rows
    for table in expected:
        folder = project.library if table in described[project.library] else project.codebook
        path = folder / f"{table}.csv"
        if not path.is_file():
            codebook.problems.append(
                f"{project.relative(path)}: the file is missing. Add it, with at least a header."
            )
    return codebook


def described_columns(path: Path) -> dict[str, list[str]]:
    """Give the columns of each table that dbt's descriptions of a folder of tables have.

    Without one of them the checks could not run at all, and so list nothing.
    """
    if not path.is_file():
        return {}
    import yaml

    from wavehouse.yaml_files import read_yaml

    try:
        content = read_yaml(path)
    except yaml.YAMLError:
        # dbt names the place when it reads the file.
        return {}
    return {
        seed["name"]: [column["name"] for column in seed.get("columns", [])]
        for seed in content["seeds"]
    }
