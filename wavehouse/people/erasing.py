"""Erase respondents: from the rows of waves, from all that was made of them, and from releases.

The order lets a command that was killed at any moment go on when it is run again:

1. the list: from now on nobody on it comes in again
2. traces: what only they delivered, in logs, drafts and figures of releases. It is known only
   while their rows are there.
3. rows of waves, and what was made of them
4. a new build, which is published
5. the rows of people of all releases from before
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.backups.backup_state import read_backups
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.run_history.runs import recorded
from wavehouse.people.erasure_list import (
    Erased,
    ErasureList,
    entry,
    read_erased,
    save_erased,
)
from wavehouse.people.found_people import search
from wavehouse.people.left_over import left_in_backups, left_on_server, left_over
from wavehouse.people.named import Respondent
from wavehouse.people.on_server import told_of_server
from wavehouse.people.pseudonyms import KEY_BYTES, OF_THE_KEY, key_file, make_key, pseudonym
from wavehouse.people.releases_of_people import (
    clean_aggregates,
    releases_with_people,
    remove_rows_of_people,
)
from wavehouse.people.replaced_ids import replaced_ids
from wavehouse.people.sources import (
    expect_fewer,
    places_made_again,
    remove_drafts,
    remove_made_again,
    remove_rows,
    told_as_made_again,
)
from wavehouse.people.traces import Values, clean_own_texts
from wavehouse.people.waiting import decline_waiting, waiting_with
from wavehouse.people.wave_rows import RespondentColumns, find_wave_rows
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release, publishing_lock
from wavehouse.writing import explained

NOBODY = "Nobody was ever erased here, and nobody was named."


@dataclass
class Reached:
    """What was done to a project, or would be.

    Args:
        lines: what was removed or changed, a line each.
        left: what is left, and what to do about it.
    """

    lines: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def erase(project: Project, people: Sequence[Respondent]) -> Reached:
    """Erase respondents; without any, go on with what a killed command left, and look again.

    Args:
        project: the project.
        people: whom; they are put on the list, as pseudonyms.

    Raises:
        ProblemsError: somebody is not in any wave, so the id may be wrong; nothing is done then.
        WavehouseError: there is no key, or the build failed; it says what is done and what not.
    """
    with (
        explained(project.warehouse),
        recorded(project, "erase") as run,
        # A backup that runs now would have rows of people whom it does not know as erased.
        without_backups(project),
    ):
        erased = read_erased(project)
        if not erased.people and not people:
            return Reached([NOBODY])
        is_new_key = bool(people) and _add(project, erased, people)
        there = search(project, erased, erased.key(project), with_values=False).found
        waiting = waiting_with(project, erased, erased.key(project))
        if erased.is_done and not there and not waiting:
            return Reached([f"None of the {len(erased.people):,} on the list is left here."])
        erased.is_done = False
        save_erased(project, erased)
        declined = list(decline_waiting(project, waiting))
        reached = reach(project, erased)
        reached.lines += declined
        counting = counting_release(project)
        if counting is not None and counting in erased.releases:
            _build(project)
        elif reached.lines:
            reached.left.append("Next: make")
        with publishing_lock(project):
            reached.lines += remove_rows_of_people(project, erased.releases)
        erased.releases = []
        erased.backups = backups_before(project, erased)
        erased.is_done = True
        save_erased(project, erased)
        run.note(details={"n_people": len(people), "n_listed": len(erased.people)})
        reached.left += left_in_backups(erased)
        if is_new_key:
            reached.left.append(
                f"{key_file(project)} is new: it has the key by which these people are known, and "
                "is in no backup. Keep a copy apart from the project."
            )
    return reached


def reach(project: Project, erased: ErasureList) -> Reached:
    """Take all people of a list out of a project, but for what is published.

    Args:
        project: the project, perhaps one that was just restored.
        erased: the list. What is found of texts is noted in it.

    Raises:
        WavehouseError: the key is not there, or a file cannot be read or written.
    """
    from wavehouse_exchange.onboarding.edits import alone

    reached = Reached()
    # `target/` says that there was a build on a server, and goes.
    left_there = {is_done: left_on_server(project, is_erased=is_done) for is_done in (True, False)}
    with alone(project), only_one(project.target / ".build.lock", "build"):
        searched = search(project, erased, erased.key(project))
        values = Values(frozenset(searched.own_values))
        waves = searched.waves
        # While the waves have the ids still; one that does not answer keeps nobody from the rest.
        on_server, not_there = told_of_server(project, searched.found, values)
        if values.texts:
            with publishing_lock(project):
                figures = clean_aggregates(project, values)
            texts = clean_own_texts(project, values)
            drafts = remove_drafts(project, waves, values)
            if figures or texts or drafts:
                # Before they are gone from here, since nobody can find them again.
                erased.backups = {**erased.backups, "texts": True}
                save_erased(project, erased)
            reached.lines += [f"{name}: figures of theirs." for name in figures]
            reached.lines += [f"{name}: texts that named them." for name in texts]
            reached.lines += drafts
        reached.lines += on_server
        reached.lines += expect_fewer(project, searched.found)
        reached.lines += remove_rows(project, searched.found)
        if searched.found or not erased.is_done:
            # A command that was killed may have taken the rows of some waves already.
            of_study = find_wave_rows(project, {e.study_id for e in erased.people})
            made = {(each.study_id, each.wave_id) for each in of_study}
            reached.lines += remove_made_again(project, made)
        reached.left += [*left_over(project, searched, values), *not_there]
    reached.left += left_there[not not_there]
    return reached


def plan(project: Project, people: Sequence[Respondent]) -> Reached:
    """Say what `erase` would do, and change nothing. Takes and raises what it does."""
    erased = read_erased(project)
    if not erased.people and not people:
        return Reached([NOBODY])
    key = _key_to_look(project, erased)
    new = _entries(project, erased, key, people)
    erased.add(new)
    searched = search(project, erased, key)
    values = Values(frozenset(searched.own_values))
    releases = {*erased.releases, *(releases_with_people(project, _waves_of(new)) if new else ())}
    lines = [
        f"{project.relative(each.rows.path)}: {len(each.places)} of {each.n_rows:,} rows."
        for each in searched.found
    ]
    if searched.found:
        lines += told_as_made_again(project, places_made_again(project, searched.waves))
    lines += [f"release {name}: its rows of people, of everybody." for name in sorted(releases)]
    lines += [
        f"{project.relative(folder)}: the delivery, which waits, would be declined."
        for folder in waiting_with(project, erased, key)
    ]
    lines.append(
        f"{len(values.texts):,} values that only they delivered, wherever logs, drafts and the "
        "tables of releases have them."
    )
    return Reached(lines, left_over(project, searched, values))


def _add(project: Project, erased: ErasureList, people: Sequence[Respondent]) -> bool:
    """Put people on the list, which is saved; tell whether a key was made for it.

    Raises:
        ProblemsError: some of them are in no wave.
        WavehouseError: there is a list and no key for it.
    """
    # Who is named wrongly is found before a key is made.
    _entries(project, erased, _key_to_look(project, erased), people)
    is_new_key = not erased.mark and make_key(project)
    key = erased.key(project)
    erased.mark = pseudonym(key, OF_THE_KEY)
    new = _entries(project, erased, key, people)
    if new:
        erased.add(new)
        found = releases_with_people(project, _waves_of(new))
        erased.releases = sorted({*erased.releases, *found})
        erased.is_done = False
        save_erased(project, erased)
    return is_new_key


def _waves_of(people: Iterable[Erased]) -> set[tuple[str, str | None]]:
    return {(each.study_id, each.wave_id) for each in people}


def _key_to_look(project: Project, erased: ErasureList) -> bytes:
    """Give the key of the list; before there is a list, any key serves to look for somebody."""
    if erased.mark:
        return erased.key(project)
    return secrets.token_bytes(KEY_BYTES)


def _entries(
    project: Project, erased: ErasureList, key: bytes, people: Sequence[Respondent]
) -> list[Erased]:
    """Give the entries of people who are not on a list yet.

    Raises:
        ProblemsError: some of them are in no wave.
    """
    known = {each.pseudonym for each in erased.people}
    entries = [entry(key, p.study_id, p.wave_id, _as_it_stands(project, p)) for p in people]
    new = [each for each in entries if each.pseudonym not in known]
    seen = search(project, ErasureList(new), key, with_values=False).seen
    missing = [
        f"{person} is in no wave that is here. Write the id as the file has it; one of several "
        "columns is joined by hyphens."
        for person, each in zip(people, entries, strict=True)
        if each in new and each.pseudonym not in seen
    ]
    if missing:
        raise ProblemsError("Nobody was erased:", missing)
    return new


def _as_it_stands(project: Project, person: Respondent) -> str:
    """Give the id of a person as the waves have it: its pseudonym where the study replaces ids."""
    new = replaced_ids(project, person.study_id, RespondentColumns(project))
    return new.of_id(person.respondent_id) if new else person.respondent_id


def _build(project: Project) -> None:
    build_anew(
        project,
        "Rows of the erased people are gone from the waves, and still in the published release. "
        "Mend what the build says, and run `wavehouse erase` again: it goes on from here.",
    )


def build_anew(project: Project, what_is_done: str) -> None:
    """Build and publish, whatever is there.

    Raises:
        WavehouseError: the build failed; it says what is done, too.
    """
    from wavehouse.building.build import build

    try:
        build(project, force=True)
    except WavehouseError as error:
        raise WavehouseError(f"{error}\n{what_is_done}") from error


@contextmanager
def without_backups(project: Project) -> Iterator[None]:
    """Let no backup run meanwhile."""
    with only_one(operations_folder(project) / ".backup.lock", "backup"):
        yield


def backups_before(project: Project, erased: ErasureList) -> dict[str, object]:
    """Note up to which backup the repository has what is gone from here, and whether texts are."""
    known = read_backups(project)
    if not known.get("last"):
        return {}
    number = known["last"].get("number", known.get("n_backups", 0))
    return {
        "repository_id": known.get("repository_id"),
        "up_to": number,
        "texts": bool(erased.backups.get("texts")),
    }
