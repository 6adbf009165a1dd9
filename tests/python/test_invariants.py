"""What theory says about estimates and errors of any sample, on samples that hypothesis draws.

One build has all samples, each delivered in several ways (`studies/drawn.py`). A failure shows the
sample with what is wrong.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from studies.drawn import (
    CHOICES,
    COARSE,
    FACTOR,
    POPULATION_SHARES,
    SHIFT,
    WEIGHT_FACTOR,
    Respondent,
    Sample,
    add_drawn_studies,
    doubled,
    drawn_samples,
    extended,
    jackknife_weights,
)
from workbench import copy_project, query, run_dbt

N_SAMPLES = 8
NUMBERS = range(N_SAMPLES)

BUILT = ("+int_estimates__estimates", "+int_contrasts__contrasts", "+int_checks__problems")
# The files that the studies do not have.
OF_FILES = ("wave_file_missing", "generated_file_stale")

Values = Mapping[str, Any]
Pair = tuple[float, float]


class Cell(NamedTuple):
    """What an estimate is of, in any study and wave."""

    measure_id: str
    category_code: str
    segment_id: str
    segment_code: str


class Contrast(NamedTuple):
    """What a contrast is of, in any study."""

    contrast_kind: str
    set_wave_id: str
    measure_id: str
    category_code: str
    segment_id: str
    contrast_code: str


@dataclass(frozen=True)
class Results:
    """All that was built, by study."""

    samples: list[Sample]
    estimates: Mapping[tuple[str, str], Mapping[Cell, Values]]
    pooled: Mapping[tuple[str, str], Mapping[Cell, Values]]
    contrasts: Mapping[str, Mapping[Contrast, Values]]

    def of(self, number: int, delivery: str, wave_id: str = "w1") -> Mapping[Cell, Values]:
        """Give the estimates of a wave of one delivery of a sample."""
        return self.estimates[f"s{number}_{delivery}", wave_id]

    def compared(self, number: int, delivery: str) -> Mapping[Contrast, Values]:
        """Give the contrasts of one delivery of a sample."""
        return self.contrasts[f"s{number}_{delivery}"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Draw all samples and build them, each in all deliveries."""
    samples = drawn_samples(N_SAMPLES)
    project = copy_project(tmp_path_factory.mktemp("drawn"))
    add_drawn_studies(project, samples)
    run = run_dbt(
        project,
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        *BUILT,
        # Parts of the project are gone, and their settings with nothing to apply to.
        "--warn-error-options",
        "{error: []}",
    )
    assert run.exit_code == 0, run.output[-5000:]
    problems = query(
        project,
        f"select * from intermediate.int_checks__problems where check_id not in {OF_FILES}",
    )
    assert problems == []
    by_grain: dict[str, dict[tuple[str, str], dict[Cell, Values]]] = {
        grain: defaultdict(dict) for grain in ("wave", "pooled_2")
    }
    for row in query(project, "select * from intermediate.int_estimates__estimates"):
        cell = Cell(*(row[column] for column in Cell._fields))
        by_grain[row["period_grain"]][row["study_id"], row["wave_id"]][cell] = row
    contrasts: dict[str, dict[Contrast, Values]] = defaultdict(dict)
    for row in query(project, "select * from intermediate.int_contrasts__contrasts"):
        key = Contrast(*(row[column] for column in Contrast._fields))
        contrasts[row["study_id"]][key] = row
    return Results(samples, by_grain["wave"], by_grain["pooled_2"], contrasts)


# How numbers are compared ---------------------------------------------------------------------

ESTIMATE_COLUMNS = (
    "estimate",
    "standard_error",
    "degrees_of_freedom",
    "n_respondents",
    "n_effective",
    "sum_of_weights",
    "design_effect",
    "coefficient_of_variation",
)
CONTRAST_COLUMNS = ("contrast_value", "standard_error", "degrees_of_freedom", "t_statistic")
# Of a shift: neither the errors nor the bases.
ERROR_COLUMNS = (
    "standard_error",
    "degrees_of_freedom",
    "n_respondents",
    "sum_of_weights",
    "design_effect",
)


def is_close(found: float | None, expected: float | None) -> bool:
    """Compare two numbers, either of which may be missing."""
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-8, abs_tol=1e-8)


def differing(
    found: Values | None, expected: Values | None, columns: Iterable[str], factor: float = 1
) -> Iterator[str]:
    """Give the numbers that are not as expected, times a factor, in words."""
    if found is None or expected is None:
        if found is not expected:
            yield f"found {found}, expected {expected}"
        return
    for column in columns:
        value = expected[column]
        if not is_close(found[column], None if value is None else value * factor):
            yield f"{column} is {found[column]}, expected {value} * {factor}"


def same(
    found: Mapping[Any, Values], expected: Mapping[Any, Values], columns: Iterable[str]
) -> list[str]:
    """Give what differs between two sets of rows."""
    keys = [*expected, *(key for key in found if key not in expected)]
    return [
        f"{key}: {text}"
        for key in keys
        for text in differing(found.get(key), expected.get(key), columns)
    ]


def holds(sample: Sample, wrong: list[str]) -> None:
    """Fail with the sample and the first few of what is wrong."""
    assert not wrong, "\n".join([f"{len(wrong)} wrong:", *wrong[:8], "in the sample", str(sample)])


def cells_of(rows: Mapping[Cell, Values], *measure_ids: str) -> Iterator[tuple[Cell, Values]]:
    """Give the rows of some measures."""
    return ((cell, row) for cell, row in rows.items() if cell.measure_id in measure_ids)


def renamed(
    rows: Mapping[Any, Values], measure_id: str, other_measure_id: str
) -> dict[Any, Values]:
    """Give the rows of one measure under the name of another."""
    return {
        key._replace(measure_id=other_measure_id): row
        for key, row in rows.items()
        if key.measure_id == measure_id
    }


def of_measure(rows: Mapping[Any, Values], measure_id: str) -> dict[Any, Values]:
    """Give the rows of one measure."""
    return renamed(rows, measure_id, measure_id)


# The same numbers from the people themselves ----------------------------------------------------


def score_of(person: Respondent, cell: Cell) -> Pair | None:
    """Give numerator and denominator of somebody, or nothing for who is not in the base."""
    in_segment = {
        "total": "total",
        "respondent_group": person.group,
        "coarse_group": COARSE.get(person.group),
    }
    if in_segment[cell.segment_id] != cell.segment_code:
        return None
    subject, kind = cell.measure_id.rsplit("_", 1)
    if kind == "ratio":
        has_both = person.number is not None and person.size is not None
        return (person.number, person.size) if has_both else None
    if subject == "number":
        return None if person.number is None else (person.number, 1.0)
    if subject == "yes":
        code = {"1": "yes", "0": "no", "": ""}[person.yes]
        return (float(code == cell.category_code), 1.0) if code else None
    if not person.choice:
        return None
    if kind == "net":
        return float(cell.category_code == "all" or person.choice in "pq"), 1.0
    return float(person.choice == cell.category_code), 1.0


# Categories of the measures that are estimated here too, and values of the segments.
DIRECT_MEASURES = {
    "choice_share": CHOICES,
    "choice_net": ("pq", "all"),
    "choice_total": CHOICES,
    "yes_share": ("yes", "no"),
    "number_mean": ("_Z",),
    "number_total": ("_Z",),
    "number_ratio": ("_Z",),
}
SEGMENTS = {
    "total": ("total",),
    "respondent_group": tuple(COARSE),
    "coarse_group": tuple(sorted(set(COARSE.values()))),
}
DIRECT_CELLS = [
    Cell(measure_id, category_code, segment_id, segment_code)
    for measure_id, category_codes in DIRECT_MEASURES.items()
    for category_code in category_codes
    for segment_id, segment_codes in SEGMENTS.items()
    for segment_code in segment_codes
]


@dataclass(frozen=True)
class Direct:
    """An estimate from the people: its value, what each PSU adds, the strata with members."""

    estimate: float
    influences: Mapping[tuple[str, str], float]
    strata: frozenset[str]
    is_total: bool

    @property
    def has_error(self) -> bool:
        """Within one PSU all influences add up to zero: nothing is known of the error."""
        return self.is_total or len(self.influences) > 1


def direct_estimate(
    people: Iterable[Respondent], cell: Cell, weights: Iterable[float] | None = None
) -> Direct | None:
    """Estimate a cell, with other weights if given; nothing if it is empty."""
    people = list(people)
    used = [person.weight for person in people] if weights is None else list(weights)
    scored = [
        (person, weight, *score)
        for person, weight in zip(people, used, strict=True)
        if (score := score_of(person, cell)) is not None
    ]
    if not scored:
        return None
    weight, y, x = np.array([row[1:] for row in scored], dtype=float).T
    is_total = cell.measure_id.endswith("_total")
    if is_total:
        estimate = (weight * y).sum()
        z = weight * y
    elif not (weight * x).sum():
        return None
    else:
        estimate = (weight * y).sum() / (weight * x).sum()
        z = weight * (y - estimate * x) / (weight * x).sum()
    influences: dict[tuple[str, str], float] = defaultdict(float)
    for (person, *_), part in zip(scored, z, strict=True):
        influences[person.place] += part
    strata = frozenset(person.stratum for person, *_ in scored)
    return Direct(estimate, influences, strata, is_total)


def direct_variances(
    influences: Mapping[tuple[str, str], float], places: set[tuple[str, str]]
) -> dict[str, float]:
    """Give what each stratum with several PSUs adds to the variance."""
    strata = sorted({stratum for stratum, _ in places})
    z = {
        stratum: np.array([influences.get(place, 0.0) for place in places if place[0] == stratum])
        for stratum in strata
    }
    return {
        stratum: len(values) * float(np.var(values, ddof=1))
        for stratum, values in z.items()
        if len(values) > 1
    }


def direct_error(
    influences: Mapping[tuple[str, str], float],
    strata: frozenset[str],
    people: Iterable[Respondent],
    lonely_psu: str,
) -> float | None:
    """Give the error of a linearised estimate; nothing if no stratum has one."""
    places = {person.place for person in people}
    parts = {
        stratum: part
        for stratum, part in direct_variances(influences, places).items()
        if stratum in strata
    }
    lonely = strata - parts.keys()
    variance = sum(parts.values())
    if lonely_psu == "adjust":
        variance += sum(z**2 for place, z in influences.items() if place[0] in lonely)
    elif lonely_psu == "average" and lonely:
        if not parts:
            return None
        variance *= len(strata) / len(parts)
    return math.sqrt(variance)


def wrong_errors(
    rows: Mapping[Cell, Values], people: tuple[Respondent, ...], lonely_psu: str
) -> list[str]:
    """Compare estimates, errors and degrees of freedom with those from the people."""
    wrong = []
    places = {person.place for person in people}
    degrees_of_freedom = len(places) - len({stratum for stratum, _ in places})
    for cell in DIRECT_CELLS:
        direct = direct_estimate(people, cell)
        expected = None
        if direct is not None:
            error = direct_error(direct.influences, direct.strata, people, lonely_psu)
            expected = {
                "estimate": direct.estimate,
                "standard_error": error if direct.has_error else None,
                "degrees_of_freedom": degrees_of_freedom,
            }
        columns = ("estimate", "standard_error", "degrees_of_freedom")
        wrong += [f"{cell}: {text}" for text in differing(rows.get(cell), expected, columns)]
    return wrong


# The samples ------------------------------------------------------------------------------------


def test_samples_have_what_is_difficult(results: Results) -> None:
    """Else the other tests would say little."""
    assert len(results.samples) == N_SAMPLES
    assert {sample.lonely_psu for sample in results.samples} == {"adjust", "remove", "average"}
    found = set()
    for sample in results.samples:
        first, second = ({person.place for person in wave} for wave in sample.waves)
        strata = [stratum for stratum, _ in first]
        found |= {
            name
            for name, is_there in {
                "lonely PSU": 1 in {strata.count(stratum) for stratum in strata},
                "PSU in one wave": bool(first ^ second),
                "PSU in both waves": bool(first & second),
                "PSU name in two strata": len({psu for _, psu in first}) < len(first),
                "empty cell": not any(person.group == "a" for person in sample.waves[0]),
                "missing number": any(person.number is None for person in sample.waves[0]),
                "missing group": any(not person.group for person in sample.waves[0]),
                "heavy person": any(person.weight == 40 for person in sample.waves[0]),
            }.items()
            if is_there
        }
    assert len(found) == 8, found


@pytest.mark.parametrize("number", NUMBERS)
def test_estimates_and_errors_are_those_of_the_people(results: Results, number: int) -> None:
    sample = results.samples[number]
    wrong = []
    for wave_id, people in zip(("w1", "w2"), sample.waves, strict=True):
        wrong += wrong_errors(results.of(number, "drawn", wave_id), people, sample.lonely_psu)
    holds(sample, wrong)


def wrong_difference(
    key: Contrast, row: Values, later: Direct | None, earlier: Direct | None, sample: Sample
) -> list[str]:
    """Compare a difference with that of two estimates, PSU by PSU."""
    if later is None or earlier is None:
        return [f"{key}: found, though nobody is in it"]
    influences = {
        place: later.influences.get(place, 0.0) - earlier.influences.get(place, 0.0)
        for place in {*earlier.influences, *later.influences}
    }
    people = [
        person
        for wave_id, wave in zip(("w1", "w2"), sample.waves, strict=True)
        for person in wave
        if wave_id in key.set_wave_id
    ]
    error = direct_error(influences, earlier.strata | later.strata, people, sample.lonely_psu)
    expected = {
        "contrast_value": later.estimate - earlier.estimate,
        "standard_error": error if later.has_error and earlier.has_error else None,
    }
    return [f"{key}: {text}" for text in differing(row, expected, expected)]


@pytest.mark.parametrize("number", NUMBERS)
def test_changes_sum_over_the_psus_of_both_waves(results: Results, number: int) -> None:
    sample = results.samples[number]
    changes = results.compared(number, "drawn")
    wrong = []
    n_changes = 0
    for key, row in changes.items():
        cell = Cell(*key[2:])
        if key[:2] != ("change", "w1+w2") or cell not in DIRECT_CELLS:
            continue
        n_changes += 1
        earlier, later = (direct_estimate(people, cell) for people in sample.waves)
        wrong += wrong_difference(key, row, later, earlier, sample)
    assert n_changes
    holds(sample, wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_segments_differ_by_psu(results: Results, number: int) -> None:
    sample = results.samples[number]
    wrong = []
    for key, row in results.compared(number, "drawn").items():
        is_direct = key.measure_id in DIRECT_MEASURES and key.set_wave_id in ("w1", "w2")
        if key.contrast_kind != "segment" or not is_direct:
            continue
        people = sample.waves[key.set_wave_id == "w2"]
        one, other = (
            direct_estimate(people, Cell(*key[2:-1], segment_code=code))
            for code in key.contrast_code.split("-")
        )
        wrong += wrong_difference(key, row, one, other, sample)
    holds(sample, wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_pooled_waves_are_one_sample(results: Results, number: int) -> None:
    """A PSU of both waves is one PSU."""
    sample = results.samples[number]
    rows = results.pooled[f"s{number}_drawn", "w2"]
    assert rows
    holds(sample, wrong_errors(rows, sum(sample.waves, ()), sample.lonely_psu))


# What changes nothing, and what changes all alike -----------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("delivery", ["shuffled", "chunks"])
def test_order_chunks_and_names_change_nothing(
    results: Results, number: int, delivery: str
) -> None:
    wrong = []
    for wave_id in ("w1", "w2"):
        wrong += same(
            results.of(number, delivery, wave_id),
            results.of(number, "drawn", wave_id),
            ESTIMATE_COLUMNS,
        )
    changes, expected = (
        {
            key: row
            for key, row in results.compared(number, each).items()
            if key[:2] in {("change", "w1+w2"), ("segment", "w1"), ("segment", "w2")}
        }
        for each in (delivery, "drawn")
    )
    wrong += same(changes, expected, CONTRAST_COLUMNS)
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_scale_of_weights_changes_totals_alone(results: Results, number: int) -> None:
    wrong = []
    for wave_id in ("w1", "w2"):
        found = results.of(number, "scaled", wave_id)
        expected = results.of(number, "drawn", wave_id)
        assert found.keys() == expected.keys()
        for cell, row in expected.items():
            is_total = cell.measure_id.endswith("_total")
            growing = {"sum_of_weights", *(("estimate", "standard_error") if is_total else ())}
            for column in ESTIMATE_COLUMNS:
                factor = WEIGHT_FACTOR if column in growing else 1
                wrong += [
                    f"{wave_id} {cell}: {text}"
                    for text in differing(found[cell], row, [column], factor)
                ]
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_other_codes_change_nothing(results: Results, number: int) -> None:
    names = ("choice_relabelled_share", "choice_share")
    wrong = []
    for wave_id in ("w1", "w2"):
        rows = results.of(number, "drawn", wave_id)
        wrong += same(renamed(rows, *names), of_measure(rows, names[1]), ESTIMATE_COLUMNS)
    changes = results.compared(number, "drawn")
    wrong += same(renamed(changes, *names), of_measure(changes, names[1]), CONTRAST_COLUMNS)
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", ["mean", "quantile"])
def test_adding_a_constant_moves_means_and_quantiles(
    results: Results, number: int, kind: str
) -> None:
    rows = results.of(number, "drawn")
    shifted = renamed(rows, f"number_shifted_{kind}", f"number_{kind}")
    expected = of_measure(rows, f"number_{kind}")
    wrong = same(shifted, expected, ERROR_COLUMNS)
    wrong += [
        f"{cell}: {shifted[cell]['estimate']}, expected {row['estimate']} + {SHIFT}"
        for cell, row in expected.items()
        if not is_close(shifted[cell]["estimate"], row["estimate"] + SHIFT)
    ]
    changes = results.compared(number, "drawn")
    wrong += same(
        absolute(renamed(changes, f"number_shifted_{kind}", f"number_{kind}")),
        absolute(of_measure(changes, f"number_{kind}")),
        CONTRAST_COLUMNS,
    )
    holds(results.samples[number], wrong)


def absolute(rows: Mapping[Contrast, Values]) -> dict[Contrast, Values]:
    """Leave out indices: they are relative, so that a constant changes them."""
    return {key: row for key, row in rows.items() if key.contrast_kind != "index"}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", ["mean", "quantile", "total"])
def test_multiplying_scales_estimates_and_errors(results: Results, number: int, kind: str) -> None:
    rows = results.of(number, "drawn")
    found = renamed(rows, f"number_scaled_{kind}", f"number_{kind}")
    expected = of_measure(rows, f"number_{kind}")
    assert found.keys() == expected.keys()
    wrong = [
        f"{cell}: {text}"
        for cell, row in expected.items()
        for columns, factor in (
            (("estimate", "standard_error"), FACTOR),
            (("design_effect", "degrees_of_freedom", "n_respondents", "n_effective"), 1),
        )
        for text in differing(found[cell], row, columns, factor)
    ]
    holds(results.samples[number], wrong)


# Strata, PSUs and segments ----------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_places_without_answers_count_in_the_design_alone(results: Results, number: int) -> None:
    sample = results.samples[number]
    wrong = []
    for wave_id, people in zip(("w1", "w2"), sample.waves, strict=True):
        before = results.of(number, "drawn", wave_id)
        after = results.of(number, "extended", wave_id)
        wrong += same(after, before, ("n_respondents", "sum_of_weights"))
        wrong += [
            f"{wave_id} {cell}: {text}"
            for cell, row in before.items()
            for text in differing(after[cell], row, ["estimate"])
        ]
        # three PSUs more in one stratum more
        wrong += [
            f"{wave_id} {cell}: df {row['degrees_of_freedom']} became {after_df}"
            for cell, row in before.items()
            if (after_df := after[cell]["degrees_of_freedom"]) != row["degrees_of_freedom"] + 2
        ]
        wrong += wrong_errors(after, extended(people), sample.lonely_psu)
    holds(sample, wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_doubled_psus_leave_estimates_and_halve_variances(results: Results, number: int) -> None:
    """A stratum of n PSUs keeps (n - 1) / (2 n - 1) of its part, a lonely one nothing."""
    sample = results.samples[number]
    wrong = []
    for wave_id, people in zip(("w1", "w2"), sample.waves, strict=True):
        before = results.of(number, "drawn", wave_id)
        after = results.of(number, "doubled", wave_id)
        assert after.keys() == before.keys()
        places = {person.place for person in people}
        for cell, row in before.items():
            is_total = cell.measure_id.endswith("_total")
            for columns, factor in (
                (["estimate"], 2 if is_total else 1),
                (["n_respondents", "sum_of_weights"], 2),
            ):
                wrong += [
                    f"{wave_id} {cell}: {text}"
                    for text in differing(after[cell], row, columns, factor)
                ]
            if cell.measure_id not in DIRECT_MEASURES:
                continue
            direct = direct_estimate(people, cell)
            assert direct is not None
            variance = sum(
                part * (n - 1) / (2 * n - 1)
                for stratum, part in direct_variances(direct.influences, places).items()
                for n in [sum(place[0] == stratum for place in places)]
            )
            expected = {"standard_error": math.sqrt(variance * (4 if is_total else 1))}
            wrong += [
                f"{wave_id} {cell}: {text}"
                for text in differing(after[cell], expected, ["standard_error"])
            ]
        wrong += wrong_errors(after, doubled(people), sample.lonely_psu)
    holds(sample, wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_joined_segments_are_between_their_parts(results: Results, number: int) -> None:
    """Sums add up, and means are those of the parts, weighted."""
    rows = results.of(number, "drawn")
    wrong = []
    for cell, row in rows.items():
        if (cell.segment_id, cell.segment_code) != ("coarse_group", "ab"):
            continue
        parts = [
            part
            for code in "ab"
            if (part := rows.get(cell._replace(segment_id="respondent_group", segment_code=code)))
        ]
        kind = cell.measure_id.rsplit("_", 1)[1]
        is_whole = kind in ("share", "mean", "net", "cases", "total", "quantile")
        if cell.measure_id.startswith("standard_") or not is_whole:
            continue
        weights = [part["sum_of_weights"] for part in parts]
        estimates = [part["estimate"] for part in parts]
        expected = {
            "n_respondents": sum(part["n_respondents"] for part in parts),
            "sum_of_weights": sum(weights),
        }
        if kind == "total":
            expected["estimate"] = sum(estimates)
        elif kind == "quantile":
            expected["estimate"] = min(max(row["estimate"], min(estimates)), max(estimates))
        else:
            expected["estimate"] = np.average(estimates, weights=weights)
        wrong += [f"{cell}: {text}" for text in differing(row, expected, expected)]
    alone = {
        cell._replace(segment_id="respondent_group"): row
        for cell, row in rows.items()
        if (cell.segment_id, cell.segment_code) == ("coarse_group", "c")
    }
    of_c = {
        cell: row
        for cell, row in rows.items()
        if (cell.segment_id, cell.segment_code) == ("respondent_group", "c")
    }
    wrong += same(alone, of_c, ESTIMATE_COLUMNS)
    holds(results.samples[number], wrong)


# Shares and nets --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_shares_and_totals_add_up(results: Results, number: int) -> None:
    sums: dict[Cell, float] = defaultdict(float)
    bases: dict[Cell, float] = {}
    for cell, row in cells_of(
        results.of(number, "drawn"),
        "choice_share",
        "yes_share",
        "standard_choice_share",
        "share_of_responses",
        "choice_total",
    ):
        whole = cell._replace(category_code="all")
        sums[whole] += row["estimate"]
        is_total = cell.measure_id == "choice_total"
        bases[whole] = row["sum_of_weights"] if is_total else 1
    assert sums
    wrong = [
        f"{whole}: {total}, expected {bases[whole]}"
        for whole, total in sums.items()
        if not is_close(total, bases[whole])
    ]
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_complements_have_the_same_error(results: Results, number: int) -> None:
    """So do yes and no, and a net and the category that it leaves out; of all nothing is unsure."""
    wrong = []
    rows = results.of(number, "drawn")
    for cell, row in rows.items():
        if cell.measure_id == "choice_net" and cell.category_code == "all":
            wrong += [
                f"{cell}: {text}"
                for text in differing(
                    row,
                    {"estimate": 1, "standard_error": row["standard_error"] and 0},
                    ("estimate", "standard_error"),
                )
            ]
        other = {
            ("yes_share", "yes"): cell._replace(category_code="no"),
            ("choice_net", "pq"): cell._replace(measure_id="choice_share", category_code="r"),
        }.get(cell[:2])
        if other is not None:
            wrong += [
                f"{cell}: {text}"
                for text in differing(
                    row,
                    {**rows[other], "estimate": 1 - rows[other]["estimate"]},
                    ("estimate", "standard_error", "design_effect", "n_respondents"),
                )
            ]
    assert any(cell.measure_id == "choice_net" for cell in rows)
    holds(results.samples[number], wrong)


# Comparisons ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_reversed_comparisons_have_the_other_sign(results: Results, number: int) -> None:
    """Indices of each on the other multiply to one, with the same relative error."""
    changes = results.compared(number, "drawn")
    wrong = []
    n_reversed = dict.fromkeys(("change", "segment", "index"), 0)
    for key, row in changes.items():
        if key.contrast_kind == "segment":
            one, other = key.contrast_code.split("-")
            reverse = key._replace(contrast_code=f"{other}-{one}")
        else:
            reverse = key._replace(set_wave_id="+".join(key.set_wave_id.split("+")[::-1]))
        if reverse == key or reverse not in changes or key.contrast_kind == "slope":
            continue
        n_reversed[key.contrast_kind] += 1
        found = changes[reverse]
        if key.contrast_kind == "index":
            value = row["contrast_value"]
            expected = {
                "contrast_value": 1e4 / value if value else None,
                "standard_error": 1e4 * row["standard_error"] / value**2
                if value and row["standard_error"] is not None
                else None,
            }
            if not value:
                continue
        else:
            expected = {**row, "contrast_value": -row["contrast_value"]}
        wrong += [
            f"{reverse}: {text}"
            for text in differing(
                found,
                expected,
                expected.keys() & {"contrast_value", "standard_error", "degrees_of_freedom"},
            )
        ]
    assert n_reversed["change"]
    assert n_reversed["index"]
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_wave_does_not_differ_from_itself(results: Results, number: int) -> None:
    """As another sample, its difference from itself has sqrt(2) times its error."""
    wrong = []
    rows = results.of(number, "drawn")
    for delivery, factor in (("drawn", 0.0), ("independent", math.sqrt(2))):
        changes = {
            Cell(*key[2:]): row
            for key, row in results.compared(number, delivery).items()
            if key[:2] == ("change", "w1+w3")
        }
        assert changes.keys() == rows.keys()
        for cell, row in changes.items():
            error = rows[cell]["standard_error"]
            expected = {
                "contrast_value": 0,
                "standard_error": None if error is None else error * factor,
            }
            wrong += [f"{delivery} {cell}: {text}" for text in differing(row, expected, expected)]
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_slope_through_two_waves_is_their_change(results: Results, number: int) -> None:
    contrasts = results.compared(number, "shuffled")
    years = 365 / 365.25
    wrong = []
    slopes = {key: row for key, row in contrasts.items() if key.contrast_kind == "slope"}
    for key, row in slopes.items():
        change = contrasts[key._replace(contrast_kind="change")]
        for columns, factor in (
            (("contrast_value", "standard_error"), 1 / years),
            (("degrees_of_freedom", "t_statistic"), 1),
        ):
            wrong += [f"{key}: {text}" for text in differing(row, change, columns, factor)]
    assert slopes
    holds(results.samples[number], wrong)


# Replicates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_jackknife_of_a_total_is_the_linearised_error(results: Results, number: int) -> None:
    found = results.of(number, "jackknife")
    expected = results.of(number, "unstratified")
    wrong = [
        f"{cell}: {text}"
        for cell, row in cells_of(expected, "number_total", "choice_total")
        for text in differing(found[cell], row, ESTIMATE_COLUMNS)
    ]
    # the points do not depend on the design
    wrong += same(found, expected, ("n_respondents", "sum_of_weights", "degrees_of_freedom"))
    holds(results.samples[number], wrong)


@pytest.mark.parametrize("number", NUMBERS)
def test_jackknife_deletes_each_psu_in_turn(results: Results, number: int) -> None:
    """A replicate that leaves nobody in a cell has no estimate there.

    Nothing is known of an error if no replicate has one, or if none moves it though answers differ.
    """
    sample = results.samples[number]
    people = sample.waves[0]
    weights = jackknife_weights(people)
    wrong = []
    for cell, row in results.of(number, "jackknife").items():
        estimate = estimator(cell)
        if estimate is None:
            continue
        whole = estimate(people, [person.weight for person in people])
        deleted = [estimate(people, each) for each in weights]
        deviations = np.array([each - whole for each in deleted if each is not None])
        variance = (len(weights) - 1) / len(weights) * (deviations**2).sum()
        crude = cell._replace(measure_id=cell.measure_id.removeprefix("standard_"))
        in_base = [person for person in people if person.age or crude == cell]
        scores = [score for person in in_base if (score := score_of(person, crude)) is not None]
        differ = any(abs(y - whole * x) > 1e-9 for y, x in scores)
        is_still = (len(scores) == 1 or differ) and variance < 1e-20
        is_total = cell.measure_id.endswith("_total")
        is_known = len(deviations) and (is_total or not is_still)
        expected = {
            "estimate": whole,
            "standard_error": math.sqrt(variance) if is_known else None,
        }
        wrong += [f"{cell}: {text}" for text in differing(row, expected, expected)]
    holds(sample, wrong)


Estimator = Callable[[Iterable[Respondent], list[float]], float | None]


def estimator(cell: Cell) -> Estimator | None:
    """Give the function that estimates a cell from people and weights, if there is one here."""

    def plain(people: Iterable[Respondent], weights: list[float]) -> float | None:
        direct = direct_estimate(people, cell, weights)
        return None if direct is None else direct.estimate

    def standardised(people: Iterable[Respondent], weights: list[float]) -> float | None:
        people = list(people)
        crude = cell._replace(measure_id=cell.measure_id.removeprefix("standard_"))
        total = 0.0
        for age, share in POPULATION_SHARES.items():
            of_age = [
                weight * (person.age == age) for person, weight in zip(people, weights, strict=True)
            ]
            direct = direct_estimate(people, crude, of_age)
            if direct is None:
                return None
            total += float(share) * direct.estimate
        return total

    if cell.measure_id in DIRECT_MEASURES:
        return plain
    return standardised if cell.measure_id.startswith("standard_") else None
