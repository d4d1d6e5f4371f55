"""Sites and where cameras stand: kept within one's own area, shown on a map."""

from typing import Any

import httpx
import pytest

from alerts.store import cases, changes
from alerts.store.response_schema import neighbours
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status

API = "/api/v1"
HERE, BESIDE = f"{VILLAGE}/RW02", f"{VILLAGE}/RW03"
PLACE = f"{API}/edges/{EDGE}/cameras/gerbang/place"
STANDS = {"latitude": -7.3881, "longitude": 109.364, "bearing": 90, "view_angle": 80, "reach_m": 25}


@pytest.fixture
async def centre(centre: Centre) -> Centre:
    """With two cameras in one RW, and one in the next."""
    cameras = [a_camera(id=name, name=name.title(), area=HERE) for name in ("gerbang", "pos")]
    cameras.append(a_camera(id="pasar", name="Pasar", area=BESIDE))
    await centre.beat(EDGE, a_status(*cameras), AT)
    return centre


def a_site(**changes: Any) -> dict[str, Any]:
    return {"name": "Pasar Bancar", "area": HERE, "kind": "market", "wants_camera": True, **changes}


async def put_place(client: httpx.AsyncClient, camera: str = "gerbang", **body: Any) -> httpx.Response:
    return await client.put(f"{API}/edges/{EDGE}/cameras/{camera}/place", json={**STANDS, **body})


def beside(*cameras: str) -> list[dict[str, str]]:
    return [{"edge": EDGE, "camera": camera} for camera in cameras]


async def test_a_site_is_added_changed_and_removed_and_each_is_written_down(centre: Centre) -> None:
    async with centre.client("installer") as client:
        added = (await client.put(f"{API}/sites/pasar", json=a_site())).json()["site"]
        changed = await client.put(
            f"{API}/sites/pasar", json=a_site(wants_camera=False, latitude=-7.3, longitude=109.3)
        )
        assert (await client.get(f"{API}/sites/pasar")).json() == changed.json()
        assert [site["id"] for site in (await client.get(f"{API}/sites")).json()["sites"]] == ["pasar"]
        assert (await client.delete(f"{API}/sites/pasar")).status_code == 204
        assert (await client.delete(f"{API}/sites/pasar")).status_code == 404
    assert (added["area_name"], added["wants_camera"]) == ("RW 02 · Bancar", True)
    async with centre.database.read() as connection:
        log = await changes.listed(connection, VILLAGE)
    told = [(row["what"], row["before"] is not None, row["after"] is not None) for row in log]
    assert told == [("site", True, False), ("site", True, True), ("site", False, True)]


async def test_nobody_reaches_a_site_of_another_area(centre: Centre) -> None:
    async with centre.client("installer") as client:
        await client.put(f"{API}/sites/pasar", json=a_site())
    async with centre.client("installer", BESIDE) as client:
        answers = [
            await client.get(f"{API}/sites/pasar"),
            await client.put(f"{API}/sites/pasar", json=a_site(area=BESIDE)),
            await client.delete(f"{API}/sites/pasar"),
        ]
        outside = await client.put(f"{API}/sites/baru", json=a_site())
        assert (await client.get(f"{API}/sites")).json() == {"sites": []}
    assert [answer.status_code for answer in answers] == [404] * 3
    assert (outside.status_code, outside.json()["error"]["code"]) == (422, "refused")
    async with centre.client("installer") as client:
        assert (await client.get(f"{API}/sites/pasar")).json()["site"]["area"] == HERE


@pytest.mark.parametrize(
    "body",
    [
        {"latitude": -7.3},
        {"latitude": -97, "longitude": 109},
        {"area": "Bancar"},
        {"area": f"{HERE}\x00"},
        {"name": ""},
        {"name": "\x00"},
        {"kind": "Pasar; DROP"},
        {"wants_camera": "perhaps"},
    ],
)
async def test_a_site_that_cannot_be_is_refused(centre: Centre, body: dict[str, Any]) -> None:
    async with centre.client("installer") as client:
        assert (await client.put(f"{API}/sites/pasar", json=a_site(**body))).status_code == 422
        assert (await client.get(f"{API}/sites")).json() == {"sites": []}


async def test_a_camera_gets_a_place_a_view_and_neighbours_both_ways(centre: Centre) -> None:
    async with centre.client("installer") as client:
        await client.put(f"{API}/sites/pasar", json=a_site())
        answer = await put_place(client, site="pasar", neighbours=beside("pasar"))
        place = answer.json()["place"]
        assert (await client.get(PLACE)).json()["place"] == place
        other = (await client.get(f"{API}/edges/{EDGE}/cameras/pasar/place")).json()["place"]
    assert (place["site"], place["bearing"], place["area"]) == ("pasar", 90, HERE)
    assert [each["camera"] for each in place["neighbours"]] == ["pasar"]
    assert [each["camera"] for each in other["neighbours"]] == ["gerbang"]
    assert place["view"]["type"] == "Polygon"
    assert other["view"] is None
    async with centre.database.read() as connection:
        (change,) = [row for row in await changes.listed(connection, HERE) if row["what"] == "camera"]
    assert change["after"]["neighbours"] == [f"{EDGE}/pasar"]
    assert (change["which"], change["before"]["latitude"]) == (f"{EDGE}/gerbang", None)


async def test_cameras_that_stand_near_are_suggested_until_they_are_neighbours(centre: Centre) -> None:
    async with centre.client("installer") as client:
        for camera, latitude in (("pos", -7.3886), ("pasar", -7.3981)):
            await put_place(client, camera, latitude=latitude)
        near = (await put_place(client)).json()["place"]["suggested"]
        wide = (await client.get(PLACE, params={"within_m": 2000})).json()["place"]["suggested"]
        named = (await put_place(client, neighbours=beside("pos"))).json()["place"]["suggested"]
    assert [(each["camera"], round(each["distance_m"])) for each in near] == [("pos", 56)]
    assert [each["camera"] for each in wide] == ["pos", "pasar"]
    assert named == []


@pytest.mark.parametrize("neighbour", ["pasar", "nowhere"])
async def test_a_neighbour_must_lie_in_ones_own_area_and_a_foreign_one_is_as_none(
    centre: Centre, neighbour: str
) -> None:
    async with centre.client("installer", HERE) as client:
        answer = await put_place(client, neighbours=beside("pos", neighbour))
        assert answer.status_code == 422
        assert answer.json()["error"]["message"] == f"neighbour {EDGE}/{neighbour}: there is no such camera in {HERE}"
        assert (await client.get(PLACE)).json()["place"]["latitude"] is None  # nothing half-written
        foreign = await put_place(client, "pasar")
        missing = await put_place(client, "nowhere")
        site = await put_place(client, site="nowhere")
    assert (foreign.status_code, foreign.text) == (404, missing.text)
    assert site.status_code == 422


async def test_who_works_in_a_part_does_not_undo_neighbours_that_reach_out_of_it(centre: Centre) -> None:
    async with centre.client("installer") as client:
        await put_place(client, neighbours=beside("pos", "pasar"))
    async with centre.client("installer", HERE) as client:
        place = (await put_place(client, neighbours=[])).json()["place"]
    assert place["neighbours"] == []
    async with centre.client("installer") as client:
        whole = (await client.get(PLACE)).json()["place"]
    assert [each["camera"] for each in whole["neighbours"]] == ["pasar"]
    async with centre.database.read() as connection:
        assert len(list(await connection.execute(neighbours.select()))) == 2


async def test_neighbours_are_what_correlation_goes_by(centre: Centre) -> None:
    async with centre.client("admin") as client:
        await put_place(client, neighbours=beside("pasar", "gerbang"))  # nobody is beside itself
    async with centre.database.read() as connection:
        known = await cases._neighbours(connection, {(EDGE, "gerbang"), (EDGE, "pasar")})
    assert known == {(EDGE, "gerbang"): {(EDGE, "pasar")}, (EDGE, "pasar"): {(EDGE, "gerbang")}}


async def test_a_removed_site_leaves_its_cameras(centre: Centre) -> None:
    async with centre.client("installer") as client:
        await client.put(f"{API}/sites/pasar", json=a_site())
        await put_place(client, site="pasar")
        assert (await client.delete(f"{API}/sites/pasar")).status_code == 204
        place = (await client.get(PLACE)).json()["place"]
    assert (place["site"], place["latitude"]) == (None, STANDS["latitude"])


async def test_the_map_shows_ones_own_area_as_geojson(centre: Centre) -> None:
    async with centre.client("installer") as client:
        await client.put(f"{API}/sites/pasar", json=a_site(latitude=-7.4, longitude=109.4))
        await client.put(f"{API}/sites/tanpa-letak", json=a_site())
        await put_place(client)
        await put_place(client, "pos", bearing=None)
        await put_place(client, "pasar")
        whole = (await client.get(f"{API}/map")).json()
    async with centre.client("rw", HERE) as client:
        mine = (await client.get(f"{API}/map")).json()

    def told(found: dict[str, Any]) -> list[tuple[str, str]]:
        properties = [feature["properties"] for feature in found["features"]]
        return [(each["sort"], each.get("camera") or each["id"]) for each in properties]

    cameras = [("camera", "gerbang"), ("camera", "pos"), ("view", "gerbang")]
    assert told(mine) == [("site", "pasar"), *cameras]
    assert sorted(told(whole)) == sorted([("site", "pasar"), *cameras, ("camera", "pasar"), ("view", "pasar")])
    assert whole["type"] == "FeatureCollection"
    camera = next(each for each in mine["features"] if each["properties"]["sort"] == "camera")
    assert camera["geometry"] == {"type": "Point", "coordinates": [109.364, -7.3881]}
    assert camera["properties"]["state"] == "ok"


async def test_who_does_not_install_looks_and_changes_nothing(centre: Centre) -> None:
    async with centre.client("operator") as client:
        assert (await client.get(f"{API}/map")).status_code == 200
        assert (await client.put(f"{API}/sites/pasar", json=a_site())).status_code == 403
        assert (await put_place(client)).status_code == 403
    async with centre.client("resident", f"{HERE}/RT04") as client:
        assert (await client.get(f"{API}/map")).status_code == 403


async def test_who_has_the_map_already_is_told_so_until_something_of_it_changes(centre: Centre) -> None:
    async with centre.client("installer") as client:
        await put_place(client)
        first = await client.get(f"{API}/map")
        known = {"If-None-Match": first.headers["etag"]}
        again = await client.get(f"{API}/map", headers=known)
        weak = await client.get(f"{API}/map", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        await put_place(client, bearing=180)
        changed = await client.get(f"{API}/map", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert weak.status_code == 304
    assert (changed.status_code, changed.headers["etag"] == first.headers["etag"]) == (200, False)
    assert (first.headers["cache-control"], first.headers["content-type"]) == ("private, no-cache", "application/json")
