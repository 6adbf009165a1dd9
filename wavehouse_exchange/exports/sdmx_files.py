"""The published trends of a study as files of SDMX 2.1 and SDMX-CSV."""

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sdmx
from lxml import etree
from sdmx import message
from sdmx.model import common, v21

from wavehouse.errors import WavehouseError
from wavehouse_exchange.exports.csvw_tables import write_rows
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


def write_sdmx(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    """Write the structures, and the estimates as XML and as CSV.

    A number that is suppressed is left out; statuses and labels stay, as in the warehouse.

    Raises:
        WavehouseError: two waves have one date, so that their observations would have one key.
    """
    study = read_study(connection, study_id)
    _check_dates(study)
    structures = make_structures(connection, study)
    rows = records(
        connection,
        "select estimates.*, measures.unit from marts.fct_trend_estimates as estimates "
        "inner join marts.dim_measure as measures on estimates.measure_id = measures.measure_id "
        "where study_id = $1 "
        "order by estimates.measure_id, category_code, segment_id, segment_code, wave_date",
        [study_id],
    )
    header = message.Header(
        id=f"{study_id.upper()}_{study.release.release_id}",
        prepared=datetime.fromisoformat(study.release.published_at),
        sender=AGENCY,
        test=False,
    )
    dataset = _dataset(structures, rows)
    data = message.DataMessage(
        data=[dataset],
        dataflow=structures.dataflow,
        header=header,
        observation_dimension=structures.structure.dimensions.get(TIME.id),
    )
    definitions = message.StructureMessage(header=header)
    for structure in (
        structures.agencies,
        *structures.codelists.values(),
        structures.concepts,
        structures.structure,
        structures.dataflow,
    ):
        definitions.add(structure)
    paths = [folder / name for name in ("structure.xml", "data.xml", "data.csv")]
    _write_xml(paths[0], _message(definitions))
    _write_xml(paths[1], _typed(_message(data), structures.structure))
    sdmx.to_csv(dataset, path=paths[2], attributes="o")
    _guard_csv(paths[2])
    return paths


def _guard_csv(path: Path) -> None:
    """Write the texts of a CSV file again, so that a spreadsheet runs none."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    write_rows(path, header, rows)


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


def _write_xml(path: Path, root: etree._Element) -> None:
    path.write_bytes(
        etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8")
    )


def _dataset(structures: Structures, rows: list[dict[str, Any]]) -> v21.StructureSpecificDataSet:
    structure = structures.structure
    dataset = v21.StructureSpecificDataSet(
        structured_by=structure, described_by=structures.dataflow
    )
    value_for = structure.measures.get(VALUE.id)
    for key, group in groupby(rows, key=_series):
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


def _series(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("STUDY", row["study_id"]),
        ("MEASURE", row["measure_id"]),
        ("CATEGORY", category_id(row["measure_id"], row["category_code"])),
        ("SEGMENT", segment_id(row["segment_id"], row["segment_code"])),
    )


def _attributes(
    structure: v21.DataStructureDefinition, row: Mapping[str, Any]
) -> dict[str, common.AttributeValue]:
    values = {
        attribute.id: row[attribute.column] for attribute in ATTRIBUTES if attribute.column
    } | {"UNIT_MEASURE": unit_id(row["measure_kind"], row["unit"])}
    return {
        attribute.id: common.AttributeValue(
            value=str(values[attribute.id]), value_for=structure.attributes.get(attribute.id)
        )
        for attribute in ATTRIBUTES
        if values[attribute.id] is not None
    }


def _check_dates(study: Study) -> None:
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
