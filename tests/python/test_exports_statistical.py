"""Answers in SPSS, Stata and CSV files are those of fct_answers, cell by cell, in three studies."""

import csv
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from csvw import TableGroup
from workbench import (
    Row,
    copy_built,
    open_for_change,
)

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.exports.answers import missing_code
from wavehouse_exchange.exports.coding import category_values, negative_kinds
from wavehouse_exchange.exports.csvw_metadata import METADATA
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.exports.names import SPSS, STATA, cut_to_bytes, legal_names
from wavehouse_exchange.exports.published import connect
from wavehouse_exchange.exports.study import Category, Study, Variable, read_study
from wavehouse_exchange.landing.read_statistical import open_statistical
from wavehouse_exchange.landing.tables import ReadingOptions

STUDIES = ("api", "bsa", "gss")
READERS = {"spss": pyreadstat.read_sav, "stata": pyreadstat.read_dta}
SUFFIXES = {"spss": ".sav", "stata": ".dta"}
# A respondent, a variable, and a code, a number or a kind of missing.
Cells = set[tuple[str, str, str | float]]


@pytest.fixture(scope="module")
def exports(checkout: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("statistical")
    for study in STUDIES:
        export(checkout, study, list(READERS), folder=folder / study)
    return {study: folder / study for study in STUDIES}


@pytest.fixture(scope="module")
def cells(checkout: Project) -> dict[str, Cells]:
    """All answers of each study, from fct_answers."""
    found = {}
    for study in STUDIES:
        with closing(connect(checkout, study)) as connection:
            found[study] = {
                (key, variable, missing_code(kind) if kind else code if code else number)
                for key, variable, code, number, kind in connection.execute(
                    "select respondent_key, variable_id, category_code, numeric_value, "
                    "missing_kind from marts.fct_answers"
                ).fetchall()
            }
    return found


@pytest.mark.parametrize("program", READERS)
@pytest.mark.parametrize("study", STUDIES)
def test_answers_come_back_cell_by_cell(
    exports: dict[str, Path], cells: dict[str, Cells], program: str, study: str
) -> None:
    folder = exports[study] / program
    whole = folder / f"{study}{SUFFIXES[program]}"
    waves = sorted(set(folder.glob(f"*{SUFFIXES[program]}")) - {whole})
    assert waves
    assert _cells(whole, program) == cells[study]
    of_waves = [_cells(wave, program) for wave in waves]
    assert sum(map(len, of_waves)) == len(cells[study])
    assert set().union(*of_waves) == cells[study]


@pytest.mark.parametrize("program", READERS)
def test_respondents_come_back(checkout: Project, exports: dict[str, Path], program: str) -> None:
    for study in STUDIES:
        path = exports[study] / program / f"{study}{SUFFIXES[program]}"
        data, meta = READERS[program](path)
        with closing(connect(checkout, study)) as connection:
            expected = connection.execute(
                "select respondent_key, person_key, wave_id, stratum_id, psu_key, weight "
                "from marts.fct_respondents "
                "inner join marts.dim_wave using (study_id, wave_id) "
                "order by wave_number, respondent_key"
            ).fetchall()
        names = ["respondent_key", "person_key", "wave_id", "stratum_id", "psu_key", "weight"]
        assert list(data[names].itertuples(index=False, name=None)) == expected
        assert meta.file_label == _title(checkout, study)


@pytest.mark.parametrize("program", READERS)
@pytest.mark.parametrize("study", STUDIES)
def test_labels_come_back(
    checkout: Project, exports: dict[str, Path], program: str, study: str
) -> None:
    path = exports[study] / program / f"{study}{SUFFIXES[program]}"
    _, meta = READERS[program](path, metadataonly=True)
    with closing(connect(checkout, study)) as connection:
        about = read_study(connection, study)
    for variable in about.variables:
        assert meta.column_names_to_labels[variable.column] == variable.label
        found = meta.variable_value_labels.get(variable.column, {})
        # In the order of the values, as programs show them; kinds of missing have letters in Stata.
        labels = [found[value] for value in sorted(found, key=lambda v: (isinstance(v, str), v))]
        kinds = [kind.label for kind in variable.kinds]
        categories = [item.label for item in variable.categories]
        if variable.is_numeric:
            assert labels == []
        elif program == "stata":
            assert labels == categories + kinds
        else:
            assert labels == kinds[::-1] + categories


def test_our_own_reader_finds_missing_kinds(exports: dict[str, Path]) -> None:
    options = ReadingOptions()
    spss = open_statistical(exports["gss"] / "spss" / "gss_2002.sav", options)
    place = [column.name for column in spss.columns].index("voted_bush_2000")
    assert spss.value_labels[place] == {"1": "Yes", "2": "No", "-2": "Not applicable"}
    assert spss.missing_ranges[place] == [("-2", "-2")]
    stata = open_statistical(exports["gss"] / "stata" / "gss_2002.dta", options)
    assert sum(len(chunk[0]) for chunk in stata.chunks) == 1369
    assert stata.value_labels[place] == {"1": "Yes", "2": "No", ".b": "Not applicable"}
    assert stata.missing_codes[place] == {".b"}
    for table in (spss, stata):
        kinds = {column.name: column.type for column in table.columns}
        assert kinds["interview_date"] == "date"
        assert kinds["weight"] == "number"


def test_the_files_say_where_they_come_from(exports: dict[str, Path]) -> None:
    _, meta = pyreadstat.read_sav(exports["gss"] / "spss" / "gss_2002.sav", metadataonly=True)
    notes = " ".join(meta.notes)
    for text in ("GSS 2002", "Please cite: ", "Wooldridge", "Terms of use: ", "release "):
        assert text in notes
    assert meta.file_label == "GSS 2002"
    assert meta.variable_measure["happiness"] == "nominal"
    assert meta.variable_measure["tv_hours"] == "scale"


def test_csv_has_the_same_answers(
    checkout: Project, cells: dict[str, Cells], tmp_path: Path
) -> None:
    export(checkout, "gss", ["csvw"], folder=tmp_path / "x")
    kinds = {row["code"] for row in _rows(tmp_path / "x" / "csvw" / "missing_kinds.csv")}
    with closing(connect(checkout, "gss")) as connection:
        variables = read_study(connection, "gss").variables
    found: Cells = set()
    for path in (tmp_path / "x" / "csvw").glob("answers_*.csv"):
        for row in _rows(path):
            for variable in variables:
                text = row.get(variable.column) or ""
                if text:
                    is_number = variable.is_numeric and text not in kinds
                    value = float(text) if is_number else text
                    found.add((row["respondent_key"], variable.variable_id, value))
    assert found == cells["gss"]
    table = TableGroup.from_file(tmp_path / "x" / "csvw" / METADATA).tabledict["answers_2002.csv"]
    assert {
        (row["tv_hours"] is None) == (raw["tv_hours"] in kinds)
        for row, raw in zip(
            table.iterdicts(strict=True),
            _rows(tmp_path / "x" / "csvw" / "answers_2002.csv"),
            strict=True,
        )
    } == {True}


def test_what_does_not_fit_is_cut_and_told(
    published: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]]
) -> None:
    project = copy_built(published, tmp_path / "project")
    with open_for_change(project.warehouse / "wavehouse.duckdb") as connection:
        for sql in (
            "update marts.dim_variable set variable_label = repeat('é', 200) "
            "where variable_id = 'party'",
            "update marts.dim_category set category_label = repeat('x', 200) "
            "where variable_id = 'party' and category_code = 'labour'",
            # Numbers where missing codes would be, and codes that are numbers.
            "update marts.fct_answers set numeric_value = numeric_value - 3.5 "
            "where variable_id = 'abortion_support'",
            "update marts.dim_variable set lower_bound = -3.5 "
            "where variable_id = 'abortion_support'",
            "update marts.fct_answers set category_code = null, missing_kind = 'refused' "
            "where variable_id = 'sex' and category_code = 'male'",
            "update marts.fct_answers set numeric_value = null, missing_kind = 'refused' "
            "where variable_id = 'abortion_support' and numeric_value > 3",
            "update marts.fct_respondents set interview_date = date '1983-03-04'",
        ):
            connection.execute(sql)
    words = ["export", "bsa", "--format", "spss", "stata", "--to", str(tmp_path / "x")]
    code, printed = run_command(project, *words)
    assert code == 0, printed
    assert "SPSS: 0 names were changed and 2 labels cut" in printed
    assert "Stata: 0 names were changed and 1 labels cut" in printed
    assert "Label of party was cut to" in (tmp_path / "x" / "spss" / "notes.txt").read_text()
    data, meta = pyreadstat.read_sav(tmp_path / "x" / "spss" / "bsa.sav", user_missing=True)
    assert meta.column_names_to_labels["party"] == "é" * 126 + "..."
    assert meta.variable_value_labels["party"][2.0] == "x" * 117 + "..."
    assert meta.missing_ranges["abortion_support"] == [{"lo": -94.0, "hi": -94.0}]
    assert set(data["abortion_support"]) == {-94, *(number - 3.5 for number in range(7))}
    assert {str(day) for day in data["interview_date"]} == {"1983-03-04"}
    data, meta = pyreadstat.read_dta(tmp_path / "x" / "stata" / "bsa.dta", user_missing=True)
    assert set(data["abortion_support"]) == {"d", *(number - 3.5 for number in range(7))}
    assert set(data["sex"]) == {1.0, "d"}
    assert meta.variable_value_labels["sex"]["d"] == "Refused"
    assert {str(day) for day in data["interview_date"]} == {"1983-03-04"}


def test_names_are_legal_unique_and_stay_what_they_are() -> None:
    long = "a_variable_whose_name_is_far_too_long_for_stata_and_even_for_the_names_of_spss"
    stata = legal_names(["int", "str8", "sex", long, f"{long}_too", "1st", "if_any"], STATA)
    assert stata["int"] == "int_"
    assert stata["str8"] == "str8_"
    assert stata["1st"] == "v1st"
    assert stata["sex"] == "sex"
    assert len(set(stata.values())) == len(stata)
    assert max(map(len, stata.values())) == 31
    assert legal_names([long], STATA)[long] == stata[long]
    spss = legal_names(["with", "int", long], SPSS)
    assert (spss["with"], spss["int"], len(spss[long])) == ("with_", "int", 64)
    with pytest.raises(WavehouseError, match="Variables with and with_ would both be named with_"):
        legal_names(["with", "with_"], SPSS)
    assert cut_to_bytes("€€€", 8) == "€..."


def test_numbers_of_categories_and_missing_kinds(published: Project) -> None:
    with closing(connect(published, "bsa")) as connection:
        study = read_study(connection, "bsa")
    assert category_values(_variable(["9", "10", "-"])) == {"9": 1.0, "10": 2.0, "-": 3.0}
    assert category_values(_variable(["9", "10"])) == {"9": 9.0, "10": 10.0}
    # In the order of the questionnaire, so that programs which sort values keep it.
    assert category_values(_variable(["10", "9"])) == {"10": 1.0, "9": 2.0}
    assert category_values(_variable(["1", "01"])) == {"1": 1.0, "01": 2.0}
    assert category_values(_variable(["1", "99999"])) == {"1": 1.0, "99999": 2.0}
    for smallest, first in ((0.0, -1), (-0.5, -1), (-1.0, -91), (-95.0, -991), (-1e6, -9999991)):
        kinds = negative_kinds(_variable([], smallest), study)
        assert kinds == [first - place for place in range(len(study.kinds))]
        assert max(kinds) < smallest


def _variable(codes: list[str], smallest: float = 0) -> Variable:
    return Variable(
        variable_id="x",
        label="X",
        description="X",
        is_numeric=not codes,
        is_whole=True,
        smallest=smallest,
        decimals=None,
        unit=None,
        categories=tuple(Category(code, code) for code in codes),
        kinds=(),
        waves=frozenset(),
    )


def _cells(path: Path, program: str) -> Cells:
    """Read a file as somebody else would: with names.csv and codes.csv beside it."""
    data, _ = READERS[program](path, user_missing=True)
    variables = {
        row["name"]: row["variable_id"]
        for row in _rows(path.parent / "names.csv")
        if row["variable_id"]
    }
    codes: dict[str, dict[Any, str]] = {}
    for row in _rows(path.parent / "codes.csv"):
        value = row["value"]
        key = value[1:] if value.startswith(".") else float(value)
        codes.setdefault(row["name"], {})[key] = row["warehouse_code"]
    return {
        (key, variable, codes.get(name, {}).get(value, value))
        for name, variable in variables.items()
        if name in data
        for key, value in zip(data["respondent_key"], data[name], strict=True)
        if value == value and value is not None
    }


def _title(project: Project, study: str) -> str:
    with closing(connect(project, study)) as connection:
        about: Study = read_study(connection, study)
    labels: Mapping[str, Any] = about.study
    return labels["study_label"]


def _rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
