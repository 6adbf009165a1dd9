"""Asks MetricFlow many questions in one process, as its command `mf query` does one.

Reads a list of questions as JSON from stdin, each with `metrics`, `group_by` and `where`, or with
`saved_query`; prints a list of answers, each a list of rows by column.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def answers(folder: Path, questions: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Give the rows that MetricFlow answers each question with."""
    configuration = CLIConfiguration()
    configuration.setup(folder, folder, configure_file_logging=False)
    found = []
    for question in questions:
        request = MetricFlowQueryRequest.create(
            saved_query_name=question.get("saved_query"),
            metric_names=question.get("metrics"),
            group_by_names=question.get("group_by"),
            where_constraints=question.get("where"),
        )
        table = configuration.mf.query(request).result_df
        found.append([dict(zip(table.column_names, row, strict=True)) for row in table.rows])
    return found


if __name__ == "__main__":
    print(json.dumps(answers(Path.cwd(), json.load(sys.stdin)), default=str))
