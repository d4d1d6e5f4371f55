"""The telephone's app in a real browser: pushes and what a touch of them does, and being absent."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, Worker, expect

from tests.ekamling.browser import chromium
from tests.ekamling.handset import SOON_MS, Links, Phone, a_phone, added, incident
from tests.ekamling.running import RunningDemo, running_demo

RT_04 = "33.03.05.1005/RW02/RT04"  # where a camera of the demo sees somebody walk by every few seconds
NIGHT_RT = "33.03.05.1005/RW06/RT01"  # where nothing happens
PEOPLE = {
    "ronda-push": ("ronda", RT_04),
    "ronda-sentuh": ("ronda", RT_04),
    "ronda-langganan": ("ronda", NIGHT_RT),
    "jaga-libur": ("ronda", NIGHT_RT),
    "jaga-ganti": ("ronda", NIGHT_RT),
    "jaga-lain": ("ronda", "33.03.05.1005/RW06/RT02"),
    "ketua-libur": ("rt", NIGHT_RT),
}
NO_SERVICE = "https://fcm.googleapis.com/fcm/send/nowhere"  # an address that is kept, and never called here
TOUCH = """async ([action, seen]) => {
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent('notificationclick', { notification, action });
    const waits = [];
    // Browsers let only events of their own wait, and only a person's touch open or focus a window.
    event.waitUntil = (one) => waits.push(Promise.resolve(one).catch((error) => error.name));
    const opened = [];
    self.clients.openWindow = async (address) => void opened.push(address);
    if (!seen) self.clients.matchAll = async () => [];
    self.dispatchEvent(event);
    await Promise.all(waits);
    return opened;
}"""
SUBSCRIBE = f"""
    const made = {{
        endpoint: '{NO_SERVICE}',
        toJSON: () => ({{ endpoint: '{NO_SERVICE}', keys: {{ p256dh: 'KEY', auth: 'AUTH' }} }}),
        unsubscribe: async () => true,
    }};
    PushManager.prototype.subscribe = async () => made;
    PushManager.prototype.getSubscription = async () => made;
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    with running_demo(folder) as demo:
        assert demo.link  # it is ready, and its people can be added to
        yield demo


@pytest.fixture(scope="module")
def links(demo: RunningDemo, folder: Path) -> Links:
    return added(folder, PEOPLE)


@pytest.fixture(scope="module")
def browser(links: Links) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_push_is_shown_and_opens_its_incident(demo: RunningDemo, browser: Browser, links: Links) -> None:
    with a_phone(browser, permissions=["notifications"]) as phone:
        phone.sign_in(links["ronda-push"])
        name = incident(phone).get_attribute("data-incident")
        expect(phone.at("snapshot")).to_be_visible(timeout=SOON_MS)
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        deliver(phone, demo.url, pushed(name or ""))
        shown = notice(phone, "one => one !== undefined && one.image !== ''")
        assert (shown["title"], shown["tag"]) == ("P1 Masuk area terlarang", name)
        assert shown["actions"] == ["take", "open"]
        assert shown["image"].startswith("data:image/jpeg;base64,")
        assert shown["stays"] is True


def worker(phone: Phone) -> Worker:
    """The service worker of the telephone's pages."""
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    (found,) = phone.context.service_workers
    return found


@pytest.mark.timeout(120)
def test_a_touch_of_a_notification_opens_its_incident_or_takes_it(
    demo: RunningDemo, browser: Browser, links: Links
) -> None:
    with a_phone(browser, permissions=["notifications"]) as phone:
        phone.sign_in(links["ronda-sentuh"])
        name = incident(phone).get_attribute("data-incident") or ""
        works = worker(phone)
        phone.tab("me")
        deliver(phone, demo.url, pushed(name))
        notice(phone, "one => one !== undefined")
        assert works.evaluate(TOUCH, ["", True]) == []  # a window is there, and is used
        expect(phone.at("incident")).to_have_attribute("data-incident", name)
        gone = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).length"
        assert phone.page.evaluate(gone) == 0

        deliver(phone, demo.url, pushed(name))
        notice(phone, "one => one !== undefined")
        answers: list[str] = []
        phone.context.on("request", lambda request: answers.append(f"{request.method} {request.url}"))
        assert works.evaluate(TOUCH, ["take", False]) == [f"/m#/kejadian/{name}"]  # no window is there: one is opened
        assert answers == [f"POST {demo.url}/j/x"]


@pytest.mark.timeout(120)
def test_notifications_are_turned_on_and_off_where_a_push_service_answers(browser: Browser, links: Links) -> None:
    """Chromium subscribes at a push service of its maker's on the internet, which tests do not call: its answer is a
    given one, all else is real."""
    with a_phone(browser, permissions=["notifications"]) as phone:
        phone.page.add_init_script(SUBSCRIBE)
        phone.page.route("**/api/v1/push", lambda route: route.fulfill(json={"key": "B" * 87}))
        phone.sign_in(links["ronda-langganan"])
        phone.tab("me")
        expect(phone.at("push")).to_have_attribute("data-state", "off")
        phone.at("push-on").click()
        expect(phone.at("push")).to_have_attribute("data-state", "on")
        (contact,) = contacts(phone, "ronda-langganan")
        assert contact["channel"] == "web_push"
        assert json.loads(contact["address"])["endpoint"] == NO_SERVICE
        phone.page.reload()
        expect(phone.at("push")).to_have_attribute("data-state", "on")
        phone.at("push-off").click()
        expect(phone.at("push")).to_have_attribute("data-state", "off")
        assert contacts(phone, "ronda-langganan") == []


def contacts(phone: Phone, name: str) -> list[dict[str, str]]:
    """How the centre reaches somebody."""
    answer = phone.context.request.get(f"{phone.page.url.split('/m')[0]}/api/v1/people/{name}/contacts")
    found: list[dict[str, str]] = answer.json()["contacts"]
    return found


@pytest.mark.timeout(120)
def test_who_cannot_come_says_so_and_who_comes_instead(browser: Browser, links: Links) -> None:
    with a_phone(browser) as phone:
        phone.sign_in(links["jaga-libur"])
        phone.tab("ronda")
        expect(phone.at("away-none")).to_be_visible()
        phone.at("away-open").click()
        assert phone.found() == []
        offered = phone.at("away-stand-in").locator("option")
        expect(offered.filter(has_text="jaga-ganti")).to_have_count(1)
        expect(offered.filter(has_text="ketua-libur")).to_have_count(1)  # on duty here
        expect(offered.filter(has_text="jaga-l")).to_have_count(0)  # neither oneself, nor who is of another RT

        start = phone.at("away-start").input_value()
        phone.at("away-end").fill(start)
        phone.at("away-save").click()
        expect(phone.at("away-problem")).to_contain_text("sesudah mulainya")
        phone.at("away-end").fill(f"{int(start[:4]) + 2}-01-01T06:00")
        phone.at("away-save").click()
        expect(phone.at("away-problem")).to_contain_text("Tidak diterima")  # longer than a year
        tomorrow = datetime.fromisoformat(start) + timedelta(days=1)
        phone.at("away-end").fill(tomorrow.isoformat(timespec="minutes"))
        phone.at("away-stand-in").select_option("jaga-ganti")
        phone.at("away-reason").fill("Sakit")
        phone.at("away-save").click()
        expect(phone.at("absence")).to_contain_text("Digantikan jaga-ganti. Sakit")
        expect(phone.at("toast")).to_contain_text("Tercatat")
        assert phone.found() == []

        phone.at("check").click()  # it cannot be both
        expect(phone.at("ronda-problem")).to_contain_text("akhiri dahulu")
        phone.at("away-finish").click()
        phone.at("away-finish-sure").click()
        expect(phone.at("away-none")).to_be_visible()
        phone.at("check").click()
        expect(phone.at("check-in")).to_have_attribute("data-there", "true")
        phone.problems = [
            said for said in phone.problems if "409" not in said and "422" not in said and "400" not in said
        ]


def posted(request: Request, found: list[str]) -> None:
    """Note what is sent to the centre; the pages may be fetching pictures at the same time."""
    if request.method == "POST":
        found.append(f"{request.method} {request.url}")


def pushed(name: str) -> str:
    """A message as the centre's web push sends it."""
    told = {"version": 1, "id": "n1", "action": "trigger", "incident": name, "number": 1, "kind": "intrusion"}
    words = {"title": "P1 Masuk area terlarang", "body": "Orang terlihat di Gerbang utama.", "language": "id"}
    ways = {"url": f"/?kejadian={name}", "answer_url": "http://127.0.0.1/j/x", "opened_at": "2026-11-22T16:10:00Z"}
    return json.dumps({**told, **words, **ways, "severity": 1})


def deliver(phone: Phone, origin: str, data: str) -> None:
    """Hand the service worker a push, as the browser does when a push service calls it."""
    session = phone.context.new_cdp_session(phone.page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(each["registrationId"] for each in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    for _ in range(100):
        if registrations:
            break
        phone.page.wait_for_timeout(100)
    session.send(
        "ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": registrations[0], "data": data}
    )


def notice(phone: Phone, wanted: str) -> dict[str, Any]:
    """The notification that is shown, once it is as it should be."""
    look = """async () => {
        const registration = await navigator.serviceWorker.ready;
        const [one] = await registration.getNotifications();
        return one && {
            title: one.title, tag: one.tag, image: one.image ?? '', stays: one.requireInteraction,
            actions: one.actions.map(({ action }) => action),
        };
    }"""
    found: dict[str, Any] | None = None
    for _ in range(SOON_MS // 200):
        found = phone.page.evaluate(look)
        if found and phone.page.evaluate(f"({wanted})({json.dumps(found)})"):
            return found
        phone.page.wait_for_timeout(200)
    pytest.fail(f"no such notification was shown, but {found}; the page said {phone.problems}")
