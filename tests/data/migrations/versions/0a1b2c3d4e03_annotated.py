"""the other branch, with annotated assignments as newer alembic templates write them

Revision ID: 0a1b2c3d4e03
Revises: 0a1b2c3d4e01
"""

from typing import Sequence, Union

revision: str = "0a1b2c3d4e03"
down_revision: Union[str, Sequence[str], None] = ("0a1b2c3d4e01",)
branch_labels: Union[str, Sequence[str], None]


def upgrade(op, tables, tester):
    pass
