"""Rules that people give cameras: they wait until the edge has answered, and the centre knows what runs there."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from alerts.boxes.rules import CameraRules
from alerts.cases.incident import NotNow
from alerts.store import changes
from core import rules
from core.errors import WireError
from core.events import Command, Reply, Status
from core.rules import RulesDocument
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import JPEG, a_camera, a_status, an_event

BEAT = timedelta(seconds=20)
CAMERA = "gerbang"
ZONE = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]
OWN = [{"id": "halaman", "kind": "intrusion", "zone": ZONE, "severity": 2}]
NEW = [{"id": "teras", "kind": "loitering", "zone": ZONE, "dwell_s": 30}]
RULES_URL = f"/api/v1/edges/{EDGE}/cameras/{CAMERA}/rules"


class PlayedEdge:
    """An edge as far as its rules go: what it has been told, and what it tells."""

    def __init__(self, centre: Centre, desk: CameraRules) -> None:
        self._centre = centre
        self._desk = desk
        self.rules: list[dict[str, Any]] = OWN
        self.version = 0
        self.refuses = ""
        self.old = False

    @property
    def text(self) -> str:
        return json.dumps(self.rules)

    async def beat(self, **changes: Any) -> None:
        self._centre.clock.advance(BEAT.total_seconds())
        now = self._centre.clock.now()
        told = {"rules": rules.digest(self.text), "rules_from": "centre" if self.rules is not OWN else "file"}
        camera = a_camera() if self.old else a_camera(**told, rules_version=self.version)
        await self._centre.beat(EDGE, a_status(camera, **{"at": now, **changes}), now)

    async def away(self) -> None:
        await self._centre.beat(EDGE, Status(online=False), self._centre.clock.now())

    async def hear(self) -> list[str]:
        """Answer what the centre sends; the names of its commands."""
        commands = await self._desk.claimed()
        assert {edge for edge, _ in commands} <= {EDGE}
        for _, command in commands:
            await self._desk.put_reply(EDGE, self.answer(command), self._centre.clock.now())
        return [command.name for _, command in commands]

    def answer(self, command: Command) -> Reply:
        if self.old:
            return Reply(command=command.id, ok=False, message=f"this edge does not know the command {command.name!r}")
        if command.name == rules.ORDER:
            if self.refuses:
                return Reply(command=command.id, ok=False, message=self.refuses)
            document = rules.decode(command.args["document"])
            assert document.camera == CAMERA
            self.rules, self.version = OWN if document.rules is None else document.rules, document.version
        return Reply(command=command.id, ok=True, document=self.text)


@pytest.fixture
def desk(centre: Centre) -> CameraRules:
    return CameraRules(centre.database, centre.bell, centre.clock)


@pytest.fixture
def edge(centre: Centre, desk: CameraRules) -> PlayedEdge:
    return PlayedEdge(centre, desk)


async def shown(centre: Centre, desk: CameraRules) -> dict[str, Any]:
    view = await desk.of(await centre.user("admin"), EDGE, CAMERA)
    assert view
    return view


async def give(centre: Centre, desk: CameraRules, wanted: Any = NEW, seen: int | None = None) -> dict[str, Any]:
    view = await desk.order(await centre.user("admin"), EDGE, CAMERA, wanted, seen)
    assert view
    return view


async def test_the_centre_asks_once_for_what_runs(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    assert (await shown(centre, desk))["running"]["rules"] is None
    assert await edge.hear() == ["rules-read"]
    running = (await shown(centre, desk))["running"]
    assert (running["source"], running["version"], running["rules"]) == ("file", 0, OWN)
    await edge.beat()
    assert await edge.hear() == []
    edge.rules = [*OWN, *NEW]  # somebody saved another file there
    await edge.beat()
    assert await edge.hear() == ["rules-read"]
    assert (await shown(centre, desk))["running"]["rules"] == [*OWN, *NEW]


async def test_a_question_that_got_lost_is_asked_again(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    lost = await desk.claimed()
    assert await desk.claimed() == []
    await edge.beat()
    assert await desk.claimed() == lost


async def test_what_an_edge_cannot_tell_is_not_asked_for_ever(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    ((_, question),) = await desk.claimed()
    await desk.put_reply(EDGE, Reply(command=question.id, ok=False, message="too long"), centre.clock.now())
    await edge.beat()
    assert await desk.claimed() == []
    assert (await shown(centre, desk))["running"]["note"] == "too long"


async def test_an_order_is_sent_once_and_ends_with_the_answer(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    await edge.hear()
    view = await give(centre, desk)
    assert (view["order"]["state"], view["order"]["version"], view["order"]["rules"]) == ("waiting", 1, NEW)
    assert view["running"]["rules"] == OWN
    assert await edge.hear() == ["rules"]
    assert await edge.hear() == []
    view = await shown(centre, desk)
    assert (view["order"]["state"], view["order"]["by"][:5]) == ("applied", "Admin")
    assert (view["running"]["source"], view["running"]["version"], view["running"]["rules"]) == ("centre", 1, NEW)
    await edge.beat()
    assert await edge.hear() == []  # what it tells is what it was given


async def test_an_order_waits_for_an_edge_that_is_away(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    await edge.hear()
    await edge.away()
    await give(centre, desk)
    assert await desk.claimed() == []
    assert (await shown(centre, desk))["order"]["state"] == "waiting"
    await edge.beat()
    assert await edge.hear() == ["rules"]
    assert (await shown(centre, desk))["order"]["state"] == "applied"


async def test_an_order_without_an_answer_is_sent_with_every_heartbeat(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    await edge.hear()
    await give(centre, desk)
    first = await desk.claimed()
    for _ in range(2):
        await edge.beat()
        assert await desk.claimed() == first


async def test_a_heartbeat_with_the_new_version_stands_for_a_lost_answer(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    await edge.hear()
    await give(centre, desk)
    ((_, command),) = await desk.claimed()
    edge.answer(command)  # which nobody hears
    await edge.beat()
    assert await edge.hear() == ["rules-read"]
    view = await shown(centre, desk)
    assert (view["order"]["state"], view["running"]["rules"]) == ("applied", NEW)


async def test_a_refusal_is_shown_and_not_sent_again(
    centre: Centre, desk: CameraRules, edge: PlayedEdge, caplog: pytest.LogCaptureFixture
) -> None:
    await edge.beat()
    await edge.hear()
    edge.refuses = "camera gerbang: rules[teras].zone[0][0]: expected float <= 1.0"
    await give(centre, desk)
    await edge.hear()
    view = await shown(centre, desk)
    assert (view["order"]["state"], view["order"]["note"]) == ("refused", edge.refuses)
    assert view["running"]["rules"] == OWN
    assert "refuses rules 1 of camera gerbang" in caplog.text
    await edge.beat()
    assert await edge.hear() == []


async def test_a_newer_order_replaces_one_that_waits(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    await edge.hear()
    await give(centre, desk)
    ((_, older),) = await desk.claimed()
    view = await give(centre, desk, [])
    assert [(line["version"], line["state"]) for line in view["log"]] == [(2, "waiting"), (1, "replaced")]
    await desk.put_reply(EDGE, Reply(command=older.id, ok=False, message="late"), centre.clock.now())
    ((_, newer),) = await desk.claimed()
    assert rules.decode(newer.args["document"]) == RulesDocument(camera=CAMERA, version=2, rules=[])
    assert [line["state"] for line in (await shown(centre, desk))["log"]] == ["waiting", "replaced"]


async def test_the_edges_file_can_count_again(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    await edge.hear()
    await give(centre, desk)
    await edge.hear()
    view = await give(centre, desk, None)
    assert (view["order"]["rules"], view["order"]["count"]) == (None, None)
    await edge.hear()
    running = (await shown(centre, desk))["running"]
    assert (running["source"], running["version"], running["rules"]) == ("file", 2, OWN)


async def test_numbers_go_on_after_what_the_edge_has_even_in_a_new_database(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    edge.version = 41
    await edge.beat()
    assert (await give(centre, desk))["order"]["version"] == 42


async def test_an_edge_that_knows_no_such_order_is_not_waited_for(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    edge.old = True
    await edge.beat()
    assert (await shown(centre, desk))["takes_rules"] is False
    with pytest.raises(NotNow, match="edge pos-1 is too old to take rules from the centre; update it there"):
        await give(centre, desk)
    edge.old = False
    await edge.beat()
    await edge.away()
    await give(centre, desk)
    edge.old = True  # put back to an earlier program
    await edge.beat()
    view = await shown(centre, desk)
    assert (view["takes_rules"], view["order"]["state"]) == (False, "refused")
    assert "too old" in view["order"]["note"]
    assert await desk.claimed() == []


async def test_two_people_do_not_undo_each_others_work_unseen(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    await give(centre, desk, seen=0)
    with pytest.raises(NotNow, match="somebody gave camera gerbang other rules meanwhile"):
        await give(centre, desk, [], seen=0)
    assert (await give(centre, desk, [], seen=1))["order"]["version"] == 2


async def test_who_changed_what_is_written_down(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    await edge.hear()
    await give(centre, desk)
    await give(centre, desk, None)
    async with centre.database.read() as connection:
        dropped, given = await changes.listed(connection, "33.03", what="rules")
    assert (given["which"], given["user"][:5]) == ("pos-1/gerbang", "admin")
    assert (given["before"], given["after"]) == ({"version": 0, "rules": OWN}, {"version": 1, "rules": NEW})
    assert (dropped["before"], dropped["after"]) == ({"version": 1, "rules": NEW}, {"version": 2, "rules": None})


async def test_rules_that_no_message_can_carry_are_refused_at_once(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    for wanted in ([{"id": "a\x00"}], [{"classes": [""] * 20_000}], [{"zone": [[0.123, 0.456]] * 9_000}]):
        with pytest.raises(WireError):
            await give(centre, desk, wanted)
    view = await shown(centre, desk)
    assert (view["order"], view["log"]) == (None, [])


async def test_the_newest_picture_is_for_those_who_may_see_pictures(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    assert (await shown(centre, desk))["picture"] is None
    old, new, other = an_event(), an_event(), an_event(camera="jalan")
    await centre.put(old, new, other)
    for event in (new, old, other):
        await centre.sink.put_media("snapshot", EDGE, event.id, centre.media.store("snapshot", JPEG))
    assert (await shown(centre, desk))["picture"]["event"] == new.id
    view = await desk.of(await centre.user("installer"), EDGE, CAMERA)
    assert view
    assert view["picture"] is None


async def test_the_api_takes_rules_from_an_installer(centre: Centre, desk: CameraRules, edge: PlayedEdge) -> None:
    await edge.beat()
    await edge.hear()
    async with centre.client("installer", VILLAGE) as client:
        given = await client.put(f"{RULES_URL}?seen=0", json={"rules": NEW})
        assert (given.status_code, given.json()["order"]["state"]) == (202, "waiting")
        again = await client.put(f"{RULES_URL}?seen=0", json={"rules": []})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "changed_meanwhile")
        many = await client.put(RULES_URL, json={"rules": [{}] * 33})
        assert (many.status_code, many.json()["error"]["code"]) == (422, "invalid")
        nul = await client.put(RULES_URL, json={"rules": [{"id": "a\x00"}]})
        assert (nul.status_code, nul.json()["error"]["code"]) == (422, "refused")
        nan = await client.put(
            RULES_URL, content='{"rules": [{"dwell_s": NaN}]}', headers={"content-type": "application/json"}
        )
        assert nan.status_code == 202
        assert nan.json()["order"]["rules"] == [{"dwell_s": None}]  # for the edge to refuse
        dropped = await client.delete(RULES_URL)
        assert (dropped.status_code, dropped.json()["order"]["rules"]) == (202, None)
    async with centre.client("installer", f"{VILLAGE}/RW03") as client:
        for answer in (await client.get(RULES_URL), await client.put(RULES_URL, json={"rules": []})):
            assert answer.status_code == 404


async def test_a_camera_that_its_edge_no_longer_has_is_not_there(
    centre: Centre, desk: CameraRules, edge: PlayedEdge
) -> None:
    await edge.beat()
    now = centre.clock.now() + BEAT
    await centre.beat(EDGE, a_status(a_camera(id="lain"), at=now), now)
    assert await desk.of(await centre.user("admin"), EDGE, CAMERA) is None


def test_the_order_is_what_a_bundle_can_carry() -> None:
    """One document a camera, whole and numbered, apart from the command in which it travels."""
    document = msgspec.json.decode(rules.encode(RulesDocument(camera=CAMERA, version=3, rules=NEW)))
    assert document == {"camera": CAMERA, "version": 3, "rules": NEW, "v": 1}
