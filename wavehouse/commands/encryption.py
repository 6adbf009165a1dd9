"""`wavehouse encryption`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, FOLDER, Command, argument, examples, with_project
from wavehouse.escapes import sql_text, terminal_text
from wavehouse.project import Project

EXAMPLES_ON = examples("""
examples:
  wavehouse encryption on
  wavehouse encryption on --keep-seeds    waves in seeds/waves are public, and stay text

The key is made where there is none, outside of the project: keep a copy of it elsewhere. Whoever
loses it has lost the answers. A command that was stopped goes on where it was, if it is run again.
""")
EXAMPLES_OFF = examples("""
examples:
  wavehouse encryption off
""")
EXAMPLES_SHOW = examples("""
examples:
  wavehouse encryption show
  wavehouse encryption show --key         what opens the files in DuckDB: secret
""")
EXAMPLES_OPEN = examples("""
examples:
  wavehouse encryption open exports/panel_2024.sav.age
  wavehouse encryption open exports/*.age --to /media/stick

`age --decrypt -i KEY_FILE` does the same. The opened files are plain.
""")


@click.group(cls=click.Group)
def encryption() -> None:
    """Encrypt what the project holds of people: on, off, and how to open it."""


@encryption.command(cls=Command, epilog=EXAMPLES_ON)
@click.option(
    "--keep-seeds", is_flag=True, help="leave waves in seeds/waves as text, because they are public"
)
@with_project
def on(project: Project, *, keep_seeds: bool) -> None:
    """Encrypt landed waves, working database, releases and history, and all that is written."""
    from wavehouse.encryption.turning import turn_on
    from wavehouse.people.git_history import files_in_git

    turned = turn_on(project, keep_seeds=keep_seeds)
    if turned.key_file:
        print(
            f"Made a key: {turned.key_file}. Copy it to a safe place now: without it nobody can "
            "open anything of this project."
        )
    elif turned.key_in:
        print(f"The key is in {turned.key_in}. Have a copy of it in a safe place.")
    for study_id, wave_id in turned.landed:
        print(f"Study {study_id}, wave {wave_id}: landed, and taken out of seeds/waves.")
    _tell(turned.n_files, "encrypted", turned.removed)
    if turned.kept_seeds:
        print(f"Left as text: {', '.join(turned.kept_seeds)}.")
    in_git = files_in_git(project, [project.root / name for name in turned.seeds])
    if in_git:
        paths = " ".join(f"--path {name}" for name in in_git)
        print(
            f"Git's history still has {len(in_git)} of the files as text. To take them out (all "
            f"commits get new ids): git filter-repo --invert-paths {paths}"
        )
    print(f"Encrypted for {turned.recipient}. Next: make")


@encryption.command(cls=Command, epilog=EXAMPLES_OFF)
@with_project
def off(project: Project) -> None:
    """Write all files as plain ones again."""
    from wavehouse.encryption.turning import turn_off

    turned = turn_off(project)
    _tell(turned.n_files, "written as plain files", turned.removed)
    print("Nothing is encrypted any more. The key still opens earlier backups. Next: make")


@encryption.command(cls=Command, epilog=EXAMPLES_SHOW)
@click.option("--key", is_flag=True, help="show the key too, in the SQL that opens the files")
@with_project
def show(project: Project, *, key: bool) -> None:
    """Say whether the project is encrypted, for which key, and how its files are opened."""
    from wavehouse.encryption.key import (
        PARQUET_KEY,
        encrypted_for,
        key_file,
        parquet_secret,
        read_key,
        secret,
    )

    recipient = encrypted_for(project)
    if recipient is None:
        print("Not encrypted. To encrypt: wavehouse encryption on")
        return
    print(f"Encrypted for {recipient}. The key is expected in {key_file(project)}.")
    opens = secret() or read_key(project, recipient)
    shown = opens if key else "..."
    parquet = parquet_secret(opens) if key else "..."
    file = sql_text(project.warehouse / "wavehouse.duckdb")
    print(
        "In DuckDB:\n"
        f"  attach {file} as wavehouse (read_only, encryption_key '{shown}');\n"
        f"  pragma add_parquet_key('{PARQUET_KEY}', '{parquet}');\n"
        f"  from read_parquet('...', encryption_config = {{footer_key: '{PARQUET_KEY}'}});"
    )


@encryption.command("open", cls=Command, epilog=EXAMPLES_OPEN)
@argument("file", "files that end with .age", type=FILE, nargs=-1)
@click.option("--to", type=FOLDER, help="the folder for the opened files (default: beside each)")
@with_project
def open_(project: Project, *, file: tuple[Path, ...], to: Path | None) -> None:
    """Open files that were sealed for the project's key, such as exports."""
    from wavehouse.encryption.sealed import open_file

    for each in file:
        print(f"Wrote {terminal_text(str(open_file(project, each, to)))}")


def _tell(n_files: int, done: str, removed: list[str]) -> None:
    print(f"{n_files} files {done}.")
    if removed:
        print(f"Removed, to be made again: {', '.join(removed)}.")
