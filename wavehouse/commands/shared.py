"""What several commands declare: the project, arguments with help, ids that complete themselves."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from wavehouse.building.target_names import DUCKDB, SERVED_TARGETS
from wavehouse.encryption.key import unlock
from wavehouse.errors import WavehouseError
from wavehouse.project import Project, find_project
from wavehouse.writing import explained

Function = TypeVar("Function", bound=Callable[..., Any])

FOLDER = click.Path(file_okay=False, path_type=Path)
# Whether a file is there is said with the others' problems, so it is not looked at here.
FILE = click.Path(path_type=Path)


class Command(click.Command):
    """A command whose help explains its arguments too."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments before the options."""
        records = [
            (parameter.make_metavar(ctx).strip("[]"), parameter.text)
            for parameter in self.params
            if isinstance(parameter, Argument)
        ]
        if records:
            with formatter.section("Arguments"):
                formatter.write_dl(records)
        super().format_options(ctx, formatter)


class Argument(click.Argument):
    """An argument with a text for the help, which click gives to options only."""

    def __init__(self, declarations: Sequence[str], text: str, **settings: Any) -> None:  # noqa: ANN401 (click's own)
        """Take the text beside what click takes."""
        super().__init__(declarations, **settings)
        self.text = text


def argument(
    name: str,
    text: str,
    **settings: Any,  # noqa: ANN401 (click's own)
) -> Callable[[Function], Function]:
    """Declare an argument with a text for the help."""
    return click.argument(name, cls=Argument, text=text, **settings)


def with_project(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the project as its first argument, found only when the command runs."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> object:
        project = _project(click.get_current_context())
        with explained(project.root):
            return command(project, *arguments, **options)

    return run


def examples(text: str) -> str:
    """Make the end of a command's help: its indented examples keep their lines."""
    paragraphs = text.strip("\n").split("\n\n")
    return "\n\n".join(f"\b\n{part}" if "\n " in part else part for part in paragraphs)


def _project(context: click.Context) -> Project:
    project = find_project(context.find_root().params.get("project_dir"))
    unlock(project)
    return project


class _Id(click.ParamType):
    """An id that the shell completes from a table of the codebook."""

    def __init__(self, name: str, table: str) -> None:
        self.name = name
        self._table = table

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Give the ids that begin as typed: those of waves only of the study before them."""
        study = ctx.params.get("study") if param.name != "study" else None
        return [CompletionItem(known) for known in self._ids(ctx, study, incomplete)]

    def _ids(self, ctx: click.Context, study: str | None, incomplete: str) -> Iterable[str]:
        from wavehouse.codebook.csv_files import read_csv

        try:
            path = _project(ctx).codebook / f"{self._table}.csv"
            rows = read_csv(path, keep_rows=True).rows
        except (WavehouseError, OSError):
            return []
        ids = (row.get(f"{self.name}_id", "") for row in rows if study in {None, row["study_id"]})
        return sorted({known for known in ids if known.startswith(incomplete)})


class _Day(click.ParamType):
    """A day, written year first; `2024-5-1` is read as `2024-05-01`."""

    name = "day"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the day as `YYYY-MM-DD`."""
        try:
            # No time is meant, and so no zone.
            return datetime.strptime(value, "%Y-%m-%d").date().isoformat()
        except ValueError:
            self.fail(f"{value!r} is not a date. Write it as 2024-05-01.", param, ctx)


DAY = _Day()
STUDY = _Id("study", "studies")
WAVE = _Id("wave", "waves")
VARIABLE = _Id("variable", "questions")


def study_argument(text: str = "the study's id") -> Callable[[Function], Function]:
    """Declare the study that a command is of."""
    return argument("study", text, type=STUDY, metavar="STUDY")


def wave_argument() -> Callable[[Function], Function]:
    """Declare the wave that a command is of."""
    return argument("wave", "the wave's id, such as 2008", type=WAVE, metavar="WAVE")


def variable_argument() -> Callable[[Function], Function]:
    """Declare the variable that a command is of."""
    return argument("variable", "the variable's id", type=VARIABLE, metavar="VARIABLE")


def wave_option(option: str, name: str, text: str) -> Callable[[Function], Function]:
    """Declare an option that names a wave and must be given."""
    return click.option(option, name, required=True, type=WAVE, metavar="WAVE", help=text)


def apply_option(command: Function) -> Function:
    """Declare that a command does what it would otherwise show."""
    return click.option(
        "--apply",
        "does_it",
        is_flag=True,
        help=("make the changes; without this they are only shown"),
    )(command)


def target_option(
    text: str, targets: Sequence[str] = SERVED_TARGETS
) -> Callable[[Function], Function]:
    """Declare which target of profiles.yml a command works on."""
    return click.option(
        "--target",
        type=click.Choice(targets),
        default=DUCKDB,
        show_default=True,
        help=text,
    )
