"""Who was erased: pseudonyms in `warehouse/operations/erased.json`, and no id.

    people      study, wave (null: all waves, later ones too), pseudonym, when
    releases    releases from before the erasure, as long as it is not done
    backups     up to which backup rows of these people are in the repository, and whether texts are

The file says what has to be done until it is, so a command that was killed goes on with it. It is
part of every backup, and `wavehouse restore` replays the list of the last one.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.people.pseudonyms import OF_THE_KEY, pseudonym, read_key
from wavehouse.project import Project
from wavehouse.writing import write_whole

FILE = "erased.json"
FORMAT = 1


@dataclass(frozen=True)
class Erased:
    """A respondent who was erased.

    Args:
        study_id: the study.
        wave_id: the wave; None for all waves of the study.
        pseudonym: what stands for the id.
        erased_at: when it was asked for, in UTC.
    """

    study_id: str
    wave_id: str | None
    pseudonym: str
    erased_at: str


@dataclass
class ErasureList:
    """The list of a project.

    Args:
        people: who was erased.
        mark: tells whether a key is the one that the pseudonyms were made with.
        releases: ids of releases whose rows of people have to go yet.
        backups: `repository_id`, `up_to` (the number of a backup), `texts`.
        is_done: whether nothing is left to do in the project.
    """

    people: list[Erased] = field(default_factory=list)
    mark: str = ""
    releases: list[str] = field(default_factory=list)
    backups: dict[str, Any] = field(default_factory=dict)
    is_done: bool = True

    @property
    def studies(self) -> set[str]:
        """The studies of erased people."""
        return {person.study_id for person in self.people}

    def key(self, project: Project) -> bytes:
        """Give the key, the one that this list was made with.

        Raises:
            WavehouseError: it is not there, or is another one.
        """
        key = read_key(project)
        if self.mark and self.mark != pseudonym(key, OF_THE_KEY):
            raise WavehouseError(
                f"warehouse/operations/{FILE} was made with another key, so nobody knows whom it "
                "names. Take the right key from where you keep it."
            )
        return key

    def add(self, people: Iterable[Erased]) -> None:
        """Add people; those who are on it already stay as they are."""
        known = {(each.study_id, each.wave_id, each.pseudonym) for each in self.people}
        for each in people:
            if (each.study_id, each.wave_id, each.pseudonym) not in known:
                self.people.append(each)

    def picks(
        self,
        key: bytes,
        study_id: str,
        wave_id: str,
        ids: Sequence[str | None],
        replaced: Callable[[str], str],
    ) -> dict[int, str]:
        """Say which places of a list of ids are of erased people, each with the pseudonym.

        Args:
            key: the key of the list.
            study_id: the study that the ids are of.
            wave_id: the wave.
            ids: the ids, as they are delivered; None where there is none.
            replaced: gives what stands for an id where a study replaces them. It may have done so
                only since a wave was landed that a backup brings back.
        """
        found: dict[int, str] = {}
        for scope in (None, wave_id):
            wanted = {
                each.pseudonym
                for each in self.people
                if each.study_id == study_id and each.wave_id == scope
            }
            for place, each in enumerate(ids) if wanted else ():
                if each is None:
                    continue
                # The list has what stood in the waves when somebody was put on it.
                for known in (each, replaced(each)):
                    name = pseudonym(key, study_id, scope or "", known)
                    if name in wanted:
                        found[place] = name
        return found


def entry(key: bytes, study_id: str, wave_id: str | None, respondent_id: str) -> Erased:
    """Give the entry for a respondent who is to be erased now."""
    return Erased(
        study_id,
        wave_id,
        pseudonym(key, study_id, wave_id or "", respondent_id),
        datetime.now(UTC).isoformat(timespec="microseconds"),
    )


def read_erased(project: Project) -> ErasureList:
    """Give the list of a project; an empty one if nobody was erased.

    Raises:
        WavehouseError: it cannot be read, so nobody knows who must not come back.
    """
    path = operations_folder(project) / FILE
    if not path.exists():
        return ErasureList()
    return parse_erased(path.read_bytes(), project.relative(path))


def parse_erased(content: bytes, name: str) -> ErasureList:
    """Read a list.

    Args:
        content: what the file holds.
        name: what messages call it.

    Raises:
        WavehouseError: it is no such list, or one of a later version.
    """
    try:
        found = json.loads(content)
        if found["format"] > FORMAT:
            raise WavehouseError(
                f"{name} was written by a later version of Wavehouse. Install that version."
            )
        return ErasureList(
            [Erased(**each) for each in found["people"]],
            found["mark"],
            list(found["releases"]),
            dict(found["backups"]),
            bool(found["is_done"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WavehouseError(
            f"{name} cannot be read, so nobody knows who was erased. Take it from a backup. "
            f"({type(error).__name__})"
        ) from None


def save_erased(project: Project, erased: ErasureList) -> None:
    """Write the list in one step."""
    said = {
        "format": FORMAT,
        "mark": erased.mark,
        "is_done": erased.is_done,
        "releases": erased.releases,
        "backups": erased.backups,
        "people": [vars(each) for each in erased.people],
    }
    write_whole(operations_folder(project) / FILE, json.dumps(said, indent=1) + "\n")
