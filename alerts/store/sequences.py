"""How many numbered events of each edge are here: what shows a gap, and an edge that was set back."""

from collections import Counter

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.schema import sequences
from core.events import OutboxStatus

Life = tuple[str, str]  # an edge, and one life of its outbox


async def note(connection: AsyncConnection, stored: Counter[Life], rewound: Counter[Life]) -> None:
    """Count events that were stored, and those that came under a number which another event has already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [
        {"edge": edge, "stream": stream, "stored": stored[edge, stream], "rewound": rewound[edge, stream]}
        for edge, stream in sorted(stored | rewound)
    ]
    if rows:
        statement = dialect.insert(sequences)
        changes = {name: sequences.c[name] + statement.excluded[name] for name in ("stored", "rewound")}
        await connection.execute(statement.on_conflict_do_update(index_elements=["edge", "stream"], set_=changes), rows)


def missing(outbox: OutboxStatus, stored: int) -> int:
    """Events that an edge has numbered and that are nowhere: neither waiting there, nor given up there and told, nor
    stored here. An edge forgets only what the centre confirmed, so this is 0 unless one of the two lost its disk or
    was put back to an earlier state."""
    return max(0, outbox.recorded - outbox.events - outbox.events_lost - stored)
