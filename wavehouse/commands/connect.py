"""`wavehouse connect`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FOLDER, Command, argument, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse connect                                  for all tools, to warehouse/connections/
  wavehouse connect power-bi --to ~/dashboards
  wavehouse connect tableau --postgres db.example.org/surveys

Write them again after an upgrade: they name the columns of the tables for charts. Extracts for
Tableau (.hyper) have rows too, and are written where its engine is installed: write them again
after a publish.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument(
    "tools",
    "tools to write files for: evidence, looker, power-bi, superset, tableau (default: all)",
    nargs=-1,
    metavar="[TOOL]...",
)
@click.option(
    "--to",
    "folder",
    type=FOLDER,
    metavar="FOLDER",
    help="write a folder for each tool here (default: warehouse/connections)",
)
@click.option(
    "--postgres",
    metavar="HOST/DATABASE",
    default="",
    help="where tools that read PostgreSQL find the public tables (default: localhost/wavehouse)",
)
@with_project
def connect(project: Project, tools: tuple[str, ...], folder: Path | None, postgres: str) -> None:
    """Write files with which BI tools open the tables for charts."""
    from wavehouse_exchange.connections.connect import write_connections
    from wavehouse_exchange.connections.tableau_extracts import NO_EXTRACTS, writes_extracts

    for tool, files in write_connections(project, tools, folder, postgres).items():
        place = project.relative(files[0].parent)
        print(f"Wrote {place} ({tool}, {len(files)} files).")
        if tool == "tableau" and not writes_extracts():
            print(NO_EXTRACTS)
