"""Draw the picture of the README from the published warehouse.

It shows two trends of marts.fct_trend_estimates with their intervals: one of a repeated
cross-section with documented breaks, one of a panel with a group that is too small to be shown.
Written are docs/images/trend.svg, and beside it docs/images/trend.csv with the numbers drawn.

The same numbers give the same bytes. Versions of the engine may differ in the last digits of a
number and those of matplotlib in the lines of the drawing, so --check compares numbers: those of
the CSV with the warehouse's, and the CSV with the one that the picture says it was drawn from.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import math
import sys
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROJECT = Path(__file__).resolve().parents[1]
WAREHOUSE = Path("warehouse", "wavehouse.duckdb")
PICTURE = Path("docs", "images", "trend.svg")
NUMBERS = Path("docs", "images", "trend.csv")

DECIMALS = 6
# A number that lies between two rounded ones may go either way.
TOLERANCE = 2 * 10**-DECIMALS

# Told apart by colour-blind eyes, and by shape where there is no colour (palette of Okabe and Ito).
STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"))
# How far the series of a wave stand apart, as a part of the time axis.
DODGE = 0.014

Row = dict[str, str]


class FigureError(Exception):
    """Nothing to draw from, with the remedy."""


@dataclass(frozen=True)
class Panel:
    """One trend: which rows of the mart are drawn, and how they are called."""

    title: str
    axis_label: str
    study_id: str
    measure_id: str
    category_code: str
    segment_id: str
    is_percent: bool


PANELS = (
    Panel(
        title="Never attend religious services",
        axis_label="per cent of respondents",
        study_id="gss",
        measure_id="religious_attendance_share",
        category_code="never",
        segment_id="sex",
        is_percent=True,
    ),
    Panel(
        title="Support for legal abortion",
        axis_label="circumstances, of seven",
        study_id="bsa",
        measure_id="abortion_support_mean",
        category_code="_Z",
        segment_id="religion",
        is_percent=False,
    ),
)

QUERY = """
select
    estimates.study_id,
    studies.study_label,
    estimates.wave_id,
    estimates.wave_date,
    estimates.measure_id,
    estimates.category_code,
    estimates.segment_id,
    estimates.segment_code,
    estimates.segment_value_label,
    estimates.estimate,
    estimates.ci_lower,
    estimates.ci_upper,
    estimates.ci_level,
    estimates.observation_status
from marts.fct_trend_estimates as estimates
inner join marts.dim_study as studies
    on estimates.study_id = studies.study_id
inner join marts.dim_segment as segments
    on
        estimates.segment_id = segments.segment_id
        and estimates.segment_code = segments.segment_code
where
    estimates.study_id = $study_id
    and estimates.measure_id = $measure_id
    and estimates.category_code = $category_code
    and estimates.segment_id = $segment_id
order by
    segments.segment_order,
    estimates.wave_date
"""


def read_rows(project: Path) -> list[Row]:
    """Read what is drawn, as it is written to the CSV.

    Raises:
        FigureError: there is no published warehouse, or a trend is not in it.
    """
    path = project / WAREHOUSE
    if not path.exists():
        raise FigureError(f"{WAREHOUSE.as_posix()} is missing. Run `make` first.")
    rows: list[Row] = []
    with duckdb.connect(str(path), read_only=True) as connection:
        for panel in PANELS:
            keys = {
                name: getattr(panel, name)
                for name in ("study_id", "measure_id", "category_code", "segment_id")
            }
            result = connection.execute(QUERY, keys)
            columns = [column[0] for column in result.description]
            found = [
                dict(zip(columns, map(as_text, row), strict=True)) for row in result.fetchall()
            ]
            if not any(row["estimate"] for row in found):
                raise FigureError(
                    f"{WAREHOUSE.as_posix()} shows no estimates of {panel.measure_id} by "
                    f"{panel.segment_id} in study {panel.study_id}. Draw another trend: "
                    "PANELS in scripts/make_figure.py."
                )
            rows += found
    return rows


def as_text(value: Any) -> str:  # noqa: ANN401 (whatever a database returns)
    """Write a value: empty for none, numbers rounded so that engines agree."""
    if value is None:
        return ""
    return f"{value:.{DECIMALS}f}" if isinstance(value, float) else str(value)


def as_csv(rows: list[Row]) -> str:
    """Write the rows as CSV text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def source_note(numbers: str) -> str:
    """Say in the picture which numbers it was drawn from."""
    digest = hashlib.sha256(numbers.encode()).hexdigest()
    return f"Drawn from {NUMBERS.as_posix()}, SHA-256 {digest}"


def draw(rows: list[Row]) -> str:
    """Draw the picture; give it as the text of an SVG file."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    settings = {
        "svg.hashsalt": "wavehouse",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(settings):
        figure, axes = plt.subplots(ncols=len(PANELS), figsize=(10.5, 4.9))
        for panel, ax in zip(PANELS, axes, strict=True):
            of_panel = [
                row
                for row in rows
                if (row["study_id"], row["measure_id"]) == (panel.study_id, panel.measure_id)
            ]
            draw_panel(ax, panel, of_panel)
        figure.text(
            0.012,
            0.02,
            "Bars are intervals that follow the sampling design. Hollow points rest on few people; "
            "estimates from too few people are suppressed.\n"
            "Dotted lines are documented breaks: what comes after is not fully comparable with "
            "what was before.",
            fontsize=8.5,
            color="#444444",
            linespacing=1.5,
        )
        figure.subplots_adjust(left=0.07, right=0.985, top=0.84, bottom=0.29, wspace=0.17)
        text = io.StringIO()
        figure.savefig(
            text,
            format="svg",
            metadata={
                "Date": None,
                "Creator": None,
                "Title": "Two trends with their intervals",
                "Description": source_note(as_csv(rows)),
            },
        )
        plt.close(figure)
    # Git and editors want no blanks at the end of lines.
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def draw_panel(ax: Axes, panel: Panel, rows: list[Row]) -> None:
    """Draw one trend: a line for each value of the segment, without its suppressed points."""
    series: dict[str, list[Row]] = {}
    for row in rows:
        series.setdefault(row["segment_value_label"], []).append(row)
    shown = [label for label in series if any(row["estimate"] for row in series[label])]
    days = [as_day(row["wave_date"]) for row in rows]
    step = DODGE * (max(days) - min(days))
    for place, (label, points) in enumerate(series.items()):
        if label in shown:
            shift = step * (shown.index(label) - (len(shown) - 1) / 2)
            draw_series(ax, panel, label, points, shift, STYLES[place % len(STYLES)])
        else:
            ax.plot([], [], linestyle="none", label=f"{label}: suppressed")
    draw_axes(ax, panel, rows)


def draw_series(
    ax: Axes, panel: Panel, label: str, points: list[Row], shift: float, style: tuple[str, str]
) -> None:
    """Draw one line with its intervals. Where a point is suppressed there is a gap."""
    factor = 100 if panel.is_percent else 1
    colour, marker = style
    days = [as_day(row["wave_date"]) + shift for row in points]
    estimates = [factor * as_number(row["estimate"]) for row in points]
    bounds = [
        [abs(factor * as_number(row[bound]) - e) for e, row in zip(estimates, points, strict=True)]
        for bound in ("ci_lower", "ci_upper")
    ]
    ax.errorbar(
        days, estimates, bounds, fmt="none", ecolor=colour, elinewidth=1.4, capsize=2.5, zorder=2
    )
    for earlier, later in pairwise(range(len(points))):
        crosses = points[later]["observation_status"] == "B"
        ax.plot(
            [days[earlier], days[later]],
            [estimates[earlier], estimates[later]],
            color=colour,
            linewidth=1.1 if crosses else 1.7,
            linestyle=(0, (4, 3)) if crosses else "solid",
            zorder=2,
        )
    for day, estimate, row in zip(days, estimates, points, strict=True):
        ax.plot(
            day,
            estimate,
            marker=marker,
            markersize=6,
            markeredgecolor=colour,
            markerfacecolor="white" if row["observation_status"] == "U" else colour,
            linestyle="none",
            zorder=3,
        )
    ax.plot([], [], color=colour, marker=marker, linewidth=1.7, label=label)


def draw_axes(ax: Axes, panel: Panel, rows: list[Row]) -> None:
    """Draw what is not a series: waves, breaks, title, legend."""
    from matplotlib.ticker import MaxNLocator

    waves = {row["wave_date"]: row for row in sorted(rows, key=lambda row: row["wave_date"])}
    ax.set_xticks([as_day(day) for day in waves], [row["wave_id"] for row in waves.values()])
    ax.margins(x=0.06, y=0.12)
    if panel.is_percent:
        ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    broken = {row["wave_date"] for row in rows if row["observation_status"] == "B"}
    for earlier, later in pairwise(waves):
        if later in broken:
            middle = (as_day(earlier) + as_day(later)) / 2
            ax.axvline(middle, color="#666666", linestyle=":", linewidth=1.3, zorder=1)
            ax.annotate(
                "break",
                (middle, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8.5,
                color="#444444",
            )
    level = next(float(row["ci_level"]) for row in rows if row["ci_level"])
    ax.set_title(panel.title, loc="left", fontweight="bold", fontsize=12, pad=32)
    ax.annotate(
        f"{rows[0]['study_label']}, {level:.0%} intervals",
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 19),
        textcoords="offset points",
        fontsize=9.5,
        color="#444444",
    )
    ax.set_ylabel(panel.axis_label)
    ax.grid(axis="y", color="#e2e2e2", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.09),
        ncols=2,
        frameon=False,
        fontsize=9,
        handlelength=2.2,
        columnspacing=1.4,
    )


def as_day(text: str) -> int:
    """Place a date on the axis."""
    return date.fromisoformat(text).toordinal()


def as_number(text: str) -> float:
    """Read a number; one that is not there is not a number, which matplotlib leaves out."""
    return float(text) if text else math.nan


def problems(rows: list[Row], project: Path) -> list[str]:
    """Say in what the files differ from what would be drawn now."""
    path = project / NUMBERS
    picture = project / PICTURE
    if not path.exists():
        return [f"{NUMBERS.as_posix()}: missing"]
    numbers = path.read_text(encoding="utf-8")
    found_rows = list(csv.DictReader(io.StringIO(numbers)))
    found = []
    if len(found_rows) != len(rows):
        found.append(
            f"{NUMBERS.as_posix()}: has {len(found_rows)} rows instead of {len(rows)} points"
        )
    else:
        for line, (row, drawn) in enumerate(zip(rows, found_rows, strict=True), start=2):
            found += [
                f"{NUMBERS.as_posix()}: line {line}, {column} is {drawn.get(column)!r} instead of "
                f"{value!r}"
                for column, value in row.items()
                if not same(value, drawn.get(column))
            ]
    if not picture.exists():
        found.append(f"{PICTURE.as_posix()}: missing")
    elif source_note(numbers) not in picture.read_text(encoding="utf-8"):
        found.append(f"{PICTURE.as_posix()}: was not drawn from {NUMBERS.as_posix()} as it is")
    return found


def same(expected: str, found: str | None) -> bool:
    """Compare two cells: as text, or as numbers up to their rounding."""
    if expected == found:
        return True
    try:
        return abs(float(expected) - float(found or "")) <= TOLERANCE
    except ValueError:
        return False


def main(argv: list[str] | None = None) -> int:
    """Draw or check the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when the picture is stale"
    )
    parser.add_argument(
        "--project",
        type=Path,
        default=PROJECT,
        help="top folder of the project (default: this one)",
    )
    arguments = parser.parse_args(argv)
    try:
        rows = read_rows(arguments.project)
    except (FigureError, duckdb.Error) as error:
        print(f"make_figure: {error}", file=sys.stderr)
        return 2
    if arguments.check:
        found = problems(rows, arguments.project)
        for line in found:
            print(f"make_figure: {line}", file=sys.stderr)
        if found:
            print("make_figure: run scripts/make_figure.py to draw it again", file=sys.stderr)
        return 1 if found else 0
    (arguments.project / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    for name, text in ((NUMBERS, as_csv(rows)), (PICTURE, draw(rows))):
        (arguments.project / name).write_text(text, encoding="utf-8", newline="")
        print(f"Wrote {name.as_posix()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
