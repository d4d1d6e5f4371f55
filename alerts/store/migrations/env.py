"""How Alembic runs our migrations: always on the connection that `alerts.store.database.migrate` hands it."""

from alembic import context

from alerts.store.response_schema import metadata  # the schema's own, with the tables of both files in it

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
