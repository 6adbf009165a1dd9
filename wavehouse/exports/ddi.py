"""A study as DDI-Codebook 2.5, with one data file for each wave.

DDI's terms and where they stand here: a represented variable (dim_variable) is a group of
variables (`varGrp`); an instance variable, the question of a wave (dim_question), is a `var`; a
wave is a file (`fileDscr`). What DDI has no element for stands in `notes`, with a type that says
what it is; the import reads the same notes. Counts are left out: they would tell what publication
rules hide.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from wavehouse import __version__
from wavehouse.errors import WavehouseError
from wavehouse.exports.answers import (
    MISSING_KINDS,
    Column,
    columns_of_wave,
    missing_code,
    rows_of,
    waves_of,
    write_answers,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAMESPACE = "ddi:codebook:2_5"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"

# What `concept` says of a column: which variable it shows, or which part of the design.
VARIABLE_VOCABULARY = "variable"
DESIGN_VOCABULARY = "design role"

Element = etree._Element


def write_ddi(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    """Write a study's codebook and the data files that it describes.

    Args:
        connection: the published warehouse, to read.
        study_id: the study.
        folder: where to write; it is there and empty.

    Returns:
        the files: `<study>.xml`, and `<study>_<wave>.csv` for each wave.

    Raises:
        WavehouseError: the study is not in the warehouse.
        ProblemsError: a category has the code of missing answers.
    """
    studies = rows_of(connection, "select * from marts.dim_study where study_id = ?", study_id)
    waves = waves_of(connection, study_id)
    if not studies or not waves:
        raise WavehouseError(f"Study {study_id} has no wave in the warehouse.")
    files = []
    columns: dict[str, list[Column]] = {}
    root = etree.Element(
        f"{{{NAMESPACE}}}codeBook",
        nsmap={None: NAMESPACE, "xsi": "http://www.w3.org/2001/XMLSchema-instance"},
        attrib={"version": "2.5", XML_LANG: "en", SCHEMA_LOCATION: f"{NAMESPACE} {SCHEMA}"},
    )
    _document(root, studies[0])
    _study(connection, root, studies[0], waves)
    for wave in waves:
        wave_id = wave["wave_id"]
        columns[wave_id] = columns_of_wave(connection, study_id, wave_id)
        path = folder / f"{study_id}_{wave_id}.csv"
        rows = write_answers(connection, study_id, wave_id, columns[wave_id], path)
        _file(root, wave, path.name, rows, columns[wave_id])
        files.append(path)
    _data(connection, root, study_id, columns)
    xml = folder / f"{study_id}.xml"
    etree.ElementTree(root).write(xml, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return [xml, *files]


def _add(parent: Element, tag: str, text: object = None, **attributes: object) -> Element:
    """Append an element; attributes that are None are left out."""
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    for name, value in attributes.items():
        if value is not None:
            element.set(name.replace("_", "-"), str(value))
    if text is not None:
        element.text = _xml_text(str(text))
    return element


def _xml_text(text: str) -> str:
    """Leave out the characters that no XML file may have."""
    return "".join(c for c in text if c in "\t\n\r" or ord(c) >= 0x20)


def _document(root: Element, study: dict[str, Any]) -> None:
    citation = _add(_add(root, "docDscr"), "citation")
    title = _add(citation, "titlStmt")
    _add(title, "titl", f"Codebook of {study['study_label']}")
    _add(title, "IDNo", study["study_id"], agency="wavehouse")
    production = _add(citation, "prodStmt")
    _add(production, "software", "Wavehouse", version=__version__)


def _study(
    connection: "DuckDBPyConnection",
    root: Element,
    study: dict[str, Any],
    waves: list[dict[str, Any]],
) -> None:
    description = _add(root, "stdyDscr")
    citation = _add(description, "citation")
    title = _add(citation, "titlStmt")
    _add(title, "titl", study["study_label"])
    _add(title, "IDNo", study["study_id"], agency="wavehouse")
    if study["producer"]:
        _add(_add(citation, "rspStmt"), "AuthEnty", study["producer"])
        _add(_add(citation, "prodStmt"), "producer", study["producer"])
    if study["citation"]:
        _add(citation, "biblCit", study["citation"])
    information = _add(description, "stdyInfo")
    if study["study_description"]:
        _add(information, "abstract", study["study_description"])
    summary = _add(information, "sumDscr")
    for wave in waves:
        _add(summary, "timePrd", date=wave["wave_date"], event="single", cycle=wave["wave_id"])
    for wave in waves:
        for event, name in (("start", "fieldwork_start"), ("end", "fieldwork_end")):
            if wave[name]:
                _add(summary, "collDate", date=wave[name], event=event, cycle=wave["wave_id"])
    if study["universe"]:
        _add(summary, "universe", study["universe"])
    method = _add(description, "method")
    collection = _add(method, "dataColl")
    is_panel = len({wave["sample_id"] for wave in waves}) < len(waves)
    _add(
        collection,
        "timeMeth",
        "Waves share people or sampling areas." if is_panel else "Each wave has its own sample.",
    )
    for label in dict.fromkeys(wave["design_label"] for wave in waves):
        _add(collection, "sampProc", label)
    _add(collection, "weight", "The column weight has the weight of each respondent, if any.")
    latest = waves[-1]
    for name in ("lonely_psu", "applies_fpc"):
        _add(method, "notes", str(latest[name]).lower(), type="design", subject=name)
    if study["terms_of_use"]:
        _add(_add(_add(description, "dataAccs"), "useStmt"), "conditions", study["terms_of_use"])
    for name in ("publication_rule_id", "ci_level", "adjustment_method"):
        _add(description, "notes", study[name], type="estimation", subject=name)
    for row in rows_of(
        connection,
        "select distinct break_id, declared_wave_id, break_kind, severity, break_description "
        "from marts.dictionary_breaks where study_id = ? and is_of_study order by break_id",
        study["study_id"],
    ):
        _break_note(description, row)


def _file(
    root: Element, wave: dict[str, Any], name: str, n_rows: int, columns: list[Column]
) -> None:
    description = _add(root, "fileDscr", ID=_file_id(wave["wave_id"]), URI=name)
    text = _add(description, "fileTxt")
    _add(text, "fileName", name)
    _add(text, "fileCont", wave["wave_label"])
    size = _add(text, "dimensns")
    _add(size, "caseQnty", n_rows)
    _add(size, "varQnty", len(columns))
    _add(text, "fileType", "text/csv; charset=utf-8; header=present")
    _add(description, "notes", wave["wave_id"], type="wave", subject="wave_id")
    _add(description, "notes", wave["sample_id"], type="wave", subject="sample_id")


def _data(
    connection: "DuckDBPyConnection",
    root: Element,
    study_id: str,
    columns: dict[str, list[Column]],
) -> None:
    data = _add(root, "dataDscr")
    members: dict[str, list[tuple[str, Column]]] = {}
    for wave_id, of_wave in columns.items():
        for column in of_wave:
            members.setdefault(column.name, []).append((wave_id, column))
    for name, found in members.items():
        first = found[0][1]
        group = _add(
            data,
            "varGrp",
            ID=f"G_{name}",
            name=name,
            type="other",
            var=" ".join(_variable_id(wave_id, name) for wave_id, _ in found),
        )
        _add(group, "labl", first.label)
        if first.about.get("variable_description"):
            _add(group, "txt", first.about["variable_description"])
        _add(group, "concept", *_concept(first))
        group[-1].set("vocab", VARIABLE_VOCABULARY if first.variable_id else DESIGN_VOCABULARY)
    breaks = rows_of(
        connection,
        "select * from marts.dictionary_breaks where study_id = ? and not is_of_study "
        "order by break_id",
        study_id,
    )
    for wave_id, of_wave in columns.items():
        for column in of_wave:
            variable = _variable(data, wave_id, column, of_wave)
            for row in breaks:
                if (row["wave_id"], row["variable_id"]) == (wave_id, column.variable_id):
                    _break_note(variable, row)


def _concept(column: Column) -> tuple[str]:
    return (column.variable_id or column.role or column.name,)


def _variable(data: Element, wave_id: str, column: Column, of_wave: list[Column]) -> Element:
    about = column.about
    is_number = column.data_type == "number"
    weight = next((other.name for other in of_wave if other.role == "weight"), None)
    variable = _add(
        data,
        "var",
        ID=_variable_id(wave_id, column.name),
        name=column.name,
        files=_file_id(wave_id),
        wgt="wgt" if column.role == "weight" else None,
        wgt_var=_variable_id(wave_id, weight) if weight and column.variable_id else None,
        dcml=about.get("decimals"),
        intrvl="contin" if is_number else "discrete",
    )
    _add(variable, "labl", column.label, level="variable")
    if about.get("question_text"):
        _add(_add(variable, "qstn"), "qstnLit", about["question_text"])
    bounds = {
        key: format(about[name], ".15g")
        for key, name in (("min", "lower_bound"), ("max", "upper_bound"))
        if about.get(name) is not None
    }
    if bounds:
        _add(_add(variable, "valrng"), "range", UNITS="REAL", **bounds)
    if is_number and column.missing_kinds:
        invalid = _add(variable, "invalrng")
        for kind in column.missing_kinds:
            _add(invalid, "item", VALUE=missing_code(kind))
    if about.get("universe"):
        _add(variable, "universe", about["universe"])
    if about.get("variable_description"):
        _add(variable, "txt", about["variable_description"])
    for code, label in column.categories.items():
        category = _add(variable, "catgry")
        _add(category, "catValu", code)
        _add(category, "labl", label, level="category")
    for kind in column.missing_kinds:
        category = _add(variable, "catgry", missing="Y", missType=kind)
        _add(category, "catValu", missing_code(kind))
        _add(category, "labl", MISSING_KINDS[kind], level="category")
    vocabulary = VARIABLE_VOCABULARY if column.variable_id else DESIGN_VOCABULARY
    _add(variable, "concept", *_concept(column), vocab=vocabulary)
    source = about.get("derived_from_variable_id")
    if source:
        names = {other.variable_id: other.name for other in of_wave}
        reference = _variable_id(wave_id, names[source]) if source in names else None
        derivation = _add(variable, "derivation", var=reference)
        _add(derivation, "drvdesc", f"Groups of {source}.")
    _add(variable, "varFormat", type="numeric" if is_number else "character", schema="other")
    if about.get("unit"):
        _add(variable, "notes", about["unit"], type="unit")
    if about.get("code_list_id"):
        _add(variable, "notes", about["code_list_id"], type="code list", subject="code_list_id")
        _add(variable, "notes", about["code_list_label"], type="code list", subject="label")
    return variable


def _break_note(parent: Element, row: dict[str, Any]) -> None:
    _add(
        parent,
        "notes",
        row["break_description"],
        type="break",
        subject=f"{row['declared_wave_id']} {row['break_kind']} {row['severity']}",
    )


def _file_id(wave_id: str) -> str:
    return f"F_{wave_id}"


def _variable_id(wave_id: str, name: str) -> str:
    return f"V_{wave_id}_{name}"
