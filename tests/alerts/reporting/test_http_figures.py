"""Figures, exports and suggestions over HTTP: who gets them, of which area, and what is refused."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import insert, text

from alerts.reporting import sheets
from alerts.reporting.frames import pl
from alerts.reporting.office import Office
from alerts.reporting.period import of_days
from alerts.settings import TargetSettings
from alerts.store.schema import media
from core import config
from core.errors import EkamlingError
from tests.alerts.centre import VILLAGE, Centre, statements
from tests.alerts.reporting.ledger import NOON, RT, an_event_of, an_incident, write
from tests.messages import AT

API = "/api/v1"
MONTH = {"from": "2026-10-01", "to": "2026-10-31"}
FIGURES = ("figures", "figures.csv", "figures.pdf")
EXPORTS = ("exports/incidents.csv", "exports/incidents.parquet")


async def get(browser: AsyncClient, path: str, **more: Any) -> Any:
    return await browser.get(f"{API}/{path}", params={**MONTH, **more})


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("paths", "roles"),
    [
        (FIGURES, {"ronda", "rt", "polsek", "operator", "auditor", "admin"}),
        (EXPORTS, {"auditor", "admin"}),
        (("exports/labelled.jsonl",), {"admin"}),
        (("suggestions",), {"installer", "admin"}),
    ],
)
async def test_each_is_for_its_roles(centre: Centre, paths: tuple[str, ...], roles: set[str]) -> None:
    for role in ("resident", "ronda", "rt", "polsek", "operator", "installer", "auditor", "admin"):
        async with centre.client(role, RT if role in ("resident", "ronda", "rt") else "33.03.05") as browser:
            for path in paths:
                status = (await get(browser, path)).status_code
                assert status == (200 if role in roles else 403), (role, path)
    async with centre.client(None) as stranger:
        assert {(await get(stranger, path)).status_code for path in paths} == {401}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_an_area_outside_is_not_there(centre: Centre) -> None:
    await write(centre.database, [an_incident(), an_incident(area="33.03.06.2001")])
    async with centre.client("admin", VILLAGE) as browser:
        for path in (*FIGURES, *EXPORTS, "exports/labelled.jsonl"):
            for area in ("33.03", "33.03.06.2001", f"{VILLAGE[:-1]}6"):
                assert (await get(browser, path, area=area)).status_code == 404
        own = (await get(browser, "figures")).json()["figures"]
        inner = (await get(browser, "figures", area=f"{VILLAGE}/RW02")).json()["figures"]
    assert (own["area"], own["total"]["alarms"], inner["area"], inner["total"]["alarms"]) == (
        VILLAGE,
        1,
        f"{VILLAGE}/RW02",
        1,
    )


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2026-11-01"}, "ends (2026-10-31) before it begins (2026-11-01)"),
        ({"from": "2026-13-01"}, "'2026-13-01' is not a day such as 2026-10-31; days are days in WIB"),
        ({"to": "2026-10-31T10:00:00"}, "is not a day such as"),
        ({"to": "9999-12-31"}, "is not a day such as"),
        ({"from": "1990-01-01"}, "is too long"),
        ({"area": "Purbalingga"}, "is not a code such as"),
        ({"area": "33.03\x00"}, "is not a code such as"),
    ],
)
async def test_a_wrong_question_is_answered_in_one_line(centre: Centre, query: dict[str, str], said: str) -> None:
    async with centre.client("admin") as browser:
        for path in (*FIGURES, *EXPORTS, "exports/labelled.jsonl"):
            answer = await get(browser, path, **query)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "refused")
            assert said in answer.json()["error"]["message"] and "\n" not in answer.json()["error"]["message"]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_targets_of_one_s_own_are_counted_too(centre: Centre) -> None:
    async with centre.client("operator") as browser:
        found = (await get(browser, "figures", target=["answer:30:80", "close:3600"])).json()["figures"]
        assert [each["clock"]["seconds"] for each in found["total"]["clocks"][-2:]] == [30, 3600]
        wrong = await get(browser, "figures", target="fast:1")
        assert (wrong.status_code, "is not SPAN:SECONDS" in wrong.text) == (422, True)
        assert (await browser.get(f"{API}/figures")).json()["error"]["code"] == "invalid"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_targets_of_the_centre_are_counted_for_everybody(centre: Centre) -> None:
    settings = config.build({"clocks": ["arrive:900:75"]}, TargetSettings, name="centre.toml")
    office = Office(centre.database, centre.clock, settings.all)
    period = of_days(MONTH["from"], MONTH["to"])
    admin = await centre.user("admin", "33.03")
    plain = await office.figures(admin, "", period)
    more = await office.figures(admin, "", period, ["answer:30", "arrive:900:75"])
    assert plain and more
    assert [each.clock.seconds for each in plain.total.clocks] == [10, 600, 10, 60, 900]
    assert [each.clock.seconds for each in more.total.clocks] == [10, 600, 10, 60, 900, 30]


@pytest.mark.parametrize("clocks", [["fast:1"], ["answer:0"], ["answer:10:101"], ["answer:1"] * 11])
def test_a_target_of_the_centre_that_is_none_is_refused(clocks: list[str]) -> None:
    with pytest.raises(EkamlingError, match=r"target|clocks"):
        config.build({"clocks": clocks}, TargetSettings, name="centre.toml")


async def test_who_exports_what_is_written_down(centre: Centre) -> None:
    await write(centre.database, [an_incident()])
    files = ("incidents.csv", "incidents.parquet", "labelled.jsonl")
    async with centre.client("admin", "33.03.05") as browser:
        for file in files:
            assert (await get(browser, f"exports/{file}", area=VILLAGE)).status_code == 200
        assert (await get(browser, "exports/incidents.csv", text="true")).status_code == 200
        assert (await get(browser, "exports/incidents.csv", area="33.03.06")).status_code == 404
        noted = (await browser.get(f"{API}/changes", params={"what": "export"})).json()["changes"]
    span = {"from": MONTH["from"], "to": MONTH["to"]}
    assert [(each["which"], each["area"], each["after"]) for each in reversed(noted)] == [
        *((file, VILLAGE, {**span, "text": False}) for file in files),
        ("incidents.csv", "33.03.05", {**span, "text": True}),
    ]
    assert len({each["user"] for each in noted}) == 1


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_the_table_has_a_row_for_each_part(centre: Centre) -> None:
    await write(centre.database, [an_incident(agency="=cmd()", resolution="false")])
    async with centre.client("operator", VILLAGE) as browser:
        answer = await get(browser, "figures.csv")
        printed = await get(browser, "figures.pdf")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["bagian"] for row in rows] == ["seluruhnya", *["wilayah"] * 3, "instansi", "kamera", "aturan"]
    assert (rows[0]["alarm"], rows[0]["palsu"], rows[0]["presisi"], rows[4]["kode"]) == ("1", "1", "0.0", "'=cmd()")
    assert f"ekamling-{VILLAGE}-2026-10-01-2026-10-31.csv" in answer.headers["content-disposition"]
    assert (printed.headers["content-type"], printed.content[:5]) == ("application/pdf", b"%PDF-")


async def test_incidents_leave_without_names_and_without_free_text(centre: Centre) -> None:
    rows = [
        an_incident(NOON + timedelta(seconds=number), acknowledged_by="Siti", claimant="siti", summary="-1+1")
        for number in range(2100)
    ]
    await write(centre.database, rows)
    async with centre.client("auditor") as browser:
        with statements(centre.database) as seen:
            answer = await get(browser, "exports/incidents.csv")
        assert len([each for each in seen if "FROM incidents" in each]) == 1
        refused = await get(browser, "exports/incidents.csv", text="true")
        parquet = await get(browser, "exports/incidents.parquet")
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    assert "siti" not in answer.text.lower() and "summary" not in found[0]
    assert (found[0]["received_at"], found[0]["closed_at"], found[0]["test"]) == (
        "2026-10-15T05:00:00.000Z",
        "",
        "false",
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    table = pl.read_parquet(parquet.content)
    assert (len(table), table.columns) == (2100, list(found[0]))
    assert table["received_at"][0] == NOON
    async with centre.client("admin") as browser:
        asked = await get(browser, "exports/incidents.csv", text="true")
    assert next(csv.DictReader(io.StringIO(asked.text)))["summary"] == "'-1+1"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_no_incidents_are_a_file_with_a_head(centre: Centre) -> None:
    async with centre.client("admin") as browser:
        assert (await get(browser, "exports/incidents.csv")).text.startswith("number,id,kind")
        parquet = await get(browser, "exports/incidents.parquet")
        assert len(pl.read_parquet(parquet.content)) == 0
        assert (await get(browser, "exports/labelled.jsonl")).text == ""


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_table_that_is_made_in_parts_is_one(engine_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pages() -> AsyncGenerator[list[tuple[int, float | None, datetime]], None]:
        for first in range(0, 12, 3):
            yield [(number, None if number % 2 else 0.5, NOON) for number in range(first, first + 3)]

    monkeypatch.setattr(sheets, "GATHERED", 5)
    columns = ["number", "score", "opened_at"]
    made = b"".join([part async for part in sheets.parquet_chunks(columns, pages())])
    table = pl.read_parquet(made)
    assert (table.columns, table["number"].to_list()) == (columns, list(range(12)))
    assert (table["score"].to_list()[:2], table["opened_at"][11]) == ([0.5, None], NOON)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_database_that_is_gone_is_said_before_the_file_begins(centre: Centre) -> None:
    async with centre.client("admin") as browser:
        async with centre.database.write() as connection:
            await connection.execute(text("ALTER TABLE incidents RENAME TO gone"))
        for path in ("figures", *EXPORTS):
            assert (await get(browser, path)).status_code == 503


async def test_judged_events_are_what_is_learnt_from(centre: Centre) -> None:
    words: list[tuple[str | None, dict[str, Any]]] = [
        *[(word, {}) for word in ("resolved", "false", "test", "merged", "silenced", None)],
        ("resolved", {"test": True, "quiet": "x"}),
        ("false", {"quiet": "x"}),
    ]
    rows = [an_incident(resolution=word, **more) for word, more in words]
    seen = [an_event_of(row, number) for number, row in enumerate(rows)]
    seen.append(an_event_of(rows[0], 99, snapshot_sha256=None))
    await write(centre.database, rows, seen)
    async with centre.database.write() as connection:
        picture = {"event": seen[0]["id"], "kind": "snapshot", "sha256": "0" * 64, "size": 1, "stored_at": AT}
        await connection.execute(insert(media).values(**picture))
    async with centre.client("admin") as browser:
        answer = await get(browser, "exports/labelled.jsonl")
    lines = {line["event"]: line for line in map(json.loads, answer.text.splitlines())}
    verdicts = [lines.get(event["id"], {}).get("verdict") for event in seen]
    assert verdicts == ["true", "false", "test", None, None, None, "test", None, None]
    first = lines[seen[0]["id"]]
    assert (first["snapshot"], first["box"], first["kept"]) == ("0" * 64, [0.1, 0.2, 0.3, 0.4], True)
    assert (first["label"], first["score"], first["rule"]) == ("person", 0.75, "halaman")
    assert not lines[seen[1]["id"]]["kept"]


async def test_suggestions_come_from_the_verdicts_of_one_s_area(centre: Centre) -> None:
    at = centre.clock.now() - timedelta(days=1)
    rows = [an_incident(at, "resolved", score=0.9) for _ in range(4)]
    rows += [an_incident(at, "false", score=0.4) for _ in range(12)]
    rows += [an_incident(at, "test", score=0.4), an_incident(at, "false", score=0.4, area="33.03.06.2001")]
    await write(centre.database, rows, [an_event_of(row, number) for number, row in enumerate(rows)])
    async with centre.client("installer", VILLAGE) as browser:
        found = (await browser.get(f"{API}/suggestions")).json()["suggestions"]
        none = (await browser.get(f"{API}/suggestions", params={"days": 1})).json()["suggestions"]
        wrong = await browser.get(f"{API}/suggestions", params={"days": 0})
    assert [(each["what"], each["min_score"], each["verdicts"]) for each in found] == [("min_score", 0.45, 16)]
    assert (found[0]["removes_false"]["part"], found[0]["removes_true"]["part"]) == (12, 0)
    assert (none, wrong.status_code) == ([], 422)


async def test_a_page_is_told_the_same_for_half_a_minute_and_says_of_when(centre: Centre) -> None:
    await write(centre.database, [an_incident()])
    async with centre.client("operator") as browser:
        first = (await get(browser, "figures")).json()["figures"]
        await write(centre.database, [an_incident()])
        with statements(centre.database) as asked:
            again = (await get(browser, "figures")).json()["figures"]
        assert again == first
        assert not any("FROM incidents" in each for each in asked)
        centre.clock.advance(30)
        later = (await get(browser, "figures")).json()["figures"]
    assert (first["total"]["alarms"], later["total"]["alarms"]) == (1, 2)
    assert later["made_at"] > first["made_at"]
