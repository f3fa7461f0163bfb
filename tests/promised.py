"""A model of what readers were promised, which knows nothing of `digests`: it counts half-hours, and remembers who
wants which story."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
ON_TIME, MISSED = timedelta(minutes=30), timedelta(hours=12)
HOME = timedelta(hours=7)  # Vietnam has one zone, and never changes its clocks


@dataclass
class News:
    """A story of one article, and how it is known in a message."""

    article_id: int
    mark: str
    title: str
    seen: datetime
    last_digest: int
    follows: bool = False
    is_old: bool = False  # published long before it was seen: news to nobody


@dataclass(frozen=True)
class Request:
    """What a reader asked for of what a digest of a subscription had held back."""

    promise: "Promise"
    ends: int
    marks: tuple[str, ...]


@dataclass
class Promise:
    """What the model knows of a subscription: moments in (`watched`, now] are due, and `owed` if it still is."""

    id: int
    reader: int
    watched: datetime
    cadence: str = "daily"
    minutes: tuple[int, ...] = (7 * 60,)
    weekday: int = 0
    enabled: bool = True
    paused_until: datetime | None = None
    owed: datetime | None = None
    maybe: bool = False  # something may come that is not owed
    floor: datetime = field(init=False)
    covered: datetime | None = None  # the end of its last digest, where the next begins
    ends: int = 0
    digests: int = 0  # since it began, or began again: what of earlier days is read late is news to the third
    tells_empty: bool = True
    words: tuple[str, ...] = ()
    wants_all: bool = True
    news: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.floor = self.watched

    def moments(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Its moments in (after, until]: half-hours that its reader chose."""
        moment = after.replace(minute=0, second=0, microsecond=0)
        while moment <= until:
            wall = moment + HOME
            is_day = {"weekdays": wall.weekday() < 5, "weekly": wall.weekday() == self.weekday}.get(self.cadence, True)
            is_chosen = is_day and wall.hour * 60 + wall.minute in self.minutes
            if moment > after and is_chosen and not (self.paused_until and moment < self.paused_until):
                yield moment
            moment += ON_TIME

    def anew(self, now: datetime, *, keeps: bool) -> None:
        """Its moments are counted from now; what is due already still comes, if it `keeps` that."""
        if keeps:
            self.owed = self.owed or next(self.moments(self.watched, now), None)
            self.maybe |= next(self.moments(self.floor, now), None) is not None
        else:
            self.owed, self.maybe = None, False
        self.watched = self.floor = now

    def wants(self, title: str, *, follows: bool) -> bool:
        if not self.enabled or not self.wants_all or not self.covered:
            return False
        if self.cadence == "instant":
            return follows
        return not self.words or any(word in title for word in self.words)
