"""Files as they come: several waves in one, labels of SAS beside the data, sets of SPSS."""

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from survey_files import MEDIA, write_mentions
from workbench import codebook_rows, copy_project, keep_studies

from wavehouse.cli import main
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.land import with_catalogues
from wavehouse_exchange.landing.landed import read_landed
from wavehouse_exchange.landing.options import parsed, reading_options, written
from wavehouse_exchange.landing.tables import ResponseSet, RowsOfAWave
from wavehouse_exchange.onboarding.draft import read_draft

SAMPLES = Path(__file__).parent / "samples"
YEARS = ("2018", "2020", "2022")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("files") / "project")
    keep_studies(project, [])
    return project


@pytest.fixture
def clean(bare: Project, tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(bare.root, tmp_path / "project")))


@pytest.fixture
def all_years(tmp_path: Path) -> Path:
    """One file with three waves of 20 people; the second question came in 2020."""
    path = tmp_path / "all_years.csv"
    rows = [
        f"{year},{100 * wave + person},{1 + person % 3},{'' if wave == 0 else 1 + person % 2}"
        for person in range(20)
        for wave, year in enumerate(YEARS)
    ]
    path.write_text("year,id,trust,news\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def answers(project: Project, wave: str) -> list[tuple[str, ...]]:
    path = project.landing / "town" / wave / "answers.parquet"
    return duckdb.sql(f"select * from read_parquet('{path}')").fetchall()


def test_a_file_with_several_waves_is_landed_wave_by_wave(clean: Project, all_years: Path) -> None:
    for wave, year in enumerate(YEARS):
        options = reading_options(split_by=f"year={year}")
        land_wave(clean, "town", year, [all_years], options=options)
        rows = answers(clean, year)
        assert len(rows) == 20
        # What nobody was asked in a wave is no column of it.
        assert len(rows[0]) == (3 if year == "2018" else 4)
        assert {row[0] for row in rows} == {year}
        assert [row[1] for row in rows] == [str(100 * wave + person) for person in range(20)]


def test_a_wave_that_the_file_has_not_is_named_with_those_it_has(
    clean: Project, all_years: Path
) -> None:
    with pytest.raises(
        WavehouseError, match=r"no row has the value '2019'. There are 2018, 2020, 2022"
    ):
        land_wave(clean, "town", "2019", [all_years], options=reading_options(split_by="year=2019"))
    with pytest.raises(WavehouseError, match=r"there is no column jahr. There are year, id"):
        land_wave(clean, "town", "2018", [all_years], options=reading_options(split_by="jahr=2018"))
    assert not (clean.landing / "town" / "2019").exists()


@pytest.mark.parametrize("place", ["seed", "landing"])
def test_a_study_begins_with_one_wave_of_such_a_file_and_goes_on_with_the_next(
    clean: Project, all_years: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    study = (
        *("--study-label", "Town survey", "--date", "2018-05-01", "--respondent", "id"),
        *("--producer", "The town", "--universe", "Adults", "--citation", "T", "--terms", "None."),
    )
    file = str(all_years)
    root = ("--project-dir", str(clean.root))
    new = ("new-study", "town", "2018", file, *study, "--split-by", "year", "--as", place)
    assert main([*root, *new]) == 0
    said = capsys.readouterr().out
    assert "2020 (20 rows), 2022 (20 rows)" in said
    assert f"wavehouse add-wave town 2020 {file} --split-by year" in said
    draft = yaml.safe_load((clean.root / "drafts/town_2018.yml").read_text(encoding="utf-8"))
    repeats = next(p for p in draft["proposals"] if p["subject"] == "year")
    assert repeats["changes"][0]["table"] == "waived_columns"
    # Nobody answered it in this wave, so it is no question of it.
    assert "news" not in {p["subject"] for p in draft["proposals"]}
    assert any("a value in news" in p["reason"] for p in draft["proposals"])
    for wave, date in (("2018", "2018-05-01"), ("2020", "2020-05-01")):
        if wave != "2018":
            words = ("add-wave", "town", wave, file, "--date", date, "--split-by", "year")
            assert main([*root, *words]) == 0
        path = clean.root / f"drafts/town_{wave}.yml"
        proposals = yaml.safe_load(path.read_text(encoding="utf-8"))["proposals"]
        ids = ",".join(p["id"] for p in proposals)
        assert main([*root, "decide", "town", wave, ids, "accept"]) == 0
        assert main([*root, "apply", "town", wave]) == 0
    waves = {row["wave_id"]: row["expected_respondents"] for row in codebook_rows(clean, "waves")}
    assert waves == {"2018": "20", "2020": "20"}
    asked = {row["source_column"]: row for row in codebook_rows(clean, "questions")}
    assert asked["news"]["valid_from_wave"] == "2020"
    if place == "landing":
        read_as = [row["reading_options"] for row in codebook_rows(clean, "deliveries")]
        assert read_as == ["--split-by year=2018", "--split-by year=2020"]
        assert [len(answers(clean, wave)) for wave in ("2018", "2020")] == [20, 20]


def test_columns_that_repeat_which_wave_a_row_is_of_are_no_questions(
    clean: Project, all_years: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # round and in_2020 repeat the wave; country is the same in all; party and new are answers, one
    # of which everybody gave in the first wave; late was not asked in it.
    lines = all_years.read_text(encoding="utf-8").splitlines()
    header = f"{lines[0]};round;in_2020;country;party;late".replace(",", ";")
    rows = [header]
    for place, line in enumerate(lines[1:]):
        year = line.partition(",")[0]
        said = ("r" + year, str(int(year == "2020")), "DE", "1" if year == "2018" else place % 2)
        rows.append(";".join([line.replace(",", ";"), *map(str, said), "" if place % 3 else "1"]))
    path = tmp_path / "all years.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    run = ("--project-dir", str(clean.root), "new-study", "town", "2018", str(path))
    words = ("--split-by", "year", "--respondent", "id", "--date", "2018-05-01")
    assert main([*run, *words, "--delimiter", ";"]) == 0
    # What the next wave needs is all there.
    said = f"wavehouse add-wave town 2020 '{path}' --delimiter ';' --split-by year"
    assert said in capsys.readouterr().out
    draft = yaml.safe_load((clean.root / "drafts/town_2018.yml").read_text(encoding="utf-8"))
    of_wave = [p for p in draft["proposals"] if p["kind"] == "wave_column"]
    assert [p["subject"] for p in of_wave] == ["year", "round", "in_2020"]
    assert "it is r2018 in all rows of this wave" in of_wave[1]["reason"]
    assert of_wave[1]["changes"][0]["add"]["waiver_kind"] == "technical"
    # Not taken by `sure`: the column may be one that is wanted, such as the mode of interview.
    assert of_wave[1]["confidence"] < 0.9
    subjects = {p["subject"] for p in draft["proposals"] if p["kind"] == "new_column"}
    assert {"country", "party"} <= subjects


def test_options_of_such_files_are_written_and_read_again() -> None:
    options = reading_options(split_by="wave=Round 3", leave_out=["phone", "addr *"])
    assert options.split_by == RowsOfAWave("wave", "Round 3")
    assert parsed(written(options)) == reading_options(
        split_by="wave=Round 3", leave_out=["addr *", "phone"]
    )


def test_labels_of_sas_are_read_from_the_file_beside(clean: Project, tmp_path: Path) -> None:
    for ending in ("sas7bdat", "sas7bcat"):
        shutil.copy(SAMPLES / f"formats.{ending}", tmp_path / f"people.{ending}")
    files = with_catalogues([tmp_path / "people.sas7bdat"])
    assert [file.name for file in files] == ["people.sas7bdat", "people.sas7bcat"]
    land_wave(clean, "town", "1", files)
    landed = read_landed(clean, "town", "1")
    # As pyreadstat's own test of these files has them.
    assert {
        name: {code: known.value_label for code, known in labels.items()}
        for name, labels in landed.value_labels.items()
    } == {"SEXA": {"1": "Male", "2": "Female"}, "SEXB": {"2": "Female", "1": "Male"}}
    assert [file.file_name for file in landed.files] == ["people.sas7bdat", "people.sas7bcat"]
    assert landed.row_count == 3
    # The same files again change nothing.
    assert land_wave(clean, "town", "1", files).files == landed.files


def test_labels_of_sas_without_data_and_broken_ones_are_errors(
    clean: Project, tmp_path: Path
) -> None:
    with pytest.raises(
        ProblemsError, match=r"labels of a \.sas7bdat file, but no such file is named"
    ):
        land_wave(clean, "town", "1", [SAMPLES / "formats.sas7bcat"])
    shutil.copy(SAMPLES / "formats.sas7bdat", tmp_path / "people.sas7bdat")
    (tmp_path / "people.sas7bcat").write_bytes(b"nothing of the kind")
    with pytest.raises(WavehouseError, match="the labels cannot be read"):
        land_wave(clean, "town", "1", with_catalogues([tmp_path / "people.sas7bdat"]))


def test_sets_of_several_answers_of_spss_are_kept(clean: Project) -> None:
    landed = land_wave(clean, "town", "1", [SAMPLES / "response_sets.sav"])
    assert landed.response_sets[0] == ResponseSet(
        "mymrset", "My multiple response set", "1", ("bool1", "bool2", "bool3")
    )
    assert read_landed(clean, "town", "1").response_sets == landed.response_sets
    # Without two of its columns it is no set.
    options = reading_options(leave_out=["bool2", "BOOL3", "ca_subvar_*"])
    landed = land_wave(clean, "town", "2", [SAMPLES / "response_sets.sav"], options=options)
    assert landed.response_sets == []


def test_a_set_of_mentions_gets_a_column_for_each_answer(clean: Project, tmp_path: Path) -> None:
    said = write_mentions(tmp_path / "media.sav")
    landed = land_wave(clean, "town", "1", [tmp_path / "media.sav"])
    made = tuple(f"media[{code}]" for code in (1, 2, 3, 4, 7))
    assert landed.response_sets == [ResponseSet("media", "Media used for news", "1", made)]
    assert [note for note in landed.files[0].notes if "media[1] to media[7]" in note]
    delivered = duckdb.sql(f"select * from read_parquet('{landed.answers}')").df()
    mentions = said[["media_1", "media_2", "media_3"]]
    # What was delivered is there as it is.
    kept = delivered[mentions.columns].apply(pd.to_numeric)
    pd.testing.assert_frame_equal(kept, mentions, check_dtype=False)
    answered = mentions["media_1"].gt(0) & mentions["media_1"].ne(8)
    for code, column in zip((1, 2, 3, 4, 7), made, strict=True):
        mentioned = mentions.eq(code).any(axis=1)
        expected = mentioned.map({True: "1", False: "0"}).where(answered)
        # Why somebody mentioned nothing is kept; 0 would be taken for not chosen.
        expected = expected.mask(mentions["media_1"].eq(8), "8")
        expected = expected.mask(mentions["media_1"].eq(0), "missing 0")
        assert delivered[column].where(delivered[column].notna(), None).tolist() == (
            expected.where(expected.notna(), None).tolist()
        )
    labels = landed.value_labels["media[2]"]
    assert {code: known.value_label for code, known in labels.items()} == {
        "8": "Refused",
        "missing 0": "Interrupted",
    }
    assert all(known.is_missing for known in labels.values())


def test_a_set_of_mentions_is_left_as_it_is_without_one_of_its_columns(
    clean: Project, tmp_path: Path
) -> None:
    write_mentions(tmp_path / "media.sav")
    options = reading_options(leave_out=["media_2"])
    landed = land_wave(clean, "town", "1", [tmp_path / "media.sav"], options=options)
    assert landed.response_sets == []
    assert [column.source_column for column in landed.columns] == ["id", "media_1", "media_3"]


def test_a_set_of_mentions_becomes_one_question_with_its_measure(
    clean: Project, tmp_path: Path
) -> None:
    said = write_mentions(tmp_path / "media.sav")
    arguments = ["--respondent", "id", "--date", "2024-05-01"]
    main(
        [
            "--project-dir",
            str(clean.root),
            "new-study",
            "town",
            "1",
            str(tmp_path / "media.sav"),
            *arguments,
        ]
    )
    draft = read_draft(clean, "town", "1")
    (group,) = [
        proposal
        for proposal in draft.proposals
        if proposal.kind == "variable_group" and "several answers" in proposal.reason
    ]
    rows: dict[str, list[dict[str, str]]] = {}
    for change in group.changes:
        rows.setdefault(change["table"], []).append(change["add"])
    assert rows["variable_groups"][0]["variable_group_label"] == "Media used for news"
    assert [row["measure_kind"] for row in rows["measures"]] == ["share_of_cases"]
    made = {p.subject: p for p in draft.proposals if p.kind == "new_column"}
    items = [made[f"media[{code}]"] for code in (1, 2, 3, 4, 7)]
    variables = [
        next(c["add"] for c in item.changes if c["table"] == "variables") for item in items
    ]
    assert [row["variable_id"] for row in variables] == [
        row["variable_id"] for row in rows["variable_group_members"]
    ]
    assert [row["variable_label"] for row in variables] == [*MEDIA.values(), "7"]
    # By the rows of the draft the shares of those who answered are those of the file.
    delivered = duckdb.sql(
        f"select * from read_parquet('{read_landed(clean, 'town', '1').answers}')"
    ).df()
    mentions = said[["media_1", "media_2", "media_3"]]
    answered = mentions["media_1"].gt(0) & mentions["media_1"].ne(8)
    chosen = rows["variable_groups"][0]["mention_category_code"]
    for code, item in zip((1, 2, 3, 4, 7), items, strict=True):
        codes = [c["add"] for c in item.changes if c["table"] == "crosswalk"]
        category = {row["source_code"]: row.get("category_code") for row in codes}
        kinds = {row["source_code"]: row.get("missing_kind") for row in codes}
        assert kinds["8"] == "refused"
        assert kinds["missing 0"]
        coded = delivered[item.subject].map(category)
        share = coded.eq(chosen).sum() / coded.notna().sum()
        assert share == pytest.approx(mentions[answered].eq(code).any(axis=1).mean(), abs=1e-12)
