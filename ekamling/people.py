"""Work on the people of a centre from the command line, beside the running centre or before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alerts.people.accounts import Accounts
from alerts.store.database import Database
from core.clock import SystemClock
from ekamling.settings import CentreSettings


@asynccontextmanager
async def accounts(settings: CentreSettings) -> AsyncIterator[Accounts]:
    """The accounts of a centre, on a connection of our own."""
    database = await Database.open(settings.database_url)
    try:
        yield Accounts(database, SystemClock())
    finally:
        await database.close()


def link_url(settings: CentreSettings, token: str) -> str:
    """The address of a one-time link. The token stands in the fragment, which browsers never send to a server."""
    return f"{settings.http.url}/masuk#token={token}"
