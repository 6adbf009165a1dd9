"""`wavehouse init`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FOLDER, Command, argument, examples


@click.command(
    cls=Command,
    epilog=examples(
        """
The folder has dbt's familiar top level, an empty codebook, and the version of Wavehouse that it is
built with. `make` there builds, tests and publishes from the first minute.

Examples:
  wavehouse init my-surveys
  wavehouse init my-surveys --with-example
  wavehouse init /srv/surveys/panel --name city_panel
"""
    ),
)
@argument("folder", "the folder to make; it must not be there, or be empty", type=FOLDER)
@click.option("--name", metavar="NAME", help="the project's name for dbt (default: the folder's)")
@click.option("--with-example", "example", is_flag=True, help="begin with a small made-up study")
def init(folder: Path, name: str | None, example: bool) -> None:
    """Begin a project of your own."""
    from wavehouse.own.init import init_project
    from wavehouse.writing import explained

    with explained(folder):
        for line in init_project(folder, name=name, example=example):
            print(line)
