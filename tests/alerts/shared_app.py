"""One web application for many centres, one after another: to put all its routes together takes longer than most tests.

Its routes lead to slots, and a slot to the part of the centre that claimed the application last. Everything that a
centre knows is in its parts, so nothing of one is left for the next.
"""

from dataclasses import fields, replace
from typing import Any, cast

from fastapi import FastAPI

from alerts.http import app as web
from alerts.http.parts import Parts
from alerts.services import Services

CHANGING = ("database", "clock", "media_path", "notifiers")  # what routes take from the services of a test's centre


class Slot:
    """Stands for something that changes."""

    def __init__(self) -> None:
        self.target: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.target(*arguments, **named)


class SharedApp:
    """For centres that differ in what `CHANGING` names and in their parts, and in nothing else."""

    def __init__(self, services: Services) -> None:
        self._parts = {field.name: Slot() for field in fields(Parts)}
        self._services = {name: Slot() for name in CHANGING}
        self.app = web.routed(Parts(**cast(Any, self._parts)), replace(services, **cast(Any, self._services)))

    def claim(self, services: Services) -> tuple[FastAPI, Parts]:
        """Lead all routes to a centre."""
        parts = Parts.of(services)
        for name, slot in self._parts.items():
            slot.target = getattr(parts, name)
        for name, slot in self._services.items():
            slot.target = getattr(services, name)
        web.stand_on(self.app, parts, services.url)
        return self.app, parts


_shared: SharedApp | None = None


def claimed(services: Services) -> tuple[FastAPI, Parts]:
    """The application of this process, for one more centre."""
    global _shared
    _shared = _shared or SharedApp(services)
    return _shared.claim(services)
