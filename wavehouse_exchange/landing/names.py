"""Names of landed columns: as delivered, and unique where case does not count."""

from collections.abc import Sequence


def landed_names(delivered: Sequence[str]) -> list[str]:
    """Give each column a name of its own.

    Blanks around a name go, a column without a name is called by its position, and one whose name
    was there before, ignoring case, gets `__2`, `__3`, ... behind it.
    """
    plain = [name.strip() or f"column_{place}" for place, name in enumerate(delivered, start=1)]
    first = {name.lower() for name in plain}
    taken: set[str] = set()
    names = []
    for name in plain:
        unique, number = name, 1
        while unique.lower() in taken or (number > 1 and unique.lower() in first):
            number += 1
            unique = f"{name}__{number}"
        taken.add(unique.lower())
        names.append(unique)
    return names
