"""Write a question as the small tables that the program reads."""

from collections.abc import Sequence

from wavehouse.escapes import sql_text
from wavehouse.estimating.engines import Engine, fill
from wavehouse.estimating.programs import Program
from wavehouse.estimating.understood import Asked


def write_question(engine: Engine, program: Program, asked: Asked) -> None:
    """Write a question as temporary tables.

    Args:
        engine: gets the tables.
        program: says where kept tables are.
        asked: the question, with its names found.
    """
    named = [
        (variable, code)
        for variable, codes in asked.filter.named.items()
        for code in codes or [None]
    ]
    measures = [(name,) for name in asked.question.measures]
    _fill(engine, "asked_question", "period_grain, segment_id, segment_label", [asked.described()])
    _fill(engine, "asked_measures", "measure_id", measures)
    _fill(engine, "asked_by", "place, variable_id", list(enumerate(asked.by, start=1)))
    _fill(engine, "asked_filter", "variable_id, category_code", named)
    _fill(engine, "asked_names", "study_id, wave_id", asked.waves)
    engine.make(
        "table",
        "asked_waves",
        program.placed(
            """
            select study_id, wave_id, delivered.wave_key, waves.wave_number, waves.wave_date
            from asked_names
            inner join stored.stg_codebook__waves as waves using (study_id, wave_id)
            inner join stored.int_delivered__waves as delivered using (study_id, wave_id)
            """
        ),
    )
    if asked.by or asked.filter.sql:
        _write_members(engine, program, asked)
    else:
        engine.make(
            "table",
            "asked_members",
            program.placed(
                """
                select
                    respondent_number, study_id, wave_id, cast('total' as varchar) as segment_code
                from stored.int_delivered__respondents
                where (study_id, wave_id) in (select study_id, wave_id from asked_waves)
                """
            ),
        )


def _fill(engine: Engine, name: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Make a table of texts, and of places."""
    typed = ", ".join(
        f"{column} {'integer' if column == 'place' else 'varchar'}"
        for column in columns.split(", ")
    )
    fill(engine, name, typed, list(dict.fromkeys(rows)))


def _write_members(engine: Engine, program: Program, asked: Asked) -> None:
    """Write who is in the crossing and meets the filter, and in which cell."""
    crossed = {f"b{place}": variable for place, variable in enumerate(asked.by, start=1)}
    columns = [(name, variable, "category_code") for name, variable in crossed.items()] + [
        (name, variable, "category_code" if asked.filter.named[variable] else "numeric_value")
        for name, variable in asked.filter.variables.items()
    ]
    answers = ", ".join(
        f"max(case when variable_id = {sql_text(variable)} then {value} end) as {name}"
        for name, variable, value in columns
    )
    wanted = ", ".join(sorted({sql_text(variable) for _, variable, _ in columns}))
    conditions = [f"{name} is not null" for name in crossed]
    conditions += [f"({asked.filter.sql})"] if asked.filter.sql else []
    code = " || '|' || ".join(crossed) or "'total'"
    # Values can be bound in what fills a table, and on PostgreSQL not in what makes one.
    people = "respondent_number bigint, study_id varchar, wave_id varchar, segment_code varchar"
    fill(engine, "asked_members", people, [])
    engine.run(
        program.placed(
            f"""
            insert into asked_members
            select respondent_number, study_id, wave_id, {code} as segment_code
            from (
                select respondent_number, study_id, wave_id, {answers}
                from stored.int_answers__coded
                where
                    variable_id in ({wanted})
                    and missing_kind is null
                    and (study_id, wave_id) in (select study_id, wave_id from asked_waves)
                group by respondent_number, study_id, wave_id
            ) as people
            where {" and ".join(conditions)}
            """
        ),
        asked.filter.values,
    )
