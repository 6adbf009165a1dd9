"""Which backups stay. Rows of people stay no longer than `releases.yml` says of releases."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import inf

from wavehouse.operations.backups.backup_contents import DELIVERED, PROJECT, RELEASE
from wavehouse.operations.backups.backup_state import read_backups
from wavehouse.operations.backups.replay import forgotten_releases
from wavehouse.operations.backups.restic import OURS, Restic, Snapshot
from wavehouse.operations.configuration import ALL, Backup, Keep
from wavehouse.people.erasure_list import read_erased
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse.publishing.retention import AGGREGATES, MICRODATA, read_retention

# restic before 0.16 has no word for all.
VERY_MANY = 100_000


def keep_of_people(project: Project, settings: Backup) -> Keep:
    """Say how long rows of people as they were delivered are kept.

    Left out of `operations.yml`, it is as many days as `releases.yml` keeps rows of people of
    releases; all the backups that are kept, if that is for ever.
    """
    if settings.keep_microdata is not None:
        return settings.keep_microdata
    days = read_retention(project)[MICRODATA].days
    if days == inf:
        return settings.keep
    return Keep(daily=max(1, int(days)), weekly=0, monthly=0, yearly=0)


def forget_old(project: Project, settings: Backup, restic: Restic, newest: str) -> tuple[int, int]:
    """Take away the backups that are not to be kept, and what only they had.

    Args:
        project: the project.
        settings: say which are kept.
        restic: the repository.
        newest: the id of a backup that stays whatever they say: its time is wrong if the clock was.

    Returns:
        how many snapshots went, and how many backups stay.

    Raises:
        WavehouseError: restic failed; no backup that is to stay is gone.
    """
    gone, kept = 0, {}
    for part, keep in (
        (PROJECT, settings.keep),
        (DELIVERED, keep_of_people(project, settings)),
    ):
        rows = restic.rows(
            *("forget", "--tag", f"{OURS},part:{part}", "--group-by", ""),
            *("--keep-tag", f"backup:{newest}"),
            *options_of(keep),
        )
        gone += sum(len(row["remove"] or ()) for row in rows)
        kept[part] = sum(len(row["keep"] or ()) for row in rows)
    old = old_releases(project, restic.snapshots(part=RELEASE))
    old += of_erased(project, restic, newest)
    restic.forget(old)
    gone += len(old)
    kept[PROJECT] -= sum(each.part == PROJECT for each in old)
    if gone:
        restic.run("prune")
    return gone, kept[PROJECT]


def old_releases(project: Project, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Give the snapshots of releases whose rows of people `releases.yml` does not keep any more.

    Times count, not what is in the history: it may have been lost, and a backup is all there is.
    """
    live = [release.release_id for release in kept_releases(project) if release.live]
    times = {release.release_id: release.published_at for release in kept_releases(project)}
    times |= {
        each.tags["release"]: _published_at(each.tags["release"])
        for each in snapshots
        if each.tags["release"] not in times
    }
    retention = read_retention(project)
    kept = retention[AGGREGATES].kept(times, live) & retention[MICRODATA].kept(times, live)
    kept -= forgotten_releases(project)
    return [each for each in snapshots if each.tags["release"] not in kept]


def of_erased(project: Project, restic: Restic, newest: str) -> list[Snapshot]:
    """Give the snapshots that have rows of erased people, or texts or figures of theirs."""
    known = read_erased(project).backups
    # Before the command that noted it was done, it does not say up to which backup.
    if "up_to" not in known or known["repository_id"] != read_backups(project).get("repository_id"):
        return []
    parts = {DELIVERED, PROJECT} if known["texts"] else {DELIVERED}
    return [
        each
        for each in restic.snapshots()
        if each.part in parts and each.number <= known["up_to"] and each.backup_id != newest
    ]


def options_of(keep: Keep) -> Iterable[str]:
    """Write a rule in restic's options; the newest backup stays whatever it says."""
    yield from ("--keep-last", "1")
    for name in ("daily", "weekly", "monthly", "yearly"):
        number = getattr(keep, name)
        if number:
            yield from (f"--keep-{name}", str(VERY_MANY if number == ALL else number))


def _published_at(release_id: str) -> datetime:
    """Give the time that the id of a release begins with."""
    return datetime.strptime(release_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
