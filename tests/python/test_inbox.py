"""What a run takes from the inbox: tried in a copy, put in place, and taken back."""

import csv
import errno
import os
import signal
import time
from datetime import date
from pathlib import Path

import pytest

from wavehouse.errors import WavehouseError
from wavehouse.operations.daily_run import taking as taking_module
from wavehouse.operations.daily_run.inbox import (
    REFUSED,
    TAKEN,
    Delivery,
    forget_refused,
    outcome,
    read_inbox,
    remember_refused,
    remember_taken,
)
from wavehouse.operations.daily_run.taking import Taking, finish_last, taking_folder
from wavehouse.operations.daily_run.trial import Waits, try_delivery
from wavehouse.project import Project

TODAY = date(2026, 5, 10)


def last_wave(project: Project) -> list[list[str]]:
    """Give header and rows of the last wave of the example."""
    path = project.waves / "harbour" / "harbour_2025.csv"
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def deliver(project: Project, wave_id: str, rows: list[list[str]], name: str = "w.csv") -> Delivery:
    """Put rows into the inbox as a file of a wave."""
    folder = project.root / "inbox" / "harbour" / wave_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return Delivery("harbour", wave_id, (folder / name,))


def schedule(project: Project, *rows: str) -> None:
    """Write the field schedule."""
    path = project.codebook / "field_schedule.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def all_files(project: Project) -> dict[str, bytes]:
    """Give the content of all files of the project but for what may be made again."""
    return {
        name: path.read_bytes()
        for path in sorted(project.root.rglob("*"))
        if path.is_file()
        and not (name := path.relative_to(project.root).as_posix()).startswith(
            ("target/", "warehouse/", "inbox/", ".wavehouse/lock", ".wavehouse/taking/")
        )
    }


def expected_respondents(project: Project) -> dict[str, str]:
    """Give how many respondents the codebook expects, by wave."""
    with (project.codebook / "waves.csv").open(encoding="utf-8", newline="") as stream:
        return {row["wave_id"]: row["expected_respondents"] for row in csv.DictReader(stream)}


# What lies in the inbox


def test_files_that_still_arrive_are_left(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "harbour"
    for wave, name in (("a", "x.csv"), ("b", "x.csv"), ("c", "x.csv.part"), ("d", ".x.csv")):
        (folder / wave).mkdir(parents=True)
        (folder / wave / name).write_text("x")
    now = time.time()
    os.utime(folder / "a" / "x.csv", (now - 90, now - 90))
    os.utime(folder / "c" / "x.csv.part", (now - 90, now - 90))
    found = read_inbox(tmp_path / "inbox", "inbox", 60, now)
    assert [each.wave_id for each in found.deliveries] == ["a"]
    assert [each.wave_id for each in found.arriving] == ["b", "c"]
    assert not found.problems


def test_what_does_not_belong_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    (folder / "harbour" / "2 0").mkdir(parents=True)
    (folder / "x.csv").write_text("x")
    (folder / "harbour" / "y.csv").write_text("x")
    said = "\n".join(read_inbox(folder, "inbox", 0, time.time()).problems)
    assert "inbox/x.csv is no folder of a study. Put it into inbox/<study>/<wave>/." in said
    assert "inbox/harbour/y.csv is no folder of a wave." in said
    assert "inbox/harbour/2 0" in said
    (folder / "harbour" / "2026" / "more").mkdir(parents=True)
    (folder / "harbour" / "2026" / "x.csv").write_text("x")
    (folder / "harbour" / "2027").mkdir()
    os.close(os.open(os.fsencode(folder / "harbour" / "2027") + b"/caf\xe9.csv", os.O_CREAT))
    found = read_inbox(folder, "inbox", 0, time.time())
    said = "\n".join(found.problems)
    assert "inbox/harbour/2026/more is a folder. Put its files into inbox/harbour/2026/." in said
    assert "inbox/harbour/2027/caf?.csv has a name that is not UTF-8. Rename it." in said
    assert found.deliveries == []
    assert read_inbox(tmp_path / "none", "none", 0, 0).deliveries == []


def test_a_file_from_the_future_is_complete(tmp_path: Path) -> None:
    """The clock of who delivers, or a time zone, is another one."""
    folder = tmp_path / "harbour" / "2026"
    folder.mkdir(parents=True)
    (folder / "x.csv").write_text("x")
    now = time.time()
    os.utime(folder / "x.csv", (now + 5000, now + 5000))
    assert len(read_inbox(tmp_path, "inbox", 60, now).deliveries) == 1


def test_an_outcome_is_remembered_until_it_changes(tmp_path: Path) -> None:
    project, delivery = Project(tmp_path), Delivery("harbour", "2026", ())
    sums = [{"name": "w.csv", "sha256": "0"}]
    remember_refused(project, delivery, sums, "Why.", "What to do.", "c")
    refused = outcome(project, delivery, REFUSED)
    assert refused
    assert (refused["message"], refused["files"], refused["codebook"]) == ("Why.", sums, "c")
    remember_taken(project, delivery, sums, {})
    assert outcome(project, delivery, REFUSED) is None
    taken = outcome(project, delivery, TAKEN)
    assert taken
    assert taken["files"] == sums
    remember_refused(project, delivery, sums, "Why.", "What to do.", "c")
    forget_refused(project, [])
    assert outcome(project, delivery, REFUSED) is None


# What is tried


def test_a_scheduled_wave_needs_nobody_and_leaves_the_project_alone(town: Project) -> None:
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    before = all_files(town)
    trial = try_delivery(town, deliver(town, "2026", last_wave(town)[:101]), TODAY)
    assert all_files(town) == before
    assert "seeds/codebook/waves.csv" in trial.files
    assert "seeds/waves/harbour/harbour_2026.csv" in trial.files
    assert not trial.landed
    assert expected_respondents(trial.copy)["2026"] == "100"


def test_a_wave_of_no_schedule_waits_for_its_date(town: Project) -> None:
    before = all_files(town)
    with pytest.raises(Waits, match=r"wave 2026: .* is a guess"):
        try_delivery(town, deliver(town, "2026", last_wave(town)[:101]), TODAY)
    assert all_files(town) == before


def test_a_renamed_column_waits(town: Project) -> None:
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    rows = last_wave(town)
    rows[0][rows[0].index("takes_ferry")] = "uses_ferry"
    with pytest.raises(Waits, match="uses_ferry"):
        try_delivery(town, deliver(town, "2026", rows), TODAY)


def test_a_wave_grows_while_it_is_in_the_field(town: Project) -> None:
    header, *rows = last_wave(town)
    more = [[str(int(rows[-1][0]) + 1), *rows[-1][1:]]]
    delivery = deliver(town, "2025", [header, *rows, *more])
    with pytest.raises(Waits, match="301 rows delivered, 300 expected"):
        try_delivery(town, delivery, TODAY)
    schedule(town, "harbour,2025,2026-05-01,2026-05-09,2026-05-10,,")
    trial = try_delivery(town, delivery, TODAY)
    assert expected_respondents(trial.copy)["2025"] == "301"
    schedule(town, "harbour,2025,2026-05-01,2026-05-09,2026-05-09,,")
    with pytest.raises(Waits, match="301 rows delivered, 300 expected"):
        try_delivery(town, delivery, TODAY)
    # Fewer are never taken unseen.
    schedule(town, "harbour,2025,2026-05-01,2026-05-09,2026-05-10,,")
    with pytest.raises(Waits, match="299 rows delivered, 300 expected"):
        try_delivery(town, deliver(town, "2025", [header, *rows[1:]]), TODAY)


def test_another_study_and_an_open_draft_wait(town: Project) -> None:
    delivery = deliver(town, "2026", last_wave(town))
    with pytest.raises(Waits, match="There is no study ferry"):
        try_delivery(town, Delivery("ferry", "2026", delivery.files), TODAY)
    (town.root / "drafts").mkdir()
    (town.root / "drafts" / "harbour_2026.yml").write_text("x: 1\n")
    with pytest.raises(Waits, match="somebody works on this wave"):
        try_delivery(town, delivery, TODAY)


def test_a_file_that_cannot_be_read_is_refused(town: Project) -> None:
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    delivery = deliver(town, "2026", [["a,"], ["\0"]], "w.sav")
    with pytest.raises(WavehouseError) as error:
        try_delivery(town, delivery, TODAY)
    assert not isinstance(error.value, Waits)
    assert "w.sav" in str(error.value)


def test_the_landing_folder_of_the_environment_is_not_touched(
    town: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_LANDING", str(tmp_path / "elsewhere"))
    with (town.codebook / "waves.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows, columns = list(reader), reader.fieldnames or []
    rows[-1]["delivered_as"] = "landing"
    with (town.codebook / "waves.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    from wavehouse_exchange.landing.land import land_wave

    (town.waves / "harbour" / "harbour_2025.csv").rename(tmp_path / "harbour_2025.csv")
    land_wave(town, "harbour", "2025", [tmp_path / "harbour_2025.csv"])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "elsewhere").rglob("*")}
    header, *answers = list(
        csv.reader((tmp_path / "harbour_2025.csv").read_text(encoding="utf-8").splitlines())
    )
    answers[3][-1] = "17"
    delivery = deliver(town, "2025", [header, *answers])
    trial = try_delivery(town, delivery, TODAY)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "elsewhere").rglob("*")} == before
    assert trial.landed
    taking = Taking(town)
    taking.put_in_place(delivery, delivery.sums, trial)
    landed = tmp_path / "elsewhere" / "harbour" / "2025" / "files.parquet"
    assert (
        landed.read_bytes()
        == (trial.copy.landed_wave("harbour", "2025") / landed.name).read_bytes()
    )
    assert not taking.take_back()
    now = {p.relative_to(tmp_path) for p in (tmp_path / "elsewhere").rglob("*.parquet")}
    assert now == {p.relative_to(tmp_path) for p in before if p.suffix == ".parquet"}


# What is put in place


def test_what_is_put_in_place_is_taken_back(town: Project) -> None:
    schedule(
        town,
        "harbour,2025,2026-05-01,2026-05-20,2026-05-31,,",
        "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,",
    )
    before = all_files(town)
    taking = Taking(town)
    rows = last_wave(town)
    added = [[str(int(rows[-1][0]) + 1), *rows[-1][1:]]]
    for delivery in (deliver(town, "2026", rows[:101]), deliver(town, "2025", rows + added)):
        taking.put_in_place(delivery, delivery.sums, try_delivery(town, delivery, TODAY))
    assert expected_respondents(town) == {
        "2023": "300",
        "2024": "300",
        "2025": "301",
        "2026": "100",
    }
    assert taking.take_back() == []
    assert all_files(town) == before
    assert not taking_folder(town).exists()


def test_what_somebody_changes_in_between_is_left_and_named(town: Project) -> None:
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    taking = Taking(town)
    delivery = deliver(town, "2026", last_wave(town)[:101])
    trial = try_delivery(town, delivery, TODAY)
    taking.put_in_place(delivery, delivery.sums, trial)
    path = town.codebook / "waves.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Harbour 2024", "Harbour '24"))
    (said,) = taking.take_back()
    assert said.startswith("seeds/codebook/waves.csv was changed while a delivery was tried")
    assert "Harbour '24" in path.read_text(encoding="utf-8")
    kept = town.root / ".wavehouse" / "taking-left" / "seeds" / "codebook" / "waves.csv"
    assert "2026" not in kept.read_text(encoding="utf-8")
    assert not (town.waves / "harbour" / "harbour_2026.csv").exists()


def test_nothing_is_put_over_what_changed_since_it_was_tried(town: Project) -> None:
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    delivery = deliver(town, "2026", last_wave(town)[:101])
    trial = try_delivery(town, delivery, TODAY)
    path = town.codebook / "waves.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Harbour 2024", "Harbour '24"))
    before = all_files(town)
    with pytest.raises(Waits, match=r"seeds/codebook/waves.csv was changed"):
        Taking(town).put_in_place(delivery, delivery.sums, trial)
    assert all_files(town) == before


def test_a_run_that_is_killed_is_finished_by_the_next_one(town: Project) -> None:
    """A process is killed at 25 moments of putting in place; what is left is all or nothing."""
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    delivery = deliver(town, "2026", last_wave(town)[:101])
    sums = delivery.sums
    before = all_files(town)
    trial = try_delivery(town, delivery, TODAY)

    def begin() -> tuple[int, float]:
        """Let a process put in place; give its number, and when it had begun."""
        said, says = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(says, b".")
            Taking(town).put_in_place(delivery, sums, trial)
            os._exit(0)
        os.read(said, 1)
        os.close(said)
        os.close(says)
        return child, time.monotonic()

    # A process that was just forked is slower than this one.
    child, started = begin()
    os.waitpid(child, 0)
    seconds = time.monotonic() - started
    assert finish_last(town)
    healed = 0
    for moment in range(25):
        trial = try_delivery(town, delivery, TODAY)
        child, _ = begin()
        time.sleep(seconds * moment / 20)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        healed += bool(finish_last(town))
        assert all_files(town) == before, moment
        assert not taking_folder(town).exists()
    assert healed


def test_what_was_taken_stays_where_the_run_was_killed_after_it(town: Project) -> None:
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    delivery = deliver(town, "2026", last_wave(town)[:101])
    taking = Taking(town)
    taking.put_in_place(delivery, delivery.sums, try_delivery(town, delivery, TODAY))
    taking.remember()
    assert finish_last(town) == []
    assert expected_respondents(town)["2026"] == "100"
    assert not taking_folder(town).exists()


def test_of_two_deliveries_the_first_is_taken_back_where_the_second_is_cut_short(
    town: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both change the same table, and the second one was noted, and not yet put there."""
    schedule(
        town,
        "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,",
        "harbour,2027,2027-05-01,2027-05-20,2027-05-31,,",
    )
    before = all_files(town)
    taking = Taking(town)
    first = deliver(town, "2026", last_wave(town)[:101])
    taking.put_in_place(first, first.sums, try_delivery(town, first, TODAY))
    second = deliver(town, "2027", last_wave(town)[:121])
    trial = try_delivery(town, second, TODAY)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(taking_module, "_put", full)
        with pytest.raises(WavehouseError, match="the disk is full"):
            taking.put_in_place(second, second.sums, trial)
    assert "again" in finish_last(town)[0]
    assert all_files(town) == before


def test_a_link_is_not_written_through(town: Project) -> None:
    """A file that is there already, and of no wave, is the same file in the copy."""
    schedule(town, "harbour,2026,2026-05-01,2026-05-20,2026-05-31,,")
    place = town.waves / "harbour" / "harbour_2026.csv"
    place.write_text("somebody works on it\n")
    was = place.stat()
    with pytest.raises(WavehouseError, match="another file is there already"):
        try_delivery(town, deliver(town, "2026", last_wave(town)[:101]), TODAY)
    now = place.stat()
    assert (now.st_ino, now.st_mtime_ns, now.st_size) == (
        was.st_ino,
        was.st_mtime_ns,
        was.st_size,
    )
