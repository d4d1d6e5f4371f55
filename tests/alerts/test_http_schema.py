"""Right and wrong input for every endpoint, made from the API's own description: no answer is a fault of the centre
(5xx), and what is refused has written nothing."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok

from alerts.store.database import Database
from tests.alerts.centre import EDGE, Centre
from tests.loop_thread import LoopThread
from tests.messages import AT, a_camera, a_status, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

EXAMPLES = 8  # of each endpoint and kind of input
ENDLESS = "/api/v1/stream"
ELSEWHERE = "/edge/"  # of another room; see tests/ingest


@pytest.fixture
def place(engine_name: str, database_url: str, tmp_path: Any, quick_hashes: None) -> Iterator["Place"]:
    """A centre in which something happened, in a loop of its own: Hypothesis calls from none."""
    with LoopThread() as loop:
        place = Place(loop, database_url, tmp_path)
        yield place
        place.close()


class Place:
    """Calls the application as an administrator, and sees whether a call wrote something."""

    def __init__(self, loop: LoopThread, url: str, folder: Any) -> None:
        self._loop = loop
        self.centre = loop.run(self._build(url, folder))
        self.schema = schemathesis.openapi.from_dict(self.centre.app.openapi())
        self.ids = loop.run(self._happen())
        self._file = sqlite3.connect(url.partition("///")[2], check_same_thread=False)

    async def _build(self, url: str, folder: Any) -> Centre:
        return Centre(await Database.open(url), folder)

    async def _happen(self) -> dict[str, str]:
        await self.centre.register()
        await self.centre.beat(EDGE, a_status(a_camera(group="blok-a", mode="armed")), AT)
        event = an_event(at=self.centre.clock.now())
        await self.centre.put(event)
        self.cookies = await self.centre.session("admin")
        (incident,) = await self.centre.incidents()
        return {"incident": incident["id"], "event": event.id, "edge": EDGE, "group": "blok-a", "camera": "gerbang"}

    def operations(self) -> Iterator[APIOperation[Any, Any, Any, Any]]:
        for found in self.schema.get_all_operations():
            assert isinstance(found, Ok)
            yield found.ok()

    def close(self) -> None:
        self._file.close()
        self._loop.run(self.centre.database.close())

    def call(self, case: Case[Any]) -> tuple[httpx.Response, bool]:
        """The answer, and whether the database has changed."""
        before = self._version()
        answer = self._loop.run(self._send(case))
        return answer, self._version() != before

    def _version(self) -> int:
        with closing(self._file.execute("PRAGMA data_version")) as rows:
            version: int = rows.fetchone()[0]
        return version

    async def _send(self, case: Case[Any]) -> httpx.Response:
        self.centre.clock.advance(61)  # nobody is held back for guessing
        transport = httpx.ASGITransport(self.centre.app, raise_app_exceptions=False)
        known = {name: value for name, value in (case.headers or {}).items() if value.isascii() and value.isprintable()}
        async with httpx.AsyncClient(
            transport=transport, base_url=self.centre.url, cookies=self.cookies, timeout=30
        ) as client:
            known.pop("content-length", None)
            query = {name: str(value) for name, value in (case.query or {}).items()}
            return await client.request(case.method, case.formatted_path, params=query, headers=known, **_body(case))


def _body(case: Case[Any]) -> dict[str, Any]:
    if isinstance(case.body, bytes):
        return {"content": case.body}
    return {"json": case.body} if case.media_type == "application/json" else {}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("known", [True, False], ids=["of things there", "of any"])
def test_no_endpoint_fails_or_writes_by_half(place: Place, mode: GenerationMode, known: bool) -> None:
    for operation in place.operations():
        if operation.path == ENDLESS or operation.path.startswith(ELSEWHERE):
            continue
        named = {name: value for name, value in place.ids.items() if f"{{{name}}}" in operation.path}
        if known and not named:
            continue
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=named if known else None)

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def ask(case: Case[Any]) -> None:
            answer, wrote = place.call(case)
            what = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"[:600]
            assert answer.status_code < 500, f"{what}: {answer.text}"
            assert not (wrote and answer.status_code >= 400), f"{what}: {answer.status_code}, and it wrote"

        with contextlib.suppress(Unsatisfiable):  # of an endpoint that takes nothing but known ids, nothing is wrong
            ask()
