"""The made-up survey once more, with measures that are of one group of people only.

The study `bases_full_adjust` is `kinds_full_adjust` under other names, and every measure of it has
a base: group `a`. What it estimates of the whole sample, the other estimates of the segment value
`a`. It also adds up the mentions of a person, and rounds its number.
"""

from dataclasses import replace

from workbench import Row, add_codebook_rows, codebook_rows, read_rows, set_codebook_rows

from studies.kinds import (
    KINDS_STUDIES,
    MENTIONS,
    TEXT,
    measure_rows,
    study_rows,
    variable_rows,
    write_waves,
)
from studies.made_up import DATA
from wavehouse.project import Project

STUDY = "bases_full_adjust"
TWIN = "kinds_full_adjust"
BASE = "bases_group_a"
SUM, LEVEL, ROUNDED = "bases_sum", "bases_level", "bases_rounded"
# Answers that somebody needs to have a sum.
MINIMUM = 2


def add_bases_study(project: Project) -> None:
    """Add it, with its variables and measures. Run `generate` afterwards."""
    data: dict[str, list[Row]] = {}
    for row in read_rows(DATA):
        data.setdefault(row["wave"], []).append(row)
    study = replace(KINDS_STUDIES[0], prefix="bases")
    for tables in (variable_rows(), measure_rows(), study_rows(study, data)):
        add_codebook_rows(project, {table: renamed(rows) for table, rows in tables.items()})
    measures = codebook_rows(project, "measures")
    names = {row["measure_id"] for row in renamed(measure_rows()["measures"])}
    for row in measures:
        if row["measure_id"] in names:
            row["base_id"] = BASE
    set_codebook_rows(project, "measures", measures)
    add_codebook_rows(
        project,
        {
            "bases": [{"base_id": BASE, "base_label": "Group a", **TEXT}],
            "base_categories": [
                {"base_id": BASE, "variable_id": "bases_group", "category_code": "a"}
            ],
        },
    )
    add_codebook_rows(project, derived_rows(study.waves[0]))
    write_waves(project, study, data)


def renamed(rows: list[Row]) -> list[Row]:
    """Give rows of the twin under the names of this study."""
    return [
        {column: value.replace("kinds_", "bases_") for column, value in row.items()} for row in rows
    ]


def derived_rows(first_wave: str) -> dict[str, list[Row]]:
    """Give the sum of the mentions, its groups, and the number with one decimal."""
    variable = {**TEXT, "unit": "units", "lower_bound": "0", "upper_bound": "100"}
    number = {"value_type": "numeric", **variable}
    return {
        "code_lists": [{"code_list_id": LEVEL, "code_list_label": LEVEL, **TEXT}],
        "categories": [
            {
                "code_list_id": LEVEL,
                "category_code": code,
                "category_order": str(order),
                "category_label": code,
            }
            for order, code in enumerate(("low", "high"), start=1)
        ],
        "variables": [
            {"variable_id": SUM, "variable_label": "Mentions", **number},
            {"variable_id": ROUNDED, "variable_label": "Rounded", **number, "decimals": "1"},
            {
                "variable_id": LEVEL,
                "variable_label": "Level",
                "value_type": "categorical",
                "code_list_id": LEVEL,
                **TEXT,
            },
        ],
        "derived_sums": [
            {
                "variable_id": SUM,
                "variable_group_id": "bases_mentions",
                "score_id": SUM,
                "minimum_answers": str(MINIMUM),
            }
        ],
        "scores": [
            {"score_id": SUM, "category_code": code, "score": score}
            for code, score in (("yes", "1"), ("no", "0"))
        ],
        "derivations": [
            {
                "variable_id": LEVEL,
                "position": str(position),
                "source_variable_id": SUM,
                "lower_bound": lower,
                "upper_bound": upper,
                "category_code": code,
            }
            for position, (lower, upper, code) in enumerate(
                (("", "2", "low"), ("2", "", "high")), start=1
            )
        ],
        "questions": [
            {
                "study_id": STUDY,
                "variable_id": ROUNDED,
                "valid_from_wave": first_wave,
                "source_column": "y",
                "crosswalk_id": "bases_number",
                "question_text": "Made up.",
                "universe": "All",
            }
        ],
        "measures": [
            {
                "measure_id": f"{SUM}_mean",
                "measure_label": "Mean number of mentions",
                "measure_kind": "mean",
                "variable_id": SUM,
                "base_description": "Respondents with two answers",
                **TEXT,
            }
        ],
    }


def mentions_of(row: Row) -> list[str]:
    """Give the answers of a person that are added up."""
    return [row[column] for column in MENTIONS.values() if row[column]]
