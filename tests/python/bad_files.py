"""Bad deliveries by the hundred: damaged, cut, disguised, hostile, or of other people's studies."""

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from partners import as_csv, as_json

Rows = list[dict[str, str]]
# Formats whose readers see that an end is missing, wherever it is.
BINARY = ("sav", "zsav", "dta", "parquet", "xlsx", "arrow")
ENDINGS = (*BINARY, "csv", "json", "ndjson")
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "'; drop table answers; --",
    "{{ 7 * 7 }}",
    "../../../etc/passwd",
    "<script>alert(1)</script>",
    "$(touch hacked)",
)


def good_file(ending: str, rows: Rows, folder: Path) -> bytes:
    """Write rows in a format."""
    frame, table = pd.DataFrame(rows), pa.Table.from_pylist(rows)
    path = folder / f"good.{ending}"
    sink = io.BytesIO()
    if ending == "csv":
        return as_csv(rows)
    if ending == "json":
        return as_json(rows)
    if ending == "ndjson":
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    if ending == "arrow":
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue()
    writers: dict[str, Callable[[], object]] = {
        "sav": lambda: pyreadstat.write_sav(frame, path),
        "zsav": lambda: pyreadstat.write_sav(frame, path, compress=True),
        "dta": lambda: pyreadstat.write_dta(frame, path),
        "parquet": lambda: pq.write_table(table, path),
        "xlsx": lambda: frame.to_excel(path, index=False),
    }
    writers[ending]()
    return path.read_bytes()


def cut_files(goods: dict[str, bytes], times: int) -> Iterator[tuple[str, str, bytes]]:
    """Cut files of formats whose end is known, at places of their own."""
    for ending in BINARY:
        dice = random.Random(ending)
        for number in range(times):
            content = goods[ending]
            yield (
                f"cut {ending} {number}",
                f"w.{ending}",
                content[: dice.randrange(1, len(content) - 1)],
            )


def garbage(times: int) -> Iterator[tuple[str, str, bytes]]:
    """Give bytes that are nothing."""
    for ending in ENDINGS:
        dice = random.Random(f"garbage {ending}")
        for number in range(times):
            yield (
                f"garbage {ending} {number}",
                f"w.{ending}",
                dice.randbytes(dice.randrange(1, 5000)),
            )


def disguised(goods: dict[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Give files of one format under the ending of another."""
    for ending, content in goods.items():
        for other in ENDINGS:
            if ending != other and {ending, other} not in ({"sav", "zsav"}, {"json", "ndjson"}):
                yield f"{ending} as {other}", f"w.{other}", content


def damaged_texts(rows: Rows, times: int) -> Iterator[tuple[str, str, bytes]]:
    """Give CSV files whose lines, quotes, names or letters are broken."""
    good = as_csv(rows).decode()
    lines = good.splitlines()
    names = lines[0].split(",")
    dice = random.Random("texts")

    def text(*changed: str) -> bytes:
        return ("\n".join(changed) + "\n").encode()

    for number in range(times):
        place = dice.randrange(1, len(lines) - 1)
        line = lines[place]
        short = ",".join(line.split(",")[: dice.randrange(1, len(names))])
        yield f"short line {number}", "w.csv", text(*lines[:place], short, *lines[place + 1 :])
        long = text(*lines[:place], f"{line},more", *lines[place + 1 :])
        yield f"long line {number}", "w.csv", long
        quote = text(*lines[:place], f'"{line}', *lines[place + 1 :])
        yield f"open quote {number}", "w.csv", quote
        latin = line.split(",")
        latin[-1] = "Zürich"
        mixed = text(*lines[:place], ",".join(latin), *lines[place + 1 :]).decode()
        broken = mixed.encode("latin-1") + "日本".encode()
        yield f"two encodings {number}", "w.csv", broken
        column = dice.randrange(1, len(names))
        double = [*names[:column], names[column - 1], *names[column + 1 :]]
        yield f"name twice {number}", "w.csv", text(",".join(double), *lines[1:])
    yield "header only", "w.csv", text(lines[0])
    yield "no header", "w.csv", text(*lines[1:])
    yield "one letter", "w.csv", b"a"
    yield "only blanks", "w.csv", b" \n \n"
    yield "nulls only", "w.csv", b"\0" * 1000
    yield "half a utf-16", "w.csv", good.encode("utf-16")[:-1][: len(good)]


def broken_rows(rows: Rows, times: int) -> Iterator[tuple[str, str, bytes]]:
    """Give files that can be read, whose rows have no place in the design."""
    dice = random.Random("rows")

    def changed(column: str, value: str) -> bytes:
        new = [dict(row) for row in rows]
        new[dice.randrange(len(new))][column] = value
        return as_csv(new)

    for number in range(times):
        yield f"person twice {number}", "w.csv", as_csv([*rows, dice.choice(rows)])
        for column in ("person", "district", "block"):
            yield f"no {column} {number}", "w.csv", changed(column, "")
        for value in ("", "-0.5", "0", "x", "nan", "inf", "1,5", "1e999", *HOSTILE):
            yield f"weight {value!r} {number}", "w.csv", changed("weight", value)


def broken_json(rows: Rows) -> Iterator[tuple[str, str, bytes]]:
    """Give what is no JSON array of rows."""
    good = as_json(rows)
    for name, content in {
        "no end": good[:-2],
        "empty array": b"[]",
        "scalars": b"[1, 2, 3]",
        "arrays": b"[[1, 2], [3, 4]]",
        "one object": b'{"person": "1"}',
        "words": b"person weight",
        "deep": b"[" * 100_000 + b"]" * 100_000,
        "bad letters": good.replace(b"9", b"\xff", 1),
        "behind it more": good + b"[",
        "a null": b"[null]",
        "an empty row": b"[{}]",
    }.items():
        yield f"json: {name}", "w.json", content


def bombs() -> Iterator[tuple[str, str, bytes]]:
    """Give files that are small, and want to be large."""

    def package(**parts: bytes) -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for name, content in parts.items():
                file.writestr(name.replace("__", "/") + ".xml", content)
        return sink.getvalue()

    zeros = b"0" * 120_000_000
    yield "bomb: sheet", "w.xlsx", package(xl__worksheets__sheet1=zeros)
    entities = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
    yield "bomb: entities", "w.xlsx", package(xl__workbook=entities)
    yield "bomb: many commas", "w.csv", b"," * 1_000_000 + b"\n"
    yield "bomb: long value", "w.csv", b"person,weight\n1," + b"9" * 30_000_000
    yield "bomb: packed csv", "w.csv", package(a=zeros[:1000])


def all_bad(rows: Rows, folder: Path, times: int) -> list[tuple[str, str, bytes]]:
    """Give bad deliveries: what each is, the file's name, its bytes.

    Args:
        rows: those of a good delivery.
        folder: where files may be written.
        times: how many of each kind of damage that depends on a place.
    """
    goods = {ending: good_file(ending, rows, folder) for ending in ENDINGS}
    return [
        *cut_files(goods, times),
        *garbage(max(1, times // 2)),
        *disguised(goods),
        *damaged_texts(rows, times),
        *broken_rows(rows, max(1, times // 2)),
        *broken_json(rows),
        *bombs(),
    ]
