"""A study as DDI-Codebook 2.5, with one data file for each wave.

DDI's terms and where they stand here: a represented variable (dim_variable) is a group of
variables (`varGrp`); an instance variable, the question of a wave (dim_question), is a `var`; a
wave is a file (`fileDscr`). What DDI has no element for stands in `notes`, with a type that says
what it is; the import reads the same notes. Counts are left out: they would tell what publication
rules suppress.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from wavehouse import __version__
from wavehouse_exchange.exports.csvw_tables import write_rows
from wavehouse_exchange.exports.design import DesignColumn
from wavehouse_exchange.exports.published import records
from wavehouse_exchange.exports.study import (
    Study,
    Variable,
    answer_rows,
    read_study,
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


@dataclass(frozen=True)
class _Column:
    """A column of a wave's file: a variable with what was asked, or a part of the design."""

    name: str
    design: DesignColumn | None = None
    variable: Variable | None = None
    question: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.variable.label if self.variable else self._design.label

    @property
    def concept(self) -> str:
        if self.variable:
            return self.variable.variable_id
        return self._design.role or self.name

    @property
    def vocabulary(self) -> str:
        return VARIABLE_VOCABULARY if self.variable else DESIGN_VOCABULARY

    @property
    def is_number(self) -> bool:
        return self.variable.is_numeric if self.variable else self._design.is_number

    @property
    def is_date(self) -> bool:
        return self.design is not None and self.design.is_date

    @property
    def _design(self) -> DesignColumn:
        assert self.design is not None, f"{self.name} is neither a variable nor of the design"
        return self.design


def write_ddi(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    """Write a study's codebook and the data files that it describes.

    Args:
        connection: of `published.connect`.
        study_id: the study.
        folder: where to write; it is there and empty.

    Returns:
        the files: `<study>.xml`, and `<study>_<wave>.csv` for each wave.
    """
    study = read_study(connection, study_id)
    root = etree.Element(
        f"{{{NAMESPACE}}}codeBook",
        nsmap={None: NAMESPACE, "xsi": "http://www.w3.org/2001/XMLSchema-instance"},
        attrib={"version": "2.5", XML_LANG: "en", SCHEMA_LOCATION: f"{NAMESPACE} {SCHEMA}"},
    )
    _document(root, study)
    _study(connection, root, study)
    files = []
    columns: dict[str, list[_Column]] = {}
    for wave in study.waves:
        wave_id = wave["wave_id"]
        columns[wave_id] = _columns(connection, study, wave_id)
        path = folder / f"{study_id}_{wave_id}.csv"
        names, parts = answer_rows(connection, study, wave_id)
        write_rows(path, names, (row for part in parts for row in part))
        _file(root, wave, path.name, columns[wave_id])
        files.append(path)
    _data(connection, root, columns)
    xml = folder / f"{study_id}.xml"
    etree.ElementTree(root).write(xml, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return [xml, *files]


def _columns(connection: "DuckDBPyConnection", study: Study, wave_id: str) -> list[_Column]:
    questions = {
        row["variable_id"]: row
        for row in records(
            connection,
            "select questions.*, variables.lower_bound, variables.upper_bound, "
            "variables.code_list_id, variables.code_list_label "
            "from marts.dim_question as questions "
            "inner join marts.dim_variable as variables using (variable_id) where wave_id = $1",
            [wave_id],
        )
    }
    return [
        *(_Column(column.name, column) for column in study.columns),
        *(
            _Column(variable.column, None, variable, questions.get(variable.variable_id, {}))
            for variable in study.asked_in(wave_id)
        ),
    ]


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


def _document(root: Element, study: Study) -> None:
    citation = _add(_add(root, "docDscr"), "citation")
    title = _add(citation, "titlStmt")
    _add(title, "titl", f"Codebook of {study.study['study_label']}")
    _add(title, "IDNo", study.study_id, agency="wavehouse")
    production = _add(citation, "prodStmt")
    _add(production, "software", "Wavehouse", version=__version__)


def _study(connection: "DuckDBPyConnection", root: Element, read: Study) -> None:
    study, waves = read.study, read.waves
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
    for row in records(
        connection,
        "select distinct break_id, declared_wave_id, break_kind, severity, break_description "
        "from marts.dictionary_breaks where is_of_study order by break_id",
    ):
        _break_note(description, row)


def _file(root: Element, wave: dict[str, Any], name: str, columns: list[_Column]) -> None:
    description = _add(root, "fileDscr", ID=_file_id(wave["wave_id"]), URI=name)
    text = _add(description, "fileTxt")
    _add(text, "fileName", name)
    _add(text, "fileCont", wave["wave_label"])
    size = _add(text, "dimensns")
    _add(size, "caseQnty", wave["n_respondents"])
    _add(size, "varQnty", len(columns))
    _add(text, "fileType", "text/csv; charset=utf-8; header=present")
    _add(description, "notes", wave["wave_id"], type="wave", subject="wave_id")
    _add(description, "notes", wave["sample_id"], type="wave", subject="sample_id")


def _data(
    connection: "DuckDBPyConnection", root: Element, columns: dict[str, list[_Column]]
) -> None:
    data = _add(root, "dataDscr")
    members: dict[str, list[tuple[str, _Column]]] = {}
    for wave_id, of_wave in columns.items():
        for column in of_wave:
            members.setdefault(column.name, []).append((wave_id, column))
    for name, found in members.items():
        column = found[0][1]
        group = _add(
            data,
            "varGrp",
            ID=f"G_{name}",
            name=name,
            type="other",
            var=" ".join(_variable_id(wave_id, name) for wave_id, _ in found),
        )
        _add(group, "labl", column.label)
        if column.variable:
            _add(group, "txt", column.variable.description)
        _add(group, "concept", column.concept, vocab=column.vocabulary)
    breaks = records(
        connection, "select * from marts.dictionary_breaks where not is_of_study order by break_id"
    )
    for wave_id, of_wave in columns.items():
        for column in of_wave:
            element = _variable(data, wave_id, column, of_wave)
            for row in breaks:
                is_here = row["wave_id"] == wave_id and column.variable
                if is_here and row["variable_id"] == column.concept:
                    _break_note(element, row)


def _variable(data: Element, wave_id: str, column: _Column, of_wave: list[_Column]) -> Element:
    variable, question = column.variable, column.question
    element = _add(
        data,
        "var",
        ID=_variable_id(wave_id, column.name),
        name=column.name,
        files=_file_id(wave_id),
        wgt="wgt" if column.name == "weight" else None,
        wgt_var=_variable_id(wave_id, "weight") if variable else None,
        dcml=variable.decimals if variable else None,
        intrvl="contin" if column.is_number or column.is_date else "discrete",
    )
    _add(element, "labl", column.label, level="variable")
    if question.get("question_text"):
        _add(_add(element, "qstn"), "qstnLit", question["question_text"])
    bounds = {
        key: format(question[name], ".15g")
        for key, name in (("min", "lower_bound"), ("max", "upper_bound"))
        if question.get(name) is not None
    }
    if bounds:
        _add(_add(element, "valrng"), "range", UNITS="REAL", **bounds)
    kinds = variable.kinds if variable else ()
    if column.is_number and kinds:
        invalid = _add(element, "invalrng")
        for kind in kinds:
            _add(invalid, "item", VALUE=kind.code)
    if question.get("universe"):
        _add(element, "universe", question["universe"])
    if variable:
        _add(element, "txt", variable.description)
        for category in variable.categories:
            described = _add(element, "catgry")
            _add(described, "catValu", category.code)
            _add(described, "labl", category.label, level="category")
    for kind in kinds:
        described = _add(element, "catgry", missing="Y", missType=kind.kind)
        _add(described, "catValu", kind.code)
        _add(described, "labl", kind.label, level="category")
    _add(element, "concept", column.concept, vocab=column.vocabulary)
    source = question.get("derived_from_variable_id")
    if source:
        names = {other.concept: other.name for other in of_wave if other.variable}
        reference = _variable_id(wave_id, names[source]) if source in names else None
        _add(_add(element, "derivation", var=reference), "drvdesc", f"Groups of {source}.")
    _add(element, "varFormat", type="numeric" if column.is_number else "character", schema="other")
    if variable and variable.unit:
        _add(element, "notes", variable.unit, type="unit")
    if question.get("code_list_id"):
        _add(element, "notes", question["code_list_id"], type="code list", subject="code_list_id")
        _add(element, "notes", question["code_list_label"], type="code list", subject="label")
    return element


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
