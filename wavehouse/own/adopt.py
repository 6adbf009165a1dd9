"""Make a project of a clone of Wavehouse's repository: what the team wrote, apart from the rest.

Before there were projects, a team cloned the repository, put its studies beside the examples and
its files beside those of Wavehouse, and merged each new version by hand. A clone is only read. Its
codebook is brought to this version, and its own files get the package's name where they call what
Wavehouse brings.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wavehouse.encryption.key import without_key
from wavehouse.errors import WavehouseError
from wavehouse.generated import is_generated_file
from wavehouse.migrations.run import migrate
from wavehouse.own.qualify import defined_names, qualified_sql, qualified_yaml
from wavehouse.product import PACKAGE, is_former_name
from wavehouse.project import Project
from wavehouse.writing import write_whole

# Where dbt looks for files of a project.
FOLDERS = ("models", "macros", "tests", "analyses", "docs", "seeds")
# Of the repository's own tests, and what a project gets new.
NOT_OWN = ("tests/python/", "seeds/codebook/", "seeds/library/", "seeds/reference/")
SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".md", ".png", ".svg", ".py", ".json"}
# Settings are the team's decision: they are named, not taken.
SETTINGS = ("dbt_project.yml", "profiles.yml", "Makefile", "requirements.lock")


@dataclass
class Adopted:
    """What was taken from a clone, and what was left there."""

    own: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Say so."""
        lines = [*self.said, f"Taken from the clone: {len(self.own)} files of your own."]
        lines += [f"  {name}" for name in self.own]
        if self.changed:
            lines += [
                "You changed files of Wavehouse itself. They were not taken. To keep such a "
                "change, write your own model or macro with another name:",
                *(f"  {name}" for name in self.changed),
            ]
        return lines


def adopt(clone: Path, folder: Path, since: str | None) -> Adopted:
    """Bring what a team wrote in a clone into a new project.

    Args:
        clone: the clone, which is read and not changed.
        folder: the project, with everything but a codebook in it.
        since: the commit of Wavehouse that the clone has, to name files that were changed there;
            without it these are not looked for.

    Raises:
        WavehouseError: the folder is no clone of Wavehouse, git does not know the commit, or the
            codebook cannot be brought to this version.
    """
    there = Project(clone)
    if there.is_own or not there.codebook.is_dir():
        raise WavehouseError(
            f"{clone} is not a clone of Wavehouse: dbt_project.yml with the name {PACKAGE}, or "
            "seeds/codebook, is missing. Name the top folder of the clone."
        )
    project = Project(folder)
    found = Adopted()
    shutil.rmtree(project.codebook, ignore_errors=True)
    shutil.copytree(there.codebook, project.codebook, ignore=shutil.ignore_patterns("_*.yml", ".*"))
    found.said += [
        line for line in migrate(project, does_it=True) if "is of the version" not in line
    ]
    macros, tests = defined_names(
        [*(project.product / "macros").rglob("*.sql"), *(project.product / "tests").rglob("*.sql")]
    )
    for name, path in _own_files(clone, project):
        content = path.read_bytes()
        if path.suffix == ".sql":
            content = qualified_sql(content.decode(), macros).encode()
        elif path.suffix in {".yml", ".yaml"}:
            content = qualified_yaml(content.decode(), tests).encode()
        write_whole(folder / name, content)
        found.own.append(name)
    for name in ("drafts", "landing"):
        if (clone / name).is_dir():
            shutil.copytree(clone / name, folder / name, copy_function=_link_or_copy)
    if since:
        found.changed = _changed_since(clone, since, project)
    return found


def _own_files(clone: Path, project: Project) -> Iterator[tuple[str, Path]]:
    for top in FOLDERS:
        for path in sorted((clone / top).rglob("*")):
            name = path.relative_to(clone).as_posix()
            if path.suffix not in SUFFIXES or not path.is_file() or name.startswith(NOT_OWN):
                continue
            if (project.product / name).exists() or is_former_name(name):
                continue
            if is_generated_file(path):
                continue
            yield name, path


def _changed_since(clone: Path, since: str, project: Project) -> list[str]:
    """Name the files of Wavehouse that a clone changed since it was made."""
    done = subprocess.run(
        ["git", "-C", str(clone), "diff", "--name-only", "--diff-filter=MDR", since, "--"],
        check=False,
        capture_output=True,
        text=True,
        env=without_key(),
    )
    if done.returncode != 0:
        raise WavehouseError(
            f"git cannot say what changed since {since}: {done.stderr.strip()}. Name the "
            "commit of Wavehouse that you began from, or leave out --since."
        )
    return [
        name
        for name in done.stdout.splitlines()
        if (project.product / name).exists() or name in SETTINGS
    ]


def _link_or_copy(source: str, target: str) -> None:
    """Let landed waves, which nobody changes, take no room a second time."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
