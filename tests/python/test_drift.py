"""Drift that is planted in a study is found, and nothing else; the page shows it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from workbench import (
    Row,
    add_codebook_rows,
    copy_project,
    keep_studies,
    query,
    read_rows,
    run_dbt,
    run_wavehouse,
    write_wave,
)

from wavehouse.drift import Finding, Report, Study, render
from wavehouse.project import Project

# What the schools have without anything planted.
KNOWN = {
    ("2000", "distribution_shifted", "standardised_difference", "api_score_mean", "warning"),
    *(
        ("2000", "question_added", "differences", variable, "note")
        for variable in (
            "awarded",
            "english_learners",
            "enrolment",
            "met_comparable_improvement",
            "met_schoolwide_target",
            "students_tested",
        )
    ),
}
PLANTED = {
    ("2000", "weights_changed", "scale_factor", "weights", "hard"),
    ("2000", "weights_changed", "sum_factor", "weights", "note"),
    ("2000", "weights_changed", "mean_factor", "weights", "note"),
    ("2000", "distribution_shifted", "total_variation", "school_type_share", "warning"),
    ("2000", "category_vanished", "share", "school_type_share=middle", "warning"),
}
# All that is asked of the build is the findings; what else is tested of them has its place.
ONLY_FINDINGS = (
    *("--select", "+fct_drift", "--exclude-resource-type", "unit_test", "--exclude"),
    *("test_name:unique_combination", "test_name:references_key"),
    *("test_name:no_problems", "test_name:shares_sum_to_one"),
)
WAIVER = {"study_id": "api", "wave_id": "2000"}


def found(project: Project) -> set[tuple[str, ...]]:
    """Give the findings of a copy."""
    rows = query(
        project, "select wave_id, drift_kind, statistic, subject, severity from marts.fct_drift"
    )
    return {tuple(row.values()) for row in rows}


def plant(row: Row) -> Row:
    """Change a school's row: the weight in another unit, and no middle schools."""
    return row | {
        "pw": str(10 * float(row["pw"])),
        "stype": row["stype"].replace("M", "E"),
    }


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The schools with planted drift, built as far as the findings, and what the build said."""
    project = copy_project(tmp_path_factory.mktemp("drifted"))
    keep_studies(project, ["api"])
    measure = {
        "measure_id": "school_type_share",
        "measure_label": "Type of school",
        "measure_kind": "share",
        "variable_id": "school_type",
        "base_description": "All schools",
        "description": "Share of the schools of each type.",
    }
    add_codebook_rows(project, {"measures": [measure]})
    rows = read_rows(project.waves / "api/api_2000.csv")
    write_wave(project, "api", "2000", [plant(row) for row in rows])
    done = run_dbt(project, "build", *ONLY_FINDINGS)
    assert done.exit_code == 1, done.output
    return project, done.output


def test_each_planted_drift_is_found_and_nothing_else(drifted: tuple[Project, str]) -> None:
    assert found(drifted[0]) == KNOWN | PLANTED


def test_a_failed_build_names_what_is_hard_and_what_to_do(drifted: tuple[Project, str]) -> None:
    _, output = drifted
    assert re.findall(r"of \d+ (?:FAIL \d+|ERROR) (\w+)", output) == ["no_hard_drift_is_left_open"]
    assert (
        "1. [weights_changed] seeds/waves/api/api_2000.csv, study api, wave 2000, column weights: "
        "The sum and the mean of the weights both changed: the sum from 6194.000 to 61940.003, the "
        "mean from 33.847 to 338.470. Check the weight column and its unit."
    ) in output


def test_numbers_and_sentences_of_a_shift(drifted: tuple[Project, str]) -> None:
    project, _ = drifted
    (row,) = query(project, "select * from marts.fct_drift where subject = 'school_type_share'")
    was = [each["stype"] for each in read_rows(project.waves / "api/api_1999.csv")]
    # A school counts as much as any other, so the shares are those of the file.
    assert row["value"] == pytest.approx(was.count("M") / len(was))
    assert row["p_value"] < 0.05
    assert row["from_wave_id"] == "1999"
    share = 100 * was.count("E") / len(was)
    assert f"most of it is elementary, which went from {share:.1f} % to" in row["finding"]


def test_what_is_waived_passes_and_a_waiver_of_nothing_is_found(
    drifted: tuple[Project, str],
) -> None:
    project, _ = drifted
    refused = run_wavehouse(project, "drift")
    assert refused.exit_code == 1
    assert refused.output == "Wrote target/drift.html: 1 hard, 3 warnings, 8 notes, 0 waived.\n"
    assert not (project.warehouse / "drift.html").exists()

    waivers = [
        {"drift_kind": "weights_changed", "subject": "weights", "reason": "Planted <here>."},
        {"drift_kind": "wording_changed", "subject": "stype", "reason": "Was fixed."},
    ]
    add_codebook_rows(project, {"drift_waivers": [WAIVER | each for each in waivers]})
    parts = ["drift_waivers", "stg_codebook__drift_waivers", "int_drift__findings", "fct_drift"]
    again = run_dbt(
        project, "build", "--select", *parts, "--exclude-resource-type", "unit_test", "--quiet"
    )
    assert again.exit_code == 0, again.output
    unused = ("2000", "waiver_unused", "differences", "wording_changed stype", "warning")
    assert found(project) == KNOWN | PLANTED | {unused}

    passed = run_wavehouse(project, "drift")
    assert passed.exit_code == 0, passed.output
    assert passed.output == "Wrote target/drift.html: 0 hard, 4 warnings, 6 notes, 3 waived.\n"
    page = (project.target / "drift.html").read_text(encoding="utf-8")
    assert "Waived: Planted &lt;here&gt;." in page


FINDING = Finding(
    study_id="s",
    wave_id="b",
    drift_kind="rows_changed",
    statistic="respondents_factor",
    subject="respondents",
    subject_label=None,
    from_wave_id="Wave A",
    value=2.5,
    threshold=1.5,
    p_value=None,
    severity="hard",
    is_waived=False,
    waiver_reason=None,
    finding="Half & more.",
    remedy="Look.",
)


def test_the_page_needs_nothing_and_its_links_lead_somewhere() -> None:
    waived = replace(FINDING, subject="other", is_waived=True, waiver_reason="Known.")
    study = Study("s", "A study", {"a": "Wave A", "b": "Wave B"}, [waived, FINDING])
    page = render(Report([study], [replace(FINDING, wave_id="")], stopped=True))
    assert not re.findall(r"(?:src|href)=[\"'](?!#)|url\(|@import|<script", page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
    assert "H&nbsp;2" in page
    assert "Half &amp; more." in page
    assert "Compared with Wave A." in page
    assert "The checks stopped the build." in page
    # What is open comes first.
    assert page.index("<code>respondents</code>") < page.index("<code>other</code>")


def test_without_a_database_the_command_says_what_to_do(tmp_path: Path) -> None:
    done = run_wavehouse(copy_project(tmp_path / "empty"), "drift")
    assert done.exit_code == 1
    assert done.output == (
        "target/wavehouse.duckdb is missing, so there is no drift to show. Run `make`.\n"
    )
