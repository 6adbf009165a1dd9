"""Codebooks of older versions, each with a small study, and what that version published of it.

`version_0/codebook` and `version_0/waves` are made up; `version_0/published` has what the last
version that read such codebooks built of them.
"""

import csv
from collections.abc import Callable
from pathlib import Path

OLD = Path(__file__).parent / "version_0"
PUBLISHED = OLD / "published"
# Tables that `mangle` writes as editors do.
MANGLED = ("measures", "publication_rules", "code_lists")


def mangle(codebook: Path) -> None:
    """Write some tables as editors leave them: marks, line ends, blanks, order, own columns."""

    def rewrite(table: str, edit: Callable[[list[str]], list[str]]) -> None:
        path = codebook / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")

    rewrite("interval_methods", lambda lines: [",".join(line.split(",")[::-1]) for line in lines])
    rewrite("measure_bases", lambda lines: [*lines, "", ",,"])
    rewrite("measure_scores", lambda lines: [lines[0], *(f"{line} " for line in lines[1:])])
    rules = codebook / "publication_rules.csv"
    with rules.open(encoding="utf-8", newline="") as file:
        header, *rows = (line[::-1] for line in csv.reader(file))
    with rules.open("w", encoding="utf-8", newline="") as file:
        spaced = [f" {column} " if column == "source" else column for column in header]
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([spaced, *rows])
    lists = codebook / "code_lists.csv"
    lists.write_bytes(lists.read_bytes().rstrip(b"\n"))
    rewrite(
        "measures",
        lambda lines: [f"{lines[0]},our_note", *(f"{line},ask Ann" for line in lines[1:])],
    )
    measures = codebook / "measures.csv"
    measures.write_bytes(b"\xef\xbb\xbf" + measures.read_bytes().replace(b"\n", b"\r\n"))
