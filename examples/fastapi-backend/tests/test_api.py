import json

import pytest
from conftest import (
    PASSWORD,
    MakeSettings,
    RedisServer,
    create_content,
    sign_up,
    wait_for,
)
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend.app import create_app
from backend.security import create_token


def test_users_log_in_and_read_themselves(client: TestClient) -> None:
    headers = sign_up(client)
    me = client.get("/api/v1/users/me", headers=headers).json()
    assert me["name"] == "ada"
    assert client.get(f"/api/v1/users/{me['id']}", headers=headers).json() == me
    assert client.get("/api/v1/users", headers=headers).json() == [me]
    assert client.get("/api/v1/users/999", headers=headers).status_code == 404
    assert "password" not in json.dumps(me)


def test_a_name_is_taken_once(client: TestClient) -> None:
    sign_up(client)
    again = client.post("/api/v1/users", json={"name": "ada", "password": PASSWORD})
    assert again.status_code == 409


@pytest.mark.parametrize("name", ["a", "Ada", "ada\nadmin logged in", "../ada", "a" * 41])
def test_names_that_would_not_be_safe_in_a_log_are_rejected(client: TestClient, name: str) -> None:
    response = client.post("/api/v1/users", json={"name": name, "password": PASSWORD})
    assert response.status_code == 422
    assert PASSWORD not in response.text


@pytest.mark.parametrize("path", ["users", "users/me", "content", "content/1", "agents", "tasks"])
def test_routes_require_a_login(client: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        response = client.get(f"/api/v1/{path}", headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"


def test_expired_and_foreign_tokens_are_rejected(
    client: TestClient, make_settings: MakeSettings
) -> None:
    sign_up(client)
    key = make_settings().secret_key.get_secret_value()
    for token in (
        create_token(1, key, -1),
        create_token(1, "another key" * 4, 60),
        create_token(99, key, 60),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/api/v1/users/me", headers=headers).status_code == 401


def test_content_is_created_changed_and_deleted(full_client: TestClient) -> None:
    headers = sign_up(full_client)
    number = create_content(full_client, headers)
    path = f"/api/v1/content/{number}"
    for _ in range(2):
        assert full_client.get(path, headers=headers).json()["title"] == "A title"
    changed = full_client.put(path, json={"title": "Another", "body": ""}, headers=headers)
    assert changed.status_code == 200
    assert full_client.get(path, headers=headers).json()["title"] == "Another"
    assert [one["id"] for one in full_client.get("/api/v1/content", headers=headers).json()] == [
        number
    ]
    assert full_client.delete(path, headers=headers).status_code == 204
    assert full_client.get(path, headers=headers).status_code == 404


def test_only_the_owner_changes_content(client: TestClient) -> None:
    number = create_content(client, sign_up(client))
    stranger = sign_up(client, "eve")
    new = {"title": "Mine", "body": ""}
    assert client.put(f"/api/v1/content/{number}", json=new, headers=stranger).status_code == 403
    assert client.delete(f"/api/v1/content/{number}", headers=stranger).status_code == 403


def test_agents_do_tasks(full_client: TestClient) -> None:
    headers = sign_up(full_client)
    number = create_content(full_client, headers)
    agents = [one["name"] for one in full_client.get("/api/v1/agents", headers=headers).json()]
    assert agents == ["ContentAgent", "ReviewAgent", "OrchestrationAgent"]

    def task(agent: str, content_id: int) -> dict[str, str]:
        new = {"agent": agent, "content_id": content_id}
        created = full_client.post("/api/v1/tasks", json=new, headers=headers)
        assert created.status_code == 202

        def finished() -> dict[str, str] | None:
            path = f"/api/v1/tasks/{created.json()['id']}"
            found: dict[str, str] = full_client.get(path, headers=headers).json()
            return found if found["status"] in ("success", "error") else None

        found: dict[str, str] = wait_for(finished, "the task")
        return found

    assert task("ReviewAgent", number)["result"] == "2 words"
    assert task("OrchestrationAgent", number)["result"] == "A title: some words; 2 words"
    failed = task("ContentAgent", 999)
    assert (failed["status"], failed["result"]) == ("error", "content 999 does not exist")
    assert len(full_client.get("/api/v1/tasks", headers=headers).json()) == 3
    stranger = sign_up(full_client, "eve")
    assert full_client.get("/api/v1/tasks/1", headers=stranger).status_code == 404
    unknown = {"agent": "UserAgent", "content_id": number}
    assert full_client.post("/api/v1/tasks", json=unknown, headers=headers).status_code == 404


def test_websockets_get_finished_tasks(full_client: TestClient) -> None:
    headers = sign_up(full_client)
    number = create_content(full_client, headers)
    token = headers["Authorization"].removeprefix("Bearer ")
    with full_client.websocket_connect("/api/v1/live") as socket:
        socket.send_text(token)
        new = {"agent": "ReviewAgent", "content_id": number}
        created = full_client.post("/api/v1/tasks", json=new, headers=headers).json()
        assert socket.receive_json() == {"task": created["id"], "status": "success"}


def test_websockets_require_a_token(client: TestClient) -> None:
    with client.websocket_connect("/api/v1/live") as socket:
        socket.send_text("nonsense")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008


def test_logins_are_limited(make_settings: MakeSettings, shared_redis: RedisServer) -> None:
    with TestClient(create_app(make_settings(redis_url=shared_redis.url))) as client:
        login = {"name": "guessed", "password": "wrong"}
        answers = [client.post("/api/v1/auth/login", json=login).status_code for _ in range(12)]
        assert answers == [401] * 10 + [429] * 2
        sign_up(client, "another")
