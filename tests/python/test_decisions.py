"""The records of decisions are in order, and so is their index. Each check is made to fail."""

import shutil
from pathlib import Path

import pytest
from workbench import ROOT, load_script

decision_index = load_script("decision_index")

FIRST = "- Date: 2026-01-31\n- Area: Codebook\n- Status: accepted\n\nBecause.\n"
SECOND = (
    "- Date: 2026-02-28\n- Area: Codebook\n- Status: accepted\n"
    "- Amends: [1](0001-first.md)\n\nBecause.\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records, of which the second amends the first."""
    amended = FIRST.replace("accepted", "amended by [2](0002-second.md)")
    (tmp_path / "0001-first.md").write_text(f"# 1. The first\n\n{amended}")
    (tmp_path / "0002-second.md").write_text(f"# 2. The second\n\n{SECOND}")
    return tmp_path


def test_the_records_of_the_project_are_in_order() -> None:
    assert decision_index.main(["--check"]) == 0


def test_every_record_is_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("0*.md"):
        assert index.count(f"\n| [{int(path.name[:4])}]({path.name}) |") == 1, path.name


def test_records_without_fault_make_an_index(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--folder", str(folder)]
    assert decision_index.main(words) == 0
    index = (folder / "README.md").read_text(encoding="utf-8")
    row = "| [2](0002-second.md) | The second | 2026-02-28 | accepted |"
    assert row in index.split("## Codebook")[1].splitlines()
    assert decision_index.main([*words, "--check"]) == 0
    (folder / "README.md").write_text(index.replace("The second", "Another"))
    assert decision_index.main([*words, "--check"]) == 1
    assert "README.md: is not up to date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("0002-second.md", "# 2.", "# 3.", "its first line has the number 3"),
        ("0002-second.md", "# 2. ", "", "is no record"),
        ("0002-second.md", "2026-02-28", "2026-02-30", "has no date"),
        ("0002-second.md", "Codebook", "Other things", "its area is none of"),
        ("0002-second.md", "Status: accepted", "Status: agreed", "its status is none of"),
        ("0002-second.md", "accepted", "accepted by all", "its status says more"),
        ("0002-second.md", "accepted", "amended by 3", "does not say by which record"),
        ("0002-second.md", "- Area", "- Place", "cannot read the line '- Place: Codebook'"),
        ("0002-second.md", "Because.", "", "has no text"),
        ("0002-second.md", "[1](0001", "[3](0003", "there is no record 3"),
        ("0002-second.md", "[1](0001-first", "[2](0002-second", "which is not an earlier one"),
        ("0002-second.md", "- Amends: [1](0001-first.md)\n", "", "does not say that it changes"),
        ("0002-second.md", "Amends", "Supersedes", "its status should be superseded"),
        ("0001-first.md", "amended by [2](0002-second.md)", "accepted", "does not name 0002"),
    ],
)
def test_each_fault_of_a_record_is_found(
    folder: Path,
    file: str,
    old: str,
    new: str,
    problem: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new))
    assert decision_index.main(["--folder", str(folder)]) == 1
    assert problem in capsys.readouterr().err
    assert not (folder / "README.md").exists()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("0004-second.md", "0004-second.md: its number should be 3"),
        ("0002-again.md", "0002-second.md: its number should be 3"),
        ("second.md", "second.md: is no record"),
    ],
)
def test_numbers_are_unique_and_without_gaps(
    folder: Path, name: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(folder / "0002-second.md", folder / name)
    assert decision_index.main(["--folder", str(folder)]) == 1
    assert problem in capsys.readouterr().err
