"""A key opens what its audience may read, as long as it is good, and nothing else."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from guarded import AUDIENCES, ROWS, build_guarded, bytes_of

import wavehouse.audiences.sealing
import wavehouse.publishing.publish
from wavehouse.audiences.door import KeyRefusedError, check_key, open_audience
from wavehouse.audiences.giving import add_key, make_operator, revoke_key, rotate_key
from wavehouse.audiences.keys import keys_folder, read_register, save_register
from wavehouse.audiences.sealing import seal_release
from wavehouse.errors import WavehouseError
from wavehouse.operations.backups.backup_contents import find_contents
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases, remove_release
from wavehouse.publishing.publish import publish
from wavehouse.publishing.releases import counting_release, publishing_lock

Command = Callable[..., tuple[int, str]]


def publish_again(project: Project) -> str:
    release: str = publish(project, build_guarded(project))["release"]
    return release


@pytest.fixture
def guarded(empty_project: Project) -> Project:
    build_guarded(empty_project)
    return empty_project


def reason_of(project: Project, key: str) -> str:
    with pytest.raises(KeyRefusedError) as refused:
        check_key(project, key)
    with pytest.raises(KeyRefusedError):
        open_audience(project, key)
    return refused.value.reason


def expire(project: Project, key_id: str) -> None:
    register = read_register(project)
    register.change(key_id, expires_on="2001-01-01")
    save_register(project, register)


def test_a_key_opens_the_file_of_its_audience_and_no_other(guarded: Project) -> None:
    reader = add_key(guarded, "readers", "A reader")
    publish_again(guarded)
    with open_audience(guarded, reader.secret) as opened:
        assert (opened.audience_id, opened.key_id) == ("readers", reader.key.key_id)
        assert opened.parts == ("aggregates",)
        found = opened.connection.execute("select audience_id from wavehouse_release").fetchall()
        assert found == [("readers",)]
    # As if the register said otherwise: what is sealed to others stays shut.
    register = read_register(guarded)
    register.keys = [replace(key, audience_id="mixed") for key in register.keys]
    save_register(guarded, register)
    with pytest.raises(WavehouseError, match="not sealed to this key"):
        open_audience(guarded, reader.secret)


def test_what_is_sealed_to_another_key_opens_nothing(guarded: Project) -> None:
    one, other = (add_key(guarded, "readers", name) for name in ("One", "Other"))
    release = publish_again(guarded)
    place = keys_folder(guarded) / "sealed" / release / "aggregates" / "readers"
    shutil.copy(place / f"{other.key.key_id}.age", place / f"{one.key.key_id}.age")
    with pytest.raises(WavehouseError, match="damaged or sealed to another key"):
        open_audience(guarded, one.secret)
    with open_audience(guarded, other.secret):
        pass


def test_a_file_opens_with_no_key_but_its_own(guarded: Project) -> None:
    publish_again(guarded)
    folder = guarded.warehouse / "current" / "audiences"
    for file in folder.resolve().rglob("*.duckdb"):
        if file.stem == "public":
            continue
        for options in ("", ", encryption_key ''", ", encryption_key 'wrong'"):
            with duckdb.connect() as connection, pytest.raises(duckdb.Error):
                connection.execute(f"attach '{file}' as it (read_only{options})")


def test_each_release_and_part_has_a_key_of_its_own(
    guarded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def remember(project: Project, release_id: str, made: dict[tuple[str, str], str]) -> None:
        keys.extend(made.values())
        seal_release(project, release_id, made)

    monkeypatch.setattr(wavehouse.audiences.sealing, "seal_release", remember)
    publish_again(guarded)
    publish_again(guarded)
    # readers: aggregates; mixed: both parts.
    assert len(keys) == len(set(keys)) == 6
    for key in keys:
        for folder in (guarded.warehouse, guarded.target):
            assert key.encode() not in bytes_of(folder, "*.*")


def test_keys_that_are_not_good_are_refused_with_the_reason(guarded: Project) -> None:
    from pyrage import x25519

    revoked, expired, rotated = (add_key(guarded, "readers", name) for name in "abc")
    publish_again(guarded)
    assert reason_of(guarded, "") == "malformed"
    assert reason_of(guarded, "AGE-SECRET-KEY-1") == "malformed"
    assert reason_of(guarded, revoked.secret[:-1]) == "malformed"
    assert reason_of(guarded, "' or 1 = 1 --") == "malformed"
    assert reason_of(guarded, str(x25519.Identity.generate())) == "unknown"
    # What is public of a key is no key.
    assert reason_of(guarded, revoked.key.public_key) == "malformed"
    revoke_key(guarded, revoked.key.key_id)
    assert reason_of(guarded, revoked.secret) == "revoked"
    expire(guarded, expired.key.key_id)
    assert reason_of(guarded, expired.secret) == "expired"
    new = rotate_key(guarded, rotated.key.key_id)
    assert reason_of(guarded, rotated.secret) == "revoked"
    assert check_key(guarded, new.secret).audience_id == "readers"


def test_what_was_sealed_to_a_revoked_or_expired_key_is_destroyed(guarded: Project) -> None:
    revoked, expired, good = (add_key(guarded, "mixed", name) for name in "abc")
    release = publish_again(guarded)
    sealed = keys_folder(guarded) / "sealed" / release
    assert len(list(sealed.rglob("*.age"))) == 6
    revoke_key(guarded, revoked.key.key_id)
    assert len(list(sealed.rglob("*.age"))) == 4
    expire(guarded, expired.key.key_id)
    publish_again(guarded)
    left = {path.stem for path in keys_folder(guarded).rglob("*.age")}
    assert left == {good.key.key_id}


def test_a_key_of_after_the_publish_reads_with_the_operators_key(
    guarded: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("stick") / "operator.key"
    make_operator(guarded, file)
    assert file.stat().st_mode & 0o077 == 0
    first = publish_again(guarded)
    publish_again(guarded)
    late = add_key(guarded, "mixed", "Late")
    with pytest.raises(WavehouseError, match="not sealed to this key"):
        open_audience(guarded, late.secret)
    assert "--operator-key" in late.note
    sealed = add_key(guarded, "mixed", "Late, sealed", operator_file=file)
    # Two releases, two parts each.
    assert sealed.n_sealed == 4
    for release in (None, first):
        with open_audience(guarded, sealed.secret, release) as opened:
            assert opened.parts == ("aggregates", "microdata")
    wrong = file.with_name("wrong.key")
    wrong.write_text(late.secret)
    with pytest.raises(WavehouseError, match="does not hold the operator's key"):
        add_key(guarded, "mixed", "Another", operator_file=wrong)
    with pytest.raises(WavehouseError, match="an operator's key already"):
        make_operator(guarded, file.with_name("second.key"))


def test_no_secret_is_written_anywhere(
    guarded: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("stick") / "operator.key"
    with pytest.raises(WavehouseError, match="within the project"):
        make_operator(guarded, guarded.root / "operator.key")
    make_operator(guarded, file)
    given = add_key(guarded, "readers", "A reader", operator_file=file)
    publish_again(guarded)
    secrets = [given.secret, file.read_text().splitlines()[-1]]
    for path in guarded.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path


def test_a_register_that_changes_is_read_again(guarded: Project) -> None:
    given = add_key(guarded, "readers", "A reader")
    publish_again(guarded)
    with open_audience(guarded, given.secret) as opened:
        check_key(guarded, given.secret)
        revoke_key(guarded, given.key.key_id)
        with pytest.raises(KeyRefusedError, match="was revoked"):
            check_key(guarded, given.secret)
        assert opened.connection.execute("select 1").fetchall() == [(1,)]
    (keys_folder(guarded) / "register.json").write_text("{")
    with pytest.raises(WavehouseError, match=r"register\.json cannot be read"):
        check_key(guarded, given.secret)


def test_an_open_file_can_do_nothing_but_read(guarded: Project, tmp_path: Path) -> None:
    given = add_key(guarded, "mixed", "A reader")
    publish_again(guarded)
    database = guarded.warehouse / "wavehouse.duckdb"
    for key in (None, given.secret):
        with open_audience(guarded, key) as opened:
            for statement in (
                "create table marts.mine (a int)",
                "delete from marts.dim_wave",
                f"attach '{database}' as other",
                f"select * from read_csv('{guarded.codebook}/audiences.csv')",
                f"select * from read_text('{guarded.warehouse}/keys/register.json')",
                f"select * from glob('{guarded.root}/*')",
                f"copy marts.dim_wave to '{tmp_path}/out.csv'",
                f"export database '{tmp_path}/all'",
                "set enable_external_access = true",
                "set lock_configuration = false",
                "install httpfs",
                "load httpfs",
            ):
                with pytest.raises(duckdb.Error):
                    opened.connection.execute(statement)
            found = repr(opened.connection.execute("select * from duckdb_settings()").fetchall())
            assert "AGE-SECRET" not in found


def test_a_release_of_before_is_read_as_it_was(guarded: Project) -> None:
    given = add_key(guarded, "mixed", "A reader")
    first = publish_again(guarded)
    for _ in range(3):
        publish_again(guarded)
    for key in (None, given.secret):
        with open_audience(guarded, key, first) as opened:
            assert opened.release_id == first
            found = opened.connection.execute("select release from wavehouse_release").fetchall()
            assert found == [(first,)]
    kept = next(each for each in kept_releases(guarded) if each.release_id == first)
    assert len(list(kept.files_of_audiences())) == 5


def test_what_is_removed_from_the_history_opens_no_more(guarded: Project) -> None:
    given = add_key(guarded, "mixed", "A reader")
    first = publish_again(guarded)
    for _ in range(2):
        publish_again(guarded)
    sealed = keys_folder(guarded) / "sealed" / first
    with publishing_lock(guarded):
        remove_release(guarded, first, microdata_only=True)
    assert {path.name for path in sealed.iterdir()} == {"aggregates"}
    with open_audience(guarded, given.secret, first) as opened:
        assert opened.parts == ("aggregates",)
        with pytest.raises(duckdb.CatalogException):
            opened.connection.execute("select * from fct_answers")
    with publishing_lock(guarded):
        remove_release(guarded, first, microdata_only=False)
    assert not sealed.exists()
    with pytest.raises(WavehouseError, match="No release"):
        open_audience(guarded, given.secret, first)


@pytest.mark.parametrize("when", ["before sealing", "after sealing"])
def test_a_publish_that_stops_at_sealing_leaves_the_last_good_state(
    guarded: Project, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    given = add_key(guarded, "mixed", "A reader")
    good = publish_again(guarded)

    def stop(project: Project, release_id: str, keys: dict[tuple[str, str], str]) -> None:
        if when == "after sealing":
            seal_release(project, release_id, keys)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(wavehouse.audiences.sealing, "seal_release", stop)
        with pytest.raises(KeyboardInterrupt):
            publish_again(guarded)
    assert counting_release(guarded) == good
    with open_audience(guarded, given.secret) as opened:
        assert opened.release_id == good
    # What it left is gone after the next publish.
    newest = publish_again(guarded)
    left = {path.name for path in (keys_folder(guarded) / "sealed").iterdir()}
    assert left == {good, newest}


def test_a_backup_holds_no_sealed_key(guarded: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    add_key(guarded, "mixed", "A reader")
    publish_again(guarded)
    for folder in (None, "elsewhere/keys"):
        if folder:
            monkeypatch.setenv("WAVEHOUSE_KEYS", folder)
            publish_again(guarded)
        found, _ = find_contents(guarded)
        names = [each.path for each in found]
        assert not [name for name in names if name.endswith((".age", "register.json"))]
        assert [name for name in names if name.endswith("mixed.duckdb")]
    assert os.listdir(guarded.root / "elsewhere/keys/sealed")  # noqa: PTH208


def test_keys_for_a_plain_audience_are_known_by_name(guarded: Project) -> None:
    given = add_key(guarded, "public", "A program")
    publish_again(guarded)
    with open_audience(guarded, given.secret) as opened:
        assert (opened.audience_id, opened.key_id) == ("public", given.key.key_id)


def test_an_audience_that_is_taken_away_reads_nothing_new(guarded: Project) -> None:
    given = add_key(guarded, "mixed", "A reader")
    publish_again(guarded)
    without = {
        "audiences": AUDIENCES.replace("mixed,Mixed,,true\n", ""),
        "audience_rows": "".join(
            line for line in ROWS.splitlines(keepends=True) if not line.startswith("mixed")
        ),
        "audience_columns": "public,estimates,\n",
        "audience_deliveries": "",
    }
    publish(guarded, build_guarded(guarded, without))
    with pytest.raises(WavehouseError, match="has nothing for the audience mixed"):
        open_audience(guarded, given.secret)


def test_the_command_gives_a_key_once(guarded: Project, run_command: Command) -> None:
    code, said = run_command(guarded, "key", "list")
    assert (code, "There is no key yet." in said) == (0, True)
    code, said = run_command(guarded, "key", "add", "readers", "--for", "A. Reader")
    assert code == 0
    secret = next(line for line in said.splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    key_id = check_key(guarded, secret).key_id
    assert f"{key_id} for A. Reader, audience readers, good until it is revoked" in said
    code, said = run_command(guarded, "key", "list")
    assert key_id in said
    assert secret not in said
    code, said = run_command(guarded, "key", "rotate", str(key_id))
    assert code == 0
    new = next(line for line in said.splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    assert reason_of(guarded, secret) == "revoked"
    code, said = run_command(guarded, "key", "revoke", str(check_key(guarded, new).key_id))
    assert code == 0
    assert reason_of(guarded, new) == "revoked"
    for words, said_wrong in (
        (("add", "nobody", "--for", "X"), "The codebook has no audience nobody."),
        (("add", "readers", "--for", "X", "--until", "2001-01-01"), "2001-01-01 is over"),
        (("revoke", "key_00000000"), "There is no key key_00000000."),
        (("rotate", str(key_id)), "is revoked. Add a new key instead."),
    ):
        code, said = run_command(guarded, "key", *words)
        assert code == 1
        assert said_wrong in said
