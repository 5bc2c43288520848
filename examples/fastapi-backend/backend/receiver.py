"""`python -m backend.receiver` receives alerts, also the one that the backend is down."""

import contextlib
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI

from backend.api import alerts
from backend.database import Database
from backend.errors import add_error_handlers
from backend.logs import configure_logging
from backend.middleware import RequestMiddleware
from backend.settings import Settings, load_settings
from backend.telemetry import NATIVE_TELEMETRY_OFF


def create_receiver(settings: Settings) -> FastAPI:
    configure_logging(settings.log_level, directory=None)
    database = Database(settings.receiver_database_url.get_secret_value())

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()

    app = FastAPI(
        title="Alert receiver",
        version=settings.service_version,
        lifespan=lifespan,
        max_body_size=settings.max_body_bytes,
        telemetry=NATIVE_TELEMETRY_OFF,
    )
    app.state.settings = settings
    app.state.database = database
    app.include_router(alerts.router)

    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    app.add_middleware(RequestMiddleware)
    add_error_handlers(app)
    return app


def main() -> None:
    settings = load_settings()
    uvicorn.run(
        create_receiver(settings),
        host=settings.receiver_host,
        port=settings.receiver_port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
