"""Which command runs a test: `make test`, what every contributor runs, or `make test-slow`.

A test is slow for what it needs, not for its seconds: a server, a browser, data that are not in
the repository, restic, or a drill that kills or repeats something again and again. It says so with
`@pytest.mark.slow("drill")`; the rest is seen by the fixtures that a test asks for.
"""

from collections.abc import Sequence

import pytest

REASONS = {
    "server": "needs a database server of its own",
    "browser": "needs Chromium",
    "restic": "needs restic, which backups are made with",
    "data": "needs data that are not in the repository",
    "R": "needs R with its packages survey and haven",
    "hyper": "needs Tableau's engine Hyper",
    "drill": "kills or repeats again and again what another test tries once",
}
# Fixtures by what they need.
FIXTURES = {
    "server": {"postgres_server", "postgres_build", "overlay_on_postgres", "on_postgres"},
    "browser": {"browser", "opened", "visit"},
    "data": {"nhanes", "nhanes_waves"},
    "drill": {"simulated"},
}


def mark_slow(items: Sequence[pytest.Item]) -> None:
    """Mark tests whose fixtures, or whose parameter, tell what they need.

    Raises:
        pytest.UsageError: a mark gives no reason, or none that is known.
    """
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        needed = {reason for reason, fixtures in FIXTURES.items() if asked & fixtures}
        # A parameter names the engine.
        if "postgres" in getattr(getattr(item, "callspec", None), "params", {}).values():
            needed.add("server")
        for reason in sorted(needed):
            item.add_marker(pytest.mark.slow(reason))
        for mark in item.iter_markers("slow"):
            if not mark.args or set(mark.args) - set(REASONS):
                raise pytest.UsageError(
                    f"{item.nodeid}: slow needs one of these reasons: {', '.join(REASONS)}."
                )
