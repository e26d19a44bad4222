#!/usr/bin/env bash
# Asks both slots and the edge again and again: every look must be good.
# Usage: post-deploy-health-check.sh [ENVIRONMENT] [--settings FILE]
# CHECKS (5) looks, CHECK_INTERVAL (2) seconds apart.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checks=${CHECKS:-5}
for ((check = 1; check <= checks; check++)); do
  if ! "$here/deploy-driver.sh" health "$@"; then
    echo "Look $check of $checks failed." >&2
    exit 1
  fi
  if [ "$check" -lt "$checks" ]; then sleep "${CHECK_INTERVAL:-2}"; fi
done
echo "$checks looks, all good."
