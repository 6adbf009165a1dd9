"""The last release, handed to other clones, so that they can check a change against it.

    baseline.json              which release it is, what made it, and the sums of the other files
    manifest.json.gz           dbt's artifacts of the build
    run_results.json.gz
    compiled.json              SQL of what reads the project itself
    large_seeds.json           sums of files that dbt compares by path only
    parquet/                   what revisions are compared with
    wavehouse.duckdb           the working database that the release was made of

Builds on PostgreSQL are not published, and their tables stay on the server: the folder has the
first five of these, of the last build that passed.

The folder appears in one step, and none of its files is ever changed. Its users
make links to the files first, so a newer release in its place does not disturb them.
"""

import gzip
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wavehouse.building.artifacts import FOLDER, MANIFEST, RESULTS, keep_artifacts, read_artifact
from wavehouse.building.dbt import run_dbt
from wavehouse.building.fingerprint import VERSIONED, fingerprint
from wavehouse.building.postgres import connect_to_target
from wavehouse.changes import dbt_change
from wavehouse.changes.attached_release import PREFIX, SETTING, Beside
from wavehouse.checksums import sha256_of
from wavehouse.encryption.databases import connect, is_encrypted
from wavehouse.encryption.key import secret
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse.publishing.history import NO_LINKS
from wavehouse.publishing.publish import PASSED, RELEASE_FILE, passed_build
from wavehouse.publishing.releases import manifest_of, release_folder, seal
from wavehouse.writing import explained, new_folder, write_whole

FORMAT = 1
RECORD = "baseline.json"
DATABASE = "wavehouse.duckdb"
PARQUET = "parquet"
# What the macro `published_rows` reads.
PUBLISHED = (
    *("dictionary_fingerprints", "fct_revisions"),
    *("fct_period_estimates", "fct_pooled_estimates", "fct_trend_estimates"),
)
# What decides how a build runs, and is no node.
INPUTS = ("profiles.yml", "requirements.lock")
# Of the last build that passed on a server, beside its artifacts.
BUILD = "build.json"
# What dbt builds in, on a server.
SCHEMAS = (
    *("codebook", "library", "reference", "waves"),
    *("staging", "intermediate", "marts", "operations", "wavehouse"),
)


@dataclass(frozen=True)
class Baseline:
    """A release that a change is checked against.

    Args:
        release: its id.
        published_at: when it was published.
        database: what its database is called in its own views.
        versions: of the programs that made it.
        inputs: sums of the files that decide how a build runs, by name.
        landed: its landed waves, as `study/wave`.
        files: sums of its files, by their path in the folder.
        format: of the folder.
    """

    release: str
    published_at: str
    database: str
    versions: dict[str, str]
    inputs: dict[str, str]
    landed: list[str]
    files: dict[str, str]
    target: str = "duckdb"
    format: int = FORMAT


def write_baseline(project: Project, folder: Path, target: str = "duckdb") -> Baseline:
    """Write the folder that changes are checked against.

    Args:
        project: has just been built.
        folder: is made, or replaced if it was written by this.
        target: the dbt target: of `duckdb` it is the release that counts, of `postgres` the last
            build that passed.

    Raises:
        WavehouseError: nothing is published, or what was built is not of the files as they are.
    """
    place = folder.resolve()
    _check_place(place)
    lock = (project.target if target == "duckdb" else project.target / target) / ".build.lock"
    with explained(place), only_one(lock, "build"), new_folder(place) as partial:
        take = _take_release if target == "duckdb" else _take_build
        baseline = take(project, partial, target)
        _compile_readers(project, partial, baseline)
        files = sorted(path for path in partial.rglob("*") if path.is_file())
        sums = {path.relative_to(partial).as_posix(): sha256_of(path) for path in files}
        record = json.dumps({**asdict(baseline), "files": sums}, indent=2) + "\n"
        (partial / RECORD).write_text(record, encoding="utf-8")
        seal(partial)
    return baseline


def _take_release(project: Project, partial: Path, target: str) -> Baseline:
    """Copy what the folder has of the release that counts, and describe it."""
    release = release_folder(project)
    manifest = manifest_of(release)
    try:
        build = passed_build(project)
    except WavehouseError:
        build = None
    if (
        manifest is None
        or build is None
        or not build.fingerprint == manifest["fingerprint"] == fingerprint(project)
    ):
        raise WavehouseError(
            "The working database or the project's files have changed since the last publish, so "
            "a change cannot be compared with them. Run `make`, then this command again."
        )
    if not (release / FOLDER).is_dir():
        raise WavehouseError(
            f"Release {manifest['release']} was published by an older version, which did not keep "
            "dbt's files. Run `wavehouse build --force`, then this command again."
        )
    for file in (release / FOLDER).iterdir():
        shutil.copyfile(file, partial / file.name)
    shutil.copyfile(project.working_database, partial / DATABASE)
    (partial / PARQUET).mkdir()
    for name in PUBLISHED:
        file = release / PARQUET / f"{name}.parquet"
        shutil.copyfile(file, partial / PARQUET / file.name)
    if (release / PARQUET / RELEASE_FILE).is_file():
        shutil.copyfile(release / PARQUET / RELEASE_FILE, partial / PARQUET / RELEASE_FILE)
    if passed_build(project) != build:
        raise WavehouseError("The working database changed meanwhile. Run the command again.")
    return Baseline(
        manifest["release"],
        manifest["published_at"],
        _database_of(partial),
        {name: manifest["versions"][name] for name in VERSIONED},
        digests_of_inputs(project),
        _landed_waves(partial / DATABASE),
        {},
        target,
    )


def _take_build(project: Project, partial: Path, target: str) -> Baseline:
    """Copy what the folder has of the last build on a server that passed, and describe it."""
    kept = project.target / target / PASSED
    try:
        build = json.loads((kept / BUILD).read_text(encoding="utf-8"))
    except OSError:
        raise WavehouseError(
            f"No build on {target} has passed since the last one began. Run `wavehouse build "
            f"--target {target}`, then this command again."
        ) from None
    if build["fingerprint"] != fingerprint(project):
        raise WavehouseError(
            f"The project's files have changed since the build on {target}. Run `wavehouse build "
            f"--target {target}`, then this command again."
        )
    for name in (f"{MANIFEST}.gz", f"{RESULTS}.gz"):
        shutil.copyfile(kept / name, partial / name)
    return Baseline(
        f"of {build['built_at']} on {target}",
        build["built_at"],
        _database_of(partial),
        build["versions"],
        digests_of_inputs(project),
        [],
        {},
        target,
    )


def _database_of(partial: Path) -> str:
    nodes = read_artifact(partial / f"{MANIFEST}.gz")["nodes"].values()
    name: str = next(node["database"] for node in nodes)
    return name


def keep_build(project: Project, target: str, fingerprint_of_files: str) -> None:
    """Note that a build on a server passed, with what dbt said of it."""
    from importlib.metadata import version

    kept = project.target / target / PASSED
    keep_artifacts(project, project.target / target, kept)
    record = {
        "fingerprint": fingerprint_of_files,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in VERSIONED},
    }
    write_whole(kept / BUILD, json.dumps(record, indent=2) + "\n")


def forget_kept_build(project: Project, target: str) -> None:
    """Take that back, before anything changes what was built."""
    (project.target / target / PASSED / BUILD).unlink(missing_ok=True)


def read_baseline(folder: Path) -> Baseline | None:
    """Read what a folder holds; None if it is missing or empty, so there is no release yet.

    Raises:
        WavehouseError: it holds something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    try:
        found: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise WavehouseError(
            f"{folder} holds no release to compare with: `wavehouse baseline FOLDER` writes one. "
            "If there is no release yet, name a folder that is missing or empty."
        ) from None
    if found.get("format") != FORMAT:
        raise WavehouseError(
            f"{folder} was written by another version of Wavehouse. Publish with the version that "
            "you use, and write the folder again with `wavehouse baseline FOLDER`."
        )
    return Baseline(**found)


def pin(folder: Path, baseline: Baseline, place: Path) -> None:
    """Take a release's files, so that nobody can replace them meanwhile: by links, or as copies.

    Args:
        folder: the folder of the release.
        baseline: what it says of itself.
        place: gets the files; artifacts are unpacked there.

    Raises:
        WavehouseError: the files are not those that belong together.
    """
    shutil.rmtree(place, ignore_errors=True)
    wrong = []
    for name, expected in baseline.files.items():
        copy = place / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            _take(folder / name, copy)
        except FileNotFoundError:
            wrong.append(name)
            continue
        if sha256_of(copy) != expected:
            wrong.append(name)
    if wrong:
        raise WavehouseError(
            f"{folder} is not complete: {', '.join(wrong)} is missing or has changed. Perhaps the "
            "folder was copied only in part, or a newer release is being written into it. Get it "
            "again."
        )
    for name in (MANIFEST, RESULTS):
        (place / name).write_bytes(gzip.decompress((place / f"{name}.gz").read_bytes()))


@contextmanager
def standing_beside(
    project: Project, folder: Path, baseline: Baseline, state: Path
) -> Iterator[Beside]:
    """Let dbt build into a place of its own, with the release beside it for reading.

    Args:
        project: the project, from whose folder dbt sees the paths: they are the same in each clone,
            so that dbt need not read again what it has read there.
        folder: where a database goes; an earlier one is removed.
        baseline: the release.
        state: the folder with its files.
    """
    options = ("--defer", "--state", str(state))
    if baseline.target == "postgres":
        with own_schemas() as prefix:
            yield Beside(options, baseline.database, prefix=prefix)
        return
    # Its name is that of a catalog, which has to be another one than the release's.
    own = folder / ("changed.duckdb" if baseline.database == "change" else "change.duckdb")
    database = project.relative(state / DATABASE)
    attached: dict[str, Any] = {"path": database, "alias": baseline.database, "read_only": True}
    if is_encrypted(state / DATABASE):
        attached["options"] = {"encryption_key": secret()}
    settings = {
        "WAVEHOUSE_ATTACH": repr([attached]),
        "WAVEHOUSE_PUBLISHED": project.relative(state / PARQUET),
    }
    with own_database(project, own, settings):
        yield Beside(options, baseline.database, state / DATABASE)


@contextmanager
def own_database(
    project: Project, database: Path, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """Build into a database file that begins empty, for the length of the block."""
    database.parent.mkdir(parents=True, exist_ok=True)
    for file in database.parent.glob("change*.duckdb*"):
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
    with _set({"WAVEHOUSE_DATABASE": project.relative(database), **settings}):
        yield


@contextmanager
def own_schemas() -> Iterator[str]:
    """Build into schemas that begin empty, for the length of the block; give their prefix."""
    prefix = os.environ.get(SETTING) or PREFIX
    connection = connect_to_target()
    try:
        with connection.cursor() as cursor:
            for schema in SCHEMAS:
                cursor.execute(f'drop schema if exists "{prefix}{schema}" cascade')
        connection.commit()
    finally:
        connection.close()
    with _set({SETTING: prefix}):
        yield prefix


@contextmanager
def _set(settings: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the length of the block."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def digests_of_inputs(project: Project) -> dict[str, str]:
    """Give the sums of the files that decide how a build runs, by name."""
    return {
        name: sha256_of(project.root / name) for name in INPUTS if (project.root / name).is_file()
    }


def _compile_readers(project: Project, partial: Path, baseline: Baseline) -> None:
    """Add the SQL of what reads the project itself, made as it will be for a change."""
    folder = project.target / "baseline"
    for name in (MANIFEST, RESULTS):
        (partial / name).write_bytes(gzip.decompress((partial / f"{name}.gz").read_bytes()))
    with standing_beside(project, folder, baseline, partial):
        words = (dbt_change.COMPILE, str(project.root), str(folder), str(partial))
        options = ("--target", baseline.target, "--target-path", str(folder))
        if run_dbt(project, *words, *options, program=dbt_change.START):
            raise WavehouseError("dbt could not read the project again; see the messages above.")
    for name in (dbt_change.COMPILED, dbt_change.LARGE_SEEDS):
        shutil.copyfile(folder / name, partial / name)
    for name in (MANIFEST, RESULTS):
        (partial / name).unlink()
    for file in folder.glob("*.duckdb*"):
        file.unlink()


def _landed_waves(database: Path) -> list[str]:
    with connect(database, read_only=True) as connection:
        rows = connection.execute(
            "select distinct study_id || '/' || wave_id from staging.stg_landing__files order by 1"
        ).fetchall()
    return [row[0] for row in rows]


def _check_place(place: Path) -> None:
    """Make sure that replacing a folder loses nothing but an earlier release."""
    if not place.exists() or (place / RECORD).is_file():
        return
    if not place.is_dir() or any(place.iterdir()):
        raise WavehouseError(
            f"{place} contains other files, so it is not replaced. Name a folder that is new or "
            "empty, or one that this command has written."
        )


def _take(file: Path, place: Path) -> None:
    try:
        os.link(file, place)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copyfile(file, place)
