"""What is looked for in a file of text before it is read: bytes that no text has, endless rows."""

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from wavehouse.errors import WavehouseError

BLOCK_BYTES = 1 << 22
# A row of delimited text, or a line of documents: what is held at once.
LONGEST_ROW = BLOCK_BYTES
# Of bytes 128 to 159, these encodings make control characters. Texts have none; those of Windows
# have letters and quotes there.
_WITH_CONTROLS = re.compile(r"(iso.?8859.?\d+|latin.?\d+|l\d+)", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\x80-\x9f]")
# A quote with a backslash before it that neither ends a value nor is written twice.
_ESCAPED_QUOTE = re.compile(rb'\\"[^",;\t|\r\n]')


def check_text_file(path: Path, encoding: str, quoted: bool, escape: str | None = "") -> None:
    """Look through a file of text, in parts.

    Args:
        path: the file.
        encoding: how it is read.
        quoted: whether line ends within quotes belong to a row.
        escape: what stands before a quote within a value; nothing if quotes are written twice, and
            None if nobody said so.

    Raises:
        WavehouseError: it has a NUL character, a byte that its encoding has no letter for, a quote
            that may be escaped, or a row that is too long. The text says in which line.
    """
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        return
    has_controls = bool(_WITH_CONTROLS.fullmatch(encoding.strip()))
    lines = 0
    row, row_begins, inside = 0, 1, False
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            _refuse(path, block, lines, encoding, has_controls)
            if escape is None:
                _refuse_escaped(path, block, lines)
            # Twice written and escaped quotes stay within a value.
            lone = lone_quotes(block, escape) if quoted else 0
            if lone == 0 and (inside or b"\n" not in block):
                row += len(block)
            else:
                inside ^= bool(lone % 2)
                # Within quotes the row goes on from them, else from the last line end.
                begins = block.rfind(b'"' if inside else b"\n") + 1
                row = len(block) - begins
                row_begins = _line(lines, block, begins)
            if row > LONGEST_ROW + BLOCK_BYTES:
                raise WavehouseError(too_long(path, f"line {row_begins}"))
            lines += block.count(b"\n")


def lone_quotes(block: bytes, escape: str | None) -> int:
    """Count the quotes of a part that are neither written twice nor escaped."""
    if escape:
        block = re.sub(re.escape(escape.encode()) + b"(?s:.)", b"", block)
    return block.replace(b'""', b"").count(b'"')


def guessed_encoding(path: Path, encoding: str, words: Iterable[str]) -> str:
    """Say that an encoding is a guess, with a few texts that show whether it is a good one."""
    shown = ", ".join(repr(word) for word in islice(words, 3))
    return (
        f"{path.name}: the file does not say how its texts are encoded, so they were read as "
        f"{encoding} (Western Europe): for example {shown}. If letters are wrong, read it again "
        "with --replace and another --encoding, such as cp1250 or iso-8859-2 (Central Europe), "
        "cp1251 (Cyrillic), cp1253 (Greek) or cp1254 (Turkish)."
    )


def too_long(path: Path, place: str) -> str:
    """Say that a row is too long to be held."""
    return (
        f"{path}: {place}: the row is longer than {LONGEST_ROW:,} bytes, too long for answers. "
        "Look for a quote that is never closed or a missing line end, and export the file again."
    )


def _line(lines: int, block: bytes, place: int) -> int:
    """Give the line of a place in a part, which so many lines stand before."""
    return lines + block.count(b"\n", 0, place) + 1


def _refuse_escaped(path: Path, block: bytes, lines: int) -> None:
    found = _ESCAPED_QUOTE.search(block)
    if found:
        line = _line(lines, block, found.start())
        raise WavehouseError(
            f"{path}: line {line}: a quote has a backslash before it. Say what that means: "
            "--escape '\\' if the file writes quotes within values so, as cqlsh and MySQL do, or "
            "--escape none if the backslash is part of the value."
        )


def _refuse(path: Path, block: bytes, lines: int, encoding: str, has_controls: bool) -> None:
    place = block.find(b"\0")
    if place >= 0:
        line = _line(lines, block, place)
        raise WavehouseError(
            f"{path}: line {line}: a NUL character. Export the file as plain text, or name its "
            "encoding with --encoding if it is another one."
        )
    found = _CONTROLS.search(block) if has_controls else None
    if found:
        line = _line(lines, block, found.start())
        raise WavehouseError(
            f"{path}: line {line}: byte 0x{found[0].hex()} is not a letter in {encoding}. Such "
            "files mostly have an encoding of Windows: name it with --encoding, such as cp1250 "
            "(Central Europe), cp1252 (Western Europe) or cp1251 (Cyrillic)."
        )
