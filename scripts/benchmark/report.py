"""Write the results as tables and as the page of the docs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmark.builds import CORE
from benchmark.curves import CURVES, Point, slope
from benchmark.figures import BUILD, Rate
from benchmark.increments import Increment, ratio_to_first
from benchmark.matching import Matched, matching_table
from benchmark.operations import operations_table
from benchmark.review import review_table
from benchmark.rivals.run import TOLERANCE

Results = dict[str, Any]
BASE = "svyby"
# Smaller tables are not listed by themselves.
SHOWN_MB = 0.1


def tables(results: Results) -> list[str]:
    """Give all tables, in the order in which things are measured."""
    lines = []
    for study, ways in results.get("ways", {}).items():
        lines += [f"## Ways to the estimates: {study}", "", *ways_table(ways), ""]
    for study, build in results.get("builds", {}).items():
        lines += [f"## The warehouse: {study}", "", *build_table(build), ""]
    for study, found in results.get("increments", {}).items():
        lines += [f"## What changes cost: {study}", "", *increments_table(found), ""]
    for study, asked in results.get("queries", {}).items():
        lines += [f"## Queries: {study}", "", *queries_table(asked), "", *sizes_table(asked), ""]
    if results.get("matching"):
        found = [Matched(**each) for each in results["matching"]]
        lines += ["## Matching", "", *matching_table(found), ""]
    if results.get("review"):
        lines += ["## Review of 600 columns", "", *review_table(results["review"]), ""]
    for study, found in results.get("operations", {}).items():
        lines += [f"## The run history: {study}", "", *operations_table(found), ""]
    if results.get("volumes"):
        lines += ["## Volumes", "", *volumes_table(results), ""]
    if results.get("curves"):
        lines += ["## Slopes", "", *slopes_table(results["curves"]), ""]
    return lines


def ways_table(ways: Mapping[str, Any]) -> list[str]:
    """Give the table of all ways to the estimates of a study."""
    base = next(
        (way for way in ways["results"] if way["name"] == BASE and not way["missing"]), None
    )
    base_rate = rate(base) if base else 0.0
    lines = [
        "| way | waves | estimates | processor seconds | a second | to svyby | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for way in ways["results"]:
        if way["missing"]:
            lines.append(f"| {way['label']} | | | left out: {way['missing']} | | | |")
            continue
        ratio = f"{rate(way) / base_rate:,.1f}" if base_rate else ""
        lines.append(
            f"| {way['label']} | {way['n_waves']} | {way['n_estimates']:,} "
            f"| {way['cpu_seconds']:.2f} | {rate(way):,.0f} | {ratio} "
            f"| {way['whole']['peak_mb']:,.0f} |"
        )
    worst = max((way["difference"] for way in ways["results"]), default=0.0)
    return [
        *lines,
        "",
        f"All numbers agree; the largest difference is {worst:.0e} (allowed: {TOLERANCE:.0e}).",
    ]


def build_table(build: Mapping[str, Any]) -> list[str]:
    """Give the table of the steps of a build, and the rates of its models."""
    lines = ["| step | nodes | processor seconds | peak MB |", "|---|---|---|---|"]
    for step in build["steps"]:
        nodes = step["n_nodes"] or ""
        peak = f"{step['peak_mb']:,.0f}" if step["peak_mb"] else ""
        lines.append(f"| {step['name']} | {nodes} | {step['cpu_seconds']:.1f} | {peak} |")
    whole = build["whole"]
    lines.append(f"| **all** | | {whole['cpu_seconds']:.1f} | {whole['peak_mb']:,.0f} |")
    if build["stopped"]:
        return [*lines, "", f"It was {build['stopped']}, {build['stopped_at']}."]
    n = build["n_estimates"]
    lines += ["", f"{n:,} estimates; by processor second:", ""]
    for kind, seconds in seconds_of(build).items():
        lines.append(f"- {kind}: {n / seconds:,.0f}" if seconds else f"- {kind}: none")
    if build["difference"]:
        lines += ["", f"Published numbers are those of the SQL core ({build['difference']:.0e})."]
    lines += ["", "| longest nodes | processor seconds | peak MB |", "|---|---|---|"]
    return [
        *lines,
        *(
            f"| {node['name']} | {node['cpu_seconds']:.1f} | {node['peak_mb']:,.0f} |"
            for node in build["slowest"]
        ),
    ]


def seconds_of(build: Mapping[str, Any]) -> dict[str, float]:
    """Give the processor seconds of a build by what is counted."""
    models = {
        step["name"].removeprefix("models: "): step["cpu_seconds"]
        for step in build["steps"]
        if step["name"].startswith("models: ")
    }
    return {
        f"core models ({', '.join(CORE)})": sum(models.get(room, 0.0) for room in CORE),
        "all models": sum(models.values()),
        "the whole build": build["whole"]["cpu_seconds"],
    }


def queries_table(asked: Mapping[str, Any]) -> list[str]:
    """Give the table of queries: how long an answer takes, in milliseconds."""
    return [
        "| query | rows | ms | first, ms | Parquet, ms |",
        "|---|---|---|---|---|",
        *(
            f"| {one['query']} | {one['n_rows']:,} | {one['warm_ms']:.0f} "
            f"| {one['cold_ms']:.0f} | {one['parquet_ms']:.0f} |"
            for one in asked["answers"]
        ),
    ]


def sizes_table(asked: Mapping[str, Any]) -> list[str]:
    """Give the table of how large what is published is; small tables only count for all."""
    return [
        "| table | rows | columns | database, MB | Parquet, MB |",
        "|---|---|---|---|---|",
        *(
            f"| {one['table']} | {one['n_rows']:,} | {one['n_columns']} "
            f"| {one['database_mb']:.1f} | {one['parquet_mb']:.1f} |"
            for one in asked["sizes"]
            if one["parquet_mb"] >= SHOWN_MB
        ),
    ]


def increments_table(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the table of what builds took when something changed."""
    steps = [Increment(**one) for one in found]
    lines = [
        "| build | waves | nodes that ran | processor seconds | to the first wave | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    for one in steps:
        ratio = ratio_to_first(steps, one.step)
        lines.append(
            f"| {one.step} | {one.n_waves} | {one.n_nodes:,} | {one.cpu_seconds:.1f} | {ratio:.2f} "
            f"| {one.peak_mb:,.0f} |"
        )
    return lines


def volumes_table(results: Results) -> list[str]:
    """Give the table of volumes: the ways in SQL, and the warehouse or why not."""
    lines = [
        "| study | way | estimates | processor seconds | peak MB |",
        "|---|---|---|---|---|",
    ]
    for study, ways in results["volumes"].items():
        for way in ways["results"]:
            lines.append(
                f"| {study} | {way['label']} | {way['n_estimates']:,} | {way['cpu_seconds']:.1f} "
                f"| {way['whole']['peak_mb']:,.0f} |"
            )
        reason = results.get("left_out", {}).get(study)
        build = results.get("builds", {}).get(study)
        if build and not build["stopped"]:
            whole = build["whole"]
            lines.append(
                f"| {study} | the warehouse, models | {build['n_estimates']:,} "
                f"| {whole['cpu_seconds']:.1f} | {whole['peak_mb']:,.0f} |"
            )
        elif build:
            why = f"{build['stopped']}, {build['stopped_at']}"
            lines.append(f"| {study} | the warehouse, models | | {why} | |")
        elif reason:
            lines.append(f"| {study} | the warehouse, models | | {reason} | |")
    return lines


def slopes_table(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the table of how cost grows: 1 is in proportion, 2 is as the square."""
    lines = ["| with | from | to | way | slope | at the end |", "|---|---|---|---|---|---|"]
    for name in (*CURVES, BUILD):
        of_curve = [Point(**point) for point in points if point["curve"] == name]
        for label in dict.fromkeys(point.label for point in of_curve):
            of_way = [point for point in of_curve if point.label == label]
            slopes = (slope(of_way), slope(of_way[-2:]))
            shown = " | ".join("" if math.isnan(one) else f"{one:.2f}" for one in slopes)
            axis = "waves of the large study" if name == BUILD else CURVES[name][0]
            lines.append(f"| {axis} | {of_way[0].x:,} | {of_way[-1].x:,} | {label} | {shown} |")
    return lines


def rate(way: Mapping[str, Any]) -> float:
    """Give the estimates of a way for each processor second of estimating."""
    return way["n_estimates"] / way["cpu_seconds"] if way["cpu_seconds"] else 0.0


def rates(results: Results) -> list[Rate]:
    """List how many estimates a processor second makes, of the large study, quickest first."""
    found = [
        (way["label"], rate(way))
        for ways in results.get("ways", {}).values()
        for way in ways["results"]
        if not way["missing"]
    ]
    for study in results.get("ways", {}):
        build = results.get("builds", {}).get(study)
        if build and not build["stopped"]:
            n = build["n_estimates"]
            found += [
                (f"Wavehouse, {kind}", n / seconds)
                for kind, seconds in seconds_of(build).items()
                if seconds
            ]
    return sorted(found, key=lambda one: -one[1])
