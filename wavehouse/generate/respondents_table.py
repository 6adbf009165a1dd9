"""The table of respondents, and its description, which is its contract: a column a segment."""

from pathlib import PurePosixPath

from wavehouse.codebook.wave_files import Inspection
from wavehouse.escapes import yaml_text
from wavehouse.generate.markdown import plain
from wavehouse.generate.text import MARKER, Texts, yaml_file
from wavehouse.generate.variable_pages import described_by, described_variables


def generate_respondents(found: Inspection) -> Texts:
    """Write fct_respondents: its contract needs a column for each segment of one variable."""
    variables: dict[str, list[str]] = {}
    for row in found.codebook.rows("segment_variables"):
        variables.setdefault(row["segment_id"], []).append(row["variable_id"])
    described = described_variables(found)
    lines = RESPONDENTS_HEAD.splitlines()
    for segment in found.codebook.rows("segments"):
        segment_id = segment["segment_id"]
        shown = variables.get(segment_id, [])
        if len(shown) != 1:
            continue
        text = (
            f"Segment {plain(segment['segment_label'])}: the label of its value; "
            "empty where the respondent belongs to none."
        )
        lines += [
            f"      - name: {RESPONDENTS_PREFIX}{segment_id}",
            "        data_type: text",
            *(
                described_by(text, shown[0])
                if shown[0] in described
                else [f"        description: {yaml_text(text)}"]
            ),
            "        config:",
            "          meta:",
            f"            segment_id: {segment_id}",
        ]
    lines += RESPONDENTS_TESTS.splitlines()
    return {
        FOLDER / "fct_respondents.sql": (
            f"-- {MARKER}\n{{{{ wavehouse.respondents_with_segments(model) }}}}\n"
        ),
        FOLDER / "fct_respondents.yml": yaml_file(lines),
    }


FOLDER = PurePosixPath("models/marts/core")


# So that a segment named like a column of the design cannot clash with it.
RESPONDENTS_PREFIX = "segment_"

RESPONDENTS_HEAD = """\
models:
  - name: fct_respondents
    description: >
      Respondents with their place in the sampling design, their weight and their segments.

      Grain: one row per respondent and wave. Key: `respondent_key`; `person_key` is the same in all
      waves that share a sample. Weight every estimate that you make from these rows.
    constraints:
      - type: primary_key
        columns: [respondent_key]
    columns:
      - name: respondent_key
        data_type: text
        description: "{{ doc('respondent_key') }}"
        config:
          meta:
            design_role: respondent
        constraints:
          - type: not_null
      - name: person_key
        data_type: text
        description: "{{ doc('person_key') }}"
        config:
          meta:
            design_role: respondent
      - name: study_id
        data_type: text
        description: "{{ doc('study_id') }}"
      - name: wave_id
        data_type: text
        description: "{{ doc('wave_id') }}"
      - name: sample_id
        data_type: text
        description: "{{ doc('sample_id') }}"
      - name: stratum_id
        data_type: text
        description: "{{ doc('stratum_id') }}"
        config:
          meta:
            design_role: stratum
      - name: psu_key
        data_type: text
        description: "{{ doc('psu_key') }}"
        config:
          meta:
            design_role: psu
      - name: weight
        data_type: float8
        description: "{{ doc('weight') }}"
        config:
          meta:
            design_role: weight
      - name: psu_population
        data_type: float8
        description: "{{ doc('psu_population') }}"
        config:
          meta:
            design_role: psu_population
      - name: interview_date
        data_type: date
        description: "{{ doc('interview_date') }}"
        config:
          meta:
            design_role: interview_date
"""

RESPONDENTS_TESTS = """\
    data_tests:
      - wavehouse.primary_key:
          name: fct_respondents_has_one_row_per_key
          description: >
            One row per respondent_key, which is never empty. The maintainers of the models fix a
            failure.
          arguments:
            columns: [respondent_key]
      - wavehouse.references_key:
          name: fct_respondents__study_id_wave_id_is_in_dim_wave
          description: >
            Every study_id, wave_id is a row of dim_wave. A failure is a fault of the models: their
            maintainers fix it.
          arguments:
            columns: [study_id, wave_id]
            to: ref('dim_wave')
            to_columns: [study_id, wave_id]
      - wavehouse.holds:
          name: weights_are_not_negative
          description: >
            No weight is negative. A weight may be zero or empty only where the design allows it.
            Those who delivered the wave fix a failure.
          arguments:
            condition: "weight >= 0 or weight is null"
      - wavehouse.holds:
          name: no_respondent_is_without_stratum_and_psu
          description: >
            Every respondent has a stratum and a PSU. Those who delivered the wave fix a failure.
          arguments:
            condition: "stratum_id is not null and psu_key is not null"
"""
