"""The list of ways by which somebody is reached, as people write it. Values in, values out."""

from collections.abc import Mapping, Sequence

from alerts.notifiers.base import Notifier
from alerts.notifiers.settings import NotifierSettings
from alerts.people.duty import Contact
from core.errors import EkamlingError
from core.words import nearest

CHANNELS: tuple[str, ...] = NotifierSettings.__struct_fields__
MOST = 20
MAX_ADDRESS = 2000
FOR_ADMINISTRATORS = frozenset({"apprise", "siren", "webhook"})  # no person, or any host


def checked(
    ways: Sequence[Contact], present: Sequence[Contact], notifiers: Mapping[str, Notifier], administers: bool
) -> list[Contact]:
    """The list with each address in its channel's own form; raises EkamlingError with what is wrong.

    An address of a channel that is not set up is taken as it is, for the day on which it will be. Who does not
    administer keeps sirens and webhooks as they are at `present`.
    """
    if len(ways) > MOST:
        raise EkamlingError(f"{len(ways)} contacts are too many; {MOST} are the most")
    good = [_checked(way, notifiers) for way in ways]
    for way in good:
        if good.count(way) > 1:
            raise EkamlingError(f"channel {way.channel}: the same address is given twice")
    if not administers and _machines(good) != _machines(present):
        raise EkamlingError("sirens, webhooks and apprise are set by administrators; leave them as they are")
    return good


def _checked(way: Contact, notifiers: Mapping[str, Notifier]) -> Contact:
    known = sorted({*CHANNELS, *notifiers})
    if way.channel not in known:
        raise EkamlingError(
            f"channel {way.channel[:40]!r} is not known{nearest(way.channel[:40], known)}; there are {', '.join(known)}"
        )
    address = way.address.strip()
    if not address or len(address) > MAX_ADDRESS or not address.isprintable():
        raise EkamlingError(f"channel {way.channel}: an address has 1 to {MAX_ADDRESS} printable characters")
    notifier = notifiers.get(way.channel)
    if notifier is None:
        return Contact(way.channel, address)
    try:
        return Contact(way.channel, notifier.check(address))
    except EkamlingError as error:
        raise EkamlingError(f"channel {way.channel}: {error}") from error


def _machines(ways: Sequence[Contact]) -> set[Contact]:
    return {way for way in ways if way.channel in FOR_ADMINISTRATORS}
