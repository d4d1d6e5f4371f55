"""Pictures and clips, over HTTP."""

import pytest

from tests.alerts.centre import EDGE, Centre
from tests.messages import JPEG, MP4, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
async def event(centre: Centre) -> str:
    """Id of an event with a picture and a clip."""
    event = an_event()
    await centre.put(event)
    await centre.sink.put_media("snapshot", EDGE, event.id, centre.media.store("snapshot", JPEG))
    await centre.sink.put_media("clip", EDGE, event.id, centre.media.store("clip", MP4))
    return event.id


async def test_a_picture_and_a_clip_are_what_the_edge_sent(centre: Centre, event: str) -> None:
    async with centre.client("operator") as browser:
        picture = await browser.get(f"/api/v1/events/{event}/snapshot.jpg")
        clip = await browser.get(f"/api/v1/events/{event}/clip.mp4")
    assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")
    assert (clip.content, clip.headers["content-type"]) == (MP4, "video/mp4")


async def test_media_are_kept_by_the_browser_and_by_nobody_between(centre: Centre, event: str) -> None:
    async with centre.client() as browser:
        answer = await browser.get(f"/api/v1/events/{event}/clip.mp4")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_player_can_ask_for_a_part_of_a_clip(centre: Centre, event: str) -> None:
    async with centre.client() as browser:
        part = await browser.get(f"/api/v1/events/{event}/clip.mp4", headers={"Range": "bytes=4-7"})
        rest = await browser.get(f"/api/v1/events/{event}/clip.mp4", headers={"Range": "bytes=4-"})
    assert (part.status_code, part.content) == (206, MP4[4:8])
    assert part.headers["content-range"] == f"bytes 4-7/{len(MP4)}"
    assert (rest.status_code, rest.content) == (206, MP4[4:])


@pytest.mark.parametrize(
    "span", ["bytes=999-", "bytes=-0", "bytes=x", "bytes=7-4", "bytes=", "lines=1-2", "bytes=1-2,x"]
)
async def test_a_part_that_is_none_harms_nobody(centre: Centre, event: str, span: str) -> None:
    async with centre.client() as browser:
        answer = await browser.get(f"/api/v1/events/{event}/clip.mp4", headers={"Range": span})
    assert answer.status_code in (200, 206, 400, 416)


async def test_what_has_not_come_or_is_gone_from_the_disk_is_not_there(centre: Centre, event: str) -> None:
    waiting = an_event()
    await centre.put(waiting)
    centre.media.path("snapshot", centre.media.store("snapshot", JPEG).sha256).unlink()
    async with centre.client() as browser:
        for name in (waiting.id, event):
            answer = await browser.get(f"/api/v1/events/{name}/snapshot.jpg")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
            assert answer.headers["cache-control"] == "no-store"
