"""What `wavehouse migrate` does, and says of it."""

from contextlib import closing

from wavehouse.errors import WavehouseError
from wavehouse.migrations.codebook_state import (
    STATE,
    Plan,
    migrate_codebook,
    plan_codebook,
    undo_codebook,
)
from wavehouse.migrations.database_state import migrate_database, plan_database
from wavehouse.project import Project

DATABASE = "The database of the target postgres"
NOTHING_DONE = "Nothing was changed. `wavehouse migrate{target} --apply` does it."


def migrate(project: Project, *, does_it: bool) -> list[str]:
    """Show what migrating the codebook does, or do it; give what there is to say, line by line."""
    plan = migrate_codebook(project) if does_it else _planned(project)
    if not plan.migrations:
        return plan.changes or [f"{STATE} has the version that this program reads."]
    verb = "was brought" if does_it else "would be brought"
    first, last = plan.migrations[0].number - 1, plan.migrations[-1].number
    lines = [f"{STATE} {verb} from version {first} to {last}:"]
    lines += [f"  {each.number} {each.title}" for each in plan.migrations]
    lines += [f"  {change}" for change in plan.changes]
    lines += [f"Note: {note}" for note in plan.notes]
    if not does_it:
        return [*lines, NOTHING_DONE.format(target="")]
    return [
        *lines,
        f"The codebook as it was is kept in .wavehouse/codebook.{first}. "
        "`wavehouse migrate --undo` puts it back. Then: make",
    ]


def _planned(project: Project) -> Plan:
    if not project.codebook.is_dir():
        raise WavehouseError(
            f"{STATE} is missing. If a migration was stopped, `wavehouse migrate --apply` "
            "finishes it."
        )
    return plan_codebook(project)


def undo(project: Project) -> list[str]:
    """Put the codebook back that the last migration kept."""
    return undo_codebook(project)


def migrate_postgres(*, does_it: bool) -> list[str]:
    """Show what migrating the database of the target postgres does, or do it."""
    from wavehouse.building.postgres import connect_to_target

    with closing(connect_to_target()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            needed = plan_database(cursor, DATABASE)
            if not needed:
                return [f"{DATABASE} has the version that this program reads."]
            lines = [f"  {each.number} {each.title}" for each in needed]
            if not does_it:
                return [
                    f"{DATABASE} would be migrated:",
                    *lines,
                    NOTHING_DONE.format(target=" --target postgres"),
                ]
            notes = migrate_database(cursor, DATABASE)
            return [f"{DATABASE} was migrated:", *lines, *notes]
