"""Files that let a scheduler call Wavehouse, read by the programs that they are for."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wavehouse.errors import WavehouseError
from wavehouse.operations.configuration import FILE
from wavehouse.operations.schedule import KINDS, schedule_files
from wavehouse.project import Project

WITH_BACKUP = "backup: {repository: ../b}\nrun: {time_limit_minutes: 50}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a folder whose name has a space."""
    folder = tmp_path / "our town"
    folder.mkdir()
    (folder / "dbt_project.yml").write_text("name: our_town\n")
    (folder / FILE).write_text(WITH_BACKUP)
    return Project(folder)


def written(project: Project, kind: str, folder: Path) -> list[Path]:
    """Write the files of a scheduler and give their paths."""
    folder.mkdir()
    paths = []
    for name, text in schedule_files(project, kind, 6, 5).items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_workflow_files_are_as_their_schemas_say(
    project: Project, tmp_path: Path, kind: str
) -> None:
    (path,) = written(project, kind, tmp_path / kind)
    schema = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[kind]
    check = Path(sys.executable).with_name("check-jsonschema")
    run = [check, "--builtin-schema", schema]
    done = subprocess.run([*run, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    text = path.read_text(encoding="utf-8")
    assert "60" in text  # the time limit, and ten minutes more
    # The check would see what is wrong.
    path.write_text(text.replace("script:", "scripts:").replace("runs-on:", "runson:"))
    assert subprocess.run([*run, path], capture_output=True, check=False).returncode != 0


@pytest.mark.slow("server")
def test_units_are_as_systemd_wants_them(project: Project, tmp_path: Path) -> None:
    paths = written(project, "systemd", tmp_path / "units")
    assert [path.name.rpartition("-")[2] for path in paths] == [
        *("run.service", "run.timer", "status.service", "status.timer"),
        *("drill.service", "drill.timer"),
    ]
    verify = ["systemd-analyze", "verify", "--man=no"]
    done = subprocess.run([*verify, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "our town" not in done.stderr
    for path in paths:
        if path.suffix == ".timer":
            when = path.read_text(encoding="utf-8").partition("OnCalendar=")[2].splitlines()[0]
            subprocess.run(["systemd-analyze", "calendar", when], check=True, capture_output=True)
    wrong = paths[0].with_name("wrong.service")
    wrong.write_text(paths[0].read_text(encoding="utf-8").replace("ExecStart=", "ExecStarts="))
    assert subprocess.run([*verify, wrong], capture_output=True, check=False).returncode != 0


@pytest.mark.slow("server")
def test_lines_are_as_cron_wants_them(project: Project, tmp_path: Path) -> None:
    (path,) = written(project, "cron", tmp_path / "cron")
    # cron cuts the name of a file after a hundred letters.
    subprocess.run(["crontab", "-n", path.name], cwd=path.parent, check=True, capture_output=True)
    wrong = path.with_name("wrong")
    wrong.write_text(path.read_text(encoding="utf-8").replace("5 6 * * *", "5 26 * * *"))
    refused = subprocess.run(
        ["crontab", "-n", wrong.name], cwd=wrong.parent, capture_output=True, text=True, check=False
    )
    assert refused.returncode
    assert "bad hour" in refused.stderr


def test_a_line_of_cron_calls_the_command_in_the_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell runs it, with secrets of a file where there is one, and without it too."""
    program = tmp_path / "bin of ours" / "python3"
    program.parent.mkdir()
    (program.parent / "wavehouse").write_text('#!/bin/sh\necho "$PWD $* $SECRET"\n')
    (program.parent / "wavehouse").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    (path,) = written(project, "cron", tmp_path / "cron")
    line = next(
        line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("5 6 ")
    )
    home = tmp_path / "home"
    said = []
    for secret in ("", "SECRET=s"):
        if secret:
            (home / ".config" / "wavehouse").mkdir(parents=True)
            (home / ".config" / "wavehouse" / "our-town.env").write_text(f"{secret}\n")
        shell = shutil.which("sh") or "/bin/sh"
        command = line.split(maxsplit=5)[5]
        subprocess.run([shell, "-c", command], check=True, env={"HOME": str(home), "PATH": "/bin"})
        said.append((project.root / "logs" / "run.log").read_text().splitlines()[-1])
    assert said == [f"{project.root} run ", f"{project.root} run s"]


def test_without_backups_there_is_no_drill(project: Project) -> None:
    (project.root / FILE).unlink()
    assert not any("drill" in name for name in schedule_files(project, "systemd", 6, 0))
    assert "drill" not in "".join(schedule_files(project, "cron", 6, 0).values())


def test_a_folder_that_schedulers_misread_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "100% ours"
    folder.mkdir()
    for kind in KINDS:
        with pytest.raises(WavehouseError, match="schedulers read %"):
            schedule_files(Project(folder), kind, 6, 0)


def test_files_are_written_once_and_never_over_others(
    project: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]]
) -> None:
    words = ("schedule", "github", "--to", str(tmp_path / "w"))
    code, said = run_command(project, *words)
    assert (code, said) == (0, f"Wrote {tmp_path}/w/wavehouse.yml.\n")
    assert run_command(project, *words)[0] == 0
    (tmp_path / "w" / "wavehouse.yml").write_text("x")
    code, said = run_command(project, *words)
    assert code == 1
    assert "is there already and is another one" in said
    code, said = run_command(project, "schedule", "cron", "--at", "25:00")
    assert code == 2
    assert "Write it as 06:00" in said
