# not a revision, and alembic skips it too
