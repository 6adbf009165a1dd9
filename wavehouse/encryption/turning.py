"""Turn encryption of an existing project on, and off again.

Whether a file is encrypted stands in the file, so what was stopped goes on where it was: the same
command again converts what is left.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from wavehouse.encryption.convert import PARTIAL, convert_database, convert_parquet, is_right
from wavehouse.encryption.key import (
    DECLARED,
    KEY,
    VARIABLE,
    encrypted_for,
    forget_key,
    key_file,
    make_key,
    public_part,
    read_key,
    secret,
    use_key,
)
from wavehouse.encryption.made_again import remove_made_again
from wavehouse.encryption.sealed import SUFFIX, seal_files
from wavehouse.encryption.seeds import land_seeds, refuse_other_texts, take_up_seeds
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse.publishing.history import (
    AUDIENCES,
    MANIFEST,
    NAME,
    KeptRelease,
    describe_content,
    kept_releases,
    link_or_copy,
)
from wavehouse.publishing.publish import RELEASE_FILE, RELEASE_KEY, said_of_release
from wavehouse.publishing.releases import publishing_lock
from wavehouse.writing import explained, write_whole
from wavehouse_exchange.exports.export import RECORD as EXPORT
from wavehouse_exchange.onboarding.edits import alone
from wavehouse_exchange.receiving.quarantine import Quarantine
from wavehouse_exchange.receiving.sealing import seal_waiting, unseal_waiting

VARS = re.compile(r"^vars:[^\n]*\n", re.M)
FIRST_VARIABLE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(?P<indent> +)[^\s#]")
EMPTY_VARS = re.compile(r"\n*^vars:[^\n]*\n(?=\S|\Z)", re.M)
COMMENT = "Rows of people are encrypted for this key: docs/guide/encryption.md."


@dataclass
class Turned:
    """What was done, for whoever asked for it.

    Args:
        recipient: the public key.
        key_file: where a key was made; none if there was one.
        key_in: the file that it is in; none if a variable or a command gave it.
        n_files: how many files were converted.
        landed: waves that were seeds, as study and wave.
        seeds: the files of these, which Git may still have.
        kept_seeds: waves that stay text.
        removed: what can be made again, and went.
    """

    recipient: str = ""
    key_file: Path | None = None
    key_in: Path | None = None
    n_files: int = 0
    landed: list[tuple[str, str]] = field(default_factory=list)
    seeds: list[str] = field(default_factory=list)
    kept_seeds: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def turn_on(project: Project, *, keep_seeds: bool = False) -> Turned:
    """Encrypt what a project holds of people, and all that it writes from now on.

    Args:
        project: the project.
        keep_seeds: whether waves that are seeds stay text, because they are public.

    Raises:
        WavehouseError: there is no key, or another one than the project's files have.
    """
    turned = Turned()
    recipient = encrypted_for(project)
    if recipient is None:
        key, is_new = make_key(project)
        recipient = str(public_part(key))
        turned.key_file = key_file(project) if is_new else None
    else:
        key = secret() or read_key(project, recipient)
    turned.recipient = recipient
    turned.key_in = key_file(project) if key_file(project).is_file() else None
    _refuse_older_profile(project)
    with _alone(project):
        if encrypted_for(project) not in (None, recipient):
            raise WavehouseError(
                "Another run has encrypted the project with another key meanwhile. Run "
                "`wavehouse encryption show`. Nothing was changed."
            )
        if not keep_seeds:
            refuse_other_texts(project)
        use_key(key)
        _declare(project, recipient)
        take_up_seeds(project)
        if keep_seeds:
            turned.kept_seeds = [
                project.relative(path) for path in sorted(project.waves.rglob("*.csv"))
            ]
        else:
            for study_id, wave_id, seed in land_seeds(project):
                turned.landed.append((study_id, wave_id))
                turned.seeds.append(project.relative(seed))
        _convert(project, turned, encrypted=True)
    return turned


def _refuse_older_profile(project: Project) -> None:
    """Refuse where dbt would write a plain database, since its settings know of no key."""
    profile = project.root / "profiles.yml"
    if profile.is_file() and KEY not in profile.read_text(encoding="utf-8"):
        current = project.relative(project.product / "profiles.yml")
        raise WavehouseError(
            "profiles.yml is of an older version, with which dbt writes plain files. Bring it up "
            f"to date first: {current} has the lines that name {KEY}."
        )


def turn_off(project: Project) -> Turned:
    """Write the files of a project as plain ones again.

    Raises:
        WavehouseError: the project is not encrypted, or its key is not there.
    """
    recipient = encrypted_for(project)
    if recipient is None:
        raise WavehouseError("This project is not encrypted: nothing was changed.")
    turned = Turned(recipient)
    use_key(secret() or read_key(project, recipient))
    with _alone(project):
        take_up_seeds(project)
        _convert(project, turned, encrypted=False)
        # Last, since what is left could not be opened any more.
        _undeclare(project)
    forget_key()
    return turned


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    """Keep builds, publishes and changes of the codebook out."""
    with (
        only_one(project.target / ".build.lock", "build"),
        publishing_lock(project),
        alone(project),
        explained(project.warehouse),
    ):
        yield


def _declare(project: Project, recipient: str) -> None:
    """Let dbt_project.yml name the public key, so that dbt and all commands know."""
    path = project.root / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    if DECLARED.search(text):
        return
    found = VARS.search(text)
    others = FIRST_VARIABLE.match(text, found.end()) if found else None
    indent = others["indent"] if others else "  "
    lines = f"{indent}# {COMMENT}\n{indent}{VARIABLE}: {recipient}\n"
    if found:
        changed = text[: found.end()] + lines + text[found.end() :]
    else:
        changed = text.rstrip("\n") + f"\n\nvars:\n{lines}"
    try:
        said = yaml.safe_load(changed)["vars"][VARIABLE]
    except (yaml.YAMLError, TypeError, KeyError):
        said = None
    if said != recipient:
        raise WavehouseError(
            "dbt_project.yml: its `vars` are written in another way than a name on each line, so "
            "the public key cannot be added. Write `vars:` on a line of its own, and each variable "
            "on one below, with spaces before it. Nothing was changed."
        )
    write_whole(path, changed)


def _undeclare(project: Project) -> None:
    path = project.root / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    kept = [
        line
        for line in text.splitlines(keepends=True)
        if not DECLARED.match(line) and COMMENT not in line
    ]
    text = EMPTY_VARS.sub("", "".join(kept))
    write_whole(path, text.rstrip("\n") + "\n")


def _convert(project: Project, turned: Turned, *, encrypted: bool) -> None:
    """Write all that is not as it is to be again, and remove what is made anew."""
    for path in _files_of_waves(project):
        if not is_right(path, encrypted=encrypted):
            convert_parquet(path, encrypted=encrypted)
            turned.n_files += 1
    _convert_releases(project, turned, encrypted=encrypted)
    if encrypted:
        _seal_exports(project, turned)
    quarantine = Quarantine(project)
    for delivery in quarantine.all():
        if encrypted and delivery.state in ("accepted", "taken"):
            turned.n_files += seal_waiting(quarantine, delivery)
        elif not encrypted:
            turned.n_files += unseal_waiting(quarantine, delivery)
    turned.removed += remove_made_again(project, encrypted=encrypted)


def _seal_exports(project: Project, turned: Turned) -> None:
    """Seal the files of earlier exports; they stay so when encryption is turned off."""
    for record in sorted((project.warehouse / "exports").glob(f"*/{EXPORT}")):
        plain = [
            path
            for path in sorted(record.parent.glob("*/**/*"))
            if path.is_file() and path.suffix != SUFFIX
        ]
        turned.n_files += len(seal_files(plain, [turned.recipient]))


def _files_of_waves(project: Project) -> list[Path]:
    """Give the Parquet files of landed waves, and of those that can be put back."""
    found: set[Path] = set()
    entered: set[Path] = set()
    for folder in (project.landing, project.root / ".wavehouse"):
        # A study or a file may be a link to another disk: what it leads to is what is read.
        for place, folders, names in os.walk(folder, followlinks=True):
            here = Path(place).resolve()
            if here in entered:
                folders.clear()
                continue
            entered.add(here)
            found.update((here / name).resolve() for name in names if name.endswith(".parquet"))
    return sorted(path for path in found if path.is_file())


def _convert_releases(project: Project, turned: Turned, *, encrypted: bool) -> None:
    """Convert the files of all releases: equal files of several, which are one, once."""
    done: dict[tuple[int, int], Path] = {}
    live = sorted((project.warehouse / "releases").glob("[!.]*"))
    for folder in [*live, *(release.folder for release in kept_releases(project))]:
        name = folder.name.removeprefix(NAME)
        metadata = f"{{{RELEASE_KEY}: {sql_text(name)}}}"
        for path in sorted(folder.rglob("*")):
            of_audience = AUDIENCES in path.relative_to(folder).parts
            if path.suffix not in (".parquet", ".duckdb") or of_audience:
                continue
            state = path.stat()
            if (same := done.get((state.st_dev, state.st_ino))) is not None:
                partial = path.with_name(f".{path.name}{PARTIAL}")
                partial.unlink(missing_ok=True)
                link_or_copy(same, partial)
                partial.replace(path)
            elif not is_right(path, encrypted=encrypted):
                if path.suffix == ".parquet":
                    convert_parquet(path, encrypted=encrypted, metadata=metadata)
                else:
                    convert_database(path, encrypted=encrypted)
                done[state.st_dev, state.st_ino] = path
                turned.n_files += 1
        _name_release(folder / "parquet", name, encrypted=encrypted)
    for release in kept_releases(project):
        if _sums_differ(release):
            _note_sums(release)


def _name_release(folder: Path, name: str, *, encrypted: bool) -> None:
    """Let a folder of encrypted files say which release they are of: nothing reads it in them."""
    if not folder.is_dir():
        return
    file = folder / RELEASE_FILE
    if encrypted:
        write_whole(file, said_of_release(name), sealed=True)
    else:
        file.unlink(missing_ok=True)


def _sums_differ(release: KeptRelease) -> bool:
    """Tell whether the sums that a manifest has of its files are of files that were converted."""
    for table in release.manifest["tables"]:
        file = release.table(table["name"])
        if file is not None:
            return bool(describe_content(file)[0] != table["content"])
    return False


def _note_sums(release: KeptRelease) -> None:
    """Let the manifest of a kept release have the sums of its files as they are now."""
    manifest = release.manifest
    for table in manifest["tables"]:
        file = release.table(table["name"])
        if file is not None:
            table["content"] = describe_content(file)[0]
    files = release.estimation()
    manifest["estimation"] = {name: describe_content(file)[0] for name, file in files.items()}
    write_whole(release.folder / MANIFEST, json.dumps(manifest, indent=2) + "\n", sealed=True)
