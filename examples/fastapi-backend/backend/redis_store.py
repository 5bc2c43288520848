"""Redis: a cache that may be absent, a queue of tasks, and a limit for logins."""

import json
import logging
from dataclasses import asdict, dataclass

from opentelemetry import propagate
from opentelemetry.instrumentation.utils import suppress_instrumentation
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

CACHE_SECONDS = 60
QUEUE = "tasks"
POP_SECONDS = 2
LOGINS_PER_MINUTE = 10


@dataclass(frozen=True)
class QueuedTask:
    task_id: int
    context: dict[str, str]
    """The trace of the request that created the task."""


class RedisStore:
    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=2,
            socket_timeout=POP_SECONDS + 3,
            retry=Retry(NoBackoff(), 1),
            health_check_interval=30,
        )

    async def ping(self) -> None:
        await self._redis.ping()

    async def close(self) -> None:
        await self._redis.aclose()

    async def cached(self, key: str) -> str | None:
        """A missing cache makes requests slower, and nothing else."""
        try:
            value = await self._redis.get(f"cache:{key}")
        except RedisError as error:
            logger.warning("the cache is not available: %s", error)
            return None
        return None if value is None else str(value)

    async def cache(self, key: str, value: str) -> None:
        try:
            await self._redis.set(f"cache:{key}", value, ex=CACHE_SECONDS)
        except RedisError as error:
            logger.warning("the cache is not available: %s", error)

    async def forget(self, key: str) -> None:
        try:
            await self._redis.delete(f"cache:{key}")
        except RedisError as error:
            logger.warning("the cache is not available: %s", error)

    async def push(self, task_id: int) -> None:
        context: dict[str, str] = {}
        propagate.inject(context)
        await self._redis.lpush(QUEUE, json.dumps(asdict(QueuedTask(task_id, context))))

    async def pop(self) -> QueuedTask | None:
        # Otherwise each wait would be a trace of its own.
        with suppress_instrumentation():
            found = await self._redis.brpop([QUEUE], timeout=POP_SECONDS)
        return None if found is None else QueuedTask(**json.loads(found[1]))

    async def count_login(self, name: str) -> bool:
        """Whether this user may try to log in. Without Redis there is no limit."""
        key = f"logins:{name}"
        try:
            async with self._redis.pipeline() as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, 60, nx=True)
                count, _ = await pipeline.execute()
        except RedisError as error:
            logger.warning("logins are not limited: %s", error)
            return True
        return bool(count <= LOGINS_PER_MINUTE)
