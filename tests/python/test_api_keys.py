"""Nobody is given what is not theirs: whatever is asked, with whatever key.

The small warehouse has a planted word in everything that `public` may not read. The word must not
come out; nor may it when all that the web process filters is taken away, since the file decides.
"""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from guarded import HIDDEN, build_guarded
from small_server import Server, serving

from wavehouse.audiences.giving import add_key, revoke_key
from wavehouse.audiences.keys import Key
from wavehouse.project import Project
from wavehouse.publishing.publish import publish
from wavehouse_exchange.serving import questions
from wavehouse_exchange.serving.audit import read_log
from wavehouse_exchange.serving.questions import Query
from wavehouse_exchange.serving.resources import RESOURCES

# Ids of what `public` may not read, and ways to name or to reach it.
OF_OTHERS = ("shut", "w3", "s1", f"m_{HIDDEN}", f"{HIDDEN}_v", f"{HIDDEN}_s", f"{HIDDEN}_w", "P")
TRICKS = (
    "' or true --",
    "open' union select * from marts.wide_shut --",
    "set role owner",
    "shut\x00",
    "../readers",
    "attach '../microdata/mixed.duckdb' as m",
    "%",
    "*",
    "..",
    "a..z",
)


@pytest.fixture
def guarded(empty_project: Project, project_root: Path) -> Project:
    """The small warehouse with its word, published, and the code lists that every project has."""
    shutil.copytree(project_root / "seeds" / "reference", empty_project.reference)
    publish(empty_project, build_guarded(empty_project))
    return empty_project


def given(project: Project, audience: str, until: date | None = None) -> str:
    """Give a key of an audience, and publish, so that the release is sealed to it."""
    return add_key(project, audience, f"Somebody of {audience}", until).secret


@pytest.fixture
def keys(empty_project: Project) -> dict[str, str | None]:
    """Keys of each kind, with a release that is sealed to those that are good."""
    project = empty_project
    publish(project, build_guarded(project))
    found: dict[str, str | None] = {"nobody": None}
    for audience in ("readers", "mixed"):
        found[audience] = given(project, audience)
    for name in ("revoked", "expired"):
        found[name] = given(project, "mixed", date(2999, 1, 1) if name == "expired" else None)
    publish(project, build_guarded(project, version="2"))
    return found


def rows_in(answer_text: str) -> str:
    """Give what an answer holds, without the request that it repeats."""
    document = json.loads(answer_text)
    return json.dumps([document.get("data"), document.get("included")])


def addresses() -> Iterator[str]:
    """Give requests for all that is there, and for more."""
    for name, resource in RESOURCES.items():
        base = f"/v1/{name}"
        yield base
        yield f"{base}?page[size]=1"
        if resource.includes:
            yield f"{base}?include={','.join(resource.includes)}"
            for include in resource.includes:
                yield f"{base}?include={include}"
        for column in ("study", "wave", "measure", "variable", "segment"):
            for value in OF_OTHERS:
                yield f"{base}?filter[{column}]={value}"
        for trick in TRICKS:
            yield f"{base}?filter[study]={quote(trick)}"
            yield f"{base}?search={quote(trick)}"
            yield f"{base}?fields={quote(trick)}"
        for value in (*OF_OTHERS, *TRICKS):
            yield f"{base}/{quote(value, safe='')}"
    for value, by in itertools.product((*OF_OTHERS, *TRICKS), ("by", "aggregate", "as_of")):
        yield f"/v1/estimates?{by}={quote(value)}"
    for value in OF_OTHERS:
        yield f"/v1/estimates?filter[{value}]=x&filter[measure]=m_open"
        yield f"/v1/waves/shut/{value}"
        yield f"/sdmx/2.1/data/DF_TRENDS_{value}"
        yield f"/sdmx/2.1/dataflow/WAVEHOUSE/DF_TRENDS_{value}"
        yield f"/pages/data/shut/{value}.js"
    for trick in TRICKS:
        yield f"/pages/{quote(trick)}"
    yield from ("/v1", "/openapi.json", "/api", "/sdmx/2.1/dataflow", "/health", "/metrics")


def ask_all(server: Server, is_clean: Callable[[str], bool]) -> int:
    """Send all requests, and look at each answer; give how many there were."""
    count = 0
    for address in addresses():
        answer = server.get(address)
        assert answer.status_code < 500, (address, answer.text)
        if answer.status_code == 200:
            is_json = answer.headers["Content-Type"] == "application/json"
            asked = any(word in address for word in (HIDDEN, quote(HIDDEN)))
            text = rows_in(answer.text) if is_json and asked else answer.text
            assert is_clean(text), address
        count += 1
    return count


def test_a_thousand_requests_bring_nothing_of_others(
    guarded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(guarded) as server:
        assert ask_all(server, lambda text: HIDDEN not in text) > 1_000
        assert "plain" in server.get("/v1/estimates").text

        # The same, with every filter of the web process taken out: the file decides.
        def unfiltered(_: object, __: object, ___: object, table: str) -> Query:
            return Query(f"from {table} as rows")

        monkeypatch.setattr(questions, "_filtered", unfiltered)
        assert ask_all(server, lambda text: HIDDEN not in text) > 1_000


def test_keys_open_what_is_of_their_audience(
    empty_project: Project, keys: dict[str, str | None]
) -> None:
    with serving(empty_project) as server:
        seen = {}
        for name in ("nobody", "readers", "mixed"):
            asked = Server(server.address, keys[name])
            seen[name] = {(row["study_id"], row["wave_id"]) for row in asked.rows("/v1/estimates")}
            assert asked.get("/v1").json()["meta"]["audience"] == {
                "nobody": "public",
            }.get(name, name)
        assert seen["nobody"] == {("open", "w1"), ("open", "w2")}
        # Wave w3 is under embargo for readers; of the study shut they have one measure.
        assert seen["readers"] == {*seen["nobody"], ("shut", "s1"), ("shut", "s2")}
        assert seen["mixed"] == {*seen["readers"], ("open", "w3")}
        for name, statuses in (("nobody", 200), ("readers", 404), ("mixed", 200)):
            asked = Server(server.address, keys[name])
            assert asked.get("/v1/answers").status_code == statuses, name
        assert "secret" not in Server(server.address).rows("/v1/answers")[0]


def test_keys_that_are_not_good_open_nothing_and_at_once(
    empty_project: Project, keys: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(empty_project) as server:
        revoked = Server(server.address, keys["revoked"])
        expired = Server(server.address, keys["expired"])
        assert revoked.get("/v1/estimates").status_code == 200
        tag = revoked.get("/v1/estimates").headers["ETag"]
        key_id = next(
            line["key"] for line in read_log(empty_project.warehouse) if line["key"] is not None
        )
        revoke_key(empty_project, key_id)
        for path in ("/v1", "/v1/estimates", "/v1/answers", "/openapi.json", "/v1/nothing"):
            assert revoked.get(path).status_code in {401, 404}, path
            again = revoked.get(path, headers={"If-None-Match": tag})
            assert again.status_code in {401, 404}, path
        assert "revoked" in revoked.refusal("/v1", 401)["detail"]
        assert expired.get("/v1").status_code == 200
        monkeypatch.setattr(Key, "state", lambda _: "expired")
        assert "expired" in expired.refusal("/v1", 401)["detail"]


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer AGE-SECRET-KEY-1QQQ",
        "Bearer public",
        "Bearer ' or true --",
        "AGE-SECRET-KEY-1",
        "Bearer " + "A" * 5_000,
    ],
)
def test_what_is_no_key_is_refused(guarded: Project, header: str) -> None:
    with serving(guarded) as server:
        answer = server.get("/v1/estimates", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["title"] == "The key is not accepted"


def test_a_key_of_another_warehouse_opens_nothing(guarded: Project) -> None:
    from pyrage import x25519

    with serving(guarded) as server:
        stranger = Server(server.address, str(x25519.Identity.generate()))
        assert "not known" in stranger.refusal("/v1/estimates", 401)["detail"]


def test_a_key_that_came_after_a_release_is_told_so(guarded: Project) -> None:
    early = given(guarded, "readers")
    publish(guarded, build_guarded(guarded))
    late = given(guarded, "readers")
    with serving(guarded) as server:
        # That another key of its audience opened the release is no right of it.
        assert Server(server.address, early).rows("/v1/estimates")
        detail = Server(server.address, late).refusal("/v1/estimates", 403)["detail"]
        assert "older than the key" in detail
        publish(guarded, build_guarded(guarded, version="2"))
        assert Server(server.address, late).rows("/v1/estimates")


def test_the_log_names_keys_and_never_shows_them(
    empty_project: Project, keys: dict[str, str | None]
) -> None:
    with serving(empty_project) as server:
        Server(server.address, keys["readers"]).get("/v1/studies")
    line = list(read_log(empty_project.warehouse))[-1]
    assert line["audience"] == "readers"
    assert line["key"].startswith("key_")
    for path in (empty_project.warehouse / "audit").iterdir():
        assert "AGE-SECRET-KEY" not in path.read_text(encoding="utf-8")


def test_a_publish_changes_what_is_served_without_a_stop(guarded: Project) -> None:
    with serving(guarded) as server:
        first = server.get("/v1/estimates?page[size]=1").json()
        publish(guarded, build_guarded(guarded, version="2"))
        second = server.get("/v1/estimates").json()
        assert second["meta"]["release"] > first["meta"]["release"]
        # The pages of the first go on, of the first release.
        following = server.get(first["links"]["next"]).json()
        assert following["meta"]["release"] == first["meta"]["release"]
        old = server.get(f"/v1/estimates?as_of={first['meta']['release']}").json()
        assert old["meta"]["release"] == first["meta"]["release"]
        assert old["data"] == second["data"]


def test_who_has_nothing_to_read_is_told_so(guarded: Project) -> None:
    changes = {"audience_rows": "readers,open,,,,,\n", "audience_columns": "readers,estimates,\n"}
    publish(guarded, build_guarded(guarded, changes, version="2"))
    with serving(guarded) as server:
        assert "you may read" in server.refusal("/v1/estimates", 404)["detail"]
        assert server.get("/v1").json()["data"] == {}
