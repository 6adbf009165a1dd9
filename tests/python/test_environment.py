"""`make` makes an environment that is whole: one that was left unfinished is made again."""

import ast
import sys
import tomllib
from collections.abc import Sequence
from importlib import reload
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workbench import ROOT

from wavehouse import environment

# A lock without uv, as that of a tool.
LOCKED = ["--requirement", "tool.lock"]
OURS = ["--editable", "."]


@pytest.fixture
def script() -> ModuleType:
    """The script, loaded again for each test, which replaces what it runs."""
    return reload(environment)


class Commands:
    """Stands in for what the script runs; one of them may fail or be killed."""

    def __init__(self, folder: Path) -> None:
        """Take the environment's folder."""
        self.folder = folder
        self.ran: list[str] = []
        self.said: list[str] = []
        self.fails_at = ""
        self.killed_at = ""

    def __call__(self, words: Sequence[str | Path], quiet: bool = False) -> int:
        """Do what the command would leave on the disk."""
        del quiet
        said = " ".join(map(str, words))
        if "--version" in said:
            return 0 if (self.folder / "bin" / "pip").exists() else 127
        by_uv = "/bin/uv pip install" in said
        self.said += [said] if by_uv else []
        self.ran.append(
            said.partition("install --quiet --quiet ")[2] or (said if by_uv else "venv")
        )
        assert (self.folder / ".unfinished").exists(), said
        assert not (self.folder / ".installed").exists(), said
        if self.ran[-1] == "venv":
            (self.folder / "bin").mkdir()
            (self.folder / "bin" / "pip").touch()
        (self.folder / f"left by {len(self.ran)}").touch()
        if self.killed_at and self.killed_at in said:
            raise KeyboardInterrupt
        return 1 if self.fails_at and self.fails_at in said else 0


def make(script: ModuleType, folder: Path) -> int:
    """Run the script as the Makefile does."""
    return int(script.main([str(folder), "--", *LOCKED, "--", *OURS]))


@pytest.fixture
def commands(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """What is run instead of venv and pip."""
    commands = Commands(tmp_path / ".venv")
    monkeypatch.setattr(script, "_code", commands)
    return commands


def test_an_environment_is_made_step_by_step(script: ModuleType, commands: Commands) -> None:
    assert make(script, commands.folder) == 0
    assert commands.ran == ["venv", " ".join(LOCKED), " ".join(OURS)]
    assert (commands.folder / ".installed").exists()
    assert not (commands.folder / ".unfinished").exists()


@pytest.mark.parametrize("killed_at", ["venv", "tool.lock", "--editable"])
def test_an_environment_of_a_killed_run_is_made_again(
    script: ModuleType, commands: Commands, capsys: pytest.CaptureFixture[str], killed_at: str
) -> None:
    commands.killed_at = killed_at
    with pytest.raises(KeyboardInterrupt):
        make(script, commands.folder)
    assert not (commands.folder / ".installed").exists()
    (commands.folder / "half of a package").touch()
    commands.killed_at, commands.ran = "", []
    assert make(script, commands.folder) == 0
    assert commands.ran == ["venv", " ".join(LOCKED), " ".join(OURS)]
    assert not (commands.folder / "half of a package").exists()
    assert "was stopped before" in capsys.readouterr().out


def test_an_environment_whose_packages_could_not_be_had_is_not_taken_for_whole(
    script: ModuleType, commands: Commands
) -> None:
    commands.fails_at = "tool.lock"
    assert make(script, commands.folder) == 1
    assert not (commands.folder / ".installed").exists()
    commands.fails_at = ""
    assert make(script, commands.folder) == 0


def test_a_finished_environment_is_brought_up_to_date_where_it_is(
    script: ModuleType, commands: Commands
) -> None:
    make(script, commands.folder)
    (commands.folder / "kept").touch()
    commands.ran = []
    assert make(script, commands.folder) == 0
    assert commands.ran == [" ".join(LOCKED), " ".join(OURS)]
    assert (commands.folder / "kept").exists()


def test_a_removal_that_is_killed_leaves_no_environment_that_looks_whole(
    script: ModuleType, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(script, commands.folder)

    def half(path: Path, **_: object) -> None:
        if path.exists():
            (path / "bin" / "pip").unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(script.shutil, "rmtree", half)
        with pytest.raises(KeyboardInterrupt):
            script.discard(commands.folder)
    assert not commands.folder.exists()
    script.discard(commands.folder)
    assert not commands.folder.with_name(".venv.removed").exists()


def test_an_old_python_is_told(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(script, "NEEDED", (sys.version_info[0], sys.version_info[1] + 1))
    assert make(script, tmp_path / ".venv") == 1
    assert "or later is needed; name one with make PYTHON=..." in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


UV = """\
attrs==26.1.0 \\
    --hash=sha256:aa
uv==0.13.9 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
zipp==1.0 \\
    --hash=sha256:dd
"""


@pytest.fixture
def locked(tmp_path: Path) -> list[str]:
    """The words that name a lock with uv in it."""
    path = tmp_path / "requirements.lock"
    path.write_text(UV)
    return ["--require-hashes", "--requirement", str(path)]


def test_the_locked_uv_installs_from_the_indexes_that_pip_is_set_to(
    script: ModuleType, commands: Commands, monkeypatch: pytest.MonkeyPatch, locked: list[str]
) -> None:
    settings = {"index-url": "https://index.example/simple", "find-links": "wheels other"}
    monkeypatch.setattr(script, "_settings_of_pip", lambda _: settings)
    assert script.main([str(commands.folder), "--", *locked, "--", *OURS]) == 0
    [_, of_uv, *installs] = commands.ran
    assert of_uv.startswith("--no-deps --require-hashes --requirement ")
    options = (
        "--index-strategy unsafe-best-match --default-index https://index.example/simple "
        "--find-links wheels --find-links other"
    )
    program = commands.folder / "bin"
    start = f"{program / 'uv'} pip install --python {program / 'python'} {options}"
    assert commands.said == [f"{start} {' '.join(words)}" for words in (locked, OURS)]
    assert len(installs) == 2


def test_pip_installs_where_uv_cannot(
    script: ModuleType, commands: Commands, monkeypatch: pytest.MonkeyPatch, locked: list[str]
) -> None:
    monkeypatch.setattr(script, "_settings_of_pip", lambda _: {})
    commands.fails_at = "/bin/uv pip install"
    assert script.main([str(commands.folder), "--", *locked, "--", *OURS]) == 0
    assert [words for words in commands.ran if words in {" ".join(locked), " ".join(OURS)}] == [
        " ".join(locked),
        " ".join(OURS),
    ]


def test_the_lock_of_uv_is_found_with_its_hashes_and_nothing_else(script: ModuleType) -> None:
    assert script.LOCKED_UV.search(UV)[0] == UV[UV.index("uv==") : UV.index("zipp==")]


def test_what_the_environment_says_to_pip_goes_before_its_files(script: ModuleType) -> None:
    said = ":env:.index-url='https://a/'\nglobal.index-url='https://b/'\nglobal.cert='/c'\n"
    found = sorted(script.SETTING.findall(said), key=lambda each: script.RANKS.index(each[0]))
    assert {name: value for _, name, value in found} == {"index-url": "https://a/", "cert": "/c"}


def test_what_the_product_imports_is_installed_with_it() -> None:
    """The tests have more packages than a team's project."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed: set[tuple[str, str]] = set()
    waiting = [(Requirement(each), "") for each in declared["dependencies"]]
    while waiting:
        requirement, asked = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": asked}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in needed:
                needed.add((name, extra))
                waiting += [
                    (Requirement(each), extra) for each in distribution(name).requires or ()
                ]
    installed = {name for name, _ in needed}
    of_module = packages_distributions()
    imported = {
        (name.split(".")[0], path.relative_to(ROOT).as_posix())
        for package in ("wavehouse", "wavehouse_exchange")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    missing = sorted(
        (module, path)
        for module, path in imported
        if module not in sys.stdlib_module_names
        and module not in ("wavehouse", "wavehouse_exchange")
        and not installed & {canonicalize_name(each) for each in of_module.get(module, ())}
    )
    # A wheel is built where setuptools is, as pyproject.toml says. Tableau's engine is loaded only
    # where somebody has installed it.
    left_out = {"setuptools", "tableauhyperapi"}
    assert [each for each in missing if each[0] not in left_out] == []
