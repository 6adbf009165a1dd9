"""Open DuckDB databases, encrypted or plain: the only place that does.

Whether a file is encrypted stands in the file. A new one is encrypted if the project is.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.encryption.key import KEY, NO_KEY, PARQUET_KEY, parquet_secret, secret
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# DuckDB's extensions come as packages; one of them encrypts.
PACKAGE, EXTENSION = "duckdb-extension-{}", ".duckdb_extension"
ENCRYPTS = "httpfs"
# A database begins with a sum, these letters, its version, and a number whose first bit says it.
MAGIC, MAGIC_AT, FLAGS_AT = b"DUCK", 8, 20
WRONG_KEY = "Wrong encryption key"
# What DuckDB writes to disk when memory is short.
SPILLED = {"temp_file_encryption": "true"}


def is_encrypted(path: Path) -> bool:
    """Tell whether a database is encrypted; one that is not there, or is none, is not."""
    try:
        with path.open("rb") as stream:
            start = stream.read(FLAGS_AT + 1)
    except OSError:
        return False
    has_flags = len(start) > FLAGS_AT and start[MAGIC_AT : MAGIC_AT + len(MAGIC)] == MAGIC
    return has_flags and bool(start[FLAGS_AT] & 1)


def is_other_than_declared(path: Path) -> bool:
    """Tell whether a database is plain in an encrypted project, or the other way round."""
    return path.is_file() and is_encrypted(path) != (secret() is not None)


def connect(
    path: Path | str | None = None,
    *,
    read_only: bool = False,
    config: dict[str, Any] | None = None,
    is_plain: bool = False,
) -> "DuckDBPyConnection":
    """Open a database, or an empty one in memory.

    An encrypted one is attached and used, under the name that it would have by itself. What is
    written into it is in the file only after a `checkpoint`: closing it leaves it in a log beside.

    Args:
        path: the file; it is made where it is not there. In memory if left out.
        read_only: whether nothing is written.
        config: settings of DuckDB.
        is_plain: make a plain file in an encrypted project: one that holds nothing but views.

    Raises:
        WavehouseError: it is encrypted, and there is no key, or another one.
    """
    import duckdb

    settings = config or {}
    key = secret()
    if key is not None:
        settings = {**settings, **SPILLED}
    file = Path(path) if path is not None else None
    is_plain = (
        is_plain or file is None or not (is_encrypted(file) if file.is_file() else key is not None)
    )
    connection = duckdb.connect(
        str(file) if file is not None and is_plain else ":memory:",
        read_only=read_only and is_plain and file is not None,
        config=settings,
    )
    if key is not None:
        know_parquet_key(connection, key)
    if is_plain or file is None:
        return connection
    try:
        spill_beside(connection, file)
        name = database_name(file)
        attach(connection, file, name, read_only=read_only)
        connection.execute(f"use {sql_name(name)}")
    except BaseException:
        connection.close()
        raise
    return connection


def spill_beside(connection: "DuckDBPyConnection", file: Path) -> None:
    """Let a connection in memory write what does not fit where it would for a database of its own.

    Args:
        connection: to an empty database in memory; nothing was written for it yet.
        file: the database that it works with.
    """
    connection.execute(f"set temp_directory = {sql_text(f'{file}.tmp')}")


def know_parquet_key(connection: "DuckDBPyConnection", key: str) -> None:
    """Let a connection read Parquet files that are encrypted with a project's key."""
    name = sql_text(PARQUET_KEY)
    connection.execute(f"pragma add_parquet_key({name}, '{parquet_secret(key)}')")


def database_name(path: Path) -> str:
    """Give the name that DuckDB gives the database of a file."""
    return path.name.lstrip(".").split(".")[0]


def attach(
    connection: "DuckDBPyConnection",
    path: Path,
    name: str,
    *,
    read_only: bool = True,
    if_not_there: bool = False,
) -> None:
    """Attach a database, with the project's key where it is encrypted or is to be.

    Args:
        connection: to what.
        path: the file; it is made where it is not there, unless `read_only`.
        name: its name from then on.
        read_only: whether nothing is written into it.
        if_not_there: do nothing where a database has the name already.

    Raises:
        WavehouseError: it is encrypted, and there is no key, or another one.
    """
    import duckdb

    options = ["read_only"] if read_only else []
    key = secret()
    if is_encrypted(path) if path.is_file() else key is not None and not read_only:
        if key is None:
            raise WavehouseError(f"{path} is encrypted, and {NO_KEY}")
        if not read_only:
            load_encryption(connection)
        options.append(f"encryption_key {sql_text(key)}")
    words = "attach if not exists" if if_not_there else "attach"
    said = f" ({', '.join(options)})" if options else ""
    try:
        connection.execute(f"{words} {sql_text(path)} as {sql_name(name)}{said}")
    except duckdb.Error as error:
        if key is not None and WRONG_KEY in str(error):
            raise WavehouseError(
                f"{path} is encrypted with another key than this project's. Take it away, or "
                f"open it with its own key in {KEY}."
            ) from None
        raise


class Cursors:
    """Cursors of a connection that name tables as it does; DuckDB's own do not."""

    def __init__(self, connection: "DuckDBPyConnection") -> None:
        """Take the connection, which was opened by `connect`."""
        self._connection = connection
        (self._database,) = connection.execute("select current_database()").fetchall()[0]

    def cursor(self) -> "DuckDBPyConnection":
        """Give a connection of its own, which may read beside others."""
        cursor = self._connection.cursor()
        cursor.execute(f"use {sql_name(self._database)}")
        return cursor


def settle(path: Path) -> None:
    """Bring what waits in the log beside an encrypted database into it, as for a plain one."""
    if is_encrypted(path) and path.with_name(f"{path.name}.wal").exists():
        with connect(path) as connection:
            connection.execute("checkpoint")


def load_encryption(connection: "DuckDBPyConnection") -> None:
    """Let a connection write encrypted files. To read them it needs nothing.

    Raises:
        WavehouseError: the package that can do so is not there, or is of another DuckDB.
    """
    load_extension(connection, ENCRYPTS)


def load_extension(connection: "DuckDBPyConnection", name: str) -> None:
    """Load an extension of DuckDB from its package: nothing is fetched.

    Args:
        connection: gets it.
        name: the extension, such as `ducklake`.

    Raises:
        WavehouseError: the package is not there, or is of another DuckDB.
    """
    import duckdb

    package = PACKAGE.format(name)
    remedy = "Install the packages again: remove .venv and run `make`."
    try:
        connection.execute(f"load {sql_text(_extension(package))}")
    except (ImportError, IndexError) as error:
        raise WavehouseError(f"The package {package} is not installed. {remedy}") from error
    except duckdb.Error as error:
        raise WavehouseError(f"{package} cannot be loaded: {error}. {remedy}") from error


@cache
def _extension(package: str) -> Path:
    """Find the file of the extension, which a command may load for each of many tables."""
    # It loads much that commands which open nothing can do without.
    from importlib.metadata import files as files_of_package

    found = [each for each in files_of_package(package) or [] if each.suffix == EXTENSION]
    return Path(str(found[0].locate()))
