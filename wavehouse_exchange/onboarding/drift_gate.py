"""Which findings of drift stop a build, by the project's thresholds: those that are hard.

The build computes drift of what is in the warehouse. What files alone tell is found before, in a
draft and in the check of a delivery, and decided by the same thresholds.
"""

from wavehouse.codebook.tables import Codebook, Row
from wavehouse_exchange.onboarding.missing import is_number

HARD = "hard"


def stops_build(
    codebook: Codebook, wave: Row, drift_kind: str, statistic: str, value: float = 1
) -> bool:
    """Tell whether a build would fail with a finding of drift that nobody waived.

    Args:
        codebook: the codebook, with its library.
        wave: the wave's row.
        drift_kind: the kind, as in `fct_drift`.
        statistic: the statistic that has a threshold.
        value: how large it is; 1 if it only is so.
    """
    kept = (drift_kind, statistic, HARD)
    # The project's own row stands for the one of the library.
    rows = [*codebook.rows("drift_thresholds"), *codebook.rows("library_drift_thresholds")]
    row = next(
        (
            each
            for each in rows
            if (each["drift_kind"], each["statistic"], each["severity"]) == kept
        ),
        None,
    )
    if row is None or not is_number(row["threshold"]) or value < float(row["threshold"]):
        return False
    is_explained = row["breaks_explain"] == "true" and any(
        (each["study_id"], each["wave_id"]) == (wave["study_id"], wave["wave_id"])
        and not each["variable_id"]
        for each in codebook.rows("breaks")
    )
    return not is_explained
