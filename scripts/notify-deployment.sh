#!/usr/bin/env bash
# Tells people of a deployment, at the address in the file that ALFRED_DEPLOY_WEBHOOK_FILE names.
# Usage: notify-deployment.sh VERSION ENVIRONMENT [OUTCOME]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deploy-driver.sh" notify "$@"
