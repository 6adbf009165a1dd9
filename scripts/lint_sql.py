"""Lint SQL with sqlfluff, in half the time, and only what was not found clean before.

The same rules report the same. What is left out is work: Python looks for cycles of objects again
and again, where sqlfluff makes millions that live on; six rules map one file again, and arrange its
words; a set is made for each of millions of questions for the type of a word; and a file that was
clean is linted again though neither it nor what its macros write has changed.

    scripts/lint_sql.py target/lint/clean.txt models tests
"""

import gc
import hashlib
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from sqlfluff.cli.commands import lint
from sqlfluff.core.linter import Linter
from sqlfluff.core.linter.common import RenderedFile
from sqlfluff.core.linter.linted_file import LintedFile
from sqlfluff.core.parser.segments.raw import RawSegment
from sqlfluff.utils.reflow.depthmap import DepthMap
from sqlfluff.utils.reflow.sequence import ReflowSequence

# So many files are linted between two collections, for memory's sake.
FILES = 15


class Clean:
    """What was found clean, kept in a file: a sum a line. What is not met again is forgotten."""

    def __init__(self, path: Path) -> None:
        """Read what the last run left, if there is anything."""
        self._path = path
        self._before = set(path.read_text().split()) if path.exists() else set()
        self._now: set[str] = set()
        self.n_linted = 0
        versions = (f"{each.name} {each.version}" for each in distributions())
        files = (path for path in (Path(".sqlfluff"), Path(__file__)) if path.exists())
        self._rules = "\0".join(
            [
                *sorted(each for each in versions if "sqlfluff" in each),
                *(path.read_text() for path in files),
            ]
        )

    def sum_of(self, rendered: RenderedFile) -> str:
        """Give a sum of all that linting a file depends on."""
        variants = [str(variant) for variant in rendered.templated_variants]
        told = [self._rules, rendered.fname, rendered.source_str, *variants]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()

    def __contains__(self, key: str) -> bool:
        """Tell whether something was found clean; it is kept then."""
        if key in self._before:
            self._now.add(key)
        return key in self._now

    def add(self, key: str) -> None:
        """Keep what was found clean."""
        self._now.add(key)

    def save(self) -> None:
        """Write what is clean."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text("".join(f"{key}\n" for key in sorted(self._now)))


def main(words: Sequence[str]) -> None:
    """Lint; ends the process as sqlfluff does.

    Args:
        words: the file that keeps what is clean, whose name ends with `.txt`, and words for
            `sqlfluff lint`.
    """
    if not words or Path(words[0]).suffix != ".txt":
        sys.exit("Name the file of what was found clean first, as target/lint/clean.txt.")
    kept, *rest = words
    clean = Clean(Path(kept))
    Linter.lint_rendered = staticmethod(skip_clean(Linter.lint_rendered, clean))
    DepthMap.from_parent = staticmethod(once_a_file(DepthMap.from_parent))
    ReflowSequence._elements_from_raw_segments = staticmethod(
        arranged_once(ReflowSequence._elements_from_raw_segments)
    )
    RawSegment.is_type = is_type
    gc.disable()
    try:
        lint.main(["--disable-progress-bar", *rest])
    finally:
        clean.save()


def skip_clean(lint_rendered: Callable[..., LintedFile], clean: Clean) -> Callable[..., LintedFile]:
    """Lint what is not known to be clean."""

    def run(rendered: RenderedFile, *words: Any) -> LintedFile:  # noqa: ANN401
        key = clean.sum_of(rendered)
        variants = rendered.templated_variants
        if variants and not rendered.templater_violations and key in clean:
            return LintedFile(rendered.fname, [], None, None, None, variants[0], rendered.encoding)
        linted = lint_rendered(rendered, *words)
        clean.n_linted += 1
        if clean.n_linted % FILES == 0:
            gc.collect()
        if not linted.violations:
            clean.add(key)
        return linted

    return run


def once_a_file(from_parent: Callable[[Any], DepthMap]) -> Callable[[Any], DepthMap]:
    """Keep the map of the file that rules are at."""
    last: list[Any] = [None, None]

    def run(parent: Any) -> DepthMap:  # noqa: ANN401 - a segment
        if last[0] is not parent:
            last[:] = [parent, from_parent(parent)]
        return last[1]

    return run


def arranged_once(arrange: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Keep what the words of a file are arranged to; who asks gets a list of their own."""

    def run(segments: Sequence[Any], reflow_config: Any, depth_map: Any) -> list[Any]:  # noqa: ANN401
        # Words of one map that begin and end alike are the same words.
        ends = (len(segments), *map(id, segments[:1]), *map(id, segments[-1:]))
        known = depth_map.__dict__.setdefault("_arranged", {})
        if ends not in known:
            known[ends] = segments, arrange(segments, reflow_config, depth_map)
        return list(known[ends][1])

    return run


def is_type(self: RawSegment, *wanted: str) -> bool:
    """Tell whether a word is of one of these types, without a set for the question."""
    own = self.instance_types
    for each in wanted:
        if each in own:
            return True
    return not self._class_types.isdisjoint(wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
