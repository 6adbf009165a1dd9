"""The scripts make what is committed, the same bytes each time, and notice what is not so."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import duckdb
import pytest
from workbench import ROOT, load_script

# They read what the checkout has published.
pytestmark = pytest.mark.usefixtures("checkout")

# A script's exit code and all that it said.
Said = tuple[int, str]
RunScript = Callable[..., Said]


make_waves = load_script("make_waves")
make_reference_tables = load_script("make_reference_tables")
make_figure = load_script("make_figure")
make_statistics_table = load_script("make_statistics_table")


@pytest.fixture
def run_script(capsys: pytest.CaptureFixture[str]) -> RunScript:
    """Run a script with its words."""

    def run(script: ModuleType, *words: str | Path) -> Said:
        code = script.main([str(word) for word in words])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def copy(tmp_path: Path, *names: str) -> Path:
    """Copy folders of the project to break something in them."""
    for name in names:
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that is in a file, once."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    """Give all files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# Reference tables --------------------------------------------------------------------------------


def test_the_reference_tables_are_those_of_their_script(run_script: RunScript) -> None:
    assert run_script(make_reference_tables, "--check") == (0, "")


def test_reference_tables_made_again_pass_their_check(
    tmp_path: Path, run_script: RunScript
) -> None:
    code, said = run_script(make_reference_tables, "--project", tmp_path)
    assert (code, said.count("\n")) == (0, 3)
    assert run_script(make_reference_tables, "--check", "--project", tmp_path) == (0, "")


@pytest.mark.parametrize(
    ("table", "old", "new", "problem"),
    [
        ("t_quantiles", "0.95,10,2.2", "0.95,10,2.3", "t_quantiles.csv: line 411 is 0.95,10,2.3"),
        ("t_quantiles", "0.95,10,2.2", "0.95,10,x2.2", "t_quantiles.csv: line 411 is 0.95,10,x"),
        ("t_quantiles", "0.80,1,", "", "t_quantiles.csv: line 2 is 3.07"),
        ("gauss_legendre", "node_weight", "weight", "gauss_legendre.csv: line 1 is node_number,"),
    ],
)
def test_a_changed_reference_table_is_noticed(
    tmp_path: Path, run_script: RunScript, table: str, old: str, new: str, problem: str
) -> None:
    project = copy(tmp_path, "seeds/reference")
    change(project / f"seeds/reference/{table}.csv", old, new)
    code, said = run_script(make_reference_tables, "--check", "--project", project)
    assert code == 1
    assert f"make_reference_tables: seeds/reference/{problem}" in said


def test_missing_reference_tables_and_rows_are_noticed(
    tmp_path: Path, run_script: RunScript
) -> None:
    project = copy(tmp_path, "seeds/reference")
    (project / "seeds/reference/gauss_legendre.csv").unlink()
    levels = project / "seeds/reference/confidence_levels.csv"
    levels.write_text("".join(levels.read_text().splitlines(keepends=True)[:-1]))
    code, said = run_script(make_reference_tables, "--check", "--project", project)
    assert code == 1
    assert "seeds/reference/gauss_legendre.csv: missing" in said
    assert "seeds/reference/confidence_levels.csv: has 3 rows instead of 4" in said


def test_the_last_digits_may_differ_between_versions_of_the_libraries() -> None:
    assert make_reference_tables.same_cell("1.0000000000000002", "1")
    assert not make_reference_tables.same_cell("1.000000000001", "1")


# Waves -------------------------------------------------------------------------------------------


@pytest.fixture
def api_files(tmp_path: Path) -> tuple[str, ...]:
    """The schools' sources as files, as the option takes them where there is no R."""
    project = ROOT / "seeds/waves/api"
    by_wave = []
    for wave in ("1999", "2000"):
        with (project / f"api_{wave}.csv").open(newline="", encoding="utf-8") as file:
            by_wave.append(list(csv.DictReader(file)))
    clustered = tmp_path / "apiclus1.csv"
    with clustered.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, make_waves.API_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**one, **other} for one, other in zip(*by_wave, strict=True))
    stratified = ROOT / make_waves.STRATIFIED_SAMPLE
    return ("--api-csv", str(clustered), "--apistrat-csv", str(stratified))


def test_the_waves_are_those_of_their_sources(
    run_script: RunScript, api_files: tuple[str, ...]
) -> None:
    assert run_script(make_waves, "--check", *api_files) == (0, "")


def test_waves_made_again_are_the_same_bytes(
    tmp_path: Path, run_script: RunScript, api_files: tuple[str, ...]
) -> None:
    project = tmp_path / "made"
    code, said = run_script(make_waves, "--project", project, *api_files)
    assert (code, said.count("\n")) == (0, 14)
    committed = {
        name: content
        for name, content in contents(ROOT / "seeds/waves").items()
        if name.endswith(".csv")
    }
    assert contents(project / "seeds/waves") == committed


@pytest.mark.parametrize(
    ("wave", "old", "new"),
    [
        ("bsa_1983", "labour", "conservative"),
        ("bsa_1986", "rownames,", ""),
        ("bsa_1985", "\n", "\r\n"),
    ],
)
def test_a_changed_wave_is_noticed(
    tmp_path: Path, run_script: RunScript, wave: str, old: str, new: str
) -> None:
    project = copy(tmp_path, "seeds/waves")
    path = project / f"seeds/waves/bsa/{wave}.csv"
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    code, said = run_script(make_waves, "--check", "--project", project, "bsa")
    assert code == 1
    assert said == (
        f"make_waves: seeds/waves/bsa/{wave}.csv: differs from its source\n"
        "make_waves: run scripts/make_waves.py to make them again\n"
    )


def test_a_missing_wave_is_noticed(tmp_path: Path, run_script: RunScript) -> None:
    project = copy(tmp_path, "seeds/waves")
    (project / "seeds/waves/gss/gss_2006.csv").unlink()
    code, said = run_script(make_waves, "--check", "--project", project, "gss")
    assert code == 1
    assert "seeds/waves/gss/gss_2006.csv: missing" in said


def test_a_source_without_its_columns_says_what_is_missing(
    tmp_path: Path, run_script: RunScript
) -> None:
    source = tmp_path / "other.csv"
    source.write_text("cds,api99\n1,2\n")
    words = ("--api-csv", source, "--apistrat-csv", source)
    code, said = run_script(make_waves, "--project", tmp_path, "api", *words)
    assert code == 2
    assert said.startswith("make_waves: apiclus1 has no rows or no column dnum, snum")
    assert not (tmp_path / "seeds").exists()


def test_without_r_the_schools_say_what_to_do(
    tmp_path: Path, run_script: RunScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run_script(make_waves, "--check", "api")
    assert code == 2
    assert "Install R with its package survey (Debian: r-cran-survey), or give --api-csv." in said


def test_an_unknown_study_is_refused(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run_script(make_waves, "ess")
    assert "unknown study ess; choose from gss, bsa, api" in capsys.readouterr().err


# Table of statistics -----------------------------------------------------------------------------


def test_the_table_of_statistics_is_up_to_date(run_script: RunScript) -> None:
    assert run_script(make_statistics_table, "--check") == (0, "")


def test_a_number_that_is_not_r_s_makes_no_table(tmp_path: Path, run_script: RunScript) -> None:
    project = copy(tmp_path, "tests/python/references", "docs")
    (project / "warehouse").symlink_to(ROOT / "warehouse")
    change(project / "docs/statistics.md", "3.116225541 | 3.116", "3.116225541 | 3.117")
    code, said = run_script(make_statistics_table, "--check", "--project", project)
    assert (code, said.split(":")[0]) == (1, "docs/statistics.md is out of date")
    assert run_script(make_statistics_table, "--project", project)[0] == 0
    assert run_script(make_statistics_table, "--check", "--project", project) == (0, "")
    change(project / "tests/python/references/measure_changes.csv", "3.1162255414", "3.1262255414")
    code, said = run_script(make_statistics_table, "--check", "--project", project)
    assert code == 2
    assert said.startswith("make_statistics_table: Change, same districts: 3.11622554140")


# Picture -----------------------------------------------------------------------------------------


@pytest.fixture
def figure_project(tmp_path: Path) -> Path:
    """A project with the committed picture and the part of the warehouse that it shows."""
    project = copy(tmp_path, "docs/images")
    (project / "warehouse").mkdir()
    source = ROOT / "warehouse/wavehouse.duckdb"
    assert source.exists(), "Nothing has been published. Run `make` first."
    with duckdb.connect(str(project / "warehouse/wavehouse.duckdb")) as connection:
        connection.execute(f"attach '{source}' as published (read_only)")
        connection.execute("create schema marts")
        for table in ("fct_trend_estimates", "dim_study", "dim_segment"):
            connection.execute(f"create table marts.{table} as from published.marts.{table}")
    return project


def test_the_picture_shows_the_published_numbers(run_script: RunScript) -> None:
    assert run_script(make_figure, "--check") == (0, "")


def test_the_picture_drawn_again_is_the_same_bytes(
    figure_project: Path, run_script: RunScript
) -> None:
    before = contents(figure_project / "docs/images")
    (figure_project / "docs/images/trend.svg").unlink()
    (figure_project / "docs/images/trend.csv").unlink()
    code, said = run_script(make_figure, "--project", figure_project)
    assert (code, said) == (0, "Wrote docs/images/trend.csv\nWrote docs/images/trend.svg\n")
    assert contents(figure_project / "docs/images") == before


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "update marts.fct_trend_estimates set estimate = estimate + 0.00001 "
            "where measure_id = 'religious_attendance_share' and segment_code = 'male' "
            "and wave_id = '2000'",
            "trend.csv: line 12, estimate is '0.236486' instead of '0.236496'",
        ),
        (
            "update marts.fct_trend_estimates set observation_status = 'A' where wave_id = '2004'",
            "trend.csv: line 7, observation_status is 'B' instead of 'A'",
        ),
        (
            "update marts.fct_trend_estimates set estimate = null, ci_lower = null "
            "where measure_id = 'abortion_support_mean' and segment_code = 'none'",
            "estimate is '5.696629' instead of ''",
        ),
        (
            "delete from marts.fct_trend_estimates where wave_id = '1986'",
            "trend.csv: has 30 rows instead of 26 points",
        ),
    ],
)
def test_a_picture_of_other_numbers_is_noticed(
    figure_project: Path, run_script: RunScript, statement: str, problem: str
) -> None:
    with duckdb.connect(str(figure_project / "warehouse/wavehouse.duckdb")) as connection:
        connection.execute(statement)
    code, said = run_script(make_figure, "--check", "--project", figure_project)
    assert code == 1
    assert problem in said
    assert said.endswith("make_figure: run scripts/make_figure.py to draw it again\n")
    # And drawing it again is the remedy.
    assert run_script(make_figure, "--project", figure_project)[0] == 0
    assert run_script(make_figure, "--check", "--project", figure_project) == (0, "")


def test_numbers_that_differ_in_their_last_digits_are_the_same_picture(
    figure_project: Path, run_script: RunScript
) -> None:
    with duckdb.connect(str(figure_project / "warehouse/wavehouse.duckdb")) as connection:
        connection.execute("update marts.fct_trend_estimates set estimate = estimate * (1 + 1e-12)")
    assert run_script(make_figure, "--check", "--project", figure_project) == (0, "")


def test_a_picture_that_was_not_drawn_from_its_numbers_is_noticed(
    figure_project: Path, run_script: RunScript
) -> None:
    change(figure_project / "docs/images/trend.csv", "Female", "Women")
    change(figure_project / "docs/images/trend.csv", "Women", "Female ")
    code, said = run_script(make_figure, "--check", "--project", figure_project)
    assert code == 1
    assert "docs/images/trend.svg: was not drawn from docs/images/trend.csv as it is" in said


@pytest.mark.parametrize("name", ["trend.csv", "trend.svg"])
def test_a_missing_picture_is_noticed(
    figure_project: Path, run_script: RunScript, name: str
) -> None:
    (figure_project / "docs/images" / name).unlink()
    code, said = run_script(make_figure, "--check", "--project", figure_project)
    assert code == 1
    assert f"docs/images/{name}: missing" in said


def test_without_a_warehouse_the_picture_says_to_run_make(
    tmp_path: Path, run_script: RunScript
) -> None:
    code, said = run_script(make_figure, "--project", tmp_path)
    assert code == 2
    assert said == "make_figure: warehouse/wavehouse.duckdb is missing. Run `make` first.\n"


def test_a_trend_that_is_gone_is_named(figure_project: Path, run_script: RunScript) -> None:
    with duckdb.connect(str(figure_project / "warehouse/wavehouse.duckdb")) as connection:
        connection.execute("delete from marts.fct_trend_estimates where study_id = 'bsa'")
    code, said = run_script(make_figure, "--project", figure_project)
    assert code == 2
    assert "shows no estimates of abortion_support_mean by religion in study bsa" in said


def test_the_drawing_marks_breaks_caution_and_suppressed_groups(figure_project: Path) -> None:
    rows = make_figure.read_rows(figure_project)
    svg = make_figure.draw(rows)
    # Words are drawn as shapes, with the words as comments beside them.
    assert "<!-- Roman Catholic: suppressed -->" in svg
    assert svg.count("<!-- break -->") == len(
        {row["wave_id"] for row in rows if row["observation_status"] == "B"}
    )
