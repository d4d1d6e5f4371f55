"""What stays quiet: silences and tests, each of a place, for a time, with a reason and an end."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from alerts.cases.signal import Signal, Source
from core import areas
from core.errors import EkamlingError

LONGEST = timedelta(days=7)
MIN_REASON = 5
NAMED_ONLY = 1  # severity that only a silence of its very kind keeps quiet

Purpose = Literal["silence", "test"]


class Mute(Struct, frozen=True, kw_only=True):
    """A place that is quiet for a while. Without a camera the whole area, without a kind every kind."""

    id: str
    purpose: Purpose
    area: str
    since: datetime
    until: datetime
    reason: str
    who: str
    made_at: datetime
    edge: str = ""
    camera: str = ""
    kind: str = ""
    ended_at: datetime | None = None

    def active(self, at: datetime) -> bool:
        return self.since <= at < (self.ended_at or self.until)


def check(mute: Mute) -> Mute:
    """The mute, if it may be made; raises EkamlingError with what is wrong."""
    areas.check(mute.area)
    if len(mute.reason.strip()) < MIN_REASON:
        raise EkamlingError(f"a silence needs a reason of at least {MIN_REASON} characters")
    if mute.until <= max(mute.since, mute.made_at):
        raise EkamlingError("a silence needs an end that lies after its beginning and is still to come")
    if mute.until - mute.since > LONGEST:
        raise EkamlingError(f"a silence may last {LONGEST.days} days at most; renew it if it must go on")
    if mute.camera and not mute.edge:
        raise EkamlingError("a silence of one camera names its edge, too")
    return mute


def muted_by(signal: Signal, mutes: Iterable[Mute], at: datetime) -> Mute | None:
    """The mute that keeps a signal quiet, a test before a silence; None for a signal that people are to hear.

    What people report themselves is never silenced.
    """
    fitting = [mute for mute in mutes if mute.active(at) and _concerns(mute, signal)]
    return min(fitting, key=lambda mute: (mute.purpose != "test", mute.id), default=None)


def _concerns(mute: Mute, signal: Signal) -> bool:
    if not areas.contains(mute.area, signal.area):
        return False
    if mute.edge and (mute.edge, mute.camera or signal.camera) != (signal.edge, signal.camera):
        return False
    if mute.kind and mute.kind != signal.kind:
        return False
    if mute.purpose == "test":
        return signal.source is not Source.REPORT
    return signal.source is not Source.REPORT and (bool(mute.kind) or signal.severity > NAMED_ONLY)
