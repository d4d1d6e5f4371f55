"""People: one-time links, passwords and sessions."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from alerts.people.accounts import LINK, MAX_PASSWORD, SESSION, Accounts
from alerts.store import people
from alerts.store.database import Database
from alerts.store.schema import links, sessions
from core.clock import ManualClock
from core.errors import EkamlingError
from tests.alerts.centre import Centre

PASSWORD = "ronda malam bancar"


@pytest.fixture
async def accounts(centre: Centre) -> Accounts:
    """With the user Siti, who has a link only."""
    await centre.accounts.add("siti", "Siti Aminah", "operator", "33.03.05")
    return centre.accounts


async def test_a_new_user_has_no_password_yet(accounts: Accounts) -> None:
    user = await accounts.by_link(await accounts.link("siti"))
    assert user and (user.name, user.display_name, user.role, user.area, user.password_hash) == (
        "siti",
        "Siti Aminah",
        "operator",
        "33.03.05",
        None,
    )
    assert await accounts.by_password("siti", "") is None


async def test_a_link_lets_one_in_once_even_when_many_use_it_at_once(accounts: Accounts) -> None:
    token = await accounts.link("siti")
    users = await asyncio.gather(*(accounts.by_link(token) for _ in range(8)))
    assert [user.name for user in users if user] == ["siti"]
    assert await accounts.by_link(token) is None


async def test_a_link_ends_with_its_day(accounts: Accounts, centre: Centre) -> None:
    late, timely = await accounts.link("siti"), await accounts.link("siti")
    centre.clock.advance(LINK.total_seconds() - 1)
    assert await accounts.by_link(timely)
    centre.clock.advance(1)
    assert await accounts.by_link(late) is None


async def test_what_was_never_a_link_lets_nobody_in(accounts: Accounts) -> None:
    assert await accounts.by_link("") is None
    assert await accounts.by_link("x" * 1000) is None


async def test_the_password_lets_its_owner_in_and_nobody_else(accounts: Accounts) -> None:
    await accounts.add("budi", "", "operator", "33.03")
    await accounts.set_password("siti", PASSWORD)
    found = await accounts.by_password("siti", PASSWORD)
    assert found and found.name == "siti"
    for name, password in (("siti", PASSWORD + "x"), ("budi", PASSWORD), ("nobody", PASSWORD), ("Siti", PASSWORD)):
        assert await accounts.by_password(name, password) is None


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_passwords_are_hashed_as_rfc_9106_asks(database: Database) -> None:
    accounts = Accounts(database, ManualClock())
    await accounts.add("siti", "", "operator", "33.03")
    await accounts.set_password("siti", PASSWORD)
    async with database.read() as connection:
        user = await people.find_user(connection, "siti")
    assert user and user.password_hash and user.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in user.password_hash


async def test_a_new_password_replaces_the_old_one(accounts: Accounts) -> None:
    await accounts.set_password("siti", PASSWORD)
    await accounts.set_password("siti", PASSWORD[::-1])
    assert await accounts.by_password("siti", PASSWORD) is None
    assert await accounts.by_password("siti", PASSWORD[::-1])


@pytest.mark.parametrize("password", ["", "x" * 9, "x" * (MAX_PASSWORD + 1)])
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_password_has_a_length_that_serves(accounts: Accounts, password: str) -> None:
    with pytest.raises(EkamlingError, match="10 to 1000"):
        await accounts.set_password("siti", password)


async def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    class Counting:
        def hash(self, _password: str) -> str:
            return "of a decoy"

        def verify(self, hashed: str, _password: str) -> bool:
            checked.append(hashed)
            return True

    monkeypatch.setattr(accounts, "_hasher", Counting())
    assert await accounts.by_password("nobody", PASSWORD) is None
    assert await accounts.by_password("siti", PASSWORD) is None
    assert checked == ["of a decoy"] * 2


async def test_a_session_lasts_a_shift_and_ends_when_asked(accounts: Accounts, centre: Centre) -> None:
    user = await accounts.by_link(await accounts.link("siti"))
    assert user
    first, second = await accounts.start_session(user), await accounts.start_session(user)
    assert await accounts.session(first) == user
    await accounts.end_session(first)
    assert (await accounts.session(first), await accounts.session(second)) == (None, user)
    centre.clock.advance(SESSION.total_seconds())
    assert await accounts.session(second) is None
    assert await accounts.session("") is None


async def test_sessions_that_ended_are_forgotten_with_the_next_one(accounts: Accounts, centre: Centre) -> None:
    user = await centre.user()
    await accounts.start_session(user)
    centre.clock.advance((SESSION + timedelta(seconds=1)).total_seconds())
    await accounts.start_session(user)
    async with centre.database.read() as connection:
        assert len((await connection.execute(select(sessions))).all()) == 1


async def test_no_token_stands_in_the_database(accounts: Accounts, centre: Centre) -> None:
    link = await accounts.link("siti")
    session = await accounts.start_session(await centre.user())
    async with centre.database.read() as connection:
        rows = [*await connection.execute(select(links)), *await connection.execute(select(sessions))]
    assert rows and not any(token in str(row) for row in rows for token in (link, session))


@pytest.mark.parametrize(
    ("name", "display_name", "role", "area", "complaint"),
    [
        ("siti", "", "operator", "33.03", "'siti' is there already"),
        ("", "", "operator", "33.03", "1 to 80 printable"),
        ("x" * 81, "", "operator", "33.03", "1 to 80 printable"),
        ("a\nb", "", "operator", "33.03", "1 to 80 printable"),
        ("a\0b", "", "operator", "33.03", "1 to 80 printable"),
        ("budi", "x" * 81, "operator", "33.03", "1 to 80 printable"),
        ("budi", "a\0b", "operator", "33.03", "1 to 80 printable"),
        ("budi", "", "root", "33.03", "role 'root' is not one of resident, ronda, .*, admin, auditor"),
        ("budi", "", "operator", "Purbalingga", "'Purbalingga' is not a code"),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_user_that_cannot_be_is_refused_in_one_line(
    accounts: Accounts, name: str, display_name: str, role: str, area: str, complaint: str
) -> None:
    with pytest.raises(EkamlingError, match=complaint) as refused:
        await accounts.add(name, display_name, role, area)
    assert "\n" not in str(refused.value)


async def test_a_link_needs_a_user(accounts: Accounts) -> None:
    with pytest.raises(EkamlingError, match="no user is called 'nobody'; add one"):
        await accounts.link("nobody")
