"""Erasure: of erased people nothing is left, whatever keeps it; all others stay as they are."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import small_people
from planted import found_in
from small_people import ID, SECRETS, WAVES, WORDS, make_small, release, write_down

from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.backups.restored_files import damaged_tables
from wavehouse.people import erasing
from wavehouse.people.erasing import erase, plan
from wavehouse.people.erasure_list import read_erased
from wavehouse.people.kept_out import erased_in_waves, leave_out_erased
from wavehouse.people.named import Respondent
from wavehouse.people.pseudonyms import SETTING
from wavehouse.people.replayed import replay_erased
from wavehouse.people.wave_rows import ids_of
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse.publishing.releases import counting_release
from wavehouse_exchange.receiving.quarantine import Delivery, Quarantine, Sender, SentFile

Run = Callable[..., tuple[int, str]]

PERSON = [Respondent("panel", None, ID)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with two releases, in which a person is everywhere."""
    monkeypatch.setenv(SETTING, str(tmp_path / "people.key"))
    # What dbt does is tried in test_erasing_builds.py.
    monkeypatch.setattr(erasing, "_build", lambda project: release(project, version=3))
    project = make_small(tmp_path / "project")
    release(project, version=1)
    release(project, version=2)
    write_down(project)
    return project


def wave_files(project: Project) -> list[Path]:
    """Give the files with rows of waves."""
    return [
        *project.waves.rglob("*.csv"),
        *project.landing.rglob("answers.parquet"),
        *(project.root / ".wavehouse").rglob("answers.parquet"),
    ]


def contents(project: Project) -> dict[str, bytes]:
    """Give all files of a project; locks are empty, and nothing."""
    return {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size
    }


def test_nothing_is_left_of_an_erased_person(project: Project) -> None:
    before = found_in(project.root, SECRETS)
    for kept in ("seeds/", "landing/", ".wavehouse/", "target/", "logs/", "warehouse/history/"):
        assert any(name.startswith(kept) for name in before), kept
    assert any("aggregates" in name for name in before)
    erase(project, PERSON)
    assert found_in(project.root, SECRETS) == {}


def test_others_stay_as_they_were(project: Project) -> None:
    seed = project.waves / "panel" / "panel_2030.csv"
    lines = seed.read_bytes().splitlines(keepends=True)
    erase(project, PERSON)
    assert seed.read_bytes() == b"".join(line for line in lines if ID.encode() not in line)
    waves = (project.codebook / "waves.csv").read_text().splitlines()[1:]
    assert [line.rpartition(",")[2] for line in waves] == ["3", "3"]
    kept = kept_releases(project)
    assert [each.parts for each in kept] == [["aggregates"]] * 2 + [["aggregates", "microdata"]]
    assert damaged_tables(project) == []


def test_figures_of_theirs_are_taken_out_of_earlier_releases(project: Project) -> None:
    import duckdb

    erase(project, PERSON)
    for each in kept_releases(project)[:2]:
        (row,) = duckdb.sql(
            f"select max_weight, note, other from '{each.table('fct_weight_quality')}'"
        ).fetchall()
        assert row == (None, "Heaviest said: (erased).", 0.25)
        assert each.manifest["erased_from"] == ["fct_weight_quality"]


def test_pseudonyms_are_all_that_the_list_has(project: Project) -> None:
    erase(project, PERSON)
    (entry,) = read_erased(project).people
    assert (entry.study_id, entry.wave_id) == ("panel", None)
    assert len(entry.pseudonym) == 64
    text = (project.warehouse / "operations" / "erased.json").read_text()
    assert ID not in text


def test_erasing_again_changes_nothing(project: Project) -> None:
    erase(project, PERSON)
    before = contents(project)
    for people in (PERSON, []):
        done = erase(project, people)
        assert "left here" in done.lines[0]
    after = contents(project)
    runs = {name for name in before.keys() | after.keys() if "operations/" in name}
    assert {name for name in before | after if before.get(name) != after.get(name)} <= runs


@pytest.mark.slow("drill")
@pytest.mark.parametrize(
    "step",
    [
        *("search", "clean_aggregates", "clean_own_texts", "expect_fewer", "remove_rows"),
        *("remove_made_again", "_build", "remove_rows_of_people"),
    ],
)
@pytest.mark.parametrize("is_done", [True, False], ids=["after", "before"])
def test_a_killed_command_goes_on(
    step: str, is_done: bool, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(erasing, step)

    def killed(*arguments: object, **options: object) -> object:
        if is_done:
            real(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, killed)
        with pytest.raises(KeyboardInterrupt):
            erase(project, PERSON)
    # The first search is only for the name; nobody is on the list then.
    erase(project, [] if read_erased(project).people else PERSON)
    assert found_in(project.root, SECRETS) == {}
    waves = (project.codebook / "waves.csv").read_text().splitlines()[1:]
    assert [line.rpartition(",")[2] for line in waves] == ["3", "3"]
    assert read_erased(project).is_done


def test_killed_between_two_files_of_rows(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wavehouse.people.wave_rows import WaveRows

    real, times = WaveRows.remove, []

    def removed(rows: WaveRows, places: set[int]) -> None:
        if times:
            raise KeyboardInterrupt
        times.append(rows)
        real(rows, places)

    with monkeypatch.context() as patch:
        patch.setattr(WaveRows, "remove", removed)
        with pytest.raises(KeyboardInterrupt):
            erase(project, PERSON)
    erase(project, [])
    assert found_in(project.root, SECRETS) == {}


def test_a_dry_run_tells_and_changes_nothing(project: Project) -> None:
    before = contents(project)
    told = "\n".join(plan(project, PERSON).lines)
    assert contents(project) == before
    assert not (project.root.parent / "people.key").exists()
    for path in wave_files(project):
        assert f"{project.relative(path)}: 1 of 4 rows." in told
    for each in kept_releases(project):
        assert f"release {each.release_id}" in told
    assert "wavehouse.duckdb" in told


def test_a_wrong_id_is_refused_whole(project: Project) -> None:
    before = contents(project)
    people = [*PERSON, Respondent("panel", "2031", "id-77")]
    for tried in (plan, erase):
        with pytest.raises(ProblemsError, match="study panel, wave 2031, respondent id-77"):
            tried(project, people)
    assert read_erased(project).people == []
    assert not (project.root.parent / "people.key").exists()
    after = set(contents(project).items() ^ before.items())
    assert all("operations" in name for name, _ in after)


def test_of_one_wave_only(project: Project) -> None:
    erase(project, [Respondent("panel", "2031", ID)])
    left = found_in(project.root, [ID])
    assert set(left) == {"seeds/waves/panel/panel_2030.csv"}
    assert counting_release(project) is not None


def test_a_later_delivery_comes_without_them(project: Project, tmp_path: Path) -> None:
    erase(project, PERSON)
    for wave in (*WAVES, "2032"):
        file = tmp_path / f"{wave}.parquet"
        small_people.land(file, small_people.people_of(6))
        (note,) = leave_out_erased(project, "panel", wave, file)
        assert "1 row" in note
        assert found_in(tmp_path / ".", [ID]) == {}
    file = tmp_path / "other.csv"
    file.write_text("respondent,said\n1,Yes\n")
    (note,) = leave_out_erased(project, "panel", "2032", file)
    assert "does not say yet which column" in note


def test_a_build_refuses_a_file_that_brings_them_back(project: Project) -> None:
    shutil.copytree(project.root / "seeds", project.root.parent / "seeds")
    erase(project, PERSON)
    shutil.copytree(project.root.parent / "seeds", project.root / "seeds", dirs_exist_ok=True)
    problems = erased_in_waves(project, read_codebook(project))
    assert len(problems) == 1
    assert "seeds/waves/panel/panel_2030.csv (study panel, wave 2030): 1 row" in problems[0]
    erase(project, [])
    assert found_in(project.root, SECRETS) == {}


def test_a_restored_project_comes_without_them(project: Project) -> None:
    old = Project(Path(shutil.copytree(project.root, project.root.parent / "old", symlinks=True)))
    erase(project, PERSON)
    lines = replay_erased(old, read_erased(project))
    # A restore has no database and no logs.
    assert found_in(old.root, SECRETS) == {}
    assert any("panel_2030.csv" in line for line in lines)
    assert all(each.parts == ["aggregates"] for each in kept_releases(old))
    assert counting_release(old) is None
    assert replay_erased(old, read_erased(project)) == []


def test_without_the_key_nothing_is_decided(project: Project, tmp_path: Path) -> None:
    erase(project, PERSON)
    key = tmp_path / "people.key"
    right = key.read_text()
    for content, said in ((None, "is not there"), ("abc", "has no key"), ("0" * 64, "another key")):
        if content is None:
            key.unlink()
        else:
            key.write_text(content)
        for tried in (
            lambda: erase(project, []),
            lambda: plan(project, PERSON),
            lambda: erased_in_waves(project, read_codebook(project)),
            lambda: replay_erased(project, read_erased(project)),
        ):
            with pytest.raises(WavehouseError, match=said):
                tried()
    key.write_text(right)
    erase(project, [])


def test_a_key_in_the_project_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(project.root / "key"))
    with pytest.raises(WavehouseError, match="is within the project"):
        erase(project, PERSON)
    assert not (project.root / "key").exists()


def test_a_key_is_for_its_owner_only(project: Project, tmp_path: Path) -> None:
    assert any("is new" in line for line in erase(project, PERSON).left)
    assert (tmp_path / "people.key").stat().st_mode & 0o077 == 0


def test_what_people_wrote_is_named_and_left(project: Project) -> None:
    note = project.root / "docs" / "note.md"
    small_people.write(note, f"One\nWe met one who {small_people.WORDS}\n")
    left = "\n".join(erase(project, PERSON).left)
    assert "docs/note.md, line 2" in left
    assert small_people.WORDS in note.read_text()


def test_deliveries_in_quarantine(project: Project) -> None:
    for name, wave, state in (("d_1", "2030", "taken"), ("d_2", "2031", "accepted")):
        folder = project.warehouse / "quarantine" / name
        known = {"study_id": "panel", "wave_id": wave, "state": state}
        known |= {"faults": [{"detail": f"{WORDS} is no code.", "value": WORDS}]}
        small_people.write(folder / "delivery.json", json.dumps(known))
        small_people.write(folder / "files" / "wave.csv", f"person\n{ID}\n")
    left = "\n".join(erase(project, PERSON).left)
    assert "warehouse/quarantine/d_2: a delivery that waits" in left
    assert set(found_in(project.root, SECRETS)) == {"warehouse/quarantine/d_2/files/wave.csv"}
    assert json.loads((project.warehouse / "quarantine/d_1/delivery.json").read_text())


def deliver(project: Project, wave_id: str, name: str, content: bytes, state: str) -> Delivery:
    """Let a delivery wait in quarantine."""
    quarantine = Quarantine(project)
    with quarantine.arriving() as arriving:
        arriving.place(name).write_bytes(content)
        arriving.files.append(SentFile(name, sha256(content).hexdigest(), len(content)))
        sender = Sender("partners", "k", "panel", wave_id)
        delivery, _ = quarantine.keep(arriving, sender, "")
    return quarantine.decide(delivery, state=state)


def test_deliveries_that_wait_are_declined_if_they_have_somebody(project: Project) -> None:
    header = ",".join(small_people.HEADER)
    theirs, others = f"{header}\n{ID},1,Yes,f\n", f"{header}\nid-2,1,Yes,f\n"
    rows = json.dumps([{"person": ID, "weight": "1"}])
    waiting = [
        deliver(project, "2032", "a.csv", theirs.encode(), "accepted"),
        deliver(project, "2031", "b.json", rows.encode(), "accepted"),
    ]
    fine = deliver(project, "2032", "c.csv", others.encode(), "accepted")
    unread = deliver(project, "2032", "d.csv", others.replace("2", "3").encode(), "received")
    assert sum("would be declined" in line for line in plan(project, PERSON).lines) == 2
    done = erase(project, PERSON)
    assert found_in(project.root, SECRETS) == {}
    assert sum("is declined" in line for line in done.lines) == 2
    quarantine = Quarantine(project)
    for each in waiting:
        known = quarantine.find(each.delivery_id)
        assert known is not None
        assert (known.state, ID in known.note) == ("declined", False)
    for each in (fine, unread):
        known = quarantine.find(each.delivery_id)
        assert known is not None
        assert known.state == each.state
        assert quarantine.paths(known)[0].is_file()
    # One that comes after the erasure is found by looking again.
    deliver(project, "2032", "e.csv", theirs.replace("Yes", "No").encode(), "accepted")
    assert any("is declined" in line for line in erase(project, []).lines)
    assert found_in(project.root, [ID]) == {}


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import small_people
from wavehouse.people import erasing
from wavehouse.people.named import Respondent
from wavehouse.project import Project
project = Project(Path(sys.argv[1]))
erasing._build = lambda project: small_people.release(project, version=3)
print("begins", flush=True)
erasing.erase(project, [Respondent("panel", None, small_people.ID)] if sys.argv[3] else [])
print("done", flush=True)
"""


@pytest.mark.slow("drill")
def test_killed_at_any_moment_it_never_says_that_it_is_done(
    project: Project, tmp_path: Path
) -> None:
    chance = random.Random(20)
    here = str(Path(__file__).parent)
    n_killed = 0
    for number in range(12):
        root = tmp_path / f"copy_{number}" / "project"
        shutil.copytree(project.root, root, symlinks=True)
        tried = Project(root)
        for _ in range(5):
            names = "1" if not read_erased(tried).people else ""
            words = [sys.executable, "-c", KILLED, str(root), here, names]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "begins\n"
                time.sleep(chance.uniform(0, 1.2))
                process.send_signal(signal.SIGKILL)
                ended = process.stdout.read() == "done\n"
            n_killed += not ended
            known = read_erased(tried)
            if known.people and known.is_done:
                assert found_in(root, SECRETS) == {}
        erase(tried, [] if read_erased(tried).people else PERSON)
        assert found_in(root, SECRETS) == {}
        assert read_erased(tried).is_done
        waves = (tried.codebook / "waves.csv").read_text().splitlines()[1:]
        assert [line.rpartition(",")[2] for line in waves] == ["3", "3"]
    assert n_killed > 12


def test_a_build_on_a_server_is_named(project: Project) -> None:
    (project.target / "postgres").mkdir()
    assert any("Left on PostgreSQL" in line for line in erase(project, PERSON).left)


def test_the_command(project: Project, run_command: Run, tmp_path: Path) -> None:
    code, said = run_command(project, "erase", "panel", ID, "--dry-run")
    assert (code, said.startswith("Would go:")) == (0, True)
    file = tmp_path / "people.csv"
    for text, problem in (
        ("study_id\npanel\n", "column respondent_id is missing"),
        ("study_id,respondent_id\npanel,\n", "row 1: study_id or respondent_id is empty"),
        ("study_id,respondent_id\n", "nobody is in it"),
    ):
        file.write_text(text)
        code, said = run_command(project, "erase", "--file", str(file))
        assert (code, problem in said) == (1, True), said
    code, said = run_command(project, "erase", "--file", str(tmp_path / "none.csv"))
    assert (code, "no such file" in said) == (1, True)
    assert run_command(project, "erase", "panel")[0] == 2
    file.write_text(f"study_id,wave_id,respondent_id\npanel,,{ID}\n")
    code, said = run_command(project, "erase", "--file", str(file))
    assert code == 0, said
    assert found_in(project.root, SECRETS) == {}


def test_ids_of_several_columns_are_those_of_the_models() -> None:
    import pyarrow as pa

    table = pa.table({"a": ["1", "1-2", None], "b": ["2-3", "~", "4"]})
    assert ids_of(table, ["a", "b"]) == ["1-2~-3", "1~-2-~~", None]
    assert ids_of(table, ["b"]) == ["2-3", "~", "4"]
    assert ids_of(table, []) == [None] * 3
