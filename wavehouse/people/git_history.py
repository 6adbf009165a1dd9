"""What Git keeps of erased people: earlier versions of wave files, and how to rewrite them."""

import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from wavehouse.encryption.key import without_key
from wavehouse.project import Project


def files_in_git(project: Project, paths: Iterable[Path]) -> dict[str, int]:
    """Count the commits that have a version of each file, by its name; none where Git has none."""
    found = {}
    for path in paths:
        name = project.relative(path)
        if number := _commits(project.root, name):
            found[name] = number
    return found


def _commits(root: Path, name: str) -> int:
    try:
        run = subprocess.run(
            ["git", "-C", str(root), "rev-list", "--count", "--all", "--", name],
            capture_output=True,
            text=True,
            check=False,
            env=without_key(),
        )
    except FileNotFoundError:
        return 0
    return int(run.stdout) if run.returncode == 0 and run.stdout.strip().isdecimal() else 0


def how_to_rewrite(files: dict[str, int]) -> list[str]:
    """Say what is left in Git's history, and the commands that take it out, a line each."""
    if not files:
        return []
    names = " ".join(shlex.quote(name) for name in files)
    paths = " ".join(f"--path {shlex.quote(name)}" for name in files)
    commits = max(files.values())
    return [
        f"Left in Git's history: {len(files)} file{'' if len(files) == 1 else 's'}, in up to "
        f"{commits} commit{'' if commits == 1 else 's'}. To take the earlier versions out (all "
        "commits get new ids):",
        "  git commit -a -m 'Erase respondents'",
        f"  tar -cf ../present.tar {names}",
        f"  git filter-repo --force --invert-paths {paths}",
        "  tar -xf ../present.tar && rm ../present.tar",
        f"  git add --force {names} && git commit -m 'Waves as they are'",
        "  git push --force --all    # after `git remote add`, as filter-repo takes remotes away",
        "Then let all others clone anew, and ask who hosts the repository to remove what no branch "
        "has any more.",
    ]
