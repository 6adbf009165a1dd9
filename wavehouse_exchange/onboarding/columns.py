"""The columns of a wave beside those that they go on from, as worksheet and page show them.

They hold counts of answers, so they are kept in `target/`, which never leaves the machine by git,
and are worked out anew where they are not there.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import write_whole
from wavehouse_exchange.onboarding.draft import Draft, Proposal, draft_path
from wavehouse_exchange.onboarding.selecting import ABOUT_NO_COLUMN

if TYPE_CHECKING:
    from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile

# More codes than these are numbers or texts, which a code list does not show.
MOST_CODES = 40


@dataclass(frozen=True)
class Codes:
    """What a column delivers: its label, its codes with labels and shares, or its numbers.

    `codes` are code, label, share among the answers (empty for a missing code), and whether it is
    missing; `numbers` are smallest, median and largest, where it has numbers.
    """

    label: str = ""
    codes: list[tuple[str, str, float | None, bool]] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    n_codes: int = 0
    n_empty: int = 0
    n_rows: int = 0


@dataclass(frozen=True)
class Wave:
    """The columns of one wave by name, in delivered order."""

    columns: dict[str, Codes]
    batteries: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnRow:
    """A column of the new wave, what it goes on from, and what is proposed of it."""

    place: int
    name: str
    new: Codes | None
    old_name: str
    old_wave: str
    old: Codes | None
    battery: str
    proposals: list[Proposal]


def column_rows(draft: Draft, waves: Mapping[str, Wave]) -> Iterator[ColumnRow]:
    """Give a row for each delivered column, then one for each earlier one that ends.

    Args:
        draft: the draft.
        waves: the columns of the wave itself and of the earlier ones, by wave.
    """
    about: dict[str, list[Proposal]] = {}
    for proposal in draft.proposals:
        # A column may be called as the wave is.
        if proposal.kind not in ABOUT_NO_COLUMN:
            about.setdefault(proposal.subject, []).append(proposal)
    new = waves[draft.wave]
    shown = set()
    for place, (name, codes) in enumerate(new.columns.items(), start=1):
        proposals = about.get(name, [])
        shown.add(name)
        old_name, old_wave = _came_from(draft, name, proposals)
        old = waves[old_wave].columns.get(old_name) if old_wave in waves else None
        yield ColumnRow(
            place,
            name,
            codes,
            old_name if old else "",
            old_wave if old else "",
            old,
            new.batteries.get(name, ""),
            proposals,
        )
    for name, proposals in about.items():
        old_wave = next((p.old_wave for p in proposals if p.old_wave), draft.like)
        old = waves[old_wave].columns.get(name) if old_wave in waves else None
        if name not in shown and old is not None:
            yield ColumnRow(0, name, None, name, old_wave, old, "", proposals)


def proposals_of_no_column(draft: Draft, columns: list[ColumnRow]) -> list[Proposal]:
    """Give the proposals that no row of a column has: of the wave, its files, the study."""
    shown = {proposal.id for column in columns for proposal in column.proposals}
    return [proposal for proposal in draft.proposals if proposal.id not in shown]


def _came_from(draft: Draft, name: str, proposals: list[Proposal]) -> tuple[str, str]:
    """Give the earlier column that a column is, and its wave: by a proposal, or by its name."""
    for proposal in proposals:
        if proposal.old_column:
            return proposal.old_column, proposal.old_wave or draft.like
    return name, draft.like


def keep_columns(project: Project, draft: Draft, profiles: "Mapping[str, WaveProfile]") -> None:
    """Keep what worksheet and page need, beside what it was made of."""
    from wavehouse_exchange.onboarding.batteries import batteries_by_column

    content = {
        "of": _identity(draft),
        "waves": {
            wave_id: {
                "columns": {name: asdict(_codes(col)) for name, col in profile.columns.items()},
                "batteries": batteries_by_column(profile.columns.values()),
            }
            for wave_id, profile in profiles.items()
        },
    }
    write_whole(_kept(project, draft), json.dumps(content, ensure_ascii=False))


def read_columns(project: Project, draft: Draft) -> dict[str, Wave]:
    """Give the columns of a draft's wave, and of the earlier waves that its proposals name.

    Raises:
        WavehouseError: the wave itself is not there any more.
    """
    needed = {draft.wave, draft.like, *(p.old_wave for p in draft.proposals)} - {""}
    path = _kept(project, draft)
    if path.is_file():
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["of"] == _identity(draft) and needed <= {*content["waves"]}:
            return {name: _wave(wave) for name, wave in content["waves"].items()}
    from wavehouse_exchange.onboarding.profile import profile_wave

    found = {wave: profile_wave(project, draft.study, wave) for wave in needed}
    if found[draft.wave] is None:
        raise WavehouseError(
            f"{project.relative(draft_path(project, draft.study, draft.wave))}: the files of wave "
            f"{draft.wave} of study {draft.study} are neither landed nor seeds. Bring them in "
            "again with `wavehouse add-wave`, or delete the draft."
        )
    keep_columns(project, draft, {name: wave for name, wave in found.items() if wave})
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: _wave(wave) for name, wave in content["waves"].items()}


def _wave(content: dict[str, dict[str, object]]) -> Wave:
    columns = {name: Codes(**codes) for name, codes in content["columns"].items()}  # type: ignore[arg-type]
    return Wave(columns, dict(content["batteries"]))  # type: ignore[arg-type]


def _identity(draft: Draft) -> list[object]:
    return [[file.get("sha256"), file.get("reading_options") or ""] for file in draft.files]


def _kept(project: Project, draft: Draft) -> Path:
    return project.target / "review" / f"{draft.study}_{draft.wave}.json"


def _codes(column: "ColumnProfile") -> Codes:
    from wavehouse_exchange.onboarding.people import personal_data

    if personal_data(column) is not None:
        # Names and numbers of people are neither kept nor shown.
        return Codes(
            column.label,
            n_codes=column.code_count,
            n_empty=column.empty_count,
            n_rows=column.row_count,
        )
    shares = column.shares()
    names = dict.fromkeys([*column.value_labels, *column.counts])
    codes = [
        (
            code,
            column.value_labels.get(code, ""),
            None if code in column.missing_codes else round(shares.get(code, 0.0), 4),
            code in column.missing_codes,
        )
        for code in names
    ]
    summary = column.number_summary
    is_number = summary is not None and (not column.value_labels or len(names) > MOST_CODES)
    numbers = (
        [summary.smallest, summary.quantiles[2], summary.largest] if summary and is_number else []
    )
    labelled = [each for each in codes if each[1] or each[3]]
    return Codes(
        column.label,
        labelled if is_number or len(codes) > MOST_CODES else codes,
        numbers,
        column.code_count,
        column.empty_count,
        column.row_count,
    )
