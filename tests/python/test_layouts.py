"""Public tables are laid out for those who read them, as docs/layouts.md says."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workbench import query, query_postgres

from wavehouse.building.postgres import PostgresServer
from wavehouse.codebook.wave_files import DeliveredWave
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing.load_postgres import MOST_COLUMNS, load_landed_waves

ORDER = "study_id, wave_id, variable_id, respondent_key"


def test_published_files_stand_in_order_with_what_readers_skip_by(published: Project) -> None:
    file = published.root / "warehouse/parquet/fct_answers.parquet"
    groups = duckdb.sql(
        "select path_in_schema, compression, row_group_num_rows, bloom_filter_offset "
        f"from parquet_metadata('{file}')"
    ).fetchall()
    assert {compression for _, compression, _, _ in groups} == {"ZSTD"}
    assert max(rows for _, _, rows, _ in groups) <= 122_880
    filtered = {name for name, _, _, offset in groups if offset is not None}
    assert filtered >= {"study_id", "wave_id", "variable_id", "respondent_key"}
    rows = duckdb.sql(f"select {ORDER} from '{file}'").fetchall()
    assert rows == sorted(rows)
    with duckdb.connect(
        str(published.root / "warehouse/wavehouse.duckdb"), read_only=True
    ) as release:
        assert release.sql(f"select {ORDER} from marts.fct_answers").fetchall() == rows


def test_no_time_goes_into_indexes_on_duckdb(published: Project) -> None:
    found = query(published, "select table_name from duckdb_indexes() where schema_name = 'marts'")
    assert "fct_answers" not in {row["table_name"] for row in found}


def test_answers_on_postgresql_have_an_index_and_stand_in_order(
    overlay_on_postgres: PostgresServer,
) -> None:
    indexes = query_postgres(
        overlay_on_postgres,
        "select indexdef from pg_indexes where schemaname = 'marts' and tablename = 'fct_answers'",
    )
    assert [row for row in indexes if row["indexdef"].endswith("btree (variable_id, wave_id)")], (
        indexes
    )
    # A short row may be put on an earlier page that has room for it. What counts is that the rows
    # of a variable in a wave are on few pages, as they are on nearly as many as there are rows
    # where they stand in no order.
    (found,) = query_postgres(
        overlay_on_postgres,
        """
        select
            count(distinct page) as n_pages,
            count(distinct (study_id, wave_id, variable_id)) as n_groups,
            count(distinct (study_id, wave_id, variable_id, page)) as n_pages_of_groups,
            count(*) as n_rows
        from (select *, (ctid::text::point)[0] as page from marts.fct_answers) as placed
        """,
    )
    most = found["n_pages"] + 2 * found["n_groups"]
    assert found["n_pages_of_groups"] <= most < found["n_rows"] / 10


def landed_wave(project: Project, n_columns: int, text: str) -> DeliveredWave:
    """Land a wave with one respondent and many columns."""
    names = [f"q{number}" for number in range(n_columns)]
    folder = project.landed_wave("panel", "2030")
    folder.mkdir(parents=True)
    pq.write_table(pa.table({name: [text] for name in names}), folder / "answers.parquet")
    (folder / "files.parquet").write_bytes(b"")
    declared = {"study_id": "panel", "wave_id": "2030", "delivered_as": "landing"}
    return DeliveredWave(declared, names)


def test_more_columns_than_postgresql_has_are_refused(empty_project: Project) -> None:
    wave = landed_wave(empty_project, MOST_COLUMNS + 1, "1")
    with pytest.raises(ProblemsError) as refused:
        load_landed_waves(empty_project, [wave], {})
    assert "study panel, wave 2030: the codebook names 1,601 of its columns" in str(refused.value)
    assert "allows 1,600 in a table" in str(refused.value)


def test_a_row_that_postgresql_cannot_hold_is_said(
    empty_project: Project, postgres_server: PostgresServer
) -> None:
    wave = landed_wave(empty_project, MOST_COLUMNS, "12345")
    with pytest.raises(WavehouseError, match=r"of its 1,600 columns .*row is too big: size 9624"):
        load_landed_waves(empty_project, [wave], postgres_server.environment)
