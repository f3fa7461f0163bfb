"""Promise 2 as a law: whatever clocks, networks, kills and readers do, nothing is lost and nothing needlessly twice.

`LONG_RUN=500 pytest tests/test_promises.py` tries that many examples, others each time.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise, permutations
from pathlib import Path

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from digests.models import Digest, DigestPart
from digests.sending import ChatMoved, ChatUnreachable, TopicUnavailable
from feeds.database import Database
from promised import DAY, HOME, MISSED, ON_TIME, News, Promise, Request
from rounds import Attempt, Step, World

LONG_RUN = os.environ.get("LONG_RUN")
EVENTS = (
    ("news",) * 8 + ("news held up", "news held up", "old news", "more", "more", "more", "hour", "hour", "cadence")
    + ("most", "wishes", "wishes", "pause", "quiet", "quiet", "add", "add", "add", "remove", "stop", "return", "return")
    + ("forget", "unknown language", "known language")
)  # fmt: skip
FAULTS = (
    ("",) * 8 + ("429", "flood", "400", "403", "403", "topic", "moved", "stops", "500 after", "500 before", "500 after")
    + ("breaks after", "breaks before", "kill after", "kill before")
)  # fmt: skip
# An hour to a day on, with a little more than the half-hours that readers choose; sometimes back.
MINUTES = st.sampled_from([*range(61, 1440, 30), *range(481, 961, 30), 1440, 1440, 721, -30, -95, -180])
CALM = [Step(0, [("known language", reader, 0) for reader in range(3)]), *[Step(10 * 60)] * 6]

DAILY = Step(24 * 60 + 5)  # the first digest of all, at 07:05
# What chance hardly brings about: news of quiet hours that waits at 06:40 for the digest of 07:00; a digest that
# cannot be composed until it is given up; one of which each part is refused.
JOINED = [DAILY, Step(60, [("add", 0, 0)]), Step(14 * 60, [("news", 0, 8)]), Step(8 * 60 + 35), Step(25)]
NOT_COMPOSED = [DAILY, Step(60, [("news", 0, 8), ("unknown language", 0, 1)]), Step(23 * 60), *[Step(30)] * 6]
REFUSED = [DAILY, Step(60, [("news", 0, 8)]), Step(23 * 60, (), ["400"] * 9)]

steps = st.builds(
    Step,
    MINUTES,
    st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 8), st.integers(0, 99)), min_size=1, max_size=4),
    st.lists(st.sampled_from(FAULTS), max_size=6),
    st.none() | st.none() | st.integers(0, 25),
)


def test_every_due_digest_arrives_in_order_and_no_story_twice(migrated_file: Path) -> None:
    met: Counter[str] = Counter()  # what the examples brought about: a law about nothing says nothing

    @settings(
        max_examples=int(LONG_RUN or 40),
        deadline=None,
        derandomize=not LONG_RUN,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],  # to shrink an example takes longer than a test may
    )
    @given(st.lists(steps, min_size=6, max_size=12))
    @example(JOINED)
    @example(NOT_COMPOSED)
    @example(REFUSED)
    def law(some: list[Step]) -> None:
        with tempfile.TemporaryDirectory(prefix="diem-tin-") as folder:
            path = Path(folder) / "test.db"
            shutil.copy(migrated_file, path)
            database = Database(f"sqlite:///{path}")
            try:
                laws = Laws(World(database), met)
                for step in (*some, *CALM):
                    laws.check_round(alive=laws.world.go(step))
                laws.check_end()
            finally:
                database.close()

    law()
    counted = ("stories told", "stories held back", "asked for", "later parts", "doubled", "killed", "refused readers")
    for what in counted:
        assert met[what] > 5, f"the examples had too few: {what}"
    assert met["instant, joined"], "no instant digest joined another"


class Laws:
    """What must be so of a world after every round, and at its end."""

    def __init__(self, world: World, met: Counter[str]) -> None:
        self.world, self.met = world, met
        # Digests (an id may be used again), each with how often its subscription had ended.
        self.claimed: dict[tuple[int, datetime], tuple[Promise, int]] = {}
        self.joined: set[tuple[int, datetime]] = set()

    def check_round(self, *, alive: bool) -> None:
        self.digests, self.parts, self.stories, enabled = self.world.rows()
        self.met["killed"] += not alive
        for promise in list(self.world.promises.values()):
            self._what_was_due_is_claimed(promise, alive=alive)
        for promise in list(self.world.promises.values()):
            if promise.enabled and not enabled[promise.id]:
                self._it_ended_for_a_reason(promise)
            if alive:
                self._no_wanted_story_is_lost(promise)
        if alive:
            self._who_cannot_be_reached_is_left_alone()
        self._digests_end_honestly()
        self._what_is_instant_comes_last()

    def check_end(self) -> None:
        """When nothing has failed for two days."""
        assert not [digest for digest in self.digests if digest.state in ("due", "composed")], "a digest was left"
        assert not [part for part in self.parts if part.state in ("pending", "sending")], "a part was left"
        for promise in self.world.promises.values():
            came = [attempt.html for attempt in self._attempts(promise.reader) if attempt.arrived]
            for news in promise.news if promise.cadence == "instant" else ():
                assert any(news.mark in html for html in came), "followed documents had news, and it never came"
        for promise in self.world.promises.values():
            self._what_was_given_back_came(promise)
        for request in self.world.requests:
            self._what_was_asked_for_came(request)
        self.met["parts"] += len(self.parts)
        self.met["instant, joined"] += len(self.joined)
        self.met["later parts"] += sum(part.number > 1 for part in self.parts)
        for reader in self.world.chats:
            self._sends_are_as_they_must_be(reader)

    # What is due

    def _what_was_due_is_claimed(self, promise: Promise, *, alive: bool) -> None:
        now = self.world.now
        own = [digest for digest in self.digests if digest.subscription_id == promise.id]
        new = [digest for digest in own if (digest.id, digest.window_end) not in self.claimed]
        ends = promise.ends - (not promise.enabled)
        self.claimed |= {(digest.id, digest.window_end): (promise, ends) for digest in new}
        if promise.cadence == "instant":
            return
        due = [*promise.moments(promise.watched, now), *([promise.owed] if promise.owed else [])]
        latest = max(due, default=None) if promise.enabled else None
        for digest in new:
            may = latest or promise.maybe or not promise.enabled or next(promise.moments(promise.floor, now), None)
            assert may, "a digest came at no chosen moment"
            late = now - digest.due_at
            assert late < MISSED, "a digest came though it was missed"
            assert late <= ON_TIME or not self._is_quiet(promise.reader), "a late digest came in quiet hours"
            if promise.covered:
                assert digest.window_start <= max(promise.covered, now - 4 * DAY), "a digest left out some time"
            promise.covered = digest.window_end if promise.enabled else None  # it ended within this very round
            promise.digests += promise.enabled
            promise.owed, promise.maybe = None, False
        assert len(new) <= 1, "of several missed digests only the last comes"
        self.met["digests"] += len(new)
        if not alive:
            if latest is not None and self._is_quiet(promise.reader):  # put off, if the round came so far
                promise.watched, promise.owed, promise.maybe = now, None, True
            return
        comes = latest is not None and any(digest.due_at >= latest for digest in own)
        if latest is not None and not comes:
            is_late = now - latest >= MISSED
            may_wait = now - latest > ON_TIME and self._is_quiet(promise.reader)
            # What a killed round may have put off is joined to the next where its reader then changes the hour.
            assert is_late or may_wait or promise.maybe, f"a digest was due at {latest}, and did not come"
            promise.owed, promise.maybe = None if is_late else latest, True
        elif comes:
            promise.owed = None
        promise.watched, promise.floor = max(promise.watched, now), now

    def _is_quiet(self, reader: int) -> bool:
        start, end = self.world.quiet[reader]
        wall = self.world.now + HOME
        minute = wall.hour * 60 + wall.minute
        return start <= minute < end if start <= end else not end <= minute < start

    # How it ends

    def _it_ended_for_a_reason(self, promise: Promise) -> None:
        refusals = (ChatUnreachable, TopicUnavailable)
        assert any(isinstance(attempt.answer, refusals) for attempt in self._attempts(promise.reader))
        self.met["refused readers"] += 1
        self.world.end(promise)
        if not any(other.enabled for other in self.world.promises.values() if other.reader == promise.reader):
            self.world.stopped.setdefault(promise.reader, set())

    def _who_cannot_be_reached_is_left_alone(self) -> None:
        for attempt in self.world.telegram.attempts:
            if attempt.round == self.world.rounds and isinstance(attempt.answer, ChatUnreachable):
                own = [promise for promise in self.world.promises.values() if promise.reader == attempt.reader]
                assert not any(promise.enabled for promise in own), "a reader who blocked the bot is still subscribed"

    def _digests_end_honestly(self) -> None:
        parts: dict[int, list[DigestPart]] = {}
        for part in self.parts:
            parts.setdefault(part.digest_id, []).append(part)
        for digest in self.digests:
            if (digest.id, digest.window_end) not in self.claimed:
                continue
            (promise, ends), own = self.claimed[digest.id, digest.window_end], parts.get(digest.id, [])
            told = promise.tells_empty and promise.cadence != "instant"
            failed = digest.failures or any(part.last_error for part in own)
            match digest.state:
                case "done":
                    assert not told or any(part.state == "sent" for part in own), "done, and nothing came"
                    assert failed or all(part.state == "sent" for part in own), "done, and a part did not come"
                case "failed":
                    assert failed, "given up, though nothing had failed"
                case "dropped":
                    is_over = (
                        self.world.promises.get(promise.id) is not promise or not promise.enabled or promise.ends > ends
                    )
                    assert is_over, "dropped, though it was wanted"

    def _what_is_instant_comes_last(self) -> None:
        """Of the digests of a reader that were due at one moment, and claimed at one: what the others tell, it does
        not. That parts arrive in the order of their ids is another law."""
        first: dict[int, int] = {}
        for part in self.parts:
            first.setdefault(part.digest_id, part.id)
        known = [digest for digest in self.digests if (digest.id, digest.window_end) in self.claimed]
        instant = {digest.id for digest in known if self._cadence(digest) == "instant"}
        for one, other in permutations(known, 2):
            is_joined = (one.due_at, one.window_end) == (other.due_at, other.window_end)
            is_one_reader = one.chat_id % 10 == other.chat_id % 10
            if is_joined and is_one_reader and one.id in instant and other.id not in instant:
                both_tell = one.id in first and other.id in first
                assert not both_tell or first[other.id] < first[one.id], (
                    "what is instant came before the digest that it joined"
                )
                self.joined.add((one.id, one.window_end))

    def _cadence(self, digest: Digest) -> str:
        return self.claimed[digest.id, digest.window_end][0].cadence

    # Stories

    def _no_wanted_story_is_lost(self, promise: Promise) -> None:
        own = [digest for digest in self.digests if digest.subscription_id == promise.id]
        held = {story_id for digest in own for story_id in digest.held_back}
        own_parts = [part for part in self.parts if part.chat_id % 10 == promise.reader and part.state != "sent"]
        open_parts = {part.digest_id for part in own_parts}
        came = [attempt.html for attempt in self._attempts(promise.reader) if attempt.arrived]
        for news in list(promise.news):
            after = [
                digest
                for digest in own
                if digest.id > news.last_digest
                and digest.window_end >= news.seen
                and digest.state == "done"
                and digest.id not in open_parts
            ]
            if any(news.mark in part.html for part in own_parts):
                continue  # another digest of the reader has it, or gives it back
            if after:
                is_told = any(news.mark in html for html in came)
                assert is_told or self.stories[news.article_id] in held, f"a story was lost: {news.mark}"
                self.met["stories told"] += is_told
                self.met["stories held back"] += not is_told
            if after or self.world.now - news.seen > (12 if promise.cadence == "weekly" else 3) * DAY:
                promise.news.remove(news)

    def _what_was_given_back_came(self, promise: Promise) -> None:
        """What stood in parts that were given up came later: of two days at least, as digests look back only so far."""
        waits = promise.paused_until and promise.paused_until > self.world.now - 2 * DAY
        if promise.cadence != "daily" or not promise.enabled or waits:
            return
        own = [part for part in self.parts if part.chat_id % 10 == promise.reader and part.state == "refused"]
        digests = [digest for digest in self.digests if digest.chat_id % 10 == promise.reader]
        held = {story_id for digest in digests for story_id in digest.held_back}
        came = [attempt.html for attempt in self._attempts(promise.reader) if attempt.arrived]
        for news in promise.news:
            if self.world.now - news.seen < 4 * DAY and any(news.mark in part.html for part in own):
                is_told = any(news.mark in html for html in came)
                assert is_told or self.stories[news.article_id] in held, f"what was given back was lost: {news.mark}"
                self.met["given back"] += is_told

    def _what_was_asked_for_came(self, request: Request) -> None:
        """Or its sending was given up: then the law of lost stories says what is to become of it."""
        promise = request.promise
        if self.world.promises.get(promise.id) is not promise or promise.ends > request.ends:
            return
        own = [part for part in self.parts if part.chat_id % 10 == promise.reader and part.state == "refused"]
        came = [attempt.html for attempt in self._attempts(promise.reader) if attempt.arrived]
        for mark in request.marks:
            is_told = any(mark in html for html in came)
            assert is_told or any(mark in part.html for part in own), f"it was asked for, and did not come: {mark}"
            self.met["asked for"] += is_told

    # Sends

    def _attempts(self, reader: int) -> list[Attempt]:
        since = self.world.since[reader]
        return [attempt for attempt in self.world.telegram.attempts[since:] if attempt.reader == reader]

    def _sends_are_as_they_must_be(self, reader: int) -> None:
        attempts = self._attempts(reader)
        arrived = [attempt for attempt in attempts if attempt.arrived]
        parts = [part for part in self.parts if part.chat_id % 10 == reader]
        chats = {digest.id: digest.chat_id % 10 for digest in self.digests}
        words = {part.html for part in parts if chats[part.digest_id] != reader}  # to who set up a topic
        assert all(attempt.is_wanted or attempt.html in words for attempt in arrived), "it came after all was stopped"
        self._doubled_only_in_doubt(attempts, parts)
        self._in_order_and_with_one_sound(arrived, parts)
        for news in self.world.news:
            telling = [attempt for attempt in arrived if news.mark in attempt.html]
            assert not (telling and news.is_old), f"old news was told: {news.mark}"
            self._told_once(news, telling)
            self._held_back_stays(news, parts)
        failed: set[tuple[int, str]] = set()
        made = Counter(part.html for part in parts)  # two that say the same are not told apart
        for attempt in attempts:
            assert made[attempt.html] > 1 or (attempt.round, attempt.html) not in failed, "it was tried again at once"
            if not isinstance(attempt.answer, int | ChatMoved):
                failed.add((attempt.round, attempt.html))

    def _doubled_only_in_doubt(self, attempts: Sequence[Attempt], parts: Sequence[DigestPart]) -> None:
        made = Counter(part.html for part in parts)
        sent = Counter(part.html for part in parts if part.state == "sent")
        unanswered = Counter(attempt.html for attempt in attempts if not attempt.known)
        doubted: Counter[str] = Counter()
        for part in parts:
            doubted[part.html] += part.in_doubt
        arrived = Counter(attempt.html for attempt in attempts if attempt.arrived)
        for html in made:
            assert arrived[html] >= sent[html], "recorded as sent, and never arrived"
            assert arrived[html] <= made[html] + unanswered[html], "doubled, though every send got its answer"
            assert arrived[html] <= made[html] + doubted[html], "doubled, and not counted in doubt before"
            self.met["doubled"] += max(0, arrived[html] - made[html])
        assert set(arrived) <= set(made)

    def _in_order_and_with_one_sound(self, arrived: Sequence[Attempt], parts: Sequence[DigestPart]) -> None:
        last = parts[0] if parts else None
        sounding: dict[int, int] = {}  # by the digest, the part that did
        for attempt in arrived:
            part = next((p for p in parts if last and p.id >= last.id and p.html == attempt.html), None)
            assert part is not None, "a part came after a later one"
            last = part
            if not attempt.silent:
                assert sounding.setdefault(part.digest_id, part.id) == part.id, "a digest sounded twice"

    def _told_once(self, news: News, arrived: Sequence[Attempt]) -> None:
        for before, after in pairwise(arrived):
            assert not before.known, f"a story was told twice: {news.mark}"
            self.met["stories doubled"] += after.arrived

    def _held_back_stays(self, news: News, parts: Sequence[DigestPart]) -> None:
        """Until its reader asks for it."""
        story_id = self.stories.get(news.article_id)
        telling = {part.digest_id for part in parts if news.mark in part.html}
        holding: dict[int | None, Digest] = {}
        for digest in self.digests:
            before = holding.get(digest.subscription_id)
            if digest.id in telling and before is not None:
                assert digest.window_start < before.window_end, "what was held back came by itself"
            if digest.state == "done" and story_id in digest.held_back:
                holding[digest.subscription_id] = digest
