"""Uploads of clips over HTTP, resumable: `HEAD` tells how much is here, `PUT` adds the next piece.

The digest in `Repr-Digest` (RFC 9530) is checked when the last piece has come; only then is the clip noted.
"""

import base64
import binascii
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from core.events import MAX_CLIP_BYTES
from ingest.accounts import Accounts
from ingest.clips import ClipIntake, Piece

MAX_PIECE = 1024 * 1024
_RANGE = re.compile(r"bytes ([0-9]{1,12})-([0-9]{1,12})/([0-9]{1,12})")
_SAME = re.compile(r"bytes \*/[0-9]{1,12}")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
EventId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]


def router(accounts: Accounts, clips: ClipIntake) -> APIRouter:
    """The edge's side of the centre's HTTP, `/edge/v1`; every edge signs in with its own password."""
    routes = APIRouter(prefix="/edge/v1", tags=["edge"], max_body_size=MAX_PIECE)
    basic = HTTPBasic(realm="E-Kamling edge")

    def edge_of(login: Annotated[HTTPBasicCredentials, Depends(basic)]) -> str:
        if not accounts.verify(login.username, login.password):
            raise HTTPException(401, "unknown edge or wrong password", {"WWW-Authenticate": "Basic"})
        return login.username

    Edge = Annotated[str, Depends(edge_of)]

    @routes.head("/clips/{event}")
    async def stand(event: EventId, edge: Edge) -> Response:
        """How many bytes of the clip are here, in `Upload-Offset`."""
        return Response(headers={"Upload-Offset": str(clips.offset(edge, event))})

    @routes.put("/clips/{event}")
    async def put(
        event: EventId,
        edge: Edge,
        request: Request,
        content_range: Annotated[str, Header()],
        repr_digest: Annotated[str, Header()],
    ) -> Response:
        """Add the piece that `Content-Range` names; the statuses are those of `ClipIntake.add`.

        `bytes */TOTAL` with an empty body adds nothing: the clip is a file that was sent for another event.
        """
        if _SAME.fullmatch(content_range):
            answer = await clips.share(edge, event, _digest(repr_digest))
        else:
            answer = await clips.add(edge, event, await _piece(request, content_range, repr_digest))
        return Response(status_code=answer.status, headers={"Upload-Offset": str(answer.offset)})

    return routes


async def _piece(request: Request, content_range: str, repr_digest: str) -> Piece:
    """Read one piece; raises HTTPException 400 or 413, never reading more than a piece may hold."""
    span, digest = _RANGE.fullmatch(content_range), _digest(repr_digest)
    if not span:
        raise HTTPException(400, "Content-Range must be 'bytes A-B/TOTAL' or 'bytes */TOTAL'")
    first, last, total = (int(number) for number in span.groups())
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_PIECE or total > MAX_CLIP_BYTES:
            raise HTTPException(413, f"a piece may have {MAX_PIECE} bytes and a clip {MAX_CLIP_BYTES}")
    if len(content) != last - first + 1 or last >= total:
        raise HTTPException(400, "the piece is not as long as its Content-Range says")
    return Piece(first, total, digest, bytes(content))


def _digest(repr_digest: str) -> str:
    """The SHA-256 in hex; raises HTTPException 400."""
    named = _DIGEST.fullmatch(repr_digest)
    if not named:
        raise HTTPException(400, "Repr-Digest must be 'sha-256=:BASE64:'")
    try:
        return base64.b64decode(named[1], validate=True).hex()
    except binascii.Error as error:
        raise HTTPException(400, "Repr-Digest is not base64") from error
