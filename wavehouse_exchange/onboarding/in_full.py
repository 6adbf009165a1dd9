"""Proposals in full: the reason uncut, and the rows that each decision makes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from wavehouse_exchange.onboarding.draft import Change, Draft, Proposal

_Row = Mapping[str, str]


def full_text(draft: Draft, proposals: Iterable[Proposal]) -> str:
    """Write proposals with all that is known of them.

    Args:
        draft: the draft that they are of.
        proposals: those that are shown.
    """
    needless = draft.not_needed
    return "\n\n".join("\n".join(_lines(draft, p, needless.get(p.id, ""))) for p in proposals)


def _lines(draft: Draft, proposal: Proposal, needless: str) -> Iterator[str]:
    said = f"open, and not needed: {needless}" if needless else ""
    yield (
        f"{proposal.id}  {said or proposal.decision}  {proposal.confidence:.2f}  {proposal.kind}  "
        f"{proposal.subject}"
    )
    if proposal.old_column:
        yield f"  Before: {proposal.old_column} of wave {proposal.old_wave or draft.like}"
    if proposal.battery:
        yield f"  Battery: {proposal.battery}"
    yield f"  Reason: {proposal.reason}"
    if proposal.because:
        yield f"  Because: {proposal.because}"
    for title, changes in (
        ("If accepted", proposal.changes),
        ("If rejected", proposal.if_rejected),
    ):
        if not changes:
            yield f"  {title}: nothing is written."
            continue
        yield f"  {title}:"
        yield from (f"    {line}" for line in _rows(changes))


def _rows(changes: Sequence[Change]) -> Iterator[str]:
    """Write new rows of a table together, and each other change in a line."""
    added: dict[tuple[str, str], list[_Row]] = {}
    others = []
    for change in changes:
        if "add" in change:
            added.setdefault((change["table"], change.get("when") or ""), []).append(change["add"])
        else:
            others.append(change)
    for (table, when), rows in added.items():
        yield f"{len(rows)} new row{'s' if len(rows) > 1 else ''} in {table}{_only_if(when)}"
        yield from (f"  {line}" for line in _table(rows))
    for change in others:
        yield f"{change['table']}: {_said(change)}{_only_if(change.get('when') or '')}"


def _table(rows: Sequence[_Row]) -> Iterator[str]:
    """Write one row as a line for each value, and several as a table."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if len(rows) == 1:
        width = max(map(len, columns), default=0)
        yield from (f"{column:<{width}}  {rows[0][column]}" for column in columns)
        return
    lines = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        yield "  ".join(f"{v:<{w}}" for v, w in zip(line, widths, strict=True)).rstrip()


def _said(change: Change) -> str:
    """Say in words what a change does that adds no row."""
    if "version" in change:
        return (
            f"the row with {_values(change['version'])} ends with the wave before, and continues "
            f"with {_values(change.get('set', {}))}"
        )
    if "end" in change:
        return f"the row with {_values(change['end'])} ends with the wave before"
    if "leave_out" in change:
        wave = f"from {change.get('from', '')} to {change.get('to', '')}"
        return f"the row with {_values(change['leave_out'])} no longer holds {wave}"
    return f"the row with {_values(change.get('where', {}))} gets {_values(change.get('set', {}))}"


def _values(row: object) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    return ", ".join(f"{column} {value}" for column, value in row.items())


def _only_if(when: str) -> str:
    return f" (only if {when})" if when else ""
