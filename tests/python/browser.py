"""A Chromium to try pages in: the machine's own, without a window."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    # Containers have no rights for Chromium's own sandbox; the pages are ours.
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str:
    """Give the path of a Chromium: WAVEHOUSE_CHROMIUM, or one by its usual names.

    Raises:
        RuntimeError: there is none.
    """
    named = os.environ.get("WAVEHOUSE_CHROMIUM")
    for name in [named] if named else PROGRAMS:
        if path := shutil.which(name):
            return path
    missing = f"{named} (WAVEHOUSE_CHROMIUM) is not a program" if named else "there is no Chromium"
    raise RuntimeError(
        f"{missing}. `make browser` installs one on Debian and Ubuntu; elsewhere, install Chromium "
        "or Chrome, or name one with WAVEHOUSE_CHROMIUM."
    )


def watch(page: Page, problems: list[str], is_allowed: Callable[[str], bool]) -> None:
    """Note what goes wrong on a page unseen, and what it asks for that it may not.

    Args:
        page: a page that is not open yet.
        problems: what is noted is added here.
        is_allowed: whether an address may be asked for.
    """
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if is_allowed(request.url) else problems.append(f"asked for {request.url}")
        ),
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium, and end it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
