"""One HTTP client and one far side for a test."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.alerts.notifiers.far_side import FarSide


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
async def far() -> AsyncIterator[FarSide]:
    async with FarSide() as side:
        yield side
