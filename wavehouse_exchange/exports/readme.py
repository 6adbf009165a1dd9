"""The text that goes with an export: what each file is, and how the data may be used."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from wavehouse.escapes import CSV_RULE
from wavehouse_exchange.exports.declaring import describe_design, describe_weights
from wavehouse_exchange.exports.formats import DESCRIPTIONS, MICRODATA
from wavehouse_exchange.exports.study import read_study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAME = "README.txt"
WIDTH = 100

ANSWERS = (
    "The files of answers ({formats}) have one row for each respondent and suppress nothing: "
    "treat them like the data that they were made from. Publication rules suppress numbers only "
    "in tables of estimates: there a suppressed number is empty, and its status says so."
)
SCRIPTS = (
    "design.R (in {folders}), and design.do beside files of Stata, have the lines that declare "
    "it, wave by wave. Those for Stata were not run there."
)
# Formats whose folders have these files.
WITH_SCRIPTS = ("spss", "stata")
NUMBERS = "Numbers that publication rules suppress are empty here too, and their status says so."


def write_readme(
    connection: "DuckDBPyConnection",
    study_id: str,
    folder: Path,
    written: Mapping[str, Sequence[Path]],
    wave_id: str | None,
) -> Path:
    """Write the README of an export whose files are below the folder already."""
    study = read_study(connection, study_id)
    about = study.study
    release = study.release
    waves = ", ".join(wave["wave_label"] for wave in study.waves)
    title = about["study_label"]
    with_answers = [name for name in written if name in MICRODATA]
    parts = [
        f"{title}\n{'=' * len(title)}",
        _fill(about["study_description"] or ""),
        _fill(f"{'Wave' if wave_id else 'Waves'}: {waves}"),
        _fill(f"Producer: {about['producer']}"),
        _fill(f"Please cite: {about['citation']}"),
        _fill(f"Terms of use: {about['terms_of_use']}"),
        _fill(
            f"Made by Wavehouse {release.version} from release {release.release_id}, published at "
            f"{release.published_at}."
        ),
        _fill(ANSWERS.format(formats=", ".join(with_answers)) if with_answers else NUMBERS),
    ]
    parts.append(_fill(f"Files of CSV: {CSV_RULE}"))
    if with_answers:
        parts += ["Sampling design\n---------------"]
        parts += [_fill(text) for text in (*describe_design(study), *describe_weights(study))]
        scripts = [name for name in with_answers if name in WITH_SCRIPTS]
        if scripts:
            parts.append(_fill(SCRIPTS.format(folders=", ".join(scripts))))
    for name, files in written.items():
        heading = f"{name}/"
        parts.append(f"{heading}\n{'-' * len(heading)}")
        parts.append(_fill(DESCRIPTIONS.get(name, "")))
        parts.append("\n".join(f"  {file.relative_to(folder).as_posix()}" for file in files))
    path = folder / NAME
    path.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")
    return path


def _fill(text: str) -> str:
    return fill(text, WIDTH)
