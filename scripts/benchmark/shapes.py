"""How large generated studies are: waves, people, PSUs, strata, measures, segments and gaps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Measure:
    """What is estimated: a share of each category, or one number.

    `kind` is share, mean, ratio or median. `n_categories` is 0 for a number, whose `column` is
    divided by `denominator` in a ratio.
    """

    number: int
    kind: str
    column: str
    n_categories: int = 0
    denominator: str | None = None


@dataclass(frozen=True)
class Shape:
    """The size of a generated study.

    `people`, `psus` and `strata` have a number for each wave. `categories` has the number of
    categories of each share, `segments` the number of values of each segment beside the total.
    Every measure is left out of one wave in `gap_every`; 0 asks all in every wave.
    """

    name: str
    people: tuple[int, ...]
    psus: tuple[int, ...]
    strata: tuple[int, ...]
    categories: tuple[int, ...]
    segments: tuple[int, ...]
    n_means: int = 0
    n_ratios: int = 0
    n_medians: int = 0
    gap_every: int = 0

    @property
    def waves(self) -> range:
        """The numbers of the waves, from 1."""
        return range(1, len(self.people) + 1)

    @property
    def measures(self) -> list[Measure]:
        """All measures: shares, means, ratios, medians."""
        found = [
            Measure(number, "share", f"v{number}", n_categories)
            for number, n_categories in enumerate(self.categories, start=1)
        ]
        kinds = ["mean"] * self.n_means + ["ratio"] * self.n_ratios + ["median"] * self.n_medians
        for number, kind in enumerate(kinds, start=len(found) + 1):
            denominator = f"d{number}" if kind == "ratio" else None
            found.append(Measure(number, kind, f"v{number}", denominator=denominator))
        return found

    @property
    def segment_columns(self) -> list[str]:
        """The columns of the segments beside the total."""
        return [f"s{number}" for number in range(1, len(self.segments) + 1)]

    def segment_values(self, number: int) -> range:
        """Give the values of a segment; no two segments share one, and 0 is the total."""
        before = sum(self.segments[: number - 1])
        return range(before + 1, before + self.segments[number - 1] + 1)

    def is_asked(self, measure: Measure, wave: int) -> bool:
        """Tell whether a wave asks what the measure needs."""
        return not self.gap_every or (wave + 3 * measure.number) % self.gap_every != 0

    @property
    def n_answers(self) -> int:
        """How many answers were asked for, missing ones included."""
        return sum(
            people
            for wave, people in zip(self.waves, self.people, strict=True)
            for measure in self.measures
            if self.is_asked(measure, wave)
        )

    def first_waves(self, n: int) -> Shape:
        """Give the same study after its first waves."""
        return replace(
            self,
            name=f"{self.name}, {n} waves",
            people=self.people[:n],
            psus=self.psus[:n],
            strata=self.strata[:n],
        )

    def write(self, folder: Path) -> None:
        """Write the shape beside what is generated from it."""
        (folder / "shape.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def read(folder: Path) -> Shape:
        """Read the shape of what was generated in a folder."""
        written = json.loads((folder / "shape.json").read_text(encoding="utf-8"))
        return Shape(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in written.items()
            }
        )


def equal_waves(
    name: str,
    n_waves: int,
    people: int,
    psus: int,
    strata: int,
    categories: tuple[int, ...],
    segments: tuple[int, ...],
) -> Shape:
    """Give a study of shares whose waves are all of one size."""
    return Shape(
        name, (people,) * n_waves, (psus,) * n_waves, (strata,) * n_waves, categories, segments
    )


def large() -> Shape:
    """Give the study that every run measures, of the shape of a well-known series of surveys.

    71,000 people in 32 waves of 106 to 204 PSUs and one of 3,500, some 8,400 PSUs in 2,420 strata;
    18 measures in 6 segments, of which one is the total.
    """
    n_waves, many, n_people = 32, 20, 71_000
    psus = [106 + 37 * wave % 99 for wave in range(n_waves)]
    psus[many - 1] = 3_500
    people = [1_700 + 293 * wave % 907 for wave in range(n_waves)]
    people[many - 1] = 4_200
    people[-1] += n_people - sum(people)
    return Shape(
        name="large",
        people=tuple(people),
        psus=tuple(psus),
        strata=tuple(round(n / 3.465) for n in psus),
        categories=(2, 3, 4, 4, 5, 5, 5, 6, 7, 8, 9, 10, 2, 10),
        segments=(2, 6, 9, 4, 5),
        n_means=2,
        n_ratios=1,
        n_medians=1,
        gap_every=11,
    )


def volume(millions: float) -> Shape:
    """Give a study of so many million answers: 50 waves, 20 shares of 5 categories, 6 segments."""
    n_waves, n_variables = 50, 20
    people = round(millions * 1e6 / n_waves / n_variables)
    return equal_waves(
        f"{millions:g} million answers",
        n_waves,
        people,
        psus=200,
        strata=50,
        categories=(5,) * n_variables,
        segments=(5,) * 5,
    )
