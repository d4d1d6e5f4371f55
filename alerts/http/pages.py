"""The built pages, and the headers that keep foreign code out of them."""

import importlib.resources
import mimetypes
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import Headers
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from alerts.http.policy import public

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'{}; "
    "media-src 'self' blob:; worker-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CallNext = Callable[[Request], Awaitable[Response]]
ROUTES = {"/": "index.html", "/masuk": "index.html", "/m": "m.html"}  # the console, and the telephone's pages
UNHASHED = frozenset({"/sw.js", "/m.webmanifest"})  # looked at anew each time, so that telephones do not stay behind


def folder() -> Path:
    """Where the built pages stand in the installed package."""
    return Path(str(importlib.resources.files("alerts"))) / "web" / "dist"


def install(app: FastAPI, tiles: str = "") -> None:
    """Serve the pages; where they were not built, say how to build them. `tiles`: another origin from which the map may
    fetch them."""
    dist = folder()
    app.middleware("http")(_headers(tiles))

    for path, name in ROUTES.items():
        app.add_api_route(path, _page(dist / name), include_in_schema=False, dependencies=[public])
    if dist.is_dir():
        mimetypes.add_type("application/manifest+json", ".webmanifest")
        app.mount("/", _Files(directory=dist), name="pages")


class _Files(StaticFiles):
    """Files, compressed for whoever takes that, where the build left a `.gz` beside them."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        asked = Headers(scope=scope)
        smaller = Path(f"{os.fspath(full_path)}.gz")
        if "gzip" not in asked.get("accept-encoding", "") or "range" in asked or not smaller.is_file():
            return super().file_response(full_path, stat_result, scope, status_code)
        answer = super().file_response(smaller, smaller.stat(), scope, status_code)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        return answer


def _page(file: Path) -> Callable[[], Response]:
    def page() -> Response:
        if not file.exists():
            return JSONResponse(
                {"error": {"code": "no_pages", "message": "The pages are not built: run 'make setup'."}}, 503
            )
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return page


def _headers(tiles: str) -> Callable[[Request, CallNext], Awaitable[Response]]:
    policy = CONTENT_POLICY.format(f" {tiles}" if tiles else "")
    usual = HEADERS | {"Content-Security-Policy": policy}

    async def add(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        for name, value in usual.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith("/assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif request.url.path in UNHASHED:
            response.headers["Cache-Control"] = "no-cache"
        elif request.url.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add
