"""Questions: what is declared, asked again as if it were not, and what may not be asked."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from comparing import ESTIMATES, REFERENCES, check, compare
from once import make_once
from workbench import read_rows, run_dbt_beside

from wavehouse.errors import WavehouseError
from wavehouse.estimating.estimates import estimate
from wavehouse.estimating.keeping import keep_program
from wavehouse.estimating.programs import INPUT, MODEL, NARROWED, WHOLE, Program
from wavehouse.estimating.questions import CALENDAR, POOLED, WAVE, Question
from wavehouse.project import Project

Row = dict[str, Any]

KEYS = ("study_id", "wave_id", "measure_id", "category_code", "segment_id", "segment_code")
EXACT = 1e-12
# These rest on a difference of sums, which loses digits, and sums are made in parallel.
DIFFERENCES = {"design_effect": 1e-10, "n_effective": 1e-10}
# Of what is declared every so-manieth is asked again, so that the tests stay short.
STEP = 6


@pytest.fixture(scope="module")
def kept(overlay_on_duckdb: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is kept for questions of all test studies."""

    def keep(folder: Path) -> None:
        folder.mkdir()
        with duckdb.connect() as connection:
            assert keep_program(
                connection, overlay_on_duckdb.working_database, folder / "estimation.duckdb"
            )

    return make_once(tmp_path_factory, "kept-for-questions", keep) / "estimation.duckdb"


@pytest.fixture(scope="module")
def connection(kept: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What is kept, opened as a server opens it."""
    config = {"enable_external_access": "false", "lock_configuration": "true"}
    with duckdb.connect(str(kept), read_only=True, config=config) as opened:
        yield opened


# Not kept open: dbt could not open the file then.
@pytest.fixture
def declared(overlay_on_duckdb: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """All that is declared, estimated by the build."""
    with duckdb.connect(str(overlay_on_duckdb.working_database), read_only=True) as opened:
        yield opened


def rows_of(relation: duckdb.DuckDBPyRelation) -> list[Row]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def open_studies(declared: duckdb.DuckDBPyConnection) -> list[str]:
    """Give the studies whose rules have nothing to do with confidentiality."""
    return [
        study
        for (study,) in declared.execute(
            """
            select study_id from intermediate.int_measures__publication_rules
            left join staging.stg_codebook__publication_rules using (publication_rule_id)
            group by study_id
            having
                bool_and(base_rounding is null)
                and bool_and(publication_rule_id not in (
                    select publication_rule_id from staging.stg_codebook__publication_criteria
                    where purpose = 'confidentiality'
                ))
            order by study_id
            """
        ).fetchall()
    ]


def differences(asked: list[Row], expected: list[Row], keys: tuple[str, ...]) -> list[str]:
    """Say what differs between rows: keys, texts, or numbers by more than rounding."""
    by_key = {tuple(row[key] for key in keys): row for row in asked}
    assert len(by_key) == len(asked)
    found = []
    for row in expected:
        key = tuple(row[each] for each in keys)
        other = by_key.pop(key, None)
        if other is None:
            found.append(f"{key} was not answered")
            continue
        for column, value in row.items():
            if not same(value, other[column], DIFFERENCES.get(column, EXACT)):
                found.append(f"{key}: {column} is {other[column]!r}, declared {value!r}")
    return found + [f"{key} is not declared" for key in by_key]


def same(one: object, other: object, tolerance: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=EXACT)
    return one == other


def answered(connection: duckdb.DuckDBPyConnection, question: Question) -> list[Row]:
    rows: list[Row] = estimate(connection, question).to_pylist()
    return rows


def segments_of(
    declared: duckdb.DuckDBPyConnection, table: str, studies: list[str]
) -> list[tuple[str, str, list[str]]]:
    """Give each study with its segments, and the measures that it has of them."""
    return declared.execute(
        f"select study_id, segment_id, list(distinct measure_id order by measure_id) "
        f"from marts.{table} where study_id in (select unnest(?)) group by all order by all",
        [studies],
    ).fetchall()


def asked_again(
    connection: duckdb.DuckDBPyConnection,
    declared: duckdb.DuckDBPyConnection,
    table: str,
    grain: str = "",
) -> tuple[int, list[str]]:
    """Ask all declared estimates of waves or calendar periods; say how many, and what differs."""
    keys = ("period_start", *KEYS[2:]) if grain else KEYS
    asked, found = 0, []
    cases = segments_of(declared, table, open_studies(declared))
    for study, segment, measures in cases if grain else cases[::STEP]:
        expected = rows_of(
            declared.sql(
                f"select * from marts.{table} where study_id = $study and segment_id = $segment "
                + (f"and period_grain = '{grain}'" if grain else ""),
                params={"study": study, "segment": segment},
            )
        )
        if expected:
            question = Question(tuple(measures), (segment,), study=study, grain=grain or WAVE)
            found += differences(answered(connection, question), expected, keys)
            asked += 1
    return asked, found


def test_waves_are_estimated_as_declared(
    connection: duckdb.DuckDBPyConnection, declared: duckdb.DuckDBPyConnection
) -> None:
    asked, found = asked_again(connection, declared, "fct_trend_estimates")
    assert asked > 20
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize("grain", CALENDAR)
def test_calendar_periods_are_estimated_as_declared(
    connection: duckdb.DuckDBPyConnection, declared: duckdb.DuckDBPyConnection, grain: str
) -> None:
    asked, found = asked_again(connection, declared, "fct_period_estimates", grain)
    assert asked > 4
    assert not found, "\n".join(found[:20])


def test_pooled_waves_are_estimated_as_declared(
    connection: duckdb.DuckDBPyConnection, declared: duckdb.DuckDBPyConnection
) -> None:
    """A pool is asked for as a run of waves."""
    pools = declared.execute(
        """
        select
            study_id, segment_id, from_wave_id, wave_id,
            list(distinct measure_id order by measure_id)
        from marts.fct_pooled_estimates
        where study_id in (select unnest(?))
        group by all order by all
        """,
        [open_studies(declared)],
    ).fetchall()
    assert len(pools) > 20
    found = []
    for study, segment, first, last, measures in pools[::STEP]:
        expected = rows_of(
            declared.sql(
                "select * from marts.fct_pooled_estimates where study_id = $1 "
                "and segment_id = $2 and from_wave_id = $3 and wave_id = $4",
                params=[study, segment, first, last],
            )
        )
        question = Question(
            tuple(measures), (segment,), waves=(f"{first}..{last}",), study=study, grain=POOLED
        )
        found += differences(answered(connection, question), expected, KEYS)
    assert not found, "\n".join(found[:20])


def test_a_filter_gives_the_figures_of_its_group(
    connection: duckdb.DuckDBPyConnection, declared: duckdb.DuckDBPyConnection
) -> None:
    """Where one category is asked for, everything but the names of the cell is as declared."""
    groups = declared.execute(
        """
        select
            study_id, segment_id, segment_code,
            list(distinct measure_id order by measure_id)
        from marts.fct_trend_estimates as estimates
        inner join staging.stg_codebook__segment_variables as variables using (segment_id)
        where
            study_id in (select unnest(?))
            and not contains(segment_code, '|')
        group by all having count(distinct variables.variable_id) = 1 order by all
        """,
        [open_studies(declared)],
    ).fetchall()
    assert len(groups) > 40
    found = []
    for study, segment, code, measures in groups[:: 3 * STEP]:
        expected = rows_of(
            declared.sql(
                "select * exclude (segment_id, segment_label, segment_code, segment_value_label) "
                "from marts.fct_trend_estimates where study_id = $1 and segment_id = $2 "
                "and segment_code = $3",
                params=[study, segment, code],
            )
        )
        quoted = code.replace("'", "''")
        question = Question(tuple(measures), where=f"{segment} = '{quoted}'", study=study)
        found += differences(answered(connection, question), expected, KEYS[:4])
    assert not found, "\n".join(found[:20])


def test_a_variable_is_crossed_as_the_segment_that_is_made_of_it(
    connection: duckdb.DuckDBPyConnection, declared: duckdb.DuckDBPyConnection
) -> None:
    """A crossing of variables that is declared as a segment has its names and figures."""
    (segment, variables), *_ = declared.execute(
        """
        select segment_id, list(variable_id order by position)
        from staging.stg_codebook__segment_variables
        where segment_id = 'sex_by_census_region'
        group by segment_id
        """
    ).fetchall()
    question = Question(("happiness_share",), (segment,), study="gss")
    rows = answered(connection, question)
    assert rows == answered(connection, replace(question, by=tuple(variables)))
    for row in rows:
        codes = [row[f"by_{name}"] for name in variables]
        labels = [row[f"by_{name}_label"] for name in variables]
        assert (segment, "|".join(codes)) == (row["segment_id"], row["segment_code"])
        assert row["segment_value_label"].split(" × ") == labels  # noqa: RUF001


def test_small_groups_are_suppressed(connection: duckdb.DuckDBPyConnection) -> None:
    """Fewer than thirty of a crossing are suppressed by the rule of the study, with a reason."""
    question = Question(
        ("happiness_share",), ("sex", "race", "region", "education_level"), waves=("2006",)
    )
    rows = answered(connection, question)
    hidden = [row for row in rows if row["observation_status"] == "Q"]
    assert len(hidden) > 100
    assert {row["status_reason"] for row in hidden} == {"Fewer than 30 respondents"}
    numbers = ("estimate", "standard_error", "ci_lower", "n_respondents", "sum_of_weights")
    assert all(row[name] is None for row in hidden for name in numbers)
    assert all(row["n_respondents"] >= 30 for row in rows if row["n_respondents"] is not None)


REFUSED = {
    "1 = 1": "holds what it may not: 1",
    "sex = 'male' or true": "holds what it may not: TRUE",
    "sex = 'male'; drop table asked_waves": "cannot be read",
    "sex = 'male') union select (1": "cannot be read",
    "sex = 'male' -- ": None,
    "sex = (select 'male')": "holds what it may not: (SELECT 'male')",
    "sex in (select sex from respondents)": "holds what it may not",
    "sex = 'male' and read_csv('/etc/passwd') = 1": "holds what it may not",
    "lower(sex) = 'male'": "holds what it may not: LOWER(sex)",
    "other.sex = 'male'": "holds what it may not: other.sex",
    "sex || '' = 'male'": "holds what it may not",
    "'male' = sex": "holds what it may not: 'male'",
    "sex = race": "holds what it may not: race",
    "sex like 'm%'": "holds what it may not",
    "sex is null": "holds what it may not",
    "case when sex = 'male' then 1 end = 1": "holds what it may not",
    "sex = 'male' limit 1": "cannot be read",
    "sex": "holds what it may not: sex",
    "sex = 'm'": "no category of sex. It has: 'female' (Female), 'male' (Male)",
    "sex < 'male'": "which have no order",
    "sex between 'a' and 'z'": "which have no order",
    "tv_hours = 'many'": "which has numbers, with 'many'",
    "tv_hours > 1e400": "has numbers",
    "tv_hours > 'nan'": "has numbers",
    "sexx = 'male'": "no variable or segment 'sexx'. There are: sex",
    "sex_by_census_region = 'x'": "is a crossing of sex and census_region. Name these",
    "total = 'total'": "is everybody. Leave it out",
    "(" * 900 + "sex = 'male'" + ")" * 900: "cannot be read",
    "sex = 'male' or " * 400 + "sex = 'male'": "more than 4,000 characters",
    "'": "cannot be read",
    "\x00": "holds what it may not",
}


@pytest.mark.parametrize("where", REFUSED, ids=lambda where: repr(where[:40]))
def test_filters_are_read_and_never_run(connection: duckdb.DuckDBPyConnection, where: str) -> None:
    question = Question(("happiness_share",), where=where, waves=("2006",))
    expected = REFUSED[where]
    if expected is None:
        plain = answered(connection, replace(question, where="sex = 'male'"))
        assert answered(connection, question) == plain
        return
    with pytest.raises(WavehouseError, match=re.escape(expected)):
        estimate(connection, question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(("happines_share",)), "no measure 'happines_share'. There are: happiness_share"),
        (Question(()), "No measure is asked for"),
        (Question(("happiness_share",), ("sexx",)), "no variable or segment 'sexx'"),
        (Question(("happiness_share",), ("tv_hours",)), "tv_hours has numbers"),
        (Question(("happiness_share",), study="gsss"), "There is no study 'gsss'. There are: gss"),
        (Question(("happiness_share",), study="bsa"), "bsa never asked what happiness_share needs"),
        (Question(("happiness_share",), waves=("1995",)), "There is no wave '1995'. Of waves, gss"),
        (Question(("happiness_share",), waves=("2000..1980",)), "There is no wave '2000..1980'"),
        (Question(("happiness_share",), grain="decade"), "no grain 'decade'"),
        (Question(("happiness_share",), grain="month"), "no calendar periods"),
        (Question(("happiness_share",), ("school_type",)), "gss never asked school_type"),
        (
            Question(
                ("happiness_share", "work_status_share"),
                ("sex", "race", "region", "work_status", "religious_attendance"),
            ),
            "rows, and may have 100,000",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else "-",
)
def test_what_cannot_be_asked_is_said(
    connection: duckdb.DuckDBPyConnection, question: Question, expected: str
) -> None:
    with pytest.raises(WavehouseError, match=re.escape(expected)):
        estimate(connection, question)


def test_confidential_studies_answer_declared_estimates_only(
    connection: duckdb.DuckDBPyConnection, declared: duckdb.DuckDBPyConnection
) -> None:
    """A rule with a purpose of confidentiality, or one that rounds, is enough."""
    hidden = declared.execute(
        "select study_id, min(measure_id) from intermediate.int_measures__waves "
        "where study_id not in (select unnest(?)) group by study_id order by study_id",
        [open_studies(declared)],
    ).fetchall()
    assert hidden
    for study, measure in hidden:
        with pytest.raises(WavehouseError, match=f"rule of {study} keeps figures confidential"):
            estimate(connection, Question((measure,), study=study))


def test_a_file_without_answers_says_so(kept: Path, tmp_path: Path) -> None:
    """An audience that may read no answers may not ask for estimates."""
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as empty:
        empty.execute("create table fct_trend_estimates as select 1 as estimate")
        with pytest.raises(WavehouseError, match="this audience may read published estimates only"):
            estimate(empty, Question(("happiness_share",)))
        empty.execute(f"attach '{kept}' as whole (read_only)")
        assert answered(empty, Question(("happiness_share",), waves=("2006",)))
        empty.execute("create table int_program__steps as from whole.int_program__steps")
        empty.execute("detach whole")
        with pytest.raises(WavehouseError, match="this audience may read published estimates only"):
            estimate(empty, Question(("happiness_share",)))


def test_a_file_of_one_study_answers_for_it(kept: Path, tmp_path: Path) -> None:
    """What is not in an audience's file is not there for it, and the rest is as it was."""
    question = Question(("happiness_share",), ("sex",), "race = 'black'", study="gss")
    file = tmp_path / "audience.duckdb"
    with duckdb.connect() as writer:
        writer.execute(f"attach '{kept}' as whole (read_only)")
        expected = answered(writer, question)
        tables = writer.execute("select table_name from duckdb_tables()").fetchall()
        writer.execute(f"attach '{file}' as few")
        for (name,) in tables:
            columns = {each for each, *_ in writer.execute(f"describe whole.{name}").fetchall()}
            rows = "where study_id = 'gss'" if "study_id" in columns else ""
            writer.execute(f"create table few.{name} as from whole.{name} {rows}")
    with duckdb.connect(str(file), read_only=True) as few:
        assert answered(few, question) == expected
        with pytest.raises(
            WavehouseError, match="No study here asked what abortion_support_mean needs"
        ):
            estimate(few, Question(("abortion_support_mean",)))


ASKED = read_rows(REFERENCES / "asked_estimates.csv")


def test_answers_are_those_of_r(connection: duckdb.DuckDBPyConnection) -> None:
    """Crossings, filters and pools that no codebook declares."""
    by_question: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in ASKED:
        by_question[tuple(row[name] for name in ("study_id", "waves", "by", "where"))].append(row)
    comparisons = []
    for (study, waves, by, where), rows in by_question.items():
        ids = tuple(waves.split())
        measures = tuple(dict.fromkeys(row["measure_id"] for row in rows))
        grain = POOLED if len(ids) > 1 else WAVE
        question = Question(measures, tuple(by.split()), where.replace(";", ","), ids, study, grain)
        keys = ("measure_id", "category_code", "segment_code")
        found = {tuple(row[key] for key in keys): row for row in answered(connection, question)}
        for row in rows:
            cell = tuple(row[key] for key in keys)
            comparisons += compare((study, waves, where, *cell), row, found[cell], ESTIMATES)
    check(comparisons)


# What stands for the codebook's segments and periods: the program has its own SQL for it.
REPLACED = {
    "stg_codebook__segment_variables",
    "stg_codebook__calendar_grains",
    "int_comparisons__period_waves",
    "int_segments__values",
    "int_segments__offered",
    "int_segments__memberships",
    "int_disclosure__secondary",
}

# What the codebook's grains decide in it, its days, the question decides (macro asked_weights).
OF_DAYS = {"int_design__weights"}


def test_the_program_has_all_models_between_segments_and_estimates(
    overlay_on_duckdb: Project, connection: duckdb.DuckDBPyConnection
) -> None:
    """A model that comes between them, or leaves, changes the program; the list must follow."""
    manifest = json.loads((overlay_on_duckdb.target / "manifest.json").read_text("utf-8"))

    def names(unique_ids: list[str]) -> set[str]:
        return {each.rpartition(".")[2] for each in unique_ids if each.startswith("model.")}

    # Checks stop a build; nothing is computed from them.
    parents = {
        node["name"]: names(node["depends_on"]["nodes"]) - {"int_checks__problems"}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }

    def reaches(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            new = parents[waiting.pop()] - found - REPLACED
            found |= new
            waiting += new
        return found

    before = reaches("int_published__labelled_estimates") | {"int_published__labelled_estimates"}
    changing = {
        name for name in before if REPLACED & set().union(*map(parents.get, {name, *reaches(name)}))
    }
    program = Program.find(connection)
    steps = list(program.named(MODEL))
    inputs = set(program.named(INPUT))
    assert sorted(steps) == sorted(changing - OF_DAYS | REPLACED)
    made: set[str] = set()
    for name in steps:
        needed = set() if name in REPLACED else parents[name]
        assert needed <= made | (inputs - set(steps)), f"{name} reads what is not there yet"
        made.add(name)
    assert set(program.named(NARROWED)) | set(program.named(WHOLE)) == inputs - set(steps)


def test_the_macro_gives_models_the_same_figures(
    overlay_on_duckdb: Project, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """In SQL of dbt a question is one query over the tables of the build."""
    crossed = {"by": ("sex", "race_black"), "waves": ("2004", "2006"), "study": "gss"}
    pooled = {"by": (), "waves": ("1994", "2006"), "study": "gss", "grain": POOLED}
    codes = ("12_years", "16_years_or_more")
    measures = ("happiness_share", "tv_hours_median")
    for options in (crossed, pooled):
        arguments = {**options, "measures": measures, "where": {"education_level": codes}}
        text = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        inline = ("--quiet", "compile", "--inline", f"{{{{ estimates_of({text}) }}}}")
        run = run_dbt_beside(overlay_on_duckdb, tmp_path, *inline)
        assert run.exit_code == 0, run.output
        question = Question(measures, where=f"education_level in {codes}", **options)
        expected = answered(connection, question)
        with duckdb.connect(str(overlay_on_duckdb.working_database), read_only=True) as built:
            found = rows_of(built.sql(run.output[run.output.index("with") :]))
        shown = [
            {name: row[name] for name in found[0] if name in row and "segment" not in name}
            for row in expected
        ]
        keys = ("wave_id", "measure_id", "category_code", *(f"by_{name}" for name in options["by"]))
        assert not differences(found, shown, keys)


def test_the_macro_refuses_confidential_studies(overlay_on_duckdb: Project, tmp_path: Path) -> None:
    with duckdb.connect(str(overlay_on_duckdb.working_database), read_only=True) as built:
        study = built.execute(
            "select min(study_id) from intermediate.int_measures__publication_rules "
            "where study_id not in (select unnest(?))",
            [open_studies(built)],
        ).fetchall()[0][0]
    text = f"{{{{ estimates_of(measures=['any'], study='{study}') }}}}"
    run = run_dbt_beside(overlay_on_duckdb, tmp_path, "compile", "--inline", text)
    assert run.exit_code != 0
    assert f"rule of {study} keeps figures confidential" in run.output
