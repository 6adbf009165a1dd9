"""A small warehouse in which everything that an audience may not read carries a planted word."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild

# In no row, column, comment or name that `public` may read.
HIDDEN = "zqhidden"
AUDIENCES = "public,Everybody,,false\nreaders,Readers,,true\nmixed,Mixed,,true\n"
ROWS = """\
public,open,w1,,,false,
public,open,w2,,,false,
readers,open,,,,,
readers,open,w3,,,,2999-01-01
readers,shut,,m_open,total,,
mixed,open,,,,,
mixed,shut,,,,,
"""
COLUMNS = """\
public,estimates,
public,dictionary,
public,fct_answers,study_id
public,fct_answers,wave_id
public,fct_answers,answer
readers,estimates,
readers,dictionary,
mixed,estimates,
mixed,dictionary,
mixed,answers,
"""
DELIVERIES = "readers,harbour,\nmixed,open,w9\n"
TABLES = {
    "dim_study": "study_id text not null, study_label text, n_waves bigint not null, "
    "last_wave_date text, weight_id text, primary key (study_id)",
    "dim_wave": "study_id text, wave_id text, wave_number bigint, wave_label text, "
    "primary key (study_id, wave_id)",
    "dim_measure": "measure_id text, measure_label text, variable_id text, "
    "denominator_variable_id text, primary key (measure_id)",
    "dim_segment": "segment_id text, segment_code text, first_variable_id text, "
    "second_variable_id text",
    "dim_variable": "variable_id text, variable_label text",
    "dim_weight": "weight_id text",
    "dim_question": "study_id text, wave_id text, variable_id text, derived_from_variable_id text",
    "dictionary_questions": "study_id text, wave_id text, variable_id text, "
    "previous_wave_id text, is_reworded boolean, is_universe_changed boolean, "
    "previous_question_text text, previous_universe text",
    "dictionary_columns": "table_name text, column_name text, variable_id text",
    "fct_trend_estimates": "study_id text, wave_id text, measure_id text, variable_id text, "
    "segment_id text, segment_code text, weight_id text, estimate double, "
    "observation_status text, note text, "
    "primary key (study_id, wave_id, measure_id, segment_id, segment_code)",
    "fct_trend_changes": "study_id text, from_wave_id text, to_wave_id text, measure_id text, "
    "segment_id text, note text",
    "fct_trend_slopes": "study_id text, first_wave_id text, last_wave_id text, measure_id text, "
    "segment_id text, note text",
    "chart_trend_estimates": "study_id text, wave_id text, measure_id text, segment_id text, "
    "observation_status text, since_previous text, break_text text, value_format text",
    "fct_period_estimates": "study_id text, period_grain text, wave_id text, measure_id text, "
    "segment_id text, note text",
    "fct_revisions": "from_release text, to_release text, study_id text, period_grain text, "
    "period_id text, measure_id text, segment_id text, note text",
    "fct_answers": "respondent_key text, study_id text, wave_id text, answer text, "
    f"{HIDDEN}_column text",
    "fct_respondents": "respondent_key text, study_id text, wave_id text, segment_age text, "
    f"segment_{HIDDEN} text",
    "wide_shut": f"respondent_key text, study_id text, wave_id text, {HIDDEN}_variable text",
    "fct_of_the_team": "anything text",
}
WAVES = {"open": ("w1", "w2", "w3"), "shut": ("s1", "s2")}


def rows_of_tables() -> Iterable[tuple[str, tuple[object, ...]]]:
    """Give the rows of all tables. Waves w1 and w2 of `open` are what `public` may read."""
    for study, waves in WAVES.items():
        shut = study == "shut"
        told = HIDDEN if shut else "plain"
        last = f"{HIDDEN} day"
        weight = f"{HIDDEN}_w" if shut else "w"
        yield "dim_study", (study, f"{told} study", len(waves), last, weight)
        for number, wave in enumerate(waves, 1):
            no = HIDDEN if shut or wave == "w3" else "plain"
            before = waves[number - 2] if number > 1 else None
            variable = f"{HIDDEN}_v" if shut else "v_open"
            yield "dim_wave", (study, wave, number, f"{no} {wave}")
            yield "dim_question", (study, wave, variable, None)
            yield (
                "dictionary_questions",
                (
                    *(study, wave, variable, before, False, False),
                    *(f"{told} text of {before}", f"{told} universe"),
                ),
            )
            for measure in ("m_open", f"m_{HIDDEN}") if shut else ("m_open",):
                for segment in ("total", f"{HIDDEN}_s") if shut else ("total", "s_open"):
                    key = (study, wave, measure, variable, segment, segment, "w")
                    yield "fct_trend_estimates", (*key, number / 7, "A", f"{no} figure")
                    since = f"{no} change from {before}" if before else None
                    yield (
                        "chart_trend_estimates",
                        (study, wave, measure, segment, "A", since, since, "0.0"),
                    )
                    yield (
                        "fct_revisions",
                        ("r1", "r2", study, "wave", wave, measure, segment, f"{no} revised"),
                    )
            for person in range(40):
                name = f"{no} {study}-{wave}-{person}"
                yield "fct_answers", (name, study, wave, f"{no} answer", f"{HIDDEN} column")
                of_shut = f"{HIDDEN} value" if shut else None
                yield "fct_respondents", (name, study, wave, "old", of_shut)
                if shut:
                    yield "wide_shut", (name, study, wave, f"{HIDDEN} value")
        for first, last_wave, no in (
            (waves[0], waves[1], HIDDEN if shut else "plain"),
            (waves[0], waves[-1], HIDDEN),
        ):
            if (first, last_wave, no) == (waves[0], waves[1], HIDDEN) and not shut:
                continue
            yield "fct_trend_changes", (study, first, last_wave, "m_open", "total", f"{no} change")
            yield "fct_trend_slopes", (study, first, last_wave, "m_open", "total", f"{no} slope")
        yield "fct_period_estimates", (study, "year", None, "m_open", "total", f"{HIDDEN} year")
        yield (
            "fct_revisions",
            ("r1", "r2", study, "year", "2001", "m_open", "total", f"{HIDDEN} year"),
        )
    # Provisional, and so hidden from `public` though its wave is not.
    yield (
        "fct_trend_estimates",
        (
            *("open", "w2", "m_open", "v_open", "s_open", "late", "w", 0.5, "P"),
            f"{HIDDEN} provisional",
        ),
    )
    yield "dim_measure", ("m_open", "Open", "v_open", None)
    yield "dim_measure", (f"m_{HIDDEN}", "Hidden", f"{HIDDEN}_v", f"{HIDDEN}_v2")
    for segment in ("total", "s_open", f"{HIDDEN}_s"):
        yield "dim_segment", (segment, segment, None, None)
    for variable in ("v_open", f"{HIDDEN}_v", f"{HIDDEN}_v2"):
        yield "dim_variable", (variable, variable)
        yield "dictionary_columns", ("fct_answers", "answer", variable)
    yield "dim_weight", ("w",)
    yield "dim_weight", (f"{HIDDEN}_w",)
    yield "dictionary_columns", ("fct_answers", f"{HIDDEN}_column", None)
    yield "dictionary_columns", ("wide_shut", f"{HIDDEN}_variable", None)
    yield "fct_of_the_team", (f"{HIDDEN} of all studies",)


def build_guarded(
    project: Project, changes: Mapping[str, str] | None = None, version: str = "1"
) -> PassedBuild:
    """Make a working database with audiences, as a build would.

    Args:
        project: the project.
        changes: other rows of the codebook's tables, as CSV without a header, by table.
        version: what the inputs are called.
    """
    written = {
        **{"audiences": AUDIENCES, "audience_rows": ROWS, "audience_columns": COLUMNS},
        "audience_deliveries": DELIVERIES,
    }
    written |= changes or {}
    project.target.mkdir(exist_ok=True)
    project.codebook.mkdir(parents=True, exist_ok=True)
    project.working_database.unlink(missing_ok=True)
    headers = {
        "audiences": "audience_id,audience_label,description,needs_key",
        "audience_rows": "audience_id,study_id,wave_id,measure_id,segment_id,with_provisional,"
        "not_before",
        "audience_columns": "audience_id,table_or_group,column_name",
        "audience_deliveries": "audience_id,study_id,wave_id",
    }
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute("begin; create schema marts; create schema codebook")
        for name, header in headers.items():
            file = project.codebook / f"{name}.csv"
            file.write_text(f"{header}\n{written[name]}")
            connection.execute(
                f"create table codebook.{name} as select * from read_csv('{file}', "
                "all_varchar = true, header = true, auto_detect = false, columns = {"
                + ", ".join(f"'{column}': 'varchar'" for column in header.split(","))
                + "})"
            )
        for name, columns in TABLES.items():
            connection.execute(f"create table marts.{name} ({columns})")
            connection.execute(f"comment on table marts.{name} is 'About {name}.'")
        for name, row in rows_of_tables():
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into marts.{name} values ({marks})", list(row))
        connection.execute(
            f"comment on column marts.fct_answers.{HIDDEN}_column is '{HIDDEN} comment'"
        )
        connection.execute("comment on column marts.fct_answers.answer is 'What was said.'")
        connection.execute("commit")
    build = PassedBuild.of(project, version, list(TABLES))
    build.save(project)
    return build


def everything_in(connection: duckdb.DuckDBPyConnection) -> str:
    """Give all that any query can find: rows, names, comments, statistics, settings."""
    found = []
    for database, schema, table in connection.execute(
        "select database_name, schema_name, table_name from duckdb_tables() "
        "union all select database_name, schema_name, view_name from duckdb_views() "
        "where not internal"
    ).fetchall():
        name = f'"{database}"."{schema}"."{table}"'
        found.append(repr(connection.execute(f"select * from {name}").fetchall()))
        found.append(repr(connection.execute(f"summarize {name}").fetchall()))
    for function in (
        "tables",
        "columns",
        "constraints",
        "indexes",
        "views",
        "schemas",
        "databases",
    ):
        found.append(repr(connection.execute(f"select * from duckdb_{function}()").fetchall()))
    for (name,) in connection.execute(
        "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables()"
    ).fetchall():
        found.append(
            repr(connection.execute(f"select * from pragma_storage_info('{name}')").fetchall())
        )
    return "\n".join(found)


def bytes_of(folder: Path, pattern: str) -> bytes:
    """Give the bytes of all files of a name in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob(pattern)))
