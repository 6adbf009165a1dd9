"""The command line: what it takes, how it ends, what its help and every text say of it."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from wavehouse.cli import COMMANDS, main, wavehouse
from wavehouse.commands.export import export
from wavehouse.project import Project

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/guide").glob("*.md")),
    *sorted((ROOT / "docs/contributing").glob("*.md")),
]
SOURCES = sorted(path for top in ROOT.glob("wavehouse*") for path in top.rglob("*.py"))
NAMES = [name for names in COMMANDS.values() for name in names]

CALL = re.compile(r"\bwavehouse ((?:(?!\bwavehouse\b)[^\n`#])*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Options of other programs that texts name by themselves.
OF_OTHERS = {"--defer", "--favor-state", "--invert-paths", "--path", "--select", "--state"}


def command(name: str) -> click.Command:
    found = wavehouse.get_command(click.Context(wavehouse), name)
    assert found
    return found


def options_of(name: str) -> set[str]:
    found = command(name)
    # A command with commands of its own has their options.
    parts = [found, *(found.commands.values() if isinstance(found, click.Group) else ())]
    return {"--help"} | {word for part in parts for each in part.params for word in each.opts}


OPTIONS = {name: options_of(name) for name in NAMES}
EVERYWHERE = {"--project-dir", "--version", "--help"}


def call_problems(text: str) -> list[str]:
    """List the options that a text gives to commands which do not have them."""
    problems = []
    for said in CALL.findall(text):
        words = said.split()
        name = next((word for word in words if word in OPTIONS), None)
        if name is not None:
            problems += [
                f"wavehouse {name} has no {option}"
                for option in OPTION.findall(said.partition(" -- ")[0])
                if option not in OPTIONS[name] | EVERYWHERE
            ]
    return problems


def literals(path: Path) -> Iterator[str]:
    """Give the texts of a module, with a word in place of what is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.value


def test_each_command_is_in_the_module_of_its_name() -> None:
    modules = {path.stem for path in (ROOT / "wavehouse/commands").glob("*.py")}
    assert {name.replace("-", "_") for name in NAMES} <= modules
    assert [command(name).name for name in NAMES] == NAMES


def test_each_command_each_argument_and_each_option_has_a_text() -> None:
    lacking = []
    for name in NAMES:
        assert command(name).help
        lacking += [
            f"{name} {each.name}"
            for each in command(name).params
            if not (getattr(each, "help", None) or getattr(each, "text", None))
        ]
    assert lacking == []


def options_of_scripts() -> set[str]:
    """Give the options that the scripts declare, which texts name without the script."""
    return {
        option
        for path in (ROOT / "scripts").rglob("*.py")
        # `add` is what a script may call argparse's add_argument
        for option in re.findall(
            r"\badd(?:_argument)?\(\s*\"(--[a-z][a-z-]*)\"", path.read_text(encoding="utf-8")
        )
    }


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_options_that_texts_name_exist(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    alone = set(re.findall(r"`(--[a-z][a-z-]*)[^`\n]*`", text))
    assert call_problems(text) == []
    assert (
        alone - set().union(*OPTIONS.values(), EVERYWHERE, OF_OTHERS, options_of_scripts()) == set()
    )


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_options_that_messages_give_to_commands_exist(file: Path) -> None:
    assert [problem for text in literals(file) for problem in call_problems(text)] == []


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_options_that_messages_name_exist_where_the_message_is_said(file: Path) -> None:
    named = {
        option
        for text in literals(file)
        if " " in text.strip() and "wavehouse" not in text
        for option in OPTION.findall(text)
    }
    if file.parent.name == "landing" and file.stem not in {"join", "fetch"}:
        # Delivered files are read by each of these.
        has = OPTIONS["add-wave"] & OPTIONS["new-study"] & OPTIONS["import-ddi"]
    else:
        has = set().union(*OPTIONS.values(), EVERYWHERE, OF_OTHERS)
    assert named - has == set()


def test_an_option_that_no_command_has_is_found() -> None:
    assert call_problems("`wavehouse add-wave gss 2008 FILE --colour red`") == [
        "wavehouse add-wave has no --colour"
    ]
    assert call_problems("wavehouse postgres -- wavehouse build --force") == []
    assert call_problems("wavehouse --project-dir x build --frce") == [
        "wavehouse build has no --frce"
    ]


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], *([name, "--help"] for name in NAMES)]
)
def test_help_needs_no_project_and_nothing_that_computes(words: list[str], tmp_path: Path) -> None:
    script = (
        "import sys; from wavehouse.cli import main; "
        f"code = main({words!r}); "
        "print(sorted({'dbt', 'duckdb', 'numpy', 'pandas', 'pyarrow'} & set(sys.modules))); "
        "sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chek"], "No such command 'chek'"),
        (["review", "gss"], "Missing argument 'WAVE'"),
        (["check", "--foo"], "No such option '--foo'"),
        (["build", "--target", "oracle"], "'oracle' is not one of"),
        (
            ["add-wave", "gss", "2008", "f.csv", "--date", "2019-13-45"],
            "'2019-13-45' is not a date",
        ),
        (["add-wave", "gss", "2008", "f.csv", "--date", "tomorrow"], "Write it as 2024-05-01"),
        (["new-study", "p", "1", "f.csv", "--expected", "many"], "'many' is not a valid integer"),
        (
            [
                *("add-wave", "gss", "2008", "f.csv"),
                *("--fieldwork-start", "2024-05-02", "--fieldwork-end", "2024-05-01"),
            ],
            "--fieldwork-end is before --fieldwork-start",
        ),
        (["decide", "gss", "2008", "p01", "perhaps"], "'perhaps' is not one of"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    empty_project: Project, run_command: Callable[..., tuple[int, str]], words: list[str], told: str
) -> None:
    code, printed = run_command(empty_project, *words)
    assert (code, told in printed) == (2, True), printed


def test_outside_of_a_project_a_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--project-dir", str(tmp_path), "check"]) == 1
    assert "name it with --project-dir" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(
    monkeypatch: pytest.MonkeyPatch,
    empty_project: Project,
    run_command: Callable[..., tuple[int, str]],
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wavehouse.docs_site.site.write_docs", interrupted)
    code, printed = run_command(empty_project, "docs")
    assert (code, printed.strip()) == (130, "Interrupted.")


@pytest.mark.parametrize(
    ("words", "formats"),
    [
        (["gss", "--format", "spss", "stata", "--wave", "2006"], ("spss", "stata")),
        (["--format", "spss", "--wave", "2006", "gss"], ("spss",)),
        (["gss", "--format=spss", "--format", "ddi"], ("spss", "ddi")),
        (["gss"], ()),
    ],
)
def test_formats_are_named_together_or_one_by_one(
    words: list[str], formats: tuple[str, ...]
) -> None:
    assert export.make_context("export", words).params["formats"] == formats


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (["--", "dbt", "build", "--select", "x"], ["dbt", "build", "--select", "x"]),
        (["dbt", "build", "--target", "postgres"], ["dbt", "build", "--target", "postgres"]),
        (["--", "psql", "--", "-h"], ["psql", "--", "-h"]),
    ],
)
def test_what_runs_on_postgres_keeps_its_options(
    monkeypatch: pytest.MonkeyPatch,
    empty_project: Project,
    run_command: Callable[..., tuple[int, str]],
    words: list[str],
    run: list[str],
) -> None:
    ran = []

    def note(given: list[str], _: Path) -> int:
        ran.append(given)
        return 7

    monkeypatch.setattr("wavehouse.building.postgres.run_with_postgres", note)
    assert run_command(empty_project, "postgres", *words)[0] == 7
    assert ran == [run]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("wavehouse re", ["review", "remove-wave", "remove-study", "restore", "releases"]),
        ("wavehouse review b", ["bsa"]),
        ("wavehouse review bsa 198", ["1983", "1984", "1985", "1986"]),
        ("wavehouse export bsa --format s", ["spss", "stata", "sdmx"]),
    ],
)
def test_the_shell_completes_commands_and_ids(typed: str, offered: list[str]) -> None:
    environment = {
        **os.environ,
        "_WAVEHOUSE_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    script = "import sys; from wavehouse.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line.partition(",")[2] for line in done.stdout.splitlines()] == offered
