"""Who may call what. Every route carries one of these policies; a route without one is refused at start."""

from enum import Enum
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from alerts.http.errors import ApiError
from alerts.store.people import User

Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]  # in a path
NO_NUL = r"^[^\x00]*$"  # of a text that goes to the database: PostgreSQL holds every character but this one

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


class Guard:
    """Lets a request in, or not, by one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    async def __call__(self, request: Request) -> User | None:
        """Who is signed in; None for a public route. Raises ApiError for whom the policy keeps out."""
        _same_origin(request)
        if self.policy is Policy.PUBLIC:
            return None
        token = session_token(request)
        user: User | None = await request.app.state.accounts.session(token) if token else None
        if user is None:
            raise ApiError(401, "signed_out", "Please sign in.")
        if user.role not in self.policy.value:
            raise ApiError(403, "not_allowed", "Your role does not allow this.")
        return user


def _same_origin(request: Request) -> None:
    """Refuse a change that a page of another site sends with our cookie (CSRF)."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    allowed = {request.app.state.origin, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if site not in (None, "same-origin", "none") or (origin is not None and origin not in allowed):
        raise ApiError(403, "other_site", "This request comes from another site.")


public = Depends(Guard(Policy.PUBLIC))
SignedIn = Annotated[User, Depends(Guard(Policy.SIGNED_IN))]
Actor = Annotated[User, Depends(Guard(Policy.ACT))]


def policies(app: FastAPI) -> dict[tuple[str, str], Policy | None]:
    """The policy of each route by (method, path), None for one that has none. Files of a mounted folder are public."""
    found: dict[tuple[str, str], Policy | None] = {}
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, Mount):
            policy = _policy(getattr(route, "dependant", None))
            found |= {(method, route.path or ""): policy for method in route.methods or ("",)}
    return found


def check_policies(app: FastAPI, elsewhere: tuple[str, ...]) -> None:
    """Raise RuntimeError for a route without a policy, unless its path begins with one of `elsewhere`: the routers of
    other rooms, which sign in by their own rules."""
    for (method, path), policy in policies(app).items():
        if policy is None and not path.startswith(elsewhere):
            raise RuntimeError(f"{method} {path} declares no policy; see alerts/http/policy.py")


def _policy(dependant: Dependant | None) -> Policy | None:
    guards = [part.call for part in dependant.dependencies if isinstance(part.call, Guard)] if dependant else []
    return guards[0].policy if guards else None
