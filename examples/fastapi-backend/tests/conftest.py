import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from redis import Redis

from backend.app import create_app
from backend.settings import Settings

ROOT = Path(__file__).parent.parent
TOKEN = "token of the webhook"
CLOSED_PORT = 9
PASSWORD = "a long password"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """The limit only ends tests that hang: a loaded machine is slow."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"timeout: {what}")


class RedisServer:
    """A redis-server that can be stopped and started again on its port."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        self.program: str = program
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
        )
        wait_for(self._answers, "redis-server")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def shared_redis(redis_server: RedisServer) -> RedisServer:
    """An empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests depend neither on the environment nor on `.env`."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # The client of the tests.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings without Redis. Its port is closed."""

    def make(**changes: Any) -> Settings:
        values = {
            "database_url": f"sqlite:///{tmp_path}/backend.db",
            "receiver_database_url": f"sqlite:///{tmp_path}/alerts.db",
            "redis_url": f"redis://127.0.0.1:{CLOSED_PORT}/0",
            "log_directory": tmp_path / "logs",
            "alert_webhook_token": TOKEN,
            "secret_key": "a key of the tests, which is long enough",
            "agent_seconds": 0,
            "workers": 0,
            "simulate": True,
            **changes,
        }
        return Settings(**values)

    return make


@pytest.fixture
def client(make_settings: MakeSettings) -> Iterator[TestClient]:
    """The application in this process, without Redis and workers."""
    with TestClient(create_app(make_settings())) as opened:
        yield opened


@pytest.fixture
def full_client(make_settings: MakeSettings, shared_redis: RedisServer) -> Iterator[TestClient]:
    """The application in this process, with Redis and workers."""
    settings = make_settings(redis_url=shared_redis.url, workers=2)
    with TestClient(create_app(settings)) as opened:
        yield opened


def sign_up(client: TestClient, name: str = "ada") -> dict[str, str]:
    """Creates a user, and returns the headers of its requests."""
    login = {"name": name, "password": PASSWORD}
    assert client.post("/api/v1/users", json=login).status_code == 201
    response = client.post("/api/v1/auth/login", json=login)
    assert response.status_code == 200
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


def create_content(client: TestClient, headers: dict[str, str]) -> int:
    new = {"title": "A title", "body": "some words"}
    response = client.post("/api/v1/content", json=new, headers=headers)
    assert response.status_code == 201
    return int(response.json()["id"])


class Server:
    """An application with uvicorn in a thread, for clients that need a socket."""

    def __init__(self, app: FastAPI) -> None:
        config = uvicorn.Config(app, port=free_port(), log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self.url = f"http://127.0.0.1:{config.port}"
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> "Server":
        self._thread.start()
        wait_for(lambda: self._server.started, "uvicorn")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


class Process:
    """`python -m MODULE` in another process."""

    def __init__(self, module: str, directory: Path, port: int, **variables: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.output = directory / "output.log"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=directory,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._answers, f"{module}: {self.output.read_text()}")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait()
