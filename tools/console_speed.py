"""How smooth the console is with 1,000 open incidents: `python tools/console_speed.py`.

The incidents are written into the running demo's centre, spread over a district. Scrolling is counted in frames that
the browser painted while the list moves steadily for some seconds; an interaction lasts from the key until the frame
after the page has changed.
"""

import asyncio
import statistics
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import insert

from alerts.store.database import Database
from alerts.store.schema import incident_parts, incidents
from core import config
from core.clock import SystemClock
from core.ids import new_id
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.browser import chromium
from tests.ekamling.running import running_demo

OPEN = 1000
KEYS = 40
SCROLL_MS = 4000
SOON_MS = 60_000
REGENCY = "33.03"

SCROLL = """([list, milliseconds]) => new Promise((done) => {
  const box = document.querySelector(list);
  const begun = performance.now();
  let frames = 0, longest = 0, late = 0, last = begun;
  const step = (now) => {
    frames += 1;
    longest = Math.max(longest, now - last);
    late += now - last > 50;
    last = now;
    box.scrollTop = (now - begun) / milliseconds * (box.scrollHeight - box.clientHeight);
    if (now - begun < milliseconds) requestAnimationFrame(step);
    else done({ fps: frames / ((now - begun) / 1000), longest, late });
  };
  requestAnimationFrame(step);
})"""

PRESS = """(key) => new Promise((done) => {
  const begun = performance.now();
  const before = document.querySelector('[data-testid="incident-row"][aria-current]')?.dataset.incident;
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const look = () => {
    const now = document.querySelector('[data-testid="incident-row"][aria-current]')?.dataset.incident;
    if (now === before) requestAnimationFrame(look);
    else requestAnimationFrame(() => done(performance.now() - begun));
  };
  requestAnimationFrame(look);
})"""


def main() -> int:
    with tempfile.TemporaryDirectory() as name, running_demo(Path(name)) as demo:
        demo.await_line(r"Open \S+")  # it is ready
        link = asyncio.run(_prepare(Path(name)))
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(link)
            _until_there(page)
            moved = page.evaluate(SCROLL, ["#queue-list", SCROLL_MS])
            rows = f"scrolling {OPEN} rows: {moved['fps']:.0f} frames a second"
            _say(f"{rows}, {moved['late']} took over 50 ms, the longest {moved['longest']:.0f} ms")
            page.evaluate("document.querySelector('#queue-list').scrollTo(0, 0)")
            took = [page.evaluate(PRESS, "j") for _ in range(KEYS)]
            _say(f"next incident by a key: {statistics.median(took):.0f} ms (most of {KEYS}: {max(took):.0f})")
            page.reload()
            _until_there(page)
            took = page.evaluate("performance.now()")
            _say(f"all rows there {took:.0f} ms after the page was asked for")
    return 0


def _until_there(page: Page) -> None:
    for _ in range(SOON_MS // 50):
        if page.get_by_test_id("incident-row").count() >= OPEN:
            return
        page.wait_for_timeout(50)
    raise SystemExit("the rows did not come")


async def _prepare(folder: Path) -> str:
    """Write the incidents; the one-time link of an operator of the regency."""
    settings = config.load(folder / "centre.toml", CentreSettings)
    database = await Database.open(settings.database_url)
    try:
        now = SystemClock().now()
        async with database.write() as connection:
            for number in range(OPEN):
                row = _incident(number, now)
                await connection.execute(insert(incidents), [row])
                where = {name: row[name] for name in ("edge", "camera", "area")}
                times = {"first_at": row["opened_at"], "last_at": row["last_event_at"]}
                await connection.execute(insert(incident_parts), [{"incident": row["id"], **where, **times}])
    finally:
        await database.close()
    async with accounts(settings) as people:
        await people.add("cepat", "Cepat", "operator", REGENCY)
        return link_url(settings, await people.link("cepat"))


def _incident(number: int, now: datetime) -> dict[str, Any]:
    at = now - timedelta(seconds=number * 30)
    return {
        **{"id": new_id(), "edge": "ramai", "camera": f"k{number}", "area": f"33.03.01.2001/RW{number % 9 + 1:02d}"},
        **{"kind": "intrusion", "family": "presence", "rule": "halaman", "severity": number % 3 + 1},
        **{"label": "person", "score": 0.8, "source": "camera", "state": "new", "resolution": None, "summary": ""},
        **{"event_count": 1, "quiet": None, "test": False, "agency": "", "merged_into": None},
        **{"opened_at": at, "received_at": at, "updated_at": at, "last_event_at": at, "last_event": new_id()},
    }


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
