"""A server on this machine that speaks S3 and keeps all in memory (`make drills` installs it)."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).resolve().parents[2] / "target/s3/bin"
SERVER = PROGRAMS / "moto_server"
PATIENCE = 60


def start_s3(
    start: "Callable[..., subprocess.Popen[Any]]", **options: object
) -> "tuple[subprocess.Popen[Any], str]":
    """Start the server, and give it and its address once it answers.

    Args:
        start: starts a process as `subprocess.Popen` does.
        options: more of its options, such as `env`.
    """
    assert SERVER.exists(), "The test needs a server of S3. Run `make drills`."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(
        [str(SERVER), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )
    until = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    return process, f"http://127.0.0.1:{port}"
