"""How long the telephone's pages take over a slow network: `python tools/phone_speed.py`.

Chromium holds requests back as it does for a developer's "3G" (1.6 Mbit/s down, 750 kbit/s up, 150 ms) and "slow 3G"
(400 kbit/s, 400 ms), and computes four times as slowly as this computer. Usable means that the first button can be
pressed: of an empty browser, the form to sign in; of one that has the app, the signed-in person's first page.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from core import config
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.browser import chromium
from tests.ekamling.running import running_demo

NETWORKS = {"3G": (1_600_000, 750_000, 150), "slow 3G": (400_000, 400_000, 400)}  # bits a second, and milliseconds
SLOWER = 4
TIMES = 5
AREA = "33.03.05.1005/RW09/RT09"


def main() -> int:
    with tempfile.TemporaryDirectory() as name, running_demo(Path(name)) as demo:
        demo.await_line(r"Open \S+")  # it is ready
        link = asyncio.run(_link(Path(name)))
        with chromium() as browser:
            for network in NETWORKS:
                cold = [_cold(browser, demo.url, network) for _ in range(TIMES)]
                _say(f"{network}, first visit: usable after", cold)
            context = browser.new_context()
            _sign_in(context, link)
            for network in NETWORKS:
                warm = [_warm(context, demo.url, network) for _ in range(TIMES)]
                _say(f"{network}, app that is there: usable after", warm)
    return 0


async def _link(folder: Path) -> str:
    settings = config.load(folder / "centre.toml", CentreSettings)
    async with accounts(settings) as people:
        await people.add("warga", "Warga", "resident", AREA)
        return link_url(settings, await people.link("warga"))


def _sign_in(context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_test_id("hold")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.close()


def _cold(browser: Browser, url: str, network: str) -> float:
    """Milliseconds until an empty browser shows the form to sign in."""
    context = browser.new_context()
    try:
        return _usable(context.new_page(), url, network, "sign-in-submit")
    finally:
        context.close()


def _warm(context: BrowserContext, url: str, network: str) -> float:
    page = context.new_page()
    try:
        return _usable(page, url, network, "hold")
    finally:
        page.close()


def _usable(page: Page, url: str, network: str, test_id: str) -> float:
    down, up, delay_ms = NETWORKS[network]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": delay_ms, "downloadThroughput": down / 8, "uploadThroughput": up / 8},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    begun = time.monotonic()
    page.goto(f"{url}/m", wait_until="commit")
    page.get_by_test_id(test_id).wait_for()
    return (time.monotonic() - begun) * 1000


def _say(what: str, found: list[float]) -> None:
    sys.stdout.write(f"{what} {statistics.median(found):.0f} ms (median of {TIMES}; most {max(found):.0f})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
