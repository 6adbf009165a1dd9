"""Deliveries through the API that wait in quarantine and have rows of erased people.

Their files are of any format, and their sums are known to who sent them, so nobody takes a row out
of one: the delivery is declined, which removes its files, and who sent it is told why.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from wavehouse.encryption import parquet
from wavehouse.errors import WavehouseError
from wavehouse.people.erasure_list import ErasureList
from wavehouse.people.replaced_ids import ReplacedIds
from wavehouse.people.sources import deliveries_of
from wavehouse.people.wave_rows import RespondentColumns, ids_of
from wavehouse.project import Project

# It names nobody: whoever reads it may not know who was erased.
BECAUSE = (
    "A respondent asked to be forgotten, and has rows in it. Deliver the wave again without people "
    "who are not to be kept; ask those who run the warehouse."
)


def waiting_with(project: Project, erased: ErasureList, key: bytes) -> list[Path]:
    """Give the folders of deliveries that were accepted, wait, and have rows of erased people.

    Only these were read in a process with limits, so only these are read here.

    Args:
        project: the project.
        erased: who was erased.
        key: the key of the list.
    """
    return [
        folder
        for folder, known in deliveries_of(project, erased.studies)
        if known["state"] == "accepted" and _has(project, folder.name, erased, key)
    ]


def decline_waiting(project: Project, folders: list[Path]) -> Iterator[str]:
    """Decline deliveries; give a line for each."""
    from wavehouse_exchange.receiving.handing_over import decline_delivery

    for folder in folders:
        decline_delivery(project, folder.name, BECAUSE)
        yield f"{project.relative(folder)}: the delivery is declined, and its files are removed."


def _has(project: Project, delivery_id: str, erased: ErasureList, key: bytes) -> bool:
    from wavehouse_exchange.landing.options import for_each, parsed
    from wavehouse_exchange.landing.readers import open_table
    from wavehouse_exchange.landing.store import store_table
    from wavehouse_exchange.receiving.quarantine import Quarantine
    from wavehouse_exchange.receiving.rows import files_to_read
    from wavehouse_exchange.receiving.sealing import opened

    quarantine = Quarantine(project)
    delivery = quarantine.find(delivery_id)
    if delivery is None:
        return False
    columns = RespondentColumns(project)
    study_id, wave_id = delivery.study_id, delivery.wave_id
    new = ReplacedIds(study_id, key, columns.part_counts(study_id), is_strict=False)
    with TemporaryDirectory(dir=quarantine.folder) as place:
        try:
            with opened(quarantine, delivery):
                files = files_to_read(quarantine, delivery)
                options = for_each(parsed(delivery.reading_options), files)
                for number, (file, how) in enumerate(zip(files, options, strict=True)):
                    rows = Path(place) / f"{number}.parquet"
                    table = parquet.read_table(store_table(open_table(file, how), rows).rows)
                    names = columns.of(study_id, wave_id, table.column_names)
                    if erased.picks(key, study_id, wave_id, ids_of(table, names), new.of_id):
                        return True
        except WavehouseError:
            # It cannot be taken in as it is, and is named among what is left.
            return False
    return False
