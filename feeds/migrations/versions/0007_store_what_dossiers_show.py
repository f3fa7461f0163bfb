"""Store what dossiers show

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_day",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Integer(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "choice",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "key"),
    )
    op.create_table(
        "document_article",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mention_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("is_sure", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("document_id", "position"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("document_article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_article_article_id"), ["article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_article_mention_id"), ["mention_id"], unique=False)
        batch_op.create_index("ix_document_article_outlet", ["document_id", "outlet", "position"], unique=False)
        batch_op.create_index("ix_document_article_place", ["document_id", "place", "position"], unique=False)
        batch_op.create_index("ix_document_article_stage", ["document_id", "stage", "position"], unique=False)
        batch_op.create_index("ix_document_article_story", ["document_id", "story_id", "position"], unique=False)

    op.create_table(
        "document_event",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mention_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=8), nullable=False),
        sa.Column("outlets", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "position", "mention_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("document_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_event_article_id"), ["article_id"], unique=False)
        batch_op.create_index(
            "ix_document_event_map", ["document_id", "stage", "who", "position", "mention_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_document_event_mention_id"), ["mention_id"], unique=False)
        batch_op.create_index("ix_document_event_story", ["story_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("plain_title", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("numbered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("numbered_article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("wrong_documents", sa.JSON(), nullable=False),
        sa.Column("suggested_id", sa.Text(), nullable=True),
        sa.Column("suggested_article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("suggested_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.ForeignKeyConstraint(["numbered_article_id"], ["article.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["suggested_article_id"], ["article.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        is_suggested = sa.text("suggested_id IS NOT NULL")
        batch_op.create_index(batch_op.f("ix_draft_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_numbered_article_id"), ["numbered_article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_suggested_article_id"), ["suggested_article_id"], unique=False)
        batch_op.create_index("ix_draft_same", ["issuer", "place", "type", "last_at"], unique=False)
        batch_op.create_index("ix_draft_suggested", ["id"], sqlite_where=is_suggested, postgresql_where=is_suggested)

    op.create_table(
        "draft_article",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "article_id"),
    )
    with op.batch_alter_table("draft_article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_article_article_id"), ["article_id"], unique=False)
        batch_op.create_index("ix_draft_article_position", ["draft_id", "position"], unique=False)

    # Drafts are kept where followers are woken; what was told before is known and not told again.
    op.execute(
        "UPDATE article SET announced = false WHERE id IN"
        " (SELECT article_id FROM mention WHERE form = 'draft' AND title IS NOT NULL)"
    )

    op.add_column("chat", sa.Column("reminds", sa.Boolean(), nullable=False, server_default="1"))
    op.add_column("chat", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("article", sa.Column("charted", sa.Boolean(), nullable=False, server_default="1"))
    op.create_index(
        "ix_article_not_charted",
        "article",
        ["position"],
        sqlite_where=sa.text("charted = 0"),
        postgresql_where=sa.text("NOT charted"),
    )
    op.execute("UPDATE article SET charted = false WHERE id IN (SELECT article_id FROM mention)")


def downgrade() -> None:
    with op.batch_alter_table("draft_article", schema=None) as batch_op:
        batch_op.drop_index("ix_draft_article_position")
        batch_op.drop_index(batch_op.f("ix_draft_article_article_id"))

    op.drop_table("draft_article")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index("ix_draft_suggested")
        batch_op.drop_index("ix_draft_same")
        batch_op.drop_index(batch_op.f("ix_draft_suggested_article_id"))
        batch_op.drop_index(batch_op.f("ix_draft_numbered_article_id"))
        batch_op.drop_index(batch_op.f("ix_draft_document_id"))

    op.drop_table("draft")
    op.drop_index("ix_article_not_charted", "article")
    op.drop_column("article", "charted")
    op.drop_column("chat", "reminded_at")
    op.drop_column("chat", "reminds")

    with op.batch_alter_table("document_event", schema=None) as batch_op:
        batch_op.drop_index("ix_document_event_story")
        batch_op.drop_index(batch_op.f("ix_document_event_mention_id"))
        batch_op.drop_index("ix_document_event_map")
        batch_op.drop_index(batch_op.f("ix_document_event_article_id"))

    op.drop_table("document_event")
    with op.batch_alter_table("document_article", schema=None) as batch_op:
        batch_op.drop_index("ix_document_article_story")
        batch_op.drop_index("ix_document_article_stage")
        batch_op.drop_index("ix_document_article_place")
        batch_op.drop_index("ix_document_article_outlet")
        batch_op.drop_index(batch_op.f("ix_document_article_mention_id"))
        batch_op.drop_index(batch_op.f("ix_document_article_article_id"))

    op.drop_table("document_article")
    op.drop_table("choice")
    op.drop_table("document_day")
