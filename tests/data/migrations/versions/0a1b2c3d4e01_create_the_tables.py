"""create the tables

Revision ID: 0a1b2c3d4e01
Revises: None
"""

# revision identifiers, used by Alembic.
revision = "0a1b2c3d4e01"
down_revision = None


def upgrade(op, tables, tester):
    op.create_table("repository")
