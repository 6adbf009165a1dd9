"""Review of a wrong file, of one proposal in full, and of what another decision answers."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from studies.town import begun_with_a_draft, copied
from workbench import codebook_rows, ran

from wavehouse.errors import ProblemsError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import (
    Draft,
    Proposal,
    number_proposals,
    only_when,
    open_problems,
    read_draft,
    save_draft,
)
from wavehouse_exchange.onboarding.selecting import select
from wavehouse_exchange.onboarding.wrong_file import sure_proposals, unlike_the_study

RunCommand = Callable[..., tuple[int, str]]
ROW = {"table": "segments", "add": {"segment_id": "a"}}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The town survey with its first wave in the codebook, and a draft of the second."""
    return begun_with_a_draft(tmp_path_factory.mktemp("answers"))


@pytest.fixture
def town(begun: Project, tmp_path: Path) -> Project:
    return copied(begun, tmp_path)


def said_by(run_command: RunCommand, project: Project, *words: str) -> str:
    """Give in one line what a command says that has to fail."""
    code, output = run_command(project, *words)
    assert code != 0, output
    return " ".join(output.split())


# --- A wrong file


def _prices(folder: Path) -> str:
    """Write a file that has nothing to do with the town survey."""
    draw = np.random.default_rng(3)
    goods = ("bread", "milk", "coffee", "shoes", "paint", "glass")
    data = pd.DataFrame({f"p_{good}": draw.normal(50, 9, 120).round(2) for good in goods})
    path = folder / "prices.sav"
    pyreadstat.write_sav(data, str(path), column_labels=[f"Price of {good}" for good in goods])
    return str(path)


def test_a_file_of_something_else_is_said_first_and_nothing_of_it_is_sure(
    town: Project, run_command: RunCommand
) -> None:
    ran(run_command, town, "remove-wave", "town", "2", "--apply")
    words = ("add-wave", "town", "2", _prices(town.root.parent), "--date", "2024-05-01")
    first, *rest = ran(run_command, town, *words).splitlines()
    assert first == (
        "This does not look like study town: 0 of 6 columns of wave 1 are found, and id of its "
        "design is not delivered. Perhaps it is another file?"
    )
    assert "sure accept" not in rest[-1]
    assert "wavehouse remove-wave town 2 --apply" in rest[-1]
    draft = read_draft(town, "town", "2")
    # Without the guard some would be.
    assert [p for p in draft.open_proposals if p.confidence >= 0.9]
    assert sure_proposals(draft) == []
    said = said_by(run_command, town, "decide", "town", "2", "sure", "accept")
    assert "Nothing was decided" in said
    assert "So nothing is sure" in said
    assert read_draft(town, "town", "2") == draft


def test_the_wave_of_the_study_is_not_taken_for_a_wrong_file(town: Project) -> None:
    assert unlike_the_study(read_draft(town, "town", "2")) == ""


@pytest.mark.parametrize(
    ("unchanged", "lost", "missing", "is_unlike"),
    [
        (1, 9, [], True),
        (2, 8, [], False),
        (2, 8, ["id"], True),
        (3, 7, ["id"], False),
        # So few may all be new.
        (0, 2, ["id"], False),
    ],
)
def test_how_little_is_a_wrong_file(
    unchanged: int, lost: int, missing: list[str], is_unlike: bool
) -> None:
    proposals = [Proposal("dropped_column", f"q{place}", 0.8, "") for place in range(lost)]
    proposals += [Proposal("design_column_missing", name, 0.9, "") for name in missing]
    draft = Draft("town", "2", "1", "1", "seed", [], unchanged, number_proposals(proposals))
    assert bool(unlike_the_study(draft)) is is_unlike


def test_a_column_that_is_hardly_the_same_is_not_found() -> None:
    def draft(confidence: float) -> Draft:
        proposals = [
            Proposal("renamed_column", f"v{n}", confidence, "", old_column=f"q{n}", old_wave="1")
            for n in range(4)
        ]
        return Draft("town", "2", "1", "1", "seed", [], 0, number_proposals(proposals))

    assert unlike_the_study(draft(0.3)).endswith("0 of 4 columns of wave 1 are found.")
    assert unlike_the_study(draft(0.6)) == ""


# --- In full


def test_one_proposal_is_shown_with_all_its_rows(town: Project, run_command: RunCommand) -> None:
    merged = next(p for p in read_draft(town, "town", "2").proposals if p.kind == "codes_merged")
    for named in (merged.id, "marstat"):
        said = ran(run_command, town, "review", "town", "2", named)
        assert f"{merged.id}  open  " in said
        assert f"  Reason: {merged.reason}\n" in said
        for change in merged.changes:
            for value in change.get("add", {}).values():
                assert str(value) in said
        assert "new rows in crosswalk" in said
        assert "If rejected:" in said
        assert "satlife" not in said.partition("open. See")[0]


def test_all_that_is_open_is_shown_in_full(town: Project, run_command: RunCommand) -> None:
    draft = read_draft(town, "town", "2")
    in_full = ran(run_command, town, "review", "town", "2", "--full")
    with_decided = ran(run_command, town, "review", "town", "2", "--full", "--all")
    assert any(len(p.reason) > 90 for p in draft.open_proposals)
    for proposal in draft.proposals:
        line = f"  Reason: {proposal.reason}\n"
        assert (line in in_full) is proposal.is_open
        assert line in with_decided


def test_a_word_that_means_nothing_is_said(town: Project, run_command: RunCommand) -> None:
    said = said_by(run_command, town, "review", "town", "2", "p99")
    assert "Nothing is shown" in said
    assert "p99: there are p01 to" in said
    assert "give an option" in said_by(run_command, town, "review", "town", "2", "p01", "--page")


def test_each_kind_of_change_is_said(town: Project, run_command: RunCommand) -> None:
    key = {"study_id": "town", "source_column": "satlife"}
    changes = [
        {"table": "questions", "version": key, "set": {"question_text": "Happy?"}},
        {"table": "questions", "end": key},
        {"table": "waived_columns", "leave_out": key, "from": "1", "to": "2"},
        {"table": "waves", "where": {"wave_id": "2"}, "set": {"design_id": "new"}},
        {"table": "segments", "add": {"segment_id": "a", "label": "A"}},
    ]
    proposal = Proposal("changed_wording", "satlife", 0.5, "other words", changes)
    draft = Draft("town", "2", "1", "1", "seed", [], 3, number_proposals([proposal]))
    save_draft(town, draft)
    row = "study_id town, source_column satlife"
    assert ran(run_command, town, "review", "town", "2", "--full").startswith(
        "p01  open  0.50  changed_wording  satlife\n"
        "  Reason: other words\n"
        "  If accepted:\n"
        "    1 new row in segments\n"
        "      segment_id  a\n"
        "      label       A\n"
        f"    questions: the row with {row} ends with the wave before, and continues with "
        "question_text Happy?\n"
        f"    questions: the row with {row} ends with the wave before\n"
        f"    waived_columns: the row with {row} no longer holds from 1 to 2\n"
        "    waves: the row with wave_id 2 gets design_id new\n"
        "  If rejected: nothing is written.\n"
    )


# --- What another decision answers


def _linked() -> Draft:
    """A draft in which a column may be another question, and four proposals hang on that."""
    about = {"old_column": "q1", "old_wave": "1"}
    link = Proposal("reused_name", "q1", 0.6, "another question?", [ROW], **about)
    recoded = Proposal(
        *("codes_merged", "q1", 0.9, "merged", [only_when(ROW, link, "reject")], [ROW]), **about
    )
    either = [
        only_when(only_when(ROW, link, "reject"), recoded, decision)
        for decision in ("accept", "reject")
    ]
    added = Proposal("code_added", "q1", 0.9, "added", either, **about)
    # It writes nothing, so no change of it says what it hangs on.
    dropped = Proposal("code_dropped", "q1", 0.6, "dropped", **about)
    segment = Proposal("segment", "q1", 0.5, "segment", [only_when(ROW, recoded, "accept")])
    other = Proposal("code_dropped", "q2", 0.6, "dropped", old_column="q2", old_wave="1")
    partly = Proposal("group", "g", 0.6, "group", [ROW, only_when(ROW, link, "reject")])
    proposals = number_proposals([link, recoded, added, dropped, segment, other, partly])
    return Draft("town", "2", "1", "1", "seed", [], 3, proposals)


def _decided(draft: Draft, **decisions: str) -> list[str]:
    for proposal in draft.proposals:
        proposal.decision = decisions.get(proposal.id, "open")
    return [proposal.id for proposal in draft.open_proposals]


def test_what_hangs_on_another_decision_is_open_only_while_it_may_be_needed() -> None:
    draft = _linked()
    every = [f"p0{place}" for place in range(1, 8)]
    assert _decided(draft) == every
    # It is the same question: the five are to be decided.
    assert _decided(draft, p01="reject") == every[1:]
    # It is another one: with the second the segment, which waits for that, goes too.
    assert _decided(draft, p01="accept") == ["p06", "p07"]
    answered = "p01 (reused_name) is accepted"
    assert draft.not_needed == {
        **{"p02": answered, "p03": answered, "p04": answered},
        "p05": f"{draft.proposals[1].id} ({draft.proposals[1].kind}) is not needed",
    }
    # What was decided stays decided.
    assert _decided(draft, p01="accept", p02="accept") == ["p05", "p06", "p07"]
    # Either decision about the second leaves the third one of its rows.
    assert _decided(draft, p01="reject", p02="reject") == ["p03", "p04", "p06", "p07"]


def test_a_word_for_many_does_not_mean_what_is_not_needed() -> None:
    draft = _linked()
    _decided(draft, p01="accept")
    assert select(draft, ["open"])[0] == ["p06", "p07"]
    assert select(draft, ["kind:code_*"])[0] == ["p06"]
    assert select(draft, ["sure"])[0] == []
    assert select(draft, ["p03"])[0] == ["p03"]


def test_a_renaming_that_is_rejected_answers_what_is_said_of_the_codes() -> None:
    about = {"old_column": "q1", "old_wave": "1"}
    # The name is another question's now, which does not say that the renaming is wrong.
    proposals = [
        Proposal("reused_name", "q5", 0.8, "", decision="accept", **about),
        Proposal("renamed_column", "q5", 0.8, "", [ROW], **about),
        Proposal("code_dropped", "q5", 0.6, "", **about),
    ]
    draft = Draft("town", "2", "1", "1", "seed", [], 3, number_proposals(proposals))
    assert draft.not_needed == {}
    draft.proposals[1].decision = "accept"
    assert draft.not_needed == {}
    draft.proposals[1].decision = "reject"
    assert draft.not_needed == {"p03": "p02 (renamed_column) is rejected"}


def test_a_draft_is_applied_without_what_is_not_needed(
    town: Project, run_command: RunCommand
) -> None:
    draft = read_draft(town, "town", "2")
    link = next(p for p in draft.proposals if p.subject == "club")
    moot = Proposal(
        *("codes_merged", "club", 0.5, "merged"),
        [{**ROW, "when": f"{link.id} reject"}],
        # Nobody rejected it, so this is not written either.
        [{"table": "segments", "add": {"segment_id": "wrong"}}],
        id="p90",
    )
    draft.proposals.append(moot)
    save_draft(town, draft)
    others = ("open", "except", "p90", link.id)
    ran(run_command, town, "decide", "town", "2", *others, "accept")
    assert any("p90" in problem for problem in open_problems(town))
    said = ran(run_command, town, "decide", "town", "2", link.id, "accept")
    assert "Nothing is open. Next: wavehouse apply town 2" in said
    assert "1 not needed" in ran(run_command, town, "review", "town", "2")
    assert "p90  not needed  " in ran(run_command, town, "review", "town", "2", "--all")
    why = f"{link.id} ({link.kind}) is accepted"
    assert f"open, and not needed: {why}" in ran(run_command, town, "review", "town", "2", "p90")
    ran(run_command, town, "review", "town", "2", "--page")
    page = (town.target / "review_town_2.html").read_text(encoding="utf-8")
    assert "p90 not needed</span>" in page
    assert f"Not needed, since {why}" in page
    assert "p90 open" not in page
    sheet = town.root / "town.csv"
    ran(run_command, town, "review", "town", "2", "--worksheet", str(sheet))
    (row,) = [
        row
        for row in csv.DictReader(sheet.read_text(encoding="utf-8-sig").splitlines())
        if row["name"] == "club"
    ]
    assert row["decision"] == f"{link.id} accept; p90 not needed"
    assert f"p90: not needed, since {why}; merged" in row["evidence"]
    # Read back, it decides nothing.
    said = ran(run_command, town, "decide", "town", "2", "--from", str(sheet))
    assert "nothing new" in said
    (problem,) = open_problems(town)
    assert "everything is decided" in problem
    segments = codebook_rows(town, "segments")
    ran(run_command, town, "apply", "town", "2")
    assert codebook_rows(town, "segments") == segments


# --- No draft


def test_what_is_said_where_there_is_no_draft(town: Project, run_command: RunCommand) -> None:
    said = said_by(run_command, town, "review", "town", "1")
    assert "wave 1 of study town has no draft. It is in the codebook already" in said
    assert "Make one" not in said
    said = said_by(run_command, town, "review", "town", "3")
    assert "There are drafts/town_2." in said
    assert "Make one with `wavehouse add-wave town 3 FILE...`." in said
    said = said_by(run_command, town, "review", "twon", "2")
    assert "There is no study twon. Did you mean town? A study begins with" in said
    said = said_by(run_command, town, "decide", "elsewhere", "2", "p01", "accept")
    assert "There is no study elsewhere. A study begins with `wavehouse new-study" in said


def test_a_study_that_is_drafted_is_no_unknown_study(
    town: Project, run_command: RunCommand
) -> None:
    shutil.copy(town.root / "drafts/town_2.yml", town.root / "drafts/port_1.yml")
    said = said_by(run_command, town, "review", "port", "2")
    assert "Make one with `wavehouse new-study port 2 FILE...`." in said


def test_a_word_that_is_unknown_is_an_error_of_the_draft(town: Project) -> None:
    with pytest.raises(ProblemsError, match="Nothing is shown"):
        select(read_draft(town, "town", "2"), ["p99"], "Nothing is shown")
