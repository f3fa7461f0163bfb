"""Store how feeds are asked, refused entries, versions and duplicates

Revision: 0004, after 0003.
"""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "refused_entry",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", "identity"),
    )
    with op.batch_alter_table("refused_entry", schema=None) as batch_op:
        batch_op.create_index("ix_refused_entry_identity", ["identity"], unique=False)

    op.create_table(
        "article_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("article_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_version_article_id"), ["article_id"], unique=False)

    op.create_table(
        "fingerprint_band",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("band", "article_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("fingerprint_band", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fingerprint_band_article_id"), ["article_id"], unique=False)

    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("compared", sa.Boolean(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("entry_hash", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("original_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("page_read_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_article_original_id"), ["original_id"], unique=False)
        batch_op.create_index(
            "ix_article_not_compared",
            ["id"],
            unique=False,
            sqlite_where=sa.text("compared = 0"),
            postgresql_where=sa.text("NOT compared"),
        )
        batch_op.create_foreign_key("fk_article_original", "article", ["original_id"], ["id"], ondelete="SET NULL")

    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.add_column(sa.Column("host", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("kind", sa.String(length=8), nullable=False, server_default="feed"))
        batch_op.add_column(sa.Column("selector", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("visit", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("followed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("paused", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("moved_to", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("body_hash", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("brought_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("rhythm", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reported", sa.String(length=8), nullable=True))
        batch_op.create_index(batch_op.f("ix_feed_host"), ["host"], unique=False)
    feed = sa.table("feed", sa.column("id"), sa.column("url"), sa.column("host"))
    for row in op.get_bind().execute(sa.select(feed.c.id, feed.c.url)).all():
        host = urlsplit(row.url).hostname or ""
        op.execute(sa.update(feed).where(feed.c.id == row.id).values(host=host))
    op.execute("UPDATE feed SET followed_at = (SELECT min(first_seen_at) FROM article WHERE feed_id = feed.id)")


def downgrade() -> None:
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_host"))
        batch_op.drop_column("reported")
        batch_op.drop_column("failing_since")
        batch_op.drop_column("rhythm")
        batch_op.drop_column("brought_at")
        batch_op.drop_column("body_hash")
        batch_op.drop_column("moved_to")
        batch_op.drop_column("paused")
        batch_op.drop_column("followed_at")
        batch_op.drop_column("visit")
        batch_op.drop_column("selector")
        batch_op.drop_column("kind")
        batch_op.drop_column("host")

    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.drop_constraint("fk_article_original", type_="foreignkey")
        batch_op.drop_index("ix_article_not_compared")
        batch_op.drop_index(batch_op.f("ix_article_original_id"))
        batch_op.drop_column("page_read_at")
        batch_op.drop_column("original_id")
        batch_op.drop_column("entry_hash")
        batch_op.drop_column("compared")
        batch_op.drop_column("author")

    with op.batch_alter_table("fingerprint_band", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fingerprint_band_article_id"))

    op.drop_table("fingerprint_band")
    with op.batch_alter_table("article_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_version_article_id"))

    op.drop_table("article_version")
    with op.batch_alter_table("refused_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_refused_entry_identity")

    op.drop_table("refused_entry")
    op.drop_table("host")
