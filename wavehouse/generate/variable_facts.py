"""What the codebook says of a variable in a study: versions of its question, steps between waves.

`int_comparisons__comparability` grades pairs of waves in the same way; a test compares both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from wavehouse.codebook.tables import Row, wave_number, whole_number
from wavehouse.generate.codebook_index import CodebookIndex

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
    differs_in_categories: bool
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
            or self.differs_in_categories
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
        direct = self._by_wave("questions", "variable_id", [self.variable_id])
        of_sources = self._by_wave("questions", "variable_id", self.sources)
        found = {}
        for wave in self.waves:
            wave_id = wave["wave_id"]
            version = None
            if direct.get(wave_id):
                version = _version(direct[wave_id])
            elif of_sources.get(wave_id):
                version = self._derived_version(of_sources[wave_id])
            if version:
                found[wave_id] = version
        return found

    @cached_property
    def asked(self) -> list[Row]:
        """The waves that have the variable."""
        return [wave for wave in self.waves if wave["wave_id"] in self.versions]

    @cached_property
    def steps(self) -> list[Step]:
        """What lies between each wave with the variable and the next."""
        found = []
        for before, after in zip(self.asked, self.asked[1:], strict=False):
            old, new = self.versions[before["wave_id"]], self.versions[after["wave_id"]]
            first, last = wave_number(before), wave_number(after)
            found.append(
                Step(
                    before,
                    after,
                    tuple(row for number, row in self._breaks if first < number <= last),
                    old.wordings != new.wordings,
                    old.universes != new.universes,
                    (before["wave_id"] in self._collapsed) != (after["wave_id"] in self._collapsed),
                    self._offered(before["wave_id"]) != self._offered(after["wave_id"]),
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

    def _by_wave(self, table: str, column: str, values: Iterable[str]) -> dict[str, list[Row]]:
        return self.index.by_wave(self.index.where_any(table, column, values), self.study_id)

    def _derived_version(self, questions: list[Row]) -> Version | None:
        """Give how the variable follows from the questions of a wave; none if it does not."""
        asked = {row["variable_id"] for row in questions}
        sums = self.index.where_any(
            "derived_sums", "variable_id", [self.variable_id, *self.sources]
        )
        for row in sums:
            items = asked & set(self.index.members(row["variable_group_id"]))
            if len(items) < whole_number(row["minimum_answers"], 1):
                return None
            groups = self.index.where(
                "variable_groups", "variable_group_id", row["variable_group_id"]
            )
            label = groups[0]["variable_group_label"] if groups else row["variable_group_id"]
            text = f"Sum of the answers to: {label}"
            return Version((text,), ("",), (), (), is_derived=True)
        return _version(questions, is_derived=True)

    @cached_property
    def _breaks(self) -> list[tuple[int, Row]]:
        """The breaks that concern the variable in this study, with their waves' numbers."""
        concerned = {"", self.variable_id, *self.sources}
        found = [
            (number, row)
            for row in self.index.where("breaks", "study_id", self.study_id)
            if row["variable_id"] in concerned
            and (number := self.index.number(self.study_id, row["wave_id"])) is not None
        ]
        return sorted(found, key=lambda each: (each[0], each[1]["break_id"]))

    def _offered(self, wave_id: str) -> set[str]:
        """Give the categories that could be answered in a wave; none of a group of a sum."""
        direct = self._codes_by_wave(self.variable_id).get(wave_id, [])
        found = {row["category_code"] for row in direct if row["category_code"]}
        for rule in self.index.where("derivations", "variable_id", self.variable_id):
            codes = self._codes_by_wave(rule["source_variable_id"]).get(wave_id, [])
            if any(_leads_to(row, rule) for row in codes):
                found.add(rule["category_code"])
        return found

    def _codes_by_wave(self, variable_id: str) -> dict[str, list[Row]]:
        """Give the rows of the crosswalks that a variable's questions have in each wave."""
        questions = self._by_wave("questions", "variable_id", [variable_id])
        return {
            wave_id: [
                row
                for question in asked
                for row in self._by_wave(
                    "crosswalk", "crosswalk_id", [question["crosswalk_id"]]
                ).get(wave_id, [])
            ]
            for wave_id, asked in questions.items()
        }

    def _crosswalk_rows(self, wave: Row) -> list[Row]:
        """Give the rows of the crosswalks of its questions that hold in a wave."""
        crosswalks = self.versions[wave["wave_id"]].crosswalks
        rows = self._crosswalks.get(wave["wave_id"], [])
        return [row for row in rows if row["crosswalk_id"] in crosswalks]

    @cached_property
    def _crosswalks(self) -> dict[str, list[Row]]:
        """All rows of the crosswalks of its questions, by wave."""
        crosswalks = [each for version in self.versions.values() for each in version.crosswalks]
        return self._by_wave("crosswalk", "crosswalk_id", crosswalks)

    @cached_property
    def _collapsed(self) -> set[str]:
        """The waves whose crosswalk puts several delivered answers into one."""
        return {
            wave["wave_id"]
            for wave in self.asked
            if any(row["mapping_method"] == "collapse" for row in self._crosswalk_rows(wave))
        }


def _leads_to(row: Row, rule: Row) -> bool:
    """Tell whether a row of a crosswalk leads to the category of a rule of derivation."""
    if rule["source_category_code"]:
        return row["category_code"] == rule["source_category_code"]
    if row["source_code"] == "<number>":
        return True
    try:
        number = float(row["numeric_value"])
        low = float(rule["lower_bound"] or "-inf")
        high = float(rule["upper_bound"] or "inf")
    except ValueError:
        return False
    return low <= number < high


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
