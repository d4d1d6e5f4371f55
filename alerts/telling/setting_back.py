"""What waits for its time when the clock is set back: it would wait for hours, and so would who needs help.

No record says by how much a clock was wrong before the centre was started, nor does one worker know what another has
done. So what waits for longer than it ever should is given its usual time anew, which changes nothing the second time.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store import ladders, notifications
from alerts.telling.rule import Step

RETRY = timedelta(seconds=60)  # within which a message that waits is tried again

_step = msgspec.json.Decoder(Step)


async def set_right(connection: AsyncConnection, now: datetime) -> int:
    """Bring forward the steps and messages that wait for longer than their rules say; returns how many did."""
    late = [
        (row.id, due)
        for row in await ladders.ahead(connection, now)
        if row.due_at > (due := now + timedelta(seconds=_step.decode(row.step).after_s))
    ]
    await ladders.reschedule(connection, late)
    return len(late) + await notifications.bring_forward(connection, now + RETRY)
