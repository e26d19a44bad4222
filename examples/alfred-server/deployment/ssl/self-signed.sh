#!/usr/bin/env bash
# Makes a certificate for the first start, until ACME has one. Does nothing where there is one.
# Usage: self-signed.sh EDGE_FOLDER NAME...
set -euo pipefail
folder=$1
shift
if [ -e "$folder/certificates/current" ]; then exit 0; fi
names=$(printf ',DNS:%s' "$@")
target=$folder/certificates/self-signed
mkdir -p "$target"
(
  umask 077
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj "/CN=$1" -addext "subjectAltName=${names#,}" \
    -keyout "$target/privkey.pem" -out "$target/fullchain.pem" 2>/dev/null
)
ln -sfn self-signed "$folder/certificates/current"
echo "made a self-signed certificate for $*"
