"""Delivered values as text: what is written reads back as the same value."""

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

# Beyond these, zeros would be most of the text.
SMALLEST_WRITTEN_OUT = 1e-7
LARGEST_WRITTEN_OUT = 1e22
# A column of distinct numbers must not fill the memory with texts.
MOST_TEXTS_KEPT = 100_000

SECONDS_OF_A_DAY = 86_400


def number_text(value: float, single: bool = False) -> str | None:
    """Write a number the shortest way that reads back unchanged: 1.0 is `1`, 1e-5 is `0.00001`.

    Args:
        value: the number; none is given for one that is not a number.
        single: it was delivered in single precision, where 0.1 is 0.10000000149.
    """
    if isinstance(value, int):
        return str(int(value))
    if math.isnan(value):
        return None
    if value == 0:
        return "0"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    number = np.float32(value) if single else np.float64(value)
    text = str(number)
    if "e" not in text:
        return text
    if SMALLEST_WRITTEN_OUT <= abs(value) < LARGEST_WRITTEN_OUT:
        return np.format_float_positional(number, trim="-")
    return text


def datetime_text(value: date | datetime | time | timedelta) -> str:
    """Write a date or time as ISO 8601; fractions of a second only where there are any."""
    if isinstance(value, timedelta):
        return time_text(value.total_seconds())
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    text = value.isoformat()
    return text.rstrip("0") if "." in text else text


def time_text(seconds: float) -> str:
    """Write seconds since midnight as a time; hours may pass 24, as a duration's do."""
    whole = int(seconds // 1)
    micros = round((seconds - whole) * 1_000_000)
    whole, micros = whole + micros // 1_000_000, micros % 1_000_000
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{text}.{micros:06d}".rstrip("0") if micros else text


def days_since(epoch: date, units_of_a_day: float) -> Callable[[float], str | None]:
    """Give the text of a date that is counted from an epoch; a number stays one if it is none."""

    def text(value: float) -> str | None:
        try:
            return (epoch + timedelta(days=value // units_of_a_day)).isoformat()
        except (OverflowError, ValueError):
            return number_text(value)

    return text


def moments_since(epoch: date, units_of_a_second: float) -> Callable[[float], str | None]:
    """Give the text of a date with time that is counted from an epoch."""
    start = datetime.combine(epoch, time())

    def text(value: float) -> str | None:
        try:
            return datetime_text(start + timedelta(seconds=value / units_of_a_second))
        except (OverflowError, ValueError):
            return number_text(value)

    return text


def times_of_day(units_of_a_second: float) -> Callable[[float], str | None]:
    """Give the text of a time of day; a negative one stays a number."""

    def text(value: float) -> str | None:
        return time_text(value / units_of_a_second) if value >= 0 else number_text(value)

    return text


class Remembered:
    """Texts of values, each made once: a survey's column has few different ones."""

    def __init__(self, text: Callable[[Any], str | None]) -> None:
        """Take the function that makes a text."""
        self._text = text
        self._known: dict[Any, str | None] = {}

    def __call__(self, value: Any) -> str | None:  # noqa: ANN401 (whatever a file holds)
        """Give the text of a value."""
        try:
            return self._known[value]
        except KeyError:
            if len(self._known) >= MOST_TEXTS_KEPT:
                self._known.clear()
            text = self._known[value] = self._text(value)
            return text


def kind_of(value: object) -> str:
    """Give the delivered type of a value: text, number, date, datetime, time or boolean."""
    # The order counts: a boolean is also an int, a datetime also a date.
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        ((int, float, Decimal), "number"),
        (datetime, "datetime"),
        (date, "date"),
        ((time, timedelta), "time"),
    )
    return next((kind for types, kind in kinds if isinstance(value, types)), "text")


def common_kind(kinds: Iterable[str]) -> str:
    """Give the type of a column from those of its values: text if they differ."""
    different = set(kinds)
    return different.pop() if len(different) == 1 else "text"


def value_text(value: Any, single: bool = False) -> str | None:  # noqa: ANN401 (of any type)
    """Write a value of a typed file as text; an empty text is nothing."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, (int, float)):
        return number_text(value, single)
    if isinstance(value, (date, time, timedelta)):
        return datetime_text(value)
    return value.hex() if isinstance(value, bytes) else str(value)
