"""The command line. Each command imports its module only when it runs."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.onboarding.arguments import add_onboarding
from wavehouse.processes import clean_end_on_sigterm
from wavehouse.project import Project, find_project


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after `wavehouse`; those of the process if left out.

    Returns:
        the exit code: 0 if done, 1 for a problem that the user can mend, 2 for wrong usage, and for
        `postgres` that of the command it ran.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[Project, argparse.Namespace], int] = options.command
    try:
        with clean_end_on_sigterm():
            return command(find_project(options.project_dir), options)
    except (WavehouseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wavehouse", description="Commands around the Wavehouse dbt project."
    )
    parser.add_argument(
        "--project-dir", type=Path, help="the project's folder (default: found from here upwards)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[Project, argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=run)
        return command

    add("check", _check, "list all problems of the wave and codebook files")
    generate = add("generate", _generate, "write the files that repeat the codebook")
    generate.add_argument(
        "--check", action="store_true", help="change nothing; fail if a file is out of date"
    )
    add_onboarding(commands)
    contracts = add(
        "contracts", _contracts, "record new public tables and columns; refuse lost ones"
    )
    contracts.add_argument(
        "--check", action="store_true", help="change nothing; fail if the record is out of date"
    )
    build = add("build", _build, "build and test everything, and publish it if all of it passes")
    build.add_argument("--force", action="store_true", help="build even if nothing changed")
    build.add_argument(
        "--target",
        choices=["duckdb", "postgres"],
        default="duckdb",
        help="the dbt target; only duckdb is published (default: duckdb)",
    )
    attack = add("attack", _attack, "try to compute what the tables hide; fail if it works")
    attack.add_argument(
        "--target",
        choices=["duckdb", "postgres"],
        default="duckdb",
        help="the dbt target whose tables are attacked (default: duckdb)",
    )
    add("drift", _drift, "write what changed between waves to target/drift.html")
    fetch = add("fetch", _fetch, "download the files that deliveries.csv lists, and land them")
    fetch.add_argument("study", metavar="STUDY", help="the study's id")
    fetch.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="take the files from this folder; nothing is downloaded",
    )
    fetch.add_argument("--wave", metavar="WAVE", help="fetch only this wave")
    fetch.add_argument(
        "--replace", action="store_true", help="replace waves that are landed from other files"
    )
    export = add("export", _export, "write a published study as CSV, SPSS, Stata, SDMX and more")
    export.add_argument("study", metavar="STUDY", help="the study's id")
    export.add_argument(
        "--format",
        dest="formats",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="write only these formats (default: all)",
    )
    export.add_argument("--wave", metavar="WAVE", help="export only this wave")
    export.add_argument(
        "--to",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="where to (default: warehouse/exports/STUDY); an earlier export there is replaced",
    )
    add("publish", _publish, "publish the last build again, if it passed")
    add("docs", _docs, "write the docs site to warehouse/docs/index.html")
    add("pages", _pages, "write pages to browse to warehouse/pages/index.html")
    postgres = add("postgres", _postgres, "run a command with a throwaway PostgreSQL server")
    postgres.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="-- WORD", help="the command and its arguments"
    )
    return parser


def _check(project: Project, _: argparse.Namespace) -> int:
    from wavehouse.onboarding.draft import open_problems
    from wavehouse.wave_files import inspect_files, problems_of_files

    found = inspect_files(project)
    problems = found.all_problems + open_problems(project)
    if problems:
        raise problems_of_files(problems)
    print(f"{len(found.waves)} wave files and the codebook's files read without problems.")
    return 0


def _generate(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.generate import check_generated, generate

    if options.check:
        check_generated(project)
        print("Generated files are up to date.")
        return 0
    changes = generate(project)
    for change in changes:
        print(change)
    print(f"{len(changes)} generated files changed." if changes else "Generated files: no change.")
    return 0


def _contracts(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.contracts import RECORD, check_contracts, record_contracts

    if options.check:
        print(f"The contracts of {check_contracts(project)} public tables hold.")
    elif record_contracts(project):
        print(f"{RECORD}: new tables or columns recorded")
    return 0


def _build(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.build import build

    build(project, options.target, options.force)
    return 0


def _attack(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.disclosure import check_disclosure

    print(check_disclosure(project, options.target))
    return 0


def _drift(project: Project, _: argparse.Namespace) -> int:
    from wavehouse.drift import write_drift_and_tell

    return 1 if write_drift_and_tell(project, project.target).n_open else 0


def _fetch(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.landing.fetch import fetch

    waves = fetch(project, options.study, options.folder, options.wave, replace=options.replace)
    for wave in waves:
        landed = wave.landed
        print(
            f"{landed.study_id} {landed.wave_id}: {landed.row_count:,} rows, "
            f"{len(landed.columns)} columns, {len(landed.files)} file(s), "
            f"{'landed' if wave.is_new else 'was landed before'}"
        )
    return 0


def _export(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.exports.export import export_and_tell

    export_and_tell(project, options.study, options.formats, options.wave, options.folder)
    return 0


def _publish(project: Project, _: argparse.Namespace) -> int:
    from wavehouse.publish import passed_build, publish_and_tell

    publish_and_tell(project, passed_build(project))
    return 0


def _docs(project: Project, _: argparse.Namespace) -> int:
    from wavehouse.docs import write_docs

    write_docs(project)
    return 0


def _pages(project: Project, _: argparse.Namespace) -> int:
    from wavehouse.pages.site import write_pages

    site = write_pages(project)
    print(
        f"Wrote {project.relative(site.folder)}/index.html: {site.variables:,} variables, "
        f"{site.files:,} files, {site.size / 1e6:,.1f} MB."
    )
    return 0


def _postgres(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.postgres import run_with_postgres

    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise WavehouseError("Name a command, for example: wavehouse postgres -- dbt build")
    return run_with_postgres(words, project.root)
