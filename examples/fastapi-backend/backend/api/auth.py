"""Login."""

import asyncio
import logging

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import select

from backend.dependencies import ServicesDep, SessionDep, unauthorized
from backend.models import User
from backend.security import create_token, is_password

logger = logging.getLogger("backend.security")

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


class Login(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{2,39}$")
    password: SecretStr = Field(max_length=200)


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"  # noqa: S105


@router.post("/login")
async def login(given: Login, services: ServicesDep, session: SessionDep) -> Token:
    if not await services.store.count_login(given.name):
        logger.warning("rate limit exceeded for logins of %s", given.name)
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many logins. Try again in a minute.",
            headers={"Retry-After": "60"},
        )
    user = await session.scalar(select(User).where(User.name == given.name))
    password = given.password.get_secret_value()
    if user is None or not await asyncio.to_thread(is_password, password, user.password_hash):
        logger.warning("login failed: invalid password for %s", given.name)
        raise unauthorized("The name or the password is wrong.")
    logger.info("user %d logged in", user.id)
    settings = services.settings
    key = settings.secret_key.get_secret_value()
    return Token(access_token=create_token(user.id, key, settings.token_seconds))
