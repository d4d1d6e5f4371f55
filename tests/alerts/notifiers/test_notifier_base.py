"""What all channels share: pauses, texts that fit, tokens in buttons."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notifiers import texts
from alerts.notifiers.base import MAX_ATTEMPTS, answer_token, backoff, cleaned, letter, token_of
from tests.alerts.notifiers.samples import HOSTILE, TOKEN, a_message


def test_pauses_grow_and_are_never_the_same_for_all() -> None:
    rng = Random(7)  # noqa: S311 - pauses, not secrets
    for attempt, longest in ((1, 1), (2, 2), (5, 16), (7, 60), (10**9, 60), (0, 1)):
        pauses = [backoff(attempt, rng) for _ in range(300)]
        assert 0 <= min(pauses) < longest * 0.1
        assert longest * 0.9 < max(pauses) <= longest
    assert sum(min(60, 2**step) for step in range(MAX_ATTEMPTS - 1)) <= 125


@given(HOSTILE, st.integers(1, 300))
def test_a_cleaned_text_is_short_and_harmless(text: str, limit: int) -> None:
    for clean in (texts.plain(text, limit), texts.one_line(text, limit)):
        assert len(clean) <= limit
        clean.encode()  # fails on half a character
        assert not any(ord(sign) < 32 and sign != "\n" for sign in clean)
        assert "\u202e" not in clean
    assert "\n" not in texts.one_line(text, limit)


@given(st.text(max_size=300), st.integers(0, 100))
def test_a_shortened_text_fits_as_counted(text: str, limit: int) -> None:
    assert texts.utf16_units(texts.shortened(text, limit, length=texts.utf16_units)) <= limit


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("satu dua tiga", 13, "satu dua tiga"),
        ("satu dua tiga", 12, "satu dua…"),
        ("satu dua tiga", 9, "satu dua…"),
        ("satudua tiga", 6, "satud…"),
        ("abc", 0, ""),
    ],
)
def test_a_text_is_cut_after_a_word(text: str, limit: int, short: str) -> None:
    assert texts.shortened(text, limit) == short


def test_arabic_and_emoji_stay() -> None:
    assert texts.one_line(" مرحبا \n🚨 ", 50) == "مرحبا 🚨"


@pytest.mark.parametrize(
    ("url", "token"),
    [
        (f"https://k.example/a/{TOKEN}", TOKEN),
        ("", ""),
        ("https://k.example/a/", ""),
        ("https://k.example/a/x?y=1", ""),
        ("https://k.example/a/" + "x" * 60, "x" * 60),
        ("https://k.example/a/" + "x" * 61, ""),
    ],
)
def test_the_token_of_an_answer(url: str, token: str) -> None:
    assert answer_token(a_message(answer_url=url)) == token
    assert token_of(f"ack:{token}") == token
    assert token_of(token) == ""


def test_a_letter_leaves_out_what_is_not_there() -> None:
    message = a_message(body="", url="", position=None, answer_url="")
    assert letter(message, with_answer=True) == message.title
    english = letter(a_message(language="en"), with_answer=True)
    assert [line.partition(":")[0] for line in english.splitlines()[-3:]] == ["Take", "Map", "Open"]


def test_an_empty_picture_is_none() -> None:
    assert cleaned(a_message(picture=b"")).picture is None
