"""What may be asked for: the parameters of each operation, all bounded; one given twice or unknown is refused."""

import re
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from feeds.classify import topics
from feeds.query import MAX_TEXT

MOST = 100  # of one page
_LARGEST = (1 << 63) - 1
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_CURSOR = r"^[0-9]{1,19}(\.[0-9]{1,4})?$"


def _topics(schema: dict[str, Any]) -> None:
    schema["enum"] = [topic.code for topic in topics()]


def _topic(value: str) -> str:
    codes = [topic.code for topic in topics()]
    if value not in codes:
        raise ValueError(f"is none of {', '.join(codes)}")
    return value


def _in_digits(value: str) -> int:
    """Python reads more as a number than the description says: 1_0, +5, 5.0."""
    if not re.fullmatch("[0-9]{1,19}", value):
        raise ValueError("is no whole number")
    return int(value)


def _written_in_full(value: str) -> date:
    """A bare number would be read as days or seconds since 1970."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("is no day like 2026-10-01")
    return date.fromisoformat(value)


def _within_calendar(value: date) -> date:
    """No article is older or younger: what lies outside bounds nothing, and has positions."""
    return min(max(value, _FIRST_DAY), _LAST_DAY)


# No control characters, which PostgreSQL does not store.
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00-\x1f\x7f]+$")]
Topic = Annotated[str, AfterValidator(_topic), Field(json_schema_extra=_topics)]
Day = Annotated[date, BeforeValidator(_written_in_full), AfterValidator(_within_calendar)]
Number = Annotated[int, Field(ge=1, le=_LARGEST), BeforeValidator(_in_digits)]


class Cursor(NamedTuple):
    """Where a page begins: below `before`, after the first `skip`."""

    before: int | None
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.before}.{self.skip}" if self.skip else str(self.before)


class Asked(BaseModel):
    """The parameters of an operation: those that its path names, and those of the query string."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class OneArticle(Asked):
    id: Number
    """The article's number."""


class OneStory(Asked):
    id: Number
    """The story's number."""


class OneDocument(Asked):
    document: Annotated[Text, Field(examples=["09-CT/TW#XI"])]
    """The document's token ("ojgembsfora3a"), or its id ("09-CT/TW#XI") with / as %2F and # as %23."""


class Listed(Asked):
    """A page of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_in_digits)] = 20
    """How many at most."""
    cursor: Annotated[str, Field(pattern=_CURSOR)] | None = None
    """Where the page begins: take it from `next` of the page before, and think nothing of its form."""
    format: Literal["json", "atom"] = "json"
    """JSON, or an Atom feed (RFC 4287) for feed readers."""

    @property
    def begins(self) -> Cursor:
        if self.cursor is None:
            return Cursor(None)
        before, _, skip = self.cursor.partition(".")
        return Cursor(min(int(before), _LARGEST), int(skip or 0))


class Filtered(Listed):
    """Those of which an article meets all of this."""

    topic: Topic | None = None
    """The code of a topic."""
    place: Annotated[Text, Field(examples=["Bến Tre"])] | None = None
    """A province, by its name of today or a former one, with or without accents."""
    outlet: Text | None = None
    """An outlet, by its name or host."""
    document: Annotated[Text, Field(examples=["09-CT/TW#XI"])] | None = None
    """A document that is cited: its token, id or number."""
    since: Day | None = None
    """The first day, in Vietnam."""
    until: Day | None = None
    """The last day, in Vietnam."""


class ListedArticles(Filtered):
    pass


class ListedStories(Filtered):
    pass


class ListedCiting(Listed, OneDocument):
    stage: Annotated[str, Field(pattern=r"^[a-z_]{1,16}$")] | None = None
    """What is said to be done with it, such as issued, rolled_out, implemented, final_review or mentioned."""
    place: Text | None = None
    """The province that is shown with the article."""
    outlet: Text | None = None
    """The outlet, by its exact name."""
    year: Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}$")] | None = None
    """The year of publication, in Vietnam."""


class Searched(Listed):
    q: Annotated[Text, Field(examples=['ma túy "cai nghiện" -bóng đá place:Nghệ An since:2026-10-01'])]
    """What to search for: words, "phrases", -exclusions and filters, as in the chat."""


class LookedUp(Asked):
    number: Annotated[Text, Field(examples=["09 ct tw", "nghi quyet 02 tinh uy ha tinh", "05-CT/TW khóa XII"])]
    """A number or name as anybody writes it."""


class Nothing(Asked):
    pass
