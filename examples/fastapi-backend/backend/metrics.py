"""The metrics in `dashboards/_metrics.json`, and nothing else.

Labels have few values, which are known in advance. Their series are created here, so that
`rate()` sees the first increase.
"""

from collections.abc import Iterable

from opentelemetry import trace
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()

METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)
OPERATIONS = ("select", "insert", "update", "delete", "other")
PUSHER_REASONS = ("timeout", "network", "unauthorized", "limit", "other")

HTTP_REQUESTS = Counter(
    "http_requests_total", "Answered requests", ["method", "path", "status"], registry=REGISTRY
)
HTTP_DURATION = Histogram(
    "http_request_duration_seconds",
    "From the arrival of the request to the end of the response",
    ["method", "path"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10),
    registry=REGISTRY,
)
ACTIVE_CONNECTIONS = Gauge(
    "active_connections",
    "Requests in progress and open WebSockets",
    ["protocol"],
    registry=REGISTRY,
)
DB_DURATION = Histogram(
    "db_query_duration_seconds",
    "From sending a query to its last row",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
DB_POOL = Gauge("db_pool_connections", "Connections of the pool", ["state"], registry=REGISTRY)
DB_POOL_MAX = Gauge("db_pool_connections_max", "Maximum of the pool", registry=REGISTRY)
AGENT_TASKS = Counter("agent_tasks_total", "Finished tasks", ["agent", "status"], registry=REGISTRY)
AGENT_DURATION = Histogram(
    "agent_task_duration_seconds",
    "Duration of a task",
    ["agent"],
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
    registry=REGISTRY,
)
AGENT_RUNNING = Gauge(
    "agent_tasks_in_progress", "Tasks that are running", ["agent"], registry=REGISTRY
)
PUSHER_FAILURES = Counter(
    "pusher_connection_failures_total",
    "Connections to Pusher that failed or broke",
    ["reason"],
    registry=REGISTRY,
)


class _Process(Collector):
    """The metrics of the process that the dashboards read. Linux only."""

    _NAMES = frozenset(
        {
            "process_cpu_seconds",
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_start_time_seconds",
        }
    )

    def __init__(self) -> None:
        self._all = ProcessCollector(registry=None)

    def collect(self) -> Iterable[Metric]:
        return [metric for metric in self._all.collect() if metric.name in self._NAMES]


REGISTRY.register(_Process())

for _protocol in ("http", "websocket"):
    ACTIVE_CONNECTIONS.labels(_protocol)
for _operation in OPERATIONS:
    DB_DURATION.labels(_operation)
for _reason in PUSHER_REASONS:
    PUSHER_FAILURES.labels(_reason)


def exemplar() -> dict[str, str] | None:
    """The current trace, if it is recorded: otherwise the link would lead nowhere."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid or not context.trace_flags.sampled:
        return None
    return {"trace_id": trace.format_trace_id(context.trace_id)}


def method_label(method: str) -> str:
    return method if method in METHODS else "OTHER"
