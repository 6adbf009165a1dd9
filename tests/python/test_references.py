"""What the warehouse publishes is what R computes: estimates, errors, intervals, changes, p-values.

Every reference row leads to the cells of the marts that have to hold its numbers. The tests go
through the references in both directions, so that nothing is left out: each reference row is looked
up, and each cell of the made-up survey must be asked for.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from comparing import (
    ERROR,
    ESTIMATE,
    EXACT,
    P_VALUE,
    REFERENCES,
    Column,
    Comparison,
    check,
    compare,
)
from numpy import roots
from overlay import INTERVAL_METHODS
from scipy.stats import false_discovery_control
from scipy.stats import t as student_t
from studies.made_up import made_up_studies, study_id
from studies.variants import OWN_RULE
from workbench import Row, query, read_rows

from wavehouse.project import Project


class Cell(NamedTuple):
    """A cell of the marts: the key of an estimate, or of a change to its wave."""

    study_id: str
    wave_id: str
    measure_id: str
    category_code: str
    segment_id: str = "total"
    segment_code: str = "total"


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

# The method of each interval of R. Studies publish logit intervals of shares; the others are made
# of the same cells by the bench.
PUBLISHED = "logit"
METHODS = {
    "t": "t",
    "xlogit": PUBLISHED,
    "beta": "korn_graubard_uncapped",
    "beta_capped": "korn_graubard_capped",
}

# Of each file: its rows, those whose bounds are compared, and the numbers compared. Not compared
# are bounds of shares of 0 and 1 that are not by `beta_capped`.
COMPARED = {
    "estimates": (240, 240, 6024),
    "small_estimates": (2924, 2684, 66048),
    "gss_happy": (432, 432, 3456),
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
Intervals = dict[str, Estimates]
Changes = dict[tuple[Cell, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def estimates(overlay_on_duckdb: Project) -> Estimates:
    """The estimates that the overlay publishes, by cell."""
    return by_cell(query(overlay_on_duckdb, "select * from marts.fct_trend_estimates"))


@pytest.fixture(scope="module")
def intervals(estimates: Estimates, overlay_on_duckdb: Project) -> Intervals:
    """The intervals of all estimates, by method and cell."""
    others = {
        method: by_cell(
            query(
                overlay_on_duckdb,
                f"""
                select intervals.*, estimates.* exclude (cell_key, ci_level)
                from bench.bench_intervals_{method} as intervals
                inner join intermediate.int_estimates__estimates as estimates using (cell_key)
                where estimates.period_grain = 'wave'
                """,
            )
        )
        for method in INTERVAL_METHODS
    }
    return {PUBLISHED: estimates, **others}


@pytest.fixture(scope="module")
def changes(overlay_on_duckdb: Project) -> Changes:
    """The changes that the overlay publishes, by later wave's cell, earlier wave, comparison."""
    rows = query(overlay_on_duckdb, "select *, to_wave_id as wave_id from marts.fct_trend_changes")
    return by_cell(rows, "from_wave_id", "comparison")


def interval_method(reference: Row, cell: Cell) -> str | None:
    """Give the `ci_method` that makes this interval of R for this cell, if there is one.

    A share of 0 or 1 has the same interval under any rule, and a mean only that of Student's t.
    """
    method = METHODS[reference["ci_method"]]
    if cell.category_code == MEAN:
        return method if method == "t" else None
    if is_certain(reference):
        return method if method == "korn_graubard_capped" else None
    return method


def is_certain(reference: Row) -> bool:
    """Tell whether a share is 0 or 1."""
    return float(reference["estimate"]) in (0.0, 1.0)


def compare_estimates(
    intervals: Intervals, file: ReferenceFile, rows: list[Row]
) -> Iterator[Comparison]:
    """Compare reference rows with their cells: numbers, and bounds by each method."""
    for row in rows:
        for cell in file.cells(row):
            yield from compare(cell, row, intervals[PUBLISHED][cell], ESTIMATE_COLUMNS)
            if method := interval_method(row, cell):
                source = PUBLISHED if cell.category_code == MEAN else method
                found = intervals[source][cell]
                assert found["ci_method"] == method, cell
                yield from compare(cell, row, found, BOUND_COLUMNS)


def wilson_bounds(reference: Row) -> Row:
    """Solve (p - x)² = t² x (1 - x) / n*, where n* is the effective base p (1 - p) / se²."""
    estimate, se = float(reference["estimate"]), float(reference["se"])
    t_quantile = float(student_t.isf(0.025, int(reference["df"])))
    c = t_quantile**2 * se**2 / (estimate * (1 - estimate))
    # With an error of zero there is one root, which rounding may make two complex ones.
    both = roots([1 + c, -2 * estimate - c, estimate**2])
    lower, upper = sorted(float(root.real) for root in both)
    return {"lower": repr(lower), "upper": repr(upper)}


def test_a_measure_may_follow_a_rule_of_its_own(intervals: Intervals) -> None:
    own = f"met_schoolwide_target_{OWN_RULE}_share"
    rows = {cell: row for cell, row in intervals[PUBLISHED].items() if cell.measure_id == own}
    assert {row["publication_rule"] for row in rows.values()} == {OWN_RULE}
    reasons = set()
    for cell, row in rows.items():
        twin = cell._replace(measure_id="met_schoolwide_target_share")
        assert intervals[PUBLISHED][twin]["publication_rule"] == "open_data"
        if row["observation_status"] == "Q":
            assert row["confidentiality_status"] == "F"
            reasons.add(row["status_reason"])
            assert row["estimate"] is row["ci_lower"] is row["ci_method"] is None
        elif row["estimate"] is not None:
            expected = intervals["korn_graubard_capped"][twin]
            assert row["ci_method"] == "korn_graubard_capped"
            for column in ("ci_lower", "ci_upper"):
                assert row[column] == pytest.approx(expected[column], rel=1e-9), cell
    # A base and a width each suppress cells, and the reason has no number of the cell.
    assert reasons == {"Fewer than 30 respondents", "Interval wider than 130 % of the share"}


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
    intervals: Intervals, file: ReferenceFile, rows: list[Row]
) -> None:
    check(list(compare_estimates(intervals, file, rows)))


@pytest.mark.parametrize("file", ESTIMATE_FILES, ids=lambda file: file.name)
def test_wilson_intervals_solve_the_equation_of_the_score(
    intervals: Intervals, file: ReferenceFile
) -> None:
    comparisons = []
    for row in file.rows():
        if row["ci_method"] != "xlogit" or is_certain(row) or not row["se"]:
            continue
        for cell in file.cells(row):
            if cell.category_code != MEAN:
                found = intervals["wilson"][cell]
                assert found["ci_method"] == "wilson"
                comparisons += compare(cell, wilson_bounds(row), found, BOUND_COLUMNS)
    check(comparisons)


@pytest.mark.parametrize(("file", "rows"), parameters(CHANGE_FILES))
def test_changes_are_those_of_r(changes: Changes, file: ReferenceFile, rows: list[Row]) -> None:
    check(list(compare_changes(changes, file, rows)))


def test_no_reference_is_left_out(intervals: Intervals, changes: Changes) -> None:
    found = {}
    for file in ESTIMATE_FILES:
        rows = file.rows()
        with_bounds = [
            row for row in rows if any(interval_method(row, cell) for cell in file.cells(row))
        ]
        numbers = len(list(compare_estimates(intervals, file, rows)))
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
