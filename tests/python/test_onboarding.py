"""Onboarding from delivered files to trends: found, named, decided, written, harmonised."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from survey_files import write_first, write_second
from workbench import (
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    query,
    ran,
    read_rows,
    run_dbt,
)

from wavehouse.cli import main
from wavehouse.codebook.tables import read_codebook
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.landing.landed import is_landed
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.compare import compare_wave
from wavehouse_exchange.onboarding.profile import profile_wave

RunCommand = Callable[..., tuple[int, str]]

NEW_STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults in town", "--citation", "Town survey"),
    *("--terms", "Made up."),
)
SATISFACTION = "satisfaction_with_life_in_this_town"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without studies, beside the delivered files."""
    folder = tmp_path_factory.mktemp("onboarding")
    project = copy_project(folder / "project")
    keep_studies(project, [])
    write_first(folder)
    write_second(folder)
    return project


@pytest.fixture(scope="module")
def drafted(bare: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy with the first wave in the codebook, as a seed, and a draft of the second."""
    project = _copied(bare, tmp_path_factory.mktemp("drafted"))
    first, second = (str(bare.root.parent / f"town_{wave}.sav") for wave in (1, 2))
    for words in (
        ("new-study", "town", "1", first, *NEW_STUDY, "--as", "seed"),
        ("decide", "town", "1", "p01-p09", "accept"),
        # Sex as a segment.
        ("decide", "town", "1", "p10", "reject", "--because", "Not needed here."),
        ("apply", "town", "1"),
        ("add-wave", "town", "2", second, "--date", "2024-05-01"),
    ):
        assert main(["--project-dir", str(project.root), *words]) == 0
    return project


@pytest.fixture
def town(drafted: Project, tmp_path: Path) -> Project:
    """A copy of that to work in."""
    return _copied(drafted, tmp_path)


@pytest.fixture
def second_file(bare: Project) -> str:
    """The file of the second wave."""
    return str(bare.root.parent / "town_2.sav")


def _copied(project: Project, folder: Path) -> Project:
    return Project(Path(shutil.copytree(project.root, folder / "project")))


def _draft(project: Project) -> dict:
    return yaml.safe_load((project.root / "drafts/town_2.yml").read_text(encoding="utf-8"))


def _codebook(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.codebook.glob("*.csv")}


def test_all_that_changed_is_found_and_named_and_nothing_else(town: Project) -> None:
    proposals = _draft(town)["proposals"]
    assert [(p["kind"], p["subject"], p["decision"]) for p in proposals] == [
        ("wave", "2", "open"),
        ("delivery", "2", "accept"),
        ("reversed_scale", "satlife", "open"),
        ("codes_merged", "marstat", "open"),
        ("renamed_column", "q12_transport", "accept"),
        ("renamed_column", "q15", "accept"),
        ("new_missing_code", "q15", "accept"),
        ("new_column", "club", "open"),
    ]
    assert "transp seems to be q12_transport now" in proposals[4]["reason"]
    assert "safe seems to be q15 now" in proposals[5]["reason"]
    assert "covers 'Married' and 'Living with a partner'" in proposals[3]["reason"]
    assert proposals[6]["changes"][0]["add"]["missing_kind"] == "dont_know"


def test_accepted_changes_are_harmonised_and_the_trend_does_not_jump(
    town: Project, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "2", "p01-p08", "accept")
    ran(run_command, town, "apply", "town", "2")
    generate(town)
    wanted = ("+fct_trend_changes", "+fct_trend_estimates", "+fct_answers")
    left_out = ("resource_type:unit_test", "resource_type:test")
    built = run_dbt(town, "build", "--select", *wanted, "--exclude", *left_out)
    assert built.exit_code == 0, built.output
    assert not query(town, "select * from intermediate.int_checks__problems")
    satisfaction = query(
        town,
        "select category_code, change, p_value from marts.fct_trend_changes "
        f"where measure_id = '{SATISFACTION}_share' and segment_id = 'total' "
        "and comparison = 'previous'",
    )
    assert len(satisfaction) == 5
    # Unharmonised, 38 in 100 fairly satisfied would become 11.
    assert max(abs(row["change"]) for row in satisfaction) < 0.07
    assert min(row["p_value"] for row in satisfaction) > 0.01

    waves = query(
        town,
        "select measure_id, wave_id, count(estimate) as shown from marts.fct_trend_estimates "
        "where segment_id = 'total' group by measure_id, wave_id order by measure_id, wave_id",
    )
    shown = {(row["measure_id"], row["wave_id"]): row["shown"] for row in waves}
    assert shown["usual_means_of_transport_to_work_share", "2"] == 4
    assert shown["feeling_of_safety_after_dark_share", "2"] == 4
    assert shown["member_of_a_club_share", "1"] == 0
    assert shown["member_of_a_club_share", "2"] == 2

    married = query(
        town,
        "select wave_id, estimate from marts.fct_trend_estimates "
        "where measure_id = 'marital_status_share' and segment_id = 'total' "
        "and category_code = 'married_or_living_with_a_partner' order by wave_id",
    )
    assert married[1]["estimate"] == pytest.approx(0.65, abs=0.05)
    # The merged categories are not compared across their break.
    assert not query(
        town,
        "select * from marts.fct_trend_changes where measure_id = 'marital_status_share' "
        "and change is not null",
    )
    silent = query(
        town,
        "select distinct missing_kind from marts.fct_answers "
        "where variable_id = 'feeling_of_safety_after_dark' and wave_id = '2' "
        "and missing_kind is not null order by 1",
    )
    assert [row["missing_kind"] for row in silent] == ["dont_know", "refused"]


def test_the_same_command_again_changes_nothing_and_keeps_decisions(
    town: Project, second_file: str, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "2", "p03", "reject", "--because", "only labels")
    draft = (town.root / "drafts/town_2.yml").read_bytes()
    codebook = _codebook(town)
    delivered = town.root / "landing/town/2/answers.parquet"
    written = delivered.stat().st_mtime_ns
    output = ran(run_command, town, "add-wave", "town", "2", second_file)
    assert "There is already a draft for these files; it is left as it is." in output
    assert (town.root / "drafts/town_2.yml").read_bytes() == draft
    assert delivered.stat().st_mtime_ns == written
    assert _codebook(town) == codebook


def test_check_and_build_say_what_is_open_before_dbt_starts(
    town: Project, run_command: RunCommand
) -> None:
    code, output = run_command(town, "check")
    assert code == 1
    assert "drafts/town_2.yml: p03 (reversed_scale, satlife) is open" in output
    code, output = run_command(town, "build")
    assert code == 1
    assert "Nothing was built, because drafts of new waves are not finished:" in output
    assert "wavehouse decide town 2 p03 accept" in output
    assert {path.name for path in town.target.iterdir()} == {".build.lock", "review"}


def test_apply_refuses_while_something_is_open(town: Project, run_command: RunCommand) -> None:
    codebook = _codebook(town)
    ran(run_command, town, "decide", "town", "2", "p01-p07", "accept")
    code, output = run_command(town, "apply", "town", "2")
    assert code == 1
    assert "p08 (new_column, club) is open" in output
    assert _codebook(town) == codebook


def test_apply_and_check_refuse_a_code_that_stands_twice(
    town: Project, run_command: RunCommand
) -> None:
    ids = ",".join(proposal["id"] for proposal in _draft(town)["proposals"])
    ran(run_command, town, "decide", "town", "2", ids, "accept")
    path = town.root / "drafts/town_2.yml"
    draft = yaml.safe_load(path.read_text(encoding="utf-8"))
    there = next(row for row in codebook_rows(town, "crosswalk") if row["category_code"])
    # A code that an earlier row maps for all waves, mapped once more from this wave on.
    row = {name: there[name] for name in ("study_id", "crosswalk_id", "source_code")}
    row |= {"valid_from_wave": "2", "missing_kind": "refused", "mapping_method": "sentinel"}
    draft["proposals"][0]["changes"].append({"table": "crosswalk", "add": row})
    path.write_text(yaml.safe_dump(draft), encoding="utf-8")
    before = _codebook(town)
    code, output = run_command(town, "apply", "town", "2")
    said = f"wave 2, column {_column_of(town, there)}: code {there['source_code']!r} occurs 2 times"
    assert code != 0
    assert said in output
    assert _codebook(town) == before
    add_codebook_rows(town, {"crosswalk": [row | {"valid_from_wave": "1"}]})
    code, output = run_command(town, "check")
    assert code != 0
    assert f"code {there['source_code']!r} occurs 2 times" in output


def _column_of(project: Project, row: dict[str, str]) -> str:
    named = (
        question["source_column"]
        for question in codebook_rows(project, "questions")
        if question["crosswalk_id"] == row["crosswalk_id"]
    )
    return ", ".join(sorted(set(named)))


def test_apply_writes_all_rows_once_and_leaves_the_others_as_they_are(
    town: Project, second_file: str, run_command: RunCommand
) -> None:
    before = {name: content.splitlines() for name, content in _codebook(town).items()}
    ran(run_command, town, "decide", "town", "2", "p01-p08", "accept")
    ran(run_command, town, "apply", "town", "2")
    after = _codebook(town)
    gone = {
        name: [line for line in lines if line not in after[name].splitlines()]
        for name, lines in before.items()
    }
    # Only the rows that end with the first wave are other ones.
    assert {name for name, lines in gone.items() if lines} == {"questions.csv"}
    assert len(gone["questions.csv"]) == 4
    assert not (town.root / "drafts").exists()
    output = ran(run_command, town, "apply", "town", "2")
    assert "is in the codebook already; there is nothing to do" in output
    assert _codebook(town) == after
    output = ran(run_command, town, "add-wave", "town", "2", second_file)
    assert "is in the codebook already; there is nothing to do" in output


def test_one_bad_row_keeps_all_of_them_from_being_written(
    town: Project, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "2", "p01-p08", "accept")
    path = town.root / "drafts/town_2.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("category_code: 'no'", "category_cod: 'no'"), encoding="utf-8")
    codebook = _codebook(town)
    code, output = run_command(town, "apply", "town", "2")
    assert code == 1
    assert "p08 (new_column, club): seeds/codebook/" in output
    assert "there is no column category_cod" in output
    assert _codebook(town) == codebook
    assert path.is_file()


def test_rejected_proposals_leave_a_wave_that_can_be_declared(
    town: Project, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "2", "p01,p03,p04,p06", "accept")
    ran(run_command, town, "decide", "town", "2", "p05,p08", "reject", "--because", "not ours")
    ran(run_command, town, "decide", "town", "2", "p07", "reject", "--because", "a mistake")
    output = ran(run_command, town, "apply", "town", "2")
    assert "Still to do: q15 has a missing code that no crosswalk row maps" in output
    waived = {row["source_column"] for row in codebook_rows(town, "waived_columns")}
    assert {"q12_transport", "club"} <= waived
    transport = [
        row for row in codebook_rows(town, "questions") if row["source_column"] == "transp"
    ]
    assert [row["valid_to_wave"] for row in transport] == ["1"]


def test_what_only_a_person_knows_is_asked_for(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = _copied(bare, tmp_path)
    first = str(bare.root.parent / "town_1.sav")
    ran(run_command, project, "new-study", "town", "1", first, "--respondent", "id")
    ran(run_command, project, "decide", "town", "1", "p01-p10", "accept")
    code, output = run_command(project, "apply", "town", "1")
    assert code == 1
    assert "studies.terms_of_use is ???. Write the value into the draft." in output
    assert "waves.wave_date is ???" in output


def test_a_failed_run_leaves_no_half_wave(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = _copied(bare, tmp_path)
    first = str(bare.root.parent / "town_1.sav")
    for place in ("seed", "landing"):
        words = ("new-study", "town", "1", first, "--respondent", "sex", "--as", place)
        code, output = run_command(project, *words)
        assert code == 1
        assert "--respondent sex: 2 different values in 800 rows" in output
        assert not is_landed(project, "town", "1")
        assert not (project.waves / "town").exists()
        assert not (project.root / "drafts").exists()
    code, output = run_command(project, "add-wave", "town", "1", first)
    assert code == 1
    assert "Begin it with `wavehouse new-study town 1 FILE...`" in output


def test_a_labelled_file_as_a_seed_keeps_its_labels(town: Project) -> None:
    rows = read_rows(town.waves / "town/town_1.csv")
    assert len(rows) == 800
    assert set(rows[0]) == {"id", "sex", "satlife", "marstat", "transp", "safe", "age"}
    assert "Feeling of safety after dark" in (town.waves / "town/town_1.labels.json").read_text()


@pytest.mark.parametrize(
    ("study_id", "wave_id", "wave_before", "expected"),
    [
        ("bsa", "1985", "1984", {"code_dropped": ["party"]}),
        ("gss", "2006", "2004", {"new_column": ["gwbush04"]}),
        (
            "api",
            "2000",
            "1999",
            {
                "renamed_column": ["api00"],
                "new_column": ["ell", "enroll", "api.stu", "sch.wide", "awards", "comp.imp"],
            },
        ),
    ],
)
def test_real_waves_bring_what_their_codebook_says_and_no_false_alarm(
    project_root: Path,
    study_id: str,
    wave_id: str,
    wave_before: str,
    expected: dict[str, list[str]],
) -> None:
    project = Project(project_root)
    codebook = read_codebook(project)
    like = next(
        row
        for row in codebook.waves()
        if (row["study_id"], row["wave_id"]) == (study_id, wave_before)
    )
    new = profile_wave(project, study_id, wave_id)
    assert new is not None
    proposals, unchanged = compare_wave(
        codebook,
        like,
        profile_wave(project, study_id, wave_before),
        new,
        Naming(codebook, study_id, wave_id),
    )
    found: dict[str, list[str]] = {}
    for proposal in proposals:
        found.setdefault(proposal.kind, []).append(proposal.subject)
    assert found == expected
    named = sum(len(subjects) for subjects in expected.values())
    assert unchanged == len(new.columns) - named
