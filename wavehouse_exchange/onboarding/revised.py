"""What a corrected delivery changes in a wave, and what was decided of the one before."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import csv_text, sql_name, sql_text
from wavehouse.project import Project
from wavehouse.writing import write_whole
from wavehouse_exchange.landing.landed import read_landed
from wavehouse_exchange.onboarding.draft import OPEN, TO_FILL_IN, Change, Draft, Proposal, rows_path
from wavehouse_exchange.onboarding.profile import (
    ColumnProfile,
    WaveProfile,
    profile_wave,
    seed_file,
)

# Of the columns that changed, in what is shown; the file has all.
MOST_COLUMNS_SHOWN = 15
MOST_CODES_SHOWN = 6
Identity = tuple[str, str, str]
# What is written if a proposal is accepted, and if it is rejected.
Rows = tuple[list[Change], list[Change]]


class Difference(NamedTuple):
    """One thing that is otherwise: a row of the file of changes."""

    what: str
    source_column: str
    source_code: str
    was: str
    is_now: str


@dataclass
class Delivery:
    """A wave's files as they are at one time: what is in them, and all answers in memory."""

    profile: WaveProfile
    connection: duckdb.DuckDBPyConnection


@dataclass
class Revision:
    """What differs between two deliveries of a wave.

    `answers` has the number of respondents whose answer changed, by column; None where respondents
    cannot be followed.
    """

    rows: tuple[int, int]
    came: int | None = None
    went: int | None = None
    answers: dict[str, int] | None = None
    differences: list[Difference] = field(default_factory=list)

    def count(self, what: str) -> int:
        """Give how many things of a kind differ."""
        return sum(difference.what == what for difference in self.differences)


def read_delivery(project: Project, study_id: str, wave_id: str) -> Delivery | None:
    """Read a wave as it is delivered now, to compare it later; None if it is not there.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
    """
    profile = profile_wave(project, study_id, wave_id)
    if profile is None:
        return None
    seed = seed_file(project, study_id, wave_id)
    source = (
        f"read_csv({sql_text(seed)}, all_varchar = true, header = true, nullstr = '')"
        if seed.is_file()
        else parquet.source(read_landed(project, study_id, wave_id).answers)
    )
    connection = connect()
    names = ", ".join(
        f"cast({sql_name(name)} as varchar) as {sql_name(name)}" for name in profile.columns
    )
    connection.execute(f"create table answers as select {names} from {source}")
    return Delivery(profile, connection)


def compare_deliveries(old: Delivery, new: Delivery, respondent: str | None) -> Revision:
    """Say what differs between two deliveries of a wave."""
    before, after = old.profile.columns, new.profile.columns
    revision = Revision((old.profile.row_count, new.profile.row_count))
    found = revision.differences
    found += [Difference("column went", name, "", name, "") for name in before if name not in after]
    found += [Difference("column came", name, "", "", name) for name in after if name not in before]
    for name in (name for name in before if name in after):
        found += _of_column(before[name], after[name])
    if respondent and respondent in before and respondent in after:
        _follow(revision, old, new, respondent, [name for name in before if name in after])
    return revision


def _of_column(before: ColumnProfile, after: ColumnProfile) -> Iterator[Difference]:
    name = before.name
    if before.label != after.label:
        yield Difference("label", name, "", before.label, after.label)
    for code in dict.fromkeys([*before.value_labels, *after.value_labels]):
        labels = before.value_labels.get(code, ""), after.value_labels.get(code, "")
        if labels[0] != labels[1]:
            yield Difference("code label", name, code, *labels)
    for code in sorted(before.missing_codes ^ after.missing_codes):
        said = [
            "missing" if code in column.missing_codes else "answer" for column in (before, after)
        ]
        yield Difference("missing code", name, code, *said)
    if before.empty_count != after.empty_count:
        yield Difference("count", name, "", str(before.empty_count), str(after.empty_count))
    if before.counts or after.counts:
        for code in dict.fromkeys([*before.counts, *after.counts]):
            counts = before.counts.get(code, 0), after.counts.get(code, 0)
            if counts[0] != counts[1]:
                yield Difference("count", name, code, f"{counts[0]:g}", f"{counts[1]:g}")
    elif before.code_count != after.code_count:
        counts_of_codes = str(before.code_count), str(after.code_count)
        yield Difference("different values", name, "", *counts_of_codes)


def _follow(
    revision: Revision, old: Delivery, new: Delivery, respondent: str, columns: list[str]
) -> None:
    """Follow respondents from one delivery to the other, where each has one row in both."""
    key = sql_name(respondent)
    for each in (old, new):
        unique = f"select count(distinct {key}) = count(*) from answers"
        if not each.connection.execute(unique).fetchall()[0][0]:
            return
    # Both in one database, to be joined.
    table = new.connection.execute("select * from answers").to_arrow_table()
    connection = old.connection
    connection.register("answers_now", table)
    came, went = (
        connection.execute(
            f"select count(*) from {one} where {key} not in (select {key} from {other})"
        ).fetchall()[0][0]
        for one, other in (("answers_now", "answers"), ("answers", "answers_now"))
    )
    revision.came, revision.went = came, went
    counted = ", ".join(
        f"count(*) filter (where old.{sql_name(name)} is distinct from new.{sql_name(name)})"
        for name in columns
    )
    counts = connection.execute(
        f"select {counted} from answers as old inner join answers_now as new using ({key})"
    ).fetchall()[0]
    revision.answers = {name: count for name, count in zip(columns, counts, strict=True) if count}
    connection.unregister("answers_now")


def write_changes(project: Project, study_id: str, wave_id: str, revision: Revision) -> Path:
    """Write everything that differs into a file of CSV, and give its place."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(Difference._fields)
    rows = list(revision.differences)
    for name, count in (revision.answers or {}).items():
        rows.append(Difference("answers changed", name, "", "", str(count)))
    writer.writerows([csv_text(value) for value in row] for row in rows)
    path = project.target / "changes" / f"{study_id}_{wave_id}.csv"
    write_whole(path, made.getvalue())
    return path


def revision_text(revision: Revision, place: str) -> str:
    """Say what a corrected delivery changes, the columns with the most changes first."""
    was, now = revision.rows
    lines = [f"Rows: {was} before, {now} now."]
    if revision.answers is None:
        lines.append("Respondents cannot be compared: no column identifies them in both files.")
    else:
        lines.append(f"Respondents: {revision.came} came, {revision.went} went.")
    for what, said in (("column came", "New columns"), ("column went", "Columns that went")):
        names = [d.source_column for d in revision.differences if d.what == what]
        if names:
            lines.append(f"{said}: {_some(names, MOST_COLUMNS_SHOWN)}.")
    columns = _by_column(revision)
    answers = revision.answers or {}
    order = sorted(columns, key=lambda name: (-answers.get(name, 0), name))
    for name in order[:MOST_COLUMNS_SHOWN]:
        lines.append(f"  {name}: {'; '.join(_said_of(name, columns[name], answers))}")
    if len(order) > MOST_COLUMNS_SHOWN:
        lines.append(f"  and {len(order) - MOST_COLUMNS_SHOWN} more columns")
    if not revision.differences and not answers:
        lines.append("No column, label, code or answer has changed.")
    else:
        lines.append(f"All changes are in {place}.")
    return "\n".join(lines)


def _by_column(revision: Revision) -> dict[str, list[Difference]]:
    columns: dict[str, list[Difference]] = {name: [] for name in revision.answers or {}}
    for difference in revision.differences:
        if difference.what not in ("column came", "column went"):
            columns.setdefault(difference.source_column, []).append(difference)
    return columns


def _said_of(name: str, differences: list[Difference], answers: dict[str, int]) -> list[str]:
    said = [f"{answers[name]} answers changed"] if name in answers else []
    for difference in differences:
        if difference.what == "label":
            said.append(f"label {difference.was!r}, now {difference.is_now!r}")
        elif difference.what == "code label":
            code = difference.source_code
            said.append(f"code {code} was {difference.was!r}, now {difference.is_now!r}")
        elif difference.what == "missing code":
            said.append(f"code {difference.source_code} is {difference.is_now} now")
    counts = [
        f"{d.source_code or 'empty'} {d.was} -> {d.is_now}"
        for d in differences
        if d.what == "count"
    ]
    if counts:
        said.append(f"counts {_some(counts, MOST_CODES_SHOWN)}")
    others = [d for d in differences if d.what == "different values"]
    return said + [f"{d.was} different values, now {d.is_now}" for d in others]


def _some(texts: Sequence[str], most: int) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def keep_rows_as_made(project: Project, draft: Draft) -> None:
    """Remember the rows of a draft as they were made, so that edits of them can be told later."""
    made = {p.id: {"changes": p.changes, "if_rejected": p.if_rejected} for p in draft.proposals}
    write_whole(rows_path(project, draft.study, draft.wave), json.dumps(made, ensure_ascii=False))


def rows_as_made(project: Project, draft: Draft) -> dict[str, Rows]:
    """Give the rows of a draft's proposals as they were made; as they are, where that is lost."""
    path = rows_path(project, draft.study, draft.wave)
    made = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        p.id: (made[p.id]["changes"], made[p.id]["if_rejected"])
        if p.id in made
        else (p.changes, p.if_rejected)
        for p in draft.proposals
    }


def keep_decisions(before: Draft, made: Mapping[str, Rows], draft: Draft) -> str:
    """Give proposals of a new draft the decisions that the same ones had before.

    A proposal is the same if it is of the same kind and column, and the same rows were made for it;
    its rows stay as they were edited. A value that only a person knew is filled in again. All
    others wait to be decided.

    Args:
        before: the draft before.
        made: the rows of its proposals as they were made.
        draft: the new one, which is changed.

    Returns:
        what to tell the user.
    """
    there: dict[Identity, Proposal] = {}
    for proposal in before.proposals:
        there.setdefault(_identity(proposal), proposal)
    pairs = [(p, there[_identity(p)]) for p in draft.proposals if _identity(p) in there]
    ids = {old.id: new.id for new, old in pairs}
    kept = 0
    for new, old in pairs:
        as_made = tuple(_renamed(rows, ids) for rows in made[old.id])
        edited = _renamed(old.changes, ids), _renamed(old.if_rejected, ids)
        if (new.changes, new.if_rejected) != as_made:
            _fill_in(new.changes, edited[0])
            if (new.changes, new.if_rejected) != edited:
                continue
        new.changes, new.if_rejected = edited
        # Also where somebody opened again what had been accepted beforehand.
        new.decision, new.because = old.decision, old.because
        kept += old.decision != OPEN
    decided = sum(not proposal.is_open for proposal in before.proposals)
    return f"{kept} of {decided} decisions are kept; the others no longer apply."


def within_a_wave(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Leave out what two deliveries of one wave cannot have: breaks, and proposals without rows.

    A correction breaks no series; what it moves is in the file of changes.
    """
    kept = []
    for proposal in proposals:
        for part in (proposal.changes, proposal.if_rejected):
            part[:] = [change for change in part if change.get("table") != "breaks"]
        if proposal.changes or proposal.kind == "design_column_missing":
            kept.append(proposal)
    return kept


def _identity(proposal: Proposal) -> Identity:
    return proposal.kind, proposal.subject, proposal.old_column


def _renamed(changes: list[Change], ids: dict[str, str]) -> list[Change]:
    """Give changes whose conditions name proposals as they are numbered now."""
    found = []
    for change in changes:
        parts = [part.split() for part in change.get("when", "").split(",") if part.strip()]
        when = ", ".join(f"{ids.get(each, each)} {said}" for each, said in parts)
        found.append({**change, "when": when} if parts else change)
    return found


def _fill_in(changes: list[Change], filled: list[Change]) -> None:
    """Fill in what only a person knew, from the same rows of an earlier draft."""
    for change, earlier in zip(changes, filled, strict=False):
        if change.get("table") != earlier.get("table"):
            return
        for part in ("add", "set"):
            for column, value in change.get(part, {}).items():
                if value == TO_FILL_IN:
                    change[part][column] = earlier.get(part, {}).get(column, value)
