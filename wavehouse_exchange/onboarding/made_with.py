"""What a draft was made with: the same command again changes nothing, another one makes it anew.

A draft keeps the options that were said of its wave, and its files how they were read. What is not
said again stays as it was.
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from wavehouse.codebook.ids import shown
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing.options import fitting, parsed
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.reshape import matching
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions
from wavehouse_exchange.onboarding.draft import Draft, kept_beside, rows_path
from wavehouse_exchange.onboarding.wanted import ASKED
from wavehouse_exchange.onboarding.wave_rows import StudyOptions, WaveOptions

Said = dict[str, Any]
Options = TypeVar("Options", WaveOptions, StudyOptions)
# Options of the commands whose fields have other names, and fields that are kept otherwise.
_NAMES = {"delivered_as": "as"}
_OF_STUDY = {"label": "study-label"}
# They say what is landed; the others, what is drafted.
_OF_LANDING = frozenset({"as", "key"})
_KEPT_OTHERWISE = frozenset({"reading", "replace", "concordance", "same_file"})


class MadeWith(NamedTuple):
    """The options that hold for a draft: those said now, and those said before.

    Attributes:
        options: of the wave.
        study: of a new study.
        said: all of them as the draft keeps them.
        news: the options that were not said before, or otherwise, by name.
    """

    options: WaveOptions
    study: StudyOptions | None
    said: Said
    news: Said

    def lands_anew(self, draft: Draft | None, sums: Sequence[Mapping[str, str]]) -> bool:
        """Whether files are read or kept otherwise than those that the draft was made of."""
        return draft is not None and (
            bool(_OF_LANDING & set(self.news)) or _how_read(draft.files) != _how_read(sums)
        )

    def told(self, draft: Draft, sums: Sequence[Mapping[str, str]]) -> str:
        """Say why a draft is made anew, as the beginning of a message."""
        words = [_words(name, value) for name, value in self.news.items()]
        if _how_read(draft.files) != _how_read(sums):
            read = " ".join(dict.fromkeys(filter(None, _how_read(sums))))
            words.append(f"the files read with {read}" if read else "the files read as they are")
        return f"A new draft is made: {', '.join(words)}. " if words else ""

    def without_use(self) -> str:
        """Say which options change nothing, since the wave is in the codebook."""
        names = ", ".join(f"--{name}" for name in self.said if name not in _OF_LANDING)
        if not names:
            return ""
        return f"Not used, because the wave is in the codebook: {names}.\n"


def made_with(
    project: Project,
    draft: Draft | None,
    files: Sequence[Path],
    options: WaveOptions,
    study: StudyOptions | None = None,
) -> MadeWith:
    """Join what is said of a wave now with what its draft was made with.

    Args:
        project: the project.
        draft: the draft that there is; None if there is none.
        files: the delivered files.
        options: what is said of the wave now.
        study: what is said of a new study now.

    Raises:
        WavehouseError: a concordance that the draft was made with is not at hand any more.
    """
    said = _said(options, study)
    if draft is None:
        return MadeWith(options, study, said, {})
    before: Said = dict(draft.made_with)
    news = {name: value for name, value in said.items() if before.get(name) != value}
    together = before | said
    reading = _reading(draft, files, options)
    options = _filled_in(options, together, _NAMES, reading=reading)
    if options.concordance is None and "concordance" in together:
        options = replace(options, concordance=_kept_concordance(project, draft, together))
    study = study and _filled_in(study, together, _OF_STUDY)
    return MadeWith(options, study, together, news)


def keep_concordance(project: Project, study_id: str, wave_id: str, path: Path | None) -> None:
    """Keep a copy of a concordance, for the time that the draft is made anew without naming it."""
    kept = concordance_path(project, study_id, wave_id)
    if path is None or path == kept:
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, kept)


def concordance_path(project: Project, study_id: str, wave_id: str) -> Path:
    """Give the place of that copy, whether it is there or not."""
    return kept_beside(project, study_id, wave_id, "concordance.csv")


def kept_of_draft(project: Project, study_id: str, wave_id: str) -> list[Path]:
    """Give the files that are kept beside a draft, whether they are there or not."""
    return [
        rows_path(project, study_id, wave_id),
        concordance_path(project, study_id, wave_id),
    ]


def _said(options: WaveOptions, study: StudyOptions | None) -> Said:
    """Give the options that were said, by their names on the command line."""
    said = _of(options, _NAMES) | (_of(study, _OF_STUDY) if study else {})
    path = options.concordance
    if path is not None and path.is_file():
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        said["concordance"] = {"file_name": path.name, "sha256": sha}
    return said


def _of(options: WaveOptions | StudyOptions, names: Mapping[str, str]) -> Said:
    return {
        _name(each.name, names): value if isinstance(value, str) else list(value)
        for each in fields(options)
        if each.name not in _KEPT_OTHERWISE
        and (value := getattr(options, each.name)) not in (None, each.default)
    }


def _name(field: str, names: Mapping[str, str]) -> str:
    return names.get(field, field.replace("_", "-"))


def _filled_in(options: Options, said: Said, names: Mapping[str, str], **others: object) -> Options:
    """Give options with the values that were said before where none are said now."""
    values = {
        each.name: said[_name(each.name, names)]
        for each in fields(options)
        if each.name not in _KEPT_OTHERWISE and _name(each.name, names) in said
    }
    return replace(options, **values, **others)


def _words(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        value = value["file_name"]
    elif isinstance(value, list):
        value = ",".join(value) or ASKED
    return f"--{name} {shown(str(value))}"


def _reading(draft: Draft, files: Sequence[Path], options: WaveOptions) -> ReadingOptions:
    """Give how files are read: as is said now, else as before.

    With --replace it is what is said now, but for columns that were left out: they tell who
    somebody is, and nobody forgets them by forgetting a word.
    """
    now = options.reading
    earlier = [parsed(file.get("reading_options") or "") for file in draft.files]
    left_out = dict.fromkeys(name for each in earlier for name in each.leave_out)
    if options.replace:
        names = _columns(files, now) if left_out else []
        left_out = {name: None for name in left_out if matching(names, [name])}
    kept: dict[str, Any] = {"leave_out": tuple(dict.fromkeys((*now.leave_out, *left_out)))}
    for each in fields(ReadingOptions) if not options.replace else ():
        usual = getattr(AS_DELIVERED, each.name)
        if each.name != "leave_out" and getattr(now, each.name) == usual:
            said = (getattr(one, each.name) for one in earlier)
            kept[each.name] = next((value for value in said if value != usual), usual)
    return replace(now, **kept)


def _columns(files: Sequence[Path], reading: ReadingOptions) -> list[str]:
    return [
        column.name
        for path in files
        if path.is_file()
        for column in open_table(path, replace(fitting(reading, path), leave_out=())).columns
    ]


def _kept_concordance(project: Project, draft: Draft, said: Said) -> Path:
    path = concordance_path(project, draft.study, draft.wave)
    about = said["concordance"]
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == about["sha256"]:
        return path
    raise WavehouseError(
        f"The draft was made with the concordance {about['file_name']}, but there is no copy of "
        "it. Name it again with --concordance."
    )


def _how_read(files: Sequence[Mapping[str, Any]]) -> list[str]:
    return [file.get("reading_options") or "" for file in files]
