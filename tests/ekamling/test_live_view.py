"""Live view in a real browser: over the real centre, a real edge and simulated cameras, WebRTC on loopback."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ekamling.bench.live_site import LiveSite, live_site
from tests.ekamling.browser import chromium
from tests.patience import until

PEOPLE = (
    ("operator", "operator", "33.03"),
    ("kedua", "operator", "33.03"),
    ("polsek", "polsek", "33.03.05"),
    ("warga-rt", "rt", "33.03.05.1005/RW02/RT04"),
    ("auditor", "auditor", "33.03"),
)
SOON_MS = 30_000
CAMERA = "/api/v1/cameras/demo/gerbang"
OFFER = """async () => {
  const peer = new RTCPeerConnection({ iceServers: [] });
  peer.addTransceiver('video', { direction: 'recvonly' });
  await peer.setLocalDescription(await peer.createOffer());
  return peer.localDescription.sdp;
}"""
LOSES = """() => {
  window.usualStats = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function () {
    const report = await window.usualStats.call(this);
    return new Map([...report].map(([key, entry]) => [
      key,
      entry.type === 'inbound-rtp' ? { ...entry, packetsLost: entry.packetsReceived / 2 } : entry,
    ]));
  };
}"""
ASK = """async ([path, body, type]) => {
  const reply = await fetch(path, { method: 'POST', headers: { 'content-type': type }, body });
  const text = await reply.text();
  return [reply.status, reply.headers.get('location') ?? (JSON.parse(text).error ?? {}).code, text];
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """Two people may watch at a time."""
    with live_site(tmp_path_factory.mktemp("live"), PEOPLE, viewers=2) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def signed_in(site: LiveSite, browser: Browser) -> dict[str, Page]:
    """A page of each person, in a browser of their own, once the cameras are there."""
    pages = {}
    for name, _, _ in PEOPLE:
        page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID").new_page()
        page.goto(f"{site.url}/masuk#token={site.tokens[name]}")
        expect(page.locator(".frame")).to_be_visible()
        pages[name] = page
    page = pages["operator"]
    expect(page.get_by_test_id("incident-row").first).to_be_visible(timeout=SOON_MS)
    until(lambda: "gerbang" in page.evaluate("async () => (await fetch('/api/v1/edges')).text()"))
    return pages


def ask(page: Page, path: str, body: str | None = None, kind: str = "application/sdp") -> tuple[int, str, str]:
    """Post an offer (a real one, where none is given): the status, the place or the code of the refusal, the text."""
    status, told, text = page.evaluate(ASK, [path, page.evaluate(OFFER) if body is None else body, kind])
    return status, told, text


def drop(page: Page, location: str) -> None:
    assert page.evaluate("async (path) => (await fetch(path, { method: 'DELETE' })).status", location) == 204


def views(signed_in: dict[str, Page]) -> list[dict[str, Any]]:
    """Who watched, as the auditor is shown."""
    found: list[dict[str, Any]] = signed_in["auditor"].evaluate(
        "async () => (await (await fetch('/api/v1/views')).json()).views"
    )
    return found


def frames(page: Page) -> int:
    count: int = page.get_by_test_id("live-video").evaluate("video => video.getVideoPlaybackQuality().totalVideoFrames")
    return count


def open_live(page: Page) -> None:
    """Choose an incident of the camera at the gate and press W."""
    page.get_by_test_id("incident-row").filter(has_text="Gerbang").first.click(timeout=SOON_MS)
    expect(page.get_by_test_id("live-open")).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "playing", timeout=SOON_MS)


@pytest.mark.timeout(180)
def test_an_operator_watches_beside_the_picture_and_the_clip(signed_in: dict[str, Page]) -> None:
    page = signed_in["operator"]
    open_live(page)
    before = frames(page)
    until(lambda: frames(page) >= before + 10)
    assert page.get_by_test_id("live-video").evaluate("video => [video.videoWidth, video.muted]") == [512, True]
    expect(page.get_by_test_id("live-mark")).to_contain_text("Operator")
    expect(page.get_by_test_id("snapshot")).to_be_visible()
    page.get_by_test_id("live-enlarge").click()
    expect(page.get_by_test_id("snapshot")).to_be_visible()
    (view,) = [each for each in views(signed_in) if each["ended_at"] is None]
    assert (view["who"], view["camera"], view["stream"]) == ("Operator", "gerbang", "sub")
    assert view["incident"]
    page.keyboard.press("w")
    expect(page.get_by_test_id("live")).to_be_hidden()
    # whether the page's word or the silence of its peer comes first is chance
    until(
        lambda: next(each for each in views(signed_in) if each["id"] == view["id"])["ended_why"] in ("stopped", "left")
    )
    log = page.evaluate(f"async () => (await (await fetch('/api/v1/incidents/{view['incident']}')).json()).log")
    assert [line["action"] for line in log if line["action"].startswith("live_")] == ["live_begun", "live_ended"]


@pytest.mark.timeout(120)
def test_an_agency_watches_for_an_open_incident_of_the_place_and_not_otherwise(signed_in: dict[str, Page]) -> None:
    page = signed_in["polsek"]
    assert ask(page, f"{CAMERA}/live")[:2] == (403, "incident_needed")
    open_live(page)
    (view,) = [each for each in views(signed_in) if each["ended_at"] is None]
    assert (view["role"], bool(view["incident"])) == ("polsek", True)
    page.get_by_test_id("live-close").click()
    elsewhere = "/api/v1/cameras/demo/pos-kamling/live"
    assert ask(page, f"{elsewhere}?incident={view['incident']}")[:2] == (403, "incident_elsewhere")


def test_who_may_not_watch_is_refused(signed_in: dict[str, Page]) -> None:
    assert ask(signed_in["auditor"], f"{CAMERA}/live")[0] == 403
    assert ask(signed_in["warga-rt"], "/api/v1/cameras/demo/pos-kamling/live")[:2] == (404, "not_found")
    expect(signed_in["auditor"].get_by_test_id("live-open")).to_have_count(0)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("", "application/sdp", 422, "bad_offer"),
        ("v=0\r\n", "application/sdp", 422, "bad_offer"),
        ("x" * 40_000, "application/sdp", 422, "bad_offer"),
        ("{}", "application/json", 415, "no_sdp"),
    ],
)
def test_what_is_no_offer_is_refused_in_one_line(
    signed_in: dict[str, Page], body: str, kind: str, status: int, code: str
) -> None:
    answer = ask(signed_in["operator"], f"{CAMERA}/live", body, kind)
    assert answer[:2] == (status, code)
    assert "\\n" not in answer[2]


@pytest.mark.timeout(120)
def test_one_viewer_too_many_sees_single_pictures(signed_in: dict[str, Page]) -> None:
    page, other = signed_in["operator"], signed_in["kedua"]
    places = [ask(other, f"{CAMERA}/live")[1] for _ in range(2)]
    assert all(place.startswith(f"{CAMERA}/live/") for place in places)
    page.get_by_test_id("incident-row").filter(has_text="Gerbang").first.click()
    page.get_by_test_id("live-open").click()
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "pictures", timeout=SOON_MS)
    expect(page.get_by_test_id("live")).to_contain_text("Satu gambar per detik")
    page.get_by_test_id("live-close").click()
    for place in places:
        drop(other, place)
    page.get_by_test_id("live-open").click()
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "playing", timeout=SOON_MS)
    page.get_by_test_id("live-close").click()


@pytest.mark.timeout(120)
def test_pictures_come_where_the_stream_cannot(signed_in: dict[str, Page]) -> None:
    """A browser without H.264, or a network without UDP: here one whose offers are none."""
    page = signed_in["operator"]
    offers = re.compile("/gerbang/live")
    page.route(offers, lambda route: route.continue_(post_data="v=0"))
    try:
        page.get_by_test_id("incident-row").filter(has_text="Gerbang").first.click()
        page.get_by_test_id("live-open").click()
        expect(page.get_by_test_id("live")).to_have_attribute("data-state", "pictures", timeout=SOON_MS)
        first = page.get_by_test_id("live-picture").get_attribute("src")
        assert first and first.startswith("blob:")
        until(lambda: page.get_by_test_id("live-picture").get_attribute("src") != first)
        (view,) = [each for each in views(signed_in) if each["ended_at"] is None]
        assert view["stream"] == "pictures"
    finally:
        page.unroute(offers)
        page.get_by_test_id("live-close").click()


@pytest.mark.timeout(120)
def test_a_stream_that_the_network_does_not_carry_goes_on_as_pictures(signed_in: dict[str, Page]) -> None:
    """Here the browser counts a third of the packets as lost from some moment on."""
    page = signed_in["operator"]
    open_live(page)
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "playing", timeout=SOON_MS)
    page.evaluate(LOSES)
    try:
        expect(page.get_by_test_id("live")).to_have_attribute("data-state", "pictures", timeout=SOON_MS)
        expect(page.get_by_test_id("live")).to_contain_text("Satu gambar per detik")
        until(lambda: [each["stream"] for each in views(signed_in) if each["ended_at"] is None] == ["pictures"])
    finally:
        page.evaluate("() => void (RTCPeerConnection.prototype.getStats = window.usualStats)")
        page.get_by_test_id("live-close").click()


@pytest.mark.timeout(120)
def test_a_view_ends_with_the_session_that_opened_it(signed_in: dict[str, Page]) -> None:
    page = signed_in["kedua"]
    open_live(page)
    page.evaluate("fetch('/api/v1/session', { method: 'DELETE' })")
    until(lambda: not [each for each in views(signed_in) if each["ended_at"] is None])
    (last,) = [each for each in views(signed_in) if each["who"] == "Kedua"][:1]
    assert last["ended_why"] in ("signed_out", "left")  # the page, which learns of it as well, may leave first


@pytest.mark.timeout(120)
def test_an_edge_that_is_away_is_told_so_at_once(site: LiveSite, signed_in: dict[str, Page]) -> None:
    """The last of these tests: nothing is watched any more behind it."""
    page = signed_in["operator"]
    site.edge.stop()
    until(lambda: '"online":true' not in page.evaluate("async () => (await fetch('/api/v1/edges')).text()"))
    status, code, text = ask(page, f"{CAMERA}/live")
    assert (status, code) == (503, "edge_offline")
    assert "edge demo is offline; its cameras cannot be watched now" in text
