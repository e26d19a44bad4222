#!/usr/bin/env bash
# Goes back to the release before. Only for alerts that a release causes, such as a fast burn right after a deployment.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../../rollback.sh" "${ALFRED_DEPLOY_ENVIRONMENT:-production}" --lock-wait 60
