"""Which columns of a wave are wanted; what is not wanted is one decision, a waiver of each."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.codebook.tables import Codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    REJECT,
    Change,
    Draft,
    Proposal,
    draft_path,
    read_draft,
    write_each,
)
from wavehouse_exchange.onboarding.typography import plain_words

if TYPE_CHECKING:
    from wavehouse_exchange.onboarding.code_rows import Naming
    from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile

NOT_WANTED = "Not wanted so far."
KIND = "not_wanted"
# In a list of what is wanted: what earlier waves asked.
ASKED = "asked"
# What a new column is drafted as. A column that goes on is wanted, as it was.
NEW_KINDS = frozenset(
    {
        *("new_column", "new_text_column", "new_empty_column", "waiver_expired"),
        "personal_data",
    }
)
# What is said of the earlier column of a name, whatever the new one is.
_OF_THE_EARLIER = frozenset({"reused_name", "dropped_column", "design_column_missing"})
_MOST_NAMED = 8
# From so many new columns on it is said how to take none of them.
FEWEST_FOR_A_HINT = 5
_SHEETS = (".xlsx", ".csv")


def read_keep(keep: str) -> list[str]:
    """Give the names and patterns of what is wanted.

    Args:
        keep: names and patterns with commas or blanks between them, or a file: with one a line
            (# begins a remark), or a worksheet whose column `wanted` says yes. `asked` is no name:
            what earlier waves asked is wanted anyhow, and alone it means nothing else.

    Raises:
        WavehouseError: nothing is named, or the file cannot be read.
    """
    path = Path(keep)
    try:
        is_file = path.is_file()
    except OSError:
        # A list that is too long for the name of a file.
        is_file = False
    if not is_file and (path.suffix.lower() in (*_SHEETS, ".txt") or "/" in keep):
        raise WavehouseError(f"--keep {keep}: there is no such file.")
    if is_file and path.suffix.lower() in _SHEETS:
        from wavehouse_exchange.onboarding.worksheet_in import YES, read_worksheet

        names = [
            row.cells["name"]
            for row in read_worksheet(path)
            if row.cells["wanted"].casefold() in YES
        ]
    elif is_file:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise WavehouseError(
                f"--keep {keep}: the file is not UTF-8. Save it as UTF-8."
            ) from error
        names = [line.partition("#")[0].strip() for line in lines]
    else:
        names = keep.replace(",", " ").split()
    only_asked = ASKED in names
    names = [name for name in names if name and name != ASKED]
    if not names and not only_asked:
        raise WavehouseError(f"--keep {keep}: the list has no columns. Name at least one.")
    return names


def of_new_column(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Give what is proposed of a column that nobody has asked for yet; nothing if it goes on.

    Args:
        proposals: what is proposed about one name; an earlier column may have had it too.
    """
    if not any(proposal.kind in NEW_KINDS for proposal in proposals):
        return []
    return [
        proposal
        for proposal in proposals
        if proposal.kind not in _OF_THE_EARLIER or _is_of_waivers(proposal)
    ]


def names_of(proposals: Iterable[Proposal]) -> set[str]:
    """Give all names that a new column goes by: its own, an earlier one, its variable."""
    names: set[str] = set()
    for proposal in proposals:
        names |= {proposal.subject, proposal.old_column}
        for change in proposal.changes:
            row = change.get("add") or change.get("version") or {}
            names.add(row.get("variable_id", ""))
    return {name.casefold() for name in names if name}


def choose_wanted(
    proposals: Sequence[Proposal],
    new: "WaveProfile",
    codebook: Codebook,
    naming: "Naming",
    keep: Sequence[str] | None,
    others: Collection[str] = (),
) -> list[Proposal]:
    """Put columns that nobody asks for into one proposal that waives them.

    What was asked before stays wanted. Without a list, what was waived before by its label stays
    waived, also under another name, and everything else that is new is wanted.

    Args:
        proposals: what is proposed about columns.
        new: what is delivered.
        codebook: the codebook.
        naming: gives the ids of new rows.
        keep: names and patterns of what is wanted; None if nothing was said.
        others: columns that are delivered too, such as those of the design, whatever is wanted.

    Raises:
        ProblemsError: a name in the list is that of no column.
    """
    by_column: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        if proposal.subject in new.columns:
            by_column.setdefault(proposal.subject, []).append(proposal)
    if keep is not None:
        _refuse_unknown(keep, by_column, [*new.columns, *others], codebook, naming.study_id)
    waived = _waived_before(codebook, naming.study_id)
    left_out: dict[str, tuple[str, str]] = {}
    taken: list[str] = []
    folded: list[Proposal] = []
    added: list[Proposal] = []
    rows: list[Change] = []
    for name, column in new.columns.items():
        own = by_column.get(name, [])
        unasked = of_new_column(own) or [p for p in own if _is_of_waivers(p)]
        others = [p for p in own if not any(p is each for each in unasked)]
        if any(proposal.kind not in _OF_THE_EARLIER for proposal in others):
            continue
        before = _carried_on(unasked) or (
            waived.get(plain_words(column.label, name)) if column.label else None
        )
        names = names_of(own) | {name.casefold()}
        is_taken = _took_a_name(name, own)
        if keep is not None and _is_kept(keep, names, {name.casefold()} if is_taken else ()):
            if not any(p.kind in NEW_KINDS for p in own):
                anew = _draft_anew(column, codebook, naming, is_known=bool(own))
                added += anew
                folded += unasked if anew else []
        elif unasked and (keep is not None or before):
            left_out[name] = before or (_waiver_kind(unasked), NOT_WANTED)
            if keep is not None and is_taken and _is_kept(keep, names):
                taken.append(name)
            folded += unasked
            rows += _waive(naming, name, unasked, left_out[name])
    rest = [p for p in proposals if not any(p is each for each in folded)]
    if not left_out:
        return [*rest, *added]
    labels = {name: column.label for name, column in new.columns.items()}
    told = _told(left_out, labels, keep)
    if taken:
        told += (
            f". The list has {', '.join(taken)}, which named earlier questions but now names "
            "other questions. The earlier questions are kept. To keep the new ones, name them in "
            "the worksheet"
        )
    one = Proposal(KIND, naming.wave_id, 0.9, told, rows)
    return [*rest, *added, one]


def _is_of_waivers(proposal: Proposal) -> bool:
    """Whether a proposal is about an earlier column that was waived, and about nothing else."""
    tables = {change["table"] for change in [*proposal.changes, *proposal.if_rejected]}
    return proposal.kind in ("renamed_column", "reused_name") and tables == {"waived_columns"}


def _took_a_name(name: str, proposals: Sequence[Proposal]) -> bool:
    """Whether a new column has the name that a question of the wave before was asked under."""
    return any(
        proposal.kind == "reused_name"
        and proposal.old_column == name
        and not _is_of_waivers(proposal)
        for proposal in proposals
    )


def _carried_on(proposals: Sequence[Proposal]) -> tuple[str, str] | None:
    """Give kind and reason of a waiver that goes on under another name."""
    for proposal in proposals:
        if proposal.kind == "renamed_column":
            for change in proposal.changes:
                row = change.get("add", {})
                if row:
                    return row["waiver_kind"], row["reason"]
    return None


def _waive(
    naming: "Naming", name: str, proposals: Sequence[Proposal], why: tuple[str, str]
) -> list[Change]:
    """Give the waiver of a column, after the end of one that was given for another label."""
    ends = [
        change
        for proposal in proposals
        for change in [*proposal.changes, *proposal.if_rejected]
        if change["table"] == "waived_columns" and "end" in change
    ]
    row = {
        "study_id": naming.study_id,
        "source_column": name,
        "valid_from_wave": naming.wave_id,
        "waiver_kind": why[0],
        "reason": why[1],
    }
    return [*ends[:1], {"table": "waived_columns", "add": row}]


def _draft_anew(
    column: "ColumnProfile", codebook: Codebook, naming: "Naming", *, is_known: bool
) -> list[Proposal]:
    """Draft a column that was waived, and is wanted now; none if nothing waives it by its name."""
    from wavehouse_exchange.onboarding.question_rows import new_column_proposals

    is_waived = any(
        row["study_id"] == naming.study_id
        and row["source_column"] == column.name
        and not row["valid_to_wave"]
        for row in codebook.rows("waived_columns")
    )
    if not is_waived and not is_known:
        return []
    first, *others = new_column_proposals(column, naming)
    if is_waived:
        first.changes.insert(
            0,
            {
                "table": "waived_columns",
                "end": {"study_id": naming.study_id, "source_column": column.name},
            },
        )
        first.if_rejected = []
        first.reason = f"waived so far, but wanted now; {first.reason}. Rejected, it stays waived"
    return [first, *others]


def _told(left_out: dict[str, tuple[str, str]], labels: dict[str, str], keep: object) -> str:
    named = [f"{name} ({labels[name]})" if labels[name] else name for name in left_out]
    more = len(named) - _MOST_NAMED
    why = "not in the list of wanted columns" if keep is not None else "waived before, by label"
    return (
        f"{len(left_out)} columns, {why}: {', '.join(named[:_MOST_NAMED])}"
        + (f" and {more} more" if more > 0 else "")
        + ". Accept waives each column while it has its label. If you remove a row from `changes`, "
        "declare its column by hand"
    )


def _waiver_kind(proposals: Sequence[Proposal]) -> str:
    for proposal in proposals:
        if proposal.kind == "personal_data":
            return str(proposal.changes[0]["add"]["waiver_kind"])
    is_text = any(proposal.kind == "new_text_column" for proposal in proposals)
    return "free_text" if is_text else "out_of_scope"


def _is_kept(keep: Sequence[str], names: set[str], taken: Collection[str] = ()) -> bool:
    """Whether a list names a column; a name that is `taken` is an earlier question's there."""
    return any(
        fnmatchcase(name, pattern.casefold())
        for name in names
        for pattern in keep
        if not (name in taken and pattern.casefold() == name)
    )


def _waived_before(codebook: Codebook, study_id: str) -> dict[str, tuple[str, str]]:
    """Give kind and reason of the waivers of a study, by the words of the label."""
    return {
        plain_words(label, row["source_column"]): (row["waiver_kind"], row["reason"])
        for row in codebook.rows("waived_columns")
        if row["study_id"] == study_id and (label := row.get("column_label") or "")
    }


def _refuse_unknown(
    keep: Sequence[str],
    by_column: dict[str, list[Proposal]],
    columns: Sequence[str],
    codebook: Codebook,
    study_id: str,
) -> None:
    """Stop at names that mean nothing: a slip would waive the column that was meant."""
    known = {name.casefold() for name in columns}
    for own in by_column.values():
        known |= names_of(own)
    for row in codebook.rows("questions"):
        if row["study_id"] == study_id:
            known |= {row["source_column"].casefold(), row["variable_id"].casefold()}
    unknown = [
        pattern
        for pattern in keep
        if not any(fnmatchcase(name, pattern.casefold()) for name in known)
    ]
    if unknown:
        raise ProblemsError(
            "Some names in the list are not a column, an earlier column or a variable:",
            [f"--keep: {pattern}. Correct the name, or remove it." for pattern in unknown],
        )


def hint_of_asked(draft: Draft, keep: Sequence[str] | None) -> str:
    """Say how to take only what earlier waves asked, where nobody said what is wanted.

    That is no default: what a wave asks for the first time would be waived by one decision among
    others, which nobody has to read.
    """
    from wavehouse_exchange.onboarding.wrong_file import unlike_the_study

    new = {proposal.subject for proposal in draft.open_proposals if proposal.kind in NEW_KINDS}
    if keep is not None or len(new) < FEWEST_FOR_A_HINT or unlike_the_study(draft):
        return ""
    words = f"wavehouse decide {draft.study} {draft.wave} --keep"
    return (
        f"{len(new)} columns are new, and each is drafted as a question. If only what earlier "
        f"waves asked is wanted: `{words} asked`. If some of them are too, name these: "
        f'`{words} "q12*,age"`. The others are waived.\n'
    )


def decide_wanted(project: Project, study_id: str, wave_id: str, keep: str, because: str) -> str:
    """Reject new columns of a draft that are not wanted, so that they are waived.

    Returns:
        what to tell the user.
    """
    from wavehouse.codebook.tables import read_codebook
    from wavehouse_exchange.onboarding.reviewing import next_step

    draft = read_draft(project, study_id, wave_id)
    names = read_keep(keep)
    by_column: dict[str, list[Proposal]] = {}
    for proposal in draft.proposals:
        by_column.setdefault(proposal.subject, []).append(proposal)
    _refuse_unknown(names, by_column, _delivered(project, draft), read_codebook(project), study_id)
    ids = {
        # Accepted, what seems personal is waived; rejected, it would be a column as any other.
        proposal.id: (ACCEPT if proposal.kind == "personal_data" else REJECT, because or NOT_WANTED)
        for own in by_column.values()
        if not _is_kept(names, names_of(own))
        for proposal in of_new_column(own)
        if proposal.is_open
    }
    draft = write_each(draft_path(project, study_id, wave_id), ids)
    columns = {proposal.subject for proposal in draft.proposals if proposal.id in set(ids)}
    return f"{len(columns)} new columns are not wanted, so they are waived. {next_step(draft)}"


def _delivered(project: Project, draft: Draft) -> list[str]:
    from wavehouse_exchange.onboarding.columns import read_columns

    return [*read_columns(project, draft)[draft.wave].columns]
