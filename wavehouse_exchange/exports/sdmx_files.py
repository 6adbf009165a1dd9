"""The published trends of a study as files of SDMX 2.1 and SDMX-CSV."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import sdmx
from lxml import etree
from sdmx import message
from sdmx.model import common, v21

from wavehouse.errors import WavehouseError
from wavehouse_exchange.exports.csvw_tables import write_lines
from wavehouse_exchange.exports.published import records
from wavehouse_exchange.exports.sdmx_structures import (
    AGENCY,
    ATTRIBUTES,
    TIME,
    VALUE,
    Structures,
    category_id,
    make_structures,
    segment_id,
    unit_id,
)
from wavehouse_exchange.exports.study import Study, read_study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
DATA = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# The observations of a study, as the other functions of this module take them.
OBSERVATIONS = """
    select estimates.*, measures.unit
    from marts.fct_trend_estimates as estimates
    inner join marts.dim_measure as measures on estimates.measure_id = measures.measure_id
    where study_id = $1
    order by estimates.measure_id, category_code, segment_id, segment_code, wave_date
"""


def write_sdmx(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    """Write the structures, and the estimates as XML and as CSV.

    A number that is suppressed is left out; statuses and labels stay, as in the warehouse.

    Raises:
        WavehouseError: two waves have one date, so that their observations would have one key.
    """
    study = read_study(connection, study_id)
    check_dates(study)
    structures = make_structures(connection, study)
    rows = records(connection, OBSERVATIONS, [study_id])
    header = header_of(study)
    paths = [folder / name for name in ("structure.xml", "data.xml", "data.csv")]
    paths[0].write_bytes(structure_xml(structures, header))
    paths[1].write_bytes(data_xml(structures, rows, header))
    paths[2].write_text(data_csv(structures, rows), encoding="utf-8", newline="")
    return paths


def header_of(study: Study) -> message.Header:
    """Give the head of a message: which release it is of, and when that was published."""
    return message.Header(
        id=f"{study.study_id.upper()}_{study.release.release_id}",
        prepared=datetime.fromisoformat(study.release.published_at),
        sender=AGENCY,
        test=False,
    )


def structure_xml(structures: Structures, header: message.Header) -> bytes:
    """Write the structures as SDMX-ML 2.1."""
    definitions = message.StructureMessage(header=header)
    for structure in (
        structures.agencies,
        *structures.codelists.values(),
        structures.concepts,
        structures.structure,
        structures.dataflow,
    ):
        definitions.add(structure)
    return _xml(_message(definitions))


def flows_xml(flows: Sequence[tuple[Structures, message.Header]]) -> bytes:
    """Write dataflows alone as SDMX-ML 2.1: what there is to ask for.

    Args:
        flows: structures, each with the head of a message about them.
    """
    definitions = message.StructureMessage(header=flows[0][1] if flows else None)
    for structures, _ in flows:
        definitions.add(structures.dataflow)
    return _xml(_message(definitions))


def data_xml(
    structures: Structures, rows: Sequence[Mapping[str, Any]], header: message.Header
) -> bytes:
    """Write observations as SDMX-ML 2.1, by the structure.

    Args:
        structures: what the observations refer to.
        rows: rows of `OBSERVATIONS`, in that order.
        header: the head of the message.
    """
    data = message.DataMessage(
        data=[_dataset(structures, rows)],
        dataflow=structures.dataflow,
        header=header,
        observation_dimension=structures.structure.dimensions.get(TIME.id),
    )
    return _xml(_typed(_message(data), structures.structure))


def data_csv(structures: Structures, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write observations as SDMX-CSV, in which a spreadsheet runs no formula."""
    table: pd.DataFrame = sdmx.to_csv(
        _dataset(structures, rows), rtype=pd.DataFrame, attributes="o"
    )
    text = table.to_csv(index=False)
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    file = io.StringIO(newline="")
    write_lines(file, header, lines)
    return file.getvalue()


def _data_namespace(structure: v21.DataStructureDefinition) -> str:
    """Give the namespace in which SDMX defines the types of a data structure's observations."""
    of = f"{structure.maintainer.id}:{structure.id}({structure.version})"
    return f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={of}:ObsLevelDim:{TIME.id}"


def _message(content: message.Message) -> etree._Element:
    """Give what sdmx1 writes, with URNs as the standard has them."""
    root = etree.fromstring(sdmx.to_xml(content))
    for element in root.iterfind(".//*[@urn]"):
        if element.tag == f"{{{MESSAGE}}}Sender":
            del element.attrib["urn"]
        else:
            # The library has names of its own for two classes of the standard.
            urn = element.get("urn").replace("DataStructureDefinition=", "DataStructure=")
            element.set("urn", urn.replace("DataflowDefinition=", "Dataflow="))
    return root


def _typed(root: etree._Element, structure: v21.DataStructureDefinition) -> etree._Element:
    """Say which types the data have; sdmx1 leaves out what the schema asks for."""
    namespace = _data_namespace(structure)
    for described in root.iterfind(f"{{{MESSAGE}}}Header/{{{MESSAGE}}}Structure"):
        described.set("namespace", namespace)
    tag = f"{{{MESSAGE}}}DataSet"
    for untyped in root.findall(tag):
        typed = etree.Element(tag, nsmap={"trends": namespace})
        typed.set(f"{{{XSI}}}type", "trends:DataSetType")
        typed.set(f"{{{DATA}}}structureRef", untyped.get("structureRef"))
        typed.set(f"{{{DATA}}}dataScope", "DataStructure")
        typed.extend(untyped)
        root.replace(untyped, typed)
    return root


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8")


def _dataset(
    structures: Structures, rows: Sequence[Mapping[str, Any]]
) -> v21.StructureSpecificDataSet:
    structure = structures.structure
    dataset = v21.StructureSpecificDataSet(
        structured_by=structure, described_by=structures.dataflow
    )
    value_for = structure.measures.get(VALUE.id)
    for key, group in groupby(rows, key=series_key):
        series = structure.make_key(v21.SeriesKey, dict(key))
        dataset.add_obs(
            [
                v21.Observation(
                    dimension=structure.make_key(v21.Key, {TIME.id: str(row["wave_date"])}),
                    value=row["estimate"],
                    value_for=value_for,
                    attached_attribute=_attributes(structure, row),
                )
                for row in group
            ],
            series_key=series,
        )
    return dataset


def series_key(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Give the dimensions of a row's series, each with its value, in their order."""
    return (
        ("STUDY", row["study_id"]),
        ("MEASURE", row["measure_id"]),
        ("CATEGORY", category_id(row["measure_id"], row["category_code"])),
        ("SEGMENT", segment_id(row["segment_id"], row["segment_code"])),
    )


def attribute_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes of an observation by their ids; None for one that it lacks."""
    return {
        attribute.id: row[attribute.column]
        if attribute.column
        else unit_id(row["measure_kind"], row["unit"])
        for attribute in ATTRIBUTES
    }


def _attributes(
    structure: v21.DataStructureDefinition, row: Mapping[str, Any]
) -> dict[str, common.AttributeValue]:
    return {
        name: common.AttributeValue(value=str(value), value_for=structure.attributes.get(name))
        for name, value in attribute_values(row).items()
        if value is not None
    }


def check_dates(study: Study) -> None:
    """Refuse a study of which two waves would have one key."""
    dates = Counter(wave["wave_date"] for wave in study.waves)
    for day, count in dates.items():
        if count > 1:
            waves = [wave["wave_id"] for wave in study.waves if wave["wave_date"] == day]
            raise WavehouseError(
                f"Waves {', '.join(waves)} of study {study.study_id} have the same date, {day}, "
                "but in SDMX the date distinguishes the observations of a series. Give them "
                "different dates in seeds/codebook/waves.csv (wave_date), export one with "
                "--wave, or leave out the format sdmx."
            )
