"""Where erased people still are in the rows of waves, and what nobody but they delivered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from wavehouse.people.erasure_list import ErasureList
from wavehouse.people.replaced_ids import ReplacedIds
from wavehouse.people.wave_rows import RespondentColumns, WaveRows, find_wave_rows, ids_of
from wavehouse.project import Project

# Shorter ones stand in a text or table for something else too easily.
FEWEST_CHARACTERS = 5


@dataclass(frozen=True)
class Found:
    """Rows of erased people in one file.

    Args:
        rows: the file.
        places: which of its rows, counted from 0.
        n_rows: how many rows it has.
        ids: their ids, as they stand in it.
        columns: the columns that have these ids.
    """

    rows: WaveRows
    places: Collection[int]
    n_rows: int
    ids: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()


@dataclass
class Search:
    """What a search for erased people found.

    Args:
        found: the files that have rows of them.
        unknown: files of their studies in which nobody can be known by an id.
        seen: the pseudonyms of those who were found.
        own_values: values that only these people delivered, ids among them.
    """

    found: list[Found] = field(default_factory=list)
    unknown: list[WaveRows] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    own_values: set[str] = field(default_factory=set)

    @property
    def waves(self) -> set[tuple[str, str]]:
        """Study and wave of all rows that were found."""
        return {(each.rows.study_id, each.rows.wave_id) for each in self.found}


def search(
    project: Project, erased: ErasureList, key: bytes, *, with_values: bool = True
) -> Search:
    """Look for erased people in all files with rows of waves of their studies.

    Args:
        project: the project.
        erased: whom to look for.
        key: the key of their pseudonyms.
        with_values: whether to look for what only they delivered, too.

    Raises:
        WavehouseError: a file is no table.
    """
    searched = Search()
    columns = RespondentColumns(project)
    new = {
        study_id: ReplacedIds(study_id, key, columns.part_counts(study_id), is_strict=False)
        for study_id in erased.studies
    }
    files = find_wave_rows(project, erased.studies)
    for each in files:
        table = each.read()
        names = columns.of(each.study_id, each.wave_id, table.column_names)
        if not names:
            searched.unknown.append(each)
            continue
        ids = ids_of(table, names)
        replaced = new[each.study_id].of_id
        if places := erased.picks(key, each.study_id, each.wave_id, ids, replaced):
            theirs = frozenset(name for place in places if (name := ids[place]) is not None)
            searched.found.append(Found(each, places, table.num_rows, theirs, tuple(names)))
            searched.seen |= set(places.values())
    if with_values and searched.found:
        searched.own_values = _own_values(files, searched.found)
    return searched


def _own_values(files: Sequence[WaveRows], found: Sequence[Found]) -> set[str]:
    """Give what these people delivered and nobody else did, in any column of their study."""
    theirs: dict[str, set[str]] = {}
    places = {each.rows.path: each.places for each in found}
    for each in found:
        table = each.rows.read().take(pa.array(sorted(each.places), pa.int64()))
        values = theirs.setdefault(each.rows.study_id, set())
        for column in table.columns:
            values |= {value for value in column.to_pylist() if value}
    for file in files:
        wanted = theirs.get(file.study_id)
        if not wanted:
            continue
        table = file.read()
        others = pa.array(
            [place not in places.get(file.path, ()) for place in range(table.num_rows)], pa.bool_()
        )
        rest = table.filter(others)
        for column in rest.columns:
            if not wanted:
                break
            known = pa.array(sorted(wanted), pa.string())
            shared = column.filter(pc.is_in(column, value_set=known)).unique()
            wanted -= set(shared.to_pylist())
    return {
        value.strip()
        for values in theirs.values()
        for value in values
        if len(value.strip()) >= FEWEST_CHARACTERS
    }
