"""Which edges may talk to the centre."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from ingest.accounts import Account, Accounts
from ingest.settings import EdgeAccount


def settings(name: str, path: Path) -> EdgeAccount:
    return EdgeAccount(id=name, name=name.title(), area="33.03.05", secret_file=str(path))


def test_passwords_are_read_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("  a password\n")
    accounts = Accounts.read([settings("pos-1", tmp_path / "secret")])
    assert list(accounts) == [Account("pos-1", "Pos-1", "33.03.05", "a password")]


def test_every_file_that_holds_no_password_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "good").write_text("a password")
    names = ["missing", "empty", "binary", "good"]
    with pytest.raises(ConfigError) as refused:
        Accounts.read([settings(name, tmp_path / name) for name in names])
    assert [line.partition(":")[0] for line in refused.value.problems] == [f"edge {name}" for name in names[:3]]
    assert all("secret_file" in line and str(tmp_path) in line for line in refused.value.problems)


@pytest.mark.parametrize(
    ("edge", "secret", "let_in"),
    [
        ("pos-1", "a password", True),
        ("pos-1", "a passwor", False),
        ("pos-1", "", False),
        ("pos-1", "kata sandi é", False),
        ("pos-2", "a password", False),
        ("", "", False),
        ("nobody", "", False),
    ],
)
def test_an_edge_is_let_in_by_its_own_password(edge: str, secret: str, let_in: bool) -> None:
    accounts = Accounts([Account("pos-1", "Pos", "33.03", "a password"), Account("pos-2", "Pos", "33.03", "another")])
    assert accounts.verify(edge, secret) is let_in
