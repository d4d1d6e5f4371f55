"""Who may call what. Every route of the API carries one of these policies; a route without one is refused at start."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from alerts.http.errors import ApiError
from alerts.store.people import User

Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]  # in a path

COOKIE = "ekamling_session"
SECURE_COOKIE = "__Host-ekamling_session"


class Policy(Enum):
    """The roles that each policy lets in."""

    PUBLIC = frozenset[str]()
    SIGNED_IN = frozenset({"operator", "admin", "auditor"})
    ACT = frozenset({"operator", "admin"})


def cookie_name(secure: bool) -> str:
    """Name of the session cookie; over HTTPS a name that binds it to this very host."""
    return SECURE_COOKIE if secure else COOKIE


def session_token(request: Request) -> str | None:
    """The session token that a request carries."""
    return request.cookies.get(cookie_name(request.app.state.secure))


def _guard(policy: Policy) -> Callable[[Request], Awaitable[User | None]]:
    async def guard(request: Request) -> User | None:
        _same_origin(request)
        if policy is Policy.PUBLIC:
            return None
        token = session_token(request)
        user: User | None = await request.app.state.accounts.session(token) if token else None
        if user is None:
            raise ApiError(401, "signed_out", "Please sign in.")
        if user.role not in policy.value:
            raise ApiError(403, "not_allowed", "Your role does not allow this.")
        return user

    guard.policy = policy  # type: ignore[attr-defined]  # read back by `check_policies`
    return guard


def _same_origin(request: Request) -> None:
    """Refuse a change that a page of another site sends with our cookie (CSRF)."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    allowed = {request.app.state.origin, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if site not in (None, "same-origin", "none") or (origin is not None and origin not in allowed):
        raise ApiError(403, "other_site", "This request comes from another site.")


public = Depends(_guard(Policy.PUBLIC))
SignedIn = Annotated[User, Depends(_guard(Policy.SIGNED_IN))]
Actor = Annotated[User, Depends(_guard(Policy.ACT))]


def check_policies(app: FastAPI, prefix: str) -> None:
    """Raise RuntimeError for a route under `prefix` that carries no policy."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path.startswith(prefix) and not _policies(route.dependant):
            raise RuntimeError(f"{route.path} declares no policy; see alerts/http/policy.py")


def _policies(dependant: Dependant) -> list[Any]:
    return [found for part in dependant.dependencies if (found := getattr(part.call, "policy", None)) is not None]
