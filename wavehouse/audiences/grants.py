"""What the codebook grants to each audience, as a build that passed has it."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from wavehouse.codebook.ids import complaint_about_wave, shown

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PUBLIC = "public"
FILES = "seeds/codebook"
NAME = re.compile(r"[a-z][a-z0-9_]*")
TABLES = ("audiences", "audience_rows", "audience_columns")
# Codebooks of releases from before there were deliveries do not have it.
DELIVERIES = "audience_deliveries"
# What `audience_columns` may name instead of a table.
ESTIMATES, DICTIONARY, ANSWERS = GROUPS = ("estimates", "dictionary", "answers")
DIMENSION = "dim_"


@dataclass(frozen=True)
class RowGrant:
    """Rows that an audience may read; what is None is not limited.

    Args:
        study_id: the study.
        wave_id: one wave; a row of a wave decides for it alone, whatever rows of its study say.
        measure_id: one measure.
        segment_id: one segment.
        with_provisional: whether figures of the status P are among them.
        not_before: the first day on which they may be read.
    """

    study_id: str
    wave_id: str | None = None
    measure_id: str | None = None
    segment_id: str | None = None
    with_provisional: bool = True
    not_before: date | None = None


@dataclass
class Audience:
    """Who reads together, and what: nothing that no grant names.

    Args:
        audience_id: its id.
        label: its name for readers.
        needs_key: whether its file is encrypted, so that only holders of a key can read it.
        rows: which rows.
        whole: tables and groups of tables of which it reads all columns.
        columns: by table, single columns.
        deliveries: study and wave that it may deliver; None for all waves of the study.
    """

    audience_id: str
    label: str
    needs_key: bool
    rows: list[RowGrant] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)
    columns: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    deliveries: list[tuple[str, str | None]] = field(default_factory=list)

    def columns_of(self, table: str, columns: list[str], of_people: bool) -> list[str]:
        """Choose the columns of a table that it may read, in their order.

        Args:
            table: the table.
            columns: all of its columns.
            of_people: whether its rows are of people.
        """
        if table in self.whole or self.whole & groups_of(table, of_people):
            return columns
        return [column for column in columns if column in self.columns.get(table, ())]

    def waits_until(self, today: date) -> date | None:
        """Give the next day on which it may read more than today; None if there is none."""
        days = [row.not_before for row in self.rows if row.not_before and row.not_before > today]
        return min(days, default=None)


def problems_of(
    audiences: Sequence[Audience],
    tables: Mapping[str, Collection[str]],
    ids: Mapping[str, set[str]],
) -> list[str]:
    """Say what in grants names nothing that there is, so that nobody waits for what never comes.

    Args:
        audiences: the audiences.
        tables: the columns of each public table.
        ids: by `study_id`, `measure_id` and `segment_id`, those that the release has.
    """
    problems = []
    for audience in audiences:
        name = f"audience {audience.audience_id}"
        if not NAME.fullmatch(audience.audience_id):
            problems.append(
                f"{FILES}/audiences.csv: {audience.audience_id!r} cannot name a file. Use small "
                "letters, digits and _."
            )
        if audience.audience_id == PUBLIC and audience.needs_key:
            problems.append(
                f"{FILES}/audiences.csv, {name}: needs_key is not false, but whoever gives no key "
                "is of this audience. Write false, or name the audience otherwise."
            )
        if audience.deliveries and not audience.needs_key:
            problems.append(
                f"{FILES}/{DELIVERIES}.csv, {name}: whoever has no key is of this audience, and "
                "nobody delivers without one. Name another audience."
            )
        problems += [
            f"{FILES}/{DELIVERIES}.csv, {name}, study {study_id}: wave {shown(wave_id)} {said}."
            for study_id, wave_id in audience.deliveries
            if wave_id is not None and (said := complaint_about_wave(wave_id, study_id))
        ]
        for row in audience.rows:
            if row.study_id not in ids["study_id"]:
                continue  # an optional study, of which nothing is landed
            problems += [
                f"{FILES}/audience_rows.csv, {name}, study {row.study_id}: there is no {column} "
                f"{value}. Correct it, or leave it empty for all."
                for column, value in (
                    ("measure_id", row.measure_id),
                    ("segment_id", row.segment_id),
                )
                if value is not None and value not in ids[column]
            ]
        for table in sorted(audience.whole - {*tables, *GROUPS}):
            problems.append(
                f"{FILES}/audience_columns.csv, {name}: there is no public table {table}. Name a "
                f"table, or one of the groups {', '.join(GROUPS)}."
            )
        for table, columns in audience.columns.items():
            if table not in tables:
                problems.append(
                    f"{FILES}/audience_columns.csv, {name}: there is no public table {table}, so "
                    "it has no columns. Leave column_name empty for a group."
                )
                continue
            problems += [
                f"{FILES}/audience_columns.csv, {name}: {table} has no column {column}. Correct it."
                for column in sorted(columns - set(tables[table]))
            ]
    return problems


def groups_of(table: str, of_people: bool) -> set[str]:
    """Give the groups that a public table is in: one, but for dimensions, which are in all."""
    if of_people:
        return {ANSWERS}
    if table.startswith(DIMENSION):
        return set(GROUPS)
    return {DICTIONARY if table.startswith("dictionary_") else ESTIMATES}


def read_audiences(
    connection: "DuckDBPyConnection", database: str, schema: str = "codebook"
) -> list[Audience]:
    """Read the audiences of a working database, by id; none if it has no such tables.

    Cells are as the codebook has them. The build has checked that they can be read.

    Args:
        connection: has the database attached.
        database: its name there.
        schema: where the codebook is.
    """
    there = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = ? and schema_name = ?",
            [database, schema],
        ).fetchall()
    }
    if not there >= set(TABLES):
        return []
    place = f"{database}.{schema}"
    audiences = {
        audience_id: Audience(audience_id, label or audience_id, needs_key != "false")
        for audience_id, label, needs_key in connection.execute(
            f"select audience_id, audience_label, needs_key from {place}.audiences order by 1"
        ).fetchall()
    }
    for audience_id, *row, provisional, day in connection.execute(
        "select audience_id, study_id, wave_id, measure_id, segment_id, with_provisional, "
        f"not_before from {place}.audience_rows order by all"
    ).fetchall():
        audiences[audience_id].rows.append(
            RowGrant(*row, provisional != "false", date.fromisoformat(day) if day else None)
        )
    for audience_id, table, column in connection.execute(
        "select audience_id, table_or_group, column_name "
        f"from {place}.audience_columns order by all"
    ).fetchall():
        if column is None:
            audiences[audience_id].whole.add(table)
        else:
            audiences[audience_id].columns[table].add(column)
    if DELIVERIES in there:
        for audience_id, study_id, wave_id in connection.execute(
            f"select audience_id, study_id, wave_id from {place}.{DELIVERIES} order by all"
        ).fetchall():
            audiences[audience_id].deliveries.append((study_id, wave_id))
    return list(audiences.values())
