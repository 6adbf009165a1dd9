"""Waves from files on the web, from a server that behaves badly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from delivered_columns import columns_of
from web_server import running_web

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import download, land_wave
from wavehouse_exchange.landing.landed import code_counts
from wavehouse_exchange.landing.servers import collected
from wavehouse_exchange.landing.web_files import PASSWORD, Address, address_of

RunCommand = Callable[..., tuple[int, str]]
WAVE = b"person,district\n" + b"".join(b"%d,D%d\n" % (n, n % 3) for n in range(1, 901))
NEW = WAVE.replace(b"D0", b"D9")
ASKED = "person,district\n"


@dataclass
class Web:
    """A server, how it misbehaves, one answer after the other, and what it was asked."""

    address: str = ""
    content: bytes = WAVE
    tag: str | None = '"one"'
    heeds: bool = True
    behaviour: list[str] = field(default_factory=list)
    asked: list[dict[str, str | None]] = field(default_factory=list)

    def source(self, path: str = "wave.csv") -> Address:
        """Give the address of a file."""
        return address_of(f"{self.address}/{path}")


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server that runs as long as the test; nobody waits between tries."""
    monkeypatch.setattr(download.Downloader, "pause", 0.0)
    monkeypatch.setattr(download, "LONGEST_PAUSE", 0.0)
    told = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            names = ("Range", "If-Range", "Authorization")
            told.asked.append({"path": self.path} | {n: self.headers.get(n) for n in names})
            behaviour = told.behaviour.pop(0) if told.behaviour else ""
            self.close_connection = True
            if behaviour.isdecimal():
                self.send_error(int(behaviour))
                return
            if behaviour.startswith("moved "):
                self.send_response(302)
                self.send_header("Connection", "close")
                self.send_header("Location", behaviour.removeprefix("moved "))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            is_other = told.heeds and self.headers.get("If-Range") not in {None, told.tag}
            if behaviour == "no ranges" or is_other:
                start = 0
            rest = told.content[start:]
            if start and not rest:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(told.content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                end = len(told.content) - 1
                begin = 3 if behaviour == "wrong range" else start
                self.send_header("Content-Range", f"bytes {begin}-{end}/{end + 1}")
            if told.tag:
                self.send_header("ETag", told.tag)
            if behaviour == "web page":
                self.send_header("Content-Type", "text/html")
            if behaviour == "compressed":
                self.send_header("Content-Encoding", "gzip")
            if behaviour.startswith("chunked"):
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(rest), rest))
                self.wfile.write(b"" if behaviour == "chunked, cut" else b"0\r\n\r\n")
                return
            if behaviour != "no length":
                self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: len(rest) // 2] if behaviour == "cut" else rest)

        def log_message(self, *_: object) -> None:
            pass

    with running_web(Handler) as told.address:
        yield told


def content_of(project: Project, source: Address) -> bytes:
    """Download a file and give what came; nothing of it stays."""
    with collected(project, "panel", "2030", source) as file:
        content = file.read_bytes()
    assert not list(project.landing.rglob("*.csv*"))
    return content


def refusal(project: Project, source: Address) -> str:
    """Give the message of a download that fails."""
    with (
        pytest.raises(WavehouseError) as refused,
        collected(project, "panel", "2030", source),
    ):
        pass
    return str(refused.value)


def begun(project: Project) -> Path:
    """Give the file that is not whole yet."""
    return project.landing / "panel/.downloads/2030/wave.csv.part"


def test_a_file_on_the_web_becomes_a_wave(empty: Project, web: Web) -> None:
    with collected(empty, "panel", "2030", web.source()) as file:
        landed = land_wave(empty, "panel", "2030", [file])
    assert code_counts(landed, "district") == dict.fromkeys(("D0", "D1", "D2"), 300)
    assert (landed.files[0].file_name, len(landed.files[0].sha256)) == ("wave.csv", 64)
    assert len(web.asked) == 1
    assert not list(empty.landing.rglob("*.csv*"))


def test_the_command_takes_an_address(town: Project, web: Web, run_command: RunCommand) -> None:
    address = f"{web.address}/panel.csv?key=s3cret"
    named = ("--respondent", "person", "--date", "2030-05-01")
    code, printed = run_command(town, "new-study", "panel", "2030", address, *named)
    assert code == 0, printed
    assert "s3cret" not in printed
    drafts = "".join(path.read_text(encoding="utf-8") for path in town.root.glob("drafts/*"))
    assert "panel.csv" in drafts
    assert "s3cret" not in drafts
    code, printed = run_command(town, "add-wave", "panel", "2031", f"{web.address}/nothing")
    assert code == 1
    assert "its name does not say what kind of file it is" in printed


@pytest.mark.parametrize(
    ("behaviour", "ranges"),
    [
        ([], [None]),
        (["503", "429"], [None, None, None]),
        # Half of it came; then the rest, if it is still the same.
        (["cut"], [None, f"bytes={len(WAVE) // 2}-"]),
        (["cut", "no ranges"], [None, f"bytes={len(WAVE) // 2}-"]),
        (["cut", "wrong range"], [None, f"bytes={len(WAVE) // 2}-", None]),
        (["chunked"], [None]),
        (["chunked, cut"], [None, f"bytes={len(WAVE)}-"]),
    ],
)
def test_what_breaks_off_is_gone_on_with(
    empty_project: Project, web: Web, behaviour: list[str], ranges: list[str | None]
) -> None:
    web.behaviour = list(behaviour)
    assert content_of(empty_project, web.source()) == WAVE
    assert [asked["Range"] for asked in web.asked] == ranges


@pytest.mark.parametrize("heeds", [True, False])
def test_two_versions_are_never_mixed(empty_project: Project, web: Web, heeds: bool) -> None:
    web.behaviour = ["cut"] * 5
    assert "the connection broke off" in refusal(empty_project, web.source())
    assert len(WAVE) // 2 < begun(empty_project).stat().st_size < len(WAVE)
    # A server that does not know If-Range gives a rest, of its own version.
    web.content, web.tag, web.heeds = NEW, '"two"', heeds
    assert content_of(empty_project, web.source()) == NEW


def test_a_whole_file_of_a_killed_run_is_not_asked_for_again(
    empty_project: Project, web: Web
) -> None:
    web.behaviour = ["chunked, cut", *["500"] * 4]
    refusal(empty_project, web.source())
    assert begun(empty_project).read_bytes() == WAVE
    assert content_of(empty_project, web.source()) == WAVE
    assert web.asked[-1]["Range"] == f"bytes={len(WAVE)}-"


def test_a_beginning_of_another_file_is_not_taken(empty_project: Project, web: Web) -> None:
    web.behaviour = ["cut"] * 5
    refusal(empty_project, web.source("a/wave.csv"))
    web.content = NEW
    assert content_of(empty_project, web.source("b/wave.csv")) == NEW
    assert web.asked[-1]["Range"] is None


@pytest.mark.parametrize("tag", [None, 'W/"one"'])
def test_without_a_version_a_download_begins_again(
    empty_project: Project, web: Web, tag: str | None
) -> None:
    web.tag, web.behaviour = tag, ["cut"]
    assert content_of(empty_project, web.source()) == WAVE
    assert [asked["Range"] for asked in web.asked] == [None, None]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (["404"], "the server says 404 Not Found. Check the address"),
        (["401"], rf"the server says 401 Unauthorized. Check the user .*{PASSWORD}"),
        (["500"] * 5, "after 5 tries: the server says 500 Internal Server Error"),
        (["cut"] * 5, "after 5 tries: the connection broke off"),
        (["web page"], "returns a web page, not the file"),
        (["compressed"], "is sent compressed"),
        (["no length"], "does not say how long the file is"),
        (["moved /wave.csv"] * 200, "Exceeded 30 redirects"),
        (["moved ftp://elsewhere/?key=s3cret"] * 5, "InvalidSchema"),
    ],
)
def test_what_cannot_be_had_is_said(
    empty_project: Project, web: Web, behaviour: list[str], said: str
) -> None:
    web.behaviour = list(behaviour)
    message = refusal(empty_project, web.source("folder/wave.csv?key=s3cret"))
    assert message.startswith("wave.csv (study panel, wave 2030): ")
    assert "s3cret" not in message
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(message)


def test_a_server_that_is_not_there_is_said(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LONGEST_PAUSE", 0.0)
    message = refusal(empty_project, address_of("http://127.0.0.1:9/wave.csv"))
    assert "127.0.0.1:9 cannot be reached ([Errno 111] Connection refused)" in message


def test_a_file_may_be_elsewhere(empty_project: Project, web: Web) -> None:
    web.behaviour = [f"moved {web.address}/there.csv"]
    assert content_of(empty_project, web.source()) == WAVE
    assert [asked["path"] for asked in web.asked] == ["/wave.csv", "/there.csv"]


def test_a_password_comes_by_a_variable_and_goes_to_one_server(
    empty_project: Project, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = address_of(web.address.replace("//", "//me@") + "/wave.csv")
    assert "set" in refusal(empty_project, source).lower()
    monkeypatch.setenv(PASSWORD, "s3crät")
    web.behaviour = [f"moved {web.address.replace('127.0.0.1', 'localhost')}/there.csv"]
    assert content_of(empty_project, source) == WAVE
    # base64 of me:s3crät in UTF-8
    assert [asked["Authorization"] for asked in web.asked] == ["Basic bWU6czNjcsOkdA==", None]
    message = refusal(empty_project, address_of("http://me@example.org/wave.csv"))
    assert "not hidden from the network" in message
    assert "me@" not in message


def test_an_address_that_leads_out_of_encryption_is_refused() -> None:
    answer = type("", (), {"headers": {"Content-Length": "1"}, "status_code": 200})()
    answer.url = "http://elsewhere/wave.csv"
    with pytest.raises(WavehouseError, match="without encryption"):
        download._judge(answer, download.Asked("https://host/wave.csv"), "wave.csv", 1)
    answer.url = "https://elsewhere/wave.csv"
    download._judge(answer, download.Asked("https://host/wave.csv"), "wave.csv", 1)


def test_a_name_may_stand_behind_the_address(empty_project: Project, web: Web) -> None:
    with collected(empty_project, "panel", "2030", web.source("get?id=7#wave%201.csv")) as file:
        assert file.name == "wave 1.csv"
        assert columns_of(file)["person"][:2] == ["1", "2"]
    assert web.asked[0]["path"] == "/get?id=7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://me:s3cret@host/wave.csv", f"Leave it out, and set {PASSWORD}"),
        ("https://host/download?key=s3cret", r"https://host/download\?\.\.\.: its name does not"),
        ("https://host/wave.zip", "Write the address of a file that ends in one of .sav"),
        ("https://host/#.csv", "does not say what kind"),
        ("https://host/a%2F..%5Cwave.csv", "no file here can have its name"),
        ("https://host/wave 1.csv", "names no file"),
        ("https://@host/wave.csv", "names no file"),
        ("https://host:port/wave.csv?key=s3cret", "names no file"),
        ("https:///wave.csv", "names no file"),
    ],
)
def test_addresses_that_are_none(text: str, said: str) -> None:
    with pytest.raises(WavehouseError, match=said) as refused:
        address_of(text)
    assert "s3cret" not in str(refused.value)
