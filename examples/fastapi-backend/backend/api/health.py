"""Liveness, readiness and metrics."""

import asyncio
import logging
from collections.abc import Awaitable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import choose_encoder

from backend.dependencies import ServicesDep
from backend.metrics import REGISTRY

logger = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)

CHECK_SECONDS = 3


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers. A restart would not repair a database that is down."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(services: ServicesDep) -> JSONResponse:
    """Whether requests can be answered."""
    database, redis = await asyncio.gather(
        _check(services.database.ping()), _check(services.store.ping())
    )
    is_ready = database == "ok" and redis == "ok"
    return JSONResponse(
        {"status": "ok" if is_ready else "unavailable", "database": database, "redis": redis},
        status_code=200 if is_ready else 503,
    )


async def _check(ping: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await ping
    except Exception as error:
        logger.warning("not ready: %s", type(error).__name__)
        return "unavailable"
    return "ok"


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """OpenMetrics, with exemplars, if the client accepts it. Prometheus does."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), headers={"Content-Type": content_type})
