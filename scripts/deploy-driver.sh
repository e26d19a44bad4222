#!/usr/bin/env bash
# Starts the deploy driver.
# Usage: deploy-driver.sh COMMAND [ARGUMENT...]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
exec "$here/run-typescript.sh" "$here/../examples/alfred-server/deployment/driver/main.ts" "$@"
