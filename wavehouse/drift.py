"""The drift report: one page that says what changed between waves, for every study."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.building.databases import holder_named
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.reports import page
from wavehouse.writing import write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEVERITIES = ("hard", "warning", "note")
PROBLEMS = "intermediate.int_checks__problems"
FINDINGS = "marts.fct_drift"


@dataclass(frozen=True)
class Finding:
    """One finding, as a reader sees it."""

    study_id: str
    wave_id: str
    drift_kind: str
    statistic: str
    subject: str
    subject_label: str | None
    from_wave_id: str | None
    value: float | None
    threshold: float | None
    p_value: float | None
    severity: str
    is_waived: bool
    waiver_reason: str | None
    finding: str
    remedy: str

    @property
    def is_open(self) -> bool:
        """Whether it fails a build."""
        return self.severity == "hard" and not self.is_waived

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return self.drift_kind.replace("_", " ").capitalize()


@dataclass
class Cell:
    """The findings of one kind in one wave."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def severity(self) -> str:
        """The severest of them; one that is waived counts as a note."""
        found = {"note" if each.is_waived else each.severity for each in self.findings}
        return next(each for each in SEVERITIES if each in found)


@dataclass
class Study:
    """A study with its waves in order, and what was found in them."""

    study_id: str
    label: str
    waves: dict[str, str]
    findings: list[Finding]

    @property
    def kinds(self) -> dict[str, str]:
        """The kinds that were found, by name, in words."""
        return {each.drift_kind: each.kind_label for each in self._by_kind()}

    def cell(self, drift_kind: str, wave_id: str) -> Cell:
        """Give the findings of a kind in a wave."""
        return Cell(
            [
                each
                for each in self.findings
                if each.drift_kind == drift_kind and each.wave_id == wave_id
            ]
        )

    def in_wave(self, wave_id: str) -> list[Finding]:
        """Give the findings of a wave, the severest first."""
        return sorted(
            (each for each in self.findings if each.wave_id == wave_id),
            key=lambda each: (each.is_waived, SEVERITIES.index(each.severity), each.drift_kind),
        )

    def _by_kind(self) -> list[Finding]:
        return sorted(
            self.findings, key=lambda each: (SEVERITIES.index(each.severity), each.drift_kind)
        )


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    studies: list[Study]
    general: list[Finding]
    stopped: bool

    @property
    def findings(self) -> list[Finding]:
        """All findings."""
        return [*self.general, *(each for study in self.studies for each in study.findings)]

    @property
    def n_open(self) -> int:
        """How many fail the build."""
        return sum(each.is_open for each in self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by severity; those that are waived by themselves."""
        counted = Counter("waived" if each.is_waived else each.severity for each in self.findings)
        return {name: counted[name] for name in (*SEVERITIES, "waived")}


def write_drift(project: Project, folder: Path) -> tuple[Path, Report]:
    """Write the report of the working database.

    Args:
        project: the project.
        folder: where drift.html goes: `warehouse` for what was just published, else `target`, so
            that beside a published warehouse stands the report of what is in it.

    Raises:
        WavehouseError: there is no working database, or drift was not computed in it.
    """
    report = read_report(project)
    path = folder / "drift.html"
    write_whole(path, render(report), sealed=True)
    return path, report


def write_drift_and_tell(project: Project, folder: Path) -> Report:
    """Write the report, and say in one line where it is and what is in it."""
    path, report = write_drift(project, folder)
    counts = report.counts
    print(
        f"Wrote {project.relative(path)}: {counts['hard']} hard, {counts['warning']} warnings, "
        f"{counts['note']} notes, {counts['waived']} waived."
    )
    return report


def read_report(project: Project) -> Report:
    """Read the findings from the working database.

    Where the checks found problems, nothing after them was computed, so only these are shown: what
    the marts hold then is of another build.

    Raises:
        WavehouseError: there is no working database, or drift was not computed in it.
    """
    import duckdb

    database = project.relative(project.working_database)
    if not project.working_database.exists():
        raise WavehouseError(f"{database} is missing, so there is no drift to show. Run `make`.")
    try:
        with (
            holder_named(database),
            connect(project.working_database, read_only=True) as connection,
        ):
            problems = list(_problems(connection))
            if not problems and not _made_by_last_run(project):
                raise WavehouseError(
                    f"The last build of {database} stopped before {FINDINGS}, so its drift is not "
                    "known. Fix what stopped the build, and run `make`."
                )
            findings = problems or list(_findings(connection))
            return Report(
                studies=_studies(connection, findings),
                general=[each for each in findings if not each.wave_id],
                stopped=bool(problems),
            )
    except duckdb.Error as error:
        raise WavehouseError(
            f"The drift of {database} cannot be read. Run `make`. {error}"
        ) from error


def render(report: Report) -> str:
    """Write the report as one HTML page that needs nothing else."""
    return page("drift", _number, report=report, severities=SEVERITIES)


def _number(value: float) -> str:
    """Write a number for readers: four digits, and all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _made_by_last_run(project: Project) -> bool:
    """Tell whether the last run of dbt left the findings alone, or made them again.

    A run that failed before them leaves those of an earlier one.
    """
    try:
        run = json.loads((project.target / "run_results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    name = f"model.wavehouse.{FINDINGS.split('.')[1]}"
    statuses = {each["unique_id"]: each["status"] for each in run["results"]}
    return statuses.get(name, "success") == "success"


def _findings(connection: "DuckDBPyConnection") -> Iterable[Finding]:
    rows = connection.execute(
        f"""
        select
            drift.study_id, drift.wave_id, drift.drift_kind, drift.statistic, drift.subject,
            coalesce(measures.measure_label, variables.variable_label) as subject_label,
            drift.from_wave_id, drift.value, drift.threshold, drift.p_value, drift.severity,
            drift.is_waived, drift.waiver_reason, drift.finding, drift.remedy
        from {FINDINGS} as drift
        left join intermediate.int_measures__measures as measures
            on drift.subject = measures.measure_id
        left join staging.stg_codebook__variables as variables
            on drift.variable_id = variables.variable_id
        order by all
        """
    ).fetchall()
    return (Finding(*row) for row in rows)


def _problems(connection: "DuckDBPyConnection") -> Iterable[Finding]:
    rows: list[tuple[Any, ...]] = connection.execute(
        f"""
        select
            coalesce(study_id, ''), coalesce(wave_id, ''), check_id, 'rows',
            concat_ws(' = ', coalesce(column_name, file_path), source_code), file_path,
            null, n_rows, null, null, 'hard', false, null, problem, remedy
        from {PROBLEMS}
        order by all
        """
    ).fetchall()
    return (Finding(*row) for row in rows)


def _studies(connection: "DuckDBPyConnection", findings: list[Finding]) -> list[Study]:
    rows = connection.execute(
        """
        select studies.study_id, studies.study_label, waves.wave_id, waves.wave_label
        from staging.stg_codebook__studies as studies
        inner join staging.stg_codebook__waves as waves on studies.study_id = waves.study_id
        order by studies.study_label, waves.wave_number, waves.wave_id
        """
    ).fetchall()
    studies: dict[str, Study] = {}
    for study_id, study_label, wave_id, wave_label in rows:
        study = studies.setdefault(study_id, Study(study_id, study_label or study_id, {}, []))
        study.waves[wave_id] = wave_label or wave_id
    for each in findings:
        if not each.wave_id:
            continue
        study = studies.setdefault(each.study_id, Study(each.study_id, each.study_id, {}, []))
        study.waves.setdefault(each.wave_id, each.wave_id)
        study.findings.append(
            replace(each, from_wave_id=study.waves.get(each.from_wave_id or "", each.from_wave_id))
        )
    return list(studies.values())
