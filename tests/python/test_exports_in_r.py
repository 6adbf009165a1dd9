"""The lines that an export gives for R: run as they are, they give the published figures."""

import re
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from r_lines import NEEDS_R, blocks_of, means_in_r, run_r
from studies.kinds import add_kinds_studies
from studies.replicates import (
    REFERENCES,
    add_replicate_studies,
    replicate_studies,
    scales,
    weight_columns,
)
from workbench import copy_project, keep_studies, query, read_rows, run_wavehouse

from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.exports.published import connect
from wavehouse_exchange.exports.study import read_study

pytestmark = [pytest.mark.slow("R"), NEEDS_R]
TOLERANCE = {"rel": 1e-9, "abs": 1e-12}
# Means and shares that are of all who answered, by the variable and the label of its category.
FIGURES = """
    select
        wave_id,
        estimates.weight_id,
        segment_id,
        segment_value_label,
        estimates.variable_id,
        case when estimates.measure_kind = 'share' then category_label else '' end as category,
        estimate,
        standard_error
    from marts.fct_trend_estimates as estimates
    inner join marts.dim_measure as measures using (measure_id)
    where
        study_id = '{study}'
        and segment_id in ('total', '{segment}')
        and estimates.measure_kind in ('mean', 'share')
        and measures.base_id is null
        and standard_population_id is null
        and standard_error is not null
"""
# Strata, PSUs and weights, with lonely PSUs as each of R's options takes them, a finite population
# correction, several weights, and people as their own PSUs.
KINDS = (
    "full_adjust",
    "full_fpc_average",
    "full_remove",
    "no_strata",
    "simple",
    "panel",
    "islands",
    "weights",
)

REPLICATED = [study.study_id for _, _, study in replicate_studies()]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("kinds"))
    keep_studies(project, [])
    add_kinds_studies(project)
    add_replicate_studies(project)
    generate(project)
    run = run_wavehouse(project, "build")
    assert run.exit_code == 0, run.output[-5000:]
    return project


@pytest.mark.parametrize("program", ["stata", "spss"])
@pytest.mark.parametrize(
    ("study", "segment", "at_least"), [("gss", "sex", 300), ("bsa", "sex", 100), ("api", "", 8)]
)
def test_the_studies_have_the_published_figures(
    checkout: Project, tmp_path: Path, study: str, segment: str, at_least: int, program: str
) -> None:
    assert_figures(checkout, tmp_path, study, segment, program, at_least)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_design_has_the_published_figures(
    kinds: Project, tmp_path: Path, name: str
) -> None:
    assert_figures(kinds, tmp_path, f"kinds_{name}", "kinds_group", "stata", 20)


@pytest.mark.parametrize(
    ("program", "reading"),
    [
        ("stata", "haven::as_factor(haven::zap_missing(haven::read_dta('gss.dta')))"),
        ("spss", "droplevels(haven::as_factor(haven::read_sav('gss.sav')))"),
        ("spss", "droplevels(foreign::read.spss('gss.sav', to.data.frame = TRUE))"),
    ],
)
def test_numbers_are_numbers_and_factors_are_in_order(
    checkout: Project, tmp_path: Path, program: str, reading: str
) -> None:
    export(checkout, "gss", [program], folder=tmp_path / "x")
    printed = run_r(
        f"d <- {reading}\n"
        "for (x in names(d)) cat(x, class(d[[x]])[1], levels(d[[x]]), sep = '|', fill = 9999)",
        tmp_path / "x" / program,
    )
    found = {name: rest for name, *rest in (line.split("|") for line in printed.splitlines())}
    with closing(connect(checkout, "gss")) as connection:
        variables = read_study(connection, "gss").variables
    assert len(variables) > 20
    for variable in variables:
        order = [category.label for category in variable.categories]
        expected = ["numeric"] if variable.is_numeric else ["factor", *order]
        assert found[variable.column] == expected


def test_changes_of_a_panel_have_the_published_errors(checkout: Project, tmp_path: Path) -> None:
    for study, variable in (("bsa", "abortion_support"), ("gss", "education_years")):
        export(checkout, study, ["stata"], folder=tmp_path / study)
        blocks = blocks_of(tmp_path / study / "stata")
        (name,) = (name for name in blocks if name.startswith("waves "))
        _, first, _, second = name.split()
        advice = re.findall("^#   (.*)", blocks[name], re.MULTILINE)
        assert len(advice) == 2
        lines = re.sub(r"\bx\b", variable, "\n".join(advice))
        printed = run_r(
            f"suppressMessages(library(survey))\n{blocks[name]}\n{lines}\n"
            'cat(sprintf("%.17g", c(coef(change), SE(change))))',
            tmp_path / study / "stata",
        )
        (row,) = query(
            checkout,
            "select change, standard_error from marts.fct_trend_changes "
            f"where measure_id = '{variable}_mean' and segment_id = 'total' "
            f"and from_wave_id = '{first}' and to_wave_id = '{second}' "
            "and comparison = 'previous'",
        )
        found = [float(number) for number in printed.split()]
        assert found == [
            pytest.approx(row["change"], **TOLERANCE),
            pytest.approx(row["standard_error"], **TOLERANCE),
        ]


def test_a_correction_that_the_design_does_not_apply_gives_another_error(
    checkout: Project, tmp_path: Path
) -> None:
    """As the guide says: 15 of 757 districts would make the error 1 % smaller."""
    export(checkout, "api", ["stata"], folder=tmp_path / "x")
    block = blocks_of(tmp_path / "x/stata")["wave 2000"]
    corrected = re.sub("data = answers", "fpc = rep(757, nrow(answers)), data = answers", block)
    errors = [
        float(
            run_r(
                f"suppressMessages(library(survey))\n{lines}\n"
                'cat(sprintf("%.17g", SE(svymean(~api_score, design))))',
                tmp_path / "x/stata",
            )
        )
        for lines in (block, corrected)
    ]
    assert errors[1] / errors[0] == pytest.approx((1 - 15 / 757) ** 0.5, rel=1e-9)


@pytest.mark.parametrize("name", REPLICATED)
def test_every_kind_of_replicate_weights_has_the_published_figures(
    kinds: Project, tmp_path: Path, name: str
) -> None:
    """With factors that differ, and deviations from either centre."""
    assert_figures(kinds, tmp_path, name, "kinds_group", "stata", 20)
    blocks = blocks_of(tmp_path / "x/stata")
    assert set(blocks) == {"wave r1", "wave r2"}
    for block in blocks.values():
        assert "svydesign" not in block
        assert ("mse = FALSE" in block) == name.endswith("_centred")


def test_replicate_weights_are_exported_as_delivered(kinds: Project, tmp_path: Path) -> None:
    export(kinds, "replicates_jk1", ["stata", "csvw", "ddi", "spss"], folder=tmp_path / "x")
    folder = tmp_path / "x"
    frames = {
        "stata": pd.read_stata(folder / "stata/replicates_jk1_r1.dta"),
        "spss": pd.read_spss(folder / "spss/replicates_jk1_r1.sav"),
        "csvw": pd.read_csv(folder / "csvw/answers_r1.csv"),
        "ddi": pd.read_csv(folder / "ddi/replicates_jk1_r1.csv"),
    }
    rows = [row for row in read_rows(REFERENCES / "replicate_designs.csv") if row["wave"] == "r1"]
    columns = weight_columns(rows[0], "jk1")
    delivered = sorted(tuple(float(row[column]) for column in columns) for row in rows)
    for frame in frames.values():
        names = [f"replicate_weight_{number}" for number in range(1, len(columns) + 1)]
        assert [name for name in frame.columns if name.startswith("replicate")] == names
        found = sorted(tuple(map(float, row)) for row in frame[names].itertuples(index=False))
        assert found == [pytest.approx(row, rel=1e-12) for row in delivered]
    readme = " ".join((folder / "README.txt").read_text(encoding="utf-8").split())
    assert "errors come from replicate weights" in readme
    assert "have the lines that declare it" in readme


def test_the_lines_of_replicate_weights_for_stata(kinds: Project, tmp_path: Path) -> None:
    """Nobody ran them: a change of a line has to be looked at."""
    export(kinds, "replicates_fay", ["stata"], folder=tmp_path / "x")
    text = (tmp_path / "x/stata/design.do").read_text(encoding="utf-8")
    lines = text.split("\n\n")[-1].splitlines()
    assert lines[:4] == [
        "* wave r2",
        'use "replicates_fay_r2.dta", clear',
        "svyset [pweight = weight], jkrweight( ///",
        "  replicate_weight_1 replicate_weight_2 replicate_weight_3 replicate_weight_4 ///",
    ]
    assert lines[-1] == "  vce(jackknife) mse"
    numbers = " ".join(lines).split("multiplier(")[1].split("))")[0].replace("///", "").split()
    (scale,) = {row["scale"] for row in scales("fay")}
    assert {float(number) for number in numbers} == {float(scale)}


def assert_figures(
    project: Project, tmp_path: Path, study: str, segment: str, program: str, at_least: int
) -> None:
    """Compare estimates and errors of all waves and weights with those of R."""
    export(project, study, [program], folder=tmp_path / "x")
    found = means_in_r(tmp_path / "x" / program, segment, tmp_path)
    compared = set()
    for key, (estimate, error) in published_figures(project, study, segment).items():
        # Files of SPSS are read without the categories that nobody has.
        assert key in found or program == "spss", f"R has no {key} of {study}"
        assert found.get(key, (0, 0)) == (
            pytest.approx(estimate, **TOLERANCE),
            pytest.approx(error, **TOLERANCE),
        ), key
        compared.add(key)
    assert len(compared) >= at_least


def published_figures(
    project: Project, study: str, segment: str
) -> dict[tuple[str, str, str, str], tuple[float, float]]:
    """Give published figures by the names that `means_in_r` gives them."""
    has_several = {
        row["study_id"]
        for row in query(
            project,
            "select study_id from marts.fct_weight_quality "
            "group by study_id having count(distinct weight_id) > 1",
        )
    }
    found = {}
    for row in query(project, FIGURES.format(study=study, segment=segment)):
        block = f"wave {row['wave_id']}"
        if study in has_several:
            block += f", weight {row['weight_id']}"
        part = "total" if row["segment_id"] == "total" else row["segment_value_label"]
        figure = (row["estimate"], row["standard_error"])
        found[block, part, row["variable_id"], row["category"]] = figure
    return found
