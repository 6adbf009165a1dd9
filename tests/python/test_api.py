"""The API gives what is published, all of it or a reason; asked as programs ask, over HTTP."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from small_server import Server, serving
from workbench import copy_built

from wavehouse.audiences.giving import add_key
from wavehouse.project import Project
from wavehouse.publishing.publish import passed_build, publish
from wavehouse_exchange.serving import answers
from wavehouse_exchange.serving.audit import read_log, verify
from wavehouse_exchange.serving.resources import BY_ITSELF, RESOURCES

ESTIMATES = "/v1/estimates?filter[measure]=party_share"
# What somebody who means harm writes in a parameter.
HOSTILE = (
    "x' or '1'='1",
    '"; drop table marts.dim_study; --',
    "$1",
    "1); attach '/etc/passwd' as p; --",
    "read_csv('/etc/passwd')",
    "../../manifest.json",
    "%00",
    "%0d%0aSet-Cookie:a=b",
    "{{7*7}}",
    "\u202e\ufeff",
    "9" * 400,
    "-1e400",
    "nan",
    "..",
    "[[]]",
    "a" * 999,
)


@pytest.fixture(scope="module")
def database(served: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """What is published, as SQL sees it."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for path in (served.warehouse / "parquet").glob("*.parquet"):
            connection.execute(f"create view marts.{path.stem} as from read_parquet('{path}')")
        yield connection


def records(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Run a query; give its rows as JSON has them."""
    result = connection.execute(sql)
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    found: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str))
    return found


def problem_of(server: Server, path: str, status: int = 400) -> tuple[str, str]:
    """Give the parameter and the detail of a refusal."""
    problem = server.refusal(path, status)
    return problem["parameter"], problem["detail"]


# Rows ---------------------------------------------------------------------------------------------


def test_the_index_names_each_resource_that_can_be_read(server: Server) -> None:
    index = server.get("/v1").json()
    for name, entry in index["data"].items():
        assert server.get(f"{entry['address']}?page[size]=1").status_code == 200, name
    assert index["meta"]["release"] == server.get("/health").json()["release"]


@pytest.mark.parametrize("name", [name for name in RESOURCES if name not in {"estimates"}])
def test_a_resource_gives_all_rows_of_its_table(
    server: Server, database: duckdb.DuckDBPyConnection, name: str
) -> None:
    resource = RESOURCES[name]
    if resource.table not in visible(server):
        assert server.get(f"/v1/{name}").status_code == 404
        return
    expected = records(
        database, f"select * from marts.{resource.table} order by {', '.join(resource.key)}"
    )
    if name == "columns":
        # Those of tables that the public may not read are not there.
        found = server.rows(f"/v1/{name}")
        assert {row["table_name"] for row in found} >= visible(server)
        assert not {row["table_name"] for row in found} & {"fct_answers", "wide_bsa"}
        assert all(row in expected for row in found)
        return
    assert server.rows(f"/v1/{name}") == expected


def visible(server: Server) -> set[str]:
    """Give the tables that the public may read."""
    return {RESOURCES[name].table for name in server.get("/v1").json()["data"]}


def test_an_estimate_has_its_universe_beside_all_columns_of_the_table(
    server: Server, database: duckdb.DuckDBPyConnection
) -> None:
    expected = records(
        database,
        "select estimates.*, questions.universe from marts.fct_trend_estimates as estimates "
        "left join marts.dim_question as questions using (study_id, wave_id, variable_id) "
        f"order by {', '.join(RESOURCES['estimates'].key)}",
    )
    assert server.rows("/v1/estimates") == expected
    assert any(row["universe"] for row in expected)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("filter[study]=bsa", "study_id = 'bsa'"),
        ("filter[study_id]=bsa", "study_id = 'bsa'"),
        ("filter[wave]=1983,1986", "wave_id in ('1983', '1986')"),
        ("filter[wave]=1983&filter[wave]=1986", "wave_id in ('1983', '1986')"),
        ("filter=wave:1983|1986,segment:sex", "wave_id in ('1983', '1986') and segment_id = 'sex'"),
        ("filter[wave_date]=1984-01-01..1985-12-31", "year(wave_date) in (1984, 1985)"),
        ("filter[wave_date]=1985-01-01..", "wave_date >= date '1985-01-01'"),
        ("filter[estimate]=..0.5", "estimate <= 0.5"),
        ("filter[estimate]=0.25..0.5", "estimate between 0.25 and 0.5"),
        ("filter[n_respondents]=264", "n_respondents = 264"),
        ("filter[measure]=no_such_measure", "false"),
    ],
)
def test_a_filter_keeps_the_rows_that_sql_would(
    server: Server, database: duckdb.DuckDBPyConnection, query: str, where: str
) -> None:
    key = ", ".join(RESOURCES["estimates"].key)
    expected = records(
        database,
        f"select {key}, estimate from marts.fct_trend_estimates where {where} order by {key}",
    )
    assert server.rows(f"/v1/estimates?{query}&fields=estimate") == expected


def test_booleans_are_written_true_and_false(
    server: Server, database: duckdb.DuckDBPyConnection
) -> None:
    for word in ("true", "false"):
        found = server.rows(f"/v1/changes?filter[is_comparable]={word}&fields=change")
        expected = records(
            database, f"select change from marts.fct_trend_changes where is_comparable = {word}"
        )
        assert len(found) == len(expected)


def test_search_finds_each_word_in_any_of_the_texts(server: Server) -> None:
    found = server.rows("/v1/variables?search=ABORTION%20support")
    assert [row["variable_id"] for row in found] == ["abortion_support"]
    assert server.rows("/v1/variables?search=abortion%20zebra") == []


def test_one_row_has_an_address(server: Server) -> None:
    for name in BY_ITSELF:
        first = server.rows(f"/v1/{name}?page[size]=1")[0]
        path = "/".join(quote(first[key], safe="") for key in RESOURCES[name].key)
        assert server.rows(f"/v1/{name}/{path}") == [first]
        assert server.refusal(f"/v1/{name}/{path}x", 404)["title"] == "Not found"


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_pages_give_every_row_once_and_in_order(server: Server, size: int) -> None:
    path = f"{ESTIMATES}&filter[segment]=sex,total&fields=estimate"
    whole = server.rows(path)
    found, following, count = [], f"{path}&page[size]={size}", 0
    while following:
        answer = server.get(following)
        found += answer.json()["data"]
        following = answer.json()["links"].get("next")
        assert ("next" in answer.headers.get("Link", "")) == bool(following)
        count += 1
    assert found == whole
    assert count == -(-len(whole) // size)


def test_a_mark_of_a_page_is_of_its_request_alone(server: Server) -> None:
    page = server.get(f"{ESTIMATES}&page[size]=1").json()
    mark = page["links"]["next"].rpartition("page%5Bafter%5D=")[2]
    for path in (
        f"/v1/estimates?page[size]=1&page[after]={mark}",
        f"{ESTIMATES}&page[size]=2&page[after]={mark}",
        f"{ESTIMATES}&page[size]=1&page[after]={mark[:-3]}",
        f"{ESTIMATES}&page[size]=1&page[after]=nonsense",
    ):
        assert problem_of(server, path)[0] == "page[after]"


def test_included_rows_are_those_that_belong_to_the_answer(
    server: Server, database: duckdb.DuckDBPyConnection
) -> None:
    answer = server.get(
        f"{ESTIMATES}&filter[wave]=1983,1984&fields=estimate"
        "&include=wave,question,study,measure,segment,breaks"
    ).json()
    included = answer["included"]
    assert {row["wave_id"] for row in included["waves"]} == {"1983", "1984"}
    assert included["questions"] == records(
        database,
        "select * from marts.dictionary_questions where variable_id = 'party' "
        "and study_id = 'bsa' and wave_id in ('1983', '1984') order by wave_id",
    )
    assert [row["study_id"] for row in included["studies"]] == ["bsa"]
    assert [row["measure_id"] for row in included["measures"]] == ["party_share"]
    segments = {(row["segment_id"], row["segment_code"]) for row in included["segments"]}
    assert segments == {(row["segment_id"], row["segment_code"]) for row in answer["data"]}


def test_both_waves_of_a_change_are_included_once(server: Server) -> None:
    answer = server.get(
        "/v1/changes?filter[study]=bsa&filter[comparison]=previous&fields=change"
        "&include=from_wave,to_wave"
    ).json()
    waves = [row["wave_id"] for row in answer["included"]["waves"]]
    assert sorted(waves) == ["1983", "1984", "1985", "1986"]


# Pages --------------------------------------------------------------------------------------------


def test_the_pages_are_of_the_public_and_link_requests(server: Server) -> None:
    begin = server.get("/")
    assert begin.url.endswith("/pages/index.html")
    assert "text/html" in begin.headers["Content-Type"]
    for path in re.findall(r'(?:src|href)="((?:assets|data)/[^"]+)"', begin.text):
        assert server.get(f"/pages/{path}").status_code == 200, path
    catalogue = server.get("/pages/data/catalogue.js").text
    assert '"api":"/v1"' in catalogue
    assert "abortion_support" in catalogue
    assert "wh.requestOf" in server.get("/pages/assets/app.js").text


# Formats ------------------------------------------------------------------------------------------


def test_all_formats_have_the_same_rows(server: Server) -> None:
    path = f"{ESTIMATES}&fields=estimate,wave_date,n_respondents,observation_status"
    expected = pd.DataFrame(server.rows(path))
    expected["wave_date"] = pd.to_datetime(expected["wave_date"])
    csv = server.get(f"{path}&format=csv")
    assert csv.headers["Content-Type"] == "text/csv; charset=utf-8"
    tables = {
        "csv": pd.read_csv(io.StringIO(csv.text), parse_dates=["wave_date"]),
        "parquet": parquet.read_table(
            io.BytesIO(server.get(f"{path}&format=parquet").content)
        ).to_pandas(),
        "arrow": pa.ipc.open_stream(server.get(f"{path}&format=arrow").content).read_pandas(),
    }
    for name, table in tables.items():
        table["wave_date"] = pd.to_datetime(table["wave_date"])
        found = table[expected.columns].astype({"wave_id": str})
        pd.testing.assert_frame_equal(
            found, expected, check_dtype=False, check_exact=True, obj=name
        )


def test_a_table_of_no_rows_keeps_its_columns_and_types(server: Server) -> None:
    path = "/v1/estimates?filter[measure]=none&fields=estimate,wave_date"
    whole = f"{ESTIMATES}&fields=estimate,wave_date"
    schemas = [
        parquet.read_schema(io.BytesIO(server.get(f"{each}&format=parquet").content))
        for each in (path, whole)
    ]
    assert schemas[0].equals(schemas[1])


def test_csv_for_excel_says_that_it_is_of_unicode(server: Server) -> None:
    plain = server.get("/v1/studies?format=csv").content
    assert server.get("/v1/studies?format=excel-csv").content == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("image/png, application/vnd.apache.parquet;q=0.1", "application/vnd.apache.parquet"),
        ("application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.stream"),
        ("text/*", "text/csv; charset=utf-8"),
    ],
)
def test_accept_chooses_the_format(server: Server, accept: str, media_type: str) -> None:
    answer = server.get("/v1/studies", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == media_type


def test_a_format_that_is_not_given_is_refused(server: Server) -> None:
    answer = server.get("/v1/studies", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["detail"]


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "parameter", "said"),
    [
        ("/v1/studies?filtr[study]=bsa", "filtr[study]", "There is no parameter"),
        ("/v1/studies?sort=study_id", "sort", "There is no parameter"),
        ("/v1/studies?by=sex", "by", "There is no parameter"),
        ("/v1/studies?filter[colour]=red", "filter[colour]", "have no column colour"),
        ("/v1/studies?filter[study]=", "filter[study]", "empty"),
        ("/v1/studies?filter[study]=a,,b", "filter[study]", "empty"),
        ("/v1/studies?filter=bsa", "filter", "is no filter"),
        ("/v1/studies?fields=colour", "fields", "have no column colour"),
        ("/v1/studies?fields=study_id;drop", "fields", "is no name"),
        ("/v1/studies?include=wave", "include", "They include: nothing"),
        ("/v1/waves?include=colour", "include", "They include: study"),
        ("/v1/studies?page[size]=0", "page[size]", "from 1 to 10,000"),
        ("/v1/studies?page[size]=10001", "page[size]", "from 1 to 10,000"),
        ("/v1/studies?page[size]=ten", "page[size]", "from 1 to 10,000"),
        ("/v1/studies?page[number]=2", "page[number]", "page[size], page[after]"),
        ("/v1/studies?page=2", "page", "page[size]"),
        ("/v1/studies?as_of=yesterday&as_of=today", "as_of", "2 times"),
        ("/v1/studies?format=xls", "format", "json, csv"),
        ("/v1/waves?filter[n_respondents]=many", "filter[n_respondents]", "a whole number"),
        ("/v1/waves?filter[n_respondents]=1_000", "filter[n_respondents]", "a whole number"),
        ("/v1/waves?filter[wave_date]=1984", "filter[wave_date]", "a day such as"),
        ("/v1/waves?filter[wave_date]=..", "filter[wave_date]", "A range needs"),
        ("/v1/waves?filter[applies_fpc]=yes", "filter[applies_fpc]", "true or false"),
        ("/v1/coverage?search=x", "search", "no texts"),
        ("/v1/estimates?aggregate=decade", "aggregate", "week, weekly, month"),
        ("/v1/estimates?by=colour", "by", "no segment and no variable colour"),
        ("/v1/studies/bsa?fields=study_id", "fields", "takes no parameters"),
        ("/v1?key=AGE-SECRET-KEY-1", "key", "goes into the head"),
        ("/v1/estimates?filter[segmnt]=sex", "filter[segmnt]", "no variable segmnt"),
        ("/v1/estimates?filter[wave]=1983..1985", "filter[wave]", "of numbers and days"),
        ("/v1/studies?search=a%00b", "search", "NUL"),
    ],
)
def test_a_wrong_parameter_is_named_with_the_way_out(
    server: Server, path: str, parameter: str, said: str
) -> None:
    named, detail = problem_of(server, path)
    assert named == parameter
    assert said in detail


def test_a_release_that_is_not_kept_is_not_found(server: Server) -> None:
    assert "as_of" in server.refusal("/v1/studies?as_of=2001-01-01", 404)["detail"]


def test_an_answer_that_is_too_large_is_refused_and_never_cut(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = len(server.rows("/v1/estimates?fields=estimate"))
    monkeypatch.setattr(answers, "LARGEST_ANSWER", total - 1)
    problem = server.refusal("/v1/estimates?fields=estimate", 400)
    assert problem["title"] == "The answer is too large"
    assert "page[size]" in problem["detail"]
    monkeypatch.setattr(answers, "LARGEST_ANSWER", total)
    assert len(server.rows("/v1/estimates?fields=estimate")) == total


def test_other_addresses_and_methods_are_refused_as_problems(server: Server) -> None:
    assert "/v1" in server.refusal("/v2/studies", 404)["detail"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = server.session.request(method, f"{server.address}/v1/studies", timeout=60)
        assert answer.status_code == 405, method
        assert "GET" in answer.headers["Allow"]
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_hostile_texts_are_values_everywhere(
    server: Server, database: duckdb.DuckDBPyConnection, served: Project
) -> None:
    before = len(records(database, "select * from marts.dim_study"))
    names = ("filter[study]", "filter", "fields", "include", "search", "page[size]", "page[after]")
    for text in HOSTILE:
        for name in (*names, "as_of", "format", "by", "aggregate", text):
            # `%` is kept, so that what it stands for arrives.
            value = quote(text, safe="%")
            answer = server.get(f"/v1/estimates?{quote(name, safe='[]%')}={value}&page[size]=1")
            assert answer.status_code in {200, 400, 403, 404}, (name, text, answer.text)
            if answer.status_code == 200:
                assert answer.json()["data"] == [], (name, text)
        # Programs take `..` out of an address before they ask.
        path = quote(text, safe="%").replace("..", "%2e%2e")
        for address in (f"/v1/studies/{path}", f"/pages/{path}", f"/sdmx/2.1/data/{path}"):
            assert server.get(address).status_code in {400, 404}, (address, text)
    assert len(server.rows("/v1/studies")) == before
    assert not list(served.root.glob("**/passwd*"))


def test_an_id_that_no_row_has_is_said(server: Server) -> None:
    answer = server.get(
        "/v1/estimates?filter[measure]=no_such,party_share&filter[study]=api"
    ).json()
    assert answer["data"] == []
    assert answer["meta"]["notes"] == [
        "No row of estimates that you may read has measure_id no_such."
    ]
    # Both are there, and have nothing in common.
    answer = server.get("/v1/estimates?filter[measure]=party_share&filter[study]=api").json()
    assert (answer["data"], "notes" in answer["meta"]) == ([], False)


# Heads and limits ---------------------------------------------------------------------------------


def test_an_answer_that_a_program_has_is_not_sent_again(server: Server) -> None:
    first = server.get(ESTIMATES)
    tag = first.headers["ETag"]
    again = server.get(ESTIMATES, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert (
        server.get(
            ESTIMATES, headers={"If-None-Match": f'"other", {tag.removeprefix("W/")}'}
        ).status_code
        == 304
    )
    for path, headers in (
        (f"{ESTIMATES}&fields=estimate", {}),
        (ESTIMATES, {"Accept": "text/csv"}),
    ):
        other = server.get(path, headers={"If-None-Match": tag, **headers})
        assert other.status_code == 200
        assert other.headers["ETag"] != tag


def test_a_head_is_that_of_the_answer(server: Server) -> None:
    answer = server.session.head(f"{server.address}/v1/studies", timeout=60)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["ETag"] == server.get("/v1/studies").headers["ETag"]
    assert {"Accept", "Authorization"} <= {
        each.strip() for each in answer.headers["Vary"].split(",")
    }


@pytest.mark.parametrize(
    "host", ["x:abc", "x:-1", "evil.example:99999", "javascript:alert(1)//", "<b>", "a b", ""]
)
def test_a_request_names_a_server_or_is_refused(server: Server, host: str) -> None:
    for path in ("/v1", "/health", "/metrics", "/api"):
        answer = server.get(path, headers={"Host": host})
        assert answer.status_code == 400, (path, answer.text)


def test_the_page_names_the_address_that_was_set_and_no_other(server: Server) -> None:
    page = server.get("/api", headers={"Host": "evil.example"}).text
    assert "evil.example" not in page
    assert "http://127.0.0.1:8600/v1" in page


def test_a_page_elsewhere_may_ask_for_what_is_public(server: Server) -> None:
    answer = server.get("/v1/studies", headers={"Origin": "https://example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_saved_answer_has_a_name(server: Server) -> None:
    for name, ending in (("csv", "csv"), ("excel-csv", "csv"), ("parquet", "parquet")):
        answer = server.get(f"/v1/studies?format={name}")
        assert answer.headers["Content-Disposition"] == f'inline; filename="studies.{ending}"'


def test_who_asks_too_often_is_told_when_to_ask_again(served: Project) -> None:
    with serving(served, requests_a_minute=3) as server:
        assert [server.get("/v1/studies").status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = server.get("/v1/studies")
        assert 0 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.json()["title"] == "Too many requests"
        assert server.get("/health").status_code == 200


def test_metrics_count_requests_by_route(server: Server) -> None:
    server.get("/v1/waves")
    text = server.get("/metrics").text
    assert 'path="/v1/waves"' in text
    assert "wavehouse_api_requests_total" in text


# The log ------------------------------------------------------------------------------------------


def test_every_request_is_logged_with_what_went_out(served: Project) -> None:
    with serving(served) as server:
        count = len(server.rows("/v1/studies?filter[study]=bsa"))
        server.get("/v1/studies?colour=red")
        server.get("/nowhere")
        release = server.get("/v1").json()["meta"]["release"]
    lines = list(read_log(served.warehouse))
    by_address = {unquote(line["address"]): line for line in lines}
    found = by_address["/v1/studies?filter[study]=bsa"]
    assert (found["audience"], found["key"], found["rows"]) == ("public", None, count)
    assert (found["status"], found["release"]) == (200, release)
    assert by_address["/v1/studies?colour=red"]["status"] == 400
    assert by_address["/nowhere"]["status"] == 404
    assert not any("127.0.0.1" in json.dumps(line) for line in lines)


def test_a_log_that_was_changed_is_found(served: Project, tmp_path: Path) -> None:
    with serving(served) as server:
        for _ in range(4):
            server.get("/v1/studies")
    path = max((served.warehouse / "audit").glob("*.jsonl"), key=lambda each: each.stat().st_mtime)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    copy = tmp_path / "audit" / path.name
    copy.parent.mkdir()

    def faults(changed: list[str]) -> list[int]:
        copy.write_text("".join(changed), encoding="utf-8")
        return [fault.line for fault in verify(tmp_path)]

    assert faults(lines) == []
    assert faults([lines[0], lines[1].replace("/v1/studies", "/v1/waves"), *lines[2:]]) == [2]
    assert faults([lines[0], *lines[2:]]) == [2]
    assert faults([lines[1], lines[0], *lines[2:]]) == [1]
    assert faults([lines[0], "{}\n", *lines[1:]]) == [2]
    erased = json.loads(lines[1]) | {"payload": None}
    assert faults([lines[0], json.dumps(erased) + "\n", *lines[2:]]) == []
    assert len(list(read_log(tmp_path))) == len(lines) - 1


def test_what_cannot_be_logged_is_not_given_out(published: Project, tmp_path: Path) -> None:
    project = copy_built(published, tmp_path / "project")
    # A file where the folder of the log belongs: no line can be written.
    (project.warehouse / "audit").write_text("")
    with serving(project) as server:
        problem = server.refusal("/v1/studies", 503)
        assert "log of requests" in problem["detail"]
        (project.warehouse / "audit").unlink()
        assert server.get("/v1/studies").status_code == 200


# What texts show ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(checkout: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the checkout's releases, with a log of its own."""
    root = tmp_path_factory.mktemp("example")
    for name in ("warehouse", "seeds"):
        shutil.copytree(checkout.root / name, root / name, symlinks=True)
    shutil.copy(checkout.root / "dbt_project.yml", root)
    with serving(Project(root)) as running:
        yield running


def test_requests_that_texts_show_give_what_they_show(example: Server, project_root: Path) -> None:
    readme = (project_root / "README.md").read_text(encoding="utf-8")
    found = re.search(r'\$ curl "http://127\.0\.0\.1:8600(\S+)"\n(.*?)```', readme, re.DOTALL)
    assert found is not None
    assert example.get(found[1]).text.splitlines() == found[2].splitlines()
    guide = (project_root / "docs/guide/ask-the-api.md").read_text(encoding="utf-8")
    found = re.search(
        r'curl -g "http://127\.0\.0\.1:8600(\S+)"\n.*?```json\n(.*?)```', guide, re.DOTALL
    )
    assert found is not None
    answer, shown = example.get(found[1]).json(), json.loads(found[2])
    assert answer["data"] == shown["data"]
    assert set(answer["meta"]) == set(shown["meta"])


# Estimates on demand ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def analyst(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server, asked by somebody who may read answers."""
    project = copy_built(published, tmp_path_factory.mktemp("analyst") / "project")
    secret = add_key(project, "analysts", "A reader", None).secret
    publish(project, passed_build(project))
    with serving(project) as running:
        yield Server(running.address, secret)


def figures(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[float | None]]:
    """Give numbers of rows, by wave and category."""
    names = ("estimate", "standard_error", "ci_lower", "ci_upper", "n_respondents")
    return {(row["wave_id"], row["category_code"]): [row[name] for name in names] for row in rows}


def test_respondents_are_chosen_by_a_filter_on_a_variable(analyst: Server) -> None:
    base = "/v1/estimates?filter[measure]=party_share"
    declared = analyst.rows(f"{base}&filter[segment]=sex&filter[segment_code]=female")
    answer = analyst.get(f"{base}&filter[sex]=female").json()
    assert answer["meta"]["estimated"] is True
    found = figures(answer["data"])
    assert found.keys() == figures(declared).keys()
    for cell, numbers in figures(declared).items():
        assert found[cell] == pytest.approx(numbers, rel=1e-12), cell


def test_a_crossing_that_nobody_declared_is_estimated(analyst: Server) -> None:
    base = "/v1/estimates?filter[measure]=party_share&filter[wave]=1983,1984"
    rows = analyst.rows(f"{base}&by=sex,religion")
    assert {row["by_sex"] for row in rows} == {"female", "male"}
    assert len({row["by_religion"] for row in rows}) > 2
    parts = analyst.rows(f"{base}&filter[segment]=religion&filter[sex]=female")
    by_religion = {
        (row["wave_id"], row["category_code"], row["segment_code"]): row["estimate"]
        for row in parts
    }
    of_women = [row for row in rows if row["by_sex"] == "female"]
    assert len(of_women) == len(parts)
    for row in of_women:
        cell = (row["wave_id"], row["category_code"], row["by_religion"])
        expected = by_religion[cell]
        # A cell of too few people is suppressed either way.
        assert row["estimate"] == (expected and pytest.approx(expected, rel=1e-12))
    assert any(row["estimate"] is None for row in rows)
    pages = analyst.get(f"{base}&by=sex,religion&page[size]=50").json()
    # Sums of another request may differ in their last digit, and rows may not.
    key = RESOURCES["estimates"].key
    found = [*pages["data"], *analyst.get(pages["links"]["next"]).json()["data"]]
    assert [[row[name] for name in key] for row in found] == [
        [row[name] for name in key] for row in rows[:100]
    ]


def test_waves_are_pooled_and_never_averaged(analyst: Server) -> None:
    base = "/v1/estimates?filter[measure]=party_share&filter[segment]=total"
    waves = analyst.rows(f"{base}&filter[wave]=1983,1984")
    pooled = analyst.rows(
        "/v1/estimates?filter[measure]=party_share&filter[wave]=1983,1984"
        "&aggregate=pooled&filter[sex]=female,male"
    )
    assert {row["n_waves"] for row in pooled} == {2}
    for row in pooled:
        of_waves = [
            (each["estimate"], each["n_respondents"])
            for each in waves
            if each["category_code"] == row["category_code"]
        ]
        total = sum(n for _, n in of_waves)
        assert row["n_respondents"] == total
        # Without weights, people of both waves together.
        expected = sum(estimate * n for estimate, n in of_waves) / total
        assert row["estimate"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("by=sex,religion", "Say which measures"),
        ("filter[measure]=party_share&filter[sex]=green", "green"),
        ("filter[measure]=party_share&filter[colour]=green", "colour"),
        ("filter[measure]=nothing&filter[sex]=female", "nothing"),
        ("filter[measure]=party_share&filter[age]=old..", "needs numbers"),
        ("filter[measure]=party_share&filter[sex]=female&aggregate=week", "no calendar periods"),
        ("filter[measure]=party_share&by=sex,religion&filter[segment]=sex", "not by both"),
        ("filter[measure]=party_share&filter[sex]=x' or 1=1 --", "x' or 1=1 --"),
    ],
)
def test_what_cannot_be_estimated_is_said(analyst: Server, query: str, said: str) -> None:
    assert said in analyst.refusal(f"/v1/estimates?{query}", 400)["detail"]


def test_who_may_not_read_answers_gets_declared_estimates_only(server: Server) -> None:
    detail = server.refusal(f"{ESTIMATES}&by=sex,religion", 403)["detail"]
    assert "published estimates only" in detail
    assert server.rows(f"{ESTIMATES}&by=sex")
