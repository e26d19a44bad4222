#!/usr/bin/env bash
# Sends nothing more to a slot that is ill, when the other one is well. For alerts such as AlfredSlotDown.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../../deploy-driver.sh" drain "${ALFRED_DEPLOY_ENVIRONMENT:-production}" --lock-wait 60
