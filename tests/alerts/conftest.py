"""A centre on each engine."""

from pathlib import Path

import argon2
import pytest

from alerts.people import accounts
from alerts.store.database import Database
from tests.alerts.centre import Centre


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are quick to hash, and so to guess."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "PasswordHasher", lambda: quick)


@pytest.fixture
async def centre(database: Database, tmp_path: Path, quick_hashes: None) -> Centre:
    """One registered edge, nobody and nothing else."""
    centre = Centre(database, tmp_path, alone=True)
    await centre.register()
    return centre
