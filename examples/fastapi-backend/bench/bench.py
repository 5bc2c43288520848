"""Measures what the instrumentation costs: CPU time per request and the 99th percentile.

Each variant of the backend answers the same requests at a fixed rate. A collector that accepts
and forgets everything runs in this process.
"""

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(url: str) -> float:
    text = httpx.get(f"{url}/metrics").text
    found = re.search(r"^process_cpu_seconds_total (\S+)$", text, re.MULTILINE)
    assert found, "the process has no metrics: this needs Linux"
    return float(found[1])


async def drive(url: str, rate: int, seconds: float) -> tuple[list[float], int]:
    """The durations, and the number of requests that failed."""
    durations: list[float] = []
    failed = 0
    # Shorter than the 5 s after which the server closes idle connections.
    limits = httpx.Limits(max_connections=50, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        login = {"name": "bench", "password": "a long password"}
        await client.post("/api/v1/users", json=login)
        token = (await client.post("/api/v1/auth/login", json=login)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        new = {"title": "A title", "body": "words " * 50}
        await client.post("/api/v1/content", json=new)

        async def one() -> None:
            nonlocal failed
            started = time.perf_counter()
            response = await client.get("/api/v1/content/1")
            durations.append(time.perf_counter() - started)
            failed += response.status_code != 200

        for _ in range(rate):
            await one()
        durations.clear()
        cpu = cpu_seconds(url)
        started = time.perf_counter()
        running: list[asyncio.Task[None]] = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0, started + number / rate - time.perf_counter()))
            running.append(asyncio.create_task(one()))
        await asyncio.gather(*running)
        durations.append((cpu_seconds(url) - cpu) / len(running))
    return durations, failed


def measure(endpoint: str | None, sampling: float, options: argparse.Namespace) -> dict[str, float]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as directory:
        variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PORT": str(port),
            "REDIS_URL": options.redis,
            "TRACE_SAMPLING": str(sampling),
            **({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint} if endpoint else {}),
        }
        backend = subprocess.Popen(
            [sys.executable, "-m", "backend"],
            cwd=directory,
            env=variables,
            stdout=subprocess.DEVNULL,
        )
        try:
            while True:
                try:
                    httpx.get(f"{url}/health")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            durations, failed = asyncio.run(drive(url, options.rate, options.seconds))
        finally:
            backend.terminate()
            backend.wait()
    cpu = durations.pop()
    durations.sort()
    return {
        "cpu": cpu * 1000,
        "p50": durations[len(durations) // 2] * 1000,
        "p99": durations[int(len(durations) * 0.99)] * 1000,
        "failed": failed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20, help="for each variant")
    parser.add_argument(
        "--rounds", type=int, default=1, help="the best round of each variant counts"
    )
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/0")
    options = parser.parse_args()
    sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{sink.server_port}"
    variants = {
        "without OpenTelemetry": (None, 1.0),
        "sampling 0 %": (endpoint, 0.0),
        "sampling 10 %": (endpoint, 0.1),
        "sampling 100 %": (endpoint, 1.0),
    }
    best: dict[str, dict[str, float]] = {}
    failed = 0.0
    for _ in range(options.rounds):
        for name, (target, sampling) in variants.items():
            found = measure(target, sampling, options)
            failed += found["failed"]
            if name not in best or found["cpu"] < best[name]["cpu"]:
                best[name] = found
    print("| variant | CPU per request | P50 | P99 |")
    print("| --- | --- | --- | --- |")
    for name, found in best.items():
        print(f"| {name} | {found['cpu']:.2f} ms | {found['p50']:.1f} ms | {found['p99']:.1f} ms |")
    print(f"{failed:.0f} requests failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
