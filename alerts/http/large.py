"""Large answers: written at once, past the checks by which FastAPI would copy every value first."""

import hashlib
from typing import Any

import msgspec
from fastapi import Request, Response

_json = msgspec.json.Encoder()


def large(value: Any) -> Response:
    """A JSON answer; `value` holds plain values and structs only."""
    return Response(_json.encode(value), media_type="application/json")


def unless_known(request: Request, content: bytes) -> Response:
    """JSON bytes with their tag (RFC 9110, 8.8.3); 304 without them where the one who asks has just these."""
    tag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
