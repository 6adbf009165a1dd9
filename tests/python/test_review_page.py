"""The page of a review, in a browser: both sides are seen and read out, and nothing runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyreadstat
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium, watch
from playwright.sync_api import Browser, Page, expect
from studies.town import begin_town, delivered, make_bare, run

NASTY = "<img src=x onerror=\"document.title='owned'\"></script><b>Club</b> & 'so' on"
LONG = "a_word_without_a_place_to_break_it_as_ids_of_long_batteries_are"


@pytest.fixture(scope="module")
def page_of_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the second wave, some labels of which try to be markup, or are long words."""
    project = make_bare(tmp_path_factory.mktemp("review_page"))
    begin_town(project)
    path = Path(delivered(project, "2"))
    data, meta = pyreadstat.read_sav(path)
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    labels |= {"club": NASTY, "age": f"Age in years {LONG}"}
    codes = meta.variable_value_labels | {"club": {1: NASTY, 2: LONG}}
    pyreadstat.write_sav(data, path, column_labels=labels, variable_value_labels=codes)
    run(project, "add-wave", "town", "2", str(path), "--date", "2024-05-01")
    run(project, "review", "town", "2", "--page")
    return project.target / "review_town_2.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, page_of_town: Path) -> Iterator[Callable[..., Page]]:
    """Open the page; afterwards, nothing was asked of a network and nothing went wrong unseen."""
    problems: list[str] = []
    contexts = []

    def visit(width: int = 1200, scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        watch(page, problems, lambda url: url == page_of_town.as_uri())
        page.goto(page_of_town.as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Callable[..., Page], scheme: str) -> None:
    results = Axe().run(visit(scheme=scheme), options={"preload": False})
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("width", [360, 1200])
def test_nobody_has_to_scroll_sideways(visit: Callable[..., Page], width: int) -> None:
    page = visit(width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_old_and_new_stand_side_by_side_or_below_each_other_on_a_phone(
    visit: Callable[..., Page],
) -> None:
    def boxes(page: Page) -> list[dict[str, float]]:
        sides = page.locator("article", has_text="q12_transport").first.locator(".sides > div")
        expect(sides.nth(0)).to_contain_text("New: wave 2")
        expect(sides.nth(0)).to_contain_text("q12_transport Usual means of transport to work")
        expect(sides.nth(1)).to_contain_text("Old: wave 1")
        expect(sides.nth(1)).to_contain_text("transp Usual means of transport to work")
        return [box for place in (0, 1) if (box := sides.nth(place).bounding_box())]

    new, old = boxes(visit())
    assert new["y"] == old["y"]
    assert old["x"] >= new["x"] + new["width"]
    new, old = boxes(visit(360))
    assert new["x"] == old["x"]
    assert old["y"] >= new["y"] + new["height"]


def test_what_labels_say_is_text_and_codes_that_differ_are_bold(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    assert page.locator("main img").count() == 0
    assert "owned" not in page.title()
    expect(page.locator("article", has_text="club").first).to_contain_text(NASTY)
    turned = page.get_by_role("region", name="Codes of satlife").locator("tbody tr")
    expect(turned.first).to_have_class("differs")
    same = page.get_by_role("region", name="Codes of q12_transport").locator("tbody tr")
    expect(same.first).not_to_have_class("differs")
    # Bars repeat the share that stands above them, and are not read out.
    assert page.locator(".bar:not([aria-hidden=true])").count() == 0


def test_all_of_it_is_reached_with_keys(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    reached = page.evaluate("document.activeElement.tagName")
    assert reached == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is None
