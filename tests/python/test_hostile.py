"""Nothing in a codebook or a delivered file is run, by whatever reads it on its way to a reader.

One project with hostile texts in every free cell and in every label of its files is built,
published and shown. Then all that was made is searched for what the texts tried, and a browser
looks at it.
"""

import base64
import csv
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
import yaml
from browser import chromium
from once import make_once
from playwright.sync_api import BrowserContext, Page
from studies import hostile
from workbench import (
    ROOT,
    DbtRun,
    codebook_rows,
    copy_project,
    keep_studies,
    own_database,
    query,
    query_postgres,
    run_dbt,
    set_codebook_rows,
)

from wavehouse.building.dbt import public_tables
from wavehouse.building.postgres import PostgresServer
from wavehouse.codebook.wave_files import check_files
from wavehouse.docs_site.site import inline_images, write_docs
from wavehouse.drift import write_drift
from wavehouse.errors import WavehouseError
from wavehouse.escapes import (
    csv_text,
    jinja_text,
    no_jinja,
    script_data,
    sql_text,
    terminal_text,
    text_of_csv,
    yaml_text,
)
from wavehouse.generate import check_generated, generate
from wavehouse.project import Project
from wavehouse.publishing.publish import PUBLIC_SCHEMA, PassedBuild, publish
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.exports.formats import FORMATS
from wavehouse_exchange.landing.load_postgres import load_landed_waves
from wavehouse_exchange.pages.site import write_pages

STUDIES = ("bsa", "trap_labels", "trap_names")
# Unit tests and data tests say nothing new of texts; the checks are models, and are looked at.
BUILD = ("build", "--exclude-resource-type", "unit_test", "test")
PROBLEMS = "select file_path, problem from intermediate.int_checks__problems"


def make_hostile(folder: Path) -> None:
    """Make, build, publish and show the project."""
    project = copy_project(folder / "project")
    keep_studies(project, ["bsa"])
    hostile.poison(project)
    for place in (folder, project.root):
        (place / hostile.PLANTED).write_text(f"<svg>{hostile.PLANTED_SECRET}</svg>", "utf-8")
    (folder / "files").mkdir()
    hostile.deliver_traps(project, folder / "files")
    generate(project)
    with patch.dict(os.environ, {hostile.VARIABLE: hostile.SECRET}):
        run = run_dbt(project, *BUILD)
        assert run.exit_code == 0, run.output[-5000:]
        publish(project, PassedBuild.of(project, "", public_tables(project.target, PUBLIC_SCHEMA)))
        write_drift(project, project.warehouse)
        write_docs(project)
        write_pages(project)
        for study_id in STUDIES:
            export(project, study_id)


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the project lies."""
    return make_once(tmp_path_factory, "hostile", make_hostile)


@pytest.fixture(scope="module")
def project(top: Path) -> Project:
    """The project, with all that is made of it."""
    return Project(top / "project")


# The functions that escape ------------------------------------------------------------------------


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_yaml_holds_the_text_and_no_jinja(text: str) -> None:
    read = yaml.safe_load(f"- name: {yaml_text(text)}\n  other: 1\n")
    assert read == [{"name": no_jinja(text), "other": 1}]
    assert not re.search(r"\{[{%#]", read[0]["name"])
    assert read[0]["name"].replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", hostile.TEXTS)
def test_other_languages_hold_the_text(text: str) -> None:
    from jinja2 import Environment

    expression = f"{{{{ {jinja_text(text)} }}}}"
    assert Environment(keep_trailing_newline=True).from_string(expression).render() == text
    with duckdb.connect() as connection:
        assert connection.execute(f"select {sql_text(text)}").fetchall() == [(text,)]
    assert json.loads(script_data({"a": text})) == {"a": text}
    assert "<" not in script_data(text)


@pytest.mark.parametrize("text", [*hostile.TEXTS, "", "'", "''=1", "'-5", "a=1", "- ", "\u2212 5"])
def test_a_text_of_csv_is_no_formula_and_comes_back(text: str) -> None:
    written = csv_text(text)
    assert text_of_csv(written) == text
    assert not re.match(r"[\s]*[=+@\uff1d-]|[\t\r\n]", written)


@pytest.mark.parametrize("number", ["-2", "+3", "-0.5", "1e-9", "-1.5E+10", ".5", "-.5"])
def test_a_number_stays_one_in_csv(number: str) -> None:
    assert csv_text(number) == number


def test_images_are_read_from_their_folder_only(tmp_path: Path) -> None:
    project = Project(tmp_path)
    images = tmp_path / "docs/images"
    images.mkdir(parents=True)
    (tmp_path / "secret.svg").write_text("secret", encoding="utf-8")
    (images / "link.svg").symlink_to(tmp_path / "secret.svg")
    (images / "notes.txt").write_text("secret", encoding="utf-8")
    for path in ("docs/images/../../secret.svg", "docs/images/link.svg"):
        with pytest.raises(WavehouseError, match="leads out of"):
            inline_images(project, f"![x]({path})")
    with pytest.raises(WavehouseError, match="is not an image"):
        inline_images(project, "![x](docs/images/notes.txt)")
    for text in (r"!\[x\](docs/images/gone.svg)", "[x](docs/images/gone.svg)"):
        assert inline_images(project, text) == text


def test_a_terminal_obeys_no_text() -> None:
    assert terminal_text("a\x1b]0;title\x07b\x1b[2Jc\r\x9bd\n\te") == (
        "a\\x1b]0;title\\x07b\\x1b[2Jc\\x0d\\x9bd\n\te"
    )
    assert terminal_text("\x1b[31mred\x1b[0m") == "\x1b[31mred\x1b[0m"


# Only these may write quotes, brackets and the like by hand.
BY_HAND = {
    r"""replace\(["']'["'], ["']''["']\)""": {"wavehouse/escapes.py"},
    r"""replace\('"', '""'\)""": {"wavehouse/escapes.py"},
    r"u003c|<\\\\/": {"wavehouse/escapes.py"},
    r"(innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function)": set(),
    r"trustAsHtml": {"wavehouse/docs_site/site.py"},
    r"csv\.writer\(": {
        "wavehouse/changes/diff_report.py",
        "wavehouse/estimating/showing.py",
        "wavehouse/people/held.py",
        "wavehouse/people/wave_rows.py",
        "wavehouse_exchange/exports/csvw_tables.py",
        "wavehouse_exchange/landing/leave_out.py",
        "wavehouse_exchange/landing/look.py",
        "wavehouse_exchange/onboarding/revised.py",
        "wavehouse_exchange/onboarding/tables.py",
        "wavehouse_exchange/onboarding/worksheet_out.py",
    },
    r"yaml\.(load|full_load|unsafe_load)\(": {
        "wavehouse_exchange/onboarding/draft.py",
        "wavehouse/yaml_files.py",
    },
    r"\| *safe\b|Markup\(": set(),
    r"escape_single_quotes": {"macros/engines/sql_text.sql"},
}


def test_nobody_uses_the_connection_that_all_share() -> None:
    """A query that was interrupted may go on there, and threads would mix their results."""
    shared = re.compile(r"\bduckdb\.(sql|execute|query|read_\w+|from_\w+)\(")
    found = [
        str(path.relative_to(ROOT))
        for folder in ("wavehouse", "wavehouse_exchange")
        for path in (ROOT / folder).rglob("*.py")
        if shared.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nothing_is_escaped_by_hand_elsewhere() -> None:
    files = [
        path
        for folder, endings in (
            ("wavehouse", (".py", ".js", ".j2", ".html")),
            ("wavehouse_exchange", (".py", ".js", ".j2", ".html")),
            ("macros", (".sql",)),
            ("models", (".sql",)),
        )
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings
    ]
    found = {
        (pattern, name)
        for path in files
        for pattern, allowed in BY_HAND.items()
        if re.search(pattern, path.read_text(encoding="utf-8"))
        and (name := path.relative_to(ROOT).as_posix()) not in allowed
    }
    assert found == set()


# What is made -------------------------------------------------------------------------------------


def test_the_checks_find_no_fault_in_hostile_texts(project: Project) -> None:
    assert query(project, PROBLEMS) == []
    check_generated(project)


def forms(text: str) -> list[bytes]:
    """Give what a text looks like in files, also within Base64, wherever it begins there."""
    found = [text.encode()]
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + text.encode())
        found.append(coded[4:-4])
    return found


def test_no_text_was_run_on_the_way(top: Path, project: Project) -> None:
    wanted = [each for secret in (hostile.SECRET, hostile.PLANTED_SECRET) for each in forms(secret)]
    files = [path for path in top.rglob("*") if path.is_file() and path.name != hostile.PLANTED]
    assert len(files) > 500
    assert [
        path.relative_to(top).as_posix()
        for path in files
        if any(each in path.read_bytes() for each in wanted)
    ] == []
    assert list(top.rglob(hostile.TOUCHED)) == []
    assert not (project.root / hostile.TOUCHED).exists()


def test_texts_are_in_the_tables_as_they_were_written(project: Project) -> None:
    for table, column in (("dim_study", "study_label"), ("dim_wave", "wave_label")):
        seed = {"dim_study": "studies", "dim_wave": "waves"}[table]
        written = {row[column].replace("\r\n", "\n") for row in codebook_rows(project, seed)}
        shown = {row[column] for row in query(project, f"select {column} from marts.{table}")}
        assert shown == written
    found = query(project, "select distinct source_column from marts.dictionary_codes")
    assert "q'); drop table x; --" in {row["source_column"] for row in found}


def test_comments_hold_the_texts(project: Project) -> None:
    with duckdb.connect(str(project.warehouse / "wavehouse.duckdb"), read_only=True) as connection:
        comments = [
            row[0]
            for row in connection.execute(
                "select comment from duckdb_tables() where comment is not null "
                "union all select comment from duckdb_columns() where comment is not null"
            ).fetchall()
        ]
    assert any(
        "drop table marts.fct\\_answers" in comment or "drop table marts.fct_answers" in comment
        for comment in comments
    )
    assert not any(re.search(r"\{[{%#]", comment) for comment in comments)


def test_exports_hold_no_formula_and_give_the_texts_back(project: Project) -> None:
    formats = set()
    labels = set()
    for path in (project.warehouse / "exports").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        for row in (header, *rows):
            for cell in row:
                assert not re.match(r"[\s]*[=+@\uff1d]|[\t\r\n]|-(?![\d.])", cell), (path, cell)
                assert not (cell.startswith("-") and not is_number(cell)), (path, cell)
        formats.add(path.parent.name)
        if path.name == "waves.csv":
            place = header.index("wave_label")
            labels |= {text_of_csv(row[place]) for row in rows}
    assert formats == {"csvw", "ddi", "spss", "stata", "sdmx"} & set(FORMATS)
    written = {row["wave_label"] for row in codebook_rows(project, "waves")}
    assert labels == {text.replace("\r\n", "\n") for text in written}


def is_number(cell: str) -> bool:
    """Say whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_an_engine_without_files_takes_the_texts_too(
    project: Project, postgres_server: PostgresServer
) -> None:
    server = own_database(postgres_server, "hostile")
    load_landed_waves(project, check_files(project).waves, server.environment)
    env = {**server.environment, hostile.VARIABLE: hostile.SECRET}
    run: DbtRun = run_dbt(project, *BUILD, target="postgres", env=env)
    assert run.exit_code == 0, run.output[-5000:]
    assert query_postgres(server, PROBLEMS) == []
    for table in ("dim_variable", "dim_wave", "dictionary_codes", "fct_trend_estimates"):
        sql = f"select * from marts.{table}"
        assert len(query(project, sql)) == len(query_postgres(server, sql))
    comments = query_postgres(
        server, "select description from pg_description where description like '%drop table%'"
    )
    assert comments
    assert not any(hostile.SECRET in row["description"] for row in comments)


# A browser looks ----------------------------------------------------------------------------------

TRAP = """
    window.alert = window.confirm = window.prompt = () => { window.pwned = "dialog" };
"""


# Of dbt's page itself, which names icons before it has them; what is missing has its address noted.
OWN_FAULTS = ("getIcon", "favicon", "Failed to load resource", "Not allowed to load local resource")


def note(faults: list[str], text: str) -> None:
    """Note a fault, unless the page has it without any text."""
    if not any(own in text for own in OWN_FAULTS):
        faults.append(text)


@contextmanager
def trapped(context: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """Give a page that notes whatever a text may have brought about."""
    page = context.new_page()
    page.add_init_script(TRAP)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda said: note(faults, said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else note(faults, f"request: {request.url}")
        ),
    )
    page.on("requestfailed", lambda request: note(faults, f"missing: {request.url}"))
    yield page, faults
    page.close()


def assert_nothing_ran(page: Page, faults: list[str], place: str) -> None:
    """Look at the trap."""
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None, place
    strange = "img[src='x'], iframe, svg[onload], [onerror], a[href^='javascript' i]"
    assert page.locator(strange).count() == 0, place
    assert faults == [], (place, faults[:5])


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    """A browser."""
    with chromium() as browser:
        yield browser.new_context(viewport={"width": 1400, "height": 1000})


def test_the_docs_site_runs_nothing(project: Project, context: BrowserContext) -> None:
    manifest = json.loads((project.target / "manifest.json").read_text(encoding="utf-8"))
    places = [f"#!/exposure/{key}" for key in manifest["exposures"]]
    places += [
        f"#!/{node['resource_type']}/{key}"
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
        and re.search(r"wide_|waves|trap|bsa_1983|fct_respondents", key)
    ]
    places += [f"#!/source/{key}" for key in manifest["sources"]]
    with trapped(context) as (page, faults):
        page.goto((project.warehouse / "docs/index.html").as_uri())
        page.wait_for_selector("h1", timeout=30_000)
        assert_nothing_ran(page, faults, "overview")
        for place in places:
            page.evaluate("place => { window.location.hash = place }", place)
            page.wait_for_function("place => window.location.hash === place", arg=place)
            page.wait_for_timeout(50)
            assert page.evaluate("window.pwned") is None, place
            assert faults == [], (place, faults[:5])
        field = page.locator("input[placeholder^='Search for questions']")
        for words in (
            "img",
            "pwned",
            "onerror",
            "drop table",
            "script",
            "HYPERLINK",
            "constructor",
        ):
            field.fill(words)
            page.wait_for_selector(".search-result-match", timeout=10_000)
            assert_nothing_ran(page, faults, words)
        # It is all there, as text.
        field.fill("img")
        page.wait_for_selector(".search-result-match")
        assert "<img src=x onerror=" in page.inner_text("body")


def test_the_pages_run_nothing(project: Project, context: BrowserContext) -> None:
    index = project.warehouse / "pages/index.html"
    pairs = query(
        project,
        "select distinct study_id, variable_id from marts.dictionary_questions order by all",
    )
    places = [f"#/study/{study_id}" for study_id in STUDIES]
    places += [f"#/variable/{row['study_id']}/{row['variable_id']}" for row in pairs]
    places += ["#/?q=img", "#/?q=%3Cimg", "#/"]
    with trapped(context) as (page, faults):
        page.goto(index.as_uri())
        page.wait_for_selector("h1")
        for place in places:
            page.evaluate("place => { window.location.hash = place }", place)
            page.wait_for_timeout(300)
            assert_nothing_ran(page, faults, place)
        text = page.evaluate(
            "wavehouse.csvText('=1+1') + wavehouse.csvText('-2') + "
            "wavehouse.csvText('-2+3') + wavehouse.csvText(' @x')"
        )
        assert text == "'=1+1-2'-2+3' @x"


def test_the_drift_page_runs_nothing(project: Project, context: BrowserContext) -> None:
    with trapped(context) as (page, faults):
        page.goto((project.warehouse / "drift.html").as_uri())
        assert_nothing_ran(page, faults, "drift")


# What is no text is refused -----------------------------------------------------------------------


def test_ids_and_lists_are_refused_with_their_place(project: Project, tmp_path: Path) -> None:
    copied = copy_project(tmp_path / "project")
    keep_studies(copied, ["bsa"])
    text = "'); drop table x; -- {{ 1 }}"
    for table, column in (("variables", "variable_id"), ("waves", "wave_id")):
        rows = codebook_rows(copied, table)
        set_codebook_rows(copied, table, [{**rows[0], column: text}, *rows[1:]])
        with pytest.raises(WavehouseError, match=rf"{table}\.csv.*{column}"):
            generate(copied)
        set_codebook_rows(copied, table, rows)
    assert project.root != copied.root
