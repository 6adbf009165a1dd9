"""A Chromium of the machine, without a window, for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that WAVEHOUSE_CHROMIUM names, or the one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("WAVEHOUSE_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), ""
    )
    assert program, "There is no Chromium. Install one, or name it in WAVEHOUSE_CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
