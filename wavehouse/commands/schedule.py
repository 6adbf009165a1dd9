"""`wavehouse schedule`."""

import re
from pathlib import Path

import click

from wavehouse.commands.shared import FOLDER, Command, argument, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse schedule systemd --at 06:00 --to units    services and timers
  wavehouse schedule cron                             lines for a crontab, on the terminal
  wavehouse schedule github --to .github/workflows
  wavehouse schedule gitlab --to .

A run each day, `wavehouse status --alert` each hour, and a drill each month where operations.yml
wants one; GitHub and GitLab call the run alone.
""")


def _time(_: click.Context, __: click.Parameter, value: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)
    if not found:
        raise click.BadParameter(f"{value!r} is no time of the day. Write it as 06:00.")
    return int(found[1]), int(found[2])


@click.command(cls=Command, epilog=EXAMPLES)
@argument(
    "kind",
    "who calls it: systemd, cron, github or gitlab",
    type=click.Choice(["systemd", "cron", "github", "gitlab"]),
    metavar="SCHEDULER",
)
@click.option(
    "--at",
    "time",
    default="06:00",
    show_default=True,
    metavar="TIME",
    callback=_time,
    help="when the daily run begins; on GitHub in UTC",
)
@click.option(
    "--to",
    "folder",
    type=FOLDER,
    metavar="FOLDER",
    help="write the files there (default: show them)",
)
@with_project
def schedule(project: Project, kind: str, time: tuple[int, int], folder: Path | None) -> None:
    """Write the files that let a scheduler call `wavehouse run`."""
    from wavehouse.errors import WavehouseError
    from wavehouse.operations.schedule import schedule_files
    from wavehouse.writing import write_whole

    files = schedule_files(project, kind, *time)
    if folder is None:
        print("\n".join(files.values()), end="")
        return
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise WavehouseError(
                f"{path} is there already and is another one. Remove it, or name another folder."
            )
    for name, text in files.items():
        write_whole(folder / name, text)
        print(f"Wrote {folder / name}.")
