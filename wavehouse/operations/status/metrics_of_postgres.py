"""What a PostgreSQL server says of itself, as metrics of Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from wavehouse.operations.findings.postgres_facts import PostgresFacts

Add = Callable[..., None]


def add_postgres(add: Add, facts: PostgresFacts, registry: CollectorRegistry) -> None:
    """Add what a PostgreSQL server said of itself.

    Args:
        add: adds a gauge: its name, meaning, value and labels.
        facts: what the server said.
        registry: where counters go.
    """
    add("postgres_up", "Whether the server could be asked.", int(facts.error is None))
    if facts.error or facts.started_at is None:
        return
    longest = max((each.seconds for each in facts.running), default=0)
    gauges: dict[str, tuple[str, float]] = {
        "start_timestamp_seconds": ("Since when the server runs.", facts.started_at.timestamp()),
        "size_bytes": ("Size of the database.", facts.size),
        "connections": ("Connections to the server.", facts.connections),
        "max_connections": ("Connections that there may be.", facts.max_connections),
        "queries_waiting": ("Queries that wait for a lock.", len(facts.waiting)),
        "queries_running": ("Queries that run.", len(facts.running)),
        "longest_query_seconds": ("Since when the longest query runs.", longest),
    }
    for name, (meaning, value) in gauges.items():
        add(f"postgres_{name}", meaning, value)
    for table, size in facts.tables.items():
        add(
            "postgres_table_size_bytes",
            "Size of the largest tables with their indexes.",
            size,
            table=table,
        )
    registry.register(_Counters(facts))


class _Counters(Collector):
    """What the server has counted since its statistics began."""

    def __init__(self, facts: PostgresFacts) -> None:
        self._facts = facts

    def collect(self) -> list[CounterMetricFamily]:
        """Give the counters."""
        return [
            CounterMetricFamily(f"wavehouse_postgres_{name}", meaning, value=value)
            for name, meaning, value in (
                ("deadlocks", "Deadlocks.", self._facts.deadlocks),
                (
                    "rollbacks",
                    "Transactions that failed or were taken back.",
                    self._facts.rollbacks,
                ),
                (
                    "temporary_bytes",
                    "Written to temporary files because memory was short.",
                    self._facts.temporary_bytes,
                ),
            )
        ]
