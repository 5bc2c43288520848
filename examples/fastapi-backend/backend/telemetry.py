"""Traces, metrics and logs over OTLP."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, RequestInfo
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from sqlalchemy.ext.asyncio import AsyncEngine

from backend.logs import PlainFormatter, TraceContext

logger = logging.getLogger(__name__)

# The dashboards search for `http.status_code` and `db.system`. The newer names need this variable.
SEMANTIC_CONVENTIONS = "default"

# FastAPI's own telemetry has only the newer names.
NATIVE_TELEMETRY_OFF: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}

EXCLUDED_URLS = r"^https?://[^/]+/(health|ready|metrics)$"
EXPORT_SECONDS = 3.0


class TelemetryManager:
    """Sets up OpenTelemetry once per process. Without an endpoint it does nothing."""

    def __init__(self, *, sampling: float = 1.0, logs: bool = False) -> None:
        self._sampling = sampling
        self._logs = logs
        self._providers: list[TracerProvider | MeterProvider | LoggerProvider] = []
        self._handler: logging.Handler | None = None

    @property
    def enabled(self) -> bool:
        return bool(self._providers)

    def initialize(
        self, service_name: str, service_version: str, otel_endpoint: str | None
    ) -> None:
        if otel_endpoint is None or self.enabled:
            return
        os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = SEMANTIC_CONVENTIONS
        logging.getLogger("opentelemetry").addFilter(_without_traceback)
        base = otel_endpoint.rstrip("/")
        resource = Resource.create(
            {"service.name": service_name, "service.version": service_version}
        )

        tracers = TracerProvider(
            resource=resource,
            sampler=ParentBased(TraceIdRatioBased(self._sampling)),
            shutdown_on_exit=False,
        )
        tracers.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(f"{base}/v1/traces", timeout=EXPORT_SECONDS))
        )
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(f"{base}/v1/metrics", timeout=EXPORT_SECONDS),
            export_interval_millis=15_000,
        )
        meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._providers = [tracers, meters]
        trace.set_tracer_provider(tracers)
        metrics.set_meter_provider(meters)

        RedisInstrumentor().instrument()
        HTTPXClientInstrumentor().instrument(async_request_hook=_remove_query)
        if self._logs:
            loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
            exporter = OTLPLogExporter(f"{base}/v1/logs", timeout=EXPORT_SECONDS)
            loggers.add_log_record_processor(BatchLogRecordProcessor(exporter))
            self._providers.append(loggers)
            _logs.set_logger_provider(loggers)
            self._instrument_logging(loggers)

    def instrument_fastapi(self, app: FastAPI) -> None:
        if self.enabled:
            FastAPIInstrumentor.instrument_app(
                app,
                excluded_urls=EXCLUDED_URLS,
                exclude_spans=["receive", "send"],
                server_request_hook=_add_request_id,
            )

    def instrument_database(self, engine: AsyncEngine) -> None:
        if self.enabled:
            SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine)

    def shutdown(self) -> None:
        """Sends what is buffered, for at most a few seconds."""
        if not self.enabled:
            return
        if self._handler:
            logging.getLogger().removeHandler(self._handler)
        for provider in self._providers:
            provider.shutdown()
        self._providers = []

    def _instrument_logging(self, loggers: LoggerProvider) -> None:
        self._handler = LoggingHandler(logger_provider=loggers)
        # The same text as in the file: dashboards find lines by level and trace id.
        self._handler.setFormatter(PlainFormatter())
        self._handler.addFilter(TraceContext())
        self._handler.addFilter(_is_not_telemetry)
        logging.getLogger().addHandler(self._handler)


def annotate(**attributes: str | int | float | bool) -> None:
    """Adds attributes to the current span: `annotate(enduser_id=1)` sets `enduser.id`."""
    span = trace.get_current_span()
    for name, value in attributes.items():
        span.set_attribute(name.replace("_", "."), value)


def _add_request_id(span: trace.Span, scope: Mapping[str, Any]) -> None:
    if not span.is_recording():
        return
    for name, value in scope.get("headers", ()):
        if name == b"x-request-id":
            span.set_attribute("http.request.id", value.decode("latin-1")[:64])


async def _remove_query(span: trace.Span, request: RequestInfo) -> None:
    """The query of a request to Pusher contains its signature."""
    if span.is_recording():
        url = str(request.url).partition("?")[0]
        span.set_attribute("http.url", url)


def _is_not_telemetry(record: logging.LogRecord) -> bool:
    """A failed export must not cause another one."""
    return not record.name.startswith("opentelemetry")


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
