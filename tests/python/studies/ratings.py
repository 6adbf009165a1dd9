"""A made-up survey of ratings, whose common measures are one row of the codebook each.

Every answer is delivered as a code, and as the number that it is worth for each of the measures:
1 or 0 for boxes; 1, 0 or -1 for the net promoter score. What the codebook makes of the codes must
be what a mean of the numbers is.
"""

import random
from typing import Any

from workbench import Row, add_codebook_rows, write_wave

from studies.kinds import open_study
from wavehouse.project import Project

STUDY = "ratings"
WAVES = ("1", "2")
N_RESPONDENTS = 150
MOODS = ("very_good", "good", "fair", "bad", "very_bad")
DEPENDS, UNKNOWN = "depends", "no_contact"
TEXT = {"description": "Made up."}
# Measure: its kind, its variable, and its base if it has one.
MEASURES = {
    "ratings_top": ("top_box", "ratings_mood", ""),
    "ratings_top_2": ("top_2_box", "ratings_mood", ""),
    "ratings_bottom_2": ("bottom_2_box", "ratings_mood", ""),
    "ratings_step": ("mean_step", "ratings_mood", "ratings_on_scale"),
    "ratings_nps": ("nps", "ratings_rating", "ratings_raters"),
    "ratings_code": ("mean_code", "ratings_rating", "ratings_raters"),
}


def worth(measure_id: str, row: Row) -> float | None:
    """Give what a delivered row is worth for a measure; none for who is not in its base."""
    mood, rating = row["mood"], row["rating"]
    step = None if mood in ("", DEPENDS) else 5 - MOODS.index(mood)
    if measure_id in ("ratings_nps", "ratings_code"):
        if rating in ("", UNKNOWN):
            return None
        number = int(rating)
        return (number > 8) - (number < 7) if measure_id == "ratings_nps" else number
    if measure_id == "ratings_step":
        return step
    if not mood:
        return None
    boxes = {"ratings_top": (5,), "ratings_top_2": (4, 5), "ratings_bottom_2": (1, 2)}
    return float(step in boxes[measure_id])


def delivered() -> dict[str, list[Row]]:
    """Give the answers of each wave, the same ones every time."""
    drawn = random.Random(1011)
    found: dict[str, list[Row]] = {}
    for wave_id in WAVES:
        found[wave_id] = []
        for number in range(N_RESPONDENTS):
            row = {
                "id": str(number),
                "psu": str(number % 12),
                "weight": f"{0.5 + drawn.random():.3f}",
                "mood": drawn.choice((*MOODS, *MOODS[:2], DEPENDS, "")),
                "rating": drawn.choice((*map(str, range(11)), "9", "10", UNKNOWN, "")),
            }
            for measure_id in MEASURES:
                value = worth(measure_id, row)
                row[measure_id] = "" if value is None else str(value)
            found[wave_id].append(row)
    return found


def add_ratings(project: Project) -> None:
    """Add the study. Run `generate` afterwards."""
    add_codebook_rows(project, codebook_tables())
    for wave_id, rows in delivered().items():
        write_wave(project, STUDY, wave_id, rows)


def codebook_tables() -> dict[str, list[Row]]:
    """Give its codebook: no row of items or scores anywhere."""
    key: dict[str, Any] = {"study_id": STUDY}
    lists = {
        "ratings_mood": ("first", (*MOODS, DEPENDS)),
        "ratings_rating": ("", (*map(str, range(11)), UNKNOWN)),
    }
    measure = {"base_description": "Respondents with an answer", **TEXT}
    asked = {
        "ratings_mood": "mood",
        "ratings_rating": "rating",
        **{f"{m}_worth": m for m in MEASURES},
    }
    return {
        "studies": [open_study(STUDY)],
        "designs": [
            {
                **key,
                "design_id": STUDY,
                "design_label": STUDY,
                "lonely_psu": "adjust",
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                **TEXT,
            }
        ],
        "design_columns": [
            {"design_id": STUDY, "design_role": role, "position": "1", "source_column": column}
            for role, column in (("respondent", "id"), ("psu", "psu"), ("weight", "weight"))
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": wave_id,
                "wave_label": f"Wave {wave_id}",
                "wave_date": f"200{wave_id}-05-01",
                "design_id": STUDY,
                "sample_id": f"{STUDY}_{wave_id}",
                "expected_respondents": str(N_RESPONDENTS),
            }
            for wave_id in WAVES
        ],
        "code_lists": [
            {"code_list_id": name, "code_list_label": name, "top_end": top_end, **TEXT}
            for name, (top_end, _) in lists.items()
        ],
        "categories": [
            {
                "code_list_id": name,
                "category_code": code,
                "category_order": str(order),
                "category_label": code,
                "is_off_scale": "true" if code in (DEPENDS, UNKNOWN) else "",
            }
            for name, (_, codes) in lists.items()
            for order, code in enumerate(codes, start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": name,
                    "variable_label": name,
                    "value_type": "categorical",
                    "code_list_id": name,
                    **TEXT,
                }
                for name in lists
            ),
            *(
                {
                    "variable_id": f"{name}_worth",
                    "variable_label": name,
                    "value_type": "numeric",
                    "unit": "points",
                    "lower_bound": "-1",
                    "upper_bound": "10",
                    **TEXT,
                }
                for name in MEASURES
            ),
        ],
        "bases": [
            {"base_id": name, "base_label": name, **TEXT}
            for name in ("ratings_on_scale", "ratings_raters")
        ],
        "base_categories": [
            *(
                {
                    "base_id": "ratings_on_scale",
                    "variable_id": "ratings_mood",
                    "category_code": mood,
                }
                for mood in MOODS
            ),
            *(
                {
                    "base_id": "ratings_raters",
                    "variable_id": "ratings_rating",
                    "category_code": str(number),
                }
                for number in range(11)
            ),
        ],
        "questions": [
            {
                **key,
                "variable_id": variable_id,
                "valid_from_wave": WAVES[0],
                "source_column": column,
                "crosswalk_id": column if variable_id in lists else "worth",
                "question_text": "Made up.",
                "universe": "All",
            }
            for variable_id, column in asked.items()
        ],
        "crosswalk": [
            *(
                {**crosswalk_row(column, code), "category_code": code, "mapping_method": "identity"}
                for column, (_, codes) in (
                    ("mood", lists["ratings_mood"]),
                    ("rating", lists["ratings_rating"]),
                )
                for code in codes
            ),
            {**crosswalk_row("worth", "<number>"), "mapping_method": "identity"},
            *(
                {
                    **crosswalk_row(name, "<empty>"),
                    "missing_kind": "no_answer",
                    "mapping_method": "sentinel",
                }
                for name in ("mood", "rating", "worth")
            ),
        ],
        "measures": [
            *(
                {
                    "measure_id": measure_id,
                    "measure_label": measure_id,
                    "measure_kind": kind,
                    "variable_id": variable_id,
                    "base_id": base_id,
                    **measure,
                }
                for measure_id, (kind, variable_id, base_id) in MEASURES.items()
            ),
            *(
                {
                    "measure_id": f"{measure_id}_worth",
                    "measure_label": measure_id,
                    "measure_kind": "mean",
                    "variable_id": f"{measure_id}_worth",
                    **measure,
                }
                for measure_id in MEASURES
            ),
        ],
    }


def crosswalk_row(crosswalk_id: str, code: str) -> Row:
    """Give what a row of the crosswalk begins with."""
    return {
        "study_id": STUDY,
        "crosswalk_id": crosswalk_id,
        "source_code": code,
        "valid_from_wave": WAVES[0],
    }
