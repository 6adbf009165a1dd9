"""What an export gives to programs: numbers that are numbers, categories in order, the design."""

import csv
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from workbench import ROOT, copy_built, open_for_change

from wavehouse.project import Project
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.exports.published import connect
from wavehouse_exchange.exports.study import Study, read_study
from wavehouse_exchange.onboarding.draft import read_draft
from wavehouse_exchange.onboarding.import_ddi import ImportOptions, import_ddi

STUDIES = ("api", "bsa", "gss")
READERS = {
    "pandas, Stata": lambda folder, name: pd.read_stata(folder / f"stata/{name}.dta"),
    "pandas, SPSS": lambda folder, name: pd.read_spss(folder / f"spss/{name}.sav"),
    "pyreadstat, Stata": lambda folder, name: pyreadstat.read_dta(
        folder / f"stata/{name}.dta", apply_value_formats=True
    )[0],
    "pyreadstat, SPSS": lambda folder, name: pyreadstat.read_sav(
        folder / f"spss/{name}.sav", apply_value_formats=True
    )[0],
}


@pytest.fixture(scope="module")
def exports(checkout: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("design")
    for study in STUDIES:
        export(checkout, study, ["spss", "stata"], folder=folder / study)
    return {study: folder / study for study in STUDIES}


@pytest.fixture
def changed(published: Project, tmp_path: Path) -> Project:
    """A copy whose release a test may change."""
    return copy_built(published, tmp_path / "project")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("study", STUDIES)
def test_numbers_are_numbers_whatever_is_missing(
    checkout: Project, exports: dict[str, Path], study: str, reader: str
) -> None:
    """As programs read them that put labels in place of values, which is what pandas does."""
    data = READERS[reader](exports[study], study)
    with closing(connect(checkout, study)) as connection:
        about = read_study(connection, study)
        expected = {
            variable: (count, total)
            for variable, count, total in connection.execute(
                "select variable_id, count(*), sum(numeric_value) from marts.fct_answers "
                "where numeric_value is not null group by variable_id"
            ).fetchall()
        }
    numbers = [variable for variable in about.variables if variable.is_numeric]
    assert {variable.variable_id for variable in numbers} == set(expected)
    for variable in numbers:
        column = data[variable.column]
        assert column.dtype == "float64", variable.variable_id
        count, total = expected[variable.variable_id]
        assert column.count() == count
        assert column.sum() == pytest.approx(total, rel=1e-12)
    assert data["weight"].dtype == "float64"
    for variable in about.variables:
        assert variable.is_numeric or data[variable.column].dtype == "category"


@pytest.mark.parametrize("reader", READERS)
def test_a_mean_is_that_of_the_delivered_file(exports: dict[str, Path], reader: str) -> None:
    with (ROOT / "seeds/waves/gss/gss_2006.csv").open(newline="", encoding="utf-8") as file:
        hours = [row["tvhours"] for row in csv.DictReader(file)]
    delivered = [int(text) for text in hours if text.isdecimal()]
    assert 0 < len(delivered) < len(hours)
    read = READERS[reader](exports["gss"], "gss_2006")["tv_hours"]
    assert read.count() == len(delivered)
    assert read.mean() == pytest.approx(sum(delivered) / len(delivered), rel=1e-12)


@pytest.mark.parametrize("study", STUDIES)
def test_categories_are_in_the_order_of_the_questionnaire(
    checkout: Project, exports: dict[str, Path], study: str
) -> None:
    data = pd.read_stata(exports[study] / f"stata/{study}.dta")
    _, spss = pyreadstat.read_sav(exports[study] / f"spss/{study}.sav", metadataonly=True)
    about = _study(checkout, study)
    for variable in about.variables:
        if variable.is_numeric:
            assert variable.column not in spss.variable_value_labels
            continue
        order = [category.label for category in variable.categories]
        column = data[variable.column]
        assert column.cat.ordered
        assert list(column.cat.categories) == [text for text in order if text in set(column)]
        labels = spss.variable_value_labels[variable.column]
        assert [labels[value] for value in sorted(labels) if value > 0] == order


def test_a_list_whose_codes_do_not_ascend_keeps_its_order(changed: Project, tmp_path: Path) -> None:
    codes = {"conservative": "7", "labour": "3", "alliance": "5", "other": "9", "none": "1"}
    with open_for_change(changed.warehouse / "wavehouse.duckdb") as connection:
        order = connection.execute(
            "select category_code, category_label from marts.dim_category "
            "where variable_id = 'party' order by category_order"
        ).fetchall()
        assert {code for code, _ in order} == set(codes)
        for table in ("dim_category", "fct_answers"):
            for old, new in codes.items():
                connection.execute(
                    f"update marts.{table} set category_code = '{new}' "
                    f"where variable_id = 'party' and category_code = '{old}'"
                )
    export(changed, "bsa", ["stata"], folder=tmp_path / "x")
    party = pd.read_stata(tmp_path / "x/stata/bsa.dta")["party"]
    assert list(party.cat.categories) == [label for _, label in order]


def test_categories_of_one_label_are_told_apart(changed: Project, tmp_path: Path) -> None:
    """Pandas refuses a file of Stata with such labels, and makes one category of them of SPSS."""
    alike = "x" * 200
    with open_for_change(changed.warehouse / "wavehouse.duckdb") as connection:
        connection.execute(
            f"update marts.dim_category set category_label = '{alike}' where variable_id = 'party'"
        )
    export(changed, "bsa", ["stata", "spss"], folder=tmp_path / "x")
    stata = pd.read_stata(tmp_path / "x/stata/bsa.dta")["party"]
    assert list(stata.cat.categories) == [alike, *(f"{alike} [{value}]" for value in range(2, 6))]
    spss = pd.read_spss(tmp_path / "x/spss/bsa.sav")["party"]
    assert set(spss.cat.categories) == {
        "x" * 117 + "...",
        *("x" * 113 + f"... [{value}]" for value in range(2, 6)),
    }
    notes = (tmp_path / "x/spss/notes.txt").read_text(encoding="utf-8")
    assert "because another value has the same label" in notes


def test_the_size_of_the_population_is_there_only_if_errors_use_it(
    changed: Project, tmp_path: Path
) -> None:
    formats = ["csvw", "ddi", "spss", "stata"]
    export(changed, "api", formats, folder=tmp_path / "x")
    texts = _texts(tmp_path / "x")
    assert not [name for name, text in texts.items() if _has_population(name, text)]
    readme = " ".join(texts["README.txt"].split())
    assert "Published errors have no finite population correction: give no fpc." in readme
    assert "fpc" not in texts["stata/design.R"] + texts["stata/design.do"]
    with open_for_change(changed.warehouse / "wavehouse.duckdb") as connection:
        connection.execute("update marts.dim_wave set applies_fpc = true where wave_id = '2000'")
    export(changed, "api", formats, folder=tmp_path / "x")
    texts = _texts(tmp_path / "x")
    for name in ("csvw/answers_2000.csv", "csvw/csv-metadata.json", "ddi/api.xml"):
        assert "psu_population" in texts[name]
    for name in ("stata", "spss"):
        # By wave: that of 1999 has no correction, that of 2000 has.
        _, first, second = texts[f"{name}/design.R"].split("\n# wave ")
        assert ("fpc" in first, "fpc = ~psu_population" in second) == (False, True)
    assert texts["stata/design.do"].count("fpc(psu_population)") == 1
    readme = " ".join(texts["README.txt"].split())
    assert "psu_population is the number of PSUs in the population of the stratum" in readme
    assert pd.read_stata(tmp_path / "x/stata/api.dta")["psu_population"].unique() == [757]
    # A correction without the column that it needs would stop the build of the imported study.
    import_ddi(changed, "again", tmp_path / "x/ddi/api.xml", ImportOptions())
    drafted = {
        (change["table"], change["add"].get("design_role"))
        for proposal in read_draft(changed, "again", "1999").proposals
        for change in proposal.changes
    }
    assert ("design_columns", "psu_population") in drafted


def test_every_weight_is_exported_and_declared(changed: Project, tmp_path: Path) -> None:
    with open_for_change(changed.warehouse / "wavehouse.duckdb") as connection:
        for sql in (
            "insert into marts.dim_weight values "
            "('main', 'Main', 'For all.'), ('other', 'Other', 'For some, \"so\" to say.')",
            "update marts.fct_respondent_weights set weight_id = 'main' where study_id = 'api'",
            "update marts.fct_weight_quality set weight_id = 'main' where study_id = 'api'",
            # Only one wave has it, and some people lack it.
            "insert into marts.fct_respondent_weights "
            "select respondent_key, 'other', study_id, wave_id, weight * 2 "
            "from marts.fct_respondents where study_id = 'api' and wave_id = '2000' "
            "order by respondent_key limit 180",
            "insert into marts.fct_weight_quality select * replace ('other' as weight_id, "
            "false as is_default_weight, 3 as n_without_weight) "
            "from marts.fct_weight_quality where study_id = 'api' and wave_id = '2000'",
        ):
            connection.execute(sql)
    export(changed, "api", ["csvw", "ddi", "spss", "stata"], folder=tmp_path / "x")
    frames = {
        "stata": pd.read_stata(tmp_path / "x/stata/api.dta"),
        "spss": pd.read_spss(tmp_path / "x/spss/api.sav"),
        "csvw": pd.read_csv(tmp_path / "x/csvw/answers_2000.csv"),
        "ddi": pd.read_csv(tmp_path / "x/ddi/api_2000.csv"),
    }
    for frame in frames.values():
        assert (frame["weight_main"] == frame["weight"]).all()
        has_it = frame["weight_other"].notna()
        assert has_it.sum() == 180
        assert (frame["weight_other"] == 2 * frame["weight"])[has_it].all()
    texts = _texts(tmp_path / "x")
    assert "# wave 1999, weight other" not in texts["stata/design.R"]
    _, *blocks = texts["stata/design.R"].split("\n\n")
    (block,) = (block for block in blocks if block.startswith("# wave 2000, weight other"))
    assert block.splitlines()[2:] == [
        "answers <- answers[!is.na(answers$weight_other), ]",
        'options(survey.lonely.psu = "adjust")',
        "design <- svydesign(ids = ~psu_key, strata = ~stratum_id, weights = ~weight_other, "
        "data = answers)",
    ]
    assert "drop if missing(weight_other)" in texts["stata/design.do"]
    readme = " ".join(texts["README.txt"].split())
    assert 'weight_other: Other. For some, "so" to say.' in readme
    assert 'name="weight_other"' in texts["ddi/api.xml"]
    assert "Weight: Other. For some" in texts["csvw/csv-metadata.json"]


def test_the_lines_for_stata(exports: dict[str, Path]) -> None:
    """Nobody ran them: a change of a line has to be looked at."""
    text = (exports["bsa"] / "stata/design.do").read_text(encoding="utf-8")
    assert "These lines were not run in Stata." in text
    assert text.split("\n\n")[-1].splitlines() == [
        "* wave 1986",
        'use "bsa_1986.dta", clear',
        "egen long design_psu = group(psu_key)",
        "egen long design_stratum = group(stratum_id)",
        "svyset design_psu [pweight = weight], strata(design_stratum) singleunit(centered)",
    ]
    assert not (exports["bsa"] / "spss/design.do").exists()


def test_the_guide_shows_lines_of_an_export(exports: dict[str, Path]) -> None:
    guide = (ROOT / "docs/guide/export-a-study.md").read_text(encoding="utf-8")
    shown = guide.split("```r\n")[1].split("```")[0]
    assert shown in (exports["bsa"] / "stata/design.R").read_text(encoding="utf-8")


def test_csv_is_read_as_the_readme_says(checkout: Project, tmp_path: Path) -> None:
    export(checkout, "gss", ["csvw"], folder=tmp_path / "x")
    missing = list(pd.read_csv(tmp_path / "x/csvw/missing_kinds.csv")["code"])
    path = tmp_path / "x/csvw/answers_2006.csv"
    assert pd.read_csv(path)["tv_hours"].dtype != "float64"
    assert pd.read_csv(path, na_values=missing)["tv_hours"].dtype == "float64"


def _study(project: Project, study_id: str) -> Study:
    with closing(connect(project, study_id)) as connection:
        return read_study(connection, study_id)


def _texts(folder: Path) -> dict[str, str]:
    """Give the texts of an export by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


def _has_population(name: str, text: str) -> bool:
    """Whether a file has the column, not only a description that speaks of it."""
    if name == "csvw/csv-metadata.json":
        return '"name": "psu_population"' in text
    return "psu_population" in text and not name.startswith("csvw/")
