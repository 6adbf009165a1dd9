"""Findings about messages that could not be sent."""

from collections.abc import Iterator
from datetime import datetime

from wavehouse.operations.alerts.alert_state import read_state
from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.finding import ERROR, Finding, moment, sentence
from wavehouse.project import Project


def findings_of_alerts(project: Project, operations: Operations, _: datetime) -> Iterator[Finding]:
    """Find ways of telling that failed when they were last tried, of those that are declared."""
    from wavehouse.operations.alerts.alerts import KIND, LOG, MAIL, WEBHOOK, subject_of

    declared = {LOG: True, WEBHOOK: operations.alerts.webhook_from, MAIL: operations.alerts.mail}
    for name, state in read_state(project).items():
        failed = state.get("failed")
        if failed and declared.get(name):
            yield Finding(
                KIND,
                ERROR,
                subject_of(name),
                f"It could not be sent, so nobody was told this way: {sentence(failed['message'])}",
                "All findings are in `wavehouse status`. What was to be told is tried with the "
                "next `wavehouse status --alert`.",
                "Fix what it names, in the part alerts of operations.yml or at the receiver; then "
                "run `wavehouse status --alert`.",
                moment(failed.get("first_at")),
            )
