"""A study as exports see it: its waves, its variables with their codes, and its answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wavehouse.escapes import sql_name, sql_text
from wavehouse.generate.wide_tables import column_of
from wavehouse_exchange.exports.answers import MISSING_PREFIX, missing_code, refuse_clashes
from wavehouse_exchange.exports.design import (
    COLUMNS,
    Design,
    DesignColumn,
    Weight,
    columns_of,
    read_designs,
    read_weights,
)
from wavehouse_exchange.exports.published import Release, records, release_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS_AT_ONCE = 10_000

# The prefix, which no category begins with, keeps a kind of missing from being taken for one.
ANSWER = f"""
    case
        when missing_kind is not null then '{MISSING_PREFIX}' || missing_kind
        else coalesce(category_code, regexp_replace(cast(numeric_value as varchar), '[.]0$', ''))
    end
"""


@dataclass(frozen=True)
class Category:
    """A code of a variable."""

    code: str
    label: str


@dataclass(frozen=True)
class MissingKind:
    """A reason why an answer is missing."""

    kind: str
    label: str
    description: str

    @property
    def code(self) -> str:
        """What stands for it among the answers of `answer_rows`."""
        return missing_code(self.kind)


@dataclass(frozen=True)
class Variable:
    """A variable, with what its answers in this study look like."""

    variable_id: str
    label: str
    description: str
    is_numeric: bool
    # Whether all its numbers in the study are whole, and the smallest that it has or may have.
    is_whole: bool
    smallest: float
    decimals: int | None
    unit: str | None
    categories: tuple[Category, ...]
    # The kinds of missing that occur in the study, in the order of the kinds.
    kinds: tuple[MissingKind, ...]
    waves: frozenset[str]

    @property
    def column(self) -> str:
        """The name of its column, the same as in the wide table of the study."""
        return column_of(self.variable_id)


@dataclass(frozen=True)
class Study:
    """What there is to export of a study."""

    study: dict[str, Any]
    waves: tuple[dict[str, Any], ...]
    variables: tuple[Variable, ...]
    kinds: tuple[MissingKind, ...]
    release: Release
    weights: tuple[Weight, ...] = ()
    designs: tuple[Design, ...] = ()
    # What stands before the answers of each respondent.
    columns: tuple[DesignColumn, ...] = COLUMNS

    @property
    def study_id(self) -> str:
        """The study's id."""
        return self.study["study_id"]

    def asked_in(self, wave_id: str | None) -> list[Variable]:
        """Give the variables that a wave has answers to; those of any wave for None."""
        return [v for v in self.variables if wave_id is None or wave_id in v.waves]


def read_study(connection: "DuckDBPyConnection", study_id: str) -> Study:
    """Read what a connection of `published.connect` knows of the study."""
    kinds = tuple(
        MissingKind(*row)
        for row in connection.execute(
            "select missing_kind, missing_label, description from missing_kinds order by place"
        ).fetchall()
    )
    categories: dict[str, list[Category]] = {}
    for variable_id, code, label in connection.execute(
        "select variable_id, category_code, category_label from marts.dim_category "
        "order by variable_id, category_order, category_code"
    ).fetchall():
        categories.setdefault(variable_id, []).append(Category(code, label))
    variables = tuple(
        Variable(
            variable_id=row["variable_id"],
            label=row["variable_label"],
            description=row["variable_description"] or row["variable_label"],
            is_numeric=row["value_type"] == "numeric",
            is_whole=bool(row["is_whole"]),
            smallest=row["smallest"],
            decimals=row["decimals"],
            unit=row["unit"],
            categories=tuple(categories.get(row["variable_id"], ())),
            kinds=tuple(kind for kind in kinds if kind.kind in row["kinds"]),
            waves=frozenset(row["waves"]),
        )
        for row in records(
            connection,
            """
            select
                variables.*,
                bool_and(numeric_value = round(numeric_value)) as is_whole,
                least(min(numeric_value), any_value(variables.lower_bound), 0) as smallest,
                coalesce(
                    list(distinct missing_kind) filter (where missing_kind is not null), []
                ) as kinds,
                list(distinct wave_id) as waves
            from marts.fct_answers as answers
            inner join marts.dim_variable as variables
                on answers.variable_id = variables.variable_id
            where study_id = $1
            group by all
            order by variables.variable_id
            """,
            [study_id],
        )
    )
    refuse_clashes(
        study_id,
        ((each.variable_id, category.code) for each in variables for category in each.categories),
        {kind.kind for kind in kinds},
    )
    waves = tuple(
        records(
            connection,
            "select * from marts.dim_wave where study_id = $1 order by wave_number",
            [study_id],
        )
    )
    weights = read_weights(connection, study_id, {variable.column for variable in variables})
    designs = read_designs(waves)
    return Study(
        records(connection, "select * from marts.dim_study where study_id = $1", [study_id])[0],
        waves,
        variables,
        kinds,
        release_of(connection),
        weights,
        designs,
        columns_of(designs, weights),
    )


def answer_rows(
    connection: "DuckDBPyConnection", study: Study, wave_id: str | None
) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    """Give answers with one row for each respondent.

    An answer is a text: the category's code, the number, or the kind of missing behind
    an underscore. None is where a respondent's wave did not have the variable.

    Args:
        connection: of `published.connect`.
        study: the study.
        wave_id: the wave whose respondents are given; those of all waves for None.

    Returns:
        the columns' names (the respondent's, then the variables'), and the rows in parts, by
        wave and respondent key.
    """
    variables = study.asked_in(wave_id)
    wanted = f"study_id = {sql_text(study.study_id)}"
    if wave_id is not None:
        wanted += f" and wave_id = {sql_text(wave_id)}"
    respondents = ", ".join(
        f"respondents.{column.name}"
        if column.weight_id is None
        else f"weights.{sql_name(column.weight_id)} as {sql_name(column.name)}"
        if column.replicate is None
        else f"replicates.{sql_name(_replicate(column))} as {sql_name(column.name)}"
        for column in study.columns
    )
    full = [column for column in study.columns if column.weight_id and column.replicate is None]
    named = ", ".join(sql_text(column.weight_id) for column in full)
    weights = _pivoted("weights", "fct_respondent_weights", "weight_id", "weight", wanted, named)
    numbered = ", ".join(
        sql_text(_replicate(column)) for column in study.columns if column.replicate is not None
    )
    name = "weight_id || '/' || replicate_number"
    replicates = _pivoted("replicates", "fct_replicate_weights", name, "weight", wanted, numbered)
    columns = "".join(f", answers.{sql_name(variable.variable_id)}" for variable in variables)
    listed = ", ".join(sql_text(variable.variable_id) for variable in variables)
    answers = _pivoted("answers", "fct_answers", "variable_id", ANSWER, wanted, listed)
    connection.execute(
        f"""
        select {respondents}{columns}
        from (select * from marts.fct_respondents where {wanted}) as respondents
        inner join marts.dim_wave as waves
            on respondents.study_id = waves.study_id and respondents.wave_id = waves.wave_id
        {weights if named else ""}
        {replicates if numbered else ""}
        {answers if variables else ""}
        order by waves.wave_number, respondents.respondent_key
        """
    )
    names = [
        *(column.name for column in study.columns),
        *(variable.column for variable in variables),
    ]
    return names, iter(lambda: connection.fetchmany(ROWS_AT_ONCE), [])


def _replicate(column: DesignColumn) -> str:
    """Name a replicate of a weight, among those of all weights."""
    return f"{column.weight_id}/{column.replicate}"


def _pivoted(alias: str, table: str, named_by: str, value: str, wanted: str, names: str) -> str:
    """Write the join of a long table to the respondents, with a column for each of some names."""
    return f"""
        left join (
            pivot (
                select respondent_key, {named_by} as pivoted_name, {value} as pivoted_value
                from marts.{table}
                where {wanted}
            )
            on pivoted_name in ({names})
            using any_value(pivoted_value)
            group by respondent_key
        ) as {alias} on respondents.respondent_key = {alias}.respondent_key
    """
