"""Shares with what chance leaves open, and percentiles: how a number is said without saying more than is known."""

from collections.abc import Sequence
from math import sqrt

from msgspec import Struct

Z_95 = 1.959964  # of the normal distribution, two-sided 95 %


class Share(Struct, frozen=True):
    """`part` of `whole`, with the 95 % interval from `low` to `high`; all between 0 and 1, None where `whole` is 0."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


class Times(Struct, frozen=True):
    """Percentiles of some durations in seconds, by the nearest rank; None where there are none."""

    count: int
    p50: float | None
    p90: float | None
    p95: float | None


def share(part: int, whole: int) -> Share:
    """A share and its Wilson score interval.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212; advised for small numbers by Brown, Cai and DasGupta, "Interval
    estimation for a binomial proportion", Statistical Science 16 (2001), 101-133.
    """
    if whole <= 0:
        return Share(part, whole, None, None, None)
    mean, square = part / whole, Z_95 * Z_95
    centre = mean + square / (2 * whole)
    reach = Z_95 * sqrt(mean * (1 - mean) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    low, high = max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)
    return Share(part, whole, round(mean, 4), round(low, 4), round(high, 4))


def times(seconds: Sequence[float]) -> Times:
    """p50, p90 and p95: the least value that so many percent stay within."""
    ranked = sorted(seconds)
    if not ranked:
        return Times(0, None, None, None)
    p50, p90, p95 = (round(ranked[-(-len(ranked) * percent // 100) - 1], 1) for percent in (50, 90, 95))
    return Times(len(ranked), p50, p90, p95)
