"""What the warehouse publishes is what R computes: estimates, errors, intervals, changes, p-values.

Every reference row leads to the cells of the marts that have to hold its numbers. The tests go
through the references in both directions, so that nothing is left out: each reference row is looked
up, and each cell of the made-up survey must be asked for.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from scipy.stats import false_discovery_control
from studies.made_up import made_up_studies, study_id
from workbench import Row, query, read_rows

from wavehouse.project import Project

REFERENCES = Path(__file__).resolve().parent / "references"


class Cell(NamedTuple):
    """A cell of the marts: the key of an estimate, or of a change to its wave."""

    study_id: str
    wave_id: str
    measure_id: str
    category_code: str
    segment_id: str = "total"
    segment_code: str = "total"


@dataclass(frozen=True)
class Tolerance:
    """How far a number may be off: relatively, and absolutely where it should be zero."""

    relative: float
    near_zero: float = 1e-9


EXACT = Tolerance(0.0, 0.0)
ESTIMATE = Tolerance(1e-9)
ERROR = Tolerance(1e-7)
# p-values get very small without being zero.
P_VALUE = Tolerance(1e-7, 0.0)

# Column of a reference file, column of the mart, tolerance.
Column = tuple[str, str, Tolerance]
ESTIMATE_COLUMNS: tuple[Column, ...] = (
    ("estimate", "estimate", ESTIMATE),
    ("se", "standard_error", ERROR),
    ("df", "degrees_of_freedom", EXACT),
    ("deff", "design_effect", ERROR),
    ("n", "n_respondents", EXACT),
    ("sum_of_weights", "sum_of_weights", ESTIMATE),
)
BOUND_COLUMNS: tuple[Column, ...] = (("lower", "ci_lower", ERROR), ("upper", "ci_upper", ERROR))
CHANGE_COLUMNS: tuple[Column, ...] = (
    ("change", "change", ESTIMATE),
    ("se", "standard_error", ERROR),
    ("df", "degrees_of_freedom", EXACT),
    ("t", "t_statistic", ERROR),
    ("p", "p_value", P_VALUE),
    *BOUND_COLUMNS,
)

# Of each file: its rows, those whose bounds the warehouse makes too, and the numbers compared.
# Bounds by `t` of shares are made where a test study asks the column as a number too, `beta` is not
# made, and `beta_capped` only for shares of 0 and 1.
COMPARED = {
    "estimates": (240, 144, 5448),
    "small_estimates": (2924, 1548, 60480),
    "gss_happy": (432, 108, 2808),
    "changes": (32, 32, 448),
    "small_changes": (1020, 1020, 17640),
    "bsa_change": (12, 12, 126),
}

MEAN = "_Z"
WITHOUT_CHANGES = ("made_up_no_psus_", "made_up_simple_")
SCHOOL_STUDIES = {
    "clustered": "api",
    "clustered_fpc": "api_fpc",
    "stratified": "api_strat",
    "stratified_fpc": "api_strat_fpc",
}
SCHOOL_MEANS = {
    "api99": ("1999", "api_score_mean"),
    "api00": ("2000", "api_score_mean"),
    "enroll": ("2000", "enrolment_mean"),
}
SCHOOL_SHARES = {
    "sch.wide": "met_schoolwide_target",
    "awards": "awarded",
    "comp.imp": "met_comparable_improvement",
}
SCHOOL_SEGMENTS = {
    "all": ("total", "total"),
    "E": ("school_type", "elementary"),
    "M": ("school_type", "middle"),
    "H": ("school_type", "high"),
}
# Measure and category of the share and of the mean of the same column.
MADE_UP_MEASURES = {
    "y": (("made_up_number_mean", MEAN),),
    "y01": (("made_up_yes_share", "yes"), ("made_up_yes_number_mean", MEAN)),
    **{
        f"cat={choice}": (
            ("made_up_choice_share", choice),
            (f"made_up_choice_{choice}_number_mean", MEAN),
        )
        for choice in "pqr"
    },
}


def school_estimates(row: Row) -> Iterator[Cell]:
    """Give the cells of a row of estimates.csv."""
    study = SCHOOL_STUDIES[row["design"]]
    segment = SCHOOL_SEGMENTS[row["domain"]]
    for each in (study, f"{study}_independent"):
        if row["measure"] in SCHOOL_MEANS:
            yield Cell(each, *SCHOOL_MEANS[row["measure"]], MEAN, *segment)
            continue
        variable_id = SCHOOL_SHARES[row["measure"]]
        yield Cell(each, "2000", f"{variable_id}_share", "yes", *segment)
        if each != "api":
            yield Cell(each, "2000", f"{variable_id}_number_mean", MEAN, *segment)


def school_changes(row: Row) -> Iterator[Cell]:
    """Give the cells of a row of changes.csv."""
    independent = "_independent" if row["samples"] == "independent" else ""
    study = f"{SCHOOL_STUDIES[row['design']]}{independent}"
    yield Cell(study, "2000", "api_score_mean", MEAN, *SCHOOL_SEGMENTS[row["domain"]])


def made_up_segment(domain: str) -> tuple[str, str]:
    """Give the segment of a domain of the made-up survey."""
    return ("total", "total") if domain == "all" else ("made_up_group", domain)


def made_up_estimates(row: Row) -> Iterator[Cell]:
    """Give the cells of a row of small_estimates.csv."""
    wave_id = row["wave"]
    for study in made_up_studies():
        if (
            study.design == row["design"]
            and study.applies_fpc == (row["fpc"] == "true")
            and study.lonely_psu == row["lonely_psu"]
            and wave_id in study.waves
        ):
            for measure in MADE_UP_MEASURES[row["measure"]]:
                yield Cell(study.study_id, wave_id, *measure, *made_up_segment(row["domain"]))


def made_up_changes(row: Row) -> Iterator[Cell]:
    """Give the cells of a row of small_changes.csv."""
    study = study_id(
        row["design"],
        row["fpc"] == "true",
        row["lonely_psu"],
        row["sample_id"] == "panel",
        row["samples"] == "shared",
    )
    for measure in MADE_UP_MEASURES[row["measure"]]:
        yield Cell(study, row["to_wave"], *measure, *made_up_segment(row["domain"]))


def gss_estimates(row: Row) -> Iterator[Cell]:
    """Give the cell of a row of gss_happy.csv."""
    yield Cell(
        "gss", row["wave"], "happiness_share", row["category"], row["segment"], row["domain"]
    )


def bsa_changes(row: Row) -> Iterator[Cell]:
    """Give the cell of a row of bsa_change.csv."""
    study = "bsa" if row["samples"] == "shared" else "bsa_independent"
    yield Cell(study, row["to_wave"], "abortion_support_mean", MEAN, row["segment"], row["domain"])


@dataclass(frozen=True)
class ReferenceFile:
    """A file of references: how it is taken apart, and where its rows lead."""

    name: str
    group_by: tuple[str, ...]
    cells: Callable[[Row], Iterator[Cell]]

    def groups(self) -> dict[str, list[Row]]:
        """Give the rows by the name of their test."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows():
            name = "-".join([self.name, *(self.label(row, column) for column in self.group_by)])
            groups.setdefault(name, []).append(row)
        return groups

    def label(self, row: Row, column: str) -> str:
        """Give a value as a part of a test's name."""
        return f"fpc_{row['fpc']}" if column == "fpc" else row[column]

    def rows(self) -> list[Row]:
        """Give all rows."""
        return read_rows(REFERENCES / f"{self.name}.csv")


ESTIMATE_FILES = (
    ReferenceFile("estimates", ("design",), school_estimates),
    ReferenceFile(
        "small_estimates", ("design", "fpc", "lonely_psu", "sample_id"), made_up_estimates
    ),
    ReferenceFile("gss_happy", ("wave",), gss_estimates),
)
CHANGE_FILES = (
    ReferenceFile("changes", ("design", "samples"), school_changes),
    ReferenceFile(
        "small_changes", ("design", "fpc", "lonely_psu", "sample_id", "samples"), made_up_changes
    ),
    ReferenceFile("bsa_change", ("samples",), bsa_changes),
)

Groups = list[Any]


def parameters(files: tuple[ReferenceFile, ...]) -> Groups:
    """Give a parameter set for each group of each file."""
    return [
        pytest.param(file, rows, id=name) for file in files for name, rows in file.groups().items()
    ]


def by_cell(rows: list[dict[str, Any]], *more: str) -> dict[Any, dict[str, Any]]:
    """Index rows of a mart by their cell, and by more columns if given."""
    index = {}
    for row in rows:
        cell = Cell(*(row[name] for name in Cell._fields))
        index[(cell, *(row[name] for name in more)) if more else cell] = row
    assert len(index) == len(rows)
    return index


Estimates = dict[Cell, dict[str, Any]]
Changes = dict[tuple[Cell, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def estimates(overlay_on_duckdb: Project) -> Estimates:
    """The estimates that the overlay publishes, by cell."""
    return by_cell(query(overlay_on_duckdb, "select * from marts.fct_trend_estimates"))


@pytest.fixture(scope="module")
def changes(overlay_on_duckdb: Project) -> Changes:
    """The changes that the overlay publishes, by later wave's cell, earlier wave, comparison."""
    rows = query(overlay_on_duckdb, "select *, to_wave_id as wave_id from marts.fct_trend_changes")
    return by_cell(rows, "from_wave_id", "comparison")


@dataclass(frozen=True)
class Comparison:
    """One number of a mart beside the reference's; what is not defined is null, not zero."""

    cell: Cell
    column: str
    expected: float | None
    actual: float | None
    tolerance: Tolerance

    @property
    def is_close(self) -> bool:
        """Tell whether the number is right."""
        if self.actual is None or self.expected is None:
            return self.actual is self.expected
        near_zero = self.tolerance.near_zero
        absolute = near_zero if abs(self.expected) < near_zero else 0.0
        relative = self.tolerance.relative
        return math.isclose(self.actual, self.expected, rel_tol=relative, abs_tol=absolute)


def compare(
    cell: Cell, reference: Row, found: Mapping[str, Any], columns: tuple[Column, ...]
) -> Iterator[Comparison]:
    """Put the numbers of a cell beside those of a reference row."""
    for name, column, tolerance in columns:
        expected = float(reference[name]) if reference[name] else None
        yield Comparison(cell, column, expected, found[column], tolerance)


def check(comparisons: list[Comparison]) -> None:
    """Fail with the first wrong numbers."""
    wrong = [comparison for comparison in comparisons if not comparison.is_close]
    assert comparisons
    assert not wrong, "\n".join([f"{len(wrong)} of {len(comparisons)}:", *map(str, wrong[:20])])


def interval_method(reference: Row, cell: Cell) -> str | None:
    """Give the `ci_method` by which the warehouse makes this interval for this cell, if it does."""
    if cell.category_code == MEAN:
        return "t" if reference["ci_method"] == "t" else None
    if float(reference["estimate"]) in (0.0, 1.0):
        return "korn_graubard" if reference["ci_method"] == "beta_capped" else None
    return "logit" if reference["ci_method"] == "xlogit" else None


def compare_estimates(
    estimates: Estimates, file: ReferenceFile, rows: list[Row]
) -> Iterator[Comparison]:
    """Compare reference rows with their cells: bounds where the warehouse makes such ones."""
    for row in rows:
        for cell in file.cells(row):
            found = estimates[cell]
            yield from compare(cell, row, found, ESTIMATE_COLUMNS)
            if method := interval_method(row, cell):
                assert found["ci_method"] == method, cell
                yield from compare(cell, row, found, BOUND_COLUMNS)


def compare_changes(changes: Changes, file: ReferenceFile, rows: list[Row]) -> Iterator[Comparison]:
    """Compare reference rows with their changes, since the previous wave and since the first."""
    for row in rows:
        from_wave = row.get("from_wave", "1999")
        for cell in file.cells(row):
            keys = [(cell, from_wave, comparison) for comparison in ("previous", "first")]
            found = [changes[key] for key in keys if key in changes]
            assert found, f"{cell} has no change since {from_wave}"
            for change in found:
                yield from compare(cell, row, change, CHANGE_COLUMNS)
                is_shared = change["covariance_method"] in ("shared_psu", "panel")
                assert is_shared == (row["samples"] == "shared"), cell


@pytest.mark.parametrize(("file", "rows"), parameters(ESTIMATE_FILES))
def test_estimates_are_those_of_r(
    estimates: Estimates, file: ReferenceFile, rows: list[Row]
) -> None:
    check(list(compare_estimates(estimates, file, rows)))


@pytest.mark.parametrize(("file", "rows"), parameters(CHANGE_FILES))
def test_changes_are_those_of_r(changes: Changes, file: ReferenceFile, rows: list[Row]) -> None:
    check(list(compare_changes(changes, file, rows)))


def test_no_reference_is_left_out(estimates: Estimates, changes: Changes) -> None:
    found = {}
    for file in ESTIMATE_FILES:
        rows = file.rows()
        with_bounds = [
            row for row in rows if any(interval_method(row, cell) for cell in file.cells(row))
        ]
        numbers = len(list(compare_estimates(estimates, file, rows)))
        found[file.name] = (len(rows), len(with_bounds), numbers)
    for file in CHANGE_FILES:
        rows = file.rows()
        numbers = len(list(compare_changes(changes, file, rows)))
        found[file.name] = (len(rows), len(rows), numbers)
    assert found == COMPARED


def test_every_cell_of_the_made_up_survey_has_a_reference(
    estimates: Estimates, changes: Changes
) -> None:
    def is_asked(cell: Cell) -> bool:
        # Of the two shares of yes and no, R computed the first; of the segments, the domains.
        return (
            cell.study_id.startswith("made_up_")
            and cell.category_code != "no"
            and cell.segment_id != "made_up_yes"
        )

    def is_without_change(cell: Cell) -> bool:
        # A copy of w1, and people that are in one wave only, were not compared.
        return cell.wave_id == "z1" or cell.study_id.startswith(WITHOUT_CHANGES)

    (_, file, _), (_, change_file, _) = ESTIMATE_FILES, CHANGE_FILES
    assert {cell for row in file.rows() for cell in file.cells(row)} == {
        cell for cell, row in estimates.items() if is_asked(cell) and row["estimate"] is not None
    }
    assert {
        (cell, row["from_wave"]) for row in change_file.rows() for cell in change_file.cells(row)
    } == {
        (cell, from_wave)
        for (cell, from_wave, _), row in changes.items()
        if is_asked(cell) and row["change"] is not None and not is_without_change(cell)
    }


def test_p_values_are_adjusted_within_their_families(changes: Changes) -> None:
    families: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in changes.values():
        if row["p_value"] is not None:
            key = ("study_id", "measure_id", "segment_id", "comparison", "adjustment_method")
            families.setdefault(tuple(row[name] for name in key), []).append(row)
        else:
            assert row["p_value_adjusted"] is None
            assert row["is_significant"] is None
    for (*_, method), rows in families.items():
        expected = ADJUSTMENTS[method]([row["p_value"] for row in rows])
        for row, p_value in zip(rows, expected, strict=True):
            assert row["p_value_adjusted"] == pytest.approx(p_value, rel=1e-12, abs=0)
            assert row["is_significant"] == (p_value < 1 - row["ci_level"])
    methods = Counter(method for *_, method in families)
    assert set(methods) == set(ADJUSTMENTS)
    assert max(map(len, families.values())) > 20


def adjust_by_holm(p_values: list[float]) -> list[float]:
    """Adjust p-values by Holm's step-down method."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted


def adjust_by_benjamini_hochberg(p_values: list[float]) -> list[float]:
    """Adjust p-values by the step-up method of Benjamini and Hochberg."""
    return list(false_discovery_control(p_values))


ADJUSTMENTS = {"holm": adjust_by_holm, "benjamini_hochberg": adjust_by_benjamini_hochberg}
