"""What the pages read: public tables only, one variable after the other.

Only tables that hold what may be shown are named here; the tables of answers are not among them.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Readable(Protocol):
    """What the pages read: a connection, or what gives connections to one release."""

    def cursor(self) -> "DuckDBPyConnection":
        """Give a connection of its own, which may read beside others."""


Row = dict[str, Any]
Key = tuple[str, str]

# By study and variable, in this order, so that one pass over each table is enough.
# A measure of several variables has the page of their group, which is no variable.
BY_VARIABLE = {
    "variables": "select * from marts.dictionary_variables order by study_id, variable_id",
    "estimates": """
        select
            estimates.study_id, estimates.wave_id, estimates.measure_id, estimates.category_code,
            estimates.category_label, estimates.segment_id, estimates.segment_label,
            estimates.segment_code, estimates.segment_value_label, estimates.estimate,
            estimates.standard_error, estimates.degrees_of_freedom, estimates.ci_level,
            estimates.ci_lower, estimates.ci_upper, estimates.ci_method, estimates.n_respondents,
            estimates.n_effective, estimates.design_effect, estimates.observation_status,
            estimates.confidentiality_status, estimates.status_reason, estimates.publication_rule,
            coalesce(
                measures.variable_id, measures.variable_group_id, measures.measure_id
            ) as page_id
        from marts.fct_trend_estimates as estimates
        inner join marts.dim_measure as measures on estimates.measure_id = measures.measure_id
        order by estimates.study_id, page_id, estimates.measure_id
    """,
    "changes": """
        select
            changes.study_id, changes.from_wave_id, changes.to_wave_id, changes.measure_id,
            changes.category_code, changes.segment_id, changes.segment_code, changes.comparison,
            changes.is_comparable, changes.is_bridged, changes.covariance_method,
            changes.observation_status, changes.change, changes.ci_lower, changes.ci_upper,
            changes.p_value, changes.p_value_adjusted, changes.is_significant,
            changes.adjustment_method,
            coalesce(
                measures.variable_id, measures.variable_group_id, measures.measure_id
            ) as page_id
        from marts.fct_trend_changes as changes
        inner join marts.dim_measure as measures on changes.measure_id = measures.measure_id
        order by
            changes.study_id, page_id, changes.measure_id, changes.to_wave_date,
            changes.from_wave_date desc, changes.comparison desc
    """,
    "coverage": "select * from marts.dictionary_coverage order by study_id, variable_id",
    "questions": "select * from marts.dictionary_questions order by study_id, variable_id",
    "codes": "select * from marts.dictionary_codes order by study_id, variable_id",
    # Pairs are many, so they come as lists, one row for each variable.
    "comparability": """
        select
            study_id,
            variable_id,
            list(from_wave_id order by from_wave_id, to_wave_id) as from_wave_ids,
            list(to_wave_id order by from_wave_id, to_wave_id) as to_wave_ids,
            list(comparability_grade order by from_wave_id, to_wave_id) as grades,
            list(comparability_reason order by from_wave_id, to_wave_id) as reasons
        from marts.dictionary_comparability
        group by study_id, variable_id
        order by study_id, variable_id
    """,
    "breaks": "select * from marts.dictionary_breaks order by study_id, variable_id, wave_date",
}

# Small tables that are needed whole.
WHOLE = {
    "studies": "select * from marts.dim_study order by study_label, study_id",
    "waves": """
        select waves.*, quality.n_strata, quality.n_psus, quality.kish_design_effect
        from marts.dim_wave as waves
        inner join marts.fct_wave_quality as quality
            on waves.study_id = quality.study_id and waves.wave_id = quality.wave_id
        order by waves.study_id, waves.wave_number
    """,
    "measures": "select * from marts.dim_measure order by measure_id",
    "segments": "select * from marts.dim_segment order by segment_id, segment_order, segment_code",
    "categories": """
        select * from marts.dictionary_categories
        order by variable_id, category_order, category_code
    """,
    "variables": "select * from marts.dim_variable order by variable_id",
}

TABLES = frozenset(
    table
    for query in (*BY_VARIABLE.values(), *WHOLE.values())
    for table in re.findall(r"\bmarts\.(\w+)", query)
)
BATCH = 5000


def whole_table(connection: Readable, name: str) -> list[Row]:
    """Read one of the small tables."""
    return list(_rows(connection, WHOLE[name]))


class ByVariable:
    """The rows of one table, handed out variable by variable, in the order of the variables."""

    def __init__(self, connection: Readable, name: str) -> None:
        """Begin to read; `name` is one of BY_VARIABLE."""
        self._rows = _rows(connection, BY_VARIABLE[name])
        self._next = next(self._rows, None)

    @property
    def next_key(self) -> Key | None:
        """Whose rows come next; None at the end."""
        return None if self._next is None else _key(self._next)

    def take(self, key: Key) -> list[Row]:
        """Give the rows of one study and variable; none if it has none."""
        taken = []
        while self._next is not None and _key(self._next) == key:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken


def _key(row: Row) -> Key:
    return row["study_id"], row.get("page_id") or row["variable_id"]


def _rows(connection: Readable, query: str) -> Iterator[Row]:
    cursor = connection.cursor()
    cursor.execute(query)
    names = [column[0] for column in cursor.description]
    while batch := cursor.fetchmany(BATCH):
        for values in batch:
            yield dict(zip(names, values, strict=True))
