"""Where a request comes from, as its browser says."""

from fastapi import Request

from alerts.http.errors import ApiError


def same_origin(request: Request) -> None:
    """Refuse a change that a page of another site sends with our cookie (CSRF)."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    allowed = {request.app.state.origin, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if site not in (None, "same-origin", "none") or (origin is not None and origin not in allowed):
        raise ApiError(403, "other_site", "This request comes from another site.")
