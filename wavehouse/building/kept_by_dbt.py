"""Let dbt read the project anew where what it has kept of it would mislead it.

dbt keeps what it has read, and reads again what changed. When a page of docs changes, it reads
again what named the page, as it stood before. So the exposure of a variable that is gone together
with its block of docs comes back, and dbt fails with each run, since the block is missing.
"""

import re
from collections.abc import Sequence

from wavehouse.generate.variable_pages import BLOCKS
from wavehouse.project import Project

KEPT = "partial_parse.msgpack"
TARGET_PATH = "--target-path"
BLOCK = re.compile(rb"{% docs (variable__\w+) %}")


def forget_if_misleading(project: Project, arguments: Sequence[str]) -> None:
    """Remove what dbt has kept if it knows a variable that has no block of docs any more.

    Args:
        project: the project.
        arguments: those of dbt, which may name its folder.
    """
    folder = project.target
    if TARGET_PATH in arguments:
        folder = project.root / arguments[arguments.index(TARGET_PATH) + 1]
    try:
        kept = (folder / KEPT).read_bytes()
    except OSError:
        return
    # As dbt names a block in what it keeps.
    known = re.findall(rb"doc\.%b\.(variable__\w+)" % re.escape(project.name.encode()), kept)
    pages = (path.read_bytes() for path in (project.root / BLOCKS).glob("*.md"))
    if not set(known) <= {name for page in pages for name in BLOCK.findall(page)}:
        (folder / KEPT).unlink(missing_ok=True)
