"""An Evidence project over the published Parquet files: a page of trends and one of changes.

Each query of a page groups by what is drawn and asks for figures by the guard, so that a filter
that somebody takes away leaves a gap.
"""

import json
from collections.abc import Sequence
from pathlib import PurePath

from wavehouse.escapes import sql_text
from wavehouse_exchange.connections.charts import ChartTable, guarded

# Versions that the project was opened with.
PACKAGES = {
    "@evidence-dev/evidence": "40.1.8",
    "@evidence-dev/core-components": "5.4.2",
    "@evidence-dev/duckdb": "2.0.1",
    # What Evidence asks for, and npm does not find by itself.
    "typescript": "5.4.2",
}
SOURCE = "wavehouse"
SETTINGS = """\
plugins:
  components:
    "@evidence-dev/core-components": {}
  datasources:
    "@evidence-dev/duckdb": {}
"""
# Evidence reads the files by DuckDB in memory; it copies what the pages use when it is built.
CONNECTION = f"""\
name: {SOURCE}
type: duckdb
options:
  filename: ":memory:"
"""
CELL = """\
study_id = '${inputs.study.value}'
  and measure_id = '${inputs.measure.value}'
  and category_code = '${inputs.category.value}'
  and segment_id = '${inputs.segment.value}'"""

# Of a chart; a measure without categories has the code for "not applicable".
TITLE = (
    "inputs.category.value === '_Z' ? inputs.measure.label "
    ": inputs.measure.label + ': ' + inputs.category.label"
)
# Columns of tables by what readers call them; they hold texts, which no total adds up.
FIGURES = {
    "wave_label": "Wave",
    "segment_value_label": "Group",
    "display_value": "Estimate",
    "display_interval": "Interval",
    "since_previous": "Since the previous wave",
    "status": "Status",
    "break_text": "Break",
    "base_description": "Base",
}
CHANGES = {
    "comparison": "Comparison",
    "waves_label": "Waves",
    "segment_value_label": "Group",
    "display_value": "Change",
    "display_interval": "Interval",
    "significance_text": "Significance",
    "status": "Status",
    "break_text": "Break",
}
TOTAL = "total"
SENTENCES = ("since_previous", "significance_text", "status", "base_description", "break_text")


def evidence_files(charts: Sequence[ChartTable], parquet: PurePath) -> dict[str, str]:
    """Write an Evidence project, by file name.

    Args:
        charts: the tables, as they are published.
        parquet: the folder of the published Parquet files.
    """
    package = {
        "name": "wavehouse-trends",
        "private": True,
        "type": "module",
        "scripts": {
            "sources": "evidence sources",
            "dev": "evidence dev",
            "build": "evidence build",
        },
        "dependencies": PACKAGES,
    }
    estimates, changes = (chart.name for chart in charts)
    return {
        "package.json": json.dumps(package, indent=2) + "\n",
        "evidence.config.yaml": SETTINGS,
        f"sources/{SOURCE}/connection.yaml": CONNECTION,
        **{
            f"sources/{SOURCE}/{chart.name}.sql": (
                f"select * from {sql_text(parquet / f'{chart.name}.parquet')}\n"
            )
            for chart in charts
        },
        "pages/index.md": _trends(estimates),
        "pages/changes.md": _changes(changes),
    }


def _trends(table: str) -> str:
    figures = ",\n  ".join(
        f"{guarded(name)} as {name}" for name in ("value", "value_lower", "value_upper")
    )
    return f"""\
---
title: Trends
---

{_choices(table)}

```sql trend
select
  wave_date,
  segment_value_label,
  segment_order,
  {figures}
from {SOURCE}.{table}
where {CELL}
group by wave_date, segment_value_label, segment_order
order by wave_date, segment_order
```

```sql breaks
select distinct wave_date, 'Break' as label
from {SOURCE}.{table}
where {CELL}
  and break_text is not null
```

```sql figures
select
  wave_label,
  segment_value_label,
  display_value,
  display_interval,
  since_previous,
  coalesce(missing_reason, status_text) as status,
  break_text,
  base_description
from {SOURCE}.{table}
where {CELL}
order by wave_number, segment_order
```

<LineChart
  data={{trend}}
  x=wave_date
  y=value
  series=segment_value_label
  sort=false
  handleMissing=gap
  markers=true
  legend=true
  title={{{TITLE}}}
>
  {{#if breaks.length > 0}}
    <ReferenceLine data={{breaks}} x=wave_date label=label hideValue=true />
  {{/if}}
</LineChart>

Intervals stand in the table. A gap is a figure that is not published,
or that stands for several rows.

{_table("figures", FIGURES)}
"""


def _changes(table: str) -> str:
    return f"""\
---
title: Changes
---

{_choices(table)}

```sql changes
select
  comparison,
  waves_label,
  segment_value_label,
  display_value,
  display_interval,
  significance_text,
  coalesce(missing_reason, status_text) as status,
  break_text
from {SOURCE}.{table}
where {CELL}
order by comparison, to_wave_number, from_wave_number, segment_order
```

{_table("changes", CHANGES)}
"""


def _table(query: str, columns: dict[str, str]) -> str:
    shown = [f'  <Column id={name} title="{title}" wrap=true />' for name, title in columns.items()]
    return "\n".join([f"<DataTable data={{{query}}} rows=20>", *shown, "</DataTable>"])


def _choices(table: str) -> str:
    """Write the choices of a page: each is made among the rows that the ones before leave."""
    study = "study_id = '${inputs.study.value}'"
    measure = "measure_id = '${inputs.measure.value}'"
    chosen = [
        ("study", "study_id", "study_label", "", "study_label"),
        ("measure", "measure_id", "measure_label", study, "measure_label"),
        ("category", "category_code", "category_label", f"{study} and {measure}", "category_order"),
        ("segment", "segment_id", "segment_label", f"{study} and {measure}", "segment_depth"),
    ]
    queries = [
        f"```sql {name}_choices\n"
        f"select {code}, coalesce(any_value({label}), {code}) as name, min({order}) as place\n"
        f"from {SOURCE}.{table}\n"
        + (f"where {condition}\n" if condition else "")
        + f"group by {code}\norder by place, name\n```"
        for name, code, label, condition, order in chosen
    ]
    inputs = [
        f"<Dropdown data={{{name}_choices}} name={name} value={code} label=name order=place "
        f'title="{name.capitalize()}"{f" defaultValue={TOTAL}" * (name == "segment")} />'
        for name, code, *_ in chosen
    ]
    inputs.append(
        "\nChoose from left to right: after another study or measure, choose the rest again."
    )
    return "\n\n".join([*queries, "\n".join(inputs)])
