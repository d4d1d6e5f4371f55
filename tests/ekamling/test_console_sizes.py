"""The console on screens of other sizes: a small desk, half a screen, and a wall."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.ekamling.accessibility import violations
from tests.ekamling.browser import chromium
from tests.ekamling.running import RunningDemo, running_demo

SOON_MS = 30_000
DESK: ViewportSize = {"width": 1366, "height": 768}
HALF: ViewportSize = {"width": 800, "height": 900}
WALL: ViewportSize = {"width": 2560, "height": 1440}
CUT = """[...document.querySelectorAll('nav button')].filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => one.innerText)"""
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        assert demo.link
        yield demo


@pytest.fixture(scope="module")
def page(demo: RunningDemo) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_context(viewport=DESK, locale="id-ID").new_page()
        page.goto(demo.link)
        expect(page.get_by_test_id("incident-row").first).to_be_visible(timeout=SOON_MS)
        page.mouse.click(150, 26)  # a browser keeps a page silent until then, which the top bar says
        yield page


def test_no_word_of_the_rail_is_cut(page: Page) -> None:
    page.set_viewport_size(DESK)
    page.get_by_test_id("rail-settings").click()
    expect(page.get_by_test_id("rail-settings")).to_have_attribute("aria-current", "page")  # and so in bold
    assert page.evaluate(CUT) == []


def test_half_a_screen_shows_the_incident_below_the_queue(page: Page) -> None:
    page.set_viewport_size(HALF)
    page.get_by_test_id("rail-queue").click()
    row, incident = page.get_by_test_id("incident-row").first, page.get_by_test_id("incident-detail")
    expect(incident).to_be_visible()
    above, below = row.bounding_box(), incident.bounding_box()
    assert above and below
    assert above["y"] + above["height"] <= below["y"]
    expect(page.get_by_test_id("acknowledge")).to_be_in_viewport()
    assert page.evaluate(BEYOND) == 0
    page.get_by_test_id("rail-settings").click()
    expect(page.get_by_test_id("settings-senyap")).to_be_in_viewport()
    assert page.evaluate(BEYOND) == 0
    assert violations(page) == []


@pytest.mark.timeout(120)
def test_a_wall_holds_the_map_beside_the_incident(page: Page) -> None:
    page.set_viewport_size(WALL)
    page.get_by_test_id("rail-queue").click()
    beside = page.get_by_test_id("map-beside")
    expect(beside.get_by_test_id("map")).to_have_attribute("data-ready", "true")
    incident = page.get_by_test_id("incident-detail").bounding_box()
    place = beside.bounding_box()
    assert incident and place
    assert incident["x"] + incident["width"] <= place["x"]
    assert violations(page) == []
    page.set_viewport_size(DESK)
    expect(beside).to_have_count(0)
