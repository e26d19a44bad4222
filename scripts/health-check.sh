#!/usr/bin/env bash
# Asks both slots and the edge. Ends with 1 when one of them is ill.
# Usage: health-check.sh [ENVIRONMENT] [--settings FILE]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deploy-driver.sh" health "$@"
