"""What a collector gets over OTLP."""

import re
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from conftest import Process, RedisServer, create_content, free_port, sign_up, wait_for
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from backend.telemetry import TelemetryManager

REQUESTS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Collector(ThreadingHTTPServer):
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.received: dict[str, list[Any]] = {path: [] for path in REQUESTS}
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def resources(self, path: str) -> list[Any]:
        field = {
            "/v1/traces": "resource_spans",
            "/v1/metrics": "resource_metrics",
            "/v1/logs": "resource_logs",
        }
        return [one for request in self.received[path] for one in getattr(request, field[path])]

    def spans(self) -> list[Span]:
        resources = self.resources("/v1/traces")
        return [span for one in resources for scope in one.scope_spans for span in scope.spans]

    def named(self, name: str) -> Span | None:
        return next((span for span in self.spans() if span.name == name), None)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Collector)
        self.server.received[self.path].append(REQUESTS[self.path].FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Run:
    """A backend that sent all its telemetry to a collector, and ended."""

    def __init__(self, directory: Path, redis_url: str) -> None:
        self.collector = Collector()
        thread = Thread(target=self.collector.serve_forever)
        thread.start()
        port = free_port()
        backend = Process(
            "backend",
            directory,
            port,
            PORT=str(port),
            REDIS_URL=redis_url,
            OTEL_EXPORTER_OTLP_ENDPOINT=self.collector.url,
            OTEL_LOGS_EXPORTER="otlp",
            # The environment can't select other names.
            OTEL_SEMCONV_STABILITY_OPT_IN="http,database",
            PUSHER_URL="http://127.0.0.1:9",
            PUSHER_SECRET="secret of pusher",
            AGENT_SECONDS="0",
            SIMULATE="true",
        )
        with httpx.Client(base_url=backend.url) as client:
            headers = sign_up(client)  # type: ignore[arg-type]
            content = create_content(client, headers)  # type: ignore[arg-type]
            listed = client.get(
                "/api/v1/content?token=x", headers={**headers, "X-Request-ID": "r1"}
            )
            assert listed.status_code == 200
            client.post("/api/v1/simulate/error")
            client.get("/api/v1/health")
            client.get("/ready")
            task = {"agent": "OrchestrationAgent", "content_id": content}
            path = client.post("/api/v1/tasks", json=task, headers=headers).json()["id"]
            wait_for(
                lambda: client.get(f"/api/v1/tasks/{path}", headers=headers).json()["finished_at"],
                "the task",
            )
            accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
            self.metrics = client.get("/metrics", headers=accept).text
        self.code = backend.stop()
        self.lines = (directory / "logs" / "backend.log").read_text()
        self.collector.shutdown()
        thread.join()
        self.collector.server_close()


@pytest.fixture(scope="module")
def run(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("telemetry"), redis_server.url)


def attributes(one: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, str(each.value.WhichOneof("value")))
        for each in one.attributes
    }


def test_the_process_sends_what_is_left_and_ends(run: Run) -> None:
    assert run.code in (0, -15)
    assert "Application shutdown complete" in run.lines


@pytest.mark.parametrize("path", REQUESTS)
def test_all_signals_have_the_service(run: Run, path: str) -> None:
    resources = run.collector.resources(path)
    assert resources
    for one in resources:
        values = attributes(one.resource)
        assert values["service.name"] == "toolboxai-backend"
        assert values["service.version"] == "1.0.0"


def test_a_request_has_the_names_that_the_dashboards_search_for(run: Run) -> None:
    span = run.collector.named("GET /api/v1/content")
    assert span is not None
    assert span.kind == Span.SPAN_KIND_SERVER
    values = attributes(span)
    assert values["http.status_code"] == 200
    assert values["http.route"] == "/api/v1/content"
    assert values["enduser.id"] == 1
    assert values["http.request.id"] == "r1"


def test_calls_of_the_database_redis_and_http_are_children(run: Run) -> None:
    spans = run.collector.spans()
    systems = {attributes(span).get("db.system") for span in spans}
    assert {"sqlite", "redis"} <= systems
    request = run.collector.named("GET /api/v1/content")
    assert request is not None
    children = [one.name for one in spans if one.trace_id == request.trace_id]
    assert [name for name in children if name.startswith("SELECT")]
    pusher = next(one for one in spans if "127.0.0.1:9" in str(attributes(one).get("http.url")))
    assert pusher.kind == Span.SPAN_KIND_CLIENT


def test_the_task_of_an_agent_is_in_the_trace_of_its_request(run: Run) -> None:
    spans = run.collector.spans()
    request = run.collector.named("POST /api/v1/tasks")
    assert request is not None
    agents = {
        str(attributes(one)["gen_ai.agent.name"])
        for one in spans
        if one.trace_id == request.trace_id
        and attributes(one).get("gen_ai.operation.name") == "invoke_agent"
    }
    assert agents == {"ContentAgent", "ReviewAgent", "OrchestrationAgent"}


def test_errors_are_marked(run: Run) -> None:
    span = run.collector.named("POST /api/v1/simulate/error")
    assert span is not None
    assert span.status.code == 2
    assert [one.name for one in span.events] == ["exception"]


def test_health_and_metrics_make_no_spans_but_similar_paths_do(run: Run) -> None:
    targets = {
        str(attributes(one).get("http.target") or attributes(one).get("http.url"))
        for one in run.collector.spans()
    }
    assert not {
        one for one in targets if re.search(r"/(health|ready|metrics)$", one) and "/api/" not in one
    }
    assert {one for one in targets if one.endswith("/api/v1/health")}


def test_waiting_for_tasks_makes_no_spans(run: Run) -> None:
    assert not [
        one.name for one in run.collector.spans() if one.name.startswith(("BLPOP", "BRPOP"))
    ]


def test_spans_and_logs_contain_no_secrets(run: Run) -> None:
    sent = "".join(str(one) for path in REQUESTS for one in run.collector.resources(path))
    for secret in ("auth_signature", "secret of pusher", "a long password", "Bearer "):
        assert secret not in sent


def test_lines_and_exemplars_have_ids_of_sent_traces(run: Run) -> None:
    sent = {span.trace_id.hex() for span in run.collector.spans()}
    of_lines = set(re.findall(r"GET /api/v1/content .*trace_id=(\w+)", run.lines))
    assert of_lines
    assert of_lines <= sent
    of_exemplars = set(re.findall(r'# \{trace_id="(\w+)"\}', run.metrics))
    assert len(of_exemplars) > 3
    assert of_exemplars <= sent


def test_log_lines_are_sent_with_their_trace(run: Run) -> None:
    records = [
        record
        for one in run.collector.resources("/v1/logs")
        for scope in one.scope_logs
        for record in scope.log_records
    ]
    request = next(one for one in records if "GET /api/v1/content " in one.body.string_value)
    assert request.trace_id.hex() in {span.trace_id.hex() for span in run.collector.spans()}


def test_a_missing_or_unknown_collector_costs_a_warning(tmp_path: Path) -> None:
    """Both ways of being unreachable, at the same time, because an export takes seconds."""

    def attempt(number: int) -> str:
        endpoint = ("http://127.0.0.1:9", "http://unknown.invalid:4318")[number]
        directory = tmp_path / str(number)
        directory.mkdir()
        port = free_port()
        backend = Process(
            "backend",
            directory,
            port,
            PORT=str(port),
            REDIS_URL="redis://127.0.0.1:9",
            OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
            OTEL_LOGS_EXPORTER="otlp",
            TRACE_SAMPLING="0.5",
        )
        login = {"name": "ada", "password": "a long password"}
        assert httpx.post(f"{backend.url}/api/v1/users", json=login).status_code == 201
        assert httpx.get(f"{backend.url}/health").status_code == 200
        assert backend.stop() in (0, -15)
        return backend.output.read_text()

    with ThreadPoolExecutor() as pool:
        for output in pool.map(attempt, range(2)):
            assert "opentelemetry" in output
            assert "Traceback" not in output
            assert "shutdown complete" in output


def test_without_an_endpoint_telemetry_is_off() -> None:
    telemetry = TelemetryManager()
    telemetry.initialize("service", "1", None)
    assert not telemetry.enabled
    telemetry.shutdown()
