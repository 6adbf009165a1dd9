"""Write the worksheet of a review: a row a column, as .xlsx or .csv."""

import csv
import re
from collections.abc import Iterator, Mapping
from io import BytesIO, StringIO
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import write_whole
from wavehouse_exchange.onboarding.columns import (
    Codes,
    ColumnRow,
    column_rows,
    proposals_of_no_column,
    read_columns,
)
from wavehouse_exchange.onboarding.draft import Draft, read_draft
from wavehouse_exchange.onboarding.worksheet import (
    COLUMNS,
    FORMULA,
    MOST_CHARACTERS,
    because_text,
    decision_text,
    row_cell,
    row_key,
)

Cells = dict[str, str | int | float]

# In characters, as Excel counts.
_WIDTHS = {
    **{"place": 6, "name": 16, "label": 40, "codes": 30, "suggestion": 22, "evidence": 50},
    **{"confidence": 11, "old_name": 16, "old_label": 40, "old_codes": 30, "battery": 20},
    **{"wanted": 9, "decision": 14, "because": 30, "row": 12},
}
# Characters that XML has not.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TO_FILL_IN = ("wanted", "decision", "because")


def write_worksheet(project: Project, study_id: str, wave_id: str, path: Path) -> str:
    """Write a worksheet.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: the name of the file ends in neither .xlsx nor .csv.
    """
    draft = read_draft(project, study_id, wave_id)
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise WavehouseError(f"{path}: name a worksheet that ends in .xlsx or .csv.")
    rows = list(worksheet_rows(draft, list(column_rows(draft, read_columns(project, draft)))))
    content = _csv(rows) if path.suffix.lower() == ".csv" else _workbook(draft, rows)
    write_whole(path, content)
    to_decide = sum("open" in str(row["decision"]) for row in rows)
    return (
        f"Wrote {path}: {len(rows)} rows, {to_decide} of them to decide. Fill in `decision` "
        "(accept, reject), `because` where you reject, or `wanted` (no), and read it back with "
        f"`wavehouse decide {study_id} {wave_id} --from {path}`."
    )


def worksheet_rows(draft: Draft, columns: list[ColumnRow]) -> Iterator[Cells]:
    """Give the rows: first what is about no column, then the columns."""
    needless = draft.not_needed
    for proposal in proposals_of_no_column(draft, columns):
        row = ColumnRow(0, proposal.subject, None, "", "", None, "", [proposal])
        yield _row(draft, row, needless)
    for column in columns:
        yield _row(draft, column, needless)


def _row(draft: Draft, column: ColumnRow, needless: Mapping[str, str]) -> Cells:
    proposals = column.proposals
    return {
        "place": column.place or "",
        "name": column.name,
        "label": column.new.label if column.new else "",
        "codes": codes_text(column.new),
        "suggestion": ", ".join(dict.fromkeys(proposal.kind for proposal in proposals)),
        "evidence": " | ".join(
            (f"{p.id}: " if len(proposals) > 1 else "")
            + (f"not needed, since {needless[p.id]}; " if p.id in needless else "")
            + p.reason
            for p in proposals
        ),
        "confidence": min((p.confidence for p in proposals), default=""),
        "old_name": _old_name(draft, column),
        "old_label": column.old.label if column.old else "",
        "old_codes": codes_text(column.old),
        "battery": column.battery,
        "wanted": "",
        "decision": decision_text(proposals, needless) if proposals else "",
        "because": because_text(proposals),
        "row": row_cell(row_key(draft.study, draft.wave, column.name, proposals), proposals),
    }


def _old_name(draft: Draft, column: ColumnRow) -> str:
    if not column.old_name or column.old_wave == draft.like:
        return column.old_name
    return f"{column.old_name} ({column.old_wave})"


def codes_text(codes: Codes | None) -> str:
    """Write codes with their labels, or what the numbers are."""
    if codes is None:
        return ""
    parts = [
        f"{code} {label}".strip() + (" (m)" if is_missing else "")
        for code, label, _, is_missing in codes.codes
    ]
    if codes.numbers:
        low, median, high = (f"{number:g}" for number in codes.numbers)
        parts.insert(0, f"{low} to {high}, median {median}")
    elif not parts and codes.n_codes:
        parts.append(f"{codes.n_codes} different texts")
    return "; ".join(parts)


def _csv(rows: list[Cells]) -> bytes:
    stream = StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_harmless(row[column]) for column in COLUMNS])
    # With its mark, or Excel reads it in another encoding.
    return ("\ufeff" + stream.getvalue()).encode()


def _harmless(value: str | float) -> str | float:
    """Give a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _workbook(draft: Draft, rows: list[Cells]) -> bytes:
    # It writes rows as they come, and starts five times as fast as openpyxl, which reads them back.
    from xlsxwriter import Workbook

    stream = BytesIO()
    book = Workbook(stream, {"constant_memory": True, "in_memory": True})
    book.set_properties({"title": f"Review of wave {draft.wave} of study {draft.study}"})
    sheet = book.add_worksheet("review")
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    yellow = {"bg_color": "#FFF2CC"}
    bold = {"bold": True}
    # A text whatever it begins with, and no number or date when it is edited.
    wrapped = {"valign": "top", "text_wrap": True, "num_format": "@"}
    plain, to_fill_in = book.add_format(wrapped), book.add_format(wrapped | yellow)
    number = book.add_format({"valign": "top"})
    headers = book.add_format(bold), book.add_format(bold | yellow)
    for place, (name, note) in enumerate(COLUMNS.items()):
        sheet.set_column(place, place, _WIDTHS[name])
        sheet.write_string(0, place, name, headers[name in _TO_FILL_IN])
        sheet.write_comment(0, place, note, {"author": "Wavehouse"})
    for line, row in enumerate(rows, start=1):
        for place, name in enumerate(COLUMNS):
            value = row[name]
            if isinstance(value, str):
                text = _NO_TEXT.sub("", value)[:MOST_CHARACTERS]
                is_asked = name in _TO_FILL_IN and row["decision"]
                sheet.write_string(line, place, text, to_fill_in if is_asked else plain)
            else:
                sheet.write_number(line, place, value, number)
    for name, allowed, kind in (
        ("decision", ["accept", "reject", "open"], "warning"),
        ("wanted", ["yes", "no"], "stop"),
    ):
        place = list(COLUMNS).index(name)
        rule = {"validate": "list", "source": allowed, "error_type": kind}
        rule |= {"error_title": name, "error_message": COLUMNS[name]}
        sheet.data_validation(1, place, len(rows), place, rule)
    book.close()
    return stream.getvalue()
