"""Chromium for the tests: the one that is installed, without its own calls into the net."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--allow-loopback-in-peer-connection",  # live view stays on loopback, as everything in tests
]
PATIENCE_MS = 20_000  # of what a page is expected to show; a busy machine is slow, and a wrong page stays wrong
NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable() -> str:
    """Path of Chromium; `make test` has installed it or said how."""
    found = os.environ.get("EKAMLING_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "Chromium is missing: sudo apt-get install chromium, or set EKAMLING_CHROMIUM to its path"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
