"""What a request says: its parameters, read and checked before anything is asked of a database.

Names follow JSON:API: `filter[segment]=sex`, `include=wave,question`, `fields=estimate,ci_lower`,
`page[size]=100`. What people type is read too: `filter=region:south,sex:female`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from wavehouse.escapes import terminal_text
from wavehouse_exchange.serving.problems import bad_parameter
from wavehouse_exchange.serving.resources import Resource

LARGEST_PAGE = 10_000
LONGEST_VALUE = 1_000
LONGEST_SHOWN = 80
# How waves are put together, in the words that people use.
AGGREGATES = {
    **{"week": "week", "weekly": "week", "month": "month", "monthly": "month"},
    **{"quarter": "quarter", "quarterly": "quarter", "year": "year", "yearly": "year"},
    "pooled": "pooled",
}
FORMATS = ("json", "csv", "excel-csv", "parquet", "arrow")
_BRACKETS = re.compile(r"(\w+)(?:\[([A-Za-z]\w*)\])?")
_NAME = re.compile(r"[A-Za-z]\w{0,62}")
OF_ALL = ("filter", "include", "fields", "page", "search", "as_of", "format")
OF_ESTIMATES = ("aggregate", "by")


@dataclass(frozen=True)
class Filter:
    """Which values a column or a variable may have.

    Args:
        name: as the request has it.
        values: one of these.
        parameter: what to call it in a message.
    """

    name: str
    values: tuple[str, ...]
    parameter: str


@dataclass(frozen=True)
class Wanted:
    """What a request asks of a resource. Names are checked against columns later.

    Args:
        filters: what rows, or respondents, must have.
        include: what else to give, by the names of the resource.
        fields: the columns to give; all if empty.
        search: words that must occur.
        size: rows of a page; None for all.
        after: the key of the last row of the page before.
        as_of: the release; None for the one that counts.
        aggregate: how waves are put together.
        by: variables or segments that estimates are broken down by.
        format: the format that the address names.
    """

    filters: tuple[Filter, ...] = ()
    include: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    search: str = ""
    size: int | None = None
    after: str | None = None
    as_of: str | None = None
    aggregate: str | None = None
    by: tuple[str, ...] = ()
    format: str | None = None
    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def digest(self) -> str:
        """Give what tells the request from others, whatever page of it is asked for."""
        rest = sorted(pair for pair in self.pairs if pair[0] not in {"page[after]", "as_of"})
        return hashlib.sha256(msgspec.json.encode(rest)).hexdigest()[:16]


def shown(text: str) -> str:
    """Give a text of a request as a message repeats it: short, without control characters."""
    plain = terminal_text(text)
    return plain if len(plain) <= LONGEST_SHOWN else plain[:LONGEST_SHOWN] + "…"


def read_parameters(resource: Resource, pairs: Sequence[tuple[str, str]]) -> Wanted:
    """Read the parameters of a request.

    Args:
        resource: what is asked for.
        pairs: names and values in the order of the address.

    Raises:
        RequestError: a parameter is unknown or cannot be read; the problem names it.
    """
    known = OF_ALL + (OF_ESTIMATES if resource.name == "estimates" else ())
    texts: dict[str, list[str]] = {}
    filters: list[Filter] = []
    for name, value in pairs:
        found = _BRACKETS.fullmatch(name)
        if found is None or found[1] not in known:
            raise bad_parameter(
                shown(name),
                f"There is no parameter {shown(name)!r} here. There are: {', '.join(known)}.",
            )
        if "\x00" in value:
            raise bad_parameter(name, "The value has a character that no text has (NUL).")
        if len(value) > LONGEST_VALUE:
            raise bad_parameter(name, f"The value is longer than {LONGEST_VALUE:,} characters.")
        if not value.strip():
            raise bad_parameter(name, "The value is empty. Name one, or leave the parameter out.")
        if found[1] == "filter":
            filters += _filters(name, found[2], value)
        else:
            texts.setdefault(name, []).append(value)
    _refuse_brackets(resource, texts)
    once = {name: _once(name, values) for name, values in texts.items()}
    fields = once.get("fields", once.get(f"fields[{resource.name}]", ""))
    return Wanted(
        filters=_together(filters),
        include=_names("include", once.get("include")),
        fields=_names("fields", fields or None),
        search=once.get("search", "").strip(),
        size=_size(once.get("page[size]")),
        after=once.get("page[after]"),
        as_of=once.get("as_of"),
        aggregate=_one_of("aggregate", once.get("aggregate"), AGGREGATES),
        by=_names("by", once.get("by")),
        format=_one_of("format", once.get("format"), {name: name for name in FORMATS}),
        pairs=tuple(pairs),
    )


def cursor(digest: str, key: Iterable[object]) -> str:
    """Give what a request continues after: the key of a row, and which request it was of."""
    packed = msgspec.json.encode([digest, *key])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str, digest: str, columns: Sequence[str]) -> list[str | int | float | None]:
    """Give the key that `cursor` packed.

    Raises:
        RequestError: it is no cursor, or one of another request.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        of, *key = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True),
            type=list[str | int | float | None],
        )
    except (ValueError, msgspec.DecodeError):
        of, key = None, []
    if of != digest or len(key) != len(columns):
        raise bad_parameter(
            "page[after]",
            "This is not the mark of a page of this request. Follow links.next of the page before, "
            "or leave page[after] out to begin with the first page.",
        )
    return list(key)


def _filters(parameter: str, name: str | None, value: str) -> list[Filter]:
    """Read `filter[name]=a,b`, or `filter=name:a|b,other:c`."""
    if name is not None:
        return [Filter(name, _values(parameter, value.split(",")), parameter)]
    filters = []
    for part in value.split(","):
        of, colon, values = part.partition(":")
        if not colon or not _NAME.fullmatch(of.strip()):
            raise bad_parameter(
                "filter",
                f"{shown(part)!r} is no filter. Write a name and a value, such as "
                "filter=segment:sex,wave:2006, or filter[segment]=sex.",
            )
        filters.append(Filter(of.strip(), _values("filter", values.split("|")), "filter"))
    return filters


def _values(parameter: str, texts: Iterable[str]) -> tuple[str, ...]:
    values = tuple(text.strip() for text in texts)
    if not all(values):
        raise bad_parameter(parameter, "One of the values is empty. Take away a comma.")
    return values


def _together(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """Put the values of filters of one name together: any of them will do."""
    by_name: dict[str, Filter] = {}
    for each in filters:
        before = by_name.get(each.name)
        values = (*before.values, *each.values) if before else each.values
        by_name[each.name] = Filter(each.name, tuple(dict.fromkeys(values)), each.parameter)
    return tuple(by_name.values())


def _refuse_brackets(resource: Resource, texts: Mapping[str, list[str]]) -> None:
    for name in texts:
        base = name.partition("[")[0]
        allowed = {"page": ("page[size]", "page[after]"), "fields": (f"fields[{resource.name}]",)}
        if name != base and name not in allowed.get(base, ()):
            raise bad_parameter(
                name, f"{name} is not known. Known are: {', '.join(allowed.get(base, (base,)))}."
            )
        if name == "page":
            raise bad_parameter(name, "Write page[size] or page[after].")


def _once(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise bad_parameter(name, f"{name} is given {len(values)} times. Give it once.")
    return values[0]


def _names(parameter: str, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong:
        raise bad_parameter(
            parameter, f"{shown(wrong[0])!r} is no name. Write names with commas between them."
        )
    return names


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= LARGEST_PAGE:
        raise bad_parameter(
            "page[size]",
            f"A page has from 1 to {LARGEST_PAGE:,} rows; {shown(text)!r} is not that.",
        )
    return int(text)


def _one_of(parameter: str, text: str | None, known: Mapping[str, str]) -> str | None:
    if text is None:
        return None
    if text not in known:
        raise bad_parameter(
            parameter, f"{shown(text)!r} is not known. Known are: {', '.join(known)}."
        )
    return known[text]
