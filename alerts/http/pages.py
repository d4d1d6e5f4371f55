"""The built pages, and the headers that keep foreign code out of them."""

import importlib.resources
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.staticfiles import StaticFiles

from alerts.http.policy import public

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "media-src 'self' blob:; worker-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ROUTES = ("/", "/masuk")


def folder() -> Path:
    """Where the built pages stand in the installed package."""
    return Path(str(importlib.resources.files("alerts"))) / "web" / "dist"


def install(app: FastAPI) -> None:
    """Serve the pages; where they were not built, say how to build them."""
    dist = folder()
    app.middleware("http")(_headers)

    async def index() -> Response:
        page = dist / "index.html"
        if not page.exists():
            return JSONResponse(
                {"error": {"code": "no_pages", "message": "The pages are not built: run 'make setup'."}}, 503
            )
        return FileResponse(page, headers={"Cache-Control": "no-cache"})

    for path in ROUTES:
        app.add_api_route(path, index, include_in_schema=False, dependencies=[public])
    if dist.is_dir():
        app.mount("/", StaticFiles(directory=dist), name="pages")


async def _headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/assets/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.url.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
