"""Tables and views of codebook tables that are no more are dropped.

dbt makes what the project has and leaves what it had before, so a database that is kept shows
readers tables that no build fills any more. Nothing is lost: they repeat files of an older
codebook, and views that read them are made by the next build.
"""

from collections.abc import Callable

FORMER = (
    "interval_methods",
    "measure_bases",
    "measure_scores",
    "derived_sum_scores",
    "replicate_factors",
    "pooled_waves",
    "calendar_grains",
    "indices",
)


def migrate(execute: Callable[[str], object]) -> list[str]:
    """Drop them where they are, with the views that read them."""
    for name in FORMER:
        execute(f"drop view if exists staging.stg_codebook__{name} cascade")
    for name in FORMER:
        execute(f"drop table if exists codebook.{name} cascade")
    return ["Run `wavehouse build --target postgres` then: it makes the views anew."]
