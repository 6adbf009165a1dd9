"""A change is checked against a release: what it touches is built, the rest is the release's."""

import getpass
import gzip
import hashlib
import json
import re
import shutil
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from once import make_once
from workbench import (
    DbtRun,
    codebook_rows,
    copy_built,
    own_database,
    query,
    query_postgres,
    run_wavehouse,
    set_codebook_rows,
)

from wavehouse.building.postgres import PostgresServer
from wavehouse.changes import check_change as change
from wavehouse.changes.baseline import (
    PUBLISHED,
    RECORD,
    Baseline,
    digests_of_inputs,
    pin,
    read_baseline,
    write_baseline,
)
from wavehouse.changes.check_change import Checked, check_change, report
from wavehouse.errors import WavehouseError
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse.publishing.contracts import read_record

NONE_COMPUTED = {
    "int_answers__coded": "0 of 6 computed",
    "int_moments__psu": "0 of 6 computed",
}
# Not in a clone.
NOT_CLONED = ("target", "warehouse", "logs")


@pytest.fixture(scope="session")
def released(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published project's release, as it is handed over: in `release` beside the project."""

    def make(folder: Path) -> None:
        project = copy_built(published, folder / "project")
        run = run_wavehouse(project, "baseline", str(folder / "release"))
        assert run.exit_code == 0, run.output[-3000:]

    return make_once(tmp_path_factory, "released", make, keep=True)


def clone(released: Path, folder: Path) -> Project:
    """Give a clone of the published project: without its data base, artifacts and warehouse."""
    ignored = shutil.ignore_patterns(*NOT_CLONED)
    return Project(Path(shutil.copytree(released / "project", folder, ignore=ignored)))


def sums_of(folder: Path) -> dict[str, str]:
    """Give the sums of all files in a folder."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def ran(project: Project) -> set[str]:
    """Name what dbt ran last in the check of a change."""
    results = json.loads((project.target / "change/run_results.json").read_text("utf-8"))
    names = {result["unique_id"] for result in results["results"]}
    return {name for name in names if not name.startswith("operation.")}


def computed(project: Project) -> dict[str, str]:
    """Tell which waves of answers and sums were computed."""
    results = json.loads((project.target / "change/run_results.json").read_text("utf-8"))
    messages = {each["unique_id"].split(".")[2]: each["message"] for each in results["results"]}
    return {name: messages[name] for name in NONE_COMPUTED}


def check(project: Project, released: Path) -> DbtRun:
    """Check a change as a shell would, and see that the release stays as it is."""
    before = sums_of(released / "release")
    review = str(project.root / "review.md")
    words = ("check-change", "--against", str(released / "release"), "--to", review)
    run = run_wavehouse(project, *words)
    assert sums_of(released / "release") == before
    assert not (project.root / "warehouse").exists()
    assert not project.working_database.exists()
    return run


def edit_label(project: Project) -> None:
    """Give a variable another label."""
    rows = codebook_rows(project, "variables")
    rows[0]["variable_label"] += " (edited)"
    set_codebook_rows(project, "variables", rows)


def edit_measure(project: Project) -> str:
    """Let a mean be a median; give the measure's id."""
    rows = codebook_rows(project, "measures")
    mean = next(row for row in rows if row["measure_kind"] == "mean")
    mean |= {"measure_kind": "quantile", "quantile": "0.5"}
    set_codebook_rows(project, "measures", rows)
    return mean["measure_id"]


def edit_macro(project: Project) -> None:
    """Write a macro otherwise, with the same numbers: the models that call it are others."""
    path = project.root / "macros/estimation/adjusted_p_value.sql"
    path.write_text(
        path.read_text("utf-8").replace("{%- endmacro %}", "{# #}{%- endmacro %}"), "utf-8"
    )


def following(manifest: dict[str, Any], begin: Iterable[str]) -> set[str]:
    """Give the steps of a build that follow from some nodes, by dbt's own map."""
    found = set(begin)
    waiting = list(found)
    while waiting:
        for child in manifest["child_map"].get(waiting.pop(), ()):
            if child in manifest["nodes"] and child not in found:
                found.add(child)
                waiting.append(child)
    return {
        name
        for name in found
        if not name.startswith("analysis.")
        and manifest["nodes"][name]["config"]["materialized"] != "ephemeral"
    }


def test_a_mart_is_built_alone(released: Path, tmp_path: Path) -> None:
    """Its tests run, and nothing else: all that it reads is the release's."""
    project = clone(released, tmp_path / "clone")
    path = project.models / "marts/trends/fct_trend_slopes.sql"
    path.write_text(path.read_text("utf-8") + "-- edited\n", "utf-8")
    run = check(project, released)
    assert run.exit_code == 0, run.output[-3000:]
    manifest = json.loads((project.target / "change/manifest.json").read_text("utf-8"))
    model = "model.wavehouse.fct_trend_slopes"
    tests = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and model in node["depends_on"]["nodes"]
    }
    assert ran(project) == {model, *tests}
    assert "models changed: `fct_trend_slopes`" in run.output
    assert "Nothing differs." in (project.root / "review.md").read_text("utf-8")


def test_label_measure_and_macro(released: Path, tmp_path: Path) -> None:
    """What follows from them runs and nothing else; the marts are those of a whole build."""
    project = clone(released, tmp_path / "clone")
    for edit in (edit_label, edit_measure, edit_macro):
        edit(project)
    generate(project)
    run = check(project, released)
    assert run.exit_code == 0, run.output[-5000:]
    manifest = json.loads((project.target / "change/manifest.json").read_text("utf-8"))
    callers = {
        name
        for name, node in manifest["nodes"].items()
        if "macro.wavehouse.adjusted_in_families" in node["depends_on"]["macros"]
    }
    assert callers
    seeds = {"seed.wavehouse.variables", "seed.wavehouse.measures"}
    outside = {name for name in manifest["nodes"] if "int_revisions__published_" in name}
    # Their columns are described by the label.
    described = {name for name in ran(project) if re.search(r"seed\.wavehouse\.(api|bsa)_", name)}
    models_and_tests = {name for name in ran(project) if not name.startswith("unit_test.")}
    assert models_and_tests - described == following(manifest, seeds | callers) | outside
    units = manifest["unit_tests"]
    called = {name for name in units if callers & set(units[name]["depends_on"]["nodes"])}
    assert {name for name in ran(project) if name.startswith("unit_test.")} == called
    # Answers and sums are taken from the release, though what they follow from was touched.
    assert computed(project) == NONE_COMPUTED

    whole = copy_built(Project(released / "project"), tmp_path / "whole")
    for edit in (edit_label, edit_measure, edit_macro):
        edit(whole)
    build = run_wavehouse(whole, "build")
    assert build.exit_code == 0, build.output[-5000:]
    compare_marts(project, released, whole)
    differences = run_wavehouse(whole, "diff", "previous", "--format", "markdown")
    assert rows_of(differences.output)
    assert rows_of((project.root / "review.md").read_text("utf-8")) == rows_of(differences.output)


def rows_of(markdown: str) -> list[str]:
    """Give the rows of the table of differences."""
    return [line for line in markdown.splitlines() if line.startswith("| ")]


def compare_marts(project: Project, released: Path, whole: Project) -> None:
    """Compare the marts of a check, with those of the release that it left, with a build's."""
    tables = [
        row["name"]
        for row in query(
            whole,
            "select table_name as name from information_schema.tables where table_schema = 'marts'",
        )
    ]
    with duckdb.connect() as connection:
        for name, file in (
            ("change", project.target / "change/change.duckdb"),
            ("wavehouse", released / "release/wavehouse.duckdb"),
            ("whole", whole.target / "wavehouse.duckdb"),
        ):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        built = {
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.tables "
                "where table_catalog = 'change' and table_schema = 'marts'"
            ).fetchall()
        }
        assert built
        keys = read_record(project)
        for table in tables:
            place = "change" if table in built else "wavehouse"
            found, expected = (
                rows_by_key(connection, f"{name}.marts.{table}", keys[table]["key"])
                for name in (place, "whole")
            )
            assert found.keys() == expected.keys(), table
            for key, row in expected.items():
                for column, value in row.items():
                    mine = found[key][column]
                    if isinstance(value, float) and isinstance(mine, float):
                        # Sums of floating point may be in another order.
                        assert mine == pytest.approx(value, rel=1e-12, abs=1e-12), (table, key)
                    else:
                        assert mine == value, (table, key, column)


def rows_by_key(
    connection: duckdb.DuckDBPyConnection, table: str, key: list[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Read a table: its rows, each by column, by their keys."""
    result = connection.execute(f"select * from {table}")
    names = [column[0] for column in result.description]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    return {tuple(row[column] for column in key): row for row in rows}


def test_on_postgres(
    released: Path,
    tmp_path: Path,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The change stands beside the release, whose tables stay as they are."""
    server = own_database(postgres_server, "released")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    project = clone(released, tmp_path / "clone")
    on_server = ("--target", "postgres")
    release = str(tmp_path / "release")
    for words in (("build",), ("baseline", release)):
        run = run_wavehouse(project, *words, *on_server)
        assert run.exit_code == 0, run.output[-3000:]
    before = tables_of(server)
    measure = edit_measure(project)
    generate(project)
    review = project.root / "review.md"
    words = ("check-change", "--against", release, "--to", str(review))
    assert "Name it: --target postgres" in run_wavehouse(project, *words).output
    run = run_wavehouse(project, *words, *on_server)
    assert run.exit_code == 0, run.output[-5000:]
    assert tables_of(server) == before
    assert computed(project) == NONE_COMPUTED
    told = {
        row.split("|")[2].strip().replace("\\", "") for row in rows_of(review.read_text("utf-8"))
    }
    assert told == {"measure", measure}
    kept, edited = (
        [
            query_postgres(
                server,
                "select measure_id, wave_id, segment_code, category_code, estimate "
                f"from {prefix}marts.fct_trend_estimates where measure_id {sign} '{measure}' "
                "order by 1, 2, 3, 4",
            )
            for prefix in ("", "change_")
        ]
        for sign in ("<>", "=")
    )
    assert kept[0] == kept[1]
    assert edited[0] != edited[1]


def tables_of(server: PostgresServer) -> dict[str, tuple[int, str]]:
    """Give number and sum of the rows of all tables of the release, and of its views."""
    found = {}
    for row in query_postgres(
        server,
        "select table_schema, table_name from information_schema.tables where table_schema in "
        "('codebook', 'intermediate', 'library', 'marts', 'reference', 'staging', 'waves')",
    ):
        name = f'{row["table_schema"]}."{row["table_name"]}"'
        content = query_postgres(
            server,
            "select count(*) as n, md5(string_agg(cast(each as text), '' "
            f"order by cast(each as text))) as digest from {name} as each",
        )[0]
        found[name] = content["n"], content["digest"]
    return found


def test_artifacts_say_nothing_of_the_machine(released: Path) -> None:
    """What is given away holds no path, user or host."""
    project = released / "project"
    kept = project / "warehouse/current/dbt"
    assert sorted(file.name for file in kept.iterdir()) == [
        "manifest.json.gz",
        "run_results.json.gz",
    ]
    assert sum(file.stat().st_size for file in kept.iterdir()) < 1e6
    for file in (*kept.iterdir(), *(released / "release").glob("*.json*")):
        content = file.read_bytes()
        text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
        for word in (str(project), str(released), f"{Path.home()}/"):
            assert word not in text, (file, word)
        for word in (socket.gethostname(), getpass.getuser()):
            assert f'"{word}"' not in text, (file, word)


def test_what_revisions_compare_is_handed_over(project_root: Path) -> None:
    """The tables that the macro `published_rows` is asked for."""
    asked = {
        name
        for path in (project_root / "models").rglob("*.sql")
        for name in re.findall(r"published_rows\(\s*'(\w+)'", path.read_text("utf-8"))
    }
    assert asked == set(PUBLISHED)


def test_a_failing_change_names_what_fails(released: Path, tmp_path: Path) -> None:
    """Bad rows of the codebook are told as a build tells them, and the command ends with 1."""
    project = clone(released, tmp_path / "clone")
    rows = codebook_rows(project, "segments")
    rows[0]["segment_id"] = "nobody"
    set_codebook_rows(project, "segments", rows)
    run = check(project, released)
    assert run.exit_code == 1
    assert "[segment_variables] seeds/codebook/segments.csv" in run.output
    assert "The change does not pass" in run.output
    assert not (project.root / "review.md").exists()


def baseline_of(**more: Any) -> Baseline:  # noqa: ANN401
    """Make up a release without files."""
    known = {"release": "r1", "published_at": "2026-01-01", "database": "wavehouse", "landed": []}
    return Baseline(**{**known, "versions": {}, "inputs": {}, "files": {}, **more})


def test_folders_that_hold_no_release(tmp_path: Path) -> None:
    """Nothing there is the first release; anything else is a mistake."""
    assert read_baseline(tmp_path / "missing") is None
    (tmp_path / "empty").mkdir()
    assert read_baseline(tmp_path / "empty") is None
    with pytest.raises(WavehouseError, match=r"holds no release to compare with"):
        read_baseline(tmp_path)
    (tmp_path / RECORD).write_text('{"format": 0}', "utf-8")
    with pytest.raises(WavehouseError, match=r"written by another version of Wavehouse"):
        read_baseline(tmp_path)


def test_a_release_whose_files_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    """It was copied in part, or is being replaced."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "one").write_text("other", "utf-8")
    sums = {"one": hashlib.sha256(b"1").hexdigest(), "two": "2"}
    with pytest.raises(
        WavehouseError, match=r"is not complete: one, two is missing or has changed"
    ):
        pin(folder, baseline_of(files=sums), tmp_path / "taken")


def test_what_is_published_is_handed_over_only_as_it_is(
    released: Path, tmp_path: Path, empty_project: Project
) -> None:
    """Neither without a publish, nor with other files, nor over files of others."""
    with pytest.raises(WavehouseError, match=r"Nothing is published yet"):
        write_baseline(empty_project, tmp_path / "release")
    project = copy_built(Project(released / "project"), tmp_path / "project")
    edit_label(project)
    with pytest.raises(WavehouseError, match=r"have changed since the last publish"):
        write_baseline(project, tmp_path / "release")
    assert not (tmp_path / "release").exists()
    with pytest.raises(WavehouseError, match=r"contains other files, so it is not replaced"):
        write_baseline(project, project.seeds)


@pytest.mark.parametrize("what", ["first", "version", "profile"])
def test_everything_is_built_where_nothing_can_be_left(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """There is no release yet, or it was made by other versions, or with other settings."""
    project = clone(released, tmp_path / "clone")
    release = tmp_path / "release"
    if what != "first":
        shutil.copytree(released / "release", release)
        record = json.loads((release / RECORD).read_text("utf-8"))
        if what == "version":
            record["versions"]["duckdb"] = "1.0.0"
        else:
            record["inputs"]["profiles.yml"] = "another"
        (release / RECORD).chmod(0o644)
        (release / RECORD).write_text(json.dumps(record), "utf-8")
    called: list[tuple[str, ...]] = []

    def build(of: Project, *words: str, **_: Any) -> int:  # noqa: ANN401
        called.append(words)
        shutil.copy(released / "project/target/wavehouse.duckdb", of.working_database)
        for name in ("manifest.json", "run_results.json"):
            shutil.copy(released / "project/target" / name, of.target / "change")
        return 0

    monkeypatch.setattr(change, "run_dbt", build)
    # The copied views name the file that they were made in.
    monkeypatch.setattr(change, "close_and_report", lambda *_: "")
    checked = check_change(project, release)
    assert len(called) == 1
    assert called[0][0] == "build"
    assert "--select" not in called[0]
    assert "--defer" not in called[0]
    said = {
        "first": "There is no release to compare with yet, so everything was built and tested.",
        "version": "because the release was made with duckdb 1.0.0, but ",
        "profile": "because profiles.yml differs from the one that the release was made with",
    }
    assert said[what] in report(checked)
    if what != "first":
        assert checked.difference is not None
        assert checked.difference.is_same
    assert not project.working_database.exists()


def test_a_release_in_the_place_of_another_does_not_disturb(tmp_path: Path) -> None:
    """What was taken stays as it was."""
    folder, taken = tmp_path / "release", tmp_path / "taken"
    folder.mkdir()
    for name in ("manifest.json.gz", "run_results.json.gz"):
        (folder / name).write_bytes(gzip.compress(b"{}", mtime=0))
    baseline = baseline_of(files=sums_of(folder))
    pin(folder, baseline, taken)
    before = sums_of(taken)
    shutil.rmtree(folder)
    folder.mkdir()
    assert sums_of(taken) == before
    assert (taken / "manifest.json").read_text("utf-8") == "{}"


def test_a_report_without_a_change() -> None:
    """Nothing that is built was touched."""
    text = report(Checked(baseline_of()))
    assert "- nothing that is built is new or changed" in text
    assert "No table of published numbers had to be built, so none differs." in text


Runs = Callable[..., tuple[int, str]]


def test_inputs_that_count(empty_project: Project, run_command: Runs, tmp_path: Path) -> None:
    """A file that is not there has no sum; a wrong folder is told before anything is read."""
    assert digests_of_inputs(empty_project) == {}
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    code, said = run_command(empty_project, "check-change", "--against", str(tmp_path / "other"))
    assert code == 1
    assert "holds no release to compare with" in said
