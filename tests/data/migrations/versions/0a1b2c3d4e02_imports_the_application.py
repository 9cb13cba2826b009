"""one branch, in a file that must not be imported

Revision ID: 0a1b2c3d4e02
Revises: 0a1b2c3d4e01
"""

from app import app

revision = '0a1b2c3d4e02'
down_revision = '0a1b2c3d4e01'

raise RuntimeError("this file has been imported")


def upgrade(op, tables, tester):
    revision = "a local variable of this name says nothing"
    print(app, revision)
