"""The page of all HTTP endpoints, made from the application itself."""

import tempfile
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from alerts.bell import Bell
from alerts.http.app import build
from alerts.http.policy import Policy, policies
from alerts.people.roles import Role
from alerts.services import Services
from alerts.sink import Sink
from alerts.store.database import Database
from alerts.telling.answers import Answers
from core.clock import SystemClock
from ekamling.reference.markdown import GENERATED, table
from ingest import uploads
from ingest.accounts import Accounts
from ingest.clips import ClipIntake
from ingest.media import MediaFolder

HEAD = f"""\
# The centre's HTTP interface

{GENERATED}

JSON in UTF-8; times are ISO 8601 in UTC with milliseconds. A signed-in user sees what lies within the user's area only:
an id of another area is answered with 404, as one that does not exist. Every error has one shape,
`{{"error": {{"code": "...", "message": "..."}}}}`; programs look at `code`. A centre describes the same in OpenAPI's
words at `/api/v1/openapi.json`, for whoever is signed in.
"""
EDGES = "edge, by its own password (HTTP Basic)"
OPEN_TO = {
    Policy.PUBLIC: "everybody",
    Policy.SIGNED_IN: "signed in",
    Policy.APPLICATION: "another application, by its own key (Bearer)",
}


def page() -> str:
    """The whole page, in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder))
    known = policies(app)
    rows = []
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            verb = method.upper()
            who = _who(known[verb, path])
            rows.append((f"`{verb}`", f"`{path}`", who, _given(app, operation), _summary(operation)))
    return f"{HEAD}\n{table(('method', 'path', 'who', 'given', 'what it does'), rows)}"


def _who(policy: Policy | None) -> str:
    """Whom a route lets in: the word for all, or the roles."""
    if policy is None:
        return EDGES
    return OPEN_TO.get(policy) or ", ".join(role for role in Role if policy.lets_in(role))


def _application(folder: Path) -> FastAPI:
    """The application as the centre builds it, on a database that is never opened."""
    clock, bell = SystemClock(), Bell()
    database = Database(create_async_engine("sqlite+aiosqlite://"), "nowhere")
    sink = Sink(database, bell, clock)
    media = MediaFolder(folder)
    edge_routes = uploads.router(Accounts([]), ClipIntake(media, sink, sink))
    services = Services(database, sink, bell, clock, "http://127.0.0.1", media.path, Answers(b"no key"))
    app, _ = build(services, [edge_routes])
    return app


def _given(app: FastAPI, operation: dict[str, Any]) -> str:
    """What a caller gives beside the path: parameters as `name?`, fields of the body as `{name, ...}`."""
    parts = [
        f"`{parameter['name']}{'' if parameter['required'] else '?'}`"
        for parameter in operation.get("parameters", [])
        if parameter["in"] in ("query", "header")
    ]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        shape = app.openapi()["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        required = shape.get("required", [])
        names = [name if name in required else f"{name}?" for name in shape["properties"]]
        parts.append("`{" + ", ".join(names) + "}`")
    return " ".join(parts)


def _summary(operation: dict[str, Any]) -> str:
    return " ".join(str(operation.get("description", "")).split())
