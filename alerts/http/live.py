"""Live view of cameras: WHEP (draft-ietf-wish-whep), pictures where that cannot be, and who watched.

A browser posts its offer and gets the edge's answer; the pictures themselves never pass through here.
"""

import base64
import hashlib
import hmac
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from alerts.http.edges import Name
from alerts.http.errors import ApiError, not_found, there
from alerts.http.policy import Id, Inspector, Watching, session_token
from alerts.live import views as service
from alerts.live.settings import LiveSettings
from alerts.live.views import Live, Watcher, Wish
from alerts.notifiers import secret_files
from alerts.people.accounts import digest
from alerts.store.people import User
from alerts.store.viewings import Viewing
from alerts.views import instant
from core.clock import Clock

SDP = "application/sdp"
CREDENTIAL_S = 3600  # for which a relay's password holds
IncidentId = Annotated[str, Query(pattern=r"^([0-9a-f-]{36})?$", description="the incident for which it is watched")]


def router(live: Live, settings: LiveSettings, clock: Clock) -> APIRouter:
    """`/api/v1/live`, `/api/v1/views`, and what is watched of `/api/v1/cameras/{edge}/{camera}`."""
    routes = APIRouter(prefix="/api/v1", tags=["live"])

    @routes.get("/live")
    async def servers(user: Watching) -> dict[str, Any]:
        """The servers that help a browser to reach an edge, as RTCPeerConnection wants them."""
        return {"ice_servers": ice_servers(settings, user, clock)}

    @routes.get("/views")
    async def views(user: Inspector) -> dict[str, Any]:
        """Who watched cameras of the own area, and why it ended; the newest first."""
        return {"views": [_shown(each) for each in await live.listed(user)]}

    _watch(routes, live)
    _pictures(routes, live)
    return routes


def _watch(routes: APIRouter, live: Live) -> None:
    @routes.post("/cameras/{edge}/{camera}/live", status_code=201)
    async def watch(
        user: Watching,
        edge: Name,
        camera: Name,
        request: Request,
        stream: Literal["sub", "main"] = "sub",
        incident: IncidentId = "",
    ) -> Response:
        """Begin to watch: the body is a WebRTC offer for one video, the answer is the edge's. `Location` names the
        view, which DELETE ends."""
        if not await live.sees(user, edge, camera):
            raise not_found()
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != SDP:
            raise ApiError(415, "no_sdp", f"The body must be an offer in {SDP}.")
        offer = (await request.body()).decode("utf-8", "replace")
        begun, answer = there(await live.begin(_watcher(user, request), Wish(edge, camera, stream, incident), offer))
        headers = {"Location": f"{request.url.path}/{begun.id}", "X-Stream": begun.stream}
        return Response(answer.sdp, 201, headers, SDP)

    @routes.delete("/cameras/{edge}/{camera}/live/{view}", status_code=204)
    async def end(user: Watching, edge: Name, camera: Name, view: Id, request: Request) -> None:
        """End one's own view."""
        there(await live.end(_watcher(user, request), Wish(edge, camera), view))


def _pictures(routes: APIRouter, live: Live) -> None:
    @routes.post("/cameras/{edge}/{camera}/pictures", status_code=201)
    async def begin(
        user: Watching, edge: Name, camera: Name, request: Request, incident: IncidentId = ""
    ) -> dict[str, str]:
        """Begin to look at single pictures, where a camera or a network gives no live view."""
        wish = Wish(edge, camera, "pictures", incident)
        begun, _ = there(await live.begin(_watcher(user, request), wish))
        return {"view": begun.id}

    @routes.get("/cameras/{edge}/{camera}/pictures/{view}")
    async def picture(user: Watching, edge: Name, camera: Name, view: Id, request: Request) -> Response:
        """The newest picture; a new one is made about once a second."""
        jpeg = there(await live.picture(_watcher(user, request), Wish(edge, camera), view))
        return Response(jpeg, media_type="image/jpeg")

    @routes.delete("/cameras/{edge}/{camera}/pictures/{view}", status_code=204)
    async def end(user: Watching, edge: Name, camera: Name, view: Id, request: Request) -> None:
        """Look no more."""
        there(await live.end(_watcher(user, request), Wish(edge, camera), view))


def ice_servers(settings: LiveSettings, user: User, clock: Clock) -> list[dict[str, str]]:
    """STUN and TURN as a browser takes them. A relay's password is made for this hour and this user:
    base64(HMAC-SHA1(secret, "expiry:name")), as draft-uberti-behave-turn-rest-00 has it and coturn checks it."""
    found = [{"urls": settings.stun}] if settings.stun else []
    if settings.turn:
        name, password = "", ""
        if settings.turn_secret_file:
            secret = secret_files.line(settings.turn_secret_file, whose="the secret of the relay for live view")
            name = f"{int(clock.now().timestamp()) + CREDENTIAL_S}:{user.name}"
            password = base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()
        found.append({"urls": settings.turn, "username": name, "credential": password})
    return found


def _watcher(user: User, request: Request) -> Watcher:
    return Watcher(user, digest(session_token(request) or ""))


def _shown(viewing: Viewing) -> dict[str, Any]:
    times = {name: instant(getattr(viewing, name)) for name in ("asked_at", "started_at", "ended_at")}
    return {**service.shown(viewing), **times}
