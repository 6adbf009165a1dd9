"""Build all on one target and attack it, in a process of its own, so that its cost can be told.

Nothing is published, nothing is recorded, and no earlier build is used or kept.
"""

import sys
from pathlib import Path

from wavehouse.building.dbt import run_dbt
from wavehouse.disclosure.closing import close_and_report, forget_closing
from wavehouse.errors import WavehouseError
from wavehouse.project import Project

START = (sys.executable, "-P", "-m", "wavehouse.engines.building")


def main() -> None:
    """Build by `root target artifacts`; end with 1 if a model, a test or the attack failed."""
    root, target, artifacts = sys.argv[1:]
    project = Project(Path(root))
    try:
        forget_closing(project, target)
        options = ("--target", target, "--target-path", artifacts, "--full-refresh")
        if run_dbt(project, "build", *options, "--exclude-resource-type", "unit_test"):
            sys.exit(1)
        print(close_and_report(project, target, Path(artifacts)))
    except WavehouseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
