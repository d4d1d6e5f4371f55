"""Single sign-on: out to the provider and back, and who somebody is there."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from alerts.http.errors import not_found, there
from alerts.http.people import Name
from alerts.http.policy import NO_NUL, Administrator, public
from alerts.http.session import give_session
from alerts.people.accounts import Accounts
from alerts.sso.errors import SsoError
from alerts.sso.links import Links
from alerts.sso.sign_in import LASTS, Returned, SignIn
from core.errors import StorageError

START = "/api/v1/session/sso/start"
COOKIE, SECURE_COOKIE = "ekamling_sso", "__Host-ekamling_sso"
Word = Annotated[str, Query(max_length=4000, pattern=NO_NUL)]

log = logging.getLogger("alerts.http.sso")


class Known(BaseModel):
    known_as: Annotated[str, Field(min_length=1, max_length=255, pattern=NO_NUL)]


def router(sign_in: SignIn | None, accounts: Accounts) -> APIRouter:
    """`/api/v1/session/ways`, and `/api/v1/session/sso` where a provider is set up."""
    routes = APIRouter(prefix="/api/v1/session", tags=["session"])

    @routes.get("/ways", dependencies=[public])
    async def ways() -> dict[str, Any]:
        """How people may sign in beside name and password; `sso` is null where there is no provider."""
        return {"sso": {"label": sign_in.label, "start": START} if sign_in else None}

    @routes.get("/sso/start", dependencies=[public], status_code=303, response_class=Response)
    async def start(request: Request) -> Response:
        """Go to the provider to sign in."""
        if sign_in is None:
            raise not_found()
        try:
            began = await sign_in.begin()
        except (SsoError, StorageError) as error:
            return _back(request, error)
        answer = RedirectResponse(began.url, 303)
        secure = request.app.state.secure
        answer.set_cookie(
            _cookie(secure),
            began.browser,
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",  # it comes back by a link on the provider's page
        )
        return answer

    @routes.get("/sso/callback", dependencies=[public], status_code=303, response_class=Response)
    async def callback(
        request: Request, state: Word = "", code: Word = "", iss: Word = "", error: Word = ""
    ) -> Response:
        """Where the provider sends the browser back to."""
        if sign_in is None:
            raise not_found()
        browser = request.cookies.get(_cookie(request.app.state.secure), "")
        try:
            user = await sign_in.finish(Returned(browser=browser, state=state, code=code, iss=iss, error=error))
            answer = RedirectResponse("/", 303)
            await give_session(accounts, user, request, answer)
        except (SsoError, StorageError) as problem:
            return _back(request, problem)
        _forget(request, answer)
        return answer

    return routes


def links_router(links: Links) -> APIRouter:
    """`/api/v1/people/{name}/sso`."""
    routes = APIRouter(prefix="/api/v1/people", tags=["people"])

    @routes.get("/{name}/sso")
    async def of(user: Administrator, name: Name) -> dict[str, Any]:
        """Who somebody is at the provider of single sign-on; null for who is linked to nobody there."""
        return there(await links.of(user, name))

    @routes.put("/{name}/sso")
    async def put(user: Administrator, name: Name, body: Known) -> dict[str, Any]:
        """Say who somebody is there; another link of theirs ends, and with it their sessions."""
        return there(await links.put(user, name, body.known_as))

    @routes.delete("/{name}/sso")
    async def end(user: Administrator, name: Name) -> dict[str, Any]:
        """Unlink somebody, and end their sessions."""
        return there(await links.end(user, name))

    return routes


def _back(request: Request, error: SsoError | StorageError) -> Response:
    """To the sign-in page, which says what went wrong: the code stands in the fragment, the sentence in our log."""
    log.warning("single sign-on: %s", error)
    code = error.code if isinstance(error, SsoError) else "sso_failed"
    answer = RedirectResponse(f"/masuk#sso={code}", 303)
    _forget(request, answer)
    return answer


def _forget(request: Request, answer: Response) -> None:
    secure = request.app.state.secure
    answer.delete_cookie(_cookie(secure), path="/", secure=secure, httponly=True, samesite="lax")


def _cookie(secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE
