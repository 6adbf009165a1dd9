"""What the build would say of a wave's weights: their scale, and those that are empty or zero."""

from dataclasses import dataclass

import duckdb

from wavehouse.codebook.tables import Codebook, Row
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse_exchange.landing.landed import is_landed, read_landed
from wavehouse_exchange.onboarding.draft import Proposal
from wavehouse_exchange.onboarding.drift_gate import stops_build
from wavehouse_exchange.onboarding.profile import seed_file


@dataclass(frozen=True)
class Weights:
    """A column of weights: rows, their sum, and the rows without a weight above zero."""

    n_rows: int
    total: float
    n_empty: int
    n_zero: int


def weights_of(project: Project, study_id: str, wave_id: str, column: str) -> Weights | None:
    """Read the weights of a wave; None if they are not at hand or no numbers.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        column: the column of the weight.
    """
    seed = seed_file(project, study_id, wave_id)
    if seed.is_file():
        source = f"read_csv({sql_text(seed)}, all_varchar = true, header = true, nullstr = '')"
    elif is_landed(project, study_id, wave_id):
        source = parquet.source(read_landed(project, study_id, wave_id).answers)
    else:
        return None
    weight = f"try_cast({sql_name(column)} as double)"
    try:
        with connect() as connection:
            rows, total, filled, zero = connection.execute(
                f"select count(*), sum({weight}), count({weight}), "
                f"count(*) filter (where {weight} = 0) from {source}"
            ).fetchall()[0]
    except duckdb.Error:
        return None
    return Weights(rows, total, rows - filled, zero) if total else None


def weight_proposals(
    project: Project, after: Codebook, wave: Row, old_wave_id: str | None
) -> list[Proposal]:
    """Ask about weights that the build would refuse.

    Args:
        project: the project.
        after: the codebook with the rows of the draft.
        wave: the wave's row in it.
        old_wave_id: the wave before, if there is one.
    """
    column = _weight_column(after, wave)
    new = weights_of(project, wave["study_id"], wave["wave_id"], column) if column else None
    if new is None:
        return []
    proposals = []
    design = next(
        (row for row in after.rows("designs") if row["design_id"] == wave["design_id"]), None
    )
    if design is not None and new.n_empty + new.n_zero and design["allows_zero_weights"] != "true":
        proposals.append(
            Proposal(
                "zero_weights",
                column,
                0.6,
                f"of {new.n_rows} rows {new.n_empty} have no weight and {new.n_zero} have the "
                "weight 0. Accept if they are outside of the weighted sample; otherwise correct "
                "the file",
                [
                    {
                        "table": "designs",
                        "where": {"design_id": design["design_id"]},
                        "set": {"allows_zero_weights": "true"},
                    }
                ],
            )
        )
    before = next(
        (
            row
            for row in after.waves()
            if (row["study_id"], row["wave_id"]) == (wave["study_id"], old_wave_id)
        ),
        None,
    )
    old_column = _weight_column(after, before) if before else ""
    old = (
        weights_of(project, wave["study_id"], old_wave_id or "", old_column) if old_column else None
    )
    if old is None:
        return proposals
    sums = _factor(new.total, old.total)
    means = _factor(new.total / new.n_rows, old.total / old.n_rows)
    if stops_build(after, wave, "weights_changed", "scale_factor", min(sums, means)):
        said = (
            f"weights add up to {new.total:g} ({new.total / new.n_rows:g} on average), and to "
            f"{old.total:g} ({old.total / old.n_rows:g}) in wave {old_wave_id}"
        )
        proposals.append(
            Proposal(
                "weights_changed",
                column,
                0.6,
                f"{said}: they are on another scale. Accept if that is right; totals of the waves "
                "can then not be compared",
                [
                    {
                        "table": "drift_waivers",
                        "add": {
                            "study_id": wave["study_id"],
                            "wave_id": wave["wave_id"],
                            "drift_kind": "weights_changed",
                            "subject": "weights",
                            "reason": f"Another scale: {said}.",
                        },
                    }
                ],
            )
        )
    return proposals


def _weight_column(codebook: Codebook, wave: Row) -> str:
    """Give the column of the weight of a wave; of several that of the study."""
    chosen = next(
        (
            row.get("weight_id") or ""
            for row in codebook.rows("studies")
            if row["study_id"] == wave["study_id"]
        ),
        "",
    )
    return next(
        (
            row["source_column"]
            for row in codebook.rows("design_columns")
            if row["design_id"] == wave["design_id"]
            and row["design_role"] == "weight"
            and (row.get("weight_id") or "") == chosen
        ),
        "",
    )


def _factor(one: float, other: float) -> float:
    """Say how many times the larger is the smaller; 1 where one is not above zero."""
    return max(one, other) / min(one, other) if min(one, other) > 0 else 1.0
