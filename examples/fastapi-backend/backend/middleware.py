"""Around all routes: metrics, a log line per request, and the answer to unexpected errors."""

import logging
import time
from typing import Any

from fastapi.responses import JSONResponse
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.metrics import (
    ACTIVE_CONNECTIONS,
    HTTP_DURATION,
    HTTP_REQUESTS,
    exemplar,
    method_label,
)

logger = logging.getLogger("backend.requests")

QUIET = frozenset({"/health", "/ready"})


class RequestMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with ACTIVE_CONNECTIONS.labels("websocket").track_inprogress():
                await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] != "/metrics":
            with ACTIVE_CONNECTIONS.labels("http").track_inprogress():
                await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status: int | None = None

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        except Exception as error:
            logger.exception("unexpected error")
            trace.get_current_span().record_exception(error)
            if status is None:
                response = JSONResponse({"detail": "Internal server error."}, status_code=500)
                await response(scope, receive, observe)
        finally:
            # A client that left before the response counts as no answered request.
            if status is not None:
                _record(scope, status, time.perf_counter() - started)


def _record(scope: Scope, status: int, seconds: float) -> None:
    method, path = method_label(scope["method"]), path_template(scope)
    HTTP_REQUESTS.labels(method, path, str(status)).inc(1, exemplar())
    HTTP_DURATION.labels(method, path).observe(seconds, exemplar())
    if path in QUIET:
        return
    # The query can contain secrets. The path is percent-encoded, so it contains no line breaks.
    raw = scope.get("raw_path", b"").decode("ascii", "replace")[:500]
    logger.log(
        logging.ERROR if status >= 500 else logging.INFO,
        "%s %s HTTP/%s %d %.1f ms",
        method,
        raw,
        scope.get("http_version", "1.1"),
        status,
        seconds * 1000,
        extra={"method": method, "path": raw, "route": path, "status": status},
    )


def path_template(scope: Scope) -> str:
    """`/api/v1/content/{content_id}`, because each router has the whole path as its prefix."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", "unmatched"))
