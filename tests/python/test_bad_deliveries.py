"""Hundreds of bad deliveries: none is accepted, none is kept by half, each is named.

They are checked here and not in processes of their own, so that hundreds take minutes. No answer of
anybody and no file of theirs may be left.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from bad_files import all_bad
from partners import checked, files_in, next_wave, received

from wavehouse.project import Project
from wavehouse_exchange.receiving.bodies import ENDINGS
from wavehouse_exchange.receiving.quarantine import Delivery, Quarantine

CASES = Path(os.environ.get("WAVEHOUSE_CASES", Path(__file__).parents[3] / "shared/cases"))
OURS = ("/tmp", "warehouse/", "quarantine", "target/", "Traceback", "--")
FEWEST = 500


@pytest.fixture
def harbour(begun: Path, tmp_path: Path) -> Project:
    shutil.copytree(begun, tmp_path / "town", symlinks=True)
    return Project(tmp_path / "town")


def faults_of_refusing(project: Project, what: str, name: str, delivery: Delivery) -> list[str]:
    """Say what is wrong with how a bad delivery was treated; nothing where all is well."""
    place = f"{what} ({name})"
    if delivery.state != "refused":
        return [f"{place} is {delivery.state}"]
    found = []
    for each in delivery.faults:
        said = f"{each.detail} {each.remedy}"
        if not (each.code and each.detail and each.remedy and each.file == name):
            found.append(f"{place} is not named: {each}")
        found += [f"{place} tells of {ours}: {said}" for ours in OURS if ours in said]
        if len(said) > 5_000:
            found.append(f"{place} is told at length")
    folder = Quarantine(project).folder / delivery.delivery_id
    if len(delivery.faults) > 200:
        found.append(f"{place} is told in {len(delivery.faults)} faults, which nobody reads")
    if not delivery.faults:
        found.append(f"{place} is refused without a word")
    if [path.name for path in folder.iterdir()] != ["delivery.json"]:
        found.append(f"{place} is kept: {list(folder.iterdir())}")
    if any(project.target.glob("deliveries/*")):
        found.append(f"{place} left a copy of the project")
    return found


def of_project(project: Project) -> dict[str, bytes]:
    return {
        f"{name}/{path}": content
        for name in ("seeds", "landing", "drafts", "models")
        for path, content in files_in(project.root / name).items()
    }


def refuse_all(project: Project, bad: list[tuple[str, str, bytes]]) -> None:
    before = of_project(project)
    problems, codes = [], Counter[str]()
    for what, name, content in bad:
        delivery = checked(project, received(project, {name: content}))
        problems += faults_of_refusing(project, what, name, delivery)
        codes.update(each.code for each in delivery.faults)
    assert problems == [], "\n".join(problems)
    assert of_project(project) == before
    assert not list((project.warehouse / "quarantine" / ".arriving").iterdir())
    print(len(bad), codes)


def test_each_kind_of_bad_delivery_is_refused_and_named(harbour: Project, tmp_path: Path) -> None:
    bad = all_bad(next_wave(harbour), tmp_path, times=1)
    assert len(bad) > 100
    refuse_all(harbour, bad)


@pytest.mark.slow("drill")
def test_hundreds_of_bad_deliveries_are_refused_and_named(harbour: Project, tmp_path: Path) -> None:
    bad = all_bad(next_wave(harbour), tmp_path, times=24)
    assert len(bad) >= FEWEST
    refuse_all(harbour, bad)


@pytest.mark.slow("data")
@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
def test_files_of_other_studies_are_refused_and_named(harbour: Project) -> None:
    files = [
        path
        for path in sorted(CASES.rglob("*"))
        if path.is_file() and path.suffix[1:].lower() in ENDINGS
    ]
    assert len(files) > 30
    refuse_all(
        harbour,
        [(str(path.relative_to(CASES)), path.name, path.read_bytes()) for path in files],
    )
