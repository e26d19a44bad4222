#!/usr/bin/env bash
# Asks the public address once and tells people when that begins or ceases to work. Run it every minute by cron on another
# machine: what runs beside the app is silent when the machine is gone.
# Usage: uptime-probe.sh URL STATE_FILE [WEBHOOK_FILE]   Ends with 1 while the address does not answer.
set -euo pipefail
url=$1 state=$2 webhook=${3:-}
before=$(cat "$state" 2>/dev/null || echo up)
# Certificate and status are checked. The second try is for a single packet that was lost.
now=up
reason=$(curl --silent --show-error --fail --output /dev/null --max-time 10 --retry 1 --retry-delay 2 --retry-all-errors "$url" 2>&1) ||
  now=down

if [ "$now" != "$before" ]; then
  text="$url is $now"
  if [ "$now" = down ]; then text="$text: $(tail -1 <<<"$reason" | tr -d '\042\134')"; fi
  echo "$text"
  if [ -n "$webhook" ]; then
    curl --silent --show-error --fail --output /dev/null --max-time 10 --header 'Content-Type: application/json' \
      --data "{\"text\":\"$text\"}" "$(cat "$webhook")"
  fi
  # Written last: who was not told is told the next time.
  echo "$now" >"$state"
fi
[ "$now" = up ]
