"""The texts of the generated files, so that what repeats the codebook is written only once.

A generator is a function from an inspection to texts by path. To generate one more kind of file,
write one more such function and add it to GENERATORS.
"""

import json
from collections.abc import Callable
from pathlib import PurePosixPath

from wavehouse.codebook.wave_files import DeliveredWave, Inspection
from wavehouse.encryption.key import VARIABLE
from wavehouse.encryption.parquet import OPTION
from wavehouse.escapes import jinja_text, yaml_text
from wavehouse.generate.audience_page import generate_audience_page
from wavehouse.generate.delivered import (
    by_study,
    contents_model,
    generate_delivered_answers,
    generate_delivered_waves,
)
from wavehouse.generate.markdown import code, plain
from wavehouse.generate.respondents_table import generate_respondents
from wavehouse.generate.text import MARKER, Texts, sentence, yaml_file
from wavehouse.generate.variable_pages import generate_variable_pages
from wavehouse.generate.wide_tables import generate_wide_tables

# Where dbt reads landed waves, unless the engine cannot.
LANDING = "{{ env_var('WAVEHOUSE_LANDING', 'landing') }}"
# What reads a Parquet file of an encrypted project.
DECRYPTED = f"{{{{ \", {OPTION}\" if var('{VARIABLE}', none) }}}}"

STAGED = """\
{study}: delivered values of all waves, long and as text.

Grain: one row per wave, row and column of its file, empty values included. Key: `study_id`, \
`wave_id`, `row_number`, `source_column`. Waves are read one after the other: {waves}."""

CONTENTS = """\
{study}: what each wave holds, identified by a digest of its rows.

Grain: one row per delivered wave. Key: `study_id`, `wave_id`."""

CONTENT_COLUMNS = {
    "study_id": "The study.",
    "wave_id": "The wave, unique within the study.",
    "n_rows": "Rows of the wave's file.",
    "content_digest": "Digest of the wave's rows, in any order, and of how they are read.",
}

DESIGN_ROLES = {
    "respondent": "identifies the respondent",
    "stratum": "stratum",
    "psu": "primary sampling unit (PSU)",
    "weight": "weight",
    "psu_population": "number of PSUs in the population of the stratum",
}


def expected_files(found: Inspection) -> Texts:
    """Give every generated file as it should be, by its path from the root."""
    texts: Texts = {}
    for generator in GENERATORS:
        texts.update(generator(found))
    return texts


def generate_wave_seeds(found: Inspection) -> Texts:
    """Describe each study's wave seeds: all columns text, each with what the codebook says."""
    texts = {}
    seeds = [wave for wave in found.waves if not wave.is_landed]
    for study_id, waves in by_study(seeds):
        lines = ["version: 2", "", "seeds:"]
        for wave in waves:
            lines += [
                f"  - name: {wave.seed}",
                f"    description: {yaml_text(_describe_wave(found, wave))}",
                "    config:",
                "      column_types:",
                *(f"        {yaml_text(column)}: text" for column in wave.columns),
                "      meta:",
                f"        study_id: {yaml_text(wave.study_id)}",
                f"        wave_id: {yaml_text(wave.wave_id)}",
                "    columns:",
            ]
            said = _describe_columns(found, wave)
            for column in wave.columns:
                text = " ".join(said.get(column, ["Not declared in the codebook."]))
                lines += [
                    f"      - name: {yaml_text(column)}",
                    "        quote: true",
                    f"        description: {yaml_text(text)}",
                ]
        path = PurePosixPath(f"seeds/waves/{study_id}/_{study_id}__waves.yml")
        texts[path] = yaml_file(lines)
    return texts


def generate_staging_models(found: Inspection) -> Texts:
    """Write one staging model for each study: the answers of its waves, long, as text."""
    texts = {}
    for study_id, waves in by_study(found.waves):
        calls = "\n\n    union all\n\n".join(_staging_call(wave) for wave in waves)
        texts[PurePosixPath(f"models/staging/{study_id}/{waves[0].staging_model}.sql")] = (
            f"-- {MARKER}\nwith\n\ndelivered as (\n{calls}\n)\n\nselect * from delivered\n"
        )
    return texts


def _staging_call(wave: DeliveredWave) -> str:
    if not wave.is_landed:
        return (
            f"    {{{{ wavehouse.stage_wave('{wave.study_id}', '{wave.wave_id}') | indent(4) }}}}"
        )
    columns = "".join(f"        {jinja_text(name)},\n" for name in wave.columns)
    call = f"wavehouse.stage_landed_wave('{wave.study_id}', '{wave.wave_id}', [\n{columns}    ])"
    return f"    {{{{ {call} | indent(4) }}}}"


def generate_landing_sources(found: Inspection) -> Texts:
    """Describe each study's landed waves, by the columns that the codebook names."""
    texts = {}
    landed = [wave for wave in found.waves if wave.is_landed]
    for study_id, waves in by_study(landed):
        lines = [
            "version: 2",
            "",
            "sources:",
            "  - name: landing",
            "    description: Waves in the landing folder, as delivered.",
            "    schema: landing",
            "    tables:",
        ]
        for wave in waves:
            said = _describe_columns(found, wave)
            path = f"{LANDING}/{wave.study_id}/{wave.wave_id}/answers.parquet"
            place = f"read_parquet('{path}'{DECRYPTED})"
            lines += [
                f"      - name: {wave.seed}",
                f"        description: {yaml_text(_describe_wave(found, wave))}",
                "        config:",
                "          meta:",
                f"            study_id: {yaml_text(wave.study_id)}",
                f"            wave_id: {yaml_text(wave.wave_id)}",
                f"            external_location: {json.dumps(place)}",
                # The codebook may name none yet.
                "        columns:" if wave.columns else "        columns: []",
            ]
            for column in wave.columns:
                lines += [
                    f"          - name: {yaml_text(column)}",
                    "            quote: true",
                    f"            description: {yaml_text(' '.join(said[column]))}",
                ]
        texts[PurePosixPath(f"models/staging/{study_id}/_{study_id}__landing.yml")] = yaml_file(
            lines
        )
    return texts


def generate_staging_descriptions(found: Inspection) -> Texts:
    """Describe the staging model of each study, with the waves and files that it reads."""
    columns = {
        "study_id": "The study.",
        "wave_id": "The wave, unique within the study.",
        "row_number": "Number of the row in the delivered file, from 1; a technical key.",
        "source_column": "Name of the column as delivered.",
        "source_code": "The value as delivered, as text; null where the cell is empty.",
    }
    texts = {}
    for study_id, waves in by_study(found.waves):
        text = STAGED.format(
            study=plain(found.codebook.study_label(study_id)),
            waves=", ".join(f"{_wave_label(wave)} ({code(wave.path)})" for wave in waves),
        )
        lines = [
            "version: 2",
            "",
            "models:",
            f"  - name: {waves[0].staging_model}",
            f"    description: {yaml_text(text)}",
            "    columns:",
        ]
        for column, description in columns.items():
            lines += [
                f"      - name: {column}",
                f"        description: {yaml_text(description)}",
            ]
        text = CONTENTS.format(study=plain(found.codebook.study_label(study_id)))
        lines += [
            f"  - name: {contents_model(study_id)}",
            f"    description: {yaml_text(text)}",
            "    columns:",
        ]
        for column, description in CONTENT_COLUMNS.items():
            lines += [
                f"      - name: {column}",
                f"        description: {yaml_text(description)}",
            ]
        path = PurePosixPath(f"models/staging/{study_id}/_{study_id}__staging.yml")
        texts[path] = yaml_file(lines)
    return texts


GENERATORS: list[Callable[[Inspection], Texts]] = [
    generate_wave_seeds,
    generate_landing_sources,
    generate_staging_models,
    generate_staging_descriptions,
    generate_delivered_answers,
    generate_delivered_waves,
    generate_respondents,
    generate_wide_tables,
    generate_variable_pages,
    generate_audience_page,
]


def _wave_title(found: Inspection, wave: DeliveredWave) -> str:
    return f"{plain(found.codebook.study_label(wave.study_id))}, {_wave_label(wave)}"


def _wave_label(wave: DeliveredWave) -> str:
    return plain(wave.declared["wave_label"] or f"wave {wave.wave_id}")


def _describe_wave(found: Inspection, wave: DeliveredWave) -> str:
    fieldwork = ""
    start, end = wave.declared.get("fieldwork_start"), wave.declared.get("fieldwork_end")
    if start and end:
        fieldwork = f" Fieldwork {plain(start)} to {plain(end)}."
    return (
        f"{_wave_title(found, wave)}, as delivered: one row per respondent, every value as text."
        f"{fieldwork}"
    )


def _describe_columns(found: Inspection, wave: DeliveredWave) -> dict[str, list[str]]:
    """Give what the codebook says of a wave's columns: questions, then design, then waivers."""
    said: dict[str, list[str]] = {}
    labels = {row["variable_id"]: row["variable_label"] for row in found.codebook.rows("variables")}
    for question in found.codebook.valid_rows("questions", wave.declared):
        variable_id = question["variable_id"]
        label = plain(labels.get(variable_id) or variable_id)
        parts = [f"{label} (variable {plain(variable_id)})."]
        if question["question_text"]:
            parts.append(plain(sentence(question["question_text"])))
        if question["universe"]:
            parts.append(plain(sentence(f"Asked of: {question['universe']}")))
        said.setdefault(question["source_column"], []).append(" ".join(parts))
    for role in found.codebook.rows("design_columns"):
        if role["design_id"] == wave.declared["design_id"]:
            text = DESIGN_ROLES.get(role["design_role"], role["design_role"])
            if role.get("weight_id"):
                text += f" ({role['weight_id']})"
            said.setdefault(role["source_column"], []).append(f"Sample design: {plain(text)}.")
    for waiver in found.codebook.valid_rows("waived_columns", wave.declared):
        text = sentence(f"Not used ({waiver['waiver_kind']}): {waiver['reason']}")
        said.setdefault(waiver["source_column"], []).append(plain(text))
    return said
