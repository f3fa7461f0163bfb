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


def downgrade() -> None:
    op.drop_table("document_total")
