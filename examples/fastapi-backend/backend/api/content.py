"""Content, cached in Redis."""

import logging
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, HTTPException, Query, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.dependencies import ServicesDep, SessionDep, UserDep
from backend.models import Content, User

logger = logging.getLogger("backend.security")

router = APIRouter(prefix="/api/v1/content", tags=["content"])


class ContentWrite(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(max_length=100_000)


class ContentRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    owner_id: int
    title: str
    body: str
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_content(
    new: ContentWrite,
    user: UserDep,
    session: SessionDep,
    services: ServicesDep,
    background: BackgroundTasks,
) -> ContentRead:
    content = Content(owner_id=user.id, **new.model_dump())
    session.add(content)
    await session.commit()
    background.add_task(services.pusher.publish, "content", "created", {"id": content.id})
    return ContentRead.model_validate(content)


@router.get("")
async def list_content(
    _user: UserDep,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> list[ContentRead]:
    query = select(Content).order_by(Content.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Content.id < before)
    return [ContentRead.model_validate(one) for one in await session.scalars(query)]


@router.get("/{content_id}")
async def read_content(
    content_id: int, _user: UserDep, session: SessionDep, services: ServicesDep
) -> ContentRead:
    key = f"content:{content_id}"
    cached = await services.store.cached(key)
    if cached is not None:
        return ContentRead.model_validate_json(cached)
    content = ContentRead.model_validate(await _found(session, content_id))
    await services.store.cache(key, content.model_dump_json())
    return content


@router.put("/{content_id}")
async def update_content(
    content_id: int,
    new: ContentWrite,
    user: UserDep,
    session: SessionDep,
    services: ServicesDep,
) -> ContentRead:
    content = await _own(session, content_id, user)
    content.title, content.body = new.title, new.body
    await session.commit()
    await services.store.forget(f"content:{content_id}")
    return ContentRead.model_validate(content)


@router.delete("/{content_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_content(
    content_id: int, user: UserDep, session: SessionDep, services: ServicesDep
) -> None:
    await session.delete(await _own(session, content_id, user))
    await session.commit()
    await services.store.forget(f"content:{content_id}")


async def _found(session: AsyncSession, content_id: int) -> Content:
    content = await session.get(Content, content_id)
    if content is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "The content does not exist.")
    return content


async def _own(session: AsyncSession, content_id: int, user: User) -> Content:
    content = await _found(session, content_id)
    if content.owner_id != user.id:
        logger.warning("permission denied: user %d, content %d", user.id, content_id)
        raise HTTPException(status.HTTP_403_FORBIDDEN, "The content belongs to another user.")
    return content
