"""Take the README's picture of the pages: docs/images/pages.png, one trend as a reader sees it.

It is taken from the real pages (`make pages`) in the Chromium of the machine, whose fonts it has,
so it is not the same byte for byte elsewhere. Take it again when the pages look different.
"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
# The browser of the tests serves here too.
sys.path.insert(0, str(PROJECT / "tests" / "python"))

from browser import chromium  # noqa: E402

SITE = PROJECT / "warehouse" / "pages" / "index.html"
PICTURE = PROJECT / "docs" / "images" / "pages.png"
VIEW = (
    "#/variable/gss/religious_attendance"
    "?measure=religious_attendance_share&category=never&segment=sex"
)
WIDTH = 1000
LARGEST = 200_000


def main() -> None:
    """Open the view, wait for its chart, and save what is above the end of the list of breaks."""
    if not SITE.exists():
        sys.exit("warehouse/pages/index.html is missing. Run `make pages` first.")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": 1200}, color_scheme="light")
        page.goto(SITE.as_uri() + VIEW)
        page.wait_for_selector("#chart[data-drawn] svg")
        bottom = page.locator("#change-words").bounding_box()
        if bottom is None:
            sys.exit(f"{VIEW} shows no changes. Is the study in the warehouse?")
        height = bottom["y"] + bottom["height"] + 12
        page.screenshot(
            path=PICTURE, clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True
        )
    size = PICTURE.stat().st_size
    if size > LARGEST:
        sys.exit(f"docs/images/pages.png has {size:,} bytes; {LARGEST:,} are allowed.")
    print(f"Wrote docs/images/pages.png ({size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
