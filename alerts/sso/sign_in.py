"""Signing in through the provider: out with a state, a nonce and a proof key, back with a code, and in as somebody whom
an administrator has linked, or whom a group of theirs admits. That the provider knows a person opens nothing."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.notifiers import secret_files
from alerts.people.accounts import active, check_name, digest, enter, facts, new_user
from alerts.people.personnel import is_login
from alerts.people.roles import Role
from alerts.sso.errors import SsoError, failed
from alerts.sso.provider import Provider
from alerts.sso.settings import Grant, OidcSettings
from alerts.store import changes, identities, people
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.identities import Identity, Try
from alerts.store.people import User
from core.clock import Clock
from core.errors import EkamlingError

CALLBACK = "/api/v1/session/sso/callback"
LASTS = timedelta(minutes=10)  # from the button to the way back
BY_GROUP = "single sign-on"  # as the user of a change that a group at the provider made
MAX_CLAIM = 255
_STOPPED = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})


def set_up(
    settings: OidcSettings, database: Database, http: httpx.AsyncClient, clock: Clock, url: str
) -> "SignIn | None":
    """Single sign-on as the settings say; None where they name no provider. Raises EkamlingError for a secret that
    cannot be read."""
    if not settings.present:
        return None
    whose = "the secret of single sign-on"
    secret = secret_files.line(settings.secret_file, whose=whose) if settings.secret_file else ""
    return SignIn(database, clock, url, Provider(settings, secret, http, clock))


class Began(Struct, frozen=True):
    """Where the browser goes, and what it keeps to show on its way back."""

    url: str
    browser: str


class Returned(Struct, frozen=True, kw_only=True):
    """What a browser brought back from the provider; empty where it brought nothing."""

    browser: str = ""
    state: str = ""
    code: str = ""
    iss: str = ""
    error: str = ""


class SignIn:
    """Single sign-on at one provider. Raises SsoError, which the sign-in page words by its code."""

    def __init__(self, database: Database, clock: Clock, url: str, provider: Provider) -> None:
        self._database = database
        self._clock = clock
        self._redirect_uri = url + CALLBACK
        self._provider = provider
        self._settings = provider.settings

    @property
    def label(self) -> str:
        """What the button says."""
        return self._settings.label

    @property
    def issuer(self) -> str:
        """The provider's name for itself."""
        return self._settings.issuer

    async def begin(self) -> Began:
        """Begin a sign-in."""
        state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        page = await self._provider.page(self._redirect_uri, state, nonce, challenge)
        now = self._clock.now()
        begun = Try(
            state_sha256=digest(state),
            browser_sha256=digest(browser),
            nonce=nonce,
            verifier=verifier,
            expires_at=now + LASTS,
        )
        async with self._database.write() as connection:
            await identities.begin(connection, begun, now)
        return Began(page, browser)

    async def finish(self, returned: Returned) -> User:
        """Whoever comes back. Each sign-in that was begun comes back once, to the browser that began it."""
        begun = await self._begun(returned)
        if returned.iss:
            if returned.iss != self.issuer:
                raise failed("the answer comes from another provider than was asked")
        elif (await self._provider.description()).authorization_response_iss_parameter_supported:
            raise failed("the answer does not say from which provider it comes")  # RFC 9207, 2.4
        if returned.error in _STOPPED:
            raise SsoError("sso_cancelled", "the sign-in was stopped at the provider")
        if returned.error or not returned.code:
            raise failed(f"the provider refused: {returned.error[:60]!r}")
        claims = await self._provider.claims(returned.code, begun.verifier, self._redirect_uri, begun.nonce)
        async with self._database.write() as connection:
            user = await self._person(connection, claims)
        if isinstance(user, SsoError):  # what was changed beside it stays
            raise user
        return user

    async def _begun(self, returned: Returned) -> Try:
        async with self._database.write() as connection:
            begun = await identities.take(connection, digest(returned.state), self._clock.now())
        if begun is None or not hmac.compare_digest(begun.browser_sha256, digest(returned.browser)):
            raise SsoError("sso_expired", "a sign-in came back that was not begun here, or too long ago, or twice")
        return begun

    async def _person(self, connection: AsyncConnection, claims: dict[str, Any]) -> User | SsoError:
        """Who it is here: by the provider's own name for them, else by the claim, at the first time."""
        subject, known_as = str(claims["sub"]), self._known_as(claims)
        found = await identities.by_subject(connection, self.issuer, subject)
        if found is None and known_as:
            found = await identities.by_name(connection, self.issuer, known_as)
            if found is not None and found.subject is not None:
                return _unknown(f"{known_as!r} is somebody else at the provider now; link them anew")
        grant = self._grant(claims)
        if found is None:
            return await self._admit(connection, claims, known_as, grant)
        user = active(await people.find_user(connection, found.user))
        if user is None:
            return _unknown(f"{found.user} has left")
        if found.subject is None:
            await identities.pin(connection, user.name, subject)
        return await self._follow(connection, user, grant) if found.granted else user

    def _known_as(self, claims: dict[str, Any]) -> str:
        """What the claim of the settings says; empty where it says nothing that can be trusted."""
        value = claims.get(self._settings.claim)
        if self._settings.claim == "email" and claims.get("email_verified") is not True:
            return ""
        good = isinstance(value, str) and 0 < len(value) <= MAX_CLAIM and value.isprintable()
        return value.strip() if isinstance(value, str) and good else ""

    def _grant(self, claims: dict[str, Any]) -> Grant | None:
        """The first of the settings' groups that the person is in."""
        said = claims.get(self._settings.groups_claim)
        groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        return next((grant for grant in self._settings.grants if grant.group in groups), None)

    async def _admit(
        self, connection: AsyncConnection, claims: dict[str, Any], known_as: str, grant: Grant | None
    ) -> User | SsoError:
        """Somebody new, whom a group of theirs admits. Never takes an account that is there already."""
        if grant is None:
            return _unknown(f"{known_as!r} is linked to nobody here; an administrator links people")
        name, now = known_as.lower(), self._clock.now()
        try:
            if not is_login(name):
                raise EkamlingError(f"{name!r} cannot be a user's name here")
            user = new_user(name, _display_name(claims), grant.role, grant.area, now)
            await enter(connection, user)
        except EkamlingError as error:
            return _unknown(f"{known_as!r} cannot be admitted: {error}")
        link = Identity(
            user=name,
            issuer=self.issuer,
            known_as=known_as,
            subject=str(claims["sub"]),
            granted=True,
            linked_at=now,
            who=BY_GROUP,
        )
        await identities.save(connection, link)
        await self._note(connection, user, after={**facts(user), "group": grant.group})
        return user

    async def _follow(self, connection: AsyncConnection, user: User, grant: Grant | None) -> User | SsoError:
        """Bring somebody whom a group admitted in line with the groups that they are in now."""
        if grant is None:
            await people.end_sessions_of(connection, user.name)
            return _unknown(f"{user.name} is in none of the groups of oidc.grants any more")
        changed = replace(user, role=Role(grant.role), area=grant.area)
        if changed != user:
            await people.change(connection, user.name, {"role": changed.role, "area": changed.area})
            await people.end_sessions_of(connection, user.name)
            await self._note(connection, changed, facts(user), facts(changed))
        return changed

    async def _note(self, connection: AsyncConnection, user: User, before: Any = None, after: Any = None) -> None:
        note = Change(user=BY_GROUP, area=user.area, what="person", which=user.name, before=before, after=after)
        await changes.note(connection, note, self._clock.now())


def _unknown(text: str) -> SsoError:
    return SsoError("sso_unknown", text)


def _display_name(claims: dict[str, Any]) -> str:
    """How the provider calls them, where that can stand here."""
    try:
        return check_name(str(claims.get("name", "")))
    except EkamlingError:
        return ""
