#!/usr/bin/env bash
# Gives the roles of database/roles.sql the passwords of their secrets: in a new database by itself, and again after a
# secret was changed: docker compose exec postgres bash /docker-entrypoint-initdb.d/2-set-passwords.sh
set -euo pipefail
sql=
for role in migrator app readonly exporter; do
  # Into the session, so that no command line and no log of statements holds a password.
  sql+="\\set password \`cat /run/secrets/postgres_${role}_password\`"$'\n'
  sql+="ALTER ROLE alfred_$role PASSWORD :'password';"$'\n'
done
psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<< "$sql"
