"""What Superset is given: figures that cannot be added up, and lists and lines in order.

What figures should be is read from the published tables, and never from the bundle.
"""

from typing import Any

import pytest
from superset_bundles import (
    FIGURES,
    KEYS,
    bundle_of,
    contents_of,
    datasets_of,
    files_of,
    opened,
    rows_of,
)

from wavehouse.project import Project
from wavehouse_exchange.connections.charts import (
    ChartFacts,
    SegmentValue,
    Trend,
    guarded,
    read_published,
)

# Numbers by which Superset sorts.
PLACES = {
    "position",
    *(f"{name}_place" for name in ["study", "measure", "category", "segment", "wave"]),
}


def test_figures_are_metrics_with_a_guard_and_no_columns(published: Project) -> None:
    datasets = datasets_of(bundle_of(published))
    for name, figures in FIGURES.items():
        columns = {column["column_name"] for column in datasets[name]["columns"]}
        metrics = {each["metric_name"]: each for each in datasets[name]["metrics"]}
        assert not columns & set(figures)
        assert set(metrics) - PLACES == set(figures)
        for figure in figures:
            assert metrics[figure]["expression"] == guarded(figure)
            assert metrics[figure]["d3format"]
            assert "empty unless exactly one figure is left" in metrics[figure]["description"]
        held = {row[0] for row in rows_of(published, f"describe marts.{name}")}
        assert columns | set(figures) == held
    for dataset in datasets.values():
        for column in dataset["columns"]:
            assert column["type"] in {"VARCHAR", "INTEGER", "BOOLEAN", "DATE"}
            assert column["is_dttm"] == (column["type"] == "DATE")
            assert column["groupby"]
            assert column["filterable"]
            assert column["description"]
            assert column["verbose_name"]


def test_every_dataset_answers_what_it_offers_and_sums_nothing(published: Project) -> None:
    with opened(published) as connection:
        for dataset in datasets_of(bundle_of(published)).values():
            table = f"({dataset['sql']})" if dataset["sql"] else f"marts.{dataset['table_name']}"
            names = ", ".join(column["column_name"] for column in dataset["columns"])
            assert connection.execute(f"select {names} from {table} limit 1").fetchone()
            for metric in dataset["metrics"]:
                query = f"select {metric['expression']}, count(*) from {table}"
                value, n_rows = connection.execute(query).fetchone() or (None, 0)
                assert n_rows > 1
                assert (value is None) == (metric["metric_name"] not in PLACES)


def test_lines_hold_each_figure_with_its_bounds_under_a_name_of_its_own(
    published: Project,
) -> None:
    [lines] = [
        each["sql"]
        for each in datasets_of(bundle_of(published)).values()
        if each["table_name"] == "trend_lines"
    ]
    key = ", ".join(KEYS["chart_trend_estimates"])
    drawn = rows_of(published, f"select {key}, series, drawn_as, height from ({lines})")
    names = {row[:6]: row[6] for row in drawn if row[7] == "estimate"}
    found = {(row[:6], row[6].removeprefix(names[row[:6]])): row[8] for row in drawn}
    assert len(found) == len(drawn)
    values = rows_of(
        published,
        f"select {key}, value, value_lower, value_upper, break_text "
        "from marts.chart_trend_estimates",
    )
    expected: dict[tuple[tuple[str, ...], str], float | None] = {}
    for *cell, value, lower, upper, broken in values:
        expected[tuple(cell), ""] = value
        expected[tuple(cell), "__yhat_lower"] = lower
        expected[tuple(cell), "__yhat_upper"] = upper
        if broken:
            expected[tuple(cell), ", after a break"] = value
    assert found == expected
    # Superset takes the colour of each line by its name.
    [dashboard] = [
        content
        for name, content in files_of(bundle_of(published)).items()
        if name.startswith("dashboards/")
    ]
    colours = dashboard["metadata"]["label_colors"]
    assert {row[6] for row in drawn} <= set(colours)
    for end in ("__yhat_lower", "__yhat_upper", ", after a break"):
        assert all(colours[name + end] == colours[name] for name in names.values())


def test_names_sort_as_the_questionnaire_does(published: Project) -> None:
    lines = datasets_of(bundle_of(published))["trend_lines"]["sql"]
    names = rows_of(
        published,
        f"select distinct category_in_order from ({lines}) "
        "where measure_id = 'social_class_share' order by 1",
    )
    assert names == [
        ("1. Middle class",),
        ("2. Upper working class",),
        ("3. Lower working class",),
    ]
    mean = rows_of(
        published,
        f"select distinct category_in_order, segment_value_in_order from ({lines}) "
        "where measure_id = 'abortion_support_mean' and segment_id = 'total'",
    )
    assert mean == [("Mean support for legal abortion", "Total")]
    assert SegmentValue("Pacific", 9, 9).in_order == "9. Pacific"
    assert SegmentValue("Pacific", 9, 10).in_order == "09. Pacific"


def test_the_lists_begin_with_the_first_trend_and_offer_what_has_figures(
    published: Project,
) -> None:
    _, facts = read_published(published)
    first = facts.first
    assert first is not None
    dataset = datasets_of(bundle_of(published))["trend_lists"]
    labels = rows_of(
        published,
        "select distinct study_label, measure_label, category_label "
        "from marts.chart_trend_estimates "
        f"where study_id = '{first.study_id}' and measure_id = '{first.measure_id}' "
        f"and category_code = '{first.category_code}'",
    )
    lists = dataset["sql"]
    study, measure, category = (
        rows_of(
            published,
            f"select {name}_label from ({lists}) {only} group by 1 order by min({name}_place), 1",
        )
        for name, only in (
            ("study", ""),
            ("measure", f"where study_label = '{labels[0][0]}'"),
            ("category", f"where measure_label = '{labels[0][1]}'"),
        )
    )
    assert [(study[0][0], measure[0][0], category[0][0])] == labels
    shown = rows_of(
        published, "select count(*) from marts.chart_trend_estimates where value is not null"
    )
    assert rows_of(published, f"select count(*) from ({lists})") == shown


def test_identifiers_follow_from_names_alone(published: Project) -> None:
    bundle = bundle_of(published)
    assert bundle == bundle_of(published)
    identifiers = [content["uuid"] for content in files_of(bundle).values() if "uuid" in content]
    assert len(set(identifiers)) == len(identifiers) == 10
    elsewhere = contents_of(published, ChartFacts(None, ()))
    assert identifiers == [each["uuid"] for each in elsewhere.values() if "uuid" in each]
    other = files_of(bundle_of(published, "another"))
    assert not set(identifiers) & {each.get("uuid") for each in other.values()}


@pytest.mark.parametrize("first", [None, Trend("o'clock", "it's", "'")])
def test_lists_are_there_whatever_the_first_trend_is(
    published: Project, first: Trend | None
) -> None:
    files = contents_of(published, ChartFacts(first, ()))
    [lists] = [each["sql"] for name, each in files.items() if name.endswith("trend_lists.yaml")]
    assert rows_of(published, f"select count(*) > 0 from ({lists})") == [(True,)]


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("duckdb:////a/b.duckdb", {"connect_args": {"read_only": True}}),
        ("postgresql+psycopg2://reader@host/database", {}),
    ],
)
def test_the_database_is_opened_to_read_only(
    published: Project, address: str, arguments: dict[str, Any]
) -> None:
    files = contents_of(published, ChartFacts(None, ()), address)
    database = files["databases/survey.yaml"]
    assert database["sqlalchemy_uri"] == address
    assert database["extra"]["engine_params"] == arguments
    assert not any(value for name, value in database.items() if name.startswith(("allow", "expo")))
