import asyncio
import json
import sys

import pytest
from conftest import MakeSettings, RedisServer, Server, wait_for

from backend import load
from backend.app import create_app
from backend.metrics import REGISTRY


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_the_load_makes_what_it_says(
    make_settings: MakeSettings, shared_redis: RedisServer
) -> None:
    names = {
        "error": (
            "http_requests_total",
            {"method": "POST", "path": "/api/v1/simulate/error", "status": "500"},
        ),
        "slow request": (
            "http_requests_total",
            {"method": "POST", "path": "/api/v1/simulate/slow", "status": "200"},
        ),
        "failed login": (
            "http_requests_total",
            {"method": "POST", "path": "/api/v1/auth/login", "status": "401"},
        ),
        "pusher failure": ("pusher_connection_failures_total", {"reason": "network"}),
    }
    before = {kind: value(name, **labels) for kind, (name, labels) in names.items()}
    settings = make_settings(redis_url=shared_redis.url, workers=1)
    with Server(create_app(settings)) as server:
        options = load.parse(
            [
                *("--url", server.url, "--duration", "1.5", "--rate", "60"),
                *("--errors", "0.1", "--slow", "0.1", "--slow-queries", "0.1"),
                *("--failed-logins", "0.08", "--agent-failures", "0.1", "--pusher-failures", "0.1"),
                *("--slow-seconds", "0.01", "--query-seconds", "0.01"),
            ]
        )
        result = asyncio.run(load.run(options))
        wait_for(lambda: value("active_connections", protocol="http") == 0, "the last request")
    made = result["made"]
    assert isinstance(made, dict)
    assert result["requests"] == 90 == sum(made.values())
    for kind, (name, labels) in names.items():
        assert made[kind] > 0
        assert value(name, **labels) == before[kind] + made[kind], kind


def test_faults_require_a_backend_that_allows_them(make_settings: MakeSettings) -> None:
    with Server(create_app(make_settings(simulate=False))) as server:
        options = load.parse(["--url", server.url, "--duration", "0.1"])
        with pytest.raises(SystemExit, match="SIMULATE=true"):
            asyncio.run(load.run(options))
        shares = ("--errors", "--slow", "--slow-queries", "--pusher-failures")
        none = [part for share in shares for part in (share, "0")]
        options = load.parse(["--url", server.url, "--duration", "0.1", "--websockets", "0", *none])
        assert asyncio.run(load.run(options))["requests"] == 1


def test_a_backend_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["load", "--url", "http://127.0.0.1:9", "--duration", "1"])
    with pytest.raises(SystemExit, match="No answer from"):
        load.main()


@pytest.mark.parametrize("arguments", [["--errors", "2"], ["--rate", "0"], ["--duration", "-1"]])
def test_invalid_options_are_rejected(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        load.parse(arguments)


def test_the_result_is_printed_as_json(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(create_app(make_settings(log_level="ERROR"))) as server:
        arguments = ["--url", server.url, "--duration", "0.1", "--errors", "0"]
        monkeypatch.setattr(sys, "argv", ["load", *arguments])
        load.main()
    out = capsys.readouterr().out
    assert json.loads(out[out.rindex('{\n  "requests"') :])["requests"] == 1
