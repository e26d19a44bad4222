#!/usr/bin/env bash
# Runs a renewal and writes down how it went, where nginx shows it to Prometheus. Ends as the renewal did.
# Usage: renew-certificate.sh EDGE_FOLDER COMMAND...   such as: renew-certificate.sh /var/lib/alfred/edge certbot renew
set -euo pipefail
folder=$1
shift
refused=$folder/renewal/refused
metrics=$folder/renewal/metrics.prom
mkdir -p "$folder/renewal"
rm -f "$refused"

status=0
"$@" || status=$?
# certbot ends with 0 although its hook failed.
if [ -e "$refused" ]; then status=1; fi

succeeded=$((status == 0 ? 1 : 0))
cat >"$metrics.draft" <<METRICS
# HELP alfred_certificate_renewal_succeeded Whether the last renewal went well: 1, or 0.
# TYPE alfred_certificate_renewal_succeeded gauge
alfred_certificate_renewal_succeeded $succeeded
# HELP alfred_certificate_renewal_last_run_timestamp_seconds When a renewal was last tried.
# TYPE alfred_certificate_renewal_last_run_timestamp_seconds gauge
alfred_certificate_renewal_last_run_timestamp_seconds $(date +%s)
METRICS
chmod 644 "$metrics.draft"
mv "$metrics.draft" "$metrics"
exit "$status"
