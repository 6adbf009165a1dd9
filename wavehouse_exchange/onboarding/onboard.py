"""The steps of `wavehouse add-wave` and `new-study`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wavehouse.codebook.ids import judge_ids
from wavehouse.codebook.tables import Codebook, Row, read_codebook, wave_number
from wavehouse.encryption.key import secret
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing.land import with_catalogues
from wavehouse_exchange.landing.options import of_wave
from wavehouse_exchange.onboarding.batteries import batteries_by_column
from wavehouse_exchange.onboarding.between import neighbours, place_between
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.columns import keep_columns
from wavehouse_exchange.onboarding.compare import compare_wave
from wavehouse_exchange.onboarding.concordance import read_concordance
from wavehouse_exchange.onboarding.counterparts import with_counterparts
from wavehouse_exchange.onboarding.deliver import Placed, all_or_nothing, deliver, file_sums
from wavehouse_exchange.onboarding.draft import (
    Draft,
    Proposal,
    draft_path,
    number_proposals,
    read_draft,
    save_draft,
)
from wavehouse_exchange.onboarding.groups import group_proposals
from wavehouse_exchange.onboarding.left_out import with_remembered
from wavehouse_exchange.onboarding.made_with import MadeWith, keep_concordance, made_with
from wavehouse_exchange.onboarding.profile import (
    WaveProfile,
    answers_of,
    labelled_wave,
    profile_wave,
)
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.rehearsal import rehearse
from wavehouse_exchange.onboarding.reviewing import review_text
from wavehouse_exchange.onboarding.revised import (
    Delivery,
    compare_deliveries,
    keep_decisions,
    keep_rows_as_made,
    read_delivery,
    revision_text,
    rows_as_made,
    within_a_wave,
    write_changes,
)
from wavehouse_exchange.onboarding.roles import role_proposals, roles_of
from wavehouse_exchange.onboarding.same_file import (
    refuse_answers_of_others,
    refuse_files_of_others,
)
from wavehouse_exchange.onboarding.segments import segment_proposals
from wavehouse_exchange.onboarding.several_waves import (
    other_waves,
    repeating_columns,
    with_wave_column,
)
from wavehouse_exchange.onboarding.waivers import with_expired
from wavehouse_exchange.onboarding.wanted import choose_wanted, hint_of_asked
from wavehouse_exchange.onboarding.wave_rows import (
    StudyOptions,
    WaveOptions,
    delivery_proposal,
    reading_proposals,
    replaced_delivery_proposals,
    study_proposals,
    wave_proposal,
)


def add_wave(
    project: Project, study_id: str, wave_id: str, files: Sequence[Path], options: WaveOptions
) -> str:
    """Bring in a wave of a study that is in the codebook, and draft its rows.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: it cannot be done; nothing is left of it then.
    """
    judge_ids(study_id, wave_id, "No wave was added:")
    codebook = codebook_of(project)
    waves = [row for row in codebook.waves() if row["study_id"] == study_id]
    if not waves:
        raise WavehouseError(
            f"seeds/codebook/studies.csv: study {study_id} has no wave yet. Begin it with "
            f"`wavehouse new-study {study_id} {wave_id} FILE...`."
        )
    files = with_catalogues(files)
    applied = next((row for row in waves if row["wave_id"] == wave_id), None)
    draft = _draft_there(project, study_id, wave_id)
    made = made_with(project, None if applied else draft, files, options)
    options = made.options
    reading = of_wave(options.reading, wave_id)
    options = replace(options, reading=with_remembered(codebook, study_id, files, reading))
    sums = file_sums(files, options.reading)
    known = _known_already(project, draft, sums, options.replace, made, applied is not None)
    if known:
        return known
    if applied is not None and not options.replace:
        return _nothing_to_do(study_id, wave_id)
    # Who has a draft of these files has said it before.
    is_meant = options.same_file or (draft is not None and _shas(draft.files) == _shas(sums))
    if not is_meant:
        refuse_files_of_others(project, codebook, study_id, wave_id, sums)
    if applied is not None:
        return _replace_applied(project, codebook, applied, files, options, sums, made)
    previous, following = neighbours(waves, _date_of(waves, wave_id, options))
    like = like_wave(waves, options.like or previous or following)
    as_before = like.get("delivered_as") or "seed"
    delivered_as = options.delivered_as or _usual_place(files, as_before)
    roles = roles_of_design(codebook, study_id, like["design_id"])
    key = options.key or roles.get("respondent")
    weight = roles.get("weight")
    options = replace(options, replace=options.replace or made.lands_anew(draft, sums))
    before = read_delivery(project, study_id, wave_id) if options.replace else None
    with all_or_nothing() as placed:
        new = deliver(
            project,
            study_id,
            wave_id,
            files,
            delivered_as,
            key,
            weight,
            placed,
            options.reading,
            replace=options.replace,
        )
        if not is_meant:
            refuse_answers_of_others(project, codebook, study_id, wave_id)
        wave = WaveToDraft(
            codebook, waves, new, like, previous, following, delivered_as, sums, options, made
        )
        repeating = repeating_columns(files, options.reading, new)
        changed = _changed_if_replaced(project, study_id, wave_id, before, key)
        draft, kept = draft_wave(project, wave, weight, repeating, placed)
    here = [wave_id, *(row["wave_id"] for row in waves)]
    others = other_waves(files, options.reading, study_id, here)
    hint = hint_of_asked(draft, options.keep)
    return f"{hint}{changed}{kept}{review_text(project, draft)}{others}"


@dataclass(frozen=True)
class WaveToDraft:
    """A wave of a study that is there, and what its draft is made of.

    Attributes:
        codebook: the codebook.
        waves: the waves of the study.
        new: what is delivered.
        like: the wave that it is compared with.
        previous: the wave before, or nothing.
        following: the wave behind, or nothing.
        delivered_as: where the wave is kept.
        sums: its files.
        options: what is said of it.
        made: the same, as the draft keeps it.
    """

    codebook: Codebook
    waves: list[Row]
    new: WaveProfile
    like: Row
    previous: str
    following: str
    delivered_as: str
    sums: list[dict[str, str]]
    options: WaveOptions
    made: MadeWith


def draft_wave(
    project: Project,
    wave: WaveToDraft,
    weight: str | None,
    repeating: Mapping[str, str],
    placed: Placed,
) -> tuple[Draft, str]:
    """Compare a wave with the earlier ones, and write its draft.

    Args:
        project: the project.
        wave: the wave.
        weight: the column of the weight, if there is one.
        repeating: columns that only repeat which wave a row is of.
        placed: what to take back if something fails.

    Returns:
        the draft, and what to tell of earlier decisions.
    """
    codebook, new, like, options = wave.codebook, wave.new, wave.like, wave.options
    study_id, wave_id = new.study_id, new.wave_id
    old = profile_wave(project, study_id, like["wave_id"], weight)
    naming = Naming(codebook, study_id, wave_id)
    design_id = like["design_id"]
    proposals = [wave_proposal(codebook, new, like, options, wave.delivered_as, design_id)]
    if wave.following:
        proposals += place_between(codebook, study_id, proposals[0], wave.following)
    if wave.delivered_as == "landing":
        proposals.append(delivery_proposal(study_id, wave_id, wave.sums))
    proposals += reading_proposals(new.notes)
    given = with_counterparts(
        read_concordance(options.concordance, old, new), wave.made.said, old, new
    )
    found, unchanged = compare_wave(
        codebook, like, old, new, naming, _labels_of_earlier(project, wave.waves, like), given
    )
    found = with_expired(codebook, new, naming, found)
    found = with_wave_column(found, options.reading, study_id, wave_id, repeating)
    found = choose_wanted(found, new, codebook, naming, options.keep)
    found += group_proposals(naming.groups, found)
    found += segment_proposals(naming, new, found)
    draft, kept = _save(
        project,
        new,
        wave.previous,
        like["wave_id"],
        wave.delivered_as,
        wave.sums,
        unchanged,
        [*proposals, *found],
        placed,
        wave.following,
        (old, naming),
        wave.made,
    )
    keep_columns(project, draft, {like["wave_id"]: old, wave_id: new} if old else {wave_id: new})
    return draft, kept


def new_study(
    project: Project,
    study_id: str,
    wave_id: str,
    files: Sequence[Path],
    options: WaveOptions,
    study: StudyOptions,
) -> str:
    """Bring in the first wave of a study, and draft rows for all of its columns.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: it cannot be done; nothing is left of it then.
    """
    judge_ids(study_id, wave_id, "No study was begun:")
    files = with_catalogues(files)
    codebook = codebook_of(project)
    is_there = any(row["study_id"] == study_id for row in codebook.rows("studies"))
    draft = _draft_there(project, study_id, wave_id)
    made = made_with(project, None if is_there else draft, files, options, study)
    options, study = made.options, made.study or study
    options = replace(options, reading=of_wave(options.reading, wave_id))
    sums = file_sums(files, options.reading)
    known = _known_already(project, draft, sums, options.replace, made, is_there)
    if known:
        return known
    if is_there and not options.replace and wave_id in _wave_ids(codebook, study_id):
        return _nothing_to_do(study_id, wave_id)
    if is_there:
        raise WavehouseError(
            f"seeds/codebook/studies.csv: study {study_id} is there already. Add a wave with "
            f"`wavehouse add-wave {study_id} {wave_id} FILE...`."
        )
    if not study.respondent:
        raise WavehouseError(
            "Name the column that identifies the respondent: --respondent COLUMN. If the file "
            "has them, also name --weight, --stratum and --psu."
        )
    options = replace(options, replace=options.replace or made.lands_anew(draft, sums))
    delivered_as = options.delivered_as or _usual_place(files, "seed")
    design_id = f"{study_id}_design"
    before = read_delivery(project, study_id, wave_id) if options.replace else None
    with all_or_nothing() as placed:
        new = deliver(
            project,
            study_id,
            wave_id,
            files,
            delivered_as,
            options.key or study.respondent,
            study.weight,
            placed,
            options.reading,
            replace=options.replace,
        )
        _check_roles(new, study)
        naming = Naming(codebook, study_id, wave_id)
        naming.look_at(new)
        proposals = [
            *study_proposals(new, design_id, study),
            wave_proposal(
                codebook,
                new,
                None,
                replace(options, label=options.label or f"{study.label or study_id} {wave_id}"),
                delivered_as,
                design_id,
            ),
        ]
        if delivered_as == "landing":
            proposals.append(delivery_proposal(study_id, wave_id, sums))
        proposals += reading_proposals(new.notes)
        roles = roles_of(new, answers_of(project, study_id, wave_id), study.roles)
        proposals += role_proposals(roles, study_id, wave_id, design_id)
        in_design = {*study.roles.values(), *(name for each in roles for name in each.columns)}
        found = [
            proposal
            for name, column in new.columns.items()
            if name not in in_design
            for proposal in new_column_proposals(column, naming)
        ]
        repeating = repeating_columns(files, options.reading, new)
        found = with_wave_column(found, options.reading, study_id, wave_id, repeating)
        # What the design needs is asked about whatever is wanted.
        rest = replace(new, columns={n: c for n, c in new.columns.items() if n not in in_design})
        found = choose_wanted(found, rest, codebook, naming, options.keep, in_design)
        proposals += [
            *found,
            *group_proposals(naming.groups, found),
            *segment_proposals(naming, new, found),
        ]
        changed = _changed_if_replaced(project, study_id, wave_id, before, study.respondent)
        unchanged = len(study.roles)
        draft, kept = _save(
            project,
            new,
            "",
            "",
            delivered_as,
            sums,
            unchanged,
            proposals,
            placed,
            compared=(None, naming),
            made=made,
        )
    keep_columns(project, draft, {wave_id: new})
    others = other_waves(files, options.reading, study_id, [wave_id])
    return f"{changed}{kept}{review_text(project, draft)}{others}"


def codebook_of(project: Project) -> Codebook:
    """Read the codebook.

    Raises:
        ProblemsError: it cannot be read.
    """
    codebook = read_codebook(project)
    if codebook.problems:
        raise ProblemsError("The codebook cannot be read:", codebook.problems)
    return codebook


def _draft_there(project: Project, study_id: str, wave_id: str) -> Draft | None:
    path = draft_path(project, study_id, wave_id)
    return read_draft(project, study_id, wave_id) if path.is_file() else None


def _known_already(
    project: Project,
    draft: Draft | None,
    sums: list[dict[str, str]],
    replace: bool,
    made: MadeWith,
    is_applied: bool,
) -> str:
    """Say that there is nothing to do, where a draft was made of these files and options.

    Raises:
        WavehouseError: the wave has a draft of other files.
    """
    if draft is None:
        return ""
    if _shas(draft.files) == _shas(sums):
        anew = made.news or made.lands_anew(draft, sums)
        if anew or (replace and not is_applied):
            return ""
        return "There is already a draft for these files; it is left as it is.\n" + review_text(
            project, draft
        )
    if replace:
        return ""
    path = draft_path(project, draft.study, draft.wave)
    raise WavehouseError(
        f"{project.relative(path)}: wave {draft.wave} of study {draft.study} has a draft, made "
        "from other files. Apply it. Or add --replace to land these files instead and make a new "
        "draft, which keeps decisions about what is the same."
    )


def _shas(files: Sequence[Mapping[str, Any]]) -> list[str]:
    return [file["sha256"] for file in files]


def _nothing_to_do(study_id: str, wave_id: str) -> str:
    return (
        f"Wave {wave_id} of study {study_id} is in the codebook already; there is nothing to do. "
        "If these files are a corrected delivery of it, use `wavehouse add-wave` with --replace."
    )


def _wave_ids(codebook: Codebook, study_id: str) -> set[str]:
    return {row["wave_id"] for row in codebook.waves() if row["study_id"] == study_id}


def roles_of_design(codebook: Codebook, study_id: str, design_id: str) -> dict[str, str]:
    """Give the column of each role in a design; of several weights that of the study."""
    chosen = next(
        (row.get("weight_id") for row in codebook.rows("studies") if row["study_id"] == study_id),
        "",
    )
    return {
        row["design_role"]: row["source_column"]
        for row in codebook.rows("design_columns")
        if row["design_id"] == design_id
        and (row["design_role"] != "weight" or (row.get("weight_id") or "") == (chosen or ""))
    }


def _replace_applied(
    project: Project,
    codebook: Codebook,
    wave: Row,
    files: Sequence[Path],
    options: WaveOptions,
    sums: list[dict[str, str]],
    made: MadeWith,
) -> str:
    """Put a corrected delivery in the place of a wave that is in the codebook."""
    study_id, wave_id = wave["study_id"], wave["wave_id"]
    delivered_as = wave.get("delivered_as") or "seed"
    roles = roles_of_design(codebook, study_id, wave["design_id"])
    before = read_delivery(project, study_id, wave_id)
    old = profile_wave(project, study_id, wave_id, roles.get("weight"))
    with all_or_nothing() as placed:
        new = deliver(
            project,
            study_id,
            wave_id,
            files,
            delivered_as,
            options.key or roles.get("respondent"),
            roles.get("weight"),
            placed,
            options.reading,
            replace=True,
        )
        proposals = replaced_delivery_proposals(
            codebook, wave, new.row_count, sums if delivered_as == "landing" else []
        )
        proposals += reading_proposals(new.notes)
        unchanged = len(new.columns)
        if old is not None:
            naming = Naming(codebook, study_id, wave_id)
            found, unchanged = compare_wave(codebook, wave, old, new, naming)
            proposals += within_a_wave(found)
        said = f"Wave {wave_id} of study {study_id} has these files now.\n"
        said += made.without_use()
        said += _what_changed(project, study_id, wave_id, before, roles.get("respondent"))
        if not proposals:
            return f"{said}\nThe codebook stays as it is. Next: make"
        waves = [row for row in codebook.waves() if row["study_id"] == study_id]
        place = waves.index(wave)
        draft, kept = _save(
            project,
            new,
            waves[place - 1]["wave_id"] if place else "",
            wave_id,
            delivered_as,
            sums,
            unchanged,
            proposals,
            placed,
            waves[place + 1]["wave_id"] if place + 1 < len(waves) else "",
        )
    keep_columns(project, draft, {wave_id: new})
    return f"{said}\n{kept}{review_text(project, draft)}"


def _changed_if_replaced(
    project: Project, study_id: str, wave_id: str, before: Delivery | None, key: str | None
) -> str:
    """Say what the files change of those before, as a paragraph; nothing for a first delivery."""
    return f"{_what_changed(project, study_id, wave_id, before, key)}\n" if before else ""


def _what_changed(
    project: Project, study_id: str, wave_id: str, before: Delivery | None, key: str | None
) -> str:
    """Say what a corrected delivery changes, and keep all of it in a file."""
    now = read_delivery(project, study_id, wave_id)
    if before is None or now is None:
        return "The earlier files are missing, so the changes are not known."
    revision = compare_deliveries(before, now, key)
    path = write_changes(project, study_id, wave_id, revision)
    return revision_text(revision, project.relative(path))


def _date_of(waves: list[Row], wave_id: str, options: WaveOptions) -> str:
    """Give the date that says where a new wave stands; nothing where it is the last."""
    said = options.date or options.fieldwork_start
    last = max(waves, key=wave_number)
    years = wave_id.isdecimal() and len(wave_id) == len(last["wave_id"]) == 4
    if said or not years or not last["wave_date"].startswith(last["wave_id"]):
        return said or ""
    return last["wave_date"].replace(last["wave_id"], wave_id, 1)


def _labels_of_earlier(project: Project, waves: list[Row], like: Row) -> dict[str, WaveProfile]:
    """Give the labels of the waves before the one compared with, as far as they are there."""
    found = {
        row["wave_id"]: labelled_wave(project, row["study_id"], row["wave_id"])
        for row in waves
        if wave_number(row) < wave_number(like)
    }
    return {wave: profile for wave, profile in found.items() if profile is not None}


def like_wave(waves: list[Row], wave_id: str) -> Row:
    """Give the wave that a new one is compared with.

    Raises:
        WavehouseError: the study has no such wave.
    """
    for row in waves:
        if row["wave_id"] == wave_id:
            return row
    there = ", ".join(row["wave_id"] for row in waves)
    raise WavehouseError(f"--like {wave_id}: there is no such wave. There are {there}.")


def _usual_place(files: Sequence[Path], before: str) -> str:
    is_csv = len(files) == 1 and files[0].suffix.lower() == ".csv"
    # A seed is text, which is never encrypted.
    is_seed = before == "seed" and is_csv and secret() is None
    return "seed" if is_seed else "landing"


def _check_roles(new: WaveProfile, study: StudyOptions) -> None:
    problems = [
        f"--{role} {column}: no such column is delivered. There are "
        f"{', '.join(list(new.columns)[:20])}."
        for role, column in study.roles.items()
        if column not in new.columns
    ]
    respondent = new.columns.get(study.respondent or "")
    if respondent is not None and (respondent.code_count < new.row_count or respondent.empty_count):
        problems.append(
            f"--respondent {respondent.name}: {respondent.code_count} different values in "
            f"{new.row_count} rows. Name a column with a different value for each respondent."
        )
    if problems:
        raise ProblemsError("The design does not fit the files:", problems)


def _save(
    project: Project,
    new: WaveProfile,
    previous: str,
    like: str,
    delivered_as: str,
    sums: list[dict[str, str]],
    unchanged: int,
    proposals: list[Proposal],
    placed: Placed,
    following: str = "",
    compared: tuple[WaveProfile | None, Naming] | None = None,
    made: MadeWith | None = None,
) -> tuple[Draft, str]:
    """Write the draft of a wave; give it, and what to tell of earlier decisions.

    Args:
        project: the project.
        new: what is delivered.
        previous: the wave before, or nothing.
        like: the wave that it was compared with, or nothing.
        delivered_as: where the wave is kept.
        sums: its files.
        unchanged: how many columns need no proposal.
        proposals: what is proposed.
        placed: what to take back if something fails.
        following: the wave behind, where there is one.
        compared: what was delivered in the wave before, and what gives ids: then what the build
            would refuse is looked for, and asked about too.
        made: the options that the draft is made with.
    """
    numbered = number_proposals(proposals)
    draft = Draft(
        new.study_id,
        new.wave_id,
        previous,
        like,
        delivered_as,
        [dict(file) for file in sums],
        unchanged,
        numbered,
        following,
        made.said if made else {},
    )
    if compared is not None:
        draft.proposals += number_proposals(
            rehearse(project, draft, new, *compared), first=len(numbered) + 1
        )
    batteries = batteries_by_column(new.columns.values())
    for proposal in draft.proposals:
        proposal.battery = proposal.battery or batteries.get(proposal.subject, "")
        _remember_labels(proposal, new)
    path = draft_path(project, new.study_id, new.wave_id)
    before = _draft_there(project, new.study_id, new.wave_id)
    rows = rows_as_made(project, before) if before else {}
    placed.keep_file(path)
    placed.paths.append(path)
    save_draft(project, draft)
    draft = read_draft(project, new.study_id, new.wave_id)
    keep_rows_as_made(project, draft)
    if made:
        keep_concordance(project, new.study_id, new.wave_id, made.options.concordance)
    if before is None:
        return draft, ""
    kept = keep_decisions(before, rows, draft)
    save_draft(project, draft)
    anew = made.told(before, sums) if made else ""
    return draft, f"{anew}{kept}\n"


def _remember_labels(proposal: Proposal, new: WaveProfile) -> None:
    """Write into waivers which label they are given for, where the column has one."""
    for change in [*proposal.changes, *proposal.if_rejected]:
        row = change.get("add", {}) if change["table"] == "waived_columns" else {}
        column = new.columns.get(row.get("source_column", ""))
        if column is not None and column.label and column.label_is_delivered:
            row.setdefault("column_label", column.label)
