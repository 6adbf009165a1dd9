"""The structure of the published trends in SDMX: code lists, concepts, data structure, dataflow."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdmx.model import common, v21

from wavehouse.errors import WavehouseError
from wavehouse_exchange.exports.published import records
from wavehouse_exchange.exports.study import Study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AGENCY = v21.Agency(id="WAVEHOUSE", name="Wavehouse")
VERSION = "1.0"
# What SDMX allows in the id of a code.
ID = re.compile(r"[A-Za-z0-9_@$-]+")
WHOLE_SAMPLE = "_T"
NOT_APPLICABLE = "_Z"
FRACTION = "fraction"
FRACTIONS = frozenset({"share", "share_of_responses", "share_of_cases", "net"})


@dataclass(frozen=True)
class Concept:
    """A part of the data structure: its id, its name, and what its values are."""

    id: str
    name: str
    # The id of a code list, or the kind of value.
    values: str
    column: str | None = None
    is_mandatory: bool = False


DIMENSIONS = (
    Concept("STUDY", "Study", "CL_STUDY"),
    Concept("MEASURE", "Measure", "CL_MEASURE"),
    Concept("CATEGORY", "Category of the measure", "CL_CATEGORY"),
    Concept("SEGMENT", "Part of the sample", "CL_SEGMENT"),
)
TIME = Concept("TIME_PERIOD", "Date that stands for the wave", "observationalTimePeriod")
VALUE = Concept("OBS_VALUE", "Estimate", "double", "estimate")
ATTRIBUTES = (
    Concept("WAVE", "Wave", "CL_WAVE", "wave_id", True),
    Concept("OBS_STATUS", "Observation status", "CL_OBS_STATUS", "observation_status", True),
    Concept("CONF_STATUS", "Confidentiality", "CL_CONF_STATUS", "confidentiality_status", True),
    Concept("UNIT_MEASURE", "Unit of the estimate", "CL_UNIT_MEASURE"),
    Concept("STANDARD_ERROR", "Standard error", "double", "standard_error"),
    Concept("DEGREES_OF_FREEDOM", "Degrees of freedom", "integer", "degrees_of_freedom"),
    Concept("CI_LEVEL", "Level of the interval", "double", "ci_level"),
    Concept("CI_LOWER", "Lower bound of the interval", "double", "ci_lower"),
    Concept("CI_UPPER", "Upper bound of the interval", "double", "ci_upper"),
    Concept("CI_METHOD", "Method of the interval", "string", "ci_method"),
    Concept("N_RESPONDENTS", "Respondents in the base", "integer", "n_respondents"),
    Concept("N_EFFECTIVE", "Effective number of respondents", "double", "n_effective"),
    Concept("SUM_OF_WEIGHTS", "Sum of weights", "double", "sum_of_weights"),
    Concept("DESIGN_EFFECT", "Design effect", "double", "design_effect"),
    Concept(
        "COEFFICIENT_OF_VARIATION", "Coefficient of variation", "double", "coefficient_of_variation"
    ),
    Concept("PUBLICATION_RULE", "Publication rule", "string", "publication_rule"),
    Concept("BASE_DESCRIPTION", "Base", "string", "base_description"),
    Concept("STATUS_REASON", "What suppresses or marks the estimate", "string", "status_reason"),
)


@dataclass(frozen=True)
class Structures:
    """All that the data refer to."""

    codelists: dict[str, v21.Codelist]
    concepts: v21.ConceptScheme
    agencies: common.AgencyScheme
    structure: v21.DataStructureDefinition
    dataflow: v21.DataflowDefinition


def make_structures(connection: "DuckDBPyConnection", study: Study) -> Structures:
    """Make the structures of a study's trends."""
    codelists = _codelists(connection, study)
    concepts = v21.ConceptScheme(id="CS_TRENDS", name="Concepts of trends", **_maintained())
    for concept in (*DIMENSIONS, TIME, VALUE, *ATTRIBUTES):
        concepts.append(v21.Concept(id=concept.id, name=concept.name))
    structure = v21.DataStructureDefinition(
        id="DSD_TRENDS", name="Trends with their errors and statuses", **_maintained()
    )
    structure.dimensions.id = "DimensionDescriptor"
    structure.attributes.id = "AttributeDescriptor"
    structure.measures.id = "MeasureDescriptor"

    def parts(concept: Concept) -> dict[str, Any]:
        return {
            "id": concept.id,
            "concept_identity": concepts[concept.id],
            "local_representation": (
                common.Representation(enumerated=codelists[concept.values])
                if concept.values in codelists
                else common.Representation(
                    non_enumerated=[common.Facet(value_type=common.FacetValueType[concept.values])]
                )
            ),
        }

    for place, concept in enumerate(DIMENSIONS, start=1):
        structure.dimensions.append(common.Dimension(order=place, **parts(concept)))
    structure.dimensions.append(common.TimeDimension(order=len(DIMENSIONS) + 1, **parts(TIME)))
    structure.measures.append(v21.PrimaryMeasure(**parts(VALUE)))
    for concept in ATTRIBUTES:
        status = "mandatory" if concept.is_mandatory else "conditional"
        structure.attributes.append(
            v21.DataAttribute(
                usage_status=common.UsageStatus[status],
                related_to=v21.PrimaryMeasureRelationship(),
                **parts(concept),
            )
        )
    agencies = common.AgencyScheme(
        id="AGENCIES",
        name="Agencies",
        maintainer=common.Agency(id="SDMX"),
        version=VERSION,
        is_external_reference=False,
        # SDMX lets a list of agencies grow, so that it is never final.
        is_final=False,
    )
    agencies.append(AGENCY)
    return Structures(
        codelists,
        concepts,
        agencies,
        structure,
        v21.DataflowDefinition(
            id=f"DF_TRENDS_{_id(study.study_id)}",
            name=f"{study.study['study_label']}: trends",
            description=f"{study.study['citation']} {study.study['terms_of_use']}",
            structure=structure,
            **_maintained(),
        ),
    )


def category_id(measure_id: str, category_code: str) -> str:
    """Give the id of a category, which is one of its measure: lists share codes, not labels."""
    if category_code == NOT_APPLICABLE:
        return NOT_APPLICABLE
    return _id(f"{measure_id}-{category_code}")


def segment_id(segment: str, code: str) -> str:
    """Give the id of a part of the sample; that of a crossing has a hyphen between its codes."""
    return WHOLE_SAMPLE if segment == "total" else _id(f"{segment}-{code.replace('|', '-')}")


def unit_id(measure_kind: str, unit: str | None) -> str | None:
    """Give the id of a measure's unit, if it has one."""
    if unit:
        return re.sub(r"\W+", "_", unit)
    return FRACTION if measure_kind in FRACTIONS else None


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise WavehouseError(
            f"{text!r} cannot be an id in SDMX, which allows English letters, digits, and _@$-. "
            "Rename it in seeds/codebook/, or leave out the format sdmx."
        )
    return text


def _maintained() -> dict[str, Any]:
    return {
        "maintainer": AGENCY,
        "version": VERSION,
        "is_external_reference": False,
        "is_final": True,
    }


def _codelists(connection: "DuckDBPyConnection", study: Study) -> dict[str, v21.Codelist]:
    def code(
        id: str,  # noqa: A002
        name: str,
        description: str | None = None,
        parent: v21.Code | None = None,
        **notes: str,
    ) -> v21.Code:
        return v21.Code(
            id=id,
            name=name,
            description=description or {},
            parent=parent,
            annotations=[
                v21.Annotation(id=key.upper(), type=key, text=note) for key, note in notes.items()
            ],
        )

    def codelist(id: str, name: str, codes: Iterable[v21.Code]) -> v21.Codelist:  # noqa: A002
        made = v21.Codelist(id=id, name=name, **_maintained())
        for item in codes:
            made.append(item)
        return made

    def statuses(table: str, column: str) -> list[v21.Code]:
        rows = records(connection, f"select * from {table} order by place")
        return [code(row[column], row["status_label"], row["description"]) for row in rows]

    about = study.study
    measures = records(
        connection,
        "select * from marts.dim_measure where measure_id in "
        "(select measure_id from marts.fct_trend_estimates) order by measure_id",
    )
    categories = records(
        connection,
        "select distinct measure_id, category_code, measure_label, category_label "
        "from marts.fct_trend_estimates where category_code <> $1 order by all",
        [NOT_APPLICABLE],
    )
    units = {
        unit_id(measure["measure_kind"], measure["unit"]): measure["unit"] or "Fraction of 1"
        for measure in measures
        if unit_id(measure["measure_kind"], measure["unit"])
    }
    lists = [
        codelist(
            "CL_STUDY",
            "Studies",
            [code(_id(study.study_id), about["study_label"], about["study_description"])],
        ),
        codelist(
            "CL_WAVE",
            "Waves",
            [
                code(_id(wave["wave_id"]), wave["wave_label"], date=str(wave["wave_date"]))
                for wave in study.waves
            ],
        ),
        codelist(
            "CL_MEASURE",
            "Measures",
            [
                code(
                    _id(row["measure_id"]),
                    row["measure_label"],
                    row["measure_description"],
                    kind=row["measure_kind"],
                )
                for row in measures
            ],
        ),
        codelist(
            "CL_CATEGORY",
            "Categories of measures",
            [
                code(NOT_APPLICABLE, "Not applicable"),
                *(
                    code(
                        category_id(row["measure_id"], row["category_code"]),
                        row["category_label"],
                        f"{row['measure_label']}: {row['category_label']}",
                        category_code=row["category_code"],
                    )
                    for row in categories
                ),
            ],
        ),
        codelist("CL_SEGMENT", "Parts of the sample", _segments(connection, code)),
        codelist(
            "CL_OBS_STATUS",
            "Observation status",
            statuses("observation_statuses", "observation_status"),
        ),
        codelist(
            "CL_CONF_STATUS",
            "Confidentiality",
            statuses("confidentiality_statuses", "confidentiality_status"),
        ),
        codelist("CL_UNIT_MEASURE", "Units", [code(key, name) for key, name in units.items()]),
    ]
    return {made.id: made for made in lists}


def _segments(connection: "DuckDBPyConnection", code: Any) -> list[v21.Code]:  # noqa: ANN401
    """Give the parts of the sample, each below the segment that it is one of."""
    codes: dict[str, v21.Code] = {WHOLE_SAMPLE: code(WHOLE_SAMPLE, "Total")}
    for row in records(
        connection,
        "select * from marts.dim_segment where (segment_id, segment_code) in "
        "(select (segment_id, segment_code) from marts.fct_trend_estimates) "
        "and segment_id <> 'total' order by segment_id, segment_order, segment_code",
    ):
        parent = codes.setdefault(
            row["segment_id"],
            code(_id(row["segment_id"]), row["segment_label"], row["segment_description"]),
        )
        part = segment_id(row["segment_id"], row["segment_code"])
        codes[part] = code(
            part,
            row["segment_value_label"],
            f"{row['segment_label']}: {row['segment_value_label']}",
            parent,
            segment_id=row["segment_id"],
            segment_code=row["segment_code"],
        )
    return list(codes.values())
