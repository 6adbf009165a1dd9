"""restic, which writes, encrypts and checks the repository of backups.

It is started as a program. Repository and password reach it by its own environment variables, so
that no list of processes shows them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from wavehouse.encryption.key import without_key
from wavehouse.errors import WavehouseError
from wavehouse.processes import ended_with_us

PROGRAM = "restic"
OLDEST = (0, 14)
# The same from whichever machine, so that restic knows the files of the last backup.
HOST = "wavehouse"
OURS = "wavehouse"
PASSWORDS = ("RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND")
REPOSITORY, REPOSITORY_FILE = "RESTIC_REPOSITORY", "RESTIC_REPOSITORY_FILE"
# Another program that uses the repository is waited for, that long and with such pauses.
PATIENCE, PAUSE = 600.0, 5.0
INSTALL = (
    "restic is not installed, and backups are made with it. Debian and Ubuntu, as root: "
    "apt-get install restic. Other systems: https://restic.net."
)
NO_PASSWORD = (
    "The backup repository has no password. Set RESTIC_PASSWORD_FILE (or RESTIC_PASSWORD, or "
    "RESTIC_PASSWORD_COMMAND), or name a file outside of the project as backup.password_file in "
    "operations.yml. Keep a copy of the password elsewhere: without it no backup can be read."
)
LOCKED = "already locked"
# A repository that cannot be written, such as on a full disk, can still be read: without a lock.
NO_LOCK = "unable to create lock"
READING = frozenset({"cat", "dump", "restore", "snapshots"})
SECRET_IN_URL = re.compile(r"(://[^/@:]*):[^/@]*@")
# What restic says, and what to do about it.
SAID = {
    r"wrong password": "The password is not that of the repository. Take the one that the first "
    "backup was made with.",
    r"dial tcp|connection refused|no such host|network is unreachable|i/o timeout": (
        "It cannot be reached; check network, name and access. Earlier backups are as they were."
    ),
    r"unable to open config file|Is there a repository": "There is no repository there, or it "
    "cannot be reached. Mount the disk, or check network, name and access.",
    r"no space left on device": "The disk of the repository is full. Make room there, or let "
    "backup.keep in operations.yml keep fewer, and run the command again. Earlier backups are "
    "as they were.",
    r"already initialized|config file already exists": "There is a repository already.",
    r"permission denied": "You may not write there. Give yourself the right to.",
    r"ciphertext|does not match|contains errors|invalid data|not found in repository": (
        "Files of the repository are damaged. The project itself is not. See "
        "docs/guide/back-up-and-restore.md, A damaged repository."
    ),
}


@dataclass(frozen=True)
class Snapshot:
    """What restic calls a snapshot: one tree of files, as it was at one time.

    Args:
        snapshot_id: restic's id of it.
        time: when it was made.
        tags: what we noted of it, by name: `backup`, `part`, `project`, perhaps `release`.
    """

    snapshot_id: str
    time: datetime
    tags: Mapping[str, str]

    @property
    def part(self) -> str:
        """Which part of a backup it is."""
        return self.tags.get("part", "")

    @property
    def number(self) -> int:
        """The how-manieth backup it was made for: their order, whatever the clock said."""
        return int(self.tags.get("number", 0))

    @property
    def backup_id(self) -> str:
        """The backup that it was made for."""
        return self.tags.get("backup", "")


@dataclass(frozen=True)
class Restic:
    """A repository, and how restic is let into it.

    Args:
        repository: as restic names it.
        password_file: the file with its password; what the environment names goes before it.
        holding: handles of locks that restic holds too, should we be killed and it live on.
        patience: for how many seconds others that use the repository are waited for.
    """

    repository: str
    password_file: Path | None = None
    holding: Sequence[int] = field(default=())
    patience: float = PATIENCE

    @property
    def name(self) -> str:
        """The repository as messages name it: without a password in its address."""
        return SECRET_IN_URL.sub(r"\1:***@", self.repository)

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """Run a command of restic and give what it printed; another user of it is waited for.

        Args:
            words: the command with its options.
            cwd: the folder that it works in.

        Raises:
            WavehouseError: restic is missing or failed; the message says what to do.
        """
        until = time.monotonic() + self.patience
        told = False
        command = words[0]
        if self._is_sealed():
            # restic would try for a quarter of an hour to write its lock.
            if command not in READING:
                raise WavehouseError(
                    f"{self.name} cannot be written: the disk is read-only, or you may not. Mount "
                    "it to be written, or give yourself the right to."
                )
            words, command = (*words, "--no-lock"), ""
        while True:
            code, out, said = self._start(words, cwd)
            if code == 0:
                return out
            if NO_LOCK in said and LOCKED not in said and command in READING:
                words = (*words, "--no-lock")
                command = ""
                continue
            if LOCKED not in said or time.monotonic() > until:
                raise WavehouseError(self._explain(words[0], said or out))
            if not told:
                waiting = "Waiting for another program that uses the repository."
                print(waiting, file=sys.stderr, flush=True)
                told = True
            time.sleep(min(PAUSE, self.patience))
            # Only a lock whose holder is dead, or that nobody has renewed for half an hour.
            self._start(("unlock",), None)

    def rows(self, *words: str, cwd: Path | None = None) -> list[dict[str, Any]]:
        """Run a command of restic that prints JSON, one object a line or one list."""
        out = self.run(*words, "--json", cwd=cwd).strip()
        if out.startswith("["):
            return list(json.loads(out) or [])
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def snapshots(self, **tags: str) -> list[Snapshot]:
        """Give our snapshots that have some tags, those of the first backup first."""
        wanted = ",".join([OURS, *(f"{name}:{value}" for name, value in tags.items())])
        found = [
            Snapshot(
                row["id"],
                # Python before 3.12 reads no more than six digits of a second.
                datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", row["time"])),
                dict(tag.split(":", 1) for tag in row["tags"] if ":" in tag),
            )
            for row in self.rows("snapshots", "--tag", wanted)
        ]
        return sorted(found, key=lambda each: (each.number, each.time, each.snapshot_id))

    def repository_id(self) -> str:
        """Give what tells this repository from another one."""
        name: str = json.loads(self.run("cat", "config"))["id"]
        return name

    def back_up(self, folder: Path, tags: Mapping[str, str]) -> dict[str, Any]:
        """Write all that is in a folder as one snapshot, and give restic's summary of it.

        Raises:
            WavehouseError: it failed, or a file could not be read; no snapshot is left then.
        """
        marks = ",".join([OURS, *(f"{name}:{value}" for name, value in tags.items())])
        # Hard links to a file change its ctime, and nothing of its content.
        words = ("backup", "--host", HOST, "--tag", marks, "--ignore-ctime", ".")
        try:
            rows = self.rows(*words, cwd=folder)
        except WavehouseError:
            self._forget_incomplete(tags)
            raise
        return next(row for row in reversed(rows) if row.get("message_type") == "summary")

    def forget(self, snapshots: Sequence[Snapshot]) -> None:
        """Take snapshots away; `prune` removes from the disk what only they had."""
        if snapshots:
            self.run("forget", *(each.snapshot_id for each in snapshots))

    def _is_sealed(self) -> bool:
        """Tell whether the repository is a folder that cannot be written."""
        folder = Path(self.repository) / "locks"
        return (
            self.repository.startswith("/") and folder.is_dir() and not os.access(folder, os.W_OK)
        )

    def _forget_incomplete(self, tags: Mapping[str, str]) -> None:
        """Take away the snapshot that restic wrote without a file that it could not read."""
        try:
            self.forget(self.snapshots(**tags))
        except WavehouseError:
            # What failed first is told. Where the project's part is missing, no backup is found.
            return

    def _start(self, words: Sequence[str], cwd: Path | None) -> tuple[int, str, str]:
        program = find_restic()
        with (
            subprocess.Popen(
                [program, *words],
                cwd=cwd,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                pass_fds=self.holding,
            ) as process,
            ended_with_us(process),
        ):
            out, said = process.communicate()
        return process.returncode, out, said

    def _environment(self) -> dict[str, str]:
        environment = {**without_key(), REPOSITORY: self.repository}
        environment.pop(REPOSITORY_FILE, None)
        # Several at once are an error to restic; the first is what it would take, if it took one.
        given = [name for name in PASSWORDS if os.environ.get(name)]
        if not given and self.password_file is None:
            raise WavehouseError(NO_PASSWORD)
        if not given:
            environment["RESTIC_PASSWORD_FILE"] = str(self.password_file)
        return environment

    def _explain(self, command: str, said: str) -> str:
        lines = [line for line in said.splitlines() if line and not line.startswith("{")]
        told = " ".join(lines[-3:])
        remedy = next((todo for text, todo in SAID.items() if re.search(text, said, re.I)), "")
        if command == "restore" and "no space left" in said:
            remedy = "The disk that is restored to is full. Make room, or name another folder."
        if LOCKED in said:
            remedy = (
                "Another program uses the repository, and still did after "
                f"{self.patience / 60:.0f} minutes. Wait for it. If nobody does, "
                "`restic unlock` takes the lock away."
            )
        return f"restic {command} failed on {self.name}: {told} {remedy}".rstrip()


def find_restic() -> str:
    """Give where restic is installed.

    Raises:
        WavehouseError: it is not.
    """
    found = shutil.which(PROGRAM)
    if found is None:
        raise WavehouseError(INSTALL)
    return found


def refuse_old_restic() -> None:
    """Make sure that restic is there and can do what backups need.

    Raises:
        WavehouseError: it is missing, or too old.
    """
    said = subprocess.run(
        [find_restic(), "version"],
        capture_output=True,
        text=True,
        check=False,
        env=without_key(),
    ).stdout
    found = re.search(r"restic (\d+)\.(\d+)", said)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise WavehouseError(f"restic {found[1]}.{found[2]} is too old. Install {wanted} or later.")
