"""How files are read where they do not say it themselves: options, what is assumed, corrections."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pytest
from workbench import codebook_rows, copy_project, set_codebook_rows

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.landed import LandedWave
from wavehouse_exchange.landing.options import for_each, parsed, reading_options, written
from wavehouse_exchange.landing.tables import ReadingOptions
from wavehouse_exchange.onboarding.draft import read_draft

Run = Callable[..., tuple[int, str]]


def read(project: Project, path: Path, **said: object) -> tuple[LandedWave, list[tuple[str, ...]]]:
    """Land a file with options, and give the wave and its rows."""
    landed = land_wave(project, "study", "1", [path], options=reading_options(**said))
    with duckdb.connect() as connection:
        return landed, connection.read_parquet(str(landed.answers)).fetchall()


def written_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_names_wording_and_import_ids_are_three_header_rows(
    empty_project: Project, tmp_path: Path
) -> None:
    ids = '"{""ImportId"":""a""}","{""ImportId"":""b""}"'
    text = f'id,q1\nRespondent,"How happy,\nall in all?"\n{ids}\n'
    path = written_file(tmp_path / "w.csv", text + "1,2\n2,3\n")
    landed, rows = read(empty_project, path, headers="3")
    assert rows == [("1", "2"), ("2", "3")]
    assert [column.column_label for column in landed.columns] == [
        "Respondent",
        "How happy,\nall in all?",
    ]


def test_a_row_of_import_ids_is_refused_where_nobody_says_what_it_is(
    empty_project: Project, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", 'id,q\nwho,what\n"{""ImportId"":""a""}",\n1,2\n')
    with pytest.raises(WavehouseError, match=r"row 3 .* --header-rows names,labels,ids"):
        read(empty_project, path)


def test_a_sheet_has_header_rows_too(empty_project: Project, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["Survey of 2024"], ["id", "q1"], ["Person", "How happy?"], [1, 2]):
        workbook.active.append(row)
    workbook.create_sheet("Codes").append(["x"])
    workbook.save(tmp_path / "w.xlsx")
    landed, rows = read(
        empty_project, tmp_path / "w.xlsx", sheet="Sheet", headers="skip,names,labels"
    )
    assert rows == [("1", "2")]
    assert [column.column_label for column in landed.columns] == ["Person", "How happy?"]
    assert landed.files[0].reading_options == "--sheet Sheet --header-rows skip,names,labels"


@pytest.mark.parametrize(
    ("marks", "delivered", "meant"),
    [
        ({"decimal": ",", "thousands": "."}, ["1.000,50", "0,5", "-12"], ["1000.50", "0.5", "-12"]),
        ({"thousands": ","}, ["1,000", "12,345.6", "7"], ["1000", "12345.6", "7"]),
        ({"thousands": ","}, ["12,34,567", "1", "2"], ["1234567", "1", "2"]),
        ({"decimal": ",", "thousands": "blank"}, ["1 000,5", "2\u202f000", "3"], None),
        ({"decimal": ","}, ["1,5", "k.A.", ",5"], ["1.5", "k.A.", ".5"]),
    ],
)
def test_numbers_are_read_with_the_marks_of_their_country(
    empty_project: Project,
    tmp_path: Path,
    marks: dict[str, str],
    delivered: list[str],
    meant: list[str] | None,
) -> None:
    lines = "".join(f"{number};{text}\n" for number, text in enumerate(delivered))
    path = written_file(tmp_path / "w.csv", f"id;x\n{lines}")
    landed, rows = read(empty_project, path, **marks)
    assert [row[1] for row in rows] == (meant or ["1000.5", "2000", "3"])
    assert landed.files[0].notes == ()


def test_a_column_that_mixes_marks_stays_as_delivered_and_that_is_said(
    empty_project: Project, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", "id;x\n1;1,5\n2;1,5,6\n")
    landed, rows = read(empty_project, path, decimal=",")
    assert [row[1] for row in rows] == ["1,5", "1,5,6"]
    assert landed.files[0].notes == (
        "w.csv, column x: '1,5,6' is not a number (with --decimal ,), although '1,5' is. So "
        "the column stays as delivered.",
    )


@pytest.mark.parametrize(("empty", "of_nobody"), [(None, None), ("none", "0")])
def test_several_answers_in_a_cell_become_columns(
    empty_project: Project, tmp_path: Path, empty: str | None, of_nobody: str | None
) -> None:
    path = written_file(tmp_path / "w.csv", "id,l,m\n1,R; Python,x\n2,,y\n3,SQL,x\n4,Python,y\n")
    landed, rows = read(empty_project, path, lists=["l=;"], empty_lists=empty)
    names = [column.source_column for column in landed.columns]
    assert names == ["id", "l[Python]", "l[R]", "l[SQL]", "m"]
    assert rows[0][1:4] == ("1", "1", "0")
    assert rows[1][1:4] == (of_nobody,) * 3
    assert [row[4] for row in rows] == ["x", "y", "x", "y"]


def test_a_list_column_that_is_not_there_is_named(empty_project: Project, tmp_path: Path) -> None:
    path = written_file(tmp_path / "w.csv", "id,l\n1,R\n")
    with pytest.raises(WavehouseError, match=r"there is no column k\. There are id, l"):
        read(empty_project, path, lists=["k=;"])


def test_an_assumed_encoding_is_said_with_a_text_that_shows_it(
    empty_project: Project, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", "id,town\n1,Łódź\n", "cp1250")
    landed, rows = read(empty_project, path)
    assert rows == [("1", "£ódŸ")]
    (note,) = landed.files[0].notes
    assert "read as cp1252" in note
    assert "'£ódŸ'" in note
    assert "--encoding" in note
    again = land_wave(
        empty_project,
        "study",
        "2",
        [path],
        options=ReadingOptions(encoding="cp1250"),
    )
    with duckdb.connect() as connection:
        assert connection.read_parquet(str(again.answers)).fetchall() == [("1", "Łódź")]
    assert again.files[0].notes == ()


def test_a_declared_encoding_that_does_not_fit_is_refused(
    empty_project: Project, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", "id,town\n1,Łódź\n", "cp1250")
    with pytest.raises(WavehouseError, match="line 2: byte 0x9f is not a letter in iso-8859-2"):
        read(empty_project, path, encoding="iso-8859-2")
    with pytest.raises(WavehouseError, match="is not utf-8"):
        read(empty_project, path, encoding="utf-8")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"encoding": "klingon"}, "there is no such encoding"),
        ({"delimiter": ";;"}, "give one character"),
        ({"headers": "labels"}, "names must occur once"),
        ({"headers": "4"}, "write 1, 2 or 3"),
        ({"lists": ["languages"]}, "COLUMN=MARK"),
        ({"thousands": "."}, "is the decimal mark too"),
        ({"decimal": "5"}, "is part of numbers"),
    ],
)
def test_options_that_cannot_be_say_what_can(said: dict[str, object], told: str) -> None:
    with pytest.raises(WavehouseError, match=told):
        reading_options(**said)


def test_an_option_that_says_nothing_of_any_file_is_refused() -> None:
    options = reading_options(sheet="Data", encoding="cp1250")
    sheet, text = for_each(options, [Path("a.xlsx"), Path("b.csv")])
    assert (written(sheet), written(text)) == ("--sheet Data", "--encoding cp1250")
    with pytest.raises(WavehouseError, match=r"--sheet Data does not apply to b\.csv"):
        for_each(options, [Path("b.csv")])


def test_options_are_written_as_words_of_the_command_line_and_read_again() -> None:
    options = reading_options(
        encoding="cp1250",
        delimiter="tab",
        decimal=",",
        thousands="blank",
        headers="3",
        lists=["positions", "my list=;", "b=newline"],
        empty_lists="none",
        escape="\\",
    )
    assert parsed(written(options)) == options
    assert written(ReadingOptions()) == ""
    with pytest.raises(WavehouseError, match="there is no option --colour"):
        parsed("--colour red")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("copied"))


def test_a_seed_is_made_of_a_file_with_other_marks_and_remembers_how(
    copied: Project, run_command: Run, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", "id;x\n1;1.000,5\n2;2,5\n")
    words = ["new-study", "marks", "1", str(path), "--respondent", "id", "--date", "2024-01-01"]
    code, told = run_command(copied, *words, "--decimal", ",", "--thousands", ".")
    assert code == 0, told
    seed = copied.waves / "marks/marks_1.csv"
    assert seed.read_text() == "id,x\n1,1000.5\n2,2.5\n"
    draft = read_draft(copied, "marks", "1")
    assert draft.files[0]["reading_options"] == "--decimal , --thousands ."
    # The same again changes nothing, and what is not said again stays; --replace says all again.
    assert (
        "it is left as it is"
        in run_command(copied, *words, "--decimal", ",", "--thousands", ".")[1]
    )
    assert "it is left as it is" in run_command(copied, *words)[1]
    code, told = run_command(copied, *words, "--replace")
    assert (code, "A new draft is made: the files read as they are." in told) == (0, True)
    assert seed.read_text() == 'id,x\n1,"1.000,5"\n2,"2,5"\n'


def test_an_assumed_encoding_is_a_question_in_the_draft_that_sure_does_not_answer(
    copied: Project, run_command: Run, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", "id,town\n1,Łódź\n2,Kraków\n", "cp1250")
    words = ["new-study", "towns", "1", str(path), "--respondent", "id", "--date", "2024-01-01"]
    assert run_command(copied, *words)[0] == 0
    assert run_command(copied, "decide", "towns", "1", "sure", "accept")[0] == 0
    asked = [
        p for p in read_draft(copied, "towns", "1").open_proposals if p.kind == "assumed_reading"
    ]
    assert [p.subject for p in asked] == ["w.csv"]
    assert run_command(copied, *words, "--encoding", "cp1250", "--replace")[0] == 0
    assert "Łódź" in (copied.waves / "towns/towns_1.csv").read_text(encoding="utf-8")
    assert not [
        p for p in read_draft(copied, "towns", "1").proposals if p.kind == "assumed_reading"
    ]


def test_a_failed_replacement_leaves_what_was_there(
    copied: Project, run_command: Run, tmp_path: Path
) -> None:
    first = written_file(tmp_path / "a.csv", "id,x\n1,5\n2,6\n")
    words = ["--respondent", "id", "--as", "landing", "--date", "2024-01-01"]
    assert run_command(copied, "new-study", "kept", "1", str(first), *words)[0] == 0
    draft = (copied.root / "drafts/kept_1.yml").read_text()
    answers = copied.landed_wave("kept", "1") / "answers.parquet"
    before = answers.read_bytes()
    twice = written_file(tmp_path / "b.csv", "id,x\n1,5\n1,6\n")
    code, told = run_command(copied, "new-study", "kept", "1", str(twice), *words, "--replace")
    assert (code, "a different value for each respondent" in told) == (1, True)
    assert answers.read_bytes() == before
    assert (copied.root / "drafts/kept_1.yml").read_text() == draft
    assert not (copied.landing / "kept/.before").exists()


def test_fetch_reads_a_file_again_as_the_codebook_says(
    copied: Project, run_command: Run, tmp_path: Path
) -> None:
    path = written_file(tmp_path / "w.csv", "id;x\n1;1,5\n2;2,5\n")
    words = ["new-study", "again", "1", str(path), "--respondent", "id", "--as", "landing"]
    about = ["--study-label", "Again", "--producer", "P", "--universe", "U", "--citation", "C"]
    more = [*about, "--terms", "T", "--date", "2024-01-01", "--decimal", ","]
    assert run_command(copied, *words, *more)[0] == 0
    last = read_draft(copied, "again", "1").proposals[-1].id
    assert run_command(copied, "decide", "again", "1", f"p01-{last}", "accept")[0] == 0
    code, told = run_command(copied, "apply", "again", "1")
    assert code == 0, told
    (row,) = [row for row in codebook_rows(copied, "deliveries") if row["study_id"] == "again"]
    assert row["reading_options"] == "--decimal ,"
    assert "was landed before" in run_command(copied, "fetch", "again", "--from", str(tmp_path))[1]
    rows = [
        {**each, "reading_options": "--delimiter ;"} if each == row else each
        for each in codebook_rows(copied, "deliveries")
    ]
    set_codebook_rows(copied, "deliveries", rows)
    code, told = run_command(copied, "fetch", "again", "--from", str(tmp_path))
    assert (code, "read with --decimal ,; now with --delimiter ';'" in told) == (1, True), told
    assert run_command(copied, "fetch", "again", "--from", str(tmp_path), "--replace")[0] == 0
    with duckdb.connect() as connection:
        answers = copied.landed_wave("again", "1") / "answers.parquet"
        assert connection.read_parquet(str(answers)).fetchall() == [("1", "1,5"), ("2", "2,5")]


def test_a_corrected_delivery_replaces_a_wave_of_the_codebook(
    copied: Project, run_command: Run, tmp_path: Path
) -> None:
    seed = copied.waves / "bsa/bsa_1986.csv"
    before = seed.read_bytes()
    corrected = tmp_path / "bsa_1986.csv"
    corrected.write_bytes(before.rsplit(b"\n", 2)[0] + b"\n")
    words = ["add-wave", "bsa", "1986", str(corrected)]
    assert "use `wavehouse add-wave` with --replace" in run_command(copied, *words)[1]
    assert seed.read_bytes() == before
    code, told = run_command(copied, *words, "--replace")
    assert code == 0, told
    assert seed.read_bytes() == corrected.read_bytes()
    (proposal,) = read_draft(copied, "bsa", "1986").proposals
    assert proposal.changes[0]["set"] == {"expected_respondents": str(before.count(b"\n") - 2)}
