"""What goes over a network is encrypted: between readers and the API, and to PostgreSQL.

With certificates of an authority of the tests, and with wrong ones, which are refused.
"""

import os
import re
import shutil
import signal
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
import requests
from authority import Authority, authority
from conftest import StartProcess
from guarded import build_guarded
from small_server import serving
from test_api_faults import PATIENCE, server
from test_api_keys import given
from workbench import run_dbt

from wavehouse.building.postgres import PostgresServer, connect_to_target, throwaway_postgres
from wavehouse.building.postgres_target import is_local, target_settings
from wavehouse.errors import WavehouseError
from wavehouse.operations.findings.findings_of_postgres import judge_postgres
from wavehouse.operations.findings.postgres_facts import PostgresFacts, ask_postgres
from wavehouse.own.doctor import examine
from wavehouse.project import Project
from wavehouse.publishing.publish import publish
from wavehouse_exchange.serving.audit import read_log
from wavehouse_exchange.serving.postgres_doors import PostgresDoors
from wavehouse_exchange.serving.problems import RequestError

STRICT = "Strict-Transport-Security"
PROTECTED = "select version from pg_stat_ssl where pid = pg_backend_pid()"
HOST = "db.example.org"


@pytest.fixture
def guarded(empty_project: Project, project_root: Path) -> Project:
    """The small warehouse, published."""
    shutil.copytree(project_root / "seeds" / "reference", empty_project.reference)
    publish(empty_project, build_guarded(empty_project))
    return empty_project


@pytest.fixture
def trusted(tmp_path: Path) -> Authority:
    """The authority that everybody here trusts."""
    return authority(tmp_path, "trusted")


# Readers and the API ------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request", "ignore:.*TLSv1_1 is deprecated")
def test_a_server_with_a_certificate_speaks_modern_tls_only(
    guarded: Project, start_process: StartProcess, tmp_path: Path, trusted: Authority
) -> None:
    pem, key = trusted.certificate(tmp_path / "server", "127.0.0.1")
    options = ("--certificate", str(pem), "--private-key", str(key), "--strict-days", "30")
    with server(guarded, start_process, *options) as (address, process):
        for path, status in (("/v1/studies", 200), ("/nothing", 404), ("/health", 200)):
            answer = requests.get(f"{address}{path}", verify=str(trusted.pem), timeout=PATIENCE)
            assert (answer.status_code, answer.headers[STRICT]) == (status, "max-age=2592000")
        host, port = "127.0.0.1", int(address.rpartition(":")[2])

        def shake_hands(context: ssl.SSLContext) -> str | None:
            raw = socket.create_connection((host, port))
            with context.wrap_socket(raw, server_hostname=host) as safe:
                return safe.version()

        assert shake_hands(ssl.create_default_context(cafile=trusted.pem)) == "TLSv1.3"
        # Nobody takes a server for another one.
        other = authority(tmp_path, "other")
        for context in (ssl.create_default_context(), ssl.create_default_context(cafile=other.pem)):
            with pytest.raises(ssl.SSLCertVerificationError):
                shake_hands(context)
        # The server hangs up, and not this machine's library: it was told to allow what is old.
        old = ssl.create_default_context(cafile=trusted.pem)
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError, match=r"EOF|ALERT"):
            shake_hands(old)
        weak = ssl.create_default_context(cafile=trusted.pem)
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("ECDHE-ECDSA-AES128-SHA")
        with pytest.raises(ssl.SSLError, match=r"EOF|ALERT"):
            shake_hands(weak)
        weak.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        assert shake_hands(weak) == "TLSv1.2"
        # In the clear there is no answer, and so no redirect that a program would follow unnoticed.
        with socket.create_connection((host, port)) as raw:
            raw.settimeout(PATIENCE)
            raw.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer K\r\n\r\n")
            assert not raw.recv(1_000).startswith(b"HTTP")
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        assert process.stdout is not None
        assert re.search(rf'curl -g "{address}/v1', process.stdout.read())


def test_an_address_in_the_clear_promises_nothing(guarded: Project) -> None:
    with serving(guarded) as served:
        assert STRICT not in served.get("/v1").headers


def test_behind_a_proxy_keys_that_came_in_the_clear_are_refused(
    guarded: Project, start_process: StartProcess
) -> None:
    key = given(guarded, "readers")
    publish(guarded, build_guarded(guarded, version="2"))
    with server(guarded, start_process, "--behind-proxy") as (address, _):

        def ask(scheme: str | None, with_key: bool = False) -> requests.Response:
            headers = {"X-Forwarded-Proto": scheme} if scheme else {}
            headers |= {"Authorization": f"Bearer {key}"} if with_key else {}
            return requests.get(
                f"{address}/v1", headers=headers, timeout=PATIENCE, allow_redirects=False
            )

        assert ask("https").headers[STRICT] == "max-age=31536000"
        assert ask("https", with_key=True).json()["meta"]["audience"] == "readers"
        assert STRICT not in ask(None).headers
        assert (ask("http").status_code, STRICT in ask("http").headers) == (200, False)
        refused = ask("http", with_key=True)
        assert (refused.status_code, "in the clear" in refused.json()["title"]) == (403, True)
        assert "Location" not in refused.headers
        assert key not in refused.text
    assert list(read_log(guarded.warehouse))[-1]["status"] == 403


# To PostgreSQL ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostgresServer, Authority]]:
    """A server that speaks TLS and nothing else over the network, and who vouches for it."""
    with throwaway_postgres() as started:
        folder = tmp_path_factory.mktemp("authority")
        vouches = authority(folder, "trusted")
        certify(started, vouches.certificate(folder / HOST, HOST))
        yield started, vouches


def certify(started: PostgresServer, files: tuple[Path, Path]) -> None:
    """Give a server a certificate, and let it take no connection in the clear."""
    environment = started.environment | {"WAVEHOUSE_PG_SSLMODE": "prefer"}
    connection = connect_to_target(environment)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("show data_directory")
        data = Path((cursor.fetchone() or [""])[0])
        owner = data.stat()
        for source, name in zip(files, ("server.crt", "server.key"), strict=True):
            path = data / name
            shutil.copyfile(source, path)
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o600)
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
        cursor.execute("alter system set ssl = on")
        cursor.execute("select pg_reload_conf()")
    connection.close()


@pytest.fixture
def named(
    by_tls: tuple[PostgresServer, Authority], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of somebody who reaches the server by its name and verifies it."""
    started, vouches = by_tls
    environment = replace(started, host=HOST).environment | {
        "WAVEHOUSE_PG_SSLMODE": "verify-full",
        "WAVEHOUSE_PG_SSLROOTCERT": str(vouches.pem),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # Stands in for the name service.
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    return environment


@pytest.mark.slow("server")
def test_every_connection_verifies_the_server(
    empty: Project, named: dict[str, str], tmp_path: Path
) -> None:
    with connect_to_target() as connection:
        assert connection.info.ssl_in_use
    # dbt reads the same variables.
    run = run_dbt(empty, "show", "--inline", PROTECTED, target="postgres", env=named)
    assert run.exit_code == 0, run.output
    assert "TLSv1.3" in run.output
    wrong = {"WAVEHOUSE_PG_SSLROOTCERT": str(authority(tmp_path, "another").pem)}
    run = run_dbt(empty, "show", "--inline", PROTECTED, target="postgres", env=named | wrong)
    assert run.exit_code != 0
    assert "certificate verify failed" in run.output
    # So does what serves.
    with connect_to_target() as connection, connection.cursor() as cursor:
        cursor.execute("create role wavehouse_serves login noinherit")
    with PostgresDoors()._pool as pool, pool.connection() as served:
        assert served.pgconn.ssl_in_use


@pytest.mark.slow("server")
@pytest.mark.parametrize("wrong", ["authority", "name", "in the clear", "none given"])
@pytest.mark.usefixtures("named")
def test_another_server_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    changes = {
        "authority": {"WAVEHOUSE_PG_SSLROOTCERT": str(authority(tmp_path, "another").pem)},
        "name": {"WAVEHOUSE_PG_HOST": "other.example.org"},
        "in the clear": {"WAVEHOUSE_PG_SSLMODE": "disable"},
        "none given": {"WAVEHOUSE_PG_SSLROOTCERT": str(tmp_path / "missing.pem")},
    }[wrong]
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    said = {
        "authority": "certificate verify failed",
        "name": 'does not match host name "other.example.org"',
        "in the clear": "no pg_hba.conf entry",
        "none given": "missing.pem",
    }[wrong]
    with pytest.raises(psycopg2.OperationalError, match=said):
        connect_to_target()
    doors = PostgresDoors()
    with pytest.raises(RequestError, match="The database does not answer"):
        doors.enter(None)
    doors.close()
    assert said in (ask_postgres().error or "")


@pytest.mark.slow("server")
@pytest.mark.usefixtures("named")
def test_status_and_doctor_say_how_a_server_is_reached(
    empty: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor() -> str:
        (said,) = (str(each) for each in examine(empty) if "PostgreSQL" in each.what)
        return said

    facts = ask_postgres()
    assert (facts.tls, facts.is_local) == ("TLSv1.3", False)
    assert list(judge_postgres(facts, datetime.now(UTC))) == []
    assert re.match(rf"ok +PostgreSQL at {HOST}:\d+: .*TLSv1.3\), verified", doctor())
    monkeypatch.setenv("WAVEHOUSE_PG_SSLMODE", "require")
    assert doctor().startswith("hint")
    monkeypatch.setenv("WAVEHOUSE_PG_HOST", "127.0.0.1")
    assert re.match(r"ok .* on this machine, encrypted", doctor())
    monkeypatch.setenv("WAVEHOUSE_PG_SSLMODE", "disable")
    assert re.match(r"FAIL .*no pg_hba.conf entry", doctor(), re.DOTALL)


@pytest.mark.slow("server")
def test_a_server_elsewhere_without_tls_is_a_finding(
    empty: Project, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in replace(postgres_server, host=HOST).environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    (finding,) = judge_postgres(ask_postgres(), datetime.now(UTC))
    assert finding.kind == "database_in_the_clear"
    (said,) = (each for each in examine(empty) if "PostgreSQL" in each.what)
    assert said.is_wrong
    assert "in the clear" in said.remedy


def test_a_server_of_this_machine_needs_no_tls() -> None:
    here = ("", "localhost", "127.0.0.1", "127.0.1.1", "::1", "/var/run/postgresql")
    assert all(is_local({"WAVEHOUSE_PG_HOST": host}) for host in here)
    assert is_local({})
    for host in ("db.example.org", "10.0.0.5", "localhost.example.org", "fe80::1"):
        assert not is_local({"WAVEHOUSE_PG_HOST": host})
    assert list(judge_postgres(PostgresFacts(), datetime.now(UTC))) == []


def test_what_is_not_set_is_libpqs_own() -> None:
    assert not [name for name in target_settings({}) if name.startswith("ssl")]
    given_settings = {"WAVEHOUSE_PG_SSLMODE": "verify-full", "WAVEHOUSE_PG_SSLROOTCERT": "ca.pem"}
    said = target_settings(given_settings)
    assert (said["sslmode"], said["sslrootcert"]) == ("verify-full", "ca.pem")


def test_a_setting_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_PG_SSLMODE", "verify_full")
    from wavehouse.building.postgres import server_explained

    with (
        pytest.raises(WavehouseError, match='invalid sslmode value: "verify_full"'),
        server_explained(),
    ):
        connect_to_target()
