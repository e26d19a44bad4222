#!/usr/bin/env bash
# Brings a machine from nothing to the served app: secrets, the edge's folder, a certificate until ACME has one, the
# databases, nginx, and the release in both slots. What is there already stays, so it can be repeated.
# Usage: first-start.sh VERSION|DIGEST [ENVIRONMENT] [--settings FILE]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deployment=$root/examples/alfred-server/deployment
release=${1:?name a version or a digest}
shift
environment=production
if [ $# -gt 0 ] && [ "$1" != --settings ]; then
  environment=$1
  shift
fi
settings=$deployment/$environment.env
if [ "${1:-}" = --settings ]; then settings=$(realpath "${2:?name a file}"); fi
[ -r "$settings" ] || { echo "There is no $settings: copy production.env.example." >&2; exit 2; }
# shellcheck source=scripts/read-setting.sh
. "$root/scripts/read-setting.sh"
state=$(value ALFRED_STATE /var/lib/alfred)
IFS=', ' read -ra names <<<"$(value ALFRED_PUBLIC_NAMES '')"

"$deployment/make-secrets.sh" "$(value ALFRED_SECRETS /etc/alfred/secrets)"
"$root/scripts/deploy-driver.sh" prepare "$environment" --settings "$settings"
"$deployment/ssl/self-signed.sh" "$state/edge" "${names[@]}"
touch "$state/slots.env"
docker compose -f "$deployment/docker-compose.production.yml" --env-file "$settings" --env-file "$state/slots.env" \
  up --detach --wait postgres redis nginx
"$root/scripts/deploy.sh" "$release" "$environment" --settings "$settings"
