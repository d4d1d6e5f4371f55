"""Whatever comes in, the centre answers it and goes on: never a fault of its own (5xx)."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.http.policy import policies
from alerts.store.schema import sessions
from tests.alerts.centre import Centre
from tests.messages import an_event

NASTY = st.sampled_from(
    ["\0", "a\0b", "'; DROP TABLE users; --", "%", "_", "..", "../../etc/passwd", "\ud800", "\u202e", "9" * 400, "-1"]
)
TEXTS = NASTY | st.text(max_size=100) | st.text("0123456789abcdef-", min_size=36, max_size=36)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["name", "password", "token", "resolution", "reason", "area", "role"])
BODIES = st.dictionaries(KEYS, VALUES | st.sampled_from(["resolved", "siti"]), max_size=4) | VALUES
HEADERS = st.dictionaries(
    st.sampled_from(["Last-Event-ID", "Range", "Origin", "Sec-Fetch-Site", "Cookie", "Authorization", "Host"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    max_size=2,
)


@pytest.fixture
async def token(centre: Centre) -> dict[str, str]:
    """The cookie of an administrator of a centre in which something happened."""
    await centre.put(an_event())
    return await centre.session("admin")


def path_of(template: str, ids: list[str]) -> str:
    for name in ("incident", "event"):
        template = template.replace(f"{{{name}}}", quoted(ids[0]))
    return template


def quoted(text: str) -> str:
    """For a path: everything that would not stay in its place, escaped."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")) or "%00"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_hostile_requests_are_answered(centre: Centre, token: dict[str, str], data: st.DataObject) -> None:
    centre.clock.advance(61)  # nobody is held back for guessing
    routes = sorted(key for key in policies(centre.app) if not key[1].endswith("/stream"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(centre.app), base_url=centre.url) as client:
        method, template = data.draw(st.sampled_from(routes))
        signed_in = data.draw(st.booleans())
        path = path_of(template, [data.draw(TEXTS)])
        query = {data.draw(st.sampled_from(["state", "limit", "after"])): quoted(data.draw(TEXTS)) for _ in range(2)}
        headers: dict[str, Any] = data.draw(HEADERS)
        if signed_in:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in token.items())
        url = f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"
        body = data.draw(BODIES | st.binary(max_size=200))
        content = body if isinstance(body, bytes) else json_of(body)
        answer = await client.request(
            method, url, headers={"Content-Type": "application/json", **headers}, content=content
        )
    assert answer.status_code < 500 or answer.json()["error"]["code"] == "no_pages"
    if answer.status_code in (401, 403) and answer.headers.get("set-cookie"):
        raise AssertionError("a refusal sets no cookie")
    if (method, template) == ("DELETE", "/api/v1/session") and answer.status_code == 204:
        await back_in(centre, token)


async def back_in(centre: Centre, token: dict[str, str]) -> None:
    """Sign in again with a new session."""
    async with centre.database.write() as connection:
        await connection.execute(sessions.delete())
    token.update(await centre.session("admin"))


def json_of(value: object) -> bytes:
    """JSON with all that Python's writer allows: NaN, lone surrogates, NUL."""
    return json.dumps(value).encode()
