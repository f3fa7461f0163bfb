"""Store totals of documents

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = [sa.Column(name, sa.Integer(), nullable=False) for name in ("articles", "unsure", "stories")]
    op.create_table(
        "document_total",
        sa.Column("document_id", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("document_id"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO document_total (document_id, articles, unsure, stories)"
        " SELECT document_id, sum(articles), sum(unsure), sum(stories) FROM document_day GROUP BY document_id"
    )
    is_doubtful = sa.text("status IN ('ambiguous', 'presumed')")
    op.create_index(
        "ix_mention_doubtful",
        "mention",
        ["key", "article_id"],
        sqlite_where=is_doubtful,
        postgresql_where=is_doubtful,
    )
    # Reviews and inspections that were only asked for had been charted as held (digests.held): all are charted anew.
    article = sa.table("article", sa.column("id"), sa.column("charted", sa.Boolean()))
    event = sa.table("document_event", sa.column("article_id"), sa.column("stage"))
    told = sa.select(event.c.article_id).where(event.c.stage.in_(("interim_review", "final_review", "inspected")))
    op.execute(article.update().where(article.c.id.in_(told)).values(charted=False))


def downgrade() -> None:
    op.drop_index("ix_mention_doubtful", table_name="mention")
    op.drop_table("document_total")
