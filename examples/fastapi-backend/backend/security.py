"""Passwords and access tokens."""

import hashlib
import hmac
import secrets
import time

import jwt

_ALGORITHM = "HS256"


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_scrypt(password, salt).hex()}"


def is_password(password: str, stored: str) -> bool:
    salt, _, digest = stored.partition(":")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


def create_token(user_id: int, key: str, seconds: int) -> str:
    claims = {"sub": str(user_id), "exp": int(time.time()) + seconds}
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read_token(token: str, key: str) -> int | None:
    """The id of the user, or None if the token is invalid or expired."""
    try:
        claims = jwt.decode(
            token, key, algorithms=[_ALGORITHM], options={"require": ["exp", "sub"]}
        )
        return int(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        return None
