"""The real studies again, with another design or with their waves declared independent.

| study                      | design                                  | waves       |
|----------------------------|-----------------------------------------|-------------|
| api_independent            | districts as PSUs                       | independent |
| api_fpc                    | the same, finite population correction  | one sample  |
| api_fpc_independent        | the same                                | independent |
| api_strat                  | the stratified sample of schools        | one sample  |
| api_strat_independent      | the same                                | independent |
| api_strat_fpc              | the same, finite population correction  | one sample  |
| api_strat_fpc_independent  | the same                                | independent |
| bsa_independent            | districts as PSUs                       | independent |
| bsa_broken                 | the same, with a hard break in 1985     | one sample  |
| bsa_bridged                | the same, with a bridge over the break  | one sample  |

In the variants of `api`, the three yes/no columns are also asked as the numbers 1 and 0, so that
the references' t intervals of shares have something to be compared with. Quantiles of the schools
are measures of all of them, `api` too, and one share is asked by a publication rule of its own.
"""

from collections.abc import Sequence
from pathlib import Path

from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
    read_rows,
    set_codebook_rows,
    write_wave,
)

from wavehouse.project import Project

REFERENCES = Path(__file__).resolve().parents[1] / "references"
OF_A_STUDY = (
    "studies",
    "designs",
    "waves",
    "questions",
    "crosswalk",
    "waived_columns",
    "comparisons",
    "periods",
)
BRIDGE_FACTOR, BRIDGE_ERROR = 1.1, 0.05
YES_NO_COLUMNS = {
    "met_schoolwide_target": "sch.wide",
    "awarded": "awards",
    "met_comparable_improvement": "comp.imp",
}
OWN_RULE = "nchs_proportions"
STRATIFIED_ROLES = {
    "respondent": "cds",
    "stratum": "stype",
    "weight": "pw",
    "psu_population": "fpc",
}


def add_variants(project: Project) -> None:
    """Add all studies of the table above. Run `generate` afterwards."""
    declare_numbers(project)
    declare_quantiles(project)
    declare_own_rule(project)
    stratified = split_stratified_sample(project)
    for name, is_stratified, applies_fpc, is_independent in (
        ("api_independent", False, False, True),
        ("api_fpc", False, True, False),
        ("api_fpc_independent", False, True, True),
        ("api_strat", True, False, False),
        ("api_strat_independent", True, False, True),
        ("api_strat_fpc", True, True, False),
        ("api_strat_fpc_independent", True, True, True),
    ):
        copy_study(project, "api", name, is_independent)
        ask_for_numbers(project, name)
        if applies_fpc:
            change_rows(project, "designs", "study_id", name, {"applies_fpc": "true"})
        if is_stratified:
            stratify(project, name)
            for wave_id, rows in stratified.items():
                write_wave(project, name, wave_id, rows)
    copy_study(project, "bsa", "bsa_independent", True)
    for name in ("bsa_broken", "bsa_bridged"):
        copy_study(project, "bsa", name, False)
        break_series(project, name)
    bridge_series(project, "bsa_bridged")


def copy_study(project: Project, source: str, name: str, is_independent: bool) -> None:
    """Copy a study with its codebook and waves; `is_independent` gives each wave its own sample."""
    designs = {row["design_id"] for row in codebook_rows(project, "designs") if is_of(row, source)}
    copies: dict[str, list[Row]] = {
        table: [
            {**row, "study_id": name} for row in codebook_rows(project, table) if is_of(row, source)
        ]
        for table in OF_A_STUDY
    }
    copies["design_columns"] = [
        row for row in codebook_rows(project, "design_columns") if row["design_id"] in designs
    ]
    for table in ("designs", "design_columns", "waves"):
        copies[table] = [
            {**row, "design_id": f"{row['design_id']}_of_{name}"} for row in copies[table]
        ]
    if is_independent:
        copies["waves"] = [
            {**row, "sample_id": f"{name}_{row['wave_id']}"} for row in copies["waves"]
        ]
    add_codebook_rows(project, copies)
    for wave in copies["waves"]:
        wave_id = wave["wave_id"]
        rows = read_rows(project.waves / source / f"{source}_{wave_id}.csv")
        write_wave(project, name, wave_id, rows)


def break_series(project: Project, study_id: str) -> None:
    """Declare a hard break of one variable between the second and the third wave of the panel."""
    row = {
        "break_id": f"{study_id}_1985_wording",
        "study_id": study_id,
        "wave_id": "1985",
        "variable_id": "abortion_support",
        "break_kind": "wording",
        "severity": "hard",
        "description": "Made up for the tests.",
    }
    add_codebook_rows(project, {"breaks": [row]})


def bridge_series(project: Project, study_id: str) -> None:
    """Declare what the figures before that break are worth after it."""
    row = {
        "break_id": f"{study_id}_1985_wording",
        "measure_id": "abortion_support_mean",
        "bridge_factor": str(BRIDGE_FACTOR),
        "standard_error": str(BRIDGE_ERROR),
        "source": "Made up for the tests.",
    }
    add_codebook_rows(project, {"bridges": [row]})


def is_of(row: Row, study_id: str) -> bool:
    """Tell whether a row belongs to a study."""
    return row["study_id"] == study_id


def change_rows(project: Project, table: str, column: str, value: str, changes: Row) -> None:
    """Change the codebook rows that have a value in a column."""
    rows = codebook_rows(project, table)
    set_codebook_rows(
        project, table, [{**row, **changes} if row[column] == value else row for row in rows]
    )


def declare_numbers(project: Project) -> None:
    """Declare, for each yes/no variable, the variable and mean of its numbers 1 and 0."""
    add_codebook_rows(
        project,
        {
            "variables": [
                {
                    "variable_id": f"{variable_id}_number",
                    "variable_label": f"{column}, as a number",
                    "description": "1 for yes, 0 for no.",
                    "value_type": "numeric",
                    "unit": "schools",
                    "lower_bound": "0",
                    "upper_bound": "1",
                }
                for variable_id, column in YES_NO_COLUMNS.items()
            ],
            "measures": [
                {
                    "measure_id": f"{variable_id}_number_mean",
                    "measure_label": f"Mean of {column}",
                    "measure_kind": "mean",
                    "variable_id": f"{variable_id}_number",
                    "base_description": "All schools",
                    "description": "The share of yes, with the interval of a mean.",
                }
                for variable_id, column in YES_NO_COLUMNS.items()
            ],
        },
    )


def declare_quantiles(project: Project) -> None:
    """Declare a median, and a quantile of a number that fewer waves have."""
    add_codebook_rows(
        project,
        {
            "measures": [
                {
                    "measure_id": measure_id,
                    "measure_label": measure_id,
                    "measure_kind": "quantile",
                    "variable_id": variable_id,
                    "quantile": quantile,
                    "base_description": "All schools",
                    "description": "A value that a share of the schools does not exceed.",
                }
                for measure_id, variable_id, quantile in (
                    ("api_score_median", "api_score", "0.5"),
                    ("enrolment_p90", "enrolment", "0.9"),
                )
            ]
        },
    )


def declare_own_rule(project: Project) -> None:
    """Declare a share once more, with a publication rule that is not that of the study.

    It is of a variable of its own: what one rule suppresses of a variable, no other may show.
    """
    variable = {
        "variable_id": "met_schoolwide_target_again",
        "variable_label": "Met the schoolwide growth target",
        "description": "The same column once more.",
        "value_type": "categorical",
        "code_list_id": "yes_no",
    }
    own = {
        "measure_id": f"met_schoolwide_target_{OWN_RULE}_share",
        "measure_label": "Met the schoolwide growth target",
        "measure_kind": "share",
        "variable_id": "met_schoolwide_target_again",
        "publication_rule_id": OWN_RULE,
        "base_description": "All schools",
        "description": "The same share by another rule.",
    }
    add_codebook_rows(project, {"variables": [variable], "measures": [own]})


def ask_for_numbers(project: Project, study_id: str) -> None:
    """Let a variant of `api` ask the variables of `declare_numbers`."""
    add_codebook_rows(
        project,
        {
            "crosswalk": [
                {
                    "study_id": study_id,
                    "crosswalk_id": "yes_no_number",
                    "source_code": code,
                    "valid_from_wave": "1999",
                    "numeric_value": number,
                    "mapping_method": "recode",
                }
                for code, number in (("Yes", "1"), ("No", "0"))
            ],
            "questions": [
                {
                    "study_id": study_id,
                    "variable_id": f"{variable_id}_number",
                    "valid_from_wave": "2000",
                    "source_column": column,
                    "crosswalk_id": "yes_no_number",
                    "question_text": "The same column once more.",
                    "universe": "All schools",
                }
                for variable_id, column in YES_NO_COLUMNS.items()
            ]
            + [
                {
                    "study_id": study_id,
                    "variable_id": "met_schoolwide_target_again",
                    "valid_from_wave": "2000",
                    "source_column": "sch.wide",
                    "crosswalk_id": "yes_no",
                    "question_text": "The same column once more.",
                    "universe": "All schools",
                }
            ],
        },
    )


def stratify(project: Project, study_id: str) -> None:
    """Declare the stratified sample in a variant of `api`: schools are PSUs within school types."""
    (design,) = (row for row in codebook_rows(project, "designs") if is_of(row, study_id))
    kept = [
        row
        for row in codebook_rows(project, "design_columns")
        if row["design_id"] != design["design_id"]
    ]
    set_codebook_rows(
        project,
        "design_columns",
        [
            *kept,
            *(
                {
                    "design_id": design["design_id"],
                    "design_role": role,
                    "position": "1",
                    "source_column": column,
                }
                for role, column in STRATIFIED_ROLES.items()
            ),
        ],
    )
    change_rows(project, "waves", "study_id", study_id, {"expected_respondents": "200"})
    waiver = {
        "study_id": study_id,
        "source_column": "dnum",
        "valid_from_wave": "1999",
        "waiver_kind": "technical",
        "reason": "The sample was not drawn by districts.",
    }
    add_codebook_rows(project, {"waived_columns": [waiver]})


def split_stratified_sample(project: Project) -> dict[str, Sequence[Row]]:
    """Give the stratified sample as two waves with the columns that those of `api` have."""
    schools = read_rows(REFERENCES / "apistrat.csv")
    waves = {}
    for wave_id in ("1999", "2000"):
        columns = read_rows(project.waves / "api" / f"api_{wave_id}.csv")[0]
        waves[wave_id] = [{column: school[column] for column in columns} for school in schools]
    return waves
