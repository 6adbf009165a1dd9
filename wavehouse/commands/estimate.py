"""`wavehouse estimate`."""

import click

from wavehouse.commands.shared import STUDY, Command, argument, examples, with_project
from wavehouse.project import Project

GRAINS = ("wave", "pooled", "week", "month", "quarter", "year")

EXAMPLES = examples("""
examples:
  wavehouse estimate happiness_share --by sex,race --waves 2000..
  wavehouse estimate happiness_share tv_hours_mean --where "census_region = 'south' and age >= 30"
  wavehouse estimate happiness_share --by sex --waves 1994,1996 --pooled --format csv > pooled.csv

A filter compares variables or segments with categories (=, !=, in) or numbers (<, <=, >, >=,
between), joined by and, or, not. Values of categories are codes.
""")


def _listed(words: str) -> tuple[str, ...]:
    return tuple(word for part in words.split(",") if (word := part.strip()))


@click.command(cls=Command, epilog=EXAMPLES)
@argument("measures", "ids of declared measures", nargs=-1, required=True, metavar="MEASURE...")
@click.option(
    "--by",
    default="",
    metavar="NAMES",
    help="segments, or variables with categories, that part people; all of them are crossed",
)
@click.option("--where", "condition", default="", metavar="FILTER", help="only people who meet it")
@click.option(
    "--waves",
    default="",
    metavar="WAVES",
    help="ids, and runs such as 2000..2006, 2000.. or ..2006 (default: all)",
)
@click.option(
    "--study", default="", type=STUDY, metavar="STUDY", help="only this study (default: all)"
)
@click.option("--pooled", is_flag=True, help="one estimate of all these waves together")
@click.option(
    "--aggregate",
    "grain",
    type=click.Choice(GRAINS),
    default=GRAINS[0],
    show_default=True,
    help="what one estimate is of; calendar periods where a study knows the day of interviews",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="csv and json have all columns",
)
@click.option(
    "--release", default="", metavar="RELEASE", help="a kept release (default: the published one)"
)
@with_project
def estimate(
    project: Project,
    measures: tuple[str, ...],
    by: str,
    condition: str,
    waves: str,
    study: str,
    pooled: bool,
    grain: str,
    form: str,
    release: str,
) -> None:
    """Estimate a measure for any crossing, filter and waves, with errors as published ones."""
    from wavehouse.estimating.questions import POOLED, WAVE, Question
    from wavehouse.estimating.showing import answer

    if pooled and grain not in (WAVE, POOLED):
        raise click.UsageError("--pooled and --aggregate exclude each other.")
    question = Question(
        measures, _listed(by), condition, _listed(waves), study, POOLED if pooled else grain
    )
    click.echo(answer(project, question, form, release), nl=False)
