"""The docs site in a real browser: what a reader looks for is found, and every link leads on."""

import copy
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from playwright.sync_api import Page, expect
from workbench import ROOT

from wavehouse.docs_site.data import catalogue_for_site, manifest_for_site
from wavehouse.docs_site.site import replace_in_page
from wavehouse.docs_site.texts import add_texts
from wavehouse.errors import WavehouseError

SITE = ROOT / "warehouse/docs/index.html"
SEARCH = "input[placeholder^='Search for questions']"
RESULT = ".search-result"
# What is shown is what was searched for last: the page heads its results with the words.
NO_OTHER_RESULTS = """
    words => [...document.querySelectorAll("docs-search, .app-content")]
        .some(part => part.innerText.includes(words))
"""


HEADINGS = {
    "#!/overview/wavehouse": "Variables",
    "#!/overview/guide": "Guide",
    "#!/overview/course": "A short course",
    "#!/overview/glossary": "Glossary",
    "#!/overview/tutorial": "Tutorial",
}


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Page, list[str]]]:
    """The site, opened from its file, and what went wrong on it or left it."""
    assert SITE.exists(), "There is no docs site. Run `make docs` first."
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: None if is_local(request.url) else faults.append(request.url),
        )
        page.goto(SITE.as_uri(), wait_until="domcontentloaded")
        expect(page.locator("h1", has_text="Wavehouse")).to_be_visible(timeout=30_000)
        yield page, faults


@pytest.fixture
def site(opened: tuple[Page, list[str]]) -> Page:
    """The site, at its overview."""
    page, _ = opened
    show(page, "#!/overview")
    return page


def is_local(url: str) -> bool:
    """Say whether a request stays on the machine."""
    return url.startswith(("file:", "data:", "blob:"))


def show(page: Page, place: str) -> None:
    """Go to a page of the site, as a click on a link to it does."""
    page.press(SEARCH, "Escape")
    page.evaluate("place => { window.location.hash = place }", place)
    page.wait_for_function("place => window.location.hash === place", arg=place)


def results(page: Page, words: str) -> list[str]:
    """Search for words, and give the headings of the results shown."""
    page.fill(SEARCH, words)
    page.wait_for_function(NO_OTHER_RESULTS, arg=words)
    headings = page.locator(f"{RESULT} h4").all_inner_texts()
    return [" ".join(heading.split()) for heading in headings]


def linked_places(page: Page) -> list[str]:
    """Give the places within the site that the text shown links to."""
    found = page.locator(".model-markdown a, [marked] a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    return [place for place in dict.fromkeys(found) if place.startswith("#!/")]


def codebook(table: str) -> list[dict[str, str]]:
    """Read a file of the codebook."""
    with (ROOT / f"seeds/codebook/{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_overview_shows_its_drawings(site: Page) -> None:
    images = site.locator("[marked] img, .model-markdown img")
    expect(images.first).to_be_visible()
    widths = images.evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len(widths) == 2
    assert all(width > 500 for width in widths)


def test_every_link_of_the_overview_leads_to_a_page_with_a_description(site: Page) -> None:
    expect(site.locator("h1", has_text="Wavehouse")).to_be_visible()
    places = linked_places(site)
    nodes = [place.rsplit("/", 1)[1] for place in places if not place.startswith("#!/overview")]
    assert len(nodes) > 25
    described = site.evaluate(
        """names => {
            const project = angular.element(document.body).injector().get("project");
            return names.filter(name => (project.node(name) || {}).description);
        }""",
        nodes,
    )
    assert described == nodes
    # What the page knows it shows: a few of them are looked at.
    for place in places[::8]:
        show(site, place)
        heading = HEADINGS.get(place) or place.rsplit(".", 1)[1]
        expect(site.locator("h1", has_text=heading)).to_be_visible()


def test_the_index_has_a_link_to_the_page_of_each_variable(site: Page) -> None:
    show(site, "#!/overview/wavehouse")
    expect(site.locator("h1", has_text="Variables")).to_be_visible()
    places = [place for place in linked_places(site) if place.startswith("#!/exposure/")]
    names = {place.rsplit(".variable_", 1)[1] for place in places}
    assert names == {row["variable_id"] for row in codebook("variables")}
    show(site, places[0])
    label = codebook("variables")[0]["variable_label"]
    expect(site.locator("h1", has_text=label)).to_be_visible()


def test_the_course_leads_from_lesson_to_lesson(site: Page) -> None:
    site.get_by_role("link", name="a short course").click()
    expect(site.locator("h1", has_text="A short course")).to_be_visible()
    titles = site.locator("td a").all_inner_texts()
    assert len(titles) == 12
    site.get_by_role("link", name=titles[0]).click()
    for title, following in pairwise(titles):
        expect(site.locator("h1", has_text=title)).to_be_visible()
        # A query and its result.
        expect(site.locator("pre", has_text="select").first).to_be_visible()
        expect(site.locator("table td").first).to_be_visible()
        site.get_by_role("link", name=following).click()
    expect(site.locator("h1", has_text=titles[-1])).to_be_visible()


def test_the_words_of_each_question_find_its_variable_among_the_first(site: Page) -> None:
    labels = {row["variable_id"]: row["variable_label"] for row in codebook("variables")}
    asked = defaultdict(set)
    for question in codebook("questions"):
        words = " ".join(re.findall(r"[A-Za-z]{3,}", question["question_text"])[:6])
        asked[words].add(question["variable_id"])
    assert len(asked) > 40
    found = site.evaluate(
        """searches => {
            const project = angular.element(document.body).injector().get("project");
            return searches.map(words => project.search(words).map(found => found.model.name));
        }""",
        list(asked),
    )
    for (words, variables), names in zip(asked.items(), found, strict=True):
        assert {f"variable_{each}" for each in variables} <= set(names), words
    # The order is that of what is shown.
    for words, variables in list(asked.items())[::7]:
        shown = results(site, words)
        n_pages = next((n for n, each in enumerate(shown) if not each.endswith(" exposure")), 20)
        expected = {f"{labels[each]} exposure" for each in variables}
        assert expected <= set(shown[:n_pages]), (words, shown)


def test_a_name_finds_what_is_named_so_before_what_mentions_it(site: Page) -> None:
    assert results(site, "dim_wave")[0] == "dim_wave model"
    named_so = ["chart_trend_estimates model", "fct_trend_estimates model"]
    assert sorted(results(site, "trend estimates")[:2]) == named_so
    assert results(site, "Marital status")[0] == "Marital status exposure"


def test_a_reader_finds_waves_wording_and_comparability_of_a_question(site: Page) -> None:
    site.fill(SEARCH, "marital status in six answers")
    site.locator(RESULT).first.click()
    expect(site.locator("h1", has_text="Marital status")).to_be_visible()
    page = site.locator(".model-markdown").first
    expect(page).to_contain_text("Asked in all 11 waves")
    expect(page.locator("tr", has_text="DMDMARTL").first).to_contain_text("People of 14 and older")
    expect(page.locator("tr", has_text="DMDMARTZ").first.locator("strong").first).to_be_visible()
    expect(page.locator("p", has_text="May waves be compared?")).to_be_visible()
    step = page.locator("tr", has_text="Soft break (code_list)")
    expect(step.locator("td").nth(0)).to_have_text("2017")
    expect(step.locator("td").nth(1)).to_have_text("2021")
    expect(step.locator("strong")).to_have_text("with care")


def test_a_column_of_a_wide_table_unfolds_the_page_of_its_variable(site: Page) -> None:
    show(site, "#!/model/model.wavehouse.wide_gss")
    row = site.locator("tr", has_text="religious_attendance").first
    row.click()
    unfolded = site.locator("td.column-expanded", has_text="Asks how often the respondent goes")
    expect(unfolded).to_be_visible()
    # All of it is there without scrolling within the table.
    scrolled = unfolded.evaluate(
        """cell => {
            const frame = cell.closest(".table-responsive");
            return frame.scrollHeight - frame.clientHeight;
        }"""
    )
    assert scrolled < 20


def test_variables_have_a_folder_of_their_own_in_the_tree(site: Page) -> None:
    folder = site.locator("a", has_text=re.compile(r"^\s*Variables\s*$"))
    entry = site.locator("li", has=folder).locator("a[title='Eligible for awards']")
    if not entry.is_visible():
        folder.click()
    entry.click()
    expect(site.locator("h1", has_text="Eligible for awards")).to_be_visible()


def test_the_guide_is_in_the_site_and_its_words_find_its_pages(site: Page) -> None:
    show(site, "#!/overview/guide")
    expect(site.locator("h1", has_text="Guide")).to_be_visible()
    places = [place for place in linked_places(site) if place.startswith("#!/exposure/")]
    pages = {path.stem for path in (ROOT / "docs/guide").glob("*.md")} - {"README"}
    names = {place.rsplit(".guide_", 1)[1].replace("_", "-") for place in places}
    assert names == pages
    show(site, next(place for place in places if place.endswith("add_a_segment")))
    expect(site.locator("h1", has_text="Add a segment")).to_be_visible()
    expect(site.locator(".model-markdown td", has_text="18 to 34").first).to_be_visible()
    assert "Add a segment" in " ".join(results(site, "add a segment")[:5])


def test_nothing_failed_and_nothing_was_fetched(opened: tuple[Page, list[str]]) -> None:
    assert opened[1] == []


# The data of the site ----------------------------------------------------------------------------


def node(kind: str, name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """Make a node as a manifest has it."""
    return {
        "resource_type": kind,
        "name": name,
        "label": name,
        "package_name": "wavehouse",
        "config": {},
        "compiled_code": "select 1",
        "checksum": "x",
        **more,
    }


MANIFEST = {
    "nodes": {
        "public": node("model", "public", config={"access": "public"}),
        "private": node("model", "private", config={"access": "protected"}),
        "test": node("test", "test"),
    },
    "sources": {},
    "exposures": {
        "page": node(
            "exposure",
            "variable_x",
            label="Interview and examination",
            type="dashboard",
            config={"meta": {"variable_id": "x"}},
        ),
        "figure": node("exposure", "figure", type="analysis"),
    },
    "unit_tests": {"unit": node("unit_test", "unit", given=[1], expect={})},
    "macros": {"ours": node("macro", "ours"), "theirs": node("macro", "t", package_name="dbt")},
    "docs": {
        "page": node(
            "doc",
            "__overview__",
            original_file_path="docs/overview.md",
            block_contents="[a](course/README.md), [b](course/README.md#head), [c](other.md)",
        ),
        "course": node(
            "doc",
            "__course__",
            original_file_path="docs/course/README.md",
            block_contents="[up](../overview.md) and [out](https://example.org/a.md)",
        ),
        "block": node("doc", "block", original_file_path="docs/columns.md"),
    },
    "child_map": {"public": []},
    "parent_map": {"public": []},
}


def test_the_site_gets_what_it_shows_and_pages_of_variables_come_first() -> None:
    before = copy.deepcopy(MANIFEST)
    found = manifest_for_site(MANIFEST, {"wavehouse"})
    assert before == MANIFEST
    nodes = {**found["nodes"], **found["exposures"]}
    places = {key: each["place"] for key, each in nodes.items()}
    assert places == {"public": 1, "private": 2, "test": 2, "page": 0, "figure": 2}
    assert found["exposures"]["page"]["type"] == "variables"
    assert found["exposures"]["figure"]["type"] == "analysis"
    # The tree would lose the blank before the last fifteen letters.
    assert found["exposures"]["page"]["label"] == "Interview\N{NO-BREAK SPACE}and examination"
    assert found["nodes"]["public"]["compiled_code"] == "select 1"
    assert "compiled_code" not in found["nodes"]["test"]
    assert "checksum" not in found["nodes"]["public"]
    assert "given" not in found["unit_tests"]["unit"]
    assert list(found["macros"]) == ["ours"]
    assert list(found["docs"]) == ["page", "course"]
    assert "child_map" not in found
    assert found["parent_map"] == {"public": []}


def test_links_between_files_lead_to_the_pages_that_are_made_of_them(tmp_path: Path) -> None:
    manifest = manifest_for_site({**MANIFEST, "exposures": {}}, {"wavehouse"})
    found = add_texts(manifest, tmp_path, "wavehouse")["docs"]
    assert found["page"]["block_contents"] == (
        "[a](#!/overview/course), [b](#!/overview/course), c"
    )
    assert found["course"]["block_contents"] == (
        "[up](#!/overview/overview) and [out](https://example.org/a.md)"
    )


def test_the_catalogue_does_not_repeat_descriptions() -> None:
    relation = {"metadata": {"comment": "A"}, "columns": {"n": {"type": "text", "comment": "B"}}}
    found = catalogue_for_site({"nodes": {"x": relation}, "sources": {}, "metadata": {}})
    assert json.dumps(found).count("null") == 2
    assert found["nodes"]["x"]["columns"]["n"]["type"] == "text"


def test_a_page_of_another_dbt_is_refused() -> None:
    assert replace_in_page("a PLACE b", {"PLACE": "text"}) == "a text b"
    with pytest.raises(WavehouseError, match=r"no longer has PLACE\. Install the locked"):
        replace_in_page("another page", {"PLACE": "text"})
