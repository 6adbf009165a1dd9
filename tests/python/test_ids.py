"""Ids and names are judged before anything is written, by whatever door they come in."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    set_codebook_rows,
)

from wavehouse.codebook.ids import complaint_about_file, complaint_about_study, complaint_about_wave
from wavehouse.codebook.wave_files import inspect_files
from wavehouse.errors import WavehouseError
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.landing import land_wave, read_landed
from wavehouse_exchange.landing.fetch import fetch
from wavehouse_exchange.onboarding.apply import apply_draft
from wavehouse_exchange.onboarding.deciding import decide
from wavehouse_exchange.onboarding.draft import draft_path, open_problems
from wavehouse_exchange.onboarding.import_ddi import ImportOptions, import_ddi
from wavehouse_exchange.onboarding.onboard import add_wave, new_study
from wavehouse_exchange.onboarding.reviewing import review
from wavehouse_exchange.onboarding.wave_rows import StudyOptions, WaveOptions

PEOPLE = "id,q\n1,2\n2,3\n"
BAD_IDS = {
    "upwards": "../../../../evil",
    "absolute": "/tmp/evil",
    "backwards": "..\\x",
    "nul": "a\0b",
    "long": "x" * 300,
    "device": "con",
    "point": ".",
    "points": "..",
    "line": "a\nb",
    "slash alike": "a\N{DIVISION SLASH}b",
    "letter alike": "b\N{CYRILLIC SMALL LETTER ES}a",
    "upper case": "BSA",
    "empty": "",
    "sql": "x'); drop table y; --",
    "jinja": "{{ x }}",
}
# Names of delivered files may hold more than ids.
BAD_FILES = {
    name: bad
    for name, bad in BAD_IDS.items()
    if name not in {"letter alike", "upper case", "sql", "jinja"}
} | {"hidden": ".people.csv", "stream": "people.csv:x", "device with an ending": "AUX.csv"}
WAVE = WaveOptions(None, None, None, None, None, None, None, None)
DDI = """<codeBook xmlns="ddi:codebook:2_5" version="2.5"><stdyDscr><citation><titlStmt>
<titl>Panel</titl></titlStmt></citation></stdyDscr>
<fileDscr ID="F1"><fileTxt><fileName>{file}</fileName></fileTxt></fileDscr>
<dataDscr><var ID="V1" name="id" files="F1"><labl>Id</labl></var></dataDscr></codeBook>"""


class Downloader:
    """Gives the same file whatever is asked for."""

    def download(self, _url: str, part: Path, *_about: object) -> None:
        """Write the file."""
        part.write_text(PEOPLE, encoding="utf-8")


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project deep in it, so that all that leaves the project is seen."""
    top = tmp_path_factory.mktemp("surroundings")
    keep_studies(copy_project(top / "a/b/c/d/project"), ["bsa", "api"])
    (top / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return top


@pytest.fixture
def project(surroundings: Path) -> Project:
    """The project of the surroundings; tests leave it as it is."""
    return Project(surroundings / "a/b/c/d/project")


def snapshot(top: Path) -> dict[str, tuple[int, int] | None]:
    """Give all that is in a folder, with what would show that a file was written."""
    return {
        path.relative_to(top).as_posix(): (
            (path.lstat().st_size, path.lstat().st_mtime_ns) if path.is_file() else None
        )
        for path in top.rglob("*")
    }


def delivery(**changed: str) -> Row:
    """Make a row of the listed files."""
    return {
        "study_id": "bsa",
        "wave_id": "1987",
        "position": "1",
        "file_name": "people.csv",
        "url": "http://127.0.0.1/people.csv",
        "sha256": hashlib.sha256(PEOPLE.encode()).hexdigest(),
        "size_bytes": str(len(PEOPLE)),
        **changed,
    }


def doors(project: Project, top: Path, study_id: str, wave_id: str) -> list[Callable[[], object]]:
    """Give everything that takes ids."""
    file = top / "people.csv"
    study = StudyOptions("Panel", "id", None, None, None, None, None, None, None, "market_research")
    return [
        lambda: fetch(project, study_id, top, wave_id),
        lambda: land_wave(project, study_id, wave_id, [file]),
        lambda: read_landed(project, study_id, wave_id),
        lambda: add_wave(project, study_id, wave_id, [file], WAVE),
        lambda: new_study(project, study_id, wave_id, [file], WAVE, study),
        lambda: import_ddi(
            project,
            study_id,
            top / "codebook.xml",
            ImportOptions((file,), (wave_id,), (("respondent", "id"),), None),
        ),
        lambda: review(project, study_id, wave_id),
        lambda: decide(project, study_id, wave_id, "sure", "accept", "because"),
        lambda: apply_draft(project, study_id, wave_id),
        lambda: export(project, study_id, ["csvw"], wave_id),
    ]


@pytest.mark.parametrize("bad", BAD_IDS.values(), ids=BAD_IDS.keys())
@pytest.mark.parametrize("place", ["study", "wave"])
def test_no_command_takes_an_id_that_cannot_be_one(
    surroundings: Path, project: Project, bad: str, place: str
) -> None:
    (surroundings / "codebook.xml").write_text(DDI.format(file="people.csv"), encoding="utf-8")
    ids = (bad, "1987") if place == "study" else ("new_study", bad)
    before = snapshot(surroundings)
    for door in doors(project, surroundings, *ids):
        with pytest.raises(WavehouseError, match=r"cannot be an id|is longer than|is the name of"):
            door()
    assert snapshot(surroundings) == before


@pytest.mark.parametrize("bad", BAD_IDS.values(), ids=BAD_IDS.keys())
@pytest.mark.parametrize("column", ["study_id", "wave_id"])
def test_ids_in_the_list_of_files_are_judged_before_a_download(
    surroundings: Path, project: Project, bad: str, column: str
) -> None:
    set_codebook_rows(project, "deliveries", [delivery(**{column: bad})])
    before = snapshot(surroundings)
    study_id = bad if column == "study_id" else "bsa"
    with pytest.raises(WavehouseError, match=r"cannot be an id|longer than|is the name of|a NUL"):
        fetch(project, study_id, downloader=Downloader())  # type: ignore[arg-type]
    assert snapshot(surroundings) == before
    assert any("deliveries.csv" in problem for problem in inspect_files(project).problems)


@pytest.mark.parametrize("bad", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_names_in_the_list_of_files_are_judged_before_a_download(
    surroundings: Path, project: Project, bad: str
) -> None:
    set_codebook_rows(project, "deliveries", [delivery(file_name=bad)])
    before = snapshot(surroundings)
    for source in (None, surroundings):
        with pytest.raises(WavehouseError, match=r"file_name|a NUL"):
            fetch(project, "bsa", source, downloader=Downloader())  # type: ignore[arg-type]
    assert snapshot(surroundings) == before


def test_two_files_whose_names_differ_only_by_case_are_refused(project: Project) -> None:
    rows = [delivery(), delivery(position="2", file_name="People.CSV")]
    set_codebook_rows(project, "deliveries", rows)
    with pytest.raises(WavehouseError, match="are the same file on systems that ignore case"):
        fetch(project, "bsa", downloader=Downloader())  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", BAD_IDS.values(), ids=BAD_IDS.keys())
def test_nothing_is_generated_for_ids_that_cannot_name_a_file(
    surroundings: Path, project: Project, bad: str
) -> None:
    waves = codebook_rows(project, "waves")
    for column in ("study_id", "wave_id"):
        wave = {**waves[0], "delivered_as": "landing", "wave_number": "99", column: bad}
        add_codebook_rows(project, {"waves": [wave]})
        before = snapshot(surroundings)
        with pytest.raises(WavehouseError, match=r"waves.csv"):
            generate(project)
        assert snapshot(surroundings) == before
        set_codebook_rows(project, "waves", waves)


def test_waves_whose_files_would_have_one_name_are_refused(project: Project) -> None:
    waves = codebook_rows(project, "waves")
    first = waves[0]
    study_id = first["study_id"]
    other = [{**first, "study_id": f"{study_id}_a", "wave_id": "b"}, {**first, "wave_id": "a_b"}]
    add_codebook_rows(project, {"waves": other})
    problems = inspect_files(project).problems
    set_codebook_rows(project, "waves", waves)
    assert any(
        f"would have the name '{study_id}_a_b', like those of" in problem for problem in problems
    )


def test_a_codebook_of_an_archive_takes_no_files_from_elsewhere(
    surroundings: Path, project: Project
) -> None:
    folder = surroundings / "archive"
    folder.mkdir()
    codebook = folder / "codebook.xml"
    codebook.write_text(DDI.format(file="../people.csv"), encoding="utf-8")
    before = snapshot(surroundings)
    with pytest.raises(WavehouseError, match="leads out of"):
        import_ddi(project, "panel", codebook, ImportOptions((), ("1",), (("respondent", "id"),)))
    assert snapshot(surroundings) == before


def test_a_draft_writes_no_row_whose_ids_cannot_be_such(
    surroundings: Path, project: Project
) -> None:
    path = draft_path(project, "bsa", "1987")
    path.parent.mkdir(exist_ok=True)
    about = "study: bsa\nwave: '1987'\nprevious_wave: '1986'\nlike: '1986'\ndelivered_as: seed\n"
    for table, column in (
        ("variables", "variable_id"),
        ("waves", "wave_id"),
        ("waves", "study_id"),
    ):
        row = dict.fromkeys(codebook_rows(project, table)[0], "") | {column: "'../../evil'"}
        cells = "".join(f"          {name}: {value}\n" for name, value in row.items() if value)
        path.write_text(
            f"{about}proposals:\n  - id: p01\n    kind: new_column\n    subject: x\n"
            f"    decision: accept\n    changes:\n      - table: {table}\n        add:\n{cells}",
            encoding="utf-8",
        )
        before = snapshot(surroundings)
        with pytest.raises(
            WavehouseError, match=rf"{column} ('../../evil' does not|cannot be an id)"
        ):
            apply_draft(project, "bsa", "1987")
        assert snapshot(surroundings) == before
    path.write_text(about.replace("bsa", "../../evil") + "proposals: []\n", encoding="utf-8")
    with pytest.raises(WavehouseError, match="name of the file says another"):
        review(project, "bsa", "1987")
    path.unlink()
    path.parent.rmdir()


def test_links_that_lead_out_of_the_project_are_not_followed(
    tmp_path: Path, surroundings: Path
) -> None:
    project = copy_project(tmp_path / "project")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "bsa_1987.yml").write_text("study: bsa\n", encoding="utf-8")
    (outside / "answers.parquet").write_bytes(b"secret")
    before = snapshot(outside)
    set_codebook_rows(project, "deliveries", [delivery()])
    file = surroundings / "people.csv"

    def refused(door: Callable[[], object]) -> None:
        with pytest.raises(WavehouseError, match="leads out of the project"):
            door()

    for link in (project.landing / "bsa", project.landing / "bsa/1987"):
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(outside)
        refused(lambda: land_wave(project, "bsa", "1987", [file]))
        refused(lambda: read_landed(project, "bsa", "1987"))
        refused(lambda: fetch(project, "bsa", downloader=Downloader()))  # type: ignore[arg-type]
        link.unlink()
        link.parent.rmdir() if link.name == "1987" else None
    (project.root / "drafts").symlink_to(outside)
    refused(lambda: review(project, "bsa", "1987"))
    assert "leads out of the project" in open_problems(project)[0]
    (project.root / "drafts").unlink()
    new = project.waves / "elsewhere"
    new.symlink_to(outside)
    study = StudyOptions("Panel", "id", None, None, None, None, None, None, None, "market_research")
    refused(lambda: new_study(project, "elsewhere", "1", [file], WAVE, study))
    new.unlink()
    seed = project.waves / "bsa/bsa_1983.csv"
    for path, target in ((seed, "/etc/passwd"), (project.codebook / "breaks.csv", "/etc/passwd")):
        path.unlink()
        path.symlink_to(target)
    problems = inspect_files(project).problems
    assert sum("leads out of the project, to /etc/passwd" in each for each in problems) == 2
    assert snapshot(outside) == before


def test_usual_ids_and_names_are_taken() -> None:
    for study_id in ("gss", "a", "panel_2", "x" * 48):
        assert complaint_about_study(study_id) is None
    for wave_id in ("1994", "1_x", "w01", "01"):
        assert complaint_about_wave(wave_id, "gss") is None
    # The table of a wave has both ids in its name, and the staging model that of the study.
    assert complaint_about_wave("w" * 14, "x" * 48) is None
    assert complaint_about_wave("w" * 15, "x" * 48) is not None
    assert complaint_about_study("x" * 49) is not None
    for name in ("DEMO_J.XPT", "Befragung März 2020.sav", "wave 1 (final).csv", "Οδηγός.xlsx"):
        assert complaint_about_file(name) is None
