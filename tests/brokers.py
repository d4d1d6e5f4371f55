"""A broker as the centre starts it, beside a test that has no event loop."""

import os
import signal
from pathlib import Path

from core.process import descendants
from ekamling.demo_site import free_ports
from ingest.accounts import Account, Accounts
from ingest.broker import Broker
from ingest.settings import BrokerSettings
from tests.loop_thread import LoopThread

HOST = "127.0.0.1"
EDGES = {"pos-1": "rahasia-satu", "pos-2": "rahasia-dua"}  # and their passwords


class RunningBroker:
    """`url`, `user` and `password` let the centre in; edges come in at `mqtt_port`."""

    def __init__(self, loop: LoopThread, folder: Path) -> None:
        self.loop = loop
        self.mqtt_port, port, monitor_port = free_ports(3)
        settings = BrokerSettings(host=HOST, mqtt_port=self.mqtt_port, port=port, monitor_port=monitor_port)
        accounts = Accounts(Account(edge, edge, "33.03.05.1005", secret) for edge, secret in EDGES.items())
        self._folder = folder
        self._broker = Broker(settings, accounts, folder)
        self.url, self.user, self.password = self._broker.url, self._broker.user, self._broker.password
        self.access = self._broker.access

    def start(self) -> None:
        self.loop.run(self._broker.start())

    def stop(self) -> None:
        """Harmless when it does not run."""
        self.loop.run(self._broker.stop())

    def halt(self) -> None:
        """Let the process stand still, its connections open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after `halt`."""
        self._signal(signal.SIGCONT)

    def _signal(self, signum: signal.Signals) -> None:
        mine = str(self._folder).encode()
        for pid in descendants(os.getpid()):
            if mine in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signum)
                return
        raise AssertionError("the broker does not run")
