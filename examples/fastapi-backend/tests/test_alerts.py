from pathlib import Path

import httpx
import pytest
from conftest import TOKEN, MakeSettings, Process, free_port
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.receiver import create_receiver

PATH = "/api/v1/alerts"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}

# As Grafana 12 sends it, shortened.
NOTIFICATION = {
    "receiver": "ToolboxAI backend",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "Service down",
                "job": "fastapi-backend",
                "severity": "critical",
            },
            "annotations": {"summary": "fastapi-backend is down"},
            "startsAt": "2026-01-31T12:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://localhost:3000/alerting/grafana/service-down/view",
            "fingerprint": "c0ffee",
            "values": {"A": 0},
        },
        {
            "status": "resolved",
            "labels": {"alertname": "High error rate"},
            "annotations": {},
            "startsAt": "2026-01-31T12:00:00Z",
            "endsAt": "2026-01-31T12:05:00Z",
            "fingerprint": "beef",
        },
    ],
    "groupLabels": {},
    "version": "1",
}


@pytest.fixture(params=["backend", "receiver"])
def either(request: pytest.FixtureRequest, make_settings: MakeSettings) -> TestClient:
    """The receiver in the backend, and alone."""
    create = create_app if request.param == "backend" else create_receiver
    return TestClient(create(make_settings()))


def test_alerts_are_stored_and_listed(either: TestClient) -> None:
    assert either.post(PATH, json=NOTIFICATION, headers=HEADERS).json() == {"stored": 2}
    latest, first = either.get(PATH, headers=HEADERS).json()
    assert (first["name"], first["status"], first["fingerprint"]) == (
        "Service down",
        "firing",
        "c0ffee",
    )
    assert first["labels"]["job"] == "fastapi-backend"
    assert first["annotations"] == {"summary": "fastapi-backend is down"}
    assert (latest["name"], latest["status"]) == ("High error rate", "resolved")
    resolved = either.get(PATH, params={"status": "resolved", "limit": 1}, headers=HEADERS).json()
    assert resolved == [latest]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}]
)
def test_without_the_token_nothing_is_stored_or_read(
    either: TestClient, headers: dict[str, str]
) -> None:
    for response in (
        either.post(PATH, json=NOTIFICATION, headers=headers),
        either.get(PATH, headers=headers),
    ):
        assert response.status_code == 401
        assert response.json() == {"detail": "The webhook's token is missing or wrong."}
    assert either.get(PATH, headers=HEADERS).json() == []


def test_without_a_configured_token_every_request_is_rejected(make_settings: MakeSettings) -> None:
    client = TestClient(create_app(make_settings(alert_webhook_token=None)))
    for headers in ({}, HEADERS, {"Authorization": "Bearer "}):
        response = client.post(PATH, json=NOTIFICATION, headers=headers)
        assert response.status_code == 503
        assert "ALERT_WEBHOOK_TOKEN" in response.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"alerts": [{}]}', b'{"alerts": [{"status": 1}]}', b"\xff"]
)
def test_invalid_notifications_are_rejected(either: TestClient, body: bytes) -> None:
    response = either.post(PATH, content=body, headers=HEADERS)
    assert response.status_code in (400, 422)
    assert "Traceback" not in response.text


def test_the_receiver_runs_without_the_backend(tmp_path: Path) -> None:
    port = free_port()
    receiver = Process(
        "backend.receiver",
        tmp_path,
        port,
        RECEIVER_PORT=str(port),
        ALERT_WEBHOOK_TOKEN=TOKEN,
        DATABASE_URL="postgresql://127.0.0.1:9/nothing",
        REDIS_URL="redis://127.0.0.1:9",
    )
    try:
        sent = httpx.post(f"{receiver.url}{PATH}", json=NOTIFICATION, headers=HEADERS)
        assert sent.json() == {"stored": 2}
        large = httpx.post(f"{receiver.url}{PATH}", content=b"x" * 10_000_000, headers=HEADERS)
        assert large.status_code == 413
        assert len(httpx.get(f"{receiver.url}{PATH}", headers=HEADERS).json()) == 2
    finally:
        assert receiver.stop() in (0, -15)
