"""Two made-up studies of the same kind, whose degree is a measure and a part of a crossing too.

In `graduates` few women are graduates, and its rule suppresses for reliability. In `staff`
they are so few that its rule suppresses them to protect them: the women's share of graduates would
tell how many.
"""

from collections.abc import Iterator
from itertools import product

from workbench import (
    Row,
    add_codebook_rows,
    index_row,
    pool_row,
    write_wave,
)

from wavehouse.project import Project

GRADUATES, STAFF = "graduates", "staff"
STUDIES = (GRADUATES, STAFF)
RULES = {GRADUATES: "market_research", STAFF: "ten_contributors"}
# People of each wave by sex and degree; those of a study's small group are too few for its rule.
PEOPLE: dict[str, dict[str, dict[tuple[str, str], int]]] = {
    GRADUATES: {
        "1": {
            ("f", "none"): 318,
            ("f", "school"): 411,
            ("f", "graduate"): 22,
            ("m", "none"): 287,
            ("m", "school"): 309,
            ("m", "graduate"): 153,
        }
    },
    STAFF: {
        "1": {
            ("f", "none"): 53,
            ("f", "school"): 71,
            ("f", "graduate"): 7,
            ("m", "none"): 47,
            ("m", "school"): 59,
            ("m", "graduate"): 33,
        },
        "2": {
            ("f", "none"): 57,
            ("f", "school"): 73,
            ("f", "graduate"): 12,
            ("m", "none"): 43,
            ("m", "school"): 61,
            ("m", "graduate"): 36,
        },
    },
}
SMALL = ("f", "graduate")
CODES = {
    "graduates_sex": ("f", "m"),
    "graduates_degree": ("none", "school", "graduate"),
    "graduates_happy": ("yes", "no"),
}
COLUMNS = {
    "graduates_sex": "sex",
    "graduates_degree": "degree",
    "graduates_happy": "happy",
    "graduates_hours": "hours",
}
SEGMENTS = {
    "graduates_sex": ("graduates_sex",),
    "graduates_sex_by_degree": ("graduates_sex", "graduates_degree"),
}
MEASURES = {
    "graduates_degree_share": ("share", "graduates_degree"),
    "graduates_happy_share": ("share", "graduates_happy"),
    "graduates_happy_net": ("net", "graduates_happy"),
    "graduates_hours_mean": ("mean", "graduates_hours"),
    "graduates_hours_median": ("quantile", "graduates_hours"),
    "graduates_hours_total": ("total", "graduates_hours"),
}
TEXT = {"description": "Made up."}


def add_graduates(project: Project) -> None:
    """Add both studies. Run `generate` afterwards."""
    add_codebook_rows(project, shared_rows())
    for study_id in STUDIES:
        add_codebook_rows(project, study_rows(study_id))
        for wave_id in PEOPLE[study_id]:
            write_wave(project, study_id, wave_id, list(respondents(study_id, wave_id)))


def respondents(study_id: str, wave_id: str) -> Iterator[Row]:
    """Give the people of a wave; happiness and hours go round in cycles of their own."""
    number = 0
    for (sex, degree), n in PEOPLE[study_id][wave_id].items():
        for _ in range(n):
            number += 1
            yield {
                "id": str(number),
                "sex": sex,
                "degree": degree,
                "happy": "yes" if number % 7 < 4 else "no",
                "hours": str(20 + number * 11 % 29),
            }


def shared_rows() -> dict[str, list[Row]]:
    """Give what both studies share: variables, measures, segments and what is made of them."""
    variable = {"unit": "hours", "lower_bound": "0", "upper_bound": "100", "value_type": "numeric"}
    return {
        "code_lists": [{"code_list_id": name, "code_list_label": name, **TEXT} for name in CODES],
        "categories": [
            {
                "code_list_id": name,
                "category_code": code,
                "category_order": str(order),
                "category_label": code,
            }
            for name, codes in CODES.items()
            for order, code in enumerate(codes, start=1)
        ],
        "variables": [
            {
                "variable_id": name,
                "variable_label": name,
                **TEXT,
                **(
                    {"value_type": "categorical", "code_list_id": name}
                    if name in CODES
                    else variable
                ),
            }
            for name in COLUMNS
        ],
        "segments": [{"segment_id": name, "segment_label": name, **TEXT} for name in SEGMENTS],
        "segment_variables": [
            {"segment_id": name, "position": str(position), "variable_id": variable_id}
            for name, variables in SEGMENTS.items()
            for position, variable_id in enumerate(variables, start=1)
        ],
        "segment_contrasts": [
            {
                "segment_id": "graduates_sex",
                "segment_code": "f",
                "reference_segment_code": "m",
            }
        ],
        "measures": [
            {
                "measure_id": name,
                "measure_label": name,
                "measure_kind": kind,
                "variable_id": variable_id,
                "quantile": "0.5" if kind == "quantile" else "",
                "base_description": "Respondents with an answer",
                **TEXT,
            }
            for name, (kind, variable_id) in MEASURES.items()
        ],
        "measure_items": [
            {
                "measure_id": "graduates_happy_net",
                "item_code": "happy",
                "item_label": "Happy",
                "item_order": "1",
                "score_id": "graduates_happy",
            }
        ],
        "scores": [{"score_id": "graduates_happy", "category_code": "yes", "score": "1"}],
        "association_tests": [
            {"measure_id": "graduates_happy_share", "segment_id": "graduates_sex"}
        ],
    }


def study_rows(study_id: str) -> dict[str, list[Row]]:
    """Give the rows of a study."""
    key = {"study_id": study_id}
    valid = {**key, "valid_from_wave": "1"}
    waves = PEOPLE[study_id]
    return {
        "studies": [
            {
                **key,
                "study_label": study_id,
                "universe": "Nobody",
                "producer": "The tests",
                "citation": "None",
                "terms_of_use": "Free",
                "publication_rule_id": RULES[study_id],
                "ci_level": "0.95",
                "adjustment_method": "holm",
                **TEXT,
            }
        ],
        "designs": [
            {
                **key,
                "design_id": study_id,
                "design_label": study_id,
                "lonely_psu": "adjust",
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                "variance_method": "taylor",
                **TEXT,
            }
        ],
        "design_columns": [
            {
                "design_id": study_id,
                "design_role": "respondent",
                "position": "1",
                "source_column": "id",
            }
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": wave_id,
                "wave_label": f"Wave {wave_id}",
                "wave_date": f"200{wave_id}-01-01",
                "design_id": study_id,
                "sample_id": f"{study_id}_{wave_id}",
                "expected_respondents": str(sum(people.values())),
            }
            for wave_id, people in waves.items()
        ],
        "questions": [
            {
                **valid,
                "variable_id": name,
                "source_column": column,
                "crosswalk_id": name,
                "question_text": "Made up.",
                "universe": "All",
            }
            for name, column in COLUMNS.items()
        ],
        "crosswalk": [
            *(
                {
                    **valid,
                    "crosswalk_id": name,
                    "source_code": code,
                    "category_code": code,
                    "mapping_method": "identity",
                }
                for name, codes in CODES.items()
                for code in codes
            ),
            {
                **valid,
                "crosswalk_id": "graduates_hours",
                "source_code": "<number>",
                "mapping_method": "identity",
            },
        ],
        **(
            {
                "comparisons": [
                    {**key, "comparison_id": "first", "comparison_kind": "first"},
                    index_row(study_id, "1"),
                ],
                "periods": [pool_row(study_id, 2)],
            }
            if len(waves) > 1
            else {}
        ),
    }


def size(study_id: str, wave_id: str, segment_id: str, segment_code: str) -> int:
    """Count the people of a segment value."""
    codes = dict(zip(SEGMENTS.get(segment_id, ()), segment_code.split("|"), strict=False))
    return sum(
        n
        for (sex, degree), n in PEOPLE[study_id][wave_id].items()
        if codes.get("graduates_sex", sex) == sex
        and codes.get("graduates_degree", degree) == degree
    )


def every_cell(study_id: str) -> Iterator[tuple[str, str, str]]:
    """Give wave, segment and value of every cell of a study."""
    for wave_id in PEOPLE[study_id]:
        yield wave_id, "total", "total"
        for segment_id, variables in SEGMENTS.items():
            for codes in product(*(CODES[name] for name in variables)):
                yield wave_id, segment_id, "|".join(codes)
