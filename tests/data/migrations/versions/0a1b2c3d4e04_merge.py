"""both branches meet again

Revision ID: 0a1b2c3d4e04
Revises: 0a1b2c3d4e02, 0a1b2c3d4e03
"""

revision = "0a1b2c3d4e04"
down_revision = ("0a1b2c3d4e02", "0a1b2c3d4e03")


def upgrade(op, tables, tester):
    pass
