"""What a producer says of renamed columns: a table of old names and new ones."""

from collections import Counter
from pathlib import Path

from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.ids import shown
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse_exchange.onboarding.profile import WaveProfile

OLD, NEW = "old_name", "new_name"


def read_concordance(
    path: Path | None, old: WaveProfile | None, new: WaveProfile
) -> dict[str, str]:
    """Read a concordance: a CSV file with the columns `old_name` and `new_name`.

    A row with one name only says that a column ended or is new, which needs no match.

    Args:
        path: the file; None if there is none.
        old: the wave before, if it is at hand.
        new: the new wave.

    Returns:
        the old name by the new one.

    Raises:
        WavehouseError: it has other columns.
        ProblemsError: it names columns that are not delivered, or one twice.
    """
    if path is None:
        return {}
    if not path.is_file():
        raise WavehouseError(f"{path}: there is no such file. Correct its name.")
    content = read_csv(path, keep_rows=True)
    if content.problems:
        raise ProblemsError(f"{path.name} cannot be read:", content.problems)
    if not {OLD, NEW} <= set(content.columns):
        raise WavehouseError(
            f"{path.name}: a concordance has the columns {OLD} and {NEW}, and a row for each "
            "column that has a new name. Correct its header."
        )
    problems = []
    pairs = [(row[OLD].strip(), row[NEW].strip()) for row in content.rows]
    pairs = [pair for pair in pairs if all(pair)]
    for place, (name, wave) in enumerate(((OLD, old), (NEW, new))):
        counts = Counter(pair[place] for pair in pairs)
        problems += [
            f"{path.name}: {name} {shown(each)} occurs {count} times. Each column may occur once."
            for each, count in counts.items()
            if count > 1
        ]
        if wave is None:
            continue
        problems += [
            f"{path.name}: {name} {shown(each)}: wave {wave.wave_id} has no such column. Correct "
            "the name; upper and lower case count."
            for each in counts
            if each not in wave.columns
        ]
    if problems:
        raise ProblemsError("The concordance does not fit:", problems)
    return {after: before for before, after in pairs}
