"""Write the index of the decisions, docs/decisions/README.md, from the records beside it.

    .venv/bin/python scripts/decision_index.py           # writes it
    .venv/bin/python scripts/decision_index.py --check   # says what is wrong, and writes nothing

A record is a file with a number. Its first lines are its title, its date, its area, its status,
and links to the records that it changes. The links go both ways.
"""

import argparse
import datetime
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "decisions"
INDEX = "README.md"
AREAS = (
    "Waves and files",
    "Codebook",
    "Bringing waves in",
    "Checks and drift",
    "Estimates and errors",
    "Publication rules and disclosure",
    "Public tables and dictionary",
    "Publishing and history",
    "Pages and docs site",
    "Exports",
    "Speed and engines",
    "Operations",
    "Projects of teams",
    "Working on the project",
)
STATUSES = ("accepted", "amended", "superseded")
# What the later record says, and the status that it gives the earlier one.
EFFECTS = {"Amends": "amended", "Supersedes": "superseded"}
FILE = re.compile(r"(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
HEADING = re.compile(r"# (\d+)\. (\S.*)")
LINE = re.compile(r"- ([A-Z][a-z]+): (.+)")
LINK = re.compile(r"\[(\d+)\]\(([\w-]+\.md)\)")
INTRODUCTION = """\
# Decisions

One record for each decision that somebody might want to reverse: what, why, and what it costs.
The words of a record stay. What a later record changes is said by the status of the earlier one.

| status | meaning |
|---|---|
| accepted | it holds |
| amended | it holds, except for what a later record says |
| superseded | a later record takes its place |

## Add one

Copy this into a file such as `NNNN-short-title.md`, with the next number:

```text
# NNN. What was decided, as a sentence

- Date: 2026-12-01
- Area: one of the headings below
- Status: accepted
- Amends: [18](0018-variances-are-sums.md)

Why it is so, what else was considered, and what it costs. A paragraph is enough.
```

Leave out the line *Amends* where no earlier record changes. Write *Supersedes* where your record
takes the place of another. Then change the status of the earlier record, to
`amended by [NNN](NNNN-short-title.md)` or `superseded by [NNN](NNNN-short-title.md)`.
Last, write this page again; a test compares it with the records:

```sh
.venv/bin/python scripts/decision_index.py
```
"""


@dataclass
class Record:
    """A decision, as its file tells it."""

    file: str
    number: int
    title: str
    lines: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def status(self) -> str:
        """Give the word of its status."""
        return self.lines.get("Status", "").split(" by ")[0]

    def linked(self, name: str) -> list[tuple[int, str]]:
        """Give number and file of the records that one of its first lines links to."""
        return [(int(number), file) for number, file in LINK.findall(self.lines.get(name, ""))]


def main(words: Sequence[str] | None = None) -> int:
    """Write or check the index; give the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="say what is wrong, write nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the records are")
    options = parser.parse_args(words)
    records, problems = read_records(options.folder)
    problems += record_problems(records)
    index = options.folder / INDEX
    text = index_text(records)
    if options.check and not (index.exists() and index.read_text(encoding="utf-8") == text):
        problems.append(f"{INDEX}: is not up to date; run scripts/decision_index.py")
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    if not options.check:
        index.write_text(text, encoding="utf-8")
    return 0


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read all records, in order of their numbers, and say which files are none."""
    records, problems = [], []
    for path in sorted(folder.iterdir()):
        if path.name == INDEX:
            continue
        heading, _, rest = path.read_text(encoding="utf-8").partition("\n")
        named, said = FILE.fullmatch(path.name), HEADING.fullmatch(heading)
        if not named or not said:
            problems.append(
                f"{path.name}: is no record: a name such as 0186-short-title.md and a first line"
                " such as '# 186. What was decided' are needed"
            )
            continue
        head, _, text = rest.strip().partition("\n\n")
        record = Record(path.name, int(named[1]), said[2], text=text.strip())
        if int(said[1]) != record.number:
            problems.append(f"{path.name}: its first line has the number {said[1]}")
        for line in head.splitlines():
            found = LINE.fullmatch(line)
            if not found or found[1] not in ("Date", "Area", "Status", *EFFECTS):
                problems.append(f"{path.name}: cannot read the line {line!r}")
            else:
                record.lines[found[1]] = found[2]
        records.append(record)
    return records, problems


def record_problems(records: Sequence[Record]) -> list[str]:
    """Say what is wrong with the records: numbers, dates, areas, statuses, links."""
    problems = []
    expected = 1
    for record in records:
        if record.number != expected:
            problems.append(f"{record.file}: its number should be {expected}")
        expected = record.number + 1
        if not is_date(record.lines.get("Date", "")):
            problems.append(f"{record.file}: has no date such as 2026-11-23")
        if record.lines.get("Area") not in AREAS:
            problems.append(f"{record.file}: its area is none of {', '.join(AREAS)}")
        if record.status not in STATUSES:
            problems.append(f"{record.file}: its status is none of {', '.join(STATUSES)}")
        elif (record.status == "accepted") != (record.lines["Status"] == "accepted"):
            problems.append(f"{record.file}: its status says more than it may")
        elif record.status != "accepted" and not record.linked("Status"):
            problems.append(f"{record.file}: its status does not say by which record")
        if not record.text:
            problems.append(f"{record.file}: has no text")
    return problems + link_problems(records)


def link_problems(records: Sequence[Record]) -> list[str]:
    """Say which links between records lead nowhere, go one way only, or go back in time."""
    problems = []
    by_number = {record.number: record for record in records}
    for record in records:
        place = (record.number, record.file)
        statuses = set()
        for name in ("Status", *EFFECTS):
            for number, file in record.linked(name):
                other = by_number.get(number)
                if other is None or other.file != file:
                    problems.append(f"{record.file}: there is no record {number} in {file}")
                elif name == "Status":
                    said = {EFFECTS[effect] for effect in EFFECTS if place in other.linked(effect)}
                    statuses |= said
                    if not said:
                        problems.append(f"{file}: does not say that it changes {record.file}")
                elif number >= record.number:
                    problems.append(f"{record.file}: changes {file}, which is not an earlier one")
                elif place not in other.linked("Status"):
                    problems.append(f"{file}: its status does not name {record.file}")
        # Who is superseded may have been amended before.
        if statuses and record.status != max(statuses):
            problems.append(f"{record.file}: its status should be {max(statuses)}")
    return problems


def is_date(text: str) -> bool:
    """Tell whether a text is a day, as ISO 8601 writes it."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def index_text(records: Iterable[Record]) -> str:
    """Write the index: how to add a record, and a table of them for each area."""
    parts = [INTRODUCTION]
    records = list(records)
    for area in AREAS:
        rows = [
            f"| [{record.number}]({record.file}) | {record.title} | {record.lines.get('Date')}"
            f" | {record.lines.get('Status')} |\n"
            for record in records
            if record.lines.get("Area") == area
        ]
        if rows:
            parts.append(f"## {area}\n\n| | decision | date | status |\n|---|---|---|---|\n")
            parts[-1] += "".join(rows)
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
