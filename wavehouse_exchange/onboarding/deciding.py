"""The steps of `wavehouse decide`."""

from collections.abc import Sequence

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import REJECT, draft_path, read_draft, write_decisions
from wavehouse_exchange.onboarding.reviewing import next_step
from wavehouse_exchange.onboarding.selecting import select

_MOST_NAMED = 20


def decide(
    project: Project,
    study_id: str,
    wave_id: str,
    chosen: str | Sequence[str],
    decision: str,
    because: str,
) -> str:
    """Decide proposals.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        chosen: what is decided, as `select` reads it.
        decision: accept or reject.
        because: why.

    Returns:
        what to tell the user.
    """
    draft = read_draft(project, study_id, wave_id)
    if decision == REJECT and not because:
        raise WavehouseError("Give the reason for the rejection: --because TEXT.")
    ids, stay = select(draft, [chosen] if isinstance(chosen, str) else chosen)
    draft = write_decisions(draft_path(project, study_id, wave_id), ids, decision, because)
    said = f"{decision}: {_named(ids)}. "
    if stay:
        said += (
            f"Decided before, and left as they are: {_named(stay)} (name their ids to decide them "
            "again). "
        )
    return said + next_step(draft)


def _named(ids: Sequence[str]) -> str:
    if len(ids) > _MOST_NAMED:
        return f"{len(ids)} proposals, {ids[0]} to {ids[-1]}"
    return ", ".join(ids) or "none"
