#!/usr/bin/env bash
# Makes the secrets that are not there yet. Existing ones stay.
# Usage: make-secrets.sh [FOLDER], by default /etc/alfred/secrets
# Root alone may enter the folder. In it the files are readable for all, since each container reads its own as another
# user: PostgreSQL as 999, Redis as 999, the app as 1000.
set -euo pipefail
folder=${1:-/etc/alfred/secrets}
mkdir -p "$folder"
chmod 700 "$folder"

write() { # write NAME < content
  if [ -e "$folder/$1" ]; then
    cat > /dev/null
    return
  fi
  (umask 077 && cat > "$folder/$1.draft")
  keep "$1"
}
keep() { # keep NAME: the draft is whole
  chmod 444 "$folder/$1.draft"
  mv -f "$folder/$1.draft" "$folder/$1"
  echo "made $folder/$1"
}
random() { # random NAME FORMAT BYTES
  if [ -s "$folder/$1" ]; then return; fi
  if [ -e "$folder/$1" ]; then
    echo "$folder/$1 is empty: remove it, and a new one is made." >&2
    exit 1
  fi
  if ! (umask 077 && openssl rand "$2" "$3" > "$folder/$1.draft") || [ ! -s "$folder/$1.draft" ]; then
    rm -f "$folder/$1.draft"
    echo "$folder/$1 could not be made: it needs openssl." >&2
    exit 1
  fi
  keep "$1"
}

for name in postgres_password postgres_migrator_password postgres_app_password postgres_readonly_password \
  postgres_exporter_password redis_password redis_exporter_password redis_backup_password \
  metrics_token grafana_password; do
  random "$name" -hex 24
done
random vault_key -base64 32
# Empty: nobody is told until an address is written here.
# Backups are refused until the storage's credentials and the keys to encrypt to are written here.
for name in slack_webhook_url pagerduty_routing_key backup_storage_credentials backup_recipients; do write "$name" < /dev/null; done
write redis_acl <<ACL
user default off
user alfred on >$(cat "$folder/redis_password") ~* &* +@all -@admin -@dangerous +info
user backup on >$(cat "$folder/redis_backup_password") +ping +sync +psync +replconf
user exporter on >$(cat "$folder/redis_exporter_password") +ping +info +select +client|setname +slowlog|len +latency|latest +config|get
ACL
