"""What `broker.sync = "always"` costs: one broker and a cluster of three, with either, one event after another.

    python benchmarks/broker_sync.py [EVENTS]

Prints one JSON object: milliseconds from publishing an event of 600 bytes to the broker's word that it has it, and
events a second with 200 on their way. The variants take turns, five rounds; the disk is that of the temporary folder.
"""

import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from ekamling.demo_site import free_ports
from ingest.accounts import Accounts
from ingest.broker import Broker
from ingest.settings import BrokerSettings, ClusterSettings

EVENT = b"x" * 600
AT_ONCE = 200
ROUNDS = 5
HOST = "127.0.0.1"


@asynccontextmanager
async def brokers(count: int, sync: Any, folder: Path) -> AsyncIterator[JetStreamContext]:
    """So many brokers with a stream that all of them hold."""
    password, gates = secrets.token_hex(8), free_ports(count)
    async with AsyncExitStack() as stack:
        for number, gate in enumerate(gates):
            mqtt, port, monitor = free_ports(3)
            others = [f"{HOST}:{other}" for other in gates if other != gate]
            cluster = ClusterSettings(f"b{number}", others, HOST, gate) if others else None
            settings = BrokerSettings(
                mqtt_port=mqtt, port=port, monitor_port=monitor, replicas=count, sync=sync, cluster=cluster
            )
            broker = Broker(settings, Accounts([]), folder / str(number), password)
            await broker.start()
            stack.push_async_callback(broker.stop)
        client = await nats.connect(broker.url, user=broker.user, password=broker.password)
        stack.push_async_callback(client.close)
        jetstream = client.jetstream()
        async with asyncio.timeout(60):
            while True:  # a cluster first chooses who leads it
                try:
                    await jetstream.add_stream(StreamConfig(name="B", subjects=["b"], num_replicas=count))
                    break
                except nats.errors.Error:
                    await asyncio.sleep(0.5)
        yield jetstream


async def one_by_one(jetstream: JetStreamContext, events: int) -> list[float]:
    """Milliseconds of each."""
    took = []
    for _ in range(events):
        since = time.perf_counter()
        await jetstream.publish("b", EVENT, timeout=10)
        took.append((time.perf_counter() - since) * 1000)
    return took


async def many(jetstream: JetStreamContext, events: int) -> float:
    """Events a second."""
    since = time.perf_counter()
    for _ in range(events // AT_ONCE):
        await asyncio.gather(*(jetstream.publish("b", EVENT, timeout=30) for _ in range(AT_ONCE)))
    return events // AT_ONCE * AT_ONCE / (time.perf_counter() - since)


async def main(events: int) -> None:
    took: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for count in (1, 3):
            for sync in ("interval", "always"):
                name = f"{count} {sync}"
                with tempfile.TemporaryDirectory(prefix="ekamling-sync-") as folder:
                    async with brokers(count, sync, Path(folder)) as jetstream:
                        took.setdefault(name, []).extend(await one_by_one(jetstream, events // 10))
                        rates.setdefault(name, []).append(await many(jetstream, events))
                sys.stderr.write(f"round {turn + 1}, {name}\n")
    figures = {
        name: {
            "p50_ms": round(statistics.median(took[name]), 2),
            "p99_ms": round(statistics.quantiles(took[name], n=100)[98], 2),
            "events_s": round(statistics.median(rates[name])),
        }
        for name in took
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
