"""A wave lands whole or not at all, once; several files are joined on the respondent."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import LandedWave, code_counts, land_wave, read_landed
from wavehouse_exchange.landing.landed import SCHEMAS
from wavehouse_exchange.landing.progress import Progress

# Lands a wave and dies within it: at writing what is known of it, or between the two renames.
DYING = """
import os, signal, sys
from pathlib import Path
from wavehouse_exchange.landing import land
from wavehouse.project import Project

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[3] == "writing":
    land.write_wave = die
else:
    rename = Path.rename
    def rename_or_die(path, target):
        return die() if ".partial-" in path.name and path.is_dir() else rename(path, target)
    Path.rename = rename_or_die
land.land_wave(Project(Path(sys.argv[1])), "study", "1", [Path(sys.argv[2])], replace=True)
"""


def write(path: Path, text: str) -> Path:
    """Write a delivered file."""
    path.write_text(text, encoding="utf-8")
    return path


def answers(landed: LandedWave) -> dict[str, list[str | None]]:
    """Give the landed texts by column."""
    return pq.read_table(landed.answers).to_pydict()


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give what would show that something was written."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A small delivered file."""
    return write(tmp_path / "people.csv", "id,q1\n007,1\n008,2\n009,\n010,1\n")


def die_landing(project: Project, path: Path, moment: str) -> None:
    """Land a file in a process that is killed."""
    words = [sys.executable, "-c", DYING, str(project.root), str(path), moment]
    assert subprocess.run(words, check=False).returncode == -9


def test_landed_files_have_fixed_columns(empty_project: Project, people: Path) -> None:
    landed = land_wave(empty_project, "study", "2020", [people])
    assert landed.folder == empty_project.root / "landing/study/2020"
    assert {path.name for path in landed.folder.iterdir()} == {
        "answers.parquet",
        "reading.json",
        *(f"{name}.parquet" for name in SCHEMAS),
    }
    for name, schema in SCHEMAS.items():
        assert pq.read_schema(landed.folder / f"{name}.parquet").equals(schema)
    assert {str(field.type) for field in pq.read_schema(landed.answers)} == {"string"}
    assert not list(landed.folder.parent.glob(".2020.p*"))


def test_what_was_delivered_is_recorded(empty_project: Project, people: Path) -> None:
    landed = land_wave(empty_project, "study", "2020", [people])
    assert landed == read_landed(empty_project, "study", "2020")
    (file,) = landed.files
    assert (file.file_name, file.table_name, file.file_format) == ("people.csv", "people", "csv")
    assert (file.size_bytes, file.n_rows, file.n_columns) == (people.stat().st_size, 4, 2)
    assert file.sha256 == hashlib.sha256(people.read_bytes()).hexdigest()
    assert file.tool.startswith("pyarrow ")
    assert datetime.now(UTC).replace(tzinfo=None) - file.landed_at < timedelta(minutes=5)


def test_codes_are_counted(empty_project: Project, people: Path) -> None:
    landed = land_wave(empty_project, "study", "2020", [people])
    assert code_counts(landed, "q1") == {"1": 2, "2": 1, None: 1}
    assert code_counts(landed, "q1", limit=1) == {"1": 2}
    with pytest.raises(WavehouseError, match="has no column q2"):
        code_counts(landed, "q2")


def test_another_landing_folder_can_be_named(
    empty_project: Project, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_LANDING", str(tmp_path / "elsewhere"))
    landed = land_wave(empty_project, "study", "2020", [people])
    assert landed.folder == tmp_path / "elsewhere/study/2020"


def test_a_wave_that_is_not_landed_says_how(empty_project: Project) -> None:
    with pytest.raises(WavehouseError, match="wavehouse add-wave study 2020 FILE"):
        read_landed(empty_project, "study", "2020")


def test_landing_the_same_files_again_changes_nothing(empty_project: Project, people: Path) -> None:
    landed = land_wave(empty_project, "study", "1", [people])
    before = state(landed.folder.parent)
    assert land_wave(empty_project, "study", "1", [people]) == landed
    assert state(landed.folder.parent) == before


def test_other_files_need_replace(empty_project: Project, people: Path) -> None:
    landed = land_wave(empty_project, "study", "1", [people])
    before = state(landed.folder.parent)
    write(people, "id,q1\n007,5\n")
    with pytest.raises(WavehouseError, match=r"landed already, from other files.*--replace"):
        land_wave(empty_project, "study", "1", [people])
    assert state(landed.folder.parent) == before
    land_wave(empty_project, "study", "1", [people], replace=True)
    assert answers(read_landed(empty_project, "study", "1")) == {"id": ["007"], "q1": ["5"]}


def test_a_failed_landing_leaves_what_was_there(empty_project: Project, people: Path) -> None:
    landed = land_wave(empty_project, "study", "1", [people])
    before = state(landed.folder.parent)
    broken = write(people.with_name("broken.csv"), "id,q1\n1\n")
    with pytest.raises(ProblemsError, match="not as wide"):
        land_wave(empty_project, "study", "1", [broken], replace=True)
    assert state(landed.folder.parent) == before


@pytest.mark.parametrize("moment", ["writing", "renaming"])
def test_a_killed_landing_leaves_no_half_wave(
    empty_project: Project, people: Path, moment: str
) -> None:
    study = empty_project.root / "landing/study"
    die_landing(empty_project, people, moment)
    assert [path.name for path in study.iterdir() if not path.name.startswith(".")] == []
    assert list(study.glob(".1.partial-*"))
    land_wave(empty_project, "study", "1", [people])
    assert {path.name for path in study.iterdir()} == {"1", ".1.lock"}


@pytest.mark.parametrize("moment", ["writing", "renaming"])
def test_a_killed_replacement_loses_nothing(
    empty_project: Project, people: Path, moment: str
) -> None:
    landed = land_wave(empty_project, "study", "1", [people])
    before = answers(landed)
    die_landing(empty_project, write(people.with_name("other.csv"), "id\n1\n"), moment)
    # The next landing first puts things right, and then finds the files that it is given there.
    assert answers(land_wave(empty_project, "study", "1", [people])) == before
    assert {path.name for path in landed.folder.parent.iterdir()} == {"1", ".1.lock"}


def test_all_that_is_wrong_with_the_request_is_named(empty_project: Project, people: Path) -> None:
    with pytest.raises(ProblemsError) as raised:
        land_wave(empty_project, "study", "1", [people, people, people.with_name("none.csv")])
    problems = "\n".join(raised.value.problems)
    for text in ("none.csv: there is no such file", "have this name"):
        assert text in problems


def test_a_wave_that_is_a_seed_is_not_landed(empty_project: Project, people: Path) -> None:
    seed = empty_project.waves / "study/study_1.csv"
    seed.parent.mkdir(parents=True)
    seed.write_text("id\n1\n")
    with pytest.raises(ProblemsError, match="delivered as a seed"):
        land_wave(empty_project, "study", "1", [people])


def test_problems_of_several_files_are_listed_together(
    empty_project: Project, tmp_path: Path
) -> None:
    paths = [write(tmp_path / f"{name}.csv", "id,q1\n1\n") for name in ("first", "second")]
    with pytest.raises(ProblemsError) as raised:
        land_wave(empty_project, "study", "1", paths, "id")
    assert ["first" in raised.value.problems[0], "second" in raised.value.problems[1]] == [True] * 2


# --- several files


def test_tables_are_joined_in_the_order_of_the_first(
    empty_project: Project, tmp_path: Path
) -> None:
    people = write(tmp_path / "people.csv", "id,age,sex\n3,30,1\n1,10,2\n2,20,\n")
    body = write(tmp_path / "body.csv", "ID,Age,weight,sex\n1,10,50,2\n3,30,70,2\n")
    more = write(tmp_path / "more.csv", "weight,id\n55,1\n")
    landed = land_wave(empty_project, "study", "1", [people, body, more], "id")
    assert answers(landed) == {
        "id": ["3", "1", "2"],
        "age": ["30", "10", "20"],
        "sex": ["1", "2", None],
        "weight": ["70", "50", None],
        "sex__body": ["2", "2", None],
        "weight__more": [None, "55", None],
    }
    assert [(column.source_column, column.table_name) for column in landed.columns][3:] == [
        ("weight", "body"),
        ("sex__body", "body"),
        ("weight__more", "more"),
    ]
    assert [file.n_rows for file in landed.files] == [3, 2, 1]


def test_files_that_cannot_be_joined_say_why(empty_project: Project, tmp_path: Path) -> None:
    people = write(tmp_path / "people.csv", "id,age\n1,10\n2,20\n2,30\n")
    body = write(tmp_path / "body.csv", "id,weight\n1,50\n7,60\n,70\n8,60\n")
    with pytest.raises(ProblemsError) as raised:
        land_wave(empty_project, "study", "1", [people, body], "id")
    assert raised.value.problems == [
        "people.csv, column id: several rows have the same key: 2. Repair them, or name another "
        "key with --key.",
        "body.csv, column id: 1 row(s) have no key. Repair them.",
        "body.csv, column id: rows without a partner in people.csv, the first file: 7, 8. Name the "
        "file with all respondents first.",
    ]
    with pytest.raises(ProblemsError, match="there is no column person to join by"):
        land_wave(empty_project, "study", "1", [people, body], "person")
    with pytest.raises(WavehouseError, match="Name it with --key"):
        land_wave(empty_project, "study", "1", [people, body])
    assert not (empty_project.root / "landing/study/1").exists()


def test_the_key_is_the_respondent_of_the_design(empty_project: Project, tmp_path: Path) -> None:
    empty_project.codebook.mkdir(parents=True)
    waves = (
        "study_id,wave_id,wave_number,wave_label,design_id,delivered_as\n"
        "study,1,1,First,people,landing\n"
    )
    write(empty_project.codebook / "waves.csv", waves)
    design = "design_id,design_role,source_column\npeople,weight,w\npeople,respondent,person\n"
    write(empty_project.codebook / "design_columns.csv", design)
    people = write(tmp_path / "people.csv", "person,age\n1,10\n")
    body = write(tmp_path / "body.csv", "person,weight\n1,50\n")
    landed = land_wave(empty_project, "study", "1", [people, body])
    assert answers(landed) == {"person": ["1"], "age": ["10"], "weight": ["50"]}


# --- progress


def test_progress_is_told_every_few_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("wavehouse_exchange.landing.progress.time.monotonic", lambda: now[0])
    with Progress("Reading big.sav", 2000, "{:,} rows".format) as progress:
        for second in range(21):
            now[0] = float(second)
            progress.at(100 * second)
    assert capsys.readouterr().err.splitlines() == [
        "Reading big.sav: 1,000 rows of 2,000 rows (50 %)",
        "Reading big.sav: 2,000 rows of 2,000 rows (100 %)",
    ]
