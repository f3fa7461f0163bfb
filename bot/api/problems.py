"""What is refused, as problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from pydantic import Field

from bot.api.shapes import Shape


class Problem(Shape):
    """Why there is no answer (RFC 9457)."""

    type: str = "about:blank"
    """Always "about:blank": the status says which kind it is."""
    title: str
    """The name of the status."""
    status: int = Field(ge=400, le=599)
    """The HTTP status."""
    detail: str
    """What is wrong, and what would be right."""
    parameter: str | None = None
    """The parameter that is wrong, if one is."""


class Refused(Exception):
    """The request has no answer: `status`, what is wrong, and the headers that go with it."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        parameter: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.problem = Problem(title=status.phrase, status=status.value, detail=detail, parameter=parameter)


def not_there(what: str, parameter: str | None = None) -> Refused:
    """There is nothing of that address, or nothing that a parameter may name."""
    return Refused(HTTPStatus.NOT_FOUND, what, parameter=parameter)
