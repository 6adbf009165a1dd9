"""Answers as bytes: JSON, CSV, Parquet, Arrow. The request's `format` or `Accept` chooses."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from wavehouse_exchange.exports.csvw_tables import write_lines
from wavehouse_exchange.serving.answers import Answer
from wavehouse_exchange.serving.doors import Rows
from wavehouse_exchange.serving.problems import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

# The framework says of texts that they are UTF-8.
MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "excel-csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
# Without this mark at the beginning Excel reads a file in the machine's old code page.
FOR_EXCEL = "\ufeff"
_ANY = {"*/*", "application/*"}


@dataclass(frozen=True)
class Body:
    """What is sent: bytes, their media type, and what the head says of them."""

    content: bytes
    media_type: str
    head: Mapping[str, str] = field(default_factory=dict)


def chosen_format(named: str | None, accept: str) -> str:
    """Choose the format of an answer.

    Args:
        named: what the parameter `format` says.
        accept: the header of the request.

    Raises:
        RequestError: none of what is accepted can be given.
    """
    if named is not None:
        return named
    wanted = []
    for place, part in enumerate(accept.split(",") if accept.strip() else ["*/*"]):
        name, *settings = (text.strip().lower() for text in part.split(";"))
        quality = next((text[2:] for text in settings if text.startswith("q=")), "1")
        try:
            wanted.append((-float(quality), place, name))
        except ValueError:
            continue
    for quality_below, _, name in sorted(wanted):
        if quality_below == 0:
            continue
        # A browser asks for a page; JSON is what it shows best.
        if name in _ANY or name in {"text/html", "application/vnd.api+json"}:
            return "json"
        for known, media_type in MEDIA_TYPES.items():
            if name in {media_type, media_type.partition("/")[0] + "/*"}:
                return known
    offered = ", ".join(dict.fromkeys(MEDIA_TYPES.values()))
    raise RequestError(406, "No such format", f"The answer can be given as {offered}.", "Accept")


def written(answer: Answer, name: str, links: Mapping[str, str], meta: Mapping[str, Any]) -> Body:
    """Write an answer in a format.

    Only JSON holds what is included; links and notes are also in the head of the answer.

    Args:
        answer: the answer.
        name: the format.
        links: addresses of this page and of the next one.
        meta: notes about the answer, such as its release.
    """
    if name == "json":
        document: dict[str, Any] = {"data": answer.rows.records()}
        if answer.included:
            document["included"] = answer.included
        return Body(json_bytes(document | {"links": links, "meta": meta}), MEDIA_TYPES[name])
    if name.endswith("csv"):
        mark = FOR_EXCEL if name == "excel-csv" else ""
        return Body(f"{mark}{_csv(answer.rows)}".encode(), MEDIA_TYPES[name])
    table = arrow_table(answer.rows, meta)
    write = _parquet if name == "parquet" else _arrow
    return Body(write(table), MEDIA_TYPES[name])


def json_bytes(document: object) -> bytes:
    """Write JSON: days as ISO 8601 has them, and null for what is no number."""
    return msgspec.json.encode(document)


def _csv(rows: Rows) -> str:
    file = io.StringIO(newline="")
    write_lines(file, rows.columns, rows.values)
    return file.getvalue()


def arrow_table(rows: Rows, meta: Mapping[str, Any]) -> "pa.Table":
    """Give rows as a table of Arrow, with the release in its metadata."""
    import pyarrow as pa

    types = {
        "number": pa.float64(),
        "integer": pa.int64(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
    }
    columns = zip(*rows.values, strict=True) if rows.values else [() for _ in rows.columns]
    arrays = [
        pa.array(values, type=types.get(kind, pa.string()))
        for kind, values in zip(rows.kinds, columns, strict=True)
    ]
    notes = {f"wavehouse_{name}": str(value) for name, value in meta.items()}
    return pa.table(arrays, names=list(rows.columns)).replace_schema_metadata(notes)


def _parquet(table: "pa.Table") -> bytes:
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def _arrow(table: "pa.Table") -> bytes:
    import pyarrow as pa

    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    return file.getvalue()
