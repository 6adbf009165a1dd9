"""`wavehouse decide ... p80 is Q52C`: a person names what a column is, and the draft follows."""

from difflib import get_close_matches

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.between import neighbours
from wavehouse_exchange.onboarding.counterparts import COUNTERPARTS, named_counterparts, with_pair
from wavehouse_exchange.onboarding.deliver import all_or_nothing
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    REJECT,
    Draft,
    Proposal,
    draft_path,
    read_draft,
    write_each,
)
from wavehouse_exchange.onboarding.made_with import MadeWith, made_with
from wavehouse_exchange.onboarding.onboard import (
    WaveToDraft,
    codebook_of,
    draft_wave,
    like_wave,
    roles_of_design,
)
from wavehouse_exchange.onboarding.profile import WaveProfile, profile_wave
from wavehouse_exchange.onboarding.reviewing import next_step
from wavehouse_exchange.onboarding.wave_rows import WaveOptions

NAMED = "Named as the same question."
# How each kind that says which earlier column a column is, is decided where it is that one.
_LINKS = {"renamed_column": ACCEPT, "changed_wording": ACCEPT, "reused_name": REJECT}


def decide_counterpart(
    project: Project, study_id: str, wave_id: str, proposal_id: str, name: str, because: str
) -> str:
    """Say which column another one is, and draft what follows.

    Of an earlier column that is said to have ended, `name` is the new column that it goes on as; of
    a delivered column it is the column of the wave before. Decisions about what stays the same are
    kept; what is said of the codes of the pair is open.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        proposal_id: the proposal that is about one of the two.
        name: the other one.
        because: why, if it was said.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: there is no such proposal or column, or the wave has no earlier one.
    """
    draft = read_draft(project, study_id, wave_id)
    proposal = next((each for each in draft.proposals if each.id == proposal_id), None)
    if proposal is None:
        ids = [each.id for each in draft.proposals]
        raise WavehouseError(f"{proposal_id}: there are {ids[0]} to {ids[-1]}. Name one of them.")
    codebook = codebook_of(project)
    waves = [row for row in codebook.waves() if row["study_id"] == study_id]
    if not draft.like or any(row["wave_id"] == wave_id for row in waves):
        raise WavehouseError(
            f"{proposal_id} is {name}: wave {wave_id} is compared with no earlier wave, so nothing "
            "goes on in it. Accept or reject what is proposed."
        )
    like = like_wave(waves, draft.like)
    weight = roles_of_design(codebook, study_id, like["design_id"]).get("weight")
    new = profile_wave(project, study_id, wave_id, weight)
    old = profile_wave(project, study_id, draft.like, weight)
    if new is None or old is None:
        lost = wave_id if new is None else draft.like
        raise WavehouseError(
            f"{proposal_id} is {name}: the file of wave {lost} is not at hand. Bring it in again."
        )
    before, after = _pair(proposal, name, old, new)
    made = _with_named(project, draft, before, after)
    if made.options.reading.split_by:
        raise WavehouseError(
            f"{proposal_id} is {name}: the wave is of a file with several waves. Name the pair in "
            "a table with `wavehouse add-wave ... --concordance`."
        )
    previous, following = neighbours(waves, made.options.date or "")
    with all_or_nothing() as placed:
        wave = WaveToDraft(
            codebook,
            waves,
            new,
            like,
            draft.previous_wave or previous,
            draft.following_wave or following,
            draft.delivered_as,
            draft.files,
            made.options,
            made,
        )
        drafted, kept = draft_wave(project, wave, weight, {}, placed)
        link = next(
            (
                each
                for each in drafted.proposals
                if (each.subject, each.old_column) == (after, before) and each.kind in _LINKS
            ),
            None,
        )
        if link is not None:
            decision = (_LINKS[link.kind], because or NAMED)
            drafted = write_each(draft_path(project, study_id, wave_id), {link.id: decision})
    said = f"{after} is {before} of wave {draft.like}. {kept.strip()}".strip()
    return f"{said}\n{next_step(drafted)}"


def _pair(proposal: Proposal, name: str, old: WaveProfile, new: WaveProfile) -> tuple[str, str]:
    """Give the earlier and the new column that are one, as the files write them."""
    ended = proposal.kind == "dropped_column"
    subject = proposal.subject
    if subject not in (old if ended else new).columns:
        raise WavehouseError(
            f"{proposal.id} is {name}: {proposal.id} ({proposal.kind}, {subject}) is about no "
            "column. Name a proposal of a column."
        )
    others = (new if ended else old).columns
    other = {each.casefold(): each for each in others}.get(name.casefold())
    if other is None:
        wave = new.wave_id if ended else old.wave_id
        close = get_close_matches(name, others, n=1)
        meant = f"Did you mean {close[0]}?" if close else "Correct the name."
        raise WavehouseError(f"{proposal.id} is {name}: wave {wave} has no column {name}. {meant}")
    return (subject, other) if ended else (other, subject)


def _with_named(project: Project, draft: Draft, before: str, after: str) -> MadeWith:
    """Give what the draft is made with, and the pair."""
    made = made_with(project, draft, [], WaveOptions())
    pairs = with_pair(named_counterparts(made.said), before, after)
    return made._replace(said={**made.said, COUNTERPARTS: pairs}, news={})
