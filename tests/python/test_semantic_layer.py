"""MetricFlow answers with a figure of the tables for charts, or with nothing: no sums, no means.

What it should answer is counted here by pandas from the rows of the table.
"""

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from workbench import ROOT, copy_built, query

from wavehouse.errors import ProblemsError
from wavehouse.project import Project
from wavehouse_exchange.connections.charts import CHARTS, ChartTable, read_published
from wavehouse_exchange.connections.metricflow import (
    PATH,
    PREFIXES,
    SAVED,
    check_semantics,
    semantic_models,
    write_semantics,
)

Answers = list[list[dict[str, Any]]]
QUESTIONS = 40
SEED = 20


@pytest.fixture(scope="module")
def asked(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_built(published, tmp_path_factory.mktemp("asked") / "project")


@pytest.fixture(scope="module")
def charts(published: Project) -> tuple[ChartTable, ...]:
    return read_published(published)[0]


def ask(project: Project, questions: list[dict[str, Any]]) -> Answers:
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("ask_metricflow.py"))],
        cwd=project.root,
        input=json.dumps(questions),
        text=True,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def table(project: Project, name: str) -> pd.DataFrame:
    return pd.DataFrame(query(project, f"select * from marts.{name}"))


def as_answered(value: object) -> str | None:
    """Write a value as JSON of an answer has it; what is missing is None."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)[:120]


def groups_of(rows: pd.DataFrame, facts: list[str], figure: str) -> dict[tuple[Any, ...], Any]:
    """Count by hand: the figure of each group that has a single row, None for the others."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows[[*facts, figure]].astype(object).to_dict("records"):
        key = tuple(as_answered(row[fact]) for fact in facts)
        found.setdefault(key, []).append(as_answered(row[figure]))
    return {key: values[0] if len(values) == 1 else None for key, values in found.items()}


def test_any_question_has_the_figure_of_a_single_row_or_none(
    asked: Project, charts: tuple[ChartTable, ...]
) -> None:
    draw = random.Random(SEED)
    questions, drawn = [], []
    for chart in charts:
        prefix = PREFIXES[chart.name]
        keys = [column.name for column in chart.columns if column.is_key]
        facts = [column.name for column in chart.facts if column.data_type != "date"]
        for number in range(QUESTIONS // len(charts)):
            # Every second one is nearly the key, so that groups of one row and of two are there.
            few = draw.sample(keys, len(keys) - number % 3) if number % 2 else []
            of = sorted({*few, *draw.sample(facts, draw.randint(1, 4))})
            figure = draw.choice(chart.figures).name
            drawn.append((chart.name, of, figure))
            questions.append(
                {
                    "metrics": [f"{prefix}_{figure}"],
                    "group_by": [f"{prefix}__{fact}" for fact in of],
                }
            )
    answers = ask(asked, questions)
    tables = {name: table(asked, name) for name in CHARTS}
    n_figures = n_gaps = 0
    for (name, facts, figure), rows in zip(drawn, answers, strict=True):
        prefix = PREFIXES[name]
        got = {
            tuple(as_answered(row[f"{prefix}__{fact}"]) for fact in facts): as_answered(
                row[f"{prefix}_{figure}"]
            )
            for row in rows
        }
        expected = groups_of(tables[name], facts, figure)
        assert {key: got.get(key) for key in expected} == expected, (name, facts, figure)
        n_figures += sum(value is not None for value in expected.values())
        n_gaps += sum(value is None for value in expected.values())
    assert min(n_figures, n_gaps) > 1000


def test_no_dimensions_no_figures(asked: Project, charts: tuple[ChartTable, ...]) -> None:
    metrics = [f"{PREFIXES[chart.name]}_{each.name}" for chart in charts for each in chart.figures]
    questions: list[dict[str, Any]] = [{"metrics": [name]} for name in metrics]
    assert ask(asked, questions) == [[{name: None}] for name in metrics]


def test_a_coarser_time_is_a_gap_where_waves_share_it(asked: Project) -> None:
    cell = (
        "{{ Dimension('trend__study_id') }} = 'bsa' and {{ Dimension('trend__segment_id') }} = "
        "'total' and {{ Dimension('trend__category_code') }} = '_Z'"
    )
    by_wave, by_decade = ask(
        asked,
        [
            {
                "metrics": ["trend_value"],
                "group_by": ["trend__measure_id", "metric_time__day"],
                "where": [cell],
            },
            {"metrics": ["trend_value"], "group_by": ["trend__measure_id"], "where": [cell]},
        ],
    )
    assert by_wave
    assert all(row["trend_value"] is not None for row in by_wave)
    waves = pd.DataFrame(by_wave).groupby("trend__measure_id").size()
    assert (waves > 1).all()
    assert {row["trend_value"] for row in by_decade} == {None}


def test_saved_queries_have_all_rows_that_they_name(asked: Project) -> None:
    names = [name for saved in SAVED.values() for name, _, _ in saved]
    answers = dict(zip(names, ask(asked, [{"saved_query": name} for name in names]), strict=True))
    estimates, changes = (table(asked, name) for name in CHARTS)
    rows = {
        "trends_of_all_respondents": estimates[estimates.segment_id == "total"],
        "trends_by_one_variable": estimates[estimates.segment_depth == 1],
        "significant_changes": changes[changes.is_significant == True],  # noqa: E712
    }
    assert answers.keys() == rows.keys()
    for name, expected in rows.items():
        prefix = "change" if name == "significant_changes" else "trend"
        assert len(answers[name]) == len(expected) > 0
        values = [row[f"{prefix}_value"] for row in answers[name]]
        got = sorted(value for value in values if value is not None)
        assert got == pytest.approx(sorted(expected.value.dropna()))


def test_all_figures_have_the_guard_and_are_described(charts: tuple[ChartTable, ...]) -> None:
    written = yaml.safe_load((ROOT / PATH).read_text(encoding="utf-8"))
    derived = {each["name"]: each for each in written["metrics"] if each["type"] == "derived"}
    assert sorted(derived) == sorted(
        f"{PREFIXES[chart.name]}_{each.name}" for chart in charts for each in chart.figures
    )
    assert all("_rows = 1 then" in each["type_params"]["expr"] for each in derived.values())
    aggregated = {each["agg"] for model in written["semantic_models"] for each in model["measures"]}
    assert aggregated == {"max", "sum"}
    summed = [
        each["expr"]
        for model in written["semantic_models"]
        for each in model["measures"]
        if each["agg"] == "sum"
    ]
    assert set(summed) == {"1"}


def test_the_file_agrees_with_the_published_contracts(charts: tuple[ChartTable, ...]) -> None:
    assert (ROOT / PATH).read_text(encoding="utf-8") == semantic_models(charts)


def test_a_stale_file_is_found_and_written_anew(asked: Project, tmp_path: Path) -> None:
    project = copy_built(asked, tmp_path / "project")
    path = project.root / PATH
    text = path.read_text(encoding="utf-8")
    check_semantics(project)
    assert not write_semantics(project)
    path.write_text(text.replace('label: "Study ID"', 'label: "Study"', 1), encoding="utf-8")
    with pytest.raises(ProblemsError, match=re.escape(f"{PATH}: run `make generate`")):
        check_semantics(project)
    assert write_semantics(project)
    assert path.read_text(encoding="utf-8") == text
