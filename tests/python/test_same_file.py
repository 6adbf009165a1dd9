"""A file that another wave of the study has already is noticed before anything is landed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from studies.town import begin_town, copied, delivered, make_bare
from workbench import ran

from wavehouse.project import Project

RunCommand = Callable[..., tuple[int, str]]
DATE = ("--date", "2025-05-01")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A study whose first wave is a seed, made of a file of SPSS."""
    project = make_bare(tmp_path_factory.mktemp("same_file"))
    begin_town(project)
    return project


@pytest.fixture
def town(begun: Project, tmp_path: Path) -> Project:
    return copied(begun, tmp_path)


def refused(run_command: RunCommand, project: Project, *words: str) -> str:
    """Run a command that has to fail and to leave nothing behind."""
    before = _files(project)
    code, output = run_command(project, *words)
    assert code == 1, output
    assert _files(project) == before
    return " ".join(output.split())


def _files(project: Project) -> dict[Path, bytes]:
    folders = (project.root / name for name in ("landing", "drafts", "seeds"))
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.suffix != ".lock"}


def apply_second(run_command: RunCommand, project: Project) -> None:
    """Bring the second wave in, landed."""
    words = ("add-wave", "town", "2", delivered(project, "2"), "--date", "2024-05-01")
    ran(run_command, project, *words, "--expected", "90")
    ran(run_command, project, "decide", "town", "2", "open", "accept")
    ran(run_command, project, "apply", "town", "2")


def test_the_file_of_an_applied_wave_is_refused_by_its_checksum(
    town: Project, run_command: RunCommand
) -> None:
    apply_second(run_command, town)
    # Whatever it is called now.
    again = shutil.copy(delivered(town, "2"), town.root.parent / "round_c.sav")
    said = refused(run_command, town, "add-wave", "town", "3", str(again), *DATE)
    assert "Wave 3 was not brought in" in said
    assert (
        "round_c.sav is the same, byte for byte, as the file of wave 2 of study town "
        "(seeds/codebook/deliveries.csv)."
    ) in said
    # It is no correction of another wave either.
    said = refused(run_command, town, "add-wave", "town", "1", str(again), "--replace")
    assert "the file of wave 2 of study town" in said
    # The wave's own file again is no other wave's.
    words = ("add-wave", "town", "2", delivered(town, "2"), "--replace")
    assert "has these files now" in ran(run_command, town, *words)
    said = ran(run_command, town, "add-wave", "town", "3", str(again), *DATE, "--same-file")
    assert "wave 3 of study town, compared with 2" in said
    # What was said once is not asked again.
    words = ("add-wave", "town", "3", str(again), "--label", "Third", *DATE)
    assert "A new draft is made" in ran(run_command, town, *words)


def test_the_file_of_a_draft_is_refused(town: Project, run_command: RunCommand) -> None:
    second = delivered(town, "2")
    ran(run_command, town, "add-wave", "town", "2", second, "--date", "2024-05-01")
    said = refused(run_command, town, "add-wave", "town", "3", second, *DATE)
    assert "as the file of wave 2 of study town (drafts/town_2.yml)" in said


def test_the_content_of_a_seed_is_known_in_either_format(
    town: Project, run_command: RunCommand
) -> None:
    place = "(seeds/waves/town/town_1.csv)"
    # Of the file of SPSS there is no checksum: it has become a seed.
    words = ("add-wave", "town", "2", delivered(town, "1"), *DATE, "--as", "seed")
    assert place in refused(run_command, town, *words)
    copy = shutil.copy(town.waves / "town/town_1.csv", town.root.parent / "new.csv")
    for where in ("seed", "landing"):
        words = ("add-wave", "town", "2", str(copy), *DATE, "--as", where)
        assert place in refused(run_command, town, *words)


def test_a_file_with_several_waves_may_come_again_but_not_for_the_same_rows(
    town: Project, run_command: RunCommand
) -> None:
    lines = (town.waves / "town/town_1.csv").read_text(encoding="utf-8").splitlines()
    path = town.root.parent / "all.csv"
    rows = [f"{line},{2 + place % 2}" for place, line in enumerate(lines[1:])]
    path.write_text("\n".join([f"{lines[0]},round", *rows]) + "\n", encoding="utf-8")
    words = (str(path), *DATE, "--as", "landing")
    ran(run_command, town, "add-wave", "town", "2", *words, "--split-by", "round")
    ran(run_command, town, "add-wave", "town", "3", *words, "--split-by", "round")
    split = ("add-wave", "town", "4", *words, "--split-by", "round=2")
    assert "the file of wave 2 of study town" in refused(run_command, town, *split)
    assert "the file of wave" in refused(run_command, town, "add-wave", "town", "4", *words)
