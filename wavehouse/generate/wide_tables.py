"""A wide table for each study: its model and its description, which is its contract."""

from pathlib import PurePosixPath

from wavehouse.codebook.tables import Codebook, Row, whole_number
from wavehouse.codebook.wave_files import Inspection
from wavehouse.escapes import yaml_text
from wavehouse.generate.markdown import plain
from wavehouse.generate.text import MARKER, Texts, yaml_file

FOLDER = PurePosixPath("models/marts/wide")

# Columns beside the variables: type, doc block or text, and what of the design they show.
KEYS = {
    "respondent_key": ("text", "respondent_key", "respondent"),
    "person_key": ("text", "person_key", "respondent"),
    "study_id": ("text", "study_id", None),
    "wave_id": ("text", "wave_id", None),
    "wave_label": ("text", "wave_label", None),
    "wave_date": ("date", "wave_date", None),
    "sample_id": ("text", "sample_id", None),
    "stratum_id": ("text", "stratum_id", "stratum"),
    "psu_key": ("text", "psu_key", "psu"),
    "weight": ("float8", "weight", "weight"),
    "psu_population": ("float8", "psu_population", "psu_population"),
    "interview_date": ("date", "interview_date", "interview_date"),
}

DESCRIPTION = """\
{study}, wide: one column per variable.

Grain: one row per respondent and wave. Key: `respondent_key`. Categories are shown by their \
labels, numbers in their unit. A column is empty where a respondent gave no answer; `fct_answers` \
says why. Weight every estimate that you make from these rows."""

TESTS = """\
    data_tests:
      - wavehouse.primary_key:
          name: {model}_has_one_row_per_key
          description: >
            One row per respondent_key, which is never empty. The maintainers of the models fix a
            failure.
          arguments:
            columns: [respondent_key]
      - wavehouse.references_key:
          name: {model}__respondent_key_is_in_fct_respondents
          description: >
            Every respondent_key is a row of fct_respondents. A failure is a fault of the models:
            their maintainers fix it.
          arguments:
            columns: [respondent_key]
            to: ref('fct_respondents')
            to_columns: [respondent_key]
      - wavehouse.references_key:
          name: {model}__study_id_wave_id_is_in_dim_wave
          description: >
            Every study_id, wave_id is a row of dim_wave. A failure is a fault of the models: their
            maintainers fix it.
          arguments:
            columns: [study_id, wave_id]
            to: ref('dim_wave')
            to_columns: [study_id, wave_id]"""


def generate_wide_tables(found: Inspection) -> Texts:
    """Write model and description of each study's wide table, and the exposure that lists them."""
    studies = list(dict.fromkeys(wave.study_id for wave in found.waves))
    texts: Texts = {}
    for study_id in studies:
        model = f"wide_{study_id}"
        texts[FOLDER / f"{model}.sql"] = (
            f"-- {MARKER}\n{{{{ wavehouse.wide_answers('{study_id}', model) }}}}\n"
        )
        texts[FOLDER / f"{model}.yml"] = yaml_file(_describe(found.codebook, study_id))
    if studies:
        texts[FOLDER / "_wide__exposures.yml"] = yaml_file(_expose(studies))
    return texts


def variables_of_study(codebook: Codebook, study_id: str) -> list[Row]:
    """Give the variables that a study asked or that follow from those, in the codebook's order."""
    members: dict[str, set[str]] = {}
    for row in codebook.rows("variable_group_members"):
        members.setdefault(row["variable_group_id"], set()).add(row["variable_id"])
    known = {
        row["variable_id"] for row in codebook.rows("questions") if row["study_id"] == study_id
    }
    for row in codebook.rows("derived_sums"):
        asked = known & members.get(row["variable_group_id"], set())
        if len(asked) >= whole_number(row["minimum_answers"], 1):
            known.add(row["variable_id"])
    known |= {
        row["variable_id"]
        for row in codebook.rows("derivations")
        if row["source_variable_id"] in known
    }
    return [row for row in codebook.rows("variables") if row["variable_id"] in known]


def column_of(variable_id: str) -> str:
    """Give the name of a variable's column: its id, unless a key has that name."""
    return f"variable_{variable_id}" if variable_id in KEYS else variable_id


def _describe(codebook: Codebook, study_id: str) -> list[str]:
    model = f"wide_{study_id}"
    text = DESCRIPTION.format(study=plain(codebook.study_label(study_id)))
    lines = [
        "models:",
        f"  - name: {model}",
        f"    description: {yaml_text(text)}",
        "    config:",
        "      meta:",
        f"        study_id: {yaml_text(study_id)}",
        "    constraints:",
        "      - type: primary_key",
        "        columns: [respondent_key]",
        "    columns:",
    ]
    for name, (data_type, block, design_role) in KEYS.items():
        lines += [
            f"      - name: {name}",
            f"        data_type: {data_type}",
            f"        description: \"{{{{ doc('{block}') }}}}\"",
        ]
        if design_role:
            lines += _meta("design_role", design_role)
        if name == "respondent_key":
            lines += ["        constraints:", "          - type: not_null"]
    for variable in variables_of_study(codebook, study_id):
        variable_id = variable["variable_id"]
        lines += [
            f"      - name: {yaml_text(column_of(variable_id))}",
            "        quote: true",
            f"        data_type: {'float8' if variable.get('value_type') == 'numeric' else 'text'}",
            f"        description: \"{{{{ doc('variable__{variable_id}') }}}}\"",
            *_meta("variable_id", yaml_text(variable_id)),
        ]
    return [*lines, *TESTS.format(model=model).splitlines()]


def _meta(key: str, value: str) -> list[str]:
    return ["        config:", "          meta:", f"            {key}: {value}"]


def _expose(studies: list[str]) -> list[str]:
    return [
        "exposures:",
        "  - name: wide_tables",
        "    label: Wide tables",
        "    description: >",
        "      One table for each study, for analysts who want a column per variable. The tables",
        "      are part of the published warehouse, and are listed here because each study adds",
        "      one.",
        "    type: analysis",
        "    maturity: medium",
        "    owner:",
        "      name: Harmonisation stewards",
        "      email: harmonisation@wavehouse.example",
        "    depends_on:",
        *(f"      - ref('wide_{study_id}')" for study_id in studies),
    ]
