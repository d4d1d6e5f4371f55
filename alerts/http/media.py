"""Pictures and clips of events, for those who may see their incident."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from alerts.cases.desk import Desk
from alerts.http.errors import not_found, there
from alerts.http.policy import Id, Responder
from alerts.services import MediaKind, MediaPath
from alerts.store.people import User

FOREVER = "private, max-age=31536000, immutable"  # named by an event, whose media never change


def router(desk: Desk, media_path: MediaPath) -> APIRouter:
    """`/api/v1/events/…`; `media_path(kind, sha256)` says where a file stands."""
    routes = APIRouter(prefix="/api/v1/events", tags=["media"])

    @routes.get("/{event}/snapshot.jpg")
    async def snapshot(user: Responder, event: Id) -> FileResponse:
        """The picture of an event."""
        return await _file(desk, media_path, user, event, "snapshot")

    @routes.get("/{event}/clip.mp4")
    async def clip(user: Responder, event: Id) -> FileResponse:
        """The clip of an event; ranges are honoured."""
        return await _file(desk, media_path, user, event, "clip")

    return routes


async def _file(desk: Desk, media_path: MediaPath, user: User, event: str, kind: MediaKind) -> FileResponse:
    path = media_path(kind, there(await desk.media(user, event, kind)))
    if not path.exists():
        raise not_found()
    media_type = "image/jpeg" if kind == "snapshot" else "video/mp4"
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": FOREVER})
