import json
from typing import Any

import pytest
from conftest import ROOT, create_content, sign_up, wait_for
from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as read_text

from backend.database import operation_of
from backend.metrics import REGISTRY

CONTRACT = ROOT.parent.parent / "dashboards" / "_metrics.json"
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def listed() -> dict[str, dict[str, Any]]:
    """What the dashboards and alerts read from the backend, and the process' own metrics."""
    sections = json.loads(CONTRACT.read_text())["sections"]
    return {
        metric["name"]: metric
        for section in sections
        for metric in section["metrics"]
        if metric["exposedBy"] == "backend"
    }


def exposed(client: TestClient) -> dict[str, Any]:
    """By the name in the contract: counters end in `_total`."""
    families = read_text(client.get("/metrics").text)
    return {f"{one.name}_total" if one.type == "counter" else one.name: one for one in families}


def series(client: TestClient) -> int:
    return sum(len(family.samples) for family in exposed(client).values())


def test_exactly_the_listed_metrics_are_exposed(client: TestClient) -> None:
    client.get("/health")
    assert {name: family.type for name, family in exposed(client).items()} == {
        name: metric["type"] for name, metric in listed().items()
    }


def test_metrics_have_exactly_the_listed_labels_and_buckets(client: TestClient) -> None:
    client.get("/health")
    for name, family in exposed(client).items():
        metric = listed()[name]
        assert family.samples, name
        for sample in family.samples:
            assert {*sample.labels} - {"le"} == {*metric["labels"]}, sample
            for label, values in metric.get("values", {}).items():
                assert sample.labels[label] in values, sample
        bounds = {sample.labels["le"] for sample in family.samples if "le" in sample.labels}
        assert {float(bound) for bound in bounds - {"+Inf"}} == {*metric.get("buckets", [])}, name


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_paths_are_templates(client: TestClient) -> None:
    headers = sign_up(client)
    number = create_content(client, headers)
    label = {"method": "GET", "path": "/api/v1/content/{content_id}"}
    before = value("http_requests_total", **label, status="200")
    client.get(f"/api/v1/content/{number}?secret=1", headers=headers)
    assert value("http_requests_total", **label, status="200") == before + 1
    client.get("/api/v1/content/999999", headers=headers)
    assert value("http_requests_total", **label, status="404") >= 1
    client.get("/api/v1/content/x", headers=headers)
    assert value("http_requests_total", **label, status="422") >= 1


def test_every_route_has_its_whole_path_as_label(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in paths:
        client.request("OPTIONS", path.replace("{", "1").replace("}", ""))
        assert value("http_requests_total", method="OPTIONS", path=path, status="405") >= 1, path


def test_hostile_requests_create_no_series(client: TestClient) -> None:
    def attack(number: int) -> None:
        for path in (
            f"/{number}",
            f"/api/v1/content/{number}",
            f"/api/v1/content/{number}/x",
            f"/api/v1/%2e%2e/{number}",
            f"/metrics/{number}",
            f"/api/v1/users/{'x' * number}",
            f"/?id={number}",
            f"//{number}",
            f"/api/v1/content/{number}/",
        ):
            client.get(path, headers={"Host": f"host-{number}"}, follow_redirects=False)
        client.request(f"METHOD{number}", f"/api/v1/content/{number}")
        client.post("/api/v1/auth/login", json={"name": f"user{number}", "password": "x"})

    attack(1)
    before = series(client)
    for number in range(2, 30):
        attack(number)
    assert series(client) == before


def test_unknown_methods_share_a_label(client: TestClient) -> None:
    before = value("http_requests_total", method="OTHER", path="unmatched", status="404")
    client.request("FOO", "/nowhere")
    client.request("get", "/nowhere")
    assert (
        value("http_requests_total", method="OTHER", path="unmatched", status="404") >= before + 1
    )


def test_the_metrics_route_does_not_count_itself(client: TestClient) -> None:
    client.get("/metrics")
    assert '"/metrics"' not in client.get("/metrics").text


def test_series_with_known_labels_exist_before_the_first_event(client: TestClient) -> None:
    text = client.get("/metrics").text
    for line in (
        'agent_tasks_total{agent="ContentAgent",status="error"}',
        'agent_tasks_in_progress{agent="OrchestrationAgent"}',
        'pusher_connection_failures_total{reason="network"}',
        'active_connections{protocol="websocket"}',
        'db_query_duration_seconds_count{operation="delete"}',
    ):
        assert line in text


def test_openmetrics_is_served_on_request(client: TestClient) -> None:
    response = client.get("/metrics", headers=OPENMETRICS)
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert list(read_openmetrics(response.text))
    assert client.get("/metrics").headers["content-type"].startswith("text/plain")


def test_connections_in_progress_are_counted(full_client: TestClient) -> None:
    token = sign_up(full_client)["Authorization"].removeprefix("Bearer ")
    with full_client.websocket_connect("/api/v1/live") as socket:
        socket.send_text(token)
        assert value("active_connections", protocol="websocket") == 1
    wait_for(lambda: value("active_connections", protocol="websocket") == 0, "the disconnect")


def test_the_pool_is_observed(client: TestClient) -> None:
    sign_up(client)
    assert value("db_pool_connections_max") == 15
    assert value("db_pool_connections", state="idle") >= 1
    assert value("db_pool_connections", state="in_use") == 0


def test_failures_of_pusher_are_counted_by_reason(client: TestClient) -> None:
    before = value("pusher_connection_failures_total", reason="network")
    client.post("/api/v1/simulate/pusher-failure")
    assert value("pusher_connection_failures_total", reason="network") == before + 1


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("SELECT 1", "select"),
        ("\n  insert into a values (1)", "insert"),
        ("UPDATE a SET b = 1", "update"),
        ("DELETE FROM a", "delete"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "other"),
        ("PRAGMA x", "other"),
        ("", "other"),
    ],
)
def test_operations_are_the_kind_of_the_statement(statement: str, operation: str) -> None:
    assert operation_of(statement) == operation
