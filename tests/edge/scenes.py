"""Real footage with something done to it: what befalls a camera, and what befalls every street.

A `Change` takes a luma plane, the seconds since it began and a source of chance, and gives the plane as it then is.
Pictures are 640x360, cut out of footage that is larger, so that a camera can be turned without inventing what it sees.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from math import sin

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from edge.health.kinds import picture_rules
from edge.motion import MotionGate
from edge.rules.base import Scene
from ekamling.footage import clip

Luma = NDArray[np.uint8]
Chance = np.random.Generator
Change = Callable[[Luma, float, Chance], Luma]

WIDTH, HEIGHT = 640, 360
ROOM = 96, 54  # pixels of the large picture on each side of the one that the camera sees


@cache
def footage(path: str = str(clip("vtest-main.mp4")), fps: float = 5.0, *, whole: bool = False) -> list[Luma]:
    """Large pictures of a clip, `fps` a second, with `ROOM` around what a camera sees.

    The whole clip is what the camera sees, and mirrored in the room around, if it is wanted `whole`.
    """
    fit = _frame if whole else _fill
    pictures, due = list[Luma](), 0.0
    with av.open(path, "r") as container:
        rate = float(container.streams.video[0].average_rate or 10)
        for number, one in enumerate(container.decode(video=0)):
            if number / rate + 1e-9 >= due:
                due += 1 / fps
                pictures.append(fit(np.asarray(one.to_ndarray(format="gray"), np.uint8)))
    return pictures


def _fill(luma: Luma) -> Luma:
    """Scaled to fill the large picture, its aspect kept, what is over cut off."""
    width, height = WIDTH + 2 * ROOM[0], HEIGHT + 2 * ROOM[1]
    scale = max(width / luma.shape[1], height / luma.shape[0])
    scaled = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(scaled[:height, :width], np.uint8)


def _frame(luma: Luma) -> Luma:
    """Scaled to what the camera sees, its aspect kept, what is over cut off, and mirrored around."""
    scale = max(WIDTH / luma.shape[1], HEIGHT / luma.shape[0])
    scaled = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    x, y = ROOM
    return np.asarray(cv2.copyMakeBorder(scaled[:HEIGHT, :WIDTH], y, y, x, x, borderType=cv2.BORDER_REFLECT), np.uint8)


def seen(large: Luma, dx: float = 0.0, dy: float = 0.0, turned: float = 0.0) -> Luma:
    """What the camera sees when it points `dx`, `dy` pixels aside and is `turned` by degrees."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2 + ROOM[0], HEIGHT / 2 + ROOM[1]), turned, 1.0)
    matrix[:, 2] -= np.array([ROOM[0] + dx, ROOM[1] + dy])
    return np.asarray(cv2.warpAffine(large, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _cut(large: Luma) -> Luma:
    """What the camera sees as it was put up."""
    return large[ROOM[1] : ROOM[1] + HEIGHT, ROOM[0] : ROOM[0] + WIDTH]


def noisy(
    levels: NDArray[np.floating] | NDArray[np.integer] | cv2.typing.MatLike, sigma: float, chance: Chance
) -> Luma:
    """With the noise of a sensor, `sigma` grey levels."""
    noise = chance.standard_normal(levels.shape, np.float32) * sigma
    return np.asarray(np.clip(levels + noise, 0, 255), np.uint8)


def _smooth(chance: Chance, size: float, depth: float) -> NDArray[np.float32]:
    """A texture of spots about `size` pixels across, `depth` grey levels deep."""
    small = chance.standard_normal((max(2, round(HEIGHT / size)), max(2, round(WIDTH / size))), np.float32)
    return np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32) * depth


# --- what befalls a camera


def nothing(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(_cut(luma), 1.0, chance)


def capped(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(np.full((HEIGHT, WIDTH), 17.0, np.float32), 1.5, chance)


def flat(luma: Luma, _: float, chance: Chance) -> Luma:
    """A picture without even noise, as of a blackened lens behind a hard encoder."""
    return np.full((HEIGHT, WIDTH), 16, np.uint8)


def hand(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(80 + _smooth(np.random.default_rng(3), 200, 25), 3.0, chance)


def bag(luma: Luma, _: float, chance: Chance) -> Luma:
    """A plastic bag: bright, with faint folds out of focus."""
    folds = np.random.default_rng(4)
    return noisy(130 + _smooth(folds, 200, 20) + _smooth(folds, 40, 5) + _smooth(folds, 16, 1.5), 2.0, chance)


def sprayed(luma: Luma, at: float, chance: Chance) -> Luma:
    """Paint within 3 s, through which some light comes, and none of the shapes."""
    share = min(1.0, at / 3) * 0.97
    paint = 70 + _smooth(np.random.default_rng(5), 120, 12)
    return noisy(share * paint + (1 - share) * cv2.GaussianBlur(_cut(luma), (0, 0), 1 + 12 * share), 2.0, chance)


def four_fifths(luma: Luma, _: float, chance: Chance) -> Luma:
    """Something stands before the lens; a strip of the scene is left."""
    rest = nothing(luma, 0, chance)
    rest[:, : WIDTH * 4 // 5] = noisy(np.full((HEIGHT, WIDTH * 4 // 5), 55, np.float32), 2.0, chance)
    return rest


def torch(luma: Luma, _: float, chance: Chance) -> Luma:
    """A strong light into the lens: white in the middle, the rest drowned in its glare."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    glare = 420 * np.exp(-((x - 300) ** 2 + (y - 170) ** 2) / 2 / 260**2)
    return noisy(glare + 0.06 * _cut(luma), 1.0, chance)


def white(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(np.full((HEIGHT, WIDTH), 250.0, np.float32), 1.0, chance)


def bumped(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(seen(luma, 72, 30), 1.0, chance)


def turned(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(seen(luma, -96, 54, 12), 1.0, chance)


def tilted(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(seen(luma, 0, -54, -20), 1.0, chance)


def upside_down(luma: Luma, _: float, chance: Chance) -> Luma:
    """Hanging from its cable."""
    return noisy(np.ascontiguousarray(_cut(luma)[::-1, ::-1]), 1.0, chance)


def blurred(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(cv2.GaussianBlur(_cut(luma), (0, 0), 4.0), 1.0, chance)


def very_blurred(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(cv2.GaussianBlur(_cut(luma), (0, 0), 12.0), 1.0, chance)


def lamps_out(luma: Luma, at: float, chance: Chance) -> Luma:
    """Dusk without a lamp: black after a minute."""
    return noisy(16 + (_cut(luma) - 16.0) * max(0.03, 1 - at / 60), 2.5, chance)


TAMPERS: dict[str, dict[str, Change]] = {
    "covered": {
        "capped": capped,
        "flat": flat,
        "hand": hand,
        "bag": bag,
        "sprayed": sprayed,
        "four_fifths": four_fifths,
        "torch": torch,
        "white": white,
    },
    "moved": {"bumped": bumped, "turned": turned, "tilted": tilted, "upside_down": upside_down},
    "defocused": {"blurred": blurred, "very_blurred": very_blurred},
}


# --- what befalls every street


def dusk(luma: Luma, at: float, chance: Chance) -> Luma:
    """Down to a fifth of the light within three minutes, and noise as it goes."""
    share = max(0.2, 1 - at / 180)
    return noisy(20 + (_cut(luma) - 16.0) * share, 1 + 5 * (1 - share), chance)


def infrared(luma: Luma, _: float, chance: Chance) -> Luma:
    """From one picture to the next: foliage bright, sky dark, focus slightly off, more noise."""
    levels = np.interp(np.arange(256), [0, 60, 120, 180, 255], [40, 110, 90, 160, 150]).astype(np.uint8)
    return noisy(cv2.GaussianBlur(levels[_cut(luma)], (0, 0), 0.9), 4.0, chance)


def clouds(luma: Luma, at: float, chance: Chance) -> Luma:
    """Shadows drift over the street, 40 % deep."""
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    shade = 0.8 + 0.2 * np.sin(x / 110 + y / 70 + at / 4)
    return noisy(_cut(luma) * shade, 1.0, chance)


def light_off(luma: Luma, _: float, chance: Chance) -> Luma:
    """A lamp goes out: a quarter of the light is left, from one side."""
    share = np.linspace(0.32, 0.18, WIDTH, dtype=np.float32)
    return noisy(18 + (_cut(luma) - 16.0) * share, 4.0, chance)


def light_on(luma: Luma, at: float, chance: Chance) -> Luma:
    """A lamp begins to flood one corner, far too bright there."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    flood = 1 + 1.5 * np.exp(-((x - 500) ** 2 + (y - 60) ** 2) / 2 / 150**2)
    return noisy(_cut(luma) * flood, 1.0, chance)


def rain(luma: Luma, _: float, chance: Chance) -> Luma:
    """Streaks, new in each picture, and less contrast."""
    wet = 30 + 0.8 * _cut(luma).astype(np.float32)
    for x, y, length in chance.integers([0, 0, 8], [WIDTH, HEIGHT, 28], (350, 3)):
        cv2.line(wet, (int(x), int(y)), (int(x) + 3, int(y + length)), 190.0, 1)
    return noisy(wet, 2.0, chance)


def truck(luma: Luma, at: float, chance: Chance) -> Luma:
    """Passes close by for 8 s in every 40 s, and hides nine tenths of the scene as it does."""
    whole = nothing(luma, 0, chance)
    place = round((at % 40) / 8 * 2 * WIDTH) - WIDTH
    left, right = max(0, place), min(WIDTH, place + WIDTH)
    if right > left:
        side = 140 + _smooth(np.random.default_rng(6), 60, 4)
        side[::60] = 60
        whole[HEIGHT // 10 :, left:right] = noisy(side, 1.0, chance)[HEIGHT // 10 :, : right - left]
    return whole


def crowd(luma: Luma, at: float, chance: Chance) -> Luma:
    """Sixty people mill about in the lower two thirds."""
    full = nothing(luma, 0, chance)
    for number in range(60):
        who = np.random.default_rng(number)
        x, y = who.uniform(0, WIDTH), who.uniform(HEIGHT * 0.35, HEIGHT)
        x, y = x + 25 * sin(at / who.uniform(1, 6) + number), y + 8 * sin(at / who.uniform(2, 7))
        size = 14 + y / 14
        body = (round(x - size / 3), round(y - size), round(x + size / 3), round(y))
        cv2.rectangle(full, body[:2], body[2:], float(who.uniform(20, 220)), -1)
        cv2.circle(full, (round(x), round(y - size * 1.2)), round(size / 5), float(who.uniform(90, 180)), -1)
    return full


def swaying(luma: Luma, at: float, chance: Chance) -> Luma:
    return noisy(seen(luma, 4 * sin(at * 2.3), 3 * sin(at * 3.1), 0.3 * sin(at)), 1.0, chance)


def exposure(luma: Luma, at: float, chance: Chance) -> Luma:
    """The camera's exposure steps up and down every 20 s."""
    return noisy(_cut(luma) * (1.0, 1.5, 0.7, 1.2)[int(at / 20) % 4], 1.0, chance)


def low_light(luma: Luma, _: float, chance: Chance) -> Luma:
    return noisy(25 + (_cut(luma) - 16.0) * 0.35, 12.0, chance)


def fog(luma: Luma, at: float, chance: Chance) -> Luma:
    """Nearly everything is grey after three minutes."""
    share = max(0.1, 1 - at / 180)
    return noisy(170 + (_cut(luma) - 170.0) * share, 1.0, chance)


ORDINARY: dict[str, Change] = {
    "nothing": nothing,
    "dusk": dusk,
    "infrared": infrared,
    "clouds": clouds,
    "light_off": light_off,
    "light_on": light_on,
    "rain": rain,
    "truck": truck,
    "crowd": crowd,
    "swaying": swaying,
    "exposure": exposure,
    "low_light": low_light,
    "fog": fog,
}


# --- what the rules say


@dataclass(frozen=True, slots=True)
class Part:
    """So many seconds of one change."""

    change: Change
    seconds: float


def film(large: Sequence[Luma], parts: Sequence[Part], fps: float) -> Iterator[tuple[float, Luma]]:
    """Pictures with their times, 0 at the end of the first part. The footage, 5 a second, plays to and fro."""
    chance = np.random.default_rng(1)
    start = -parts[0].seconds
    for part in parts:
        for number in count():
            at = number / fps
            if at >= part.seconds:
                break
            place = round((start + at + 1000) * 5) % (2 * len(large) - 2) if len(large) > 1 else 0
            yield start + at, part.change(large[min(place, 2 * len(large) - 2 - place)], at, chance)
        start += part.seconds


def told(pictures: Iterator[tuple[float, Luma]]) -> list[tuple[float, str]]:
    """When which kind of camera health begins to hold."""
    rules = picture_rules()
    gate, held, found = MotionGate(), set[str](), list[tuple[float, str]]()
    for now, luma in pictures:
        scene = Scene([], now + 5000, view=gate.update(np.ascontiguousarray(luma)))
        holds = {kind for kind, rule in rules.items() if rule.update(scene)}
        found += [(round(now, 1), kind) for kind in sorted(holds - held)]
        found += [(round(now, 1), f"not {kind}") for kind in sorted(held - holds)]
        held = holds
    return found
