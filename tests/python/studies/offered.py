"""A made-up survey whose questions grow: what a wave did not offer must not be published as zero.

| what                      | first wave    | second wave  | third wave            |
|---------------------------|---------------|--------------|-----------------------|
| items `a`, `b`            | all           | all          | all                   |
| item `c`                  | not asked     | all          | every second person   |
| item `d`                  | some blank    | some blank   | some blank            |
| choices                   | one, two      | three too    | three too             |
| areas                     | north, south  | west too     | west too              |
| choice `never`            | in the code list, in no crosswalk                   |

The second quarter of the year lies in the first two waves. Everybody counts the same and is drawn
alone, so that any table of counts gives the right value, and the textbook's formula the error.
"""

import random
from datetime import date, timedelta

from workbench import (
    Row,
    add_codebook_rows,
    index_row,
    pool_row,
    write_wave,
)

from studies.kinds import TEXT, group_members, open_study
from wavehouse.project import Project

STUDY = "offered"
# First day, number of days and of people.
WAVES = {
    "w1": (date(2021, 2, 1), 100, 200),
    "w2": (date(2021, 5, 20), 100, 240),
    "w3": (date(2022, 2, 1), 60, 220),
}
ITEMS = ("a", "b", "c", "d")
LISTS = {
    "offered_mention": ("yes", "no"),
    "offered_choice": ("one", "two", "three", "never"),
    "offered_camp": ("old", "new"),
    "offered_area": ("north", "south", "west"),
    "offered_level": ("few", "many"),
}
# Categories and items that came with the second wave.
NEW_CODES = {"three", "west"}
NEW_ITEM = "c"
POPULATION = {"north": "0.3", "south": "0.3", "west": "0.4"}


def interviews() -> dict[str, list[Row]]:
    """Give the interviews of each wave, the same ones every time; blank is nothing delivered."""
    draw = random.Random(20210201).random
    found: dict[str, list[Row]] = {}
    for wave_id, (first, n_days, n_people) in WAVES.items():
        is_later = wave_id != "w1"
        rows = []
        for number in range(n_people):
            row = {
                "id": str(number + 1),
                "day": (first + timedelta(days=int(draw() * n_days))).isoformat(),
                "a": str(int(draw() < 0.55)),
                "b": str(int(draw() < 0.35)),
                "d": "" if draw() < 0.25 else str(int(draw() < 0.4)),
                "choice": str(1 + int(draw() * (3 if is_later else 2))),
                "area": ("n", "s", "w")[int(draw() * (3 if is_later else 2))],
                "points": str(10 + int(draw() * 80)),
            }
            if is_later:
                is_asked = wave_id == "w2" or number % 2 == 0
                row["c"] = str(int(draw() < 0.45)) if is_asked else ""
            rows.append(row)
        found[wave_id] = rows
    return found


def add_offered_study(project: Project) -> None:
    """Add it, with its variables and measures. Run `generate` afterwards."""
    waves = interviews()
    for tables in (variable_rows(), measure_rows(), study_rows(waves), question_rows()):
        add_codebook_rows(project, tables)
    for wave_id, rows in waves.items():
        write_wave(project, STUDY, wave_id, rows)


def variable_rows() -> dict[str, list[Row]]:
    """Give variables with their code lists, the segment, the group of items and the population."""
    categorical = {
        **{f"offered_{item}": "offered_mention" for item in ITEMS},
        **{name: name for name in LISTS if name != "offered_mention"},
    }
    number = {"value_type": "numeric", "unit": "units", "lower_bound": "0", "upper_bound": "100"}
    return {
        "code_lists": [{"code_list_id": name, "code_list_label": name, **TEXT} for name in LISTS],
        "categories": [
            {
                "code_list_id": name,
                "category_code": code,
                "category_order": str(order),
                "category_label": f"Category {code}",
            }
            for name, codes in LISTS.items()
            for order, code in enumerate(codes, start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": f"Made-up {variable_id}",
                    "value_type": "categorical",
                    "code_list_id": code_list_id,
                    **TEXT,
                }
                for variable_id, code_list_id in categorical.items()
            ),
            {"variable_id": "offered_points", "variable_label": "Points", **number, **TEXT},
            {"variable_id": "offered_sum", "variable_label": "Mentions", **number, **TEXT},
        ],
        "variable_groups": [
            {
                "variable_group_id": "offered_items",
                "variable_group_label": "Made-up items",
                "group_kind": "multiple_response",
                "mention_category_code": "yes",
                **TEXT,
            }
        ],
        "variable_group_members": group_members(
            "offered_items", [f"offered_{item}" for item in ITEMS]
        ),
        "segments": [{"segment_id": "offered_area", "segment_label": "Made-up area", **TEXT}],
        "segment_variables": [
            {"segment_id": "offered_area", "position": "1", "variable_id": "offered_area"}
        ],
        "segment_contrasts": [
            {
                "segment_id": "offered_area",
                "segment_code": code,
                "reference_segment_code": "north",
            }
            for code in ("south", "west")
        ],
        "standard_populations": [
            {
                "standard_population_id": "offered_areas",
                "standard_population_label": "Made-up areas",
                "variable_id": "offered_area",
                "source": "None",
                **TEXT,
            }
        ],
        "standard_population_shares": [
            {
                "standard_population_id": "offered_areas",
                "category_code": code,
                "population_share": share,
            }
            for code, share in POPULATION.items()
        ],
        "derivations": [
            *(
                {
                    "variable_id": "offered_camp",
                    "position": str(position),
                    "source_variable_id": "offered_choice",
                    "source_category_code": source,
                    "category_code": code,
                }
                for position, (source, code) in enumerate(
                    (("one", "old"), ("two", "old"), ("three", "new"), ("never", "new")), start=1
                )
            ),
            *(
                {
                    "variable_id": "offered_level",
                    "position": str(position),
                    "source_variable_id": "offered_sum",
                    "lower_bound": lower,
                    "upper_bound": upper,
                    "category_code": code,
                }
                # only four items can be mentioned four times
                for position, (lower, upper, code) in enumerate(
                    (("", "4", "few"), ("4", "", "many")), start=1
                )
            ),
        ],
        "derived_sums": [
            {
                "variable_id": "offered_sum",
                "variable_group_id": "offered_items",
                "score_id": "offered_mentions",
                "minimum_answers": "2",
            }
        ],
        "scores": [
            {"score_id": "offered_mentions", "category_code": code, "score": score}
            for code, score in (("yes", "1"), ("no", "0"))
        ],
    }


def measure_rows() -> dict[str, list[Row]]:
    """Give measures of each kind that is made of categories or items."""
    choice = {"variable_id": "offered_choice"}
    points = {"measure_kind": "mean", "variable_id": "offered_points"}
    group = {"variable_group_id": "offered_items"}
    by_area = {"standard_population_id": "offered_areas"}
    measures: dict[str, Row] = {
        "offered_choice_share": {"measure_kind": "share", **choice},
        "offered_choice_total": {"measure_kind": "total", **choice},
        "offered_choice_net": {"measure_kind": "net", **choice},
        "offered_choice_balance": {"measure_kind": "score", **choice},
        "offered_camp_share": {"measure_kind": "share", "variable_id": "offered_camp"},
        "offered_cases": {"measure_kind": "share_of_cases", **group},
        "offered_responses": {"measure_kind": "share_of_responses", **group},
        "offered_points_mean": points,
        "offered_points_by_area": {**points, **by_area},
        "offered_points_of_west": {**points, "base_id": "offered_west"},
        "offered_sum_mean": {"measure_kind": "mean", "variable_id": "offered_sum"},
        "offered_level_share": {"measure_kind": "share", "variable_id": "offered_level"},
        **{
            f"offered_{item}_share": {"measure_kind": "share", "variable_id": f"offered_{item}"}
            for item in ITEMS
        },
    }
    items = {
        "offered_choice_net": {
            "one_or_three": {"one": "1", "three": "1"},
            "one_or_two": {"one": "1", "two": "1"},
        },
        "offered_choice_balance": {
            "balance": {"one": "1", "three": "-1"},
            "lead": {"one": "1", "two": "-1", "three": "0"},
        },
    }
    return {
        "measures": [
            {
                "measure_id": measure_id,
                "measure_label": measure_id,
                "base_description": "Respondents with an answer",
                **columns,
                **TEXT,
            }
            for measure_id, columns in measures.items()
        ],
        "bases": [{"base_id": "offered_west", "base_label": "West", **TEXT}],
        "base_categories": [
            {"base_id": "offered_west", "variable_id": "offered_area", "category_code": "west"}
        ],
        "measure_items": [
            {
                "measure_id": measure_id,
                "item_code": item,
                "item_label": f"Item {item}",
                "item_order": str(order),
                "score_id": f"{measure_id}_{item}",
            }
            for measure_id, by_item in items.items()
            for order, item in enumerate(by_item, start=1)
        ],
        "scores": [
            {"score_id": f"{measure_id}_{item}", "category_code": category, "score": score}
            for measure_id, by_item in items.items()
            for item, scores in by_item.items()
            for category, score in scores.items()
        ],
        "association_tests": [
            {"measure_id": "offered_choice_share", "segment_id": "offered_area"},
            {"measure_id": "offered_a_share", "segment_id": "offered_area"},
        ],
    }


def study_rows(waves: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Give the study, its design and waves, and what is compared and pooled."""
    key = {"study_id": STUDY}
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
                "variance_method": "taylor",
                "period_psus": "interviewed",
                **TEXT,
            }
        ],
        "design_columns": [
            {"design_id": STUDY, "design_role": role, "position": "1", "source_column": column}
            for role, column in (("respondent", "id"), ("interview_date", "day"))
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": str(number),
                "wave_label": f"Made-up {wave_id}",
                "wave_date": first.isoformat(),
                "fieldwork_start": first.isoformat(),
                "fieldwork_end": (first + timedelta(days=n_days)).isoformat(),
                "design_id": STUDY,
                "sample_id": f"{STUDY}_{wave_id}",
                "expected_respondents": str(len(waves[wave_id])),
            }
            for number, (wave_id, (first, n_days, _)) in enumerate(WAVES.items(), start=1)
        ],
        "comparisons": [index_row(STUDY, "w1")],
        "periods": [pool_row(STUDY, 2), {**key, "period_kind": "quarter"}],
    }


def question_rows() -> dict[str, list[Row]]:
    """Give the questions and the crosswalk: what begins with the second wave, and what is blank."""
    key = {"study_id": STUDY}
    columns = {f"offered_{item}": item for item in ITEMS}
    columns |= {f"offered_{name}": name for name in ("choice", "area", "points")}

    def mapped(crosswalk_id: str, code: str, **target: str) -> Row:
        is_new = target.get("category_code") in NEW_CODES or crosswalk_id == "offered_c"
        return {
            **key,
            "crosswalk_id": crosswalk_id,
            "source_code": code,
            "valid_from_wave": "w2" if is_new else "w1",
            "mapping_method": "sentinel" if "missing_kind" in target else "recode",
            **target,
        }

    return {
        "questions": [
            {
                **key,
                "variable_id": variable_id,
                "valid_from_wave": "w2" if column == NEW_ITEM else "w1",
                "source_column": column,
                "crosswalk_id": variable_id,
                "question_text": "Made up.",
                "universe": "All",
            }
            for variable_id, column in columns.items()
        ],
        "crosswalk": [
            *(
                mapped(f"offered_{item}", code, category_code=category)
                for item in ITEMS
                for code, category in (("1", "yes"), ("0", "no"))
            ),
            mapped("offered_c", "<empty>", missing_kind="not_asked"),
            mapped("offered_d", "<empty>", missing_kind="no_answer"),
            *(
                mapped("offered_choice", str(code), category_code=category)
                for code, category in enumerate(("one", "two", "three"), start=1)
            ),
            *(
                mapped("offered_area", category[0], category_code=category)
                for category in ("north", "south", "west")
            ),
            mapped("offered_points", "<number>"),
        ],
    }
