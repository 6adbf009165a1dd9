"""`wavehouse export`: what it writes where, what it refuses, and what it leaves alone."""

import csv
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from workbench import copy_built, open_for_change

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.exports import export as exporting
from wavehouse_exchange.exports.export import RECORD, export
from wavehouse_exchange.exports.formats import DESCRIPTIONS, FORMATS, MICRODATA
from wavehouse_exchange.exports.published import connect


def test_all_formats_are_written_and_explained(published: Project, tmp_path: Path) -> None:
    files = export(published, "bsa", folder=tmp_path / "bsa")
    readme = (tmp_path / "bsa" / "README.txt").read_text(encoding="utf-8")
    assert {path.name for path in (tmp_path / "bsa").iterdir()} == {*FORMATS, "README.txt", RECORD}
    on_disk = {path for path in (tmp_path / "bsa").rglob("*") if path.is_file()}
    assert set(files) == on_disk
    for file in on_disk - {tmp_path / "bsa" / name for name in ("README.txt", RECORD)}:
        assert f"  {file.relative_to(tmp_path / 'bsa').as_posix()}\n" in readme
    with closing(connect(published, "bsa")) as connection:
        study = connection.execute(
            "select producer, citation, terms_of_use, release_id "
            "from marts.dim_study cross join release"
        ).fetchone()
    assert study is not None
    unfolded = " ".join(readme.split())
    for text in study:
        assert text in unfolded
    assert "suppress nothing" in unfolded
    assert set(DESCRIPTIONS) == set(FORMATS) >= MICRODATA


def test_published_numbers_alone_come_without_a_warning(
    published: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]]
) -> None:
    code, printed = run_command(
        published, "export", "bsa", "--format", "sdmx", "--to", str(tmp_path / "x")
    )
    assert code == 0
    assert "data.xml" in printed
    assert "Exported bsa: 5 files." in printed
    assert "suppress nothing" not in printed + (tmp_path / "x" / "README.txt").read_text()
    assert "Numbers that publication rules suppress are empty" in (
        tmp_path / "x" / "README.txt"
    ).read_text(encoding="utf-8")


def test_one_wave_alone(published: Project, tmp_path: Path) -> None:
    export(published, "bsa", ["csvw", "spss"], "1984", tmp_path / "x")
    names = {path.name for path in (tmp_path / "x").rglob("*.csv")}
    assert "answers_1984.csv" in names
    assert not {f"answers_{wave}.csv" for wave in (1983, 1985, 1986)} & names
    assert [path.name for path in (tmp_path / "x" / "spss").glob("*.sav")] == ["bsa_1984.sav"]
    for table in ("trend_estimates", "questions", "coverage", "waves"):
        path = tmp_path / "x" / "csvw" / f"{table}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            assert {row["wave_id"] for row in csv.DictReader(file)} == {"1984"}
    record = json.loads((tmp_path / "x" / RECORD).read_text())
    assert (record["wave"], record["formats"]) == ("1984", ["csvw", "spss"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["gss"], "no study 'gss' in the published warehouse. Name one of api, bsa"),
        (["api", "--wave", "1998"], "has no wave '1998' in the published warehouse. Name one of"),
        (["api", "--format", "csvw", "docx"], "no format 'docx'. Name one or more of csvw, ddi"),
        (["it's"], 'study "it\'s" cannot be an id'),
    ],
)
def test_what_is_not_there_is_named(
    published: Project,
    run_command: Callable[..., tuple[int, str]],
    words: list[str],
    told: str,
) -> None:
    code, printed = run_command(published, "export", *words)
    assert code == 1
    assert told in printed
    assert not (published.warehouse / "exports").exists()


def test_nothing_is_published(
    empty_project: Project, run_command: Callable[..., tuple[int, str]]
) -> None:
    code, printed = run_command(empty_project, "export", "bsa")
    assert (code, printed) == (
        1,
        "Nothing is published yet, so there is nothing to export. Run `make` first.\n",
    )


@pytest.mark.parametrize(
    "change",
    ["drop table marts.dictionary_breaks", "alter table marts.dim_wave drop column wave_number"],
)
def test_a_release_of_an_older_version_is_told(
    published: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]], change: str
) -> None:
    project = copy_built(published, tmp_path / "project")
    with open_for_change(project.warehouse / "wavehouse.duckdb") as connection:
        connection.execute(change)
    code, printed = run_command(project, "export", "bsa")
    assert code == 1
    assert "is of an older version. Run `make`." in printed
    assert not (project.warehouse / "exports").exists() or not any(
        (project.warehouse / "exports").iterdir()
    )


def test_a_folder_of_somebody_is_not_replaced(published: Project, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WavehouseError, match="was not made by an export, so it is not replaced"):
        export(published, "api", ["csvw"], folder=tmp_path)
    with pytest.raises(WavehouseError, match="was not made by an export"):
        export(published, "api", ["csvw"], folder=tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_export_is_replaced_as_a_whole(published: Project, tmp_path: Path) -> None:
    export(published, "api", ["csvw", "spss"], folder=tmp_path / "x")
    export(published, "bsa", ["sdmx"], folder=tmp_path / "x")
    assert {path.name for path in (tmp_path / "x").iterdir()} == {"sdmx", "README.txt", RECORD}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_format_that_fails_leaves_the_export_before(
    published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = export(published, "api", ["csvw"], folder=tmp_path / "x")

    def fail(connection: object, study_id: str, folder: Path) -> list[Path]:
        del connection, study_id
        (folder / "half").write_text("half of it")
        raise WavehouseError("It does not fit.")

    monkeypatch.setitem(exporting.FORMATS, "spss", fail)
    with pytest.raises(WavehouseError, match="It does not fit"):
        export(published, "api", ["csvw", "spss"], folder=tmp_path / "x")
    assert {path for path in (tmp_path / "x").rglob("*") if path.is_file()} == set(before)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_writers_cannot_change_the_release(published: Project) -> None:
    with closing(connect(published, "api")) as connection:
        studies = "select distinct study_id from marts.fct_trend_estimates"
        assert connection.execute(studies).fetchall() == [("api",)]
        with pytest.raises(Exception, match="read-only"):
            connection.execute("delete from published.marts.dim_study")
