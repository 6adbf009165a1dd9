"""Listed files are downloaded from a server that behaves badly, checked, and landed."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from web_server import running_web
from workbench import write_rows

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import LandedWave, code_counts, read_landed
from wavehouse_exchange.landing.download import Downloader
from wavehouse_exchange.landing.fetch import COLUMNS, FetchedWave, fetch

PEOPLE = b"id,q1\n" + b"".join(b"%03d,%d\n" % (number, number % 3) for number in range(500))
BODY = b"id,weight\n007,70\n"
# What the server does with a request, one after the other; then it answers well.
BREAK_OFF = "break off"
BUSY = "busy"
GONE = "gone"
WRONG = "wrong"
NO_RANGES = "no ranges"
WEB_PAGE = "web page"


@dataclass
class Server:
    """A server on this machine, what it has, how it misbehaves, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    behaviour: list[str] = field(default_factory=list)
    requests: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def url(self, name: str) -> str:
        """Give the address of a file."""
        return f"{self.address}/{name}"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that runs as long as the test."""
    told = Server(files={"people.csv": PEOPLE, "body.csv": BODY})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            asked = self.headers.get("Range")
            told.requests.append((name, asked, self.headers.get("User-Agent")))
            behaviour = told.behaviour.pop(0) if told.behaviour else ""
            content = told.files[name]
            if behaviour in {BUSY, GONE}:
                self.send_error(503 if behaviour == BUSY else 404)
                return
            if behaviour == WRONG:
                content = content.replace(b"7", b"8")
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            if start >= len(content):
                self.send_error(416)
                return
            if behaviour == NO_RANGES:
                start = 0
            self.send_response(206 if start else 200)
            if behaviour == WEB_PAGE:
                self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            rest = content[start:]
            self.wfile.write(rest[: len(rest) // 2] if behaviour == BREAK_OFF else rest)

        def log_message(self, *_: object) -> None:
            pass

    with running_web(Handler) as told.address:
        yield told


@pytest.fixture
def listed(empty_project: Project, server: Server) -> Project:
    """A project that lists two waves of a study: one of one file, one of two."""
    write_rows(
        empty_project.root / "seeds/codebook/waves.csv",
        ["study_id", "wave_id", "wave_number", "wave_label", "design_id", "delivered_as"],
        [
            {"study_id": "study", "wave_id": wave, "wave_number": number, "design_id": "people"}
            for wave, number in (("2018", "1"), ("2020", "2"))
        ],
    )
    write_rows(
        empty_project.codebook / "design_columns.csv",
        ["design_id", "design_role", "source_column"],
        [{"design_id": "people", "design_role": "respondent", "source_column": "id"}],
    )
    list_files(
        empty_project,
        delivery("2020", 1, "people.csv", server.url("people.csv"), PEOPLE),
        delivery("2020", 2, "body.csv", server.url("body.csv"), BODY),
        delivery("2018", 1, "people.csv", server.url("people.csv"), PEOPLE),
    )
    return empty_project


def delivery(wave: str, position: int, name: str, url: str, content: bytes) -> dict[str, str]:
    """Make a row of the listed files."""
    return {
        "study_id": "study",
        "wave_id": wave,
        "position": str(position),
        "file_name": name,
        "url": url,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": str(len(content)),
    }


def list_files(project: Project, *rows: dict[str, str]) -> None:
    """Write the table of listed files."""
    write_rows(project.codebook / "deliveries.csv", list(COLUMNS), rows)


def quickly(project: Project, **options: Any) -> list[FetchedWave]:  # noqa: ANN401
    """Fetch without the pauses between tries."""
    options.setdefault("downloader", Downloader("wavehouse/test", tries=3, pause=0.0))
    return fetch(project, "study", **options)


def problems_of(run: Callable[[], object]) -> list[str]:
    """Give the problems that a fetch ends with."""
    with pytest.raises(ProblemsError) as raised:
        run()
    return raised.value.problems


def wave_2018(project: Project) -> LandedWave:
    """Give the wave of one file, which has to be whole."""
    landed = read_landed(project, "study", "2018")
    assert landed.row_count == 500
    return landed


def test_waves_are_downloaded_and_landed_in_their_order(listed: Project, server: Server) -> None:
    waves = quickly(listed)
    assert [(wave.landed.wave_id, wave.is_new) for wave in waves] == [
        ("2018", True),
        ("2020", True),
    ]
    assert [file.file_name for file in waves[1].landed.files] == ["people.csv", "body.csv"]
    assert code_counts(waves[1].landed, "weight") == {None: 499, "70": 1}
    assert {agent for _, _, agent in server.requests} == {"wavehouse/test"}


def test_a_second_fetch_asks_nobody(listed: Project, server: Server) -> None:
    quickly(listed)
    server.requests.clear()
    assert [wave.is_new for wave in quickly(listed)] == [False, False]
    assert server.requests == []


def test_good_downloads_are_not_fetched_again(listed: Project, server: Server) -> None:
    server.behaviour = ["", GONE]
    problems_of(lambda: quickly(listed, wave_id="2020"))
    server.requests.clear()
    quickly(listed, wave_id="2020")
    assert [name for name, _, _ in server.requests] == ["body.csv"]


def test_only_the_wave_that_is_named_is_fetched(listed: Project) -> None:
    assert [wave.landed.wave_id for wave in quickly(listed, wave_id="2018")] == ["2018"]


def test_a_busy_server_is_asked_again(listed: Project, server: Server) -> None:
    server.behaviour = [BUSY, BUSY]
    quickly(listed, wave_id="2018")
    assert len(server.requests) == 3
    wave_2018(listed)


def test_a_download_goes_on_where_it_broke_off(listed: Project, server: Server) -> None:
    server.behaviour = [BREAK_OFF, BREAK_OFF]
    quickly(listed, wave_id="2018")
    half = len(PEOPLE) // 2
    rest = half + (len(PEOPLE) - half) // 2
    assert [asked for _, asked, _ in server.requests] == [None, f"bytes={half}-", f"bytes={rest}-"]
    wave_2018(listed)


def test_a_download_begins_again_where_the_server_cannot_go_on(
    listed: Project, server: Server
) -> None:
    server.behaviour = [BREAK_OFF, NO_RANGES]
    quickly(listed, wave_id="2018")
    wave_2018(listed)


def test_the_next_run_goes_on_with_a_download(listed: Project, server: Server) -> None:
    server.behaviour = [BREAK_OFF, BUSY, BUSY]
    (problem,) = problems_of(lambda: quickly(listed, wave_id="2018"))
    assert "after 3 tries: the server says 503 Service Unavailable" in problem
    server.requests.clear()
    quickly(listed, wave_id="2018")
    assert [asked for _, asked, _ in server.requests] == [f"bytes={len(PEOPLE) // 2}-"]
    wave_2018(listed)


def test_a_beginning_of_other_content_is_thrown_away(listed: Project, server: Server) -> None:
    part = listed.root / "landing/study/.downloads/2018/people.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"something else")
    quickly(listed, wave_id="2018")
    assert [asked for _, asked, _ in server.requests] == ["bytes=14-", None]
    wave_2018(listed)


def test_a_download_longer_than_the_file_begins_again(listed: Project) -> None:
    part = listed.root / "landing/study/.downloads/2018/people.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(PEOPLE + b"more")
    quickly(listed, wave_id="2018")
    wave_2018(listed)


def test_wrong_bytes_are_refused(listed: Project, server: Server) -> None:
    server.behaviour = [WRONG]
    (problem,) = problems_of(lambda: quickly(listed, wave_id="2018"))
    wrong = hashlib.sha256(PEOPLE.replace(b"7", b"8")).hexdigest()
    for text in (
        "people.csv (study study, wave 2018)",
        server.url("people.csv"),
        wrong,
        hashlib.sha256(PEOPLE).hexdigest(),
        "write its sha256",
    ):
        assert text in problem
    assert not (listed.root / "landing/study/2018").exists()
    quickly(listed, wave_id="2018")
    wave_2018(listed)


def test_a_web_page_is_not_taken_for_the_file(listed: Project, server: Server) -> None:
    server.behaviour = [WEB_PAGE]
    (problem,) = problems_of(lambda: quickly(listed, wave_id="2018"))
    assert f"{server.url('people.csv')} returns a web page, not the file" in problem


def test_other_waves_land_where_one_cannot(listed: Project, server: Server) -> None:
    server.behaviour = [GONE]
    with pytest.raises(
        ProblemsError, match=r"1 of 2 wave\(s\) of study study are landed"
    ) as raised:
        quickly(listed)
    (problem,) = raised.value.problems
    assert "people.csv (study study, wave 2018)" in problem
    assert "the server says 404 Not Found. If the file has moved, correct the url" in problem
    assert read_landed(listed, "study", "2020").row_count == 500


def test_offline_is_said_once_in_full_and_not_tried_again(listed: Project) -> None:
    nowhere = "http://127.0.0.1:9/people.csv"
    list_files(
        listed,
        delivery("2018", 1, "people.csv", nowhere, PEOPLE),
        delivery("2020", 1, "people.csv", nowhere, PEOPLE),
    )
    first, second = problems_of(lambda: quickly(listed))
    assert "127.0.0.1:9 cannot be reached" in first
    assert "Connection refused" in first
    assert "Check the connection and run the command again" in first
    assert "wavehouse fetch study --from FOLDER" in first
    assert second.startswith("1 more file(s) were not tried, because 127.0.0.1:9 cannot be reached")
    assert "people.csv (study study, wave 2020)" in second


def test_files_are_taken_from_a_folder(listed: Project, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "people.csv").write_bytes(PEOPLE)
    (folder / "body.csv").write_bytes(b"id,weight\n007,71\n")
    (problem,) = problems_of(lambda: quickly(listed, source=folder))
    assert "body.csv (study study, wave 2020)" in problem
    assert f"the file {folder / 'body.csv'} has the sha256" in problem
    (folder / "body.csv").unlink()
    (problem,) = problems_of(lambda: quickly(listed, source=folder))
    assert "body.csv: the file is missing for body.csv (study study, wave 2020)" in problem
    (folder / "body.csv").write_bytes(BODY)
    assert [wave.is_new for wave in quickly(listed, source=folder)] == [False, True]
    assert server.requests == []


def test_names_of_given_files_may_be_in_capitals(listed: Project, tmp_path: Path) -> None:
    (tmp_path / "PEOPLE.CSV").write_bytes(PEOPLE)
    quickly(listed, source=tmp_path, wave_id="2018")
    wave_2018(listed)


def test_a_file_that_is_not_public_needs_a_folder(listed: Project) -> None:
    list_files(listed, delivery("2018", 1, "people.csv", "", PEOPLE))
    (problem,) = problems_of(lambda: quickly(listed))
    assert "no url is listed" in problem
    assert "wavehouse fetch study --from FOLDER" in problem


def test_a_wave_of_other_files_is_replaced_only_on_demand(listed: Project) -> None:
    quickly(listed, wave_id="2018")
    new = PEOPLE + b"500,1\n"
    folder = listed.root / "given"
    folder.mkdir()
    (folder / "people.csv").write_bytes(new)
    list_files(listed, delivery("2018", 1, "people.csv", "", new))
    (problem,) = problems_of(lambda: quickly(listed, source=folder))
    assert "landed already, from other files" in problem
    wave_2018(listed)
    (wave,) = quickly(listed, source=folder, replace=True)
    assert wave.landed.row_count == 501


def test_a_study_without_listed_files_says_so(listed: Project) -> None:
    with pytest.raises(WavehouseError, match="lists no files of study other; it has study"):
        fetch(listed, "other")
    with pytest.raises(
        WavehouseError, match="no files of wave 1 of study study; it has 2018, 2020"
    ):
        fetch(listed, "study", wave_id="1")
    (listed.codebook / "deliveries.csv").unlink()
    with pytest.raises(WavehouseError, match="lists no files of study study"):
        fetch(listed, "study")


def test_all_that_is_wrong_with_the_list_is_named(listed: Project) -> None:
    row = delivery("2018", 1, "../people.csv", "", PEOPLE)
    list_files(listed, {**row, "position": "first", "size_bytes": "5 MB"})
    problems = problems_of(lambda: quickly(listed))
    assert [problem.split(": ")[1].split(" ")[0] for problem in problems] == [
        "position",
        "size_bytes",
        "file_name",
    ]
    assert all("deliveries.csv, study study, wave 2018" in problem for problem in problems)


def test_the_command_tells_what_it_landed(
    listed: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]]
) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    words = ("fetch", "study", "--wave", "2018", "--from", str(tmp_path))
    line = "study 2018: 500 rows, 2 columns, 1 file(s), "
    assert run_command(listed, *words) == (0, f"{line}landed\n")
    assert run_command(listed, *words) == (0, f"{line}was landed before\n")
