"""Store what subscribers choose, what was told and what became of it

Revision: 0005, after 0004.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LONG_AGO = "1970-01-01 00:00:00+00:00"
_NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key", "fk": "%(table_name)s_%(column_0_name)s_fkey"}


def upgrade() -> None:
    op.create_table(
        "follow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("carried_from", sa.Text(), nullable=True),
        sa.Column("carried_to", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("chat_id", "kind", "value"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.create_index("ix_follow_value", ["kind", "value"], unique=False)

    op.create_table(
        "story_term",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("term", "position", "article_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("story_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_term_article_id"), ["article_id"], unique=False)

    op.create_table(
        "correction",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "story_id", "digest_id"),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index("ix_correction_digest", ["digest_id"], unique=False)
        batch_op.create_index("ix_correction_story", ["story_id"], unique=False)

    op.create_table(
        "article_vector",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article_id"),
    )
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revised_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_article_revised_at"), ["revised_at"], unique=False)
        batch_op.add_column(sa.Column("announced", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.create_index(
            "ix_article_not_announced",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("announced = 0 AND state IN ('kept', 'near')"),
            postgresql_where=sa.text("NOT announced AND state IN ('kept', 'near')"),
        )
    # Among what is not announced is found what waits for its story.
    op.execute("UPDATE article SET announced = false WHERE id NOT IN (SELECT article_id FROM story_article)")

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_from", sa.Integer(), nullable=False, server_default="1290"))
        batch_op.add_column(sa.Column("quiet_until", sa.Integer(), nullable=False, server_default="390"))
        batch_op.add_column(sa.Column("urgent_in_quiet", sa.Boolean(), nullable=False, server_default="0"))

    with op.batch_alter_table("digest", schema=None, naming_convention=_NAMES) as batch_op:
        batch_op.add_column(sa.Column("is_crowd", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.drop_index("ix_digest_state")
        batch_op.create_index("ix_digest_state", ["state", "is_crowd", "due_at"], unique=False)
        batch_op.create_index("ix_digest_chat", ["chat_id", "id"], unique=False)
        batch_op.add_column(sa.Column("held_back", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("placement", sa.BigInteger(), nullable=False, server_default="0"))
        # What a chat was told outlives the subscription by which it was.
        batch_op.alter_column("subscription_id", existing_type=sa.Integer(), nullable=True)
        batch_op.drop_constraint("digest_subscription_id_fkey", type_="foreignkey")
        batch_op.create_foreign_key(
            "fk_digest_subscription", "subscription", ["subscription_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("digest_part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thread_id", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_index(batch_op.f("ix_feedback_story_id"), ["story_id"], unique=False)
        batch_op.create_foreign_key("fk_feedback_story", "story", ["story_id"], ["id"], ondelete="SET NULL")

    with op.batch_alter_table("sent_story", schema=None) as batch_op:
        batch_op.add_column(sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=_LONG_AGO))
        batch_op.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("shown", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.create_index("ix_sent_story_story_at", ["story_id", "at"], unique=False)
        batch_op.create_index("ix_sent_story_digest", ["digest_id"], unique=False)

    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("continues_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("split_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_story_continues_id"), ["continues_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_split_at"), ["split_at"], unique=False)
        batch_op.create_foreign_key("fk_story_continues", "story", ["continues_id"], ["id"], ondelete="SET NULL")

    with op.batch_alter_table("story_article", schema=None) as batch_op:
        batch_op.add_column(sa.Column("placement", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_index(batch_op.f("ix_story_article_placement"), ["placement"], unique=False)

    with op.batch_alter_table("subscription", schema=None, naming_convention=_NAMES) as batch_op:
        batch_op.drop_constraint("subscription_chat_id_key", type_="unique")
        batch_op.add_column(sa.Column("cadence", sa.String(length=8), nullable=False, server_default="daily"))
        batch_op.add_column(sa.Column("minutes", sa.JSON(), nullable=False, server_default="[420]"))
        batch_op.add_column(sa.Column("weekdays", sa.JSON(), nullable=False, server_default="[0]"))
        batch_op.add_column(sa.Column("month_day", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("timezone", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("name", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("thread_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("owner_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("places", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("outlets", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("all_words", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("any_words", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("no_words", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("most", sa.Integer(), nullable=False, server_default="15"))
        batch_op.add_column(sa.Column("grouping", sa.String(length=8), nullable=False, server_default="topic"))
        batch_op.add_column(sa.Column("tells_empty", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("ended_because", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("next_due_at", existing_type=sa.DATETIME(), nullable=True)
        batch_op.create_index(batch_op.f("ix_subscription_chat_id"), ["chat_id"], unique=False)
        batch_op.create_index(
            "ix_subscription_first_promised",
            ["id"],
            unique=False,
            sqlite_where=sa.text("first_promised = 1"),
            postgresql_where=sa.text("first_promised"),
        )
    subscription = sa.table(
        "subscription", sa.column("id"), sa.column("minute_of_day"), sa.column("minutes", sa.JSON())
    )
    for row in op.get_bind().execute(sa.select(subscription.c.id, subscription.c.minute_of_day)).all():
        of_row = sa.update(subscription).where(subscription.c.id == row.id)
        op.execute(of_row.values(minutes=[row.minute_of_day]))
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_column("minute_of_day")
    op.execute("UPDATE sent_story SET at = (SELECT window_end FROM digest WHERE digest.id = sent_story.digest_id)")


def downgrade() -> None:
    # One digest a day for each chat: the oldest of its subscriptions stays.
    op.execute("DELETE FROM subscription WHERE id NOT IN (SELECT min(id) FROM subscription GROUP BY chat_id)")
    op.execute("DELETE FROM digest WHERE subscription_id IS NULL")
    now = datetime.now(UTC)
    due = sa.table("subscription", sa.column("next_due_at", sa.DateTime(timezone=True)))
    op.execute(sa.update(due).where(due.c.next_due_at.is_(None)).values(next_due_at=now))
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("minute_of_day", sa.Integer(), nullable=False, server_default="420"))
        batch_op.create_unique_constraint("subscription_chat_id_key", ["chat_id"])
        batch_op.drop_index("ix_subscription_first_promised")
        batch_op.drop_index(batch_op.f("ix_subscription_chat_id"))
        batch_op.alter_column("next_due_at", existing_type=sa.DATETIME(), nullable=False)
        batch_op.drop_column("paused_until")
        batch_op.drop_column("ended_because")
        batch_op.drop_column("tells_empty")
        batch_op.drop_column("grouping")
        batch_op.drop_column("most")
        batch_op.drop_column("no_words")
        batch_op.drop_column("any_words")
        batch_op.drop_column("all_words")
        batch_op.drop_column("outlets")
        batch_op.drop_column("places")
        batch_op.drop_column("owner_id")
        batch_op.drop_column("thread_id")
        batch_op.drop_column("name")
        batch_op.drop_column("timezone")
        batch_op.drop_column("month_day")
        batch_op.drop_column("weekdays")
        batch_op.drop_column("cadence")

    subscription = sa.table(
        "subscription", sa.column("id"), sa.column("minute_of_day"), sa.column("minutes", sa.JSON())
    )
    for row in op.get_bind().execute(sa.select(subscription.c.id, subscription.c.minutes)).all():
        of_row = sa.update(subscription).where(subscription.c.id == row.id)
        op.execute(of_row.values(minute_of_day=next(iter(row.minutes), 420)))
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_column("minutes")

    with op.batch_alter_table("story_article", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_story_article_placement"))
        batch_op.drop_column("placement")

    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.drop_constraint("fk_story_continues", type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_story_continues_id"))
        batch_op.drop_index(batch_op.f("ix_story_split_at"))
        batch_op.drop_column("split_at")
        batch_op.drop_column("continues_id")

    with op.batch_alter_table("sent_story", schema=None) as batch_op:
        batch_op.drop_index("ix_sent_story_digest")
        batch_op.drop_index("ix_sent_story_story_at")
        batch_op.drop_column("shown")
        batch_op.drop_column("part")
        batch_op.drop_column("at")

    with op.batch_alter_table("digest_part", schema=None) as batch_op:
        batch_op.drop_column("thread_id")

    # Earlier versions know nothing of folds that are wrong.
    op.execute("DELETE FROM feedback WHERE kind = 'wrong_fold'")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_constraint("fk_feedback_story", type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_feedback_story_id"))
        batch_op.drop_column("story_id")

    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.drop_index("ix_digest_chat")
        batch_op.drop_index("ix_digest_state")
        batch_op.create_index("ix_digest_state", ["state"], unique=False)
        batch_op.drop_column("is_crowd")
        batch_op.drop_constraint("fk_digest_subscription", type_="foreignkey")
        batch_op.create_foreign_key(
            "digest_subscription_id_fkey", "subscription", ["subscription_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.alter_column("subscription_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("placement")
        batch_op.drop_column("held_back")

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.drop_column("urgent_in_quiet")
        batch_op.drop_column("quiet_until")
        batch_op.drop_column("quiet_from")

    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.drop_index("ix_article_not_announced")
        batch_op.drop_column("announced")
        batch_op.drop_index(batch_op.f("ix_article_revised_at"))
        batch_op.drop_column("revised_at")

    op.drop_table("article_vector")
    op.drop_table("correction")
    with op.batch_alter_table("story_term", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_story_term_article_id"))

    op.drop_table("story_term")
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_value")

    op.drop_table("follow")
