"""The database: engine, sessions, metrics of queries, and the pool's metrics."""

import logging
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Connection, ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from backend.metrics import DB_DURATION, DB_POOL, DB_POOL_MAX, OPERATIONS, exemplar
from backend.models import Base

logger = logging.getLogger(__name__)

POOL_SIZE = 5
POOL_OVERFLOW = 10
TIMEOUT_SECONDS = 5

# What drivers raise if the database can't be reached, or goes away.
UNAVAILABLE = (DBAPIError, PoolTimeoutError, OSError)


class Database:
    def __init__(self, url: str, *, slow_query_seconds: float = 1.0) -> None:
        self._slow = slow_query_seconds
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_async_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=TIMEOUT_SECONDS,
            connect_args={"timeout": TIMEOUT_SECONDS},
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._is_ready = False
        self._observe()

    async def prepare(self) -> None:
        """Creates missing tables, once. A larger application has migrations instead."""
        if not self._is_ready:
            async with self.engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            self._is_ready = True

    async def ping(self) -> None:
        await self.prepare()
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    def session(self) -> AsyncSession:
        return self.sessions()

    async def close(self) -> None:
        await self.engine.dispose()

    def _observe(self) -> None:
        engine = self.engine.sync_engine
        event.listen(engine, "before_cursor_execute", self._start)
        event.listen(engine, "after_cursor_execute", self._end)
        event.listen(engine, "handle_error", self._fail)
        pool: Any = engine.pool
        DB_POOL.labels("in_use").set_function(pool.checkedout)
        DB_POOL.labels("idle").set_function(pool.checkedin)
        DB_POOL_MAX.set(pool.size() + POOL_OVERFLOW)
        if self.is_sqlite:
            event.listen(engine, "connect", _add_sleep)

    def _start(self, connection: Connection, *_: Any) -> None:
        connection.info.setdefault("started", []).append(time.perf_counter())

    def _end(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        self._record(connection, statement)

    def _fail(self, context: ExceptionContext) -> None:
        if context.connection is not None and context.statement is not None:
            self._record(context.connection, context.statement)

    def _record(self, connection: Connection, statement: str) -> None:
        started = connection.info.get("started")
        if not started:
            return
        seconds = time.perf_counter() - started.pop()
        operation = operation_of(statement)
        DB_DURATION.labels(operation).observe(seconds, exemplar())
        if seconds >= self._slow:
            # Without the values of its parameters.
            logger.warning(
                "slow query: %.2f s: %s",
                seconds,
                " ".join(statement.split())[:500],
                extra={"operation": operation, "seconds": round(seconds, 3)},
            )


def operation_of(statement: str) -> str:
    words = statement.split(None, 1)
    word = words[0].lower() if words else ""
    return word if word in OPERATIONS else "other"


def _add_sleep(connection: Any, _record: Any) -> None:
    """SQLite has no function that waits, as `pg_sleep` of PostgreSQL."""
    connection.run_async(lambda raw: raw.create_function("sleep", 1, time.sleep))


def is_unavailable(error: BaseException) -> bool:
    """Whether the database can't be reached. False for an invalid statement."""
    return isinstance(error, UNAVAILABLE) or (
        isinstance(error, SQLAlchemyError) and isinstance(error.__cause__, OSError)
    )
