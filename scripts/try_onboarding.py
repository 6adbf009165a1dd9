"""Bring in every wave of a landed study once more, as if its codebook ended with the wave before.

Usage: python scripts/try_onboarding.py STUDY FOLDER

For each wave after the first, the project is copied, what the codebook says of this wave and of
later ones is taken out, the wave before is landed, and `wavehouse add-wave` gets the files that
`deliveries.csv` lists, from FOLDER. Prints a Markdown row for each wave: how long the command took
and what it proposed. The table in docs/onboarding_nhanes.md is made of these.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/python")]

from workbench import codebook_rows, copy_project, set_codebook_rows  # noqa: E402

from wavehouse.generate import generate  # noqa: E402
from wavehouse.project import Project  # noqa: E402
from wavehouse_exchange.onboarding.draft import ACCEPT, read_draft  # noqa: E402

HEAD = (
    "| wave | seconds | columns as before | proposals | sure | to decide |\n"
    "|---|---|---|---|---|---|"
)


def main() -> None:
    """Try all waves and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("study", help="the study's id")
    parser.add_argument("folder", type=Path, help="where its delivered files are")
    options = parser.parse_args()
    waves = [
        row for row in codebook_rows(Project(ROOT), "waves") if row["study_id"] == options.study
    ]
    waves.sort(key=lambda row: int(row["wave_number"]))
    print(HEAD)
    for number in range(1, len(waves)):
        with tempfile.TemporaryDirectory() as folder:
            print(try_wave(Path(folder) / "project", options.folder, waves, number), flush=True)


def try_wave(copy: Path, folder: Path, waves: list[dict[str, str]], number: int) -> str:
    """Bring in one wave, and give its row of the table."""
    study_id, wave_id = waves[number]["study_id"], waves[number]["wave_id"]
    files = [
        str(folder.resolve() / row["file_name"])
        for row in codebook_rows(Project(ROOT), "deliveries")
        if (row["study_id"], row["wave_id"]) == (study_id, wave_id)
    ]
    project = copy_project(copy)
    forget_waves(project, study_id, [row["wave_id"] for row in waves], number)
    generate(project)
    before = waves[number - 1]["wave_id"]
    run(project, "fetch", study_id, "--from", str(folder.resolve()), "--wave", before)
    details = [
        *("--label", waves[number]["wave_label"], "--date", waves[number]["wave_date"]),
        *("--expected", waves[number]["expected_respondents"]),
    ]
    started = time.monotonic()
    run(project, "add-wave", study_id, wave_id, *files, *details)
    seconds = time.monotonic() - started
    draft = read_draft(project, study_id, wave_id)
    sure = sum(each.decision == ACCEPT for each in draft.proposals)
    kinds = Counter(each.kind.replace("_", " ") for each in draft.proposals if each.is_open)
    left = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing"
    return (
        f"| {waves[number]['wave_label']} | {seconds:.0f} | {draft.unchanged_columns} | "
        f"{len(draft.proposals)} | {sure} | {left} |"
    )


def forget_waves(project: Project, study_id: str, wave_ids: list[str], number: int) -> None:
    """Take out what the codebook says of a wave and of later ones; what they ended goes on."""
    gone = wave_ids[number:]
    for path in project.codebook.glob("*.csv"):
        rows = []
        for row in codebook_rows(project, path.stem):
            if row.get("study_id") == study_id:
                if row.get("wave_id") in gone or row.get("valid_from_wave") in gone:
                    continue
                if row.get("valid_to_wave") in wave_ids[number - 1 :]:
                    row["valid_to_wave"] = ""
            rows.append(row)
        set_codebook_rows(project, path.stem, rows)


def run(project: Project, *words: str) -> None:
    """Run a command in the copy; its output is shown if it fails."""
    command = [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words[:3])}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
