"""Four waves of NHANES as a study: standardised shares and means, and seasons as calendar periods.

The agency's tables are read where they are and never kept. A wave is its examined people with the
examination weight. What the producer leaves out of a figure is a code of its own here: body mass is
that of adults who are not pregnant, and the score of depression that of adults with all nine items.

The files tell the season of an examination, not its day. Here everybody was examined in the middle
of a season: of May to October on 1 August of the wave's first year, and of November to April on 30
January of its second, so each season of a wave is one half-year.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from workbench import ROOT, Row, add_codebook_rows, copy_project, keep_studies, write_wave

from wavehouse.generate import generate
from wavehouse.project import Project

# Beside the repository, or where the variable says.
FOLDER = Path(os.environ.get("WAVEHOUSE_NHANES") or ROOT.parent / "shared/landing/nhanes")
STUDY = "nhanes"
# What the agency adds to the names of a wave's tables.
SUFFIXES = {"1999_2000": "", "2013_2014": "_H", "2015_2016": "_I", "2017_2018": "_J"}
FIRST_WITH_DEPRESSION = "2013_2014"
ITEMS = [f"DPQ{number:03d}" for number in range(10, 100, 10)]
# Residents in 2000, in thousands, as the agency's statistical notes print them.
POPULATION = {"20_39": 77670, "40_59": 72816, "60_or_more": 45364}
AGE_BANDS = {
    "under_20": ("", "20"),
    "20_39": ("20", "40"),
    "40_59": ("40", "60"),
    "60_or_more": ("60", ""),
}
DESIGN_COLUMNS = {
    "respondent": "SEQN",
    "stratum": "SDMVSTRA",
    # numbered afresh in each stratum
    "psu": "SDMVPSU",
    "weight": "WTMEC2YR",
    "interview_date": "examined",
}
# Variable, its column, and its codes that are no numbers; categories without a column are derived.
SEX = {"1": "male", "2": "female"}
NUMBERS = {
    "nhanes_age": ("RIDAGEYR", {}),
    "nhanes_bmi": (
        "bmi",
        {"child": "not_applicable", "pregnant": "not_applicable", "<empty>": "no_answer"},
    ),
    "nhanes_phq9": ("phq9", {"child": "not_applicable", "<empty>": "no_answer"}),
}
BOUNDS = {"nhanes_age": ("0", "120"), "nhanes_bmi": ("5", "200"), "nhanes_phq9": ("0", "27")}
CATEGORIES = {
    "nhanes_sex": ("female", "male"),
    "nhanes_age_group": tuple(AGE_BANDS),
    "nhanes_obesity": ("not_obese", "obese"),
    "nhanes_depression": ("no", "yes"),
}
MEASURES = {
    "nhanes_obesity": "share",
    "nhanes_depression": "share",
    "nhanes_bmi": "mean",
}


def missing_tables() -> list[str]:
    """Name the tables that the study needs and that are not on this machine."""
    return [
        f"{name}{suffix}.xpt"
        for wave_id, suffix in SUFFIXES.items()
        for name in tables_of(wave_id)
        if not (FOLDER / f"{name}{suffix}.xpt").is_file()
    ]


def tables_of(wave_id: str) -> tuple[str, ...]:
    """Name the tables of a wave; the first screened for depression comes later."""
    return ("DEMO", "BMX", "DPQ") if wave_id >= FIRST_WITH_DEPRESSION else ("DEMO", "BMX")


def read_table(name: str, suffix: str) -> pd.DataFrame:
    """Read a table, by respondent."""
    table = pd.read_sas(FOLDER / f"{name}{suffix}.xpt", format="xport").set_index("SEQN")
    # The reader gives the format's zero as the smallest number that it can write.
    return table.mask(table.abs() < 1e-70, 0.0)


def as_text(number: float) -> str:
    """Write a number as a file would have it: whole ones without a point, nothing for nothing."""
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() else repr(float(number))


def wave_rows(wave_id: str) -> Iterator[Row]:
    """Give the examined people of a wave with what the study needs of them."""
    first, second = wave_id.split("_")
    middles = {1: f"{second}-01-30", 2: f"{first}-08-01"}
    tables = [read_table(name, SUFFIXES[wave_id]) for name in tables_of(wave_id)]
    people = tables[0].join(tables[1:])
    for respondent, person in people[people["RIDSTATR"] == 2].iterrows():
        is_child = person["RIDAGEYR"] < 20
        row = {
            "SEQN": as_text(float(respondent)),
            "examined": middles[int(person["RIDEXMON"])],
            **{
                column: as_text(person[column])
                for column in ("SDMVSTRA", "SDMVPSU", "WTMEC2YR", "RIAGENDR", "RIDAGEYR")
            },
            "bmi": as_text(round(person["BMXBMI"], 2)),
        }
        if is_child:
            row["bmi"] = "child"
        elif person["RIDEXPRG"] == 1:
            row["bmi"] = "pregnant"
        if "DPQ" in tables_of(wave_id):
            answers = [person[item] for item in ITEMS]
            is_whole = all(answer in (0, 1, 2, 3) for answer in answers)
            row["phq9"] = as_text(sum(answers)) if is_whole else ""
            if is_child:
                row["phq9"] = "child"
        yield row


def make_nhanes(destination: Path) -> Project:
    """Make a project that has only this study; nothing is built yet."""
    project = copy_project(destination)
    keep_studies(project, [])
    add_nhanes(project)
    generate(project)
    return project


def add_nhanes(project: Project) -> None:
    """Add the study with its codebook and waves. Run `generate` afterwards."""
    waves = {wave_id: list(wave_rows(wave_id)) for wave_id in SUFFIXES}
    for wave_id, rows in waves.items():
        write_wave(project, STUDY, wave_id, rows)
    add_codebook_rows(project, study_rows({wave_id: len(rows) for wave_id, rows in waves.items()}))
    add_codebook_rows(project, variable_rows())
    add_codebook_rows(project, question_rows())


def study_rows(sizes: dict[str, int]) -> dict[str, list[Row]]:
    """Give the codebook rows of the study, its design, its waves and its periods."""
    key = {"study_id": STUDY}
    return {
        "studies": [
            {
                **key,
                "study_label": "National Health and Nutrition Examination Survey",
                "description": "Examined people of four waves.",
                "universe": "Civilians living in households in the United States",
                "producer": "National Center for Health Statistics",
                "citation": "National Health and Nutrition Examination Survey, public-use files",
                "terms_of_use": "Public domain",
                "publication_rule_id": "open_data",
                "ci_level": "0.95",
                "adjustment_method": "benjamini_hochberg",
            }
        ],
        "designs": [
            {
                **key,
                "design_id": STUDY,
                "design_label": "Masked areas in strata",
                "lonely_psu": "adjust",
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                "period_psus": "all",
                "description": "Two or three masked areas in each stratum.",
            }
        ],
        "design_columns": [
            {"design_id": STUDY, "design_role": role, "position": "1", "source_column": column}
            for role, column in DESIGN_COLUMNS.items()
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": str(number),
                "wave_label": f"NHANES {wave_id.replace('_', '-')}",
                "wave_date": f"{wave_id[-4:]}-01-01",
                "fieldwork_start": f"{wave_id[:4]}-01-01",
                "fieldwork_end": f"{wave_id[-4:]}-12-31",
                "design_id": STUDY,
                "sample_id": f"nhanes_{wave_id}",
                "expected_respondents": str(size),
            }
            for number, (wave_id, size) in enumerate(sizes.items(), start=1)
        ],
        "pooled_waves": [{**key, "n_waves": "2"}],
        "calendar_grains": [{**key, "period_grain": "half_year"}],
    }


def variable_rows() -> dict[str, list[Row]]:
    """Give the variables with their categories, the measures, the segments and the population."""
    text = {"description": "For tests."}
    total = sum(POPULATION.values())
    return {
        "code_lists": [
            {"code_list_id": name, "code_list_label": name, **text} for name in CATEGORIES
        ],
        "categories": [
            {
                "code_list_id": name,
                "category_code": code,
                "category_order": str(order),
                "category_label": code.replace("_", " "),
            }
            for name, codes in CATEGORIES.items()
            for order, code in enumerate(codes, start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": name,
                    "variable_label": name,
                    "value_type": "categorical",
                    "code_list_id": name,
                    **text,
                }
                for name in CATEGORIES
            ),
            *(
                {
                    "variable_id": name,
                    "variable_label": name,
                    "value_type": "numeric",
                    "unit": "units",
                    "lower_bound": lower,
                    "upper_bound": upper,
                    **text,
                }
                for name, (lower, upper) in BOUNDS.items()
            ),
        ],
        "derivations": [
            *derived("nhanes_age_group", "nhanes_age", AGE_BANDS),
            # 30 or more, once the number is rounded to one decimal
            *derived(
                "nhanes_obesity",
                "nhanes_bmi",
                {"not_obese": ("", "29.95"), "obese": ("29.95", "")},
            ),
            *derived("nhanes_depression", "nhanes_phq9", {"no": ("", "10"), "yes": ("10", "")}),
        ],
        "segments": [
            {"segment_id": name, "segment_label": name, **text}
            for name in ("nhanes_sex", "nhanes_age_group")
        ],
        "segment_variables": [
            {"segment_id": name, "position": "1", "variable_id": name}
            for name in ("nhanes_sex", "nhanes_age_group")
        ],
        "standard_populations": [
            {
                "standard_population_id": "united_states_2000",
                "standard_population_label": "United States 2000, adults",
                "variable_id": "nhanes_age_group",
                "source": "National Center for Health Statistics",
                **text,
            }
        ],
        "standard_population_shares": [
            {
                "standard_population_id": "united_states_2000",
                "category_code": code,
                "population_share": repr(people / total),
            }
            for code, people in POPULATION.items()
        ],
        "measures": [
            {
                "measure_id": f"{variable_id}_{way}",
                "measure_label": f"{variable_id}, {way}",
                "measure_kind": kind,
                "variable_id": variable_id,
                "standard_population_id": population,
                "base_description": "Adults",
                **text,
            }
            for variable_id, kind in MEASURES.items()
            for way, population in (("crude", ""), ("standardised", "united_states_2000"))
        ],
    }


def derived(variable_id: str, source: str, bands: dict[str, tuple[str, str]]) -> list[Row]:
    """Give the derivations of a variable from the bands of a number."""
    return [
        {
            "variable_id": variable_id,
            "position": str(position),
            "source_variable_id": source,
            "lower_bound": lower,
            "upper_bound": upper,
            "category_code": code,
        }
        for position, (code, (lower, upper)) in enumerate(bands.items(), start=1)
    ]


def question_rows() -> dict[str, list[Row]]:
    """Give the questions with the meaning of their codes."""

    def valid(variable_id: str) -> Row:
        first = FIRST_WITH_DEPRESSION if variable_id == "nhanes_phq9" else next(iter(SUFFIXES))
        return {"study_id": STUDY, "crosswalk_id": variable_id, "valid_from_wave": first}

    columns = {"nhanes_sex": "RIAGENDR"} | {name: column for name, (column, _) in NUMBERS.items()}
    return {
        "questions": [
            {
                **valid(variable_id),
                "variable_id": variable_id,
                "source_column": column,
                "question_text": "From the tables of the agency.",
                "universe": "All",
            }
            for variable_id, column in columns.items()
        ],
        "crosswalk": [
            *(
                {
                    **valid("nhanes_sex"),
                    "source_code": code,
                    "category_code": category,
                    "mapping_method": "recode",
                }
                for code, category in SEX.items()
            ),
            *(
                {**valid(variable_id), "source_code": "<number>", "mapping_method": "identity"}
                for variable_id in NUMBERS
            ),
            *(
                {
                    **valid(variable_id),
                    "source_code": code,
                    "missing_kind": kind,
                    "mapping_method": "sentinel",
                }
                for variable_id, (_, codes) in NUMBERS.items()
                for code, kind in codes.items()
            ),
        ],
    }
