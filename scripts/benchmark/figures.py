"""Draw the curves and the rates, and write the numbers drawn beside each picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.curves import CURVES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SETTINGS = {
    "svg.hashsalt": "wavehouse",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Told apart by colour-blind eyes, and by shape where there is no colour (palette of Okabe and Ito).
STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"))
BUILD = "build"
TITLES = {"waves": "Waves", "answers": "Answers", "segments": "Segments", "psus": "PSUs"}

Point = dict[str, Any]
Rate = tuple[str, float]


def draw_curves(points: Sequence[Point], folder: Path) -> list[Path]:
    """Draw a panel for each curve that was measured; both axes are logarithmic."""
    names = [name for name in (*CURVES, BUILD) if any(point["curve"] == name for point in points)]
    if not names:
        return []
    plt = pyplot()
    with plt.rc_context(SETTINGS):
        n_rows = (len(names) + 2) // 3
        figure, grid = plt.subplots(n_rows, 3, figsize=(11, 3.7 * n_rows), squeeze=False)
        for ax, name in zip(grid.flat, names, strict=False):
            draw_panel(ax, name, [point for point in points if point["curve"] == name])
        unused = list(grid.flat)[len(names) :]
        for ax in unused:
            ax.set_axis_off()
        # The ways are the same in all panels but that of the warehouse.
        handles, labels = grid.flat[0].get_legend_handles_labels()
        (unused or [grid.flat[0]])[0].legend(handles, labels, loc="upper left", frameon=False)
        figure.tight_layout()
        picture = folder / "benchmark_curves.svg"
        save(figure, picture, "How processor seconds grow")
    numbers = picture.with_suffix(".csv")
    columns = ("curve", "x", "label", "n_estimates", "cpu_seconds", "peak_mb")
    write_numbers(
        numbers, columns, [[rounded(point[name]) for name in columns] for point in points]
    )
    return [picture, numbers]


def draw_panel(ax: Axes, name: str, points: Sequence[Point]) -> None:
    """Draw the processor seconds of each way along one curve."""
    labels = list(dict.fromkeys(point["label"] for point in points))
    for label, (colour, marker) in zip(labels, STYLES, strict=False):
        of_way = [point for point in points if point["label"] == label]
        ax.plot(
            [point["x"] for point in of_way],
            [point["cpu_seconds"] for point in of_way],
            color=colour,
            marker=marker,
            label=label,
        )
    ticks = sorted({point["x"] for point in points})
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.minorticks_off()
    lowest, highest = (pick(point["cpu_seconds"] for point in points) for pick in (min, max))
    ticks = [
        tick
        for exponent in range(-3, 6)
        for tick in (10.0**exponent, 3 * 10.0**exponent)
        if lowest / 2 <= tick <= highest * 2
    ]
    ax.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
    ax.set_xlabel("waves of the large study" if name == BUILD else CURVES[name][0])
    ax.set_ylabel("processor seconds")
    ax.set_title(
        "The warehouse's models" if name == BUILD else TITLES[name], loc="left", weight="bold"
    )
    ax.grid(color="#e2e2e2", linewidth=0.8)
    ax.set_axisbelow(True)
    if name == BUILD:
        ax.legend(frameon=False)


def draw_rates(rates: Sequence[Rate], folder: Path) -> list[Path]:
    """Draw how many estimates each way makes in a processor second, on a logarithmic axis."""
    if not rates:
        return []
    plt = pyplot()
    with plt.rc_context(SETTINGS):
        figure, ax = plt.subplots(figsize=(9, 0.5 * len(rates) + 1))
        labels = [label for label, _ in rates]
        # Points, since a bar has no beginning on such an axis.
        ax.plot([rate for _, rate in rates], labels, "o", color=STYLES[0][0], markersize=8)
        for place, (_, rate) in enumerate(rates):
            offset = {"xytext": (8, 0), "textcoords": "offset points"}
            ax.annotate(f"{rate:,.0f}", (rate, place), va="center", fontsize=9, **offset)
        ax.set_xscale("log")
        ax.invert_yaxis()
        ax.margins(x=0.2, y=0.08)
        ax.grid(axis="y", color="#e2e2e2", linewidth=0.8)
        ax.set_xlabel("estimates in a processor second")
        figure.tight_layout()
        picture = folder / "benchmark_rates.svg"
        save(figure, picture, "Estimates in a processor second")
    numbers = picture.with_suffix(".csv")
    write_numbers(numbers, ("way", "estimates_per_cpu_second"), [[a, rounded(b)] for a, b in rates])
    return [picture, numbers]


def pyplot() -> Any:  # noqa: ANN401 (a module)
    """Import what draws, without a screen."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    return plt


def save(figure: Figure, path: Path, title: str) -> None:
    """Write a picture; the same numbers give the same bytes."""
    text = io.StringIO()
    metadata = {"Date": None, "Creator": None, "Title": title}
    figure.savefig(text, format="svg", metadata=metadata)
    pyplot().close(figure)
    # Git and editors want no blanks at the end of lines.
    lines = [f"{line.rstrip()}\n" for line in text.getvalue().splitlines()]
    path.write_text("".join(lines), encoding="utf-8")


def write_numbers(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write the numbers of a picture."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def rounded(value: object) -> object:
    """Give a number with the digits that a measurement has."""
    return float(f"{value:.4g}") if isinstance(value, float) else value
