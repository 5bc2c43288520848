"""The log lines that the dashboard "Loki Logs Visualization" reads."""

import json
import logging
import re
from pathlib import Path

import pytest
from conftest import MakeSettings, create_content, sign_up, wait_for
from fastapi.testclient import TestClient
from opentelemetry import trace

from backend.app import create_app
from backend.logs import configure_logging

# The same lines are in a test of the dashboard's queries: test/content/log-lines.test.ts.
LINES = Path(__file__).parent / "log-lines.txt"


def make_lines(client: TestClient) -> None:
    """One of each subject."""
    headers = sign_up(client)
    content = create_content(client, headers)
    client.post("/api/v1/auth/login", json={"name": "eve", "password": "wrong"})
    client.get("/api/v1/content", headers={"Authorization": "Bearer wrong"})
    eve = sign_up(client, "eve2")
    client.delete(f"/api/v1/content/{content}", headers=eve)
    client.post("/api/v1/simulate/slow-query", params={"seconds": 0.02})
    client.post("/api/v1/simulate/error")
    for content_id in (content, 999):
        task = {"agent": "ContentAgent", "content_id": content_id}
        client.post("/api/v1/tasks", json=task, headers=headers)
    wait_for(
        lambda: all(
            one["finished_at"] for one in client.get("/api/v1/tasks", headers=headers).json()
        ),
        "the tasks",
    )


def normalized(text: str) -> list[str]:
    """Without what differs from run to run."""
    lines = {
        re.sub(r"^\S+ ", "2026-01-31T12:00:00.000+00:00 ", re.sub(r"\d+\.\d+ ms", "1.0 ms", line))
        for line in text.splitlines()
        if re.match(r"\d{4}-", line)
        and "GET /api/v1/tasks" not in line
        and not re.search(r"slow query(?!.*sleep)", line)
    }
    return sorted(re.sub(r"\d\.\d\d s:", "1.50 s:", line) for line in lines)


def test_the_file_has_the_lines_that_the_dashboard_reads(
    full_client: TestClient, tmp_path: Path
) -> None:
    full_client.app.state.services.database._slow = 0.02  # type: ignore[attr-defined]
    make_lines(full_client)
    text = (tmp_path / "logs" / "backend.log").read_text()
    assert "RuntimeError: an error on request" in text
    lines = normalized(text)
    assert lines == LINES.read_text().splitlines()


def test_standard_output_is_json(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    client = TestClient(create_app(make_settings(log_directory=None)))
    client.post("/api/v1/simulate/error")
    client.get("/api/v1/content/7?token=secret")
    every = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    lines = [line for line in every if line["logger"].startswith("backend")]
    error = next(line for line in lines if line["message"] == "unexpected error")
    assert error["level"] == "error"
    assert "RuntimeError: an error on request" in error["exception"]
    request = lines[-1]
    assert request | {"timestamp": "", "message": ""} == {
        "timestamp": "",
        "level": "info",
        "logger": "backend.requests",
        "message": "",
        "method": "GET",
        "path": "/api/v1/content/7",
        "route": "/api/v1/content/{content_id}",
        "status": 401,
    }
    assert "secret" not in json.dumps(lines)


def test_lines_have_the_ids_of_the_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO", tmp_path)
    context = trace.SpanContext(0xABC, 0xDEF, is_remote=False)
    with trace.use_span(trace.NonRecordingSpan(context)):
        logging.getLogger("backend").info("inside")
    logging.getLogger("backend").info("outside")
    inside, outside = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (inside["trace_id"], inside["span_id"]) == (f"{0xABC:032x}", f"{0xDEF:016x}")
    assert "trace_id" not in outside
    plain = (tmp_path / "backend.log").read_text().splitlines()
    assert plain[0].endswith(f"INFO backend inside trace_id={0xABC:032x} span_id={0xDEF:016x}")
    assert plain[1].endswith("INFO backend outside")


def test_a_value_cannot_forge_a_line(tmp_path: Path) -> None:
    configure_logging("INFO", tmp_path)
    logging.getLogger("backend").info("name: %s", "x\n2026 ERROR forged\r\n")
    assert len((tmp_path / "backend.log").read_text().splitlines()) == 1


def test_without_a_writable_directory_standard_output_has_the_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    configure_logging("INFO", file)
    logging.getLogger("backend").info("still here")
    warning, line = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert warning["level"] == "warning"
    assert line["message"] == "still here"
