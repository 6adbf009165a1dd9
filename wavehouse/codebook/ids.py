"""Which ids and names may become names of files, tables and models: judged here, before any use.

An id stands in paths, SQL and YAML, so its letters are few. A path that is made of one is looked at
once more where it is used, since a link on the way may lead out of the project.
"""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from wavehouse.errors import ProblemsError, WavehouseError

# PostgreSQL cuts names behind 63 letters without a word: `<study>_<wave>` is the name of a table. A
# study leaves its waves at least a dozen, and `stg_<study>__delivered` fits as well.
MOST_OF_COLUMN = 63
MOST_OF_STUDY_AND_WAVE = MOST_OF_COLUMN - len("_")
MOST_OF_STUDY = MOST_OF_COLUMN - len("stg___delivered")
# Of what file systems take: `.part` and the like are put behind a name.
MOST_BYTES_OF_FILE = 200

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
WAVE_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_]*")
# Windows keeps these for devices, also with something behind a point.
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.I)


def complaint_about_study(study_id: str) -> str | None:
    """Say what is wrong with the id of a study; None if nothing is."""
    return _complaint(study_id, IDENTIFIER, MOST_OF_STUDY, "a letter")


def complaint_about_wave(wave_id: str, study_id: str) -> str | None:
    """Say what is wrong with the id of a wave; None if nothing is.

    Args:
        wave_id: the id.
        study_id: that of its study, which stands beside it in names of tables.
    """
    most = MOST_OF_STUDY_AND_WAVE - min(len(study_id), MOST_OF_STUDY)
    return _complaint(wave_id, WAVE_IDENTIFIER, most, "a letter or digit")


def complaint_about_column(name: str, prefix: str = "") -> str | None:
    """Say what is wrong with an id that a column is named after; None if nothing is.

    Args:
        name: the id.
        prefix: what stands before it in the column's name.
    """
    return _complaint(name, IDENTIFIER, MOST_OF_COLUMN - len(prefix), "a letter", is_file=False)


def complaint_about_file(name: str) -> str | None:
    """Say what is wrong with a name that becomes that of a file in our folders; None if nothing is.

    Letters that some systems take for a slash or a point count as those.
    """
    plain = unicodedata.normalize("NFKC", name).replace("\u2215", "/").replace("\u2044", "/")
    if not name:
        return "is empty. Write the name of the file"
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in name):
        return "has control or invisible characters. Write the name without them"
    if re.search(r"[/\\:]", plain):
        return "is not the name of a file. Write it without folders"
    if plain.startswith((".", " ")) or plain.endswith((".", " ")):
        return "begins or ends with a point or a blank. Give the file another name"
    if DEVICES.fullmatch(plain.partition(".")[0].strip()):
        return "is the name of a device on Windows. Give the file another name"
    if len(name.encode()) > MOST_BYTES_OF_FILE:
        return f"is longer than {MOST_BYTES_OF_FILE} bytes. Give the file a shorter name"
    return None


def same_file(name: str) -> str:
    """Give what two names have in common that are one file on some systems."""
    return unicodedata.normalize("NFKC", name).casefold()


def judge_ids(study_id: str, wave_id: str | None = None, title: str = "Nothing was done:") -> None:
    """Refuse ids that may not become names of files and tables.

    Args:
        study_id: the id of a study.
        wave_id: the id of a wave; not looked at if left out.
        title: what the message begins with.

    Raises:
        ProblemsError: one of them is no id.
    """
    judged: Mapping[str, tuple[str, str | None]] = {
        "study": (study_id, complaint_about_study(study_id)),
        "wave": (
            wave_id or "",
            None if wave_id is None else complaint_about_wave(wave_id, study_id),
        ),
    }
    problems = [f"{kind} {shown(value)} {said}." for kind, (value, said) in judged.items() if said]
    if problems:
        raise ProblemsError(title, problems)


def shown(text: str) -> str:
    """Quote a text for a message: short, on one line, without what a terminal would obey."""
    most = 60
    return repr(text if len(text) <= most else f"{text[:most]}...")


def inside(top: Path, path: Path, name: str) -> Path:
    """Give a path back if it lies in a folder, links followed; it need not be there.

    The folder itself may be a link: the person who made it chose the place.

    Args:
        top: the folder.
        path: what is to be read or written.
        name: what a message calls the path.

    Raises:
        WavehouseError: it lies elsewhere.
    """
    real = path.resolve()
    if not real.is_relative_to(top.resolve()):
        raise WavehouseError(
            f"{name} is a link that leads out of the project, to {real}, so it is neither read "
            "nor written. Put the files themselves there."
        )
    return path


def _complaint(
    text: str, pattern: re.Pattern[str], most: int, start: str, *, is_file: bool = True
) -> str | None:
    names = "files and tables" if is_file else "columns"
    if not pattern.fullmatch(text):
        return (
            f"cannot be an id, because ids become part of names of {names}. Use lower-case "
            f"letters, digits and underscores, and begin with {start}"
        )
    if len(text) > most:
        return (
            f"is longer than {most} letters, and databases cut long names of {names}. Choose a "
            "shorter id"
        )
    if is_file and DEVICES.fullmatch(text):
        return "is the name of a device on Windows, where no file can have it. Use another id"
    return None
