"""The status as metrics, in the text format of Prometheus: `warehouse/operations/metrics.prom`.

The textfile collector of Prometheus' node_exporter reads the file.
`docs/guide/know-that-it-runs.md` lists the metrics.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from wavehouse import __version__
from wavehouse.operations.findings.deliveries import LATE, SHORT, SILENT
from wavehouse.operations.findings.finding import ERROR, KINDS, WARNING
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.status.metrics_of_postgres import add_postgres
from wavehouse.operations.status.status import Status, seconds_since_epoch
from wavehouse.project import Project
from wavehouse.writing import write_whole

FILE = "metrics.prom"


def metrics_file(project: Project) -> Path:
    """Name the file of the metrics."""
    return operations_folder(project) / FILE


def write_metrics(project: Project, status: Status) -> Path:
    """Write the metrics of a status, in one step: a reader never finds half.

    Raises:
        WavehouseError: the file cannot be written.
    """
    path = metrics_file(project)
    write_whole(path, metrics_text(status))
    return path


def metrics_text(status: Status) -> str:
    """Give the metrics of a status."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.add("info", "What this is: always 1.", 1, project=status.project, version=__version__)
    metrics.add("status_timestamp_seconds", "When this was written.", status.at.timestamp())
    _findings(metrics, status)
    _release(metrics, status)
    _runs(metrics, status)
    _waves(metrics, status)
    _backups(metrics, status)
    _storage(metrics, status)
    if status.postgres is not None:
        add_postgres(metrics.add, status.postgres, registry)
    return generate_latest(registry).decode()


class Metrics:
    """Gauges by name, each made when it has its first value: what is not known has no line."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._gauges: dict[str, Gauge] = {}

    def add(self, name: str, meaning: str, value: float | None, **labels: str) -> None:
        """Set a value; None leaves it out."""
        if value is None:
            return
        if name not in self._gauges:
            self._gauges[name] = Gauge(
                f"wavehouse_{name}", meaning, list(labels), registry=self._registry
            )
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def add_all(self, meanings: Mapping[str, tuple[str, Any]], **labels: str) -> None:
        """Set several values with the same labels."""
        for name, (meaning, value) in meanings.items():
            self.add(name, meaning, value, **labels)


def _findings(metrics: Metrics, status: Status) -> None:
    found = Counter((each.kind, each.severity) for each in status.findings)
    for kind in KINDS:
        for severity in (ERROR, WARNING):
            metrics.add(
                "findings",
                "Findings of `wavehouse status`, by kind and severity.",
                found[kind, severity],
                kind=kind,
                severity=severity,
            )


def _release(metrics: Metrics, status: Status) -> None:
    if status.release is None:
        return
    tables = status.release["tables"]
    published = seconds_since_epoch(status.release["published_at"])
    metrics.add_all(
        {
            "release_published_timestamp_seconds": ("When the release was published.", published),
            "release_tables": ("Tables of the published release.", len(tables)),
            "release_rows": (
                "Rows of all tables of the published release.",
                sum(table["rows"] for table in tables),
            ),
        }
    )


def _runs(metrics: Metrics, status: Status) -> None:
    for (command, target), runs in status.runs.items():
        labels = {"command": command, "target": target}
        metrics.add(
            "run_running", "Whether the command runs now.", int(runs.running is not None), **labels
        )
        for how, count in runs.counts.items():
            metrics.add(
                "runs",
                "Runs that are remembered, by how they ended.",
                count,
                **labels,
                status=how,
            )
        if passed := runs.last_passed:
            metrics.add(
                "run_last_success_timestamp_seconds",
                "When the command last did its work, or had nothing to do.",
                seconds_since_epoch(passed["ended_at"]),
                **labels,
            )
        last = runs.last
        if last is None:
            continue
        memory = last["peak_memory_mb"]
        metrics.add_all(
            {
                "run_end_timestamp_seconds": (
                    "When the last run ended.",
                    seconds_since_epoch(last["ended_at"]),
                ),
                "run_success": (
                    "Whether the last run did its work, or had nothing to do.",
                    int(last is runs.last_passed),
                ),
                "run_duration_seconds": ("How long the last run took.", last["seconds"]),
                "run_processor_seconds": (
                    "Processor time of the last run.",
                    last["processor_seconds"],
                ),
                "run_peak_memory_bytes": (
                    "Most memory of one process of the last run.",
                    None if memory is None else memory * 1e6,
                ),
            },
            **labels,
        )
        seconds: Counter[str] = Counter()
        for step in last["steps"]:
            seconds[step["step"]] += step["seconds"] or 0
        for step, took in seconds.items():
            metrics.add(
                "run_step_duration_seconds",
                "How long a step of the last run took.",
                took,
                **labels,
                step=step,
            )
    for model, took in status.models.items():
        metrics.add(
            "model_duration_seconds",
            "How long the slowest models and tests of the last build took.",
            took,
            model=model,
        )


def _waves(metrics: Metrics, status: Status) -> None:
    for state in status.waves:
        wave, last = state.wave, state.delivery.last_at
        metrics.add_all(
            {
                "wave_late": ("Whether the wave is due and not there.", int(state.status == LATE)),
                "wave_short": (
                    "Whether the wave is due and has fewer respondents than agreed.",
                    int(state.status == SHORT),
                ),
                "wave_silent": (
                    "Whether the wave is in the field and a delivery was missed.",
                    int(state.status == SILENT),
                ),
                "wave_respondents": ("Respondents delivered.", state.delivery.n_respondents),
                "wave_min_respondents": ("Respondents agreed.", wave.min_respondents),
                "wave_due_timestamp_seconds": (
                    "Beginning of the last day on which the wave may arrive, in UTC.",
                    seconds_since_epoch(wave.due_on),
                ),
                "wave_last_delivery_timestamp_seconds": (
                    "When the last delivery came.",
                    last.timestamp() if last else None,
                ),
            },
            study=wave.study_id,
            wave=wave.wave_id,
        )


def _backups(metrics: Metrics, status: Status) -> None:
    if status.operations.backup is None:
        return
    last, drill = (status.backups.get(name) or {} for name in ("last", "drill"))
    metrics.add_all(
        {
            "backup_last_timestamp_seconds": (
                "When the last backup ended.",
                seconds_since_epoch(last.get("ended_at")),
            ),
            "backup_failed": (
                "Whether the last attempt of a backup failed.",
                int(bool(status.backups.get("failed"))),
            ),
            "drill_last_timestamp_seconds": (
                "When the last drill ended.",
                seconds_since_epoch(drill.get("ended_at")),
            ),
            "drill_passed": (
                "Whether the last drill passed.",
                int(bool(drill.get("passed"))) if drill else None,
            ),
        }
    )


def _storage(metrics: Metrics, status: Status) -> None:
    for disk in status.disks:
        metrics.add_all(
            {
                "disk_free_bytes": ("What is free on a disk of the project.", disk.free),
                "disk_size_bytes": ("Size of a disk of the project.", disk.size),
            },
            folder=disk.folders[0],
        )
    for each in status.databases:
        metrics.add_all(
            {
                "database_size_bytes": ("Size on the disk.", each.size),
                "database_unused_bytes": ("Bytes within that hold nothing.", each.unused),
                "database_growth_bytes_per_day": (
                    "By how much it grew in a day, over the last week.",
                    status.growth.get(each.name),
                ),
            },
            database=each.name,
        )
