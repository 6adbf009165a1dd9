"""Large generated studies for scripts that measure: respondents in a table, without wave files.

A study is a data frame with a row for each respondent of a wave, and the codebook says of it what
is needed to estimate. The cells are written as Parquet, because dbt would read files of waves for
minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas
from workbench import Row, add_codebook_rows, set_codebook_rows

from studies.drawn import read_cells_from
from wavehouse.project import Project

# Columns of every data frame beside its variables, and what they are in the design.
ROLES = {"respondent": "respondent", "weight": "weight", "stratum": "stratum", "psu": "psu"}
TEXT = {"description": "Generated."}


@dataclass(frozen=True)
class Codebook:
    """What generated studies share: variables, segments and measures.

    `categories` has the codes of each categorical variable, `bounds` those of each numeric one,
    `segments` the variables of each segment beside the total. Measures are rows of the codebook.
    """

    categories: Mapping[str, Sequence[str]]
    bounds: Mapping[str, tuple[float, float]]
    segments: Mapping[str, Sequence[str]]
    measures: Sequence[Row]
    more: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def variables(self) -> list[str]:
        """Name all variables, which are columns of the data frames too."""
        return [*self.categories, *self.bounds]

    def rows(self) -> dict[str, Sequence[Row]]:
        """Give the rows of the codebook."""
        return {
            "code_lists": [
                {"code_list_id": name, "code_list_label": name, **TEXT} for name in self.categories
            ],
            "categories": [
                {
                    "code_list_id": name,
                    "category_code": code,
                    "category_order": str(order),
                    "category_label": code,
                }
                for name, codes in self.categories.items()
                for order, code in enumerate(codes, start=1)
            ],
            "variables": [
                *(
                    {
                        "variable_id": name,
                        "variable_label": name,
                        "value_type": "categorical",
                        "code_list_id": name,
                        **TEXT,
                    }
                    for name in self.categories
                ),
                *(
                    {
                        "variable_id": name,
                        "variable_label": name,
                        "value_type": "numeric",
                        "unit": "units",
                        "lower_bound": str(lower),
                        "upper_bound": str(upper),
                        **TEXT,
                    }
                    for name, (lower, upper) in self.bounds.items()
                ),
            ],
            "segments": [
                {"segment_id": name, "segment_label": name, **TEXT}
                for name in ("total", *self.segments)
            ],
            "segment_variables": [
                {"segment_id": name, "position": str(position), "variable_id": variable}
                for name, variables in self.segments.items()
                for position, variable in enumerate(variables, start=1)
            ],
            "measures": [
                {
                    "measure_label": measure["measure_id"],
                    "base_description": "Respondents with an answer",
                    **TEXT,
                    **measure,
                }
                for measure in self.measures
            ],
            **self.more,
        }


def add_generated_studies(
    project: Project,
    codebook: Codebook,
    studies: Mapping[str, pandas.DataFrame],
    publication_rule_id: str,
) -> None:
    """Let a project have nothing but generated studies, and no marts.

    Args:
        project: a copy of the project.
        codebook: what the studies share.
        studies: respondents by study: wave_id, the columns of ROLES, and each variable; a missing
            answer is null. Samples of different waves are independent.
        publication_rule_id: the rule of all studies; a measure may name another.
    """
    for path in project.codebook.glob("*.csv"):
        if path.stem not in ("publication_rules", "publication_criteria"):
            set_codebook_rows(project, path.stem, [])
    add_codebook_rows(project, codebook.rows())
    for study_id, respondents in studies.items():
        sizes = respondents.groupby("wave_id", sort=True).size()
        tables = study_rows(codebook, study_id, dict(sizes), publication_rule_id)
        add_codebook_rows(project, tables)
    path = project.root / "cells.parquet"
    write_cells(path, codebook, studies)
    read_cells_from(project, f"select * from read_parquet('{path}')")


def study_rows(
    codebook: Codebook, study_id: str, sizes: Mapping[str, int], publication_rule_id: str
) -> dict[str, list[Row]]:
    """Give the codebook rows of a study, from the number of respondents of each wave."""
    key = {"study_id": study_id}
    valid = {**key, "valid_from_wave": next(iter(sizes))}
    return {
        "studies": [
            {
                **key,
                "study_label": study_id,
                "universe": "Nobody",
                "producer": "A script",
                "citation": "None",
                "terms_of_use": "Free",
                "publication_rule_id": publication_rule_id,
                "ci_level": "0.95",
                "adjustment_method": "holm",
                **TEXT,
            }
        ],
        "designs": [
            {
                **key,
                "design_id": study_id,
                "design_label": study_id,
                "lonely_psu": "adjust",
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                "variance_method": "taylor",
                "psu_numbering": "within_strata",
                **TEXT,
            }
        ],
        "design_columns": [
            {"design_id": study_id, "design_role": role, "position": "1", "source_column": column}
            for column, role in ROLES.items()
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": str(number),
                "wave_label": wave_id,
                "wave_date": f"{1900 + number // 12:04}-{number % 12 + 1:02}-01",
                "design_id": study_id,
                "sample_id": wave_id,
                "expected_respondents": str(size),
            }
            for number, (wave_id, size) in enumerate(sizes.items(), start=1)
        ],
        "questions": [
            {
                **valid,
                "variable_id": name,
                "source_column": name,
                "crosswalk_id": name,
                "question_text": "Generated.",
                "universe": "All",
            }
            for name in codebook.variables
        ],
        "crosswalk": [
            *(
                {
                    **valid,
                    "crosswalk_id": name,
                    "source_code": code,
                    "category_code": code,
                    "mapping_method": "identity",
                }
                for name, codes in codebook.categories.items()
                for code in codes
            ),
            *(
                {
                    **valid,
                    "crosswalk_id": name,
                    "source_code": "<number>",
                    "mapping_method": "identity",
                }
                for name in codebook.bounds
            ),
            *(
                {
                    **valid,
                    "crosswalk_id": name,
                    "source_code": "<empty>",
                    "missing_kind": "no_answer",
                    "mapping_method": "sentinel",
                }
                for name in codebook.variables
            ),
        ],
    }


def write_cells(path: Path, codebook: Codebook, studies: Mapping[str, pandas.DataFrame]) -> None:
    """Write the cells of all waves as their staging models would give them."""
    columns = [*ROLES, *codebook.variables]
    texts = ", ".join(f'cast("{column}" as varchar) as "{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with duckdb.connect() as connection:
        for number, (study_id, respondents) in enumerate(studies.items()):
            connection.register("respondents", respondents)
            connection.execute(
                f"""
                {"insert into cells" if number else "create table cells as"}
                select * from (
                    select
                        '{study_id}' as study_id,
                        wave_id,
                        row_number() over (partition by wave_id) as row_number,
                        {texts}
                    from respondents
                ) unpivot include nulls (source_code for source_column in ({names}))
                """
            )
        connection.execute(f"copy cells to '{path}' (format parquet)")
