"""Who may call what. Every route carries one of these policies; a route without one is refused at start."""

from enum import Enum
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from alerts.http.applications import ApplicationGuard
from alerts.http.errors import ApiError
from alerts.http.origin import same_origin
from alerts.people.roles import CAPABILITIES, Capability, Role
from alerts.store.people import User

Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]  # in a path
NO_NUL = r"^[^\x00]*$"  # of a text that goes to the database: PostgreSQL holds every character but this one

COOKIE = "ekamling_session"
SECURE_COOKIE = "__Host-ekamling_session"


class Policy(Enum):
    """Whom each policy lets in: who has at least one of its capabilities."""

    PUBLIC = Capability(0)
    SIGNED_IN = ~Capability(0)
    REPORT = Capability.REPORT
    SEE = Capability.SEE
    SEE_CAMERAS = Capability.SEE | Capability.INSTALL
    RESPOND = Capability.RESPOND  # and see pictures
    WATCH = Capability.RESPOND | Capability.INSTALL
    COMMAND = Capability.COMMAND
    SILENCE = Capability.SILENCE | Capability.INSTALL
    QUIET = Capability.COMMAND | Capability.INSTALL
    INSTALL = Capability.INSTALL | Capability.ADMINISTER
    ADMINISTER = Capability.ADMINISTER
    AUDIT = Capability.AUDIT
    APPLICATION = None  # nobody of ours: another application, by its own key

    def lets_in(self, role: Role) -> bool:
        return self.value is not None and bool(CAPABILITIES[role] & self.value)


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
        same_origin(request)
        if self.policy is Policy.PUBLIC:
            return None
        token = session_token(request)
        user: User | None = await request.app.state.accounts.session(token) if token else None
        if user is None:
            raise ApiError(401, "signed_out", "Please sign in.")
        if not self.policy.lets_in(user.role):
            raise ApiError(403, "not_allowed", "Your role does not allow this.")
        return user


public = Depends(Guard(Policy.PUBLIC))
SignedIn = Annotated[User, Depends(Guard(Policy.SIGNED_IN))]
Reporter = Annotated[User, Depends(Guard(Policy.REPORT))]
Seer = Annotated[User, Depends(Guard(Policy.SEE))]
CameraSeer = Annotated[User, Depends(Guard(Policy.SEE_CAMERAS))]
Responder = Annotated[User, Depends(Guard(Policy.RESPOND))]
Watching = Annotated[User, Depends(Guard(Policy.WATCH))]
Commander = Annotated[User, Depends(Guard(Policy.COMMAND))]
Silencer = Annotated[User, Depends(Guard(Policy.SILENCE))]
Quieter = Annotated[User, Depends(Guard(Policy.QUIET))]
Installer = Annotated[User, Depends(Guard(Policy.INSTALL))]
Administrator = Annotated[User, Depends(Guard(Policy.ADMINISTER))]
Inspector = Annotated[User, Depends(Guard(Policy.AUDIT))]


def policies(app: FastAPI) -> dict[tuple[str, str], Policy | None]:
    """The policy of each route by (method, path), None for one that has none. Files of a mounted folder are public."""
    found: dict[tuple[str, str], Policy | None] = {}
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, Mount):
            policy = _policy(getattr(route, "dependant", None))
            path = (route.path or "").replace(":path}", "}")  # as OpenAPI writes it
            found |= {(method, path): policy for method in route.methods or ("",)}
    return found


def check_policies(app: FastAPI, elsewhere: tuple[str, ...]) -> None:
    """Raise RuntimeError for a route without a policy, unless its path begins with one of `elsewhere`: the routers of
    other rooms, which sign in by their own rules."""
    for (method, path), policy in policies(app).items():
        if policy is None and not path.startswith(elsewhere):
            raise RuntimeError(f"{method} {path} declares no policy; see alerts/http/policy.py")


def _policy(dependant: Dependant | None) -> Policy | None:
    calls = [part.call for part in dependant.dependencies] if dependant else []
    return next((policy for call in calls if (policy := _declared(call))), None)


def _declared(call: object) -> Policy | None:
    """The policy of a guard; None for anything else."""
    if isinstance(call, Guard):
        return call.policy
    return Policy.APPLICATION if isinstance(call, ApplicationGuard) else None
