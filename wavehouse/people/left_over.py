"""What is left of erased people after all was done here, and what to do about it."""

import os

from wavehouse.building.target_names import DUCKLAKE
from wavehouse.engines.lake import CATALOGUE, DEFAULTS
from wavehouse.people.erasure_list import ErasureList
from wavehouse.people.found_people import Search
from wavehouse.people.git_history import files_in_git, how_to_rewrite
from wavehouse.people.sources import inbox_folder, quarantined
from wavehouse.people.traces import Values, places_in_texts
from wavehouse.project import Project


def left_in_backups(erased: ErasureList, what: str = "rows of theirs") -> list[str]:
    """Say what backups have of erased people, or of others, and how it goes."""
    if not erased.backups:
        return []
    gone = "the rows of people of all earlier backups"
    if erased.backups["texts"]:
        what, gone = f"{what}, and texts or figures", "all earlier backups"
    return [
        f"Left in backups: {what}. The next `wavehouse backup` takes {gone} away. Run it now: "
        "until then a restore would bring them back.",
        "Copies of the repository of backups that you made yourself have them until you remove "
        "those.",
    ]


def left_on_server(project: Project, *, is_erased: bool = False) -> list[str]:
    """Say what a server and a lake have, if there was a build there since `target/` is there.

    Args:
        project: the project.
        is_erased: whether rows of erased people were deleted there; else nothing was.
    """
    in_lake = _left_in_lake(project)
    if not (project.target / "postgres").is_dir():
        return in_lake
    of_server = "Backups and logs of the server are its administrator's."
    if is_erased:
        return [
            "Left on PostgreSQL: what was estimated with them, and copies that people made there. "
            f"Build there again (`wavehouse build --target postgres`). {of_server}",
            *in_lake,
        ]
    return [
        "Left on PostgreSQL: their rows, in the tables of builds and in releases. Build there "
        "again (`wavehouse build --target postgres`), then drop the schemas of earlier releases "
        f"(served_...). {of_server}",
        *in_lake,
    ]


def _left_in_lake(project: Project) -> list[str]:
    """Say what a lake has. That in `target/` goes with all else that is made again."""
    place = os.environ.get(CATALOGUE)
    is_in_target = (project.root / DEFAULTS[CATALOGUE]).exists()
    if place is None and (is_in_target or not (project.target / DUCKLAKE).is_dir()):
        return []
    where = f" at {place}" if place else ""
    return [
        f"Left in the lake{where}: their rows, in tables and in earlier versions of them. Build "
        "there again (`wavehouse build --target ducklake`), then let all earlier versions go "
        "(docs/guide/ducklake.md)."
    ]


def left_over(project: Project, searched: Search, values: Values) -> list[str]:
    """Say what is left, that a person has to decide on."""
    left = [
        f"{place}: it has what only they delivered. Remove it if it tells of them."
        for place in (places_in_texts(project, values) if values.texts else ())
    ]
    left += [
        f"{project.relative(each.path)}: nobody can be known there, since the codebook does not "
        f"say which column has the respondent's id (study {each.study_id}, wave {each.wave_id})."
        for each in searched.unknown
    ]
    inbox = inbox_folder(project)
    if inbox is not None:
        left += [
            f"{project.relative(inbox / study_id / wave_id)}: files that were delivered. They are "
            "left out when it is taken; remove the files when you do not need them."
            for study_id, wave_id in sorted(searched.waves)
            if (inbox / study_id / wave_id).is_dir()
        ]
    left += [
        f"{project.relative(folder)}: a delivery that waits (study {known['study_id']}, wave "
        f"{known['wave_id']}), which was not checked yet or has nobody who is known. Whoever was "
        "erased is left out when it is taken in; look again then, with `wavehouse erase`."
        for folder, known in quarantined(project, set(searched.waves))
        if (folder / "files").is_dir() and known["state"] != "taken"
    ]
    return left + how_to_rewrite(_of_git(project, searched))


def _of_git(project: Project, searched: Search) -> dict[str, int]:
    seeds = {each.rows.path for each in searched.found if each.rows.is_current}
    return files_in_git(project, sorted(path for path in seeds if path.suffix == ".csv"))
