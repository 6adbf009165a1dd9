"""Waivers that hold no longer, since their column has another label than it was waived for."""

import json
from collections.abc import Iterator, Mapping

from wavehouse.codebook.tables import Codebook, Row
from wavehouse.project import Project
from wavehouse_exchange.landing.landed import is_landed, read_landed
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.draft import Change, Proposal
from wavehouse_exchange.onboarding.profile import WaveProfile, labels_file, seed_file
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.typography import same_label


def waived_as_another(waivers: list[Row], name: str, label: str) -> Row | None:
    """Give the waiver of a column that was given for another label; None if there is none.

    Args:
        waivers: the waivers that are valid in a wave.
        name: the column.
        label: its label in the wave; without one there is nothing to compare.
    """
    return next(
        (
            row
            for row in waivers
            if row["source_column"] == name
            and label
            and row.get("column_label")
            and not same_label(row["column_label"], label, name)
        ),
        None,
    )


def expired_waivers(project: Project, codebook: Codebook) -> Iterator[tuple[Row, str]]:
    """Give waivers whose column has another label now: the wave, and what to tell of it."""
    for wave in codebook.waves():
        waivers = [
            row for row in codebook.valid_rows("waived_columns", wave) if row.get("column_label")
        ]
        if not waivers:
            continue
        labels = dict(_labels(project, wave))
        for name in dict.fromkeys(row["source_column"] for row in waivers):
            row = waived_as_another(waivers, name, labels.get(name, ""))
            if row is not None:
                yield (
                    wave,
                    f"seeds/codebook/waived_columns.csv, study {wave['study_id']}, wave "
                    f"{wave['wave_id']}, column {name}: the column was waived with the label "
                    f'"{row["column_label"]}", but its label is now "{labels[name]}". End the '
                    "waiver with the wave before, and declare the column or waive it again with "
                    "its new label.",
                )


def _labels(project: Project, wave: Row) -> Iterator[tuple[str, str]]:
    """Give the columns of a wave that have a label; of a seed those that are kept beside it."""
    study_id, wave_id = wave["study_id"], wave["wave_id"]
    if wave.get("delivered_as") == "landing":
        # What is wrong with landed files is told where they are read for the build.
        if is_landed(project, study_id, wave_id):
            for column in read_landed(project, study_id, wave_id).columns:
                if column.column_label:
                    yield column.source_column, column.column_label
        return
    kept = labels_file(seed_file(project, study_id, wave_id))
    if kept.is_file():
        known: Mapping[str, Mapping[str, str]] = json.loads(kept.read_text(encoding="utf-8"))
        for name, column in known.items():
            if column.get("label"):
                yield name, column["label"]


def with_expired(
    codebook: Codebook, new: WaveProfile, naming: Naming, found: list[Proposal]
) -> list[Proposal]:
    """Add what follows where a column that was waived has another label in a new wave.

    Accepted, the waiver ends and the column is taken in; rejected, it is waived under its label.
    That is one thing to decide, so what is proposed of the column by itself goes into it.

    Args:
        codebook: the codebook.
        new: what is delivered.
        naming: gives the ids of new rows.
        found: what is proposed so far.
    """
    still = [
        row
        for row in codebook.rows("waived_columns")
        if row["study_id"] == new.study_id and not row["valid_to_wave"]
    ]
    for name, column in new.columns.items():
        own = [proposal for proposal in found if proposal.subject == name]
        reused = next((p for p in own if p.kind == "reused_name" and _only_ends(p)), None)
        row = waived_as_another(still, name, column.label)
        if row is None and reused is None:
            continue
        end: Change = {
            "table": "waived_columns",
            "end": {"study_id": new.study_id, "source_column": name},
        }
        first = next((p for p in own if p.kind in ("new_column", "new_text_column")), None)
        if first is None and own:
            if reused is None:
                reason = f"{_label_changed(row, column.label)}. Accept ends the waiver"
                found.append(Proposal("waiver_expired", name, 0.9, reason, [end]))
            continue
        if first is None:
            first, *others = new_column_proposals(column, naming)
            found += [first, *others]
        why = reused.reason if reused is not None else _label_changed(row, column.label)
        first.kind = "waiver_expired"
        first.reason = f"{why}. Accept takes the column in: {first.reason}"
        first.changes.insert(0, end)
        first.if_rejected.insert(0, end)
        found = [proposal for proposal in found if proposal is not reused]
    return found


def _only_ends(proposal: Proposal) -> bool:
    """Whether a proposal does nothing but end a waiver."""
    return bool(proposal.changes) and all(
        change["table"] == "waived_columns" and "end" in change for change in proposal.changes
    )


def _label_changed(row: Row | None, label: str) -> str:
    was = row["column_label"] if row else ""
    return f'waived with the label "{was}", but its label is now "{label}"'
