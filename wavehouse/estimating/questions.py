"""What can be asked."""

from dataclasses import dataclass

# What one estimate is of: a wave, all asked waves of a study together, or a calendar period.
WAVE, POOLED = "wave", "pooled"
CALENDAR = ("week", "month", "quarter", "year")
GRAINS = (WAVE, POOLED, *CALENDAR)


@dataclass(frozen=True)
class Question:
    """What is asked of a release.

    Args:
        measures: ids of declared measures.
        by: ids of segments, and of variables with categories. People are parted by all of them
            together; by nothing gives the whole sample. A segment goes before a variable of the
            same id.
        where: a condition that people meet, such as `region = 'south' and age >= 30`; empty for
            everybody. `wavehouse.estimating.filters` says what it may hold.
        waves: ids of waves, and runs of them: `2000..2006`, `2000..`, `..2006`. All waves if empty.
        study: the id of a study; all studies that ask the measures if empty.
        grain: one of `GRAINS`: what one estimate is of.
    """

    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: str = ""
    waves: tuple[str, ...] = ()
    study: str = ""
    grain: str = WAVE
