"""The API answers from PostgreSQL as from files, and gives nobody there what is not theirs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from guarded import HIDDEN, build_guarded
from postgres_copies import copy_schemas
from pyrage import x25519
from small_server import Server, serving
from test_api_keys import OF_OTHERS, TRICKS, ask_all
from workbench import copy_built

from wavehouse.audiences.giving import Given, add_key, revoke_key
from wavehouse.audiences.keys import Register, read_register, save_register
from wavehouse.audiences.postgres import Place, bring_keys
from wavehouse.audiences.postgres_releases import KEPT, forget_releases, publish_with
from wavehouse.building.postgres import PostgresServer
from wavehouse.errors import WavehouseError
from wavehouse.estimating.estimates import estimate
from wavehouse.estimating.keeping import keep_program
from wavehouse.estimating.questions import Question
from wavehouse.project import Project
from wavehouse.publishing.publish import publish
from wavehouse_exchange.serving import questions
from wavehouse_exchange.serving.audit import read_log
from wavehouse_exchange.serving.postgres_doors import PostgresDoors
from wavehouse_exchange.serving.questions import Query
from wavehouse_exchange.serving.resources import RESOURCES

pytestmark = pytest.mark.slow("server")

LOGIN = "api_serves"
OF_PEOPLE = {"fct_answers", "fct_respondents"}


def owner_of(server: PostgresServer) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=server.host, port=server.port, user=server.user, dbname=server.database
    )


def publish_there(project: Project, server: PostgresServer, place: Place) -> None:
    """Let PostgreSQL have what was built, and serve it."""
    owner = owner_of(server)
    with owner, owner.cursor() as cursor:
        with duckdb.connect(str(project.working_database), read_only=True) as working:
            copy_schemas(working, cursor, {"marts": place.marts, "codebook": place.codebook})
            people = OF_PEOPLE | {
                table
                for (table,) in working.execute(
                    "select table_name from duckdb_columns() where schema_name = 'marts' "
                    "and column_name in ('respondent_key', 'person_key')"
                ).fetchall()
            }
        cursor.execute("select 1 from pg_roles where rolname = %s", [place.login])
        if cursor.fetchone() is None:
            cursor.execute(f"create role {place.login} login noinherit")
        publish_with(cursor, read_register(project), people, place)
    forget_releases(owner)
    owner.close()


@contextmanager
def both(project: Project, postgres: PostgresServer) -> Iterator[tuple[Server, Server]]:
    """Serve a project from its files and from PostgreSQL."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in postgres.environment.items():
            patch.setenv(name, value)
        patch.setenv("WAVEHOUSE_PG_READER", LOGIN)
        with serving(project) as files, serving(project, engine="postgres") as server:
            yield files, server


# The same answers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twice(
    published: Project, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """The example studies, served by both engines."""
    project = copy_built(published, tmp_path_factory.mktemp("twice") / "project")
    place = Place("twice_marts", "twice_codebook", LOGIN)
    publish_there(project, postgres_server, place)
    with both(project, postgres_server) as servers:
        yield servers


def addresses() -> Iterator[str]:
    """Give requests of every kind for every resource."""
    for name, resource in RESOURCES.items():
        base = f"/v1/{name}"
        yield base
        yield f"{base}?page[size]=7"
        yield f"{base}?filter[study]=bsa"
        yield f"{base}?filter[nothing]=1"
        yield f"{base}?fields=nothing"
        yield f"{base}?search=Ä {name[:3]}"
        yield f"{base}?as_of=1999-01-01"
        for include in resource.includes:
            yield f"{base}?include={include}&page[size]=5"
        for column in resource.key:
            yield f"{base}?fields={column}&page[size]=20"
        if resource.searched:
            yield f"{base}?search=party"
            yield f"{base}?search=PARTY the"
        yield f"{base}/nothing"
    # These copies have no program to estimate with; see below for one that was built there.
    yield from (
        "/v1/estimates?filter=segment:sex,measure:party_share&filter[wave_date]=1984-01-01..",
        "/v1/estimates?filter[estimate]=0.2..0.4&fields=estimate,standard_error,universe",
        "/v1/estimates?fields=universe&filter[measure]=party_share",
        "/v1/estimates?filter[n_respondents]=..100",
        "/v1/estimates?aggregate=pooled&filter[study]=bsa",
        "/v1/estimates?by=sex&filter[measure]=party_share",
        "/v1/estimates?by=nothing",
        "/v1/changes?filter[is_significant]=true&page[size]=50",
        "/v1/studies/bsa",
        "/v1/waves/bsa/1984",
        "/v1/measures/party_share",
        "/v1/columns?filter[table_name]=fct_trend_estimates",
        "/v1",
    )


def without_release(server: Server, text: str) -> str:
    """Take out of an answer what differs though it is the same: the release and the address."""
    release = server.get("/v1").json()["meta"]["release"]
    return text.replace(release, "RELEASE").replace(server.address, "")


def test_both_engines_answer_alike(twice: tuple[Server, Server]) -> None:
    files, postgres = twice
    rows = compared = 0
    for address in addresses():
        expected, found = files.get(address), postgres.get(address)
        assert found.status_code == expected.status_code, (address, found.text)
        if expected.status_code == 200:
            one, other = expected.json(), found.json()
            assert other["data"] == one["data"], address
            assert other.get("included") == one.get("included"), address
            rows += len(one["data"])
        elif "as_of" not in address:
            assert without_release(postgres, found.text) == without_release(files, expected.text)
        compared += 1
    assert compared > 200
    assert rows > 7_000


@pytest.mark.parametrize("form", ["csv", "excel-csv", "arrow", "parquet"])
def test_other_formats_are_alike(twice: tuple[Server, Server], form: str) -> None:
    for address in (f"/v1/estimates?format={form}&filter[study]=bsa", f"/v1/waves?format={form}"):
        expected, found = (server.get(address) for server in twice)
        assert expected.status_code == found.status_code == 200
        if form.endswith("csv"):
            assert found.content == expected.content
        else:
            read = {"arrow": read_arrow, "parquet": read_parquet}[form]
            one, other = read(expected.content), read(found.content)
            assert other.schema.remove_metadata() == one.schema.remove_metadata()
            assert other.to_pylist() == one.to_pylist()


def read_arrow(content: bytes) -> pa.Table:
    return pa.ipc.open_stream(content).read_all()


def read_parquet(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))


def test_pages_of_rows_follow_one_another_alike(twice: tuple[Server, Server]) -> None:
    walked = []
    for server in twice:
        path, rows = "/v1/questions?page[size]=11", []
        while path:
            answer = server.get(path).json()
            rows += answer["data"]
            path = answer["links"].get("next", "").replace(server.address, "")
        walked.append(rows)
    assert walked[0] == walked[1]
    assert len(walked[0]) > 30


def test_sdmx_the_pages_and_the_description_are_alike(twice: tuple[Server, Server]) -> None:
    files, postgres = twice
    for address in (
        "/sdmx/2.1/dataflow",
        "/sdmx/3.0/data/dataflow/WAVEHOUSE/DF_TRENDS_bsa/*/*?c[MEASURE]=party_share",
        "/pages/index.html",
    ):
        expected, found = files.get(address), postgres.get(address)
        assert expected.status_code == found.status_code, (address, found.text)
    one, other = (server.get("/openapi.json").json() for server in twice)
    assert set(one["paths"]) == set(other["paths"])
    for name, schema in one["components"]["schemas"].items():
        assert other["components"]["schemas"][name] == schema, name
    study, variable = "bsa", "party"
    address = f"/pages/data/{study}/{variable}.js"
    assert files.get(address).status_code == postgres.get(address).status_code


def test_without_a_program_nothing_is_estimated(twice: tuple[Server, Server]) -> None:
    problem = twice[1].refusal(
        "/v1/estimates?by=sex,party&filter[measure]=abortion_support_mean", 403
    )
    assert "published estimates only" in problem["detail"]


# Nothing of others --------------------------------------------------------------------------------


@pytest.fixture
def guarded(
    empty_project: Project, project_root: Path, postgres_server: PostgresServer
) -> tuple[Project, Place, dict[str, Given]]:
    """The small warehouse with its word, published on both engines, and keys for it."""
    project = empty_project
    shutil.copytree(project_root / "seeds" / "reference", project.reference)
    publish(project, build_guarded(project))
    keys = {name: add_key(project, name, name) for name in ("readers", "mixed")}
    publish(project, build_guarded(project, version="2"))
    place = Place("word_marts", "word_codebook", LOGIN)
    publish_there(project, postgres_server, place)
    return project, place, keys


def test_a_thousand_requests_bring_nothing_of_others(
    guarded: tuple[Project, Place, dict[str, Given]],
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with both(guarded[0], postgres_server) as (_, server):
        assert ask_all(server, lambda text: HIDDEN not in text) > 1_000
        assert "plain" in server.get("/v1/estimates").text

        # With every filter of the web process taken out the policies decide.
        def unfiltered(_: object, __: object, ___: object, table: str) -> Query:
            return Query(f"from {table} as rows")

        monkeypatch.setattr(questions, "_filtered", unfiltered)
        assert ask_all(server, lambda text: HIDDEN not in text) > 1_000


def test_each_key_reads_what_its_file_has(
    guarded: tuple[Project, Place, dict[str, Given]], postgres_server: PostgresServer
) -> None:
    project, _, keys = guarded
    with both(project, postgres_server) as (files, postgres):
        for key in (None, *(given.secret for given in keys.values())):
            one, other = Server(files.address, key), Server(postgres.address, key)
            for name in RESOURCES:
                expected, found = one.get(f"/v1/{name}"), other.get(f"/v1/{name}")
                assert found.status_code == expected.status_code, (name, found.text)
                if expected.status_code == 200:
                    # A policy cannot empty a cell: such columns are not given at all.
                    for row, full in zip(
                        found.json()["data"], expected.json()["data"], strict=True
                    ):
                        assert row.items() <= full.items(), name
            whole = {**keys, "": None}
            assert other.get("/v1").json()["meta"]["audience"] in {*whole, "public"}


def test_keys_that_are_not_good_open_nothing(
    guarded: tuple[Project, Place, dict[str, Given]],
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project, _, keys = guarded
    for name, value in postgres_server.environment.items():
        monkeypatch.setenv(name, value)
    expired = add_key(project, "mixed", "expired", date(2999, 1, 1))
    register = read_register(project)
    register.change(expired.key.key_id, expires_on="2001-01-01")
    save_register(project, register)
    with both(project, postgres_server) as (files, server):
        mixed = Server(server.address, keys["mixed"].secret)
        tag = mixed.get("/v1/estimates").headers["ETag"]
        revoke_key(project, keys["mixed"].key.key_id)
        bring_keys(project)
        foreign = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33"
        bad = [keys["mixed"].secret, expired.secret, foreign, *TRICKS, *OF_OTHERS, "x" * 500]
        for key in bad:
            if "\x00" in key:
                continue
            for path in ("/v1/estimates", "/v1", "/openapi.json", "/v1/answers"):
                headers = {"Authorization": f"Bearer {key}", "If-None-Match": tag}
                found = server.get(path, headers=headers)
                assert found.status_code == 401, (key, path)
                assert HIDDEN not in found.text
                assert files.get(path, headers=headers).json() == found.json()


def test_a_publish_is_seen_at_once_and_readers_of_before_go_on(
    guarded: tuple[Project, Place, dict[str, Given]], postgres_server: PostgresServer
) -> None:
    project, place, keys = guarded
    with both(project, postgres_server) as (_, server):
        reader = Server(server.address, keys["mixed"].secret)
        first = reader.get("/v1/estimates?page[size]=2").json()
        following = first["links"]["next"].replace(server.address, "")
        before = first["meta"]["release"]
        for _ in range(KEPT - 1):
            publish_there(project, postgres_server, place)
        after = reader.get("/v1/estimates").json()["meta"]["release"]
        assert after > before
        assert reader.get(following).json()["meta"]["release"] == before
        assert reader.get(f"/v1/studies?as_of={before}").status_code == 200
        assert reader.get("/v1/studies?as_of=previous").json()["meta"]["release"] != after
        # Those beyond the ones that are kept are gone.
        publish_there(project, postgres_server, place)
        problem = reader.refusal(f"/v1/studies?as_of={before}", 404)
        assert problem["detail"].startswith("as_of: No release that is kept was published by")


def test_a_server_that_is_gone_is_said_and_comes_back(
    guarded: tuple[Project, Place, dict[str, Given]], postgres_server: PostgresServer
) -> None:
    project, _, _ = guarded
    with both(project, postgres_server) as (_, server):
        assert server.get("/v1/studies").status_code == 200
        owner = owner_of(postgres_server)
        owner.autocommit = True
        with owner.cursor() as cursor:
            # As when the server restarts: connections of the pool are dead.
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [LOGIN]
            )
        owner.close()
        answers = [server.get("/v1/studies").status_code for _ in range(20)]
        assert set(answers) <= {200, 503}
        assert answers[-1] == 200


def test_the_log_names_key_and_audience(
    guarded: tuple[Project, Place, dict[str, Given]], postgres_server: PostgresServer
) -> None:
    project, _, keys = guarded
    with both(project, postgres_server) as (_, server):
        Server(server.address, keys["readers"].secret).get("/v1/studies")
    (line,) = [each for each in read_log(project.warehouse) if each["address"] == "/v1/studies"]
    assert (line["audience"], line["key"]) == ("readers", keys["readers"].key.key_id)


# Deliveries ---------------------------------------------------------------------------------------


def test_both_engines_let_the_same_keys_deliver(
    guarded: tuple[Project, Place, dict[str, Given]], postgres_server: PostgresServer
) -> None:
    project, _, keys = guarded
    seen = []
    with both(project, postgres_server) as servers:
        for server in servers:
            answers = {}
            for name in ("nobody", *keys):
                key = keys[name].secret if name in keys else None
                asker = Server(server.address, key)
                for study in ("harbour", "open", "shut", "nowhere"):
                    for wave in ("w1", "w9"):
                        path = f"/v1/studies/{study}/waves/{wave}/deliveries"
                        answer = asker.get(path)
                        answers[name, study, wave] = answer.status_code, answer.json().get("detail")
            seen.append(answers)
    assert seen[0] == seen[1]
    may = {place for place, (status, _) in seen[0].items() if status == 200}
    assert may == {
        ("readers", "harbour", "w1"),
        ("readers", "harbour", "w9"),
        ("mixed", "open", "w9"),
    }


def test_the_login_reads_no_grant_but_by_a_key(
    guarded: tuple[Project, Place, dict[str, Given]], postgres_server: PostgresServer
) -> None:
    keys = guarded[2]
    server = psycopg2.connect(
        host=postgres_server.host,
        port=postgres_server.port,
        user=LOGIN,
        dbname=postgres_server.database,
    )
    with server, server.cursor() as cursor:
        cursor.execute("select * from wavehouse_access.deliverable()")
        assert cursor.fetchall() == []
    with server, server.cursor() as cursor:
        cursor.execute("select wavehouse_access.authenticate(%s)", [keys["readers"].secret])
        cursor.execute("select * from wavehouse_access.deliverable()")
        assert cursor.fetchall() == [("harbour", None)]
    with server.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("select * from wavehouse_access.deliveries")
    server.close()


# On demand ----------------------------------------------------------------------------------------

QUESTIONS = (
    Question(("abortion_support_mean",), by=("sex",), study="bsa"),
    Question(("abortion_support_mean", "party_share"), by=("sex", "party"), study="bsa"),
    Question(
        ("abortion_support_mean",),
        where="sex = 'female' and party in ('labour')",
        study="bsa",
    ),
    Question(("party_share",), by=("sex",), waves=("1984..1986",), grain="pooled", study="bsa"),
    Question(
        ("api_score_mean", "enrolment_total", "students_tested_ratio"),
        by=("school_type",),
        study="api",
    ),
    Question(
        ("tv_hours_median", "happiness_balance"),
        by=("sex",),
        where="education_years between 9 and 12.5",
    ),
    Question(("happiness_share",), by=("sex", "census_region"), grain="pooled", waves=("2000..",)),
)
KEYS_OF_ANSWERS = (
    *("study_id", "period_grain", "period_start", "wave_id", "measure_id", "category_code"),
    "segment_code",
)


@pytest.fixture(scope="module")
def asking(overlay_on_postgres: PostgresServer) -> Iterator[tuple[PostgresDoors, str]]:
    """The overlay as it was built on PostgreSQL, published there, and a key of the analysts."""
    server = overlay_on_postgres
    secret = str(x25519.Identity.generate())
    publish_built(server, secret)
    doors = PostgresDoors(server.environment | {"WAVEHOUSE_PG_READER": LOGIN})
    yield doors, secret
    doors.close()


def publish_built(server: PostgresServer, secret: str) -> None:
    owner = owner_of(server)
    with owner, owner.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", [LOGIN])
        if cursor.fetchone() is None:
            cursor.execute(f"create role {LOGIN} login noinherit")
        people = OF_PEOPLE | {
            "fct_respondent_weights",
            "fct_replicate_weights",
            "wide_api",
            "wide_bsa",
            "wide_gss",
        }
        publish_with(cursor, Register(), people, Place(login=LOGIN))
        cursor.execute(
            "insert into wavehouse_access.keys values (%s, 'k1', 'analysts', null, false)",
            [sha256(secret.encode()).hexdigest()],
        )
    forget_releases(owner)
    owner.close()


@pytest.fixture(scope="module")
def kept(overlay_on_duckdb: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the same build on DuckDB keeps for questions."""
    file = tmp_path_factory.mktemp("kept") / "estimation.duckdb"
    with duckdb.connect() as connection:
        assert keep_program(connection, overlay_on_duckdb.working_database, file)
    return file


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: f"{each.by}{each.where}")
def test_both_engines_estimate_alike(
    asking: tuple[PostgresDoors, str], kept: Path, question: Question
) -> None:
    doors, secret = asking
    opened = doors.enter(secret)
    assert opened.estimates is not None
    found = opened.estimates(question)
    with duckdb.connect(str(kept), read_only=True) as connection:
        expected = estimate(connection, question)
    assert found.column_names == expected.column_names
    by_key = [
        {tuple(row[key] for key in KEYS_OF_ANSWERS): row for row in table.to_pylist()}
        for table in (found, expected)
    ]
    assert by_key[0].keys() == by_key[1].keys()
    assert by_key[0]
    for key, row in by_key[1].items():
        for column, value in row.items():
            other = by_key[0][key][column]
            if isinstance(value, float):
                assert other == pytest.approx(value, rel=1e-9, abs=1e-12), (key, column)
            else:
                assert other == value, (key, column)


def test_questions_are_of_what_the_audience_reads(
    asking: tuple[PostgresDoors, str], overlay_on_postgres: PostgresServer
) -> None:
    doors, secret = asking
    nobody = doors.enter(None)
    assert nobody.estimates is None
    owner = owner_of(overlay_on_postgres)
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "create table before_this as table codebook.audience_rows; "
            "delete from codebook.audience_rows where audience_id = 'analysts'; "
            "insert into codebook.audience_rows (audience_id, study_id, wave_id) "
            "values ('analysts', 'bsa', '1984')"
        )
    try:
        publish_built(overlay_on_postgres, secret)
        opened = doors.enter(secret)
        assert opened.estimates is not None
        rows = opened.estimates(Question(("abortion_support_mean",), by=("sex",))).to_pylist()
        assert {(row["study_id"], row["wave_id"]) for row in rows} == {("bsa", "1984")}
        with pytest.raises(WavehouseError, match="There is no measure 'api_score_mean'"):
            opened.estimates(Question(("api_score_mean",)))
    finally:
        with owner, owner.cursor() as cursor:
            cursor.execute(
                "truncate codebook.audience_rows; "
                "insert into codebook.audience_rows table before_this; drop table before_this"
            )
        owner.close()
        publish_built(overlay_on_postgres, secret)
