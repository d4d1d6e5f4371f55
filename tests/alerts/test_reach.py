"""Ways to an incident: whose numbers are told to whom."""

import pytest

from alerts.cases.incident import Resolution
from alerts.ground.reach import Reach, number
from alerts.people.duty import Contact
from alerts.store import contacts
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status, an_event

RW = f"{VILLAGE}/RW02"
RT = f"{RW}/RT04"


@pytest.mark.parametrize(
    ("way", "dialled"),
    [
        (Contact("sms", "+62 812-3456-789"), "+628123456789"),
        (Contact("whatsapp", "628123456789"), "+628123456789"),
        (Contact("sms", "0812 3456"), "08123456"),
        (Contact("sms", "ask Budi"), None),
        (Contact("mail", "rt@example.test"), None),
    ],
)
def test_a_number_is_written_as_a_telephone_dials_it(way: Contact, dialled: str | None) -> None:
    assert number((way,)) == dialled


async def test_offices_of_the_place_may_be_called_and_nobody_else(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await centre.put(an_event(at=AT))
    (incident,) = await centre.incidents()
    people = {
        role: await centre.user(role, area)
        for role, area in {"rt": RT, "rw": RW, "polsek": VILLAGE[:8], "ronda": RT, "bhabinkamtibmas": VILLAGE}.items()
    }
    foreign = await centre.user("rt", f"{RW}/RT05")
    async with centre.database.write() as connection:
        for index, user in enumerate([*people.values(), foreign]):
            await contacts.put(connection, user.name, [Contact("sms", f"+62811000{index}")], AT)

    reach = await Reach(centre.database, centre.clock).of(people["ronda"], incident["id"])
    assert reach is not None
    assert [call["role"] for call in reach["calls"]] == ["rt", "rw", "bhabinkamtibmas", "polsek"]
    assert reach["calls"][0]["number"] == "+628110000"
    assert reach["position"] is None

    own = await Reach(centre.database, centre.clock).of(people["rt"], incident["id"])
    assert own is not None and [call["role"] for call in own["calls"]] == ["rw", "bhabinkamtibmas", "polsek"]
    assert await Reach(centre.database, centre.clock).of(foreign, incident["id"]) is None


async def test_numbers_are_for_those_who_respond_while_it_is_open(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await centre.put(an_event(at=AT))
    (incident,) = await centre.incidents()
    head, ronda = await centre.user("rt", RT), await centre.user("ronda", RT)
    async with centre.database.write() as connection:
        await contacts.put(connection, head.name, [Contact("sms", "+628110001")], AT)

    address = f"/api/v1/incidents/{incident['id']}/reach"
    for role, area in (("resident", RT), ("installer", VILLAGE), ("auditor", "33.03")):
        async with centre.client(role, area) as client:
            answer = await client.get(address)
            assert answer.status_code == 403 and "628110001" not in answer.text

    reach = Reach(centre.database, centre.clock)
    before = await reach.of(ronda, incident["id"])
    await centre.casework.acknowledge(ronda, incident["id"])
    await centre.casework.close(ronda, incident["id"], Resolution.FALSE, "")
    after = await reach.of(ronda, incident["id"])
    assert before is not None and after is not None
    assert (len(before["calls"]), after["calls"]) == (1, [])
