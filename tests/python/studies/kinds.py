"""The made-up survey again, asked for every kind of measure, contrast and pooling.

| study                  | design                          | waves of one sample | others     |
|------------------------|---------------------------------|---------------------|------------|
| kinds_full_adjust      | strata, PSUs, weights           | w1, w2, w3          | z1         |
| kinds_full_fpc_average | with population correction      | w1, w2, w3          | z1         |
| kinds_full_remove      | strata, PSUs, weights           | w1, w2, w3          |            |
| kinds_no_strata        | PSUs, weights                   | w1, w2, w3          |            |
| kinds_simple           | each respondent by themselves   |                     | w1, w2, w3 |
| kinds_panel            | people are PSUs within strata   | p1, p2              |            |
| kinds_islands          | groups within one PSU           |                     | i1, i2     |
| kinds_islands_shared   | the same                        | i1, i2              |            |
| kinds_weights          | strata, PSUs, two weights       | w1, w2, w3          |            |

In the islands, group c lives in one PSU, b in one PSU in each of ten strata, and `one` is a
respondent.

The weights of the last study are `panel`, which is empty or zero for some, and `whole`, which only
the measures `kinds_other_*` have. They are made of the same answers, under other names.

The waves are not a whole number of years apart, so that slopes have something to weigh.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench import (
    Row,
    add_codebook_rows,
    index_row,
    pool_row,
    read_rows,
    write_wave,
)

from studies.made_up import DATA, ROLES, ROTATING
from wavehouse.project import Project

TEXT = {"description": "Made up."}
WAVE_DATES = {
    "w1": "2001-06-01",
    "w2": "2002-05-15",
    "w3": "2004-02-29",
    "z1": "2004-09-01",
    "p1": "2001-06-01",
    "p2": "2002-09-15",
    "i1": "2001-06-01",
    "i2": "2002-09-15",
    "r1": "2001-06-01",
    "r2": "2002-09-15",
}
# Code lists, their categories, and the delivered code of each.
CODE_LISTS = {
    "kinds_choice": {"p": "p", "q": "q", "r": "r"},
    "kinds_mention": {"yes": "1", "no": "0"},
    "kinds_age": {"young": "young", "middle": "middle", "old": "old"},
    "kinds_group": {"a": "a", "b": "b", "c": "c", "one": "one"},
}
MENTIONS = {"kinds_mention_1": "m1", "kinds_mention_2": "m2", "kinds_mention_3": "m3"}
# Variable: its column and its code list.
CATEGORICAL = {
    "kinds_choice": ("cat", "kinds_choice"),
    "kinds_age": ("age", "kinds_age"),
    "kinds_group": ("d", "kinds_group"),
    **{variable_id: (column, "kinds_mention") for variable_id, column in MENTIONS.items()},
}
NUMERIC = {"kinds_number": "y", "kinds_size": "size"}
STANDARD = {"young": "0.3", "middle": "0.45", "old": "0.25"}
# Items of the net and of the balance, with the scores of their categories.
ITEMS: dict[str, dict[str, dict[str, str]]] = {
    "kinds_choice_net": {"p_or_q": {"p": "1", "q": "1"}, "any": {"p": "1", "q": "1", "r": "1"}},
    "kinds_choice_balance": {"balance": {"p": "1", "r": "-1"}},
}
# The weights of a study that has several, with their columns: the first is that of the study.
SEVERAL = {"panel": "panel_weight", "whole": "weight"}
# Variables that only this study asks, whose columns and code lists are those of others.
OTHERS = {
    "kinds_other_choice": "kinds_choice",
    "kinds_other_number": "kinds_number",
    **{f"kinds_other_{name.removeprefix('kinds_')}": name for name in MENTIONS},
}
SEGMENT_CONTRASTS = (("a", "b"), ("c", "a"), ("one", "a"))


@dataclass(frozen=True)
class KindsStudy:
    """A study: its design, the waves of one sample and those that stand alone."""

    name: str
    roles: tuple[str, ...]
    shared: tuple[str, ...]
    alone: tuple[str, ...] = ()
    applies_fpc: bool = False
    lonely_psu: str = "adjust"
    base_wave_id: str = "w1"
    pooled: tuple[int, ...] = ()
    prefix: str = "kinds"
    has_several_weights: bool = False

    @property
    def study_id(self) -> str:
        """The study's id."""
        return f"{self.prefix}_{self.name}"

    @property
    def waves(self) -> tuple[str, ...]:
        """All waves in their order."""
        return (*self.shared, *self.alone)

    @property
    def columns(self) -> dict[str, str]:
        """The columns of the sample design by role."""
        return {"respondent": "respondent"} | {role: ROLES[role] for role in self.roles}

    @property
    def weights(self) -> dict[str, str]:
        """The columns of its weights by name."""
        return SEVERAL if self.has_several_weights else {}


FULL = ("stratum", "psu", "weight")
KINDS_STUDIES = (
    KindsStudy("full_adjust", FULL, ROTATING, ("z1",), base_wave_id="w2", pooled=(2, 3)),
    KindsStudy(
        "full_fpc_average",
        (*FULL, "psu_population"),
        ROTATING,
        ("z1",),
        applies_fpc=True,
        lonely_psu="average",
        pooled=(2,),
    ),
    KindsStudy("full_remove", FULL, ROTATING, lonely_psu="remove", pooled=(3,)),
    KindsStudy("no_strata", ("psu", "weight"), ROTATING, pooled=(2,)),
    KindsStudy("simple", (), (), ROTATING, pooled=(2,)),
    KindsStudy("panel", ("stratum", "weight"), ("p1", "p2"), base_wave_id="p1", pooled=(2,)),
    KindsStudy("islands", FULL, (), ("i1", "i2"), base_wave_id="i1", pooled=(2,)),
    KindsStudy("islands_shared", FULL, ("i1", "i2"), base_wave_id="i1", pooled=(2,)),
    KindsStudy("weights", ("stratum", "psu"), ROTATING, pooled=(2,), has_several_weights=True),
)


def add_kinds_studies(project: Project) -> None:
    """Add all of them, with their variables and measures. Run `generate` afterwards."""
    data: dict[str, list[Row]] = {}
    for row in read_rows(DATA):
        data.setdefault(row["wave"], []).append(row)
    add_codebook_rows(project, variable_rows())
    add_codebook_rows(project, measure_rows())
    for study in KINDS_STUDIES:
        add_codebook_rows(project, study_rows(study, data))
        write_waves(project, study, data)
    add_codebook_rows(project, weight_rows())


def write_waves(
    project: Project, study: KindsStudy, data: dict[str, list[Row]], more: Iterable[str] = ()
) -> None:
    """Deliver the columns that a study needs, and more of its design."""
    columns = dict.fromkeys(
        [
            *study.columns.values(),
            *study.weights.values(),
            *more,
            *(column for column, _ in CATEGORICAL.values()),
            *NUMERIC.values(),
        ]
    )
    for wave_id in study.waves:
        rows = [{column: row[column] for column in columns} for row in data[wave_id]]
        write_wave(project, study.study_id, wave_id, rows)


def variable_rows() -> dict[str, list[Row]]:
    """Give variables, their code lists, the segment, the groups and the standard population."""
    return {
        "code_lists": [
            {"code_list_id": code_list, "code_list_label": code_list, **TEXT}
            for code_list in CODE_LISTS
        ],
        "categories": [
            {
                "code_list_id": code_list,
                "category_code": category,
                "category_order": str(order),
                "category_label": f"Category {category}",
            }
            for code_list, codes in CODE_LISTS.items()
            for order, category in enumerate(codes, start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": f"Made-up {variable_id}",
                    "value_type": "categorical",
                    "code_list_id": code_list,
                    **TEXT,
                }
                for variable_id, (_, code_list) in CATEGORICAL.items()
            ),
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": f"Made-up {variable_id}",
                    "value_type": "numeric",
                    "unit": "units",
                    "lower_bound": "0",
                    "upper_bound": "100",
                    **TEXT,
                }
                for variable_id in NUMERIC
            ),
        ],
        "segments": [{"segment_id": "kinds_group", "segment_label": "Made-up group", **TEXT}],
        "segment_variables": [
            {"segment_id": "kinds_group", "position": "1", "variable_id": "kinds_group"}
        ],
        "segment_contrasts": [
            {
                "segment_id": "kinds_group",
                "segment_code": code,
                "reference_segment_code": reference,
            }
            for code, reference in SEGMENT_CONTRASTS
        ],
        "variable_groups": [
            {
                "variable_group_id": "kinds_mentions",
                "variable_group_label": "Made-up mentions",
                "group_kind": "multiple_response",
                "mention_category_code": "yes",
                **TEXT,
            },
            {
                "variable_group_id": "kinds_grid",
                "variable_group_label": "Made-up grid",
                "group_kind": "grid",
                **TEXT,
            },
        ],
        "variable_group_members": [
            *group_members("kinds_mentions", MENTIONS),
            *group_members("kinds_grid", list(MENTIONS)[:2]),
        ],
        "standard_populations": [
            {
                "standard_population_id": "kinds_ages",
                "standard_population_label": "Made-up ages",
                "variable_id": "kinds_age",
                "source": "None",
                **TEXT,
            }
        ],
        "standard_population_shares": [
            {
                "standard_population_id": "kinds_ages",
                "category_code": category,
                "population_share": share,
            }
            for category, share in STANDARD.items()
        ],
    }


def group_members(group: str, members: Iterable[str]) -> list[Row]:
    """Give the rows of a group's members."""
    return [
        {"variable_group_id": group, "variable_id": variable_id, "member_order": str(order)}
        for order, variable_id in enumerate(members, start=1)
    ]


def measure_rows() -> dict[str, list[Row]]:
    """Give the measures, one or more of each kind, with the items of nets and scores."""
    number = {"variable_id": "kinds_number"}
    choice = {"variable_id": "kinds_choice"}
    group = {"variable_group_id": "kinds_mentions"}
    by_age = {"standard_population_id": "kinds_ages"}
    measures: dict[str, Row] = {
        "kinds_number_mean": {"measure_kind": "mean", **number},
        "kinds_number_p10": {"measure_kind": "quantile", "quantile": "0.1", **number},
        "kinds_number_median": {"measure_kind": "quantile", "quantile": "0.5", **number},
        "kinds_number_p90": {"measure_kind": "quantile", "quantile": "0.9", **number},
        "kinds_number_per_size": {
            "measure_kind": "ratio",
            "denominator_variable_id": "kinds_size",
            **number,
        },
        "kinds_number_total": {"measure_kind": "total", **number},
        "kinds_choice_share": {"measure_kind": "share", **choice},
        "kinds_choice_total": {"measure_kind": "total", **choice},
        "kinds_choice_net": {"measure_kind": "net", **choice},
        "kinds_choice_balance": {"measure_kind": "score", **choice},
        "kinds_mentions_cases": {"measure_kind": "share_of_cases", **group},
        "kinds_mentions_responses": {"measure_kind": "share_of_responses", **group},
        "kinds_grid_share": {"measure_kind": "share", "variable_group_id": "kinds_grid"},
        "kinds_choice_share_by_age": {"measure_kind": "share", **choice, **by_age},
        "kinds_number_mean_by_age": {"measure_kind": "mean", **number, **by_age},
    }
    return {
        "measures": [
            {
                "measure_id": measure_id,
                "measure_label": measure_id,
                "base_description": "Respondents with an answer",
                **columns,
                **TEXT,
            }
            for measure_id, columns in measures.items()
        ],
        "measure_items": [
            {
                "measure_id": measure_id,
                "item_code": item,
                "item_label": f"Item {item}",
                "item_order": str(order),
                "score_id": f"{measure_id}_{item}",
            }
            for measure_id, items in ITEMS.items()
            for order, item in enumerate(items, start=1)
        ],
        "scores": [
            {"score_id": f"{measure_id}_{item}", "category_code": category, "score": score}
            for measure_id, items in ITEMS.items()
            for item, scores in items.items()
            for category, score in scores.items()
        ],
    }


def study_rows(study: KindsStudy, data: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Give the codebook rows of one study."""
    key = {"study_id": study.study_id}
    valid = {**key, "valid_from_wave": study.waves[0]}
    asked = {
        **{variable_id: column for variable_id, (column, _) in CATEGORICAL.items()},
        **NUMERIC,
    }
    return {
        "studies": [open_study(study.study_id) | {"weight_id": next(iter(study.weights), "")}],
        "designs": [
            {
                **key,
                "design_id": study.study_id,
                "design_label": study.study_id,
                "lonely_psu": study.lonely_psu,
                "applies_fpc": str(study.applies_fpc).lower(),
                "allows_zero_weights": str(
                    "z1" in study.waves or study.has_several_weights
                ).lower(),
                "variance_method": "taylor",
                **TEXT,
            }
        ],
        "design_columns": [
            {
                "design_id": study.study_id,
                "design_role": role,
                "weight_id": weight_id,
                "position": "1",
                "source_column": column,
            }
            for role, weight_id, column in (
                *((role, "", column) for role, column in study.columns.items()),
                *(("weight", name, column) for name, column in study.weights.items()),
            )
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": str(number),
                "wave_label": f"Made-up {wave_id}",
                "wave_date": WAVE_DATES[wave_id],
                "design_id": study.study_id,
                "sample_id": "one" if wave_id in study.shared else f"sample_{wave_id}",
                "expected_respondents": str(len(data[wave_id])),
            }
            for number, wave_id in enumerate(study.waves, start=1)
        ],
        "questions": [
            {
                **valid,
                "variable_id": variable_id,
                "source_column": column,
                "crosswalk_id": variable_id,
                "question_text": "Made up.",
                "universe": "All",
            }
            for variable_id, column in asked.items()
        ],
        "crosswalk": list(crosswalk_rows(valid)),
        "comparisons": [
            *comparison_rows(study),
            index_row(study.study_id, study.base_wave_id),
        ],
        "periods": [pool_row(study.study_id, n_waves) for n_waves in study.pooled],
    }


def weight_rows() -> dict[str, list[Row]]:
    """Give the weights by name, and the measures that name one, with what they are made of."""
    (study,) = (study for study in KINDS_STUDIES if study.has_several_weights)
    valid = {"study_id": study.study_id, "valid_from_wave": study.waves[0]}
    columns = {variable_id: column for variable_id, (column, _) in CATEGORICAL.items()} | NUMERIC
    variables = {row["variable_id"]: row for row in variable_rows()["variables"]}
    mentions = [name for name in OTHERS if "mention" in name]
    measures: dict[str, Row] = {
        "kinds_other_choice_share": {
            "measure_kind": "share",
            "variable_id": "kinds_other_choice",
        },
        "kinds_other_number_median": {
            "measure_kind": "quantile",
            "quantile": "0.5",
            "variable_id": "kinds_other_number",
        },
        "kinds_other_mentions_cases": {
            "measure_kind": "share_of_cases",
            "variable_group_id": "kinds_other_mentions",
        },
    }
    return {
        "weights": [
            {"weight_id": weight_id, "weight_label": weight_id, **TEXT} for weight_id in SEVERAL
        ],
        "variables": [
            variables[other] | {"variable_id": variable_id} for variable_id, other in OTHERS.items()
        ],
        "questions": [
            {
                **valid,
                "variable_id": variable_id,
                "source_column": columns[other],
                "crosswalk_id": other,
                "question_text": "Made up.",
                "universe": "All",
            }
            for variable_id, other in OTHERS.items()
        ],
        "variable_groups": [
            {
                "variable_group_id": "kinds_other_mentions",
                "variable_group_label": "Made-up mentions, again",
                "group_kind": "multiple_response",
                "mention_category_code": "yes",
                **TEXT,
            }
        ],
        "variable_group_members": group_members("kinds_other_mentions", mentions),
        "measures": [
            {
                "measure_id": measure_id,
                "measure_label": measure_id,
                "base_description": "Respondents with an answer",
                "weight_id": "whole",
                **columns_of_measure,
                **TEXT,
            }
            for measure_id, columns_of_measure in measures.items()
        ],
    }


def open_study(study_id: str) -> Row:
    """Give the row of a study that shows everything."""
    return {
        "study_id": study_id,
        "study_label": study_id,
        "description": "Made for tests.",
        "universe": "Nobody",
        "producer": "The tests",
        "citation": "None",
        "terms_of_use": "Free",
        "publication_rule_id": "open_data",
        "ci_level": "0.95",
        "adjustment_method": "benjamini_hochberg",
    }


def crosswalk_rows(valid: Row) -> Iterable[Row]:
    """Map the codes and numbers of all variables."""
    for variable_id, (_, code_list) in CATEGORICAL.items():
        for category, code in CODE_LISTS[code_list].items():
            yield {
                **valid,
                "crosswalk_id": variable_id,
                "source_code": code,
                "category_code": category,
                "mapping_method": "recode",
            }
    for variable_id in NUMERIC:
        yield {
            **valid,
            "crosswalk_id": variable_id,
            "source_code": "<number>",
            "mapping_method": "identity",
        }
    for variable_id in (*CATEGORICAL, *NUMERIC):
        yield {
            **valid,
            "crosswalk_id": variable_id,
            "source_code": "<empty>",
            "missing_kind": "no_answer",
            "mapping_method": "sentinel",
        }


def comparison_rows(study: KindsStudy) -> list[Row]:
    """Declare the comparisons: all kinds of them for the first study, two for the others."""
    kinds = {"previous": ("previous", ""), "first": ("first", "")}
    if study.name == "full_adjust":
        kinds |= {"since_w2": ("base", "w2"), "year_before": ("year_earlier", "")}
    return [
        {
            "study_id": study.study_id,
            "comparison_id": comparison_id,
            "comparison_kind": kind,
            "base_wave_id": base,
        }
        for comparison_id, (kind, base) in kinds.items()
    ]
