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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wavehouse.codebook.csv_files import read_csv
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
from wavehouse.people.found_people import Search, search
from wavehouse.people.git_history import files_in_git, how_to_rewrite
from wavehouse.people.pseudonyms import KEY_BYTES, OF_THE_KEY, key_file, make_key, pseudonym
from wavehouse.people.releases_of_people import (
    clean_aggregates,
    releases_with_people,
    remove_rows_of_people,
)
from wavehouse.people.sources import (
    expect_fewer,
    inbox_folder,
    places_made_again,
    remove_drafts,
    remove_made_again,
    remove_rows,
)
from wavehouse.people.traces import Values, clean_own_texts, places_in_texts
from wavehouse.people.wave_rows import find_wave_rows
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release, publishing_lock
from wavehouse.writing import explained

NOBODY = "Nobody was ever erased here, and nobody was named."


@dataclass(frozen=True)
class Respondent:
    """A respondent who is named to be erased.

    Args:
        study_id: the study.
        wave_id: the wave; None for all waves.
        respondent_id: the id as it is delivered.
    """

    study_id: str
    wave_id: str | None
    respondent_id: str

    def __str__(self) -> str:
        """Name the respondent the way messages do."""
        of = f", wave {self.wave_id}" if self.wave_id else ""
        return f"study {self.study_id}{of}, respondent {self.respondent_id}"


def read_respondents(file: Path) -> list[Respondent]:
    """Read respondents from a CSV file with `study_id`, `wave_id` (may be empty), `respondent_id`.

    Raises:
        WavehouseError: it is not there, lacks a column, or a row lacks a value.
    """
    content = read_csv(file, keep_rows=True) if file.is_file() else None
    if content is None or content.problems:
        why = content.problems[0] if content else "there is no such file. Correct its name."
        raise WavehouseError(f"{file}: {why}")
    lacking = [name for name in ("study_id", "respondent_id") if name not in content.columns]
    if lacking:
        raise WavehouseError(f"{file}: column {' and '.join(lacking)} is missing. Add it.")
    people = []
    for number, row in enumerate(content.rows, start=1):
        if not row["study_id"] or not row["respondent_id"]:
            raise WavehouseError(f"{file}, row {number}: study_id or respondent_id is empty.")
        people.append(Respondent(row["study_id"], row.get("wave_id") or None, row["respondent_id"]))
    if not people:
        raise WavehouseError(f"{file}: nobody is in it.")
    return people


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
        only_one(operations_folder(project) / ".backup.lock", "backup"),
    ):
        erased = read_erased(project)
        if not erased.people and not people:
            return Reached([NOBODY])
        is_new_key = bool(people) and _add(project, erased, people)
        there = search(project, erased, erased.key(project), with_values=False).found
        if erased.is_done and not there:
            return Reached([f"None of the {len(erased.people):,} on the list is left here."])
        erased.is_done = False
        save_erased(project, erased)
        reached = reach(project, erased)
        counting = counting_release(project)
        if counting is not None and counting in erased.releases:
            _build(project)
        with publishing_lock(project):
            reached.lines += remove_rows_of_people(project, erased.releases)
        erased.releases = []
        erased.backups = _backups(project, erased)
        erased.is_done = True
        save_erased(project, erased)
        run.note(details={"n_people": len(people), "n_listed": len(erased.people)})
        reached.left += _of_backups(erased)
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
    with alone(project), only_one(project.target / ".build.lock", "build"):
        searched = search(project, erased, erased.key(project))
        values = Values(frozenset(searched.own_values))
        waves = searched.waves
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
        reached.lines += expect_fewer(project, searched.found)
        reached.lines += remove_rows(project, searched.found)
        if searched.found or not erased.is_done:
            # A command that was killed may have taken the rows of some waves already.
            of_study = find_wave_rows(project, {e.study_id for e in erased.people})
            made = {(each.study_id, each.wave_id) for each in of_study}
            reached.lines += [
                f"{name}: made of their rows, or with them."
                for name in remove_made_again(project, made)
            ]
        reached.left += _left(project, searched, values)
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
        lines += [
            f"{project.relative(path)}: made of rows of people, or with them; goes as a whole."
            for path in places_made_again(project, searched.waves)
        ]
    lines += [f"release {name}: its rows of people, of everybody." for name in sorted(releases)]
    lines.append(
        f"{len(values.texts):,} values that only they delivered, wherever logs, drafts and the "
        "tables of releases have them."
    )
    return Reached(lines, _left(project, searched, values))


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
    entries = [entry(key, p.study_id, p.wave_id, p.respondent_id) for p in people]
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


def _build(project: Project) -> None:
    from wavehouse.building.build import build

    try:
        build(project, force=True)
    except WavehouseError as error:
        raise WavehouseError(
            f"{error}\nRows of the erased people are gone from the waves, and still in the "
            "published release. Mend what the build says, and run `wavehouse erase` again: it goes "
            "on from here."
        ) from error


def _backups(project: Project, erased: ErasureList) -> dict[str, object]:
    """Note up to which backup the repository has rows of these people."""
    known = read_backups(project)
    if not known.get("last"):
        return {}
    number = known["last"].get("number", known.get("n_backups", 0))
    return {
        "repository_id": known.get("repository_id"),
        "up_to": number,
        "texts": bool(erased.backups.get("texts")),
    }


def _of_backups(erased: ErasureList) -> list[str]:
    if not erased.backups:
        return []
    what, gone = "rows of theirs", "the rows of people of all earlier backups"
    if erased.backups["texts"]:
        what, gone = "rows of theirs, and texts or figures", "all earlier backups"
    return [
        f"Left in backups: {what}. The next `wavehouse backup` takes {gone} away. Run it now: "
        "until then a restore would not know of this erasure.",
        "Copies of the repository of backups that you made yourself have them until you remove "
        "those.",
    ]


def _left(project: Project, searched: Search, values: Values) -> list[str]:
    """Say what is left, that a person has to decide on."""
    left = [
        f"{place}: it has what only they delivered. Remove it if it tells of them."
        for place in (places_in_texts(project, values) if values.texts else ())
    ]
    left += [
        f"{project.relative(each.path)}: nobody can be known there, since the codebook does not "
        f"say which column has the respondent's id (study {each.study_id}, wave {each.wave_id})."
        for each in searched.unknown
    ]
    inbox = inbox_folder(project)
    if inbox is not None:
        left += [
            f"{project.relative(inbox / study_id / wave_id)}: files that were delivered. They are "
            "left out when it is taken; remove the files when you do not need them."
            for study_id, wave_id in sorted(searched.waves)
            if (inbox / study_id / wave_id).is_dir()
        ]
    return left + how_to_rewrite(_of_git(project, searched))


def _of_git(project: Project, searched: Search) -> dict[str, int]:
    seeds = {each.rows.path for each in searched.found if each.rows.is_current}
    return files_in_git(project, sorted(path for path in seeds if path.suffix == ".csv"))
