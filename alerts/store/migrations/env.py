"""How Alembic runs our migrations: always on the connection that `alerts.store.database.migrate` hands it."""

from alembic import context

from alerts.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
