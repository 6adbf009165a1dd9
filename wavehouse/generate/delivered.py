"""The tables that put the waves of all studies together."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import PurePosixPath

from wavehouse.codebook.wave_files import DeliveredWave, Inspection
from wavehouse.generate.text import MARKER, Texts, yaml_file

FOLDER = PurePosixPath("models/intermediate/delivered")

# Before the first wave: the columns, and no rows.
NOTHING_DELIVERED = """\
select
    cast(null as {{ dbt.type_string() }}) as study_id,
    cast(null as {{ dbt.type_string() }}) as wave_id,
    cast(null as bigint) as row_number,
    cast(null as {{ dbt.type_string() }}) as source_column,
    cast(null as {{ dbt.type_string() }}) as source_code
where false
"""

DELIVERED_WAVES = f"""\
-- {MARKER}
/*
    1. A batch is what is computed in one go: as many waves as have about 5,000 rows together, so
       that what a pass over respondents holds in memory does not grow with the number of waves.
       A wave is never divided.
    2. Batches change when waves are added; nothing that is kept is joined by them.
*/
with

waves as (
{{contents}}
),

final as (
    select
        -- keys
        {{{{{{{{ wavehouse.integer_key(['study_id', 'wave_id']) }}}}}}}} as wave_key,
        study_id,
        wave_id,

        -- what was delivered
        n_rows,
        content_digest,

        cast(
            floor(
                sum(n_rows) over (
                    order by study_id, wave_id
                    rows between unbounded preceding and current row
                ) / 5000
            ) as integer
        ) as batch_number
    from waves
)

select * from final
"""

NO_CONTENT = "    {{ wavehouse.no_content_of_a_wave() | indent(4) }}"


def generate_delivered_answers(found: Inspection) -> Texts:
    """Write the model that puts the staging models of all studies into one table."""
    path = FOLDER / "int_delivered__answers.sql"
    models = [waves[0].staging_model for _, waves in by_study(found.waves)]
    lines = [
        f"-- {MARKER}",
        "{{ config(",
        "    materialized='by_wave',",
        "    meta={",
        "        'units': 'int_delivered__waves',",
        "        'inputs': {",
        *(f"            '{model}': none," for model in models),
        "        },",
        "    },",
        ") }}",
        "-- depends_on: {{ ref('int_delivered__waves') }}",
    ]
    texts: Texts = {path.with_suffix(".yml"): yaml_file(ANSWERS.splitlines())}
    if not found.waves:
        return {**texts, path: "\n".join(lines) + f"\n{NOTHING_DELIVERED}"}
    lines += [
        "{%- set studies = [",
        *(f"    ref('{model}')," for model in models),
        "] %}",
        "with",
        "",
        "delivered as (",
        "    {%- for study in studies %}",
        "    select",
        "        study_id,",
        "        wave_id,",
        "        row_number,",
        "        source_column,",
        "        source_code",
        "    from {{ study }}",
        "    where {{ wavehouse.of_these_units(['study_id', 'wave_id']) }}",
        "    {%- if not loop.last %}",
        "",
        "    union all",
        "    {%- endif %}",
        "    {%- endfor %}",
        ")",
        "",
        "select * from delivered",
    ]
    return {**texts, path: "\n".join(lines) + "\n"}


def generate_delivered_waves(found: Inspection) -> Texts:
    """Write the model that lists the waves of all studies, and those that say what they hold."""
    path = FOLDER / "int_delivered__waves.sql"
    of_studies = [
        f"    select * from {{{{ ref('{contents_model(study_id)}') }}}}"
        for study_id, _ in by_study(found.waves)
    ]
    contents = "\n\n    union all\n\n".join(of_studies) or NO_CONTENT
    texts = {
        path: DELIVERED_WAVES.format(contents=contents),
        path.with_suffix(".yml"): yaml_file(WAVES.splitlines()),
    }
    for study_id, waves in by_study(found.waves):
        calls = "\n\n    union all\n\n".join(_content_call(wave) for wave in waves)
        texts[PurePosixPath(f"models/staging/{study_id}/{contents_model(study_id)}.sql")] = (
            f"-- {MARKER}\nwith\n\nwaves as (\n{calls}\n)\n\nselect * from waves\n"
        )
    return texts


def contents_model(study_id: str) -> str:
    """Name the staging model that says what each wave of a study holds."""
    return f"stg_{study_id}__waves"


def _content_call(wave: DeliveredWave) -> str:
    relation = f"source('landing', '{wave.seed}')" if wave.is_landed else f"ref('{wave.seed}')"
    call = f"wavehouse.wave_content('{wave.study_id}', '{wave.wave_id}', {relation})"
    return f"    {{{{ {call} | indent(4) }}}}"


def by_study(waves: list[DeliveredWave]) -> Iterable[tuple[str, list[DeliveredWave]]]:
    """Give the waves of each study."""
    for study_id, members in groupby(waves, key=lambda wave: wave.study_id):
        yield study_id, list(members)


ANSWERS = """\
models:
  - name: int_delivered__answers
    description: >
      All delivered answers of all waves, one row per row and column of the files, as text.

      Grain: one row per study, wave, row and column of the files. Key: `study_id`, `wave_id`,
      `row_number`, `source_column`.
    columns:
      - name: study_id
        description: "{{ doc('study_id') }}"
      - name: wave_id
        description: "{{ doc('wave_id') }}"
      - name: row_number
        description: >
          Number of the row in the delivered file, from 1. A technical key within the build; it
          says nothing about the respondent.
      - name: source_column
        description: "{{ doc('source_column') }}"
      - name: source_code
        description: "{{ doc('source_code') }}"
      - name: fingerprint
        description: "{{ doc('fingerprint') }}"
"""

WAVES = """\
models:
  - name: int_delivered__waves
    description: >
      What each wave delivered, identified by a digest of its content, and which waves are
      computed together.

      Grain: one row per delivered wave. Key: `wave_key`.
    columns:
      - name: wave_key
        description: "{{ doc('wave_key') }}"
      - name: study_id
        description: "{{ doc('study_id') }}"
      - name: wave_id
        description: "{{ doc('wave_id') }}"
      - name: n_rows
        description: "Rows of the wave's file."
      - name: content_digest
        description: >
          Digest of the wave's rows, in any order, and of how they are read. It changes when a
          value changes.
      - name: batch_number
        description: "Number of the batch, from 0. The waves of a study follow one another."
    data_tests:
      - wavehouse.unique_combination:
          name: int_delivered__waves_has_one_row_per_key
          description: >
            One row per wave_key. The maintainers of the models fix a failure.
          arguments:
            columns: [wave_key]
"""
