"""Read a filled worksheet of a review back, whatever a spreadsheet has made of it."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.columns import column_rows, proposals_of_no_column, read_columns
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    DECISIONS,
    OPEN,
    REJECT,
    Draft,
    Proposal,
    draft_path,
    read_draft,
    write_each,
)
from wavehouse_exchange.onboarding.not_needed import NOT_NEEDED
from wavehouse_exchange.onboarding.reviewing import next_step
from wavehouse_exchange.onboarding.wanted import NOT_WANTED, of_new_column
from wavehouse_exchange.onboarding.worksheet import (
    FORMULA,
    because_text,
    decision_text,
    read_row_cell,
    row_key,
)

NEEDED = ("name", "wanted", "decision", "because", "row")
YES, NO = ("yes", "y", "true", "1", "x", "ja", "oui", "si", "sim"), ("no", "n", "false", "0")
_SINGLE = re.compile(r"(p\d+)\s*:?\s+(\w+|not\s+needed)")


@dataclass(frozen=True)
class SheetRow:
    """A row of a worksheet as texts, and where it stands."""

    number: int
    cells: dict[str, str]


def decide_from(project: Project, study_id: str, wave_id: str, path: Path) -> str:
    """Decide what a worksheet says.

    Rows may stand in another order, be left out, or be filled in partly: what is not said stays. So
    does what was decided since in a row that nobody touched in the worksheet.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: the file is not there, or no worksheet.
        ProblemsError: some rows cannot be read; each of them is named, and nothing is decided.
    """
    draft = read_draft(project, study_id, wave_id)
    rows = read_worksheet(path)
    known = _known_rows(project, draft)
    problems: list[str] = []
    decided: dict[str, tuple[str, str]] = {}
    said_at: dict[str, int] = {}
    for row in rows:
        where = f"{path.name}, row {row.number} ({row.cells['name'] or 'without a name'})"
        found = _proposals_of(draft, row, known, where, problems)
        if not found:
            continue
        for proposal_id, said in _said(row, found, where, problems).items():
            if decided.get(proposal_id, said) != said:
                problems.append(
                    f"{where}: row {said_at[proposal_id]} is a copy of it and decides otherwise. "
                    "Delete one of them."
                )
            decided[proposal_id] = said
            said_at.setdefault(proposal_id, row.number)
    if problems:
        raise ProblemsError(
            f"{path}: nothing was decided, since some rows are not right:", problems
        )
    before = {p.id: (p.decision, p.because) for p in draft.proposals}
    changed = {each: said for each, said in decided.items() if before[each] != said}
    if changed:
        draft = write_each(draft_path(project, study_id, wave_id), changed)
    counts = {word: sum(said[0] == word for said in changed.values()) for word in DECISIONS}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing new"
    keys = {cell.key for row in rows if (cell := read_row_cell(row.cells["row"]))}
    without = len(known) - len(keys & known.keys())
    lacking = f" {without} rows are not in the file; they stay as they are." if without else ""
    return f"{path}: {told}.{lacking} {next_step(draft)}"


def read_worksheet(path: Path) -> list[SheetRow]:
    """Read the rows of a worksheet that are not blank.

    Raises:
        WavehouseError: the file cannot be read, or has not the columns of a worksheet.
    """
    if not path.is_file():
        raise WavehouseError(f"{path}: there is no such file.")
    ending = path.suffix.lower()
    if ending == ".xlsx":
        lines = _lines_of_workbook(path)
    elif ending == ".csv":
        lines = _lines_of_csv(path)
    else:
        raise WavehouseError(f"{path}: a worksheet ends in .xlsx or .csv. Save it as one of them.")
    header: list[str] = []
    rows = []
    for number, values in lines:
        if not any(value.strip() for value in values):
            continue
        if not header:
            header = [value.strip().casefold() for value in values]
            lacking = [column for column in NEEDED if column not in header]
            if lacking:
                raise WavehouseError(
                    f"{path}, row {number}: the columns {', '.join(lacking)} are missing. Give "
                    "the header its names back, or write the worksheet anew with `wavehouse "
                    "review --worksheet`."
                )
            twice = [column for column in NEEDED if header.count(column) > 1]
            if twice:
                raise WavehouseError(
                    f"{path}, row {number}: the columns {', '.join(twice)} stand there more than "
                    "once. Delete one of each."
                )
            continue
        values = [*values, *[""] * (len(header) - len(values))]
        cells = {column: _plain(value) for column, value in zip(header, values, strict=False)}
        rows.append(SheetRow(number, cells))
    if not header:
        raise WavehouseError(f"{path}: the worksheet is empty.")
    return rows


def _lines_of_workbook(path: Path) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    from wavehouse_exchange.landing.guards import check_package

    try:
        check_package(path)
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book["review"] if "review" in book.sheetnames else book.worksheets[0]
        lines = [
            (number, [_cell_text(value) for value in values])
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1)
        ]
        book.close()
    except WavehouseError:
        raise
    except Exception as error:
        raise WavehouseError(
            f"{path}: the file is damaged, or no .xlsx file ({error}). Save it again."
        ) from error
    yield from lines


def _cell_text(value: object) -> str:
    """Give a cell as text; spreadsheets make numbers and dates of texts that look so."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _lines_of_csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # As Excel saves "CSV" in the west; what is read back are names and words of ours.
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    # Excel writes semicolons where the comma is the decimal mark.
    delimiter = max(",;\t", key=first.count)
    yield from enumerate(csv.reader(StringIO(text, newline=""), delimiter=delimiter), start=1)


def _plain(value: str) -> str:
    """Take off the apostrophe that keeps a text from being a formula."""
    text = value.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _known_rows(project: Project, draft: Draft) -> dict[str, tuple[str, list[Proposal]]]:
    """Give name and proposals of each row that a worksheet of the draft has, by its key."""
    columns = list(column_rows(draft, read_columns(project, draft)))
    rows = [(column.name, column.proposals) for column in columns]
    rows += [(p.subject, [p]) for p in proposals_of_no_column(draft, columns)]
    return {
        row_key(draft.study, draft.wave, name, proposals): (name, proposals)
        for name, proposals in rows
    }


def _proposals_of(
    draft: Draft,
    row: SheetRow,
    known: dict[str, tuple[str, list[Proposal]]],
    where: str,
    problems: list[str],
) -> list[Proposal]:
    """Give the proposals that a row is about; none if it is about none, or if that is a problem."""
    cell = read_row_cell(row.cells["row"])
    says_something = any(row.cells[column] for column in ("wanted", "decision", "because"))
    if cell is not None and cell.key in known:
        name, proposals = known[cell.key]
        if not _same_name(row.cells["name"], name):
            problems.append(
                f"{where}: the row was written for {name}. Put the name back; if only some columns "
                "were sorted, undo that."
            )
            return []
        if not proposals and row.cells["wanted"].casefold() in NO:
            problems.append(f"{where}: nothing is proposed of the column, so it stays as it is.")
        return proposals
    if cell is not None and cell.wave != (draft.study, draft.wave):
        problems.append(
            f"{where}: the row is of wave {cell.wave[1]} of study {cell.wave[0]}. Name the "
            f"worksheet of wave {draft.wave} of study {draft.study}."
        )
    elif cell is not None:
        problems.append(
            f"{where}: the draft has changed since the worksheet was written. Write it anew with "
            f"`wavehouse review {draft.study} {draft.wave} --worksheet`."
        )
    elif says_something:
        problems.append(
            f"{where}: the cell `row` is not what was written there. Put it back, or delete the "
            "row."
        )
    return []


def _same_name(said: str, name: str) -> bool:
    """Whether a name is the same but for what spreadsheets do to it: 001 to 1, MAR1 to a date."""
    if said.casefold() == name.strip().casefold():
        return True
    try:
        return float(said) == float(name)
    except ValueError:
        return bool(
            re.fullmatch(
                r"\d{4}-\d\d-\d\d|\d{1,2}[-./ ]\w{2,4}[-./ ]?(\d{2,4})?|\w{3,4}[-./]\d{1,4}", said
            )
            and re.search(r"\d", name)
        )


def _said(
    row: SheetRow, proposals: list[Proposal], where: str, problems: list[str]
) -> dict[str, tuple[str, str]]:
    """Give what a row decides, by the ids of its proposals."""
    because = row.cells["because"]
    cell = read_row_cell(row.cells["row"])
    # What was decided when the worksheet was written; an older one does not say.
    written = dict(zip((p.id for p in proposals), cell.decisions if cell else [], strict=False))
    # The reasons of several proposals stand in one cell: nothing new unless it was edited.
    edited = (
        not cell.has_reasons(because)
        if cell is not None and written
        else because != because_text(proposals)
    )
    decisions = _decisions(row.cells["decision"], proposals, where, problems)
    decisions = _with_wanted(row, proposals, decisions, where, problems)
    said = {}
    for proposal in proposals:
        decision = decisions.get(proposal.id)
        untouched = not edited and not row.cells["wanted"] and decision == written.get(proposal.id)
        if decision is None or untouched:
            continue
        if decision == OPEN:
            said[proposal.id] = (OPEN, "" if not proposal.is_open else proposal.because)
            continue
        reason = because if edited else proposal.because
        if decision == REJECT and not reason and row.cells["wanted"].casefold() in NO:
            reason = NOT_WANTED
        if decision == REJECT and not reason:
            problems.append(f"{where}: it is rejected, and `because` does not say why.")
            continue
        said[proposal.id] = (decision, reason)
    return said


def _decisions(
    text: str, proposals: list[Proposal], where: str, problems: list[str]
) -> dict[str, str]:
    """Read one word for all proposals of a row, or a word for each."""
    word = text.casefold()
    if word in ("", NOT_NEEDED):
        return {}
    if word in DECISIONS:
        return dict.fromkeys([p.id for p in proposals], word)
    found: dict[str, str] = {}
    for part in re.split(r"[;,\n]+", text):
        each = _SINGLE.fullmatch(part.strip())
        if each is None or each[2].casefold() not in (*DECISIONS, NOT_NEEDED):
            problems.append(
                f'{where}: decision "{text}" is none of {", ".join(DECISIONS)}'
                + (f", nor such as {decision_text(proposals)}." if len(proposals) > 1 else ".")
            )
            return {}
        if each[1] not in {p.id for p in proposals}:
            ids = ", ".join(p.id for p in proposals)
            problems.append(f"{where}: {each[1]} is not of this row, which has {ids}.")
            return {}
        if each[2].casefold() != NOT_NEEDED:
            found[each[1]] = each[2].casefold()
    return found


def _with_wanted(
    row: SheetRow,
    proposals: list[Proposal],
    decisions: dict[str, str],
    where: str,
    problems: list[str],
) -> dict[str, str]:
    """Reject what is not wanted."""
    wanted = row.cells["wanted"].casefold()
    if wanted and wanted not in (*YES, *NO):
        problems.append(f'{where}: wanted "{row.cells["wanted"]}" is neither yes nor no.')
        return decisions
    if not wanted or wanted in YES:
        return decisions
    to_waive = of_new_column(proposals)
    if not to_waive:
        problems.append(
            f"{where}: the column is not new, so `wanted` cannot waive it. Decide what is proposed."
        )
        return decisions
    if any(p.decision != ACCEPT and decisions.get(p.id) == ACCEPT for p in to_waive):
        problems.append(f"{where}: it is accepted and not wanted. Clear one of the two cells.")
        return decisions
    return decisions | {proposal.id: REJECT for proposal in to_waive}
