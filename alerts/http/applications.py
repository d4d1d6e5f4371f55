"""Who lets other applications in: by a key in the Authorization header, never by a cookie."""

from typing import Annotated

from fastapi import Depends, Request

from alerts.http.errors import ApiError
from alerts.http.origin import same_origin
from alerts.store.hooks import Hook

SCHEME = "bearer"
MAX_KEY = 200


class ApplicationGuard:
    """Lets a request in that carries the key of an application which may report."""

    async def __call__(self, request: Request) -> Hook:
        """Whose key it is; raises ApiError for a request without a key that is good today."""
        same_origin(request)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        known: Hook | None = None
        if scheme.lower() == SCHEME and 0 < len(key) <= MAX_KEY:
            known = await request.app.state.applications.by_key(key)
        if known is None:
            raise ApiError(401, "no_key", "Send the key of your application as 'Authorization: Bearer KEY'.")
        return known


Application = Annotated[Hook, Depends(ApplicationGuard())]
