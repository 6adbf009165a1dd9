"""The trends of one variable as the pages want them: short lists, with labels and names once."""

import math
from collections.abc import Iterable
from typing import Any

from wavehouse_exchange.pages.rows import Row

TOTAL = "total"

# The order of the values of a point and of a change; the same words stand in assets/data.js.
POINT = (
    "observation_status",
    "confidentiality_status",
    "reason",
    "estimate",
    "standard_error",
    "degrees_of_freedom",
    "ci_lower",
    "ci_upper",
    "ci_method",
    "n_respondents",
    "n_effective",
    "design_effect",
)
CHANGE = (
    "comparison",
    "is_comparable",
    "is_bridged",
    "covariance_method",
    "observation_status",
    "change",
    "ci_lower",
    "ci_upper",
    "p_value",
    "p_value_adjusted",
    "is_significant",
    "adjustment_method",
)


CHANGE_NUMBERS = ("change", "ci_lower", "ci_upper", "p_value", "p_value_adjusted")
CHANGE_DIGITS = 6
# Texts that many rows have in common: they are kept once for each measure.
SHARED_TEXTS = {"reason", "ci_method", "comparison", "covariance_method", "adjustment_method"}


class Words:
    """Texts that many rows share, each kept once; a row has its number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str | None) -> int | None:
        """Give the number of a text; None for no text."""
        if text is None:
            return None
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


def number(value: float | None) -> float | int | None:
    """Give a number as JSON can hold it: whole ones short, and nothing for what is not finite."""
    if value is None or isinstance(value, int):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else value


class TrendMaker:
    """Makes the trends of a variable; knows the order of segments and categories."""

    def __init__(self, measures: Iterable[Row], segments: Iterable[Row]) -> None:
        """Take the rows of dim_measure and dim_segment."""
        self.measures = {row["measure_id"]: row for row in measures}
        rows = list(segments)
        self._segment_order = {
            (row["segment_id"], row["segment_code"]): position for position, row in enumerate(rows)
        }
        self._descriptions = {row["segment_id"]: row["segment_description"] for row in rows}

    def trends(
        self,
        estimates: list[Row],
        changes: list[Row],
        wave_numbers: dict[str, int],
        category_order: dict[str, int],
    ) -> list[dict[str, Any]]:
        """Give one record for each measure, with all its cells.

        Args:
            estimates: the rows of fct_trend_estimates of one study and variable.
            changes: those of fct_trend_changes.
            wave_numbers: where each wave stands in the study.
            category_order: where each category stands in the code list.
        """
        by_measure: dict[str, tuple[list[Row], list[Row]]] = {}
        for row in estimates:
            by_measure.setdefault(row["measure_id"], ([], []))[0].append(row)
        for row in changes:
            by_measure.setdefault(row["measure_id"], ([], []))[1].append(row)
        return [
            self._measure(measure_id, *rows, wave_numbers, category_order)
            for measure_id, rows in by_measure.items()
        ]

    def _measure(
        self,
        measure_id: str,
        estimates: list[Row],
        changes: list[Row],
        wave_numbers: dict[str, int],
        category_order: dict[str, int],
    ) -> dict[str, Any]:
        words = Words()
        measure = self.measures[measure_id]
        categories: dict[str, str] = {}
        segments: dict[str, dict[str, Any]] = {}
        cells: dict[tuple[str, str, str], dict[str, list[Any]]] = {}
        for row in estimates:
            key = _cell(row)
            categories.setdefault(row["category_code"], row["category_label"])
            segment = segments.setdefault(
                row["segment_id"],
                {
                    "id": row["segment_id"],
                    "label": row["segment_label"],
                    "description": self._descriptions.get(row["segment_id"]),
                    "values": {},
                },
            )
            segment["values"].setdefault(row["segment_code"], row["segment_value_label"])
            cell = cells.setdefault(key, {"points": [], "changes": []})
            cell["points"].append(_point(row, wave_numbers, words))
        for row in changes:
            cell = cells.setdefault(_cell(row), {"points": [], "changes": []})
            cell["changes"].append(_change(row, wave_numbers, words))
        for segment in segments.values():
            segment["values"] = sorted(
                segment["values"].items(),
                key=lambda value, name=segment["id"]: self._segment_order.get(
                    (name, value[0]), len(self._segment_order)
                ),
            )
        first = estimates[0] if estimates else changes[0]
        return {
            "id": measure_id,
            "label": measure["measure_label"],
            "description": measure["measure_description"],
            "kind": measure["measure_kind"],
            "unit": measure["unit"],
            "base": measure["base_description"],
            "level": first["ci_level"]
            or next((r["ci_level"] for r in estimates if r["ci_level"]), None),
            "rule": first.get("publication_rule"),
            "words": words.texts,
            "categories": sorted(
                categories.items(),
                key=lambda category: category_order.get(category[0], len(category_order)),
            ),
            "segments": sorted(
                segments.values(), key=lambda segment: (segment["id"] != TOTAL, segment["label"])
            ),
            "cells": [
                [*key, sorted(cell["points"], key=lambda point: point[0]), cell["changes"]]
                for key, cell in cells.items()
            ],
        }


def _cell(row: Row) -> tuple[str, str, str]:
    return row["category_code"], row["segment_id"], row["segment_code"]


def _point(row: Row, wave_numbers: dict[str, int], words: Words) -> list[Any]:
    values = _values({**row, "reason": row["status_reason"]}, POINT, words)
    return [wave_numbers[row["wave_id"]], *values]


def _change(row: Row, wave_numbers: dict[str, int], words: Words) -> list[Any]:
    # Changes are told in words: the digits that nobody reads would double the files.
    for name in CHANGE_NUMBERS:
        if row[name] is not None:
            row[name] = float(f"{row[name]:.{CHANGE_DIGITS}g}")
    waves = (wave_numbers[row["from_wave_id"]], wave_numbers[row["to_wave_id"]])
    return [*waves, *_values(row, CHANGE, words)]


def _values(row: Row, names: tuple[str, ...], words: Words) -> list[Any]:
    """Give the values in order, without empty ones at the end: a suppressed point is short."""
    values = [
        words.number(row[name]) if name in SHARED_TEXTS else _plain(row[name]) for name in names
    ]
    while values and values[-1] is None:
        values.pop()
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return number(value)
    return int(value) if isinstance(value, bool) else value
