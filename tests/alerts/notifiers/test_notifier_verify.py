"""Callbacks: only those of whom they say they are get in, and rubbish is named, never a fault of ours."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notifiers import telegram, verify, whatsapp
from alerts.notifiers.webhook import signature
from core.errors import EkamlingError
from tests.alerts.notifiers.samples import NOW

SECRET = "a secret word"
BODY = b'{"object":"whatsapp_business_account"}'
STAMP = str(int(NOW.timestamp()))


def test_telegram_by_its_secret_token() -> None:
    assert verify.telegram(SECRET, SECRET)
    for wrong in (None, "", SECRET + " ", "\ud800", "é"):
        assert not verify.telegram(wrong, SECRET)


def test_whatsapp_by_the_signature_of_the_app() -> None:
    good = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    assert verify.whatsapp(good, BODY, SECRET)
    for wrong in (None, "", good[:-1], good.upper(), good.removeprefix("sha256="), "sha1=" + good[7:], "é"):
        assert not verify.whatsapp(wrong, BODY, SECRET)
    assert not verify.whatsapp(good, BODY + b" ", SECRET)
    assert not verify.whatsapp(good, BODY, SECRET + "x")


def test_the_first_call_of_meta() -> None:
    assert verify.whatsapp_challenge("subscribe", SECRET, SECRET)
    assert not verify.whatsapp_challenge("unsubscribe", SECRET, SECRET)
    assert not verify.whatsapp_challenge("subscribe", None, SECRET)


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_our_webhook_only_while_it_is_fresh(seconds: int, good: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert verify.webhook(STAMP, signature(SECRET, STAMP, BODY), BODY, SECRET, now) is good


def test_our_webhook_only_with_its_signature() -> None:
    good = signature(SECRET, STAMP, BODY)
    other = str(int(STAMP) + 1)
    assert not verify.webhook(other, good, BODY, SECRET, NOW)
    assert not verify.webhook(STAMP, good, BODY + b"x", SECRET, NOW)
    assert not verify.webhook(STAMP, good, BODY, "other", NOW)
    for stamp in (None, "", "-1", "1e9", "9" * 400, "٣", "\ud800"):
        assert not verify.webhook(stamp, signature(SECRET, stamp or "", BODY), BODY, SECRET, NOW)


def test_an_empty_secret_lets_nobody_in() -> None:
    empty = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not verify.telegram("", "")
    assert not verify.whatsapp(empty, BODY, "")
    assert not verify.whatsapp_challenge("subscribe", "", "")
    assert not verify.webhook(STAMP, signature("", STAMP, BODY), BODY, "", NOW)


KEYS = st.sampled_from(
    """entry changes value messages statuses from id text body button payload data callback_query message chat status
    timestamp errors code interactive button_reply""".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def parsed(body: bytes) -> None:
    """Every reader of callbacks gives a list or says what is wrong in a line."""
    for read in (telegram.answers, whatsapp.answers, whatsapp.deliveries):
        try:
            assert isinstance(read(body), list)
        except EkamlingError as error:
            assert str(error).count("\n") == 0


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_json_is_read_or_named(value: dict[str, Any]) -> None:
    parsed(json.dumps(value).encode())
    parsed(json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode())


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_named(body: bytes) -> None:
    parsed(body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"5", b"[" * 500_000, b'{"a":' * 100_000, b'"\xff"', b'{"x": "' + b"x" * 2_000_000 + b'"}']
)
def test_rubbish_is_named(body: bytes) -> None:
    for read in (telegram.answers, whatsapp.answers, whatsapp.deliveries):
        with pytest.raises(EkamlingError, match=r"JSON|larger"):
            read(body)
