"""The repository that backups go to: which one it is, and that it is the one of this project."""

import json
from pathlib import Path
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.operations.backups.backup_contents import FORMAT, LIST, PROJECT
from wavehouse.operations.backups.backup_state import read_backups
from wavehouse.operations.backups.restic import SECRET_IN_URL, Restic, Snapshot
from wavehouse.operations.configuration import FILE, Backup, read_operations
from wavehouse.project import Project

# What restic's names of other places than folders begin with.
ELSEWHERE = ("sftp:", "rest:", "s3:", "swift:", "b2:", "azure:", "gs:", "rclone:")
LOCAL = "local:"
# In what restic says of a place without a repository.
MISSING = "Is there a repository"


def open_repository(project: Project) -> tuple[Backup, Restic]:
    """Give what `operations.yml` says of backups, and the repository.

    Raises:
        WavehouseError: it names none, or one that would be no backup, or shows a secret.
        ProblemsError: it is not as it should be.
    """
    settings = read_operations(project).backup
    if settings is None:
        raise WavehouseError(
            f"{FILE} does not say where backups go. Write `backup:` and below it `repository:` "
            "with a folder on another disk, or with sftp:..., s3:... as restic names them."
        )
    if SECRET_IN_URL.search(settings.repository):
        raise WavehouseError(
            f"{FILE}: backup.repository has a password in it, and that file is no place for one. "
            "Change the password, and let restic have it from its environment variables."
        )
    repository = place_of(settings.repository, project.root)
    if repository.startswith("/") and Path(repository).is_relative_to(project.root.resolve()):
        raise WavehouseError(
            f"{FILE}: backup.repository is within the project, so both would be lost at once. "
            "Name a folder on another disk or machine."
        )
    return settings, Restic(repository, _password_file(project, settings))


def place_of(repository: str, start: Path) -> str:
    """Give a repository as restic is told it: a folder by its whole path.

    Args:
        repository: as a person names it.
        start: where the path of a folder begins.
    """
    if repository.startswith(ELSEWHERE):
        return repository
    folder = Path(repository.removeprefix(LOCAL)).expanduser()
    return str((start / folder).resolve())


def prepare(
    project: Project, restic: Restic, new_repository: bool, take_over: bool
) -> tuple[str, list[Snapshot]]:
    """Make sure that the repository is there and of this project; give its id and snapshots.

    The first backup makes the repository. Later a missing one is an error: a disk that is not
    mounted would else get a new one, on the disk of the machine, and nobody would notice.

    Raises:
        WavehouseError: the repository is gone, another one, or of another project or machine.
    """
    known = read_backups(project).get("repository_id")
    repository_id = _found_or_made(restic, may_make=known is None or new_repository)
    # Locks of dead processes only.
    restic.run("unlock")
    if known not in (None, repository_id) and not new_repository:
        raise WavehouseError(
            f"{restic.name} is another repository than that of the last backup. If that is meant, "
            "say --new-repository; else mount the right disk."
        )
    snapshots = restic.snapshots()
    others = {each.tags.get("project") for each in snapshots} - {project.name}
    if others:
        raise WavehouseError(
            f"{restic.name} has backups of {', '.join(sorted(map(str, others)))}. Take a "
            "repository for each project."
        )
    made = [each for each in snapshots if each.part == PROJECT]
    if known is None and made and not take_over:
        raise WavehouseError(
            f"{restic.name} has backups of {project.name} that were not made from here, the last "
            f"at {made[-1].time:%Y-%m-%d %H:%M} UTC. `wavehouse restore` brings back what they "
            "have. To go on there with this project as it is, say --take-over."
        )
    return repository_id, snapshots


def read_list(restic: Restic, chosen: Snapshot) -> dict[str, Any]:
    """Give the list of what a backup holds.

    Raises:
        WavehouseError: it was made by a later version of Wavehouse, or restic failed.
    """
    facts: dict[str, Any] = json.loads(restic.run("dump", chosen.snapshot_id, f"/{LIST}"))
    if facts["format"] > FORMAT:
        raise WavehouseError(
            f"The backup {facts['backup']} was made by Wavehouse {facts['version']}, which this "
            "version does not read. Install that version, or a later one."
        )
    return facts


def _found_or_made(restic: Restic, *, may_make: bool) -> str:
    try:
        return restic.repository_id()
    except WavehouseError as error:
        if not may_make or MISSING not in str(error):
            raise
    # Says itself what is wrong where the place cannot be reached.
    restic.run("init")
    print(f"Made a new repository: {restic.name}")
    return restic.repository_id()


def _password_file(project: Project, settings: Backup) -> Path | None:
    if settings.password_file is None:
        return None
    path = (project.root / Path(settings.password_file).expanduser()).resolve()
    if path.is_relative_to(project.root.resolve()):
        raise WavehouseError(
            f"{FILE}: backup.password_file is within the project, so it would be in the backup "
            "that it opens. Move it elsewhere."
        )
    return path
