import pytest

from core.errors import SourceRefused
from edge.rtsp.auth import Authenticator, Challenge, Credentials, choose, digest, parameters

MD5 = 'Digest realm="cam", nonce="n1", algorithm=MD5, qop="auth"'
SHA256 = 'Digest realm="cam", nonce="n2", algorithm=SHA-256, qop="auth,auth-int"'
BASIC = 'Basic realm="cam"'


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_agrees_with_the_example_of_rfc_7616(algorithm: str, expected: str) -> None:
    challenge = Challenge(
        "Digest", "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm, qop_auth=True
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    credentials = Credentials("Mufasa", "Circle of Life")
    assert digest(challenge, credentials, "GET", "/dir/index.html", count="00000001", cnonce=cnonce) == expected


def test_digest_without_qop_is_that_of_rfc_2069() -> None:
    challenge = Challenge("Digest", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "MD5")
    credentials = Credentials("Mufasa", "Circle Of Life")
    answer = digest(challenge, credentials, "GET", "/dir/index.html", count="", cnonce="")
    assert answer == "670fd8c2df070c60b045671b8b24ff02"


def test_the_strongest_known_challenge_is_chosen() -> None:
    assert getattr(choose([BASIC, MD5, SHA256]), "algorithm", None) == "SHA-256"
    assert getattr(choose([BASIC, MD5]), "algorithm", None) == "MD5"
    assert getattr(choose([BASIC]), "scheme", None) == "Basic"
    assert choose(["Negotiate abc", 'Digest realm="x", nonce="y", algorithm=SHA-512', 'Digest qop="auth-int"']) is None


def test_an_unknown_login_is_refused_with_the_remedy() -> None:
    with pytest.raises(SourceRefused, match=r"camera 10\.0\.0\.5 .*set the camera to Digest"):
        Authenticator(Credentials("a", "b")).accept(["NTLM"], "10.0.0.5")


def test_a_camera_that_wants_a_login_we_do_not_have_is_refused() -> None:
    with pytest.raises(SourceRefused, match="asks for a user name and password"):
        Authenticator(None).accept([MD5], "cam")


def test_the_second_challenge_means_a_wrong_password_unless_the_nonce_was_stale() -> None:
    auth = Authenticator(Credentials("a", "b"))
    auth.accept([MD5], "cam")
    auth.accept([MD5.replace("n1", "n3") + ", stale=true"], "cam")
    with pytest.raises(SourceRefused, match="refused the user name or password"):
        auth.accept([MD5], "cam")


def test_a_nonce_that_worked_may_expire_without_being_called_stale() -> None:
    auth = Authenticator(Credentials("a", "b"))
    auth.accept([MD5], "cam")
    auth.proven()
    auth.accept([MD5.replace("n1", "n3")], "cam")
    assert 'nonce="n3"' in (auth.header("PLAY", "rtsp://cam/") or "")


def test_nothing_is_sent_before_the_camera_asks() -> None:
    assert Authenticator(Credentials("a", "b")).header("OPTIONS", "rtsp://cam/") is None


def test_each_use_of_a_nonce_is_counted() -> None:
    auth = Authenticator(Credentials("a", "b"))
    auth.accept([SHA256], "cam")
    counts = [parameters(auth.header("PLAY", "rtsp://cam/") or "")["nc"] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


def test_signs_that_need_escaping_survive() -> None:
    auth = Authenticator(Credentials('o"ne\\', "p"))
    auth.accept(['Digest realm="a \\"b\\"", nonce="n"'], "cam")
    sent = parameters(auth.header("PLAY", "rtsp://cam/") or "")
    assert (sent["username"], sent["realm"]) == ('o"ne\\', 'a "b"')


def test_the_password_is_in_no_representation() -> None:
    assert "rahasia" not in repr(Credentials("a", "rahasia"))


def test_control_characters_in_a_login_are_refused() -> None:
    with pytest.raises(SourceRefused, match="control character"):
        Authenticator(Credentials("a\r\nX: y", "b"))
