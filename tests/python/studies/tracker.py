"""A made-up survey that interviews nearly every day, to be read by week, month, quarter and year.

Three waves lie in fifteen months. The first ends and the second begins in the middle of a week, so
a week and a month lie in both. Nobody is interviewed in October and November of 2021, between two
waves, nor around Christmas, within one. Only from the second wave on is the score asked. What the
codebook calls fieldwork are the days from the first interview of a wave to its last. In the last
wave of tracker_simple it begins earlier and ends later.

| study               | PSUs of a period | samples of the waves | design                     |
|---------------------|------------------|----------------------|----------------------------|
| tracker_all         | all              | one                  | strata, PSUs, weights      |
| tracker_interviewed | interviewed      | one                  | strata, PSUs, weights      |
| tracker_apart       | interviewed      | one for each wave    | strata, PSUs, weights      |
| tracker_simple      | all              | one for each wave    | each respondent by himself |
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from workbench import Row, add_codebook_rows, write_wave

from wavehouse.project import Project

GRAINS = ("week", "month", "quarter", "year")
# First and last day of each wave.
WAVES = {
    "1": (date(2021, 1, 6), date(2021, 5, 12)),
    "2": (date(2021, 5, 13), date(2021, 9, 30)),
    "3": (date(2021, 12, 1), date(2022, 3, 15)),
}
# Fieldwork that is declared longer than there are interviews.
LONGER = {("tracker_simple", "3"): (date(2021, 11, 22), date(2022, 3, 31))}
HOLIDAY = (date(2021, 12, 20), date(2022, 1, 2))
FIRST_WITH_SCORE = "2"
STRATA = ("north", "south", "west")
# PSUs rotate: the last wave leaves two out and takes two in.
PSUS = {"1": range(1, 7), "2": range(1, 7), "3": range(3, 9)}
DESIGN_COLUMNS = {
    "respondent": "id",
    "interview_date": "day",
    "stratum": "stratum",
    "psu": "psu",
    "weight": "weight",
}


@dataclass(frozen=True)
class Tracker:
    """One way of looking at the survey."""

    study_id: str
    period_psus: str
    is_shared: bool
    roles: tuple[str, ...] = tuple(DESIGN_COLUMNS)


TRACKERS = (
    Tracker("tracker_all", "all", True),
    Tracker("tracker_interviewed", "interviewed", True),
    Tracker("tracker_apart", "interviewed", False),
    Tracker("tracker_simple", "all", False, ("respondent", "interview_date")),
)


def fieldwork(study_id: str, wave_id: str) -> tuple[date, date]:
    """Give the first and the last day of a wave's fieldwork, as declared."""
    return LONGER.get((study_id, wave_id), WAVES[wave_id])


def interviews() -> dict[str, list[Row]]:
    """Give the interviews of each wave, the same ones every time."""
    draw = random.Random(20210106).random
    found: dict[str, list[Row]] = {wave_id: [] for wave_id in WAVES}
    for wave_id, (first, last) in WAVES.items():
        for day in days(first, last):
            # On the wave's first and last day somebody is interviewed in any case.
            for _ in range(max(int(draw() * 13), int(day in (first, last)))):
                number = str(len(found[wave_id]) + 1)
                found[wave_id].append({"id": number, **interview(wave_id, day, draw)})
    return found


def days(first: date, last: date) -> Iterator[date]:
    """Give the days of fieldwork."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if not HOLIDAY[0] <= day <= HOLIDAY[1]:
            yield day


def interview(wave_id: str, day: date, draw: "random.Random.random") -> Row:
    """Make up an interview; one or two PSUs of a stratum are visited in a week."""
    week = (day.toordinal() - 1) // 7
    stratum = int(draw() * len(STRATA))
    visited = [psu for psu in PSUS[wave_id] if (psu + week + stratum) % 4 == 0]
    psu = visited[int(draw() * len(visited))]
    lean = 0.3 + 0.05 * ((psu * 7 + stratum * 3) % 8)
    row = {
        "day": day.isoformat(),
        "stratum": STRATA[stratum],
        "psu": str(psu),
        "weight": f"{0.5 + 2 * draw():.2f}",
        "group": "a" if draw() < 0.35 else "b",
        "satisfied": "1" if draw() < lean else "0",
    }
    if draw() < 0.05:
        row["satisfied"] = ""
    if wave_id >= FIRST_WITH_SCORE:
        row["score"] = str(int(100 * (lean + draw()) / 2))
    return row


def add_trackers(project: Project) -> None:
    """Add all of them, with their shared variables. Run `generate` afterwards."""
    by_wave = interviews()
    add_codebook_rows(project, variable_rows())
    for tracker in TRACKERS:
        columns = [DESIGN_COLUMNS[role] for role in tracker.roles] + ["group", "satisfied"]
        sizes = {wave_id: len(rows) for wave_id, rows in by_wave.items()}
        add_codebook_rows(project, study_rows(tracker, sizes))
        for wave_id, rows in by_wave.items():
            of_wave = [*columns, "score"] if wave_id >= FIRST_WITH_SCORE else columns
            delivered = [{column: row[column] for column in of_wave} for row in rows]
            write_wave(project, tracker.study_id, wave_id, delivered)


def variable_rows() -> dict[str, list[Row]]:
    """Give the codebook rows that all studies share."""
    text = {"description": "Made up."}
    lists = {"tracker_satisfied": ("yes", "no"), "tracker_group": ("a", "b")}
    measures = {"tracker_satisfied": "share", "tracker_score": "mean"}
    return {
        "code_lists": [{"code_list_id": name, "code_list_label": name, **text} for name in lists],
        "categories": [
            {
                "code_list_id": name,
                "category_code": code,
                "category_order": str(order),
                "category_label": f"Category {code}",
            }
            for name, codes in lists.items()
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
                for name in lists
            ),
            {
                "variable_id": "tracker_score",
                "variable_label": "tracker_score",
                "value_type": "numeric",
                "unit": "points",
                "lower_bound": "0",
                "upper_bound": "100",
                **text,
            },
        ],
        "segments": [{"segment_id": "tracker_group", "segment_label": "Group", **text}],
        "segment_variables": [
            {"segment_id": "tracker_group", "position": "1", "variable_id": "tracker_group"}
        ],
        "measures": [
            {
                "measure_id": f"{variable_id}_{kind}",
                "measure_label": f"{variable_id}, {kind}",
                "measure_kind": kind,
                "variable_id": variable_id,
                "base_description": "Respondents with an answer",
                **text,
            }
            for variable_id, kind in measures.items()
        ],
    }


def study_rows(tracker: Tracker, sizes: dict[str, int]) -> dict[str, list[Row]]:
    """Give the codebook rows of one study."""
    study_id = tracker.study_id
    key = {"study_id": study_id}

    def mapped(column: str, code: str, kind: str, **target: str) -> Row:
        first = FIRST_WITH_SCORE if column == "score" else "1"
        return {
            **key,
            "crosswalk_id": column,
            "source_code": code,
            "valid_from_wave": first,
            "mapping_method": kind,
            **target,
        }

    return {
        "studies": [
            {
                **key,
                "study_label": study_id,
                "description": "Made up for tests.",
                "universe": "Nobody",
                "producer": "The tests",
                "citation": "None",
                "terms_of_use": "Free",
                "publication_rule_id": "open_data",
                "ci_level": "0.95",
                "adjustment_method": "benjamini_hochberg",
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
                "period_psus": tracker.period_psus,
                "psu_numbering": "within_strata",
                "description": "Made up for tests.",
            }
        ],
        "design_columns": [
            {
                "design_id": study_id,
                "design_role": role,
                "position": "1",
                "source_column": DESIGN_COLUMNS[role],
            }
            for role in tracker.roles
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": wave_id,
                "wave_label": f"Wave {wave_id}",
                "wave_date": first.isoformat(),
                "fieldwork_start": fieldwork(study_id, wave_id)[0].isoformat(),
                "fieldwork_end": fieldwork(study_id, wave_id)[1].isoformat(),
                "design_id": study_id,
                "sample_id": study_id if tracker.is_shared else f"{study_id}_{wave_id}",
                "expected_respondents": str(sizes[wave_id]),
            }
            for wave_id, (first, _) in WAVES.items()
        ],
        "questions": [
            {
                **key,
                "variable_id": f"tracker_{column}",
                "valid_from_wave": FIRST_WITH_SCORE if column == "score" else "1",
                "source_column": column,
                "crosswalk_id": column,
                "question_text": "Made up.",
                "universe": "All",
            }
            for column in ("group", "satisfied", "score")
        ],
        "crosswalk": [
            mapped("group", "a", "identity", category_code="a"),
            mapped("group", "b", "identity", category_code="b"),
            mapped("satisfied", "1", "recode", category_code="yes"),
            mapped("satisfied", "0", "recode", category_code="no"),
            mapped("satisfied", "<empty>", "sentinel", missing_kind="no_answer"),
            mapped("score", "<number>", "identity"),
        ],
        "periods": [{**key, "period_kind": grain} for grain in GRAINS],
        "comparisons": [
            {**key, "comparison_id": kind, "comparison_kind": kind}
            for kind in ("previous", "year_earlier")
        ],
    }
