#!/usr/bin/env bash
# Saves the database, Redis and the secrets, encrypted, to the storage; removes what the rules for retention let go.
# Usage: backup-database.sh [ENVIRONMENT] [--settings FILE]
# Prints the time of the backup. Ends with 0: it is stored and was read back; 1: there is no new backup; 2: refused;
# 4: another run holds the lock.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/backup-driver.sh" backup "$@"
