"""Small made-up surveys, tabulated and put through the very models that suppress: quick to attack.

The models' SQL is compiled once. Each survey gets a DuckDB database in memory with the few tables
that these models and the attack read.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from wavehouse.disclosure.attack import ROW_KEYS, RowKey

MODELS = (
    "axes",
    "segment_points",
    "moves",
    "cells",
    "suppressed_bases",
    "figures",
    "layers",
    "suppressed_components",
    "secondary",
)
REGIONS = {"r1": "north", "r2": "north", "r3": "south", "r4": "south"}
VALUES: dict[str, list[str]] = {
    "sex": ["f", "m"],
    "region": list(REGIONS),
    "area": ["north", "south"],
    "age": ["old", "young"],
}
SEGMENTS: dict[str, tuple[str, ...]] = {
    "total": (),
    "sex": ("sex",),
    "region": ("region",),
    "area": ("area",),
    "age": ("age",),
    "sex_by_region": ("sex", "region"),
    "sex_by_area": ("sex", "area"),
    "sex_by_age": ("sex", "age"),
}
ANSWERS = ["a", "b", "c", "d"]
NET = {"a": 1.0, "b": 1.0}
SCORE = {"a": 1.0, "d": -1.0}
# Measures of some people only: a variable and the one of its values that is in the base.
BASES = {"answer_share_old": ("age", "old"), "answer_net_old": ("age", "old")}
KEYS = (
    "study_id",
    "wave_id",
    "period_grain",
    "period_start",
    "measure_id",
    "category_code",
    "segment_id",
    "segment_code",
)

Person = dict[str, Any]
Row = dict[str, Any]


@dataclass
class Survey:
    """People in two waves, and what of their tables is suppressed."""

    people: list[Person]
    segments: Sequence[str] = tuple(SEGMENTS)
    measures: Sequence[str] = ("answer_share", "answer_net", "answer_score", "number_mean")
    threshold: int = 10
    # suppressed rows, besides those with few people: measure, category, segment, value, wave
    suppressed: set[tuple[str, str, str, str, str]] = field(default_factory=set)
    pools: bool = True
    protection: float | None = None
    # whether the rule suppresses to protect people, or because so few are unreliable
    is_secret: bool = True


def random_survey(seed: int) -> Survey:
    """Make a survey up: sizes, shares, weights, missing values and suppressed rows are random."""
    chance = random.Random(seed)
    weighted, gaps = chance.random() < 0.5, chance.choice([0.0, 0.0, 0.05, 0.3])

    def draw(codes: Sequence[str], skew: float) -> str | None:
        if chance.random() < gaps:
            return None
        return chance.choices(codes, [skew**place for place in range(len(codes))])[0]

    people = []
    for wave in ("1", "2"):
        for _ in range(chance.randint(40, 300)):
            person: Person = {
                name: draw(codes, chance.choice([0.3, 0.6, 0.9]))
                for name, codes in VALUES.items()
                if name != "area"
            }
            person["area"] = REGIONS.get(person["region"])
            person["answer"] = draw(ANSWERS, 0.5)
            person["number"] = None if chance.random() < gaps else chance.randint(0, 9)
            person["weight"] = chance.uniform(0.3, 3) if weighted else 1.0
            people.append({**person, "wave": wave})
    segments = [name for name in SEGMENTS if name == "total" or chance.random() < 0.7]
    survey = Survey(people, segments, threshold=chance.choice([5, 10, 20]))
    for row in tabulate(survey):
        # rare categories, as a rule on the coefficient of variation would have it
        if (
            row["n_respondents"]
            and row["measure_id"] == "answer_share"
            and (chance.random() < 0.1 or (row["estimate"] < 0.1 and chance.random() < 0.5))
        ):
            keys = ("measure_id", "category_code", "segment_id", "segment_code", "wave_id")
            if row["period_grain"] == "wave":
                survey.suppressed.add(tuple(row[key] for key in keys))
    if chance.random() < 0.3:
        survey.suppressed.add(("answer_net", "ab", "sex", "f", "1"))
    return survey


def segment_values(segments: Sequence[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give the values of segments, with the categories that make them."""
    for name in segments:
        for codes in product(*(VALUES[variable] for variable in SEGMENTS[name])):
            yield name, "|".join(codes) or "total", codes


def tabulate(survey: Survey) -> Iterator[Row]:
    """Give every row of the estimates, with what the rule suppresses of them."""
    periods = [("1", "wave", ("1",)), ("2", "wave", ("2",))]
    if survey.pools:
        periods.append(("2", "pooled_2", ("1", "2")))
    for (wave, grain, waves), (segment, code, codes) in product(
        periods, segment_values(survey.segments)
    ):
        inside = [
            person
            for person in survey.people
            if person["wave"] in waves
            and all(
                person[name] == value for name, value in zip(SEGMENTS[segment], codes, strict=True)
            )
        ]
        for measure in survey.measures:
            variable = measure.split("_")[0]
            base = [
                person
                for person in inside
                if person[variable] is not None and is_in_base(measure, person)
            ]
            # nobody of the base can be in such a cell, so it is no secret
            is_impossible = any(
                name == of and value != inside_value
                for name, value in zip(SEGMENTS[segment], codes, strict=True)
                for of, inside_value in [BASES.get(measure, ("", ""))]
            )
            weight = sum(person["weight"] for person in base)
            for category, scores in _items(measure):
                total = sum(
                    person["weight"]
                    * (scores.get(person[variable], 0.0) if scores else person[variable])
                    for person in base
                )
                few = len(base) < survey.threshold and not is_impossible
                chosen = (
                    grain == "wave"
                    and (measure, category, segment, code, wave) in survey.suppressed
                )
                yield {
                    "study_id": "s",
                    "wave_id": wave,
                    "period_grain": grain,
                    "period_start": f"200{wave}-01-01",
                    "measure_id": measure,
                    "variable_id": variable,
                    "category_code": category,
                    "segment_id": segment,
                    "segment_code": code,
                    "estimate": total / weight if base else None,
                    "n_respondents": len(base),
                    "sum_of_weights": weight,
                    "publication_rule_id": "rule",
                    "ci_lower": None,
                    "ci_upper": None,
                    "is_collected": True,
                    "has_respondents": bool(base),
                    "is_suppressed": few or chosen,
                    "is_confidential": survey.is_secret and (few or chosen),
                }


def is_in_base(measure: str, person: Person) -> bool:
    """Tell whether somebody is in the base of a measure, if they have an answer."""
    if measure not in BASES:
        return True
    variable, code = BASES[measure]
    return bool(person[variable] == code)


def _items(measure: str) -> list[tuple[str, dict[str, float]]]:
    kind = measure.split("_")[1]
    if kind == "share":
        return [(code, {code: 1.0}) for code in ANSWERS]
    if kind == "net":
        return [("ab", NET)]
    if kind == "score":
        return [("balance", SCORE)]
    return [("_Z", {})]


def compiled_models(folder: Path) -> dict[str, str]:
    """Read the SQL of the models that suppress, as dbt compiled it."""
    paths = {name: next(folder.rglob(f"int_disclosure__{name}.sql")) for name in MODELS}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}


def suppress(survey: Survey, models: dict[str, str], skip: str = "") -> duckdb.DuckDBPyConnection:
    """Put a survey through the models, and publish what they leave.

    Args:
        survey: the people and what the rule suppresses.
        models: the SQL of the models by name.
        skip: the name of a model that suppresses nothing, for holes made on purpose.
    """
    assert skip in ("", *models)
    database = duckdb.connect(":memory:")
    database.execute("attach ':memory:' as wavehouse; use wavehouse")
    for schema in ("staging", "intermediate", "codebook", "marts"):
        database.execute(f"create schema {schema}")
    for name, rows in _inputs(survey).items():
        _create(database, name, rows)
    for name, sql in models.items():
        limit = " where false" if name == skip else ""
        database.execute(
            f"create table intermediate.int_disclosure__{name} as select * from ({sql}){limit}"
        )
    _publish(database)
    return database


def suppress_also(
    database: duckdb.DuckDBPyConnection, models: dict[str, str], rows: Sequence[RowKey]
) -> None:
    """Suppress more rows, as the build does with those that close what the attack finds."""
    database.execute("delete from intermediate.int_disclosure__closing")
    marks = ", ".join("?" for _ in ROW_KEYS)
    database.executemany(
        f"insert into intermediate.int_disclosure__closing ({', '.join(ROW_KEYS)}) "
        f"values ({marks})",
        [list(row) for row in rows],
    )
    database.execute(
        "create or replace table intermediate.int_disclosure__secondary as "
        f"select * from ({models['secondary']})"
    )
    _publish(database)


def _publish(database: duckdb.DuckDBPyConnection) -> None:
    """Make the published tables of what the models leave."""
    keys = ", ".join(KEYS)
    database.execute(
        f"""
        create or replace table published as
        select
            judged.*,
            judged.publication_rule_id as publication_rule,
            weights.weight_id,
            case
                when is_confidential then 'A'
                when secondary.is_secondary then 'D'
                else 'F'
            end as confidentiality_status,
            case
                when is_suppressed or secondary.is_secondary then 'Q'
                when has_respondents then 'A'
                else 'M'
            end as observation_status
        from intermediate.int_rules__judged_estimates as judged
        inner join intermediate.int_measures__weights as weights using (study_id, measure_id)
        left join (
            select {keys}, true as is_secondary from intermediate.int_disclosure__secondary
        ) as secondary using ({keys});
        update published
        set estimate = null, n_respondents = null, sum_of_weights = null
        where observation_status <> 'A';
        create or replace view marts.fct_trend_estimates as
        select * from published where period_grain = 'wave';
        create or replace view marts.fct_pooled_estimates as
        select *, 2 as n_waves from published where period_grain = 'pooled_2';
        create or replace view marts.fct_period_estimates as
        select * from published where false;
        create or replace view marts.fct_trend_changes as
        select
            study_id, measure_id, category_code, segment_id, segment_code,
            '1' as from_wave_id, '2' as to_wave_id,
            case when count(estimate) = 2 then max(estimate) - min(estimate) end as change
        from marts.fct_trend_estimates
        group by all
        """
    )


def rows_of(database: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """Run SQL and give its rows by column name."""
    result = database.execute(sql)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _create(database: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> None:
    """Make a table of rows; a number, date or truth in the first decides the type."""
    columns = dict.fromkeys(column for row in rows for column in row)
    types = {}
    for column in columns:
        values = [row.get(column) for row in rows if row.get(column) is not None]
        kind = type(values[0]) if values else str
        types[column] = {bool: "boolean", int: "bigint", float: "double"}.get(kind, "varchar")
        if column in ("period_start", "period_end"):
            types[column] = "date"
    definition = ", ".join(f"{column} {kind}" for column, kind in types.items())
    database.execute(f"create table {name} ({definition})")
    marks = ", ".join("?" for _ in columns)
    data = [[row.get(column) for column in columns] for row in rows if any(row.values())]
    if data:
        database.executemany(f"insert into {name} values ({marks})", data)


def _inputs(survey: Survey) -> dict[str, list[Row]]:
    """Give the tables that the models and the attack read."""
    lists = {**VALUES, "answer": ANSWERS}
    measures = [
        {
            "measure_id": measure,
            "measure_kind": measure.split("_")[1],
            "variable_id": measure.split("_")[0],
            "denominator_variable_id": None,
            "variable_group_id": None,
            "standard_population_id": None,
            "base_id": "_".join(BASES[measure]) if measure in BASES else "_T",
        }
        for measure in survey.measures
    ]
    variables = [
        {"variable_id": name, "code_list_id": name if name in lists else None}
        for name in (*lists, "number")
    ]
    categories = [
        {"variable_id": name, "code_list_id": name, "category_code": code}
        for name, codes in lists.items()
        for code in codes
    ]
    derivations = [
        {
            "variable_id": "area",
            "source_variable_id": "region",
            "source_category_code": region,
            "lower_bound": None,
            "upper_bound": None,
            "category_code": area,
        }
        for region, area in REGIONS.items()
    ]
    scores = [
        {
            "measure_id": measure,
            "measure_kind": measure.split("_")[1],
            "variable_id": "answer",
            "category_code": item,
            "item_code": item,
            "answer_code": answer,
            "score": score,
        }
        for measure in survey.measures
        if measure.startswith("answer")
        for item, answers in _items(measure)
        for answer, score in answers.items()
    ]
    values = [
        {
            "segment_id": name,
            "segment_code": code,
            **{
                f"{place}_{column}": value
                for place, pair in zip(
                    ("first", "second"),
                    [*zip(SEGMENTS[name], codes, strict=True), (None, None), (None, None)],
                    strict=False,
                )
                for column, value in zip(("variable_id", "category_code"), pair, strict=True)
            },
        }
        for name, code, codes in segment_values(survey.segments)
    ]
    period_waves = [
        {"study_id": "s", "wave_id": wave, "period_grain": grain, "period_wave_id": of}
        | {"period_start": f"200{of}-01-01", "period_end": None}
        for wave, grain, of in (
            ("1", "wave", "1"),
            ("2", "wave", "2"),
            ("1", "pooled_2", "2"),
            ("2", "pooled_2", "2"),
        )
    ]
    rules = [
        {
            "publication_rule_id": "rule",
            "protection_interval": survey.protection,
            "base_rounding": None,
        }
    ]
    rules[0]["protection_interval"] = float(survey.protection or 0)
    quality = [
        {
            "study_id": "s",
            "wave_id": wave,
            "variable_id": name,
            "n_respondents": sum(person["wave"] == wave for person in survey.people),
            "n_valid": sum(
                person["wave"] == wave and person[name] is not None for person in survey.people
            ),
        }
        for wave in ("1", "2")
        for name in VALUES
    ]
    used = [
        {"segment_id": name, "variable_id": variable}
        for name in survey.segments
        for variable in SEGMENTS[name]
    ]
    return {
        "staging.stg_codebook__variables": variables,
        "staging.stg_codebook__categories": categories,
        "staging.stg_codebook__derivations": derivations,
        "staging.stg_codebook__segment_variables": used
        or [{"segment_id": None, "variable_id": None}],
        "staging.stg_codebook__publication_rules": rules,
        "intermediate.int_segments__values": values,
        "intermediate.int_measures__weights": [
            {"study_id": "s", "measure_id": measure, "weight_id": "_Z", "is_default": True}
            for measure in survey.measures
        ],
        "intermediate.int_measures__measures": measures,
        "intermediate.int_measures__scores": scores
        or [
            dict.fromkeys(("measure_id", "measure_kind", "variable_id", "category_code"))
            | {"answer_code": None, "score": 0.0}
        ],
        "intermediate.int_comparisons__period_waves": period_waves,
        "intermediate.int_disclosure__closing": [dict.fromkeys(ROW_KEYS)],
        "intermediate.int_rules__judged_estimates": list(tabulate(survey)),
        "codebook.measures": measures,
        "codebook.derivations": derivations,
        "intermediate.int_measures__bases": [
            {"measure_id": measure, "variable_id": variable, "category_code": code}
            for measure, (variable, code) in BASES.items()
        ],
        "marts.dim_measure": measures,
        "marts.dim_variable": variables,
        "marts.dim_category": categories,
        "marts.dim_segment": values,
        "marts.fct_question_quality": quality,
        "marts.dim_wave": [
            {"study_id": "s", "wave_id": wave, "wave_number": int(wave)} for wave in ("1", "2")
        ],
    }
