"""Say what is installed, what is missing, and whether a project is in order."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from wavehouse import __version__
from wavehouse.errors import WavehouseError
from wavehouse.own.lock import locked_versions
from wavehouse.product import LOCK, is_checkout
from wavehouse.project import Project

# What the numbers depend on, apart from Wavehouse itself.
WATCHED = ("dbt-core", "dbt-duckdb", "duckdb")
# Programs that only some commands need.
OPTIONAL = {
    "git": "to keep the project's history (any version)",
    "postgres": "to build on a throwaway PostgreSQL (Debian: postgresql)",
    "restic": "to back up and restore (Debian: restic)",
}
# Settings that the project's own file gives the generated models and the seeds.
SETTINGS = {
    "profile": "profile:",
    "where the macros for seeds are looked for": "macro_namespace: dbt",
    "the schema of the codebook": "+schema: codebook",
    "the schema of public tables": "+schema: marts",
    "the contracts of public tables": "enforced: true",
}


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is in order, and what to do where it is not."""

    what: str
    said: str
    remedy: str = ""
    is_hint: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to act."""
        return bool(self.remedy) and not self.is_hint

    def __str__(self) -> str:
        mark = "FAIL" if self.is_wrong else "hint" if self.is_hint else "ok"
        line = f"{mark:4}  {self.what}: {self.said}"
        return f"{line}\n      {self.remedy}" if self.remedy else line


def examine(project: Project) -> list[Finding]:
    """Look at installation and project; one thing that fails hides no other."""
    found: list[Finding] = []
    for part in PARTS:
        try:
            found += part(project)
        except (WavehouseError, OSError) as error:
            found.append(Finding(part.__name__.strip("_").replace("_", " "), "failed", str(error)))
    return found


# In profiles.yml as projects had it at first.
OLD_FOLDER = "temp_directory: \"{{ env_var('WAVEHOUSE_DATABASE'"


def _installation(project: Project) -> Iterator[Finding]:
    place = "its checkout" if is_checkout() else "a wheel"
    yield Finding("Wavehouse", f"{__version__}, from {place}")
    yield Finding("Python", ".".join(map(str, sys.version_info[:3])))
    lock = project.root / LOCK
    pinned = locked_versions(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
    for name in WATCHED:
        try:
            installed = version(name)
        except PackageNotFoundError:
            yield Finding(name, "not installed", "Run `make`.")
            continue
        wanted = pinned.get(name, installed)
        yield Finding(
            name,
            installed,
            "" if wanted == installed else f"{LOCK} wants {wanted}. Run `make`.",
        )
    for program, why in OPTIONAL.items():
        if not shutil.which(program):
            yield Finding(program, "not found", f"Only needed {why}.", is_hint=True)


def _version_of_the_project(project: Project) -> Iterator[Finding]:
    if not project.is_own:
        yield Finding("Project", "Wavehouse itself, with its example studies")
        return
    from wavehouse.own.wheel import VENDOR, vendored_wheels, version_of

    wheels = vendored_wheels(project.root)
    if len(wheels) != 1:
        yield Finding(
            VENDOR,
            f"{len(wheels)} wheels of Wavehouse",
            "The project needs the one that it is built with. Take it from version control.",
        )
    else:
        kept = version_of(wheels[0])
        yield Finding(
            f"Project {project.name}",
            f"is built with Wavehouse {kept}",
            ""
            if kept == __version__ or is_checkout()
            else f"Installed is {__version__}. Run `make`.",
        )
    text = (project.root / "dbt_project.yml").read_text(encoding="utf-8")
    for what, setting in SETTINGS.items():
        if setting not in text:
            yield Finding(
                "dbt_project.yml",
                f"{what} is not set ({setting})",
                "Compare it with that of a new project: `wavehouse init new-project`.",
            )


def _texts(project: Project) -> Iterator[Finding]:
    from wavehouse.generate import check_generated
    from wavehouse.migrations.codebook_state import codebook_problem
    from wavehouse_exchange.onboarding.draft import open_problems

    problem = codebook_problem(project)
    yield Finding("Codebook", "of another version" if problem else "of this version", problem or "")
    if problem:
        return
    try:
        check_generated(project)
        yield Finding("Files and generated files", "in order")
    except WavehouseError as error:
        yield Finding("Files", "not in order", str(error))
    drafts = open_problems(project)
    yield Finding(
        "Drafts of waves",
        f"{len(drafts)} open" if drafts else "none open",
        "\n      ".join(drafts),
    )


def _warehouse(project: Project) -> Iterator[Finding]:
    from wavehouse.building.fingerprint import fingerprint
    from wavehouse.publishing.releases import published_manifest

    published = published_manifest(project)
    if published is None:
        yield Finding("Warehouse", "nothing is published yet", "Run `make`.", is_hint=True)
        return
    is_new = published["fingerprint"] == fingerprint(project)
    yield Finding(
        "Warehouse",
        f"published at {published['published_at']}",
        "" if is_new else "The project has changed since then. Run `make`.",
        is_hint=not is_new,
    )
    free = shutil.disk_usage(project.root).free
    size = sum(path.stat().st_size for path in _files(project.warehouse / "current"))
    yield Finding(
        "Disk",
        f"{free / 1e9:.1f} GB free, a release takes {size / 1e9:.2f} GB",
        "" if free > 3 * size else "Make room: a build needs three times a release.",
    )


def _profile(project: Project) -> Iterator[Finding]:
    """Say what the project's own profiles.yml has, which new projects have no more."""
    path = project.root / "profiles.yml"
    if path.is_file() and OLD_FOLDER in path.read_text(encoding="utf-8"):
        yield Finding(
            "profiles.yml",
            "says `temp_directory` in `settings` of the target `duckdb`",
            "A build that does not fit into memory fails, since dbt sets it again. Take the lines "
            "`temp_directory` and `temp_file_encryption` out: neither is needed any more.",
        )


def _postgres(project: Project) -> Iterator[Finding]:
    """Say how the server that `WAVEHOUSE_PG_...` names is reached, if one is named."""
    from wavehouse.building.postgres_target import NAMED, SSLMODE, is_local, verifies, where
    from wavehouse.operations.findings.postgres_facts import ask_postgres, uses_postgres

    if not uses_postgres():
        return
    what, facts = f"PostgreSQL at {where()}", ask_postgres()
    if facts.error:
        yield Finding(what, "cannot be reached", f"{facts.error.rstrip('.')}.")
        return
    said = f"encrypted ({facts.tls})" if facts.tls else "not encrypted"
    if is_local():
        yield Finding(what, f"on this machine, {said}")
    elif facts.tls is None:
        yield Finding(
            what,
            f"on another machine, {said}",
            f"Answers and passwords go over the network in the clear. Set {SSLMODE}={NAMED}; "
            "docs/guide/postgresql.md says how.",
        )
    elif not verifies():
        yield Finding(
            what,
            f"on another machine, {said}; it is not verified that it is this server",
            f"Set {SSLMODE}={NAMED}, so that nobody in between can be taken for the server.",
            is_hint=True,
        )
    else:
        yield Finding(what, f"on another machine, {said}, verified by its certificate")
    if SSLMODE not in (project.root / "profiles.yml").read_text(encoding="utf-8"):
        yield Finding(
            "profiles.yml",
            f"does not read {SSLMODE}",
            "dbt connects as it always did. Take the lines `sslmode` and `sslrootcert` from that "
            "of a new project: `wavehouse init new-project`.",
        )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.resolve().rglob("*") if path.is_file())


PARTS: tuple[Callable[[Project], Iterator[Finding]], ...] = (
    _installation,
    _version_of_the_project,
    _texts,
    _warehouse,
    _profile,
    _postgres,
)
