"""Whatever goes wrong, it leaves in one shape and says nothing that is not for strangers."""

from collections.abc import AsyncIterator

import httpx
import pytest

from alerts.http.app import MAX_BODY
from tests.alerts.centre import Centre

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

API = "/api/v1"
SESSION = f"{API}/session"


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("GET", f"{API}/incidents", b"", 401, "signed_out"),
        ("GET", f"{API}/nothing", b"", 404, "http_404"),
        ("GET", "/nothing", b"", 404, "http_404"),
        ("PUT", f"{API}/incidents", b"", 405, "http_405"),
        ("POST", "/", b"", 405, "http_405"),
        ("POST", SESSION, b"{}", 422, "invalid"),
        ("POST", SESSION, b"[]", 422, "invalid"),
        ("POST", SESSION, b"", 422, "invalid"),
        ("POST", SESSION, b"{", 422, "invalid"),
        ("POST", SESSION, b"\xff", 400, "http_400"),
        ("POST", SESSION, b"[" * MAX_BODY, 400, "http_400"),
        ("POST", SESSION, b'{"name": "x", "password": ""}', 422, "invalid"),
        ("POST", SESSION, b'{"name": "a\\u0000b", "password": "x"}', 422, "invalid"),
        ("POST", SESSION, b'{"name": "\\ud800", "password": "x"}', 422, "invalid"),
        ("POST", f"{SESSION}/link", b'{"token": ["x"]}', 422, "invalid"),
    ],
)
async def test_an_error_has_a_code_for_programs_and_a_sentence_for_people(
    centre: Centre, method: str, path: str, content: bytes, status: int, code: str
) -> None:
    async with centre.client(None) as browser:
        answer = await browser.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()) == {"error"} and set(answer.json()["error"]) == {"code", "message"}
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("announced", [True, False])
async def test_nobody_fills_the_memory_with_one_request(centre: Centre, announced: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1000 + 1):
            yield b"x" * 1000

    content = b"x" * (MAX_BODY + 1) if announced else pieces()
    async with centre.client(None) as browser:
        answer = await browser.post(SESSION, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_an_answer_never_repeats_a_password(centre: Centre) -> None:
    async with centre.client(None) as browser:
        answer = await browser.post(SESSION, json={"name": "", "password": "ronda malam" * 100})
    assert answer.status_code == 422
    assert "ronda" not in answer.text


async def test_what_nobody_thought_of_is_told_without_its_traceback(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of the inside")

    cookies = await centre.session()
    transport = httpx.ASGITransport(centre.app, raise_app_exceptions=False)
    monkeypatch.setattr("alerts.cases.desk.views.incident", broken)
    monkeypatch.setattr("alerts.store.incidents.listed", broken)
    async with httpx.AsyncClient(transport=transport, base_url=centre.url, cookies=cookies) as browser:
        answer = await browser.get(f"{API}/incidents")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "unexpected")
    assert "inside" not in answer.text
