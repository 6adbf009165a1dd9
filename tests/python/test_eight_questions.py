"""The guide's eight questions are answered as it shows, and rightly: computed again by pandas."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from documentation import QUERY, fences
from workbench import (
    ROOT,
    add_codebook_rows,
    codebook_rows,
    copy_built,
    query,
    run_dbt,
    run_wavehouse,
)

from wavehouse.generate import generate
from wavehouse.project import Project

Run = Callable[..., tuple[int, str]]
GUIDE = (ROOT / "docs/guide/eight-questions.md").read_text(encoding="utf-8")
ASKED = [text.strip() for text in fences(GUIDE, "sh") if text.startswith("wavehouse estimate")]
CROSSED, OF_MY_OWN, GROUP = ASKED
TEXTS = fences(GUIDE, "text")
SHOWN = [text for text in TEXTS if text.startswith("wave ")]
ROWS = next(text for text in TEXTS if text.startswith("variables: "))


def words_of(command: str) -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', command)][1:]


def answers(project: Project) -> pd.DataFrame:
    """Answers to the example study's variables, a column each; its weights are all 1."""
    rows = query(
        project,
        "select respondent_key, wave_id, variable_id, coalesce(category_code, "
        "cast(numeric_value as text)) as answer from marts.fct_answers where study_id = 'bsa'",
    )
    wide = pd.DataFrame(rows).pivot(
        index=["respondent_key", "wave_id"], columns="variable_id", values="answer"
    )
    return wide.reset_index()


def estimated(project: Project, run_command: Run, command: str) -> list[dict[str, str]]:
    code, printed = run_command(project, *words_of(command), "--format", "csv")
    assert code == 0, printed
    return list(csv.DictReader(io.StringIO(printed)))


@pytest.mark.parametrize("command", [CROSSED, GROUP])
def test_the_guide_shows_what_is_answered(
    published: Project, run_command: Run, command: str
) -> None:
    shown = SHOWN[ASKED.index(command)]
    assert run_command(published, *words_of(command)) == (0, shown)


def test_a_crossing_has_the_shares_that_one_counts(published: Project, run_command: Run) -> None:
    people = answers(published)
    of_wave = people[people["wave_id"] == "1986"]
    shares = pd.crosstab(of_wave["party"], of_wave["social_class"], normalize="columns")
    rows = estimated(published, run_command, CROSSED)
    assert len(rows) == shares.size
    for row in rows:
        expected = shares.loc[row["category_code"], row["by_social_class"]]
        assert float(row["estimate"]) == pytest.approx(expected, abs=1e-12)


def test_a_group_has_the_means_that_one_computes(published: Project, run_command: Run) -> None:
    people = answers(published)
    chosen = people[
        (people["age"].astype(float) < 55) & (people["social_class"] != "lower_working")
    ]
    means = chosen.assign(number=chosen["abortion_support"].astype(float)).groupby("wave_id")
    rows = estimated(published, run_command, GROUP)
    assert [row["wave_id"] for row in rows] == sorted(means.groups)
    for row in rows:
        assert float(row["estimate"]) == pytest.approx(means["number"].mean()[row["wave_id"]])
        assert int(row["n_respondents"]) == means.size()[row["wave_id"]]


def test_a_variable_of_ones_own_crosses_measures(
    published: Project, run_command: Run, tmp_path: Path
) -> None:
    project = copy_built(published, tmp_path / "project")
    for line in ROWS.strip().splitlines():
        name, cells = line.split(": ")
        columns = list(codebook_rows(project, name)[0])
        row = dict(zip(columns, next(csv.reader([cells])), strict=True))
        add_codebook_rows(project, {name: [row]})
    generate(project)
    run = run_wavehouse(project, "build")
    assert run.exit_code == 0, run.output
    people = answers(project)
    of_wave = people[people["wave_id"] == "1986"]
    supports = of_wave["abortion_support"].astype(float).ge(6).map({True: "yes", False: "no"})
    assert supports.tolist() == of_wave["supports_six"].tolist()
    shares = pd.crosstab(of_wave["party"], supports, normalize="columns")
    rows = estimated(project, run_command, OF_MY_OWN)
    assert {row["by_supports_six"] for row in rows} == {"yes", "no"}
    for row in rows:
        if row["category_code"] in shares.index:
            expected = shares.loc[row["category_code"], row["by_supports_six"]]
            assert float(row["estimate"]) == pytest.approx(expected, abs=1e-12)
    assert run_command(project, *words_of(OF_MY_OWN)) == (0, SHOWN[ASKED.index(OF_MY_OWN)])
    # The query for a crossing, a variable and a group of one's own has the same figures and errors.
    compiled = run_dbt(project, "compile", "--quiet", "--select", "party_by_own_variable")
    assert compiled.exit_code == 0, compiled.output
    path = "compiled/wavehouse/analyses/party_by_own_variable.sql"
    queried = {
        (row["support"], row["party"]): row
        for row in query(project, (project.target / path).read_text(encoding="utf-8"))
    }
    asked = estimated(project, run_command, f'{OF_MY_OWN} --where "age < 55"')
    assert len(asked) == len(queried) > 0
    for row in asked:
        support = {"yes": "Six or more", "no": "Fewer than six"}[row["by_supports_six"]]
        found = queried[support, row["category_label"]]
        assert found["share"] == pytest.approx(float(row["estimate"]), abs=1e-12)
        assert found["standard_error"] == pytest.approx(float(row["standard_error"]), abs=1e-12)
        assert str(found["n_respondents"]) == row["n_respondents"]


def test_the_table_for_excel_has_the_published_figures_in_order(
    published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "warehouse").symlink_to(published.warehouse)
    monkeypatch.chdir(tmp_path)
    (lines,) = fences(GUIDE, "python")
    assert len(lines.strip().splitlines()) == 3
    exec(compile(lines, "guide", "exec"), {})
    sheet = openpyxl.load_workbook(tmp_path / "party.xlsx").active
    assert sheet is not None
    (_, _, *waves), *cells = sheet.iter_rows(values_only=True)
    expected = query(
        published,
        "select category_label, wave_label, estimate from marts.fct_trend_estimates "
        "inner join marts.dim_category using (variable_id, category_code, category_label) "
        "where measure_id = 'party_share' and segment_id = 'total' "
        "order by category_order, wave_date",
    )
    assert waves == sorted({row["wave_label"] for row in expected})
    assert [str(row[1]) for row in cells] == list(
        dict.fromkeys(row["category_label"] for row in expected)
    )
    found = [figure for row in cells for figure in row[2:]]
    assert len(found) == len(expected) == 20
    for figure, row in zip(found, expected, strict=True):
        assert abs(float(str(figure).rstrip("%")) - 100 * row["estimate"]) <= 0.05 + 1e-9


def test_two_studies_differ_by_the_error_of_independent_samples(
    overlay_on_duckdb: Project,
) -> None:
    (asked,) = (found[1] for found in QUERY.finditer(GUIDE) if "as other" in found[1])
    rows = query(overlay_on_duckdb, asked)
    estimates = {
        (row["study_id"], row["wave_label"], row["measure_id"], row["category_code"]): row
        for row in query(
            overlay_on_duckdb,
            "select * from marts.fct_trend_estimates where segment_id = 'total'",
        )
    }
    assert rows
    for row in rows:
        what = (row["measure_id"], row["category_code"])
        one = estimates[row["study_id"], row["wave_label"], *what]
        other = estimates[row["other_study_id"], row["other_wave_label"], *what]
        assert row["study_id"] < row["other_study_id"]
        assert row["difference"] == pytest.approx(one["estimate"] - other["estimate"], abs=1e-12)
        errors = (one["standard_error"], other["standard_error"])
        if None in errors:
            assert row["error_of_difference"] is None
        else:
            squares = sum(error**2 for error in errors)
            assert row["error_of_difference"] ** 2 == pytest.approx(squares)


def test_a_wave_for_stata_gives_mean_and_error_with_the_columns_of_the_guide(
    published: Project, run_command: Run, tmp_path: Path
) -> None:
    """As R gives them: the linearised error of a mean, summed over the PSUs of one stratum."""
    command = next(text for text in fences(GUIDE, "sh") if text.startswith("wavehouse export"))
    folder = tmp_path / "bsa"
    assert run_command(published, *words_of(command.strip()), "--to", str(folder))[0] == 0
    wave, _ = pyreadstat.read_dta(str(folder / "stata/bsa_1986.dta"))
    for name in ("psu_key", "stratum_id", "weight", "abortion_support"):
        assert name in wave.columns
        assert name in fences(GUIDE, "r")[0]
    assert wave["stratum_id"].nunique() == 1
    total = wave["weight"].sum()
    mean = (wave["weight"] * wave["abortion_support"]).sum() / total
    scores = wave["weight"] * (wave["abortion_support"] - mean) / total
    psus = scores.groupby(wave["psu_key"]).sum()
    error = (len(psus) / (len(psus) - 1) * ((psus - psus.mean()) ** 2).sum()) ** 0.5
    (row,) = query(
        published,
        "select * from marts.fct_trend_estimates where measure_id = 'abortion_support_mean' "
        "and segment_id = 'total' and wave_id = '1986'",
    )
    assert row["estimate"] == pytest.approx(mean, rel=1e-12)
    assert row["standard_error"] == pytest.approx(error, rel=1e-12)
    assert f"{mean:.4f} and {error:.4f}" in GUIDE
