"""What can be asked for. A resource is a public table; its columns are read there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Resource:
    """A table that can be read by its own address.

    Args:
        name: the last part of the address, such as `waves`.
        table: the table in the schema `marts`.
        key: the columns that name a row, in the order of the rows.
        says: what a row is, in a sentence.
        searched: columns whose words `search` finds.
        includes: what may be added, by name: the other resource, and the columns of this one that
            name its rows, by column of the other one.
        adds: columns that rows get from another table, which the audience may read: the table, and
            the columns that both have.
        example: columns by which the request that the description shows is filtered.
        is_of_people: whether a row is of one respondent, so that there are very many.
    """

    name: str
    table: str
    key: tuple[str, ...]
    says: str
    searched: tuple[str, ...] = ()
    includes: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    adds: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    example: tuple[str, ...] = ()
    is_of_people: bool = False


def _same(resource: str, *columns: str) -> tuple[str, dict[str, str]]:
    return resource, {column: column for column in columns}


_STUDY = _same("studies", "study_id")
_WAVE = _same("waves", "study_id", "wave_id")
_VARIABLE = _same("variables", "study_id", "variable_id")
_QUESTION = _same("questions", "study_id", "wave_id", "variable_id")
_BREAKS = _same("breaks", "study_id", "wave_id", "variable_id")
_MEASURE = _same("measures", "measure_id")
_SEGMENT = _same("segments", "segment_id", "segment_code")
CELL = ("measure_id", "category_code", "segment_id", "segment_code")
_CHANGE_WAVES = {
    "from_wave": ("waves", {"study_id": "study_id", "wave_id": "from_wave_id"}),
    "to_wave": ("waves", {"study_id": "study_id", "wave_id": "to_wave_id"}),
}
_OF_ESTIMATES = {
    "study": _STUDY,
    "wave": _WAVE,
    "variable": _VARIABLE,
    "question": _QUESTION,
    "breaks": _BREAKS,
    "measure": _MEASURE,
    "segment": _SEGMENT,
}

_ALL = (
    Resource(
        "studies",
        "dim_study",
        ("study_id",),
        "A study, with its universe, producer, citation and terms.",
        ("study_id", "study_label", "study_description"),
    ),
    Resource(
        "waves",
        "dim_wave",
        ("study_id", "wave_id"),
        "A wave of a study, with its dates and its sampling design.",
        ("wave_label",),
        {"study": _STUDY},
        example=("study_id",),
    ),
    Resource(
        "variables",
        "dictionary_variables",
        ("study_id", "variable_id"),
        "A variable of a study: what is measured, and in which waves it was asked.",
        ("variable_id", "variable_label", "variable_description"),
        {
            "study": _STUDY,
            "questions": _same("questions", "study_id", "variable_id"),
            "categories": _same("categories", "variable_id"),
            "comparability": _same("comparability", "study_id", "variable_id"),
        },
    ),
    Resource(
        "categories",
        "dim_category",
        ("variable_id", "category_code"),
        "A category of a variable, with its label and its place among the others.",
        ("category_label",),
        example=("variable_id",),
    ),
    Resource(
        "questions",
        "dictionary_questions",
        ("study_id", "wave_id", "variable_id"),
        "A variable as it was asked in one wave: the wording, and of whom.",
        ("question_text", "universe", "variable_label"),
        {
            "study": _STUDY,
            "wave": _WAVE,
            "variable": _VARIABLE,
            "breaks": _BREAKS,
            "coverage": _same("coverage", "study_id", "wave_id", "variable_id"),
        },
        example=("variable_id",),
    ),
    Resource(
        "coverage",
        "dictionary_coverage",
        ("study_id", "wave_id", "variable_id"),
        "How many answered a question of a wave, and why others did not.",
        (),
        {"question": _QUESTION},
        example=("variable_id",),
    ),
    Resource(
        "breaks",
        "dictionary_breaks",
        ("study_id", "wave_id", "variable_id", "break_id"),
        "A break that limits the comparison of a variable across waves.",
        ("break_description",),
        {"wave": _WAVE, "variable": _VARIABLE},
        example=("study_id",),
    ),
    Resource(
        "comparability",
        "dictionary_comparability",
        ("study_id", "variable_id", "from_wave_id", "to_wave_id"),
        "Whether a variable may be compared between two waves, and why.",
        (),
        {"variable": _VARIABLE, **_CHANGE_WAVES},
        example=("variable_id",),
    ),
    Resource(
        "measures",
        "dim_measure",
        ("measure_id",),
        "A measure: what is estimated of a variable, and of whom.",
        ("measure_id", "measure_label", "measure_description"),
    ),
    Resource(
        "segments",
        "dim_segment",
        ("segment_id", "segment_code"),
        "A value of a segment, which breaks estimates down.",
        ("segment_label", "segment_value_label"),
        example=("segment_id",),
    ),
    Resource(
        "estimates",
        "fct_trend_estimates",
        ("study_id", "wave_id", *CELL),
        "An estimate of a wave with its error, interval, bases and statuses.",
        (),
        _OF_ESTIMATES,
        # Of whom a figure speaks belongs to it.
        {"universe": ("dim_question", ("study_id", "wave_id", "variable_id"))},
        ("measure_id", "segment_id"),
    ),
    Resource(
        "changes",
        "fct_trend_changes",
        ("study_id", "comparison", "from_wave_id", "to_wave_id", *CELL),
        "The change of an estimate between two waves, with its error and test.",
        (),
        {
            "study": _STUDY,
            **_CHANGE_WAVES,
            "variable": _VARIABLE,
            "measure": _MEASURE,
            "segment": _SEGMENT,
        },
        example=("measure_id", "segment_id", "comparison"),
    ),
    Resource(
        "slopes",
        "fct_trend_slopes",
        ("study_id", "series_number", *CELL),
        "The yearly change of an estimate over a series of comparable waves.",
        (),
        {"study": _STUDY, "variable": _VARIABLE, "measure": _MEASURE, "segment": _SEGMENT},
        example=("measure_id", "segment_id"),
    ),
    Resource(
        "contrasts",
        "fct_segment_contrasts",
        ("study_id", "wave_id", *CELL, "reference_segment_code"),
        "The difference between two values of a segment in a wave, with its error and test.",
        (),
        {key: _OF_ESTIMATES[key] for key in ("study", "wave", "variable", "measure", "segment")},
        example=("measure_id",),
    ),
    Resource(
        "quality",
        "fct_wave_quality",
        ("study_id", "wave_id"),
        "How good a wave is: expected and loaded respondents, weights, design.",
        (),
        {"study": _STUDY, "wave": _WAVE},
        example=("study_id",),
    ),
    Resource(
        "revisions",
        "fct_revisions",
        (
            *("from_release", "study_id", "period_grain", "period_id"),
            *CELL,
        ),
        "A published figure that a later release changed, and why.",
        (),
        {"study": _STUDY, "measure": _MEASURE, "segment": _SEGMENT},
        example=("study_id",),
    ),
    Resource(
        "columns",
        "dictionary_columns",
        ("table_name", "column_name"),
        "A column of a public table: what it means, its type and its unit.",
        ("column_description",),
        example=("table_name",),
    ),
    Resource(
        "answers",
        "fct_answers",
        ("study_id", "wave_id", "variable_id", "respondent_key"),
        "An answer of a respondent. Few audiences may read them.",
        (),
        {"wave": _WAVE, "variable": _VARIABLE, "question": _QUESTION},
        example=("study_id", "variable_id"),
        is_of_people=True,
    ),
    Resource(
        "respondents",
        "fct_respondents",
        ("respondent_key",),
        "A respondent of a wave, with design, weight and segments. Few audiences may read them.",
        (),
        {"wave": _WAVE},
        example=("study_id",),
        is_of_people=True,
    ),
)
RESOURCES: Mapping[str, Resource] = {each.name: each for each in _ALL}
VERSION = "/v1"
# Resources whose rows have an address of their own.
BY_ITSELF = ("studies", "waves", "variables", "measures")
# Estimates by calendar period, and of waves pooled, that the codebook declares.
PERIODS = "fct_period_estimates"
POOLED = "fct_pooled_estimates"
