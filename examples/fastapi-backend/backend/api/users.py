"""Users."""

import asyncio
from datetime import datetime

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from backend.dependencies import SessionDep, UserDep
from backend.models import User
from backend.security import hash_password

router = APIRouter(prefix="/api/v1/users", tags=["users"])


class UserCreate(BaseModel):
    # Names are in log lines.
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{2,39}$")
    password: SecretStr = Field(min_length=8, max_length=200)


class UserRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    created_at: datetime


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_user(new: UserCreate, session: SessionDep) -> UserRead:
    digest = await asyncio.to_thread(hash_password, new.password.get_secret_value())
    user = User(name=new.name, password_hash=digest)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(status.HTTP_409_CONFLICT, "The name is taken.") from None
    return UserRead.model_validate(user)


@router.get("")
async def list_users(_user: UserDep, session: SessionDep) -> list[UserRead]:
    found = await session.scalars(select(User).order_by(User.id.desc()).limit(100))
    return [UserRead.model_validate(one) for one in found]


@router.get("/me")
async def read_me(user: UserDep) -> UserRead:
    return UserRead.model_validate(user)


@router.get("/{user_id}")
async def read_user(user_id: int, _user: UserDep, session: SessionDep) -> UserRead:
    user = await session.get(User, user_id)
    if user is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "The user does not exist.")
    return UserRead.model_validate(user)
