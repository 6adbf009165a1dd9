"""Take a study out of the project: its rows, its files, and what only it had."""

from wavehouse.codebook.ids import judge_ids
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import all_drafts, draft_path
from wavehouse_exchange.onboarding.edits import (
    begin_edit,
    done_or_shown,
)
from wavehouse_exchange.onboarding.left_over import LeftOver
from wavehouse_exchange.onboarding.made_with import kept_of_draft


def remove_study(project: Project, study_id: str, *, does_it: bool) -> list[str]:
    """Take a study away, or show what goes.

    Returns:
        what goes and what to do next, one line each.

    Raises:
        WavehouseError: there is no such study.
        ProblemsError: something else needs what only it has; nothing was changed then.
    """
    judge_ids(study_id, None, "No study was removed:")
    edit = begin_edit(project, f"remove-study {study_id}")
    waves = [row["wave_id"] for row in edit.rows("waves") if row["study_id"] == study_id]
    drafts = [draft for _, draft in all_drafts(project) if draft.study == study_id]
    edit.removed += [project.waves / study_id, project.landing / study_id]
    for wave_id in dict.fromkeys([*waves, *(draft.wave for draft in drafts)]):
        edit.removed += [
            draft_path(project, study_id, wave_id),
            *kept_of_draft(project, study_id, wave_id),
        ]
    there = [row["study_id"] for row in edit.rows("studies")]
    if study_id not in there and not any(path.exists() for path in edit.removed):
        raise WavehouseError(
            f"seeds/codebook/studies.csv: there is no study {study_id}, and it is not being "
            f"brought in. There are {', '.join(there) or 'none'}."
        )
    before = edit.copied_rows()
    for table in edit.tables:
        edit.remove_rows(table, {"study_id": study_id})
    LeftOver(edit, before, "study", segments_go=True).take_away()
    gone = {row["variable_id"] for row in before.get("variables", ())}
    gone -= {row["variable_id"] for row in edit.rows("variables")}
    edit.problems += _used_by_drafts(project, study_id, gone)
    edit.refuse_problems(f"Study {study_id} stays, because something needs what only it has:")
    edit.about = {"generates": True}
    lines = done_or_shown(edit, does_it)
    if not does_it:
        return lines
    return [*lines[:-1], *generated_anew(project), lines[-1]]


def generated_anew(project: Project) -> list[str]:
    """Bring generated files up to date, where the codebook lets that be; say which changed."""
    try:
        return generate(project)
    except ProblemsError as error:
        return [f"Generated files were not changed, because {error}"]


def _used_by_drafts(project: Project, study_id: str, variables: set[str]) -> list[str]:
    """List drafts of other studies whose rows name variables that go."""
    problems = []
    for name, draft in all_drafts(project):
        if draft.study == study_id:
            continue
        used = {
            row["variable_id"]
            for proposal in draft.proposals
            for change in proposal.changes
            for row in (change.get("add", {}), change.get("where", {}), change.get("version", {}))
            if row.get("variable_id") in variables
        }
        # What it would make itself is its own.
        used -= {
            change["add"]["variable_id"]
            for proposal in draft.proposals
            for change in proposal.changes
            if change.get("table") == "variables" and "add" in change
        }
        problems += [
            f"{name}: it has variable {variable}, which is removed with the study. Apply it "
            f"first, or give it up with `wavehouse remove-wave {draft.study} {draft.wave} "
            "--apply`."
            for variable in sorted(used)
        ]
    return problems
