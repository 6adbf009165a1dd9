"""A build runs what changed and what reads what changed; what came out as it was ends the chain."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from workbench import codebook_rows, copy_built, run_wavehouse, set_codebook_rows

from wavehouse.building import stages as dbt_stages
from wavehouse.building.dbt import results_of
from wavehouse.building.nodes import (
    CHECKED,
    N_STAGES,
    Graph,
    Node,
    _digest_of_landed,
    _digest_of_runs,
    _digest_of_settings,
)
from wavehouse.building.stages import _content, build_stages
from wavehouse.building.stale import REST, WHOLE, Content, Known
from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.runs import recorded
from wavehouse.project import Project

LAST = N_STAGES - 1
CLOCK = "macro.wavehouse.last_day"
MACROS: Mapping[str, Node] = {
    CLOCK: {"macro_sql": "{{ run_started_at }}", "depends_on": {"macros": []}},
    "macro.wavehouse.landing": {
        "macro_sql": "{{ env_var('WAVEHOUSE_LANDING', 'landing') }}",
        "depends_on": {"macros": ["macro.wavehouse.has_landed"]},
    },
    "macro.wavehouse.has_landed": {
        "macro_sql": "{{ run_query('select 1') }}",
        "depends_on": {"macros": []},
    },
}


def node(
    name: str,
    path: str,
    parents: tuple[str, ...] = (),
    sql: str = "",
    macros: tuple[str, ...] = (),
    **more: Any,  # noqa: ANN401
) -> Node:
    """Give a node as dbt's manifest has it."""
    kind = "seed" if path.startswith("seeds") else "test" if path.startswith("tests") else "model"
    return {
        "name": name,
        "fqn": ["wavehouse", *path.split("/")[1:-1], name],
        "resource_type": kind,
        "original_file_path": path,
        "schema": "main",
        "alias": name,
        "description": "",
        "raw_code": sql,
        "columns": {"n": {"name": "n"}} if kind == "model" else {},
        "config": {"materialized": kind if kind != "model" else "table", "enabled": True},
        "depends_on": {"nodes": list(parents), "macros": list(macros)},
        **more,
    }


def graph(sql_of_sums: str = "select n from coded", seed: str = "1", **of_sums: Any) -> Graph:  # noqa: ANN401
    """Give a project of a seed that leads to a mart by way of sums; a report reads it too."""
    sums = node("sums", "models/intermediate/moments/sums.sql", ("coded",), sql_of_sums, **of_sums)
    nodes = {
        "labels": node("labels", "seeds/codebook/labels.csv"),
        "coded": node("coded", "models/intermediate/answers/coded.sql", ("labels",)),
        "sums": sums,
        "mart": node(
            "mart", "models/marts/core/mart.sql", ("sums", "coded"), "select a_label from coded"
        ),
        "mart_is_right": node("mart_is_right", "tests/mart_is_right.sql", ("mart",)),
        "alone": node("alone", "models/marts/core/alone.sql", (), "select 1 as one"),
    }
    return Graph(nodes, MACROS, {}, {"labels": seed})


def known_of(built: Graph, contents: dict[str, Content]) -> Known:
    """Give what is known after a build of all nodes."""
    known = Known()
    known.note(built, list(built.nodes), contents.get)
    return known


CONTENTS: dict[str, Content] = {"coded": {"": "5 rows", "a_label": "old"}, "sums": {"": "2 rows"}}
FOLLOWING = ["sums", "mart", "mart_is_right"]


def test_at_first_everything_runs_and_then_nothing() -> None:
    assert set(Known().stale(graph(), LAST)) == set(graph().nodes)
    assert known_of(graph(), CONTENTS).stale(graph(), LAST) == []


def test_what_comes_out_as_it_was_ends_the_chain() -> None:
    known = known_of(graph(), CONTENTS)
    edited = graph(seed="2")
    assert known.stale(edited, 0) == ["labels"]
    known.note(edited, ["labels"], lambda _: None)
    assert known.stale(edited, 1) == ["coded"]
    known.note(edited, ["coded"], CONTENTS.get)
    assert known.stale(edited, LAST) == []


def test_a_label_counts_for_those_who_name_it() -> None:
    known = known_of(graph(), CONTENTS)
    known.note(graph(), ["coded"], lambda _: {"": "5 rows", "a_label": "new"})
    assert known.stale(graph(), LAST) == ["mart", "mart_is_right"]


@pytest.mark.parametrize(
    "more",
    [
        {"sql": "select distinct * from coded"},
        {"sql": "select * from coded except select * from others"},
        {"sql": "{{ adapter.get_columns_in_relation(ref('coded')) }}"},
        {"sql": "select {{ kind }}_label from coded"},
        {"sql": "select columns('.*label') from coded"},
        {"sql": "{{ graph.nodes }}"},
        # nobody said what it shows
        {"sql": "select * from coded", "columns": {}},
        {"sql": "select * from coded", "columns": {"a_label": {"name": "a_label"}}},
        {"sql": "select * from coded", "config": {"materialized": "table", "meta": ["a_label"]}},
    ],
)
def test_a_label_counts_for_those_who_may_read_it_without_its_name(more: dict[str, Any]) -> None:
    sql = more.pop("sql")
    before = graph(sql, **more)
    known = known_of(before, CONTENTS)
    known.note(before, ["coded"], lambda _: {"": "5 rows", "a_label": "new"})
    assert known.stale(before, LAST) == FOLLOWING


def test_texts_that_change_places_within_their_columns_count_for_those_who_name_several() -> None:
    reading = graph("select a_label, a_note from coded")
    old = {REST: "2 rows", "a_label": "x, y", "a_note": "1, 2", WHOLE: "x1, y2"}
    known = known_of(reading, {**CONTENTS, "coded": old})
    known.note(reading, ["coded"], lambda _: {**old, WHOLE: "x2, y1"})
    assert known.stale(reading, LAST) == FOLLOWING


def test_other_columns_count_for_all() -> None:
    known = known_of(graph(), CONTENTS)
    known.note(graph(), ["coded"], lambda _: {"": "6 rows", "a_label": "old"})
    assert known.stale(graph(), LAST) == FOLLOWING


def changed_config(**config: str) -> dict[str, Any]:
    """Give the settings of a table."""
    return {"config": {"materialized": "table", "enabled": True, **config}}


@pytest.mark.parametrize(
    "changed",
    [
        graph("select n + 1 as n from coded"),
        # texts are kept in the database
        graph(description="Another description"),
        graph(columns={"n": {"name": "n", "description": "Another one"}}),
        graph(**changed_config(materialized="view")),
        graph(schema="elsewhere"),
        graph(alias="of_another_name"),
        graph(original_file_path="models/marts/sums.sql"),
    ],
)
def test_a_change_of_a_model_runs_it_and_what_reads_it(changed: Graph) -> None:
    known = known_of(graph(), CONTENTS)
    assert known.stale(changed, LAST) == FOLLOWING


def test_versions_settings_and_options_of_dbt_count_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = tmp_path / "profiles.yml"
    profiles.write_text("duckdb")
    found = {_digest_of_settings(Project(tmp_path))}
    assert {_digest_of_settings(Project(tmp_path))} == found
    profiles.write_text("duckdb with other settings")
    found.add(_digest_of_settings(Project(tmp_path)))
    # It makes tables without rows.
    monkeypatch.setenv("DBT_EMPTY", "1")
    found.add(_digest_of_settings(Project(tmp_path)))
    monkeypatch.setattr("wavehouse.building.nodes.version", lambda _: "99")
    found.add(_digest_of_settings(Project(tmp_path)))
    assert len(found) == 4


def test_a_seed_that_moved_runs_again() -> None:
    moved = graph()
    moved.nodes["labels"]["original_file_path"] = "seeds/library/labels.csv"
    assert known_of(graph(), CONTENTS).stale(moved, 0) == ["labels"]


def test_a_model_that_was_left_out_for_a_build_runs_when_it_is_back() -> None:
    known = known_of(graph(), CONTENTS)
    without = {name: one for name, one in graph().nodes.items() if name != "alone"}
    known.keep_only(replace(graph(), nodes=without))
    assert known.stale(graph(), LAST) == ["alone"]


@pytest.mark.parametrize(
    "changed",
    [
        # versions and settings of the connection
        replace(graph(), around="DuckDB 2"),
        replace(graph(), macros={**MACROS, CLOCK: {**MACROS[CLOCK], "macro_sql": ""}}),
    ],
)
def test_what_counts_for_all_runs_everything(changed: Graph) -> None:
    assert set(known_of(graph(), CONTENTS).stale(changed, LAST)) == set(changed.nodes)


@pytest.mark.parametrize(
    "sql",
    [
        "{{ adapter.get_relation(identifier='x') }}",
        "{{ run_query('select 1') }}",
        "select * from read_parquet('x.parquet')",
        "select count(*) from glob('x/*')",
        "select current_date",
        "select now()",
        "select random()",
        "select uuid()",
        "{{ var('x') }}",
        "{{ env_var(name) }}",
        "select * from information_schema.tables",
        "select * from duckdb_tables()",
    ],
)
def test_what_reads_outside_of_the_project_always_runs(sql: str) -> None:
    reading = graph(sql_of_sums=sql)
    known = known_of(reading, CONTENTS)
    known.keep_only(reading)
    assert known.stale(reading, LAST) == FOLLOWING
    # Before others of its stage, so that these need not run where it comes out as it was.
    assert reading.stages["sums"] == reading.stages["coded"]
    known.note(reading, ["sums"], CONTENTS.get)
    assert known.stale(reading, LAST) == []


def test_a_snapshot_always_runs() -> None:
    reading = graph(resource_type="snapshot")
    known = known_of(reading, CONTENTS)
    known.keep_only(reading)
    assert known.stale(reading, LAST) == FOLLOWING


def test_an_environment_variable_counts_for_those_who_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reading() -> Graph:
        return graph(macros=("macro.wavehouse.landing",))

    known = known_of(reading(), CONTENTS)
    known.keep_only(reading())
    assert known.stale(reading(), LAST) == []
    monkeypatch.setenv("WAVEHOUSE_LANDING", "elsewhere")
    assert known.stale(reading(), LAST) == FOLLOWING


def test_the_day_counts_for_those_who_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = known_of(graph(macros=(CLOCK,)), CONTENTS)
    assert known.stale(graph(macros=(CLOCK,)), LAST) == []
    tomorrow = SimpleNamespace(date=lambda: SimpleNamespace(isoformat=lambda: "2099-01-01"))
    monkeypatch.setattr(
        "wavehouse.building.nodes.datetime", SimpleNamespace(now=lambda _: tomorrow)
    )
    assert known.stale(graph(macros=(CLOCK,)), LAST) == FOLLOWING


def test_what_landed_counts_for_those_who_read_it() -> None:
    def landed(digest: str, columns: str = "a") -> Graph:
        reading = graph()
        reading.nodes["coded"]["depends_on"]["nodes"] = ["labels", "landing"]
        return replace(reading, sources={"landing": {"columns": columns}}, landed=digest)

    known = known_of(landed("1"), CONTENTS)
    assert known.stale(landed("1"), LAST) == []
    assert known.stale(landed("2"), 1) == ["coded"]
    assert known.stale(landed("1", "a, b"), 1) == ["coded"]


def test_runs_count_for_those_who_read_them_and_nobody_else(tmp_path: Path) -> None:
    def of_runs(runs: str, landed: str = "1") -> Graph:
        reading = graph()
        reading.nodes["coded"]["depends_on"]["nodes"].append("runs")
        sources = {"runs": {"source_name": "operations"}}
        return replace(reading, sources=sources, landed=landed, runs=runs)

    known = known_of(of_runs("1"), CONTENTS)
    assert known.stale(of_runs("1", landed="2"), LAST) == []
    assert known.stale(of_runs("2"), 1) == ["coded"]
    project = Project(tmp_path)
    before = _digest_of_runs(project)
    with recorded(project, "build"):
        # It is in no table before it has ended.
        assert _digest_of_runs(project) == before
    assert _digest_of_runs(project) != before


def test_a_landed_file_is_known_by_more_than_size_and_time(tmp_path: Path) -> None:
    """Copying with the old time, or going back to it, is not taken for no change."""
    for name in ("files", "answers"):
        path = tmp_path / "study/1" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
        before, state = _digest_of_landed(tmp_path), path.stat()
        assert _digest_of_landed(tmp_path) == before
        path.write_text("new")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert _digest_of_landed(tmp_path) != before


@pytest.mark.parametrize(
    ("sql", "of_description", "of_definition", "of_seed"),
    [
        ("{{ graph.nodes[x].description }}", True, True, True),
        ("{{ graph.nodes }}", False, True, True),
        ("{{ graph.sources }}", False, False, False),
        ("select 1", False, False, False),
    ],
)
def test_what_reads_nodes_of_dbt_follows_from_them_and_from_all_seeds(
    sql: str, of_description: bool, of_definition: bool, of_seed: bool
) -> None:
    """A macro may ask seeds by the names that dbt knows; then they are no parents."""

    def reading(seed: str = "1", **of_alone: Any) -> Graph:  # noqa: ANN401
        made = graph(sql, seed)
        made.nodes["sums"]["depends_on"]["nodes"] = []
        made.nodes["alone"].update(of_alone)
        return made

    def runs(changed: Graph) -> bool:
        return "sums" in known_of(reading(), CONTENTS).stale(changed, LAST)

    assert runs(reading(description="Another one")) == of_description
    assert runs(reading(raw_code="select 2 as one")) == of_definition
    assert runs(reading(seed="2")) == of_seed


def test_a_test_that_failed_runs_again() -> None:
    known = known_of(graph(), CONTENTS)
    known.forget(["mart_is_right"])
    assert known.stale(graph(), LAST) == ["mart_is_right"]


def test_stages_follow_parents_and_what_follows_the_table_of_problems_comes_after_it() -> None:
    made = graph()
    made.nodes["coded"]["name"] = CHECKED
    assert [made.stages[name] for name in ("labels", "coded", "sums", "mart")] == [0, 1, 3, 4]
    made.nodes["sums"]["original_file_path"] = "models/staging/sums.sql"
    assert replace(made).stages["sums"] == 2


# What is known, and the database ----------------------------------------------------------------


@pytest.fixture
def as_left(tmp_path: Path) -> Project:
    """A project whose database is as the build left it."""
    project = Project(tmp_path)
    project.working_database.parent.mkdir(parents=True)
    project.working_database.write_text("as left")
    known_of(graph(), CONTENTS).save(project)
    return project


def test_what_is_known_counts_while_the_database_is_as_it_was_left(as_left: Project) -> None:
    assert Known.of_last_build(as_left).contents == known_of(graph(), CONTENTS).contents


@pytest.mark.parametrize("name", ["wavehouse.duckdb", "wavehouse.duckdb.wal"])
def test_nothing_is_known_of_a_database_that_somebody_wrote_to(as_left: Project, name: str) -> None:
    """Also what a program that was killed wrote beside it, which is read into it later."""
    (as_left.target / name).write_text("a table was dropped by hand")
    assert Known.of_last_build(as_left) == Known()


def test_nothing_is_known_without_a_database(as_left: Project) -> None:
    as_left.working_database.unlink()
    assert Known.of_last_build(as_left) == Known()


def test_nothing_is_known_while_a_build_goes_on_nor_after_one_that_was_killed(
    as_left: Project,
) -> None:
    # The build hands on what it knows, and dbt's process takes it.
    Known.of_last_build(as_left).save(as_left, is_last=False)
    assert Known.of_last_build(as_left) == Known()
    assert Known.take(as_left).keys
    # That process is killed, after it changed tables; the build goes on.
    Known.of_process(as_left).save(as_left)
    assert Known.of_last_build(as_left) == Known()


def content_of(sql: str, **more: Any) -> Content | None:  # noqa: ANN401
    """Give the digests of a table."""
    with duckdb.connect() as connection:
        connection.execute(f"create table sums as {sql}")
        return _content(connection, graph(**more), "sums")


def test_content_is_the_rows_in_any_order_with_texts_apart() -> None:
    first = "select * from (values (1, 'a', 'x'), (2, 'b', 'y')) as t (n, n_label, note)"
    content = content_of(first)
    assert content is not None
    assert content_of(f"{first} order by n desc") == content
    assert content_of(f"{first} union all select 2, 'b', 'y'") != content

    def changed(sql: str) -> set[str]:
        found = content_of(sql)
        assert found is not None
        return {name for name in content if content[name] != found[name]}

    values = "select * from (values {}) as t (n, n_label, note)"
    assert changed(values.format("(1, 'a', 'x'), (3, 'b', 'y')")) == {*content}
    assert changed(values.format("(1, 'A', 'x'), (2, 'b', 'y')")) == {"n_label", WHOLE}
    # The digests of each text are those of rows with it: labels that changed rows are seen.
    assert changed(values.format("(1, 'b', 'x'), (2, 'a', 'y')")) == {"n_label", WHOLE}
    same_rest = "select * from (values (1, 'a', 'x'), (1, 'b', 'y')) as t (n, n_label, note)"
    exchanged = "select * from (values (1, 'a', 'y'), (1, 'b', 'x')) as t (n, n_label, note)"
    one, other = content_of(same_rest), content_of(exchanged)
    assert one is not None
    assert other is not None
    assert {name for name in one if one[name] != other[name]} == {WHOLE}


def test_content_of_waves_is_that_of_their_fingerprints_and_of_views_their_key() -> None:
    waves = "select * from (values (1, 5), (1, 6), (2, 7)) as t (fingerprint, n)"
    of_waves = changed_config(materialized="by_wave")
    content = content_of(waves, **of_waves)
    assert content is not None
    assert (
        content_of("select 1 as fingerprint, 8 as n union all select 2, 9", **of_waves) == content
    )
    assert content_of("select 1 as fingerprint, 8 as n", **of_waves) != content
    of_views = changed_config(materialized="view")
    assert content_of(waves, **of_views) is None
    # A view of what no node makes may show other rows under the same key.
    outside = {**of_views, "sql_of_sums": "select * from read_csv('x.csv')"}
    assert content_of(waves, **outside) is not None


# dbt by stage -----------------------------------------------------------------------------------


def _passed(name: str) -> str:
    return "pass" if name.startswith("test.") else "success"


class FakeDbt:
    """Plays dbt: says of each node that was selected what it is told to."""

    def __init__(self, project: Project, graph_of: Graph) -> None:
        """Pass all nodes until told otherwise."""
        self.target = project.target
        self.graph = graph_of
        self.says: dict[str, str] = {}
        self.ran: list[str] = []
        self.writes = True

    def __call__(self, **_: object) -> "FakeDbt":
        """Be what is made again for each command."""
        return self

    def invoke(self, words: list[str]) -> SimpleNamespace:
        """Run a command."""
        if words[0] == "parse":
            return SimpleNamespace(success=True, result=None)
        selected = words[words.index("--select") + 1 :] if "--select" in words else None
        names = [
            name
            for name in self.graph.in_order
            if selected is None or self.graph.selected([name])[0] in selected
        ]
        self.ran += names
        results = [
            {"unique_id": name, "status": self.says.get(name, _passed(name))}
            for name in names
            if self.says.get(name) != "left out"
        ]
        if self.writes:
            dbt_stages._write_results(self.target, {one["unique_id"]: one for one in results}, 0)
        return SimpleNamespace(success=self.writes and {"fail"}.isdisjoint(self.says.values()))


@pytest.fixture
def fake_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDbt:
    """A project that was built once, and what plays dbt in it from now on."""
    project = Project(tmp_path)
    project.target.mkdir()
    (project.target / "manifest.json").write_text("{}")
    with duckdb.connect(str(project.working_database)) as connection:
        for name in graph().nodes:
            connection.execute(f"create table {name} as select 1 as n")
    named = {name: f"test.{name}" if name == "mart_is_right" else name for name in graph().nodes}
    nodes = {named[name]: one for name, one in graph().nodes.items()}
    built = replace(graph(), nodes=nodes)
    fake = FakeDbt(project, built)
    monkeypatch.setattr("dbt.cli.main.dbtRunner", fake)
    monkeypatch.setattr(Graph, "of", lambda *_: fake.graph)
    assert build_stages(project, project.target, False, [])
    assert set(fake.ran) == set(built.nodes)
    return fake


def run_again(fake: FakeDbt) -> tuple[bool, list[str]]:
    """Build again, and tell whether that passed, and what ran."""
    fake.ran.clear()
    project = Project(fake.target.parent)
    return build_stages(project, project.target, False, []), fake.ran


def test_a_second_build_runs_nothing(fake_dbt: FakeDbt) -> None:
    assert run_again(fake_dbt) == (True, [])


def test_a_failed_test_runs_again_with_what_it_reads_until_it_passes(fake_dbt: FakeDbt) -> None:
    """What is wrong in delivered files is printed by the run that builds the table of it."""
    fake_dbt.graph.nodes["mart"]["raw_code"] = "select 2 as n"
    fake_dbt.graph = replace(fake_dbt.graph)
    fake_dbt.says["test.mart_is_right"] = "fail"
    for _ in range(2):
        assert run_again(fake_dbt) == (False, ["mart", "test.mart_is_right"])
    fake_dbt.says.clear()
    assert run_again(fake_dbt) == (True, ["mart", "test.mart_is_right"])
    assert run_again(fake_dbt) == (True, [])


def test_what_was_skipped_runs_next_time(fake_dbt: FakeDbt) -> None:
    fake_dbt.graph.nodes["sums"]["raw_code"] = "select 2 as n"
    fake_dbt.graph = replace(fake_dbt.graph)
    fake_dbt.says = {"sums": "fail", "mart": "skipped"}
    assert not run_again(fake_dbt)[0]
    fake_dbt.says.clear()
    assert run_again(fake_dbt)[1][0] == "sums"
    assert run_again(fake_dbt) == (True, [])


def test_a_test_that_warns_warns_again(fake_dbt: FakeDbt) -> None:
    fake_dbt.graph.nodes["test.mart_is_right"]["raw_code"] = "select 2 as n"
    fake_dbt.graph = replace(fake_dbt.graph)
    fake_dbt.says["test.mart_is_right"] = "warn"
    for _ in range(2):
        assert run_again(fake_dbt) == (True, ["test.mart_is_right"])


def test_results_of_an_earlier_run_are_not_taken_for_those_of_one_that_was_cut_short(
    fake_dbt: FakeDbt,
) -> None:
    fake_dbt.graph.nodes["mart"]["raw_code"] = "select 2 as n"
    fake_dbt.graph = replace(fake_dbt.graph)
    fake_dbt.writes = False
    assert not run_again(fake_dbt)[0]
    fake_dbt.writes = True
    assert run_again(fake_dbt) == (True, ["mart", "test.mart_is_right"])


def test_a_node_that_dbt_left_out_is_an_error_and_then_all_runs(fake_dbt: FakeDbt) -> None:
    fake_dbt.graph.nodes["mart"]["raw_code"] = "select 2 as n"
    fake_dbt.graph = replace(fake_dbt.graph)
    fake_dbt.says["mart"] = "left out"
    with pytest.raises(WavehouseError, match=r"dbt did not run what it was told to: mart\. Run"):
        run_again(fake_dbt)
    fake_dbt.says.clear()
    assert set(run_again(fake_dbt)[1]) == set(fake_dbt.graph.nodes)


# A real project ---------------------------------------------------------------------------------


def marts(project: Project) -> dict[str, Any]:
    """Digest each published table; numbers to nine places, since sums are added in any order."""
    with duckdb.connect(str(project.warehouse / "wavehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        return {
            name: connection.execute(
                "select count(*), sum(hash(each)::hugeint) from ("
                f"select {_rounded(connection, name)} from marts.{name}) as each"
            ).fetchone()
            for (name,) in names
        }


def _rounded(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    columns = connection.execute(f"describe marts.{name}").fetchall()
    return ", ".join(
        f'round("{column}", 9) as "{column}"' if kind == "DOUBLE" else f'"{column}"'
        for column, kind, *_ in columns
    )


def test_an_edited_label_builds_what_shows_it(published: Project, tmp_path: Path) -> None:
    """What comes out is what a build from nothing makes of the edited codebook."""
    project = copy_built(published, tmp_path / "edited")
    rows = codebook_rows(project, "categories")
    rows[0]["category_label"] = "Another label"
    set_codebook_rows(project, "categories", rows)
    run = run_wavehouse(project, "build")
    assert run.exit_code == 0, run.output[-5000:]
    assert "do not depend on anything that changed." in run.output
    ran = {name.split(".")[2] for name in results_of(project.target)}
    assert {"categories", "dim_category", "fct_answers"} <= ran
    assert not ran & {"int_moments__psu", "int_moments__cells", "int_contrasts__contrasts"}
    edited = marts(project)
    assert run_wavehouse(project, "build", "--force").exit_code == 0
    assert marts(project) == edited
