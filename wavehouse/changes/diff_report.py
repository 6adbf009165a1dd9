"""What differs between two releases, written for readers: terminal, Markdown, CSV, and a page."""

import csv
import io
from collections.abc import Callable, Iterable

from wavehouse.changes.diff import Change, Difference, Summary
from wavehouse.escapes import csv_text
from wavehouse.generate.markdown import plain, table
from wavehouse.reports import aligned, page

COLUMNS: dict[str, Callable[[Summary], object]] = {
    "study": lambda each: each.study_id,
    "measure": lambda each: each.measure_id,
    "table": lambda each: each.table,
    "rows in both": lambda each: each.compared,
    "other figure": lambda each: each.changed or "",
    "largest change": lambda each: _number(each.largest),
    "in standard errors": lambda each: _number(each.largest_in_errors),
    "now shown": lambda each: each.shown or "",
    "now suppressed": lambda each: each.suppressed or "",
    "other status": lambda each: each.other_status or "",
    "new rows": lambda each: each.appeared or "",
    "gone": lambda each: each.vanished or "",
}
CHANGE_COLUMNS = ("study", "measure", "table", "row", "what", "before", "after", "in_errors")
# Of one measure in one table the page shows so many; the CSV has all.
ON_PAGE = 50


def as_text(found: Difference) -> str:
    """Write what differs by study and measure, as a table of fixed width."""
    rows = [list(COLUMNS)]
    rows += [[str(write(each)) for write in COLUMNS.values()] for each in _sorted(found)]
    lines = aligned(rows) if found.differing else []
    return "\n".join([*lines, *sentences(found)])


def as_markdown(found: Difference) -> str:
    """Write the same as a table of Markdown, to stand in the review of a change."""
    lines = [f"What differs in published numbers from {found.before} to {found.after}:", ""]
    if found.differing:
        rows = [[plain(str(write(each))) for write in COLUMNS.values()] for each in _sorted(found)]
        lines += table(list(COLUMNS), rows)
    return "\n".join([*lines, *sentences(found)])


def as_csv(found: Difference) -> str:
    """Write each number and status that differs, and each row that came or went."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CHANGE_COLUMNS)
    for each in found.changes:
        values = (each.study_id, each.measure_id, each.table, each.row, each.what)
        numbers = (each.before, each.after, each.in_errors)
        writer.writerow([*map(csv_text, values), *map(_exact, numbers)])
    return stream.getvalue()


def as_page(found: Difference) -> str:
    """Write it as one HTML page that needs nothing else, in the style of the drift page."""
    changes: dict[tuple[str, str, str], list[Change]] = {}
    for each in found.changes:
        changes.setdefault((each.study_id, each.measure_id, each.table), []).append(each)
    studies: dict[str, list[tuple[Summary, list[Change], int]]] = {}
    for summary in _sorted(found):
        listed = changes[summary.study_id, summary.measure_id, summary.table]
        listed = sorted(listed, key=lambda each: -(each.in_errors or 0))
        place = studies.setdefault(summary.study_id, [])
        place.append((summary, listed[:ON_PAGE], max(len(listed) - ON_PAGE, 0)))
    said = sentences(found)
    return page("diff", _number, found=found, studies=studies, columns=COLUMNS, sentences=said)


def in_short(found: Difference) -> str:
    """Say in one sentence how much differs."""
    if _is_blind(found):
        return "nothing was compared."
    if found.is_same:
        return "nothing differs."
    figures = sum(each.changed for each in found.summaries)
    rows = sum(each.appeared + each.vanished for each in found.summaries)
    measures = len({(each.study_id, each.measure_id) for each in found.differing})
    places = f"{measures} measure{'' if measures == 1 else 's'}"
    return f"{figures:,} other figures and {rows:,} rows that are new or gone, in {places}."


def sentences(found: Difference) -> list[str]:
    """Say in words what was compared, and what not."""
    said = [
        f"{found.n_compared:,} rows of {found.before} and {found.after} were compared. Numbers "
        f"that differ by less than a fraction of {found.tolerance:g} count as the same."
    ]
    if not found.differing:
        nothing = "Nothing was compared." if _is_blind(found) else "Nothing differs."
        said.insert(0, nothing)
    for tables, where in ((found.only_before, found.before), (found.only_after, found.after)):
        if tables:
            said.append(f"Only in {where}: {', '.join(tables)}.")
    if found.without_key:
        said.append(
            "Not compared, because models/marts/released_contracts.json names no key that both "
            f"have: {', '.join(found.without_key)}. Run `wavehouse contracts`."
        )
    return said


def _is_blind(found: Difference) -> bool:
    """Tell whether no row was compared, since no table has a key that both sides know."""
    return bool(found.without_key) and not found.n_compared


def _sorted(found: Difference) -> Iterable[Summary]:
    return sorted(found.differing, key=lambda each: (each.study_id, each.measure_id, each.table))


def _number(value: object) -> str:
    """Write a number for readers, with four digits; texts as they are."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _exact(value: float | str | None) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else value
