#!/usr/bin/env bash
# From an empty machine, the storage and the key that opens backups to the served app: secrets, Redis, the database, and
# the release that served when the backup was made. See docs/runbooks/disaster-recovery.md.
# Usage: disaster-recovery.sh BACKUP|latest [ENVIRONMENT] [--settings FILE] [--release VERSION]
# Ends with 0 when the app answers through the edge; 2: refused, nothing was touched; else the last line names the step.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deployment=$here/../examples/alfred-server/deployment
backup=${1:?name a backup, or latest}
shift
environment=production settings='' release=''
while [ $# -gt 0 ]; do
  case $1 in
    --settings) settings=$(realpath "${2:?name a file}"); shift 2 ;;
    --release) release=${2:?name a version}; shift 2 ;;
    *) environment=$1; shift ;;
  esac
done
settings=${settings:-$deployment/$environment.env}
[ -r "$settings" ] || { echo "There is no $settings: copy production.env.example." >&2; exit 2; }
# shellcheck source=scripts/read-setting.sh
. "$here/read-setting.sh"
state=$(value ALFRED_STATE /var/lib/alfred)
secrets=$(value ALFRED_SECRETS /etc/alfred/secrets)
# Left by a run that failed after it had changed something: then what is here is its own.
mark=$state/recovering
replace=()
if [ -e "$mark" ] && ! grep -qs '"current"' "$state/state.json"; then
  replace=(--replace)
elif [ -e "$secrets/vault_key" ] || [ -e "$state/state.json" ]; then
  echo "This machine has secrets or has served: use restore-database.sh, or move $secrets and $state away." >&2
  exit 2
fi

step=start
begun=$SECONDS
folder=''
end() { # end STATUS
  [ -z "$folder" ] || rm -rf "$folder"
  [ "$1" = 0 ] || echo "✗ $step" >&2
}
trap 'end $?' EXIT
begin() {
  step=$1
  echo "… $step, after $((SECONDS - begun)) s" >&2
}
compose() {
  docker compose -f "$(value ALFRED_COMPOSE_FILE "$deployment/docker-compose.production.yml")" \
    --env-file "$settings" --env-file "$state/slots.env" "$@"
}

begin 'fetch the backup'
mkdir -p "$state"
touch "$state/slots.env"
folder=$state/recovery
rm -rf "$folder"
found=$("$here/backup-driver.sh" fetch "$backup" "$folder" "$environment" --settings "$settings")
echo "$found" >&2
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' <<<"$found")
release=${release:-$(sed -n 's/.*"release":"\([^"]*\)".*/\1/p' <<<"$found")}
[ -n "$release" ] || { echo 'The backup names no release: add --release VERSION.' >&2; exit 1; }

if [ ${#replace[@]} -gt 0 ]; then
  begin 'remove the containers of the run before'
  # They have the secrets of before, and write. Their volumes stay.
  compose --profile '*' down
fi

begin 'restore the secrets'
touch "$mark"
mkdir -p "$secrets"
chmod 700 "$secrets"
tar --extract --file "$folder/secrets" --directory "$secrets"

if [ -e "$folder/redis" ]; then
  begin 'restore Redis'
  # As the base of its append-only file: beside one, Redis does not read dump.rdb.
  compose run --rm --no-deps -T --entrypoint sh redis -c 'set -e; rm -rf /data/appendonlydir; mkdir -p /data/appendonlydir; cd /data/appendonlydir
    cat > appendonly.aof.1.base.rdb
    echo "file appendonly.aof.1.base.rdb seq 1 type b" > appendonly.aof.manifest' <"$folder/redis"
fi

begin 'start PostgreSQL'
compose up --detach --wait postgres
begin 'restore the database'
"$here/restore-database.sh" "$id" "$environment" --settings "$settings" ${replace[@]+"${replace[@]}"}
begin "start $release"
"$here/first-start.sh" "$release" "$environment" --settings "$settings"
rm "$mark"
echo "✓ serves $release with the backup $id, after $((SECONDS - begun)) s" >&2
