"""Messages of an edge, for tests to change."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from core.events import CameraStatus, Event, Media, Status
from core.ids import new_id

STREAM = "00000000000000aa"
AT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 a picture"
MP4 = b"\x00\x00\x00\x18ftypmp42 a clip"

_numbers = itertools.count(1)


def an_event(**changes: Any) -> Event:
    """An event of one camera and rule, with an id and a number of its own."""
    seq = next(_numbers)
    at = AT + timedelta(seconds=seq)
    event = Event(
        id=new_id(),
        stream=STREAM,
        seq=seq,
        camera="gerbang",
        rule="halaman",
        kind="intrusion",
        severity=2,
        at=at,
        frame_at=at - timedelta(milliseconds=40),
        label="person",
        score=0.75,
        track=7,
        box=(0.1, 0.2, 0.3, 0.4),
        zone="halaman",
        model="nanodet 01234567",
        snapshot=Media.of(JPEG),
    )
    return replace(event, **changes)


def a_camera(**changes: Any) -> CameraStatus:
    """A camera that is well."""
    return replace(CameraStatus(id="gerbang", name="Gerbang utama", area="33.03.05.1005/RW02", state="ok"), **changes)


def a_status(*cameras: CameraStatus, **changes: Any) -> Status:
    """A heartbeat."""
    status = Status(online=True, at=AT, started_at=AT, stream=STREAM, version="0.1.0", cameras=list(cameras))
    return replace(status, **changes)
