"""The sound of a kentongan: a listener can count the code, and it is never cut into another one."""

import io
import itertools
import wave

import numpy as np
import pytest

from core.beats import groups
from core.errors import EkamlingError
from edge import kentongan
from edge.kentongan import BEAT_S, GROUP_S, RATE, ROUND_S, duration, sound, strokes


def heard(content: bytes) -> list[int]:
    """Groups of beats as a listener counts them: strokes are where it becomes loud, groups part at a long pause."""
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    window = RATE // 100
    loud = np.abs(samples[: len(samples) // window * window].reshape(-1, window)).max(axis=1) > 12_000
    starts = [index for index, (before, now) in enumerate(itertools.pairwise([False, *loud])) if now and not before]
    counts, last = [0], starts[0]
    for start in starts:
        if (start - last) / 100 > (BEAT_S + GROUP_S) / 2:
            counts.append(0)
        counts[-1] += 1
        last = start
    return counts


@pytest.mark.parametrize("pattern", ["1", "2-2-2", "1-7-1", "5", "3-3-3", "9-9"])
def test_the_beats_can_be_counted(pattern: str) -> None:
    assert heard(sound(pattern, 1)) == list(groups(pattern))


def test_a_longer_time_repeats_the_whole_code() -> None:
    counts = heard(sound("2-3", 20))
    assert counts == [2, 3] * (len(counts) // 2)
    assert len(counts) >= 8
    assert duration(sound("2-3", 20)) <= 20 + kentongan.RING_S


def test_a_code_is_never_cut_short() -> None:
    assert duration(sound("9-9-9-9", 1)) > 10
    assert len(strokes("9-9-9-9", 1)) == 36


def test_titir_is_fast_and_unbroken() -> None:
    at = strokes("titir", 3)
    assert max(b - a for a, b in itertools.pairwise(at)) < BEAT_S < ROUND_S
    assert abs(at[-1] - 3) < 0.3


def test_it_is_as_loud_as_it_can_be_and_not_louder() -> None:
    with wave.open(io.BytesIO(sound("3", 1))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)
    assert 29_000 < np.abs(samples).max() <= 32_767


@pytest.mark.parametrize("pattern", ["", "0", "10", "2-", "-2", "2--2", "TITIR", "2-2\n", "-".join("1" * 17)])
def test_what_is_no_code_is_named(pattern: str) -> None:
    with pytest.raises(EkamlingError, match="kentongan code"):
        sound(pattern, 1)
