"""Bytes of a request on their way to the disk: counted and summed, never held as a whole."""

import asyncio
import errno
import re
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from wavehouse_exchange.receiving.bodies import MOST_FILES, Body, judged_name, judged_names
from wavehouse_exchange.receiving.quarantine import Arriving, SentFile
from wavehouse_exchange.serving.problems import RequestError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
# Written at once; the memory that an upload takes.
BLOCK_BYTES = 1 << 20
# Without a byte for so long, the sender is taken to be gone.
PATIENCE_SECONDS = 60
# Of the disk, left to those who build.
KEPT_FREE_BYTES = 1_000_000_000
# What the sender says the SHA-256 sum is (RFC 9530).
DIGEST = "content-digest"
DIGEST_FORM = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


async def take_in(
    receive: Receive, body: Body, arriving: Arriving, announced: int | None, most: int
) -> None:
    """Write the body of a request to the disk.

    Args:
        receive: gives what comes of the request.
        body: what its head says of the body.
        arriving: where it goes.
        announced: how long the head says that it is; None if it does not.
        most: how many bytes are taken at most.

    Raises:
        RequestError: it is too large or empty, ends early, or is no form; or the disk is full.
    """
    if announced is not None and announced > most:
        raise too_large(most)
    if announced is not None:
        refuse_without_room(arriving.folder, announced)
    try:
        if body.boundary is None:
            await _one_file(_blocks(receive, most), arriving, body.name or "")
        else:
            await _form(_blocks(receive, most), arriving, body.boundary)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise no_room() from error
        raise
    if not arriving.files or not all(each.size_bytes for each in arriving.files):
        raise RequestError(
            400,
            "Nothing was delivered",
            "A file of the delivery is empty, or there is none. Send the file as the body, or as a "
            "part of a form with a file name.",
        )


async def add_part(receive: Receive, path: Path, most: int) -> None:
    """Add the body of a request to a file; what came before it ended, stays.

    Args:
        receive: gives what comes of the request.
        path: the file.
        most: how many bytes it may get.

    Raises:
        RequestError: there are more, they end early, or the disk is full.
    """
    try:
        with path.open("ab") as file:
            async for block in _blocks(receive, most):
                refuse_without_room(path.parent, len(block))
                await asyncio.to_thread(file.write, block)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise no_room() from error
        raise


class _File:
    """A file that is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("xb")
        self._sum = sha256()
        self._waiting = bytearray()
        self._size = 0

    async def add(self, block: bytes | bytearray) -> None:
        self._waiting += block
        self._size += len(block)
        if len(self._waiting) >= BLOCK_BYTES:
            await asyncio.to_thread(self._write)

    async def finish(self) -> SentFile:
        await asyncio.to_thread(self._write)
        self._file.close()
        return SentFile(self._path.name, self._sum.hexdigest(), self._size)

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()

    def _write(self) -> None:
        # Of a body without a length nobody knew before how much it needs.
        refuse_without_room(self._path.parent, len(self._waiting))
        self._sum.update(self._waiting)
        self._file.write(self._waiting)
        self._waiting.clear()


async def _one_file(blocks: AsyncIterator[bytes], arriving: Arriving, name: str) -> None:
    file = _File(arriving.place(name))
    try:
        async for block in blocks:
            await file.add(block)
        arriving.files.append(await file.finish())
    finally:
        file.close()


async def _form(blocks: AsyncIterator[bytes], arriving: Arriving, boundary: str) -> None:
    parser = PushMultipartParser(boundary, max_segment_count=MOST_FILES, strict=True)
    file: _File | None = None
    try:
        async for block in blocks:
            for event in parser.parse(block):
                if isinstance(event, MultipartSegment):
                    file = _File(arriving.place(_name_of(event, arriving)))
                elif file is None:
                    continue
                elif event is None:
                    arriving.files.append(await file.finish())
                    file = None
                else:
                    await file.add(event)
        parser.close()
    except (MultipartError, ValueError) as error:
        raise RequestError(
            400,
            "The form cannot be read",
            f"The body is no whole form of the type multipart/form-data with at most {MOST_FILES} "
            f"files ({str(error)[:100]}). Send it again.",
        ) from error
    finally:
        if file is not None:
            file.close()


def _name_of(segment: MultipartSegment, arriving: Arriving) -> str:
    if segment.filename is None:
        raise RequestError(
            400,
            "The form cannot be read",
            f"The part {segment.name[:60]!r} of the form is no file. Send files only; reading "
            "options are parameters of the address.",
        )
    name = judged_name(segment.filename)
    judged_names([*(each.name for each in arriving.files), name])
    return name


async def _blocks(receive: Receive, most: int) -> AsyncIterator[bytes]:
    """Give the bytes of a request as they come.

    Raises:
        RequestError: there are too many, they end early, or nothing comes any more.
    """
    count = 0
    more = True
    while more:
        try:
            message = await asyncio.wait_for(receive(), PATIENCE_SECONDS)
        except TimeoutError as error:
            raise RequestError(
                408,
                "The delivery did not arrive",
                f"Nothing came for {PATIENCE_SECONDS} seconds. Nothing was kept; send it again.",
            ) from error
        if message["type"] == "http.disconnect":
            raise RequestError(
                400,
                "The delivery did not arrive",
                "The connection ended before the body did. Nothing was kept; send it again.",
            )
        block = message.get("body", b"")
        count += len(block)
        if count > most:
            raise too_large(most)
        if block:
            yield block
        more = message.get("more_body", False)


def refuse_other_bytes(digest: str | None, files: Sequence[SentFile], *, is_form: bool) -> None:
    """Refuse a file that is not the one that the sender says that it is.

    Args:
        digest: the header Content-Digest; None if it is not there.
        files: what arrived.
        is_form: whether it came as a form, whose digest is of more than the file.

    Raises:
        RequestError: the sum is another one, or cannot be compared.
    """
    if digest is None:
        return
    said = DIGEST_FORM.fullmatch(digest.strip())
    if said is None or is_form:
        raise RequestError(
            400,
            "The digest cannot be compared",
            "Content-Digest is to be sha-256=:BASE64:, with one file as the body.",
        )
    if b64decode(said[1]).hex() != files[0].sha256:
        raise RequestError(
            400,
            "The delivery did not arrive",
            f"The SHA-256 sum of what arrived is {files[0].sha256}, which is not that of "
            "Content-Digest. Nothing was kept; send it again.",
        )


def too_large(most: int) -> RequestError:
    """Tell that a delivery has more bytes than are taken."""
    return RequestError(
        413,
        "The delivery is too large",
        f"At most {most:,} bytes are taken. Deliver the file as Parquet, which is several times "
        "smaller than text, or ask those who run the server for a higher limit.",
    )


def no_room() -> RequestError:
    """Tell that the disk is full."""
    return RequestError(
        507,
        "The server has no room",
        "The disk of the server is full. Nothing was kept; tell those who run the server, and send "
        "it again later.",
    )


def refuse_without_room(folder: Path, needed: int) -> None:
    """Refuse what would leave the disk without room for those who build.

    Args:
        folder: where it is written.
        needed: how many bytes it needs.

    Raises:
        RequestError: there is no room.
    """
    if shutil.disk_usage(folder).free < needed + KEPT_FREE_BYTES:
        raise no_room()
