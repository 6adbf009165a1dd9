"""The made-up survey of the references, as one study for each way of computing its errors.

A study is named after its design, its finite population correction, what it does with lonely PSUs
and whether its waves share a sample, for example `made_up_full_fpc_average_shared`. `w1`, `w2` and
`w3` rotate their PSUs, `z1` has weights of zero, and `p1`, `p2` are the panel, whose PSUs are its
people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench import Row, add_codebook_rows, read_rows, write_wave

from wavehouse.project import Project

DATA = Path(__file__).resolve().parents[1] / "references/small_designs.csv"

# Columns of the data by role. Each respondent is a PSU without a `psu`, and so on.
ROLES = {
    "stratum": "stratum",
    "psu": "psu",
    "weight": "weight",
    "psu_population": "population_psus",
}
LEFT_OUT = {
    "full": (),
    "no_strata": ("stratum", "psu_population"),
    "no_psus": ("psu", "psu_population"),
    "no_weights": ("weight",),
    "simple": ("stratum", "psu", "weight", "psu_population"),
}
ANSWERS = ("y01", "y", "cat", "g")
ROTATING = ("w1", "w2", "w3")
PANEL = ("p1", "p2")

# Segments, each of the variable of its name. Estimates have references in the first only, tests of
# association in both.
SEGMENTS = ("made_up_group", "made_up_yes")

# Variable, its column, its code list, and the number of each code where it is one.
CATEGORICAL = {"made_up_yes": "y01", "made_up_choice": "cat", "made_up_group": "g"}
CODES = {
    "y01": {"1": "yes", "0": "no"},
    "cat": {"p": "p", "q": "q", "r": "r"},
    "g": {"a": "a", "b": "b", "c": "c"},
}
# Shares once more as means, so that the references' t intervals of shares are compared too.
NUMERIC: dict[str, tuple[str, dict[str, str]]] = {
    "made_up_number": ("y", {"<number>": ""}),
    "made_up_yes_number": ("y01", {"<number>": ""}),
    **{
        f"made_up_choice_{choice}_number": (
            "cat",
            {code: str(int(code == choice)) for code in "pqr"},
        )
        for choice in "pqr"
    },
}


@dataclass(frozen=True)
class MadeUpStudy:
    """One way of computing the errors of the made-up survey."""

    design: str
    applies_fpc: bool
    lonely_psu: str
    waves: tuple[str, ...]
    is_shared: bool

    @property
    def study_id(self) -> str:
        """The name, made of all that tells the study from the others."""
        return study_id(
            self.design, self.applies_fpc, self.lonely_psu, self.waves[0] == "p1", self.is_shared
        )

    @property
    def roles(self) -> dict[str, str]:
        """The columns of the sample design by role."""
        left_out = set(LEFT_OUT[self.design])
        if self.waves == PANEL:
            # A person of the panel is a PSU by being the respondent.
            left_out |= {"psu", "psu_population"}
        return {"respondent": "respondent"} | {
            role: column for role, column in ROLES.items() if role not in left_out
        }


def study_id(
    design: str, applies_fpc: bool, lonely_psu: str, is_panel: bool, is_shared: bool
) -> str:
    """Name a study."""
    fpc = "_fpc" if applies_fpc else ""
    panel = "_panel" if is_panel else ""
    samples = "shared" if is_shared else "independent"
    return f"made_up_{design}{fpc}_{lonely_psu}{panel}_{samples}"


def made_up_studies() -> Iterator[MadeUpStudy]:
    """Give every study that the references have numbers for.

    Without PSUs the rotating waves have no respondent in common, so they are independent only.
    """
    for lonely_psu in ("adjust", "remove", "average"):
        for applies_fpc in (False, True):
            yield MadeUpStudy("full", applies_fpc, lonely_psu, ROTATING, True)
            yield MadeUpStudy("full", applies_fpc, lonely_psu, (*ROTATING, "z1"), False)
    for design in ("no_strata", "no_weights"):
        yield MadeUpStudy(design, False, "adjust", ROTATING, True)
    for design in ("no_strata", "no_weights", "no_psus", "simple"):
        yield MadeUpStudy(design, False, "adjust", (*ROTATING, "z1"), False)
    for design in ("full", "no_strata"):
        for is_shared in (True, False):
            yield MadeUpStudy(design, False, "adjust", PANEL, is_shared)


def add_made_up_studies(project: Project) -> None:
    """Add all of them, with their shared variables. Run `generate` afterwards."""
    data: dict[str, list[Row]] = {}
    for row in read_rows(DATA):
        data.setdefault(row["wave"], []).append(row)
    add_codebook_rows(project, variable_rows())
    for study in made_up_studies():
        columns = dict.fromkeys([*study.roles.values(), *ANSWERS])
        add_codebook_rows(project, study_rows(study, data))
        for wave_id in study.waves:
            rows = [{column: row[column] for column in columns} for row in data[wave_id]]
            write_wave(project, study.study_id, wave_id, rows)


def variable_rows() -> dict[str, list[Row]]:
    """Give the codebook rows that all studies share: variables, categories, measures, a segment."""
    text = {"description": "Made up."}
    return {
        "code_lists": [
            {"code_list_id": variable_id, "code_list_label": variable_id, **text}
            for variable_id in CATEGORICAL
        ],
        "categories": [
            {
                "code_list_id": variable_id,
                "category_code": code,
                "category_order": str(order),
                "category_label": f"Category {code}",
            }
            for variable_id, column in CATEGORICAL.items()
            for order, code in enumerate(CODES[column].values(), start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": f"Made-up {column}",
                    "value_type": "categorical",
                    "code_list_id": variable_id,
                    **text,
                }
                for variable_id, column in CATEGORICAL.items()
            ),
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": f"Made-up number of {column}",
                    "value_type": "numeric",
                    "unit": "units",
                    "lower_bound": "0",
                    "upper_bound": "100",
                    **text,
                }
                for variable_id, (column, _) in NUMERIC.items()
            ),
        ],
        "segments": [
            {"segment_id": segment_id, "segment_label": segment_id, **text}
            for segment_id in SEGMENTS
        ],
        "segment_variables": [
            {"segment_id": segment_id, "position": "1", "variable_id": segment_id}
            for segment_id in SEGMENTS
        ],
        "association_tests": [
            {"measure_id": f"{variable_id}_share", "segment_id": segment_id}
            for variable_id in ("made_up_yes", "made_up_choice")
            for segment_id in SEGMENTS
        ],
        "measures": [
            {
                "measure_id": f"{variable_id}_{kind}",
                "measure_label": f"{variable_id}, {kind}",
                "measure_kind": kind,
                "variable_id": variable_id,
                "base_description": "Respondents with an answer",
                **text,
            }
            for kind, variable_ids in (
                ("share", ("made_up_yes", "made_up_choice")),
                ("mean", NUMERIC),
            )
            for variable_id in variable_ids
        ],
    }


def study_rows(study: MadeUpStudy, data: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Give the codebook rows of one study."""
    study_id = study.study_id
    key = {"study_id": study_id}
    valid = {**key, "valid_from_wave": study.waves[0]}
    return {
        "studies": [
            {
                **key,
                "study_label": study_id,
                "description": "Made up for tests.",
                "universe": "Nobody",
                "producer": "The tests",
                "citation": "None",
                "terms_of_use": "Free",
                "publication_rule_id": "open_data",
                "ci_level": "0.95",
                "adjustment_method": "holm" if study.is_shared else "benjamini_hochberg",
            }
        ],
        "designs": [
            {
                **key,
                "design_id": study_id,
                "design_label": study_id,
                "lonely_psu": study.lonely_psu,
                "applies_fpc": str(study.applies_fpc).lower(),
                "allows_zero_weights": str("z1" in study.waves).lower(),
                "description": "Made up for tests.",
            }
        ],
        "design_columns": [
            {
                "design_id": study_id,
                "design_role": role,
                "position": "1",
                "source_column": column,
            }
            for role, column in study.roles.items()
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": str(number),
                "wave_label": f"Made-up {wave_id}",
                "wave_date": f"200{number}-06-01",
                "design_id": study_id,
                "sample_id": "one" if study.is_shared else f"sample_{wave_id}",
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
            for variable_id, column in (
                *CATEGORICAL.items(),
                *((variable_id, column) for variable_id, (column, _) in NUMERIC.items()),
            )
        ],
        "crosswalk": [
            *(
                {
                    **valid,
                    "crosswalk_id": variable_id,
                    "source_code": code,
                    "category_code": category,
                    "mapping_method": "recode",
                }
                for variable_id, column in CATEGORICAL.items()
                for code, category in CODES[column].items()
            ),
            *(
                {
                    **valid,
                    "crosswalk_id": variable_id,
                    "source_code": code,
                    "numeric_value": number,
                    "mapping_method": "recode",
                }
                for variable_id, (_, numbers) in NUMERIC.items()
                for code, number in numbers.items()
            ),
            *(
                {
                    **valid,
                    "crosswalk_id": variable_id,
                    "source_code": "<empty>",
                    "missing_kind": "no_answer",
                    "mapping_method": "sentinel",
                }
                for variable_id in (*CATEGORICAL, *NUMERIC)
            ),
        ],
    }
