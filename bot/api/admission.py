"""Who may ask, and how often."""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus

from aiohttp import web

from bot.api.problems import Refused
from bot.limits import Asked, Limits


class Admission:
    """The tokens (name -> secret) that are admitted; without any, everybody is. Counted by token, else by address."""

    def __init__(self, tokens: Mapping[str, str], limits: Limits) -> None:
        self._tokens = {name: sha256(secret.encode()).digest() for name, secret in tokens.items()}
        self._limits = limits

    @property
    def needs_token(self) -> bool:
        return bool(self._tokens)

    def admit(self, request: web.Request) -> None:
        """Raises `Refused` for who has no token of ours, or asks too often."""
        name = self._named(request.headers.get("Authorization", ""))
        wait = self._limits.wait(Asked.API, f"token {name}" if name else f"address {request.remote}")
        if wait:
            headers = {"Retry-After": str(wait)}
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, f"too many requests: wait {wait} s", headers=headers)
        if self.needs_token and name is None:
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "send a token of this API as Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": 'Bearer realm="Diem Tin"'},
            )

    def _named(self, authorization: str) -> str | None:
        """Whose token it is. All are compared, each in constant time: how long it takes tells nothing of any."""
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = sha256(secret.strip().encode("utf-8", "replace")).digest()
        named = [name for name, known in self._tokens.items() if compare_digest(known, digest)]
        return named[0] if named else None
