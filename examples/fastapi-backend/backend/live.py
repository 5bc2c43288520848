"""Sends messages to all open WebSockets."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

MAX_WAITING = 100


class LiveUpdates:
    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[str]] = set()

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[str]]:
        queue: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def send(self, message: str) -> None:
        for queue in self._queues:
            # A client that doesn't read loses messages, and does not delay others.
            if not queue.full():
                queue.put_nowait(message)
