"""The sound of a kentongan: a code of beats as a WAV, made here, so that no recording has to be shipped or licensed.

Times and partials are our own choice: slow enough that a listener can count, and pitched like a bamboo slit drum, whose
lowest tone lies near 400 Hz.
"""

import io
import wave

import numpy as np

from core.beats import groups

RATE = 16_000  # samples a second; horn loudspeakers carry nothing above 8 kHz
BEAT_S = 0.34  # between two beats of a group
GROUP_S = 0.95  # between the last beat of a group and the first of the next
ROUND_S = 2.0  # between the end of a round and the next
TITIR_S = 0.12  # between beats that are fast and unbroken
RING_S = 0.3  # for which a beat is heard
_PARTIALS = ((420.0, 1.0, 24.0), (1010.0, 0.55, 38.0), (1790.0, 0.3, 60.0), (2880.0, 0.15, 95.0))  # Hz, share, 1/s
_LOUD = 0.9 * 32767


def strokes(pattern: str, seconds: float) -> list[float]:
    """When the drum is struck, in seconds from the start: whole rounds of the code that end within `seconds`, and one
    round in any case: a code that is cut short would be another code. Raises EkamlingError for what is no code."""
    counts = groups(pattern)
    if not counts:
        return [number * TITIR_S for number in range(max(1, int(seconds / TITIR_S)))]
    once, at = [], 0.0
    for count in counts:
        once += [at + number * BEAT_S for number in range(count)]
        at = once[-1] + GROUP_S
    length = once[-1] + ROUND_S
    rounds = max(1, int((seconds - once[-1]) / length) + 1)
    return [number * length + stroke for number in range(rounds) for stroke in once]


def sound(pattern: str, seconds: float) -> bytes:
    """The code as a WAV: 16 bits, one channel, `RATE`."""
    at = strokes(pattern, seconds)
    beat = _beat()
    samples = np.zeros(int(at[-1] * RATE) + len(beat))
    for stroke in at:
        start = int(stroke * RATE)
        samples[start : start + len(beat)] += beat
    samples *= _LOUD / np.abs(samples).max()
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def duration(content: bytes) -> float:
    """How long a WAV of ours lasts, in seconds."""
    with wave.open(io.BytesIO(content)) as file:
        frames, rate = file.getnframes(), file.getframerate()
    return float(frames / rate)


def _beat() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """One stroke: partials that die away, and the knock of the stick."""
    time = np.arange(int(RING_S * RATE)) / RATE
    ring = np.zeros(len(time))
    for frequency, share, decay in _PARTIALS:
        ring += share * np.sin(2 * np.pi * frequency * time) * np.exp(-decay * time)
    knock = np.random.default_rng(7).uniform(-0.6, 0.6, len(time)) * np.exp(-600 * time)
    return ring + knock
