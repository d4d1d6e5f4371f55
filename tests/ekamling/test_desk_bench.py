"""The desk bench asks every question that the API has, and says how long each took."""

from pathlib import Path

import pytest

from alerts.store.database import Database
from ekamling.bench import desk
from ekamling.bench.desk_questions import LEFT_OUT, QUESTIONS, missing
from tests.alerts.centre import Centre

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


async def test_no_route_that_answers_is_forgotten(database: Database, tmp_path: Path) -> None:
    described = Centre(database, tmp_path).app.openapi()
    assert missing(described) == []
    routes = {path.removeprefix("/api/v1") for path in described["paths"]}
    assert {question.path for question in QUESTIONS} <= routes
    assert set(LEFT_OUT) <= routes


async def test_a_route_that_nobody_asks_is_named(database: Database, tmp_path: Path) -> None:
    described = Centre(database, tmp_path).app.openapi()
    described["paths"]["/api/v1/new"] = {"get": {}}
    assert missing(described) == ["/api/v1/new"]


def test_a_small_centre_answers_everything(engine_name: str) -> None:
    said: list[str] = []
    found = desk.run(desk.Wishes(None, 20, 2, said.append))
    assert found["open"] > 0
    wrong = {name: each["status"] for name, each in found["endpoints"].items() if each["status"] not in (200, 201, 404)}
    assert wrong == {}
    unknown = {name for name, each in found["endpoints"].items() if each["status"] == 404}
    assert unknown <= {"GET /edges/{edge}/groups/{group}", "GET /routing/versions/{number}"}
