"""Single sign-on and the siren's channel, as a whole centre is put together from its file."""

from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from alerts.notifiers.settings import NotifierSettings, SirenSettings
from alerts.sso.settings import OidcSettings
from core.errors import EkamlingError
from ekamling.settings import CentreSettings
from tests.alerts.notifiers.far_side import nobody
from tests.ekamling import test_server
from tests.ekamling.test_server import serving

settings = test_server.settings
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


async def test_a_centre_with_single_sign_on_shows_its_button(settings: CentreSettings) -> None:
    oidc = OidcSettings(
        issuer=f"http://127.0.0.1:{await nobody()}", client_id="kamling", label="Masuk dengan SSO Pemkab"
    )
    notify = NotifierSettings(siren=SirenSettings(enabled=True))
    async with serving(replace(settings, oidc=oidc, notify=notify)), httpx.AsyncClient(trust_env=False) as browser:
        ways = (await browser.get(f"{settings.http.url}/api/v1/session/ways")).json()
        start = await browser.get(settings.http.url + ways["sso"]["start"])
    assert ways["sso"]["label"] == "Masuk dengan SSO Pemkab"
    assert (start.status_code, start.headers["location"]) == (303, "/masuk#sso=sso_unreachable")


async def test_a_secret_that_is_missing_is_told_before_anything_runs(settings: CentreSettings, tmp_path: Path) -> None:
    oidc = OidcSettings(issuer="https://sso.example.go.id", client_id="kamling", secret_file=str(tmp_path / "none"))
    with pytest.raises(EkamlingError, match="none: cannot read the secret of single sign-on"):
        async with serving(replace(settings, oidc=oidc)):
            pass
