"""Measure the pages with many variables and waves: how large they are, and how long a reader waits.

A warehouse is generated with the public tables that the pages read: questions with three answers,
estimated for everybody and four groups in every wave, with suppressed cells, changes, breaks, new
wordings and all pairs of waves. The site is written from it and opened from a file, in the
Chromium of the machine. `make` must have been run once, since the tables are made like its own.

Numbers depend on the machine and on what else it does: quote them with both. No test looks at them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
# The browser of the tests serves here too.
sys.path.insert(0, str(PROJECT / "tests" / "python"))

from browser import chromium  # noqa: E402

from wavehouse_exchange.pages.site import fill_site  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPEATS = 5
QUERIES = ("t", "trust", "trust gov", "agree on heal", "zzz")
TOPICS = (
    "trust government parliament health income family work school climate energy prices traffic "
    "neighbours religion politics media science police courts taxes housing travel food sleep "
    "sport music future past friends children parents savings debt crime safety water air noise"
)

# Every number is made up from a hash, so that the same call gives the same warehouse.
TABLES = """
set variable topics = string_split(getvariable('topic_words'), ' ');
create temp table variables as
select
    i,
    'variable_' || lpad(i::varchar, 5, '0') as variable_id,
    list_aggregate(
        [getvariable('topics')[1 + (hash(i * 31 + k) % 40)::int] for k in range(4)],
        'string_agg', ' '
    ) as topic
from range(getvariable('n_variables')) as r(i);
create temp table waves as
select
    i as n,
    'w' || lpad(i::varchar, 3, '0') as wave_id,
    'Wave ' || (i + 1) as wave_label,
    (date '1990-01-15' + to_months(i::int * 3))::date as wave_date
from range(getvariable('n_waves')) as r(i);
create temp table answers as
from (values ('agree', 'Agree', 1), ('neither', 'Neither', 2), ('disagree', 'Disagree', 3))
    as t (category_code, category_label, category_order);
create temp table groups as
from (values
    ('total', 'Total', 'total', 'Total', 0),
    ('age', 'Age', 'a1', '18 to 34', 1), ('age', 'Age', 'a2', '35 to 49', 2),
    ('age', 'Age', 'a3', '50 to 64', 3), ('age', 'Age', 'a4', '65 and older', 4)
) as t (segment_id, segment_label, segment_code, segment_value_label, segment_order);

insert into marts.dim_study by name
select
    'big' as study_id, 'A large generated study' as study_label, 0.95 as ci_level,
    'benjamini_hochberg' as adjustment_method;
insert into marts.dim_wave by name
select 'big' as study_id, n + 1 as wave_number, 2000 as n_respondents, * exclude (n) from waves;
insert into marts.fct_wave_quality by name
select 'big' as study_id, 1 as n_strata, 100 as n_psus, * exclude (n) from waves;
insert into marts.dim_variable by name
select variable_id, 'On ' || topic as variable_label, 'categorical' as value_type from variables;
insert into marts.dictionary_variables by name
select
    'big' as study_id, variable_id, 'On ' || topic as variable_label,
    'Whether people agree on ' || topic as variable_description, 'categorical' as value_type
from variables;
insert into marts.dim_measure by name
select
    variable_id || '_share' as measure_id, 'On ' || topic as measure_label,
    'share' as measure_kind, 'Respondents with an answer' as base_description, variable_id
from variables;
insert into marts.dictionary_categories by name
select variables.variable_id, answers.* from variables, answers;
insert into marts.dim_segment by name from groups;

create temp table cells as
select
    'big' as study_id, variable_id || '_share' as measure_id, 'share' as measure_kind, *,
    segment_order > 0 and hash(i, n, segment_code) % 50 = 0 as is_suppressed,
    0.2 + 0.1 * (hash(i, category_order) % 4) + 0.05 * sin(n / 9.0 + i)
        + 0.00001 * (hash(i, n, category_order, segment_order) % 977) as p
from variables, waves, answers, groups;
insert into marts.fct_trend_estimates by name
select
    * exclude (i, topic, n, category_order, segment_order, is_suppressed, p),
    'A' as observation_status, 'F' as confidentiality_status,
    p as estimate, 0.0123456789 + p / 97 as standard_error, 99 as degrees_of_freedom,
    0.95 as ci_level, p - 0.0234 - p / 89 as ci_lower, p + 0.0245 + p / 83 as ci_upper,
    'logit' as ci_method, 400 + n as n_respondents, 380 + p * 17 as n_effective,
    1.05 + p / 7 as design_effect, 'market_research' as publication_rule
from cells where not is_suppressed;
insert into marts.fct_trend_estimates by name
select
    * exclude (i, topic, n, category_order, segment_order, is_suppressed, p),
    'Q' as observation_status, 'F' as confidentiality_status,
    'Fewer than 30 respondents' as status_reason, 'market_research' as publication_rule
from cells where is_suppressed;
insert into marts.fct_trend_changes by name
select
    later.study_id, later.measure_id, later.measure_kind, later.variable_id,
    later.category_code, later.category_label, later.segment_id, later.segment_label,
    later.segment_code, later.segment_value_label,
    earlier.wave_id as from_wave_id, earlier.wave_date as from_wave_date,
    later.wave_id as to_wave_id, later.wave_date as to_wave_date,
    case when earlier.n = 0 then 'first' else 'previous' end as comparison,
    later.p - earlier.p as change, 0.0171 + later.p / 61 as standard_error,
    later.p - earlier.p - 0.03 as ci_lower, later.p - earlier.p + 0.03 as ci_upper,
    0.04 + later.p / 2 as p_value, 0.05 + later.p / 2 as p_value_adjusted,
    'benjamini_hochberg' as adjustment_method, false as is_significant,
    'independent' as covariance_method, true as is_comparable, false as is_bridged,
    'A' as observation_status, 'F' as confidentiality_status
from cells as later
inner join cells as earlier
    on
        later.measure_id = earlier.measure_id
        and later.category_code = earlier.category_code
        and later.segment_code = earlier.segment_code
        and (earlier.n = later.n - 1 or (earlier.n = 0 and later.n > 1))
where not later.is_suppressed and not earlier.is_suppressed;
insert into marts.dictionary_coverage by name
select
    'big' as study_id, wave_id, variable_id, true as is_asked, 2000 as n_respondents,
    1900 as n_valid, 0 as n_not_asked, 60 as n_not_applicable, 30 as n_dont_know,
    10 as n_refused, 0 as n_no_answer, 0 as n_invalid
from variables, waves;
insert into marts.dictionary_questions by name
select
    'big' as study_id, wave_id, variable_id, 'q' || i as source_column, false as is_derived,
    'All respondents' as universe,
    'Thinking of ' || topic || ', how far do you agree that it matters'
        || case when n < 50 then '?' else ' to you and your household today?' end as question_text,
    n = 50 as is_reworded, false as is_universe_changed
from variables, waves;
insert into marts.dictionary_codes by name
select
    'big' as study_id, wave_id, variable_id, 'q' || i as source_column,
    category_order::varchar as source_code, 'recode' as mapping_method, answers.*
from variables, waves, answers;
insert into marts.dictionary_comparability by name
select
    'big' as study_id, variable_id, earlier.wave_id as from_wave_id, later.wave_id as to_wave_id,
    case when earlier.n < 50 and later.n >= 50 then 'with_care' else 'identical' end
        as comparability_grade,
    case when earlier.n < 50 and later.n >= 50 then 'The wording of the question differs.' end
        as comparability_reason
from variables, waves as earlier, waves as later
where earlier.n < later.n;
insert into marts.dictionary_breaks by name
select
    'big' as study_id, wave_id, variable_id, 'break_' || n as break_id, wave_id as declared_wave_id,
    wave_date, 'mode' as break_kind, 'soft' as severity, true as is_of_study,
    'Interviews by telephone began.' as break_description
from variables, waves where n in (30, 70);
"""


def generate(database: Path, model: Path, variables: int, waves: int) -> None:
    """Write a warehouse with made-up numbers, its tables like those of a real one."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{model}' as model (read_only); create schema marts")
        names = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'model'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f"create table marts.{name} as from model.marts.{name} limit 0")
        connection.execute("set variable topic_words = ?", [TOPICS])
        connection.execute("set variable n_variables = ?", [variables])
        connection.execute("set variable n_waves = ?", [waves])
        connection.execute(TABLES)


def measure(browser: Browser, url: str, variables: int) -> dict[str, list[float]]:
    """Open the site again and again; give milliseconds by what was waited for."""
    times: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        times.setdefault(name, []).append(value)

    for repeat in range(REPEATS):
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(url)
        page.wait_for_selector("main[data-ready]")
        note("start page, until it can be used", (time.perf_counter() - began) * 1000)
        for query in QUERIES:
            note("search, from a key to the list drawn", search(page, query))
        for step in range(2):
            name = f"variable_{(repeat * 7 + step) % variables:05d}"
            kind = "first with a chart" if step == 0 else "another"
            began = time.perf_counter()
            page.evaluate(f"location.hash = '#/variable/big/{name}'")
            page.wait_for_selector(f"main[data-ready='variable/big/{name}']")
            note(f"page of a variable ({kind}), texts", (time.perf_counter() - began) * 1000)
            page.wait_for_selector("#chart[data-drawn]")
            note(f"page of a variable ({kind}), chart", (time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        page.get_by_label("Groups").select_option("age")
        page.wait_for_selector("#chart[data-drawn]")
        note("another segment, chart", (time.perf_counter() - began) * 1000)
        page.close()
    return times


def search(page: Page, query: str) -> float:
    """Type into the search field; give the milliseconds until the browser has drawn the list."""
    return page.evaluate(
        """async (query) => {
            const field = document.getElementById("query");
            field.value = query;
            const began = performance.now();
            field.dispatchEvent(new Event("input"));
            document.body.getBoundingClientRect();
            return performance.now() - began;
        }""",
        query,
    )


def main() -> None:
    """Generate, write, open, and print what was measured."""
    parser = argparse.ArgumentParser(description="Measure the pages of a large generated study.")
    parser.add_argument("--variables", type=int, default=2000)
    parser.add_argument("--waves", type=int, default=100)
    options = parser.parse_args()
    model = PROJECT / "warehouse" / "wavehouse.duckdb"
    if not model.exists():
        sys.exit("warehouse/wavehouse.duckdb is missing. Run `make` first.")
    with tempfile.TemporaryDirectory() as name:
        database, folder = Path(name) / "big.duckdb", Path(name) / "pages"
        generate(database, model, options.variables, options.waves)
        began = time.perf_counter()
        fill_site(database, folder, "benchmark", has_docs=False)
        seconds = time.perf_counter() - began
        sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
        print(f"{options.variables:,} variables, {options.waves} waves")
        print(
            f"written in {seconds:.0f} s: {len(sizes):,} files, {sum(sizes.values()) / 1e6:,.0f} MB"
        )
        for part in ("data/catalogue.js", "data/search.js", "assets/app.js", "assets/vega.js"):
            print(f"{part:45} {sizes[folder / part] / 1e3:8,.0f} kB")
        median = statistics.median(
            size for path, size in sizes.items() if path.parent.name == "big"
        )
        print(f"{'data of a variable, median':45} {median / 1e3:8,.0f} kB")
        with chromium() as browser:
            times = measure(browser, (folder / "index.html").as_uri(), options.variables)
        for what, values in times.items():
            print(f"{what:45} {statistics.median(values):8,.0f} ms (most {max(values):,.0f})")


if __name__ == "__main__":
    main()
