"""What to say of a wave that has no draft: it is in the codebook, or its study is another one."""

from difflib import get_close_matches

from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import WavehouseError
from wavehouse.project import Project


def no_draft(project: Project, study_id: str, wave_id: str, name: str) -> WavehouseError:
    """Make the error for a wave whose draft is not there.

    Args:
        project: the project.
        study_id: the study, as it was named.
        wave_id: the wave, as it was named.
        name: the file of the draft.
    """
    waves = read_codebook(project).waves()
    if any((row["study_id"], row["wave_id"]) == (study_id, wave_id) for row in waves):
        return WavehouseError(
            f"{name}: wave {wave_id} of study {study_id} has no draft. It is in the codebook "
            "already, and nothing of it is open. For a corrected delivery: `wavehouse add-wave "
            f"{study_id} {wave_id} FILE... --replace`. To remove it: `wavehouse remove-wave "
            f"{study_id} {wave_id}`."
        )
    said = f"{name}: wave {wave_id} of study {study_id} has no draft."
    drafts = sorted(path.stem for path in (project.root / "drafts").glob("*.yml"))
    of_study = [stem for stem in drafts if stem.startswith(f"{study_id}_")]
    studies = sorted({row["study_id"] for row in waves})
    if study_id in studies or of_study:
        there = f" There are drafts/{', drafts/'.join(of_study)}." if of_study else ""
        command = "add-wave" if study_id in studies else "new-study"
        return WavehouseError(
            f"{said}{there} Make one with `wavehouse {command} {study_id} {wave_id} FILE...`."
        )
    close = get_close_matches(study_id, studies, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return WavehouseError(
        f"{said} There is no study {study_id}. {meant}A study begins with `wavehouse new-study "
        f"{study_id} {wave_id} FILE...`."
    )
