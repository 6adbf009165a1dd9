"""Erase again, in a project that was restored from a backup from before."""

from wavehouse.people.erasing import reach
from wavehouse.people.erasure_list import ErasureList, read_erased, save_erased
from wavehouse.people.releases_of_people import releases_with_people, remove_rows_of_people
from wavehouse.project import Project
from wavehouse.publishing.releases import publishing_lock


def replay_erased(project: Project, latest: ErasureList) -> list[str]:
    """Take erased people out of a restored project; give a line for each thing that is gone.

    Args:
        project: the project, with the list that its backup had.
        latest: the list as the last backup has it, which becomes that of the project.

    Raises:
        WavehouseError: the key of the list is not there, so nobody can tell who must not come back.
    """
    own = read_erased(project)
    erased = latest if latest.people else own
    if not erased.people:
        return []
    erased.key(project)
    erased.add(own.people)
    save_erased(project, erased)
    lines = reach(project, erased).lines
    with publishing_lock(project):
        for each in erased.people:
            waves = {(each.study_id, each.wave_id)}
            releases = releases_with_people(project, waves, before=each.erased_at)
            lines += remove_rows_of_people(project, releases)
    return [f"{line.rstrip('.')} (people were erased)." for line in lines]
