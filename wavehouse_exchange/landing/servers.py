"""What lies on a server: read into a file, which is landed as a delivered one is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol

from wavehouse.codebook.ids import inside, judge_ids
from wavehouse.locks import only_one
from wavehouse.people.sources import DOWNLOADS
from wavehouse.project import Project
from wavehouse.writing import explained

PART = ".part"


class Source(Protocol):
    """A table, collection or file on a server."""

    @property
    def file_name(self) -> str:
        """The name of the file that it becomes."""
        ...

    def collect(self, part: Path, what: str) -> None:
        """Read what is not in a file yet.

        Args:
            part: the file; what an earlier run read is in it.
            what: the study and wave, for messages.
        """
        ...


# What understands an address, by its scheme; imported only for an address of its own.
ADDRESSES = {
    **dict.fromkeys(("mongodb", "mongodb+srv"), "mongodb"),
    **dict.fromkeys(("postgresql", "postgres"), "postgresql"),
    **dict.fromkeys(("mysql", "mariadb"), "mysql"),
    **dict.fromkeys(("http", "https"), "web_files"),
    "cassandra": "cassandra",
    "s3": "s3_files",
}


def address_of(text: str) -> Source | None:
    """Understand the address of something on a server; nothing if it is none of them.

    Raises:
        WavehouseError: it names nothing that can be read, or has a password in it.
    """
    scheme, named, _ = text.partition("://")
    if not named or scheme not in ADDRESSES:
        return None
    module = import_module(f"wavehouse_exchange.landing.{ADDRESSES[scheme]}")
    understand: Callable[[str], Source] = module.address_of
    return understand(text)


@contextmanager
def collected(project: Project, study_id: str, wave_id: str, source: Source) -> Iterator[Path]:
    """Give a file with what lies on a server for a block; it is removed afterwards.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave that it is of.
        source: the table, collection or file. Nothing is written into it.

    Raises:
        WavehouseError: the server cannot be reached or refuses it, there is nothing in it, or it
            changed while it was read. What has come stays, for the next run to go on from.
    """
    judge_ids(study_id, wave_id, "Nothing was read:")
    downloads = project.landing / study_id / DOWNLOADS
    file = downloads / wave_id / source.file_name
    inside(project.landing, file, project.relative(file))
    part = file.with_name(file.name + PART)
    with explained(downloads), only_one(downloads / ".lock", f"fetch of study {study_id}"):
        file.parent.mkdir(parents=True, exist_ok=True)
        source.collect(part, f"study {study_id}, wave {wave_id}")
        part.replace(file)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)


@contextmanager
def files_at_hand(
    project: Project, study_id: str, wave_id: str, delivered: Sequence[Path | Source]
) -> Iterator[list[Path]]:
    """Give what was delivered as files for a block; what lies on a server is read first.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        delivered: files, and what lies on servers.

    Raises:
        WavehouseError: something on a server cannot be read.
    """
    with ExitStack() as stack:
        yield [
            each
            if isinstance(each, Path)
            else stack.enter_context(collected(project, study_id, wave_id, each))
            for each in delivered
        ]
