"""The tree of areas: as Kemendagri has it, completed by people, seen as far as one's own area reaches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.ground import areas_tree, places
from alerts.ground.areas_desk import AreasDesk
from alerts.people.roles import Level, Role, area_level
from alerts.store import changes, sites
from alerts.store.people import User
from alerts.store.places import standing
from alerts.store.schema import users
from alerts.store.sites import Site
from core.errors import EkamlingError
from ekamling import cli
from tests.alerts.centre import Centre
from tests.messages import AT, an_event

API = "/api/v1/areas"
VILLAGE = "33.03.05.1005"


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Names that one test gives, the next does not know."""
    yield
    places.learn({})


@pytest.fixture
def areas(centre: Centre) -> AreasDesk:
    return AreasDesk(centre.database, centre.clock)


def test_purbalingga_has_18_districts_and_239_villages() -> None:
    tree = areas_tree.regency("33.03")
    assert (tree[0].name, tree[0].parent) == ("Kabupaten Purbalingga", "33")
    assert areas_tree.counted(tree) == "18 kecamatan, 239 desa/kelurahan"
    codes = [place.code for place in tree]
    assert len(codes) == len(set(codes)) == 258
    assert all(place.parent in codes for place in tree[1:])
    assert all(area_level(place.code) <= Level.VILLAGE for place in tree)


@pytest.mark.parametrize("code", ["33.02", "31.71", "34.71"])
def test_any_other_regency_or_city_loads_by_its_code(code: str) -> None:
    tree = areas_tree.regency(code)
    assert tree[0].code == code
    assert len(tree) > 20


@pytest.mark.parametrize(
    "code", ["33", "33.99", "33.03.05", "33.03.05.1005/RW01", "3303", "Purbalingga", "", "33.03\n"]
)
def test_what_is_no_regency_is_refused_in_a_line_that_says_what_is_wanted(code: str) -> None:
    with pytest.raises(EkamlingError, match=r"33\.03") as refused:
        areas_tree.regency(code)
    assert "\n" not in str(refused.value)


async def test_a_tree_loaded_twice_is_there_once(centre: Centre, areas: AreasDesk) -> None:
    assert await areas.load("33.03") == (
        "Kabupaten Purbalingga (33.03): 18 kecamatan, 239 desa/kelurahan; 258 new or renamed"
    )
    assert await areas.load("33.03") == "Kabupaten Purbalingga (33.03): 18 kecamatan, 239 desa/kelurahan; nothing new"
    assert len(await areas.listed("33.03")) == 258
    assert [place.code for place in await areas.listed("")] == ["33.03"]
    async with centre.database.read() as connection:
        (change,) = await changes.listed(connection, "33.03")
    assert (change["what"], change["which"], change["user"]) == ("areas", "33.03", "command line")


async def test_an_rw_needs_its_village_and_an_rt_its_rw(centre: Centre, areas: AreasDesk) -> None:
    with pytest.raises(EkamlingError, match=r"ekamling area load 33\.03"):
        await areas.add(f"{VILLAGE}/RW02", "RW 02")
    await areas.load("33.03")
    with pytest.raises(EkamlingError, match=f"ekamling area add {VILLAGE}/RW02 NAME"):
        await areas.add(f"{VILLAGE}/RW02/RT04", "RT 04")
    await areas.add(f"{VILLAGE}/RW02", " RW 02   Kauman ")
    await areas.add(f"{VILLAGE}/RW02/RT04", "RT 04")
    names = [place.name for place in await areas.listed(f"{VILLAGE}/RW02")]
    assert names == ["RW 02 Kauman", "RT 04"]
    with pytest.raises(EkamlingError, match="Kemendagri"):
        await areas.add(VILLAGE, "another name")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b", "a\u202eb"])
def test_a_name_must_be_one_that_people_can_read(name: str) -> None:
    with pytest.raises(EkamlingError, match="printable"):
        areas_tree.neighbourhood(f"{VILLAGE}/RW02", name)


async def test_everybody_sees_the_areas_within_their_own_and_no_others(centre: Centre, areas: AreasDesk) -> None:
    await areas.load("33.03")
    await areas.add(f"{VILLAGE}/RW02", "RW 02")
    async with centre.client("polsek", "33.03.05") as client:
        mine = (await client.get(API)).json()["areas"]
        wider = (await client.get(API, params={"within": "33"})).json()["areas"]
        part = (await client.get(API, params={"within": VILLAGE})).json()["areas"]
        foreign = await client.get(API, params={"within": "33.03.06"})
        wrong = await client.get(API, params={"within": "33.03x"})
    assert {each["code"][:8] for each in mine} == {"33.03.05"}
    assert mine == wider
    assert [each["name"] for each in part] == ["Bancar", "RW 02"]
    assert (foreign.status_code, wrong.status_code) == (404, 422)


async def test_the_tree_is_read_level_by_level(centre: Centre, areas: AreasDesk) -> None:
    await areas.load("33.03")
    for code, name in ((f"{VILLAGE}/RW02", "RW 02"), (f"{VILLAGE}/RW02/RT04", "RT 04")):
        await areas.add(code, name)
    async with centre.client("admin") as client:

        async def levels(within: str, count: int) -> list[Level]:
            answer = await client.get(API, params={"within": within, "levels": count})
            return sorted({area_level(each["code"]) for each in answer.json()["areas"]})

        assert await levels("33.03", 0) == [Level.REGENCY]
        assert await levels("33.03", 2) == [Level.REGENCY, Level.DISTRICT, Level.VILLAGE]
        assert await levels(VILLAGE, 1) == [Level.VILLAGE, Level.RW]
        assert await levels(VILLAGE, 2) == [Level.VILLAGE, Level.RW, Level.RT]
        assert (await client.get(API, params={"levels": 7})).status_code == 422
    async with centre.client("polsek", "33.03.05") as client:
        assert len((await client.get(API, params={"levels": 1})).json()["areas"]) == 14


async def test_an_administrator_names_rw_and_rt_within_the_own_area(centre: Centre, areas: AreasDesk) -> None:
    await areas.load("33.03")
    async with centre.client("admin", "33.03.05") as client:
        named = await client.put(f"{API}/{VILLAGE}/RW02", json={"name": "RW 02"})
        again = await client.put(f"{API}/{VILLAGE}/RW02", json={"name": "RW 02 Kauman"})
        foreign = await client.put(f"{API}/33.03.06.2001/RW02", json={"name": "x"})
        village = await client.put(f"{API}/{VILLAGE}", json={"name": "x"})
        hostile = [
            await client.put(f"{API}/{code}", json={"name": "x"}) for code in ("%00", "..%2f", "33.03//", "a" * 40)
        ]
    assert named.json()["area"] == {"code": f"{VILLAGE}/RW02", "name": "RW 02", "parent": VILLAGE, "position": None}
    assert (again.status_code, foreign.status_code, village.status_code) == (200, 404, 422)
    assert {answer.status_code for answer in hostile} <= {404, 405, 422}
    async with centre.database.read() as connection:
        newest = (await changes.listed(connection, VILLAGE))[0]
    assert (newest["before"]["name"], newest["after"]["name"]) == ("RW 02", "RW 02 Kauman")


async def test_what_people_call_an_rw_is_said_wherever_it_is_shown(centre: Centre, areas: AreasDesk) -> None:
    await areas.load("33.03")
    async with centre.client("admin", VILLAGE) as client:
        await client.put(f"{API}/{VILLAGE}/RW02", json={"name": "Kauman"})
        assert places.name(f"{VILLAGE}/RW02/RT04") == "RT 04 / RW 02 Kauman · Bancar"
        await client.put(f"{API}/{VILLAGE}/RW02", json={"name": "RW 02 Pesayangan"})
        assert places.name(f"{VILLAGE}/RW02/RT04") == "RT 04 / RW 02 Pesayangan · Bancar"
    places.learn({})
    await areas.learn()  # as another process does from time to time
    assert places.name(f"{VILLAGE}/RW02") == "RW 02 Pesayangan · Bancar"


async def test_an_rw_is_removed_when_nothing_stands_in_it(centre: Centre, areas: AreasDesk) -> None:
    await areas.load("33.03")
    await areas.add(f"{VILLAGE}/RW02", "Kauman")
    await areas.add(f"{VILLAGE}/RW02/RT04", "RT 04")
    await centre.user("rt", f"{VILLAGE}/RW02/RT04")
    async with centre.client("admin", VILLAGE) as client:
        refused = await client.delete(f"{API}/{VILLAGE}/RW02")
        assert (refused.status_code, refused.json()["error"]) == (
            409,
            {
                "code": "not_empty",
                "message": f"area {VILLAGE}/RW02 still holds 1 areas, 1 people; move or end these first",
            },
        )
        async with centre.database.write() as connection:
            await connection.execute(update(users).where(users.c.role == "rt").values(ended_at=AT))
        removed = [await client.delete(f"{API}/{VILLAGE}/{part}") for part in ("RW02/RT04", "RW02", "RW02")]
        official = await client.delete(f"{API}/{VILLAGE}")
        foreign = await client.delete(f"{API}/33.03.06.2001/RW02")
    assert [each.status_code for each in removed] == [204, 204, 404]
    assert (official.status_code, foreign.status_code) == (422, 404)
    assert places.name(f"{VILLAGE}/RW02") == "RW 02 · Bancar"
    async with centre.database.read() as connection:
        newest = (await changes.listed(connection, VILLAGE))[0]
    assert (newest["which"], newest["before"]["name"], newest["after"]) == (f"{VILLAGE}/RW02", "Kauman", None)


async def test_what_stands_in_an_area_is_counted_by_its_sort(centre: Centre) -> None:
    await centre.put(an_event())
    async with centre.database.write() as connection:
        await sites.save_site(connection, Site(id="pasar", name="Pasar", area="33.03.05.1005/RW02", kind="market"))
        found = await standing(connection, "33.03.05.1005")
    assert found["open incidents"] == found["sites"] == 1
    assert set(found) <= {"edges", "cameras", "sites", "people", "open incidents"}


async def test_an_area_outside_is_not_there_for_its_stranger(centre: Centre, areas: AreasDesk) -> None:
    user = User(name="x", display_name="X", role=Role.ADMIN, area="33.02", password_hash=None, created_at=AT)
    assert await areas.name(user, f"{VILLAGE}/RW02", "RW 02") is None
    assert await areas.within(user, "33.03") is None
    assert await areas.remove(user, f"{VILLAGE}/RW02") is None


def test_the_command_loads_lists_and_adds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "centre.toml"
    config.write_text(f'data = "{tmp_path}/data"\n')

    def run(*words: str) -> tuple[int, str, str]:
        status = cli.main(["area", *words, "--config", str(config)])
        said = capsys.readouterr()
        return status, said.out, said.err

    assert run("load")[:2] == (
        0,
        "Kabupaten Purbalingga (33.03): 18 kecamatan, 239 desa/kelurahan; 258 new or renamed\n",
    )
    assert run("add", f"{VILLAGE}/RW02", "RW 02")[1] == f"{VILLAGE}/RW02\tRW 02\n"
    assert run("list", VILLAGE)[1] == f"{VILLAGE}\tBancar\n{VILLAGE}/RW02\tRW 02\n"
    assert run("list")[1] == "33.03\tKabupaten Purbalingga\n"
    status, out, err = run("load", "99.01")
    assert (status, out) == (1, "")
    assert err.startswith("ekamling: area 99.01: Kemendagri's list knows no regency")
