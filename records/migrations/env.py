"""Alembic's environment: runs inside the transaction that Database.migrate opened."""

from alembic import context

from records.database import migration_connection
from records.schema import Base

context.configure(
    connection=migration_connection(context.config),
    target_metadata=Base.metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
