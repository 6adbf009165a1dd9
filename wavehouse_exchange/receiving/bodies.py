"""What the body of a request is: one file, several files of a form, or rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from multipart import parse_options_header

from wavehouse.codebook.ids import complaint_about_file, same_file, shown
from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.options import SQLITE_FORMATS, for_each, reading_options, written
from wavehouse_exchange.landing.readers import READERS
from wavehouse_exchange.serving.problems import RequestError, bad_parameter

FORM = "multipart/form-data"
MOST_FILES = 20
# Endings by what a body says it is; of anything else, its name says it.
MEDIA_TYPES = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrows",
    "application/vnd.apache.arrow.file": "arrow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
# Rows, which become a file before they are read.
BECOMES = {"json": "ndjson", "arrow": "parquet", "arrows": "parquet"}
CATALOGUE = "sas7bcat"
# A database of somebody outside is a program rather than a table: a member of the team opens it.
ENDINGS = frozenset({*READERS, *BECOMES, CATALOGUE}) - SQLITE_FORMATS
NAME = "name"
# The reading options of `wavehouse add-wave`, by the names that they have there.
ONCE = {
    "encoding": "encoding",
    "delimiter": "delimiter",
    "escape": "escape",
    "sheet": "sheet",
    "decimal": "decimal",
    "thousands": "thousands",
    "header_rows": "headers",
    "empty_lists": "empty_lists",
    "split_by": "split_by",
}
OFTEN = ("lists", "leave_out")
PARAMETERS = (NAME, *ONCE, *OFTEN)


@dataclass(frozen=True)
class Body:
    """What a body is.

    Args:
        boundary: what stands between the files of a form; None for one file.
        name: the name of the one file; None for a form.
    """

    boundary: str | None = None
    name: str | None = None


def body_of(content_type: str, disposition: str, name: str | None, otherwise: str) -> Body:
    """Tell from a request's head what its body is.

    Args:
        content_type: the header of this name; may be empty.
        disposition: the header Content-Disposition; may be empty.
        name: the parameter `name`, if it is there.
        otherwise: how a file is called whose name is not said, without an ending.

    Raises:
        RequestError: the head does not say it, or it is nothing that can be read.
    """
    kind, options = parse_options_header(content_type)
    if kind.lower() == FORM:
        boundary = options.get("boundary", "")
        if not 0 < len(boundary) <= 200 or not boundary.isascii() or not boundary.isprintable():
            raise _unreadable("The form has no boundary in Content-Type. Let the program set it.")
        return Body(boundary=boundary)
    said = name or parse_options_header(disposition)[1].get("filename")
    if said is not None:
        return Body(name=judged_name(said))
    if kind.lower() in MEDIA_TYPES:
        return Body(name=f"{otherwise}.{MEDIA_TYPES[kind.lower()]}")
    known = ", ".join(each for each in MEDIA_TYPES if "officedocument" not in each)
    raise _unreadable(
        f"Content-Type {shown(kind)} does not say what the file is. Send one of {known}; or name "
        "the file, as in ?name=survey.sav."
    )


def judged_name(name: str) -> str:
    """Give the name of a file back if it can be one here and has a format that is read.

    Raises:
        RequestError: it cannot, or it has not.
    """
    if said := complaint_about_file(name):
        raise bad_parameter(NAME, f"The file name {shown(name)} {said}.")
    ending = PurePath(name).suffix[1:].lower()
    if ending not in ENDINGS:
        listed = ", ".join(f".{each}" for each in sorted(ENDINGS))
        raise _unreadable(
            f"Files that end in {shown(ending)} are not read. Deliver one of {listed}; what is "
            "packed is to be unpacked first."
        )
    return name


def judged_names(names: Iterable[str]) -> None:
    """Refuse names of files that are one file on some systems.

    Raises:
        RequestError: two of them are.
    """
    seen: set[str] = set()
    for name in names:
        if same_file(name) in seen:
            raise bad_parameter(NAME, f"Two files are called {shown(name)}. Rename one.")
        seen.add(same_file(name))


def judged_parameters(pairs: Sequence[tuple[str, str]]) -> str | None:
    """Refuse parameters that there are not, and give the file's name if it is said.

    Raises:
        RequestError: a parameter is not known, or is there twice.
    """
    names = [name for name, _ in pairs]
    for name in names:
        if name not in PARAMETERS:
            known = ", ".join(PARAMETERS)
            raise bad_parameter(name, f"A delivery has no parameter {shown(name)}. It has {known}.")
        if name not in OFTEN and names.count(name) > 1:
            raise bad_parameter(name, "This parameter is there more than once. Give it once.")
    return dict(pairs).get(NAME)


def judged_reading(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> str:
    """Give how files are to be read, as words of the command line.

    Args:
        pairs: the parameters.
        names: the names of the files.

    Raises:
        RequestError: a parameter says nothing that can be, or nothing about these files.
    """
    once = {ONCE[name]: value for name, value in pairs if name in ONCE}
    often = {each: [value for name, value in pairs if name == each] for each in OFTEN}
    try:
        options = reading_options(**once, lists=often["lists"], leave_out=tuple(often["leave_out"]))
        for_each(options, [Path(read_name(name)) for name in names])
    except (WavehouseError, ValueError) as error:
        said = str(error)
        at_fault = next(
            (name for name, _ in pairs if f"--{name.replace('_', '-')}" in said), "encoding"
        )
        raise bad_parameter(at_fault, as_parameters(said)) from error
    return written(options)


def read_name(name: str) -> str:
    """Give the name of the file that is read for a file that was sent."""
    path = PurePath(name)
    ending = BECOMES.get(path.suffix[1:].lower())
    return path.with_suffix(f".{ending}").name if ending else name


def as_parameters(text: str) -> str:
    """Let a message of the command line speak of parameters."""
    for name in (*ONCE, *OFTEN):
        text = text.replace(f"--{name.replace('_', '-')}", f"the parameter {name}")
    return text


def _unreadable(detail: str) -> RequestError:
    return RequestError(415, "The file is of no known format", detail)
