"""Take the README's pictures of the two sites: docs/images/pages.png and docs/images/docs.png.

They are taken from the real sites (`make docs pages`) in the Chromium of the machine, whose fonts
they have, so they are not the same byte for byte elsewhere. Take them again when the sites look
different.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page

PROJECT = Path(__file__).resolve().parents[1]
# The browser of the tests serves here too.
sys.path.insert(0, str(PROJECT / "tests" / "python"))

from browser import chromium  # noqa: E402

WAREHOUSE = PROJECT / "warehouse"
IMAGES = PROJECT / "docs" / "images"
PAGES_VIEW = (
    "#/variable/gss/religious_attendance"
    "?measure=religious_attendance_share&category=never&segment=sex"
)
DOCS_VIEW = "#!/exposure/exposure.wavehouse.variable_api_score"
WIDTH = 1000
DOCS_WIDTH, DOCS_HEIGHT = 1300, 1060
LARGEST = 200_000


def main() -> None:
    """Take both pictures."""
    with chromium() as browser:
        take_pages(browser.new_page(viewport={"width": WIDTH, "height": 1200}))
        take_docs(browser.new_page(viewport={"width": DOCS_WIDTH, "height": DOCS_HEIGHT}))


def take_pages(page: Page) -> None:
    """Save a variable's page from its top to what is said of its change."""
    page.goto(address("pages") + PAGES_VIEW)
    page.wait_for_selector("#chart[data-drawn] svg")
    bottom = page.locator("#change-words").bounding_box()
    if bottom is None:
        sys.exit(f"{PAGES_VIEW} shows no changes. Is the study in the warehouse?")
    height = bottom["y"] + bottom["height"] + 12
    picture = IMAGES / "pages.png"
    page.screenshot(
        path=picture, clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True
    )
    tell(picture)


def take_docs(page: Page) -> None:
    """Save what a reader sees of a variable in the docs site."""
    page.goto(address("docs") + DOCS_VIEW)
    page.wait_for_selector("text=May waves be compared?")
    page.locator("text=May waves be compared?").first.scroll_into_view_if_needed()
    picture = IMAGES / "docs.png"
    page.screenshot(path=picture)
    tell(picture)


def address(site: str) -> str:
    """Give the address of a site that was made."""
    path = WAREHOUSE / site / "index.html"
    if not path.exists():
        sys.exit(f"warehouse/{site}/index.html is missing. Run `make {site}` first.")
    return path.as_uri()


def tell(picture: Path) -> None:
    """Say what was written, if it is small enough for the repository."""
    size = picture.stat().st_size
    name = picture.relative_to(PROJECT)
    if size > LARGEST:
        sys.exit(f"{name} has {size:,} bytes; {LARGEST:,} are allowed.")
    print(f"Wrote {name} ({size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
