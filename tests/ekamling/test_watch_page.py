"""The page of `ekamling watch` in a real browser, over a real loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core import terms
from tests.ekamling.browser import chromium
from tests.ekamling.watched import RunningWatch, configured, running_watch, simulated
from tests.patience import until

SOON_MS = 30_000
# Amber lines of a box, as they are left on the picture: counted in the canvas itself.
AMBER_PIXELS = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] > 230 && Math.abs(data[at + 1] - 159) < 16 && data[at + 2] < 60) found += 1;
  }
  return found;
}"""


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWatch]:
    with simulated() as port, running_watch(configured(tmp_path_factory.mktemp("watch"), port)) as watch:
        yield watch


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def a_page(browser: Browser, problems: list[str], locale: str) -> Page:
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale=locale).new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


@pytest.mark.parametrize(
    ("locale", "words", "event"),
    [
        ("id-ID", ["Waktu per langkah", "Peristiwa", "Langsung", "Mode: Siaga"], "Orang #"),
        ("en-GB", ["Time per step", "Events", "Live", "Mode: Armed"], "Person #"),
    ],
)
def test_an_installer_sees_what_the_loop_sees(
    watch: RunningWatch, browser: Browser, tmp_path: Path, locale: str, words: list[str], event: str
) -> None:
    problems: list[str] = []
    page = a_page(browser, problems, locale)
    page.goto(watch.url)
    expect(page.get_by_test_id("name")).to_have_text("Gerbang utama")
    for word in words:
        expect(page.locator("body")).to_contain_text(word)
    expect(page.get_by_test_id("rules").locator("li")).to_have_count(3)
    expect(page.get_by_test_id("events")).to_contain_text(event, timeout=SOON_MS)
    canvas = page.get_by_test_id("picture")
    until(lambda: canvas.evaluate(AMBER_PIXELS) > 100)
    shape = canvas.evaluate("canvas => canvas.width / canvas.height")
    assert shape == pytest.approx(512 / 384, rel=0.01)
    page.screenshot(path=tmp_path / "watch.png")
    assert problems == []
    page.context.close()


@pytest.mark.parametrize("language", terms.LANGUAGES)
def test_kinds_are_called_as_in_the_console(watch: RunningWatch, browser: Browser, language: str) -> None:
    problems: list[str] = []
    page = a_page(browser, problems, language)
    page.goto(watch.url)
    rules = page.get_by_test_id("rules").locator("li")
    for at, kind in enumerate(["intrusion", "crossing", "intrusion"]):
        expect(rules.nth(at)).to_contain_text(terms.kind(kind, language))
    assert problems == []
    page.context.close()


def test_layers_can_be_taken_off_and_the_language_changed(watch: RunningWatch, browser: Browser) -> None:
    problems: list[str] = []
    page = a_page(browser, problems, "id-ID")
    page.goto(watch.url)
    canvas = page.get_by_test_id("picture")
    until(lambda: canvas.evaluate(AMBER_PIXELS) > 100)
    page.get_by_role("button", name="Objek").click()
    assert canvas.evaluate(AMBER_PIXELS) < 20
    page.get_by_test_id("language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Objects")).to_be_visible()
    assert problems == []
    page.context.close()
