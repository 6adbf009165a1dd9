"""Cells at the thresholds of each publication rule, and what it says of them, worked by hand."""

from dataclasses import asdict, dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class JudgedCell:
    """The statistics of a cell. As they stand, no rule says anything of it."""

    rule: str
    is_share: bool = True
    is_collected: bool = True
    n: int | None = 1000
    n_star: float | None = 900.0
    domain_df: int | None = 100
    estimate: float | None = 0.5
    lower: float | None = 0.48
    upper: float | None = 0.52
    cv: float | None = 0.02


class Judgement(NamedTuple):
    """What a rule says; for a suppressed cell only the reason for suppression counts."""

    is_suppressed: bool
    reason: str
    is_confidential: bool = False


def suppressed(reason: str, is_confidential: bool = False) -> Judgement:
    """The rule suppresses the cell: as a rule it is unreliable, else it is to be kept secret."""
    return Judgement(True, reason, is_confidential)


def marked(reason: str) -> Judgement:
    """The rule shows the cell with a mark."""
    return Judgement(False, reason)


def nchs(**statistics: float | None) -> JudgedCell:
    """A share with the least that the NCHS asks for: 30 people, 8 degrees, a width under 0.30."""
    least = {"n": 30, "n_star": 30.0, "domain_df": 8, "estimate": 0.5, "lower": 0.36, "upper": 0.64}
    return JudgedCell("nchs_proportions", **{**least, **statistics})


def mean(rule: str, **statistics: float | None) -> JudgedCell:
    """A mean with an interval that would be too wide for a share."""
    return JudgedCell(
        rule, False, **{"n_star": None, "estimate": 7.0, "lower": 2.0, "upper": 12.0, **statistics}
    )


NOBODY = dict.fromkeys(("n", "n_star", "domain_df", "estimate", "lower", "upper", "cv"))
CERTAIN = "Nobody or everybody (0.000)"

JUDGED: list[tuple[JudgedCell, Judgement | None]] = [
    # market research
    (JudgedCell("market_research", n=29), suppressed("Fewer than 30 respondents")),
    (JudgedCell("market_research", n=30), marked("Fewer than 100 respondents (30)")),
    (JudgedCell("market_research", n=99), marked("Fewer than 100 respondents (99)")),
    (JudgedCell("market_research", n=100), None),
    (JudgedCell("market_research", **NOBODY), suppressed("Fewer than 30 respondents")),
    (JudgedCell("market_research", is_collected=False, **NOBODY), None),
    (mean("market_research", n=29), suppressed("Fewer than 30 respondents")),
    # open data
    (JudgedCell("open_data", n=29), marked("Fewer than 30 units (29)")),
    (JudgedCell("open_data", n=30), None),
    (JudgedCell("open_data", **NOBODY), marked("Fewer than 30 units (0)")),
    # DHS
    (JudgedCell("dhs", n=24), suppressed("Fewer than 25 respondents")),
    (JudgedCell("dhs", n=25), marked("Fewer than 50 respondents (25)")),
    (JudgedCell("dhs", n=49), marked("Fewer than 50 respondents (49)")),
    (JudgedCell("dhs", n=50), None),
    # NCHS: bases
    (nchs(), None),
    (nchs(n=29), suppressed("Fewer than 30 respondents")),
    (nchs(n_star=29.999), suppressed("Effective base under 30")),
    (nchs(n_star=None, lower=None, upper=None), suppressed("Effective base under 30")),
    (nchs(**NOBODY), suppressed("Fewer than 30 respondents")),
    # NCHS: degrees of freedom are for review, also of a narrow interval, and suppress nothing
    (nchs(domain_df=7), marked("Fewer than 8 degrees of freedom (7)")),
    (nchs(domain_df=7, lower=0.48, upper=0.52), marked("Fewer than 8 degrees of freedom (7)")),
    (nchs(domain_df=7, upper=0.7), suppressed("Interval of 0.30 or wider")),
    # NCHS: widths
    (nchs(estimate=0.25, lower=0.0, upper=0.3), suppressed("Interval of 0.30 or wider")),
    (nchs(estimate=0.25, lower=0.0, upper=0.2999), None),
    # 0.1625 / 0.125 is 1.3 without rounding
    (nchs(estimate=0.125, lower=0.0, upper=0.1625), None),
    (
        nchs(estimate=0.125, lower=0.0, upper=0.163),
        suppressed("Interval wider than 130 % of the share"),
    ),
    (nchs(estimate=0.01, lower=0.0, upper=0.05), None),
    (
        nchs(estimate=0.01, lower=0.0, upper=0.0501),
        suppressed("Interval wider than 130 % of the share"),
    ),
    (nchs(estimate=0.875, lower=0.84, upper=1.0), None),
    (
        nchs(estimate=0.875, lower=0.83, upper=1.0),
        marked("Interval wider than 130 % of the complement (1.360)"),
    ),
    (nchs(estimate=0.99, lower=0.951, upper=1.0), None),
    (
        nchs(estimate=0.875, lower=0.83, upper=1.0, domain_df=7),
        marked(
            "Fewer than 8 degrees of freedom (7); "
            "Interval wider than 130 % of the complement (1.360)"
        ),
    ),
    # NCHS: 0 and 1 are for review; beside 0 no width is too wide
    (nchs(n=100, n_star=100.0, estimate=0.0, lower=0.0, upper=0.0362), marked(CERTAIN)),
    (nchs(n=40, n_star=40.0, estimate=0.0, lower=0.0, upper=0.088), marked(CERTAIN)),
    (nchs(n=40, n_star=40.0, estimate=1.0, lower=0.912, upper=1.0), marked(CERTAIN)),
    # NCHS: other measures go by their base
    (mean("nchs_proportions", n=30, domain_df=1), None),
    (mean("nchs_proportions", n=29), suppressed("Fewer than 30 respondents")),
    # BRFSS
    (JudgedCell("brfss", n=49), suppressed("Fewer than 50 respondents")),
    (JudgedCell("brfss", n=50, estimate=0.1, lower=0.0, upper=0.2), None),
    (
        JudgedCell("brfss", n=50, estimate=0.1, lower=0.0, upper=0.2002),
        suppressed("Half of the interval wider than 10 percentage points"),
    ),
    (
        JudgedCell("brfss", lower=None, upper=None),
        suppressed("Half of the interval wider than 10 percentage points"),
    ),
    (mean("brfss", n=50), None),
    # Statistics Canada
    (JudgedCell("statcan_cchs", n=9), suppressed("Fewer than 10 respondents")),
    (JudgedCell("statcan_cchs", n=10, cv=0.165), None),
    (JudgedCell("statcan_cchs", cv=0.166), marked("Coefficient of variation above 16.5 % (0.166)")),
    (JudgedCell("statcan_cchs", cv=0.333), marked("Coefficient of variation above 16.5 % (0.333)")),
    (JudgedCell("statcan_cchs", cv=0.334), suppressed("Coefficient of variation above 33.3 %")),
    (JudgedCell("statcan_cchs", cv=None), suppressed("Coefficient of variation above 33.3 %")),
    (mean("statcan_cchs", cv=0.334), suppressed("Coefficient of variation above 33.3 %")),
    # Australian Bureau of Statistics
    (JudgedCell("abs", n=1, cv=0.2499), None),
    (JudgedCell("abs", cv=0.25), marked("Relative standard error of 25 % or more (0.250)")),
    (JudgedCell("abs", cv=0.5), marked("Relative standard error of 25 % or more (0.500)")),
    (JudgedCell("abs", cv=0.51), marked("Unreliable: relative standard error above 50 % (0.510)")),
    (
        JudgedCell("abs", cv=None),
        marked("Unreliable: relative standard error above 50 % (not known)"),
    ),
    # ten contributors
    (JudgedCell("ten_contributors", n=9), suppressed("Fewer than 10 contributors", True)),
    (JudgedCell("ten_contributors", n=10), None),
    (JudgedCell("ten_contributors", **NOBODY), suppressed("Fewer than 10 contributors", True)),
    (mean("ten_contributors", n=9), suppressed("Fewer than 10 contributors", True)),
    # too large to be written
    (mean("abs", cv=1e300), marked("Unreliable: relative standard error above 50 %")),
]


def judged_inputs() -> list[dict[str, object]]:
    """Give the cells as dbt variables."""
    return [asdict(cell) for cell, _ in JUDGED]
