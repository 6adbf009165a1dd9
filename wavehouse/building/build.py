"""Build everything, attack it, suppress more where that works, and publish if all passes."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.databases import refuse_held
from wavehouse.building.dbt import (
    RESULTS,
    declared_microdata,
    public_tables,
    results_of,
    run_dbt,
    summarize_run,
)
from wavehouse.building.fingerprint import fingerprint, method_fingerprint
from wavehouse.building.postgres import server_explained
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.run_history.dbt_results import note_results
from wavehouse.operations.run_history.runs import note, recorded, step
from wavehouse.project import Project
from wavehouse.publishing.releases import check_links, published_manifest
from wavehouse.writing import explained

if TYPE_CHECKING:
    from wavehouse.building.stale import Known

UNKNOWN = "changed while building"


def build(project: Project, target: str = "duckdb", force: bool = False) -> None:
    """Generate, build with dbt and its data tests, then publish. The history gets what came of it.

    Unit tests bring their own rows, so they say nothing of the data: `make test` runs them.

    Args:
        project: what to build.
        target: the dbt target. Only a build with DuckDB is published; others are built and tested.
        force: compute everything again, whatever is known of the last build.

    Raises:
        ProblemsError: files have problems, or something is in the way of publishing.
        WavehouseError: another program has the working database open, a model or a test failed, or
            a confidential figure can be computed; the published warehouse is as it was.
    """
    publishes = target == "duckdb"
    may_skip = publishes and not force
    with recorded(project, "build", target) as run, server_explained():
        if may_skip and _is_up_to_date(project):
            run.nothing_to_do()
            return
        # A folder for each engine: the artifacts describe one engine's build, dbt's cache likewise.
        artifacts = project.target if publishes else project.target / target
        with explained(project.target), only_one(artifacts / ".build.lock", "build") as lock:
            # Perhaps the build that this one waited for has done all.
            if may_skip and _is_up_to_date(project):
                run.nothing_to_do()
            else:
                _build(project, target, artifacts, lock, force)


def _is_up_to_date(project: Project) -> bool:
    """Say so if what is published, and the working database too, are of the inputs as they are."""
    from wavehouse.publishing.publish import ended_embargo, is_as_it_passed

    published = published_manifest(project)
    if published is None or published["fingerprint"] != fingerprint(project):
        return False
    # The docs and an analyst's own queries read the working database.
    if not is_as_it_passed(project, published["fingerprint"]):
        return False
    if ended := ended_embargo(published):
        print(f"An embargo ended on {ended}, so the release is published again.")
        return False
    print(
        f"Nothing changed since {published['published_at']}: warehouse/wavehouse.duckdb is "
        "up to date. To build all the same: wavehouse build --force"
    )
    return True


def _build(project: Project, target: str, artifacts: Path, lock: int, force: bool) -> None:
    publishes = target == "duckdb"
    from wavehouse.building.artifacts import keep_artifacts
    from wavehouse.building.stale import Known
    from wavehouse.building.working_database import set_damaged_aside
    from wavehouse.changes.baseline import forget_kept_build, keep_build
    from wavehouse.codebook.wave_files import check_files, problems_of_files
    from wavehouse.disclosure.closing import close_and_report, forget_closing
    from wavehouse.generate import generate
    from wavehouse.publishing.publish import (
        PASSED,
        PUBLIC_SCHEMA,
        PassedBuild,
        forget_build,
        publish_and_tell,
    )
    from wavehouse.publishing.retention import read_retention
    from wavehouse_exchange.onboarding.draft import open_problems

    # Before anything of ours touches the file.
    known = Known() if force else Known.of_last_build(project)
    if publishes:
        check_links(project)
        read_retention(project)
        drafts = open_problems(project)
        if drafts:
            raise ProblemsError(
                "Nothing was built, because drafts of new waves are not finished:", drafts
            )
    with step("check files"):
        found = check_files(project)
    for study_id in found.left_out:
        remedy = f"`wavehouse fetch {study_id}` brings it"
        print(f"Left out: {study_id} (optional, nothing landed; {remedy})")
    with step("generate"):
        for change in generate(project, found):
            print(f"Generated {change}")
        inputs = fingerprint(project)
    note(input_fingerprint=inputs, method_fingerprint=method_fingerprint(project))
    if target == "postgres":
        from wavehouse.operations.run_history.load_postgres import load_runs
        from wavehouse.operations.run_history.load_requests import load_requests
        from wavehouse_exchange.landing.load_postgres import load_landed_waves

        with step("copy landed waves"):
            for line in load_landed_waves(project, found.waves):
                print(line)
        with step("copy runs"):
            load_runs(project)
            load_requests(project)
    project.working_database.parent.mkdir(parents=True, exist_ok=True)
    if publishes:
        # Before anything is changed: dbt would say it late, and in words of its own.
        refuse_held(project)
        forget_build(project)
        set_damaged_aside(project)
        if not project.working_database.exists():
            known = Known()
            print("The first build takes one to three minutes; later builds take less.")
    else:
        forget_kept_build(project, target)
    # A build that was killed may have left it.
    forget_closing(project, target)
    started = time.monotonic()
    said_before = _when_dbt_told(artifacts)
    try:
        with step("dbt"):
            passed_dbt = _run_dbt(project, target, artifacts, known, lock, force) == 0
    except WavehouseError as refused:
        raise WavehouseError(f"{refused} {_failure(project, publishes)}") from refused
    finally:
        if _when_dbt_told(artifacts) != said_before:
            note_results(results_of(artifacts))
    if publishes:
        Known.of_process(project).save(project)
    if found.ambiguous:
        print(problems_of_files(found.ambiguous))
    if not passed_dbt:
        _tell_drafts(project)
    if found.ambiguous or not passed_dbt:
        raise WavehouseError(
            _failure(project, publishes) + (_drift_page(project) if publishes else "")
        )
    print(
        f"Built {summarize_run(artifacts)} ({time.monotonic() - started:.0f} s with dbt's start)."
    )
    known = Known.of_process(project)
    ran = results_of(artifacts)
    try:
        with step("close disclosure"):
            print(close_and_report(project, target, artifacts, holding=[lock]))
    except ProblemsError as problems:
        print(problems)
        raise WavehouseError(_failure(project, publishes)) from problems
    if results_of(artifacts) != ran:
        note_results(ran, results_of(artifacts))
    if not publishes:
        keep_build(project, target, inputs)
        if target == "postgres":
            from wavehouse.audiences.postgres_releases import publish_and_tell_postgres

            with step("publish on PostgreSQL"):
                of_people = declared_microdata(artifacts, PUBLIC_SCHEMA)
                print(publish_and_tell_postgres(project, of_people))
        return
    if results_of(artifacts) != ran:
        # What suppresses more is built upon what was known.
        known.forget(results_of(artifacts))
    known.save(project)
    if fingerprint(project) != inputs:
        # Nobody can say which state was built, so the next run must not take it for up to date.
        inputs = UNKNOWN
        print("Files changed during the build: the next run will build again.")
    keep_artifacts(project, artifacts, artifacts / PASSED)
    passed = PassedBuild.of(project, inputs, public_tables(artifacts, PUBLIC_SCHEMA))
    passed.save(project)
    with step("publish"):
        publish_and_tell(project, passed)


def _run_dbt(
    project: Project, target: str, artifacts: Path, known: "Known", lock: int, force: bool
) -> int:
    """Run dbt for what changed, or on other engines for all, and give its exit code."""
    from wavehouse.building import stages as dbt_stages

    options = ["--target", target, "--target-path", str(artifacts)]
    if target != "duckdb":
        what = ("--exclude-resource-type", "unit_test")
        again = ("--full-refresh",) if force else ()
        return run_dbt(project, "build", *options, *what, *again, holding=[lock])
    known.save(project, is_last=False)
    how = dbt_stages.ALL if force else dbt_stages.CHANGED
    words = (str(project.root), str(artifacts), how, *options)
    return run_dbt(project, *words, holding=[lock], program=dbt_stages.START)


def _when_dbt_told(artifacts: Path) -> int | None:
    """Give when dbt wrote its results, to tell those of this build from those of one before."""
    try:
        return (artifacts / RESULTS).stat().st_mtime_ns
    except OSError:
        return None


def _tell_drafts(project: Project) -> None:
    """Say which drafts there are after a build that failed: one may have come while it ran.

    Its files were met without rows of the codebook, and what dbt says of that is not what to do.
    """
    from wavehouse_exchange.onboarding.draft import open_problems

    drafts = open_problems(project)
    if drafts:
        print(
            ProblemsError(
                "Drafts of new waves are not finished, and the build found their files:", drafts
            )
        )


def _drift_page(project: Project) -> str:
    """Write the drift page of a build that failed, and give the sentence that names it.

    There is none if the build did not come that far.
    """
    from wavehouse.drift import write_drift

    try:
        path, report = write_drift(project, project.target)
        note(n_findings=len(report.findings), n_hard_findings=report.n_open)
    except WavehouseError:
        return ""
    said = "What is open" if report.n_open else "What changed between waves"
    return f" {said}: {project.relative(path)}."


def _failure(project: Project, publishes: bool) -> str:
    if not publishes:
        return "The build failed; see the messages above."
    published = published_manifest(project)
    stays = (
        f"warehouse/wavehouse.duckdb stays as published at {published['published_at']}."
        if published
        else "Nothing has been published before, so there is no warehouse yet."
    )
    return f"The build failed, so nothing was published; see the messages above. {stays}"
