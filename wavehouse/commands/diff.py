"""`wavehouse diff`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, Command, argument, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse diff                         the build that is not published yet, with what is published
  wavehouse diff previous                what the last publish changed
  wavehouse diff 2025-12-31              what changed since then
  wavehouse diff 2025-06-30 2025-12-31   what changed in between
  wavehouse diff previous --format markdown --to differences.md

A release is an id or the beginning of one, a date or time, `current` or `previous`
(`wavehouse releases` lists them); `build` is what dbt built last.
""")
FORMATS = ("table", "markdown", "csv", "html")


@click.command(cls=Command, epilog=EXAMPLES)
@argument(
    "release",
    "what to compare with (default: what is published)",
    default="current",
    metavar="[RELEASE]",
)
@argument(
    "other",
    "what is compared (default: what is published; with that, the build)",
    required=False,
    metavar="[OTHER]",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-9,
    show_default=True,
    help="numbers that differ by less than this fraction count as the same",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="table and markdown count the differences by measure; csv and html also list the rows",
)
@click.option(
    "--to",
    "path",
    type=FILE,
    metavar="FILE",
    help="write it to a file (default: the terminal; html to target/diff.html)",
)
@click.option("--exit-code", is_flag=True, help="exit with code 1 if anything differs")
@with_project
def diff(
    project: Project,
    release: str,
    other: str | None,
    tolerance: float,
    form: str,
    path: Path | None,
    *,
    exit_code: bool,
) -> int:
    """Show how published numbers differ between two releases, or a release and the build."""
    from wavehouse.changes import diff_report
    from wavehouse.changes.diff import BUILD, CURRENT, difference
    from wavehouse.escapes import terminal_text
    from wavehouse.writing import write_whole

    found = difference(
        project, release, other or (BUILD if release == CURRENT else CURRENT), tolerance
    )
    writers = {
        "table": diff_report.as_text,
        "markdown": diff_report.as_markdown,
        "csv": diff_report.as_csv,
        "html": diff_report.as_page,
    }
    written = writers[form](found).rstrip("\n") + "\n"
    path = path or (project.target / "diff.html" if form == "html" else None)
    if path is None:
        click.echo(terminal_text(written), nl=False)
    else:
        write_whole(path, written)
        click.echo(f"Wrote {project.relative(path)}: {diff_report.in_short(found)}")
    return 1 if exit_code and not found.is_same else 0
