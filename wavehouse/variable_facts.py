"""What the codebook says of a variable in a study: versions of its question, steps between waves.

The steps are graded as `int_codebook__comparability` grades pairs of waves; a test compares them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from wavehouse.codebook import Row, wave_number
from wavehouse.codebook_index import CodebookIndex

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

    def __init__(self, index: CodebookIndex, study_id: str, variable_id: str) -> None:
        """Take the codebook, and of which study and variable to speak."""
        self.index = index
        self.study_id = study_id
        self.variable_id = variable_id
        self.waves = index.waves(study_id)
        self.sources = index.sources(variable_id)

    @cached_property
    def versions(self) -> dict[str, Version]:
        """How the variable came about, by the waves that have it."""
        found = {}
        for wave in self.waves:
            direct = self._questions([self.variable_id], wave)
            version = _version(direct) if direct else self._derived_version(wave)
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
            if not self.versions[wave["wave_id"]].is_derived:
                for row in self._crosswalk_rows(wave):
                    found.setdefault(id(row), (row, []))[1].append(wave["wave_id"])
        return list(found.values())

    def _questions(self, variable_ids: list[str], wave: Row) -> list[Row]:
        rows = self.index.where_any("questions", "variable_id", variable_ids)
        return [row for row in rows if self.index.holds(row, wave)]

    def _derived_version(self, wave: Row) -> Version | None:
        """Give how the variable follows from the questions of a wave; none if it does not."""
        questions = self._questions(self.sources, wave)
        asked = {row["variable_id"] for row in questions}
        sums = self.index.where_any(
            "derived_sums", "variable_id", [self.variable_id, *self.sources]
        )
        for row in sums:
            items = asked & set(self.index.members(row["variable_group_id"]))
            if len(items) < int(row["minimum_answers"] or 1):
                return None
            group = self.index.where(
                "variable_groups", "variable_group_id", row["variable_group_id"]
            )[0]
            text = f"Sum of the answers to: {group['variable_group_label']}"
            return Version((text,), ("",), (), (), is_derived=True)
        return _version(questions, is_derived=True) if questions else None

    def _breaks_between(self, before: Row, after: Row) -> list[Row]:
        crossed = [
            (number, row["break_id"], row)
            for row in self.index.where("breaks", "study_id", self.study_id)
            if row["variable_id"] in ("", self.variable_id, *self.sources)
            and (number := self.index.number(self.study_id, row["wave_id"])) is not None
            and wave_number(before) < number <= wave_number(after)
        ]
        return [row for _, _, row in sorted(crossed, key=lambda each: each[:2])]

    def _crosswalk_rows(self, wave: Row) -> list[Row]:
        """Give the rows of the crosswalks of its questions that hold in a wave."""
        crosswalks = self.versions[wave["wave_id"]].crosswalks
        rows = self.index.where_any("crosswalk", "crosswalk_id", crosswalks)
        return [row for row in rows if self.index.holds(row, wave)]

    def _is_collapsed(self, wave: Row) -> bool:
        """Say whether the wave's crosswalk puts several delivered answers into one."""
        return any(row["mapping_method"] == "collapse" for row in self._crosswalk_rows(wave))


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
