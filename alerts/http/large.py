"""Large answers: written at once, past the checks by which FastAPI would copy every value first."""

from typing import Any

import msgspec
from fastapi import Response

_json = msgspec.json.Encoder()


def large(value: dict[str, Any]) -> Response:
    """A JSON answer; `value` holds plain values only."""
    return Response(_json.encode(value), media_type="application/json")
