"""The published project with two more waves of a study, and with two studies that suppress figures.

One build serves the tests of both: those of new waves look at BSA, those of rules at the others.
"""

import difflib
from pathlib import Path

from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
    copy_built,
    read_rows,
    run_wavehouse,
    set_codebook_rows,
    write_wave,
)

from studies.graduates import add_graduates
from wavehouse.generate.text import MARKER
from wavehouse.project import Project

# What the build says.
SAID = "target/said.txt"
WRITTEN_BY_HAND = {".csv", ".sql", ".yml", ".md", ".py"}
PARTIES = {
    "conservative": "labour",
    "labour": "Lib/SDP/Alliance",
    "Lib/SDP/Alliance": "others",
    "others": "none",
    "none": "conservative",
}

# A wave in which a question has another column and other codes, and another question is new.
TENURE: dict[str, list[Row]] = {
    "waves": [
        {
            "study_id": "bsa",
            "wave_id": "1988",
            "wave_number": "6",
            "wave_label": "BSA 1988",
            "wave_date": "1988-03-01",
            "design_id": "bsa_districts",
            "sample_id": "bsa_1988",
            "expected_respondents": "264",
        }
    ],
    "questions": [
        {
            "study_id": "bsa",
            "variable_id": "sex",
            "valid_from_wave": "1988",
            "source_column": "q1",
            "crosswalk_id": "sex_by_number",
            "question_text": "Recorded in the interview.",
            "universe": "All respondents",
        },
        {
            "study_id": "bsa",
            "variable_id": "tenure",
            "valid_from_wave": "1988",
            "source_column": "q2",
            "crosswalk_id": "tenure",
            "question_text": "Asks whether the home is owned or rented.",
            "universe": "All respondents",
        },
    ],
    "crosswalk": [
        {
            "study_id": "bsa",
            "crosswalk_id": crosswalk_id,
            "source_code": source_code,
            "valid_from_wave": "1988",
            "category_code": category_code,
            "missing_kind": missing_kind,
            "mapping_method": mapping_method,
        }
        for crosswalk_id, source_code, category_code, missing_kind, mapping_method in (
            ("sex_by_number", "1", "male", "", "recode"),
            ("sex_by_number", "2", "female", "", "recode"),
            ("tenure", "1", "owned", "", "recode"),
            ("tenure", "2", "rented", "", "recode"),
            ("tenure", "8", "", "dont_know", "sentinel"),
        )
    ],
    "code_lists": [
        {"code_list_id": "tenure", "code_list_label": "Tenure", "description": "Who owns a home."}
    ],
    "categories": [
        {
            "code_list_id": "tenure",
            "category_code": code,
            "category_order": order,
            "category_label": code.title(),
        }
        for order, code in (("1", "owned"), ("2", "rented"))
    ],
    "variables": [
        {
            "variable_id": "tenure",
            "variable_label": "Tenure",
            "description": "Whether somebody's home is owned or rented.",
            "value_type": "categorical",
            "code_list_id": "tenure",
        }
    ],
    "measures": [
        {
            "measure_id": "tenure_share",
            "measure_label": "Tenure",
            "measure_kind": "share",
            "variable_id": "tenure",
            "base_description": "Respondents with an answer",
            "description": "Share of homes owned and rented.",
        }
    ],
    "segments": [
        {"segment_id": "tenure", "segment_label": "Tenure", "description": "Owned or rented."}
    ],
    "segment_variables": [{"segment_id": "tenure", "position": "1", "variable_id": "tenure"}],
}


def files_by_hand(project: Project) -> dict[str, list[str]]:
    """Give the lines of every file that people write."""
    files = {}
    for path in project.root.rglob("*"):
        name = project.relative(path)
        if path.suffix in WRITTEN_BY_HAND and not name.startswith(("target/", "warehouse/")):
            lines = path.read_text(encoding="utf-8").splitlines()
            if MARKER not in (lines or [""])[0]:
                files[name] = lines
    return files


def lines_changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, int]:
    """Count the lines added or removed, by file; those of new files too."""
    counts = {}
    for name in sorted({*before, *after}):
        if before.get(name) == after.get(name):
            continue
        changes = difflib.ndiff(before.get(name, []), after.get(name, []))
        counts[name] = sum(line.startswith(("+ ", "- ")) for line in changes)
    return counts


def deliver_1987(project: Project) -> None:
    """Deliver a wave like the last, with other answers, as the guide says: a file and a row."""
    rows = read_rows(project.waves / "bsa/bsa_1986.csv")
    for row in rows:
        row.update(year="1987", party=PARTIES[row["party"]])
    write_wave(project, "bsa", "1987", rows)
    # By hand, as an editor would, to leave the other lines as they are.
    with (project.codebook / "waves.csv").open("a", encoding="utf-8") as file:
        file.write("bsa,1987,5,BSA Panel 1987,1987-03-01,,,bsa_districts,bsa_panel,264\n")


def deliver_1988(project: Project) -> None:
    """Deliver a wave of another sample, with a renamed column and a new one."""
    rows = read_rows(project.waves / "bsa/bsa_1986.csv")
    for number, row in enumerate(rows):
        row.update(
            year="1988", q1={"male": "1", "female": "2"}[row.pop("gender")], q2="1128"[number % 4]
        )
    write_wave(project, "bsa", "1988", rows)
    questions = codebook_rows(project, "questions")
    for row in questions:
        if (row["study_id"], row["variable_id"]) == ("bsa", "sex"):
            row["valid_to_wave"] = "1987"
    set_codebook_rows(project, "questions", questions)
    add_codebook_rows(project, TENURE)


def make_grown(published: Project, folder: Path) -> None:
    """Deliver the studies and the waves, and publish again by one command."""
    project = copy_built(published, folder)
    add_graduates(project)
    before = files_by_hand(project)
    deliver_1987(project)
    after = files_by_hand(project)
    assert lines_changed(before, after) == {
        "seeds/codebook/waves.csv": 1,
        "seeds/waves/bsa/bsa_1987.csv": 1 + 264,
    }
    deliver_1988(project)
    assert {
        name for name in lines_changed(after, files_by_hand(project)) if "/codebook/" not in name
    } == {"seeds/waves/bsa/bsa_1988.csv"}
    run = run_wavehouse(project, "build")
    (project.root / SAID).write_text(run.output, encoding="utf-8")
    assert run.exit_code == 0, run.output
