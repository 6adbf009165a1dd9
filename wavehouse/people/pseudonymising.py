"""Make a study pseudonymous: waves that are there, and from now on those that come.

The order lets a command that was killed at any moment go on when it is run again:

1. what is declared: from now on ids are replaced when a wave is landed, and no build takes others
2. traces: ids in logs, drafts and texts of releases. They are known only while the waves have them.
3. the ids in the rows of waves; and what was made of them goes
4. a new build, which is published
5. the rows of people of all releases from before
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.run_history.runs import recorded
from wavehouse.people.erasing import Reached, backups_before, without_backups
from wavehouse.people.erasure_list import read_erased, save_erased
from wavehouse.people.found_people import FEWEST_CHARACTERS
from wavehouse.people.git_history import files_in_git, how_to_rewrite
from wavehouse.people.left_over import left_in_backups, left_on_server
from wavehouse.people.protections import PSEUDONYMS, TABLE, read_protections
from wavehouse.people.pseudonyms import key_file, make_key, read_key
from wavehouse.people.releases_of_people import (
    clean_aggregates,
    releases_with_people,
    remove_rows_of_people,
)
from wavehouse.people.replaced_ids import (
    FORM,
    ReplacedIds,
    mark_of,
    replaced_ids,
    with_pseudonyms,
)
from wavehouse.people.sources import (
    places_made_again,
    remove_drafts,
    remove_made_again,
    told_as_made_again,
)
from wavehouse.people.traces import Values, clean_own_texts
from wavehouse.people.wave_rows import RespondentColumns, WaveRows, find_wave_rows
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release, publishing_lock
from wavehouse.writing import explained, write_whole

FILE = "pseudonymised.json"
FORMAT = 1
WHY = "Ids were replaced."
# Tables of the codebook without which it is not known which columns have ids.
READ = {"studies", "waves", "design_columns"}


@dataclass
class Unfinished:
    """What a command that was killed has to do yet, in `warehouse/operations/pseudonymised.json`.

    Args:
        releases: by study, the ids of releases from before.
    """

    releases: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, project: Project) -> "Unfinished":
        """Read what is noted.

        Raises:
            WavehouseError: it cannot be read.
        """
        path = operations_folder(project) / FILE
        if not path.exists():
            return cls()
        try:
            return cls(dict(json.loads(path.read_bytes())["releases"]))
        except (ValueError, KeyError, TypeError):
            raise WavehouseError(
                f"{project.relative(path)} cannot be read. Remove it; then remove the microdata of "
                "earlier releases with `wavehouse releases --remove RELEASE --microdata`."
            ) from None

    def save(self, project: Project) -> None:
        """Write it in one step."""
        said = {"format": FORMAT, "releases": self.releases}
        write_whole(operations_folder(project) / FILE, json.dumps(said, indent=1) + "\n")


@dataclass(frozen=True)
class _Delivered:
    """A file with ids as they were delivered: its rows, and the columns that have ids."""

    rows: WaveRows
    table: pa.Table
    names: list[str]


def pseudonymise(project: Project, study_id: str, build: Callable[[Project], None]) -> Reached:
    """Replace the ids of a study's respondents, in all waves, and from now on.

    Args:
        project: the project.
        study_id: the study.
        build: builds and publishes the project.

    Raises:
        ProblemsError: the codebook does not allow it; nothing is changed then.
        WavehouseError: there is no key, or another one, or the build failed.
    """
    with (
        explained(project.warehouse),
        recorded(project, "pseudonymise") as run,
        # A backup that runs now would have ids that it does not know as replaced.
        without_backups(project),
    ):
        columns = _checked(project, study_id)
        is_new_key = _declare(project, study_id)
        new = replaced_ids(project, study_id, columns)
        assert new is not None
        delivered = _delivered(project, study_id, columns)
        unfinished = Unfinished.read(project)
        if not delivered and study_id not in unfinished.releases:
            told = f"Study {study_id}: no wave has ids as they were delivered."
            return Reached([told], _told_of_key(project) if is_new_key else [])
        found = releases_with_people(project, {(study_id, None)})
        known = unfinished.releases.get(study_id)
        # Those that were published since ids were replaced are not noted again.
        unfinished.releases[study_id] = found if known is None else known
        unfinished.save(project)
        reached = Reached()
        # `target/` says that there was a build on a server, and goes.
        on_server = left_on_server(project)
        _replace(project, study_id, delivered, new, reached)
        before = unfinished.releases[study_id]
        if counting_release(project) in before:
            build(project)
        elif delivered:
            reached.left.append("Next: make")
        with publishing_lock(project):
            reached.lines += remove_rows_of_people(project, before, WHY)
        erased = read_erased(project)
        erased.backups = backups_before(project, erased)
        save_erased(project, erased)
        del unfinished.releases[study_id]
        unfinished.save(project)
        run.note(study_id=study_id, details={"n_files": len(delivered)})
        reached.left += [*left_in_backups(erased, "ids"), *on_server]
        if is_new_key:
            reached.left += _told_of_key(project)
    return reached


def _told_of_key(project: Project) -> list[str]:
    return [
        f"{key_file(project)} is new: without it no wave of the study can be landed, and it is in "
        "no backup. Keep a copy apart from the project."
    ]


def plan(project: Project, study_id: str) -> Reached:
    """Say what `pseudonymise` would do, and change nothing. Raises what it does."""
    delivered = _delivered(project, study_id, _checked(project, study_id))
    lines = [f"{project.relative(e.rows.path)}: {e.table.num_rows:,} ids." for e in delivered]
    if not lines:
        return Reached([f"Study {study_id}: no wave has ids as they were delivered."])
    waves = {(each.study_id, each.wave_id) for each in find_wave_rows(project, {study_id})}
    lines += told_as_made_again(project, places_made_again(project, waves))
    found = releases_with_people(project, {(study_id, None)})
    return Reached(
        [*lines, *(f"release {name}: its rows of people, of all studies." for name in found)]
    )


def _checked(project: Project, study_id: str) -> RespondentColumns:
    codebook = read_codebook(project)
    columns = RespondentColumns(project, codebook)
    problems = [
        each
        for each in codebook.problems
        if not READ.isdisjoint(each.partition(".csv")[0].split("/"))
    ]
    if study_id not in {row["study_id"] for row in codebook.rows("studies")}:
        problems.append(f"there is no study {study_id} in seeds/codebook/studies.csv. Declare it.")
    elif not columns.told(study_id):
        problems.append(
            f"study {study_id}: no column is declared for the respondent's id. Declare it in "
            "designs.csv and design_columns.csv."
        )
    problems += [
        f"study {study_id}, column {column}: it has the respondent's id, and is {use} too. Deliver "
        "the id in a column of its own."
        for column, use in columns.other_uses(study_id, codebook)
    ]
    for rows in find_wave_rows(project, {study_id}):
        if rows.is_current and not columns.of(study_id, rows.wave_id, rows.read().column_names):
            problems.append(
                f"{project.relative(rows.path)} (study {study_id}, wave {rows.wave_id}): the "
                "codebook does not say which column has the respondent's id. Bring the wave in, or "
                "take it out with `wavehouse remove-wave`."
            )
    if problems:
        raise ProblemsError(f"The ids of study {study_id} were not replaced:", problems)
    return columns


def _declare(project: Project, study_id: str) -> bool:
    """Write into the codebook that ids are replaced, and by which key; tell whether it is new."""
    from wavehouse_exchange.onboarding.edits import alone
    from wavehouse_exchange.onboarding.tables import EditedTable, write_all

    declared = read_protections(project)
    own = declared.get(study_id)
    if own is not None and own.replaces_ids and own.key_mark:
        return False
    is_used = read_erased(project).mark or any(each.key_mark for each in declared.values())
    is_new = not is_used and make_key(project)
    key = read_key(project)
    others = [each for each in declared.values() if each.key_mark not in ("", mark_of(key))]
    if others:
        raise WavehouseError(
            f"{key_file(project)} has another key than the one of study {others[0].study_id}. A "
            "project has one key: take the right one from where you keep it."
        )
    # Another key than that of erased people would let them come back.
    read_erased(project).key(project)
    with alone(project):
        table = EditedTable(project.codebook / f"{TABLE}.csv", ["study_id"])
        said = {"respondent_ids": PSEUDONYMS, "key_mark": mark_of(key)}
        places = table.places({"study_id": study_id})
        if places:
            table.change(places[0], said)
        else:
            table.add({"study_id": study_id, **said})
        write_all([table])
    return is_new


def _delivered(project: Project, study_id: str, columns: RespondentColumns) -> list[_Delivered]:
    """Give the files of a study that have ids as they were delivered."""
    found = []
    for rows in find_wave_rows(project, {study_id}):
        table = rows.read()
        names = columns.of(study_id, rows.wave_id, table.column_names)
        if any(not FORM.fullmatch(each) for each in _ids(table, names)):
            found.append(_Delivered(rows, table, names))
    return found


def _ids(table: pa.Table, names: Sequence[str]) -> set[str]:
    values: set[Any] = set()
    for name in names:
        values |= set(table[name].unique().to_pylist())
    return {value.strip() for value in values if value and value.strip()}


def _replace(
    project: Project,
    study_id: str,
    delivered: Sequence[_Delivered],
    new: ReplacedIds,
    reached: Reached,
) -> None:
    from wavehouse_exchange.onboarding.edits import alone

    ids = {each for file in delivered for each in _ids(file.table, file.names)}
    ids = {each for each in ids if len(each) >= FEWEST_CHARACTERS and not FORM.fullmatch(each)}
    # Numbers stand in figures for other things; ids as numbers are in no table of figures.
    names = Values(frozenset(each for each in ids if not each.isdecimal()), is_of_figures=False)
    with alone(project), only_one(project.target / ".build.lock", "build"):
        with publishing_lock(project):
            tables = clean_aggregates(project, names)
        texts = clean_own_texts(project, Values(frozenset(ids)))
        drafts = remove_drafts(
            project,
            {(study_id, file.rows.wave_id) for file in delivered},
            Values(frozenset(ids)),
        )
        if tables or texts or drafts:
            erased = read_erased(project)
            # Before they are gone from here, since nobody can find them again.
            erased.backups = {**erased.backups, "texts": True}
            save_erased(project, erased)
        reached.lines += [f"{name}: ids in texts." for name in [*tables, *texts]] + drafts
        for file in delivered:
            file.rows.replace(file.table, with_pseudonyms(file.table, file.names, new))
            name = project.relative(file.rows.path)
            reached.lines.append(f"{name}: {file.table.num_rows:,} ids.")
        waves = {(each.study_id, each.wave_id) for each in find_wave_rows(project, {study_id})}
        reached.lines += remove_made_again(project, waves)
    seeds = [each.rows.path for each in delivered if each.rows.path.suffix == ".csv"]
    reached.left += how_to_rewrite(files_in_git(project, [p for p in seeds if p.is_file()]))
