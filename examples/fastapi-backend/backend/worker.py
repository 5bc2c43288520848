"""Takes tasks from the queue and gives them to agents."""

import asyncio
import json
import logging
from collections.abc import Mapping

from opentelemetry import context, propagate, trace
from redis.exceptions import RedisError

from backend.agents import Agent, AgentError, run_agent
from backend.database import Database, is_unavailable
from backend.live import LiveUpdates
from backend.models import Task, now
from backend.redis_store import QueuedTask, RedisStore

logger = logging.getLogger(__name__)
tracer = trace.get_tracer(__name__)

MAX_WAIT_SECONDS = 30


class Worker:
    def __init__(
        self,
        store: RedisStore,
        database: Database,
        agents: Mapping[str, Agent],
        live: LiveUpdates,
    ) -> None:
        self._store = store
        self._database = database
        self._agents = agents
        self._live = live

    async def run(self) -> None:
        """Runs until it is cancelled, also while Redis or the database is not available."""
        wait = 1
        while True:
            try:
                queued = await self._store.pop()
                if queued is not None:
                    await self._handle(queued)
                wait = 1
            except RedisError as error:
                logger.warning("the queue is not available, next attempt in %d s: %s", wait, error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, MAX_WAIT_SECONDS)
            except Exception as error:
                if is_unavailable(error):
                    logger.error("a task failed, because the database is not available")
                else:
                    logger.exception("a task failed")

    async def _handle(self, queued: QueuedTask) -> None:
        parent = context.attach(propagate.extract(queued.context))
        try:
            with tracer.start_as_current_span("process task", kind=trace.SpanKind.CONSUMER):
                await self._process(queued.task_id)
        finally:
            context.detach(parent)

    async def _process(self, task_id: int) -> None:
        async with self._database.session() as session:
            task = await session.get(Task, task_id)
            if task is None:
                logger.warning("the queue contains task %d, which does not exist", task_id)
                return
            task.status = "running"
            await session.commit()
            try:
                task.result = await run_agent(self._agents[task.agent], task.content_id)
                task.status = "success"
            except AgentError as error:
                task.result = str(error)
                task.status = "error"
            task.finished_at = now()
            await session.commit()
        self._live.send(json.dumps({"task": task.id, "status": task.status}))
