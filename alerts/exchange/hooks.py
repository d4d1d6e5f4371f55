"""Keeps other applications: those that are told of incidents (`out`), and those that report (`in`)."""

import secrets
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict

from alerts import views
from alerts.cases.signal import FAMILIES, HEALTH, PRESENCE, REPORTED
from alerts.exchange.applications import hashed
from alerts.ground import places
from alerts.notifiers.base import Notifier
from alerts.notifiers.webhook import Webhook
from alerts.store import changes
from alerts.store import hooks as rows
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.hooks import Hook
from alerts.store.people import User
from core import areas
from core.clock import Clock
from core.errors import EkamlingError
from core.ids import new_id
from core.words import nearest

Direction = Literal["in", "out"]
KINDS = (PRESENCE, HEALTH, *FAMILIES, *REPORTED)
PREFIX = "ekamling_"  # of a key, so that scanners for lost secrets know it


class NewHook(Struct, frozen=True, kw_only=True):
    """An application to add. An empty `area` is the user's own; empty lists mean all."""

    name: str
    direction: Direction
    url: str = ""
    area: str = ""
    kinds: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()


class Hooks:
    """Lists, adds and ends them within a user's area. None as an answer says: no such application for this user."""

    def __init__(self, database: Database, clock: Clock, webhook: Notifier | None = None) -> None:
        self._database = database
        self._clock = clock
        self._webhook = webhook if isinstance(webhook, Webhook) else None

    async def listed(self, user: User) -> list[dict[str, Any]]:
        """The applications within the user's area, without their keys."""
        async with self._database.read() as connection:
            return [view(row) for row in await rows.listed(connection, user.area)]

    async def add(self, user: User, wanted: NewHook) -> dict[str, Any]:
        """Add one; raises EkamlingError for one that cannot be. The `key` in the answer is shown this once: with it an
        application signs in, or verifies what the centre sends it."""
        area = areas.check(wanted.area or user.area)
        if not areas.contains(user.area, area):
            raise EkamlingError(f"area {area} lies outside {user.area}, where you may add applications")
        for kind in wanted.kinds:
            if kind not in KINDS:
                raise EkamlingError(f"kind {kind[:64]!r} is not known{nearest(kind, KINDS)}")
        url, key, secret = self._keys(wanted)
        now = self._clock.now()
        hook = Hook(
            id=new_id(self._clock),
            name=wanted.name,
            direction=wanted.direction,
            url=url,
            secret=secret,
            area=area,
            kinds=list(wanted.kinds),
            severities=sorted(set(wanted.severities)),
            made_at=now,
            who=user.name,
        )
        async with self._database.write() as connection:
            await rows.add(connection, hook)
            shown = view(asdict(hook))
            change = Change(user=user.name, area=area, what="hook", which=hook.id, after=shown)
            await changes.note(connection, change, now)
        return {**shown, "key": key}

    async def end(self, user: User, hook_id: str) -> bool | None:
        """End one: it is told nothing more, and its key is worth nothing any more."""
        now = self._clock.now()
        async with self._database.write() as connection:
            found = await rows.by_id(connection, hook_id)
            if found is None or not await rows.end(connection, hook_id, user.area, now):
                return None
            before = view(asdict(found))
            change = Change(user=user.name, area=found.area, what="hook", which=hook_id, before=before)
            await changes.note(connection, change, now)
        return True

    def _keys(self, wanted: NewHook) -> tuple[str, str, str]:
        """Address, key to be shown, and what is stored of it."""
        if wanted.direction == "in":
            key = PREFIX + secrets.token_urlsafe(32)
            return "", key, hashed(key)
        if self._webhook is None:
            raise EkamlingError("webhooks are not set up: give [notify.webhook] its secret_file in centre.toml")
        url = self._webhook.check(wanted.url)
        return url, self._webhook.key(url), ""


def view(row: dict[str, Any]) -> dict[str, Any]:
    """An application as the API shows it, without its secret."""
    names = ("id", "name", "direction", "url", "area", "kinds", "severities")
    shown = {name: row[name] for name in names}
    return {**shown, "area_name": places.name(row["area"]), "made_at": views.instant(row["made_at"]), "by": row["who"]}
