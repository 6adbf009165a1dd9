"""An audience's file has its rows and columns, and nothing of what is hidden from it."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from guarded import COLUMNS, HIDDEN, ROWS, build_guarded, bytes_of, everything_in

import wavehouse.audiences.files
import wavehouse.publishing.publish
from wavehouse.audiences.door import AudienceRelease, open_audience
from wavehouse.audiences.giving import add_key
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.publish import ended_embargo, publish, publish_and_tell

Rows = list[tuple[object, ...]]


def read(opened: AudienceRelease, query: str) -> Rows:
    return opened.connection.execute(query).fetchall()


@pytest.fixture
def guarded(empty_project: Project) -> Project:
    return empty_project


def published(project: Project, changes: dict[str, str] | None = None) -> Project:
    publish(project, build_guarded(project, changes))
    return project


def test_nothing_that_is_hidden_can_be_found_by_any_query(guarded: Project) -> None:
    published(guarded)
    with open_audience(guarded, None) as opened:
        assert HIDDEN not in everything_in(opened.connection)
        assert "plain figure" in everything_in(opened.connection)


def test_nothing_that_is_hidden_is_in_the_bytes_of_the_file(
    guarded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = wavehouse.audiences.files.connect

    def uncompressed() -> duckdb.DuckDBPyConnection:
        connection = connect()
        connection.execute("set force_compression = 'uncompressed'")
        return connection

    monkeypatch.setattr(wavehouse.audiences.files, "connect", uncompressed)
    published(guarded)
    folder = (guarded.warehouse / "current" / "audiences").resolve()
    found = bytes_of(folder, "public.duckdb")
    assert b"plain figure" in found
    assert b"plain answer" in found
    assert HIDDEN.encode() not in found
    # The files of others are encrypted, so nothing at all can be read in them.
    others = bytes_of(folder, "mixed.duckdb")
    assert others
    assert b"plain" not in others
    assert HIDDEN.encode() not in others


def test_rows_are_those_of_the_grants(guarded: Project) -> None:
    published(guarded)
    with open_audience(guarded, None) as opened:
        waves = read(opened, "select study_id, wave_id from dim_wave order by all")
        assert waves == [("open", "w1"), ("open", "w2")]
        assert read(opened, "select distinct study_id from fct_trend_estimates") == [("open",)]
        # From the first to the last wave, with all between.
        changes = read(opened, "select from_wave_id, to_wave_id from fct_trend_changes")
        assert changes == [("w1", "w2")]
        assert read(opened, "select count(*) from fct_period_estimates") == [(0,)]
        # What tells of the waves of a study that are hidden is empty.
        assert read(opened, "select * from dim_study") == [("open", "plain study", None, None, "w")]
        assert read(opened, "select previous_wave_id from dictionary_questions order by 1") == [
            ("w1",),
            (None,),
        ]


def test_what_tells_of_earlier_waves_is_empty_where_one_of_them_is_hidden(guarded: Project) -> None:
    query = (
        "select distinct wave_id, since_previous, break_text, value_format "
        "from chart_trend_estimates where study_id = 'open' order by 1"
    )
    told = "plain change from w1"
    published(guarded)
    with open_audience(guarded, None) as opened:
        assert read(opened, query) == [("w1", None, None, "0.0"), ("w2", told, told, "0.0")]
    for rows, expected in (
        ("public,open,w2,,,,\n", [("w2", None, None, "0.0")]),
        # Another measure or segment of the earlier wave is not enough.
        (
            "public,open,w1,,s_open,,\npublic,open,w2,,total,,\n",
            [("w1", None, None, "0.0"), ("w2", None, None, "0.0")],
        ),
        (
            "public,open,w1,m_open,,,\npublic,open,w2,m_open,,,\n",
            [("w1", None, None, "0.0"), ("w2", told, told, "0.0")],
        ),
        (
            "public,open,w1,,,,\npublic,open,w3,,,,\n",
            [("w1", None, None, "0.0"), ("w3", None, None, "0.0")],
        ),
    ):
        published(guarded, {"audience_rows": rows})
        with open_audience(guarded, None) as opened:
            assert read(opened, query) == expected


def test_grants_of_measures_and_segments_limit_rows(guarded: Project) -> None:
    published(guarded)
    given = add_key(guarded, "readers", "Someone")
    published(guarded)
    with open_audience(guarded, given.secret) as opened:
        of_shut = read(
            opened,
            "select distinct measure_id, segment_id from fct_trend_estimates "
            "where study_id = 'shut'",
        )
        assert of_shut == [("m_open", "total")]
        assert read(opened, "select measure_id from dim_measure") == [("m_open",)]
        # All waves of it are granted, so figures of several are too.
        assert read(opened, "select count(*) from fct_trend_slopes where study_id = 'shut'")
        assert read(opened, "select wave_id from dim_wave where study_id = 'open'") == [
            ("w1",),
            ("w2",),
        ]


def test_columns_are_those_of_the_grants(guarded: Project) -> None:
    published(guarded)
    with open_audience(guarded, None) as opened:
        columns = read(
            opened,
            "select column_name, comment from duckdb_columns() "
            "where table_name = 'fct_answers' order by column_index",
        )
        assert columns == [("study_id", None), ("wave_id", None), ("answer", "What was said.")]
        assert read(opened, "select distinct answer from marts.fct_answers") == [("plain answer",)]
        with pytest.raises(duckdb.CatalogException):
            read(opened, "select * from marts.fct_respondents")


def test_a_table_of_no_study_needs_all_studies(guarded: Project) -> None:
    published(guarded)
    given = add_key(guarded, "mixed", "Someone")
    published(guarded)
    with open_audience(guarded, given.secret) as opened:
        assert read(opened, "select count(*) from fct_of_the_team") == [(1,)]
        assert read(opened, "select count(*) from wide_shut") == [(80,)]
    with open_audience(guarded, None) as opened:
        assert read(opened, "select count(*) from fct_of_the_team") == [(0,)]


def test_keys_and_comments_are_those_of_the_published_tables(guarded: Project) -> None:
    published(guarded)
    with open_audience(guarded, None) as opened:
        keys = read(
            opened,
            "select constraint_column_names from duckdb_constraints() "
            "where table_name = 'fct_trend_estimates' and constraint_type = 'PRIMARY KEY'",
        )
        assert keys == [(["study_id", "wave_id", "measure_id", "segment_id", "segment_code"],)]
        assert read(
            opened, "select comment from duckdb_tables() where table_name = 'dim_wave'"
        ) == [("About dim_wave.",)]


def test_an_embargo_ends_on_its_day(guarded: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ROWS.replace("public,open,w2,,,false,", "public,open,w2,,,false,2030-02-01")
    for today, waves in (
        (date(2030, 1, 31), [("w1",)]),
        (date(2030, 2, 1), [("w1",), ("w2",)]),
    ):
        monkeypatch.setattr(wavehouse.publishing.publish, "day_of", lambda _, day=today: day)
        published(guarded, {"audience_rows": rows})
        with open_audience(guarded, None) as opened:
            assert read(opened, "select wave_id from dim_wave order by 1") == waves
    before = {"audiences": [{"waits_until": "2030-02-01"}, {"waits_until": None}]}
    assert ended_embargo(before) == "2030-02-01"
    monkeypatch.setattr(wavehouse.publishing.publish, "day_of", lambda _: date(2030, 1, 31))
    assert ended_embargo(before) is None


@pytest.mark.parametrize(
    ("table", "rows", "said"),
    [
        (
            "audience_columns",
            COLUMNS + "public,fct_nothing,\n",
            "audience_columns.csv, audience public: there is no public table fct_nothing.",
        ),
        (
            "audience_columns",
            COLUMNS + "public,fct_answers,nothing\n",
            "audience public: fct_answers has no column nothing.",
        ),
        (
            "audience_columns",
            COLUMNS + "public,estimates,estimate\n",
            "there is no public table estimates, so it has no columns.",
        ),
        (
            "audience_rows",
            ROWS + "public,open,,nothing,,,\n",
            "audience_rows.csv, audience public, study open: there is no measure_id nothing.",
        ),
        (
            "audience_rows",
            ROWS + "public,open,,,nothing,,\n",
            "study open: there is no segment_id nothing.",
        ),
        ("audiences", "public,Everybody,,true\n", "needs_key is not false"),
        ("audiences", "../public,Everybody,,true\n", "'../public' cannot name a file."),
    ],
)
def test_grants_of_what_is_not_there_are_told(
    guarded: Project, table: str, rows: str, said: str
) -> None:
    changes = {table: rows}
    if table == "audiences":
        changes |= {"audience_rows": "", "audience_columns": "", "audience_deliveries": ""}
    with pytest.raises(ProblemsError, match="grants name what is not there") as problem:
        published(guarded, changes)
    assert said in str(problem.value)
    assert not (guarded.warehouse / "current").exists()


def test_without_a_row_nothing_is_served_and_that_is_said(
    guarded: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = ("audiences", "audience_rows", "audience_columns", "audience_deliveries")
    empty = dict.fromkeys(tables, "")
    publish_and_tell(guarded, build_guarded(guarded, empty))
    assert "No audience may read it" in capsys.readouterr().out
    publish_and_tell(guarded, build_guarded(guarded))
    assert (
        "For audiences: mixed (key), public, readers (key). An embargo ends on 2999-01-01"
        in capsys.readouterr().out
    )
    publish_and_tell(guarded, build_guarded(guarded, empty))
    with pytest.raises(WavehouseError, match="has nothing for the audience public"):
        open_audience(guarded, None)


def test_estimates_on_demand_get_rows_of_the_audience_alone(
    guarded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = wavehouse.audiences.files.copy_estimation

    def with_estimation(
        connection: duckdb.DuckDBPyConnection, file: Path, source: str, made: str, everything: bool
    ) -> None:
        if not file.exists():
            with duckdb.connect(str(file)) as kept:
                kept.execute(
                    f"""
                    create table int_delivered__waves as select * from (values
                        ('open', 'w1', 1), ('open', 'w3', 2), ('shut', 's1', 3)
                    ) as t (study_id, wave_id, wave_key);
                    create table of_keys as select unnest([1, 2, 3]) as wave_key;
                    create table of_studies as select unnest(['open', 'shut']) as study_id;
                    create table steps as select 'select 1' as step_sql;
                    create table of_variables as
                    select unnest(['v_open', '{HIDDEN}_v', null]) as variable_id;
                    """
                )
        copy(connection, file, source, made, everything)

    monkeypatch.setattr(wavehouse.audiences.files, "copy_estimation", with_estimation)
    rows = ROWS.replace("mixed,open,,,,,", "mixed,open,w1,,,,").replace("mixed,shut,,,,,\n", "")
    published(guarded, {"audience_rows": rows})
    given = add_key(guarded, "mixed", "Someone")
    published(guarded, {"audience_rows": rows})
    with open_audience(guarded, given.secret) as opened:
        for table, expected in (
            ("int_delivered__waves", [("open", "w1", 1)]),
            ("of_keys", [(1,)]),
            ("of_studies", [("open",)]),
            ("steps", [("select 1",)]),
            ("of_variables", [("v_open",), (None,)]),
        ):
            assert read(opened, f"select * from microdata.estimation.{table}") == expected
    with open_audience(guarded, None) as opened:
        assert not read(opened, "select * from duckdb_schemas() where schema_name = 'estimation'")
