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
  wavehouse init our-surveys --from-clone ../wavehouse --since v0.1

The last takes what you wrote in a clone of Wavehouse's repository: codebook, waves, and files of
your own. The clone is not changed. Studies that you do not want go with `wavehouse remove-study`.
"""
    ),
)
@argument("folder", "the folder to make; it must be new or empty", type=FOLDER)
@click.option("--name", metavar="NAME", help="the project's name for dbt (default: the folder's)")
@click.option("--with-example", "example", is_flag=True, help="begin with a small made-up study")
@click.option(
    "--from-clone", "clone", type=FOLDER, metavar="FOLDER", help="take what you wrote in a clone"
)
@click.option(
    "--since", metavar="COMMIT", help="name what you changed in the clone since this commit of it"
)
def init(
    folder: Path, name: str | None, example: bool, clone: Path | None, since: str | None
) -> None:
    """Begin a project of your own."""
    from wavehouse.own.init import init_project
    from wavehouse.writing import explained

    if (example and clone) or (since and not clone):
        raise click.UsageError(
            "Give either --with-example or --from-clone; --since needs --from-clone."
        )
    with explained(folder):
        for line in init_project(folder, name=name, example=example, clone=clone, since=since):
            print(line)
