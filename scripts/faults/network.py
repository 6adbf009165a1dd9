"""A server of files that is killed, or says nothing for a while, while somebody downloads."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import create_server

# A download takes about so long, in so many blocks.
SECONDS, BLOCKS = 1.0, 20


class FileServer:
    """The server, in a process of its own and always at the same port."""

    def __init__(self, file: Path) -> None:
        """Begin it. It has one file, whatever is asked for."""
        with create_server(("127.0.0.1", 0)) as found:
            self.port: int = found.getsockname()[1]
        self.file = file
        self.process: subprocess.Popen[bytes] | None = None
        self.begin()

    @property
    def url(self) -> str:
        """Where its file is."""
        return f"http://127.0.0.1:{self.port}/{self.file.name}"

    def begin(self) -> None:
        """Start it, unless it runs, and wait until it listens."""
        if self.process is not None and self.process.poll() is None:
            return
        words = [sys.executable, __file__, str(self.port), str(self.file)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def kill(self) -> None:
        """Let it be gone, with all of its connections."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def be_silent(self, seconds: float) -> None:
        """Let it answer nobody for a while, with its connections open."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.process.send_signal(signal.SIGCONT)


def serve(port: int, file: Path) -> None:
    """Serve a file slowly, from where it is asked for."""
    content = file.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            begun = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            if begun >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if begun else 200)
            self.send_header("Content-Length", str(len(content) - begun))
            self.end_headers()
            size = len(content) // BLOCKS + 1
            # Whoever downloads may be killed too.
            with suppress(ConnectionError):
                for place in range(begun, len(content), size):
                    self.wfile.write(content[place : place + size])
                    time.sleep(SECONDS / BLOCKS)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        os.write(1, b"listening\n")
        server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
