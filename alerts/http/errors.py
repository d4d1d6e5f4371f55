"""Errors of the API in one shape: `{"error": {"code", "message"}}`."""

from typing import TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from alerts.cases.incident import NotNow
from alerts.live.rights import LiveRefused
from alerts.people.authority import NotAllowed
from core.errors import EkamlingError, StorageError


class ApiError(Exception):
    """An answer that is not the wished one: HTTP status, a code for programs, a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def not_found() -> ApiError:
    """The same answer for what is not there and for what the user may not see."""
    return ApiError(404, "not_found", "There is no such thing here.")


T = TypeVar("T")


def there(value: T | None) -> T:
    """The value; raises `not_found` where there is none."""
    if value is None:
        raise not_found()
    return value


def install(app: FastAPI) -> None:
    """Make every error of the app leave in that shape."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(NotNow, _not_now)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(LiveRefused, _no_live)
    app.add_exception_handler(StorageError, _storage)
    app.add_exception_handler(EkamlingError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _answer(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


async def _api_error(_request: Request, error: Exception) -> JSONResponse:
    return _answer(error.status, error.code, str(error)) if isinstance(error, ApiError) else _answer(500, "error", "")


async def _not_now(_request: Request, error: Exception) -> JSONResponse:
    return _answer(409, error.code if isinstance(error, NotNow) else "conflict", str(error))


async def _not_allowed(_request: Request, error: Exception) -> JSONResponse:
    return _answer(403, "not_allowed", str(error))


_NO_LIVE = {  # HTTP statuses of refusals of live view; 403 is the rest, what the centre itself forbids
    **dict.fromkeys(("bad_offer", "no_incident"), 422),
    **dict.fromkeys(("full", "codec", "off", "ended"), 409),
    **dict.fromkeys(("edge_offline", "no_answer", "no_picture", "unavailable", "failed", "unknown"), 503),
}


async def _no_live(_request: Request, error: Exception) -> JSONResponse:
    code = error.code if isinstance(error, LiveRefused) else "failed"
    return _answer(_NO_LIVE.get(code, 403), code, str(error))


async def _storage(_request: Request, _error: Exception) -> JSONResponse:
    return _answer(503, "storage", "The centre cannot reach its database at the moment.")


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    return _answer(422, "refused", str(error))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    lines = [f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems]
    return _answer(422, "invalid", "; ".join(lines))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"error": {"code": f"http_{status}", "message": detail}}, status, headers)


async def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    """For the one who asked; the server logs the error itself."""
    return _answer(500, "unexpected", "Something went wrong at the centre; its log says what.")
