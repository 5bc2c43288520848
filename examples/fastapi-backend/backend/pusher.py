"""Publishes events with Pusher's HTTP API, and counts connections that fail."""

import hashlib
import hmac
import json
import logging
import time
from typing import Any

import httpx

from backend.metrics import PUSHER_FAILURES

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 3


class Pusher:
    """Without a URL, it publishes nothing."""

    def __init__(self, url: str | None, app_id: str, key: str, secret: str) -> None:
        self._url = url.rstrip("/") if url else None
        self._path = f"/apps/{app_id}/events"
        self._key = key
        self._secret = secret
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)

    async def publish(self, channel: str, event: str, data: dict[str, Any]) -> None:
        """Never raises: a live update that is lost must not fail a request."""
        if self._url is None:
            return
        body = json.dumps({"name": event, "channels": [channel], "data": json.dumps(data)})
        try:
            response = await self._client.post(
                f"{self._url}{self._path}",
                params=self._signed(body),
                content=body,
                headers={"Content-Type": "application/json"},
            )
        except httpx.TimeoutException:
            self._fail("timeout")
        except httpx.HTTPError:
            self._fail("network")
        else:
            if response.is_error:
                self._fail(_reason(response.status_code))

    async def close(self) -> None:
        await self._client.aclose()

    def _signed(self, body: str) -> dict[str, str]:
        params = {
            "auth_key": self._key,
            "auth_timestamp": str(int(time.time())),
            "auth_version": "1.0",
            "body_md5": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        }
        query = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        text = f"POST\n{self._path}\n{query}"
        digest = hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {**params, "auth_signature": digest}

    def _fail(self, reason: str) -> None:
        PUSHER_FAILURES.labels(reason).inc()
        logger.warning("connection to Pusher failed: %s", reason, extra={"reason": reason})


def _reason(status: int) -> str:
    if status in (401, 403):
        return "unauthorized"
    return "limit" if status in (413, 429) else "other"
