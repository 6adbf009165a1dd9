"""`wavehouse fetch`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FOLDER, WAVE, Command, examples, study_argument, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse fetch nhanes                          downloads what is not there yet
  wavehouse fetch nhanes --from ~/nhanes          takes the files from a folder
  wavehouse fetch nhanes --wave 2017_2018

What is landed already is left alone. How a file is read where it does not say it itself stands in
the column reading_options of seeds/codebook/deliveries.csv. Then: make
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@click.option(
    "--from",
    "folder",
    type=FOLDER,
    metavar="FOLDER",
    help="take the files from this folder; nothing is downloaded",
)
@click.option("--wave", type=WAVE, metavar="WAVE", help="fetch only this wave")
@click.option("--replace", is_flag=True, help="replace waves that are landed from other files")
@with_project
def fetch(
    project: Project, study: str, folder: Path | None, wave: str | None, replace: bool
) -> None:
    """Download the files that deliveries.csv lists, and land them."""
    from wavehouse.operations.run_history.runs import recorded
    from wavehouse_exchange.landing.fetch import fetch as fetch_waves

    with recorded(project, "fetch") as run:
        run.note(study_id=study)
        waves = fetch_waves(project, study, folder, wave, replace=replace)
        new = [fetched.landed.row_count for fetched in waves if fetched.is_new]
        run.note(n_rows=sum(new), details={"n_new_waves": len(new)})
        if not new:
            run.nothing_to_do()
    for fetched in waves:
        landed = fetched.landed
        print(
            f"{landed.study_id} {landed.wave_id}: {landed.row_count:,} rows, "
            f"{len(landed.columns)} columns, {len(landed.files)} file(s), "
            f"{'landed' if fetched.is_new else 'was landed before'}"
        )
        for file in landed.files if fetched.is_new else []:
            for note in file.notes:
                print(terminal_text(f"  {note}"))
