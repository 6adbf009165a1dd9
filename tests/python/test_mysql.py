"""Waves from tables of MySQL, on a real MariaDB server that is thrown away afterwards."""

import getpass
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
from authority import Authority, authority
from delivered_columns import columns_of

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave, mysql
from wavehouse_exchange.landing.landed import code_counts
from wavehouse_exchange.landing.mysql import PASSWORD, Address, address_of
from wavehouse_exchange.landing.servers import collected

PATIENCE = 60
SAID = 'Grüße, "東" \\ \n\t'
IN_ITS_DATABASE = (
    "create database if not exists survey character set utf8mb4",
    "use survey",
)
MADE = (
    # As a server may be set up that keeps more than it should, or gives less.
    "set global sql_select_limit = 5",
    "set global time_zone = '+05:00'",
    "set session time_zone = '+05:00'",
    """create table survey.`Wave.1` (
        person int primary key, t tinyint(1), answer tinyint unsigned, large bigint unsigned,
        filled int(5) zerofill, exact decimal(65, 30), rounded decimal(6, 4), ratio double,
        single float, marks bit(9), said text, old varchar(20) character set latin1,
        empty varchar(5), nothing int, home enum('Old town', 'Harbour'),
        media set('press', 'radio', 'tv'), born date, began datetime(6), `at` timestamp(3) null,
        lasted time(2), grew year, photo blob, `key` binary(2), notes json
    )""",
    r"""insert into survey.`Wave.1` values
    (2, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
     '', null, null, null, null, null, null, null, null),
    (1, 3, 255, 18446744073709551615, 42,
     12345678901234567890123456789012345.123456789012345678901234567890, 0.7130,
     0.30000000000000004, 0.1234567, b'101010101', 'Grüße, "東" \\ \n\t', 'Grüße', '', null,
     'Harbour', 'press,tv', '1969-07-20', '2026-05-04 12:30:15.25', '2026-05-04 17:30:15.250',
     '-101:02:03.50', 2026, x'01ff', x'00ff', '{"a": [1, 2]}')""",
    "create table survey.nobody (person int)",
    "create table survey.zeros (person int, day date)",
    "insert into survey.zeros values (1, '0000-00-00'), (2, '2026-00-00'), (3, '2026-05-04')",
    "create table survey.many as select 1201 - seq as person, concat('D', seq % 3) as district"
    " from seq_1_to_1200",
    "alter table survey.many add primary key (person)",
    "create table survey.`a``b` (`per``son` int, `it's` int)",
    "insert into survey.`a``b` values (1, 2)",
    "create table survey.written (n int)",
    "create function survey.count_up() returns int begin insert into survey.written values (1); "
    "return 1; end",
    "create view survey.counted as select survey.count_up() as person",
    "create user reader identified by 's3crät'",
    "grant select on survey.many to reader",
    "create user broken identified by 's3cret'",
)
TEXTS = {
    "person": "1",
    # No truth value: a code of an answer.
    "t": "3",
    "answer": "255",
    "large": "18446744073709551615",
    "filled": "00042",
    "exact": "12345678901234567890123456789012345.12345678901234567890123456789",
    "rounded": "0.713",
    "ratio": "0.30000000000000004",
    "single": "0.1234567",
    "marks": "341",
    "said": SAID,
    "old": "Grüße",
    "empty": None,
    "nothing": None,
    "home": "Harbour",
    "media[press]": "1",
    "media[tv]": "1",
    "born": "1969-07-20",
    "began": "2026-05-04T12:30:15.25",
    "at": "2026-05-04T12:30:15.25+00:00",
    "lasted": "-101:02:03.5",
    "grew": "2026",
    "photo": "\\x01ff",
    "key": "\\x00ff",
    "notes": '{"a": [1, 2]}',
}


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    socket: Path
    trusted: Authority

    def table(self, name: str, user: str = "root", options: str = "") -> Address:
        """Give the address of a table."""
        return address_of(f"mysql://{user}@127.0.0.1:{self.port}/survey/{name}{options}")

    def run(self, *statements: str) -> None:
        """Run statements as the one who may do everything."""
        with (
            closing(
                pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True)
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in (*IN_ITS_DATABASE, *statements):
                cursor.execute(statement)


@pytest.fixture(scope="module")
def mysql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A throwaway server, with a certificate for another host than the one it is at."""
    assert shutil.which("mariadbd"), "The test needs a server of MySQL. Run `make drills`."
    made = tmp_path_factory.mktemp("certificates")
    trusted = authority(made, "authority")
    pem, key = trusted.certificate(made / "server", "db.example.org")
    # Paths of sockets are short.
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-mysql-"))
    who = f"--user={getpass.getuser()}"
    process = None
    try:
        subprocess.run(
            [
                *("mariadb-install-db", "--no-defaults", who, f"--datadir={folder}/data"),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ],
            check=True,
            capture_output=True,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Server(port, folder / "socket", trusted)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [
                    *("mariadbd", "--no-defaults", who, f"--datadir={folder}/data"),
                    *(f"--socket={server.socket}", f"--port={port}", "--bind-address=127.0.0.1"),
                    *(f"--ssl-cert={pem}", f"--ssl-key={key}", "--innodb-flush-method=nosync"),
                    *("--log-bin-trust-function-creators=1", "--sql-mode="),
                ],
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE
        while True:
            try:
                server.run()
                break
            except pymysql.OperationalError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.1)
        server.run(*MADE)
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait()
        shutil.rmtree(folder)


def refusal(project: Project, source: Address) -> str:
    """Give the message of a reading that fails; nothing of it stays."""
    with pytest.raises(WavehouseError) as refused, collected(project, "panel", "2030", source):
        pass
    assert not list(project.landing.rglob("*.ndjson*"))
    return str(refused.value)


@pytest.mark.slow("server")
def test_a_table_says_what_is_stored(empty_project: Project, mysql_server: Server) -> None:
    with collected(empty_project, "panel", "2030", mysql_server.table("Wave.1")) as file:
        columns = columns_of(file)
    assert {name: column[0] for name, column in columns.items()} == TEXTS
    # In the order of its key. Who chose nothing of a set has 0.
    assert columns["person"] == ["1", "2"]
    assert {name for name, column in columns.items() if column[1] is not None} == {
        "person",
        "media[press]",
        "media[tv]",
    }
    assert columns["media[tv]"] == ["1", "0"]


@pytest.mark.slow("server")
def test_a_table_becomes_a_wave(empty: Project, mysql_server: Server) -> None:
    with collected(empty, "panel", "2030", mysql_server.table("many")) as file:
        landed = land_wave(empty, "panel", "2030", [file])
    # All rows, though the server is told to give five.
    assert code_counts(landed, "district") == dict.fromkeys(("D0", "D1", "D2"), 400)
    assert not list(empty.landing.rglob("*.ndjson*"))


@pytest.mark.slow("server")
def test_days_that_there_are_not_stay_as_they_are(
    empty_project: Project, mysql_server: Server
) -> None:
    with collected(empty_project, "panel", "2030", mysql_server.table("zeros")) as file:
        assert columns_of(file)["day"] == ["0000-00-00", "2026-00-00", "2026-05-04"]
    with collected(empty_project, "panel", "2030", mysql_server.table("a`b")) as file:
        assert columns_of(file) == {"per`son": ["1"], "it's": ["2"]}


@pytest.mark.slow("server")
def test_the_state_of_the_beginning_is_read(
    empty_project: Project, mysql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = mysql._chosen
    mysql_server.run("create table survey.moving (person int primary key) engine = innodb")
    mysql_server.run("insert into survey.moving values (1), (2)")

    def after_others_wrote(column: object) -> str:
        mysql_server.run("insert ignore into survey.moving values (3)")
        return chosen(column)

    monkeypatch.setattr(mysql, "_chosen", after_others_wrote)
    with collected(empty_project, "panel", "2030", mysql_server.table("moving")) as file:
        assert columns_of(file) == {"person": ["1", "2"]}


@pytest.mark.slow("server")
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("nobody", "the table has no rows. Check its name"),
        ("other", "has no table other. There are a`b, counted, many, "),
        # What would write is refused by the server.
        ("counted", "READ ONLY transaction"),
    ],
)
def test_what_cannot_be_read_is_said(
    empty_project: Project, mysql_server: Server, table: str, said: str
) -> None:
    message = refusal(empty_project, mysql_server.table(table))
    assert f"/survey/{table} (study panel, wave 2030): " in message
    assert said in message


@pytest.mark.slow("server")
def test_a_password_comes_by_a_variable(
    empty_project: Project, mysql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "s3crät")
    with collected(empty_project, "panel", "2030", mysql_server.table("many", "reader")) as file:
        assert len(columns_of(file)["person"]) == 1200
    # It sees what it may see.
    assert "There are many." in refusal(empty_project, mysql_server.table("nobody", "reader"))
    monkeypatch.setenv(PASSWORD, "0ther")
    message = refusal(empty_project, mysql_server.table("many", "reader"))
    assert "Access denied for user 'reader'@'localhost' (using password: YES)" in message
    assert "0ther" not in message


@pytest.mark.slow("server")
def test_who_the_server_is_can_be_verified(
    empty_project: Project, mysql_server: Server, tmp_path: Path
) -> None:
    other = authority(tmp_path, "other")
    for options, said in (
        ("?ssl-mode=REQUIRED", None),
        (f"?ssl-mode=VERIFY_CA&ssl-ca={mysql_server.trusted.pem}", None),
        (f"?ssl-mode=VERIFY_CA&ssl-ca={other.pem}", "certificate verify failed"),
        (f"?ssl-mode=VERIFY_IDENTITY&ssl-ca={mysql_server.trusted.pem}", "mismatch"),
    ):
        source = mysql_server.table("many", options=options)
        if said:
            assert said in refusal(empty_project, source)
        else:
            with collected(empty_project, "panel", "2030", source) as file:
                assert len(columns_of(file)["person"]) == 1200


@pytest.mark.slow("server")
def test_a_connection_that_breaks_off_is_said(
    empty_project: Project, mysql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    mysql_server.run(
        "create table survey.long_one as select seq as person, repeat('x', 2000) as said "
        "from seq_1_to_100000"
    )
    number = 0

    def at(_: object, done: int) -> None:
        nonlocal number
        number = done
        if done == 1000:
            mysql_server.run(
                "select group_concat(id) into @reading from information_schema.processlist "
                "where info like 'select `person`%'",
                "execute immediate concat('kill ', @reading)",
            )

    monkeypatch.setattr(mysql.Progress, "at", at)
    message = refusal(empty_project, mysql_server.table("long_one"))
    assert "Lost connection" in message
    assert 1000 <= number < 100_000


@pytest.mark.slow("server")
def test_memory_does_not_grow_with_the_table(empty_project: Project, mysql_server: Server) -> None:
    mysql_server.run(
        "create table if not exists survey.large as select seq as person, repeat('x', 2000) as t "
        "from seq_1_to_100000"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with collected(empty_project, "panel", "2030", mysql_server.table("large")) as file:
        assert file.stat().st_size > 200e6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://me:s3cret@host/db/wave", f"Leave it out, and set {PASSWORD}"),
        ("mariadb://host/db", "names no table. Write mariadb://host/database/table"),
        ("mysql://one,two/db/wave", "name one host"),
        ("mysql://host/db/wave?user=me", "no option user. There are ssl-mode"),
        ("mysql://host/db/wave?ssl-mode=on", "no ssl-mode on. There are DISABLED"),
        ("mysql://host/db/wave?ssl-ca=nowhere.pem", "there is no file nowhere.pem"),
    ],
)
def test_addresses_that_are_none(text: str, said: str) -> None:
    with pytest.raises(WavehouseError, match=said) as refused:
        address_of(text)
    assert "s3cret" not in str(refused.value)


def test_an_address_names_its_parts() -> None:
    found = address_of("mysql://some%20body@[::1]:3307/surveys/wave%202030?ssl-mode=REQUIRED")
    assert (found.host, found.port, found.user) == ("[::1]", 3307, "some body")
    assert str(found) == "mysql://[::1]:3307/surveys/wave 2030"
    assert str(address_of("mysql://host/db/wave")) == "mysql://host/db/wave"


def test_a_server_that_is_not_there_is_said(empty_project: Project) -> None:
    message = refusal(empty_project, address_of("mysql://me@127.0.0.1:9/db/wave"))
    assert "Can't connect to MySQL server on '127.0.0.1'" in message
    assert message.endswith(f"Check address, user and {PASSWORD}, and run the command again.")


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog"])
def test_a_password_is_not_given_to_a_server_that_nobody_knows(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch, plugin: bytes
) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret")
    monkeypatch.setattr(mysql, "SECONDS_TO_CONNECT", 10)
    # Version, thread, salt, what it can do (protocol 4.1 and plugins), and the rest of the salt.
    greeting = b"\x0a5.7\0" + bytes(4) + b"12345678\0" + (0x8200).to_bytes(2, "little")
    greeting += b"\x2d" + bytes(2) + (0x0008).to_bytes(2, "little") + b"\x15" + bytes(10)
    greeting += b"123456789012\0mysql_native_password\0"
    heard = b""

    def serve(listening: socket.socket) -> None:
        nonlocal heard
        connection, _ = listening.accept()
        with connection:
            connection.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
            heard += connection.recv(4096)
            asked = b"\xfe" + plugin + b"\0" + (b"\x04Password: " if plugin == b"dialog" else b"")
            connection.sendall(len(asked).to_bytes(3, "little") + b"\x02" + asked)
            heard += connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        port = listening.getsockname()[1]
        message = refusal(empty_project, address_of(f"mysql://me@127.0.0.1:{port}/db/wave"))
        thread.join()
    assert "the server asks for the password itself; say who it is by ssl-mode" in message
    assert b"me\0" in heard
    assert b"s3cret" not in heard
