"""The file that an installed version of Wavehouse came in, so that a project can keep it.

A project that holds it can be set up on any machine, in CI and years later, whatever a registry
offers then.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from importlib.metadata import Distribution, distribution
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.product import CHECKOUT, PACKAGE, is_checkout

# What the installer wrote about the installation.
OF_INSTALLER = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD"}
# The earliest time that a zip file knows: a wheel depends on its content alone.
TIME = (1980, 1, 1, 0, 0, 0)


def write_wheel(folder: Path) -> Path:
    """Write the wheel of the running version to a folder, and give its path.

    Raises:
        WavehouseError: it could not be built from the checkout that Wavehouse runs from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if is_checkout():
        return _build(folder)
    return _pack_again(distribution(PACKAGE), folder)


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
        raise WavehouseError(f"{wheel} is no wheel: {error}. Name a wavehouse-*.whl.") from error
    fields = dict(line.partition(": ")[::2] for line in text.split("\n\n")[0].splitlines())
    if fields.get("Name") != PACKAGE or f"{PACKAGE}/product/dbt_project.yml" not in names:
        raise WavehouseError(f"{wheel} is no wheel of Wavehouse. Name a wavehouse-*.whl.")
    return fields["Version"]


def _build(folder: Path) -> Path:
    # What an earlier build left there would get into the wheel.
    shutil.rmtree(CHECKOUT / "build", ignore_errors=True)
    with tempfile.TemporaryDirectory() as built:
        words = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        done = subprocess.run(
            [sys.executable, *words, "--wheel-dir", built, str(CHECKOUT)],
            check=False,
            capture_output=True,
            text=True,
        )
        shutil.rmtree(CHECKOUT / "build", ignore_errors=True)
        found = sorted(Path(built).glob(f"{PACKAGE}-*.whl"))
        if done.returncode != 0 or not found:
            raise WavehouseError(f"The wheel of Wavehouse was not built: {done.stderr.strip()}")
        place = folder / found[0].name
        place.write_bytes(found[0].read_bytes())
    return place


def _pack_again(installed: Distribution, folder: Path) -> Path:
    """Write an installed package as a wheel: its files, without what the installer added."""
    place = folder / f"{PACKAGE}-{installed.version}-py3-none-any.whl"
    files = sorted(
        name
        for name in map(str, installed.files or [])
        if not name.startswith("..")
        and not name.endswith(".pyc")
        and Path(name).name not in OF_INSTALLER
    )
    [info] = {name.split("/")[0] for name in files if ".dist-info/" in name}
    lines = []
    with zipfile.ZipFile(place, "w") as packed:
        for name in files:
            content = Path(str(installed.locate_file(name))).read_bytes()
            digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(content)}\n")
            _put(packed, name, content)
        _put(packed, f"{info}/RECORD", "".join([*lines, f"{info}/RECORD,,\n"]).encode())
    return place


def _put(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    packed.writestr(entry, content)
