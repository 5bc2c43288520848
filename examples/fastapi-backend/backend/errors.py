"""Answers to errors: a status and one sentence, never a stack trace."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from backend.database import UNAVAILABLE, is_unavailable

logger = logging.getLogger(__name__)


def unavailable(what: str) -> JSONResponse:
    return JSONResponse(
        {"detail": f"The {what} is not available. Try again later."},
        status_code=503,
        headers={"Retry-After": "5"},
    )


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(RedisError, _no_redis)
    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, _no_database)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Without the input, which can contain a password."""
    problems: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else []
    detail = [{"loc": one["loc"], "msg": one["msg"], "type": one["type"]} for one in problems]
    return JSONResponse({"detail": detail}, status_code=422)


async def _no_redis(_request: Request, error: Exception) -> JSONResponse:
    logger.error("Redis is not available: %s", error)
    return unavailable("queue")


async def _no_database(_request: Request, error: Exception) -> JSONResponse:
    if not is_unavailable(error):
        raise error
    logger.error("the database is not available: %s", type(error).__name__)
    return unavailable("database")
