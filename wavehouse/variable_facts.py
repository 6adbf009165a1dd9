"""What the codebook says of a variable in a study: versions of its question, steps between waves.

The steps are graded as `int_codebook__comparability` grades pairs of waves; a test compares them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from wavehouse.codebook import Codebook, Row, wave_number

# Between the first and the last of several waves.
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Version:
    """How a variable came about in a wave. Several questions, where it takes several columns."""

    wordings: tuple[str, ...]
    universes: tuple[str, ...]
    columns: tuple[str, ...]
    crosswalks: tuple[str, ...]
    is_derived: bool = False

    @property
    def delivery(self) -> tuple[object, ...]:
        """What was delivered: columns, and the codes of a variable that is not derived."""
        return (self.columns,) if self.is_derived else (self.columns, self.crosswalks)


@dataclass(frozen=True)
class Step:
    """What lies between a wave and the one before that has the variable too."""

    before: Row
    after: Row
    breaks: tuple[Row, ...]
    differs_in_wording: bool
    differs_in_universe: bool
    differs_in_detail: bool
    differs_in_delivery: bool

    @property
    def grade(self) -> str:
        """The grade of comparability, by the worst reason."""
        if any(each["severity"] == "hard" for each in self.breaks):
            return "not_comparable"
        if (
            self.breaks
            or self.differs_in_wording
            or self.differs_in_universe
            or self.differs_in_detail
        ):
            return "with_care"
        return "harmonised" if self.differs_in_delivery else "identical"


class StudyFacts:
    """A variable in one study."""

    def __init__(self, codebook: Codebook, study_id: str, variable_id: str) -> None:
        """Take the codebook, and of which study and variable to speak."""
        self.codebook = codebook
        self.study_id = study_id
        self.variable_id = variable_id
        self.waves = [wave for wave in codebook.waves() if wave["study_id"] == study_id]
        self.sources = sources_of(codebook, variable_id)

    @cached_property
    def versions(self) -> dict[str, Version]:
        """How the variable came about, by the waves that have it."""
        found = {}
        for wave in self.waves:
            rows = list(self.codebook.valid_rows("questions", wave))
            direct = [row for row in rows if row["variable_id"] == self.variable_id]
            version = _version(direct) if direct else self._derived_version(rows)
            if version:
                found[wave["wave_id"]] = version
        return found

    @property
    def asked(self) -> list[Row]:
        """The waves that have the variable."""
        return [wave for wave in self.waves if wave["wave_id"] in self.versions]

    @cached_property
    def steps(self) -> list[Step]:
        """What lies between each wave with the variable and the next."""
        found = []
        for before, after in zip(self.asked, self.asked[1:], strict=False):
            old, new = self.versions[before["wave_id"]], self.versions[after["wave_id"]]
            found.append(
                Step(
                    before,
                    after,
                    tuple(self._breaks_between(before, after)),
                    old.wordings != new.wordings,
                    old.universes != new.universes,
                    self._is_collapsed(before) != self._is_collapsed(after),
                    old.delivery != new.delivery,
                )
            )
        return found

    def span(self, wave_ids: Iterable[str]) -> str:
        """Name waves briefly: runs of consecutive waves by their first and last."""
        wanted = set(wave_ids)
        runs: list[list[str]] = []
        previous = None
        for position, wave in enumerate(self.waves):
            if wave["wave_id"] not in wanted:
                continue
            if previous is not None and position == previous + 1:
                runs[-1].append(wave["wave_id"])
            else:
                runs.append([wave["wave_id"]])
            previous = position
        return ", ".join(run[0] if len(run) == 1 else f"{run[0]}{DASH}{run[-1]}" for run in runs)

    def mapped_codes(self) -> list[tuple[Row, list[str]]]:
        """Give the rows of the crosswalks of its questions, with the waves that each holds in."""
        found: dict[int, tuple[Row, list[str]]] = {}
        for wave in self.asked:
            version = self.versions[wave["wave_id"]]
            crosswalks = () if version.is_derived else version.crosswalks
            for row in self.codebook.valid_rows("crosswalk", wave):
                if row["crosswalk_id"] in crosswalks:
                    found.setdefault(id(row), (row, []))[1].append(wave["wave_id"])
        return list(found.values())

    def _derived_version(self, rows: list[Row]) -> Version | None:
        """Give how the variable follows from the questions of a wave; none if it does not."""
        asked = {row["variable_id"] for row in rows}
        groups = {
            row["variable_group_id"]: row["variable_group_label"]
            for row in self.codebook.rows("variable_groups")
        }
        for row in self.codebook.rows("derived_sums"):
            if row["variable_id"] not in (self.variable_id, *self.sources):
                continue
            items = asked & set(group_members(self.codebook, row["variable_group_id"]))
            if len(items) < int(row["minimum_answers"] or 1):
                return None
            label = groups[row["variable_group_id"]]
            return Version((f"Sum of the answers to: {label}",), ("",), (), (), is_derived=True)
        questions = [row for row in rows if row["variable_id"] in self.sources]
        return _version(questions, is_derived=True) if questions else None

    def _breaks_between(self, before: Row, after: Row) -> list[Row]:
        numbers = {wave["wave_id"]: wave_number(wave) for wave in self.waves}
        crossed = [
            row
            for row in self.codebook.rows("breaks")
            if row["study_id"] == self.study_id
            and row["variable_id"] in ("", self.variable_id, *self.sources)
            and wave_number(before) < numbers.get(row["wave_id"], -1) <= wave_number(after)
        ]
        return sorted(crossed, key=lambda row: (numbers[row["wave_id"]], row["break_id"]))

    def _is_collapsed(self, wave: Row) -> bool:
        """Say whether the wave's crosswalk puts several delivered answers into one."""
        crosswalks = self.versions[wave["wave_id"]].crosswalks
        return any(
            row["crosswalk_id"] in crosswalks and row["mapping_method"] == "collapse"
            for row in self.codebook.valid_rows("crosswalk", wave)
        )


def _version(questions: list[Row], *, is_derived: bool = False) -> Version:
    def distinct(column: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.get(column, "") for row in questions))

    return Version(
        distinct("question_text"),
        distinct("universe"),
        distinct("source_column"),
        distinct("crosswalk_id"),
        is_derived,
    )


def sources_of(codebook: Codebook, variable_id: str) -> list[str]:
    """Give everything that a derived variable is made of, however many steps away."""
    found: dict[str, None] = {}
    open_ends = [variable_id]
    while open_ends:
        here = open_ends.pop()
        direct = [
            row["source_variable_id"]
            for row in codebook.rows("derivations")
            if row["variable_id"] == here
        ]
        for row in codebook.rows("derived_sums"):
            if row["variable_id"] == here:
                direct += group_members(codebook, row["variable_group_id"])
        new = [each for each in dict.fromkeys(direct) if each not in found]
        found.update(dict.fromkeys(new))
        open_ends += new
    return list(found)


def group_members(codebook: Codebook, variable_group_id: str) -> list[str]:
    """Give the variables of a group."""
    return [
        row["variable_id"]
        for row in codebook.rows("variable_group_members")
        if row["variable_group_id"] == variable_group_id
    ]


def rows_about(codebook: Codebook, table: str, column: str, values: Sequence[str]) -> list[Row]:
    """Give the rows of a table that name one of some values in a column."""
    return [row for row in codebook.rows(table) if row.get(column) in values]
