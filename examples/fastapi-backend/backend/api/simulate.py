"""Faults on request, for tests of dashboards and alerts. Only with `SIMULATE=true`."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import text

from backend.dependencies import ServicesDep, SessionDep
from backend.pusher import Pusher

router = APIRouter(prefix="/api/v1/simulate", tags=["simulate"])

Seconds = Annotated[float, Query(ge=0, le=30)]

_held: list[bytearray] = []


@router.get("")
async def is_enabled() -> dict[str, bool]:
    return {"simulate": True}


@router.post("/error")
async def error() -> None:
    raise RuntimeError("an error on request")


@router.post("/slow")
async def slow(seconds: Seconds = 3) -> dict[str, float]:
    await asyncio.sleep(seconds)
    return {"seconds": seconds}


@router.post("/slow-query")
async def slow_query(
    session: SessionDep, services: ServicesDep, seconds: Seconds = 1.5
) -> dict[str, float]:
    function = "sleep" if services.database.is_sqlite else "pg_sleep"
    await session.execute(text(f"SELECT {function}(:seconds)"), {"seconds": seconds})
    return {"seconds": seconds}


@router.post("/pusher-failure")
async def pusher_failure() -> dict[str, str]:
    """Connects to a port where nothing listens."""
    pusher = Pusher("http://127.0.0.1:9", "simulated", "", "")
    await pusher.publish("simulated", "simulated", {})
    await pusher.close()
    return {"status": "failed"}


@router.post("/memory")
async def memory(megabytes: Annotated[int, Query(ge=0, le=4096)]) -> dict[str, int]:
    """Holds this much memory. 0 releases it."""
    _held.clear()
    for _ in range(megabytes):
        _held.append(bytearray(b"x" * 1024 * 1024))
        await asyncio.sleep(0)
    return {"megabytes": megabytes}
