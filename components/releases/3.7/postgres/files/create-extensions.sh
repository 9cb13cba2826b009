# Creates the extension pg_trgm in the registry's own database.
#
# The image sources this after each start of its server, while only the socket is open, as the administrator; it runs in the
# image's own bash with -e, so it neither ends nor changes anything in it. Quay refuses a PostgreSQL database without the extension,
# and only a superuser may create it. Running it again changes nothing.
#
# As a variable the name of the database is taken as it is; as an argument psql would read a connection string out of it.
PGDATABASE=$POSTGRESQL_DATABASE psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 \
    --command 'CREATE EXTENSION IF NOT EXISTS pg_trgm'
