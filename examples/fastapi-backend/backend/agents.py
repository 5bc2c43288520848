"""Agents, and the metrics, spans and log lines around each of their tasks."""

import asyncio
import logging
import time
from typing import Protocol

from opentelemetry import trace

from backend.database import Database
from backend.metrics import AGENT_DURATION, AGENT_RUNNING, AGENT_TASKS, exemplar
from backend.models import Content

logger = logging.getLogger(__name__)
tracer = trace.get_tracer(__name__)


class AgentError(Exception):
    """A task that an agent can't do."""


class Agent(Protocol):
    name: str
    description: str

    async def run(self, content_id: int) -> str: ...


class ContentAgent:
    name = "ContentAgent"
    description = "Summarizes a content."

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds

    async def run(self, content_id: int) -> str:
        content = await _content(self._database, content_id)
        await asyncio.sleep(self._seconds)
        return f"{content.title}: {content.body[:100]}"


class ReviewAgent:
    name = "ReviewAgent"
    description = "Counts the words of a content."

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds

    async def run(self, content_id: int) -> str:
        content = await _content(self._database, content_id)
        await asyncio.sleep(self._seconds)
        return f"{len(content.body.split())} words"


class OrchestrationAgent:
    name = "OrchestrationAgent"
    description = "Lets the other agents summarize and review a content."

    def __init__(self, agents: list[Agent]) -> None:
        self._agents = agents

    async def run(self, content_id: int) -> str:
        return "; ".join([await run_agent(agent, content_id) for agent in self._agents])


def create_agents(database: Database, seconds: float) -> dict[str, Agent]:
    others: list[Agent] = [ContentAgent(database, seconds), ReviewAgent(database, seconds)]
    agents: dict[str, Agent] = {
        agent.name: agent for agent in (*others, OrchestrationAgent(others))
    }
    for name in agents:
        AGENT_RUNNING.labels(name)
        AGENT_DURATION.labels(name)
        for status in ("success", "error"):
            AGENT_TASKS.labels(name, status)
    return agents


async def run_agent(agent: Agent, content_id: int) -> str:
    """Runs a task, and raises what the agent raises."""
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent.name}
    started = time.perf_counter()
    status = "error"
    with (
        tracer.start_as_current_span(f"invoke_agent {agent.name}", attributes=attributes),
        AGENT_RUNNING.labels(agent.name).track_inprogress(),
    ):
        try:
            result = await agent.run(content_id)
            status = "success"
            logger.info("%s finished content %s", agent.name, content_id)
            return result
        except AgentError as error:
            logger.error("%s failed: %s", agent.name, error)
            raise
        finally:
            seconds = time.perf_counter() - started
            AGENT_DURATION.labels(agent.name).observe(seconds, exemplar())
            AGENT_TASKS.labels(agent.name, status).inc()


async def _content(database: Database, content_id: int) -> Content:
    async with database.session() as session:
        content = await session.get(Content, content_id)
    if content is None:
        raise AgentError(f"content {content_id} does not exist")
    return content
