"""The stream in which the broker keeps what edges send, until the centre has taken it in."""

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StreamConfig
from nats.js.errors import BadRequestError

from core.topics import UP, subject

STREAM = "EDGES"
MAX_AGE_S = 24 * 3600.0  # an edge still has in its outbox what the stream gives up
MAX_BYTES = 128 * 1024 * 1024  # the broker refuses a stream larger than three quarters of the free disk
ANOTHER_CONFIG = 10058  # of NATS: the stream is there, with another configuration


async def make(jetstream: JetStreamContext, replicas: int) -> None:
    """Make it, or bring it to what it is to be now; raises nats.errors.Error where the broker refuses.

    What edges publish while there is none the broker confirms and forgets: they send it again when no ack comes.
    """
    stream = StreamConfig(
        name=STREAM,
        subjects=[subject("*", channel) for channel in UP],
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.OLD,
        max_age=MAX_AGE_S,
        max_bytes=MAX_BYTES,
        num_replicas=replicas,
    )
    try:
        await jetstream.add_stream(stream)
    except BadRequestError as error:
        if error.err_code != ANOTHER_CONFIG:
            raise
        await jetstream.update_stream(stream)
