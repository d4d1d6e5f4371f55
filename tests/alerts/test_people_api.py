"""People over the API: who may add, change and end whom, and who knows how they are reached."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alerts.cases.incident import NotNow
from alerts.notifiers.addresses import phone
from alerts.people.personnel import PersonChange, Personnel
from alerts.people.roles import Role
from alerts.store import changes
from alerts.store.response_schema import contacts
from alerts.store.schema import links, sessions
from core.errors import EkamlingError
from tests.alerts.centre import VILLAGE, Centre, statements
from tests.alerts.refusals import error_of
from tests.alerts.telling import Wire, a_person

PEOPLE = "/api/v1/people"
RT = f"{VILLAGE}/RW02/RT04"
DISTRICT = "33.03.05"
BUDI: dict[str, Any] = {"name": "budi", "display_name": "Budi Santoso", "role": "ronda", "area": RT}


class Phone(Wire):
    """A channel with telephone numbers."""

    def check(self, address: str) -> str:
        return phone(address)


async def recorded(centre: Centre) -> list[dict[str, Any]]:
    async with centre.database.read() as connection:
        return await changes.listed(connection, "33")


async def test_somebody_is_added_and_signs_in_by_the_link_once(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        answer = await admin.post(PEOPLE, json=BUDI)
    assert answer.status_code == 200
    made = answer.json()
    assert made["person"] == {
        **BUDI,
        "language": "id",
        "area_name": "RT 04 / RW 02 · Bancar",
        "channels": [],
        "contacts": [],
    }
    start, _, token = made["link"].partition("#token=")
    assert start == f"{centre.url}/masuk"
    async with centre.client(None) as budi:
        assert (await budi.post("/api/v1/session/link", json={"token": token})).json()["user"]["name"] == "budi"
        assert (await budi.post("/api/v1/session/link", json={"token": token})).status_code == 401


@pytest.mark.parametrize(
    ("changed", "status", "why"),
    [
        ({"area": "33.04", "role": "operator"}, 422, "lies outside 33.03.05"),
        ({"area": "33.03", "role": "admin"}, 422, "lies outside 33.03.05"),
        ({"area": "Bancar"}, 422, "is not a code"),
        ({"area": RT, "role": "polsek"}, 422, "does not suit the role polsek"),
        ({"role": "king"}, 422, "role 'king' is not one of"),
        ({"name": "bu\ndi"}, 422, "small letters"),
        ({"name": "../budi"}, 422, "small letters"),
        ({"name": "x" * 81}, 422, "at most 80"),
        ({"display_name": "Budi\u202e"}, 422, "printable"),
        ({"display_name": "Budi\x1b[31m"}, 422, "printable"),
        ({"language": "de"}, 422, "language"),
    ],
)
async def test_who_cannot_be_added_is_told_in_one_line(
    centre: Centre, changed: dict[str, Any], status: int, why: str
) -> None:
    async with centre.client("admin", DISTRICT) as admin:
        answer = await admin.post(PEOPLE, json={**BUDI, **changed})
    got, message = error_of(answer)
    assert (got, why in message) == (status, True), message
    assert await recorded(centre) == []


async def test_a_name_is_taken_for_ever(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        await admin.post(PEOPLE, json=BUDI)
        assert error_of(await admin.post(PEOPLE, json=BUDI)) == (422, "a user called 'budi' is there already")
        await admin.delete(f"{PEOPLE}/budi")
        assert (await admin.post(PEOPLE, json=BUDI)).status_code == 422


async def test_a_district_makes_an_administrator_of_its_villages_only(centre: Centre) -> None:
    async with centre.client("admin", DISTRICT) as admin:
        statuses = [
            (await admin.post(PEOPLE, json={"name": f"a{number}", "role": "admin", "area": area})).status_code
            for number, area in enumerate(["33", "33.03", "33.03.06", DISTRICT, VILLAGE])
        ]
    assert statuses == [422, 422, 422, 200, 200]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_administrators_change_people(centre: Centre, role: str) -> None:
    await a_person(centre, "siti", Role.RT, RT)
    area = RT if role in ("resident", "rt", "ronda") else VILLAGE if role not in ("polres", "polsek") else "33.03"
    area = {"rw": f"{VILLAGE}/RW02", "linmas": VILLAGE, "polsek": DISTRICT}.get(role, area)
    area = {"satpolpp": "33.03", "damkar": "33.03", "bpbd": "33.03"}.get(role, area)
    async with centre.client(role, area) as client:
        answers = [
            await client.post(PEOPLE, json=BUDI),
            await client.patch(f"{PEOPLE}/siti", json={"role": "rw"}),
            await client.delete(f"{PEOPLE}/siti"),
            await client.post(f"{PEOPLE}/siti/link"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 4


async def test_a_list_holds_the_own_area_page_by_page(centre: Centre) -> None:
    for name, area in (("ani", RT), ("budi", RT), ("cici", VILLAGE), ("dedi", "33.03.05.2001")):
        await a_person(centre, name, Role.LINMAS, area)
    async with centre.client("polsek", DISTRICT) as client:
        first = (await client.get(PEOPLE, params={"area": VILLAGE, "limit": 2})).json()
        rest = (await client.get(PEOPLE, params={"area": VILLAGE, "limit": 2, "after": "budi"})).json()
        heads = (await client.get(PEOPLE, params={"role": "rt"})).json()
        outside = [(await client.get(PEOPLE, params={"area": area})).status_code for area in ("33.03", "33.04", "x")]
    assert [person["name"] for person in first["people"] + rest["people"]] == ["ani", "budi", "cici"]
    assert (first["more"], rest["more"], heads["people"], outside) == (True, False, [], [404, 404, 422])


async def test_people_are_found_by_a_part_of_either_name(centre: Centre) -> None:
    for name in ("ani", "budi", "b_di"):
        await a_person(centre, name, Role.LINMAS, RT)
    async with centre.client("admin", DISTRICT) as client:
        await client.patch(f"{PEOPLE}/ani", json={"display_name": "Ani 100% Budiarti"})
        found = [
            [each["name"] for each in (await client.get(PEOPLE, params={"text": text})).json()["people"]]
            for text in (" BUDI ", "_", "100%", "tidak ada")
        ]
    assert found == [["ani", "budi"], ["b_di"], ["ani"], []]


async def test_a_person_is_shown_as_the_list_shows_them(centre: Centre) -> None:
    await a_person(centre, "ani", Role.LINMAS, RT, "telegram")
    async with centre.client("auditor", DISTRICT) as client:
        listed = (await client.get(PEOPLE, params={"text": "ani"})).json()["people"]
        one = (await client.get(f"{PEOPLE}/ani")).json()
    assert one == {"person": listed[0]}
    assert one["person"]["duty"] == {"why": "on_call", "absent": False, "until": None}


async def test_a_list_tells_whose_turn_it_is(centre: Centre) -> None:
    for name in ("ani", "budi", "cici"):
        await a_person(centre, name, Role.RONDA, RT)
    now = centre.clock.now()
    async with centre.client("admin", DISTRICT) as client:
        away = {"start": now.isoformat(), "end": (now + timedelta(hours=3)).isoformat()}
        assert (await client.post(f"{PEOPLE}/budi/absences", json=away)).status_code == 200
        every_day = {"days": [*range(7)], "start": "00:00", "end": "00:00"}
        for name in ("ani", "budi"):
            await client.put(f"{PEOPLE}/{name}/shifts", json={"shifts": [every_day]})
        told = (await client.get(PEOPLE, params={"role": "ronda"})).json()["people"]
        oneself = (await client.get(f"{PEOPLE}/admin-1")).json()["person"]
    assert [(each["name"], each["duty"]["why"], each["duty"]["absent"]) for each in told] == [
        ("ani", "shift", False),
        ("budi", "shift", True),
        ("cici", None, False),
    ]
    assert oneself["duty"]["why"] == "on_call"


async def test_addresses_are_for_administrators_and_ones_own(centre: Centre) -> None:
    await a_person(centre, "ani", Role.LINMAS, RT, "telegram", "sms")
    async with centre.client("polsek", DISTRICT) as client:
        listed = (await client.get(PEOPLE)).json()["people"]
        assert [(each["name"], each["channels"], "contacts" in each) for each in listed] == [
            ("ani", ["telegram", "sms"], False),
            ("polsek-1", [], True),
        ]
        assert error_of(await client.get(f"{PEOPLE}/ani/contacts"))[0] == 403
        assert error_of(await client.put(f"{PEOPLE}/ani/contacts", json={"contacts": []}))[0] == 403
    async with centre.client("admin", DISTRICT) as client:
        ani = next(each for each in (await client.get(PEOPLE)).json()["people"] if each["name"] == "ani")
    assert ani["contacts"][0] == {"channel": "telegram", "address": "ani@telegram"}
    async with centre.client("resident", RT) as client:
        assert (await client.get(f"{PEOPLE}/ani/contacts")).status_code == 404
        assert (await client.get(f"{PEOPLE}/resident-3/contacts")).json() == {"contacts": []}


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PATCH", "", {"role": "rw"}),
        ("DELETE", "", None),
        ("POST", "/link", None),
        ("GET", "/contacts", None),
        ("PUT", "/contacts", {"contacts": []}),
        ("GET", "/shifts", None),
        ("PUT", "/shifts", {"shifts": []}),
        ("GET", "/absences", None),
        ("DELETE", "/absences/1", None),
    ],
)
async def test_who_is_not_of_the_area_is_not_there(centre: Centre, method: str, suffix: str, body: Any) -> None:
    await a_person(centre, "eko", Role.RT, "33.03.06.2001")
    async with centre.client("admin", DISTRICT) as client:
        for name in ("eko", "nobody", "%00", "a%0Ab", "é"):
            path = f"{PEOPLE}/{name}"
            answer = await client.request(method, path + suffix, json=body)
            assert error_of(answer)[0] == (422 if name == "%00" else 404), name


async def test_a_change_is_what_was_given_and_nothing_else(centre: Centre) -> None:
    await a_person(centre, "siti", Role.RT, RT)
    async with centre.client("admin") as admin:
        changed = (await admin.patch(f"{PEOPLE}/siti", json={"language": "en", "display_name": "Bu Siti"})).json()
        assert (changed["person"]["language"], changed["person"]["display_name"]) == ("en", "Bu Siti")
        assert (changed["person"]["role"], changed["person"]["area"]) == ("rt", RT)
        for nothing in ({}, {"password": "x"}, {"role": None}):
            assert error_of(await admin.patch(f"{PEOPLE}/siti", json=nothing))[1].startswith("nothing to change")
        for wrong in ({"role": "polres"}, {"area": "33.04"}, {"area": "x"}, {"role": "king"}, {"display_name": "\n"}):
            assert error_of(await admin.patch(f"{PEOPLE}/siti", json=wrong))[0] == 422
    (change,) = await recorded(centre)
    assert (change["user"], change["what"], change["which"]) == ("admin-1", "person", "siti")
    assert (change["before"]["display_name"], change["after"]["display_name"]) == ("Siti", "Bu Siti")


async def test_another_role_ends_the_sessions_with_the_old_one(centre: Centre) -> None:
    async with centre.client("rt", RT) as siti, centre.client("admin") as admin:
        await admin.patch(f"{PEOPLE}/rt-1", json={"language": "en"})
        assert (await siti.get(PEOPLE)).status_code == 200
        await admin.patch(f"{PEOPLE}/rt-1", json={"role": "rw", "area": f"{VILLAGE}/RW02"})
        assert (await siti.get(PEOPLE)).status_code == 401


async def test_who_is_ended_is_out_at_once_and_is_told_nothing(centre: Centre) -> None:
    siti = await centre.user("rt", RT)
    await centre.accounts.set_password("rt-1", "ronda malam bancar")
    token, link = await centre.accounts.start_session(siti), await centre.accounts.link("rt-1")
    async with centre.client("admin") as admin:
        ways = {"contacts": [{"channel": "telegram", "address": "@siti_bancar"}]}
        assert (await admin.put(f"{PEOPLE}/rt-1/contacts", json=ways)).status_code == 200
        assert (await admin.delete(f"{PEOPLE}/rt-1")).json() == {"ended": "rt-1"}
        assert (await admin.delete(f"{PEOPLE}/rt-1")).status_code == 404
        assert (await admin.post(f"{PEOPLE}/rt-1/link")).status_code == 404
    assert await centre.accounts.session(token) is None
    assert await centre.accounts.by_link(link) is None
    assert await centre.accounts.by_password("rt-1", "ronda malam bancar") is None
    with pytest.raises(EkamlingError, match="no user is called"):
        await centre.accounts.link("rt-1")
    async with centre.database.read() as connection:
        assert (await connection.execute(select(contacts))).all() == []
        assert (await connection.execute(select(sessions).where(sessions.c.user == "rt-1"))).all() == []


async def test_nobody_ends_or_demotes_themselves(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        for answer in (
            await admin.delete(f"{PEOPLE}/admin-1"),
            await admin.patch(f"{PEOPLE}/admin-1", json={"role": "operator"}),
            await admin.patch(f"{PEOPLE}/admin-1", json={"area": DISTRICT}),
        ):
            assert answer.status_code == 409
            assert answer.json()["error"]["code"] == "oneself"
        assert (await admin.patch(f"{PEOPLE}/admin-1", json={"display_name": "Pak Admin"})).status_code == 200


async def test_of_two_administrators_who_end_each_other_one_stays(centre: Centre) -> None:
    one, other = await centre.user("admin"), await centre.user("admin")
    await centre.user("admin", DISTRICT)
    personnel = Personnel(centre.database, centre.clock, centre.url, {})
    assert await personnel.end(one, other.name) == other.name
    for change in (personnel.end(other, one.name), personnel.change(other, one.name, PersonChange(role="operator"))):
        with pytest.raises(NotNow, match="is the last administrator") as refused:
            await change
        assert refused.value.code == "last_administrator"
    async with centre.client("admin") as third:
        assert (await third.delete(f"{PEOPLE}/{one.name}")).status_code == 200


async def test_addresses_are_checked_by_their_channels(centre: Centre) -> None:
    centre.notifiers["sms"] = Phone()
    await a_person(centre, "siti", Role.RT, RT)
    path = f"{PEOPLE}/siti/contacts"
    async with centre.client("admin") as admin:
        ways = [{"channel": "sms", "address": " 0812 3456 7890 "}, {"channel": "mail", "address": "not set up"}]
        answer = await admin.put(path, json={"contacts": ways})
        assert answer.json()["contacts"] == [
            {"channel": "sms", "address": "+6281234567890"},
            {"channel": "mail", "address": "not set up"},
        ]
        for wrong, why in (
            ([{"channel": "sms", "address": "call me"}], "channel sms: telephone number"),
            ([{"channel": "telegran", "address": "1"}], "did you mean 'telegram'"),
            ([{"channel": "console", "address": "1"}], "is not known"),
            ([{"channel": "mail", "address": "a\nb"}], "printable"),
            ([{"channel": "mail", "address": ""}], "printable"),
            ([ways[0], {"channel": "sms", "address": "+6281234567890"}], "given twice"),
            ([{"channel": "mail", "address": f"{n}"} for n in range(21)], "too many"),
            ([{"channel": "mail", "address": f"{n}"} for n in range(101)], "at most 100"),
            ([{"channel": "mail", "address": "x" * 2001}], "at most 2000"),
        ):
            status, message = error_of(await admin.put(path, json={"contacts": wrong}))
            assert (status, why in message) == (422, True), message
        assert len((await admin.get(path)).json()["contacts"]) == 2
    (change,) = await recorded(centre)
    assert (change["before"]["channels"], change["after"]["channels"]) == ([], ["sms", "mail"])
    assert "+62" not in str(change)


async def test_sirens_are_set_by_administrators(centre: Centre) -> None:
    siren = {"channel": "siren", "address": "pos-1"}
    async with centre.client("rt", RT) as siti, centre.client("admin") as admin:
        path = f"{PEOPLE}/rt-1/contacts"
        assert error_of(await siti.put(path, json={"contacts": [siren]}))[0] == 422
        assert (await admin.put(path, json={"contacts": [siren]})).status_code == 200
        more = [{"channel": "telegram", "address": "77"}, siren]
        assert (await siti.put(path, json={"contacts": more})).json()["contacts"] == more
        assert error_of(await siti.put(path, json={"contacts": more[:1]}))[0] == 422


async def test_no_change_holds_a_link_or_a_password(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        made = (await admin.post(PEOPLE, json=BUDI)).json()["link"]
        again = (await admin.post(f"{PEOPLE}/budi/link")).json()["link"]
        await admin.patch(f"{PEOPLE}/budi", json={"language": "en"})
        await admin.delete(f"{PEOPLE}/budi")
        found = (await admin.get("/api/v1/changes", params={"what": "person"})).json()["changes"]
    assert [(bool(each["before"]), bool(each["after"])) for each in found] == [
        (True, False),
        (True, True),
        (False, True),
        (False, True),
    ]
    text = str(found)
    assert not any(link.partition("token=")[2] in text for link in (made, again))
    assert "password" not in text
    async with centre.database.read() as connection:
        assert len((await connection.execute(select(links).where(links.c.user == "budi"))).all()) == 0


async def test_changes_are_read_by_who_inspects_within_the_area(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        for name, area in (("a1", RT), ("a2", "33.03.06.2001/RW01/RT01"), ("a3", RT)):
            await admin.post(PEOPLE, json={**BUDI, "name": name, "area": area})
    async with centre.client("auditor", DISTRICT) as auditor:
        found = (await auditor.get("/api/v1/changes")).json()["changes"]
        assert [each["which"] for each in found] == ["a3", "a1"]
        older = await auditor.get("/api/v1/changes", params={"before": found[0]["id"], "area": VILLAGE})
        assert [each["which"] for each in older.json()["changes"]] == ["a1"]
        assert (await auditor.get("/api/v1/changes", params={"what": "routing"})).json() == {"changes": []}
        assert (await auditor.get("/api/v1/changes", params={"area": "33.03"})).status_code == 404
    async with centre.client("operator") as operator:
        assert (await operator.get("/api/v1/changes")).status_code == 403


async def test_a_long_list_takes_as_many_statements_as_a_short_one(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        counts = []
        for number in (1, 40):
            for one in range(number):
                await a_person(centre, f"p{number}-{one}", Role.LINMAS, RT, "telegram")
            with statements(centre.database) as seen:
                await admin.get(PEOPLE)
            counts.append(len(seen))
    assert counts[0] == counts[1]
