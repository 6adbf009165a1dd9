"""Pseudonyms in place of ids: in no file is an id as it was delivered, and a person has one."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_people
from planted import found_in
from small_people import ID, SECRETS, WAVES, WORDS, make_small, release, write_down

from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.people import erasing, pseudonymising
from wavehouse.people.erasing import erase
from wavehouse.people.erasure_list import read_erased
from wavehouse.people.kept_out import leave_out_erased
from wavehouse.people.named import Respondent
from wavehouse.people.protections import read_protections
from wavehouse.people.pseudonymising import plan, pseudonymise
from wavehouse.people.pseudonyms import SETTING
from wavehouse.people.replaced_ids import FORM, ReplacedIds, delivered_ids_in_waves, replace_ids
from wavehouse.people.replayed import replay_erased
from wavehouse.people.sources import remove_delivered
from wavehouse.people.traces import Values
from wavehouse.people.wave_rows import joined_id, parts_of_id
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases

Run = Callable[..., tuple[int, str]]
# Every id of the small project that is long enough to be found by itself.
IDS = [ID]
HEADERS = {
    "studies": "study_id,study_label,is_optional\npanel,Panel,\n",
    "designs": "design_id,study_id\nby_id,panel\n",
    "study_protections": "study_id,respondent_ids,key_mark,rows_until,rows_days,aggregates\n",
}


def build(project: Project) -> None:
    """Publish anew, without dbt."""
    release(project, version=3)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with two releases, in which the id of a person is everywhere."""
    monkeypatch.setenv(SETTING, str(tmp_path / "people.key"))
    project = make_small(tmp_path / "project")
    for name, text in HEADERS.items():
        small_people.write(project.codebook / f"{name}.csv", text)
    release(project, version=1)
    release(project, version=2)
    write_down(project)
    said = f"wave 2030: {ID} is there twice."
    small_people.write(project.root / "logs" / "other.log", said)
    runs = project.warehouse / "operations" / "runs"
    small_people.write(runs / "20310102T000000000000Z-build.json", json.dumps({"message": said}))
    return project


def seed_of(project: Project) -> Path:
    """Give the wave that is a seed."""
    return project.waves / "panel" / "panel_2030.csv"


def ids_in(project: Project) -> list[list[str]]:
    """Give the ids that the two waves have."""
    with seed_of(project).open(newline="") as file:
        seed = [row["person"] for row in csv.DictReader(file)]
    landed = pq.read_table(project.landed_wave("panel", "2031") / "answers.parquet")
    return [seed, landed["person"].to_pylist()]


def test_no_file_has_an_id_as_it_was_delivered(project: Project) -> None:
    before = found_in(project.root, IDS)
    for kept in ("seeds/", "landing/", ".wavehouse/", "logs/", "warehouse/operations/"):
        assert any(name.startswith(kept) for name in before), kept
    microdata = [each.parts for each in kept_releases(project)]
    assert microdata == [["aggregates", "microdata"]] * 2
    done = pseudonymise(project, "panel", build)
    assert found_in(project.root, IDS) == {}
    assert [each.parts for each in kept_releases(project)] == [
        *[["aggregates"]] * 2,
        ["aggregates", "microdata"],
    ]
    assert any("is new" in line for line in done.left)
    assert list(delivered_ids_in_waves(project, read_codebook(project))) == []


def test_a_person_has_one_pseudonym_and_all_else_stays(project: Project) -> None:
    (before,) = {tuple(ids) for ids in ids_in(project)}
    seed = seed_of(project)
    lines = seed.read_bytes()
    pseudonymise(project, "panel", build)
    (after,) = {tuple(ids) for ids in ids_in(project)}
    assert len(set(after)) == len(set(before)) == 4
    assert all(FORM.fullmatch(each) for each in after)
    changed = seed.read_bytes()
    for was, now in zip(before, after, strict=True):
        changed = changed.replace(now.encode(), f'"{was}"'.encode())
    assert changed == lines


def test_again_it_changes_nothing(project: Project) -> None:
    pseudonymise(project, "panel", build)
    ids, releases = ids_in(project), kept_releases(project)
    done = pseudonymise(project, "panel", build)
    assert done.lines == ["Study panel: no wave has ids as they were delivered."]
    assert (ids_in(project), kept_releases(project)) == (ids, releases)


def test_other_studies_have_other_pseudonyms() -> None:
    key = b"k" * 32
    one, other = ReplacedIds("a", key), ReplacedIds("b", key)
    assert one.of_id("1") != other.of_id("1")
    assert one.of_id(one.of_id("1")) == one.of_id("1")
    assert ReplacedIds("a", b"l" * 32).of_id("1") != one.of_id("1")
    with pytest.raises(WavehouseError, match="made with another key, or for another study"):
        other.of_id(one.of_id("1"))


def test_ids_of_several_columns() -> None:
    new = ReplacedIds("a", b"k" * 32, [2])
    for parts in (["1", "2-3"], ["1-2", "3"], ["~-", "-~"]):
        assert parts_of_id(joined_id(parts)) == parts
        replaced = [new.of_part(part, n) for n, part in enumerate(parts, start=1)]
        assert new.of_id(joined_id(parts)) == joined_id(replaced)
    assert new.of_part("1", 1) != new.of_part("1", 2)


@pytest.mark.parametrize(
    "step",
    ["_declare", "_replace", "clean_own_texts", "remove_made_again", "remove_rows_of_people"],
)
@pytest.mark.parametrize("is_done", [True, False], ids=["after", "before"])
def test_a_killed_command_goes_on(
    step: str, is_done: bool, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(pseudonymising, step)

    def killed(*arguments: object, **options: object) -> object:
        if is_done:
            real(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pseudonymising, step, killed)
        with pytest.raises(KeyboardInterrupt):
            pseudonymise(project, "panel", build)
    pseudonymise(project, "panel", build)
    assert found_in(project.root, IDS) == {}
    assert [each.parts for each in kept_releases(project)][:2] == [["aggregates"]] * 2


def test_killed_between_two_waves(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from wavehouse.people.wave_rows import WaveRows

    real, times = WaveRows.replace, []

    def replaced(rows: WaveRows, *arguments: object) -> None:
        if times:
            raise KeyboardInterrupt
        times.append(rows)
        real(rows, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(WaveRows, "replace", replaced)
        with pytest.raises(KeyboardInterrupt):
            pseudonymise(project, "panel", build)
    problems = list(delivered_ids_in_waves(project, read_codebook(project)))
    assert problems == [
        "landing/panel/2031/answers.parquet (study panel, wave 2031): 4 rows with ids as they were "
        "delivered. `wavehouse pseudonymise panel` replaces them."
    ]
    pseudonymise(project, "panel", build)
    assert found_in(project.root, IDS) == {}


def test_a_dry_run_changes_nothing(project: Project, tmp_path: Path) -> None:
    told = "\n".join(plan(project, "panel").lines)
    assert "seeds/waves/panel/panel_2030.csv: 4 ids." in told
    assert "landing/panel/2031/answers.parquet: 4 ids." in told
    assert not (tmp_path / "people.key").exists()
    assert read_protections(project) == {}


def test_what_cannot_be_replaced_is_refused(project: Project) -> None:
    with pytest.raises(ProblemsError, match="there is no study nothing"):
        pseudonymise(project, "nothing", build)
    designs = project.codebook / "design_columns.csv"
    text = designs.read_text()
    designs.write_text(text.replace("weight,,1,weight", "weight,,1,person"))
    with pytest.raises(ProblemsError, match=r"column person: .* is the weight of by_id too"):
        pseudonymise(project, "panel", build)
    designs.write_text(text.replace("1,person", "1,nobody"))
    with pytest.raises(ProblemsError, match="does not say which column"):
        pseudonymise(project, "panel", build)
    assert read_protections(project) == {}


def test_the_key_is_asked_for(project: Project, tmp_path: Path) -> None:
    pseudonymise(project, "panel", build)
    key, file = tmp_path / "people.key", tmp_path / "answers.parquet"
    right = key.read_text()
    for content, said in ((None, "people.key is not there"), ("0" * 64, "has another key")):
        key.unlink() if content is None else key.write_text(content)
        small_people.land(file, small_people.people_of(4))
        with pytest.raises(WavehouseError, match=f"study panel, wave 2032: .*{said}"):
            replace_ids(project, "panel", "2032", file)
        with pytest.raises(WavehouseError, match=said):
            pseudonymise(project, "panel", build)
        # Nothing is decided by the key where a build only reads.
        assert list(delivered_ids_in_waves(project, read_codebook(project))) == []
    key.write_text(right)
    assert replace_ids(project, "panel", "2032", file)
    assert pq.read_table(file)["person"].to_pylist() == ids_in(project)[1]
    # What has the form of a pseudonym, and is none by this key, is no id either.
    forged = [["pid_" + "0" * 32, "1", "", ""]]
    small_people.land(file, forged)
    with pytest.raises(WavehouseError, match="made with another key"):
        replace_ids(project, "panel", "2032", file)


def test_the_key_is_in_no_file_of_the_project(project: Project, tmp_path: Path) -> None:
    pseudonymise(project, "panel", build)
    key = (tmp_path / "people.key").read_text().strip()
    mark = read_protections(project)["panel"].key_mark
    assert found_in(project.root, [key]) == {}
    assert mark not in key
    assert len(mark) == 32


def test_a_row_that_was_written_by_hand_needs_the_command(project: Project, tmp_path: Path) -> None:
    table = project.codebook / "study_protections.csv"
    table.write_text(f"{HEADERS['study_protections']}panel,pseudonyms,,,,\n")
    file = tmp_path / "answers.parquet"
    small_people.land(file, small_people.people_of(4))
    with pytest.raises(WavehouseError, match="`wavehouse pseudonymise panel` does that"):
        replace_ids(project, "panel", "2032", file)
    pseudonymise(project, "panel", build)
    assert replace_ids(project, "panel", "2032", file)


def test_a_study_without_a_wave_can_declare_it(project: Project, tmp_path: Path) -> None:
    with (project.codebook / "studies.csv").open("a") as studies:
        studies.write("new,New,\n")
    with (project.codebook / "designs.csv").open("a") as designs:
        designs.write("new_by_id,new\n")
    with (project.codebook / "design_columns.csv").open("a") as columns:
        columns.write("new_by_id,respondent,,1,person,\n")
    done = pseudonymise(project, "new", build)
    assert any("is new" in line for line in done.left)
    file = tmp_path / "answers.parquet"
    small_people.land(file, small_people.people_of(4))
    assert replace_ids(project, "new", "1", file)
    assert FORM.fullmatch(pq.read_table(file)["person"].to_pylist()[0])


def test_a_wave_without_the_column_is_refused(project: Project, tmp_path: Path) -> None:
    pseudonymise(project, "panel", build)
    file = tmp_path / "answers.csv"
    file.write_text("respondent,said\n1,Yes\n")
    with pytest.raises(WavehouseError, match=r"none of the columns .*\(person\)"):
        replace_ids(project, "panel", "2032", file)


def test_erasure_knows_a_person_by_id_and_by_pseudonym(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_build", build)
    # As a backup from before brings it back.
    before = Project(Path(shutil.copytree(project.root, tmp_path / "before", symlinks=True)))
    pseudonymise(project, "panel", build)
    pseudonym = ids_in(project)[0][1]
    other = Project(Path(shutil.copytree(project.root, tmp_path / "other", symlinks=True)))
    for each, name in ((project, ID), (other, pseudonym)):
        erase(each, [Respondent("panel", None, name)])
        assert found_in(each.root, [*SECRETS, pseudonym]) == {}
        # A later delivery has the id.
        file = tmp_path / "later.parquet"
        small_people.land(file, small_people.people_of(4))
        assert "1 row" in leave_out_erased(each, "panel", "2032", file)[0]
        assert found_in(tmp_path / ".", [ID]).keys() <= {
            name for name in found_in(tmp_path, [ID]) if name.startswith("before/")
        }
    replay_erased(before, read_erased(project))
    assert found_in(before.root, SECRETS) == {}


def test_deliveries_that_were_taken_in_are_removed(project: Project) -> None:
    folder = project.warehouse / "quarantine" / "d_1"
    known = {"study_id": "panel", "wave_id": "2030", "state": "taken"}
    small_people.write(folder / "delivery.json", json.dumps(known))
    small_people.write(folder / "files" / "wave.csv", f"person\n{ID}\n")
    downloads = project.landing / "panel" / ".downloads" / "2031"
    small_people.write(downloads / "wave.csv", f"person\n{ID}\n")
    assert remove_delivered(project) == []
    assert downloads.is_dir()
    small_people.write(
        project.codebook / "study_protections.csv",
        f"{HEADERS['study_protections']}panel,pseudonyms,m,,,\n",
    )
    assert len(remove_delivered(project)) == 2
    assert not downloads.exists()
    assert not (folder / "files").exists()


def test_thousands_of_ids_are_found_in_texts() -> None:
    values = Values(frozenset([*(f"{n:05}" for n in range(50_000)), "x-1, y", WORDS]))
    text = "Row 04711 and 104711, then x-1, y. Told of the okapi."
    assert values.taken_out_of(text) == "Row (erased) and 104711, then (erased). (erased)."
    assert not values.is_in("x04711 1.04711 x-1, yes")


def test_parquet_columns_stay_in_their_places(project: Project) -> None:
    place = project.landed_wave("panel", "2031") / "answers.parquet"
    before = pq.read_table(place)
    pseudonymise(project, "panel", build)
    after = pq.read_table(place)
    assert after.column_names == before.column_names
    assert after.drop(["person"]) == before.drop(["person"])
    assert after.schema.field("person").type == pa.string()


def test_the_command(project: Project, run_command: Run) -> None:
    code, said = run_command(project, "pseudonymise", "panel", "--dry-run")
    assert (code, "Would change:" in said, "4 ids" in said) == (0, True, True)
    assert run_command(project, "pseudonymise", "nothing")[0] == 1
    assert WAVES == ("2030", "2031")


def test_a_study_begins_with_a_new_key_as_the_guide_says(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost or leaked: what the guide says happens, step by step, and erased people stay so."""
    monkeypatch.setattr(erasing, "_build", build)
    landed = project.landed_wave("panel", "2031") / "answers.parquet"
    delivered = {path: path.read_bytes() for path in (seed_of(project), landed)}
    pseudonymise(project, "panel", build)
    erase(project, [Respondent("panel", None, "id-3")])
    before = ids_in(project)
    key = tmp_path / "people.key"
    lost = key.rename(tmp_path / "lost.key")
    for path, content in delivered.items():
        wave = path.parent / f"new{path.suffix}"
        wave.write_bytes(content)
        with pytest.raises(WavehouseError, match=r"study panel, wave 203\d: the ids of its"):
            replace_ids(project, "panel", "2030" if path.suffix == ".csv" else "2031", wave)
        wave.unlink()
    # 1. the key, the list and what `undo` puts back go
    listed = project.warehouse / "operations" / "erased.json"
    listed.rename(tmp_path / "erased.json")
    shutil.rmtree(project.root / ".wavehouse" / "edits")
    row = "panel,,,,,\n"
    small_people.write(
        project.codebook / "study_protections.csv", HEADERS["study_protections"] + row
    )
    # 2. the waves come in again, with ids
    for path, content in delivered.items():
        path.write_bytes(content)
    # 3. those who were erased, and then the ids
    erase(project, [Respondent("panel", None, "id-3")])
    pseudonymise(project, "panel", build)
    assert key.read_text() != lost.read_text()
    after = ids_in(project)
    assert [len(ids) for ids in after] == [len(ids) for ids in before] == [3, 3]
    assert after[0] == after[1]
    assert all(FORM.fullmatch(name) for name in after[0])
    assert not set(after[0]) & set(before[0])
    assert found_in(project.root, [*IDS, *before[0]]) == {}
    assert list(delivered_ids_in_waves(project, read_codebook(project))) == []
