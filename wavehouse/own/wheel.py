"""The file that an installed version of Wavehouse came in, so that a project can keep it.

A project that holds it can be set up on any machine, in CI and years later, whatever a registry
offers then.
"""

import hashlib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

from wavehouse.errors import WavehouseError
from wavehouse.product import CHECKOUT, PACKAGE, is_checkout, product_folder
from wavehouse.writing import PARTIAL

# The packages of Python in the wheel.
PYTHON = (PACKAGE, f"{PACKAGE}_exchange")
# Where a project keeps the wheel that it is built with.
VENDOR = "vendor"
# What the installer wrote about the installation.
OF_INSTALLER = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD"}
# The earliest time that a zip file knows: a wheel depends on its content alone.
TIME = (1980, 1, 1, 0, 0, 0)


def write_wheel(folder: Path) -> Path:
    """Write the wheel of the running version to a folder, and give its path."""
    installed = distribution(PACKAGE)
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{PACKAGE}-{installed.version}-py3-none-any.whl"
    files = dict(_installed_files(installed))
    if is_checkout():
        files |= dict(_files_of_checkout())
    [info] = {name.split("/")[0] for name in files if ".dist-info/" in name}
    lines = []
    with zipfile.ZipFile(place, "w") as packed:
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(content)}\n")
            _put(packed, name, content)
        _put(packed, f"{info}/RECORD", "".join([*lines, f"{info}/RECORD,,\n"]).encode())
    return place


def vendored_wheels(root: Path) -> list[Path]:
    """Give the wheels of Wavehouse that a project keeps: one, where it is in order."""
    return sorted(root.glob(f"{VENDOR}/{PACKAGE}-*.whl"))


def is_vendored_wheel(name: str) -> bool:
    """Tell whether a file of a project, by its name from the root, is such a wheel."""
    path = PurePosixPath(name)
    return path.parent.as_posix() == VENDOR and path.match(f"{PACKAGE}-*.whl")


def version_of(wheel: Path) -> str:
    """Give the version of Wavehouse that a wheel holds.

    Raises:
        WavehouseError: the file is no wheel of Wavehouse.
    """
    try:
        with zipfile.ZipFile(wheel) as packed:
            names = packed.namelist()
            [name] = [one for one in names if one.endswith(".dist-info/METADATA")]
            text = packed.read(name).decode()
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise WavehouseError(f"{wheel} is not a wheel: {error}. Name a wavehouse-*.whl.") from error
    fields = dict(line.partition(": ")[::2] for line in text.split("\n\n")[0].splitlines())
    if fields.get("Name") != PACKAGE or f"{PACKAGE}/product/dbt_project.yml" not in names:
        raise WavehouseError(f"{wheel} is not a wheel of Wavehouse. Name a wavehouse-*.whl.")
    return fields["Version"]


def _installed_files(installed: Distribution) -> Iterator[tuple[str, Path]]:
    """Give the files of an installed package without what the installer added."""
    for file in installed.files or []:
        name = str(file)
        is_ours = name.startswith((*(f"{each}/" for each in PYTHON), f"{PACKAGE}-"))
        if is_ours and not name.endswith(".pyc") and file.name not in OF_INSTALLER:
            yield name, Path(str(installed.locate_file(file)))


def _files_of_checkout() -> Iterator[tuple[str, Path]]:
    """Give what an editable install leaves where it is: Python modules, and the dbt package."""
    tops = [(CHECKOUT / each, each) for each in PYTHON]
    for top, start in [*tops, (product_folder(), f"{PACKAGE}/product")]:
        for path in top.rglob("*"):
            if path.is_file() and path.suffix not in {".pyc", PARTIAL}:
                yield f"{start}/{path.relative_to(top).as_posix()}", path


def _put(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    packed.writestr(entry, content)
