"""What a backup holds and in which part; what must not come back; and how errors are told."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from backups import fill, release, write

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.backups.backup import backup
from wavehouse.operations.backups.backup_contents import (
    DELIVERED,
    PROJECT,
    RELEASE,
    find_contents,
    part_of,
)
from wavehouse.operations.backups.backup_state import note_backups, read_backups
from wavehouse.operations.backups.drill import drill
from wavehouse.operations.backups.keeping import keep_of_people, options_of
from wavehouse.operations.backups.replay import read_forgotten, replay
from wavehouse.operations.backups.repository import open_repository, place_of
from wavehouse.operations.backups.restic import Restic
from wavehouse.operations.backups.restored_files import damaged_tables
from wavehouse.operations.backups.staging import picture_of
from wavehouse.operations.configuration import Backup, Keep, KeepMicrodata, read_operations
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse_exchange.receiving.quarantine import Quarantine, Sender, SentFile

Run = Callable[..., tuple[int, str]]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("dbt_project.yml", PROJECT),
        ("Makefile", PROJECT),
        (".gitignore", PROJECT),
        ("models/marts/mine.sql", PROJECT),
        ("seeds/codebook/waves.csv", PROJECT),
        ("seeds/waves/gss/_gss__waves.yml", PROJECT),
        ("vendor/wavehouse-0.1.0.whl", PROJECT),
        ("drafts/gss_2008.yml", PROJECT),
        ("warehouse/current", PROJECT),
        ("warehouse/operations/runs/x.json", PROJECT),
        ("warehouse/history/release=1/manifest.json", PROJECT),
        ("warehouse/history/release=1/aggregates/a.parquet", PROJECT),
        (".wavehouse/codebook.0003/waves.csv", PROJECT),
        # Rows of people, and what may be.
        ("seeds/waves/gss/gss_2006.csv", DELIVERED),
        ("landing/nhanes/2017/answers.parquet", DELIVERED),
        (".wavehouse/edits/000001-remove-wave/before/seeds/waves/x.csv", DELIVERED),
        ("inbox/gss/2008/delivery.sav", DELIVERED),
        ("respondents.csv", DELIVERED),
        ("data/raw/wave.xlsx", DELIVERED),
        ("warehouse/releases/1/wavehouse.duckdb", f"{RELEASE} 1"),
        ("warehouse/releases/1/parquet/a.parquet", f"{RELEASE} 1"),
        ("warehouse/history/release=1/microdata/a.parquet", f"{RELEASE} 1"),
    ],
)
def test_each_file_is_of_a_part(path: str, part: str) -> None:
    assert " ".join(filter(None, part_of(path))) == part


def test_what_a_backup_holds(empty_project: Project) -> None:
    fill(empty_project)
    name = release(empty_project, 1)
    write(empty_project, "warehouse/operations/runs/now-backup.json", "{}")
    write(empty_project, "warehouse/operations/runs/now-backup.running", "")
    write(empty_project, "landing/panel/.2031.lock", "")
    write(empty_project, "models/__pycache__/x.pyc", "")
    (empty_project.root / "outside").symlink_to("/etc")
    os.mkfifo(empty_project.root / "pipe")
    found, skipped = find_contents(empty_project)
    tables = ("fct_answers", "fct_trend_estimates", "measures_view")
    release_folder, history = f"warehouse/releases/{name}", f"warehouse/history/release={name}"
    assert sorted(each.path for each in found) == sorted(
        [
            *("dbt_project.yml", "inbox/panel/2032/delivery.csv"),
            *("landing/panel/2031/answers.parquet", "landing/panel/2031/files.parquet"),
            *("latest.csv", "models/marts/mine.sql", "operations.yml", "run.sh"),
            *("seeds/codebook/waves.csv", "seeds/waves/panel/panel_2030.csv"),
            *(f"warehouse/{link}" for link in ("current", "parquet", "wavehouse.duckdb")),
            *(f"{history}/aggregates/{table}.parquet" for table in tables),
            *(f"{history}/manifest.json", f"{history}/microdata/fct_people.parquet"),
            "warehouse/operations/runs/20310101T000000000000Z-build.json",
            *(f"{release_folder}/{file}" for file in ("manifest.json", "wavehouse.duckdb")),
            *(f"{release_folder}/parquet/{table}.parquet" for table in (*tables, "fct_people")),
        ]
    )
    assert skipped == [
        "outside is a link out of the project, to /etc.",
        "pipe is no file (a pipe, socket or device).",
    ]


def test_a_delivery_that_waits_is_in_no_backup_and_that_is_said(empty_project: Project) -> None:
    """After a restore its sender sends it again."""
    quarantine = Quarantine(empty_project)
    with quarantine.arriving() as arriving:
        arriving.place("wave.csv").write_text("person\nid-1\n")
        arriving.files.append(SentFile("wave.csv", "0" * 64, 12))
        delivery, _ = quarantine.keep(arriving, Sender("partners", "k", "panel", "2032"), "")
    quarantine.decide(delivery, state="accepted")
    found, skipped = find_contents(empty_project)
    assert [each.path for each in found if "quarantine" in each.path] == []
    assert skipped == [
        f"warehouse/quarantine/{delivery.delivery_id}: a delivery that waits (study panel, wave "
        f"2032). Take it in with `wavehouse deliveries take {delivery.delivery_id}`; after a "
        "restore whoever sent it has to send it again."
    ]


def test_a_landing_folder_elsewhere_is_backed_up_under_its_own_name(
    empty_project: Project,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "panel/2031").mkdir(parents=True)
    (elsewhere / "panel/2031/answers.parquet").write_text("answers")
    monkeypatch.setenv("WAVEHOUSE_LANDING", str(elsewhere))
    found, skipped = find_contents(empty_project)
    assert "landing/panel/2031/answers.parquet" in {each.path for each in found}
    assert skipped == []
    write(empty_project, "landing/panel/2030/answers.parquet", "others")
    _, skipped = find_contents(empty_project)
    assert skipped == [f"landing: WAVEHOUSE_LANDING names {elsewhere}, which is taken."]


def test_a_picture_stays_as_it_is_while_the_project_goes_on(empty_project: Project) -> None:
    fill(empty_project)
    first = release(empty_project, 1)
    with picture_of(empty_project) as picture:
        for version in (2, 3, 4):
            release(empty_project, version)
        write(empty_project, "seeds/codebook/waves.csv", "other")
        assert picture.changed() == []
        place = picture.place(RELEASE, first) / f"warehouse/releases/{first}/wavehouse.duckdb"
        # The release itself is gone from the project.
        assert place.stat().st_nlink == 1
        assert (picture.place(PROJECT) / "warehouse/current").readlink() == Path("releases") / first
        assert "2031" in (picture.place(PROJECT) / "seeds/codebook/waves.csv").read_text()
        answers = "landing/panel/2031/answers.parquet"
        with (empty_project.root / answers).open("ab") as file:
            file.write(b"written where it lies")
        assert picture.changed() == [answers]
    assert not (empty_project.warehouse / ".backup").exists()


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ("microdata: {days: 30}", 30),
        ("microdata: {days: 0}", 1),
        ("microdata: {days: 7, years: all}", 7),
    ],
)
def test_rows_of_people_stay_as_long_as_releases_yml_says(
    empty_project: Project, rules: str, days: int
) -> None:
    write(empty_project, "releases.yml", f"aggregates: {{days: 92}}\n{rules}\n")
    keep = keep_of_people(empty_project, Backup(repository="x"))
    assert keep == Keep(daily=days, weekly=0, monthly=0, yearly=0)


def test_how_long_rows_of_people_stay_may_be_said(empty_project: Project) -> None:
    said = "backup: {repository: x, keep_microdata: {weekly: 5}}"
    write(empty_project, "operations.yml", said)
    settings = read_operations(empty_project).backup
    assert settings
    assert keep_of_people(empty_project, settings) == KeepMicrodata(weekly=5)
    assert list(options_of(settings.keep)) == [
        *("--keep-last", "1", "--keep-daily", "14", "--keep-weekly", "8"),
        *("--keep-monthly", "24", "--keep-yearly", "100000"),
    ]
    write(empty_project, "releases.yml", "aggregates: {days: all}\nmicrodata: {days: all}\n")
    everything = Backup(repository="x", keep=Keep(daily=3))
    assert keep_of_people(empty_project, everything) == everything.keep


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "does not say where backups go. Write `backup:`"),
        ("backup: {repository: 'rest:https://me:secret@host/'}", "has a password in it"),
        ("backup: {repository: backups}", "is within the project, so both would be lost"),
        (
            "backup: {repository: ../b, password_file: keys/password}",
            "is within the project, so it would be in the backup that it opens",
        ),
        ("backup: {repository: ../b, keep_microdata: {hourly: 3}}", "There are daily, weekly"),
    ],
)
def test_what_operations_yml_says_of_backups_is_judged(
    empty_project: Project, lines: str, said: str
) -> None:
    write(empty_project, "operations.yml", lines)
    with pytest.raises((WavehouseError, ProblemsError)) as caught:
        open_repository(empty_project)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_repository_is_named_as_restic_does(tmp_path: Path) -> None:
    assert place_of("../backup", tmp_path) == str(tmp_path.parent / "backup")
    assert place_of("local:/srv/backup", tmp_path) == "/srv/backup"
    assert place_of("s3:https://host/bucket", tmp_path) == "s3:https://host/bucket"
    assert Restic("rest:https://me:secret@host/").name == "rest:https://me:***@host/"


def test_without_restic_it_is_said_how_to_get_it(
    empty_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    write(empty_project, "operations.yml", "backup: {repository: ../b}")
    for words in (("backup",), ("drill",), ("restore", "x", str(tmp_path / "new"))):
        code, said = run_command(empty_project, *words)
        assert code == 1
        assert "restic is not installed" in said
        assert "apt-get install restic" in said
    assert not (tmp_path / "new").exists()


def test_an_old_restic_is_told(
    empty_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "restic"
    program.write_text("#!/bin/sh\necho restic 0.9.6 compiled with go1.12\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for work in (backup, drill):
        with pytest.raises(WavehouseError, match=r"restic 0\.9 is too old\. Install 0\.14"):
            work(empty_project)


def test_facts_of_backups_are_noted_one_by_one(empty_project: Project) -> None:
    assert read_backups(empty_project) == {}
    note_backups(empty_project, n_backups=1, failed={"at": "now", "message": "no"})
    note_backups(empty_project, failed=None, repository="x")
    assert read_backups(empty_project) == {"n_backups": 1, "repository": "x"}
    write(empty_project, "warehouse/operations/backups.json", "[")
    assert read_backups(empty_project) == {}


def forgotten(project: Project, entries: object) -> None:
    """Put a list of what must not come back into a project."""
    write(project, "warehouse/operations/forgotten.json", json.dumps(entries))


def test_an_empty_list_removes_nothing(empty_project: Project) -> None:
    fill(empty_project)
    assert replay(empty_project) == []
    forgotten(empty_project, [])
    assert replay(empty_project) == []
    assert (empty_project.root / "landing/panel/2031/answers.parquet").exists()


def test_files_that_must_not_come_back_are_removed(empty_project: Project) -> None:
    fill(empty_project)
    write(empty_project, "inbox/corrected.csv", "corrected")
    forgotten(
        empty_project,
        [
            {"path": "landing/panel/2031", "since": "2031-05-01", "why": "withdrawn"},
            {"path": "latest.csv"},
            {"path": "inbox/gone.csv"},
            # Another content stands there now.
            {"path": "inbox/corrected.csv", "sha256": "0" * 64},
        ],
    )
    later = [{"path": "inbox/panel/2032/delivery.csv"}]
    assert replay(empty_project, later) == [
        "landing/panel/2031 (it must not come back)",
        "latest.csv (it must not come back)",
        "inbox/panel/2032/delivery.csv (it must not come back)",
    ]
    assert not (empty_project.root / "landing/panel/2031").exists()
    # What the link leads to was not meant.
    assert (empty_project.root / "seeds/waves/panel/panel_2030.csv").exists()
    assert (empty_project.root / "inbox/corrected.csv").exists()
    assert len(read_forgotten(empty_project)) == 5
    assert replay(empty_project, later) == []


def test_releases_that_must_not_come_back_are_removed(empty_project: Project) -> None:
    names = [release(empty_project, version) for version in (1, 2, 3)]
    forgotten(
        empty_project,
        [{"release": names[0]}, {"release": names[1], "part": "microdata"}, {"release": names[2]}],
    )
    assert replay(empty_project) == [
        f"release {names[0]} (it must not come back)",
        f"the microdata of release {names[1]} (it must not come back)",
        f"release {names[2]} (it must not come back)",
    ]
    assert [each.parts for each in kept_releases(empty_project)] == [["aggregates"]]
    # The one that counted: no link leads into the void, and the next publish is not in its way.
    assert not (empty_project.warehouse / "current").is_symlink()
    release(empty_project, 4)
    assert len(kept_releases(empty_project)) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "forgotten.json is no JSON"),
        ('{"path": "x"}', "an entry has neither `path` nor `release`"),
        ('[{"wave": "2031"}]', "an entry has neither `path` nor `release`"),
        ('[{"path": "../other"}]', "../other leads out of the project"),
        ('[{"path": "/etc/passwd"}]', "/etc/passwd leads out of the project"),
    ],
)
def test_a_list_that_is_not_clear_is_refused(
    empty_project: Project, content: str, said: str
) -> None:
    write(empty_project, "warehouse/operations/forgotten.json", content)
    with pytest.raises(WavehouseError, match=said.replace(".", r"\.")):
        replay(empty_project)


def test_a_damaged_table_of_the_history_is_named(empty_project: Project) -> None:
    release(empty_project, 1)
    assert damaged_tables(empty_project) == []
    table = kept_releases(empty_project)[0].table("fct_people")
    assert table
    content = table.read_bytes()
    table.unlink()
    for damaged in (content[:100] + b"?" + content[101:], content[:50], b""):
        table.write_bytes(damaged)
        [path] = damaged_tables(empty_project)
        assert path == empty_project.relative(table)
