#!/usr/bin/env bash
# Starts the backup driver: backup, list, fetch, restore, verify.
# Usage: backup-driver.sh COMMAND [ARGUMENT...]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
exec "$here/run-typescript.sh" "$here/../examples/alfred-server/deployment/backup/main.ts" "$@"
