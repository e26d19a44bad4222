#!/usr/bin/env bash
# Restores the database from a backup, and compares every table before it takes the name of the one in use.
# Usage: restore-database.sh BACKUP|latest [ENVIRONMENT] [--replace] [--settings FILE]
# With --replace the database in use is kept under another name. Ends with anything but 0 when it is still in use.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/backup-driver.sh" restore "$@"
