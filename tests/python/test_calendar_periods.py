"""Calendar periods of a tracker: every figure is what its respondents give, computed one by one."""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from studies.tracker import (
    FIRST_WITH_SCORE,
    GRAINS,
    TRACKERS,
    WAVES,
    Tracker,
    fieldwork,
    interviews,
)
from workbench import Row, query

from wavehouse.project import Project

BY_WAVE = interviews()
SEGMENTS = {("total", "total"): "", ("tracker_group", "a"): "a", ("tracker_group", "b"): "b"}
# Measure and category, with the column and what each of its codes is worth.
MEASURES = {
    ("tracker_satisfied_share", "yes"): ("satisfied", {"1": 1.0, "0": 0.0}),
    ("tracker_satisfied_share", "no"): ("satisfied", {"1": 0.0, "0": 1.0}),
    ("tracker_score_mean", "_Z"): ("score", None),
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
OPEN_DATA_CAUTION = 30


def start_of(grain: str, day: date) -> date:
    """Give the first day of the period that a day is in."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    months = MONTHS[grain]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def end_of(grain: str, start: date) -> date:
    """Give the last day of the period that begins on a day."""
    if grain == "week":
        return start + timedelta(days=6)
    months = start.year * 12 + start.month - 1 + MONTHS[grain]
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def periods_of(tracker: Tracker, grain: str) -> list[tuple[date, date]]:
    """Give the periods that have a day of fieldwork in them."""
    starts = {
        start_of(grain, first + timedelta(days=number))
        for first, last in (fieldwork(tracker.study_id, wave_id) for wave_id in WAVES)
        for number in range((last - first).days + 1)
    }
    return [(start, end_of(grain, start)) for start in sorted(starts)]


@dataclass(frozen=True)
class Interview:
    """An interview with its place in the design of a study."""

    wave_id: str
    day: date
    stratum: tuple[str, ...]
    psu: str
    weight: float
    row: Row


def interviews_of(tracker: Tracker) -> list[Interview]:
    """Place all interviews in the design of a study; waves apart have strata of their own."""
    return [
        Interview(
            wave_id,
            date.fromisoformat(row["day"]),
            ("" if tracker.is_shared else wave_id, row["stratum"] if has_areas else ""),
            row["psu"] if has_areas else row["id"],
            float(row["weight"]) if has_areas else 1.0,
            row,
        )
        for wave_id, rows in BY_WAVE.items()
        for row in rows
        for has_areas in ("psu" in tracker.roles,)
    ]


@dataclass
class Cell:
    """What a row of the mart must say."""

    estimate: float | None = None
    standard_error: float | None = None
    degrees_of_freedom: int | None = None
    n_respondents: int | None = None
    status: str = "L"


def expected_cell(
    tracker: Tracker,
    everybody: list[Interview],
    period: tuple[date, date],
    answers: list[tuple[Interview, float]],
    column: str,
) -> Cell:
    """Compute a cell from the interviews; `answers` are those of the cell."""
    start, end = period
    present = [each for each in everybody if start <= each.day <= end]
    waves = {each.wave_id for each in present}
    if not any(column != "score" or wave_id >= FIRST_WITH_SCORE for wave_id in waves):
        return Cell()
    if not answers:
        return Cell(status="M")
    counted = present
    if tracker.period_psus == "all":
        counted = [each for each in everybody if each.wave_id in waves]
    psus: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for each in counted:
        psus[each.stratum].add(each.psu)
    base = sum(each.weight for each, _ in answers)
    estimate = sum(each.weight * value for each, value in answers) / base
    totals: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each, value in answers:
        totals[each.stratum][each.psu] += each.weight * (value - estimate) / base
    variance = 0.0
    for stratum, by_psu in totals.items():
        n = len(psus[stratum])
        squares = sum(z * z for z in by_psu.values())
        if n == 1:
            # `adjust`: centred on the mean of all PSUs, which is zero.
            variance += squares
        else:
            variance += n / (n - 1) * (squares - sum(by_psu.values()) ** 2 / n)
    # Within one PSU the sums are zero by construction, and the error is not known.
    is_known = sum(len(by_psu) for by_psu in totals.values()) > 1
    return Cell(
        estimate,
        math.sqrt(max(variance, 0.0)) if is_known else None,
        sum(len(each) for each in psus.values()) - len(psus),
        len(answers),
        "U" if len(answers) < OPEN_DATA_CAUTION or not is_known else "A",
    )


def expected_cells(tracker: Tracker, grain: str) -> dict[tuple[Any, ...], Cell]:
    """Compute all cells of a study by period."""
    everybody = interviews_of(tracker)
    cells = {}
    for period in periods_of(tracker, grain):
        for (segment_id, segment_code), group in SEGMENTS.items():
            for (measure_id, category_code), (column, values) in MEASURES.items():
                answers = [
                    (each, values[text] if values else float(text))
                    for each in everybody
                    if period[0] <= each.day <= period[1]
                    and group in ("", each.row["group"])
                    and (text := each.row.get(column, ""))
                ]
                key = (*period, measure_id, category_code, segment_id, segment_code)
                cells[key] = expected_cell(tracker, everybody, period, answers, column)
    return cells


@pytest.fixture(scope="module")
def rows(overlay_on_duckdb: Project) -> list[dict[str, Any]]:
    """All calendar periods of the trackers."""
    return query(
        overlay_on_duckdb,
        "select * from marts.fct_period_estimates where study_id like 'tracker_%'",
    )


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("tracker", TRACKERS, ids=lambda tracker: tracker.study_id)
def test_periods_are_what_their_respondents_give(
    rows: list[dict[str, Any]], tracker: Tracker, grain: str
) -> None:
    key = (
        *("period_start", "period_end", "measure_id", "category_code"),
        *("segment_id", "segment_code"),
    )
    found = {
        tuple(row[column] for column in key): row
        for row in rows
        if row["study_id"] == tracker.study_id and row["period_grain"] == grain
    }
    expected = expected_cells(tracker, grain)
    assert found.keys() == expected.keys()
    wrong = []
    for each, cell in expected.items():
        row = found[each]
        pairs = {
            "estimate": (row["estimate"], cell.estimate, 1e-9),
            "standard_error": (row["standard_error"], cell.standard_error, 1e-7),
            "degrees_of_freedom": (row["degrees_of_freedom"], cell.degrees_of_freedom, 0),
            "n_respondents": (row["n_respondents"], cell.n_respondents, 0),
        }
        for column, (actual, value, tolerance) in pairs.items():
            same = actual is value is None or (
                None not in (actual, value)
                and math.isclose(actual, value, rel_tol=tolerance, abs_tol=1e-9)
            )
            if not same:
                wrong.append(f"{each} {column}: {actual}, not {value}")
        if row["observation_status"] != cell.status:
            wrong.append(f"{each}: {row['observation_status']}, not {cell.status}")
    assert not wrong, "\n".join([f"{len(wrong)} values:", *wrong[:20]])


def test_the_calendar_of_the_tests_is_the_one_on_the_wall() -> None:
    """What the comparison above takes for granted, in dates that one can look up."""
    declared, longer = TRACKERS[0], TRACKERS[-1]
    assert (declared.study_id, longer.study_id) == ("tracker_all", "tracker_simple")
    weeks = periods_of(declared, "week")
    assert weeks[0] == (date(2021, 1, 4), date(2021, 1, 10))
    assert weeks[-1] == (date(2022, 3, 14), date(2022, 3, 20))
    assert {start.strftime("%A") for start, _ in weeks} == {"Monday"}
    # 63 weeks lie between them, 8 of which are in October and November
    assert len(weeks) == 55
    assert (date(2021, 9, 27), date(2021, 10, 3)) in weeks
    assert (date(2021, 11, 29), date(2021, 12, 5)) in weeks
    assert periods_of(declared, "month")[0] == (date(2021, 1, 1), date(2021, 1, 31))
    assert periods_of(declared, "month")[-1] == (date(2022, 3, 1), date(2022, 3, 31))
    assert len(periods_of(declared, "month")) == 13
    assert periods_of(declared, "quarter")[-1] == (date(2022, 1, 1), date(2022, 3, 31))
    years = [end for _, end in periods_of(declared, "year")]
    assert years == [date(2021, 12, 31), date(2022, 12, 31)]
    assert len(periods_of(longer, "week")) == 55 + 3
    assert len(periods_of(longer, "month")) == 14


def test_periods_of_fieldwork_without_interviews_are_rows_that_say_so(
    rows: list[dict[str, Any]],
) -> None:
    empty = {
        (row["study_id"], row["period_grain"], str(row["period_start"]), row["status_reason"])
        for row in rows
        if row["measure_id"] == "tracker_satisfied_share" and row["observation_status"] == "L"
    }
    holiday = [("week", "2021-12-20"), ("week", "2021-12-27")]
    longer = [("week", "2021-11-22"), ("week", "2022-03-21"), ("week", "2022-03-28")]
    longer += [("month", "2021-11-01")]
    assert empty == {
        (tracker.study_id, grain, start, "Nobody was interviewed in this period")
        for tracker in TRACKERS
        for grain, start in (holiday + longer if tracker is TRACKERS[-1] else holiday)
    }


def test_between_two_waves_there_are_no_periods(rows: list[dict[str, Any]]) -> None:
    gap = [
        row
        for row in rows
        if row["study_id"] == "tracker_all"
        and date(2021, 10, 1) <= row["period_start"] <= row["period_end"] <= date(2021, 11, 30)
    ]
    assert gap == []


def test_a_period_in_two_waves_is_of_neither(rows: list[dict[str, Any]]) -> None:
    waves = {
        (row["period_grain"], str(row["period_start"])): row["wave_id"]
        for row in rows
        if row["study_id"] == "tracker_all"
    }
    assert waves["month", "2021-04-01"] == "1"
    assert waves["month", "2021-05-01"] is None
    assert waves["week", "2021-05-10"] is None
    assert waves["week", "2021-05-17"] == "2"
    assert ("month", "2021-10-01") not in waves
    assert waves["quarter", "2021-10-01"] == "3"


def test_the_design_decides_which_psus_count(rows: list[dict[str, Any]]) -> None:
    """A week has one or two PSUs of each stratum, so the two settings differ."""
    degrees = {
        row["study_id"]: row["degrees_of_freedom"]
        for row in rows
        if row["period_grain"] == "week"
        and str(row["period_start"]) == "2021-03-01"
        and row["segment_id"] == "total"
        and row["measure_id"] == "tracker_satisfied_share"
    }
    assert degrees["tracker_all"] == 18 - 3
    assert degrees["tracker_interviewed"] == 4 - 3
    assert degrees["tracker_apart"] == degrees["tracker_interviewed"]


def test_a_year_earlier_is_the_wave_of_about_that_date(overlay_on_duckdb: Project) -> None:
    pairs = query(
        overlay_on_duckdb,
        "select distinct study_id, measure_id, comparison, from_wave_id, to_wave_id "
        "from marts.fct_trend_changes where study_id like 'tracker_%'",
    )
    assert sorted(tuple(row.values()) for row in pairs) == sorted(
        (tracker.study_id, measure_id, *pair)
        for tracker in TRACKERS
        for measure_id, of_measure in (
            (
                "tracker_satisfied_share",
                [("previous", "1", "2"), ("previous", "2", "3"), ("year_earlier", "1", "3")],
            ),
            # The wave of a year before did not ask for it.
            ("tracker_score_mean", [("previous", "2", "3")]),
        )
        for pair in of_measure
    )
