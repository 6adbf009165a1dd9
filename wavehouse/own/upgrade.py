"""Bring a project to another version of Wavehouse, and back.

Everything is done beside the project first: the other version is installed into an environment of
its own, and brings a copy of the project's texts up to date with its own commands: it migrates the
codebook, writes the generated files, and compares the contracts. What differs then is what the
upgrade changes. Only files that follow from the version are among it; what the team wrote is not.

Putting it in place is written down before it begins, so that one that is killed is taken back.
"""

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wavehouse import __version__, environment
from wavehouse.codebook.tables import DESCRIPTIONS
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.generated import is_generated, is_generated_file
from wavehouse.locks import only_one
from wavehouse.migrations.codebook_state import VERSIONS
from wavehouse.own.lock import lock_of_project
from wavehouse.own.wheel import VENDOR, is_vendored_wheel, vendored_wheels, version_of
from wavehouse.product import LOCK, PACKAGE, link_product
from wavehouse.project import Project
from wavehouse.publishing.contracts import record_contracts
from wavehouse.writing import PARTIAL, write_whole

SAID = "upgrade.json"
# What is no text of the project, or is made again.
NOT_COPIED = {
    *(".git", ".venv", ".wavehouse", "target", "warehouse", "logs", "dbt_packages"),
    *("landing", "drafts"),
}
# dbt writes it before the first build.
LOCK_OF_DBT = "package-lock.yml"
# The other version's own commands, in this order.
STEPS = (("migrate", "--apply"), ("generate",), ("contracts",))
NOTHING_DONE = "Nothing was changed. The same command with --apply does it."


@dataclass
class Upgrade:
    """What another version changes in a project.

    `files` are the new contents by name, none where a file goes; `said` is what the other version
    said of its migrations.
    """

    version: str
    files: dict[str, bytes | None] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def upgrade(project: Project, wheel: Path, *, does_it: bool, builds: bool = False) -> list[str]:
    """Show what another version of Wavehouse changes in a project, or put it in place.

    Args:
        project: the project.
        wheel: the file of the other version.
        does_it: whether to put it in place.
        builds: whether the other version first builds and tests the copy; if that fails, nothing
            is put in place.

    Returns:
        lines that say so.

    Raises:
        WavehouseError: the project is not apart from Wavehouse, or the file is no wheel of it, or
            the other version cannot be installed, or does not read or build the project.
        ProblemsError: it would change a file that is the team's.
    """
    _refuse_product(project)
    with only_one(_kept(project) / "lock", "upgrade"):
        _end_what_was_begun(project)
        plan = _plan(project, wheel)
        if builds:
            _build_copy(project, plan.version)
        if not plan.files:
            return [f"The project already uses Wavehouse {plan.version}."]
        lines = [
            f"From Wavehouse {_version_in_use(project)} to {plan.version}:",
            *(f"  {line}" for line in plan.said),
            *_shown(project, plan),
        ]
        if not does_it:
            return [*lines, NOTHING_DONE]
        _put_in_place(project, plan)
        return [
            *lines,
            "The files as they were are kept in .wavehouse/upgrade; `wavehouse upgrade --undo` "
            "puts them back.",
            "Next: make (it installs the version, builds, tests and publishes), then `wavehouse "
            "releases` and `wavehouse diff` to see whether a number changed.",
        ]


def undo(project: Project) -> list[str]:
    """Take the last upgrade back.

    Raises:
        WavehouseError: none is kept.
        ProblemsError: a file that it wrote was changed since; nothing is put back then.
    """
    _refuse_product(project)
    with only_one(_kept(project) / "lock", "upgrade"):
        if _end_what_was_begun(project):
            return ["The upgrade that was stopped was undone. Next: make"]
        record = _kept(project) / SAID
        if not record.is_file():
            raise WavehouseError(
                "No upgrade is kept in .wavehouse/upgrade, so there is nothing to undo. Take the "
                "files from version control."
            )
        said = json.loads(record.read_text(encoding="utf-8"))
        changed = [
            f"{name} has changed since. Undo that change first, or take the older file from "
            ".wavehouse/upgrade/before by hand."
            for name, digest in said["files"].items()
            if _digest(path := project.root / name) != digest
            # What a build since wrote again is nobody's edit.
            and not (path.is_file() and is_generated_file(path))
        ]
        if changed:
            raise ProblemsError("The upgrade cannot be undone:", changed)
        _put_back(project, said)
        return [f"The upgrade was undone: the project uses {said['from']} again. Next: make"]


def _refuse_product(project: Project) -> None:
    if not project.is_own:
        raise WavehouseError(
            "This is Wavehouse itself, not a project of a team. Update it with git. `wavehouse "
            "init FOLDER` begins a project that can be upgraded."
        )


def _plan(project: Project, wheel: Path) -> Upgrade:
    plan = Upgrade(version_of(wheel))
    content = wheel.read_bytes()
    with zipfile.ZipFile(wheel) as packed:
        lock = lock_of_project(packed.read(f"{PACKAGE}/product/{LOCK}").decode())
    trial = project.target / "upgrade"
    copy = trial / "project"
    shutil.rmtree(copy, ignore_errors=True)
    before = dict(_texts(project.root))
    for name, text in before.items():
        write_whole(copy / name, text)
    # What readers rely on now, so that the other version is held to it.
    link_product(copy)
    record_contracts(Project(copy))
    vendored = f"{VENDOR}/{wheel.name}"
    for name in before:
        if is_vendored_wheel(name):
            (copy / name).unlink()
    write_whole(copy / vendored, content)
    write_whole(copy / LOCK, lock)
    program = _installed(trial / "venv", copy / LOCK, copy / vendored)
    for step in STEPS:
        plan.said += _run(project, program, copy, step)
    after = dict(_texts(copy))
    plan.files = {
        name: after.get(name)
        for name in sorted({*before, *after})
        if after.get(name) != before.get(name) and not (name == LOCK_OF_DBT and name not in before)
    }
    theirs = [name for name in plan.files if not _follows_from_version(name, before, after)]
    if theirs:
        raise ProblemsError(
            "Wavehouse would change files that are yours. Nothing was changed:",
            [f"{name}: tell the maintainers of Wavehouse" for name in theirs],
        )
    return plan


def _installed(folder: Path, lock: Path, wheel: Path) -> Path:
    """Install a version into an environment of its own, and give its program."""
    known = folder.with_name("installed.txt")
    digest = hashlib.sha256(lock.read_bytes() + wheel.read_bytes()).hexdigest()
    program = folder / "bin" / PACKAGE
    if program.is_file() and known.is_file() and known.read_text() == digest:
        return program
    known.unlink(missing_ok=True)
    words = ["--require-hashes", environment.LOCKED, str(lock)]
    code = environment.main(
        [str(folder), "--", *words, "--", "--no-deps", "--force-reinstall", str(wheel)]
    )
    if code != 0:
        raise WavehouseError(
            f"{wheel.name} could not be installed for a trial; see the messages above. Nothing "
            "was changed."
        )
    write_whole(known, digest)
    return program


def _build_copy(project: Project, version: str) -> None:
    """Build and test the copy with the other version. What it publishes stays in the copy."""
    trial = project.target / "upgrade"
    done = subprocess.run(
        [trial / "venv" / "bin" / PACKAGE, "--project-dir", trial / "project", "build"],
        check=False,
        env=_environment(project),
    )
    if done.returncode != 0:
        raise WavehouseError(
            f"The project does not build with Wavehouse {version}; see the messages above. Nothing "
            "was changed."
        )


def _environment(project: Project) -> dict[str, str]:
    """Give the environment of the other version: it reads landed waves where they are."""
    return {**os.environ, "WAVEHOUSE_LANDING": str(project.landing.resolve())}


def _run(project: Project, program: Path, copy: Path, step: tuple[str, ...]) -> list[str]:
    """Run a command of the other version on the copy, and give what it says of a migration."""
    done = subprocess.run(
        [program, "--project-dir", copy, *step],
        check=False,
        capture_output=True,
        text=True,
        env=_environment(project),
    )
    if done.returncode != 0:
        said = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
        raise WavehouseError(
            f"The other version cannot read the project (`wavehouse {' '.join(step)}`). Nothing "
            f"was changed. It says:\n{said.replace(str(copy), '.')}"
        )
    return done.stdout.splitlines()[:-1] if step[0] == "migrate" else []


def _texts(root: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files of a project that are not made again, with their contents."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        if here == root:
            folders[:] = [name for name in folders if name not in NOT_COPIED]
        for name in names:
            path = here / name
            if path.is_file() and path.suffix not in {PARTIAL, ".duckdb"}:
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _follows_from_version(name: str, before: dict[str, bytes], after: dict[str, bytes]) -> bool:
    """Tell whether a file is one that a version of Wavehouse writes, and nobody else."""
    if name == LOCK or is_vendored_wheel(name):
        return True
    # A migration keeps the rows, and notes itself; without one no table changes.
    if name.startswith("seeds/codebook/"):
        noted = f"seeds/codebook/{VERSIONS}"
        return name.endswith(f"/{DESCRIPTIONS}") or before.get(noted) != after.get(noted)
    if name == "models/marts/released_contracts.json":
        return True
    found = [content for content in (before.get(name), after.get(name)) if content is not None]
    return all(is_generated(content) for content in found)


def _version_in_use(project: Project) -> str:
    found = vendored_wheels(project.root)
    return version_of(found[-1]) if found else __version__


def _shown(project: Project, plan: Upgrade) -> list[str]:
    verbs = {
        name: "goes" if content is None else "changes" if (project.root / name).exists() else "new"
        for name, content in plan.files.items()
    }
    return [f"  {name}: {verb}" for name, verb in verbs.items()]


def _put_in_place(project: Project, plan: Upgrade) -> None:
    kept = _kept(project)
    before = kept / "before"
    (kept / SAID).unlink(missing_ok=True)
    shutil.rmtree(before, ignore_errors=True)
    said = {
        "from": f"Wavehouse {_version_in_use(project)}",
        "to": f"Wavehouse {plan.version}",
        "is_done": False,
        "files": {
            name: hashlib.sha256(content).hexdigest() if content is not None else ""
            for name, content in plan.files.items()
        },
    }
    for name in plan.files:
        if (project.root / name).is_file():
            write_whole(before / name, (project.root / name).read_bytes())
    write_whole(kept / SAID, json.dumps(said, indent=2) + "\n")
    for name, content in plan.files.items():
        path = project.root / name
        if content is None:
            path.unlink()
        else:
            write_whole(path, content)
    write_whole(kept / SAID, json.dumps({**said, "is_done": True}, indent=2) + "\n")


def _end_what_was_begun(project: Project) -> bool:
    """Take an upgrade back that was stopped on its way; tell whether there was one."""
    record = _kept(project) / SAID
    if not record.is_file():
        return False
    said = json.loads(record.read_text(encoding="utf-8"))
    if said["is_done"]:
        return False
    _put_back(project, said)
    return True


def _put_back(project: Project, said: dict[str, dict[str, str]]) -> None:
    kept = _kept(project)
    for name in said["files"]:
        old, path = kept / "before" / name, project.root / name
        if old.is_file():
            write_whole(path, old.read_bytes())
        else:
            path.unlink(missing_ok=True)
    # The older file looks older than what is installed, and make goes by the time.
    (kept / SAID).unlink()
    shutil.rmtree(kept / "before")


def _kept(project: Project) -> Path:
    return project.root / ".wavehouse" / "upgrade"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
