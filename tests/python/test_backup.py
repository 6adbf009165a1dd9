"""Backups and restores, with restic itself: nothing is lost or mixed, and errors say what to do."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import backups
import pytest
from backups import check_whole, command, described, fill, land, landed_version, release, run

from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.backups.backup import SHARES, backup
from wavehouse.operations.backups.backup_contents import DELIVERED, PROJECT, RELEASE
from wavehouse.operations.backups.backup_state import note_backups, read_backups
from wavehouse.operations.backups.keeping import forget_old
from wavehouse.operations.backups.restic import INSTALL, Restic
from wavehouse.operations.backups.restore import restore
from wavehouse.operations.configuration import Backup, Keep
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse.publishing.releases import counting_release

Run = Callable[..., tuple[int, str]]
StartProcess = Callable[..., "subprocess.Popen[bytes]"]

pytestmark = pytest.mark.slow("restic")
# So long a test waits for something that another process is about to do.
PATIENCE = 120
# What a restored project has besides, and what is not backed up.
OF_THE_RESTORE = ("warehouse/operations/",)
NOT_BACKED_UP = ("target", ".venv", "logs", "keys", "warehouse/docs", "warehouse/.", ".wavehouse")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with three releases, backed up once; only to be copied."""
    assert shutil.which("restic"), INSTALL
    root = tmp_path_factory.mktemp("made") / "project"
    root.mkdir()
    (root / "dbt_project.yml").write_text("name: wavehouse\n")
    project = Project(root)
    fill(project)
    for version in (1, 2, 3):
        release(project, version)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESTIC_PASSWORD", backups.PASSWORD)
        backup(project)
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, with its repository beside it, to work in."""
    for name in ("RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND", "RESTIC_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESTIC_PASSWORD", backups.PASSWORD)
    # By the id of a repository; that of a copy is the same.
    monkeypatch.setenv("RESTIC_CACHE_DIR", str(tmp_path / "cache"))
    shutil.copytree(made.root, tmp_path / "project", symlinks=True)
    shutil.copytree(made.root.parent / "repository", tmp_path / "repository")
    return Project(tmp_path / "project")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where to restore to."""
    return tmp_path / "restored"


def parts(project: Project) -> list[str]:
    """Give the parts of all snapshots in the repository."""
    return [each.part for each in backups.repository_of(project).snapshots()]


def wait_for(condition: Callable[[], object], process: "subprocess.Popen[bytes]") -> None:
    """Wait until something is so, or a process ended."""
    until = time.monotonic() + PATIENCE
    while not condition() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.002)


def test_what_is_restored_is_what_was_backed_up(project: Project, folder: Path) -> None:
    restored = restore(backups.repository_of(project), folder)
    assert restored.lacks == []
    before, after = described(project.root), described(folder)
    differing = {
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and not name.startswith(OF_THE_RESTORE)
    }
    assert {name for name in differing if not name.startswith(NOT_BACKED_UP)} == set()
    assert not {name for name in after if name.startswith(NOT_BACKED_UP)}
    assert "warehouse/operations/runs/20310101T000000000000Z-build.json" in after
    assert (check_whole(restored.project), landed_version(restored.project)) == (3, 1)
    for name in ("current", "wavehouse.duckdb", "parquet"):
        assert (folder / "warehouse" / name).is_symlink()
    assert (folder / "warehouse/current/wavehouse.duckdb").stat().st_mode & 0o222 == 0
    assert [each.live for each in kept_releases(restored.project)] == ["", "previous", "current"]
    assert all(each.parts == ["aggregates", "microdata"] for each in kept_releases(project))


def test_each_content_is_on_the_disk_once_again(project: Project, folder: Path) -> None:
    restored = restore(backups.repository_of(project), folder)
    for original, copy in zip(kept_releases(project), kept_releases(restored.project), strict=True):
        for ours, theirs in zip(original.files(), copy.files(), strict=True):
            # Copying the project in this test has parted what publishing had linked.
            assert theirs.stat().st_nlink == 2 if copy.live else 1, theirs
            assert ours.read_bytes() == theirs.read_bytes()


def test_a_restored_project_goes_on(project: Project, folder: Path) -> None:
    restored = restore(backups.repository_of(project), folder).project
    assert read_backups(restored)["restored"]["backup_id"]
    release(restored, 4)
    assert check_whole(restored) == 4
    # It knows the repository, so it need not take it over.
    made = backup(restored)
    assert made.facts["n_kept"] == 1
    assert [row["command"] for row in records(restored)] == ["restore", "backup"]


def records(project: Project) -> list[dict[str, str]]:
    """Give the records of runs that commands of this test wrote."""
    paths = sorted((project.warehouse / "operations/runs").glob("2*.json"))
    return [row for path in paths if (row := json.loads(path.read_text())).get("command")]


def test_the_repository_shows_nothing(project: Project) -> None:
    for path in (project.root.parent / "repository").rglob("*"):
        assert not path.is_file() or backups.SECRET not in path.read_bytes()
    texts = [path for path in project.root.rglob("*") if path.is_file()]
    assert not [path for path in texts if backups.PASSWORD.encode() in path.read_bytes()]


def test_a_second_backup_adds_what_changed(project: Project, folder: Path) -> None:
    backups.write(project, "seeds/codebook/waves.csv", "study_id,wave_id\npanel,2032\n")
    land(project, 2)
    release(project, 4)
    made = backup(project)
    assert parts(project).count(RELEASE) == 4
    # The earlier ones of this day go, so that one is kept.
    assert (parts(project).count(PROJECT), parts(project).count(DELIVERED)) == (1, 1)
    assert made.facts["n_kept"] == 1
    known = read_backups(project)
    assert known["n_backups"] == 2
    assert known["last"] == made.facts
    restored = restore(backups.repository_of(project), folder).project
    assert (check_whole(restored), landed_version(restored)) == (4, 2)


def test_no_password_and_a_wrong_one(
    project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    monkeypatch.delenv("RESTIC_PASSWORD")
    code, said = run_command(project, "backup")
    assert code == 1
    assert "The backup repository has no password. Set RESTIC_PASSWORD_FILE" in said
    assert "has no password" in read_backups(project)["failed"]["message"]
    monkeypatch.setenv("RESTIC_PASSWORD", "another")
    code, said = run_command(project, "restore", str(project.root / "../repository"), str(folder))
    assert code == 1
    assert "The password is not that of the repository." in said
    assert not folder.exists()


def test_the_password_may_be_in_a_file(
    project: Project, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESTIC_PASSWORD")
    (tmp_path / "password").write_text(backups.PASSWORD)
    text = "backup:\n  repository: ../repository\n  password_file: ../password\n"
    backups.write(project, "operations.yml", text)
    backup(project)
    place = str(project.root.parent / "repository")
    done = run(project, "restore", place, str(folder), "--password-file", f"{tmp_path}/password")
    assert done.returncode == 0, done.stderr
    assert "All have the checksums that they had." in done.stdout
    assert f"  cd {folder}\n  make " in done.stdout


def test_a_restore_overwrites_nothing(project: Project, folder: Path) -> None:
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(WavehouseError, match="is there already and not empty"):
        restore(backups.repository_of(project), folder)
    assert [path.name for path in folder.iterdir()] == ["mine"]


def test_a_restore_that_fails_leaves_nothing(project: Project, folder: Path) -> None:
    folder.mkdir()
    for pack in (project.root.parent / "repository/data").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            content = bytearray(pack.read_bytes())
            # The end has the directory of a pack; what is before it are the data.
            content[10] ^= 1
            pack.write_bytes(content)
    with pytest.raises(WavehouseError, match="Files of the repository are damaged"):
        restore(backups.repository_of(project), folder)
    assert list(folder.iterdir()) == []


def test_a_killed_restore_is_begun_anew(
    project: Project, folder: Path, start_process: StartProcess
) -> None:
    words = ("restore", str(project.root.parent / "repository"), str(folder))
    process = start_process(command(project, *words))
    wait_for(lambda: list(folder.glob(".*.partial/*")), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "dbt_project.yml").exists()
    assert run(project, *words).returncode == 0
    assert check_whole(Project(folder)) == 3
    assert not list(folder.glob(".wavehouse-restore*"))


def damage(path: Path) -> None:
    """Change a byte of a file, and nothing that a listing shows."""
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(0o444)


def test_files_that_were_damaged_since_are_told_and_earlier_ones_restored(
    project: Project, folder: Path, run_command: Run
) -> None:
    live = (project.warehouse / "current").resolve() / "wavehouse.duckdb"
    kept = kept_releases(project)[0].table("fct_answers")
    assert kept
    damage(live)
    damage(kept)
    land(project, 2)
    code, said = run_command(project, "backup")
    assert code == 1
    assert "was made. These files never change, and did: they are damaged" in said
    names = sorted(project.relative(path) for path in (live, kept))
    assert [f"  - {name}" for name in names] == said.splitlines()[-2:]
    assert "never change, and did" in read_backups(project)["failed"]["message"]
    # What is new is backed up all the same, with the release as it was.
    restored = restore(backups.repository_of(project), folder).project
    assert (check_whole(restored), landed_version(restored)) == (3, 2)
    assert kept_releases(restored)[0].table("fct_answers") is None


def test_a_table_that_was_damaged_before_the_first_backup_is_told(
    project: Project, run_command: Run
) -> None:
    release(project, 4)
    damaged = kept_releases(project)[-1].table("fct_people")
    assert damaged
    damage(damaged)
    code, said = run_command(project, "backup")
    assert code == 1
    name = project.relative(damaged)
    live = f"warehouse/releases/{counting_release(project)}/parquet/fct_people.parquet"
    assert said.splitlines()[-2:] == [f"  - {name}", f"  - {live}"]


@pytest.mark.parametrize("words", [{"at": "2020-01-01"}, {"snapshot": "nothing"}])
def test_a_backup_that_is_not_there_is_told(
    project: Project, folder: Path, words: dict[str, str]
) -> None:
    with pytest.raises(WavehouseError, match=r"No backup(s are called| that is kept was made)"):
        restore(backups.repository_of(project), folder, **words)
    assert not folder.exists()


def test_an_earlier_backup_is_restored_by_its_id_and_by_a_time(
    project: Project, folder: Path
) -> None:
    text = "backup:\n  repository: ../repository\n  keep: {daily: all}\n"
    first = read_backups(project)["last"]["backup_id"]
    repository = backups.repository_of(project)
    # A part of the same day would go; this one is of the day before.
    backups.write(project, "operations.yml", text)
    land(project, 2)
    with forgetting_nothing():
        backup(project)
    assert landed_version(restore(repository, folder, snapshot=first).project) == 1
    backups.remove(folder)
    assert landed_version(restore(repository, folder).project) == 2
    backups.remove(folder)
    moment = repository.snapshots(part=PROJECT)[0].time.isoformat()
    assert landed_version(restore(repository, folder, at=moment).project) == 1


class forgetting_nothing:  # noqa: N801 - used as a statement
    """Make backups that take no earlier one away, as those of several days would not."""

    def __enter__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("wavehouse.operations.backups.backup.forget_old", lambda *_: (0, 1))

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


def test_a_backup_of_which_rows_of_people_are_gone_has_the_aggregates(
    project: Project, folder: Path
) -> None:
    repository = backups.repository_of(project)
    repository.forget([each for each in repository.snapshots() if each.part != PROJECT])
    restored = restore(repository, folder)
    assert len(restored.lacks) == 5, restored.lacks
    assert [each.parts for each in kept_releases(restored.project)] == [["aggregates"]] * 3
    assert not (folder / "warehouse/current").is_symlink()
    assert not (folder / "landing").exists()
    assert not (folder / "seeds/waves/panel/panel_2030.csv").exists()
    assert (folder / "seeds/codebook/waves.csv").exists()
    release(restored.project, 5)
    assert check_whole(restored.project) == 5


def test_which_backups_stay(project: Project) -> None:
    repository = backups.repository_of(project)
    days = ["2031-01-01", "2031-03-01", "2031-03-30", "2031-03-31"]
    for part in (PROJECT, DELIVERED):
        for day in days:
            tags = f"wavehouse,project:wavehouse,backup:{day},part:{part}"
            words = ("--time", f"{day} 06:00:00", "--tag", tags)
            repository.run("backup", *words, "models", cwd=project.root)
    settings = Backup(repository="x", keep=Keep(daily=2, weekly=0, monthly=2, yearly=0))
    backups.write(project, "releases.yml", RELEASES)
    newest = read_backups(project)["last"]["backup_id"]
    gone, kept = forget_old(project, settings, repository, newest)
    stay = {
        part: [each.backup_id for each in repository.snapshots(part=part)]
        for part in (PROJECT, DELIVERED)
    }
    # Of the months with backups two stay. The newest one does, though its clock was years behind.
    assert stay[PROJECT] == ["2031-01-01", "2031-03-30", "2031-03-31", newest]
    assert stay[DELIVERED] == ["2031-03-31", newest]
    assert (gone, kept) == (1 + 3 + 1, 4)
    # What releases.yml keeps of releases is there: the two that count.
    assert parts(project).count(RELEASE) == 2


RELEASES = """
aggregates: {days: 92, years: all}
microdata: {days: 0}
"""


def test_the_last_backup_is_the_last_whatever_the_clock_said(
    project: Project, folder: Path
) -> None:
    repository = backups.repository_of(project)
    known = repository.snapshots(part=PROJECT)[0]
    tags = f"wavehouse,project:wavehouse,backup:y,number:{known.number - 1},part:project"
    words = ("backup", "--time", "2099-01-01 06:00:00", "--tag", tags, "models")
    repository.run(*words, cwd=project.root)
    assert restore(repository, folder).backup_id == known.backup_id


def test_a_repository_that_cannot_be_written_can_be_read(
    project: Project, folder: Path, small_disk: Path
) -> None:
    place = small_disk / "repository"
    shutil.copytree(project.root.parent / "repository", place)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert check_whole(restore(Restic(str(place)), folder).project) == 3
    backups.write(project, "operations.yml", f"backup:\n  repository: {place}\n")
    with pytest.raises(WavehouseError, match="cannot be written: the disk is read-only"):
        backup(project)


def test_rows_of_people_of_a_release_go_with_releases_yml(project: Project) -> None:
    repository = backups.repository_of(project)
    newest = kept_releases(project)[-1].published_at
    for days in (10, 40):
        name = f"{newest.fromordinal(newest.toordinal() - days):%Y%m%dT000000000000}Z"
        tags = f"wavehouse,project:wavehouse,backup:x,part:release,release:{name}"
        repository.run("backup", "--tag", tags, "models", cwd=project.root)
    assert parts(project).count(RELEASE) == 5
    backup(project)
    left = {each.tags["release"] for each in repository.snapshots(part=RELEASE)}
    assert len(left) == 4
    assert min(left) >= f"{newest.fromordinal(newest.toordinal() - 30):%Y%m%d}"


def test_a_history_that_was_lost_takes_nothing_from_the_backups(project: Project) -> None:
    shutil.rmtree(project.warehouse / "history")
    release(project, 9)
    backup(project)
    assert parts(project).count(RELEASE) == 4


def test_a_publish_does_not_wait_for_a_backup(
    project: Project, folder: Path, start_process: StartProcess
) -> None:
    process = start_process(command(project, "backup"))
    wait_for(
        lambda: (project.warehouse / ".backup/project/wavehouse-backup.json").exists(), process
    )
    wait_for(lambda: restic_of(process), process)
    held = restic_of(process)
    os.kill(held, signal.SIGSTOP)
    try:
        for version in (4, 5, 6):
            release(project, version)
            land(project, version)
    finally:
        os.kill(held, signal.SIGCONT)
    assert process.wait(timeout=PATIENCE) == 0
    restored = restore(backups.repository_of(project), folder).project
    # All of it is of the moment when the backup began.
    assert (check_whole(restored), landed_version(restored)) == (3, 1)


def restic_of(process: "subprocess.Popen[bytes]") -> int:
    """Give the number of the restic that a process runs now; 0 if it runs none."""
    for task in Path("/proc").glob("[0-9]*"):
        try:
            status = (task / "stat").read_text().rpartition(")")[2].split()
            if int(status[1]) == process.pid and "restic" in (task / "comm").read_text():
                return int(task.name)
        except (OSError, IndexError):
            continue
    return 0


@pytest.mark.slow("drill")
def test_backups_beside_publishes_and_landings_are_never_mixed(
    project: Project, folder: Path
) -> None:
    over = threading.Event()
    versions: list[int] = []

    def go_on() -> None:
        version = 10
        while not over.is_set():
            release(project, version)
            land(project, version)
            versions.append(version)
            version += 1
            # A lock that is let go and taken again at once would never be another's, and each
            # release is restored by itself.
            time.sleep(4)

    others = threading.Thread(target=go_on, daemon=True)
    others.start()
    try:
        for _ in range(2):
            done = run(project, "backup")
            assert done.returncode == 0, done.stderr
            # In a process of its own, as the publishing is in this one.
            done = run(project, "restore", str(project.root.parent / "repository"), str(folder))
            assert done.returncode == 0, done.stderr
            restored = Project(folder)
            published, landed = check_whole(restored), landed_version(restored)
            # The wave of a version is landed after its publish.
            assert published - landed in (0, 1) or (published, landed) == (3, 1)
            backups.remove(folder)
    finally:
        over.set()
        others.join(timeout=PATIENCE)
    assert len(versions) > 2


def test_two_backups_at_once_follow_each_other(
    project: Project, start_process: StartProcess
) -> None:
    both = [start_process(command(project, "backup"), stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Waiting for another backup to finish." in each for each in said) == 1
    assert read_backups(project)["n_backups"] == 3


# What a backup leaves on its way, each a moment to be killed at.
MOMENTS: dict[str, Callable[[Path, Path], object]] = {
    "the picture": lambda root, _: (root / "warehouse/.backup").exists(),
    "the list": lambda root, _: (root / "warehouse/.backup/project/wavehouse-backup.json").exists(),
    "a lock": lambda root, at: (
        (root / "warehouse/.backup/project/wavehouse-backup.json").exists()
        and list((at / "locks").iterdir())
    ),
    "a snapshot": lambda _, at: len(list((at / "snapshots").iterdir())) > 5,
    "all snapshots": lambda _, at: len(list((at / "snapshots").iterdir())) > 7,
    "the check": lambda root, at: (
        len(list((at / "snapshots").iterdir())) > 7
        and not (root / "warehouse/.backup").exists()
        and list((at / "locks").iterdir())
    ),
}


@pytest.mark.slow("drill")
# Whether restic dies with it or goes on alone comes in turn, as each takes half a minute.
@pytest.mark.parametrize(
    ("moment", "with_restic"), [(moment, n % 2 == 0) for n, moment in enumerate(MOMENTS)]
)
def test_a_killed_backup_is_in_nobodys_way(
    project: Project, folder: Path, start_process: StartProcess, moment: str, with_restic: bool
) -> None:
    release(project, 4)
    land(project, 4)
    process = start_process(command(project, "backup"))
    place = project.root.parent / "repository"
    wait_for(lambda: MOMENTS[moment](project.root, place), process)
    if with_restic:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    restored = restore(backups.repository_of(project), folder).project
    assert (check_whole(restored), landed_version(restored)) in ((3, 1), (4, 4))
    backups.remove(folder)
    made = backup(project)
    assert made.facts["n_kept"] == 1
    restored = restore(backups.repository_of(project), folder).project
    assert (check_whole(restored), landed_version(restored)) == (4, 4)
    assert not (project.warehouse / ".backup").exists()


def test_a_backup_that_is_ended_leaves_no_picture_and_no_lock_that_holds(
    project: Project, start_process: StartProcess
) -> None:
    process = start_process(command(project, "backup"))
    place = project.root.parent / "repository"
    wait_for(lambda: MOMENTS["a lock"](project.root, place), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGTERM
    assert not (project.warehouse / ".backup").exists()
    assert [row.get("status") for row in records(project)] == ["passed", "stopped"]
    # restic that is ended while it writes its lock leaves it; the next backup takes it away.
    backup(project)
    assert [path for path in (place / "locks").iterdir() if "-tmp-" not in path.name] == []


def test_a_lock_whose_holder_lives_is_respected(
    project: Project, start_process: StartProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    place = project.root.parent / "repository"
    environment = {**os.environ, "RESTIC_REPOSITORY": str(place)}
    words = ["restic", "backup", "--stdin"]
    holder = start_process(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_for(lambda: list((place / "locks").iterdir()), holder)
    with pytest.raises(WavehouseError, match="Another program uses the repository"):
        Restic(str(place), patience=1).run("check")
    assert list((place / "locks").iterdir())
    assert holder.stdin
    threading.Timer(4, holder.stdin.close).start()
    backup(project)
    assert "Waiting for another program that uses the repository." in capsys.readouterr().err


def test_a_repository_that_is_gone_is_not_made_anew(project: Project, run_command: Run) -> None:
    place = project.root.parent / "repository"
    place.rename(place.with_name("unmounted"))
    code, said = run_command(project, "backup")
    assert code == 1
    assert "There is no repository there, or it cannot be reached. Mount the disk" in said
    assert not place.exists()
    assert "no repository there" in read_backups(project)["failed"]["message"]
    place.with_name("unmounted").rename(place)
    backup(project)
    assert "failed" not in read_backups(project)


def test_another_repository_is_taken_only_when_that_is_said(
    project: Project, run_command: Run
) -> None:
    place = project.root.parent / "repository"
    shutil.rmtree(place)
    Restic(str(place)).run("init")
    code, said = run_command(project, "backup")
    assert code == 1
    assert "is another repository than that of the last backup" in said
    shutil.rmtree(place)
    code, said = run_command(project, "backup", "--new-repository")
    assert code == 0, said
    assert "Made a new repository" in said
    assert sorted(set(parts(project))) == [DELIVERED, PROJECT, RELEASE]


def test_backups_made_elsewhere_are_not_gone_on_with_unasked(
    project: Project, run_command: Run
) -> None:
    (project.warehouse / "operations/backups.json").unlink()
    code, said = run_command(project, "backup")
    assert code == 1
    assert "has backups of wavehouse that were not made from here" in said
    code, said = run_command(project, "backup", "--take-over")
    assert code == 0, said


def test_two_projects_do_not_share_a_repository(project: Project, run_command: Run) -> None:
    Restic(str(project.root.parent / "repository")).run(
        *("backup", "--tag", "wavehouse,project:panel,backup:x,part:project", "models"),
        cwd=project.root,
    )
    code, said = run_command(project, "backup")
    assert code == 1
    assert "has backups of panel. Take a repository for each project." in said


def pack_with_data(project: Project) -> Path:
    """Give the largest file of data in the repository."""
    packs = (project.root.parent / "repository/data").rglob("*")
    return max((path for path in packs if path.is_file()), key=lambda path: path.stat().st_size)


def test_a_damaged_file_of_the_repository_is_found_in_turn(
    project: Project, run_command: Run
) -> None:
    pack = pack_with_data(project)
    pack.chmod(0o600)
    content = bytearray(pack.read_bytes())
    content[100] ^= 1
    pack.write_bytes(content)
    turn = int(pack.name[:2], 16) % SHARES
    note_backups(project, n_backups=turn)
    code, said = run_command(project, "backup")
    assert code == 1
    assert "Files of the repository are damaged. The project itself is not." in said
    assert "back-up-and-restore.md" in said
    # Nothing is taken away from a repository that is damaged.
    assert parts(project).count(PROJECT) == 2


def test_a_missing_file_of_the_repository_is_found_at_once(
    project: Project, run_command: Run
) -> None:
    pack_with_data(project).unlink()
    code, said = run_command(project, "backup")
    assert code == 1
    assert "Files of the repository are damaged" in said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes, which root may have."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_leaves_the_earlier_backups(
    project: Project, folder: Path, small_disk: Path, run_command: Run
) -> None:
    text = f"backup:\n  repository: {small_disk}/repository\n"
    backups.write(project, "operations.yml", text)
    code, said = run_command(project, "backup", "--new-repository")
    assert code == 0, said
    backups.write(project, "landing/panel/2032/answers.parquet", os.urandom(8_000_000))
    code, said = run_command(project, "backup")
    assert code == 1
    assert "The disk of the repository is full. Make room there" in said
    restored = restore(Restic(f"{small_disk}/repository"), folder).project
    assert (check_whole(restored), landed_version(restored)) == (3, 1)
    shutil.rmtree(project.landing / "panel/2032")
    code, said = run_command(project, "backup")
    assert code == 0, said


def test_a_disk_too_small_for_a_restore_is_told_before(project: Project, small_disk: Path) -> None:
    backups.write(project, "landing/panel/2032/answers.parquet", os.urandom(8_000_000))
    backup(project)
    with pytest.raises(WavehouseError, match=r"free, and the backup needs .* Make room"):
        restore(backups.repository_of(project), small_disk / "restored")
    assert list(small_disk.iterdir()) == []


def test_a_publish_that_runs_is_waited_for(project: Project, start_process: StartProcess) -> None:
    with only_one(project.warehouse / ".publish.lock", "publish"):
        process = start_process(command(project, "backup"), stderr=subprocess.PIPE)
        assert process.stderr
        line = process.stderr.readline()
        assert line == b"Waiting for another publish to finish.\n"
    assert process.wait(timeout=PATIENCE) == 0


def test_a_file_that_is_written_all_the_time_is_named(project: Project) -> None:
    large = backups.write(project, "data/raw.bin", os.urandom(17_000_000))
    over = threading.Event()

    def write_on() -> None:
        with large.open("r+b") as file:
            while not over.is_set():
                file.write(b"x")
                file.flush()

    writer = threading.Thread(target=write_on, daemon=True)
    writer.start()
    try:
        with pytest.raises(WavehouseError, match=r"No backup was made: data/raw\.bin "):
            backup(project)
    finally:
        over.set()
        writer.join()


def test_what_must_not_come_back_does_not(project: Project, folder: Path) -> None:
    releases = [each.release_id for each in kept_releases(project)]
    first = read_backups(project)["last"]["backup_id"]
    entries = [
        {"path": "landing/panel/2031", "since": "2031-05-01"},
        {"release": releases[0], "part": "microdata"},
    ]
    backups.write(project, "warehouse/operations/forgotten.json", json.dumps(entries))
    with forgetting_nothing():
        backup(project)
    # An earlier backup, too: the list of the last one counts.
    restored = restore(backups.repository_of(project), folder, snapshot=first)
    assert len(restored.lacks) == 2, restored.lacks
    assert not (folder / "landing/panel/2031").exists()
    assert [each.parts for each in kept_releases(restored.project)] == [
        ["aggregates"],
        ["aggregates", "microdata"],
        ["aggregates", "microdata"],
    ]
    # And the next backup takes the rows out of the repository.
    backup(project)
    left = [each.tags["release"] for each in backups.repository_of(project).snapshots(part=RELEASE)]
    assert left == releases[1:]
