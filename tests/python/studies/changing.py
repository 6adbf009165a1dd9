"""A made-up survey that changes: its waves are added, corrected, recoded, deleted and relabelled.

`Survey` holds what was delivered and how it is coded. Changes are made to it first and then written
into a project, so that the same state can be built in one go somewhere else.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench import Row, set_codebook_rows, write_wave

from studies.generated import Codebook, study_rows
from wavehouse.generate import generate
from wavehouse.project import Project

STUDY, PANEL = "changing", "changing_panel"
N_PEOPLE = 40
CODES = {"vote": ("1", "2", "3"), "region": ("n", "s")}
CODEBOOK = Codebook(
    categories={"vote": ("1", "2", "3", "4"), "region": ("n", "s")},
    bounds={"age": (15, 99), "size": (1, 9)},
    segments={"region": ("region",)},
    measures=[
        {"measure_id": "vote_share", "measure_kind": "share", "variable_id": "vote"},
        {"measure_id": "age_mean", "measure_kind": "mean", "variable_id": "age"},
        {
            "measure_id": "age_median",
            "measure_kind": "quantile",
            "variable_id": "age",
            "quantile": "0.5",
        },
        {
            "measure_id": "age_by_size",
            "measure_kind": "ratio",
            "variable_id": "age",
            "denominator_variable_id": "size",
        },
    ],
)
Change = Callable[[random.Random], set[str]]


@dataclass
class Survey:
    """The two studies as they are: waves by number, recoded answers and labels.

    The first study has a sample for each wave. The second asks the same people in every wave.
    """

    waves: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    # (study, wave, code) of votes that count as no answer
    recoded: set[tuple[str, int, str]] = field(default_factory=set)
    label: str = "Vote"

    # Each change gives the waves that it touches, as `study wave`.

    def add(self, draw: random.Random, study_id: str = "") -> set[str]:
        """Deliver one more wave of a study: of the one that is named, or of either."""
        study_id = study_id or draw.choice((STUDY, PANEL))
        numbers = [number for study, number in self.waves if study == study_id]
        number = max(numbers, default=0) + 1
        self.waves[study_id, number] = people(study_id, draw)
        return {f"{study_id} {number}"}

    def add_with_new_answer(self, draw: random.Random) -> set[str]:
        """Deliver one more wave, in which somebody gives an answer that nobody gave before."""
        touched = self.add(draw)
        self.waves[list(self.waves)[-1]][0]["vote"] = "4"
        return touched

    def correct(self, draw: random.Random) -> set[str]:
        """Deliver a wave again with other answers of one person."""
        study_id, number = draw.choice(sorted(self.waves))
        row = draw.choice(self.waves[study_id, number])
        row["vote"] = draw.choice([code for code in CODES["vote"] if code != row["vote"]])
        row["age"] = str(15 + (int(row["age"]) + 7) % 80)
        return {f"{study_id} {number}"}

    def recode(self, draw: random.Random) -> set[str]:
        """Let an answer of a wave count as missing, or as what it was."""
        study_id, number = draw.choice(sorted(self.waves))
        self.recoded ^= {(study_id, number, "3")}
        return {f"{study_id} {number}"}

    def delete(self, draw: random.Random) -> set[str]:
        """Take a wave out that is not its study's only one."""
        several = [
            key for key in sorted(self.waves) if sum(study == key[0] for study, _ in self.waves) > 1
        ]
        if several:
            gone = draw.choice(several)
            del self.waves[gone]
            self.recoded = {key for key in self.recoded if key[:2] != gone}
        return set()

    def relabel(self, draw: random.Random) -> set[str]:
        """Edit a label."""
        self.label = f"Vote {draw.randrange(10**6)}"
        return set()

    @property
    def changes(self) -> list[Change]:
        """All kinds of changes."""
        return [
            self.add,
            self.add_with_new_answer,
            self.correct,
            self.recode,
            self.delete,
            self.relabel,
        ]

    def write(self, project: Project) -> None:
        """Make a project, whose studies were taken out, have these as they are now."""
        for table in ("measures", "segments", "segment_variables", "code_lists", "categories"):
            set_codebook_rows(project, table, [])
        rows = {**CODEBOOK.rows()}
        rows["variables"] = [
            {**row, "variable_label": self.label} if row["variable_id"] == "vote" else row
            for row in rows["variables"]
        ]
        of_studies = [self._study(study_id) for study_id in (STUDY, PANEL)]
        for table in {*rows, *(table for tables in of_studies for table in tables)}:
            together = [*rows.get(table, ())]
            for tables in of_studies:
                together += tables.get(table, ())
            set_codebook_rows(project, table, together)
        for path in project.waves.glob("*/*"):
            path.unlink()
        for (study_id, number), people_of_wave in self.waves.items():
            write_wave(project, study_id, str(number), people_of_wave)
        generate(project)

    def _study(self, study_id: str) -> dict[str, list[Row]]:
        sizes = {
            str(number): len(rows)
            for (study, number), rows in sorted(self.waves.items())
            if study == study_id
        }
        tables = study_rows(CODEBOOK, study_id, sizes, "open_data")
        for wave in tables["waves"]:
            number = int(wave["wave_id"])
            wave["wave_number"] = str(number)
            wave["wave_date"] = f"{1950 + number}-01-01"
            wave["sample_id"] = study_id if study_id == PANEL else f"{study_id}_{number}"
        tables["comparisons"] = [
            {"study_id": study_id, "comparison_id": "previous", "comparison_kind": "previous"}
        ]
        tables["periods"] = [{"study_id": study_id, "period_kind": "pooled_waves", "n_waves": "2"}]
        tables["crosswalk"] = [
            row for one in tables["crosswalk"] for row in self._crosswalk(one, list(sizes))
        ]
        return tables

    def _crosswalk(self, row: Row, wave_ids: list[str]) -> list[Row]:
        """Give the rows of a code: one for each wave if they are coded in different ways."""
        key = row["study_id"], row["crosswalk_id"], row["source_code"]
        recoded = {
            str(number) for study, number, code in self.recoded if (study, "vote", code) == key
        }
        if not recoded:
            return [row]
        return [
            {
                **replace_mapping(row, wave_id in recoded),
                "valid_from_wave": wave_id,
                "valid_to_wave": wave_id,
            }
            for wave_id in wave_ids
        ]


def replace_mapping(row: Row, is_missing: bool) -> Row:
    """Let a code count as no answer."""
    if not is_missing:
        return row
    return {**row, "category_code": "", "missing_kind": "no_answer", "mapping_method": "sentinel"}


def people(study_id: str, draw: random.Random) -> list[Row]:
    """Make up the respondents of a wave; those of the panel stay who they are."""
    return [
        {
            "respondent": str(person),
            "weight": f"{0.5 + draw.random():.3f}",
            "stratum": "ab"[person % 2],
            "psu": str(person % 8),
            "vote": draw.choice(CODES["vote"]),
            "region": CODES["region"][person % 3 % 2],
            "age": str(draw.randint(18, 90)),
            "size": str(draw.randint(1, 6)),
        }
        for person in range(N_PEOPLE if study_id == STUDY else N_PEOPLE // 2)
    ]
