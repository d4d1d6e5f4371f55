"""`ekamling routing`: the rules from the command line, beside the centre or before it ever ran."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from alerts.people.accounts import Accounts
from alerts.store import changes
from alerts.store.database import Database
from alerts.telling.defaults import DEFAULT
from alerts.telling.routing_document import to_json
from core.clock import SystemClock
from ekamling.cli import main

RT = "33.03.05.1003/RW02/RT04"
RULES = '{"rules": [{"name": "all", "steps": [{"roles": ["rt"], "users": ["siti"]}]}]}'


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A centre with one user, Siti."""
    path = tmp_path / "centre.toml"
    path.write_text(f'data = "{tmp_path / "data"}"\n')
    (tmp_path / "data").mkdir()
    asyncio.run(_add_siti(tmp_path))
    return str(path)


async def _add_siti(folder: Path) -> None:
    database = await Database.open(_url(folder))
    await Accounts(database, SystemClock()).add("siti", "Bu Siti", "admin", "33.03")
    await database.close()


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/data/centre.sqlite3"


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.json"
    path.write_text(RULES)
    return str(path)


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """Exit status, and the lines that were printed."""
    status = main(["routing", *arguments])
    printed = capsys.readouterr()
    return status, (printed.err if status else printed.out).splitlines()


def test_the_default_rules_are_shown_until_others_are_set(
    config: str, rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines = ran(capsys, "show", "--config", config)
    assert (status, json.loads("".join(lines))) == (0, json.loads(to_json(DEFAULT)))
    assert ran(capsys, "check", rules, "--config", config) == (0, [f"{rules}: 1 rules that may be used"])
    assert ran(capsys, "set", rules, "--note", "uji", "--config", config) == (0, ["version 1 counts from now on"])
    assert json.loads("".join(ran(capsys, "show", "--config", config)[1])) == json.loads(RULES)
    assert ran(capsys, "show", "--version", "1", "--config", config)[0] == 0
    (noted,) = asyncio.run(_changes(tmp_path))
    assert (noted["user"], noted["what"], noted["after"]["version"]) == ("command line", "routing", 1)


async def _changes(folder: Path) -> list[dict[str, Any]]:
    database = await Database.open(_url(folder))
    async with database.read() as connection:
        found = await changes.listed(connection, "33.03", what="routing")
    await database.close()
    return found


def test_a_dry_run_tells_who_would_be_told(config: str, rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["dry-run", "--kind", "fire", "--severity", "1", "--area", RT, "--config", config]
    status, lines = ran(capsys, *asked, "--file", rules, "--at", "2026-11-23T22:00+07:00")
    assert (status, lines) == (
        0,
        [
            "RT 04 / RW 02 · Kedungmenjangan (33.03.05.1003/RW02/RT04): rule 'all'",
            "     0 s  rt, siti, unless claimed",
            "          Bu Siti (admin 33.03): console",
        ],
    )
    status, lines = ran(capsys, *asked, "--json")
    found = json.loads("".join(lines))
    assert (found["rule"], found["told"][-1]["people"][0]["name"]) == ("P1 fire", "siti")
    assert "          nobody on duty" in ran(capsys, *asked)[1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ('{"rules": []}', "has no rule"),
        (RULES.replace("siti", "budi"), "no user is called 'budi'"),
        (None, "cannot be read"),
    ],
)
@pytest.mark.parametrize("action", ["check", "set"])
def test_rules_that_cannot_be_used_are_one_line_and_change_nothing(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str, content: str | None, why: str
) -> None:
    file = tmp_path / "wrong.json"
    if content is not None:
        file.write_text(content)
    status, (line,) = ran(capsys, action, str(file), "--config", config)
    assert (status, why in line) == (1, True), line
    assert ran(capsys, "show", "--version", "1", "--config", config)[1] == [
        "ekamling: there is no version 1; the newest is 0"
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (["--area", "Bancar"], "is not a code"),
        (["--area", RT, "--at", "2026-11-23T22:00"], "with its zone"),
        (["--area", RT, "--at", "tonight"], "with its zone"),
    ],
)
def test_what_cannot_be_tried_is_one_line(
    config: str, capsys: pytest.CaptureFixture[str], changed: list[str], why: str
) -> None:
    status, (line,) = ran(capsys, "dry-run", "--kind", "fire", "--severity", "1", "--config", config, *changed)
    assert (status, why in line) == (1, True)
