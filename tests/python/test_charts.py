"""The tables for charts show what is published, in the unit of readers, and nothing else.

What they should hold is computed here from the published tables and the codebook by pandas and
decimal numbers, in other ways than the models do it.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations

import pandas as pd
import pytest
from workbench import codebook_rows, query, read_rows

from wavehouse.project import Project

CELL = ["study_id", "measure_id", "category_code", "segment_id", "segment_code"]
ESTIMATE = ["study_id", "wave_id", *CELL[1:]]
CHANGE = ["comparison", "from_wave_id", "to_wave_id", *CELL]
SHARES = {"share", "net", "share_of_cases", "share_of_responses"}
SHOWN_AS = ["value", "value_lower", "value_upper", "display_value", "display_interval"]


def table(project: Project, name: str) -> pd.DataFrame:
    return pd.DataFrame(query(project, f"select * from marts.{name}"))


def both(project: Project, chart: str, fact: str, key: list[str]) -> pd.DataFrame:
    """Rows of a chart beside those of the table that it shows, whose columns end in `_`."""
    joined = table(project, chart).merge(
        table(project, fact).rename(columns=lambda name: name if name in key else f"{name}_"),
        on=key,
        how="outer",
        validate="one_to_one",
        indicator=True,
    )
    assert set(joined["_merge"]) == {"both"}
    return joined


@pytest.fixture(scope="module")
def estimates(overlay_on_duckdb: Project) -> pd.DataFrame:
    return both(overlay_on_duckdb, "chart_trend_estimates", "fct_trend_estimates", ESTIMATE)


@pytest.fixture(scope="module")
def changes(overlay_on_duckdb: Project) -> pd.DataFrame:
    return both(overlay_on_duckdb, "chart_trend_changes", "fct_trend_changes", CHANGE)


def written(value: float, decimals: int, sign: str = "-") -> str:
    """Write a number as a person would round it, from its shortest digits."""
    # Seven digits more than are shown, so that what only looks like a half is one.
    exact = Decimal(repr(round(value, decimals + 6)))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):{sign},}"


def decimals_of(project: Project) -> dict[str, str]:
    return {row["variable_id"]: row["decimals"] for row in codebook_rows(project, "variables")}


def units_of(project: Project) -> dict[str, str]:
    return {row["variable_id"]: row["unit"] for row in codebook_rows(project, "variables")}


def format_of(row: "pd.Series[object]", decimals: dict[str, str]) -> int:
    if row["measure_kind"] in SHARES:
        return 1
    if row["measure_kind"] in ("total", "ratio"):
        return {"total": 0, "ratio": 3}[str(row["measure_kind"])]
    declared = decimals.get(str(row["variable_id"]))
    return int(declared) + 1 if declared else 2


def test_values_are_the_published_ones_in_the_unit_of_readers(
    estimates: pd.DataFrame, changes: pd.DataFrame, overlay_on_duckdb: Project
) -> None:
    decimals, units = decimals_of(overlay_on_duckdb), units_of(overlay_on_duckdb)
    seen = set()
    for rows, figure, of_share, sign in (
        (estimates, "estimate_", ("percent", "%"), "-"),
        (changes, "change_", ("percentage points", " percentage points"), "+"),
    ):
        for _, row in rows.iterrows():
            kind, is_share = row["measure_kind"], row["measure_kind"] in SHARES
            unit = units.get(row["variable_id"]) if kind in ("mean", "quantile", "total") else None
            said, suffix = of_share if is_share else (unit, f" {unit}" if unit else "")
            assert (row["value_unit"] if pd.notna(row["value_unit"]) else None) == (said or None)
            places = format_of(row, decimals)
            assert row["value_decimals"] == places
            assert row["value_format"] == ("#,##0." + "0" * places if places else "#,##0")
            if pd.isna(row[figure]):
                assert row[SHOWN_AS].isna().all()
                continue
            seen.add(kind)
            shown = {
                "value": row[figure],
                "value_lower": row["ci_lower_"],
                "value_upper": row["ci_upper_"],
            }
            texts = []
            for name, published in shown.items():
                if pd.isna(published):
                    assert pd.isna(row[name])
                    continue
                assert row[name] == pytest.approx(published * (100 if is_share else 1), rel=1e-15)
                text = written(row[name], places, sign)
                # No plus before what is written as zero.
                texts.append(text.lstrip("+") if not text.strip("+0.,") else text)
            assert row["display_value"] == texts[0] + suffix
            if len(texts) == 3:
                assert row["display_interval"] == f"{texts[1]} to {texts[2]}{suffix}"
            else:
                assert pd.isna(row["display_interval"])
    assert seen >= {*SHARES, "mean", "quantile", "ratio", "score", "total"}


def test_rows_without_a_number_say_why_and_tell_nothing(
    estimates: pd.DataFrame, changes: pd.DataFrame
) -> None:
    for rows, figure in ((estimates, "estimate_"), (changes, "change_")):
        hidden = rows[rows[figure].isna()]
        assert set(hidden["observation_status"]) >= {"L", "M", "Q"}
        assert set(hidden["confidentiality_status"]) == {"F", "A", "D"}
        numbers = rows.select_dtypes("number").columns
        told = [name for name in numbers if not name.endswith("_") and hidden[name].notna().any()]
        # Orders and formats follow from the codebook.
        assert set(told) <= {
            *("category_order", "segment_depth", "segment_order", "value_decimals"),
            *("wave_number", "from_wave_number", "to_wave_number", "ci_level"),
        }
        labels = ["study_label", "category_label", "segment_value_label"]
        assert hidden[labels].notna().to_numpy().all()
        assert (hidden["missing_reason"].str.len() > 5).all()
        assert rows[rows[figure].notna()]["missing_reason"].isna().all()
    hidden = estimates[estimates["estimate_"].isna()]
    assert hidden["rounded_percent"].isna().all()
    flags = ["is_significant_since_previous", "is_significant_since_first"]
    assert hidden[flags].isna().to_numpy().all()


def largest_remainders(shares: list[float]) -> list[int]:
    """Round shares to percentages that add up, with fractions; of equal remainders the first."""
    exact = [Fraction(round(share * 10**10), 10**8) for share in shares]
    parts = [int(each) for each in exact]
    order = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: 100 - sum(parts)]:
        parts[place] += 1
    return parts


def test_largest_remainders_are_those_of_a_textbook() -> None:
    """Votes of six parties for 10 seats, times 10: 5, 2, 1, 1, 1, 0 are the seats by quota."""
    shares = [0.47, 0.16, 0.159, 0.12, 0.06, 0.031]
    assert largest_remainders(shares) == [47, 16, 16, 12, 6, 3]
    assert largest_remainders([1 / 3] * 3) == [34, 33, 33]


def test_rounded_percentages_add_up_and_hide_what_is_hidden(estimates: pd.DataFrame) -> None:
    whole = estimates["measure_kind"].isin(["share", "share_of_responses"])
    assert estimates[~whole]["rounded_percent"].isna().all()
    counts = {"rounded": 0, "hidden": 0, "otherwise": 0, "not offered": 0}
    groups = ["study_id", "wave_id", "measure_id", "segment_id", "segment_code"]
    for _, rows in estimates[whole].groupby(groups):
        parts = rows.sort_values(["category_order", "category_code"])
        shown = parts[parts["estimate_"].notna()]
        missing = set(parts[parts["estimate_"].isna()]["observation_status"])
        if missing - {"L"} or abs(shown["estimate_"].sum() - 1) > 1e-9:
            assert parts["rounded_percent"].isna().all()
            counts["hidden"] += 1
            continue
        assert shown["rounded_percent"].tolist() == largest_remainders(shown["estimate_"].tolist())
        assert shown["rounded_percent"].sum() == 100
        counts["rounded"] += 1
        counts["not offered"] += bool(missing)
        # What rounding each by itself would not have given.
        counts["otherwise"] += bool(sum(int(each + 0.5) for each in shown["value"]) != 100)
    assert min(counts.values()) > 0, counts


def ordered_segments(project: Project) -> Iterator[tuple[str, str, int, int]]:
    """Give the values of segments: depth, and order by their categories' places."""
    lists = {row["variable_id"]: row["code_list_id"] for row in codebook_rows(project, "variables")}
    places: dict[str, list[str]] = {}
    for row in sorted(
        codebook_rows(project, "categories"), key=lambda row: int(row["category_order"])
    ):
        places.setdefault(row["code_list_id"], []).append(row["category_code"])
    variables: dict[str, list[str]] = {}
    for row in sorted(
        codebook_rows(project, "segment_variables"), key=lambda row: int(row["position"])
    ):
        variables.setdefault(row["segment_id"], []).append(row["variable_id"])
    yield "total", "total", 0, 0
    for segment, names in variables.items():
        first, *others = (places[lists[name]] for name in names)
        codes = [f"{a}|{b}" for a in first for b in others[0]] if others else first
        for place, code in enumerate(codes):
            yield segment, code, len(names), place


def test_orders_are_those_of_the_codebook(
    estimates: pd.DataFrame, overlay_on_duckdb: Project
) -> None:
    waves = {
        (row["study_id"], row["wave_id"]): int(row["wave_number"])
        for row in codebook_rows(overlay_on_duckdb, "waves")
    }
    assert estimates["wave_number"].tolist() == [
        waves[pair] for pair in zip(estimates["study_id"], estimates["wave_id"], strict=True)
    ]
    lists = {
        row["variable_id"]: row["code_list_id"]
        for row in codebook_rows(overlay_on_duckdb, "variables")
    }
    orders = {
        (row["code_list_id"], row["category_code"]): int(row["category_order"])
        for row in codebook_rows(overlay_on_duckdb, "categories")
    }
    shares = estimates[estimates["measure_kind"] == "share"]
    assert shares["category_order"].tolist() == [
        orders[lists[variable], code]
        for variable, code in zip(shares["variable_id"], shares["category_code"], strict=True)
    ]
    segments = {
        (segment, code): (depth, place)
        for segment, code, depth, place in ordered_segments(overlay_on_duckdb)
    }
    found = estimates[["segment_id", "segment_code", "segment_depth", "segment_order"]]
    for segment_id, rows in found.drop_duplicates().groupby("segment_id"):
        ordered = rows.sort_values("segment_order")
        places = [segments[segment_id, code] for code in ordered["segment_code"]]
        assert [place for _, place in places] == sorted(place for _, place in places)
        assert ordered["segment_depth"].tolist() == [depth for depth, _ in places]
    studies = {
        row["study_id"]: row["study_label"] for row in codebook_rows(overlay_on_duckdb, "studies")
    }
    assert estimates["study_label"].tolist() == [studies[each] for each in estimates["study_id"]]


def in_words(row: "pd.Series[object]", wave: str) -> str:
    if not row["is_comparable_"]:
        return f"Not comparable with {wave}"
    if pd.isna(row["change_"]):
        return f"Change from {wave} not shown"
    if pd.isna(row["is_significant_"]):
        return f"Change from {wave} not tested"
    if not row["is_significant_"]:
        return f"No significant change from {wave}"
    if row["change_"] == 0:
        return f"Significantly different from {wave}"
    return f"Significantly {'higher' if row['change_'] > 0 else 'lower'} than in {wave}"


def test_significance_is_that_of_the_published_changes(
    estimates: pd.DataFrame, changes: pd.DataFrame, overlay_on_duckdb: Project
) -> None:
    words = changes.apply(lambda row: in_words(row, row["from_wave_label_"]), axis=1)
    assert changes["significance_text"].tolist() == words.tolist()
    kinds = {
        (row["study_id"], row["comparison_id"]): row["comparison_kind"]
        for row in codebook_rows(overlay_on_duckdb, "comparisons")
    }
    # A study that declares none has both, which are called as their kinds are.
    changes = changes.assign(
        words=words,
        kind=[
            kinds.get(pair, pair[1])
            for pair in zip(changes["study_id"], changes["comparison"], strict=True)
        ],
    )
    for kind in ("previous", "first"):
        of_kind = changes[changes["kind"] == kind].rename(columns={"to_wave_id": "wave_id"})
        joined = estimates.merge(
            of_kind[[*ESTIMATE, "words", "is_significant_"]], on=ESTIMATE, how="left"
        )
        assert len(joined) == len(estimates)
        assert joined[f"since_{kind}"].fillna("").tolist() == joined["words"].fillna("").tolist()
        flags = joined[[f"is_significant_since_{kind}", "is_significant_"]].astype("boolean")
        assert flags.iloc[:, 0].tolist() == flags.iloc[:, 1].tolist()
        assert set(flags.iloc[:, 0].dropna()) == {True, False}
        assert joined["words"].notna().sum() == len(of_kind)
        beginnings = {text.split(" ")[0] for text in joined["words"].dropna()}
        assert beginnings == {"Significantly", "No", "Not", "Change"}


def test_breaks_and_statuses_are_told_in_words(
    estimates: pd.DataFrame, changes: pd.DataFrame, overlay_on_duckdb: Project
) -> None:
    file = overlay_on_duckdb.seeds / "reference/observation_statuses.csv"
    labels = {row["observation_status"]: row["status_label"] for row in read_rows(file)}
    for rows in (estimates, changes):
        for _, row in rows.iterrows():
            label, reason = labels[row["observation_status"]], row["status_reason_"]
            parts = [label] if pd.isna(reason) else [label, reason]
            assert row["status_text"] == ". ".join(parts)
            if pd.isna(row["value"]):
                assert row["missing_reason"] == ": ".join(parts)
    breaks = {
        (row["study_id"], row["wave_id"]): row["description"]
        for row in codebook_rows(overlay_on_duckdb, "breaks")
        if row["study_id"] == "gss"
    }
    happy = estimates[estimates["measure_id"] == "happiness_share"]
    said = happy[["study_id", "wave_id", "break_text"]].drop_duplicates()
    assert dict(zip(said["wave_id"], said["break_text"].fillna(""), strict=True)) == {
        wave: breaks.get(("gss", wave), "") for wave in said["wave_id"]
    }
    across = changes[
        (changes["measure_id"] == "happiness_share") & (changes["comparison"] == "first")
    ]
    told = across.drop_duplicates("to_wave_id").set_index("to_wave_id")["break_text"]
    assert pd.isna(told["2002"])
    assert told["2004"] == breaks["gss", "2004"]
    assert told["2006"] == f"{breaks['gss', '2004']} {breaks['gss', '2006']}"
    assert set(estimates[estimates["observation_status"] == "B"]["break_text"].notna()) == {True}


def test_labels_of_changes_are_those_of_their_estimates(
    estimates: pd.DataFrame, changes: pd.DataFrame
) -> None:
    shared = [
        *("study_label", "measure_label", "variable_label", "category_label", "category_order"),
        *("segment_label", "segment_depth", "segment_value_label", "segment_order"),
        *("base_description", "value_decimals"),
    ]
    joined = changes.merge(
        estimates, left_on=["to_wave_id", *CELL], right_on=["wave_id", *CELL], suffixes=("", "_of")
    )
    assert len(joined) == len(changes)
    for name in shared:
        assert joined[name].fillna(-1).equals(joined[f"{name}_of"].fillna(-1).rename(name)), name
    assert (
        joined["waves_label"] == joined["from_wave_label"] + " to " + joined["to_wave_label"]
    ).all()


@pytest.mark.parametrize("chart", ["chart_trend_estimates", "chart_trend_changes"])
def test_the_guard_gives_a_figure_or_nothing_however_rows_are_grouped(
    overlay_on_duckdb: Project, chart: str
) -> None:
    """What the guide says a tool should take in place of a sum or a mean."""
    key = CHANGE if chart == "chart_trend_changes" else ESTIMATE
    figures = set(table(overlay_on_duckdb, chart)["value"].dropna())
    for size in range(len(key) + 1):
        for chosen in combinations(key, size):
            grouped = query(
                overlay_on_duckdb,
                "select case when count(*) = 1 then max(value) end as value, count(*) as n "
                f"from marts.{chart} group by {', '.join(chosen) or '()'}",
            )
            for row in grouped:
                assert row["value"] is None or (row["n"] == 1 and row["value"] in figures)
