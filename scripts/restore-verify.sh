#!/usr/bin/env bash
# Restores the newest backup into a scratch server, compares every table, and lets the app run on it. Run it on another
# machine than the one that makes the backups: it needs the key that opens them.
# Usage: restore-verify.sh [ENVIRONMENT] [--backup BACKUP] [--settings FILE]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/backup-driver.sh" verify "$@"
