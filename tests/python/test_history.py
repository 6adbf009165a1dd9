"""Releases stay as long as the policy says, each content once, and can be read as of any."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path

import duckdb
import pytest

import wavehouse.publishing.publish
import wavehouse.publishing.releases
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.history import KeptRelease, find_release, kept_releases, size_on_disk
from wavehouse.publishing.publish import PassedBuild, publish
from wavehouse.publishing.retention import DEFAULT, MICRODATA, Retention, read_retention

Run = Callable[..., tuple[int, str]]
StartProcess = Callable[..., "subprocess.Popen[bytes]"]

ROOT = Path(__file__).resolve().parents[2]
TABLES = ["dim_wave", "fct_answers", "fct_trend_estimates", "own_cases"]
NOTHING = {"days": 0, "months": 0, "quarters": 0, "years": 0}


def release_of(project: Project, *, answers: int = 1, estimates: int = 1, rows: int = 1_000) -> str:
    """Publish tables whose contents are those of two versions; give the release's id."""
    project.target.mkdir(exist_ok=True)
    project.working_database.unlink(missing_ok=True)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.dim_wave as select 'made_up' as study_id, '1' as wave_id;
            create table marts.fct_answers as
            select 'person ' || i as respondent_key, hash(i * {answers}) as code
            from range({rows}) as r (i);
            create table marts.fct_trend_estimates as
            select i as cell, {estimates} + i / 7 as estimate from range({rows}) as r (i);
            create table marts.own_cases as
            select i as case_number, {answers} as said from range({rows}) as r (i);
            """
        )
    node = {
        "alias": "own_cases",
        "schema": "marts",
        "resource_type": "model",
        "constraints": [],
        "config": {"meta": {"microdata": True}},
    }
    (project.target / "manifest.json").write_text(json.dumps({"nodes": {"own": node}}))
    build = PassedBuild.of(project, f"{answers} {estimates}", TABLES)
    build.save(project)
    made: str = publish(project, build)["release"]
    return made


def set_policy(
    project: Project, aggregates: Mapping[str, object], microdata: Mapping[str, object]
) -> None:
    """Say what is kept."""
    (project.root / "releases.yml").write_text(
        json.dumps({"aggregates": dict(aggregates), "microdata": dict(microdata)})
    )


def kept(project: Project) -> dict[str, list[str]]:
    """Give the kept parts of each release."""
    return {each.release_id: each.parts for each in kept_releases(project)}


def inode(release: KeptRelease, table: str) -> int:
    file = release.table(table)
    assert file is not None
    return file.stat().st_ino


def made_older(project: Project, release_id: str, days: int) -> None:
    """Let a release in the history be some days older than it is."""
    file = find_release(project, release_id).folder / "manifest.json"
    manifest = json.loads(file.read_text())
    published = datetime.fromisoformat(manifest["published_at"]) - timedelta(days=days)
    file.chmod(0o644)
    file.write_text(json.dumps({**manifest, "published_at": published.isoformat()}))


# What is kept -------------------------------------------------------------------------------------


def test_releases_have_two_parts_and_rows_of_people_are_in_the_second(
    empty_project: Project,
) -> None:
    release_of(empty_project)
    (release,) = kept_releases(empty_project)
    assert {
        part: sorted(file.stem for file in (release.folder / part).iterdir())
        for part in release.parts
    } == {
        "aggregates": ["dim_wave", "fct_trend_estimates"],
        # by its column of respondents, and by the word of its model
        "microdata": ["fct_answers", "own_cases"],
    }


def test_a_table_that_is_the_same_is_on_the_disk_once(empty_project: Project) -> None:
    release_of(empty_project, estimates=1)
    alone = size_on_disk([empty_project.warehouse / "history"])
    for _ in range(3):
        release_of(empty_project, estimates=1)
    same = size_on_disk([empty_project.warehouse / "history"])
    # The manifests alone are added.
    assert same - alone < 3 * 2_000
    release_of(empty_project, estimates=2)
    release_of(empty_project, estimates=1)
    *_, first, changed, back = kept_releases(empty_project)
    assert inode(first, "fct_answers") == inode(changed, "fct_answers")
    assert inode(first, "fct_trend_estimates") != inode(changed, "fct_trend_estimates")
    assert inode(first, "fct_trend_estimates") == inode(back, "fct_trend_estimates")
    assert first.own_size == 0
    changed_file = changed.table("fct_trend_estimates")
    assert changed_file is not None
    # Its live release has a link to it, too.
    assert changed_file.stat().st_nlink == 2


def test_columns_of_another_name_are_another_content(empty_project: Project) -> None:
    release_of(empty_project)
    with duckdb.connect(str(empty_project.working_database)) as connection:
        connection.execute("alter table marts.dim_wave rename column wave_id to round_id")
    publish(empty_project, PassedBuild.of(empty_project, "renamed", TABLES))
    first, second = kept_releases(empty_project)
    assert inode(first, "dim_wave") != inode(second, "dim_wave")
    file = second.table("dim_wave")
    assert file is not None
    assert duckdb.read_parquet(str(file)).columns == ["study_id", "round_id"]


def test_where_the_disk_has_no_links_files_are_copied(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    release_of(empty_project)
    (release,) = kept_releases(empty_project)
    file = release.table("fct_answers")
    assert file is not None
    assert file.stat().st_nlink == 1
    assert duckdb.read_parquet(str(file)).count("*").fetchall() == [(1_000,)]


def test_releases_from_before_there_was_a_history_are_taken_over(empty_project: Project) -> None:
    made = [release_of(empty_project, answers=1), release_of(empty_project, answers=2)]
    shutil.rmtree(empty_project.warehouse / "history")
    for release_id in made:
        file = empty_project.warehouse / "releases" / release_id / "manifest.json"
        manifest = json.loads(file.read_text())
        del manifest["previous"]
        # As it was then, when nobody said which tables hold people.
        manifest["tables"] = [{"name": t["name"], "rows": t["rows"]} for t in manifest["tables"]]
        file.chmod(0o644)
        file.write_text(json.dumps(manifest))
    made.append(release_of(empty_project, answers=3))
    assert list(kept(empty_project)) == made
    first = find_release(empty_project, made[0])
    assert (first.folder / MICRODATA / "fct_answers.parquet").exists()
    assert [each.live for each in kept_releases(empty_project)] == ["", "previous", "current"]


def test_the_history_of_a_table_is_one_query(empty_project: Project) -> None:
    made = [release_of(empty_project, estimates=version) for version in (1, 2)]
    files = f"{empty_project.warehouse}/history/*/aggregates/fct_trend_estimates.parquet"
    assert duckdb.sql(
        f"select release, min(estimate) from read_parquet('{files}', union_by_name = true) "
        "group by release order by release"
    ).fetchall() == [(made[0], 1.0), (made[1], 2.0)]


def test_published_files_stay_read_only_and_as_they_are(empty_project: Project) -> None:
    release_of(empty_project)
    for file in (empty_project.warehouse / "history").rglob("*"):
        if file.is_file():
            assert file.stat().st_mode & 0o222 == 0, file


# For how long -------------------------------------------------------------------------------------


def test_the_file_of_the_project_says_what_holds_without_one(empty_project: Project) -> None:
    assert read_retention(empty_project) == DEFAULT
    assert read_retention(Project(ROOT)) == DEFAULT


def of_days(*days: str) -> dict[str, datetime]:
    return {day: datetime.fromisoformat(f"{day}T12:00+00:00") for day in days}


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        (Retention(0, 0, 0, 0), ["2026-05-20"]),
        (Retention(10, 0, 0, 0), ["2026-05-10", "2026-05-20"]),
        (Retention(0, 3, 0, 0), ["2026-02-28", "2026-04-30", "2026-05-20"]),
        (Retention(0, 0, 2, 0), ["2026-02-28", "2026-05-20"]),
        (Retention(0, 0, 0, 2), ["2025-12-31", "2026-05-20"]),
        (Retention(0, 0, 0, inf), ["2023-07-01", "2025-12-31", "2026-05-20"]),
        (Retention(1, 1, 2, 1), ["2026-02-28", "2026-05-20"]),
    ],
)
def test_a_policy_keeps_all_of_some_days_and_the_last_of_a_stretch(
    retention: Retention, expected: list[str]
) -> None:
    times = of_days(
        *("2023-01-05", "2023-07-01", "2025-12-30", "2025-12-31", "2026-02-01", "2026-02-28"),
        *("2026-04-30", "2026-05-09", "2026-05-10", "2026-05-20"),
    )
    assert sorted(retention.kept(times)) == expected
    assert sorted(retention.kept(times, ["2025-12-30", "gone"])) == sorted(
        [*expected, "2025-12-30"]
    )


def test_a_publish_removes_what_is_not_kept_microdata_alone_or_all(
    empty_project: Project, run_command: Run
) -> None:
    set_policy(empty_project, {"years": "all"}, {"days": 100})
    first = release_of(empty_project, answers=1)
    second = release_of(empty_project, answers=2)
    made_older(empty_project, first, 800)
    made_older(empty_project, second, 400)
    third = release_of(empty_project, answers=3)
    # The one before the one that counts stays, however old it is.
    assert kept(empty_project) == {
        first: ["aggregates"],
        second: ["aggregates", "microdata"],
        third: ["aggregates", "microdata"],
    }
    assert run_command(empty_project, "releases", "--tidy") == (0, "Nothing to remove.\n")
    set_policy(empty_project, NOTHING, {"days": "all"})
    assert run_command(empty_project, "releases", "--tidy") == (0, f"Removed {first}: all.\n")
    assert list(kept(empty_project)) == [second, third]


NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEEP_TEN = Retention(10, 0, 0, 0)
DAILY = ("2026-03-01", "2026-03-02", "2026-03-03")
QUARTERLY = ("2025-06-01", "2025-09-01", "2025-12-01", "2026-03-01")


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        # Two publishes soon after a jump; one a week later, when somebody would have seen it.
        ((*DAILY, "2026-05-20", "2026-05-21"), ()),
        ((*DAILY, "2026-05-20", "2026-05-27"), DAILY),
        # A short pause is none.
        ((*DAILY, "2026-04-03"), DAILY),
        # Pauses as long as those before it, and one that is far longer.
        ((*QUARTERLY, "2026-05-31"), QUARTERLY),
        ((*(f"2024{day[4:]}" for day in QUARTERLY), "2026-05-31"), ()),
        # What is later than now is kept, and the rest goes by the times that have come.
        ((*DAILY, "2026-03-20", "2027-04-01", "2027-04-02"), DAILY),
        ((*DAILY, "2027-04-01"), ()),
    ],
)
def test_nothing_goes_by_a_time_that_is_in_doubt(
    days: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    times = of_days(*days)
    assert times.keys() - KEEP_TEN.kept(times, now=NOW) == set(gone)


def test_who_asks_knows_the_time() -> None:
    times = of_days(*DAILY, "2026-05-20", "2027-04-01")
    kept = KEEP_TEN.kept(times, now=NOW, is_asked_for=True)
    assert sorted(kept) == ["2026-05-20", "2027-04-01"]


def test_a_clock_that_jumps_ahead_takes_no_history_with_it(
    empty_project: Project, run_command: Run
) -> None:
    """Seen from the newest release, all others are too old; who asks for it has them removed."""
    made = [release_of(empty_project, answers=answers) for answers in range(1, 4)]
    set_policy(empty_project, {"days": 92}, {"days": 30})
    for release_id in made:
        made_older(empty_project, release_id, 400)
    made += [release_of(empty_project, answers=answers) for answers in (4, 5)]
    assert kept(empty_project) == {each: ["aggregates", "microdata"] for each in made}
    code, _ = run_command(empty_project, "releases", "--tidy")
    assert (code, list(kept(empty_project))) == (0, made[-2:])


def test_rows_of_people_are_removed_alone(empty_project: Project, run_command: Run) -> None:
    made = [release_of(empty_project, answers=version) for version in (1, 2, 3)]
    answers = inode(kept_releases(empty_project)[0], "fct_answers")
    code, said = run_command(empty_project, "releases", "--remove", made[0], "--microdata")
    assert (code, said) == (0, f"Removed the microdata of {made[0]}.\n")
    assert kept(empty_project)[made[0]] == ["aggregates"]
    left = [f.stat().st_ino for f in empty_project.warehouse.rglob("*") if f.is_file()]
    assert answers not in left
    for live in ("current", "previous", made[2]):
        code, said = run_command(empty_project, "releases", "--remove", live)
        assert code == 1
        assert "release, which stays." in said
    assert run_command(empty_project, "releases", "--remove", made[0])[0] == 0
    assert list(kept(empty_project)) == made[1:]


def test_a_policy_that_is_not_clear_removes_and_publishes_nothing(empty_project: Project) -> None:
    made = release_of(empty_project)
    (empty_project.root / "releases.yml").write_text(
        "aggregates: {days: many, weeks: 3}\nmicrodata: {days: -1, years: true}\nanswers: {}\n"
    )
    with pytest.raises(ProblemsError) as caught:
        release_of(empty_project, answers=2)
    assert caught.value.problems == [
        "releases.yml: there is no part `answers`. The parts are aggregates, microdata.",
        "releases.yml: `aggregates`, `days` is 'many'. Write a whole number, or `all`.",
        "releases.yml: `aggregates` has no rule `weeks`. The rules are days, months, quarters, "
        "years.",
        "releases.yml: `microdata`, `days` is -1. Write 0 or more.",
        "releases.yml: `microdata`, `years` is True. Write a whole number, or `all`.",
    ]
    assert list(kept(empty_project)) == [made]
    for text in ("", "- x", "a: [", "aggregates: {days: 1}"):
        (empty_project.root / "releases.yml").write_text(text)
        with pytest.raises(ProblemsError, match=r"It is not clear.*\n  - releases\.yml"):
            read_retention(empty_project)


# When it fails ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["add_to_history", "remove_releases", "tidy_history"])
def test_what_fails_after_the_switch_is_done_by_the_next_publish(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    made = [release_of(empty_project, answers=1), release_of(empty_project, answers=2)]
    with monkeypatch.context() as patched:

        def fail(*_: object) -> None:
            raise OSError(errno.EIO, "broken")

        patched.setattr(wavehouse.publishing.publish, step, fail)
        with pytest.raises(OSError, match="broken"):
            release_of(empty_project, answers=3)
    counting = (empty_project.warehouse / "current").resolve().name
    assert counting > made[-1]
    made += [counting, release_of(empty_project, answers=4)]
    assert list(kept(empty_project)) == made
    left = sorted(path.name for path in (empty_project.warehouse / "releases").iterdir())
    assert left == made[-2:]


def test_a_release_that_never_counted_is_not_history(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its run died after the folder was whole, before the link led to it."""
    made = [release_of(empty_project, answers=1)]
    for layout in ("now", "before there was a history"):
        with monkeypatch.context() as patched:

            def fail(*_: object) -> None:
                raise OSError(errno.EIO, "broken")

            patched.setattr(wavehouse.publishing.releases, "replace_link", fail)
            with pytest.raises(OSError, match="broken"):
                release_of(empty_project, answers=2)
        (never,) = (
            folder
            for folder in (empty_project.warehouse / "releases").iterdir()
            if folder.name not in made
        )
        if layout != "now":
            file = never / "manifest.json"
            manifest = json.loads(file.read_text())
            del manifest["previous"]
            file.chmod(0o644)
            file.write_text(json.dumps(manifest))
        made.append(release_of(empty_project, answers=3))
        assert list(kept(empty_project)) == made
        assert not never.exists()


def test_half_releases_and_half_removals_are_finished(empty_project: Project) -> None:
    made = release_of(empty_project)
    history = empty_project.warehouse / "history"
    for name in (".release=20200101T000000000000Z.partial", ".release=2020.removed"):
        (history / name / "aggregates").mkdir(parents=True)
        (history / name / "aggregates/dim_wave.parquet").write_bytes(b"half")
    aside = history / f"release={made}" / ".microdata.removed"
    aside.mkdir()
    (aside / "fct_answers.parquet").write_bytes(b"half")
    release_of(empty_project)
    assert not list(history.rglob(".*"))
    assert len(kept(empty_project)) == 2


MOMENTS = {
    "the switch": lambda warehouse, before: (warehouse / "current").readlink().name != before,
    "half of it": lambda warehouse, _: list(warehouse.glob("history/.*.partial/*/*")),
    "in the history": lambda warehouse, _: len(list(warehouse.glob("history/release=*"))) > 2,
    "old ones": lambda warehouse, _: len(list(warehouse.glob("releases/[0-9]*"))) > 2,
}


@pytest.mark.slow("drill")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_publish_killed_while_it_keeps_history_loses_nothing(
    empty_project: Project, start_process: StartProcess, moment: str
) -> None:
    made = [release_of(empty_project, answers=version) for version in (1, 2)]
    # The build of the third is there, and is published by a process of its own.
    third = release_of(empty_project, answers=3, rows=200_000)
    made.append(third)
    words = [sys.executable, "-m", "wavehouse", "--project-dir", str(empty_project.root), "publish"]
    process = start_process(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not MOMENTS[moment](empty_project.warehouse, third) and process.poll() is None:
        time.sleep(0.0002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    counting = (empty_project.warehouse / "current").resolve().name
    if counting != third:
        made.append(counting)
    made.append(release_of(empty_project, answers=5))
    assert list(kept(empty_project)) == made
    for release in kept_releases(empty_project):
        for table in release.manifest["tables"]:
            file = release.table(table["name"])
            assert file is not None
            rows = duckdb.read_parquet(str(file)).count("*").fetchall()
            assert rows == [(table["rows"],)]


# As of --------------------------------------------------------------------------------------------


def test_a_release_is_found_by_id_date_time_or_what_it_is(empty_project: Project) -> None:
    with pytest.raises(WavehouseError, match="No release is kept yet"):
        find_release(empty_project, "current")
    made = [release_of(empty_project, answers=version) for version in (1, 2, 3)]
    made_older(empty_project, made[0], 60)
    made_older(empty_project, made[1], 30)
    now = datetime.now(UTC)

    def found(words: object) -> str:
        return find_release(empty_project, str(words)).release_id

    assert found(made[1]) == made[1]
    # The beginning of an id may look like a time.
    assert found(made[1][:-4]) == made[1]
    with pytest.raises(WavehouseError, match="No release has this name: \\. Give"):
        found("")
    assert found((now - timedelta(days=45)).date()) == made[0]
    assert found((now - timedelta(days=30)).date()) == made[1], "all of that day counts"
    assert found((now - timedelta(days=30, hours=1)).isoformat()) == made[0]
    assert found(now.date() + timedelta(days=1)) == made[2]
    assert (found("current"), found("previous")) == (made[2], made[1])
    with pytest.raises(WavehouseError, match=f"the earliest is {made[0]}"):
        found("1999-12-31")
    with pytest.raises(WavehouseError, match="3 releases have this name: 20"):
        found("20")
    with pytest.raises(WavehouseError, match="No release has this name: yesterday"):
        found("yesterday")


def test_views_read_the_tables_as_they_were(empty_project: Project, run_command: Run) -> None:
    set_policy(empty_project, {"days": "all"}, NOTHING)
    first = release_of(empty_project, estimates=1)
    for version in (2, 3):
        release_of(empty_project, estimates=version)
    code, said = run_command(empty_project, "as-of", first)
    assert code == 0
    assert re.fullmatch(
        rf"Wrote warehouse/as_of/{first}\.duckdb: the tables of {first}, published "
        r"[-0-9]{10} [0-9:]{5} UTC\. It no longer has microdata\.\n",
        said,
    )
    file = empty_project.warehouse / f"as_of/{first}.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.sql("select min(estimate) from marts.fct_trend_estimates").fetchall() == [
            (1.0,)
        ]
        assert connection.sql("select release from wavehouse_release").fetchall() == [(first,)]
        tables = connection.sql("select view_name from duckdb_views() where not internal")
        assert sorted(tables.fetchall()) == [
            ("dim_wave",),
            ("fct_trend_estimates",),
            ("wavehouse_release",),
        ]
        assert connection.sql("from marts.dim_wave").columns == ["study_id", "wave_id"]


def test_views_replace_only_views(empty_project: Project, run_command: Run) -> None:
    release_of(empty_project)
    own = empty_project.root / "own.duckdb"
    with duckdb.connect(str(own)) as connection:
        connection.execute("create table mine as select 1 as x")
    code, said = run_command(empty_project, "as-of", "current", "--to", str(own))
    assert code == 1
    assert "was not made by this command" in said
    views = empty_project.root / "views.duckdb"
    for _ in range(2):
        assert run_command(empty_project, "as-of", "current", "--to", str(views))[0] == 0
    with duckdb.connect(str(views), read_only=True) as connection:
        assert connection.sql("select count(*) from marts.fct_answers").fetchall() == [(1_000,)]


def test_the_list_says_what_is_kept_and_what_it_takes(
    empty_project: Project, run_command: Run
) -> None:
    assert run_command(empty_project, "releases") == (
        0,
        "No release is kept yet. Run `make` first.\n",
    )
    set_policy(empty_project, {"days": "all"}, NOTHING)
    made = [release_of(empty_project, answers=version) for version in (1, 2, 3)]
    _, said = run_command(empty_project, "releases")
    lines = said.splitlines()
    assert lines[0].split("  ")[0] == "release"
    assert [line.split()[0] for line in lines[1:4]] == list(reversed(made))
    assert lines[1].endswith("current")
    assert lines[2].endswith("previous")
    assert "aggregates and microdata" in lines[2]
    assert "aggregates and microdata" not in lines[3]
    assert lines[4].startswith("3 releases: ")
