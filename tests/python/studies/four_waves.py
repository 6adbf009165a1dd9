"""A small study of four waves: a column that is renamed, one question of a single wave, a waiver.

wave    1       2       3       4
sex     sex     sex     sex     sex
happy   happy   happy   q2      q2
trust                   q3
club    club    club    club    club    waived
"""

from collections.abc import Iterable
from pathlib import Path
from random import Random

from workbench import (
    Row,
    add_codebook_rows,
    copy_project,
    keep_studies,
    set_codebook_rows,
    write_wave,
)

from wavehouse.project import Project

STUDY = "four"
DATES = {"1": "2001-05-01", "2": "2003-05-01", "3": "2005-05-01", "4": "2007-05-01"}
PEOPLE = 60
LISTS = {
    "sex": {"1": "Man", "2": "Woman"},
    "happy": {"1": "Very happy", "2": "Rather happy", "3": "Not happy"},
    "trust": {"1": "Trusts", "2": "Does not trust"},
}
# Variable, column, first and last wave.
QUESTIONS = (
    ("sex", "sex", "1", ""),
    ("happy", "happy", "1", "2"),
    ("happy", "q2", "3", ""),
    ("trust", "q3", "3", "3"),
)
CROSSWALKS = {"sex": ("1", ""), "happy": ("1", ""), "trust": ("3", "3")}
VALIDITY = ("valid_from_wave", "valid_to_wave")


def add_four_waves(project: Project, waves: Iterable[str] = DATES) -> None:
    """Add the study to a project without others, or its first waves; run `generate` then."""
    waves = list(waves)
    for wave_id in waves:
        write_wave(project, STUDY, wave_id, answers(wave_id))
    add_codebook_rows(project, codebook(waves))


def project_of_four_waves(folder: Path) -> Project:
    """Give a project that has this study alone, without segments; run `generate` then."""
    project = copy_project(folder / "project")
    keep_studies(project, [])
    set_codebook_rows(project, "segments", [])
    add_four_waves(project)
    return project


def answers(wave_id: str) -> list[Row]:
    """Give the rows of a wave's file; they are the same each time."""
    draw = Random(int(wave_id))
    columns = {
        column: LISTS[variable]
        for variable, column, first, last in QUESTIONS
        if int(first) <= int(wave_id) <= int(last or 9)
    }
    columns["club"] = {"1": "Yes", "2": "No"}
    return [
        {"id": f"{wave_id}{number:03d}"}
        | {column: draw.choice(list(codes)) for column, codes in columns.items()}
        for number in range(1, PEOPLE + 1)
    ]


def codebook(waves: list[str]) -> dict[str, list[Row]]:
    """Give the codebook rows of the study, as if it had these waves only."""
    asked = [
        (variable, column, *ends)
        for variable, column, first, last in QUESTIONS
        if (ends := _range(waves, first, last))
    ]
    variables = list(dict.fromkeys(variable for variable, *_ in asked))
    return {
        "studies": [
            {
                "study_id": STUDY,
                "study_label": "Four waves",
                "description": "Made up.",
                "universe": "Adults",
                "producer": "Nobody",
                "citation": "None",
                "terms_of_use": "Made up.",
                "publication_rule_id": "open_data",
                "ci_level": "0.95",
                "adjustment_method": "benjamini_hochberg",
            }
        ],
        "designs": [
            {
                "design_id": "four_people",
                "study_id": STUDY,
                "design_label": "People",
                "lonely_psu": "adjust",
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                "variance_method": "taylor",
                "psu_numbering": "unique",
                "description": "Each person by themselves.",
            }
        ],
        "design_columns": [
            {
                "design_id": "four_people",
                "design_role": "respondent",
                "position": "1",
                "source_column": "id",
            }
        ],
        "waves": [
            {
                "study_id": STUDY,
                "wave_id": wave_id,
                "wave_number": str(number),
                "wave_label": f"Four waves {wave_id}",
                "wave_date": DATES[wave_id],
                "design_id": "four_people",
                "sample_id": f"four_{wave_id}",
                "expected_respondents": str(PEOPLE),
            }
            for number, wave_id in enumerate(waves, start=1)
        ],
        "variables": [
            {
                "variable_id": variable,
                "variable_label": variable.title(),
                "description": f"{variable.title()}.",
                "value_type": "categorical",
                "code_list_id": variable,
            }
            for variable in variables
        ],
        "code_lists": [
            {
                "code_list_id": variable,
                "code_list_label": variable.title(),
                "description": f"Answers to {variable}.",
            }
            for variable in variables
        ],
        "categories": [
            {
                "code_list_id": variable,
                "category_code": f"c{code}",
                "category_order": code,
                "category_label": label,
            }
            for variable in variables
            for code, label in LISTS[variable].items()
        ],
        "crosswalk": [
            {
                "study_id": STUDY,
                "crosswalk_id": variable,
                "source_code": code,
                **dict(zip(VALIDITY, _range(waves, *CROSSWALKS[variable]), strict=True)),
                "category_code": f"c{code}",
                "mapping_method": "identity",
            }
            for variable in variables
            for code in LISTS[variable]
        ],
        "questions": [
            {
                "study_id": STUDY,
                "variable_id": variable,
                "valid_from_wave": first,
                "valid_to_wave": last,
                "source_column": column,
                "crosswalk_id": variable,
                "question_text": f"Asks about {variable}.",
                "universe": "All respondents",
            }
            for variable, column, first, last in asked
        ],
        "waived_columns": [
            {
                "study_id": STUDY,
                "source_column": "club",
                "valid_from_wave": waves[0],
                "waiver_kind": "technical",
                "reason": "Not used.",
            }
        ],
        "measures": [
            {
                "measure_id": f"{variable}_share",
                "measure_label": variable.title(),
                "measure_kind": "share",
                "variable_id": variable,
                "base_description": "Respondents with an answer",
                "description": f"Share of each answer to {variable}.",
            }
            for variable in variables
            if variable != "sex"
        ],
        "segments": [
            {"segment_id": "total", "segment_label": "Total", "description": "The whole sample."},
            {"segment_id": "sex", "segment_label": "Sex", "description": "Women and men."},
        ],
        "segment_variables": [{"segment_id": "sex", "position": "1", "variable_id": "sex"}],
    }


def _range(waves: list[str], first: str, last: str) -> tuple[str, str] | None:
    """Give the first and last of some waves within a range; an open end stays open."""
    inside = [wave_id for wave_id in waves if wave_id >= first and wave_id <= (last or "9")]
    if not inside:
        return None
    return inside[0], "" if inside[-1] == waves[-1] else inside[-1]
