"""A Kalman filter for one coordinate that mostly keeps its speed (Kalman 1960; white acceleration)."""

from dataclasses import dataclass
from math import exp


@dataclass(slots=True)
class Axis:
    """Position and speed of one coordinate, with their covariance `a b / b c`. Any unit, seconds for time."""

    position: float
    a: float  # variance of the position
    c: float  # variance of the speed
    speed: float = 0.0
    b: float = 0.0

    def advance(self, seconds: float, acceleration: float, damping: float) -> None:
        """Let time pass; `acceleration` is the unknown one's deviation, `damping` the rate at which speed fades."""
        fade = exp(-damping * seconds)
        variance = acceleration * acceleration
        self.position += self.speed * seconds
        self.speed *= fade
        a, b, c = self.a, self.b, self.c
        self.a = a + 2 * seconds * b + seconds * seconds * c + variance * seconds**4 / 4
        self.b = (b + seconds * c) * fade + variance * seconds**3 / 2
        self.c = c * fade * fade + variance * seconds * seconds

    def measure(self, value: float, variance: float) -> None:
        """Take in a measurement of the position."""
        gain = self.a / (self.a + variance)
        speed_gain = self.b / (self.a + variance)
        error = value - self.position
        self.position += gain * error
        self.speed += speed_gain * error
        self.c -= speed_gain * self.b
        self.b *= 1 - gain
        self.a *= 1 - gain
