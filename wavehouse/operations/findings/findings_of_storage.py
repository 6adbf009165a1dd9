"""Findings about disks and about the files of the published release."""

from collections.abc import Iterator
from datetime import datetime

from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.finding import ERROR, Finding, said_size
from wavehouse.operations.findings.storage import disks, release_damage
from wavehouse.project import Project


def findings_of_storage(project: Project, operations: Operations, _: datetime) -> Iterator[Finding]:
    """Find disks that are nearly full, and a release that is not as it was published."""
    least = operations.expect.free_disk_gb * 1e9
    for disk in disks(project):
        if disk.free < least:
            yield Finding(
                "disk_low",
                ERROR,
                f"The disk of {' and '.join(disk.folders)}",
                f"Only {said_size(disk.free)} of {said_size(disk.size)} are free; operations.yml "
                f"wants {said_size(least)}.",
                "What is published stays. A build that finds no room stops and leaves nothing half "
                "written.",
                "Make room: `make clean` removes what builds leave, `wavehouse releases --tidy` "
                "what releases.yml does not keep. `wavehouse status` says what takes how much.",
            )
    if damage := release_damage(project):
        yield Finding(
            "release_damaged",
            ERROR,
            "The published release",
            f"The files that readers open are not what was published. {damage}",
            "The working database, the history of releases and the backups are other files.",
            "Publish again with `wavehouse publish`, or build with `wavehouse build --force`. If "
            "the disk is at fault, restore on another one with `wavehouse restore`.",
        )
