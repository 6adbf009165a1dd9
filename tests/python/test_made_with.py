"""`add-wave` with other options makes the draft again, and keeps what was decided of the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from studies.town import STUDY, begun_with_a_draft, copied, delivered
from workbench import codebook_rows, ran, read_rows, write_rows

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import Draft, Proposal, read_draft

RunCommand = Callable[..., tuple[int, str]]
LEFT = "There is already a draft for these files; it is left as it is."


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return begun_with_a_draft(tmp_path_factory.mktemp("made_with"))


@pytest.fixture
def town(begun: Project, tmp_path: Path) -> Project:
    return copied(begun, tmp_path)


def draft_of(project: Project) -> Draft:
    return read_draft(project, "town", "2")


def of(draft: Draft, kind: str, subject: str) -> Proposal:
    (found,) = (p for p in draft.proposals if (p.kind, p.subject) == (kind, subject))
    return found


def again(run_command: RunCommand, project: Project, *words: str) -> str:
    return ran(run_command, project, "add-wave", "town", "2", delivered(project, "2"), *words)


def test_a_list_of_what_is_wanted_that_comes_later_is_followed(
    town: Project, run_command: RunCommand
) -> None:
    turned = of(draft_of(town), "reversed_scale", "satlife").id
    because = ("--because", "The labels are wrong.")
    ran(run_command, town, "decide", "town", "2", turned, "reject", *because)
    output = again(run_command, town, "--keep", "asked")
    assert "A new draft is made: --keep 'asked'. 5 of 5 decisions are kept" in output
    draft = draft_of(town)
    assert [p.subject for p in draft.proposals if p.kind == "new_column"] == []
    waiver = next(p for p in draft.proposals if p.kind == "not_wanted").changes[0]["add"]
    assert waiver["source_column"] == "club"
    kept = of(draft, "reversed_scale", "satlife")
    assert (kept.decision, kept.because) == ("reject", "The labels are wrong.")
    # It holds from now on; what is wanted after all is said in the same way.
    assert LEFT in again(run_command, town)
    assert LEFT in again(run_command, town, "--keep", "asked")
    assert "--keep 'club'" in again(run_command, town, "--keep", "club")
    assert of(draft_of(town), "new_column", "club").is_open


def test_what_is_not_said_again_stays_as_it_was(town: Project, run_command: RunCommand) -> None:
    again(run_command, town, "--label", "Town, second wave", "--keep", "asked")
    wave = of(draft_of(town), "wave", "2").changes[0]["add"]
    assert (wave["wave_label"], wave["wave_date"]) == ("Town, second wave", "2024-05-01")
    assert draft_of(town).made_with == {
        "date": "2024-05-01",
        "label": "Town, second wave",
        "keep": [],
    }
    output = again(run_command, town, "--date", "2024-06-01", "--replace")
    assert "Rows: 800 before, 800 now." in output
    wave = of(draft_of(town), "wave", "2").changes[0]["add"]
    assert (wave["wave_label"], wave["wave_date"]) == ("Town, second wave", "2024-06-01")
    assert not [p for p in draft_of(town).proposals if p.kind == "new_column"]


def test_a_concordance_that_comes_later_wins_and_is_remembered(
    town: Project, run_command: RunCommand
) -> None:
    path = town.root.parent / "names.csv"
    write_rows(path, ["old_name", "new_name"], [{"old_name": "marstat", "new_name": "club"}])
    output = again(run_command, town, "--concordance", str(path))
    assert "A new draft is made: --concordance 'names.csv'." in output
    assert of(draft_of(town), "renamed_column", "club").old_column == "marstat"
    path.unlink()
    again(run_command, town, "--label", "Second")
    assert of(draft_of(town), "renamed_column", "club").old_column == "marstat"
    # On another computer there is no copy of it.
    (town.root / ".wavehouse/drafts/town_2.concordance.csv").unlink()
    before = (town.root / "drafts/town_2.yml").read_bytes()
    words = ("add-wave", "town", "2", delivered(town, "2"), "--label", "Third")
    code, output = run_command(town, *words)
    assert code == 1
    assert "names.csv, but there is no copy of it. Name it again with --concordance" in output
    assert (town.root / "drafts/town_2.yml").read_bytes() == before


def test_the_same_files_read_otherwise_are_landed_again(
    town: Project, run_command: RunCommand
) -> None:
    output = again(run_command, town, "--leave-out", "club")
    assert "A new draft is made: the files read with --leave-out club." in output
    assert "Columns that went: club." in output
    assert not [p for p in draft_of(town).proposals if p.subject == "club"]
    # What tells who somebody is is not landed because a word was forgotten.
    again(run_command, town, "--label", "Second")
    assert draft_of(town).files[0]["reading_options"] == "--leave-out club"
    again(run_command, town, "--label", "Third", "--replace")
    assert draft_of(town).files[0]["reading_options"] == "--leave-out club"


def test_a_wave_is_kept_elsewhere_if_that_is_said(town: Project, run_command: RunCommand) -> None:
    again(run_command, town, "--as", "seed")
    assert (town.waves / "town/town_2.csv").is_file()
    assert not (town.root / "landing/town/2").exists()
    again(run_command, town, "--as", "landing")
    assert not (town.waves / "town/town_2.csv").exists()
    assert (town.root / "landing/town/2/answers.parquet").is_file()


def test_a_run_that_fails_leaves_the_draft_as_it_was(
    town: Project, run_command: RunCommand
) -> None:
    before = (town.root / "drafts/town_2.yml").read_bytes()
    words = ("add-wave", "town", "2", delivered(town, "2"), "--keep", "no_such_column")
    code, output = run_command(town, *words)
    assert code == 1
    assert "--keep: no_such_column. Correct the name, or remove it." in output
    assert (town.root / "drafts/town_2.yml").read_bytes() == before


def test_the_draft_of_a_new_study_follows_its_options_too(
    begun: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = copied(begun, tmp_path)
    words = ("new-study", "village", "1", delivered(project, "1"))
    ran(run_command, project, *words, *STUDY, "--as", "seed")
    assert LEFT in ran(run_command, project, *words)
    output = ran(run_command, project, *words, "--stratum", "sex", "--keep", "age,safe")
    assert "--keep 'age,safe', --stratum 'sex'" in output
    draft = read_draft(project, "village", "1")
    rows = [c["add"] for p in draft.proposals for c in p.changes if c["table"] == "design_columns"]
    assert {row["design_role"]: row["source_column"] for row in rows} == {
        "respondent": "id",
        "stratum": "sex",
    }
    ran(run_command, project, "decide", "village", "1", "open", "accept")
    ran(run_command, project, "apply", "village", "1")
    (study,) = (r for r in codebook_rows(project, "studies") if r["study_id"] == "village")
    assert study["producer"] == "The town"
    assert "there is nothing to do" in ran(run_command, project, *words)
    assert read_rows(project.waves / "village/village_1.csv")


def test_options_that_say_nothing_of_a_wave_in_the_codebook_are_named(
    town: Project, run_command: RunCommand
) -> None:
    words = ("add-wave", "town", "1", delivered(town, "1"), "--replace", "--keep", "age")
    ran(run_command, town, "remove-wave", "town", "2", "--apply")
    output = ran(run_command, town, *words)
    assert "Not used, because the wave is in the codebook: --keep." in output
