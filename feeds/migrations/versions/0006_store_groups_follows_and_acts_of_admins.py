"""Store groups, follows and acts of admins

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from feeds.indexing import CREATE, index_everything

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_act",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admin_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "admitted",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admin_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ban",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admin_id", sa.BigInteger(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "broadcast",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admin_id", sa.BigInteger(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "saved",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "article_id"),
    )
    op.create_table(
        "undo",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "kind", "row_id"),
    )
    op.create_table(
        "article_words",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article_id"),
        sa.UniqueConstraint("position"),
    )
    for statement in CREATE[op.get_bind().dialect.name]:
        op.execute(statement)
    index_everything(op.get_bind())

    with op.batch_alter_table("saved", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_article_id"), ["article_id"], unique=False)

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_undo_at"), ["at"], unique=False)

    op.add_column("article", sa.Column("right_documents", sa.JSON(), nullable=False, server_default="{}"))

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), nullable=False, server_default="private"))
        batch_op.add_column(sa.Column("title", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("owner_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_notice", sa.Boolean(), nullable=False, server_default="0"))

    with op.batch_alter_table("digest_part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("broadcast_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            "fk_digest_part_broadcast", "broadcast", ["broadcast_id"], ["id"], ondelete="SET NULL"
        )
        is_broadcast, is_worded = sa.text("broadcast_id IS NOT NULL"), sa.text("html != ''")
        batch_op.create_index(
            "ix_digest_part_broadcast",
            ["broadcast_id", "state"],
            sqlite_where=is_broadcast,
            postgresql_where=is_broadcast,
        )
        is_other = sa.text("broadcast_id IS NULL")
        batch_op.create_index(
            "ix_digest_part_next", ["state", "not_before"], sqlite_where=is_other, postgresql_where=is_other
        )
        batch_op.create_index("ix_digest_part_sent_at", ["sent_at"])
        batch_op.create_index("ix_digest_part_worded", ["id"], sqlite_where=is_worded, postgresql_where=is_worded)

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("has_summaries", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("sounds", sa.Boolean(), nullable=False, server_default="1"))


def downgrade() -> None:
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_column("sounds")
        batch_op.drop_column("has_summaries")

    with op.batch_alter_table("digest_part", schema=None) as batch_op:
        batch_op.drop_index("ix_digest_part_worded")
        batch_op.drop_index("ix_digest_part_sent_at")
        batch_op.drop_index("ix_digest_part_next")
        batch_op.drop_index("ix_digest_part_broadcast")
        batch_op.drop_constraint("fk_digest_part_broadcast", type_="foreignkey")
        batch_op.drop_column("broadcast_id")

    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.drop_column("is_notice")

    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.drop_column("left_at")
        batch_op.drop_column("owner_id")
        batch_op.drop_column("title")
        batch_op.drop_column("kind")

    op.drop_column("article", "right_documents")

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_undo_at"))

    with op.batch_alter_table("saved", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_article_id"))

    op.drop_table("article_index")
    op.drop_table("article_words")
    op.drop_table("undo")
    op.drop_table("saved")
    op.drop_table("broadcast")
    op.drop_table("ban")
    op.drop_table("admitted")
    op.drop_table("admin_act")
