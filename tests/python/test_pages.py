"""The pages, in a browser: what people find, see, hear, copy and take away is what is published.

Real studies, with a few labels and breaks changed in a copy of the published warehouse, so that
everything that a page can show is there.
"""

import csv
import functools
import http.server
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium, watch
from lxml import etree
from playwright.sync_api import Browser, Page, expect
from workbench import open_for_change

import wavehouse_exchange.pages.site as site_module
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.pages.site import write_pages

ABORTION = "#/variable/bsa/abortion_support"
PARTY = "#/variable/bsa/party"
NASTY = """<img src=x onerror="document.title='owned'"></script><b>&amp; "Tom" & 'Ann'"""

# What the small studies lack: breaks, a new wording, a label that tries to be markup.
CHANGES = f"""
    insert into marts.dictionary_breaks by name
    select
        study_id, wave_id, variable_id, 'made_up_' || wave_id as break_id, wave_label,
        date '1985-03-01' as wave_date, variable_label, wave_id as declared_wave_id,
        'mode' as break_kind, case wave_id when '1985' then 'hard' else 'soft' end as severity,
        'Interviews by telephone began.' as break_description, false as is_of_study
    from marts.dictionary_questions
    where variable_id = 'abortion_support' and wave_id in ('1985', '1986');
    update marts.dictionary_questions
    set question_text = 'Asks of eight circumstances whether the law should permit an abortion.'
    where variable_id = 'abortion_support' and wave_id = '1986';
    update marts.dictionary_questions
    set question_text = 'Preguntó por la educación: {NASTY.replace("'", "''")}'
    where variable_id = 'party' and wave_id = '1983';
    update marts.dictionary_categories set category_label = '{NASTY.replace("'", "''")}'
    where variable_id = 'party' and category_code = 'labour';
    update marts.fct_trend_estimates set category_label = '{NASTY.replace("'", "''")}'
    where variable_id = 'party' and category_code = 'labour';
    update marts.dictionary_codes set note = '{NASTY.replace("'", "''")}'
    where variable_id = 'party';
"""


@dataclass
class Pages:
    """A written site, and the warehouse that it was written from."""

    project: Project

    @property
    def url(self) -> str:
        """The start page, as somebody opens it from a folder."""
        return (self.project.warehouse / "pages" / "index.html").as_uri()

    @property
    def folder(self) -> Path:
        """The folder behind the link."""
        return (self.project.warehouse / "pages").resolve()

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Ask the warehouse."""
        database = str(self.project.warehouse / "wavehouse.duckdb")
        with duckdb.connect(database, read_only=True) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def data(self, name: str) -> Any:  # noqa: ANN401
        """Read a data file as the page does."""
        text = (self.folder / "data" / f"{name}.js").read_text(encoding="utf-8")
        found = re.fullmatch(r'wavehouse\.take\("[^"]+","[^"]+",(.*)\);\n', text, re.DOTALL)
        assert found, text[:100]
        return json.loads(found[1])


@pytest.fixture(scope="module")
def pages(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The site of the two small studies with some changes."""
    project = Project(tmp_path_factory.mktemp("pages"))
    project.warehouse.mkdir()
    database = project.warehouse / "wavehouse.duckdb"
    shutil.copy(published.warehouse / "wavehouse.duckdb", database)
    with open_for_change(database) as connection:
        connection.execute(CHANGES)
    (project.warehouse / "docs").mkdir()
    (project.warehouse / "docs" / "index.html").write_text("<title>Tables</title>")
    write_pages(project)
    return Pages(project)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, pages: Pages) -> Iterator[Callable[..., Page]]:
    """Open a view; afterwards, nothing was asked of a network and nothing went wrong unseen."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1100, "height": 900})
    problems: list[str] = []
    allowed = ("data:", "blob:", pages.project.warehouse.as_uri())

    def visit(address: str = "", base: str | None = None, **options: str) -> Page:
        page = context.new_page()
        watch(page, problems, lambda url: url.startswith((*allowed, base or allowed[0])))
        if options:
            page.emulate_media(**options)
        page.goto((base or pages.url) + address)
        page.wait_for_selector("main[data-ready]")
        return page

    yield visit
    context.close()
    assert problems == []


def wait_for_chart(page: Page) -> None:
    page.wait_for_selector("#chart[data-drawn] .for-screen svg")


def marks(page: Page, kind: str) -> int:
    return page.locator(f"#chart .for-screen svg g.mark-{kind}.role-mark path").count()


def table(page: Page) -> list[list[str]]:
    return page.locator("#trend table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def test_words_of_a_question_find_its_variable(visit: Callable[..., Page]) -> None:
    page = visit()
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    for query in ("circumstances abortion", "CIRCUMST abort", "abortion  circumstances,"):
        field.fill(query)
        expect(page.locator(".hit .name")).to_have_text(["Support for legal abortion"])
        expect(page.locator(".hit mark").first).to_be_visible()
    field.fill("educacion pregunto")
    expect(page.locator(".hit .name")).to_have_text(["Party"])
    expect(page.locator(".hit .context mark")).to_have_text(["Preguntó", "educación"])
    expect(page.locator(".hit .where")).to_have_text("question BSA Panel 1983")
    field.fill("ircumstances")
    expect(page.locator("#results")).to_contain_text("Nothing has all of these words")
    field.fill("")
    expect(page.locator(".hit")).to_have_count(page.evaluate("wavehouse.variables.length"))


def test_a_label_ranks_before_a_question_and_studies_narrow_the_search(
    visit: Callable[..., Page],
) -> None:
    page = visit("#/?q=school")
    names = page.locator(".hit .name").all_text_contents()
    assert names[0] == "School type"
    assert len(names) > 1
    page.get_by_role("link", name="British Social Attitudes Panel").first.click()
    expect(page.locator(".hit")).to_have_count(0)
    assert "study=bsa" in page.url


def test_search_folds_letters_and_reads_scripts_without_spaces(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    ranked = page.evaluate(
        """() => {
            const entry = (label) => ({ label, id: "x", study: { id: "s" } });
            const labels = ["Østre Ærø", "幸福度", "생활 만족도", "Zufriedenheit mit der Straße"];
            const index = wavehouse.makeIndex(labels.map(entry), labels.map(() => ["", [], []]));
            return ["ostre", "福", "만족", "strase mit", "der mit zuf", "traße"].map(
                (query) => wavehouse.search(index, query).map((hit) => hit.entry.label));
        }"""
    )
    assert ranked == [
        ["Østre Ærø"],
        ["幸福度"],
        ["생활 만족도"],
        ["Zufriedenheit mit der Straße"],
        ["Zufriedenheit mit der Straße"],
        [],
    ]


def test_the_trend_has_the_numbers_of_the_mart(pages: Pages, visit: Callable[..., Page]) -> None:
    page = visit(ABORTION)
    wait_for_chart(page)
    rows = pages.rows(
        """
        select wave_label, estimate, ci_lower, ci_upper, n_respondents
        from marts.fct_trend_estimates
        where measure_id = 'abortion_support_mean' and segment_id = 'total' order by wave_date
        """
    )
    expected = [
        [
            row["wave_label"],
            f"{row['estimate']:.2f}",
            f"{row['ci_lower']:.2f} to {row['ci_upper']:.2f}",
            str(row["n_respondents"]),
        ]
        for row in rows
    ]
    assert [cells[:4] for cells in table(page)] == expected
    assert marks(page, "symbol") == len(rows)
    label = page.locator("#chart").get_attribute("aria-label") or ""
    assert expected[0][1] in label
    assert expected[-1][1] in label


def test_the_line_ends_at_a_hard_break_and_is_dashed_across_a_soft_one(
    visit: Callable[..., Page],
) -> None:
    page = visit(ABORTION)
    wait_for_chart(page)
    # 1983 and 1984 are one line, 1985 and 1986 have a point each and a dashed piece between them.
    drawn = page.locator("#chart .for-screen svg g.mark-line.role-mark path").evaluate_all(
        "lines => lines.map(line => [line.getAttribute('d').split('L').length, "
        "Boolean(line.getAttribute('stroke-dasharray'))])"
    )
    assert sorted(drawn) == [[1, False], [1, False], [2, False], [2, True]]
    rules = page.locator("#chart .for-screen svg g.mark-rule.role-mark line").evaluate_all(
        "rules => rules.filter(rule => rule.getAttribute('stroke-width') === '1.2')"
        ".map(rule => rule.getAttribute('stroke-dasharray'))"
    )
    assert sorted(rules) == ["1,0", "3,4"]
    breaks = page.locator(".breaks li")
    expect(breaks).to_have_count(2)
    expect(breaks.first).to_contain_text("BSA Panel 1985, mode (hard)")
    expect(breaks.first).to_contain_text("Interviews by telephone began.")


def test_a_segment_changes_the_address_the_table_and_the_chart(visit: Callable[..., Page]) -> None:
    page = visit(ABORTION)
    wait_for_chart(page)
    before = table(page)
    page.get_by_label("Groups").focus()
    page.get_by_label("Groups").select_option("sex")
    expect(page.locator("#trend figcaption strong")).to_contain_text("by sex")
    assert "segment=sex" in page.url
    wait_for_chart(page)
    after = table(page)
    assert len(after) == 2 * len(before)
    assert {cells[1] for cells in after} == {"Female", "Male"}
    assert marks(page, "symbol") == len(after)
    expect(page.get_by_label("Groups")).to_be_focused()
    shapes = page.locator("#chart .for-screen g.mark-symbol path").evaluate_all(
        "marks => new Set(marks.map(mark => mark.getAttribute('d').length)).size"
    )
    assert shapes > 1


def test_many_groups_have_a_small_chart_each(visit: Callable[..., Page]) -> None:
    page = visit(f"{PARTY}?category=*")
    wait_for_chart(page)
    names = {cells[1] for cells in table(page)}
    assert len(names) > 4
    shown = " ".join(page.locator("#chart .for-screen svg text").all_text_contents())
    assert page.locator("#chart .for-screen svg g.role-scope.cell > g").count() == len(names)
    assert all(name[:12] in shown for name in names)


def test_no_number_of_a_suppressed_cell_is_in_the_pages(
    pages: Pages, visit: Callable[..., Page]
) -> None:
    names = ("study_id", "measure_id", "category_code", "segment_id", "segment_code", "wave_id")
    suppressed = {
        tuple(row[name] for name in names)
        for row in pages.rows(
            "select * from marts.fct_trend_estimates where observation_status = 'Q'"
        )
    }
    assert len(suppressed) > 10
    waves = {
        study["id"]: [wave["id"] for wave in study["waves"]]
        for study in pages.data("catalogue")["studies"]
    }
    seen = set()
    changes = 0
    for path in (pages.folder / "data").glob("*/*.js"):
        record = pages.data(f"{path.parent.name}/{path.stem}")
        of_study = waves[record["study"]]
        for measure in record["measures"]:
            for category, segment, code, points, rows in measure["cells"]:
                cell = (record["study"], measure["id"], category, segment, code)
                for point in points:
                    key = (*cell, of_study[point[0]])
                    if key in suppressed:
                        seen.add(key)
                        # Its wave, its two statuses and the reason; nothing comes after them.
                        assert point[1] == "Q"
                        # of low reliability, which is no secret
                        assert point[2] == "F"
                        assert len(point) <= 4
                for change in rows:
                    if {(*cell, of_study[wave]) for wave in change[:2]} & suppressed:
                        changes += 1
                        assert set(change[7:13]) <= {None}
    assert seen == suppressed
    assert changes

    page = visit(f"{ABORTION}?segment=religion")
    wait_for_chart(page)
    cells = [cells for cells in table(page) if cells[1] == "Roman Catholic"]
    assert [row[2:7] for row in cells] == [["suppressed", "", "", "", ""]] * 4
    assert "Fewer than 30 respondents" in cells[0][7]
    assert page.locator("#chart .for-screen svg text", has_text="suppressed (1 of 4)").count() == 4
    expect(page.locator("#change-words")).to_contain_text("Roman Catholic: suppressed")


def test_waves_that_did_not_ask_are_gaps(visit: Callable[..., Page]) -> None:
    page = visit("#/variable/api/enrolment")
    wait_for_chart(page)
    assert page.locator("#chart .for-screen svg text", has_text="not collected").count() == 1
    assert ["API 1999", "not collected"] in [row[:2] for row in table(page)]
    assert "asked in 1 of 2 waves" in page.locator(".meta").text_content()
    expect(page.locator("#coverage tr", has_text="API 1999")).to_contain_text("not in this wave")


def test_a_change_is_stated_in_words_as_it_is_published(
    pages: Pages, visit: Callable[..., Page]
) -> None:
    rows = pages.rows(
        """
        select * from marts.fct_trend_changes
        where measure_id = 'abortion_support_mean' and segment_id = 'total'
            and from_wave_id = '1983' and to_wave_id = '1984' and comparison = 'previous'
        """
    )
    page = visit(f"{ABORTION}?from=1983&to=1984")
    words = page.locator("#change-words")
    expect(page.locator(".changes")).to_contain_text("From BSA Panel 1983 to BSA Panel 1984:")
    expect(words).to_contain_text(f"fell by {abs(rows[0]['change']):.2f} circumstances")
    expect(words).to_contain_text(
        ": significant" if rows[0]["is_significant"] else "not significant"
    )
    page.get_by_label("To", exact=True).select_option("1986")
    expect(page.get_by_label("From", exact=True)).to_have_value("1985")
    page.get_by_label("From", exact=True).select_option("1984")
    expect(words).to_contain_text("no test of this pair is published")
    assert "from=1984" in page.url


def test_a_link_opens_the_same_view_and_back_goes_back(visit: Callable[..., Page]) -> None:
    page = visit(ABORTION)
    wait_for_chart(page)
    page.get_by_label("Groups").select_option("sex")
    page.get_by_label("Scale").select_option("zero")
    expect(page.get_by_label("Scale")).to_have_value("zero")
    address = page.url
    again = visit(address[address.index("#") :])
    expect(again.get_by_label("Groups")).to_have_value("sex")
    expect(again.get_by_label("Scale")).to_have_value("zero")
    assert table(again) == table(page)
    page.go_back()
    expect(page.get_by_label("Scale")).to_have_value("fit")
    expect(page.get_by_label("Groups")).to_have_value("sex")
    page.go_back()
    expect(page.get_by_label("Groups")).to_have_value("total")
    page.go_forward()
    expect(page.get_by_label("Groups")).to_have_value("sex")


def test_the_link_can_be_copied_or_else_is_shown(visit: Callable[..., Page]) -> None:
    page = visit(f"{ABORTION}?segment=sex")
    page.evaluate(
        "() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"
    )
    page.locator("#copy-link").click()
    expect(page.locator("#announcements")).to_have_text("The link is copied.")
    assert page.evaluate("window.copied") == page.url
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )
    page.locator("#copy-link").click()
    expect(page.get_by_label("The link of this view")).to_have_value(page.url)


@pytest.mark.parametrize(
    "address", ["#/variable/bsa/nothing", "#/study/nothing", "#/nowhere", "#/variable/%E0%A4%A"]
)
def test_an_address_that_leads_nowhere_says_so(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    expect(page.locator("h1")).to_have_text("Not found")


def test_unknown_choices_fall_back_to_what_there_is(visit: Callable[..., Page]) -> None:
    page = visit(f"{ABORTION}?measure=x&category=y&segment=z&scale=q&from=1&to=2")
    wait_for_chart(page)
    expect(page.get_by_label("Groups")).to_have_value("total")
    assert len(table(page)) == 4


def test_the_csv_has_all_numbers_as_they_are_published(
    pages: Pages, visit: Callable[..., Page]
) -> None:
    page = visit(f"{PARTY}?segment=religion")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV, all groups").click()
    content = Path(download.value.path()).read_bytes().decode("utf-8")
    assert download.value.suggested_filename == "party-party_share-all.csv"
    assert content.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    key = ("wave_id", "category_code", "segment_id", "segment_code")
    published = {
        tuple(row[name] for name in key): row
        for row in pages.rows(
            "select * from marts.fct_trend_estimates where measure_id = 'party_share'"
        )
    }
    assert len(rows) == len(published)
    for row in rows:
        expected = published[tuple(row[name] for name in key)]
        for name, text in row.items():
            if name in ("unit", "study_label"):
                continue
            value = expected[name]
            if isinstance(value, int | float):
                assert float(text) == value, name
            else:
                assert text == ("" if value is None else str(value)), name
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    shown = Path(download.value.path()).read_text(encoding="utf-8")
    assert {row["segment_id"] for row in csv.DictReader(io.StringIO(shown))} == {"religion"}


def test_the_chart_can_be_taken_away_as_svg_and_png(visit: Callable[..., Page]) -> None:
    page = visit(f"{ABORTION}?segment=sex")
    wait_for_chart(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    content = Path(download.value.path()).read_bytes()
    texts = [text.strip() for text in etree.fromstring(content).itertext() if text.strip()]
    assert any("Mean support for legal abortion" in text for text in texts)
    assert any("British Social Attitudes Panel" in text for text in texts)
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    picture = Path(download.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(picture[16:20])
    assert width > 1000


def test_all_of_it_can_be_done_with_the_keyboard(visit: Callable[..., Page]) -> None:
    page = visit("#/help")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("abort")
    expect(page.locator(".hit")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Support for legal abortion")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title(
        "Support for legal abortion, British Social Attitudes Panel · Wavehouse"
    )
    expect(page.locator("#announcements")).to_have_text("Support for legal abortion")
    page.keyboard.press("Tab")
    page.keyboard.press("s")
    page.locator("#comparability .grade[tabindex='0']").focus()
    expect(page.locator(".reason")).to_contain_text("BSA Panel 1983 and BSA Panel 1984: identical")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".reason")).to_contain_text("BSA Panel 1983 and BSA Panel 1985")


def test_a_new_wording_is_marked_word_by_word(visit: Callable[..., Page]) -> None:
    page = visit(ABORTION)
    newest = page.locator("#wording li").last
    expect(newest.locator("h3")).to_have_text("BSA Panel 1986")
    deleted = newest.locator("del").all_text_contents()
    inserted = newest.locator("ins").all_text_contents()
    assert deleted == ["seven", "allow", "abortion; the number of positive answers."]
    assert inserted == ["eight", "permit", "abortion."]
    assert newest.locator(".question").text_content().count("circumstances") == 1


def test_labels_are_text_and_nothing_else(pages: Pages, visit: Callable[..., Page]) -> None:
    for path in pages.folder.glob("data/**/*.js"):
        assert "<" not in path.read_text(encoding="utf-8"), path
    page = visit(f"{PARTY}?category=labour")
    wait_for_chart(page)
    expect(page.locator("#trend figcaption strong")).to_have_text(f"Party: {NASTY}")
    expect(page.locator("#codes")).to_contain_text(NASTY)
    page.locator("#chart .for-screen g.mark-symbol path").first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("<img")
    assert page.locator("main img, main b, #vg-tooltip-element img").count() == 0
    search = visit("#/?q=onerror")
    expect(search.locator(".hit .context")).to_contain_text("<img src=x")
    assert search.locator("main img").count() == 0
    assert "owned" not in page.title() + search.title()


VIEWS = {
    "start": "",
    "search": "#/?q=abortion",
    "trend": f"{ABORTION}?segment=religion",
    "small multiples": f"{PARTY}?category=*",
    "no trend": "#/variable/bsa/religion",
    "group": "#/variable/api/targets_met",
    "study": "#/study/bsa",
    "help": "#/help",
    "missing": "#/nowhere",
}


@pytest.mark.parametrize(
    ("name", "scheme"),
    [*((name, "light") for name in VIEWS), ("search", "dark"), ("trend", "dark"), ("help", "dark")],
)
def test_axe_finds_nothing(visit: Callable[..., Page], name: str, scheme: str) -> None:
    page = visit(VIEWS[name], color_scheme=scheme)
    if page.locator("#chart").count():
        wait_for_chart(page)
    results = Axe().run(page, options={"preload": False})
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", VIEWS)
def test_a_phone_need_not_scroll_sideways(visit: Callable[..., Page], name: str) -> None:
    page = visit(VIEWS[name])
    page.set_viewport_size({"width": 360, "height": 740})
    if page.locator("#chart").count():
        page.wait_for_function(
            "() => { const drawing = document.querySelector('#chart .for-screen svg');"
            " return drawing && drawing.getBoundingClientRect().width <= 330; }"
        )
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_paper_shows_chart_numbers_and_wording_without_controls(
    visit: Callable[..., Page],
) -> None:
    page = visit(f"{ABORTION}?segment=sex", color_scheme="dark")
    wait_for_chart(page)
    page.wait_for_selector("#chart .for-paper svg", state="attached")
    page.emulate_media(media="print", color_scheme="dark")
    for shown in (
        "#chart .for-paper svg",
        "#trend table",
        "#wording",
        "#coverage table",
        ".breaks",
    ):
        expect(page.locator(shown).first).to_be_visible()
    for unseen in ("#chart .for-screen", ".controls", ".buttons", ".top nav"):
        expect(page.locator(unseen).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    # The chart of a dark screen is drawn for white paper.
    assert "#0072b2" in page.locator("#chart .for-paper").inner_html()
    assert "#0072b2" not in page.locator("#chart .for-screen").inner_html()
    # A table is printed whole, however long it is.
    assert page.evaluate(
        "(() => { const box = document.querySelector('#trend .scroll');"
        " return box.scrollHeight <= box.clientHeight + 1; })()"
    )
    assert page.pdf().startswith(b"%PDF")


def test_a_study_has_its_waves_breaks_and_source(visit: Callable[..., Page]) -> None:
    page = visit("#/study/bsa")
    expect(page.locator("#waves tbody tr")).to_have_count(4)
    expect(page.locator("#breaks")).to_contain_text("BSA Panel 1985: mode, hard break")
    expect(page.locator("#breaks a").first).to_have_text("Support for legal abortion")
    expect(page.locator(".facts")).to_contain_text("McGrath")
    page.get_by_role("link", name="Tables").click()
    expect(page).to_have_title("Tables")


def test_derived_variables_and_groups_lead_to_what_they_are_made_of(
    visit: Callable[..., Page],
) -> None:
    page = visit("#/variable/bsa/age_group")
    page.locator("#source").get_by_role("link", name="Age", exact=True).click()
    expect(page.locator("h1")).to_have_text("Age")
    expect(page.locator("#source")).to_contain_text("Derived from it: Age group")
    group = visit("#/variable/api/targets_met")
    expect(group.locator("#source a").first).to_have_text("Eligible for awards")


def test_the_pages_work_behind_a_web_server_in_any_folder(
    pages: Pages, visit: Callable[..., Page], tmp_path: Path
) -> None:
    shutil.copytree(pages.folder, tmp_path / "some where" / "pages")
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/some%20where/pages/"
        page = visit(f"{ABORTION}?segment=sex", base=base)
        wait_for_chart(page)
        assert len(table(page)) == 8
        page.get_by_role("link", name="Find a variable").click()
        page.get_by_role("searchbox").fill("abort")
        expect(page.locator(".hit")).to_have_count(1)
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Leave the tests' output alone."""


def test_data_of_another_site_are_not_shown(pages: Pages, browser: Browser, tmp_path: Path) -> None:
    shutil.copytree(pages.folder, tmp_path / "pages")
    data = tmp_path / "pages" / "data" / "bsa" / "party.js"
    data.write_text(re.sub(r'take\("[^"]+"', 'take("another"', data.read_text("utf-8")), "utf-8")
    (tmp_path / "pages" / "data" / "bsa" / "religion.js").unlink()
    page = browser.new_page()
    page.goto((tmp_path / "pages" / "index.html").as_uri() + PARTY)
    expect(page.locator(".notice")).to_contain_text("Reload this page")
    page.goto((tmp_path / "pages" / "index.html").as_uri() + "#/variable/bsa/religion")
    expect(page.locator(".notice")).to_contain_text("data/bsa/religion.js could not be read")
    page.close()


def test_a_site_is_switched_in_one_step_or_not_at_all(
    published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.warehouse.mkdir()
    shutil.copy(published.warehouse / "wavehouse.duckdb", project.warehouse)
    # What takes long, and is not in question here.
    monkeypatch.setattr(site_module, "chart_library", str)
    link = project.warehouse / "pages"
    folders = []
    for _ in range(3):
        write_pages(project)
        folders.append(link.resolve())
    kept = sorted(path.name for path in (project.warehouse / ".pages").iterdir())
    assert kept == sorted(folder.name for folder in folders[1:])

    def fails(folder: Path, _: str) -> None:
        (folder / "index.html").write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(site_module, "write_assets", fails)
    with pytest.raises(OSError, match="disk full"):
        write_pages(project)
    assert link.resolve() == folders[2]
    assert sorted(path.name for path in (project.warehouse / ".pages").iterdir()) == kept


def test_the_command_says_what_it_needs(
    empty_project: Project, run_command: Callable[..., tuple[int, str]]
) -> None:
    code, output = run_command(empty_project, "pages")
    assert (code, output) == (
        1,
        "warehouse/wavehouse.duckdb is missing, so there is nothing to show. Run `make` first.\n",
    )
    empty_project.warehouse.mkdir()
    duckdb.connect(str(empty_project.warehouse / "wavehouse.duckdb")).close()
    code, output = run_command(empty_project, "pages")
    assert code == 1
    assert "is of an older version. Run `make`." in output
    assert "dim_study" in output
    (empty_project.warehouse / "pages").mkdir()
    with pytest.raises(WavehouseError, match="was not made by this command"):
        write_pages(empty_project)
