"""Each macro that differs between engines, and each formula, gives what it should on both.

The bench has put the cases of `bench/cases.py`, and the references for p-values and quantiles,
through the macros and models while the overlay was built.
"""

import csv
import hashlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.cases import (
    CASTS,
    EXACT_BASES,
    EXACT_LEVELS,
    EXACT_SHARES,
    EXPIT,
    JOINED,
    KEYS,
    LABELS,
    LONELY_SCALES,
    MATCHES,
    OBJECTS,
    REPLACED,
    SAMPLING_FRACTIONS,
    STATUSES,
    STRATUM_VARIANCES,
    Casts,
)
from bench.judgement_cases import JUDGED, Judgement
from overlay import HERE
from scipy.special import fdtrc
from scipy.stats import beta
from workbench import ROOT, query, query_postgres, read_rows

from wavehouse.building.postgres import PostgresServer
from wavehouse_exchange.onboarding.typography import plain_words

REFERENCES = Path(__file__).resolve().parent / "references"

Read = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def read(request: pytest.FixtureRequest) -> Read:
    """Reads from the overlay on one of the engines."""
    built = request.getfixturevalue(f"overlay_on_{request.param}")
    reader = query if request.param == "duckdb" else query_postgres
    return lambda sql: reader(built, sql)


def outputs(read: Read, table: str) -> list[dict[str, Any]]:
    """Give the rows of a bench table in the order of its cases."""
    rows = read(f"select * from bench.{table} order by case_number")
    assert [row["case_number"] for row in rows] == list(range(len(rows)))
    return rows


def test_casts_give_the_value_or_null_and_never_fail(read: Read) -> None:
    rows = outputs(read, "bench_texts")
    assert [row["given"] for row in rows] == list(CASTS)
    found = {
        row["given"]: Casts(
            row["number_value"], row["integer_value"], row["date_value"], row["boolean_value"]
        )
        for row in rows
    }
    wrong = {
        text: (found[text], expected) for text, expected in CASTS.items() if found[text] != expected
    }
    assert not wrong


def test_patterns_have_to_match_the_whole_text(read: Read) -> None:
    found = [row["is_match"] for row in outputs(read, "bench_matches")]
    assert dict(zip(MATCHES, found, strict=True)) == MATCHES


def test_texts_are_joined_in_the_declared_order(read: Read) -> None:
    rows = read("select * from bench.bench_joined")
    found = {row["of_group"]: row["joined"] for row in rows}
    there = {group: [each for each in texts if each is not None] for group, texts in JOINED.items()}
    assert found == {group: "+".join(texts) if texts else None for group, texts in there.items()}
    by_text = {row["of_group"]: row["joined_by_text"] for row in rows}
    expected = {group: sorted(texts) for group, texts in there.items()}
    assert by_text == {group: "+".join(texts) or None for group, texts in expected.items()}


def test_each_match_of_a_pattern_is_replaced(read: Read) -> None:
    found = [row["replaced"] for row in outputs(read, "bench_replaced")]
    assert dict(zip(REPLACED, found, strict=True)) == REPLACED


def test_members_and_elements_of_json_are_read_as_texts(read: Read) -> None:
    found: dict[int, tuple[str | None, str | None, list[str]]] = {}
    for row in read("select * from bench.bench_objects order by case_number, element_text"):
        kept = found.setdefault(row["case_number"], (row["outer_text"], row["inner_text"], []))
        if row["element_text"] is not None:
            kept[2].append(row["element_text"])
    assert list(found.values()) == list(OBJECTS.values())


def test_labels_lose_their_typography_and_keep_their_meaning(read: Read) -> None:
    rows = outputs(read, "bench_labels")
    found = [(row["words"], row["words_of_column"]) for row in rows]
    assert dict(zip(LABELS, found, strict=True)) == LABELS


@pytest.mark.parametrize(("label", "name"), [case for case in LABELS if case[0] is not None])
def test_review_reads_labels_as_the_warehouse_does(label: str, name: str) -> None:
    assert (plain_words(label), plain_words(label, name)) == LABELS[label, name]


def test_surrogate_keys_are_md5_sums_and_tell_null_from_empty(read: Read) -> None:
    def expected(*parts: str | None) -> str:
        text = "<|>".join("<null>" if part is None else part for part in parts)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    found = [row["surrogate_key"] for row in outputs(read, "bench_keys")]
    assert found == [expected(*parts) for parts in KEYS]
    assert len(set(found)) == len(KEYS)


def test_rows_are_unpivoted_with_names_and_values_as_delivered(read: Read) -> None:
    with (HERE / "bench/bench_columns.csv").open(newline="", encoding="utf-8") as file:
        delivered = list(csv.DictReader(file))
    rows = read("select * from bench.bench_unpivoted")
    found: dict[int, dict[str, str | None]] = {}
    for row in rows:
        found.setdefault(row["row_number"], {})[row["source_column"]] = row["source_code"]
    # The order of rows in a table is no promise, so they are told apart by their own first column.
    assert sorted(found) == list(range(1, len(delivered) + 1))
    expected = {
        row["id"]: {name: value or None for name, value in row.items()} for row in delivered
    }
    assert {row["id"]: row for row in found.values()} == expected
    assert len(rows) == len(delivered) * len(delivered[0])


def test_numbers_are_doubles(read: Read) -> None:
    (row,) = read("select * from bench.bench_settings")
    assert row["number_value"] == 0.1 + 0.2
    (column,) = read(
        "select lower(data_type) as data_type from information_schema.columns "
        "where table_schema = 'bench' and table_name = 'bench_settings' "
        "and column_name = 'number_value'"
    )
    assert column["data_type"] in ("double", "double precision")


def test_postgres_neither_loops_over_long_keys_nor_plans_without_statistics(
    overlay_on_postgres: PostgresServer,
) -> None:
    (row,) = query_postgres(overlay_on_postgres, "select * from bench.bench_settings")
    assert row["nested_loops"] == "off"
    tables = query_postgres(
        overlay_on_postgres,
        "select relname, reltuples from pg_class join pg_namespace n on n.oid = relnamespace "
        "where nspname in ('intermediate', 'marts') and relkind = 'r'",
    )
    assert tables
    assert [row["relname"] for row in tables if row["reltuples"] < 0] == []


@pytest.mark.parametrize(
    ("table", "column", "cases"),
    [
        ("bench_expit", "expit", EXPIT),
        ("bench_sampling_fractions", "sampling_fraction", SAMPLING_FRACTIONS),
        ("bench_stratum_variances", "stratum_variance", STRATUM_VARIANCES),
        ("bench_lonely_scales", "lonely_scale", LONELY_SCALES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_formulas(read: Read, table: str, column: str, cases: dict[Any, float | None]) -> None:
    found = [row[column] for row in outputs(read, table)]
    assert len(found) == len(cases)
    for (case, expected), actual in zip(cases.items(), found, strict=True):
        right = None if expected is None else pytest.approx(expected, rel=1e-12, abs=0)
        assert actual == right, case


def test_of_several_statuses_the_first_in_the_order_of_the_method_is_written(read: Read) -> None:
    order = ("M", "L", "Q", "B", "U", "P", "A")
    declared = read_rows(ROOT / "seeds/reference/observation_statuses.csv")
    assert [(row["observation_status"], int(row["priority"])) for row in declared] == [
        (status, place) for place, status in enumerate(order, 1)
    ]
    for conditions, row in zip(STATUSES, outputs(read, "bench_statuses"), strict=True):
        pairs = zip(order[: len(conditions)], conditions, strict=True)
        met = [status for status, is_met in pairs if is_met == "true"]
        assert row["observation_status"] == (met or ["A"])[0], conditions


def test_p_values_are_those_of_r(read: Read) -> None:
    references = read_rows(REFERENCES / "p_values.csv")
    rows = read("select * from bench.bench_p_values_of_t")
    found = {(row["absolute_t"], row["degrees_of_freedom"]): row["p_value"] for row in rows}
    assert len(found) == len(rows) == len(references) == 132
    for row in references:
        actual = found[float(row["t"]), int(row["df"])]
        # What int_changes__p_values promises.
        relative = 1e-11 if float(row["p"]) > 1e-200 else 1e-4
        assert actual == pytest.approx(float(row["p"]), rel=relative, abs=0), row


def test_tails_of_f_are_those_of_r(read: Read) -> None:
    references = read_rows(REFERENCES / "f_tails.csv")
    rows = read("select * from bench.bench_p_values_of_f")
    key = ("f_statistic", "numerator_df", "denominator_df")
    found = {tuple(row[name] for name in key): row["p_value"] for row in rows}
    assert len(found) == len(rows) == len(references) == 637
    for row in references:
        given = (float(row["f"]), float(row["numerator_df"]), float(row["denominator_df"]))
        expected = float(row["p"])
        if expected > 1e-200:
            # What int_associations__p_values promises; SciPy has fewer digits.
            assert found[given] == pytest.approx(expected, rel=1e-11, abs=0), row
            tail = fdtrc(given[1], given[2], given[0])
            assert found[given] == pytest.approx(tail, rel=1e-9, abs=0), row
        else:
            assert 0 <= found[given] < 1e-199, row


def test_t_quantiles_are_those_of_r(read: Read) -> None:
    references = read_rows(REFERENCES / "t_quantiles.csv")
    rows = read("select * from bench.bench_t_quantiles_of_degrees")
    found = {(row["ci_level"], row["degrees_of_freedom"]): row["t_quantile"] for row in rows}
    for row in references:
        actual = found[float(row["level"]), int(row["df"])]
        assert actual == pytest.approx(float(row["t_quantile"]), rel=1e-11, abs=0), row
    assert len(references) == 64


def test_exact_bounds_are_quantiles_of_the_beta_distribution(read: Read) -> None:
    """`pytest -rP` shows the greatest errors."""
    rows = read("select * from bench.bench_exact_bounds")
    cases = set(product(EXACT_BASES, EXACT_SHARES, EXACT_LEVELS))
    assert {(row["exact_base"], row["estimate"], row["ci_level"]) for row in rows} == cases
    assert len(rows) == len(cases)
    n, p, level, lower, upper = np.array(
        [
            [row[name] for name in ("exact_base", "estimate", "ci_level")]
            + [row["lower_bound"], row["upper_bound"]]
            for row in rows
        ]
    ).T
    tail = (1 - level) / 2
    expected_lower = beta.ppf(tail, n * p, n * (1 - p) + 1)
    expected_upper = beta.isf(tail, n * p + 1, n * (1 - p))
    # Far below any number that matters, 0 and scipy's last digits are as good as the truth.
    counts = expected_lower > 1e-250
    assert (lower[~counts] < 1e-249).all()
    errors = {
        "lower": np.abs(lower[counts] / expected_lower[counts] - 1),
        "upper": np.abs(upper / expected_upper - 1),
    }
    for side, error in errors.items():
        print(f"{side}: {len(error)} bounds, greatest relative error {error.max():.2g}")
        assert error.max() < 5e-10
    assert counts.sum() > 2800


def test_publication_rules_judge_as_their_sources_say(read: Read) -> None:
    rows = {int(row["cell_key"]): row for row in read("select * from bench.bench_judgements")}
    wrong = []
    for number, (cell, expected) in enumerate(JUDGED):
        row = rows.get(number)
        found = row and Judgement(
            row["is_suppressed"], row["status_reason"], row["is_confidential"]
        )
        # What is neither suppressed nor marked has no judgement.
        is_marked = row is not None and (row["is_suppressed"] or row["needs_caution"])
        if found != expected or is_marked != (expected is not None):
            wrong.append((cell, expected, found))
    assert not wrong
    assert len(rows) == sum(expected is not None for _, expected in JUDGED)
    (codebook,) = read(
        "select count(distinct publication_rule_id) as n_rules "
        "from staging.stg_codebook__publication_rules"
    )
    assert codebook["n_rules"] == len({cell.rule for cell, _ in JUDGED})


def test_p_values_are_adjusted_as_in_r(read: Read) -> None:
    references = read_rows(REFERENCES / "p_adjust.csv")
    rows = read("select * from bench.bench_adjusted")
    found = {(row["family"], row["position"]): row for row in rows}
    assert len(found) == len(rows) == len(references) == 31
    for row in references:
        actual = found[row["family"], int(row["position"])]
        for method in ("benjamini_hochberg", "holm"):
            assert actual[method] == pytest.approx(float(row[method]), rel=1e-12, abs=0), row
