"""Agents, and tasks for them."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, WebSocket, WebSocketDisconnect, status
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from backend.dependencies import ServicesDep, SessionDep, UserDep
from backend.models import Task
from backend.security import read_token

LOGIN_SECONDS = 5

router = APIRouter(prefix="/api/v1", tags=["agents", "tasks"])


class AgentRead(BaseModel):
    name: str
    description: str


class TaskCreate(BaseModel):
    agent: str
    content_id: int


class TaskRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    agent: str
    content_id: int
    status: str
    result: str | None
    created_at: datetime
    finished_at: datetime | None


@router.get("/agents")
async def list_agents(_user: UserDep, services: ServicesDep) -> list[AgentRead]:
    return [
        AgentRead(name=agent.name, description=agent.description)
        for agent in services.agents.values()
    ]


@router.post("/tasks", status_code=status.HTTP_202_ACCEPTED)
async def create_task(
    new: TaskCreate, user: UserDep, session: SessionDep, services: ServicesDep
) -> TaskRead:
    if new.agent not in services.agents:
        names = ", ".join(services.agents)
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"The agents are {names}.")
    await services.store.ping()
    task = Task(owner_id=user.id, **new.model_dump())
    session.add(task)
    await session.commit()
    await services.store.push(task.id)
    return TaskRead.model_validate(task)


@router.get("/tasks")
async def list_tasks(
    user: UserDep, session: SessionDep, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[TaskRead]:
    query = select(Task).where(Task.owner_id == user.id).order_by(Task.id.desc()).limit(limit)
    return [TaskRead.model_validate(one) for one in await session.scalars(query)]


@router.get("/tasks/{task_id}")
async def read_task(task_id: int, user: UserDep, session: SessionDep) -> TaskRead:
    task = await session.get(Task, task_id)
    if task is None or task.owner_id != user.id:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "The task does not exist.")
    return TaskRead.model_validate(task)


@router.websocket("/live")
async def live(socket: WebSocket, services: ServicesDep) -> None:
    """One message for each finished task. The first message of the client is its access token."""
    await socket.accept()
    sender = None
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            token = await socket.receive_text()
        if read_token(token, services.settings.secret_key.get_secret_value()) is None:
            await socket.close(status.WS_1008_POLICY_VIOLATION, "invalid token")
            return
        with services.live.subscribe() as messages:
            sender = asyncio.create_task(_send(socket, messages))
            while True:
                await socket.receive_text()
    except TimeoutError:
        await socket.close(status.WS_1008_POLICY_VIOLATION, "no token")
    except WebSocketDisconnect:
        return
    finally:
        if sender:
            sender.cancel()


async def _send(socket: WebSocket, messages: asyncio.Queue[str]) -> None:
    while True:
        await socket.send_text(await messages.get())
