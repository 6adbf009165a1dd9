"""What an export holds of the sampling design: its columns, its weights, and how errors are made.

A column that the design of no exported wave uses is left out, since whoever finds a
`psu_population` in a file makes errors with it, and they are not the published ones.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wavehouse_exchange.exports.published import records

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TAYLOR = "taylor"
REPLICATE = "replicate_weight"


@dataclass(frozen=True)
class DesignColumn:
    """A column that stands before the answers: who the respondent is, and where in the design."""

    name: str
    label: str
    # What it is in the design; a column without a role only tells rows apart.
    role: str | None = None
    is_number: bool = False
    is_date: bool = False
    # The weight, of columns that fct_respondents does not have.
    weight_id: str | None = None
    description: str | None = None
    # The number of the replicate, of columns with replicate weights.
    replicate: int | None = None


WEIGHT = DesignColumn("weight", "Survey weight", "weight", is_number=True)
POPULATION = DesignColumn(
    "psu_population",
    "Number of PSUs of the stratum in the population",
    "psu_population",
    is_number=True,
)
COLUMNS = (
    DesignColumn("respondent_key", "Respondent (key of one person in one wave)"),
    DesignColumn("person_key", "Person (the same in all waves)", "respondent"),
    DesignColumn("study_id", "Study"),
    DesignColumn("wave_id", "Wave"),
    DesignColumn("sample_id", "Sample; waves of one sample share PSUs"),
    DesignColumn("stratum_id", "Stratum of the sampling design", "stratum"),
    DesignColumn("psu_key", "Primary sampling unit", "psu"),
    WEIGHT,
    POPULATION,
    DesignColumn("interview_date", "Day of the interview", "interview_date", is_date=True),
)


@dataclass(frozen=True)
class Replicate:
    """A replicate of a weight, in some waves that count it alike."""

    number: int
    factor: float
    column: str


@dataclass(frozen=True)
class Weight:
    """A weight of the study."""

    weight_id: str
    label: str
    description: str
    # That of the study, which the column `weight` has.
    is_default: bool
    # The waves that have it, and those in which it is empty for some.
    waves: frozenset[str]
    partial: frozenset[str]
    column: str
    # Of waves whose errors come from replicate weights: the replicates, and what they deviate from.
    replicates: Mapping[str, tuple[Replicate, ...]] = field(default_factory=dict)
    centres: Mapping[str, str] = field(default_factory=dict)

    @property
    def replicate_columns(self) -> dict[int, str]:
        """The columns of its replicate weights, by the numbers of the replicates."""
        return {
            each.number: each.column for of_wave in self.replicates.values() for each in of_wave
        }


@dataclass(frozen=True)
class Design:
    """How errors of some waves are made."""

    waves: tuple[str, ...]
    lonely_psu: str
    applies_fpc: bool
    variance_method: str

    @property
    def is_taylor(self) -> bool:
        """Whether errors are made from strata and PSUs, not from replicate weights."""
        return self.variance_method == TAYLOR


def read_weights(
    connection: "DuckDBPyConnection", study_id: str, taken: Collection[str]
) -> tuple[Weight, ...]:
    """Read the weights of a study, with the columns that they have in an export.

    Args:
        connection: of `published.connect`.
        study_id: the study.
        taken: names of other columns, which no weight gets.

    Returns:
        the weights, that of the study first. Without another one beside it, it is in the column
        `weight` alone.
    """
    rows = records(
        connection,
        """
        select
            weight_id,
            any_value(weight_label) as label,
            any_value(weight_description) as description,
            bool_or(is_default_weight) as is_default,
            list(wave_id) as waves,
            coalesce(list(wave_id) filter (where n_without_weight > 0), []) as partial
        from marts.fct_weight_quality
        inner join marts.dim_weight using (weight_id)
        where study_id = $1
        group by weight_id
        order by is_default desc, weight_id
        """,
        [study_id],
    )
    is_only = all(row["is_default"] for row in rows)
    replicates, centres = _read_replicates(connection, study_id, taken)
    weights = []
    for row in rows:
        column = WEIGHT.name if is_only else f"{WEIGHT.name}_{row['weight_id']}"
        while column in taken:
            column += "_"
        weights.append(
            Weight(
                **row
                | {
                    "waves": frozenset(row["waves"]),
                    "partial": frozenset(row["partial"]),
                    "column": column,
                    "replicates": replicates.get(row["weight_id"], {}),
                    "centres": centres.get(row["weight_id"], {}),
                }
            )
        )
    return tuple(weights)


def _read_replicates(
    connection: "DuckDBPyConnection", study_id: str, taken: Collection[str]
) -> tuple[dict[str, dict[str, tuple[Replicate, ...]]], dict[str, dict[str, str]]]:
    """Give the replicates of each weight and wave, and what they deviate from."""
    rows = records(
        connection,
        """
        select
            weight_id,
            wave_id,
            replicate_number,
            any_value(replicate_factor) as factor,
            any_value(replicate_centre) as centre
        from marts.fct_replicate_weights
        where study_id = $1
        group by weight_id, wave_id, replicate_number
        order by weight_id, wave_id, replicate_number
        """,
        [study_id],
    )
    # Numbered, since ids of weights may be longer than names in programs.
    places = {weight: str(n) for n, weight in enumerate(sorted({r["weight_id"] for r in rows}), 1)}
    replicates: dict[str, dict[str, tuple[Replicate, ...]]] = {}
    centres: dict[str, dict[str, str]] = {}
    for row in rows:
        weight, wave, number = row["weight_id"], row["wave_id"], row["replicate_number"]
        of_weight = f"{places[weight]}_" if len(places) > 1 else ""
        column = f"{REPLICATE}_{of_weight}{number}"
        while column in taken:
            column += "_"
        of_wave = replicates.setdefault(weight, {}).setdefault(wave, ())
        replicates[weight][wave] = (*of_wave, Replicate(number, row["factor"], column))
        centres.setdefault(weight, {})[wave] = row["centre"]
    return replicates, centres


def read_designs(waves: Iterable[Mapping[str, Any]]) -> tuple[Design, ...]:
    """Give the designs of waves of `dim_wave`, in the order of their first waves."""
    found: dict[tuple[str, bool, str], list[str]] = {}
    for wave in waves:
        key = (wave["lonely_psu"], bool(wave["applies_fpc"]), wave["variance_method"])
        found.setdefault(key, []).append(wave["wave_id"])
    return tuple(Design(tuple(of), *key) for key, of in found.items())


def columns_of(designs: Iterable[Design], weights: Sequence[Weight]) -> tuple[DesignColumn, ...]:
    """Give the columns before the answers: those that a design uses, and a column for each weight.

    Replicate weights come last, as there may be a hundred of them.
    """
    uses_population = any(design.applies_fpc for design in designs)
    columns = []
    for column in COLUMNS:
        if column is not POPULATION or uses_population:
            columns.append(column)
        if column is WEIGHT:
            columns += [
                DesignColumn(
                    weight.column,
                    f"Weight: {weight.label}",
                    is_number=True,
                    weight_id=weight.weight_id,
                    description=weight.description,
                )
                for weight in weights
                if weight.column != WEIGHT.name
            ]
    for weight in weights:
        columns += [
            DesignColumn(
                column,
                f"Replicate {number} of the weight: {weight.label}",
                is_number=True,
                weight_id=weight.weight_id,
                description=f"For errors; the weight itself is {weight.column}.",
                replicate=number,
            )
            for number, column in sorted(weight.replicate_columns.items())
        ]
    return tuple(columns)
