"""What is down, wrong or too large: a clear answer, no stack trace, and the process stays up."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import TOKEN, MakeSettings, RedisServer, Server, create_content, sign_up, wait_for
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import event

from backend.app import create_app
from backend.settings import Settings, load_settings

UNAVAILABLE = {"detail": "The database is not available. Try again later."}


def assert_clear(response: httpx.Response | Any, status: int) -> None:
    assert response.status_code == status
    assert "Traceback" not in response.text
    assert 'File "' not in response.text


def test_errors_are_answered_without_a_stack_trace(client: TestClient) -> None:
    response = client.post("/api/v1/simulate/error")
    assert_clear(response, 500)
    assert response.json() == {"detail": "Internal server error."}
    assert client.get("/health").json() == {"status": "ok"}


def test_faults_on_request_are_off_by_default(make_settings: MakeSettings) -> None:
    assert Settings.model_fields["simulate"].default is False
    client = TestClient(create_app(make_settings(simulate=False)))
    for path in ("error", "slow", "slow-query", "pusher-failure", "memory"):
        assert client.post(f"/api/v1/simulate/{path}").status_code == 404


def test_without_redis_everything_works_except_tasks(client: TestClient) -> None:
    headers = sign_up(client)
    number = create_content(client, headers)
    assert client.get(f"/api/v1/content/{number}", headers=headers).status_code == 200
    task = {"agent": "ContentAgent", "content_id": number}
    response = client.post("/api/v1/tasks", json=task, headers=headers)
    assert_clear(response, 503)
    assert response.json() == {"detail": "The queue is not available. Try again later."}
    assert response.headers["retry-after"] == "5"
    assert client.get("/api/v1/tasks", headers=headers).json() == []
    ready = client.get("/ready")
    assert ready.status_code == 503
    assert ready.json() == {"status": "unavailable", "database": "ok", "redis": "unavailable"}
    assert client.get("/health").status_code == 200


def test_redis_goes_away_and_comes_back(make_settings: MakeSettings) -> None:
    redis = RedisServer()
    try:
        settings = make_settings(redis_url=redis.url, workers=1)
        with TestClient(create_app(settings)) as client:
            headers = sign_up(client)
            task = {"agent": "ContentAgent", "content_id": create_content(client, headers)}
            assert client.post("/api/v1/tasks", json=task, headers=headers).status_code == 202
            assert client.get("/ready").status_code == 200
            redis.stop()
            assert_clear(client.post("/api/v1/tasks", json=task, headers=headers), 503)
            assert client.get("/api/v1/content/1", headers=headers).status_code == 200
            redis.start()
            created = client.post("/api/v1/tasks", json=task, headers=headers)
            assert created.status_code == 202
            path = f"/api/v1/tasks/{created.json()['id']}"
            wait_for(
                lambda: client.get(path, headers=headers).json()["status"] == "success",
                "the worker to come back",
            )
    finally:
        redis.stop()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:secret@127.0.0.1:9/backend",
        "postgresql://someone:secret@unknown.invalid/backend",
    ],
)
def test_the_backend_starts_without_its_database(
    make_settings: MakeSettings, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with TestClient(create_app(make_settings(database_url=url))) as client:
        login = {"name": "ada", "password": "a long password"}
        for response in (
            client.post("/api/v1/users", json=login),
            client.post("/api/v1/auth/login", json=login),
            client.post(
                "/api/v1/alerts", json={"alerts": []}, headers={"Authorization": f"Bearer {TOKEN}"}
            ),
        ):
            assert_clear(response, 503)
            assert response.json() == UNAVAILABLE
        assert client.get("/ready").json()["database"] == "unavailable"
        assert client.get("/health").status_code == 200
        assert client.get("/metrics").status_code == 200
    assert "secret" not in capsys.readouterr().out


@pytest.fixture
def broken(client: TestClient) -> Iterator[list[bool]]:
    """A switch that makes the driver fail, as it does if the database's host is gone."""
    switch = [False]
    engine = client.app.state.database.engine.sync_engine  # type: ignore[attr-defined]

    def fail(*_: Any) -> None:
        if switch[0]:
            raise ConnectionRefusedError("connection refused")

    event.listen(engine, "do_connect", fail)
    event.listen(engine, "before_cursor_execute", fail)
    yield switch
    event.remove(engine, "before_cursor_execute", fail)


def test_the_database_goes_away_and_comes_back(client: TestClient, broken: list[bool]) -> None:
    headers = sign_up(client)
    broken[0] = True
    for _ in range(20):
        response = client.get("/api/v1/content", headers=headers)
        assert_clear(response, 503)
        assert response.json() == UNAVAILABLE
    assert client.get("/ready").status_code == 503
    broken[0] = False
    assert client.get("/api/v1/content", headers=headers).status_code == 200


def test_postgresql_is_used_by_url(make_settings: MakeSettings) -> None:
    for given in ("postgres://u@h/d", "postgresql://u@h/d", "postgresql+asyncpg://u@h/d"):
        url = make_settings(database_url=given).database_url.get_secret_value()
        assert url == "postgresql+asyncpg://u@h/d"


@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="TEST_DATABASE_URL is not set")
def test_postgresql_works(make_settings: MakeSettings) -> None:
    app = create_app(make_settings(database_url=os.environ["TEST_DATABASE_URL"]))
    with TestClient(app) as client:
        headers = sign_up(client, f"user{os.getpid()}")
        number = create_content(client, headers)
        assert client.get(f"/api/v1/content/{number}", headers=headers).status_code == 200
        assert client.post("/api/v1/simulate/slow-query?seconds=0").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/alerts", "/api/v1/users", "/api/v1/auth/login", "/none"])
def test_a_body_of_10_mb_is_rejected(make_settings: MakeSettings, path: str) -> None:
    body = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    with Server(create_app(make_settings())) as server:
        declared = httpx.post(f"{server.url}{path}", content=body)
        streamed = httpx.post(f"{server.url}{path}", content=iter([body[:500_000]] * 20))
        expected = 404 if path == "/none" else 413
        assert declared.status_code in (expected, 413)
        assert streamed.status_code in (expected, 413)
        assert_clear(declared, declared.status_code)
        assert httpx.get(f"{server.url}/health").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b'{"name": NaN}',
        b"\xff\xfe",
        b"null",
        b'{"name": "\\ud800", "password": "\\u0000"}',
    ],
)
def test_bodies_that_are_no_valid_json_are_rejected(client: TestClient, body: bytes) -> None:
    for path in ("/api/v1/users", "/api/v1/auth/login"):
        response = client.post(path, content=body)
        assert response.status_code in (400, 422)
        assert_clear(response, response.status_code)


def test_invalid_settings_end_the_start_with_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("TRACE_SAMPLING", "2"),
        ("LOG_LEVEL", "loud"),
        ("PORT", "http"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        load_settings()
    assert ended.value.code == 2
    message = capsys.readouterr().err
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "TRACE_SAMPLING", "LOG_LEVEL", "PORT"):
        assert f"Invalid setting {name}:" in message


def test_settings_do_not_show_secrets(make_settings: MakeSettings) -> None:
    settings = make_settings(database_url="postgresql://someone:hidden@h/d", pusher_secret="hidden")
    assert "hidden" not in repr(settings)
    with pytest.raises(ValidationError):
        make_settings(workers=-1)


def test_logs_and_data_are_created_where_the_backend_runs(
    tmp_path: Path, make_settings: MakeSettings
) -> None:
    settings = make_settings(database_url="sqlite:///./data/new/backend.db", log_directory="logs")
    with TestClient(create_app(settings)) as client:
        sign_up(client)
    assert (tmp_path / "data/new/backend.db").exists()
    assert (tmp_path / "logs/backend.log").exists()
