"""Signing in and out."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from alerts import views
from alerts.http.errors import ApiError
from alerts.http.policy import NO_NUL, SignedIn, cookie_name, public, session_token
from alerts.http.throttle import Throttle
from alerts.people.accounts import MAX_PASSWORD, SESSION, Accounts
from alerts.store.people import User


class Login(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]
    password: Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD)]


class Link(BaseModel):
    token: Annotated[str, Field(min_length=1, max_length=200)]


class Password(BaseModel):
    password: Annotated[str, Field(max_length=MAX_PASSWORD)]


def router(accounts: Accounts, throttle: Throttle) -> APIRouter:
    """`/api/v1/session`."""
    routes = APIRouter(prefix="/api/v1/session", tags=["session"])

    @routes.post("", dependencies=[public])
    async def sign_in(login: Login, request: Request, response: Response) -> dict[str, Any]:
        """Sign in with name and password."""
        keys = (f"name:{login.name}", f"address:{_address(request)}")
        _hold_back(throttle, keys)
        user = await accounts.by_password(login.name, login.password)
        if user is None:
            raise ApiError(401, "wrong_credentials", "Name or password is wrong.")
        throttle.succeeded(*keys)
        return await _start(accounts, user, request, response)

    @routes.post("/link", dependencies=[public])
    async def sign_in_by_link(link: Link, request: Request, response: Response) -> dict[str, Any]:
        """Sign in with a one-time link's token."""
        keys = (f"address:{_address(request)}",)
        _hold_back(throttle, keys)
        user = await accounts.by_link(link.token)
        if user is None:
            raise ApiError(401, "link_used", "This link was used already or has expired.")
        throttle.succeeded(*keys)
        return await _start(accounts, user, request, response)

    @routes.get("", dependencies=[public])
    async def who(request: Request) -> dict[str, Any]:
        """Who is signed in; null for nobody, which is an answer and not an error."""
        token = session_token(request)
        user = await accounts.session(token) if token else None
        return {"user": views.user(user) if user else None}

    @routes.delete("", status_code=204)
    async def sign_out(_user: SignedIn, request: Request, response: Response) -> None:
        """End this session."""
        await accounts.end_session(session_token(request) or "")
        secure = request.app.state.secure
        response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="strict")

    @routes.post("/password", status_code=204)
    async def set_password(user: SignedIn, wanted: Password) -> None:
        """Set one's own password."""
        await accounts.set_password(user.name, wanted.password)

    return routes


def _hold_back(throttle: Throttle, keys: tuple[str, ...]) -> None:
    wait = throttle.enter(*keys)
    if wait > 0:
        raise ApiError(429, "slow_down", f"Too many tries; wait {math.ceil(wait)} seconds.")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _start(accounts: Accounts, user: User, request: Request, response: Response) -> dict[str, Any]:
    await give_session(accounts, user, request, response)
    return {"user": views.user(user)}


async def give_session(accounts: Accounts, user: User, request: Request, response: Response) -> None:
    """Begin a session, and let the browser keep its token."""
    token = await accounts.start_session(user)
    secure = request.app.state.secure
    response.set_cookie(
        cookie_name(secure),
        token,
        max_age=int(SESSION.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
