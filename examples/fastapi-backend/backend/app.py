"""Creates the application."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI

from backend.agents import create_agents
from backend.api import alerts, auth, content, health, simulate, tasks, users
from backend.database import Database, is_unavailable
from backend.dependencies import Services
from backend.errors import add_error_handlers
from backend.live import LiveUpdates
from backend.logs import configure_logging
from backend.middleware import RequestMiddleware
from backend.pusher import Pusher
from backend.redis_store import RedisStore
from backend.settings import Settings
from backend.telemetry import NATIVE_TELEMETRY_OFF, TelemetryManager
from backend.worker import Worker

logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    configure_logging(settings.log_level, settings.log_directory)
    telemetry = TelemetryManager(
        sampling=settings.trace_sampling, logs=settings.otel_logs_exporter == "otlp"
    )
    endpoint = str(settings.otel_endpoint) if settings.otel_endpoint else None
    telemetry.initialize(settings.service_name, settings.service_version, endpoint)

    database = Database(
        settings.database_url.get_secret_value(), slow_query_seconds=settings.slow_query_seconds
    )
    telemetry.instrument_database(database.engine)
    services = Services(
        settings=settings,
        database=database,
        store=RedisStore(settings.redis_url.get_secret_value()),
        pusher=Pusher(
            str(settings.pusher_url) if settings.pusher_url else None,
            settings.pusher_app_id,
            settings.pusher_key,
            settings.pusher_secret.get_secret_value(),
        ),
        live=LiveUpdates(),
        agents=create_agents(database, settings.agent_seconds),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await _prepare(database)
        worker = Worker(services.store, database, services.agents, services.live)
        running = [asyncio.create_task(worker.run()) for _ in range(settings.workers)]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await services.store.close()
            await services.pusher.close()
            await database.close()
            await asyncio.to_thread(telemetry.shutdown)

    app = FastAPI(
        title="ToolboxAI backend",
        version=settings.service_version,
        lifespan=lifespan,
        max_body_size=settings.max_body_bytes,
        telemetry=NATIVE_TELEMETRY_OFF,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.services = services
    for module in (health, auth, users, content, tasks, alerts):
        app.include_router(module.router)
    if settings.simulate:
        logger.warning("SIMULATE is set: requests can make this server fail")
        app.include_router(simulate.router)
    app.add_middleware(RequestMiddleware)
    add_error_handlers(app)
    telemetry.instrument_fastapi(app)
    return app


async def _prepare(database: Database) -> None:
    """If the database is down, the backend still starts, and each request tries again."""
    try:
        await database.prepare()
    except Exception as error:
        if not is_unavailable(error):
            raise
        logger.warning("the database is not available: %s", type(error).__name__)
