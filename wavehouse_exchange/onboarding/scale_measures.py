"""The measures of a new variable: shares, and of a scale what people want to see of it."""

from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.draft import Change
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.scales import Scale

# From so many steps on the two last ones are a box.
FEWEST_STEPS_OF_TWO = 4
ANSWERED = "Respondents with an answer"


def measures_of(
    naming: Naming, variable: str, column: ColumnProfile, kind: str, scale: Scale
) -> list[Change]:
    """Draft the measures of a variable.

    Args:
        naming: gives ids.
        variable: the variable.
        column: the column that it is asked in.
        kind: `categorical` or `numeric`.
        scale: what its answers are as a scale.
    """
    title = naming.ids.title(column)
    wanted = [("share", title, f"Share of each answer: {title}.")]
    if kind == "numeric":
        wanted = [("mean", f"Mean: {title}", f"Mean: {title}.")]
    if scale.is_recommendation:
        wanted.append(
            ("nps", f"Net promoter score: {title}", f"Promoters (9, 10) less detractors: {title}.")
        )
    if scale.is_numbers:
        wanted.append(("mean_code", f"Mean: {title}", f"Mean of the numbers: {title}."))
    if scale.top_end:
        number = "2_" if scale.steps >= FEWEST_STEPS_OF_TWO else ""
        what = "two steps" if number else "step"
        wanted += [
            (f"top_{number}box", f"Top: {title}", f"Share of the top {what}: {title}."),
            (f"bottom_{number}box", f"Bottom: {title}", f"Share of the bottom {what}: {title}."),
        ]
        if not scale.off_scale:
            # Somebody off the scale has no step, and a mean needs a base without them.
            wanted.append(("mean_step", f"Mean: {title}", f"Mean step, 1 is the bottom: {title}."))
    return [
        {
            "table": "measures",
            "add": {
                "measure_id": naming.new_id("measures", f"{variable}_{measure}"),
                "measure_label": label,
                "measure_kind": measure,
                "variable_id": variable,
                "base_description": ANSWERED,
                "description": description,
            },
        }
        for measure, label, description in wanted
    ]
