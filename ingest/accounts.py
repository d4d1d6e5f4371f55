"""Which edges may talk to this centre, and with what password."""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError
from ingest.settings import EdgeAccount


@dataclass(frozen=True, slots=True)
class Account:
    """An edge, where it stands, and its password."""

    edge: str
    name: str
    area: str
    secret: str


class Accounts:
    """All edges of a centre."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_edge = {account.edge: account for account in accounts}

    @classmethod
    def read(cls, edges: Iterable[EdgeAccount]) -> "Accounts":
        """Read the secret files; raises ConfigError with a line for each that cannot be used."""
        accounts, problems = [], []
        for edge in edges:
            secret = _secret(Path(edge.secret_file))
            if not secret:
                problems.append(
                    f"edge {edge.id}: secret_file {edge.secret_file} must be readable and hold one password"
                )
            accounts.append(Account(edge.id, edge.name, edge.area, secret))
        if problems:
            raise ConfigError(problems)
        return cls(accounts)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_edge.values())

    def verify(self, edge: str, secret: str) -> bool:
        """Whether this is the edge's password, in a time that does not depend on where it differs."""
        account = self._by_edge.get(edge)
        known = account.secret if account else ""
        return hmac.compare_digest(known.encode(), secret.encode()) and account is not None


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
