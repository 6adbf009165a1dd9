"""Remove the rows of people of studies whose time is over.

The order lets a command that was killed at any moment go on when it is run again:

1. it is written down, with the releases that have rows of people and the one that keeps figures
2. the study is optional and its waves are landed ones, so that a project without them is built
3. files of waves, what was delivered of them, and what was made of them
4. a new build, which is published; no build where no other study has a wave
5. the rows of people of all releases from before, and figures where they go
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.run_history.runs import recorded
from wavehouse.people.erasing import Reached, backups_before, build_anew, without_backups
from wavehouse.people.erasure_list import read_erased, save_erased
from wavehouse.people.expired import Expired, read_expired, save_expired
from wavehouse.people.git_history import files_in_git, how_to_rewrite
from wavehouse.people.keeping_times import GO, STAY, is_over, last_days
from wavehouse.people.left_over import left_in_backups, left_on_server
from wavehouse.people.protections import read_protections
from wavehouse.people.releases_of_people import (
    last_release_with,
    releases_with_people,
    remove_rows_of_people,
    take_study_out,
)
from wavehouse.people.sources import (
    deliveries_of,
    inbox_folder,
    places_made_again,
    remove_place,
    told_as_made_again,
)
from wavehouse.people.wave_rows import find_wave_rows
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release, publishing_lock
from wavehouse.writing import explained

WHY = "The time was over."
BECAUSE = "Rows of people of this study are not kept any more, so the delivery is not taken in."
NOTHING = "No study has rows of people whose time is over."


def due_studies(project: Project, now: datetime | None = None) -> dict[str, Expired]:
    """Give the studies whose time is over, and that have rows of people or are not done.

    Args:
        project: the project.
        now: the time; that of the clock if left out.

    Raises:
        ProblemsError: what is declared is no time.
    """
    at = now or datetime.now(UTC)
    known = read_expired(project)
    declared = read_protections(project)
    found = {}
    for study_id, day in last_days(project).items():
        if not is_over(day, at):
            continue
        begun = known.get(study_id)
        if begun is not None and not begun.is_done:
            found[study_id] = begun
        elif find_wave_rows(project, {study_id}):
            found[study_id] = Expired(study_id, day.isoformat(), declared[study_id].aggregates)
    return found


def plan(project: Project) -> Reached:
    """Say what `expire` would remove, and change nothing."""
    reached = Reached()
    for study_id, due in due_studies(project).items():
        reached.lines.append(f"Study {study_id}: rows of people were kept until {due.last_day}.")
        places = [
            *_files(project, study_id),
            *places_made_again(project, _waves(project, study_id)),
        ]
        reached.lines += told_as_made_again(project, [path for path in places if path.exists()])
        found = due.releases or releases_with_people(project, {(study_id, None)})
        reached.lines += [f"release {name}: its rows of people, of all studies." for name in found]
        reached.lines.append(
            f"Published figures of {study_id} "
            + ("stay." if due.aggregates == STAY else "go, from all releases.")
        )
    return reached if reached.lines else Reached([NOTHING])


def expire(project: Project, build: Callable[[Project], None]) -> Reached:
    """Remove the rows of people of all studies whose time is over.

    Args:
        project: the project.
        build: builds and publishes the project.

    Raises:
        ProblemsError: what is declared is no time; nothing is removed then.
        WavehouseError: the build failed; it says what is done and what not.
    """
    due = due_studies(project)
    if not due:
        return Reached([NOTHING])
    with explained(project.warehouse), recorded(project, "expire") as run, without_backups(project):
        expired = read_expired(project)
        for study_id, each in due.items():
            if study_id not in expired or expired[study_id].is_done:
                each.releases = releases_with_people(project, {(study_id, None)})
                if each.aggregates == STAY:
                    each.stays_in = last_release_with(project, study_id)
                expired[study_id] = each
        save_expired(project, expired)
        reached = Reached()
        # `target/` says that there was a build on a server, and goes.
        on_server = left_on_server(project)
        _remove(project, due, reached)
        before = sorted({name for each in due.values() for name in each.releases})
        if counting_release(project) in before and _others(project, due):
            build(project)
        elif reached.lines:
            reached.left.append("Next: make")
        with publishing_lock(project):
            reached.lines += remove_rows_of_people(project, before, WHY)
            for study_id, each in due.items():
                if each.aggregates == GO:
                    reached.lines += [
                        f"{name}: figures of study {study_id}."
                        for name in take_study_out(project, study_id)
                    ]
        erased = read_erased(project)
        texts = any(each.aggregates == GO for each in due.values())
        erased.backups = {**erased.backups, "texts": erased.backups.get("texts", False) or texts}
        erased.backups = backups_before(project, erased)
        save_erased(project, erased)
        for study_id, each in due.items():
            each.is_done, each.releases, each.did = True, [], each.did + reached.lines
            expired[study_id] = each
        save_expired(project, expired)
        run.note(details={"studies": sorted(due)})
        reached.left += [*left_in_backups(erased), *on_server]
    return reached


def build_without(project: Project) -> None:
    """Build and publish a project after rows of studies went.

    Raises:
        WavehouseError: the build failed; it says what is done, too.
    """
    build_anew(
        project,
        "The rows are gone from the waves, and still in the published release. Mend what the build "
        "says, and run `wavehouse expire --apply` again: it goes on from here.",
    )


def _waves(project: Project, study_id: str) -> set[tuple[str, str]]:
    waves = read_codebook(project).waves()
    declared = {row["wave_id"] for row in waves if row["study_id"] == study_id}
    there = {each.wave_id for each in find_wave_rows(project, {study_id})}
    return {(study_id, wave_id) for wave_id in declared | there}


def _others(project: Project, due: dict[str, Expired]) -> bool:
    """Tell whether a study that stays has rows of a wave."""
    return any(each.is_current and each.study_id not in due for each in find_wave_rows(project))


def _files(project: Project, study_id: str) -> Iterator[Path]:
    """Give all places where rows of a study are, as they were delivered or read."""
    yield project.landing / study_id
    yield project.waves / study_id
    for rows in find_wave_rows(project, {study_id}):
        if not rows.is_current:
            yield rows.path
    for folder in (project.root / "drafts", project.root / ".wavehouse" / "drafts"):
        for _, wave_id in sorted(_waves(project, study_id)):
            yield from sorted(folder.glob(f"{study_id}_{wave_id}.*"))


def _remove(project: Project, due: dict[str, Expired], reached: Reached) -> None:
    from wavehouse.generate import generate
    from wavehouse_exchange.onboarding.edits import alone

    with alone(project), only_one(project.target / ".build.lock", "build"):
        for study_id in due:
            _let_be_without_rows(project, study_id)
            # Before they are gone, since then nobody knows which waves there were.
            waves = _waves(project, study_id)
            seeds = list((project.waves / study_id).glob("*.csv"))
            reached.left += how_to_rewrite(files_in_git(project, seeds))
            reached.left += _in_inbox(project, study_id)
            places = [*_files(project, study_id), *places_made_again(project, waves)]
            there = [path for path in places if path.exists()]
            reached.lines += told_as_made_again(project, there)
            for path in there:
                remove_place(path)
        generate(project)
    for study_id in due:
        reached.lines += _decline(project, study_id)


def _let_be_without_rows(project: Project, study_id: str) -> None:
    """Let the codebook say that the study may be absent; what it says of it stays."""
    from wavehouse_exchange.onboarding.tables import EditedTable, write_all

    studies = EditedTable(project.codebook / "studies.csv", ["study_id"])
    waves = EditedTable(project.codebook / "waves.csv", ["study_id", "wave_id"])
    for place in studies.places({"study_id": study_id}):
        studies.change(place, {"is_optional": "true"})
    for place in waves.places({"study_id": study_id}):
        waves.change(place, {"delivered_as": "landing"})
    write_all([studies, waves])


def _in_inbox(project: Project, study_id: str) -> Sequence[str]:
    inbox = inbox_folder(project)
    if inbox is None or not (inbox / study_id).is_dir():
        return []
    return [f"{project.relative(inbox / study_id)}: files that were delivered. Remove them."]


def _decline(project: Project, study_id: str) -> Iterator[str]:
    """Decline what waits in quarantine, and remove the files of what was taken in."""
    from wavehouse_exchange.receiving.handing_over import decline_delivery

    for folder, known in deliveries_of(project, {study_id}):
        if known["state"] in ("received", "accepted"):
            try:
                decline_delivery(project, folder.name, BECAUSE)
            except WavehouseError as error:
                yield f"{project.relative(folder)}: {error}"
                continue
            yield f"{project.relative(folder)}: the delivery is declined."
        elif any((folder / name).exists() for name in ("files", "read")):
            for name in ("files", "read"):
                remove_place(folder / name)
            yield f"{project.relative(folder)}: its files."
