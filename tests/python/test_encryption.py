"""Encryption at rest: the key, files that are opened with it, and turning it on and off.

`test_encryption_builds.py` has what needs dbt.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from partners import as_csv, delivering, keys_of, next_wave, settled, state_of
from planted import found_in
from pyrage import decrypt, x25519
from small_people import ID, SECRETS, WEIGHT, WORDS, make_small, release
from small_server import PATIENCE

from wavehouse.encryption import databases, parquet
from wavehouse.encryption.key import (
    COMMAND,
    FILE,
    KEY,
    LOCKED,
    OUT_OF_LOGS,
    UNUSED,
    encrypted_for,
    forget_key,
    unlock,
    use_key,
)
from wavehouse.encryption.sealed import open_file, seal_files
from wavehouse.encryption.turning import turn_off, turn_on
from wavehouse.errors import WavehouseError
from wavehouse.people import erasing
from wavehouse.people.erasing import erase
from wavehouse.people.named import Respondent
from wavehouse.people.pseudonyms import SETTING as PEOPLE_KEY
from wavehouse.project import Project
from wavehouse.publishing.history import describe_content, kept_releases
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.landed import code_counts, read_landed
from wavehouse_exchange.receiving.quarantine import Quarantine
from wavehouse_exchange.serving import server

RunCommand = Callable[..., tuple[int, str]]
ROOT = Path(__file__).parents[2]
KILLS = 12


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the key lie in a folder of the test, and no other process know it."""
    for name in (KEY, OUT_OF_LOGS, LOCKED, UNUSED, COMMAND):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "keys" / "project.key"
    monkeypatch.setenv(FILE, str(place))
    yield place
    forget_key()
    for name in (LOCKED, UNUSED):
        os.environ.pop(name, None)


@pytest.fixture
def key() -> str:
    """A key that this process uses."""
    made = str(x25519.Identity.generate())
    use_key(made)
    return made


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A project with a seed, a landed wave, and two releases."""
    project = make_small(tmp_path / "small")
    release(project)
    release(project, version=2)
    return project


def rows_of(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Give the rows of all landed waves and of what is published, by file."""
    rows = {}
    paths = [
        *project.landing.rglob("*.parquet"),
        *(project.warehouse / "releases").rglob("*.parquet"),
        *(project.warehouse / "history").rglob("*.parquet"),
    ]
    for path in sorted(paths):
        with databases.connect() as connection:
            said = connection.execute(f"from {parquet.source(path)}").fetchall()
        rows[project.relative(path)] = said
    for path in sorted((project.warehouse / "releases").rglob("wavehouse.duckdb")):
        with databases.connect(path, read_only=True) as connection:
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() order by all"
            ).fetchall():
                found = connection.execute(f"from {schema}.{name}").fetchall()
                rows[f"{project.relative(path)} {name}"] = found
            said = connection.execute(
                "select table_name, comment from duckdb_tables() union all "
                "select column_name, comment from duckdb_columns() union all "
                "select constraint_text, constraint_type from duckdb_constraints() "
                "union all select view_name, sql from duckdb_views() where not internal "
                "order by all"
            ).fetchall()
            rows[f"{project.relative(path)} says"] = said
    return rows


def not_encrypted(project: Project) -> list[str]:
    """Name the files of rows that are plain."""
    return [
        project.relative(path)
        for path in project.root.rglob("*")
        if (path.suffix == ".parquet" and not parquet.is_encrypted(path))
        or (path.suffix == ".duckdb" and not databases.is_encrypted(path))
    ]


@pytest.mark.usefixtures("key")
def test_databases_and_parquet_files_say_nothing(tmp_path: Path) -> None:
    table = pa.table({"said": ["The okapi", None], "n": pa.array([1, 2], pa.int32())})
    parquet.write_table(table, tmp_path / "a.parquet")
    parquet.write_batches(tmp_path / "b.parquet", table.schema, table.to_batches())
    with databases.connect(tmp_path / "wave.duckdb") as connection:
        connection.execute(
            "create schema marts; create table marts.t as select 'The okapi' as said"
        )
    databases.settle(tmp_path / "wave.duckdb")
    assert not list(tmp_path.glob("*.wal"))
    assert found_in(tmp_path, ["The okapi"]) == {}
    for name in ("a", "b"):
        path = tmp_path / f"{name}.parquet"
        assert parquet.read_table(path).equals(table)
        assert parquet.read_table(path, ["n"]).column_names == ["n"]
        assert parquet.row_count(path) == table.num_rows
        assert parquet.schema_of(path) == table.schema
        assert pa.Table.from_batches(parquet.batches(path)).equals(table)
        with pytest.raises(OSError, match=r"[Ee]ncrypted"):
            pq.read_table(path)
    with databases.connect(tmp_path / "wave.duckdb", read_only=True) as connection:
        cursor = databases.Cursors(connection).cursor()
        assert cursor.execute("select said from marts.t").fetchall() == [("The okapi",)]
    with pytest.raises(duckdb.Error, match="without a key"):
        duckdb.connect(str(tmp_path / "wave.duckdb"))
    use_key(str(x25519.Identity.generate()))
    with pytest.raises(WavehouseError, match=r"wave.duckdb is encrypted with another key than"):
        databases.connect(tmp_path / "wave.duckdb", read_only=True)
    forget_key()
    for opened in (
        lambda: databases.connect(tmp_path / "wave.duckdb"),
        lambda: parquet.read_table(tmp_path / "a.parquet"),
    ):
        with pytest.raises(WavehouseError, match="is encrypted, and this project has no key"):
            opened()


@pytest.mark.usefixtures("key")
def test_an_error_while_rows_are_written_stays_what_it_was(tmp_path: Path) -> None:
    table = pa.table({"n": [1]})

    def rows() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise WavehouseError("row 7 is damaged")

    with pytest.raises(WavehouseError, match="row 7 is damaged"):
        parquet.write_batches(tmp_path / "a.parquet", table.schema, rows())


@pytest.mark.usefixtures("key")
def test_what_spills_to_the_disk_is_encrypted(tmp_path: Path) -> None:
    """A sort that does not fit into memory is written beside the database, and tells nothing."""
    setting = "select value from duckdb_settings() where name = 'temp_file_encryption'"
    for path in (None, tmp_path / "wave.duckdb"):
        with databases.connect(path) as connection:
            assert connection.execute(setting).fetchall() == [("true",)]


def test_on_and_off_keep_all_rows_and_files(small: Project, keys: Path) -> None:
    before = rows_of(small)
    settings = (small.root / "dbt_project.yml").read_text()
    turned = turn_on(small, keep_seeds=True)
    assert turned.key_file == keys
    assert keys.stat().st_mode & 0o077 == 0
    assert turned.kept_seeds == ["seeds/waves/panel/panel_2030.csv"]
    assert encrypted_for(small) == turned.recipient
    assert not_encrypted(small) == []
    seed = small.waves / "panel" / "panel_2030.csv"
    assert set(found_in(small.root, SECRETS)) == {small.relative(seed)}
    after = rows_of(small)
    assert after.keys() == before.keys()
    assert after == before
    sums_fit(small)
    assert turn_on(small, keep_seeds=True).n_files == 0
    turn_off(small)
    assert (small.root / "dbt_project.yml").read_text().strip() == settings.strip()
    assert rows_of(small) == before
    sums_fit(small)
    names = [
        row[0].decode()
        for path in (small.warehouse / "current" / "parquet").glob("*.parquet")
        for row in duckdb.connect()
        .execute(f"select value from parquet_kv_metadata('{path}')")
        .fetchall()
    ]
    assert set(names) == {(small.warehouse / "current").readlink().name}
    assert not list(small.root.rglob("release.json"))


def sums_fit(project: Project) -> None:
    """Make sure that the manifests of the history have the sums of the files that are there."""
    for kept in kept_releases(project):
        for table in kept.manifest["tables"]:
            file = kept.table(table["name"])
            assert file is not None
            assert describe_content(file)[0] == table["content"]
            assert not file.stat().st_mode & 0o222


def test_a_release_after_it_shares_files_with_earlier_ones(small: Project) -> None:
    """Equal tables are still one file, though no two encryptions of them have equal bytes."""
    turn_on(small, keep_seeds=True)
    unlock(small)
    with databases.connect(small.working_database):
        pass
    first = kept_releases(small)[-1]
    table = first.table("fct_respondents")
    assert table is not None
    copy = table.with_name("again.parquet")
    with databases.connect() as connection:
        connection.execute(
            f"copy (from {parquet.source(table)}) to '{copy}' {parquet.copy_options(connection)}"
        )
    assert copy.read_bytes() != table.read_bytes()
    assert describe_content(copy) == describe_content(table)


def test_a_killed_command_goes_on_where_it_was(small: Project) -> None:
    """`on` and `off` are killed at random moments; run again they end as if nothing had been."""
    before = rows_of(small)
    chance = random.Random(19)
    for number in range(KILLS):
        words = ["on", "--keep-seeds"] if number % 2 == 0 else ["off"]
        command = [sys.executable, "-m", "wavehouse", "--project-dir", str(small.root)]
        command += ["encryption", *words]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0.4, 3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if words == ["off"] and encrypted_for(small) is None and done.returncode:
            # It was killed after its last step.
            assert "is not encrypted" in done.stderr
        else:
            assert done.returncode == 0, done.stderr
        unlock(small)
        assert rows_of(small) == before
        assert (not_encrypted(small) == []) == (words[0] == "on")
        assert not list(small.root.rglob("*.converting"))
        sums_fit(small)


def test_waves_that_are_seeds_are_landed(town: Project, run_command: RunCommand) -> None:
    seed = town.waves / "harbour" / "harbour_2025.csv"
    text = seed.read_text().replace("\n1001,", "\nokapi-1001,", 1)
    seed.write_text(text)
    labels = seed.with_suffix(".labels.json")
    said = {"sex": {"label": "Gender", "value_labels": {"Man": "A man"}, "missing_codes": ["Man"]}}
    labels.write_text(json.dumps(said))
    code, printed = run_command(town, "encryption", "on")
    assert code == 0, printed
    assert "Study harbour, wave 2025: landed" in printed
    assert found_in(town.root, ["okapi-1001"]) == {}
    assert not seed.exists()
    assert not labels.exists()
    unlock(town)
    landed = read_landed(town, "harbour", "2025")
    assert "okapi-1001" in code_counts(landed, "person")
    column = landed.column("sex")
    assert column is not None
    assert column.column_label == "Gender"
    assert landed.value_labels["sex"]["Man"].value_label == "A man"
    assert landed.value_labels["sex"]["Man"].is_missing
    code, printed = run_command(town, "check")
    assert code == 0, printed
    code, printed = run_command(town, "generate", "--check")
    assert code == 0, printed


def test_a_wave_that_comes_later_is_never_plain(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    rows = (town.waves / "harbour" / "harbour_2025.csv").read_text()
    file = tmp_path / "wave.csv"
    file.write_text(rows.replace("\n1001,", "\nokapi-1001,", 1))
    assert run_command(town, "encryption", "on")[0] == 0
    code, printed = run_command(town, "add-wave", "harbour", "2026", str(file))
    assert code == 0, printed
    assert (town.landed_wave("harbour", "2026") / "answers.parquet").is_file()
    assert not list(town.waves.rglob("*.csv"))
    assert found_in(town.root, ["okapi-1001"]) == {}


def test_the_key_comes_from_a_file_a_command_or_the_environment(
    small: Project, keys: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    recipient = turn_on(small, keep_seeds=True).recipient
    text = keys.read_text()
    secret = text.splitlines()[-1]
    elsewhere = keys.rename(keys.with_name("moved.key"))
    forget_key()
    code, printed = run_command(small, "encryption", "show")
    assert code == 1
    assert f"{keys} cannot be read" in printed
    monkeypatch.setenv(COMMAND, f"cat {elsewhere}")
    assert f"Encrypted for {recipient}" in run_command(small, "encryption", "show")[1]
    monkeypatch.setenv(COMMAND, "false")
    forget_key()
    assert "the command failed" in run_command(small, "encryption", "show")[1]
    monkeypatch.delenv(COMMAND)
    monkeypatch.setenv(KEY, secret)
    code, printed = run_command(small, "encryption", "show")
    assert code == 0
    assert secret not in printed
    code, printed = run_command(small, "encryption", "show", "--key")
    assert secret in printed
    # What it says opens the files.
    attach, pragma, read = (line.strip() for line in printed.splitlines()[-3:])
    with duckdb.connect() as connection:
        connection.execute(attach.replace("/wavehouse.duckdb", "/current/wavehouse.duckdb"))
        connection.execute(pragma)
        place = small.warehouse / "current" / "parquet" / "fct_respondents.parquet"
        assert connection.execute(read.replace("...", str(place))).fetchall()
        assert connection.execute("from wavehouse.marts.fct_respondents").fetchall()
    monkeypatch.setenv(KEY, str(x25519.Identity.generate()))
    code, printed = run_command(small, "encryption", "show")
    assert code == 1
    assert "is not the key of this project" in printed
    monkeypatch.setenv(KEY, "open sesame")
    assert "has no key in it" in run_command(small, "encryption", "show")[1]


def test_a_key_is_not_made_within_the_project(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE, str(small.root / "my.key"))
    with pytest.raises(WavehouseError, match="is within the project"):
        turn_on(small, keep_seeds=True)
    assert encrypted_for(small) is None
    assert not (small.root / "my.key").exists()


def test_without_the_key_nothing_plain_is_written(
    town: Project, tmp_path: Path, keys: Path, run_command: RunCommand
) -> None:
    file = tmp_path / "wave.csv"
    shutil.copyfile(town.waves / "harbour" / "harbour_2025.csv", file)
    assert run_command(town, "encryption", "on")[0] == 0
    keys.unlink()
    forget_key()
    code, printed = run_command(town, "add-wave", "harbour", "2026", str(file))
    assert code == 1
    assert "It has the encryption key" in printed
    assert not (town.landing / "harbour" / "2026").exists()


def test_variables_of_the_project_stay(small: Project) -> None:
    path = small.root / "dbt_project.yml"
    own = "name: wavehouse\n\nvars:\n  mine: 1\nflags:\n  x: true\n"
    path.write_text(own)
    recipient = turn_on(small, keep_seeds=True).recipient
    assert f"\n  encrypted_for: {recipient}\n  mine: 1\nflags:" in path.read_text()
    turn_off(small)
    assert path.read_text() == own


def test_settings_of_dbt_that_know_no_key_are_refused(small: Project) -> None:
    (small.root / "profiles.yml").write_text("wavehouse:\n  target: duckdb\n")
    with pytest.raises(WavehouseError, match=r"profiles.yml is of an older version"):
        turn_on(small, keep_seeds=True)
    assert encrypted_for(small) is None
    assert not_encrypted(small)


def test_a_person_is_erased_from_encrypted_files(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PEOPLE_KEY, str(tmp_path / "people.key"))
    turn_on(small, keep_seeds=True)
    unlock(small)
    landed = small.landed_wave("panel", "2031") / "answers.parquet"
    assert ID in parquet.read_table(landed)["person"].to_pylist()

    monkeypatch.setattr(erasing, "_build", lambda project: release(project, version=3))
    erase(small, [Respondent("panel", None, ID)])
    assert ID not in parquet.read_table(landed)["person"].to_pylist()
    assert parquet.is_encrypted(landed)
    values = [value for rows in rows_of(small).values() for row in rows for value in row]
    assert not {ID, WORDS, float(WEIGHT)} & {v for v in values if isinstance(v, str | float)}


def test_deliveries_are_checked_though_the_server_has_no_key(
    town: Project, keys: Path, run_command: RunCommand
) -> None:
    """Earlier waves, which a delivery is compared with, are encrypted; a partner sees no change."""
    partners = keys_of(town)
    rows = next_wave(town)
    rows[0]["person"] = person = "okapi-77665544"
    body, other = (as_csv(rows[:number]) for number in (280, 281))
    turn_on(town)
    forget_key()
    with delivering(town, partners) as partner:
        first = settled(partner, state_of(partner.send(body))["delivery_id"])
        assert first["state"] == "accepted", first
        until = time.monotonic() + PATIENCE
        # They are sealed a moment after the answer.
        while found_in(Quarantine(town).folder, [person]) and time.monotonic() < until:
            time.sleep(0.1)
        assert found_in(Quarantine(town).folder, [person]) == {}
        code, printed = run_command(town, "deliveries", "take", first["delivery_id"])
        assert code == 0, printed
        assert found_in(town.root, [person]) == {}
        keys.unlink()
        forget_key()
        answer = partner.send(other)
        # A fault of ours, of which the partner learns nothing more.
        assert answer.status_code == requests.codes.server_error
        assert "deliver it again later" in answer.text
        assert str(keys) not in answer.text
    assert KEY not in os.environ


def test_a_server_forgets_the_key(
    small: Project, keys: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    turn_on(small, keep_seeds=True)
    forget_key()
    known: list[str | None] = []
    monkeypatch.setattr(server, "serve_project", lambda *_: known.append(os.environ.get(KEY)))
    run_command(small, "serve")
    assert known == [None]
    # What a process was started with can be read as long as it runs.
    monkeypatch.setenv(KEY, keys.read_text().splitlines()[-1])
    code, printed = run_command(small, "serve")
    assert code == 1
    assert "env -u WAVEHOUSE_KEY" in printed
    assert known == [None]


def test_sealed_files_open_with_the_key_and_with_age(small: Project) -> None:
    recipient = turn_on(small, keep_seeds=True).recipient
    other = x25519.Identity.generate()
    file = small.root / "table.csv"
    file.write_text("The okapi")
    (sealed,) = seal_files([file], [recipient, str(other.to_public())])
    assert not file.exists()
    assert b"okapi" not in sealed.read_bytes()
    assert decrypt(sealed.read_bytes(), [other]) == b"The okapi"
    assert open_file(small, sealed).read_text() == "The okapi"
    with pytest.raises(WavehouseError, match="is there already"):
        open_file(small, sealed)
    file.write_text("The okapi")
    (foreign,) = seal_files([file], [str(other.to_public())])
    with pytest.raises(WavehouseError, match="was not sealed for this project's key"):
        open_file(small, foreign)
    file.write_text("The okapi")
    with pytest.raises(WavehouseError, match="age1nobody is no public key of age"):
        seal_files([file], ["age1nobody"])
    assert file.exists()


@pytest.mark.usefixtures("key")
def test_a_landed_wave_is_the_same_encrypted_and_plain(empty: Project, tmp_path: Path) -> None:
    file = tmp_path / "wave.csv"
    file.write_text("person,said\n1,The okapi\n2,\n")
    landed = land_wave(empty, "panel", "2030", [file])
    assert landed.row_count == len(["1", "2"])
    assert code_counts(landed, "said") == {"The okapi": 1, None: 1}
    assert found_in(empty.landing, ["The okapi"]) == {}
    assert parquet.is_encrypted(landed.answers)


# Their SQL is for dbt, or is shown to a person.
OPENS = re.compile(r"\bduckdb\.connect\(|\bpq\.\w+\(|read_parquet\((?!'(?:\{path\}|\.\.\.)')")
# Files that others deliver, and rows of deliveries on their way.
ALLOWED = {"read_parquet.py", "rows.py", "databases.py", "parquet.py"}


def test_only_one_place_opens_files_of_rows() -> None:
    """Whoever opens a database or Parquet file otherwise fails where a project is encrypted."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in ("wavehouse", "wavehouse_exchange")
        for path in (ROOT / package).rglob("*.py")
        if path.name not in ALLOWED
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if OPENS.search(line)
    ]
    assert found == [], "use wavehouse.encryption.databases and wavehouse.encryption.parquet"
