#!/usr/bin/env bash
# Puts a release into both slots without a failed request. Takes back what it changed when anything fails.
# Usage: deploy.sh VERSION|DIGEST [ENVIRONMENT] [--dry-run] [--lock-wait SECONDS] [--settings FILE]
# Ends with 0: done; 1: failed, the old release serves; 2: refused, nothing was touched; 3: failed, and a slot could
# not be restored; 4: another run holds the lock.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deploy-driver.sh" deploy "$@"
