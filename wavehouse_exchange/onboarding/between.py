"""A wave that comes between others: what it changes holds for it alone, and then goes on as before.

The same is so of a corrected delivery: its wave has its place already.
"""

from collections.abc import Iterator, Mapping, Sequence

from wavehouse.codebook.tables import Codebook, Row, wave_number
from wavehouse.errors import WavehouseError
from wavehouse_exchange.onboarding.draft import Change, Draft, Proposal
from wavehouse_exchange.onboarding.tables import OF_REVIEW, EditedTable

FROM, TO = "valid_from_wave", "valid_to_wave"
# Who looked at a row and when makes no other row of it.
NOT_COMPARED = frozenset({FROM, TO, *OF_REVIEW})
ENDS = "_ends"


def neighbours(waves: Sequence[Row], date: str) -> tuple[str, str]:
    """Give the waves before and after a new one, by its date; empty where there is none.

    Args:
        waves: the waves of the study, in their order.
        date: the date of the new one; where it is not known, it is the last.
    """
    ids = [row["wave_id"] for row in waves]
    earlier = sum(1 for row in waves if not date or row["wave_date"] <= date)
    return (ids[earlier - 1] if earlier else "", ids[earlier] if earlier < len(ids) else "")


def place_between(
    codebook: Codebook, study_id: str, wave: Proposal, following: str
) -> list[Proposal]:
    """Give a wave its number between others, and ask about the breaks of the wave after it.

    Args:
        codebook: the codebook.
        study_id: the study.
        wave: the proposal of the wave's row, which is changed.
        following: the wave after it.
    """
    waves = [row for row in codebook.waves() if row["study_id"] == study_id]
    place = next(place for place, row in enumerate(waves) if row["wave_id"] == following)
    number = wave_number(waves[place])
    row = wave.changes[0]["add"]
    row["wave_number"] = str(number)
    wave.changes += [
        {
            "table": "waves",
            "where": {"study_id": study_id, "wave_id": later["wave_id"]},
            "set": {"wave_number": str(wave_number(later) + 1)},
        }
        for later in waves[place:]
    ]
    wave.reason += (
        f"; by its date it comes before wave {following}: later waves get higher numbers, and its "
        "changes hold for this wave only"
    )
    return [
        Proposal(
            "break_between",
            known["break_id"],
            0.5,
            f"this break begins with wave {following}: {known['description']} Accept if the new "
            "wave has it already",
            [
                {
                    "table": "breaks",
                    "where": {"break_id": known["break_id"]},
                    "set": {"wave_id": row["wave_id"]},
                }
            ],
        )
        for known in codebook.rows("breaks")
        if known["study_id"] == study_id
        and known["wave_id"] == following
        and not known["variable_id"]
    ]


class WaveInPlace:
    """Makes the changes of a draft in one wave, and leaves the waves around it as they are."""

    def __init__(self, tables: Mapping[str, EditedTable], draft: Draft) -> None:
        """Find the place of the draft's wave.

        Args:
            tables: the codebook's tables.
            draft: the draft, whose wave has one after it or is in the codebook.
        """
        self.draft = draft
        self.tables = tables
        self.ranges = {
            name: table for name, table in tables.items() if {FROM, TO} <= set(table.columns)
        }
        self.places: dict[str, float] = {
            row["wave_id"]: wave_number(row)
            for row in tables["waves"].rows
            if row["study_id"] == draft.study
        }
        if draft.wave not in self.places:
            self.places[draft.wave] = self.places[draft.following_wave] - 0.5
        self.here = self.places[draft.wave]
        self.breaks: list[str] = []

    @staticmethod
    def is_for(draft: Draft) -> bool:
        """Whether a draft is of such a wave."""
        return bool(draft.following_wave) or draft.like == draft.wave

    def begin(self) -> None:
        """Let everything hold in the wave that holds in the one that it is compared with."""
        like = self.places.get(self.draft.like, self.here)
        for table in self.ranges.values():
            for row in [dict(row) for row in table.rows if self._covers(row, like)]:
                thing = {
                    column: value
                    for column, value in row.items()
                    if column in table.key and column != FROM
                }
                if not any(
                    self._covers(table.rows[each], self.here) for each in table.places(thing)
                ):
                    table.add({**row, FROM: self.draft.wave, TO: self._end})

    def make(self, change: Change) -> bool:
        """Make a change that has to do with waves; say whether it was one.

        Raises:
            WavehouseError: it cannot be made.
        """
        name = change.get("table", "")
        if name == "breaks" and "add" in change:
            self.breaks.append(change["add"]["break_id"])
            return False
        table = self.ranges.get(name)
        if table is None:
            return False
        if "add" in change and change["add"].get(FROM) == self.draft.wave:
            table.add({TO: self._end, **change["add"]})
            return True
        key = change.get("version") or change.get("end")
        if not key:
            return False
        found = [dict(row) for row in table.rows if self._is(row, key)]
        if not found and "version" in change:
            raise WavehouseError(
                f"{table.path.name}: no row of {key} is valid in wave {self.draft.like}."
            )
        for row in found:
            place = self._alone(table, row)
            if "version" in change:
                table.change(place, change["set"])
            else:
                table.remove(place)
        return True

    def finish(self) -> None:
        """Join what says the same before, in or after the wave, and end breaks of it alone."""
        if not self.draft.following_wave:
            return
        if self.draft.like != self.draft.wave:
            self._drop_unused_crosswalks()
        for table in self.ranges.values():
            for row in [dict(row) for row in table.rows if self._is_alone(row)]:
                self._join(table, row)
        for break_id in self.breaks:
            self._end_break(break_id)

    @property
    def _end(self) -> str:
        """What ends a row of the wave: nothing, where it is the last."""
        return self.draft.wave if self.draft.following_wave else ""

    def _covers(self, row: Row, place: float) -> bool:
        return row["study_id"] == self.draft.study and self.places.get(
            row[FROM], place
        ) <= place <= self.places.get(row[TO], place)

    def _is(self, row: Row, key: Row) -> bool:
        same = all(row.get(column) == value for column, value in key.items())
        return same and self._covers(row, self.here)

    def _is_alone(self, row: Row) -> bool:
        return (row["study_id"], row[FROM], row[TO]) == (
            self.draft.study,
            self.draft.wave,
            self.draft.wave,
        )

    def _alone(self, table: EditedTable, row: Row) -> int:
        """Part a row into those before, in and after the wave, and give the place of the second."""
        following = self.draft.following_wave
        goes_on = following and self._covers(row, self.places[following])
        own = {**row, FROM: self.draft.wave, TO: self._end if goes_on else row[TO]}
        place = table.places(row)[0]
        if row[FROM] == self.draft.wave:
            table.change(place, own)
        else:
            table.change(place, {TO: self.draft.previous_wave})
            table.add(own)
        if goes_on:
            table.add({**row, FROM: following})
        return table.places(own)[0]

    def _drop_unused_crosswalks(self) -> None:
        used = {
            row["crosswalk_id"]
            for row in self.tables["questions"].rows
            if self._covers(row, self.here)
        }
        table = self.tables["crosswalk"]
        for place in reversed(range(len(table.rows))):
            row = table.rows[place]
            if self._is_alone(row) and row["crosswalk_id"] not in used:
                table.remove(place)

    def _join(self, table: EditedTable, row: Row) -> None:
        same = {column: value for column, value in row.items() if column not in NOT_COMPARED}
        before = table.places({**same, TO: self.draft.previous_wave})
        after = table.places({**same, FROM: self.draft.following_wave})
        earlier = before[0] if before and self.draft.previous_wave else None
        later = after[0] if after else None
        if earlier is not None:
            end = table.rows[later][TO] if later is not None else self.draft.wave
            table.change(earlier, {TO: end})
            gone = [row, *([dict(table.rows[later])] if later is not None else [])]
        elif later is not None:
            table.change(later, {FROM: self.draft.wave})
            gone = [row]
        else:
            return
        for each in gone:
            # The row that went on may be equal to the one that goes.
            table.remove(next(place for place in table.places(each) if place != earlier))

    def _end_break(self, break_id: str) -> None:
        """End a break with the wave, or let it take the place of one that came with the next."""
        table = self.tables["breaks"]
        places = table.places({"break_id": break_id})
        if not places:
            return
        row = dict(table.rows[places[0]])
        following = self.draft.following_wave
        there = table.places(
            {
                "study_id": self.draft.study,
                "wave_id": following,
                "variable_id": row["variable_id"],
                "break_kind": row["break_kind"],
            }
        )
        if any(self._goes_on(question) for question in self._asked(row["variable_id"])):
            if there:
                table.change(there[0], {"wave_id": self.draft.wave})
                table.remove(table.places({"break_id": break_id})[0])
        elif not there:
            table.add({**row, "break_id": f"{break_id}{ENDS}", "wave_id": following})

    def _asked(self, variable_id: str) -> Iterator[Row]:
        for row in self.tables["questions"].rows:
            if row["variable_id"] == variable_id and self._covers(row, self.here):
                yield row

    def _goes_on(self, row: Row) -> bool:
        return self._covers(row, self.places[self.draft.following_wave])
