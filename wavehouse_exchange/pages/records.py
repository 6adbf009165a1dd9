"""The files of the site as plain records: the catalogue, the words to search, each variable."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from wavehouse_exchange.pages.rows import Row
from wavehouse_exchange.pages.trends import TrendMaker, Words

MISSING_KINDS = ("not_asked", "not_applicable", "dont_know", "refused", "no_answer", "invalid")

Record = dict[str, Any]


def study_records(studies: Iterable[Row], waves: Iterable[Row]) -> list[Record]:
    """Describe the studies with their waves; `breaks` are filled as variables are read."""
    by_study: dict[str, list[Record]] = defaultdict(list)
    for wave in waves:
        by_study[wave["study_id"]].append(
            {
                "id": wave["wave_id"],
                "label": wave["wave_label"],
                "date": _day(wave["wave_date"]),
                "start": _day(wave["fieldwork_start"]),
                "end": _day(wave["fieldwork_end"]),
                "n": wave["n_respondents"],
                "design": wave["design_label"],
                "df": wave["degrees_of_freedom"],
                "strata": wave["n_strata"],
                "psus": wave["n_psus"],
                "kish": wave["kish_design_effect"],
            }
        )
    return [
        {
            "id": study["study_id"],
            "label": study["study_label"],
            "description": study["study_description"],
            "universe": study["universe"],
            "producer": study["producer"],
            "citation": study["citation"],
            "terms": study["terms_of_use"],
            "rule": study["publication_rule_id"],
            "level": study["ci_level"],
            "adjustment": study["adjustment_method"],
            "waves": by_study[study["study_id"]],
            "breaks": [],
        }
        for study in studies
    ]


def break_records(breaks: Iterable[Row], wave_numbers: dict[str, int]) -> list[Record]:
    """Give the breaks that a variable's series crosses, each at the first wave after it."""
    found = [
        {
            "id": row["break_id"],
            "wave": wave_numbers[row["wave_id"]],
            "declared": wave_numbers[row["declared_wave_id"]],
            "kind": row["break_kind"],
            "severity": row["severity"],
            "description": row["break_description"],
            "of_study": row["is_of_study"],
        }
        for row in breaks
    ]
    return sorted(found, key=lambda record: (record["wave"], record["id"]))


def variable_record(
    variable: Row,
    rows: dict[str, list[Row]],
    wave_numbers: dict[str, int],
    categories: list[Row],
    trends: TrendMaker,
) -> Record:
    """Describe one variable of one study, with all that its page shows."""
    order = {row["category_code"]: place for place, row in enumerate(categories)}
    return {
        "study": variable["study_id"],
        "id": variable["variable_id"],
        "label": variable["variable_label"],
        "description": variable["variable_description"],
        "type": variable["value_type"],
        "unit": variable["unit"],
        "lower": variable["lower_bound"],
        "upper": variable["upper_bound"],
        "derived_from": variable["derived_from_variable_id"],
        "is_derived": variable["is_derived"],
        "sum_of": variable.get("sum_of_group_id"),
        "categories": [[row["category_code"], row["category_label"]] for row in categories],
        "measures": trends.trends(rows["estimates"], rows["changes"], wave_numbers, order),
        "breaks": break_records(rows["breaks"], wave_numbers),
        "coverage": _coverage(rows["coverage"], wave_numbers),
        "questions": _questions(rows["questions"], wave_numbers),
        "codes": _codes(rows["codes"], wave_numbers),
        "comparability": _comparability(rows["comparability"], wave_numbers),
    }


def group_variable(study_id: str, group_id: str, measures: list[Row]) -> Row:
    """Make up the row of a group of questions, which has measures and is no variable."""
    return {
        "study_id": study_id,
        "variable_id": group_id,
        "variable_label": measures[0]["variable_label"] or measures[0]["measure_label"],
        "variable_description": "Several questions that are reported together.",
        "value_type": "group",
        "unit": None,
        "lower_bound": None,
        "upper_bound": None,
        "derived_from_variable_id": None,
        "is_derived": False,
        "n_waves_asked": None,
    }


def catalogue_row(record: Record, study_number: int, file: str) -> list[Any]:
    """Give what the list of variables and the links need of a variable."""
    asked = [row[0] for row in record["coverage"] if row[1]]
    return [
        study_number,
        record["id"],
        record["label"],
        file,
        record["type"],
        len(asked),
        asked[0] if asked else None,
        asked[-1] if asked else None,
        bool(record["measures"]),
        record["derived_from"],
    ]


def search_row(record: Record) -> list[Any]:
    """Give the words by which a variable is found: description, categories, question texts."""
    texts: dict[str, int] = {}
    for question in record["questions"]["rows"]:
        if question[1] is not None:
            texts.setdefault(record["questions"]["words"][question[1]], question[0])
    labels = [label for _, label in record["categories"]]
    if not labels:
        labels = [
            label
            for measure in record["measures"]
            for code, label in measure["categories"]
            if code != "_Z"
        ]
    return [record["description"], list(dict.fromkeys(labels)), list(texts.items())]


def _coverage(rows: list[Row], wave_numbers: dict[str, int]) -> list[list[Any]]:
    return sorted(
        [
            wave_numbers[row["wave_id"]],
            row["is_asked"],
            row["n_respondents"],
            row["n_valid"],
            *(row[f"n_{kind}"] for kind in MISSING_KINDS),
        ]
        for row in rows
    )


def _questions(rows: list[Row], wave_numbers: dict[str, int]) -> Record:
    words = Words()
    questions = [
        [
            wave_numbers[row["wave_id"]],
            words.number(row["question_text"]),
            words.number(row["universe"]),
            words.number(row["source_column"]),
            row["is_reworded"],
            row["is_universe_changed"],
        ]
        for row in rows
    ]
    return {"words": words.texts, "rows": sorted(questions, key=lambda question: question[0])}


def _codes(rows: list[Row], wave_numbers: dict[str, int]) -> list[list[Any]]:
    """Put codes that mean the same in several waves into one row, with the waves at its end."""
    same: dict[tuple[Any, ...], list[int]] = {}
    orders: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in rows:
        meaning = (
            row["source_column"],
            row["source_code"],
            row["source_code_label"],
            row["category_code"],
            row["category_label"],
            row["numeric_value"],
            row["missing_kind"],
            row["mapping_method"],
            row["note"],
        )
        same.setdefault(meaning, []).append(wave_numbers[row["wave_id"]])
        order = row["category_order"]
        orders[meaning] = (
            row["missing_kind"] is not None,
            order is None,
            order or 0,
            row["source_code"],
        )
    return [
        [*meaning, sorted(waves)]
        for meaning, waves in sorted(same.items(), key=lambda item: (orders[item[0]], item[1]))
    ]


def _comparability(rows: list[Row], wave_numbers: dict[str, int]) -> Record:
    words = Words()
    pairs = [
        [
            wave_numbers[from_wave_id],
            wave_numbers[to_wave_id],
            words.number(grade),
            *([] if reason is None else [words.number(reason)]),
        ]
        for row in rows
        for from_wave_id, to_wave_id, grade, reason in zip(
            row["from_wave_ids"], row["to_wave_ids"], row["grades"], row["reasons"], strict=True
        )
    ]
    return {"words": words.texts, "pairs": sorted(pairs, key=lambda pair: pair[:2])}


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
