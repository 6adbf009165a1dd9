"""Answer a question: write it as small tables, run the program over them, read what it gives."""

from typing import TYPE_CHECKING

from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.estimating.asking import write_question
from wavehouse.estimating.engines import Engine, OnDuckDB
from wavehouse.estimating.programs import KEY, MODEL, NARROWED, WHOLE, Program
from wavehouse.estimating.questions import Question
from wavehouse.estimating.understood import Asked, Codebook

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyConnection

# A question to which there are more rows is refused.
MOST_ROWS = 100_000
# How many rows a question has is known after this step.
COUNTED_AFTER = "int_segments__values"
# What an answer has of labelled estimates, in the order of `fct_trend_estimates`.
SUBJECT = (
    *("measure_id", "measure_label", "measure_kind", "variable_id", "variable_label"),
    *("category_code", "category_label"),
    *("segment_id", "segment_label", "segment_code", "segment_value_label"),
)
FIGURES = (
    *("estimate", "standard_error", "degrees_of_freedom"),
    *("ci_level", "ci_lower", "ci_upper", "ci_method"),
    *("n_respondents", "n_effective", "sum_of_weights", "weight_id"),
    *("design_effect", "coefficient_of_variation"),
    *("observation_status", "confidentiality_status", "publication_rule"),
    *("base_description", "status_reason"),
)


def estimate(connection: "DuckDBPyConnection", question: Question) -> "pyarrow.Table":
    """Estimate what is asked, with errors, intervals and statuses as declared estimates have them.

    Nothing is written but temporary tables, which are gone in the end; so the connection may be of
    a file that is read-only, and several threads may ask at a time, each by `connection.cursor()`.
    The publication rule of each study decides what is shown.

    Args:
        connection: has the tables of a release's `estimation.duckdb`: opened, or attached under any
            name. Rows of studies and waves that an audience may not read may be missing in it.
        question: what is asked.

    Returns:
        a row for each study, wave (or pool, or calendar period), measure, category and cell of the
        crossing, in that order. The columns are those of `fct_trend_estimates`, and more:
        `period_grain`, `period_start`, `period_end`, `n_waves` and `from_wave_id` say what a row
        is of. `by_<variable>` and `by_<variable>_label` are there for each variable that is
        crossed; `filter` is the condition as it was understood, null if there is none. `wave_id` is
        the last wave of a pool, and that of a calendar period if its interviews are of one wave.

    Raises:
        WavehouseError: a name is not known, the filter cannot be read, a study answers declared
            estimates only, the answer would be too long, or the connection has no such tables.
    """
    cursor = connection.cursor()
    try:
        return answer(OnDuckDB(cursor), Program.find(cursor), question)
    finally:
        cursor.close()


def answer(engine: Engine, program: Program, question: Question) -> "pyarrow.Table":
    """Do what `estimate` does, on any engine.

    Args:
        engine: where the question is run; it gets temporary tables.
        program: rendered for that engine.
        question: what is asked.

    Returns:
        what `estimate` gives.

    Raises:
        WavehouseError: as `estimate`.
    """
    asked = Codebook(engine, program).understand(question)
    write_question(engine, program, asked)
    _run(engine, program)
    return _read(engine, program, asked)


def _run(engine: Engine, program: Program) -> None:
    """Run the program."""
    for kind, made in ((KEY, "table"), (WHOLE, "view"), (NARROWED, "table"), (MODEL, "table")):
        for name, sql in program.named(kind).items():
            engine.make(made, name, program.placed(sql))
            if name == COUNTED_AFTER:
                _refuse_none_or_many(engine)


def _refuse_none_or_many(engine: Engine) -> None:
    """Refuse a question to which there is no row, or very many."""
    ((rows, periods),) = engine.rows(
        """
        select
            (select count(*) from int_measures__categories)
            * (select count(*) from int_segments__values)
            * periods.n,
            periods.n
        from (
            select count(distinct period_key) as n
            from int_comparisons__period_waves
        ) as periods
        """
    )
    if not periods:
        raise WavehouseError(
            "No day of an interview is known in these waves, so there are no calendar periods. Ask "
            "for waves, each by itself or pooled."
        )
    if rows > MOST_ROWS:
        raise WavehouseError(
            f"The answer would have up to {rows:,} rows, and may have {MOST_ROWS:,}. Ask for fewer "
            "measures, variables or waves at a time."
        )


def _read(engine: Engine, program: Program, asked: Asked) -> "pyarrow.Table":
    """Read the answer, with the categories that make each cell."""
    subject, figures = (
        ", ".join(f"estimates.{name}" for name in names) for names in (SUBJECT, FIGURES)
    )
    crossed = "".join(
        f"cells.{sql_name(f'by_{name}')}, cells.{sql_name(f'by_{name}_label')}, "
        for name in asked.by
    )
    order = " ".join(
        f"when {sql_text(measure)} then {place}"
        for place, measure in enumerate(asked.question.measures)
    )
    return engine.table(
        program.placed(
            f"""
            with cells as ({_cells(asked)}),

            numbered as (
                select
                    period_waves.study_id,
                    period_waves.period_wave_id,
                    period_waves.period_grain,
                    period_waves.period_start,
                    count(*) as n_waves,
                    min(waves.wave_number) as first_wave_number,
                    max(waves.wave_number) as last_wave_number,
                    count(period_waves.period_end) = 0 or count(*) = 1 as has_wave
                from int_comparisons__period_waves as period_waves
                inner join stored.stg_codebook__waves as waves
                    on
                        period_waves.study_id = waves.study_id
                        and period_waves.wave_id = waves.wave_id
                group by
                    period_waves.study_id,
                    period_waves.period_wave_id,
                    period_waves.period_grain,
                    period_waves.period_start
            ),

            periods as (
                select
                    numbered.study_id,
                    numbered.period_wave_id as wave_id,
                    numbered.period_grain,
                    numbered.period_start,
                    numbered.n_waves,
                    first_waves.wave_id as from_wave_id,
                    numbered.last_wave_number,
                    last_waves.wave_id as last_wave_id,
                    numbered.has_wave
                from numbered
                inner join stored.stg_codebook__waves as first_waves
                    on
                        numbered.study_id = first_waves.study_id
                        and numbered.first_wave_number = first_waves.wave_number
                inner join stored.stg_codebook__waves as last_waves
                    on
                        numbered.study_id = last_waves.study_id
                        and numbered.last_wave_number = last_waves.wave_number
            )

            select
                estimates.study_id,
                estimates.period_grain,
                estimates.period_start,
                calendar_periods.period_end,
                coalesce(periods.n_waves, 0) as n_waves,
                periods.from_wave_id,
                waves.wave_id,
                waves.wave_label,
                waves.wave_date,
                {subject},
                {crossed}
                {figures},
                cast($1 as varchar) as filter
            from int_published__labelled_estimates as estimates
            inner join cells using (segment_code)
            -- a calendar period in which nobody was interviewed has no wave
            left join periods
                on
                    estimates.study_id = periods.study_id
                    and estimates.wave_id = periods.wave_id
                    and estimates.period_grain = periods.period_grain
                    and estimates.period_start = periods.period_start
            left join int_comparisons__calendar_periods as calendar_periods
                on
                    estimates.study_id = calendar_periods.study_id
                    and estimates.period_grain = calendar_periods.period_grain
                    and estimates.period_start = calendar_periods.period_start
            left join stored.stg_codebook__waves as waves
                on
                    estimates.study_id = waves.study_id
                    and periods.last_wave_id = waves.wave_id
                    and periods.has_wave
            inner join int_measures__categories as categories
                on
                    estimates.measure_id = categories.measure_id
                    and estimates.category_code = categories.category_code
            order by
                estimates.study_id, estimates.period_start, periods.last_wave_number,
                case estimates.measure_id {order} end, categories.category_order,
                estimates.category_code, cells.segment_order, estimates.segment_code
            """
        ),
        [asked.filter.text or None],
    )


def _cells(asked: Asked) -> str:
    """Write the query for the cells of the crossing, with the categories that make each."""
    if not asked.by:
        return "select segment_code, segment_order from int_segments__values"
    parts = {f"c{place}": name for place, name in enumerate(asked.by, start=1)}
    columns = ", ".join(
        f"{part}.category_code as {sql_name(f'by_{name}')}, "
        f"{part}.category_label as {sql_name(f'by_{name}_label')}"
        for part, name in parts.items()
    )
    categories = ", ".join(
        f"""(
            select categories.category_code, categories.category_label
            from stored.stg_codebook__variables as variables
            inner join stored.stg_codebook__categories as categories using (code_list_id)
            where variables.variable_id = {sql_text(name)}
        ) as {part}"""
        for part, name in parts.items()
    )
    code = " || '|' || ".join(f"{part}.category_code" for part in parts)
    names = ", ".join(
        f"made.{sql_name(f'by_{name}')}, made.{sql_name(f'by_{name}_label')}" for name in asked.by
    )
    return f"""
        select segment_values.segment_code, segment_values.segment_order, {names}
        from int_segments__values as segment_values
        inner join (select {code} as code, {columns} from {categories}) as made
            on segment_values.segment_code = made.code
    """
