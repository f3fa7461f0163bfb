"""What is stored about a chat, given as a file and erased; and that the words of messages are kept nowhere."""

import json
from datetime import timedelta

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.acts import record_act
from digests.bans import admit, ban
from digests.claim import claim_due, compose_one
from digests.dossier_models import Choice, Draft
from digests.feedback import Kind, store_feedback
from digests.follows import follow
from digests.messages import Message
from digests.models import AdminAct, Ban, Broadcast, Chat, Correction, Digest, DigestPart, Saved, Subscription
from digests.mydata import columns_of_persons, data_of, erase
from digests.notices import draft, post_notice
from digests.parts import Outcome, claim_parts, record
from digests.retention import KEPT_TEXTS, drop_old_texts
from digests.undo import remember
from feeds.database import Database
from feeds.models import Base
from newsroom import POLICY, publish, reader

HOUR = timedelta(hours=1)
# Big integers that name no person: rows of ours, and what Telegram numbers inside a chat.
OURS = {"thread_id", "message_id", "placement", "position", "band", "term", "story_id"}


def full(session: Session, chat_id: int, other: int) -> None:
    """A chat of which every table has something; `other` is a group that it set up, and what it did to it as admin."""
    article = publish(session, *POLICY, seen=NOW - HOUR)
    reader(session, chat_id, NOW)
    follow(session, chat_id, "09-CT/TW#XI", NOW)
    claim_due(session, NOW)
    compose_one(session, NOW)
    digest = session.scalars(select(Digest).where(Digest.chat_id == chat_id)).one()
    story_id = session.execute(select(Base.metadata.tables["sent_story"].c.story_id)).scalars().first()
    session.add(Saved(chat_id=chat_id, article_id=article.id, at=NOW))
    session.add(Choice(chat_id=chat_id, key="05-CT/TW", document_id="05-CT/TW#X", at=NOW))
    session.add(Correction(chat_id=chat_id, story_id=story_id or 0, digest_id=digest.id, at=NOW, part=1, shown={}))
    store_feedback(session, chat_id, article.id, Kind.IRRELEVANT, NOW)
    remember(session, session.scalars(select(Subscription).where(Subscription.chat_id == chat_id)).one(), NOW)
    group = reader(session, other, NOW)
    group.owner_id = chat_id
    session.get_one(Chat, other).owner_id = chat_id
    remember(session, group, NOW)
    ban(session, 77, chat_id, NOW)
    admit(session, chat_id, chat_id, NOW)
    record_act(session, chat_id, "ban", "77 spam", NOW)
    record_act(session, 1, "allow", str(chat_id), NOW)
    draft(session, chat_id, "Lời nhắn", NOW)
    session.add(
        Draft(
            token="abc", type="NQ", issuer="TU", place="Hà Tĩnh", body="Tỉnh ủy", title="về an ninh",
            plain_title="ve an ninh", first_at=NOW, last_at=NOW, decided_by=chat_id,
        )
    )  # fmt: skip
    session.flush()


def naming(session: Session, chat_id: int) -> set[str]:
    """The tables that have a row in which this number stands anywhere."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)).all():
            if any(str(chat_id) in str(value) for value in row):
                found.add(table.name)
    return found


def test_every_number_of_a_person_is_known(database: Database) -> None:
    """Whoever adds a column that may name a chat or a person meets this list, or names it as the others."""
    del database
    known = {(table.name, column.name) for table, columns in columns_of_persons().items() for column in columns}
    unknown = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if type(column.type) is BigInteger
        and (table.name, column.name) not in known
        and column.name not in OURS
        and column is not table.autoincrement_column
        and not column.foreign_keys
    }
    assert unknown == set()


def test_all_about_a_chat_is_given_and_nothing_of_others(database: Database) -> None:
    with database.session() as session:
        full(session, 770011005, 880022006)
        reader(session, 990033007, NOW)
        data = data_of(session, 770011005, NOW)
    stored = json.loads(json.dumps(data, ensure_ascii=False))["stored"]
    assert {name for name, rows in stored.items() if rows} == {
        table.name.replace("_", " ") for table in columns_of_persons()
    }, "each table that can name a chat has a row here, so a new one must be filled in `full` too"
    assert stored["saved"][0]["article title"] == POLICY[0]
    assert stored["chat"][0]["timezone"] == "Asia/Ho_Chi_Minh"
    assert POLICY[0] in stored["digest part"][0]["html"]
    assert "990033007" not in json.dumps(stored)


def test_the_numbers_of_others_are_theirs(database: Database) -> None:
    with database.session() as session:
        subscription = reader(session, 770011005, NOW)
        subscription.owner_id = 880022006
        admit(session, 770011005, 880022006, NOW)
        session.flush()
        stored = data_of(session, 770011005, NOW)["stored"]
        assert (len(stored["subscription"]), len(stored["admitted"])) == (1, 1)
        assert "880022006" not in json.dumps(stored)
        assert "880022006" in json.dumps(data_of(session, 880022006, NOW)["stored"])


def test_erasing_leaves_no_row_and_touches_no_other_chat(database: Database) -> None:
    with database.session() as session:
        full(session, 770011005, 880022006)
        reader(session, 990033007, NOW)
        assert naming(session, 770011005)
        others = data_of(session, 990033007, NOW)
        erase(session, 770011005)
        session.flush()
        assert naming(session, 770011005) == set()
        assert data_of(session, 990033007, NOW) == others
        group = session.get_one(Chat, 880022006)
        assert (group.owner_id, group.language) == (None, "vi")
        assert session.scalars(select(Subscription).where(Subscription.chat_id == 880022006)).one().owner_id is None
        acts = [(act.admin_id, act.about) for act in session.scalars(select(AdminAct).order_by(AdminAct.id))]
        assert acts == [(0, "77 spam"), (1, "")]
        assert session.get_one(Ban, 77).admin_id == 0


def test_erasing_lifts_no_ban(database: Database) -> None:
    with database.session() as session:
        reader(session, 5, NOW)
        ban(session, 5, 1, NOW)
        erase(session, 5)
        assert session.get(Chat, 5) is None
        assert session.get(Ban, 5) is not None


def test_the_words_of_old_messages_go_once_a_day(database: Database) -> None:
    with database.session() as session:
        reader(session, 5, NOW)
        post_notice(session, 5, Message("Lời cũ", ((("Nút", "x"),),)), NOW)
        (part,) = claim_parts(session, NOW, 9)
    with database.session() as session:
        record(session, [Outcome(part, 9)], NOW)
        post_notice(session, 5, Message("Chưa gửi"), NOW)
        draft(session, 5, "Nháp cũ", NOW)
    later = NOW + KEPT_TEXTS
    assert drop_old_texts(database, later) == 0, "not older yet"
    assert drop_old_texts(database, later + HOUR) == 0, "once a day"
    assert drop_old_texts(database, later + 25 * HOUR) == 1
    with database.reading() as session:
        assert session.scalars(select(Broadcast.html)).all() == [""]
        parts = session.execute(select(DigestPart.html, DigestPart.buttons, DigestPart.state).order_by(DigestPart.id))
        assert [tuple(row) for row in parts] == [("", [], "sent"), ("Chưa gửi", [], "pending")]
