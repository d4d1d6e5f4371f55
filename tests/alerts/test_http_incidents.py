"""The queue and what operators do with it, over HTTP."""

import pytest
from sqlalchemy import text

from tests.alerts.centre import EDGE, Centre
from tests.messages import AT, a_camera, a_status, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

HERE = "/api/v1/incidents"


@pytest.fixture
async def busy(centre: Centre) -> Centre:
    """With one open incident."""
    await centre.beat(EDGE, a_status(a_camera()), AT)
    await centre.put(an_event())
    return centre


async def test_an_operator_takes_an_incident_and_closes_it(busy: Centre) -> None:
    async with busy.client("operator") as browser:
        (incident,) = (await browser.get(HERE)).json()["incidents"]
        path = f"{HERE}/{incident['id']}"
        taken = (await browser.post(f"{path}/acknowledge")).json()["incident"]
        assert (taken["state"], taken["number"]) == ("new", incident["number"])
        assert (taken["claimant"], incident["claimant"]) == ("operator-1", None)
        again = await browser.post(f"{path}/acknowledge")
        assert (again.status_code, again.json()["error"]["code"]) == (409, "already_acknowledged")
        assert taken["acknowledged_by"] in again.json()["error"]["message"]
        done = await browser.post(f"{path}/close", json={"resolution": "false", "reason": "kucing"})
        assert (done.json()["incident"]["state"], done.json()["incident"]["resolution"]) == ("closed", "false")
        late = await browser.post(f"{path}/close", json={"resolution": "resolved"})
        assert (late.status_code, late.json()["error"]["code"]) == (409, "already_closed")
        detail = (await browser.get(path)).json()
        assert [line["action"] for line in detail["log"]] == ["opened", "acknowledged", "closed"]
        listed = {
            which: (await browser.get(HERE, params={"state": which})).json() for which in ("open", "closed", "all")
        }
        assert {which: len(each["incidents"]) for which, each in listed.items()} == {"open": 0, "closed": 1, "all": 1}


@pytest.mark.parametrize(
    "query", ["state=other", "limit=0", "limit=1001", "limit=x", "limit=99999999999999999999", "limit=1e3"]
)
async def test_a_question_that_makes_no_sense_is_answered_so(busy: Centre, query: str) -> None:
    async with busy.client() as browser:
        answer = await browser.get(f"{HERE}?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert answer.json()["error"]["message"].startswith(f"query.{query.partition('=')[0]}: ")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resolution": "solved"},
        {"resolution": None},
        {"resolution": "false", "reason": "x" * 401},
        {"resolution": "false", "reason": "a\0b"},
        {"resolution": "false", "reason": 7},
    ],
)
async def test_an_incident_is_closed_with_one_of_the_resolutions(busy: Centre, body: dict[str, object]) -> None:
    async with busy.client() as browser:
        (incident,) = (await browser.get(HERE)).json()["incidents"]
        answer = await browser.post(f"{HERE}/{incident['id']}/close", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
        assert len((await browser.get(HERE)).json()["incidents"]) == 1


async def test_edges_and_figures_are_shown(busy: Centre) -> None:
    async with busy.client("auditor") as browser:
        (edge,) = (await browser.get("/api/v1/edges")).json()["edges"]
        assert (edge["id"], edge["cameras"][0]["state"]) == (EDGE, "ok")
        assert (await browser.get("/api/v1/statistics")).json()["events_stored"] == 1


async def test_the_api_describes_itself_to_those_who_are_signed_in(busy: Centre) -> None:
    async with busy.client("auditor") as browser:
        paths = (await browser.get("/api/v1/openapi.json")).json()["paths"]
    assert "/api/v1/incidents/{incident}/close" in paths


async def test_a_centre_without_its_database_says_so(busy: Centre) -> None:
    async with busy.client() as browser:
        async with busy.database.write() as connection:
            await connection.execute(text("ALTER TABLE incidents RENAME TO gone"))
        answer = await browser.get(HERE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage")
    assert "gone" not in answer.text and "sqlite" not in answer.text
