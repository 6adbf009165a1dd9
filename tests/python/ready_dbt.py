"""dbt commands that begin where dbt's modules are read already.

To read them takes Python two processor seconds, and the tests run dbt dozens of times. So each
process of the tests has a helper that reads them once, and a copy of the helper (a fork) runs each
command: dbt as it is installed, in a process, folder and environment of its own. It meets nothing
that another command left in memory.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path


class ReadyDbt:
    """A helper that has read dbt's modules; it runs a command at a time."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._helper: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def run(self, words: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
        """Run a dbt command, and give its exit code and all that it printed.

        Args:
            words: the command with its options.
            folder: where it runs.
            env: its whole environment.

        Raises:
            RuntimeError: the helper was ended by somebody else.
        """
        with self._lock, tempfile.NamedTemporaryFile("r", encoding="utf-8") as output:
            asked = {"words": [*words], "folder": str(folder), "env": dict(env)}
            helper = self._begun()
            assert helper.stdin
            assert helper.stdout
            try:
                helper.stdin.write(json.dumps(asked | {"output": output.name}) + "\n")
                helper.stdin.flush()
                answer = helper.stdout.readline()
            except BaseException:
                # The answer would be taken for that to the next command.
                helper.kill()
                self._helper = None
                raise
            if not answer:
                raise RuntimeError("What starts dbt for the tests was ended.")
            return int(answer), output.read()

    def end(self) -> None:
        """End the helper; another command would begin a new one."""
        if self._helper:
            self._helper.communicate()
            self._helper = None

    def _begun(self) -> "subprocess.Popen[str]":
        if self._helper is None:
            # As `wavehouse.building.dbt.START` does, with no module from the folder.
            words = [sys.executable, "-P", str(Path(__file__).resolve())]
            pipe = subprocess.PIPE
            self._helper = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        return self._helper


def serve() -> None:
    """Read dbt's modules, then run the commands that come, a line each, and answer exit codes."""
    # Not DuckDB, which begins a thread: a copy of the process would lack it.
    import dbt.adapters.sql
    import dbt.cli.main
    import dbt.task.build  # noqa: F401

    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            run_here(**asked)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run_here(words: Sequence[str], folder: str, env: Mapping[str, str], output: str) -> None:
    """Run a command in this process, and end it."""
    from dbt.cli.main import cli

    # What a command makes lasts until it ends; looking for cycles takes a third of its time.
    gc.disable()
    file = os.open(output, os.O_WRONLY | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, handle in enumerate((nothing, file, file)):
        os.dup2(handle, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["dbt", *words]
    # Ends by SystemExit, as does a process of its own.
    cli()


if __name__ == "__main__":
    serve()
