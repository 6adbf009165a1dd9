"""Drafts and codebook tables as files: what is not touched stays, and nothing is half written."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.onboarding.apply import apply_draft
from wavehouse_exchange.onboarding.draft import (
    Draft,
    Proposal,
    draft_path,
    number_proposals,
    open_problems,
    read_draft,
    save_draft,
    write_decisions,
)
from wavehouse_exchange.onboarding.profile import MOST_CODES, profile_landed
from wavehouse_exchange.onboarding.tables import EditedTable, write_all

CODEBOOK = Path(__file__).resolve().parents[2] / "seeds" / "codebook"
ODD = (
    b"\xef\xbb\xbfstudy,code,label\r\n"
    b'a,1,"one, or so"\r\n'
    b'a,2,"needless quotes"\r\n'
    b'b,1,"two\r\nlines, and ""quotes"""\r\n'
    b"b,2,line\xe2\x80\xa8separator"
)


def table(path: Path, content: bytes = ODD) -> EditedTable:
    """A table in a file."""
    path.write_bytes(content)
    return EditedTable(path, ["study", "code"])


def draft(*proposals: Proposal) -> Draft:
    """A draft of a wave with these proposals."""
    return Draft("panel", "2", "1", "1", "seed", [], 3, number_proposals(proposals))


# -- tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(CODEBOOK.glob("*.csv")), ids=lambda path: path.stem)
def test_every_codebook_file_comes_back_unchanged(path: Path) -> None:
    edited = EditedTable(path, [])
    assert edited.after == path.read_bytes()


def test_rows_that_are_not_touched_keep_quotes_and_line_ends(tmp_path: Path) -> None:
    edited = table(tmp_path / "t.csv")
    assert edited.after == ODD
    edited.add({"study": "a", "code": "3", "label": "three, or so"})
    before, after = ODD.split(b'b,1,"two')
    assert edited.after == before + b'a,3,"three, or so"\r\nb,1,"two' + after


def test_row_behind_a_last_line_without_end_begins_a_line(tmp_path: Path) -> None:
    edited = table(tmp_path / "t.csv")
    edited.add({"study": "b", "code": "3", "label": "three"})
    assert edited.after == ODD + b"\r\nb,3,three\r\n"


def test_the_same_row_twice_changes_nothing_and_another_is_refused(tmp_path: Path) -> None:
    edited = table(tmp_path / "t.csv")
    edited.add({"study": "a", "code": "2", "label": "needless quotes"})
    assert edited.after == ODD
    with pytest.raises(WavehouseError, match="a, 2 exists already, with another label"):
        edited.add({"study": "a", "code": "2", "label": "else"})
    with pytest.raises(WavehouseError, match="no column colour"):
        edited.add({"study": "a", "code": "4", "colour": "red"})
    assert edited.after == ODD


def test_change_rewrites_one_row_only(tmp_path: Path) -> None:
    edited = table(tmp_path / "t.csv")
    (place,) = edited.places({"study": "a", "code": "1"})
    edited.change(place, {"label": "0"})
    assert edited.after == ODD.replace(b'"one, or so"', b"0")


def test_all_tables_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [table(tmp_path / f"{name}.csv") for name in "abc"]
    for edited in tables:
        edited.add({"study": "c", "code": "1", "label": "new"})
    replace = Path.replace

    def fail_at_c(path: Path, target: Path) -> Path:
        if target.name == "c.csv":
            raise OSError("No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail_at_c)
    with pytest.raises(WavehouseError, match=r"c\.csv cannot be written: the disk is full"):
        write_all(tables)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"{name}.csv": ODD for name in "abc"
    }
    monkeypatch.undo()
    assert write_all(tables) == ["a.csv", "b.csv", "c.csv"]
    assert write_all([EditedTable(edited.path, edited.key) for edited in tables]) == []


def test_blank_and_uneven_lines_are_named(tmp_path: Path) -> None:
    with pytest.raises(WavehouseError, match=r"t\.csv, row 2: .*2 values.*3 columns"):
        table(tmp_path / "t.csv", b"study,code,label\na,1,one\na,2\n")
    with pytest.raises(WavehouseError, match=r"t\.csv, row 1: "):
        table(tmp_path / "t.csv", b"study,code,label\n\n")


# -- drafts ----------------------------------------------------------------------------------------

CODES = Proposal(
    "code_added",
    "q1",
    0.6,
    "007 ('Bond: \"James\"') is new: # not a comment\nand 'no' is text",
    [{"add": {"source_code": "007", "category_code": "no", "numeric_value": "1e3"}}],
)


def test_a_draft_reads_back_as_written(tmp_path: Path) -> None:
    project = Project(tmp_path)
    written = draft(CODES, Proposal("renamed_column", "q2", 0.99, "labels alike by 1.00"))
    save_draft(project, written)
    assert read_draft(project, "panel", "2") == written
    assert [proposal.decision for proposal in written.proposals] == ["open", "accept"]


def test_numbers_of_numpy_are_written_as_plain_ones(empty_project: Project) -> None:
    save_draft(empty_project, draft(Proposal("wave", "2", np.float64(0.7), "A guess.")))
    (read,) = read_draft(empty_project, "panel", "2").proposals
    assert read.confidence == 0.7


def test_rows_that_proposals_share_are_written_in_full(empty_project: Project) -> None:
    row = {"file": "variables", "add": {"variable_id": "q"}}
    shared = [Proposal("new_column", name, 0.6, "New.", [row], [row]) for name in ("a", "b")]
    save_draft(empty_project, draft(*shared))
    assert "&" not in draft_path(empty_project, "panel", "2").read_text()
    assert [p.changes for p in read_draft(empty_project, "panel", "2").proposals] == [[row], [row]]


def test_decisions_leave_the_rest_of_a_draft_alone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    save_draft(project, draft(*(Proposal("code_added", q, 0.6, "new " * 60) for q in "abc")))
    path = draft_path(project, "panel", "2")
    text = path.read_text().replace("decision: open\n", "decision: open\n    # why?\n\n")
    path.write_text(text + "# a remark of mine\n")
    before = path.read_text().splitlines()
    reason = 'Asked: "who?" # says the producer\'s note'
    write_decisions(path, ["p02"], "reject", reason)
    after = path.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [old.strip() for old, _ in changed] == ["decision: open", "because: ''"]
    decided = read_draft(project, "panel", "2").proposals
    assert [p.decision for p in decided] == ["open", "reject", "open"]
    assert decided[1].because == reason
    write_decisions(path, ["p02"], "reject", "two lines:\nthis is one")
    assert read_draft(project, "panel", "2").proposals[1].because == "two lines: this is one"
    write_decisions(path, ["p02"], "open", "")
    assert [line.replace('""', "''") for line in path.read_text().splitlines()] == before


def test_a_reason_is_kept_where_somebody_deleted_its_line(tmp_path: Path) -> None:
    project = Project(tmp_path)
    save_draft(project, draft(*(Proposal("code_added", q, 0.6, "new") for q in "ab")))
    path = draft_path(project, "panel", "2")
    path.write_text(path.read_text().replace("    because: ''\n", "", 1))
    write_decisions(path, ["p01", "p02"], "accept", "seen in the questionnaire")
    decided = read_draft(project, "panel", "2").proposals
    assert [(p.decision, p.because) for p in decided] == [
        ("accept", "seen in the questionnaire")
    ] * 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("decision: open", "decision: yes", "p01: decision 'yes' is not one of"),
        ("confidence: 0.6", "confidence: high", "p01: confidence 'high' is not a number"),
        ("id: p02", "id: p01", "p01 occurs twice"),
        ("changes: []", "changes: none", "p01: changes is not a list of changes"),
        ("kind: code_added", "kinds: code_added", "kind is missing"),
        ("proposals:\n", "proposals:\n  - p00\n", "entry 1 is not a proposal"),
    ],
)
def test_mistakes_in_an_edited_draft_are_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    project = Project(tmp_path)
    save_draft(project, draft(*(Proposal("code_added", q, 0.6, "new") for q in "ab")))
    path = draft_path(project, "panel", "2")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ProblemsError, match=r"drafts/panel_2\.yml") as caught:
        read_draft(project, "panel", "2")
    assert message in str(caught.value)
    assert message in " ".join(open_problems(project))


def test_nothing_that_lacks_a_value_is_accepted_beforehand() -> None:
    (wave,) = number_proposals(
        [Proposal("wave", "2", 0.99, "new", [{"add": {"wave_date": "???"}}])]
    )
    (version,) = number_proposals(
        [Proposal("renamed_column", "q", 0.99, "new", [{"set": {"question_text": "???"}}])]
    )
    assert (wave.decision, version.decision) == ("open", "open")


def test_open_and_unapplied_drafts_are_problems(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert open_problems(project) == []
    save_draft(project, draft(Proposal("code_added", "a", 0.6, "new")))
    (problem,) = open_problems(project)
    assert "drafts/panel_2.yml: p01 (code_added, a) is open" in problem
    write_decisions(draft_path(project, "panel", "2"), ["p01"], "accept", "seen")
    (problem,) = open_problems(project)
    assert "wavehouse apply panel 2" in problem


@pytest.mark.parametrize(("renaming", "is_left"), [("accept", True), ("reject", False)])
def test_apply_names_what_a_rejection_leaves_and_nothing_else(
    tmp_path: Path, renaming: str, is_left: bool
) -> None:
    project = Project(tmp_path)
    shutil.copytree(CODEBOOK, project.codebook)
    before = {path.name: path.read_bytes() for path in project.codebook.iterdir()}
    row = {
        "study_id": "bsa",
        "crosswalk_id": "sex",
        "source_code": "9",
        "valid_from_wave": "1986",
        "missing_kind": "refused",
        "mapping_method": "sentinel",
    }
    code = {"table": "crosswalk", "add": row, "when": "p01 accept"}
    proposals = [
        Proposal("renamed_column", "gender", 0.8, "alike", decision=renaming, because="seen"),
        Proposal("new_missing_code", "gender", 0.9, "new", [code], [], "reject", "no"),
    ]
    # What only a rejected proposal would need is not asked for.
    proposals[0].if_rejected = [{"table": "questions", "end": {"variable_id": "nowhere"}}]
    save_draft(project, Draft("bsa", "1986", "1985", "1985", "seed", [], 3, number(proposals)))
    lines = apply_draft(project, "bsa", "1986")
    assert any("Still to do: gender has a missing code" in line for line in lines) is is_left
    assert {path.name: path.read_bytes() for path in project.codebook.iterdir()} == before
    assert not draft_path(project, "bsa", "1986").exists()


def number(proposals: list[Proposal]) -> list[Proposal]:
    """Proposals with ids and the decisions that they have."""
    for place, proposal in enumerate(proposals, start=1):
        proposal.id = f"p{place:02d}"
    return proposals


def test_declared_missing_codes_are_not_among_the_numbers(tmp_path: Path) -> None:
    incomes = np.random.default_rng(1).gamma(4, 8000, 900).round()
    delivered = pd.DataFrame({"id": range(1000), "income": [*incomes, *[9_999_999.0] * 100]})
    path = tmp_path / "panel.sav"
    codes = {"income": [{"lo": 9_999_999, "hi": 9_999_999}]}
    pyreadstat.write_sav(delivered, str(path), missing_ranges=codes)
    project = Project(tmp_path)
    shutil.copytree(CODEBOOK, project.codebook)
    landed = land_wave(project, "panel", "1", [path])
    income = profile_landed(landed).columns["income"]
    assert income.code_count > MOST_CODES
    assert income.missing_codes == {"9999999"}
    assert income.number_summary is not None
    assert (income.number_summary.largest, income.number_summary.count) == (incomes.max(), 900)
