"""`wavehouse export`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FOLDER, WAVE, Command, examples, study_argument, with_project
from wavehouse.project import Project
from wavehouse_exchange.exports.formats import FORMATS

EXAMPLES = examples("""
examples:
  wavehouse export gss                               all formats, to warehouse/exports/gss/
  wavehouse export gss --format spss --format stata
  wavehouse export gss --wave 2006 --to ~/gss2006
  wavehouse export gss --format spss --for age1...   sealed: only the holder of that key opens it

Files of an encrypted project are sealed for its own key; --plain leaves them as they are.
""")


def _formats(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(incomplete)]


class SeveralFormats(Command):
    """Takes several names behind one `--format`, too: `--format spss stata`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write the option again before each name that follows another one."""
        words: list[str] = []
        in_names = False
        for place, word in enumerate(args):
            follows = in_names and not word.startswith("-") and args[place - 1] != "--format"
            words += ["--format", word] if follows else [word]
            in_names = word == "--format" or (in_names and not word.startswith("-"))
        return super().parse_args(ctx, words)


@click.command(cls=SeveralFormats, epilog=EXAMPLES)
@study_argument()
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    shell_complete=_formats,
    help=f"write only this format, of {', '.join(FORMATS)}; name several, or repeat the option "
    "(default: all)",
)
@click.option("--wave", type=WAVE, metavar="WAVE", help="export only this wave")
@click.option(
    "--to",
    "folder",
    type=FOLDER,
    metavar="FOLDER",
    help=(
        "the folder to write (default: warehouse/exports/STUDY); an earlier export in it is "
        "replaced"
    ),
)
@click.option(
    "--for",
    "recipients",
    multiple=True,
    metavar="PUBLIC_KEY",
    help="seal the files with age for the holder of this key; name several by repeating the option",
)
@click.option("--plain", is_flag=True, help="do not seal the files of an encrypted project")
@with_project
def export(
    project: Project,
    study: str,
    formats: tuple[str, ...],
    wave: str | None,
    folder: Path | None,
    recipients: tuple[str, ...],
    *,
    plain: bool,
) -> None:
    """Write a published study as CSV, SPSS, Stata, SDMX and more."""
    from wavehouse_exchange.exports.export import export_and_tell

    if plain and recipients:
        raise click.UsageError("--plain and --for exclude each other: name one of them.")
    export_and_tell(project, study, formats, wave, folder, recipients=recipients, is_plain=plain)
