"""Encryption at rest where something went wrong: killed, in the way, linked, odd, or leaking."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from planted import found_in
from pyrage import x25519
from small_people import SECRETS
from test_encryption import ROOT, RunCommand, keys, rows_of, small

from wavehouse.building import postgres
from wavehouse.encryption import convert, parquet, seeds
from wavehouse.encryption.databases import connect, is_encrypted
from wavehouse.encryption.key import (
    KEY,
    OUT_OF_LOGS,
    encrypted_for,
    forget_key,
    secret,
    unlock,
    use_key,
)
from wavehouse.encryption.turning import turn_off, turn_on
from wavehouse.errors import WavehouseError
from wavehouse.operations.backups import restic
from wavehouse.operations.backups.repository import open_repository
from wavehouse.operations.backups.restore import restore
from wavehouse.operations.backups.restored_files import damaged_tables
from wavehouse.people import git_history
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse_exchange.landing import load_postgres
from wavehouse_exchange.landing.landed import code_counts, read_landed
from wavehouse_exchange.onboarding import reviewer
from wavehouse_exchange.onboarding.profile import labels_file

__all__ = ["keys", "small"]


class Killed(BaseException):
    """Ends a function where a killed process would have ended."""


# What was about to happen to the first wave when the process was killed.
STEPS = ("land_wave", "_keep_labels", "begin_edit", "take_up_seeds", "generate")


@pytest.mark.parametrize("step", STEPS)
def test_a_seed_is_landed_though_the_command_was_killed(
    town: Project, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand, step: str
) -> None:
    """The wave is neither lost, nor left as text."""
    seed = town.waves / "harbour" / "harbour_2025.csv"
    seed.write_text(seed.read_text().replace("\n1001,", "\nokapi-1001,", 1))
    labels_file(seed).write_text(json.dumps({"sex": {"label": "Gender"}}))
    said = Killed()

    def killed(*_: object, **__: object) -> None:
        raise said

    with monkeypatch.context() as patch:
        patch.setattr(seeds, step, killed)
        # A killed process cleans up nothing.
        patch.setattr(seeds, "take_up_seeds", killed)
        with pytest.raises(Killed):
            turn_on(town)
    code, printed = run_command(town, "encryption", "on")
    assert code == 0, printed
    assert found_in(town.root, ["okapi-1001"]) == {}
    assert not list(town.waves.rglob("*.csv*"))
    assert not labels_file(seed).exists()
    unlock(town)
    landed = read_landed(town, "harbour", "2025")
    assert "okapi-1001" in code_counts(landed, "person")
    column = landed.column("sex")
    assert column is not None
    assert column.column_label == "Gender"
    for words in (("check",), ("generate", "--check")):
        code, printed = run_command(town, *words)
        assert code == 0, printed


def test_a_seed_that_cannot_be_landed_stays(town: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_bytes() for path in town.waves.rglob("*.csv")}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(seeds, "_keep_labels", full)
    with pytest.raises(WavehouseError, match="the disk is full"):
        turn_on(town)
    assert {path: path.read_bytes() for path in town.waves.rglob("*.csv*")} == before


def test_what_killed_commands_have_left_is_removed(small: Project) -> None:
    """Spilled rows, and exports and releases that were not finished, are plain."""
    places = (
        "target/wavehouse.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp",
        "warehouse/exports/.panel.partial/csvw/answers.csv",
        # A copy, in which another version was tried.
        "target/upgrade/project/dbt_project.yml",
        "warehouse/releases/.20260101T000000000000Z.partial/parquet/fct_respondents.parquet",
        "warehouse/history/.release=20260101T000000000000Z.partial/a.parquet",
    )
    for name in places:
        (small.root / name).parent.mkdir(parents=True)
        (small.root / name).write_text(SECRETS[0])
    turn_on(small, keep_seeds=True)
    assert set(found_in(small.root, SECRETS)) == {"seeds/waves/panel/panel_2030.csv"}
    assert not [name for name in places if (small.root / name).exists()]


def test_what_waits_in_the_log_of_an_encrypted_database_stays(small: Project) -> None:
    turn_on(small, keep_seeds=True)
    killed = (
        "import os; from pathlib import Path; from wavehouse.encryption.databases import connect\n"
        f"connection = connect(Path({str(small.working_database)!r}))\n"
        "connection.execute('create table kept as select 1 as one')\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", killed], check=True)
    log = small.working_database.with_name("wavehouse.duckdb.wal")
    assert log.exists()
    turn_on(small, keep_seeds=True)
    with connect(small.working_database, read_only=True) as connection:
        assert connection.execute("from kept").fetchall() == [(1,)]
    turn_off(small)
    assert not small.working_database.exists()
    assert not log.exists()


def test_a_working_database_elsewhere_is_removed_too(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "fast" / "wavehouse.duckdb"
    elsewhere.parent.mkdir()
    shutil.move(small.working_database, elsewhere)
    monkeypatch.setenv("WAVEHOUSE_DATABASE", str(elsewhere))
    turn_on(small, keep_seeds=True)
    assert not elsewhere.exists()


def test_waves_that_are_links_are_encrypted_where_they_lie(small: Project, tmp_path: Path) -> None:
    """A study on another disk, a file on another one, and a link that leads to itself."""
    study, file = tmp_path / "disk", tmp_path / "other" / "answers.parquet"
    shutil.move(small.landing / "panel", study)
    (small.landing / "panel").symlink_to(study)
    file.parent.mkdir()
    shutil.move(study / "2031" / "answers.parquet", file)
    (study / "2031" / "answers.parquet").symlink_to(file)
    (study / "again").symlink_to(study)
    before = rows_of(small)
    turn_on(small, keep_seeds=True)
    assert (small.landing / "panel").is_symlink()
    assert (study / "2031" / "answers.parquet").is_symlink()
    assert parquet.is_encrypted(file)
    assert rows_of(small) == before
    turn_off(small)
    assert not parquet.is_encrypted(file)
    assert rows_of(small) == before


@pytest.mark.parametrize("spaces", [2, 4, 7])
def test_the_public_key_stands_among_other_variables(small: Project, spaces: int) -> None:
    path = small.root / "dbt_project.yml"
    own = f"name: wavehouse\nvars:\n\n  # Mine.\n{' ' * spaces}mine: 1\nflags:\n  x: true\n"
    path.write_text(own)
    recipient = turn_on(small, keep_seeds=True).recipient
    assert encrypted_for(small) == recipient
    assert f"\n{' ' * spaces}encrypted_for: {recipient}\n" in path.read_text()
    turn_off(small)
    assert path.read_text() == own


@pytest.mark.parametrize("variables", ["{mine: 1}", "{}"])
def test_variables_in_another_form_are_refused(small: Project, variables: str) -> None:
    path = small.root / "dbt_project.yml"
    own = f"name: wavehouse\nvars: {variables}\n"
    path.write_text(own)
    with pytest.raises(WavehouseError, match="Write `vars:` on a line of its own"):
        turn_on(small, keep_seeds=True)
    assert path.read_text() == own
    assert not [path for path in small.root.rglob("*.parquet") if parquet.is_encrypted(path)]


def test_a_command_that_began_before_stops(small: Project) -> None:
    """It may have waited for the lock that `on` held, and would go on to write plain files."""
    unlock(small)
    assert secret() is None
    path = small.root / "dbt_project.yml"
    plain = path.read_text()
    path.write_text(f"{plain}vars:\n  encrypted_for: {x25519.Identity.generate().to_public()}\n")
    with pytest.raises(WavehouseError, match="turned on or off meanwhile"):
        secret()
    path.write_text(plain)
    assert secret() is None


def test_a_line_that_was_lost_is_named(small: Project) -> None:
    path = small.root / "dbt_project.yml"
    plain = path.read_text()
    turn_on(small, keep_seeds=True)
    path.write_text(plain)
    unlock(small)
    with pytest.raises(WavehouseError, match=r"dbt_project.yml has no line `encrypted_for`"):
        rows_of(small)


def test_a_key_in_small_letters_is_the_same(small: Project, keys: Path) -> None:
    turn_on(small, keep_seeds=True)
    before = rows_of(small)
    keys.write_text(keys.read_text().lower())
    unlock(small)
    assert rows_of(small) == before


def test_where_the_key_lies_is_said_each_time(
    small: Project, keys: Path, run_command: RunCommand
) -> None:
    """A run that made it may have been killed before it said so."""
    for number in range(2):
        code, printed = run_command(small, "encryption", "on", "--keep-seeds")
        assert code == 0, printed
        assert str(keys) in printed, number


Started = Callable[[Project], object]
PROGRAMS: dict[str, tuple[str, Started]] = {
    "restic": ("restic", lambda _: restic.refuse_old_restic()),
    "backup": (
        "restic",
        lambda project: restic.Restic("repository", project.root / "x")._environment(),
    ),
    "pg_config": ("pg_config", lambda _: postgres.find_binaries()),
    "postgres": (
        "initdb",
        lambda project: postgres._run([shutil.which("initdb") or ""], project.root, None),
    ),
    "history": (
        "git",
        lambda project: git_history.files_in_git(project, [project.root / "a.csv"]),
    ),
    "reviewer": ("git", reviewer._name_in_git),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_others_get_no_key(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Among them are servers that run on, and programs that start others."""
    program, start = PROGRAMS[name]
    seen = tmp_path / "seen"
    place = tmp_path / "bin" / program
    place.parent.mkdir()
    place.write_text(f"#!/bin/sh\nenv > {seen}\n")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")
    key = str(x25519.Identity.generate())
    use_key(key)
    said = start(small)
    if isinstance(said, dict):
        assert not {KEY, OUT_OF_LOGS} & said.keys()
    else:
        assert "PATH=" in seen.read_text()
        assert key not in seen.read_text()


def test_views_of_an_earlier_release_open_with_what_is_shown(
    small: Project, run_command: RunCommand
) -> None:
    assert "add_parquet_key" not in run_command(small, "as-of", "current")[1]
    turn_on(small, keep_seeds=True)
    code, printed = run_command(small, "as-of", "current")
    assert code == 0, printed
    assert "`wavehouse encryption show --key`" in printed
    (pragma,) = [
        line.strip()
        for line in run_command(small, "encryption", "show", "--key")[1].splitlines()
        if "pragma" in line
    ]
    (views,) = (small.warehouse / "as_of").glob("*.duckdb")
    with duckdb.connect(str(views), read_only=True) as connection:
        connection.execute(pragma)
        assert connection.execute("select count(*) from marts.fct_respondents").fetchall()


def test_the_wave_of_a_draft_is_not_left_as_text(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    """Before its draft is applied the codebook knows nothing of it."""
    file = tmp_path / "wave.csv"
    rows = (town.waves / "harbour" / "harbour_2025.csv").read_text()
    file.write_text(rows.replace("\n1001,", "\n90001,", 1))
    run_command(town, "add-wave", "harbour", "2026", str(file))
    seed = "seeds/waves/harbour/harbour_2026.csv"
    assert (town.root / seed).is_file()
    code, printed = run_command(town, "encryption", "on")
    assert code == 1
    assert f"{seed}: of no wave that the codebook has as a seed" in printed
    assert encrypted_for(town) is None
    code, printed = run_command(town, "encryption", "on", "--keep-seeds")
    assert code == 0, printed
    assert seed in printed


def test_dbt_tells_the_key_to_no_screen_and_no_log(tmp_path: Path) -> None:
    """`dbt debug` prints all settings of a connection."""
    (tmp_path / "dbt_project.yml").write_text("name: wavehouse\nprofile: wavehouse\n")
    (tmp_path / "target").mkdir()
    key = str(x25519.Identity.generate())
    words = [Path(sys.executable).with_name("dbt"), "debug", "--connection"]
    words += ["--project-dir", tmp_path, "--profiles-dir", ROOT]

    def run(**keys: str) -> str:
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env={**os.environ, **keys},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    said = run(WAVEHOUSE_KEY=key)
    assert f"'{OUT_OF_LOGS}'" in said
    assert found_in(tmp_path, [key]) == {}
    assert key not in said
    said = run(WAVEHOUSE_KEY=key, DBT_ENV_SECRET_WAVEHOUSE_KEY=key)
    assert "Connection test: [" in said
    assert "'encryption_key': '*****'" in said
    assert key not in said
    assert found_in(tmp_path, [key]) == {}
    assert is_encrypted(tmp_path / "target" / "wavehouse.duckdb")


@pytest.mark.slow("server")
def test_rows_reach_postgresql_by_no_file(
    postgres_server: postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers arrive as they are, and no folder for temporary files is needed on the way."""
    use_key(str(x25519.Identity.generate()))
    said = [
        "",
        None,
        'a "quoted", long\r\nanswer',
        "x" * 2_000_000,
        "\\N",
        *map(str, range(70_000)),
    ]
    parquet.write_table(pa.table({"said": said}), tmp_path / "a.parquet")
    rows = f"from {parquet.source(tmp_path / 'a.parquet')}"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with (
        closing(postgres.connect_to_target(postgres_server.environment)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("create temporary table t (n serial, said text)")
        load_postgres._copy(cursor, rows, "t (said)")
        cursor.execute("select said from t order by n")
        assert [value for (value,) in cursor.fetchall()] == said
        for wrong, error in (
            ("select error('row 7 is damaged')", "row 7 is damaged"),
            (f"{rows}, range(100)", "extra data after last expected column"),
        ):
            with pytest.raises(Exception, match=error):
                load_postgres._copy(cursor, wrong, "t (said)")
            connection.rollback()
            cursor.execute("create temporary table t (said text)")


def test_a_conversion_that_failed_leaves_nothing_beside(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is written when the disk is full has a log, with rows in it."""
    turn_on(small, keep_seeds=True)
    database = (small.warehouse / "current" / "wavehouse.duckdb").resolve()
    before = set(database.parent.rglob("*"))

    def full(path: Path, *_: object) -> None:
        path.with_name(f".{path.name}{convert.PARTIAL}.wal").write_text(SECRETS[0])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(convert, "_compare", full)
    with pytest.raises(OSError, match="No space"):
        convert.convert_database(database, encrypted=False)
    assert set(database.parent.rglob("*")) == before
    assert is_encrypted(database)


@pytest.mark.parametrize("has_key", [True, False])
def test_a_backup_comes_back_on_an_empty_machine(
    small: Project,
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_command: RunCommand,
    has_key: bool,
) -> None:
    """Nothing is taken for damaged because there is no key; with it, what is damaged is found."""
    monkeypatch.setenv("RESTIC_PASSWORD", "secret")
    turn_on(small, keep_seeds=True)
    before = rows_of(small)
    kept = keys.rename(keys.with_suffix(".kept"))
    if has_key:
        shutil.copyfile(kept, keys)
    for words in (("backup",), ("restore", str(tmp_path / "repository"), str(tmp_path / "back"))):
        forget_key()
        code, printed = run_command(small, *words)
        assert code == 0, printed
        assert "damaged" not in printed
    restored = Project(tmp_path / "back")
    shutil.copyfile(kept, keys)
    unlock(restored)
    assert rows_of(restored) == before
    assert damaged_tables(restored) == []
    table = kept_releases(restored)[0].table("fct_respondents")
    assert table is not None
    table.chmod(0o600)
    table.write_bytes(b"PARE" + b"x" * 500)
    assert restored.relative(table) in damaged_tables(restored)
    keys.unlink()
    forget_key()
    unlock(restored)
    assert damaged_tables(restored) == []


def test_a_restore_within_a_project_leaves_its_key(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    """A drill restores beside, also a backup of before the project was encrypted."""
    monkeypatch.setenv("RESTIC_PASSWORD", "secret")
    code, printed = run_command(small, "backup")
    assert code == 0, printed
    turn_on(small, keep_seeds=True)
    unlock(small)
    key = secret()
    assert key is not None
    _, repository = open_repository(small)
    place = tmp_path / "drill"
    restore(repository, place)
    assert encrypted_for(Project(place)) is None
    shutil.rmtree(place)
    assert secret() == key
