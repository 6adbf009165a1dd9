"""The page of a review: old and new columns side by side, with code lists and distributions."""

from collections import Counter
from dataclasses import dataclass

from wavehouse.project import Project
from wavehouse.reports import page
from wavehouse.writing import write_whole
from wavehouse_exchange.onboarding.columns import (
    ColumnRow,
    column_rows,
    proposals_of_no_column,
    read_columns,
)
from wavehouse_exchange.onboarding.draft import Draft, draft_path, read_draft
from wavehouse_exchange.onboarding.not_needed import NOT_NEEDED
from wavehouse_exchange.onboarding.typography import plain_words


@dataclass(frozen=True)
class CodeLine:
    """A code of the new and of the old column that mean the same, each with its share.

    What one side does not have is None; `same` says whether code and label are equal.
    """

    new: tuple[str, str, float | None, bool] | None
    old: tuple[str, str, float | None, bool] | None

    @property
    def same(self) -> bool:
        """Whether both are there, with one code and one label."""
        return (
            self.new is not None
            and self.old is not None
            and self.new[0] == self.old[0]
            and plain_words(self.new[1]) == plain_words(self.old[1])
        )


def write_page(project: Project, study_id: str, wave_id: str) -> str:
    """Write the page of a draft into `target/`: it shows counts of answers, which git never takes.

    Returns:
        what to tell the user.
    """
    draft = read_draft(project, study_id, wave_id)
    path = project.target / f"review_{study_id}_{wave_id}.html"
    write_whole(path, page_text(project, draft))
    return f"Wrote {project.relative(path)}. Open it in a browser; it needs no network."


def page_text(project: Project, draft: Draft) -> str:
    """Write the page."""
    columns = list(column_rows(draft, read_columns(project, draft)))
    needless = draft.not_needed
    open_ids = {proposal.id for proposal in draft.open_proposals}
    to_look_at = [column for column in columns if column.proposals]
    to_look_at.sort(key=lambda column: not any(p.id in open_ids for p in column.proposals))
    return page(
        "review",
        _share,
        draft=draft,
        draft_file=project.relative(draft_path(project, draft.study, draft.wave)),
        general=proposals_of_no_column(draft, columns),
        groups=_groups(to_look_at),
        kinds=Counter(p.kind for p in draft.open_proposals).most_common(),
        unchanged=[column for column in columns if not column.proposals],
        code_lines=code_lines,
        needless=needless,
        decisions=Counter(NOT_NEEDED if p.id in needless else p.decision for p in draft.proposals),
    )


def _groups(columns: list[ColumnRow]) -> list[tuple[str, list[ColumnRow]]]:
    """Put the items of a battery together, at the place of the first."""
    groups: dict[str, list[ColumnRow]] = {}
    for column in columns:
        groups.setdefault(column.battery or f"\0{column.name}", []).append(column)
    return [("" if name.startswith("\0") else name, members) for name, members in groups.items()]


def code_lines(column: ColumnRow) -> list[CodeLine]:
    """Put codes side by side: by label where both have one, else by code."""
    new = list(column.new.codes) if column.new else []
    old = list(column.old.codes) if column.old else []
    by_label = {plain_words(each[1]): each for each in old if each[1]}
    by_code = {each[0]: each for each in old}
    lines = []
    left = list(old)
    for each in new:
        other = by_label.get(plain_words(each[1])) if each[1] else None
        if other is None and not (each[1] and by_code.get(each[0], ("", ""))[1]):
            other = by_code.get(each[0])
        if other is not None and other in left:
            left.remove(other)
        else:
            other = None
        lines.append(CodeLine(each, other))
    # Codes whose labels differ stand beside each other where the code is the same.
    for place, line in enumerate(lines):
        other = by_code.get(line.new[0]) if line.new and line.old is None else None
        if other is not None and other in left:
            left.remove(other)
            lines[place] = CodeLine(line.new, other)
    return [*lines, *(CodeLine(None, each) for each in left)]


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
