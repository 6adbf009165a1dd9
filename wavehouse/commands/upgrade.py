"""`wavehouse upgrade`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, Command, apply_option, argument, examples, with_project
from wavehouse.project import Project


@click.command(
    cls=Command,
    epilog=examples(
        """
The other version is installed beside this one first, and brings a copy of the project up to date:
every file that it would change is shown. These are codebook tables that it stores in another form,
generated files, released_contracts.json, requirements.lock and vendor/; never a model, macro, test
or setting that you wrote. With --build the other version also builds and tests the copy, in
target/upgrade. If that fails, nothing is changed.

Examples:
  wavehouse upgrade wavehouse-0.2.0-py3-none-any.whl
  wavehouse upgrade wavehouse-0.2.0-py3-none-any.whl --build --apply
  wavehouse upgrade --undo
"""
    ),
)
@argument("wheel", "the file of the other version", type=FILE, required=False)
@apply_option
@click.option("--build", "builds", is_flag=True, help="build a copy with the other version first")
@click.option("--undo", is_flag=True, help="undo the last upgrade")
@with_project
def upgrade(project: Project, wheel: Path | None, does_it: bool, builds: bool, undo: bool) -> None:
    """Bring a project to another version of Wavehouse."""
    from wavehouse.own import upgrade as upgrades

    if undo == (wheel is not None) or (undo and (does_it or builds)):
        raise click.UsageError("Name the wheel of a version, or give --undo alone.")
    lines = (
        upgrades.undo(project)
        if wheel is None
        else upgrades.upgrade(project, wheel, does_it=does_it, builds=builds)
    )
    for line in lines:
        print(line)
