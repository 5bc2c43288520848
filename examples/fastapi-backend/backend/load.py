"""`python -m backend.load` generates traffic, and prints what it sent."""

import argparse
import asyncio
import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
from websockets.asyncio.client import connect

AGENTS = ("ContentAgent", "ReviewAgent", "OrchestrationAgent")

# What a request does, and how often, if nothing else is requested.
MIX = {
    "list content": 30,
    "read content": 40,
    "create content": 8,
    "update content": 5,
    "delete content": 1,
    "read me": 6,
    "list tasks": 4,
    "create task": 6,
}


class Load:
    def __init__(self, client: httpx.AsyncClient, options: argparse.Namespace) -> None:
        self._client = client
        self._options = options
        self._random = random.Random(options.seed)
        self._content: list[int] = []
        self.made: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()

    async def log_in(self) -> None:
        login = {"name": f"load-{secrets.token_hex(6)}", "password": secrets.token_urlsafe()}
        await self._client.post("/api/v1/users", json=login)
        response = await self._client.post("/api/v1/auth/login", json=login)
        response.raise_for_status()
        self.token: str = response.json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {self.token}"
        await self._create_content()

    async def can_simulate(self) -> bool:
        return (await self._client.get("/api/v1/simulate")).status_code == 200

    def choose(self) -> str:
        """A fault, each with its own share, or else a request of the mix."""
        point = self._random.random()
        for kind, share in (
            ("error", self._options.errors),
            ("slow request", self._options.slow),
            ("slow query", self._options.slow_queries),
            ("failed login", self._options.failed_logins),
            ("agent failure", self._options.agent_failures),
            ("pusher failure", self._options.pusher_failures),
        ):
            point -= share
            if point < 0:
                return kind
        return self._random.choices(list(MIX), list(MIX.values()))[0]

    async def make(self, kind: str) -> None:
        actions: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
            "list content": lambda: self._client.get("/api/v1/content"),
            "read content": lambda: self._client.get(f"/api/v1/content/{self._some_content()}"),
            "create content": self._create_content,
            "update content": lambda: self._client.put(
                f"/api/v1/content/{self._some_content()}", json=self._text()
            ),
            "delete content": self._delete_content,
            "read me": lambda: self._client.get("/api/v1/users/me"),
            "list tasks": lambda: self._client.get("/api/v1/tasks"),
            "create task": lambda: self._create_task(self._some_content()),
            "error": lambda: self._client.post("/api/v1/simulate/error"),
            "slow request": lambda: self._simulate("slow", self._options.slow_seconds),
            "slow query": lambda: self._simulate("slow-query", self._options.query_seconds),
            "failed login": lambda: self._client.post(
                "/api/v1/auth/login", json={"name": "load-stranger", "password": "wrong"}
            ),
            "agent failure": lambda: self._create_task(2**31 - 1),
            "pusher failure": lambda: self._client.post("/api/v1/simulate/pusher-failure"),
        }
        self.made[kind] += 1
        try:
            response = await actions[kind]()
            self.answers[str(response.status_code)] += 1
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1

    def _some_content(self) -> int:
        return self._random.choice(self._content) if self._content else 1

    def _text(self) -> dict[str, str]:
        words = self._random.choices(("alpha", "beta", "gamma", "delta"), k=50)
        return {"title": f"Content {self._random.randrange(1000)}", "body": " ".join(words)}

    async def _create_content(self) -> httpx.Response:
        response = await self._client.post("/api/v1/content", json=self._text())
        if response.status_code == 201:
            self._content.append(response.json()["id"])
        return response

    async def _delete_content(self) -> httpx.Response:
        if len(self._content) < 2:
            return await self._create_content()
        return await self._client.delete(f"/api/v1/content/{self._content.pop()}")

    async def _create_task(self, content_id: int) -> httpx.Response:
        task = {"agent": self._random.choice(AGENTS), "content_id": content_id}
        return await self._client.post("/api/v1/tasks", json=task)

    async def _simulate(self, what: str, seconds: float) -> httpx.Response:
        return await self._client.post(f"/api/v1/simulate/{what}", params={"seconds": seconds})


async def _stay_connected(url: str, token: str) -> None:
    async with connect(f"{url.replace('http', 'ws', 1)}/api/v1/live") as socket:
        await socket.send(token)
        async for _ in socket:
            pass


async def run(options: argparse.Namespace) -> dict[str, object]:
    url = options.url.rstrip("/")
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=35, limits=limits) as client:
        load = Load(client, options)
        await load.log_in()
        needs = options.errors + options.slow + options.slow_queries + options.pusher_failures
        if needs and not await load.can_simulate():
            raise SystemExit(
                "The backend does not fail on request. Start it with SIMULATE=true, or set "
                "--errors, --slow, --slow-queries and --pusher-failures to 0."
            )
        sockets = [
            asyncio.create_task(_stay_connected(url, load.token)) for _ in range(options.websockets)
        ]
        started = time.perf_counter()
        running: set[asyncio.Task[None]] = set()
        total = int(options.duration * options.rate)
        for number in range(total):
            await asyncio.sleep(max(0, started + number / options.rate - time.perf_counter()))
            task = asyncio.create_task(load.make(load.choose()))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        seconds = time.perf_counter() - started
        for socket in sockets:
            socket.cancel()
        await asyncio.gather(*sockets, return_exceptions=True)
    return {
        "requests": load.made.total(),
        "seconds": round(seconds, 1),
        "websockets": options.websockets,
        "made": dict(load.made.most_common()),
        "answers": dict(sorted(load.answers.items())),
    }


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m backend.load", description=__doc__)

    def share(text: str) -> float:
        value = float(text)
        if not 0 <= value <= 1:
            raise argparse.ArgumentTypeError("must be between 0 and 1")
        return value

    def positive(text: str) -> float:
        value = float(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be above 0")
        return value

    parser.add_argument("--url", default="http://127.0.0.1:8009", help="address of the backend")
    parser.add_argument("--duration", type=positive, default=60, help="in seconds")
    parser.add_argument("--rate", type=positive, default=10, help="requests per second")
    parser.add_argument("--websockets", type=int, default=2, help="open WebSockets")
    parser.add_argument("--seed", type=int, default=1, help="seed of the mix")
    for name, default, text in (
        ("errors", 0.01, "share of requests that the server answers with 500"),
        ("slow", 0.01, "share of requests that take --slow-seconds"),
        ("slow-queries", 0.01, "share of requests with a query that takes --query-seconds"),
        ("failed-logins", 0.01, "share of requests that log in with a wrong password"),
        ("agent-failures", 0.01, "share of requests that create a task that fails"),
        ("pusher-failures", 0.0, "share of requests with a failed connection to Pusher"),
    ):
        parser.add_argument(f"--{name}", type=share, default=default, help=text)
    parser.add_argument("--slow-seconds", type=positive, default=3.0)
    parser.add_argument("--query-seconds", type=positive, default=1.5)
    return parser.parse_args(arguments)


def main() -> None:
    options = parse()
    try:
        result = asyncio.run(run(options))
    except httpx.HTTPStatusError as error:
        sys.exit(f"Login failed: {error.response.status_code} {error.response.text[:200]}")
    except httpx.HTTPError as error:
        sys.exit(f"No answer from {options.url}: {error or type(error).__name__}")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
