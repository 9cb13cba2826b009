# -*- coding: latin-1 -*-
"""the newest revision, in a file that is not UTF-8: café

Revision ID: 0a1b2c3d4e05
Revises: 0a1b2c3d4e04
"""

revision = "0a1b2c3d4e05"
down_revision = "0a1b2c3d4e04"


def upgrade(op, tables, tester):
    pass
