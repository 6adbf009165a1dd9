"""What the build demands of respondents, places in the design and weights, asked of one wave.

A draft asks a person about columns and codes. These are faults of the file, which only whoever made
it can mend. The checks have the names and the words that they have in the build
(`models/intermediate/checks/delivered`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wavehouse.codebook.tables import Codebook, Row
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse_exchange.onboarding.profile import answers_of
from wavehouse_exchange.receiving.quarantine import Fault

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Of each check, so that an answer stays one that people read.
MOST_NAMED = 20
NUMBER = "try_cast(trim({0}) as double)"
FINITE = f"case when isfinite({NUMBER}) then {NUMBER} end"


@dataclass(frozen=True)
class Design:
    """How a wave was sampled, as far as its columns tell.

    Args:
        columns: the columns of each role, by role; of weights by role and weight.
        allows_zero_weights: whether people may have no weight.
        is_unique: whether a PSU's id says which one it is without its stratum.
    """

    columns: Mapping[tuple[str, str], Sequence[str]]
    allows_zero_weights: bool
    is_unique: bool

    def of(self, role: str) -> Sequence[str]:
        """Give the columns of a role that has no weight of its own."""
        return self.columns.get((role, ""), ())


def design_of(codebook: Codebook, design_id: str) -> Design:
    """Read a design."""
    columns: dict[tuple[str, str], list[str]] = {}
    for row in codebook.rows("design_columns"):
        if row["design_id"] == design_id:
            of_weight = row["design_role"] in ("weight", "replicate_weight")
            key = (row["design_role"], (row.get("weight_id") or "") if of_weight else "")
            columns.setdefault(key, []).append(row["source_column"])
    design: Row = next(
        (row for row in codebook.rows("designs") if row["design_id"] == design_id), {}
    )
    return Design(
        columns,
        (design.get("allows_zero_weights") or "").lower() == "true",
        design.get("variance_method") == "taylor" and design.get("psu_numbering") == "unique",
    )


def broken_constraints(
    project: Project, study_id: str, wave_id: str, design: Design, file: str
) -> list[Fault]:
    """Look whether rows of a wave that is landed, or a seed, can be rows of its design.

    Args:
        project: the project, or a copy of it.
        study_id: the study.
        wave_id: the wave.
        design: its design. A column that is not there is asked about in the draft.
        file: the file's name, for what is found.
    """
    path = answers_of(project, study_id, wave_id)
    if path.suffix == ".csv":
        source = f"read_csv({sql_text(path)}, all_varchar = true, header = true, nullstr = '')"
    else:
        source = parquet.source(path)
    with connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(
            f"create table answers as select row_number() over () as row_number_, * from {source}"
        )
        names = {name for name, *_ in connection.execute("describe answers").fetchall()}
        asked = _Asked(connection, file)
        there = {
            key: columns
            for key, columns in design.columns.items()
            if columns and set(columns) <= names
        }
        known = Design(there, design.allows_zero_weights, design.is_unique)
        return [*asked.respondents(known), *asked.psus(known), *asked.weights(known)]


class _Asked:
    """A wave's rows, and questions to them."""

    def __init__(self, connection: "DuckDBPyConnection", file: str) -> None:
        self._connection = connection
        self._file = file

    def respondents(self, design: Design) -> Iterator[Fault]:
        columns = design.of("respondent")
        if columns:
            listed = ", ".join(map(sql_name, columns))
            filled = " and ".join(f"{sql_name(each)} is not null" for each in columns)
            yield from self._found(
                f"select concat_ws(', ', {listed}), count(*), min(row_number_) from answers "
                f"where {filled} group by {listed} having count(*) > 1 order by 3",
                "respondent_duplicate",
                columns,
                "More than one row has this respondent",
                "Remove the repeated rows.",
            )
        for role in ("respondent", "stratum", "psu"):
            for column in design.of(role):
                yield from self._found(
                    "select null, count(*), min(row_number_) from answers "
                    f"where {sql_name(column)} is null having count(*) > 0",
                    "design_value_missing",
                    [column],
                    f"Rows without a {role}",
                    "Deliver the value: without it the row has no place in the design.",
                )

    def psus(self, design: Design) -> Iterator[Fault]:
        psu, stratum = design.of("psu"), design.of("stratum")
        if not (design.is_unique and len(psu) == 1 and len(stratum) == 1):
            return
        yield from self._found(
            f"select {sql_name(psu[0])}, count(*), min(row_number_) from answers "
            f"where {sql_name(psu[0])} is not null and {sql_name(stratum[0])} is not null "
            f"group by 1 having count(distinct {sql_name(stratum[0])}) > 1 order by 3",
            "psu_not_in_one_stratum",
            psu,
            "The PSU is in more than one stratum",
            "Correct the stratum or the PSU.",
        )

    def weights(self, design: Design) -> Iterator[Fault]:
        for (role, _), columns in design.columns.items():
            for column in columns if role in ("weight", "replicate_weight") else ():
                name = sql_name(column)
                value = FINITE.format(name)
                if role == "replicate_weight":
                    wrong = [(f"{value} is null", "The replicate weight is not a number")]
                else:
                    wrong = list(_wrong_weights(name, value, design.allows_zero_weights))
                for condition, says in wrong:
                    yield from self._found(
                        f"select {name}, count(*), min(row_number_) from answers "
                        f"where {condition} group by 1 order by 3",
                        "replicate_weight" if role == "replicate_weight" else "weight_invalid",
                        [column],
                        says,
                        "Correct the weight, or deliver it where it is missing.",
                    )
                if role == "weight" and design.allows_zero_weights:
                    yield from self._found(
                        "select null, count(*), 1 from answers "
                        f"having coalesce(max({value}), 0) <= 0",
                        "weight_without_people",
                        [column],
                        "Nobody has a weight above zero",
                        "Deliver the weight.",
                    )

    def _found(
        self, query: str, code: str, columns: Sequence[str], says: str, remedy: str
    ) -> Iterator[Fault]:
        rows = self._connection.execute(query).fetchall()
        for value, count, first in rows[:MOST_NAMED]:
            yield Fault(
                code,
                f"{says}; the first is row {first} of the file.",
                remedy,
                self._file,
                ", ".join(columns),
                None if value is None else str(value)[:200],
                count,
            )
        if len(rows) > MOST_NAMED:
            yield Fault(
                code,
                f"{says}: {len(rows) - MOST_NAMED} further values.",
                remedy,
                self._file,
                ", ".join(columns),
                rows=sum(row[1] for row in rows[MOST_NAMED:]),
            )


def _wrong_weights(name: str, value: str, allows_zero: bool) -> Iterator[tuple[str, str]]:
    yield f"{value} < 0", "The weight is negative"
    yield f"{value} is null and {name} is not null", "The weight is not a number"
    if not allows_zero:
        yield f"{value} = 0", "The weight is zero"
        yield f"{name} is null", "Rows without a weight"
