"""What a rule suppresses, and for whose sake: two planted studies, built as a user would.

They are built in a project with others (`studies/grown.py`).

`degree` is measured, and a part of a crossing with a small cell. Where the rule is about
reliability, that cell alone is suppressed. Where it protects people, the women's share of graduates
would tell how many they are: the build suppresses more, says what, and publishes.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pytest
from scipy.stats import t as t_distribution
from studies.graduates import GRADUATES, PEOPLE, SMALL, STAFF, size
from studies.grown import SAID
from workbench import query, run_dbt, run_wavehouse

from wavehouse.project import Project

TABLES = {
    "fct_trend_estimates": "estimate",
    "fct_pooled_estimates": "estimate",
    "fct_trend_changes": "change",
    "fct_trend_slopes": "slope",
    "fct_trend_indices": "index_value",
    "fct_segment_contrasts": "difference",
}
CROSSING = "graduates_sex_by_degree"


@pytest.fixture(scope="module")
def built(grown: Project) -> Project:
    """Both studies, built and published by one command."""
    return grown


def said(project: Project) -> str:
    """Give what the build said."""
    return (project.root / SAID).read_text(encoding="utf-8")


def rows(project: Project, table: str, study_id: str) -> list[dict]:
    """Read a public table of a study."""
    return query(project, f"select * from marts.{table} where study_id = '{study_id}'")


def test_an_unreliable_cell_is_suppressed_alone(built: Project) -> None:
    found = rows(built, "fct_trend_estimates", GRADUATES)
    suppressed = [row for row in found if row["estimate"] is None]
    cell = "|".join(SMALL)
    assert {(row["segment_id"], row["segment_code"]) for row in suppressed} == {(CROSSING, cell)}
    assert {row["confidentiality_status"] for row in found} == {"F"}
    assert {row["observation_status"] for row in suppressed} == {"Q"}
    assert {row["status_reason"] for row in suppressed} == {"Fewer than 30 respondents"}
    (share,) = (
        row
        for row in found
        if row["measure_id"] == "graduates_degree_share"
        and (row["segment_code"], row["category_code"]) == ("f", "graduate")
    )
    people = PEOPLE[GRADUATES]["1"]
    n_women = sum(n for (sex, _), n in people.items() if sex == "f")
    assert share["estimate"] == pytest.approx(people[SMALL] / n_women, rel=1e-12)
    assert {(row["segment_id"], row["segment_code"]): row["n_respondents"] for row in found} == {
        (segment, code): None
        if (segment, code) == (CROSSING, cell)
        else size(GRADUATES, "1", segment, code)
        for segment, code in {(row["segment_id"], row["segment_code"]) for row in found}
    }


def test_what_is_made_of_it_is_not_shown_and_is_no_secret(built: Project) -> None:
    for table, number in TABLES.items():
        for row in rows(built, table, GRADUATES):
            assert row["confidentiality_status"] == "F"
            assert (row["observation_status"] == "Q") == (row[number] is None), (table, row)


def test_the_build_says_what_it_suppresses_besides_and_publishes(built: Project) -> None:
    output = said(built)
    (n_suppressed,) = re.findall(
        r"Also suppressed, because confidential figures could be computed from them: (\d+) est",
        output,
    )
    lines = re.findall(
        r"^  study (\w+), measure (\w+), (.+), segment (\w+), (.+): (\d+) row", output, re.M
    )
    assert sum(int(line[-1]) for line in lines) == int(n_suppressed) > 0
    assert {(line[0], line[1]) for line in lines} == {(STAFF, "graduates_degree_share")}
    assert re.search(r"Attacked \d+ confidential estimates: none can be computed", output)
    assert "Published " in output
    attacked = run_wavehouse(built, "attack")
    assert attacked.exit_code == 0, attacked.output


def shown_counts(found: Iterable[dict], wave_id: str) -> list[tuple[np.ndarray, str]]:
    """Give every count of people that a reader can work out, as the cells of the crossing in it.

    Bases tell people of a segment value; shares of a degree tell people of that degree in it.
    """
    cells = list(PEOPLE[STAFF][wave_id])
    counts = []
    for row in found:
        if row["wave_id"] != wave_id or row["estimate"] is None:
            continue
        codes = row["segment_code"].split("|")
        inside = np.array(
            [
                row["segment_id"] == "total"
                or (cell[0] == codes[0] and (len(codes) == 1 or cell[1] == codes[1]))
                for cell in cells
            ],
            dtype=float,
        )
        name = f"{row['segment_code']}"
        counts.append((inside, name))
        if row["measure_id"] == "graduates_degree_share":
            of_degree = np.array([cell[1] == row["category_code"] for cell in cells], dtype=float)
            counts.append((inside * of_degree, f"{row['category_code']} of {name}"))
    return counts


def tells(counts: list[tuple[np.ndarray, str]], wave_id: str) -> bool:
    """Tell whether the small cell's count is a combination of counts that are shown."""
    target = np.array([cell == SMALL for cell in PEOPLE[STAFF][wave_id]], dtype=float)
    system = np.array([count for count, _ in counts])
    return np.linalg.matrix_rank(np.vstack([system, target])) == np.linalg.matrix_rank(system)


def test_no_sum_of_what_is_shown_tells_the_small_group(built: Project) -> None:
    found = rows(built, "fct_trend_estimates", STAFF)
    assert PEOPLE[STAFF]["1"][SMALL] < 10 <= PEOPLE[STAFF]["2"][SMALL]
    statuses = defaultdict(set)
    for row in found:
        statuses[row["wave_id"], row["segment_id"], row["segment_code"]].add(
            row["confidentiality_status"]
        )
    assert statuses["1", CROSSING, "|".join(SMALL)] == {"A"}
    assert not tells(shown_counts(found, "1"), "1")
    # the second wave has no small group, and nothing of it is suppressed
    assert all(found == {"F"} for (wave, *_), found in statuses.items() if wave == "2")
    # where only what the models suppress is suppressed, the women's share of graduates tells
    plain = [
        row | {"estimate": 0.5}
        for row in found
        if row["measure_id"] == "graduates_degree_share" and row["segment_id"] != CROSSING
    ]
    assert tells(shown_counts([*found, *plain], "1"), "1")


def test_what_is_made_of_secrets_is_suppressed(built: Project) -> None:
    kept = {
        (row["measure_id"], row["category_code"], row["segment_id"], row["segment_code"])
        for row in rows(built, "fct_trend_estimates", STAFF)
        if row["confidentiality_status"] != "F" and row["wave_id"] == "1"
    }
    assert kept
    for table in ("fct_trend_changes", "fct_trend_indices", "fct_pooled_estimates"):
        suppressed = {
            (row["measure_id"], row["category_code"], row["segment_id"], row["segment_code"])
            for row in rows(built, table, STAFF)
            if row["confidentiality_status"] != "F"
        }
        assert suppressed == kept - {
            key for key in kept if table == "fct_trend_indices" and key not in suppressed
        }, table


def test_a_plain_build_has_no_trace_of_the_closing(built: Project) -> None:
    assert not query(
        built,
        "select * from information_schema.tables where table_name = 'disclosure_closing'",
    )
    again = run_dbt(built, "build", "--select", "int_disclosure__closing")
    assert again.exit_code == 0, again.output
    assert not query(built, "select * from intermediate.int_disclosure__closing")


LEFT_OUT = (
    "standard_error",
    "degrees_of_freedom",
    "n_effective",
    "sum_of_weights",
    "design_effect",
    "coefficient_of_variation",
    "t_statistic",
    "f_statistic",
    "numerator_df",
    "denominator_df",
)
BASE = 5


def test_bases_are_rounded_and_what_tells_them_is_left_out(built: Project) -> None:
    for table in (*TABLES, "fct_association_tests"):
        found = rows(built, table, STAFF)
        assert found
        for row in found:
            assert (row.get("n_respondents") or 0) % BASE == 0
            assert [name for name in LEFT_OUT if row.get(name) is not None] == []
            assert not re.search(r"\(\d", row.get("status_reason") or "")
            for name in ("p_value", "p_value_adjusted"):
                p = row.get(name)
                assert p is None or (p >= 0.001 and p == pytest.approx(step_of(p * (1 - 1e-9))))


def bounds(k: int, n: int, n_wave: int) -> tuple[float, float]:
    """Give the logit interval of k of n people, in a simple random sample of a wave."""
    p = k / n
    error = math.sqrt(p * (1 - p) / n * n_wave / (n_wave - 1))
    half = t_distribution.ppf(0.975, n_wave - 1) * error / (p * (1 - p))
    middle = math.log(p / (1 - p))
    return 1 / (1 + math.exp(half - middle)), 1 / (1 + math.exp(-half - middle))


def step_of(least: float) -> float:
    """Give the least of 1, 2 and 5 times the powers of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * digit for digit in (1, 2, 5, 10) if least <= power * digit)


def candidates(row: dict, n_wave: int) -> set[tuple[int, int]]:
    """Give every base, with how many of it chose the category, that a share may come from.

    An outsider knows the design, weights of 1, and how rows are rounded.
    """
    found = set()
    for n in range(row["n_respondents"] - 2, row["n_respondents"] + 3):
        for k in range(1, n):
            lower, upper = bounds(k, n, n_wave)
            step = step_of(max((upper - lower) / 20, 1 / (n - BASE)))
            steps = [math.floor(k / n / step + 0.5)]
            steps += [math.ceil(abs(k / n - bound) / step + 0.5) for bound in (lower, upper)]
            figure, low, high = (number * step for number in steps)
            expected = (figure, max(figure - low, 0), min(figure + high, 1))
            if all(
                math.isclose(number, row[name], abs_tol=1e-9)
                for name, number in zip(("estimate", "ci_lower", "ci_upper"), expected, strict=True)
            ):
                found.add((n, k))
    return found


def is_plain_share(row: dict) -> bool:
    """Tell whether a row is a share with a logit interval."""
    return row["measure_kind"] == "share" and row["ci_method"] == "logit"


def test_no_share_and_interval_tell_the_exact_base(built: Project) -> None:
    checked = 0
    for row in rows(built, "fct_trend_estimates", STAFF):
        if not is_plain_share(row):
            continue
        n = size(STAFF, row["wave_id"], row["segment_id"], row["segment_code"])
        possible = {n for n, _ in candidates(row, size(STAFF, row["wave_id"], "total", "total"))}
        assert n in possible, row
        assert len(possible) > 1, row
        checked += 1
    assert checked > 20


def test_no_change_tells_the_exact_bases(built: Project) -> None:
    ends = {
        (row["wave_id"], row["measure_id"], row["category_code"], row["segment_code"]): row
        for row in rows(built, "fct_trend_estimates", STAFF)
        if is_plain_share(row)
    }
    checked = 0
    for row in rows(built, "fct_trend_changes", STAFF):
        key = (row["measure_id"], row["category_code"], row["segment_code"])
        if row["change"] is None or ("1", *key) not in ends or ("2", *key) not in ends:
            continue
        sizes = {wave: size(STAFF, wave, "total", "total") for wave in ("1", "2")}
        possible = set()
        for n, k in candidates(ends["1", *key], sizes["1"]):
            for m, j in candidates(ends["2", *key], sizes["2"]):
                change = j / m - k / n
                error = math.sqrt(
                    k / n * (1 - k / n) / n * sizes["1"] / (sizes["1"] - 1)
                    + j / m * (1 - j / m) / m * sizes["2"] / (sizes["2"] - 1)
                )
                degrees = sum(sizes.values()) - 2
                half = t_distribution.ppf(0.975, degrees) * error
                p = 2 * t_distribution.sf(abs(change) / error, degrees)
                is_near = abs(change - row["change"]) <= 0.051 and all(
                    abs(bound - row[name]) <= 0.101
                    for name, bound in (("ci_lower", change - half), ("ci_upper", change + half))
                )
                if is_near and math.isclose(max(step_of(p), 0.001), row["p_value"]):
                    possible.add((n, m))
        true = tuple(
            size(STAFF, wave, row["segment_id"], row["segment_code"]) for wave in ("1", "2")
        )
        assert true in possible, row
        assert len(possible) > 1, row
        checked += 1
    assert checked > 3


def test_no_figure_is_a_fraction_of_one_base_only(built: Project) -> None:
    """Answers are whole numbers, so a figure is a whole number divided by a base."""
    found = query(
        built,
        f"""
        select estimates.*, measures.measure_kind
        from intermediate.int_published__estimates as estimates
        inner join marts.dim_measure as measures using (measure_id)
        where
            study_id = '{STAFF}' and estimate is not null
            and measure_kind in ('share', 'net', 'mean')
        """,
    )
    assert len(found) > 50
    for row in found:
        half = row["step"] / 2 + 1e-9
        possible = [
            n
            for n in range(row["n_respondents"] - 2, row["n_respondents"] + 3)
            if any(
                abs(number / n - row["estimate"]) <= half
                for number in (math.floor(row["estimate"] * n), math.ceil(row["estimate"] * n))
            )
        ]
        assert len(possible) > 1, row


def test_rules_of_the_real_studies_suppress_unreliable_rows_and_no_others(
    published: Project,
) -> None:
    found = query(published, "select * from marts.fct_trend_estimates")
    assert {row["confidentiality_status"] for row in found} == {"F"}
    suppressed = [row for row in found if row["observation_status"] == "Q"]
    assert {row["status_reason"] for row in suppressed} == {"Fewer than 30 respondents"}
    # the largest group that used to vanish for the sake of smaller ones
    protestants = [
        row["n_respondents"]
        for row in found
        if (row["study_id"], row["wave_id"]) == ("bsa", "1986")
        and (row["segment_id"], row["segment_code"]) == ("religion", "protestant")
    ]
    assert set(protestants) == {112}
