"""What the build would refuse if a draft were applied as it is, found before anybody decides.

The rows are made in memory as `apply` makes them, with everything accepted, and held against what
was delivered: as the checks of the build do, and those findings of drift that are hard. What is
found becomes proposals of the same draft, so that what review accepts, `make` accepts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from wavehouse.codebook.tables import Codebook, Row
from wavehouse.project import Project
from wavehouse_exchange.onboarding.apply import rows_if_accepted
from wavehouse_exchange.onboarding.code_rows import RECODING, Naming, crosswalk_row
from wavehouse_exchange.onboarding.draft import Change, Draft, Proposal
from wavehouse_exchange.onboarding.drift_gate import stops_build
from wavehouse_exchange.onboarding.known import EMPTY, NUMBER, covers
from wavehouse_exchange.onboarding.missing import is_number
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.texts import kind_of_missing
from wavehouse_exchange.onboarding.typography import plain_words, same_label
from wavehouse_exchange.onboarding.weights import weight_proposals

_MOST_NAMED = 6


@dataclass(frozen=True)
class Rehearsal:
    """A wave as it would be in the codebook.

    Attributes:
        after: the codebook with all rows of the draft.
        wave: the wave's row in it.
        new: what is delivered.
        old: what was delivered in the wave before; None if it is not at hand.
        naming: gives the ids of new rows.
        drafted: the proposals that the rows come from.
    """

    after: Codebook
    wave: Row
    new: WaveProfile
    old: WaveProfile | None
    naming: Naming
    drafted: Sequence[Proposal] = ()

    def proposals(self) -> list[Proposal]:
        """Give what is to be decided beside what the draft has."""
        found = [*self._undeclared(), *self._undelivered(), *self._rows_changed()]
        for question in self._questions():
            column = self.new.columns.get(question["source_column"])
            if column is not None:
                found += self._of_question(question, column)
        return [*found, *self.labels()]

    def labels(self) -> list[Proposal]:
        """Give what the drift of labels would refuse."""
        return list(self._wordings()) if self.old is not None and self._has_labels() else []

    def _stops(self, drift_kind: str, statistic: str = "differences", value: float = 1) -> bool:
        return stops_build(self.after, self.wave, drift_kind, statistic, value)

    def _rows_changed(self) -> Iterator[Proposal]:
        """Ask about a wave that has far more or fewer rows, where the project says that it must."""
        if self.old is None or not min(self.old.row_count, self.new.row_count):
            return
        smaller, larger = sorted((self.old.row_count, self.new.row_count))
        if not self._stops("rows_changed", "respondents_factor", larger / smaller):
            return
        said = f"{self.new.row_count:,} rows, and {self.old.row_count:,} in wave {self.old.wave_id}"
        yield Proposal(
            "rows_changed",
            self.wave["wave_id"],
            0.5,
            f"the delivery has {said}. Accept if it is complete, which tells the build so",
            [drift_waiver(self.naming, "rows_changed", "respondents", f"Complete: {said}.")],
        )

    def _questions(self) -> list[Row]:
        """Give the questions of the wave, one of each column and crosswalk."""
        rows = {
            (row["source_column"], row["crosswalk_id"], row["variable_id"]): row
            for row in self.after.valid_rows("questions", self.wave)
            if row["source_column"]
        }
        return list(rows.values())

    def _has_labels(self) -> bool:
        """Whether the warehouse knows the labels of the wave: it does of landed ones only."""
        return self.wave.get("delivered_as") == "landing"

    def _undeclared(self) -> Iterator[Proposal]:
        """Take in, or waive, columns that nothing names."""
        named = set(self.after.named_columns(self.wave))
        waivers = [
            row["source_column"] for row in self.after.valid_rows("waived_columns", self.wave)
        ]
        for name, column in self.new.columns.items():
            if name not in named and not any(covers(pattern, name) for pattern in waivers):
                yield from new_column_proposals(column, self.naming)

    def _undelivered(self) -> Iterator[Proposal]:
        """End questions whose column is not delivered."""
        lacking: dict[str, list[Row]] = {}
        for row in self._questions():
            if row["source_column"] not in self.new.columns:
                lacking.setdefault(row["source_column"], []).append(row)
        for name, rows in lacking.items():
            variables = ", ".join(row["variable_id"] for row in rows)
            yield Proposal(
                "dropped_column",
                name,
                0.8,
                f"{name} ({variables}) is declared for this wave, but not delivered",
                [_end(self.naming, row) for row in rows],
            )

    def _of_question(self, question: Row, column: ColumnProfile) -> Iterator[Proposal]:
        mapped = self._crosswalks.get(question["crosswalk_id"], {})
        if not mapped:
            return
        yield from self._unmapped(question, column, mapped)
        if not _has_answers(column, mapped) and self._stops(
            "no_valid_answers", "share_without_answer"
        ):
            yield from self._without_answers(question, column)

    @cached_property
    def _crosswalks(self) -> dict[str, dict[str, Row]]:
        """The rows of the wave by crosswalk and code."""
        found: dict[str, dict[str, Row]] = {}
        for row in self.after.valid_rows("crosswalk", self.wave):
            found.setdefault(row["crosswalk_id"], {})[row["source_code"]] = row
        return found

    @cached_property
    def _variables(self) -> dict[str, Row]:
        return {row["variable_id"]: row for row in self.after.rows("variables")}

    def _unmapped(
        self, question: Row, column: ColumnProfile, mapped: dict[str, Row]
    ) -> Iterator[Proposal]:
        """Map codes that are delivered and that the crosswalk does not know."""
        variable = self._variables.get(question["variable_id"], {})
        crosswalk_id = question["crosswalk_id"]
        unknown = [
            code
            for code in column.counts
            if code not in mapped and not (NUMBER in mapped and is_number(code))
        ]
        rows: list[Change] = []
        for code in unknown:
            label = column.value_labels.get(code, "")
            guess = kind_of_missing(label or code)
            if code in column.missing_codes or guess or variable.get("value_type") == "numeric":
                kind = guess[0] if guess else "no_answer"
                rows.append(_add(crosswalk_row(self.naming, crosswalk_id, code, missing=kind)))
                continue
            category, made = self.naming.category(variable.get("code_list_id", ""), label or code)
            row = crosswalk_row(self.naming, crosswalk_id, code, category, method="identity")
            rows += [*made, _add(row)]
        if rows:
            named = ", ".join(
                f"{code} {column.value_labels.get(code, '')}".strip()
                for code in unknown[:_MOST_NAMED]
            )
            yield Proposal(
                "code_added",
                column.name,
                0.6,
                f"{len(unknown)} delivered code(s) that crosswalk {crosswalk_id} does not map in "
                f"this wave: {named}",
                rows,
            )
        if column.empty_count and EMPTY not in mapped:
            row = crosswalk_row(
                self.naming,
                crosswalk_id,
                EMPTY,
                missing="no_answer",
                note="Nothing was delivered; the reason is not known.",
            )
            yield Proposal(
                "new_missing_code",
                column.name,
                0.6,
                f"{column.empty_count} of {column.row_count} rows are empty, but crosswalk "
                f"{crosswalk_id} does not say what that means; no_answer is a guess",
                [_add(row)],
            )

    def _without_answers(self, question: Row, column: ColumnProfile) -> Iterator[Proposal]:
        """Leave out a question that nobody answered: the build takes that for a fault."""
        naming, variable = self.naming, question["variable_id"]
        waiver = {
            "study_id": naming.study_id,
            "source_column": column.name,
            "valid_from_wave": naming.wave_id,
            "waiver_kind": "defective",
            "reason": "Nobody gave a valid answer.",
        }
        waived: Change = {"table": "waived_columns", "add": waiver}
        drafted = [p for p in self.drafted if p.subject == column.name and p.kind == "new_column"]
        if drafted:
            # Rows of a variable that has no answer at all are of no use.
            for proposal in drafted:
                proposal.kind = "new_empty_column"
                proposal.reason = f"nobody gave a valid answer; {proposal.reason}"
                proposal.changes = [waived]
                proposal.if_rejected = [waived]
            return
        yield Proposal(
            "no_valid_answers",
            column.name,
            0.8,
            f"nobody gave a valid answer to {variable}, which the build refuses. Accept leaves "
            "the column out from this wave on. Reject tells the build that this is right",
            [_end(naming, question), waived],
            [
                drift_waiver(
                    naming, "no_valid_answers", variable, "Nobody gave a valid answer, as it is."
                )
            ],
        )

    def _wordings(self) -> Iterator[Proposal]:
        """Tell the build of labels that differ by more than typography under one row."""
        assert self.old is not None
        before = {**self.wave, "wave_id": self.old.wave_id, "wave_number": self._number_before()}
        asked_before = {
            (row["variable_id"], row["source_column"], row["valid_from_wave"]): row
            for row in self.after.valid_rows("questions", before)
        }
        labels: dict[str, tuple[str, str]] = {}
        codes: dict[str, list[tuple[str, str, str, Row]]] = {}
        for question in self._questions():
            name = question["source_column"]
            new, old = self.new.columns.get(name), self.old.columns.get(name)
            if new is None or old is None:
                continue
            key = (question["variable_id"], name, question["valid_from_wave"])
            if key in asked_before and _differ(old.label, new.label, name):
                labels[name] = (old.label, new.label)
            was = [
                row["crosswalk_id"]
                for row in asked_before.values()
                if (row["variable_id"], row["source_column"]) == key[:2]
            ]
            if question["crosswalk_id"] in was and name not in codes:
                codes[name] = list(self._relabelled(question, old, new))
        if labels and self._stops("wording_changed"):
            yield self._same_wording(labels)
        for name, changed in codes.items():
            if changed and self._stops("value_label_changed"):
                yield self._same_answers(name, changed)

    def _number_before(self) -> str:
        return next(
            (
                row["wave_number"]
                for row in self.after.waves()
                if self.old is not None
                and (row["study_id"], row["wave_id"]) == (self.wave["study_id"], self.old.wave_id)
            ),
            "0",
        )

    def _relabelled(
        self, question: Row, old: ColumnProfile, new: ColumnProfile
    ) -> Iterator[tuple[str, str, str, Row]]:
        """Give codes of one crosswalk row that have another label now."""
        for code, row in self._crosswalks.get(question["crosswalk_id"], {}).items():
            if row["valid_from_wave"] != self.wave["wave_id"] and _differ(
                old.value_labels.get(code, ""), new.value_labels.get(code, "")
            ):
                yield code, old.value_labels[code], new.value_labels[code], row

    def _same_wording(self, labels: dict[str, tuple[str, str]]) -> Proposal:
        named = "; ".join(f"{name}: {old!r}, then {new!r}" for name, (old, new) in labels.items())
        return Proposal(
            "same_wording",
            self.wave["wave_id"],
            0.85,
            f"{len(labels)} label(s) differ a little, so the questions were taken as the same: "
            f"{named}. Accept tells the build that they are the same",
            [
                drift_waiver(
                    self.naming,
                    "wording_changed",
                    name,
                    f"The same question: {old!r}, then {new!r}.",
                )
                for name, (old, new) in labels.items()
            ],
        )

    def _same_answers(self, name: str, changed: list[tuple[str, str, str, Row]]) -> Proposal:
        named = "; ".join(f"{code}: {old!r}, then {new!r}" for code, old, new, _ in changed)
        return Proposal(
            "same_answers",
            name,
            0.8,
            f"{len(changed)} code(s) have another label, but were taken as the same answer: "
            f"{named}. Accept begins new rows of the crosswalk, which say so",
            [
                {
                    "table": "crosswalk",
                    "version": {
                        "study_id": row["study_id"],
                        "crosswalk_id": row["crosswalk_id"],
                        "source_code": code,
                    },
                    "set": {"note": f"Labelled {new!r} from here on, {old!r} before."},
                }
                for code, old, new, row in changed
            ],
        )


def rehearse(
    project: Project, draft: Draft, new: WaveProfile, old: WaveProfile | None, naming: Naming
) -> list[Proposal]:
    """Find what the build would refuse of a draft, and ask about it.

    What nobody wrote rows for yet when a rewording is rejected is written into the draft itself.

    Args:
        project: the project.
        draft: the draft, with numbered proposals.
        new: what is delivered.
        old: what was delivered in the wave before; None if it is not at hand.
        naming: gives the ids of new rows.
    """
    after = rows_if_accepted(project, draft)
    wave = next(
        (
            row
            for row in after.waves()
            if (row["study_id"], row["wave_id"]) == (draft.study, draft.wave)
        ),
        None,
    )
    if wave is None:
        return []
    for proposal in draft.proposals:
        # A proposal that writes no words is about a column of the design, which has none.
        if proposal.kind == "changed_wording" and proposal.changes and not proposal.if_rejected:
            # The build would find another wording under one row.
            proposal.if_rejected = [
                drift_waiver(
                    naming,
                    "wording_changed",
                    proposal.subject,
                    "Seen in review: the same question.",
                )
            ]
    found = Rehearsal(after, wave, new, old, naming, draft.proposals).proposals()
    recoded = {p.id: p for p in draft.proposals if p.kind in RECODING and not p.if_rejected}
    if recoded:
        _say_what_rejections_leave(project, draft, recoded, wave, new, old, naming)
    return [*found, *weight_proposals(project, after, wave, old.wave_id if old else None)]


def _say_what_rejections_leave(
    project: Project,
    draft: Draft,
    recoded: dict[str, Proposal],
    wave: Row,
    new: WaveProfile,
    old: WaveProfile | None,
    naming: Naming,
) -> None:
    """Let codes whose new label is said to mean the same begin rows of their own."""
    after = rows_if_accepted(project, draft, recoded)
    same = {
        proposal.subject: proposal.changes
        for proposal in Rehearsal(after, wave, new, old, naming).labels()
        if proposal.kind == "same_answers"
    }
    for proposal in recoded.values():
        proposal.if_rejected = same.pop(proposal.subject, [])


def drift_waiver(naming: Naming, kind: str, subject: str, reason: str) -> Change:
    """Tell the build that a finding of drift was looked at."""
    return {
        "table": "drift_waivers",
        "add": {
            "study_id": naming.study_id,
            "wave_id": naming.wave_id,
            "drift_kind": kind,
            "subject": subject,
            "reason": reason,
        },
    }


def _end(naming: Naming, question: Row) -> Change:
    return {
        "table": "questions",
        "end": {"study_id": naming.study_id, "variable_id": question["variable_id"]},
    }


def _add(row: Row) -> Change:
    return {"table": "crosswalk", "add": row}


def _differ(old: str, new: str, name: str | None = None) -> bool:
    """Whether both labels are there and are other ones, as the drift of the warehouse sees it."""
    if not old or not new:
        return False
    if name is None:
        return plain_words(old) != plain_words(new)
    return not same_label(old, new, name)


def _has_answers(column: ColumnProfile, mapped: dict[str, Row]) -> bool:
    """Whether anything that is delivered is no missing code."""
    if not column.is_coded:
        return column.code_count > 0
    return any(code not in mapped or not mapped[code]["missing_kind"] for code in column.counts)
