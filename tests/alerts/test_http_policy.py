"""Who may call what: every route, every role, every area."""

import itertools
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import Response
from starlette.routing import Route

from alerts.http import app as web
from alerts.http.policy import Policy, policies, public
from alerts.store.database import Database
from tests.alerts.centre import EDGE, URL, VILLAGE, Centre
from tests.messages import AT, JPEG, MP4, a_camera, a_status, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

PUBLIC, SIGNED_IN, ACT = Policy.PUBLIC, Policy.SIGNED_IN, Policy.ACT
API = "/api/v1"
# Every route of the centre's own. A new one is entered here, with who may call it.
ROUTES = {
    ("GET", "/"): PUBLIC,
    ("GET", "/masuk"): PUBLIC,
    ("POST", f"{API}/session"): PUBLIC,
    ("POST", f"{API}/session/link"): PUBLIC,
    ("GET", f"{API}/session"): PUBLIC,
    ("POST", f"{API}/session/password"): SIGNED_IN,
    ("GET", f"{API}/openapi.json"): SIGNED_IN,
    ("GET", f"{API}/incidents"): SIGNED_IN,
    ("GET", f"{API}/incidents/{{incident}}"): SIGNED_IN,
    ("POST", f"{API}/incidents/{{incident}}/acknowledge"): ACT,
    ("POST", f"{API}/incidents/{{incident}}/close"): ACT,
    ("GET", f"{API}/events/{{event}}/snapshot.jpg"): SIGNED_IN,
    ("GET", f"{API}/events/{{event}}/clip.mp4"): SIGNED_IN,
    ("GET", f"{API}/edges"): SIGNED_IN,
    ("GET", f"{API}/edges/{{edge}}/groups/{{group}}"): SIGNED_IN,
    ("PUT", f"{API}/edges/{{edge}}/groups/{{group}}"): ACT,
    ("GET", f"{API}/statistics"): SIGNED_IN,
    ("GET", f"{API}/stream"): SIGNED_IN,
    ("DELETE", f"{API}/session"): SIGNED_IN,
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", f"{API}/session"): {"name": "nobody", "password": "x"},
    ("POST", f"{API}/session/link"): {"token": "x"},
    ("POST", f"{API}/session/password"): {"password": "too short"},
    ("POST", f"{API}/incidents/{{incident}}/close"): {"resolution": "test"},
    ("PUT", f"{API}/edges/{{edge}}/groups/{{group}}"): {"mode": "disarmed"},
}
OWN = f"{VILLAGE}/RW02"
AREAS = {"own": OWN, "parent": "33.03.05", "child": f"{OWN}/RT04", "sibling": f"{VILLAGE}/RW03"}
ROLES = ["auditor", "operator", "admin"]


def status_of(key: tuple[str, str], role: str | None, area: str) -> set[int]:
    """What a call must answer."""
    _, path = key
    if ROUTES[key] is PUBLIC:
        return {401} if key in BODIES else {200, 503}  # nobody's password; pages that are built or not
    if role is None:
        return {401}
    if ROUTES[key] is ACT and role == "auditor":
        return {403}
    if "{" in path:
        return {200} if area in ("own", "parent") else {404}
    return {422} if key in BODIES else {200, 204}


async def an_incident(centre: Centre) -> dict[str, str]:
    """An incident and a group of cameras in the own area; their ids as they stand in paths."""
    await centre.sink.put_status(EDGE, a_status(a_camera(area=OWN, group="blok-a", mode="armed")), AT)
    event = an_event()
    await centre.put(event)
    await centre.sink.put_media("snapshot", EDGE, event.id, centre.media.store("snapshot", JPEG))
    await centre.sink.put_media("clip", EDGE, event.id, centre.media.store("clip", MP4))
    (incident,) = await centre.incidents()
    return {"incident": incident["id"], "event": event.id, "edge": EDGE, "group": "blok-a"}


async def call(client: httpx.AsyncClient, key: tuple[str, str], ids: dict[str, str]) -> httpx.Response:
    method, path = key
    body = {"json": BODIES.get(key, {})} if method in ("POST", "PUT") else {}
    return await client.request(method, path.format(**ids), **body)


def test_every_route_has_its_policy(centre: Centre) -> None:
    assert policies(centre.app) == ROUTES


@pytest.mark.parametrize(("role", "area"), [(None, "own"), *itertools.product(ROLES, AREAS)])
async def test_each_role_in_each_area_gets_what_the_table_says(centre: Centre, role: str | None, area: str) -> None:
    ids, found = await an_incident(centre), dict[tuple[str, str], int]()
    async with centre.client(role, AREAS[area]) as client:
        for key in ROUTES:
            if key[1].endswith("/stream") and role:
                continue  # has no end; see test_http_stream
            found[key] = (await call(client, key, ids)).status_code
    wrong = {key: status for key, status in found.items() if status not in status_of(key, role, area)}
    assert wrong == {}


async def test_what_is_not_there_and_what_may_not_be_seen_look_the_same(centre: Centre) -> None:
    foreign = await an_incident(centre)
    missing = {"incident": an_event().id, "event": an_event().id, "edge": "pos-9", "group": "blok-z"}
    async with centre.client("operator", AREAS["sibling"]) as client:
        for key in (key for key in ROUTES if "{" in key[1]):
            answers = [await call(client, key, ids) for ids in (foreign, missing)]
            assert [(answer.status_code, answer.text) for answer in answers] == [(404, answers[0].text)] * 2


async def test_a_list_holds_the_own_area_only(centre: Centre) -> None:
    await an_incident(centre)
    seen = {}
    for name, area in AREAS.items():
        async with centre.client("operator", area) as client:
            incidents = (await client.get(f"{API}/incidents")).json()["incidents"]
            cameras = [edge["cameras"] for edge in (await client.get(f"{API}/edges")).json()["edges"]]
            seen[name] = (len(incidents), sum(len(each) for each in cameras))
    assert seen == {"own": (1, 1), "parent": (1, 1), "child": (0, 0), "sibling": (0, 0)}


async def hello() -> str:
    return "hello"


async def starlette_hello(_request: object) -> Response:
    return Response("hello")


def with_router(centre: Centre, router: APIRouter) -> None:
    web.build(centre.database, centre.sink, centre.bell, centre.clock, URL, centre.media.path, [router])


@pytest.mark.parametrize("prefix", [API, "/m", "/health"])
def test_a_route_without_a_policy_stops_the_building(centre: Centre, prefix: str) -> None:
    router = APIRouter(prefix=prefix)
    router.add_api_route("/hello", hello)
    with pytest.raises(RuntimeError, match=f"GET {prefix}/hello declares no policy"):
        with_router(centre, router)


def test_nor_may_a_nested_or_a_plain_route_go_without(centre: Centre) -> None:
    inner, outer = APIRouter(), APIRouter(prefix=API)
    inner.add_api_route("/hello", hello, methods=["POST"])
    outer.include_router(inner)
    with pytest.raises(RuntimeError, match=f"POST {API}/hello declares no policy"):
        with_router(centre, outer)
    plain = APIRouter(routes=[Route("/plain", starlette_hello)])
    with pytest.raises(RuntimeError, match="/plain declares no policy"):
        with_router(centre, plain)


def test_a_policy_of_the_whole_router_counts_and_edges_have_their_own(centre: Centre) -> None:
    router = APIRouter(prefix=f"{API}/more", dependencies=[public])
    router.add_api_route("/hello", hello)
    with_router(centre, router)
    edges = APIRouter(prefix="/edge/v1")
    edges.add_api_route("/hello", hello)
    with_router(centre, edges)


CHANGES = sorted(key for key in ROUTES if key[0] not in ("GET", "HEAD"))


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://kamling.test:8080"}, True),
        ({"Origin": "https://kamling.test"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": URL}, False),
        ({"Origin": URL}, False),
        ({}, False),  # no browser sends that
    ],
)
async def test_a_change_from_another_site_is_refused(centre: Centre, headers: dict[str, str], refused: bool) -> None:
    ids = await an_incident(centre)
    async with centre.client("admin") as client:
        client.headers.update(headers)
        for key in CHANGES:
            answer = await call(client, key, ids)
            code = answer.json()["error"]["code"] if answer.status_code >= 400 else ""
            assert (code == "other_site") == refused, key


async def test_looking_from_another_site_is_left_to_the_cookie(centre: Centre) -> None:
    async with centre.client("operator") as client:
        answer = await client.get(f"{API}/incidents", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_the_public_address_counts_as_the_own_site_behind_a_proxy(database: Database, tmp_path: Path) -> None:
    centre = Centre(database, tmp_path, "https://kamling.example.go.id")
    transport = httpx.ASGITransport(centre.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as proxy:
        for origin, status in (("https://kamling.example.go.id", 401), ("https://evil.example", 403)):
            answer = await proxy.post(f"{API}/session/link", json={"token": "x"}, headers={"Origin": origin})
            assert answer.status_code == status
