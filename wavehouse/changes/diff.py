"""What differs in published numbers between two releases, or a release and a build.

Compared are all tables of measures: estimates, changes, contrasts, slopes and the like, row by row
by their keys. A number that one of the two does not show is not told; that it is suppressed or
shown now, is. Texts and labels do not count.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.building.databases import holder_named
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import attach, connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse.publishing.contracts import SCHEMA, read_record
from wavehouse.publishing.history import find_release, kept_releases
from wavehouse.publishing.releases import published_manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BUILD, CURRENT = "build", "current"
# What says that numbers of a row are not there, or for a reason.
STATUSES = ("observation_status", "confidentiality_status")
NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT", "DECIMAL")
# What is told there follows from the others.
NOT_COMPARED = ("fct_revisions",)
# Below that, a number and zero are the same.
LEAST = 1e-12
TOLERANCE = 1e-9
ERROR = "standard_error"


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: its name, and what each of its tables is read from."""

    name: str
    tables: dict[str, str]


@dataclass(frozen=True)
class Change:
    """A number or a status that is another one, or a row that came or went.

    Args:
        table: the public table.
        study_id: the study.
        measure_id: the measure.
        row: the other parts of the row's key, as `wave_id 2006, segment_code female`.
        what: the column; or `row`, if the row itself is new or gone.
        before: the value before; empty if there was none, or it is not told.
        after: the value after.
        in_errors: the difference in standard errors before, of the table's own figure.
    """

    table: str
    study_id: str
    measure_id: str
    row: str
    what: str
    before: float | str | None
    after: float | str | None
    in_errors: float | None = None


@dataclass
class Summary:
    """How many rows of a measure differ in a table, and how much at most."""

    table: str
    study_id: str
    measure_id: str
    compared: int = 0
    changed: int = 0
    shown: int = 0
    suppressed: int = 0
    other_status: int = 0
    appeared: int = 0
    vanished: int = 0
    largest: float | None = None
    largest_in_errors: float | None = None

    @property
    def differs(self) -> bool:
        """Whether anything is another one."""
        return any(
            (
                *(self.changed, self.shown, self.suppressed, self.other_status),
                *(self.appeared, self.vanished),
            )
        )


@dataclass
class Difference:
    """All that differs."""

    before: str
    after: str
    tolerance: float
    summaries: list[Summary] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    only_before: list[str] = field(default_factory=list)
    only_after: list[str] = field(default_factory=list)
    without_key: list[str] = field(default_factory=list)

    @property
    def differing(self) -> list[Summary]:
        """The measures in which something differs."""
        return [each for each in self.summaries if each.differs]

    @property
    def n_compared(self) -> int:
        """How many rows both have."""
        return sum(each.compared for each in self.summaries)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.differing or self.only_before or self.only_after)


def difference(
    project: Project, before: str, after: str, tolerance: float = TOLERANCE
) -> Difference:
    """Compare two releases, or a release with the build in the working database.

    Args:
        project: the project.
        before: a release, as `find_release` takes it, or `build`.
        after: the same.
        tolerance: numbers that differ by less than this part of the larger one are the same.

    Raises:
        WavehouseError: a release is not kept, or there is no working database.
    """
    with _sides(project, before, after) as (connection, (first, second)):
        return compare(connection, project, first, second, tolerance)


def compare(
    connection: "DuckDBPyConnection",
    project: Project,
    first: Side,
    second: Side,
    tolerance: float = TOLERANCE,
) -> Difference:
    """Compare two sides whose tables a connection can read.

    Args:
        connection: reads the sources of both.
        project: says what the keys of tables are.
        first: the one before.
        second: the one after.
        tolerance: as `difference` takes it.
    """
    keys = {name: tuple(each["key"]) for name, each in read_record(project).items()}
    found = Difference(first.name, second.name, tolerance)
    of_measures = [
        {
            name: columns
            for name, source in side.tables.items()
            if name not in NOT_COMPARED and has_measures(columns := columns_of(connection, source))
        }
        for side in (first, second)
    ]
    found.only_before = sorted(of_measures[0].keys() - of_measures[1].keys())
    found.only_after = sorted(of_measures[1].keys() - of_measures[0].keys())
    for name in sorted(of_measures[0].keys() & of_measures[1].keys()):
        columns = {
            column: kind
            for column, kind in of_measures[0][name].items()
            if column in of_measures[1][name]
        }
        key = keys.get(name, ())
        if key and set(key) <= columns.keys():
            sources = (first.tables[name], second.tables[name])
            _compare(connection, found, name, key, columns, sources)
        else:
            found.without_key.append(name)
    return found


def has_measures(columns: dict[str, str]) -> bool:
    """Tell whether a table has numbers of measures, by its columns and their types."""
    numbers = [name for name, kind in columns.items() if kind == "DOUBLE"]
    return {"study_id", "measure_id"} <= columns.keys() and bool(numbers)


@contextmanager
def _sides(
    project: Project, *words: str
) -> Iterator[tuple["DuckDBPyConnection", tuple[Side, Side]]]:
    with connect(config={"autoinstall_known_extensions": "false"}) as connection:
        first, second = (_side(project, connection, each) for each in words)
        yield connection, (first, second)


def _side(project: Project, connection: "DuckDBPyConnection", words: str) -> Side:
    if words == BUILD:
        database = project.working_database
        name = project.relative(database)
        if not database.exists():
            raise WavehouseError(f"{name} is missing, so there is no build to compare. Run `make`.")
        with holder_named(name):
            attach(connection, database, "working", if_not_there=True)
        tables = connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'working' and table_schema = $1",
            [SCHEMA],
        ).fetchall()
        return Side(
            f"the build in {name}",
            {table: f"working.{SCHEMA}.{sql_name(table)}" for (table,) in tables},
        )
    if words == CURRENT and not kept_releases(project):
        # Published before there was a history.
        manifest = published_manifest(project)
        if manifest is None:
            raise WavehouseError("Nothing is published yet. Run `make` first.")
        return Side(
            manifest["release"],
            _files((project.warehouse / "current/parquet").glob("*.parquet")),
        )
    release = find_release(project, words)
    return Side(release.release_id, _files(release.files()))


def _files(files: Iterator[Path]) -> dict[str, str]:
    return {file.stem: parquet.source(file.resolve()) for file in files}


def columns_of(connection: "DuckDBPyConnection", source: str) -> dict[str, str]:
    """Give the columns of a table or query, with their types."""
    rows = connection.execute(f"describe select * from {source}").fetchall()
    return {row[0]: row[1].partition("(")[0] for row in rows}


def _compare(
    connection: "DuckDBPyConnection",
    found: Difference,
    table: str,
    key: tuple[str, ...],
    columns: dict[str, str],
    sources: tuple[str, str],
) -> None:
    """Compare the rows of a table, and add what differs to what was found."""
    numbers = [name for name, kind in columns.items() if kind in NUMBERS and name not in key]
    figure = next(name for name in numbers if columns[name] == "DOUBLE")
    statuses = [name for name in STATUSES if name in columns]
    described = dict.fromkeys([*key, "study_id", "measure_id"])
    ids = ", ".join(
        f"coalesce(a.{sql_name(name)}, b.{sql_name(name)}) as {sql_name(name)}"
        for name in described
    )
    pairs = ", ".join(
        f'a.{sql_name(name)} as "a {name}", b.{sql_name(name)} as "b {name}"'
        for name in [*numbers, *statuses]
    )
    connection.execute(
        f"""
        create or replace temp table compared as
        select
            {ids},
            case when a.{sql_name(key[0])} is null then 'appeared'
                when b.{sql_name(key[0])} is null then 'vanished' else 'both' end as presence,
            a.{sql_name(figure)} is not null as was_shown,
            b.{sql_name(figure)} is not null as is_shown,
            {pairs}
        from {sources[0]} as a
        full outer join {sources[1]} as b
            on {" and ".join(f"a.{sql_name(name)} = b.{sql_name(name)}" for name in key)}
        """
    )
    differs = {name: _differs(name, found.tolerance) for name in numbers}
    other_status = (
        " or ".join(f'"a {name}" is distinct from "b {name}"' for name in statuses) or "false"
    )
    both_shown = "presence = 'both' and was_shown and is_shown"
    change = f'abs("b {figure}" - "a {figure}")'
    in_errors = (
        f'{change} / nullif("a {ERROR}", 0)' if ERROR in numbers and figure != ERROR else "null"
    )
    for row in connection.execute(
        f"""
        select
            study_id, measure_id,
            count(*) filter (presence = 'both'),
            count(*) filter ({both_shown} and ({" or ".join(differs.values())})),
            count(*) filter (presence = 'both' and not was_shown and is_shown),
            count(*) filter (presence = 'both' and was_shown and not is_shown),
            count(*) filter (presence = 'both' and was_shown = is_shown and ({other_status})),
            count(*) filter (presence = 'appeared'),
            count(*) filter (presence = 'vanished'),
            max({change}) filter ({both_shown} and {differs[figure]}),
            max({in_errors}) filter ({both_shown} and {differs[figure]})
        from compared
        group by all
        order by all
        """
    ).fetchall():
        found.summaries.append(Summary(table, *row))
    place = " || ', ' || ".join(
        f"'{name} ' || {sql_name(name)}" for name in key if name not in ("study_id", "measure_id")
    )
    parts = [
        f"""
        select study_id, measure_id, {place or "''"}, {number}, {sql_text(name)},
            "a {name}"::double, "b {name}"::double, null, null,
            {in_errors if name == figure else "null"}
        from compared where {both_shown} and {differs[name]}
        """
        for number, name in enumerate(numbers, start=1)
    ]
    parts += [
        f"""
        select study_id, measure_id, {place or "''"}, 0, {sql_text(name)}, null, null,
            "a {name}", "b {name}", null
        from compared where presence = 'both' and "a {name}" is distinct from "b {name}"
        """
        for name in statuses
    ]
    parts.append(
        f"""
        select study_id, measure_id, {place or "''"}, -1, 'row', null, null,
            case presence when 'vanished' then 'there' end,
            case presence when 'appeared' then 'there' end, null
        from compared where presence <> 'both'
        """
    )
    rows: list[tuple[Any, ...]] = connection.execute(
        f"select * from ({' union all '.join(parts)}) order by all"
    ).fetchall()
    for study_id, measure_id, row_name, _, what, *values in rows:
        number_before, number_after, text_before, text_after, errors = values
        before = number_before if text_before is None else text_before
        after = number_after if text_after is None else text_after
        found.changes.append(
            Change(table, study_id, measure_id, row_name, what, before, after, errors)
        )


def _differs(name: str, tolerance: float) -> str:
    a, b = f'"a {name}"::double', f'"b {name}"::double'
    return (
        f"coalesce(abs({a} - {b}) > {LEAST} + {tolerance!r} * greatest(abs({a}), abs({b})), "
        f"({a} is null) <> ({b} is null))"
    )
