#!/usr/bin/env bash
# Goes back to the release that served before the current one. Refuses when it is not here any more.
# The schema stays as it is: each release works with the schema of the one after it.
# Usage: rollback.sh [ENVIRONMENT] [--dry-run] [--lock-wait SECONDS] [--settings FILE]
# Ends as deploy.sh does.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deploy-driver.sh" rollback "$@"
