"""Siren: the loudspeaker at an edge beats the desa's own kentongan code. Codes differ from place to place."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from alerts.notifiers import addresses
from alerts.notifiers.base import DeliveryError, Message, Receipt, checked, cleaned
from alerts.notifiers.exchange import TIMEOUT_S
from alerts.notifiers.settings import SirenCode
from core import areas
from core.errors import EkamlingError

Command = Callable[[str, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Siren:
    """`command` hands the arguments to an edge and returns when the edge has them; `otherwise` is beaten where no code
    fits, empty: nothing is. The edge falls silent by itself after `seconds`. `safe` is beaten once when all is over;
    empty: it only falls silent."""

    command: Command
    codes: tuple[SirenCode, ...] = ()
    otherwise: str = "titir"
    seconds: int = 60
    safe: str = ""
    timeout_s: float = TIMEOUT_S
    channel: ClassVar[str] = "siren"

    def check(self, address: str) -> str:
        """The id of an edge."""
        return addresses.edge(address)

    async def send(self, address: str, message: Message) -> Receipt:
        """`trigger` sounds, `resolve` stops. `acknowledge` does neither: the neighbours are still to come."""
        edge, said = checked(self, address), cleaned(message)
        if said.action in ("trigger", "resolve"):
            await self._tell(edge, self._order(said))
        return Receipt(f"{edge}:{said.id}")

    def _order(self, message: Message) -> dict[str, Any]:
        order = {"id": message.id, "incident": message.incident}
        if message.action == "resolve":
            return {**order, "action": "stop", "pattern": self.safe}
        if message.state == "closed":
            raise DeliveryError("siren: the incident was closed before the edge could be told", permanent=True)
        pattern = self.pattern(message.kind, message.area)
        if not pattern:
            text = f"siren: there is no kentongan code for {message.kind} in {message.area}; see notify.siren.codes"
            raise DeliveryError(text, permanent=True)
        told = {"kind": message.kind, "severity": message.severity, "pattern": pattern, "seconds": self.seconds}
        return {**order, "action": "sound", **told}

    async def _tell(self, edge: str, order: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.command(edge, order)
        except TimeoutError:
            raise DeliveryError(
                f"siren: edge {edge} did not answer within {self.timeout_s:g} s", permanent=False
            ) from None
        except DeliveryError:
            raise
        except (EkamlingError, OSError) as error:
            raise DeliveryError(f"siren: edge {edge} cannot be told: {error}", permanent=False) from error

    def pattern(self, kind: str, area: str) -> str:
        """The code for a kind at a place: that of the smallest area which contains it."""
        fitting = [code for code in self.codes if code.kind == kind and areas.contains(code.area, area)]
        return max(fitting, key=lambda code: len(code.area)).pattern if fitting else self.otherwise
