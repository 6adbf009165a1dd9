"""Values of Cassandra as those of documents (BSON), each after its type; lossless as text."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any, ClassVar

import numpy as np
from bson import DatetimeMS, Decimal128, Int64
from cassandra import cqltypes
from cassandra.protocol import ProtocolHandler, ResultMessage
from cassandra.util import Date, Time

from wavehouse_exchange.landing.texts import datetime_text, value_text

# Timestamps of Cassandra are of UTC.
EPOCH = datetime(1970, 1, 1)
LARGEST_INT64 = (1 << 63) - 1
# Zeros would be most of the text of a number with a larger exponent.
LARGEST_EXPONENT = 6144
NANOSECONDS = 1_000_000_000
WRAPPED = (cqltypes.FrozenType, cqltypes.ReversedType)
LISTS = (cqltypes.ListType, cqltypes.SetType)


class _Moment(cqltypes.DateType):
    """A timestamp to the millisecond, also where the calendar of Python ends."""

    @staticmethod
    def deserialize(byts: bytes, _protocol: int) -> datetime | DatetimeMS:
        number = int.from_bytes(byts, "big", signed=True)
        try:
            return EPOCH + timedelta(milliseconds=number)
        except OverflowError:
            return DatetimeMS(number)


_FAST = ProtocolHandler.message_types_by_opcode[ResultMessage.opcode]
_CODES = {**ResultMessage.type_codes, 0x000B: _Moment}


class Handler(ProtocolHandler):
    """Reads answers of a server, with timestamps as they are stored."""

    message_types_by_opcode: ClassVar[dict[int, type]] = {
        **ProtocolHandler.message_types_by_opcode,
        ResultMessage.opcode: type("_Results", (_FAST,), {"type_codes": _CODES}),
    }


def _decimal(value: Decimal) -> Decimal128 | str:
    try:
        return Decimal128(value)
    except DecimalException:
        is_short = abs(value.adjusted()) <= LARGEST_EXPONENT
        return (value_text(value) if is_short else None) or str(value)


def _whole(value: int) -> Int64 | Decimal128 | str:
    return Int64(value) if abs(value) <= LARGEST_INT64 else _decimal(Decimal(value))


def _time(value: Time) -> str:
    seconds, nanoseconds = divmod(value.nanosecond_time, NANOSECONDS)
    text = str(timedelta(seconds=seconds)).zfill(len("00:00:00"))
    return f"{text}.{nanoseconds:09d}".rstrip("0") if nanoseconds else text


def _day(value: Date) -> str | int:
    try:
        return datetime_text(value.date())
    except (ValueError, OverflowError):
        return int(value.days_from_epoch)


def _as_it_is(value: Any) -> Any:  # noqa: ANN401
    return value


_SCALARS: dict[type, Callable[[Any], Any]] = {
    cqltypes.AsciiType: _as_it_is,
    cqltypes.UTF8Type: _as_it_is,
    cqltypes.BooleanType: _as_it_is,
    cqltypes.DoubleType: _as_it_is,
    cqltypes.DateType: _as_it_is,
    # Single precision: 0.1 is 0.1, not 0.10000000149.
    cqltypes.FloatType: lambda value: float(str(np.float32(value))),
    cqltypes.ByteType: _whole,
    cqltypes.ShortType: _whole,
    cqltypes.Int32Type: _whole,
    cqltypes.LongType: _whole,
    cqltypes.IntegerType: _whole,
    cqltypes.DecimalType: _decimal,
    # As cqlsh shows it.
    cqltypes.BytesType: lambda value: f"0x{bytes(value).hex()}",
    cqltypes.UUIDType: str,
    cqltypes.TimeUUIDType: str,
    cqltypes.InetAddressType: str,
    cqltypes.SimpleDateType: _day,
    cqltypes.TimeType: _time,
    cqltypes.DurationType: str,
}


def _scalar(type_: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 (a type of the driver)
    # A time-based id is also a date to the driver: the nearest class counts.
    return next((_SCALARS[base] for base in type_.__mro__ if base in _SCALARS), None)


def unknown(type_: Any) -> str | None:  # noqa: ANN401
    """Name the first type within a type that cannot become a column; nothing if there is none."""
    if issubclass(type_, cqltypes.VectorType):
        return unknown(type_.subtype)
    if issubclass(type_, (*WRAPPED, *LISTS, cqltypes.MapType, cqltypes.TupleType)):
        return next(filter(None, map(unknown, type_.subtypes)), None)
    return None if _scalar(type_) else described(type_)


def described(type_: Any) -> str:  # noqa: ANN401
    """Write a type with all that is in it, so that every change shows."""
    below = list(map(described, getattr(type_, "subtypes", ())))
    if issubclass(type_, cqltypes.UserType):
        below = [f"{name} {text}" for name, text in zip(type_.fieldnames, below, strict=True)]
    if issubclass(type_, cqltypes.VectorType):
        below = [described(type_.subtype), str(type_.vector_size)]
    return f"{type_.typename}<{', '.join(below)}>" if below else str(type_.typename)


def document_value(value: Any, type_: Any) -> Any:  # noqa: ANN401
    """Give a value as a document holds it.

    A list, set or vector is a list, a map or an own type an object. A tuple is an object too, with
    the keys 1, 2, ..., since each of its places has a meaning of its own.
    """
    if value is None:
        return None
    if issubclass(type_, WRAPPED):
        return document_value(value, type_.subtypes[0])
    if issubclass(type_, cqltypes.VectorType):
        return [document_value(each, type_.subtype) for each in value]
    if issubclass(type_, LISTS):
        return [document_value(each, type_.subtypes[0]) for each in value]
    if issubclass(type_, cqltypes.MapType):
        of_key, of_value = type_.subtypes
        return {
            _key(document_value(key, of_key)): document_value(each, of_value)
            for key, each in value.items()
        }
    if issubclass(type_, cqltypes.TupleType):
        is_own = issubclass(type_, cqltypes.UserType)
        names = type_.fieldnames if is_own else map(str, itertools.count(1))
        # A value that was written before its type got another field is shorter.
        pairs = zip(names, type_.subtypes, itertools.chain(value, itertools.repeat(None)))  # noqa: B905
        return {name: document_value(each, of_each) for name, of_each, each in pairs}
    convert = _scalar(type_)
    return value if convert is None else convert(value)


def _key(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal128):
        value = value.to_decimal()
    return str(value) if isinstance(value, DatetimeMS) else value_text(value) or str(value)
