"""Files of deliveries that wait, sealed for the key of an encrypted project.

They are sealed when their check is over, and opened in their place as long as somebody reads them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavehouse.encryption.key import encrypted_for
from wavehouse.encryption.sealed import SUFFIX, open_file, seal_files
from wavehouse_exchange.receiving.quarantine import FILES, READ, Delivery, Quarantine


def seal_waiting(quarantine: Quarantine, delivery: Delivery) -> int:
    """Seal the files of a delivery, if the project is encrypted; give how many were sealed."""
    recipient = encrypted_for(quarantine.project)
    if recipient is None:
        return 0
    return len(seal_files(_files(quarantine, delivery, is_sealed=False), [recipient]))


def unseal_waiting(quarantine: Quarantine, delivery: Delivery) -> int:
    """Open the files of a delivery for good; give how many were opened.

    Raises:
        WavehouseError: the key is not there, or a file is damaged.
    """
    sealed = _files(quarantine, delivery, is_sealed=True)
    for file in sealed:
        _plain(file).unlink(missing_ok=True)
        open_file(quarantine.project, file)
        file.unlink()
    return len(sealed)


@contextmanager
def opened(quarantine: Quarantine, delivery: Delivery) -> Iterator[None]:
    """Let the files of a delivery be readable in the block; only for the holder of its lock.

    Raises:
        WavehouseError: the key is not there, or a file is damaged.
    """
    sealed = _files(quarantine, delivery, is_sealed=True)
    try:
        for file in sealed:
            # Of a process that was killed.
            _plain(file).unlink(missing_ok=True)
            open_file(quarantine.project, file)
        yield
    finally:
        for file in sealed:
            _plain(file).unlink(missing_ok=True)


def is_kept(path: Path) -> bool:
    """Tell whether a file of a delivery is there, sealed or not."""
    return path.is_file() or path.with_name(path.name + SUFFIX).is_file()


def _files(quarantine: Quarantine, delivery: Delivery, *, is_sealed: bool) -> list[Path]:
    folder = quarantine.folder / delivery.delivery_id
    return [
        path
        for name in (FILES, READ)
        for path in sorted((folder / name).glob("*"))
        if path.is_file() and (path.suffix == SUFFIX) == is_sealed
    ]


def _plain(sealed: Path) -> Path:
    return sealed.with_name(sealed.name.removesuffix(SUFFIX))
