"""Store which texts were dropped

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("article", sa.Column("text_dropped", sa.Boolean(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("article", "text_dropped")
