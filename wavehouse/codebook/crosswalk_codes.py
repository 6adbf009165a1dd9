"""Codes that stand twice in a crosswalk: no wave may read a code in two ways."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from wavehouse.codebook.tables import Row, whole_number


def codes_that_stand_twice(tables: Mapping[str, Sequence[Row]]) -> list[str]:
    """List codes with several rows of one crosswalk that hold in the same wave.

    Bounds that name no wave are open, as everywhere; that they do is another problem.

    Args:
        tables: the rows of `crosswalk`, `waves` and `questions`.

    Returns:
        one text for each, with file, waves, column, crosswalk and code.
    """
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    for wave in tables.get("waves", ()):
        numbers[wave["study_id"]][wave["wave_id"]] = whole_number(wave["wave_number"])
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in tables.get("crosswalk", ()):
        groups[row["study_id"], row["crosswalk_id"], row["source_code"]].append(row)
    columns: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in tables.get("questions", ()):
        columns[row["study_id"], row["crosswalk_id"]].add(row["source_column"])
    problems = []
    for (study_id, crosswalk_id, code), rows in groups.items():
        if len(rows) < 2:
            continue
        waves = numbers[study_id]
        shared = [
            wave
            for wave, number in sorted(waves.items(), key=lambda item: item[1])
            if sum(_holds(row, waves, number) for row in rows) > 1
        ]
        begins = [row["valid_from_wave"] for row in rows]
        shared = shared or [wave for wave in dict.fromkeys(begins) if begins.count(wave) > 1]
        if shared:
            named = ", ".join(sorted(columns[study_id, crosswalk_id])) or "no column yet"
            problems.append(
                f"seeds/codebook/crosswalk.csv, study {study_id}, wave {', '.join(shared)}, "
                f"column {named}: code {code!r} occurs {len(rows)} times in crosswalk "
                f"{crosswalk_id}. Keep one row for each wave, or end the earlier one "
                "(valid_to_wave)."
            )
    return problems


def _holds(row: Row, waves: Mapping[str, int], number: int) -> bool:
    first = waves.get(row["valid_from_wave"], number)
    last = waves.get(row["valid_to_wave"], number)
    return first <= number <= last
