#!/usr/bin/env bash
# Removes releases that nobody goes back to: all that were tried but the last three that served, and what runs.
# Usage: cleanup-old-images.sh [ENVIRONMENT] [--settings FILE]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deploy-driver.sh" clean-up "$@"
