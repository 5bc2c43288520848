"""Receives the notifications of Grafana's webhook contact point, and lists them."""

import logging
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select

from backend.dependencies import SessionDep, alert_sender
from backend.models import Alert

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"], dependencies=[Depends(alert_sender)])

KEEP = 10_000


class GrafanaAlert(BaseModel):
    status: str = Field(max_length=20)
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    starts_at: datetime | None = Field(None, alias="startsAt")
    ends_at: datetime | None = Field(None, alias="endsAt")
    fingerprint: str = Field("", max_length=64)


class Notification(BaseModel):
    """https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/"""

    alerts: list[GrafanaAlert] = Field(max_length=1000)


class AlertRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    received_at: datetime
    name: str
    status: str
    labels: dict[str, Any]
    annotations: dict[str, Any]
    starts_at: datetime | None
    ends_at: datetime | None
    fingerprint: str


@router.post("", status_code=status.HTTP_202_ACCEPTED)
async def receive(notification: Notification, session: SessionDep) -> dict[str, int]:
    stored = [
        Alert(name=one.labels.get("alertname", "")[:200], **one.model_dump())
        for one in notification.alerts
    ]
    session.add_all(stored)
    await session.flush()
    if stored:
        await session.execute(delete(Alert).where(Alert.id <= stored[-1].id - KEEP))
    await session.commit()
    for alert in stored:
        logger.info("alert %s: %s", alert.status, alert.name)
    return {"stored": len(stored)}


@router.get("")
async def list_alerts(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    state: Annotated[str | None, Query(alias="status")] = None,
) -> list[AlertRead]:
    """The latest first."""
    query = select(Alert).order_by(Alert.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Alert.status == state)
    return [AlertRead.model_validate(one) for one in await session.scalars(query)]
