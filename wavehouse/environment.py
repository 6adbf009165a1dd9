"""Make a virtual environment with packages in it; one that was left unfinished is made again.

    python3 -m wavehouse.environment FOLDER -- WORDS OF PIP INSTALL [-- WORDS OF PIP INSTALL]

A run that is killed may leave any file of any package behind, and pip takes a package with half of
its files for installed. So `.unfinished` stands in the folder from its first moment until all is
there; then it is renamed to `.installed`, which the Makefile looks at.

Where a lock file has uv in it, uv installs: it takes a seventh of the time. It is told the indexes
that pip is set to, and where it fails pip does the same.

This runs before anything is installed, with whatever Python there is: standard library only.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NEEDED = (3, 11)
UNFINISHED = ".unfinished"
INSTALLED = ".installed"
LOCKED = "--requirement"
# A package of a lock file with its hashes, as pip reads it.
LOCKED_UV = re.compile(r"^uv==(?:.*\\\n)*.*\n", re.MULTILINE)
# A line of `pip config list`; what the environment says goes before files, the user's before the
# machine's.
SETTING = re.compile(r"^(global|user|site|install|:env:)\.([\w-]+)='(.*)'$", re.MULTILINE)
RANKS = ("global", "user", "site", "install", ":env:")
# Settings of pip that uv knows by another name.
OF_UV = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}


def main(words: "Sequence[str]") -> int:
    """Make the environment that the words name.

    Returns:
        0, or the exit code of what failed. The environment is unfinished then.
    """
    if sys.version_info < NEEDED:
        wanted = ".".join(str(part) for part in NEEDED)
        print(
            f"Python {wanted} or later is needed; name one with make PYTHON=...",
            file=sys.stderr,
        )
        return 1
    folder, *rest = words
    place = Path(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    before = _time_of(place / INSTALLED)
    with only_one(place.parent / f"{place.name}.lock"):
        if _time_of(place / INSTALLED) > before:
            return 0  # another run, which this one waited for, has just made it
        return make_environment(place, _lists(rest))


def make_environment(folder: Path, installs: "Sequence[Sequence[str]]") -> int:
    """Make or bring up to date an environment; only for the holder of its lock.

    Args:
        folder: where it is to be.
        installs: for each run of `pip install`, its words.

    Returns:
        0 if all is there; else the exit code of what failed.
    """
    if (folder / UNFINISHED).exists():
        print(f"An earlier run was stopped before {folder} was finished, so it is made again.")
        discard(folder)
    print(
        f"Installing packages into {folder}: this takes less than a minute, or longer if they "
        "must be downloaded.",
        flush=True,
    )
    python = folder / "bin" / "python"
    if _code([python, "-m", "pip", "--version"], quiet=True) != 0:
        # Not there, or without pip, or of a Python that is gone.
        discard(folder)
        folder.mkdir()
        (folder / UNFINISHED).touch()
        code = _code([sys.executable, "-m", "venv", folder])
        if code != 0:
            return code
    (folder / UNFINISHED).touch()
    (folder / INSTALLED).unlink(missing_ok=True)
    uv = _uv(folder, python, installs)
    for words in installs:
        pip = [python, "-m", "pip", "install", "--quiet", "--quiet", *words]
        # What uv cannot do pip may, or it says why not.
        if not (uv and _code([*uv, *words], quiet=True) == 0):
            code = _code(pip)
            if code != 0:
                return code
    (folder / UNFINISHED).replace(folder / INSTALLED)
    # The time that make compares is that of the end.
    (folder / INSTALLED).touch()
    return 0


def _uv(
    folder: Path, python: Path, installs: "Sequence[Sequence[str]]"
) -> "list[str | Path] | None":
    """Install the locked uv and give the words that it installs by; none if that does not work."""
    locks = [words[words.index(LOCKED) + 1] for words in installs if LOCKED in words]
    found = [
        LOCKED_UV.search(path.read_text("utf-8")) for path in map(Path, locks) if path.is_file()
    ]
    if not any(found):
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as pinned:
        pinned.write("".join(each[0] for each in found if each))
        pinned.flush()
        words = [python, "-m", "pip", "install", "--quiet", "--quiet"]
        if _code([*words, "--no-deps", "--require-hashes", LOCKED, pinned.name], quiet=True) != 0:
            return None
    settings = _settings_of_pip(python)
    if "cert" in settings:
        os.environ.setdefault("SSL_CERT_FILE", settings["cert"])
    options = ["--index-strategy", "unsafe-best-match"]  # as pip does it
    options += ["--no-index"] if settings.get("no-index") in {"1", "true", "True"} else []
    for name, option in OF_UV.items():
        for value in settings.get(name, "").replace("\\n", " ").split():
            options += [option, value]
    return [folder / "bin" / "uv", "pip", "install", "--python", python, *options]


def _settings_of_pip(python: Path) -> "dict[str, str]":
    """Give what pip is set to, by name."""
    said = subprocess.run(
        [os.fspath(python), "-m", "pip", "config", "list"],
        check=False,
        capture_output=True,
        text=True,
        env=_without_key(),
    ).stdout
    settings = sorted(SETTING.findall(said), key=lambda each: RANKS.index(each[0]))
    return {name: value for _, name, value in settings}


def discard(folder: Path) -> None:
    """Remove an environment. Killed on the way, none is there that looks whole."""
    removed = folder.with_name(f"{folder.name}.removed")
    shutil.rmtree(removed, ignore_errors=True)
    if folder.exists() or folder.is_symlink():
        folder.rename(removed)
        if removed.is_symlink():
            removed.unlink()
        shutil.rmtree(removed, ignore_errors=True)


@contextmanager
def only_one(lock: Path) -> "Iterator[None]":
    """Hold a lock for a block, waiting for another run to end. It ends with its process."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run that installs packages.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lists(words: "Sequence[str]") -> "list[list[str]]":
    """Cut words at each `--`."""
    lists: list[list[str]] = []
    for word in words:
        if word == "--":
            lists.append([])
        else:
            lists[-1].append(word)
    return lists


def _code(words: "Sequence[str | Path]", quiet: bool = False) -> int:
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(
            [os.fspath(word) for word in words],
            check=False,
            stdout=output,
            stderr=output,
            env=_without_key(),
        ).returncode
    except OSError:
        return 127


def _without_key() -> "dict[str, str]":
    """Give the environment without an encryption key, which no installer needs."""
    secret = ("WAVEHOUSE_KEY", "DBT_ENV_SECRET_WAVEHOUSE_KEY")
    return {name: value for name, value in os.environ.items() if name not in secret}


def _time_of(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
