"""Who may call what: every route, every role, every area."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import APIRouter
from sqlalchemy import insert
from starlette.responses import Response
from starlette.routing import Route

from alerts.http import app as web
from alerts.http import policy
from alerts.http.policy import Policy, cookie_name, policies
from alerts.people.roles import CAPABILITIES, Role
from alerts.store import hooks, mutes, people, reports, sites
from alerts.store.database import Database
from alerts.store.people import User
from alerts.store.response_schema import absences
from alerts.store.sites import Site
from tests.alerts.centre import EDGE, URL, VILLAGE, Centre
from tests.alerts.signals import a_mute
from tests.messages import AT, JPEG, MP4, a_camera, a_status, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

API = "/api/v1"
DAYS = "?from=2026-01-01&to=2026-01-31"
OWN = f"{VILLAGE}/RW02"  # where the incident lies
AREAS = {"own": OWN, "parent": "33.03.05", "child": f"{OWN}/RT04", "sibling": f"{VILLAGE}/RW03"}
ABOVE, ANYWHERE = frozenset({"own", "parent"}), frozenset(AREAS)


class Row(NamedTuple):
    """What one route answers to those whom its policy lets in: one of `ok` where they are of an area in `seen_from`,
    `elsewhere` where not. Names in angle brackets stand for the ids of what lies in the own area."""

    policy: Policy
    ok: tuple[int, ...] = (200,)
    body: Any = None
    query: str = ""
    seen_from: frozenset[str] = ANYWHERE
    elsewhere: int = 404
    keepers: frozenset[Role] = frozenset()  # where there are any: 403 for others who see the person, 404 for the rest


def public(*ok: int, body: Any = None) -> Row:
    return Row(Policy.PUBLIC, ok, body)


def thing(policy: Policy, *ok: int, body: Any = None) -> Row:
    """A route of something that lies in an area."""
    return Row(policy, ok or (200,), body, seen_from=ABOVE)


def theirs(policy: Policy, *keepers: Role, body: Any = None) -> Row:
    """A route of what belongs to a person of an area: for themselves, administrators, and who else keeps it."""
    return Row(policy, body=body, seen_from=ABOVE, keepers=frozenset({Role.ADMIN, *keepers}))


SEE, RESPOND, COMMAND, REPORT = Policy.SEE, Policy.RESPOND, Policy.COMMAND, Policy.REPORT
ADMINISTER, SIGNED_IN, WATCH = Policy.ADMINISTER, Policy.SIGNED_IN, Policy.WATCH
HEADS = Role.RT, Role.RW  # keep the rosters of their ronda
AWAY = {"start": "2026-01-02T00:00:00Z", "end": "2026-01-03T00:00:00Z"}
CAMERA: dict[str, Any] = {"area": OWN, "group": "blok-a", "mode": "armed", "rules": "0" * 64, "rules_from": "file"}
SITE: dict[str, Any] = {"name": "Pasar", "area": OWN, "kind": "market"}
# Every route of the centre's own, in the order in which it is called. A new one is entered here: one row.
ROUTES = {
    ("GET", "/"): public(200, 503),  # pages that are built or not
    ("GET", "/masuk"): public(200, 503),
    ("GET", "/m"): public(200, 503),
    ("POST", f"{API}/session"): public(401, body={"name": "nobody", "password": "x"}),
    ("POST", f"{API}/session/link"): public(401, body={"token": "x"}),
    ("GET", f"{API}/session"): public(200),
    ("POST", f"{API}/session/password"): Row(SIGNED_IN, (422,), {"password": "too short"}),
    ("GET", f"{API}/session/ways"): public(200),
    ("GET", f"{API}/session/sso/start"): public(404),  # no provider is set up
    ("GET", f"{API}/session/sso/callback"): public(404),
    ("GET", f"{API}/openapi.json"): Row(SIGNED_IN),
    ("GET", "/j/{token}"): public(404),
    ("POST", "/j/{token}"): public(404),
    ("POST", f"{API}/inbound/telegram"): public(403),
    ("GET", f"{API}/inbound/whatsapp"): public(403),
    ("POST", f"{API}/inbound/whatsapp"): public(403),
    ("GET", f"{API}/incidents"): Row(SEE),
    ("GET", f"{API}/incidents/{{incident}}"): thing(SEE),
    ("GET", f"{API}/incidents/{{incident}}/reports"): thing(RESPOND),
    ("POST", f"{API}/incidents/{{incident}}/verdict"): thing(RESPOND, body={"verdict": "emergency"}),
    ("GET", f"{API}/incidents/{{incident}}/reach"): thing(RESPOND),
    ("POST", f"{API}/incidents/{{incident}}/acknowledge"): thing(RESPOND),
    ("POST", f"{API}/incidents/{{incident}}/verify"): thing(RESPOND, body={"level": 3}),
    ("POST", f"{API}/incidents/{{incident}}/arrive"): thing(RESPOND, body={}),
    ("POST", f"{API}/incidents/{{incident}}/notes"): thing(RESPOND, body={"note": "sepi"}),
    ("PUT", f"{API}/incidents/{{incident}}/steps/{{step}}"): thing(RESPOND, body={"done": True}),
    ("POST", f"{API}/incidents/{{incident}}/dispatch"): thing(COMMAND, body={"agency": "Polsek"}),
    ("POST", f"{API}/incidents/{{incident}}/severity"): thing(COMMAND, body={"severity": 3, "reason": "jauh"}),
    ("POST", f"{API}/incidents/{{incident}}/split"): thing(COMMAND, 409, body={"events": ["<event>"]}),  # its only one
    ("POST", f"{API}/incidents/{{incident}}/close"): thing(RESPOND, body={"resolution": "false"}),
    ("POST", f"{API}/incidents/{{incident}}/release"): thing(RESPOND, 409, body={}),  # closed by now
    ("POST", f"{API}/incidents/{{incident}}/hand-over"): thing(COMMAND, 409, body={"agency": "BPBD", "note": "air"}),
    ("POST", f"{API}/incidents/{{incident}}/merge"): thing(COMMAND, 409, body={"into": "<other>"}),
    ("GET", f"{API}/events/{{event}}/snapshot.jpg"): thing(RESPOND),
    ("GET", f"{API}/events/{{event}}/clip.mp4"): thing(RESPOND),
    ("GET", f"{API}/edges"): Row(Policy.SEE_CAMERAS),
    ("GET", f"{API}/edges/{{edge}}/groups/{{group}}"): thing(Policy.SEE_CAMERAS),
    ("PUT", f"{API}/edges/{{edge}}/groups/{{group}}"): thing(Policy.QUIET, body={"mode": "disarmed"}),
    ("GET", f"{API}/edges/{{edge}}/cameras/{{camera}}/rules"): thing(Policy.INSTALL),
    ("PUT", f"{API}/edges/{{edge}}/cameras/{{camera}}/rules"): thing(Policy.INSTALL, 202, body={"rules": []}),
    ("DELETE", f"{API}/edges/{{edge}}/cameras/{{camera}}/rules"): thing(Policy.INSTALL, 202),
    ("POST", f"{API}/edges/{{edge}}/siren/stop"): thing(RESPOND, 202),
    ("POST", f"{API}/reports"): Row(REPORT, (422,), body={}),
    ("GET", f"{API}/reports"): Row(REPORT),
    ("POST", f"{API}/reports/{{report}}/rating"): Row(REPORT, (404,), body={"stars": 5}),  # not one's own
    ("GET", f"{API}/reports/{{report}}/photo.jpg"): Row(REPORT, (404,)),
    ("PUT", f"{API}/reports/{{report}}/photo"): Row(REPORT, (422,), body={}),  # that is no photo
    ("GET", f"{API}/statistics"): Row(SEE),
    ("GET", f"{API}/figures"): Row(SEE, query=DAYS),
    ("GET", f"{API}/figures.csv"): Row(SEE, query=DAYS),
    ("GET", f"{API}/figures.pdf"): Row(SEE, query=DAYS),
    ("GET", f"{API}/suggestions"): Row(Policy.INSTALL),
    ("GET", f"{API}/exports/incidents.csv"): Row(Policy.AUDIT, query=DAYS),
    ("GET", f"{API}/exports/incidents.parquet"): Row(Policy.AUDIT, query=DAYS),
    ("GET", f"{API}/exports/labelled.jsonl"): Row(ADMINISTER, query=DAYS),
    ("GET", f"{API}/people"): Row(SEE),
    ("POST", f"{API}/people"): Row(ADMINISTER, (422,), body={}),
    ("GET", f"{API}/people/{{name}}"): thing(SEE),
    ("PATCH", f"{API}/people/{{name}}"): thing(ADMINISTER, body={"display_name": "Pak Warga"}),
    ("POST", f"{API}/people/{{name}}/link"): thing(ADMINISTER),
    ("GET", f"{API}/people/{{name}}/sso"): thing(ADMINISTER),
    ("PUT", f"{API}/people/{{name}}/sso"): thing(ADMINISTER, 422, body={"known_as": "19850101"}),
    ("DELETE", f"{API}/people/{{name}}/sso"): thing(ADMINISTER),
    ("GET", f"{API}/people/{{name}}/contacts"): theirs(SIGNED_IN),
    ("PUT", f"{API}/people/{{name}}/contacts"): theirs(SIGNED_IN, body={"contacts": []}),
    ("GET", f"{API}/people/{{name}}/shifts"): theirs(SIGNED_IN, *HEADS),
    ("PUT", f"{API}/people/{{name}}/shifts"): theirs(RESPOND, *HEADS, body={"shifts": []}),
    ("GET", f"{API}/people/{{name}}/absences"): theirs(SIGNED_IN, *HEADS),
    ("POST", f"{API}/people/{{name}}/absences"): theirs(SIGNED_IN, *HEADS, body=AWAY),
    ("DELETE", f"{API}/people/{{name}}/absences/{{absence}}"): theirs(SIGNED_IN, *HEADS),
    ("DELETE", f"{API}/people/{{name}}"): thing(ADMINISTER),
    ("GET", f"{API}/duty"): Row(SEE),
    ("POST", f"{API}/duty/check-in"): Row(RESPOND, body={"hours": 1}),
    ("GET", f"{API}/duty/check-in"): Row(RESPOND),
    ("DELETE", f"{API}/duty/check-in"): Row(RESPOND, (204,)),
    ("GET", f"{API}/push"): Row(SIGNED_IN),
    ("GET", f"{API}/routing"): Row(SEE),
    ("PUT", f"{API}/routing"): Row(ADMINISTER, (422,), body={}),
    ("GET", f"{API}/routing/versions"): Row(SEE),
    ("GET", f"{API}/routing/versions/{{number}}"): Row(SEE, (404,)),
    ("POST", f"{API}/routing/dry-run"): Row(SEE, (422,), body={}),
    ("GET", f"{API}/silences"): Row(Policy.SILENCE),
    ("POST", f"{API}/silences"): Row(Policy.SILENCE, (422,), body={}),
    ("DELETE", f"{API}/silences/{{silence}}"): thing(Policy.SILENCE),
    ("GET", f"{API}/changes"): Row(Policy.AUDIT),
    ("GET", f"{API}/areas"): Row(SIGNED_IN),
    ("PUT", f"{API}/areas/{{code}}"): thing(ADMINISTER, 422, body={"name": "RW dua"}),  # of no village that is loaded
    ("DELETE", f"{API}/areas/{{code}}"): thing(ADMINISTER, 404),  # which nobody has named
    ("GET", f"{API}/sites"): Row(Policy.SEE_CAMERAS),
    ("GET", f"{API}/sites/{{site}}"): thing(Policy.SEE_CAMERAS),
    ("PUT", f"{API}/sites/{{site}}"): thing(Policy.INSTALL, body=SITE)._replace(elsewhere=422),
    ("GET", f"{API}/edges/{{edge}}/cameras/{{camera}}/place"): thing(Policy.SEE_CAMERAS),
    ("PUT", f"{API}/edges/{{edge}}/cameras/{{camera}}/place"): thing(Policy.INSTALL, body={}),
    ("DELETE", f"{API}/sites/{{site}}"): thing(Policy.INSTALL, 204),
    ("GET", f"{API}/map"): Row(Policy.SEE_CAMERAS),
    ("GET", f"{API}/map/base"): Row(Policy.SEE_CAMERAS),
    ("GET", f"{API}/map/tiles/{{z}}/{{x}}/{{y}}"): Row(Policy.SEE_CAMERAS, (204,)),
    ("GET", f"{API}/incidents/{{incident}}/cap"): thing(SEE),
    ("GET", f"{API}/cap/feed"): Row(SEE),
    ("GET", f"{API}/hooks"): Row(ADMINISTER),
    ("POST", f"{API}/hooks"): Row(ADMINISTER, (422,), body={}),
    ("DELETE", f"{API}/hooks/{{hook}}"): thing(ADMINISTER, 204),
    ("POST", f"{API}/inbound/event"): Row(Policy.APPLICATION, (401,)),  # a person has no key
    ("POST", f"{API}/inbound/cap"): Row(Policy.APPLICATION, (401,)),
    ("GET", f"{API}/live"): Row(WATCH),
    ("GET", f"{API}/views"): Row(Policy.AUDIT),
    ("POST", f"{API}/cameras/{{edge}}/{{camera}}/live"): thing(WATCH, 415, body={}),  # that is no offer
    ("DELETE", f"{API}/cameras/{{edge}}/{{camera}}/live/{{view}}"): Row(WATCH, (404,)),  # not one's own
    ("POST", f"{API}/cameras/{{edge}}/{{camera}}/pictures"): thing(WATCH, 403, 503),  # no incident; no edge
    ("GET", f"{API}/cameras/{{edge}}/{{camera}}/pictures/{{view}}"): Row(WATCH, (404,)),
    ("DELETE", f"{API}/cameras/{{edge}}/{{camera}}/pictures/{{view}}"): Row(WATCH, (404,)),
    ("GET", f"{API}/stream"): Row(SEE),
    ("DELETE", f"{API}/session"): Row(SIGNED_IN, (204,)),
}
Key = tuple[str, str]


def lets_in(policy: Policy, role: Role) -> bool:
    """By the table of roles alone, not by the policy's own word."""
    return policy.value is not None and bool(policy.value & CAPABILITIES[role])


def status_of(key: Key, role: Role | None, area: str) -> tuple[int, ...]:
    """What a call must answer, one of these."""
    row = ROUTES[key]
    if row.policy in (Policy.PUBLIC, Policy.APPLICATION):
        return row.ok
    if role is None:
        return (401,)
    if not lets_in(row.policy, role):
        return (403,)
    if area not in row.seen_from or (row.keepers and not lets_in(SEE, role)):
        return (row.elsewhere,)
    return (403,) if row.keepers and role not in row.keepers else row.ok


async def some_things(centre: Centre) -> dict[str, str]:
    """A new incident, with a report, and a group of cameras in the own area; their ids as they stand in paths."""
    centre.clock.advance(3600)
    await centre.beat(EDGE, a_status(a_camera(**CAMERA)), AT)
    event, other = an_event(at=centre.clock.now()), an_event(at=centre.clock.now(), kind="dark")
    await centre.put(event)
    await centre.put(other)
    await centre.sink.put_media("snapshot", EDGE, event.id, centre.media.store("snapshot", JPEG))
    await centre.sink.put_media("clip", EDGE, event.id, centre.media.store("clip", MP4))
    of = {each["last_event"]["id"]: each["id"] for each in await centre.incidents()}
    names = {"name": f"warga-{event.seq}", "silence": event.id, "hook": event.id, "site": f"pasar-{event.seq}"}
    until = centre.clock.now() + timedelta(hours=1)
    away = {"user": names["name"], "start": centre.clock.now(), "end": until, "reason": ""}
    async with centre.database.write() as connection:
        await people.add_user(connection, a_user(names["name"], Role.RONDA, OWN))
        made = await connection.execute(insert(absences).values(away).returning(absences.c.id))
        absence = made.scalar_one()
        await reports.add(connection, a_report(event.id, of[event.id], names["name"]))
        await mutes.add(connection, a_mute(id=event.id, purpose="test", area=OWN, kind="motion", until=until))
        await hooks.add(connection, a_hook(event.id))
        await sites.save_site(connection, Site(id=names["site"], **SITE))
    return {
        **{"incident": of[event.id], "other": of[other.id], "event": event.id, "report": event.id, **names},
        **{"edge": EDGE, "camera": "gerbang", "group": "blok-a", "step": "look", "token": "nothing"},
        **{"absence": str(absence), "number": "99", "code": OWN, "view": event.id, "z": "0", "x": "0", "y": "0"},
    }


def a_user(name: str, role: Role, area: str) -> User:
    return User(name=name, display_name=name.title(), role=role, area=area, password_hash=None, created_at=AT)


def a_hook(hook: str) -> hooks.Hook:
    told: dict[str, Any] = {"direction": "in", "url": "", "secret": hook, "kinds": [], "severities": []}
    return hooks.Hook(id=hook, name="BPBD", area=OWN, made_at=AT, who="x", **told)


def a_report(report: str, incident: str, user: str) -> reports.Report:
    told: dict[str, Any] = {"kind": "thief", "urgent": True, "area": OWN, "text": "", "made_at": AT, "received_at": AT}
    return reports.Report(id=report, user=user, incident=incident, **told)


@asynccontextmanager
async def client_of(centre: Centre, role: Role | None, area: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody in a role, whatever areas suit the role."""
    cookies = {}
    if role:
        user = a_user(f"{role}-{area}", role, area)
        async with centre.database.write() as connection:
            await people.add_user(connection, user)
        cookies = {cookie_name(False): await centre.accounts.start_session(user)}
    transport = httpx.ASGITransport(centre.app)
    async with httpx.AsyncClient(transport=transport, base_url=centre.url, cookies=cookies) as client:
        yield client


async def call(client: httpx.AsyncClient, key: Key, ids: dict[str, str]) -> httpx.Response:
    (method, path), row = key, ROUTES[key]
    content = None
    if method in ("POST", "PUT", "PATCH"):
        content = re.sub(r"<(\w+)>", lambda name: ids[name[1]], json.dumps({} if row.body is None else row.body))
    headers = {"content-type": "application/json"} if content else {}
    return await client.request(method, path.format(**ids) + row.query, content=content, headers=headers)


def test_every_route_has_its_policy(centre: Centre) -> None:
    assert policies(centre.app) == {key: row.policy for key, row in ROUTES.items()}


@pytest.mark.parametrize("role", [None, *Role])
async def test_each_role_in_each_area_gets_what_the_table_says(centre: Centre, role: Role | None) -> None:
    wrong = {}
    for area in AREAS:
        ids = await some_things(centre)
        async with client_of(centre, role, AREAS[area]) as client:
            for key, row in ROUTES.items():
                if key[1].endswith("/stream") and role and lets_in(row.policy, role):
                    continue  # has no end; see test_http_stream
                status = (await call(client, key, ids)).status_code
                if status not in status_of(key, role, area):
                    wrong[(*key, area)] = status
    assert wrong == {}


async def test_what_is_not_there_and_what_may_not_be_seen_look_the_same(centre: Centre) -> None:
    foreign = await some_things(centre)
    missing = {**foreign, "incident": an_event().id, "event": an_event().id, "edge": "pos-9", "group": "blok-z"}
    missing |= {name: an_event().id for name in ("silence", "hook", "site", "name")}
    async with client_of(centre, Role.ADMIN, AREAS["sibling"]) as client:
        for key, row in ROUTES.items():
            if row.seen_from == ABOVE:
                answers = [await call(client, key, ids) for ids in (foreign, missing)]
                expected = (row.elsewhere, answers[0].text)
                assert [(answer.status_code, answer.text) for answer in answers] == [expected] * 2, key


async def test_a_list_holds_the_own_area_only(centre: Centre) -> None:
    await some_things(centre)
    seen = {}
    for name, area in AREAS.items():
        async with client_of(centre, Role.OPERATOR, area) as client:
            incidents = (await client.get(f"{API}/incidents")).json()["incidents"]
            cameras = [edge["cameras"] for edge in (await client.get(f"{API}/edges")).json()["edges"]]
            seen[name] = (len(incidents), sum(len(each) for each in cameras))
    assert seen == {"own": (2, 1), "parent": (2, 1), "child": (0, 0), "sibling": (0, 0)}


async def hello() -> str:
    return "hello"


async def starlette_hello(_request: object) -> Response:
    return Response("hello")


def with_router(centre: Centre, router: APIRouter) -> None:
    web.build(centre.services, [router])


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
    router = APIRouter(prefix=f"{API}/more", dependencies=[policy.public])
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
    ids = await some_things(centre)
    async with centre.client("admin") as client:
        client.headers.update(headers)
        for key in CHANGES:
            answer = await call(client, key, ids)
            refusal = answer.status_code == 403 and answer.json()["error"]["code"] == "other_site"
            assert refusal == refused, key


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
