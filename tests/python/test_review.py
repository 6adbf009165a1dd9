"""Review at the size of a questionnaire: what is wanted, decisions by the dozen, worksheets."""

import csv
import re
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from workbench import codebook_rows, ran

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import Draft, Proposal, read_draft, save_draft
from wavehouse_exchange.onboarding.selecting import select
from wavehouse_exchange.onboarding.wanted import read_keep

RunCommand = Callable[..., tuple[int, str]]

STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults in town", "--citation", "Town survey"),
    *("--terms", "Made up.", "--as", "seed"),
)
TRUST = {0: "Not at all", 1: "A little", 2: "A lot", 9: "Refused"}
YES = {1: "Yes", 2: "No", 9: "Refused"}
COLUMNS = {
    "001": ("Sex of the respondent", {1: "Man", 2: "Woman"}),
    "MAR1": ("=Married now", YES),
    "q8a": ("Q8a. Trust in courts", TRUST),
    "q8b": ("Q8b. Trust in the army", TRUST),
    "q8c": ("Q8c. Trust in newspapers", TRUST),
    "q9": ("Q9. -Has a car", YES),
    "q10": ("Q10. Has a bicycle", YES),
}
# What the ids of a draft of all of these are.
SEX, MARRIED, COURTS, ARMY, NEWSPAPERS, CAR, BICYCLE = (f"p{place:02d}" for place in range(4, 11))


def _deliver(folder: Path, wave: int, columns: dict[str, tuple[str, dict]]) -> str:
    rows = range(80)
    codes = {name: [*labels] for name, (_, labels) in columns.items()}
    # SPSS knows no names of digits: those come as CSV files do, by a prefix that is cut off.
    data = pd.DataFrame(
        {"id": [f"{wave}{row:03d}" for row in rows]}
        | {
            name if name[0].isalpha() else f"v{name}": [
                codes[name][(row + place) % len(codes[name])] for row in rows
            ]
            for place, name in enumerate(columns)
        }
    )
    path = folder / f"town_{wave}.sav"
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=["Number", *(label for label, _ in columns.values())],
        variable_value_labels={
            name if name[0].isalpha() else f"v{name}": labels
            for name, (_, labels) in columns.items()
        },
    )
    return str(path)


@pytest.fixture
def town(empty: Project, tmp_path: Path, run_command: RunCommand) -> Project:
    """A draft of a first wave."""
    ran(run_command, empty, "new-study", "town", "1", _deliver(tmp_path, 1, COLUMNS), *STUDY)
    return empty


def _refused(run_command: RunCommand, project: Project, *words: str) -> str:
    before = {path: path.read_bytes() for path in (project.root / "drafts").glob("*")}
    code, output = run_command(project, *words)
    assert code != 0, output
    assert {path: path.read_bytes() for path in (project.root / "drafts").glob("*")} == before
    return " ".join(output.split())


def _decided(project: Project, wave: str = "1") -> dict[str, str]:
    return {
        p.subject: p.decision
        for p in read_draft(project, "town", wave).proposals
        if p.kind in ("new_column", "renamed_column", "changed_wording")
    }


# --- Decisions by the dozen


def _draft() -> Draft:
    proposals = [
        Proposal("wave", "2", 0.9, "", id="p01"),
        Proposal("new_column", "q12a", 0.5, "", id="p02", battery="q12_trust_in"),
        Proposal("new_column", "q12b", 0.95, "", id="p03", battery="q12_trust_in"),
        Proposal("changed_wording", "Q13", 0.5, "", id="p04"),
        Proposal("renamed_column", "q14", 0.95, "", id="p05", old_column="Q12C", old_wave="1"),
        Proposal("new_column", "q15", 0.5, "", decision="reject", because="no", id="p06"),
        Proposal("new_column", "q16", 0.9, "", id="p07", battery="q16_trust_of"),
    ]
    return Draft("town", "2", "1", "1", "seed", [], 0, proposals)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["p02"], ["p02"]),
        (["p02,p04-p05"], ["p02", "p04", "p05"]),
        (["p06"], ["p06"]),
        (["q12*"], ["p02", "p03", "p05"]),
        (["Q12A", "q13"], ["p02", "p04"]),
        (["kind:new_column"], ["p02", "p03", "p07"]),
        (["kind:new_*", "except", "q12b,p07"], ["p02"]),
        (["battery:q12_trust_in"], ["p02", "p03"]),
        (["battery:*trust*"], ["p02", "p03", "p07"]),
        (["battery:of"], ["p07"]),
        (["open"], ["p01", "p02", "p03", "p04", "p05", "p07"]),
        (["open", "except", "kind:wave", "q1[34]"], ["p02", "p03", "p07"]),
    ],
)
def test_proposals_are_chosen_by_id_column_kind_and_battery(
    words: list[str], expected: list[str]
) -> None:
    assert select(_draft(), words)[0] == expected


def test_a_word_for_many_does_not_turn_a_decision_about_one() -> None:
    assert select(_draft(), ["q15", "q16"]) == (["p07"], ["p06"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["q99*"], "q99*: no column with something to decide has this name."),
        (["q1z"], "Perhaps"),
        (["kind:wording"], "kind:wording: no kind of a proposal"),
        (
            ["battery:trust"],
            "battery:trust: 2 batteries have this name: q12_trust_in, q16_trust_of",
        ),
        (["p01-p99"], "p01-p99: there are p01 to p07."),
        (["except", "q12*"], "nothing is named"),
        (["open", "except"], "except: nothing is named after it"),
    ],
)
def test_what_means_nothing_is_said(words: list[str], told: str) -> None:
    with pytest.raises(Exception, match=re.escape(told)):
        select(_draft(), words)


def test_a_battery_is_one_decision(town: Project, run_command: RunCommand) -> None:
    said = ran(run_command, town, "decide", "town", "1", "battery:trust", "accept")
    assert said.startswith(f"accept: {COURTS}, {ARMY}, {NEWSPAPERS}. ")
    words = ("kind:new_column", "except", "v001", "reject", "--because", "not ours")
    said = ran(run_command, town, "decide", "town", "1", *words)
    assert f"Decided before, and left as they are: {COURTS}, {ARMY}, {NEWSPAPERS}" in said
    decided = _decided(town)
    assert [decided[name] for name in ("q8a", "q8b", "q8c")] == ["accept"] * 3
    assert [decided[name] for name in ("v001", "MAR1", "q9", "q10")] == ["open", *["reject"] * 3]


def test_one_of_three_ways_to_decide_is_named(town: Project, run_command: RunCommand) -> None:
    assert "one of the three" in _refused(run_command, town, "decide", "town", "1")
    words = ("decide", "town", "1", "p04", "accept", "--keep", "q9")
    assert "one of the three" in _refused(run_command, town, *words)
    told = _refused(run_command, town, "decide", "town", "1", "p04")
    assert "The last word is the decision: 'p04' is not one of accept and reject" in told


# --- What is wanted


def test_what_is_not_wanted_is_one_proposal_that_waives_it(
    empty: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("Q8*   # trust\n\nv001\n", encoding="utf-8")
    words = (_deliver(tmp_path, 1, COLUMNS), *STUDY, "--keep", str(wanted))
    ran(run_command, empty, "new-study", "town", "1", *words)
    draft = read_draft(empty, "town", "1")
    assert [*_decided(empty)] == ["v001", "q8a", "q8b", "q8c"]
    (one,) = [p for p in draft.proposals if p.kind == "not_wanted"]
    assert "3 columns, not in the list of wanted columns: MAR1 (=Married now)" in one.reason
    ran(run_command, empty, "decide", "town", "1", "open", "accept")
    ran(run_command, empty, "apply", "town", "1")
    waived = codebook_rows(empty, "waived_columns")
    assert [(row["source_column"], row["column_label"]) for row in waived] == [
        ("MAR1", "=Married now"),
        ("q9", "Q9. -Has a car"),
        ("q10", "Q10. Has a bicycle"),
    ]
    assert {row["waiver_kind"] for row in waived} == {"out_of_scope"}

    # What was waived stays so under another name; what was asked stays wanted without a word.
    moved = {("q11" if name == "q9" else name): column for name, column in COLUMNS.items()}
    moved["q12"] = ("Q12. Has a boat", YES)
    second = _deliver(tmp_path, 2, moved)
    ran(run_command, empty, "add-wave", "town", "2", second, "--date", "2024-05-01")
    draft = read_draft(empty, "town", "2")
    kinds = {p.subject: p.kind for p in draft.proposals if p.kind not in ("wave", "delivery")}
    assert kinds.pop("q12") == "new_column"
    assert {p.subject for p in draft.proposals} <= {"2", "q12"}
    (one,) = [p for p in draft.proposals if p.kind == "not_wanted"]
    row = one.changes[-1]["add"]
    assert (row["source_column"], row["column_label"]) == ("q11", "Q9. -Has a car")


def test_only_what_was_asked_can_be_wanted(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    words = ("kind:new_column", "except", "q8*", "reject", "--because", "not ours")
    ran(run_command, town, "decide", "town", "1", *words)
    ran(run_command, town, "decide", "town", "1", "open", "accept")
    ran(run_command, town, "apply", "town", "1")
    second = COLUMNS | {"q12": ("Q12. Has a boat", YES), "q9": ("Q9. Owns a garden", YES)}
    path = _deliver(tmp_path, 2, second)
    words = ("--date", "2024-05-01", "--keep", "asked")
    ran(run_command, town, "add-wave", "town", "2", path, *words)
    draft = read_draft(town, "town", "2")
    (one,) = [p for p in draft.proposals if p.kind not in ("wave", "delivery")]
    assert one.kind == "not_wanted"
    rows = [change["add"]["source_column"] for change in one.changes if "add" in change]
    assert rows == ["q9", "q12"]
    # The waiver of q9 was for another label.
    assert [c["end"]["source_column"] for c in one.changes if "end" in c] == ["q9"]


def test_columns_of_the_design_may_be_named_among_what_is_wanted(
    empty: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    lines = [f"{n},{n % 4},{n % 12},{1 + n % 2},{1 + n % 3}" for n in range(600)]
    path = tmp_path / "town.csv"
    path.write_text("\n".join(["id,region_stratum,psu,car,mood", *lines]), encoding="utf-8")
    words = ("new-study", "town", "1", str(path), *STUDY, "--keep", "REGION_STRATUM,psu,mood")
    ran(run_command, empty, *words)
    draft = read_draft(empty, "town", "1")
    kinds = {proposal.subject: proposal.kind for proposal in draft.proposals}
    assert (kinds["region_stratum"], kinds["psu"]) == ("design_column", "design_column")
    assert kinds["mood"] == "new_column"
    (one,) = [proposal for proposal in draft.proposals if proposal.kind == "not_wanted"]
    assert [change["add"]["source_column"] for change in one.changes] == ["car"]


def test_many_new_columns_are_drafted_and_the_way_out_is_said(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "1", "open", "accept")
    ran(run_command, town, "apply", "town", "1")
    things = ("a boat", "a garden", "a dog", "a piano", "two houses")
    new = {f"q{20 + n}": (f"Q{20 + n}. Has {thing}", YES) for n, thing in enumerate(things)}
    path = _deliver(tmp_path, 2, COLUMNS | new)
    said = ran(run_command, town, "add-wave", "town", "2", path, "--date", "2024-05-01")
    assert said.startswith("5 columns are new, and each is drafted as a question. ")
    assert "`wavehouse decide town 2 --keep asked`" in said
    # None of them is waived by a decision that nobody reads.
    assert {*_decided(town, "2")} >= {*new}
    said = ran(run_command, town, "decide", "town", "2", "--keep", "asked")
    assert said.startswith("5 new columns are not wanted, so they are waived.")
    # Where what is wanted was said, or few are new, nothing is.
    path = _deliver(tmp_path, 3, COLUMNS | {name: new[name] for name in [*new][:4]})
    said = ran(run_command, town, "add-wave", "town", "2", path, "--replace", "--keep", "asked")
    assert "columns are new" not in said


def test_a_long_list_of_names_is_no_name_of_a_file() -> None:
    names = [f"column_{place}" for place in range(200)]
    assert read_keep(",".join(names)) == names


def test_a_name_that_another_question_took_means_the_question(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "1", "open", "accept")
    ran(run_command, town, "apply", "town", "1")
    # The bicycle moves to q11, and something else is q10.
    moved = {("q11" if name == "q10" else name): column for name, column in COLUMNS.items()}
    moved["q10"] = ("Q10. Believes in an afterlife", YES)
    words = (_deliver(tmp_path, 2, moved), "--date", "2024-05-01", "--keep", "q10")
    ran(run_command, town, "add-wave", "town", "2", *words)
    proposals = {(p.kind, p.subject): p for p in read_draft(town, "town", "2").proposals}
    assert proposals["renamed_column", "q11"].old_column == "q10"
    assert ("new_column", "q10") not in proposals
    told = proposals["not_wanted", "2"].reason
    assert "The list has q10, which named earlier questions" in told


def test_wanted_columns_go_by_earlier_names_and_variables(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    variables = {
        p.subject: change["add"]["variable_id"]
        for p in read_draft(town, "town", "1").proposals
        for change in p.changes
        if change["table"] == "variables"
    }
    said = ran(
        run_command,
        town,
        "decide",
        "town",
        "1",
        "--keep",
        f"{variables['q9']},q8?",
        "--because",
        "x",
    )
    assert said.startswith("3 new columns are not wanted, so they are waived. ")
    assert [name for name, decision in _decided(town).items() if decision == "open"] == [
        *("q8a", "q8b", "q8c", "q9")
    ]
    told = _refused(run_command, town, "decide", "town", "1", "--keep", "q9,qq8*")
    assert "--keep: qq8*. Correct the name, or remove it." in told
    told = _refused(run_command, town, "decide", "town", "1", "--keep", str(tmp_path / "no.txt"))
    assert "there is no such file" in told


# --- Worksheets


def _sheet(path: Path) -> tuple[openpyxl.Workbook, dict[str, int], dict[str, int]]:
    """Give a workbook, the places of its columns, and of its rows by name."""
    book = openpyxl.load_workbook(path)
    sheet = book["review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    rows = {str(sheet.cell(row, columns["name"]).value): row for row in range(2, sheet.max_row + 1)}
    return book, columns, rows


@pytest.fixture
def worksheet(town: Project, tmp_path: Path, run_command: RunCommand) -> Path:
    """The worksheet of the draft."""
    path = tmp_path / "town.xlsx"
    ran(run_command, town, "review", "town", "1", "--worksheet", str(path))
    return path


def test_a_worksheet_has_a_row_a_column_and_nothing_that_runs(
    town: Project, worksheet: Path, tmp_path: Path, run_command: RunCommand
) -> None:
    book, columns, rows = _sheet(worksheet)
    sheet = book["review"]
    assert [*rows][-8:] == ["id", "v001", "MAR1", "q8a", "q8b", "q8c", "q9", "q10"]
    assert sheet.freeze_panes == "C2"
    allowed = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert '"accept,reject,open"' in allowed.values()
    married = sheet.cell(rows["MAR1"], columns["label"])
    assert (married.value, married.data_type) == ("=Married now", "s")
    assert sheet.cell(rows["q8a"], columns["codes"]).value == (
        "0 Not at all; 1 A little; 2 A lot; 9 Refused"
    )
    assert sheet.cell(rows["q8a"], columns["battery"]).value == "q8_trust"

    path = tmp_path / "town.csv"
    ran(run_command, town, "review", "town", "1", "--worksheet", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert "'=Married now" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    told = _refused(run_command, town, "review", "town", "1", "--worksheet", "town.ods")
    assert "name a worksheet that ends in .xlsx or .csv" in told


def test_a_worksheet_is_read_back_whatever_a_spreadsheet_did_to_it(
    town: Project, worksheet: Path, run_command: RunCommand
) -> None:
    book, columns, rows = _sheet(worksheet)
    sheet = book["review"]
    for name, decision, because, wanted in (
        ("v001", "Accept ", "", ""),
        ("MAR1", "reject", "nobody asked for it", ""),
        ("q9", "", "", "no"),
    ):
        sheet.cell(rows[name], columns["decision"]).value = decision
        sheet.cell(rows[name], columns["because"]).value = because
        sheet.cell(rows[name], columns["wanted"]).value = wanted
    # A date of a name, as Excel makes it; another order; a row less; a blank one.
    sheet.cell(rows["MAR1"], columns["name"]).value = datetime(2026, 3, 1)
    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    values = [row for row in values if row[columns["name"] - 1] != "q10"]
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.value = None
    for place, row in enumerate(reversed(values), start=3):
        for column, value in enumerate(row, start=1):
            sheet.cell(place, column).value = value
    book.save(worksheet)
    said = ran(run_command, town, "decide", "town", "1", "--from", str(worksheet))
    assert ": 1 accept, 2 reject. 1 rows are not in the file; they stay as they are." in said
    decided = _decided(town)
    assert [decided[name] for name in ("v001", "MAR1", "q9")] == ["accept", "reject", "reject"]
    assert {decided[name] for name in ("q8a", "q8b", "q8c", "q10")} == {"open"}
    reasons = {p.subject: p.because for p in read_draft(town, "town", "1").proposals}
    assert reasons["MAR1"] == "nobody asked for it"
    assert reasons["q9"] == "Not wanted so far."


def test_what_was_decided_since_stays_in_rows_that_nobody_touched(
    town: Project, worksheet: Path, run_command: RunCommand
) -> None:
    reason = ("--because", "by somebody else")
    ran(run_command, town, "decide", "town", "1", "v001", "accept")
    ran(run_command, town, "decide", "town", "1", "q9", "q10", "reject", *reason)
    book, columns, rows = _sheet(worksheet)
    sheet = book["review"]
    sheet.cell(rows["q10"], columns["decision"]).value = "accept"
    sheet.cell(rows["MAR1"], columns["decision"]).value = "accept"
    book.save(worksheet)
    said = ran(run_command, town, "decide", "town", "1", "--from", str(worksheet))
    assert ": 2 accept." in said
    decided = _decided(town)
    names = ("v001", "q9", "q10", "MAR1")
    assert [decided[name] for name in names] == ["accept", "reject", "accept", "accept"]
    # Written into a worksheet of now, `open` opens again.
    ran(run_command, town, "review", "town", "1", "--worksheet", str(worksheet))
    book, columns, rows = _sheet(worksheet)
    book["review"].cell(rows["v001"], columns["decision"]).value = "open"
    book.save(worksheet)
    assert ": 1 open." in ran(run_command, town, "decide", "town", "1", "--from", str(worksheet))
    assert _decided(town)["v001"] == "open"


def test_a_column_that_stands_twice_in_a_worksheet_is_refused(
    town: Project, worksheet: Path, run_command: RunCommand
) -> None:
    book, columns, rows = _sheet(worksheet)
    sheet = book["review"]
    sheet.cell(rows["v001"], columns["decision"]).value = "accept"
    sheet.cell(1, len(columns) + 1).value = "Decision"
    book.save(worksheet)
    told = _refused(run_command, town, "decide", "town", "1", "--from", str(worksheet))
    assert "row 1: the columns decision stand there more than once. Delete one of each." in told
    assert _decided(town)["v001"] == "open"


def test_a_csv_worksheet_with_semicolons_in_another_encoding_is_read(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    path = tmp_path / "town.csv"
    ran(run_command, town, "review", "town", "1", "--worksheet", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [*csv.DictReader(file)]
    for line in lines:
        if line["name"] == "q10":
            line |= {"decision": "reject", "because": "trop cher, d\u00e9cid\u00e9"}
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, [*lines[0]], delimiter=";")
        writer.writeheader()
        writer.writerows(lines)
    ran(run_command, town, "decide", "town", "1", "--from", str(path))
    reasons = {p.subject: p.because for p in read_draft(town, "town", "1").proposals}
    assert reasons["q10"] == "trop cher, d\u00e9cid\u00e9"


def test_what_is_wrong_in_a_worksheet_is_said_by_row_and_nothing_is_decided(
    town: Project, worksheet: Path, run_command: RunCommand
) -> None:
    book, columns, rows = _sheet(worksheet)
    sheet = book["review"]

    def fill(column_name: str, **cells: str) -> None:
        for column, value in cells.items():
            sheet.cell(rows[column_name], columns[column]).value = value

    fill("v001", decision="accept")
    fill("MAR1", decision="maybe")
    fill("q8a", decision="reject")
    fill("q8b", name="q8c", decision="accept")
    fill("q9", decision="accept", wanted="no")
    fill("q10", decision="accept", row="lost")
    fill("id", wanted="no")
    book.save(worksheet)
    told = _refused(run_command, town, "decide", "town", "1", "--from", str(worksheet))
    for name, what in (
        ("MAR1", 'decision "maybe" is none of open, accept, reject.'),
        ("q8a", "it is rejected, and `because` does not say why."),
        ("q8c", "the row was written for q8b."),
        ("q9", "it is accepted and not wanted."),
        ("q10", "the cell `row` is not what was written there."),
        ("id", "nothing is proposed of the column, so it stays as it is."),
    ):
        number = rows["q8b" if what.endswith("q8b.") else name]
        assert f"town.xlsx, row {number} ({name}): {what}" in told
    assert "(v001)" not in told


def test_the_worksheet_of_another_wave_and_of_an_older_draft_are_refused(
    town: Project, worksheet: Path, run_command: RunCommand
) -> None:
    text = (town.root / "drafts/town_1.yml").read_text(encoding="utf-8")
    other = town.root / "drafts/town_2.yml"
    other.write_text(text.replace("wave: '1'", "wave: '2'", 1), encoding="utf-8")
    seed = town.waves / "town/town_1.csv"
    shutil.copy(seed, seed.with_name("town_2.csv"))
    told = _refused(run_command, town, "decide", "town", "2", "--from", str(worksheet))
    assert "the row is of wave 1 of study town. Name the worksheet of wave 2" in told
    other.unlink()
    draft = town.root / "drafts/town_1.yml"
    draft.write_text(text.replace("Trust in courts", "Trust in judges"), encoding="utf-8")
    told = _refused(run_command, town, "decide", "town", "1", "--from", str(worksheet))
    assert "(q8a): the draft has changed since the worksheet was written." in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"no workbook", "the file is damaged, or no"),
        ("a.csv", b"name,decision\nq8a,accept\n", "the columns wanted, because, row are missing"),
        ("a.csv", b"", "the worksheet is empty"),
        ("a.txt", b"", "a worksheet ends in .xlsx or .csv"),
    ],
)
def test_what_is_no_worksheet_is_refused(
    town: Project,
    tmp_path: Path,
    run_command: RunCommand,
    name: str,
    content: bytes,
    told: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    assert told in _refused(
        run_command, town, "decide", "town", "1", "--from", str(tmp_path / name)
    )


def test_a_worksheet_says_what_is_wanted(
    empty: Project, town: Project, worksheet: Path, tmp_path: Path, run_command: RunCommand
) -> None:
    book, columns, rows = _sheet(worksheet)
    for name in ("q8a", "q10"):
        book["review"].cell(rows[name], columns["wanted"]).value = "yes"
    book.save(worksheet)
    words = (str(tmp_path / "town_1.sav"), *STUDY, "--replace", "--keep", str(worksheet))
    (town.root / "drafts/town_1.yml").unlink()
    shutil.rmtree(town.waves / "town")
    ran(run_command, empty, "new-study", "town", "1", *words)
    assert [*_decided(empty)] == ["q8a", "q10"]


# --- The page


def test_the_page_shows_old_and_new_side_by_side_and_needs_nothing_else(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    ran(run_command, town, "decide", "town", "1", "open", "accept")
    ran(run_command, town, "apply", "town", "1")
    second = COLUMNS | {"q9": ("Q9. Owns a car or a van <b>now</b>", YES | {3: "Shares one"})}
    path = _deliver(tmp_path, 2, second)
    ran(run_command, town, "add-wave", "town", "2", path, "--date", "2024-05-01")
    said = ran(run_command, town, "review", "town", "2", "--page")
    assert said.startswith("Wrote target/review_town_2.html.")
    page = (town.target / "review_town_2.html").read_text(encoding="utf-8")
    assert "Q9. -Has a car" in page
    assert "Owns a car or a van &lt;b&gt;now&lt;/b&gt;" in page
    assert "Shares one" in page
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"(src|href)=.?(https?:|//)|<script|@import", page)
    # Without what was kept, it is worked out again.
    shutil.rmtree(town.target / "review")
    ran(run_command, town, "review", "town", "2", "--page")
    assert (town.target / "review_town_2.html").read_text(encoding="utf-8") == page
    # It counts people's answers, so nothing of it is left when the draft is applied.
    ran(run_command, town, "decide", "town", "2", "open", "accept")
    ran(run_command, town, "apply", "town", "2")
    assert not [path for path in town.target.rglob("*") if "town_2" in path.name]


def test_a_draft_whose_files_are_gone_says_so(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    shutil.rmtree(town.target / "review")
    shutil.rmtree(town.waves / "town")
    sheet = str(tmp_path / "town.xlsx")
    for words in (("--page",), ("--worksheet", sheet)):
        told = _refused(run_command, town, "review", "town", "1", *words)
        assert "drafts/town_1.yml: the files of wave 1 of study town are neither landed" in told
    assert not Path(sheet).exists()


# --- Time


@pytest.fixture(scope="module")
def questionnaire(bare: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A draft of 1,000 proposals about 600 columns."""
    root = tmp_path_factory.mktemp("questionnaire") / "project"
    project = Project(Path(shutil.copytree(bare.root, root)))
    row = {"study_id": "town", "crosswalk_id": "trust", "valid_from_wave": "2"}
    proposals = [
        Proposal(
            "new_column" if place < 600 else "code_added",
            f"q{place % 600}",
            0.5,
            "not delivered before, and of a length that reasons have in questionnaires",
            [{"table": "crosswalk", "add": {**row, "source_code": str(code)}} for code in range(8)],
            id=f"p{place + 1:02d}",
        )
        for place in range(1000)
    ]
    save_draft(project, Draft("town", "2", "1", "1", "seed", [], 0, proposals))
    # As add-wave does: what was read once is not read again.
    read_draft(project, "town", "2")
    return project


@pytest.mark.parametrize(
    "words",
    [
        ("review", "town", "2"),
        ("decide", "town", "2", "q1*", "accept"),
        ("decide", "town", "2", "kind:code_added", "except", "q2*", "reject", "--because", "no"),
    ],
)
def test_a_command_takes_a_second_at_the_size_of_a_questionnaire(
    questionnaire: Project, run_command: RunCommand, words: tuple[str, ...]
) -> None:
    started = time.process_time()
    ran(run_command, questionnaire, *words)
    assert time.process_time() - started < 1
