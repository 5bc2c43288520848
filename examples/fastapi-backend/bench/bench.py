"""Measures what the instrumentation costs: CPU time per request and the 99th percentile.

Each variant of the backend answers the same requests at a fixed rate. A collector that accepts
and forgets everything, and a Redis, run in processes of their own.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
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


def collect(port: int) -> None:
    ThreadingHTTPServer(("127.0.0.1", port), Sink).serve_forever()


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

        async def one(due: float) -> None:
            """Measures from the time when the request is due: a busy client hides nothing."""
            nonlocal failed
            try:
                response = await client.get("/api/v1/content/1")
                failed += response.status_code != 200
            except httpx.HTTPError:
                failed += 1
            durations.append(time.perf_counter() - due)

        for _ in range(rate):
            await one(time.perf_counter())
        durations.clear()
        cpu = cpu_seconds(url)
        started = time.perf_counter()
        running: list[asyncio.Task[None]] = []
        for number in range(int(rate * seconds)):
            due = started + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            running.append(asyncio.create_task(one(due)))
        await asyncio.gather(*running)
        durations.append((cpu_seconds(url) - cpu) / len(running))
    return durations, failed


def wait_until_ready(url: str, backend: subprocess.Popen[bytes]) -> None:
    answer = "no answer"
    for _ in range(300):
        if backend.poll() is not None:
            sys.exit(f"The backend ended with {backend.returncode}.")
        try:
            response = httpx.get(f"{url}/ready")
            if response.status_code == 200:
                return
            answer = response.text
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit(f"The backend is not ready: {answer}")


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
            wait_until_ready(url, backend)
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
    parser.add_argument("--redis", help="URL of a Redis; without it, redis-server is started")
    options = parser.parse_args()
    port = free_port()
    sink = multiprocessing.Process(target=collect, args=(port,), daemon=True)
    sink.start()
    redis = None if options.redis else start_redis(options)
    try:
        compare(f"http://127.0.0.1:{port}", options)
    finally:
        sink.terminate()
        if redis:
            redis.terminate()


def start_redis(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    program = shutil.which("redis-server")
    if not program:
        sys.exit("Install redis-server, or pass --redis URL.")
    port = free_port()
    options.redis = f"redis://127.0.0.1:{port}/0"
    command = [program, "--port", str(port), "--save", ""]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def compare(endpoint: str, options: argparse.Namespace) -> None:
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
