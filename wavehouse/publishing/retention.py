"""Which releases stay: read from `releases.yml`, chosen by the time of each.

Times are what the clock of the machine said, and a clock may be wrong. So nothing goes while the
last times are in doubt, nor by a time that is yet to come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from pathlib import Path

import yaml

from wavehouse.errors import ProblemsError
from wavehouse.project import Project
from wavehouse.yaml_files import read_yaml

FILE = "releases.yml"
AGGREGATES, MICRODATA = "aggregates", "microdata"
PARTS = (AGGREGATES, MICRODATA)
DAYS = "days"
# What a moment must share with another one to lie in the same stretch of time.
STRETCHES = {
    "months": lambda time: (time.year, time.month),
    "quarters": lambda time: (time.year, (time.month - 1) // 3),
    "years": lambda time: (time.year,),
}
RULES = (DAYS, *STRETCHES)
ALL = "all"
# A pause between releases is in doubt if it is longer than so many days, and than twice the longest
# of so many pauses before it; it is, until releases came for so long after it.
PAUSE_DAYS, N_PAUSES, CONFIRMED = 31, 3, timedelta(days=7)
# A release that is later than now by more was published while the clock was ahead.
AHEAD = timedelta(days=1)
# More than a release is ever kept for; a timedelta has no infinity.
MOST_DAYS = 100_000


@dataclass(frozen=True)
class Retention:
    """For how long one part of releases is kept; each number may be infinite.

    Args:
        days: every release of so many days.
        months: the last release of each of so many months that have one.
        quarters: the same of quarters.
        years: the same of years.
    """

    days: float
    months: float
    quarters: float
    years: float

    def kept(
        self,
        times: Mapping[str, datetime],
        always: Iterable[str] = (),
        *,
        now: datetime | None = None,
        is_asked_for: bool = False,
    ) -> set[str]:
        """Choose the releases that stay; the newest one does. Time is counted back from it.

        Args:
            times: when each release was published, by its id.
            always: ids of those that stay whatever the rules say.
            now: the time; that of the clock if left out. Releases that are later stay, and no time
                is counted from them.
            is_asked_for: whether somebody asked for it, and so knows what the time is. Else all of
                them stay as long as the last times are in doubt.
        """
        at = (now or datetime.now(UTC)) + AHEAD
        come = {release: time for release, time in times.items() if time <= at}
        ahead = times.keys() - come.keys()
        if not come or self.days == inf:
            return set(times)
        if not is_asked_for and is_in_doubt(come.values(), self.days):
            return set(times)
        return ahead | self._kept(come, always)

    def _kept(self, times: Mapping[str, datetime], always: Iterable[str]) -> set[str]:
        newest_first = sorted(times, key=lambda release: (times[release], release), reverse=True)
        newest = times[newest_first[0]]
        kept = {newest_first[0], *always} & times.keys()
        if self.days:
            since = newest - timedelta(days=self.days)
            kept |= {release for release, time in times.items() if time >= since}
        for rule, stretch_of in STRETCHES.items():
            stretches: dict[tuple[int, ...], str] = {}
            for release in newest_first:
                stretches.setdefault(stretch_of(times[release]), release)
            wanted = getattr(self, rule)
            kept |= {release for place, release in enumerate(stretches.values()) if place < wanted}
        return kept


# What holds where the project has no such file.
DEFAULT = {
    AGGREGATES: Retention(days=92, months=24, quarters=40, years=inf),
    MICRODATA: Retention(days=30, months=0, quarters=0, years=0),
}


def is_in_doubt(times: Iterable[datetime], days: float = 0) -> bool:
    """Tell whether a clock may have jumped ahead shortly before the last of some times.

    A jump looks like a pause that is longer than those before it. A real one is over when times
    come again; a wrong clock is seen by somebody in the meantime.

    Args:
        times: when something was done that is done again and again.
        days: a pause of so many days is no surprise.
    """
    ordered = sorted(times)
    pauses = [later - earlier for earlier, later in pairwise(ordered)]
    least = timedelta(days=min(max(days, PAUSE_DAYS), MOST_DAYS))
    for place, pause in enumerate(pauses):
        before = pauses[max(place - N_PAUSES, 0) : place]
        usual = 2 * max(before, default=timedelta(0))
        if pause > max(least, usual) and ordered[-1] - ordered[place + 1] < CONFIRMED:
            return True
    return False


def read_retention(project: Project) -> dict[str, Retention]:
    """Read how long each part of a release is kept.

    Raises:
        ProblemsError: the file is not as it should be, so nobody knows what may be removed.
    """
    path = project.root / FILE
    if not path.exists():
        return DEFAULT
    problems = list(_problems(path))
    if problems:
        raise ProblemsError("It is not clear which releases should stay:", problems)
    found = read_yaml(path)
    return {
        part: Retention(**{rule: _number(found[part].get(rule, 0)) for rule in RULES})
        for part in PARTS
    }


def _problems(path: Path) -> Iterable[str]:
    try:
        found = read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        yield f"{FILE} is no YAML: {' '.join(str(error).split())}. Fix it."
        return
    if not isinstance(found, dict):
        yield f"{FILE} has no parts. Write {' and '.join(PARTS)}, as its first lines say."
        return
    for part in found.keys() - set(PARTS):
        yield f"{FILE}: there is no part `{part}`. The parts are {', '.join(PARTS)}."
    for part in PARTS:
        rules = found.get(part)
        if not isinstance(rules, dict):
            yield f"{FILE}: `{part}` has no rules. Write {', '.join(RULES)} below it."
            continue
        for rule, value in rules.items():
            if rule not in RULES:
                yield f"{FILE}: `{part}` has no rule `{rule}`. The rules are {', '.join(RULES)}."
            elif value != ALL and (isinstance(value, bool) or not isinstance(value, int)):
                yield f"{FILE}: `{part}`, `{rule}` is {value!r}. Write a whole number, or `{ALL}`."
            elif value != ALL and value < 0:
                yield f"{FILE}: `{part}`, `{rule}` is {value}. Write 0 or more."


def _number(value: int | str) -> float:
    return inf if value == ALL else float(value)
