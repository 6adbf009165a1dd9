"""The command line. Each command is a module of `wavehouse.commands`, imported when it is named."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from wavehouse import __version__
from wavehouse.building.postgres import server_explained
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.processes import clean_end_on_sigterm

# By what they are for, in the order of the help.
COMMANDS = {
    "Begin and look after a project": ("init", "upgrade", "doctor"),
    "Bring in waves": (
        *("columns", "new-study", "add-wave", "import-ddi", "fetch", "review", "decide", "apply"),
    ),
    "Change waves and series": (
        "add-variable",
        "remove-wave",
        "remove-study",
        "end-series",
        "split-series",
        "undo",
    ),
    "Check, build and publish": (
        *("check", "generate", "contracts", "build", "attack", "drift", "publish"),
    ),
    "Run by itself": (*("run", "status", "history", "schedule", "backup", "restore", "drill"),),
    "Review changes": ("baseline", "check-change"),
    "Ask": ("estimate",),
    "Write for readers": ("docs", "pages", "export", "connect", "where"),
    "Serve": ("serve", "key", "deliveries", "audit"),
    "Respondents' rights": (
        "person",
        "erase",
        "pseudonymise",
        "expire",
        "identifiers",
        "processing-record",
    ),
    "Encrypt": ("encryption",),
    "Look back": ("releases", "as-of", "diff"),
    "Work on other engines": ("postgres", "engine"),
    "Bring a project to a new version": ("migrate",),
}
# Of the first sentence of a command's help.
LONGEST_SUMMARY = 200
_NAMES = [name for names in COMMANDS.values() for name in names]


class _Commands(click.Group):
    """The commands, each imported only when its name or help is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's own)
        return _NAMES

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _NAMES:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"wavehouse.commands.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, _NAMES))
        for title, names in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.get_short_help_str(LONGEST_SUMMARY))
                        for name in names
                        if (command := self.get_command(ctx, name))
                    ]
                )


@click.group(
    cls=_Commands,
    context_settings={"max_content_width": 100},
    epilog="`wavehouse COMMAND --help` explains a command, with examples and what comes next.",
)
@click.option(
    "--project-dir",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="the project's folder (default: found from here upwards)",
)
@click.version_option(__version__, prog_name="wavehouse", help="show the version")
@click.help_option(help="show this help")
def wavehouse(project_dir: Path | None) -> None:
    """Commands around the Wavehouse dbt project."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `wavehouse`; those of the process if left out.

    Returns:
        the exit code: 0 if done, 1 for a problem that the user can fix, 2 for wrong usage, 130 if
        interrupted, and for `postgres` that of the command it ran.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with clean_end_on_sigterm(), server_explained():
            return wavehouse.main(words, prog_name="wavehouse", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (WavehouseError, OSError) as error:
        print(terminal_text(str(error)), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, click.Abort):
        print("Interrupted.", file=sys.stderr)
        return 130
