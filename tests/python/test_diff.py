"""What differs between two releases is told: by measure, row by row, and nothing suppressed."""

import csv
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from wavehouse.changes.diff import Difference, difference
from wavehouse.changes.diff_report import in_short, sentences
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish

Run = Callable[..., tuple[int, str]]

TABLES = ["dim_wave", "fct_trend_changes", "fct_trend_estimates"]
CONTRACTS = {
    "fct_trend_estimates": {"key": ["study_id", "wave_id", "measure_id", "segment_code"]},
    "fct_trend_changes": {"key": ["study_id", "to_wave_id", "measure_id"]},
}
COLUMNS = (
    "study_id, wave_id, measure_id, measure_label, segment_code, estimate, standard_error, "
    "n_respondents, observation_status, confidentiality_status"
)
BEFORE = [
    ("s", "1", "m", "M", "same", 0.5, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "rounded", 0.5, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "figure", 0.5, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "base", 0.5, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "now_suppressed", 0.123, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "now_shown", None, None, None, "Q", "F"),
    ("s", "1", "m", "M", "letter", None, None, None, "Q", "A"),
    ("s", "1", "m", "M", "gone", 0.5, 0.1, 10, "A", "F"),
    ("s", "1", "quiet", "Q", "same", 0.5, 0.1, 10, "A", "F"),
]
AFTER = [
    ("s", "1", "m", "Another label", "same", 0.5, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "rounded", 0.50000000001, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "figure", 0.75, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "base", 0.5, 0.1, 11, "A", "F"),
    ("s", "1", "m", "M", "now_suppressed", None, None, None, "Q", "F"),
    ("s", "1", "m", "M", "now_shown", 0.456, 0.1, 10, "A", "F"),
    ("s", "1", "m", "M", "letter", None, None, None, "Q", "D"),
    ("s", "1", "quiet", "Q", "same", 0.5, 0.1, 10, "A", "F"),
    ("s", "2", "m", "M", "new", 0.5, 0.1, 10, "A", "F"),
    ("=t", "1", "n", "N", "<b>", 0.5, 0.1, 10, "A", "F"),
]


def build(project: Project, rows: list[tuple[object, ...]], change: float) -> PassedBuild:
    """Make a working database with estimates and one change."""
    project.target.mkdir(exist_ok=True)
    project.working_database.unlink(missing_ok=True)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute("create schema marts; create table marts.dim_wave as select 1 as wave;")
        connection.execute(
            f"create table marts.fct_trend_estimates as select '' as {COLUMNS.split(', ')[0]}, "
            "'' as wave_id, '' as measure_id, '' as measure_label, '' as segment_code, "
            "0.0::double as estimate, 0.0::double as standard_error, 0::bigint as n_respondents, "
            "'' as observation_status, '' as confidentiality_status where false"
        )
        connection.executemany(
            "insert into marts.fct_trend_estimates values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        connection.execute(
            "create table marts.fct_trend_changes as select 's' as study_id, '1' as to_wave_id, "
            f"'m' as measure_id, {change}::double as change, 0.02::double as standard_error"
        )
    return PassedBuild.of(project, "these", TABLES)


@pytest.fixture
def project(empty_project: Project) -> Project:
    """A project with a release, and a later build that is not published."""
    record = empty_project.root / "models/marts/released_contracts.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps(CONTRACTS))
    publish(empty_project, build(empty_project, BEFORE, 0.1))
    build(empty_project, AFTER, 0.13)
    return empty_project


def test_a_measure_is_summed_up(project: Project) -> None:
    found = difference(project, "current", "build")
    by_table = {(each.table, each.measure_id): each for each in found.differing}
    assert set(by_table) == {
        ("fct_trend_estimates", "m"),
        ("fct_trend_estimates", "n"),
        ("fct_trend_changes", "m"),
    }
    estimates = by_table["fct_trend_estimates", "m"]
    assert (estimates.compared, estimates.changed) == (7, 2)
    assert (estimates.shown, estimates.suppressed, estimates.other_status) == (1, 1, 1)
    assert (estimates.appeared, estimates.vanished) == (1, 1)
    assert estimates.largest == pytest.approx(0.25)
    assert estimates.largest_in_errors == pytest.approx(2.5)
    changes = by_table["fct_trend_changes", "m"]
    assert changes.largest_in_errors == pytest.approx(1.5)


def test_numbers_below_the_tolerance_are_the_same(project: Project) -> None:
    assert difference(project, "current", "build", tolerance=0.6).summaries[1].changed == 0
    (estimates,) = (
        each
        for each in difference(project, "current", "build", tolerance=0).summaries
        if (each.table, each.measure_id) == ("fct_trend_estimates", "m")
    )
    # A difference of 1e-11 is one then.
    assert estimates.changed == 3


def test_the_csv_has_each_value_and_no_suppressed_number(
    project: Project, run_command: Run, tmp_path: Path
) -> None:
    file = tmp_path / "differences.csv"
    code, said = run_command(project, "diff", "--format", "csv", "--to", str(file), "--exit-code")
    assert code == 1
    assert said.endswith("3 other figures and 3 rows that are new or gone, in 2 measures.\n")
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    found = {
        (row["row"].split("segment_code ")[-1], row["what"]): (row["before"], row["after"])
        for row in rows
        if row["table"] == "fct_trend_estimates"
    }
    assert found == {
        ("figure", "estimate"): ("0.5", "0.75"),
        ("base", "n_respondents"): ("10.0", "11.0"),
        ("now_suppressed", "observation_status"): ("A", "Q"),
        ("now_shown", "observation_status"): ("Q", "A"),
        ("letter", "confidentiality_status"): ("A", "D"),
        ("new", "row"): ("", "there"),
        ("gone", "row"): ("there", ""),
        ("<b>", "row"): ("", "there"),
    }
    text = file.read_text(encoding="utf-8")
    assert "0.123" not in text
    assert "0.456" not in text
    # A text that would be a formula of a spreadsheet.
    assert "'=t" in text


def test_the_table_is_one_for_terminals_and_reviews(project: Project, run_command: Run) -> None:
    code, said = run_command(project, "diff")
    assert code == 0
    lines = [line.split() for line in said.splitlines()]
    assert [
        "s",
        "m",
        "fct_trend_estimates",
        "7",
        "2",
        "0.25",
        "2.5",
        "1",
        "1",
        "1",
        "1",
        "1",
    ] in lines
    assert "quiet" not in said
    assert "9 rows of " in said
    _, said = run_command(project, "diff", "--format", "markdown")
    assert "| study | measure | table |" in said
    assert sum(line.startswith("| ") for line in said.splitlines()) == 1 + 3


def test_the_page_shows_all_as_text(project: Project, run_command: Run) -> None:
    code, said = run_command(project, "diff", "--format", "html")
    assert (code, said.split(":")[0]) == (0, "Wrote target/diff.html")
    page = (project.target / "diff.html").read_text(encoding="utf-8")
    links, ids, tags = [], [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            named = dict(attrs)
            tags.append(tag)
            if tag == "a":
                links.append((named["href"] or "").removeprefix("#"))
            if "id" in named:
                ids.append(named["id"])

    Reader().feed(page)
    assert len(links) == 3
    assert set(links) <= set(ids)
    assert "b" not in tags, "a code is no markup"
    assert "segment_code &lt;b&gt;" in page
    assert "0.123" not in page


def test_tables_that_could_not_be_compared_are_not_called_equal() -> None:
    found = Difference("a", "b", 1e-9, without_key=["fct_trend_estimates"])
    assert sentences(found)[0] == "Nothing was compared."
    assert in_short(found) == "nothing was compared."


def test_two_releases_are_compared_and_equal_ones_say_so(
    project: Project, run_command: Run
) -> None:
    code, said = run_command(project, "diff", "current", "current", "--exit-code")
    assert code == 0
    assert said.startswith("Nothing differs.\n10 rows of ")
    publish(project, PassedBuild.of(project, "these", TABLES))
    found = difference(project, "previous", "current")
    assert len(found.differing) == 3
    assert difference(project, "current", "build").is_same
    back = difference(project, "current", "previous")
    assert back.n_compared == found.n_compared
    assert [each.appeared for each in back.summaries] == [each.vanished for each in found.summaries]


def test_what_cannot_be_compared_is_said(project: Project, run_command: Run) -> None:
    with pytest.raises(WavehouseError, match="No release has this name: never"):
        difference(project, "never", "build")
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute("drop table marts.fct_trend_changes")
        connection.execute("create table marts.own as from marts.fct_trend_estimates")
        connection.execute("alter table marts.fct_trend_estimates drop column segment_code")
    _, said = run_command(project, "diff")
    assert "Only in " in said
    assert ": fct_trend_changes." in said
    assert "the build in target/wavehouse.duckdb: own." in said
    assert "names no key that both have: fct_trend_estimates." in said
    project.working_database.unlink()
    code, said = run_command(project, "diff")
    assert (code, said) == (
        1,
        "target/wavehouse.duckdb is missing, so there is no build to compare. Run `make`.\n",
    )
