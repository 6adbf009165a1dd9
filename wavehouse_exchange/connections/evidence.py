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
                f"select * from read_parquet({sql_text(str(parquet / f'{chart.name}.parquet'))})\n"
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
select distinct wave_date, break_text
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
  base_description,
  value_unit
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
  yMin=0
  title="{{inputs.measure.label}}: {{inputs.category.label}}"
>
  <ReferenceLine data={{breaks}} x=wave_date label=break_text />
</LineChart>

Intervals stand in the table. A gap is a figure that is not published,
or that stands for several rows.

<DataTable data={{figures}} rows=20 />
"""


def _changes(table: str) -> str:
    return f"""\
---
title: Changes
---

{_choices(table)}

```sql changes
select
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

<DataTable data={{changes}} rows=20 />
"""


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
        f"select {code}, coalesce(any_value({label}), {code}) as name\n"
        f"from {SOURCE}.{table}\n"
        + (f"where {condition}\n" if condition else "")
        + f"group by {code}\norder by min({order}), name\n```"
        for name, code, label, condition, order in chosen
    ]
    inputs = [
        f'<Dropdown data={{{name}_choices}} name={name} value={code} label=name title="'
        f'{name.capitalize()}" />'
        for name, code, *_ in chosen
    ]
    return "\n\n".join([*queries, "\n".join(inputs)])
