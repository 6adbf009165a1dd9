"""Values of MongoDB as plain ones: of a `mongodump`, and of the Extended JSON of an export."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bson import (
    Binary,
    Code,
    DatetimeMS,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from bson.json_util import CANONICAL_JSON_OPTIONS, object_hook

# Times as they are stored: MongoDB keeps them in UTC, to the millisecond.
JSON = CANONICAL_JSON_OPTIONS.with_options(tz_aware=True, tzinfo=UTC)


def plain(value: Any) -> Any:  # noqa: ANN401 (whatever a document holds)
    """Give a value of BSON as one of JSON, or a number, date or time of Python; lossless as text.

    An id is its hexadecimal digits, a time is of UTC, bytes are Base64, a reference is an object
    with its parts.
    """
    if isinstance(value, Mapping):
        return {key: plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [plain(below) for below in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(tzinfo=None)
    if isinstance(value, Int64):
        return int(value)
    if isinstance(value, Decimal128):
        number = value.to_decimal()
        return number if number.is_finite() else None if number.is_nan() else float(number)
    if isinstance(value, DBRef):
        return plain(value.as_doc())
    if isinstance(value, Timestamp):
        return plain(value.as_datetime())
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, bytes) and not isinstance(value, Binary):
        return base64.b64encode(value).decode()
    if isinstance(value, Binary):
        is_uuid = value.subtype in (3, 4) and len(value) == len(UUID(int=0).bytes)
        return str(UUID(bytes=bytes(value))) if is_uuid else base64.b64encode(value).decode()
    if isinstance(value, Regex):
        return str(value.pattern)
    if isinstance(value, DatetimeMS):
        # A moment that no calendar has.
        return int(value)
    if isinstance(value, (MinKey, MaxKey)):
        return type(value).__name__
    return str(value) if isinstance(value, (ObjectId, UUID)) else value


def unwrapped(content: dict[str, Any]) -> Any:  # noqa: ANN401
    """Give what an object of Extended JSON stands for; any other object as it is.

    Args:
        content: an object, with its keys in their order.

    Raises:
        ValueError: it says that it is of a type, and is none.
    """
    if not any(key.startswith("$") for key in content):
        return content
    try:
        value = object_hook(content, JSON)
    except Exception as error:
        names = ", ".join(key for key in content if key.startswith("$"))
        raise ValueError(f"{names}: no Extended JSON ({str(error)[:80]})") from error
    return value if isinstance(value, dict) else plain(value)
