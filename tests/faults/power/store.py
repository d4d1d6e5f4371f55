"""The centre's database of the power cuts, on one disk with its files."""

from pathlib import Path

from alerts.store.database import Database

FILE = "centre.sqlite3"


async def opened(folder: Path) -> Database:
    return await Database.open(f"sqlite+aiosqlite:///{folder / FILE}")
