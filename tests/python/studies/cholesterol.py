"""High cholesterol in NHANES 2009-2010: a real sample with strata, PSUs and weights.

Every third row of the data set `nhanes` of R's package survey, as one wave. Age groups are a
variable to standardise by, and a number too (their middle), with many ties for quantiles.
"""

from pathlib import Path

from workbench import Row, add_codebook_rows, read_rows, write_wave

from studies.kinds import open_study
from wavehouse.project import Project

DATA = Path(__file__).resolve().parents[1] / "references/cholesterol.csv"
STUDY_ID = "nhanes_cholesterol"
TEXT = {"description": "From NHANES 2009-2010."}

AGES = {"0_to_19": "1", "20_to_39": "2", "40_to_59": "3", "60_or_more": "4"}
# Variable: its column, and the delivered code of each category.
CATEGORICAL = {
    "nhanes_cholesterol": ("HI_CHOL", {"high": "1", "normal": "0"}),
    "nhanes_age": ("agecat", AGES),
    "nhanes_race": ("race", {f"race_{code}": code for code in "1234"}),
    "nhanes_sex": ("RIAGENDR", {"male": "1", "female": "2"}),
}
# Variable: its column, and the number of each delivered code.
NUMERIC = {
    "nhanes_cholesterol_number": ("HI_CHOL", {"1": "1", "0": "0"}),
    "nhanes_age_number": ("agecat", {"1": "10", "2": "30", "3": "50", "4": "70"}),
}
SEGMENTS = ("nhanes_race", "nhanes_sex")
SEGMENT_CONTRASTS = (
    ("nhanes_race", "race_1", "race_2"),
    ("nhanes_race", "race_3", "race_2"),
    ("nhanes_race", "race_4", "race_2"),
    ("nhanes_sex", "female", "male"),
)
# Population of the United States by age, 2000, in rounded shares.
STANDARD = dict(zip(AGES, ("0.2779", "0.2832", "0.2505", "0.1884"), strict=True))
BY_AGE = {"standard_population_id": "nhanes_ages"}
MEASURES: dict[str, Row] = {
    "nhanes_cholesterol_share": {"measure_kind": "share", "variable_id": "nhanes_cholesterol"},
    "nhanes_cholesterol_share_by_age": {
        "measure_kind": "share",
        "variable_id": "nhanes_cholesterol",
        **BY_AGE,
    },
    "nhanes_cholesterol_mean_by_age": {
        "measure_kind": "mean",
        "variable_id": "nhanes_cholesterol_number",
        **BY_AGE,
    },
    "nhanes_cholesterol_total": {
        "measure_kind": "total",
        "variable_id": "nhanes_cholesterol_number",
    },
    "nhanes_age_total": {"measure_kind": "total", "variable_id": "nhanes_age"},
    "nhanes_age_share": {"measure_kind": "share", "variable_id": "nhanes_age"},
    "nhanes_age_median": {
        "measure_kind": "quantile",
        "variable_id": "nhanes_age_number",
        "quantile": "0.5",
    },
    "nhanes_cholesterol_per_year": {
        "measure_kind": "ratio",
        "variable_id": "nhanes_cholesterol_number",
        "denominator_variable_id": "nhanes_age_number",
    },
}
ROLES = {
    "respondent": "respondent",
    "stratum": "SDMVSTRA",
    "psu": "SDMVPSU",
    "weight": "WTMEC2YR",
}


def add_cholesterol(project: Project) -> None:
    """Add the study. Run `generate` afterwards."""
    rows = read_rows(DATA)
    add_codebook_rows(project, variable_rows())
    add_codebook_rows(project, study_rows(len(rows)))
    write_wave(project, STUDY_ID, "2009", rows)


def variable_rows() -> dict[str, list[Row]]:
    """Give variables, measures, segments and the standard population."""
    return {
        "code_lists": [
            {"code_list_id": variable_id, "code_list_label": variable_id, **TEXT}
            for variable_id in CATEGORICAL
        ],
        "categories": [
            {
                "code_list_id": variable_id,
                "category_code": category,
                "category_order": str(order),
                "category_label": f"Category {category}",
            }
            for variable_id, (_, codes) in CATEGORICAL.items()
            for order, category in enumerate(codes, start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": variable_id,
                    "value_type": "categorical",
                    "code_list_id": variable_id,
                    **TEXT,
                }
                for variable_id in CATEGORICAL
            ),
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": variable_id,
                    "value_type": "numeric",
                    "unit": "units",
                    "lower_bound": "0",
                    "upper_bound": "100",
                    **TEXT,
                }
                for variable_id in NUMERIC
            ),
        ],
        "segments": [
            {"segment_id": segment_id, "segment_label": segment_id, **TEXT}
            for segment_id in SEGMENTS
        ],
        "segment_variables": [
            {"segment_id": segment_id, "position": "1", "variable_id": segment_id}
            for segment_id in SEGMENTS
        ],
        "segment_contrasts": [
            {
                "segment_id": segment_id,
                "segment_code": code,
                "reference_segment_code": reference,
            }
            for segment_id, code, reference in SEGMENT_CONTRASTS
        ],
        "standard_populations": [
            {
                "standard_population_id": "nhanes_ages",
                "standard_population_label": "Ages of 2000",
                "variable_id": "nhanes_age",
                "source": "Census of 2000",
                **TEXT,
            }
        ],
        "standard_population_shares": [
            {
                "standard_population_id": "nhanes_ages",
                "category_code": category,
                "population_share": share,
            }
            for category, share in STANDARD.items()
        ],
        "measures": [
            {
                "measure_id": measure_id,
                "measure_label": measure_id,
                "base_description": "Respondents with a value",
                **columns,
                **TEXT,
            }
            for measure_id, columns in MEASURES.items()
        ],
    }


def study_rows(n_respondents: int) -> dict[str, list[Row]]:
    """Give the codebook rows of the study."""
    key = {"study_id": STUDY_ID}
    valid = {**key, "valid_from_wave": "2009"}
    variables = (*CATEGORICAL.items(), *NUMERIC.items())
    return {
        "studies": [open_study(STUDY_ID)],
        "designs": [
            {
                **key,
                "design_id": STUDY_ID,
                "design_label": STUDY_ID,
                "lonely_psu": "adjust",
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                "variance_method": "taylor",
                "psu_numbering": "within_strata",
                **TEXT,
            }
        ],
        "design_columns": [
            {
                "design_id": STUDY_ID,
                "design_role": role,
                "position": "1",
                "source_column": column,
            }
            for role, column in ROLES.items()
        ],
        "waves": [
            {
                **key,
                "wave_id": "2009",
                "wave_number": "1",
                "wave_label": "NHANES 2009-2010",
                "wave_date": "2009-11-01",
                "design_id": STUDY_ID,
                "sample_id": STUDY_ID,
                "expected_respondents": str(n_respondents),
            }
        ],
        "questions": [
            {
                **valid,
                "variable_id": variable_id,
                "source_column": column,
                "crosswalk_id": variable_id,
                "question_text": "A column of the data set.",
                "universe": "All",
            }
            for variable_id, (column, _) in variables
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
                for variable_id, (_, codes) in CATEGORICAL.items()
                for category, code in codes.items()
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
                for variable_id in ("nhanes_cholesterol", "nhanes_cholesterol_number")
            ),
        ],
    }
