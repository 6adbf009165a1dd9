"""A real Superset takes the bundle, gives a figure or nothing, and shows a dashboard that is right.

What figures should be is read from the published tables, and never from the bundle.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser import chromium
from playwright.sync_api import Page, Response, expect
from superset_bundles import FIGURES, KEYS, bundle_of, files_of, rows_of
from superset_server import NAME, PASSWORD, PATIENCE, Superset, superset_server

from wavehouse.project import Project
from wavehouse_exchange.connections.charts import read_published

pytestmark = pytest.mark.slow("browser")


@pytest.fixture(scope="module")
def superset(
    checkout: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Superset, Project]]:
    """A Superset with the bundle of the checkout, imported by its own command and again."""
    folder = tmp_path_factory.mktemp("superset")
    with superset_server(folder) as running:
        bundle = bundle_of(checkout)
        (folder / "bundle.zip").write_bytes(bundle)
        running.run("import-dashboards", "--path", str(folder / "bundle.zip"), "-u", NAME)
        running.upload(bundle)
        yield running, checkout


def test_superset_holds_everything_once_and_takes_what_changed(
    superset: tuple[Superset, Project], tmp_path: Path
) -> None:
    running, project = superset
    files = files_of(bundle_of(project))
    kinds = ("database", "dataset", "chart", "dashboard")
    assert [len(running.all_of(kind)) for kind in kinds] == [1, 4, 4, 1]
    [board] = running.all_of("dashboard")
    assert len(running.get(f"dashboard/{board['id']}/charts")["result"]) == 4
    for dataset in running.all_of("dataset"):
        held = running.get(f"dataset/{dataset['id']}")["result"]
        given = files[f"datasets/survey/{dataset['table_name']}.yaml"]
        for kind, name in (("columns", "column_name"), ("metrics", "metric_name")):
            assert {each[name] for each in held[kind]} == {each[name] for each in given[kind]}
            assert {each["verbose_name"] for each in held[kind]} == {
                each.get("verbose_name") for each in given[kind]
            }
    # A bundle of the same project with another chart in place of one replaces it.
    packed = files_of(bundle_of(project))
    packed["charts/figures.yaml"]["slice_name"] = "Figures in full"
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in packed.items():
            archive.writestr(f"wavehouse/{name}", yaml.safe_dump(content))
    running.upload(changed.getvalue())
    assert "Figures in full" in {each["slice_name"] for each in running.all_of("chart")}
    with zipfile.ZipFile(io.BytesIO(bundle_of(project))) as archive:
        archive.extractall(tmp_path)
    running.run("import-directory", "--overwrite", str(tmp_path / "wavehouse"))
    assert [len(running.all_of(kind)) for kind in kinds] == [1, 4, 4, 1]
    assert "Figures" in {each["slice_name"] for each in running.all_of("chart")}


@pytest.mark.parametrize("table", KEYS)
def test_superset_gives_a_figure_or_nothing(superset: tuple[Superset, Project], table: str) -> None:
    running, project = superset
    key, figures = KEYS[table], FIGURES[table]
    [everything] = running.rows(table, figures)
    assert everything == dict.fromkeys(figures)
    # One column short of the key, each in turn: several rows give nothing, one row gives itself.
    for missing in key:
        kept = [name for name in key if name != missing]
        names = ", ".join(kept)
        values = ", ".join(f"any_value({figure})" for figure in figures)
        expected = {
            row[: len(kept)]: row[len(kept) + 1 :] if row[len(kept)] == 1 else (None,) * 6
            for row in rows_of(
                project,
                f"select {names}, count(*), {values} from marts.{table} "
                f"where study_id = 'bsa' group by {names}",
            )
        }
        found = running.rows(table, figures, kept, study_id="bsa")
        assert len(found) == len(expected) > 0
        for row in found:
            wanted = expected[tuple(row[name] for name in kept)]
            assert tuple(row[name] for name in figures) == wanted[: len(figures)]
    published = {
        row[: len(key)]: row[len(key) :]
        for row in rows_of(project, f"select {', '.join([*key, *figures])} from marts.{table}")
    }
    found = running.rows(table, figures, key)
    assert len(found) == len(published)
    for row in found:
        assert tuple(row[name] for name in figures) == published[tuple(row[name] for name in key)]


def test_superset_offers_no_column_to_add_up(superset: tuple[Superset, Project]) -> None:
    running, _ = superset
    for table, figures in FIGURES.items():
        for figure in figures:
            for aggregate in ("SUM", "AVG", "MAX", "COUNT"):
                added = {
                    "expressionType": "SIMPLE",
                    "column": {"column_name": figure},
                    "aggregate": aggregate,
                    "label": "added",
                }
                answer = running.ask(table, [added])
                assert answer.status_code == 400
                assert f"Columns missing in dataset: ['{figure}']" in answer.text
    # The guide says so: who writes SQL by hand is not kept from anything.
    by_hand = {"expressionType": "SQL", "sqlExpression": "sum(value)", "label": "added"}
    [row] = running.rows("chart_trend_estimates", [by_hand], measure_id="happiness_share")
    assert row["added"] > 10_000


def sign_in(page: Page, address: str) -> None:
    page.request.post(f"{address}/login/", form={"username": NAME, "password": PASSWORD})
    assert page.request.get(f"{address}/api/v1/me/").json()["result"]["username"] == NAME


def test_the_dashboard_is_right_at_once(superset: tuple[Superset, Project], tmp_path: Path) -> None:
    running, project = superset
    [board] = running.all_of("dashboard")
    _, facts = read_published(project)
    first = facts.first
    assert first is not None
    shown = rows_of(
        project,
        "select wave_label, epoch_ms(cast(wave_date as timestamp)), value, value_lower, "
        "value_upper, display_value, break_text is not null from marts.chart_trend_estimates "
        f"where study_id = '{first.study_id}' and measure_id = '{first.measure_id}' "
        f"and category_code = '{first.category_code}' and segment_id = 'total' "
        "order by wave_number",
    )
    bars = rows_of(
        project,
        "select category_order || '. ' || category_label, value from marts.chart_trend_estimates "
        f"where study_id = '{first.study_id}' and measure_id = '{first.measure_id}' "
        f"and segment_id = 'total' and wave_label = '{shown[-1][0]}'",
    )
    answers: list[Response] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1600, "height": 1900})
        page.set_default_timeout(PATIENCE * 1000)
        sign_in(page, running.address)
        page.on("response", lambda one: answers.append(one) if "/chart/data" in one.url else None)
        page.goto(f"{running.address}/superset/dashboard/{board['id']}/")
        for row in shown:
            for text in (row[0], row[5]):
                wait_for_cell(page, text)
        expect(page.locator("canvas")).to_have_count(2, timeout=PATIENCE * 1000)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=tmp_path / "dashboard.png")
        [lines, dots] = answer_of(answers, "mixed_timeseries")
        assert [
            (row["wave_date"], row["Total"], row["Total__yhat_lower"], row["Total__yhat_upper"])
            for row in lines
        ] == [row[1:5] for row in shown]
        assert [(row["wave_date"], row["Total, after a break"]) for row in dots] == [
            (row[1], row[2]) for row in shown if row[6]
        ]
        [drawn] = answer_of(answers, "echarts_timeseries_bar")
        assert {(row["category_in_order"], row["Total"]) for row in drawn} == set(bars)
        # Another study: each filter goes to the first that it has there.
        answers.clear()
        page.locator(".ant-select").first.click()
        page.get_by_title("British Social Attitudes Panel", exact=True).click()
        # The measure, and by it the wave.
        page.locator("[title='Mean support for legal abortion']").first.wait_for()
        page.locator("[title='BSA Panel 1986']").first.wait_for()
        page.get_by_role("button", name="Apply filters").click()
        wait_for_cell(page, "BSA Panel 1986")
        expect(page.locator("canvas")).to_have_count(2, timeout=PATIENCE * 1000)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=tmp_path / "another study.png")
        assert page.get_by_text("No results were returned").count() == 0
        assert page.get_by_text("Data error").count() == 0
        assert all(answer.status == 200 for answer in answers)


def wait_for_cell(page: Page, text: str) -> None:
    """Wait until a table shows a text; Superset has a copy of each table that nobody sees."""
    page.locator("td").get_by_text(text, exact=True).filter(visible=True).first.wait_for()


def answer_of(answers: list[Response], kind: str) -> list[list[dict[str, Any]]]:
    """Give the rows that a chart of a kind was given, for each of its queries."""
    [found] = [
        answer
        for answer in answers
        if answer.request.post_data_json["form_data"].get("viz_type") == kind
    ]
    return [query["data"] for query in found.json()["result"]]
