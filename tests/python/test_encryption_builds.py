"""Encryption of a project that dbt builds: nothing plain is left, and no number changes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from once import make_once
from planted import SECRETS, found_in, make_planted
from test_encryption import not_encrypted, rows_of
from workbench import copy_built, run_wavehouse

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.encryption.key import FILE, KEY, encrypted_for, forget_key, unlock
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases

pytestmark = pytest.mark.slow("drill")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with people whose answers nobody else gave; only to be copied."""
    return Project(make_once(tmp_path_factory, "planted", make_planted, keep=True))


@pytest.fixture(scope="module")
def encrypted(planted: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, encrypted, and built and published again."""
    folder = tmp_path_factory.mktemp("encrypted")
    project = copy_built(planted, folder / "project")
    # What runs that went wrong have written down is not what a build leaves.
    for place in ("logs", "drafts", "target", "warehouse/operations", "warehouse/audit"):
        shutil.rmtree(project.root / place, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(KEY, raising=False)
        patch.setenv(FILE, str(folder / "project.key"))
        patch.setenv("TMPDIR", str(folder / "temporary"))
        (folder / "temporary").mkdir()
        for words in (
            ("encryption", "on"),
            ("build",),
            ("export", "bsa"),
            ("pages",),
            ("as-of", "current"),
        ):
            run = run_wavehouse(project, *words)
            assert run.exit_code == 0, run.output
        unlock(project)
        yield project
    forget_key()


def test_no_byte_of_the_project_tells_an_answer(encrypted: Project) -> None:
    """The search of a thief: project, temporary files, exports, history, all that there is."""
    assert found_in(encrypted.root.parent, SECRETS) == {}
    # Views, and what everybody may read.
    plain = not_encrypted(encrypted)
    assert [name for name in plain if not {"as_of", "audiences"} & set(Path(name).parts)] == []


def test_the_search_finds_them_where_they_are_plain(planted: Project) -> None:
    assert found_in(planted.warehouse / "releases", SECRETS)
    assert found_in(planted.landing, SECRETS)


def test_all_published_rows_are_the_same(planted: Project, encrypted: Project) -> None:
    before, after = (kept_releases(project)[-1] for project in (planted, encrypted))
    names = [table["name"] for table in before.manifest["tables"]]
    assert [table["name"] for table in after.manifest["tables"]] == names
    # These name runs, releases or files of their own.
    own = {"fct_revisions", "dictionary_fingerprints", "dictionary_lineage"}
    with connect() as connection:
        for name in names:
            files = [release.table(name) for release in (before, after)]
            assert all(files)
            first, second = (parquet.source(file) for file in files if file)
            described = [
                connection.execute(f"describe from {rows}").fetchall() for rows in (first, second)
            ]
            assert described[0] == described[1], name
            if name in own:
                continue
            rounded = ", ".join(
                f'round("{column}", 9) as "{column}"'
                for column, kind, *_ in described[0]
                if kind == "DOUBLE"
            )
            shown = f"select * replace ({rounded})" if rounded else "select *"
            differing = connection.execute(
                f"select count(*) from (({shown} from {first} except all {shown} from {second}) "
                f"union all ({shown} from {second} except all {shown} from {first}))"
            ).fetchall()
            assert differing == [(0,)], name


def test_dbt_alone_writes_nothing_plain(encrypted: Project, tmp_path: Path) -> None:
    """Whoever calls dbt by hand without the key is told so, also where no database is there."""
    project = copy_built(encrypted, tmp_path / "project")
    for file in project.target.glob("wavehouse.duckdb*"):
        file.unlink()
    environment = {name: value for name, value in os.environ.items() if "KEY" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build", "--select", "dim_wave"],
        cwd=project.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "This project is encrypted, and dbt has no key" in done.stdout
    assert found_in(project.root, SECRETS) == {}


def test_off_gives_back_what_was_there(encrypted: Project, tmp_path: Path) -> None:
    rows = rows_of(encrypted)
    project = copy_built(encrypted, tmp_path / "project")
    run = run_wavehouse(project, "encryption", "off")
    assert run.exit_code == 0, run.output
    assert encrypted_for(project) is None
    unlock(project)
    try:
        assert rows_of(project) == rows
    finally:
        unlock(encrypted)
    run = run_wavehouse(project, "build")
    assert run.exit_code == 0, run.output
