"""Live view at the centre: who may watch, what is written down, and when a view ends; the edges are played."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import update

from alerts.cases.incident import Resolution, State
from alerts.http import app as web
from alerts.http.live import ice_servers
from alerts.live import views as live_module
from alerts.live.rights import LiveRefused, check, concerns, under_test
from alerts.live.settings import LiveSettings
from alerts.live.views import KEEP_S, LEASE_S, Live
from alerts.people.roles import CAPABILITIES, Capability, Role
from alerts.store import cases, mutes
from alerts.store.people import User
from alerts.store.schema import edges
from core.events import Answer, Command
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.signals import a_mute, an_incident
from tests.messages import AT, JPEG, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"
OFFER = "v=0\r\nan offer"
CAMERAS = "/api/v1/cameras"
GATE = f"{CAMERAS}/{EDGE}/gerbang"
SDP = {"content-type": "application/sdp"}


class PlayedEdges:
    """Edges that agree to everything, or answer as `refuses` says; `silent` ones not at all."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Command]] = []
        self.refuses: dict[str, str] = {}
        self.silent = False
        self.on_ask: Callable[[], Awaitable[None]] | None = None
        self.unheard: asyncio.Queue[tuple[str, Answer]] = asyncio.Queue()

    async def ask(self, edge: str, command: Command, timeout_s: float) -> Answer | None:
        self.heard.append((edge, command))
        if self.on_ask:
            await self.on_ask()
        if self.silent:
            return None
        if self.refuses:
            return Answer(command=command.id, ok=False, code=self.refuses["code"], message=self.refuses["message"])
        if command.name == "live-picture":
            return Answer(command=command.id, ok=True, jpeg=JPEG)
        return Answer(command=command.id, ok=True, stream="sub", sdp="v=0\r\nan answer")

    async def tell(self, edge: str, command: Command) -> bool:
        self.heard.append((edge, command))
        return True

    async def unasked(self) -> tuple[str, Answer]:
        return await self.unheard.get()

    def named(self, name: str) -> list[dict[str, str]]:
        """The arguments of the commands of that name."""
        return [command.args for _, command in self.heard if command.name == name]


class Scene:
    """A centre whose edge has two cameras, and an incident at one of them."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.edges = PlayedEdges()
        settings = LiveSettings(minutes=30)
        self.live = Live(centre.database, centre.clock, settings, self.edges)
        self.app, _ = web.build(replace(centre.services, live=settings, edges=self.edges))

    async def prepare(self) -> str:
        """The incident at the gate."""
        far = a_camera(id="sawah", name="Sawah", area=f"{VILLAGE}/RW09/RT01")
        await self.centre.beat(EDGE, a_status(a_camera(area=RT), far), AT)
        event = an_event(at=self.centre.clock.now())
        await self.centre.put(event)
        (incident,) = await self.centre.incidents()
        found: str = incident["id"]
        return found

    async def client(self, role: str, area: str = "33.03") -> httpx.AsyncClient:
        cookies = await self.centre.session(role, area)
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url=self.centre.url, cookies=cookies)

    async def views(self) -> list[dict[str, Any]]:
        async with await self.client("auditor") as auditor:
            found: list[dict[str, Any]] = (await auditor.get("/api/v1/views")).json()["views"]
            return found


@pytest.fixture
def scene(centre: Centre) -> Scene:
    return Scene(centre)


async def begin(client: httpx.AsyncClient, incident: str = "", camera: str = "gerbang", stream: str = "sub") -> Any:
    query = {"stream": stream, **({"incident": incident} if incident else {})}
    return await client.post(f"{CAMERAS}/{EDGE}/{camera}/live", params=query, content=OFFER, headers=SDP)


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    return found


async def test_a_view_is_agreed_on_written_down_and_ended(scene: Scene) -> None:
    incident = await scene.prepare()
    async with await scene.client("operator") as client:
        answer = await begin(client, incident)
        assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
            201,
            "v=0\r\nan answer",
            "application/sdp",
        )
        (asked,) = scene.edges.named("live")
        asker = {"camera": "gerbang", "viewer": (await scene.views())[0]["who"]}
        assert asked == {**asker, "stream": "sub", "sdp": OFFER, "lease_s": str(LEASE_S)}
        place = answer.headers["location"]
        assert place.startswith(f"{GATE}/live/")
        scene.centre.clock.advance(90)
        assert (await client.delete(place)).status_code == 204
        assert (await client.delete(place)).status_code == 204  # the edge may have ended it first
    (view,) = await scene.views()
    assert scene.edges.named("live-end") == [{"view": view["id"]}]
    assert (view["role"], view["camera"], view["incident"], view["ended_why"]) == (
        "operator",
        "gerbang",
        incident,
        "stopped",
    )
    shown = await scene.centre.desk.incident(await scene.centre.user(), incident)
    assert shown
    told = [(line["action"], line["note"]) for line in shown["log"] if line["action"].startswith("live")]
    assert told == [("live_begun", "gerbang"), ("live_ended", "gerbang: 90 s")]
    async with await scene.client("admin") as admin:
        changed = (await admin.get("/api/v1/changes")).json()["changes"]
    assert [(line["what"], line["which"]) for line in changed if line["what"] == "live"] == [
        ("live", f"{EDGE}/gerbang")
    ]


NO_INCIDENT = {
    **dict.fromkeys(("ronda", "linmas", "rt", "rw", "operator"), 201),
    **dict.fromkeys(("bhabinkamtibmas", "polsek", "polres", "satpolpp", "damkar", "bpbd", "admin", "installer"), 403),
    **dict.fromkeys(("resident", "auditor"), 403),
}


def user(role: Role) -> User:
    return User(name="x", display_name="X", role=role, area=RT, password_hash=None, created_at=AT)


def may(role: Role, **grounds: Any) -> bool:
    told = {"incident": None, "of_place": False, "on_test": False, **grounds}
    try:
        check(user(role), **told)
    except LiveRefused:
        return False
    return True


@pytest.mark.parametrize("role", Role)
def test_each_role_watches_on_its_own_grounds(role: Role) -> None:
    never = role in (Role.RESIDENT, Role.AUDITOR)
    assert may(role) == (NO_INCIDENT[role] == 201)
    assert may(role, incident=an_incident(), of_place=True) == (not never and role is not Role.INSTALLER)
    assert not may(role, incident=an_incident(), of_place=False)
    closed = msgspec.structs.replace(an_incident(), state=State.CLOSED)
    assert not may(role, incident=closed, of_place=True)
    assert may(role, on_test=True) == (NO_INCIDENT[role] == 201 or role in (Role.INSTALLER, Role.ADMIN))
    assert never or CAPABILITIES[role] & (Capability.RESPOND | Capability.INSTALL)


@pytest.mark.parametrize(
    ("where", "parts", "beside", "expected"),
    [
        (VILLAGE, {("pos-1", "gerbang")}, set(), True),  # it saw it
        (VILLAGE, {("pos-2", "taman")}, {("pos-2", "taman")}, True),  # it stands beside one that did
        (RT, set(), set(), True),
        (f"{VILLAGE}/RW02", set(), set(), True),
        (f"{VILLAGE}/RW03", set(), set(), False),
        (VILLAGE, set(), set(), False),  # too large a place to open all of its cameras
        (VILLAGE, {("pos-2", "taman")}, {("pos-2", "balai")}, False),
    ],
)
def test_an_incident_is_of_a_camera_s_place_or_not(
    where: str, parts: set[tuple[str, str]], beside: set[tuple[str, str]], expected: bool
) -> None:
    assert concerns(an_incident(area=where), parts, ("pos-1", "gerbang"), RT, beside) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"purpose": "test"}, True),
        ({"purpose": "test", "edge": "pos-1", "camera": "gerbang"}, True),
        ({"purpose": "test", "edge": "pos-1", "camera": "taman"}, False),
        ({"purpose": "test", "area": f"{VILLAGE}/RW03"}, False),
        ({"purpose": "silence"}, False),
    ],
)
def test_a_camera_is_on_test_or_not(test: dict[str, str], expected: bool) -> None:
    assert under_test([a_mute(**test)], ("pos-1", "gerbang"), RT) == expected


async def test_an_agency_needs_an_open_incident_of_the_place(scene: Scene) -> None:
    incident = await scene.prepare()
    async with await scene.client("polsek", "33.03.05") as client:
        assert code(await begin(client)) == "incident_needed"
        assert code(await begin(client, an_event().id)) == "no_incident"
        assert code(await begin(client, incident, camera="sawah")) == "incident_elsewhere"
        assert (await begin(client, incident)).status_code == 201
        async with scene.centre.database.write() as connection:
            await cases.set_neighbours(connection, (EDGE, "sawah"), [(EDGE, "gerbang")])
        assert (await begin(client, incident, camera="sawah")).status_code == 201
        assert len(scene.edges.named("live")) == 2


async def test_an_installer_watches_while_the_place_is_on_test(scene: Scene) -> None:
    await scene.prepare()
    async with await scene.client("installer") as client:
        assert code(await begin(client)) == "not_on_test"
        async with scene.centre.database.write() as connection:
            await mutes.add(connection, a_mute(purpose="test", until=AT + timedelta(hours=1)))
        assert (await begin(client)).status_code == 201
        await scene.live.keep()
        assert [view["ended_at"] for view in await scene.views()] == [None]
        scene.centre.clock.advance(3600)
        await scene.live.keep()
        assert [view["ended_why"] for view in await scene.views()] == ["deadline"]  # 30 minutes came first


async def test_cameras_of_others_are_not_there(scene: Scene) -> None:
    await scene.prepare()
    async with await scene.client("rt", f"{VILLAGE}/RW03/RT01") as client:
        assert (await begin(client)).status_code == 404
        assert (await client.post(f"{GATE}/pictures")).status_code == 404


@pytest.mark.parametrize(
    ("refusal", "status", "word"),
    [
        ({"code": "full", "message": "4 people watch cameras of this edge already"}, 409, "full"),
        ({"code": "codec", "message": "camera gerbang sends no H.264, only hevc"}, 409, "codec"),
        ({"code": "bad-offer", "message": "the offer has no fingerprint"}, 422, "bad_offer"),
        ({"code": "no-picture", "message": "camera gerbang brings no picture"}, 503, "no_picture"),
        ({"code": "unavailable", "message": "live view is just being started"}, 503, "unavailable"),
    ],
)
async def test_what_the_edge_refuses_is_told_and_written_down(
    scene: Scene, refusal: dict[str, str], status: int, word: str
) -> None:
    incident = await scene.prepare()
    scene.edges.refuses = refusal
    async with await scene.client("operator") as client:
        answer = await begin(client, incident)
    assert (answer.status_code, answer.json()["error"]) == (status, {"code": word, "message": refusal["message"]})
    (view,) = await scene.views()
    assert (view["started_at"], view["ended_why"]) == (None, word)
    shown = await scene.centre.desk.incident(await scene.centre.user(), incident)
    assert shown
    assert not [line for line in shown["log"] if line["action"].startswith("live")]


async def test_an_edge_that_does_not_answer_or_is_away_is_told(scene: Scene) -> None:
    await scene.prepare()
    scene.edges.silent = True
    async with await scene.client("operator") as client:
        answer = await begin(client)
        assert (answer.status_code, code(answer)) == (503, "no_answer")
        (view,) = await scene.views()
        assert scene.edges.named("live-end") == [{"view": view["id"]}]
        async with scene.centre.database.write() as connection:
            await connection.execute(update(edges).values(online=False))
        heard = len(scene.edges.heard)
        answer = await begin(client)
        assert (answer.status_code, code(answer)) == (503, "edge_offline")
        assert len(scene.edges.heard) == heard


@pytest.mark.parametrize("offer", ["", "no sdp", "v=1", "v=0" + "x" * 30_000])
async def test_what_is_no_offer_never_reaches_an_edge(scene: Scene, offer: str) -> None:
    await scene.prepare()
    async with await scene.client("operator") as client:
        answer = await client.post(f"{GATE}/live", content=offer, headers=SDP)
        assert (answer.status_code, code(answer)) == (422, "bad_offer")
        assert (await client.post(f"{GATE}/live", json={})).status_code == 415
    assert scene.edges.heard == []
    assert await scene.views() == []


async def test_leases_are_renewed_while_all_is_as_it_was(scene: Scene) -> None:
    incident = await scene.prepare()
    async with await scene.client("operator") as client:
        await begin(client, incident)
        (view,) = await scene.views()
        await scene.live.keep()
        assert scene.edges.named("live-keep") == [{"views": view["id"], "lease_s": str(LEASE_S)}]
        assert KEEP_S * 3 < LEASE_S + 0.1  # two renewals may get lost


async def signed_out(scene: Scene, client: httpx.AsyncClient, _incident: str) -> None:
    await client.delete("/api/v1/session")


async def past_its_time(scene: Scene, _client: httpx.AsyncClient, _incident: str) -> None:
    scene.centre.clock.advance(31 * 60)


async def edge_away(scene: Scene, _client: httpx.AsyncClient, _incident: str) -> None:
    async with scene.centre.database.write() as connection:
        await connection.execute(update(edges).values(online=False))


async def incident_closed(scene: Scene, _client: httpx.AsyncClient, incident: str) -> None:
    operator = await scene.centre.user("operator")
    await scene.centre.casework.close(operator, incident, Resolution.FALSE, "daun")


@pytest.mark.parametrize(
    ("role", "change", "why"),
    [
        ("polsek", signed_out, "signed_out"),
        ("polsek", past_its_time, "deadline"),
        ("polsek", edge_away, "edge_offline"),
        ("polsek", incident_closed, "incident_closed"),
        ("operator", incident_closed, ""),  # who needs none goes on
    ],
)
async def test_a_view_ends_with_its_grounds(
    scene: Scene, role: str, change: Callable[[Scene, httpx.AsyncClient, str], Awaitable[None]], why: str
) -> None:
    incident = await scene.prepare()
    async with await scene.client(role, "33.03.05") as client:
        assert (await begin(client, incident)).status_code == 201
        await change(scene, client, incident)
        await scene.live.keep()
    (view,) = await scene.views()
    assert view["ended_why"] == why
    assert scene.edges.named("live-end") == ([{"view": view["id"]}] if why else [])


async def test_an_edge_may_say_that_a_view_has_ended_but_only_its_own(scene: Scene) -> None:
    await scene.prepare()
    async with await scene.client("operator") as client:
        await begin(client)
        (view,) = await scene.views()
        ended = Answer(command=view["id"], ok=False, code="left")
        await scene.live.heard("pos-9", ended)
        assert [each["ended_at"] for each in await scene.views()] == [None]
        await scene.live.heard(EDGE, ended)
        assert [each["ended_why"] for each in await scene.views()] == ["left"]
        await scene.live.heard(EDGE, Answer(command=view["id"], ok=True, stream="sub"))  # it agrees, too late
        assert scene.edges.named("live-end") == [{"view": view["id"]}]


async def test_a_sign_out_while_the_edge_is_asked_leaves_no_view(scene: Scene) -> None:
    await scene.prepare()
    async with await scene.client("operator") as client:

        async def leave() -> None:
            await client.delete("/api/v1/session")
            await scene.live.keep()

        scene.edges.on_ask = leave
        answer = await begin(client)
    assert (answer.status_code, code(answer)) == (409, "ended")
    (view,) = await scene.views()
    assert (view["started_at"], view["ended_why"]) == (None, "signed_out")


async def test_pictures_are_asked_for_one_by_one_and_end_when_nobody_asks(scene: Scene) -> None:
    await scene.prepare()
    async with await scene.client("operator") as client, await scene.client("operator") as stranger:
        view = (await client.post(f"{GATE}/pictures")).json()["view"]
        picture = await client.get(f"{GATE}/pictures/{view}")
        assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")
        assert (await stranger.get(f"{GATE}/pictures/{view}")).status_code == 404
        scene.centre.clock.advance(5)
        await client.get(f"{GATE}/pictures/{view}")
        scene.centre.clock.advance(8)
        await scene.live.keep()
        assert [each["ended_at"] for each in await scene.views()] == [None]
        scene.centre.clock.advance(8)
        await scene.live.keep()
        assert [each["ended_why"] for each in await scene.views()] == ["left"]
        assert (await client.get(f"{GATE}/pictures/{view}")).status_code == 404
    assert scene.edges.named("live-keep") == []
    (who,) = {each["who"] for each in await scene.views()}
    asked = scene.edges.named("live-picture")
    assert len(asked) == 3
    assert all(each == {"camera": "gerbang", "viewer": who} for each in asked)  # whose name is drawn on them


async def test_what_a_centre_asked_for_before_it_died_is_closed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.prepare()
    monkeypatch.setattr(live_module.Live, "_ask", died)
    async with await scene.client("operator") as client:
        with pytest.raises(RuntimeError):
            await begin(client)
        await scene.live.keep()
        assert [each["ended_at"] for each in await scene.views()] == [None]
        scene.centre.clock.advance(31)
        await scene.live.keep()
    assert [each["ended_why"] for each in await scene.views()] == ["unanswered"]


async def died(*_: Any) -> Answer:
    raise RuntimeError("the power went")


def test_a_relay_s_password_is_made_for_the_hour_and_the_user(centre: Centre, tmp_path: Any) -> None:
    secret = tmp_path / "turn.secret"
    secret.write_text("rahasia")
    secret.chmod(0o600)
    settings = LiveSettings(stun="stun:s:3478", turn="turn:t:3478", turn_secret_file=str(secret))
    stun, turn = ice_servers(settings, user(Role.RT), centre.clock)
    assert stun == {"urls": "stun:s:3478"}
    # echo -n 1767272400:x | openssl dgst -sha1 -hmac rahasia -binary | base64
    assert turn["username"] == f"{int(AT.timestamp()) + 3600}:x"
    assert turn["credential"] == PASSWORD
    assert ice_servers(LiveSettings(), user(Role.RT), centre.clock) == []


PASSWORD = "MIFuW/BN/b+lIjUE0ykysecQu+w="
