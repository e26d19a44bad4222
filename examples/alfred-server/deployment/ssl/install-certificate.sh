#!/usr/bin/env bash
# Puts a new certificate in place and reloads nginx. One that nginx does not take is put back, and nothing is reloaded.
# Usage: install-certificate.sh EDGE_FOLDER FULLCHAIN PRIVKEY
# NGINX is how nginx is run: "docker compose -f … exec -T nginx nginx -p /var/cache/nginx -c /etc/alfred/nginx.conf".
# As a hook of certbot (--deploy-hook) it takes RENEWED_LINEAGE, as one of lego (--run-hook, --renew-hook) LEGO_CERT_PATH
# and LEGO_CERT_KEY_PATH, and needs EDGE_FOLDER.
set -euo pipefail
folder=${1:-${EDGE_FOLDER:?name the folder of the edge}}
chain=${2:-${LEGO_CERT_PATH:-${RENEWED_LINEAGE:+$RENEWED_LINEAGE/fullchain.pem}}}
key=${3:-${LEGO_CERT_KEY_PATH:-${RENEWED_LINEAGE:+$RENEWED_LINEAGE/privkey.pem}}}
read -ra nginx <<<"${NGINX:-nginx}"
# renew-certificate.sh looks for this mark: certbot says nothing of a hook that failed.
mkdir -p "$folder/renewal"
trap '[ $? = 0 ] || touch "$folder/renewal/refused"' EXIT

if [ "$(openssl x509 -in "$chain" -noout -pubkey)" != "$(openssl pkey -in "$key" -pubout)" ]; then
  echo "The key does not belong to the certificate. Nothing was changed." >&2
  exit 1
fi
if ! openssl x509 -in "$chain" -noout -checkend 0 >/dev/null; then
  echo "The certificate has expired. Nothing was changed." >&2
  exit 1
fi

certificates=$folder/certificates
serial=$(openssl x509 -in "$chain" -noout -serial)
name=${serial#serial=}
before=$(readlink "$certificates/current" || true)
mkdir -p "$certificates/$name"
(umask 077 && cp "$chain" "$certificates/$name/fullchain.pem" && cp "$key" "$certificates/$name/privkey.pem")

switch() { # switch TARGET: a link is replaced at once or not at all
  ln -sfn "$1" "$certificates/current.draft"
  mv -T "$certificates/current.draft" "$certificates/current"
}

switch "$name"
if ! "${nginx[@]}" -t -q; then
  if [ -n "$before" ]; then switch "$before"; fi
  echo "nginx does not take the certificate. The one before stays." >&2
  exit 1
fi
"${nginx[@]}" -s reload
# The last three stay, for somebody who must go back.
find "$certificates" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- |
  while read -r old; do
    if [ "$(basename "$old")" != "$name" ]; then rm -r "$old"; fi
  done
echo "serves certificate $name"
