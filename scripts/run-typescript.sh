#!/usr/bin/env bash
# Starts a file of TypeScript with a Node that reads it: 22.18 or newer. ALFRED_NODE names another one.
# Usage: run-typescript.sh FILE [ARGUMENT...]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

is_new_enough() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)' 2>/dev/null
}

for node in "${ALFRED_NODE:-}" "$root/node_modules/.bin/node" node; do
  if [ -n "$node" ] && is_new_enough "$node"; then
    exec "$node" --disable-warning=ExperimentalWarning "$@"
  fi
done
echo "The scripts need Node 22.18 or newer on PATH, or its path in ALFRED_NODE." >&2
exit 2
