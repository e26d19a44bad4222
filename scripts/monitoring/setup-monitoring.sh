#!/usr/bin/env bash
# Starts the monitoring of the production compose file and checks it: Prometheus has its rules, and sees both slots and
# the public address.
# Usage: setup-monitoring.sh [ENVIRONMENT]   (the settings are deployment/ENVIRONMENT.env)
set -euo pipefail
environment=${1:-production}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
deployment=$root/examples/alfred-server/deployment
settings=$deployment/$environment.env
[ -r "$settings" ] || { echo "There is no $settings: copy production.env.example." >&2; exit 2; }
value() { sed -n "s/^$1=//p" "$settings" | tail -1; }
name=$(value ALFRED_PUBLIC_NAMES | cut -d , -f 1)
state=$(value ALFRED_STATE)
state=${state:-/var/lib/alfred}
compose() {
  docker compose -f "$deployment/docker-compose.production.yml" --env-file "$settings" \
    --env-file "$state/slots.env" --profile monitoring "$@"
}
# promtool is in the image, so that nothing is published and nothing is installed.
ask() { compose exec -T prometheus promtool query instant http://127.0.0.1:9090 "$1"; }

# Rewritten only when it differs: the folder belongs to the checkout.
targets=$deployment/monitoring/targets/probe.yml
wanted="- targets: [https://$name/readyz]"
[ "$(cat "$targets" 2>/dev/null)" = "$wanted" ] || printf '%s\n' "$wanted" >"$targets"

compose up --detach --wait prometheus alertmanager
compose up --detach blackbox postgres-exporter redis-exporter nginx-exporter

deadline=$((SECONDS + ${MONITORING_WAIT:-120}))
until_seen() { # until_seen WHAT QUERY
  until [ -n "$(ask "$2" 2>/dev/null)" ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "Prometheus does not see $1: $2" >&2
      exit 1
    fi
    sleep 2
  done
  echo "ok $1"
}
until_seen 'both slots' 'count(up{job="alfred"} == 1) == 2'
until_seen 'the public address' 'probe_success{job="probe"} == 1'
until_seen 'the expiry of the certificate' 'probe_ssl_earliest_cert_expiry{job="probe"} > 0'
until_seen 'Alertmanager' 'up{job="alertmanager"} == 1'
