"""`wavehouse key`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.commands.shared import FILE, Command, argument, examples, with_project
from wavehouse.project import Project

if TYPE_CHECKING:
    from wavehouse.audiences.giving import Given

EXAMPLES = examples("""
examples:
  wavehouse key operator /media/stick/operator.key
  wavehouse key add analysts --for "University of X" --until 2027-12-31
  wavehouse key add partners --for "Newspaper Y" --operator-key /media/stick/operator.key
  wavehouse key list
  wavehouse key revoke key_0a1b2c3d

The guide has a page: docs/guide/audiences-and-keys.md.
""")
OPERATOR_KEY = click.option(
    "--operator-key",
    type=FILE,
    metavar="FILE",
    help="let the key read what is published already, by the operator's key",
)


@click.group(epilog=EXAMPLES)
def key() -> None:
    """Give readers keys, list them, revoke them."""


@key.command(cls=Command)
@argument("audience", "who the key lets read, as the codebook's audiences name them")
@click.option("--for", "label", required=True, metavar="NAME", help="whose key it is")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="the last day on which it is good (UTC)",
)
@OPERATOR_KEY
@with_project
def add(
    project: Project,
    audience: str,
    label: str,
    until: datetime | None,
    operator_key: Path | None,
) -> None:
    """Make a key for AUDIENCE and print it once."""
    from wavehouse.audiences.giving import add_key

    _tell(add_key(project, audience, label, until.date() if until else None, operator_key))


@key.command(name="list", cls=Command)
@with_project
def list_keys(project: Project) -> None:
    """List the keys: whose, for which audience, until when."""
    from wavehouse.audiences.giving import describe_keys

    click.echo(describe_keys(project))


@key.command(cls=Command)
@argument("key_id", "the id of a key, as `wavehouse key list` has it", metavar="KEY")
@with_project
def revoke(project: Project, key_id: str) -> None:
    """Let the key of the id KEY open nothing from now on."""
    from wavehouse.audiences.giving import revoke_key

    click.echo(revoke_key(project, key_id))


@key.command(cls=Command)
@argument("key_id", "the id of a key, as `wavehouse key list` has it", metavar="KEY")
@OPERATOR_KEY
@with_project
def rotate(project: Project, key_id: str, operator_key: Path | None) -> None:
    """Replace the key of the id KEY by a new one, print it once, and revoke the old one."""
    from wavehouse.audiences.giving import rotate_key

    _tell(rotate_key(project, key_id, operator_key))


@key.command(cls=Command)
@argument("file", "where the secret goes; not within the project", type=FILE)
@with_project
def operator(project: Project, file: Path) -> None:
    """Make the operator's key, which opens every release, and write it to FILE."""
    from wavehouse.audiences.giving import make_operator

    click.echo(make_operator(project, file))


@key.command(cls=Command)
@with_project
def postgres(project: Project) -> None:
    """Let PostgreSQL know at once which keys are good."""
    from wavehouse.audiences.postgres import bring_keys

    click.echo(bring_keys(project))


def _tell(given: "Given") -> None:
    click.echo(given.secret)
    click.echo(
        f"{given.key.key_id} for {given.key.label}, audience {given.key.audience_id}, good until "
        f"{given.key.expires_on or 'it is revoked'}. The key is kept nowhere: hand over the first "
        "line now.",
        err=True,
    )
    if given.n_sealed:
        click.echo(f"It opens {given.n_sealed} files of releases already.", err=True)
    if given.note:
        click.echo(given.note, err=True)
