"""Settings, read from environment variables and the file `.env`."""

import secrets
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend import __version__


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    service_name: str = "toolboxai-backend"
    service_version: str = __version__
    host: str = "127.0.0.1"
    port: int = 8009

    database_url: SecretStr = SecretStr("sqlite+aiosqlite:///./data/backend.db")
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    slow_query_seconds: float = 1.0
    max_body_bytes: int = 1024 * 1024

    secret_key: SecretStr = Field(default_factory=lambda: SecretStr(secrets.token_urlsafe(32)))
    """Signs access tokens. Without it, users have to log in again after a restart."""
    token_seconds: int = 3600
    alert_webhook_token: SecretStr | None = None

    otel_endpoint: HttpUrl | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """The collector's OTLP endpoint over HTTP. Without it, telemetry is off."""
    otel_logs_exporter: Literal["none", "otlp"] = "none"
    """`otlp` also sends log lines to the collector, if nothing else collects the output."""
    trace_sampling: float = Field(1.0, ge=0, le=1)

    log_directory: Path | None = Path("logs")
    log_level: str = "INFO"

    pusher_url: HttpUrl | None = None
    pusher_app_id: str = "toolboxai"
    pusher_key: str = ""
    pusher_secret: SecretStr = SecretStr("")

    workers: int = Field(2, ge=0)
    """The number of tasks of agents that run at the same time."""
    agent_seconds: float = 0.2
    """How long a model takes to answer an agent. There is no model in this example."""

    simulate: bool = False
    """Enables the routes that fail or take long on request. Never in production."""

    receiver_host: str = "127.0.0.1"
    receiver_port: int = 8010
    receiver_database_url: SecretStr = SecretStr("sqlite+aiosqlite:///./data/alerts.db")

    @field_validator("database_url", "receiver_database_url")
    @classmethod
    def _async_driver(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        for scheme, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            text = text.replace(scheme, driver, 1) if text.startswith(scheme) else text
        return SecretStr(text)

    @field_validator("log_level")
    @classmethod
    def _level(cls, level: str) -> str:
        if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()


def load_settings() -> Settings:
    """Reads the settings, or ends the process with a message that names the invalid variables."""
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"Invalid setting {name}: {problem['msg']}\n")
        raise SystemExit(2) from None
