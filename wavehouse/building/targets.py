"""Run SQL on what dbt built, whatever the target."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from wavehouse.building.databases import holder_named
from wavehouse.building.postgres import connect_to_target
from wavehouse.building.target_names import DUCKLAKE, POSTGRES
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.project import Project


class Target:
    """A connection to what a target holds, as all parts of Wavehouse read it."""

    def __init__(self, name: str, connection: Any) -> None:  # noqa: ANN401 (of either engine)
        """Take the connection, which `open_target` makes and closes."""
        self.name = name
        self.connection = connection

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run a query and give its rows by column name."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def run(self, statements: Sequence[str]) -> None:
        """Run statements that give no rows, and keep what they did."""
        with self._cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        if self.name == POSTGRES:
            self.connection.commit()

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        if self.name == POSTGRES:
            with self.connection.cursor() as cursor:
                yield cursor
        else:
            # Cursors of DuckDB forget which of several databases is used.
            yield self.connection


@contextmanager
def open_target(project: Project, name: str, *, read_only: bool = False) -> Iterator[Target]:
    """Open what a target holds.

    Args:
        project: the project.
        name: the dbt target.
        read_only: whether nothing is written.

    Raises:
        WavehouseError: nothing was built there, or another program has it open.
    """
    if name == POSTGRES:
        connection: Any = connect_to_target()
    elif name == DUCKLAKE:
        # Nobody who has no lake has to load what reads one.
        from wavehouse.engines.lake import connect_to_lake

        connection = connect_to_lake(project, read_only=read_only)
    else:
        if read_only and not project.working_database.exists():
            raise WavehouseError("There is no build yet. Run `make`.")
        with holder_named(project.relative(project.working_database)):
            connection = connect(project.working_database, read_only=read_only)
    with closing(connection):
        yield Target(name, connection)
