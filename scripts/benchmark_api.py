"""Measure the API under load: how long a request takes, and how many are answered in a second.

    .venv/bin/python scripts/benchmark_api.py              # of this project's published release
    .venv/bin/python scripts/benchmark_api.py --seconds 20

A server with one process answers requests for a trend over the loopback of this machine; `hey` asks
(Debian: hey). The capacity is measured first; then requests come at 80 % of it, and their times are
told. Beside it stand, of the same run: the bare query by DuckDB, in one thread; a file of the same
size from Python's simplest server of the same kind (uvicorn, no framework); and the same request
alone, on an idle server.

Numbers depend on the machine and on what else it does: quote ratios. No test looks at them.
"""

import argparse
import csv
import io
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from wavehouse.project import find_project
from wavehouse_exchange.serving.description import address_of, example_of
from wavehouse_exchange.serving.doors import Opened
from wavehouse_exchange.serving.file_doors import FileDoors
from wavehouse_exchange.serving.parameters import read_parameters
from wavehouse_exchange.serving.questions import rows_query
from wavehouse_exchange.serving.resources import RESOURCES

PORT, STATIC_PORT = 8617, 8618
PATIENCE = 60
SHARE_OF_CAPACITY = 0.8
AT_ONCE = 4
REPEATS = 300
STATIC = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": BODY})
"""


@contextmanager
def started(command: Sequence[str], address: str, folder: Path) -> Iterator[int]:
    """Run a server as long as the block does; give its process id."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                requests.get(address, timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < until, f"{command} did not begin"
                time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def hey(address: str, seconds: float, rate: float | None = None) -> list[float]:
    """Send requests for some seconds; give the milliseconds of each.

    Args:
        address: what is asked.
        seconds: how long.
        rate: requests a second; as many as are answered if left out.
    """
    words = ["hey", "-z", f"{seconds:.0f}s", "-c", str(AT_ONCE), "-o", "csv"]
    if rate is not None:
        words += ["-q", f"{rate / AT_ONCE:.2f}"]
    told = subprocess.run([*words, address], capture_output=True, text=True, check=True).stdout
    rows = list(csv.DictReader(io.StringIO(told)))
    wrong = [row for row in rows if row["status-code"] != "200"]
    assert not wrong, f"{len(wrong)} of {len(rows)} requests failed"
    return [float(row["response-time"]) * 1000 for row in rows]


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value that a share of all values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def bare_query(opened: Opened) -> float:
    """Give the milliseconds that the query of the request takes by itself."""
    resource = RESOURCES["estimates"]
    pairs = list(example_of(resource, opened).items())
    query = rows_query(resource, read_parameters(resource, pairs), opened.tables, 50_000)
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        opened.read(query.sql, query.values)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=8, help="how long each load lasts")
    seconds = parser.parse_args().seconds
    if shutil.which("hey") is None:
        sys.exit("The load is made by hey. Install it (Debian: apt-get install hey).")
    project = find_project()
    opened = FileDoors(project).enter(None)
    address = f"http://127.0.0.1:{PORT}"
    path = address + address_of(RESOURCES["estimates"], opened)
    command = [str(Path(sys.executable).with_name("wavehouse")), "serve", "--port", str(PORT)]
    command += ["--requests-a-minute", "100000000"]
    with started(command, f"{address}/health", project.root):
        answer = requests.get(path, timeout=PATIENCE)
        hey(path, 2)
        alone = [hey_once(path) for _ in range(REPEATS)]
        capacity = len(hey(path, seconds)) / seconds
        loaded = hey(path, seconds, SHARE_OF_CAPACITY * capacity)
    bare = bare_query(opened)
    with tempfile.TemporaryDirectory() as folder:
        module = f"BODY = {answer.content!r}\n{STATIC}"
        (Path(folder) / "still.py").write_text(module)
        uvicorn = [sys.executable, "-m", "uvicorn", "still:app", "--port", str(STATIC_PORT)]
        still = f"http://127.0.0.1:{STATIC_PORT}"
        with started([*uvicorn, "--no-access-log", "--log-level", "error"], still, Path(folder)):
            hey(still, 2)
            static = len(hey(still, seconds)) / seconds
    rows = len(answer.json()["data"])
    print(f"{rows} rows, {len(answer.content):,} bytes; {os.cpu_count()} processors")
    print(
        f"alone             p50 {quantile(alone, 0.5):6.2f} ms  p99 {quantile(alone, 0.99):6.2f} ms"
    )
    print(
        f"at {SHARE_OF_CAPACITY:.0%} of capacity p50 {quantile(loaded, 0.5):5.2f} ms  "
        f"p99 {quantile(loaded, 0.99):6.2f} ms  ({len(loaded):,} requests)"
    )
    print(f"capacity          {capacity:,.0f} requests a second of one process")
    print(f"  to bare query   {capacity * bare / 1000:.2f} (the query alone: {bare:.2f} ms)")
    print(f"  to static file  {capacity / static:.2f} ({static:,.0f} a second)")


def hey_once(address: str) -> float:
    """Ask once, over a connection that is kept; give the milliseconds."""
    began = time.perf_counter()
    SESSION.get(address, timeout=PATIENCE)
    return (time.perf_counter() - began) * 1000


SESSION = requests.Session()

if __name__ == "__main__":
    main()
