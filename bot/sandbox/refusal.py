"""How the stand-in says no: one exception, and a maker for each HTTP status."""

from typing import Any


class Refusal(Exception):
    """An answer `{"ok": false}`: HTTP status, Telegram's description and, rarely, its `parameters`."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def answer(self) -> dict[str, Any]:
        """The JSON body as Telegram sends it."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(why: str) -> Refusal:
    """400; `why` without the prefix, as in the real descriptions."""
    return Refusal(400, f"Bad Request: {why}")


def old_query() -> Refusal:
    """400: who pressed or typed waits no longer, or has an answer."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


def forbidden(why: str) -> Refusal:
    """403: the user does not want to hear from the bot, or cannot."""
    return Refusal(403, f"Forbidden: {why}")


def conflict(why: str) -> Refusal:
    """409: two receivers of updates."""
    return Refusal(409, f"Conflict: {why}")


def too_many_requests(seconds: int) -> Refusal:
    """429 with the number of seconds to wait."""
    return Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def not_in_sandbox(what: str) -> Refusal:
    """501: Telegram knows this, the stand-in does not. Its own words: the real server never says this."""
    return Refusal(501, f"Not Implemented: the sandbox does not know {what}")
