"""What routes need: the state of the application, a session, the user."""

import hmac
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from backend.agents import Agent
from backend.database import Database
from backend.live import LiveUpdates
from backend.models import User
from backend.pusher import Pusher
from backend.redis_store import RedisStore
from backend.security import read_token
from backend.settings import Settings
from backend.telemetry import annotate

logger = logging.getLogger("backend.security")

bearer = HTTPBearer(auto_error=False)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


@dataclass(frozen=True)
class Services:
    """What the application creates once and all requests share."""

    settings: Settings
    database: Database
    store: RedisStore
    pusher: Pusher
    live: LiveUpdates
    agents: dict[str, Agent]


def services(connection: HTTPConnection) -> Services:
    return cast(Services, connection.app.state.services)


def settings(connection: HTTPConnection) -> Settings:
    return cast(Settings, connection.app.state.settings)


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    database = cast(Database, request.app.state.database)
    await database.prepare()
    async with database.session() as opened:
        yield opened


ServicesDep = Annotated[Services, Depends(services)]
SettingsDep = Annotated[Settings, Depends(settings)]
SessionDep = Annotated[AsyncSession, Depends(session)]


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"}
    )


async def current_user(
    settings: SettingsDep, session: SessionDep, credentials: Credentials
) -> User:
    if credentials is None:
        raise unauthorized("Log in first.")
    user_id = read_token(credentials.credentials, settings.secret_key.get_secret_value())
    user = None if user_id is None else await session.get(User, user_id)
    if user is None:
        logger.warning("unauthorized: invalid token")
        raise unauthorized("The access token is invalid or expired.")
    annotate(enduser_id=user.id)
    return user


UserDep = Annotated[User, Depends(current_user)]


async def alert_sender(settings: SettingsDep, credentials: Credentials) -> None:
    """Only Grafana, which knows the token, may send and read alerts."""
    if settings.alert_webhook_token is None:
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, "ALERT_WEBHOOK_TOKEN is not set on the server."
        )
    expected = settings.alert_webhook_token.get_secret_value().encode()
    given = credentials.credentials.encode() if credentials else b""
    if not hmac.compare_digest(given, expected):
        logger.warning("unauthorized: invalid token of the alert webhook")
        raise unauthorized("The webhook's token is missing or wrong.")
